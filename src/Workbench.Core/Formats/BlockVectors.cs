using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Workbench.Core.Formats;

/// <summary>What the decoders of blocks share: sixteen whole numbers at a time, which become floats.</summary>
internal static unsafe class BlockVectors
{
    /// <summary>scale · codes, to 16 places.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Put(Vector128<byte> codes, float scale, float* values)
    {
        Widen(codes, out var low, out var high);
        (scale * low).Store(values);
        (scale * high).Store(values + 8);
    }

    /// <summary>scale · codes + least, to 16 places.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void PutAbove(Vector128<byte> codes, float scale, float least, float* values)
    {
        Widen(codes, out var low, out var high);
        var addend = Vector256.Create(least);
        (scale * low + addend).Store(values);
        (scale * high + addend).Store(values + 8);
    }

    /// <summary>scale · codes − offset, to 16 places.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void PutBelow(Vector128<byte> codes, float scale, float offset, float* values)
    {
        Widen(codes, out var low, out var high);
        var taken = Vector256.Create(offset);
        (scale * low - taken).Store(values);
        (scale * high - taken).Store(values + 8);
    }

    /// <summary>Some low bits of each byte after a shift to the right.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> Bits(Vector128<byte> bytes, int shift, byte mask) =>
        (bytes.AsUInt16() >>> shift).AsByte() & Vector128.Create(mask);

    // Bytes are signed.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Widen(Vector128<byte> codes, out Vector256<float> low, out Vector256<float> high)
    {
        if (Avx2.IsSupported)
        {
            low = Vector256.ConvertToSingle(Avx2.ConvertToVector256Int32(codes.AsSByte()));
            high = Vector256.ConvertToSingle(
                Avx2.ConvertToVector256Int32(Sse2.ShiftRightLogical128BitLane(codes.AsSByte(), 8)));
            return;
        }
        var (first, second) = Vector128.Widen(codes.AsSByte());
        low = Vector256.ConvertToSingle(Vector256.Create(Vector128.WidenLower(first), Vector128.WidenUpper(first)));
        high = Vector256.ConvertToSingle(Vector256.Create(Vector128.WidenLower(second), Vector128.WidenUpper(second)));
    }
}
