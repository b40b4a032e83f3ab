using System;
using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;
using Workbench.Core.Tensors;

namespace Workbench.Core.Kernels;

/// <summary>
/// The innermost product: a tile of <see cref="Rows"/> × <see cref="Columns"/> scores that stays in registers while one
/// panel of A and one of B stream past. Every matrix product and every pair scan here is made of these tiles.
/// </summary>
/// <remarks>
/// A panel holds <see cref="Rows"/> (B: <see cref="Columns"/>) vectors interleaved: element k of vector r lies at k ·
/// Rows + r.
/// A score is one chain of fused multiply-adds in the order of k, never split, so it carries the same bits whatever
/// kernel, tile or thread made it (without FMA hardware: see <see cref="PortableKernel"/>). After Goto and van de
/// Geijn, "Anatomy of High-Performance Matrix Multiplication", TOMS 34 (2008).
/// </remarks>
internal sealed unsafe class MicroKernel
{
    /// <summary>The most floats a tile has, over all kernels.</summary>
    public const int LargestTile = 14 * 32;

    private readonly delegate*<float*, float*, nint, float*, nint, float*, nint, byte*, nint, void> multiply;

    private MicroKernel(
        string name, int rows, int columns,
        delegate*<float*, float*, nint, float*, nint, float*, nint, byte*, nint, void> multiply,
        Arithmetic arithmetic = Arithmetic.Fused)
    {
        (Name, Rows, Columns, Arithmetic) = (name, rows, columns, arithmetic);
        this.multiply = multiply;
    }

    /// <summary>The kernels this processor can run, fastest first.</summary>
    public static ImmutableArray<MicroKernel> Supported { get; } = FindSupported();

    /// <summary>The kernel used where none is asked for: chosen once, when the process starts.</summary>
    public static MicroKernel Best => Supported[0];

    public string Name { get; }

    /// <summary>How a score is rounded.</summary>
    public Arithmetic Arithmetic { get; }

    /// <summary>Vectors in a panel of A; rows of a tile.</summary>
    public int Rows { get; }

    /// <summary>Vectors in a panel of B; columns of a tile, and the distance between its rows.</summary>
    public int Columns { get; }

    /// <summary>tile = A · Bᵀ, or tile += A · Bᵀ, continuing each score's chain where it stood.</summary>
    /// <param name="a">Panel of A, depth · Rows floats.</param>
    /// <param name="b">Panel of B, depth · Columns floats.</param>
    /// <param name="depth">Length of the vectors, at least 0.</param>
    /// <param name="tile">Rows · Columns floats, row by row.</param>
    /// <param name="accumulate">Whether the chains start from the tile's content instead of 0.</param>
    /// <param name="prefetch">An address that will be read soon, of which every k asks for one; null for none.</param>
    /// <param name="prefetchStep">Bytes between two of them.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Multiply(
        float* a,
        float* b,
        nint depth,
        float* tile,
        bool accumulate = false,
        byte* prefetch = null,
        nint prefetchStep = 0
    ) => MultiplyInto(a, b, depth, accumulate ? tile : null, Columns, tile, Columns, prefetch, prefetchStep);

    /// <summary>The same with a tile that is a part of a matrix.</summary>
    /// <param name="a">Panel of A, depth · Rows floats.</param>
    /// <param name="b">Panel of B, depth · Columns floats.</param>
    /// <param name="depth">Length of the vectors, at least 0.</param>
    /// <param name="start">Where the chains start; null for 0.</param>
    /// <param name="startStride">Distance between its rows in floats.</param>
    /// <param name="tile">Overwritten; may be <paramref name="start"/>.</param>
    /// <param name="stride">Distance between its rows in floats.</param>
    /// <param name="prefetch">An address that will be read soon, of which every k asks for one; null for none.</param>
    /// <param name="prefetchStep">Bytes between two of them.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void MultiplyInto(
        float* a, float* b, nint depth, float* start, nint startStride, float* tile, nint stride, byte* prefetch,
        nint prefetchStep) =>
        multiply(
            a, b, depth, start, startStride, tile, stride, prefetch == null ? (byte*)b : prefetch, prefetchStep);

    /// <inheritdoc/>
    public override string ToString() => $"{Name} {Rows} × {Columns}";

    private static ImmutableArray<MicroKernel> FindSupported()
    {
        var found = ImmutableArray.CreateBuilder<MicroKernel>();
        if (Vector512.IsHardwareAccelerated && Avx512F.IsSupported)
            found.Add(new MicroKernel("AVX-512", Avx512Kernel.Rows, Avx512Kernel.Columns, &Avx512Kernel.Multiply));
        if (Avx2.IsSupported && Fma.IsSupported)
            found.Add(new MicroKernel("AVX2", Avx2Kernel.Rows, Avx2Kernel.Columns, &Avx2Kernel.Multiply));
        // The portable kernel fuses where there is hardware for it beneath Vector<float>.
        var fuses = Fma.IsSupported || AdvSimd.IsSupported;
        found.Add(
            new MicroKernel(
                "portable", PortableKernel.Rows, PortableKernel.Columns, &PortableKernel.Multiply,
                fuses ? Arithmetic.Fused : Arithmetic.Unfused));
        return found.ToImmutable();
    }
}
