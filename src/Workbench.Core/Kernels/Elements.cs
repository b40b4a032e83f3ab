using System;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Workbench.Core.Kernels;

/// <summary>How a kernel reads weights of a type, sixteen at a time.</summary>
internal unsafe interface IElement
{
    /// <summary>Bytes of one.</summary>
    static abstract int Size { get; }

    /// <summary>One, exactly.</summary>
    static abstract float Value(byte* at);

    /// <summary>Sixteen: exactly, unless <see cref="Holds"/> says otherwise of what <see cref="Note"/> saw.</summary>
    static abstract void Load(byte* at, out Vector256<float> low, out Vector256<float> high);

    /// <summary>What was seen before, and these sixteen.</summary>
    static abstract Vector256<ushort> Note(byte* at, Vector256<ushort> seen);

    /// <summary>Whether all that was seen was loaded exactly.</summary>
    static abstract bool Holds(Vector256<ushort> seen);
}

/// <summary>Float32.</summary>
internal readonly unsafe struct SingleElement : IElement
{
    public static int Size => sizeof(float);

    public static float Value(byte* at) => Unsafe.ReadUnaligned<float>(at);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Load(byte* at, out Vector256<float> low, out Vector256<float> high)
    {
        low = Vector256.Load((float*)at);
        high = Vector256.Load((float*)at + 8);
    }

    public static Vector256<ushort> Note(byte* at, Vector256<ushort> seen) => seen;

    public static bool Holds(Vector256<ushort> seen) => true;
}

/// <summary>Bfloat16, the upper half of a float32.</summary>
internal readonly unsafe struct BFloat16Element : IElement
{
    public static int Size => sizeof(ushort);

    public static float Value(byte* at) =>
        BitConverter.UInt32BitsToSingle((uint)Unsafe.ReadUnaligned<ushort>(at) << 16);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Load(byte* at, out Vector256<float> low, out Vector256<float> high)
    {
        Halves.Widen(at, out var first, out var second);
        low = (first << 16).AsSingle();
        high = (second << 16).AsSingle();
    }

    public static Vector256<ushort> Note(byte* at, Vector256<ushort> seen) => seen;

    public static bool Holds(Vector256<ushort> seen) => true;
}

/// <summary>IEEE half precision; infinities and NaN are not loaded exactly, and noted.</summary>
internal readonly unsafe struct HalfElement : IElement
{
    // 2^(127 − 15): exponent and mantissa moved into place are the number times the inverse of it, subnormal ones too.
    private const float Rebias = 5.192296858534828e33f;

    public static int Size => sizeof(ushort);

    public static float Value(byte* at) => (float)BitConverter.UInt16BitsToHalf(Unsafe.ReadUnaligned<ushort>(at));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Load(byte* at, out Vector256<float> low, out Vector256<float> high)
    {
        Halves.Widen(at, out var first, out var second);
        // The sign is spread over the bits above the exponent; all of them but the first go.
        var kept = Vector256.Create(unchecked((int)0x8fffe000));
        low = (first << 13 & kept).AsSingle() * Rebias;
        high = (second << 13 & kept).AsSingle() * Rebias;
    }

    // The largest magnitude, shifted so that the sign is gone.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<ushort> Note(byte* at, Vector256<ushort> seen)
    {
        var halves = Vector256.Load((ushort*)at);
        return Vector256.Max(halves + halves, seen);
    }

    public static bool Holds(Vector256<ushort> seen) => Vector256.LessThanAll(seen, Vector256.Create((ushort)0xf800));
}

/// <summary>Sixteen numbers of 16 bits in lanes of 32.</summary>
internal static unsafe class Halves
{
    /// <summary>Sign bits are spread over the upper halves.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Widen(byte* at, out Vector256<int> first, out Vector256<int> second)
    {
        // Two loads that widen cost less than one load and its halves.
        if (Avx2.IsSupported)
        {
            first = Avx2.ConvertToVector256Int32((short*)at);
            second = Avx2.ConvertToVector256Int32((short*)at + 8);
        }
        else (first, second) = Vector256.Widen(Vector256.Load((short*)at));
    }
}
