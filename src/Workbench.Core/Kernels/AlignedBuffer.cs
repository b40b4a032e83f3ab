using System;
using System.Runtime.InteropServices;

namespace Workbench.Core.Kernels;

/// <summary>Uninitialised floats outside the garbage-collected heap, aligned to a cache line; freed by <see cref="Dispose"/> or the finalizer.</summary>
internal sealed unsafe class AlignedBuffer : IDisposable
{
    private const int Alignment = 64;

    /// <param name="length">Number of floats; a cache line more is reserved, so that a vector load at the end stays inside.</param>
    public AlignedBuffer(long length)
    {
        Length = length;
        Pointer = (float*)NativeMemory.AlignedAlloc((nuint)length * sizeof(float) + Alignment, Alignment);
    }

    ~AlignedBuffer() => Free();

    public float* Pointer { get; private set; }

    public long Length { get; }

    [ThreadStatic] private static AlignedBuffer? rowBlock;
    [ThreadStatic] private static AlignedBuffer? columnBlock;
    [ThreadStatic] private static AlignedBuffer? scratch;

    /// <summary>A buffer of at least this length that the calling thread keeps for its next product; contents are left over from the last.</summary>
    public static AlignedBuffer RowBlock(long length) => Grow(ref rowBlock, length);

    /// <inheritdoc cref="RowBlock"/>
    public static AlignedBuffer ColumnBlock(long length) => Grow(ref columnBlock, length);

    /// <inheritdoc cref="RowBlock"/>
    public static AlignedBuffer Scratch(long length) => Grow(ref scratch, length);

    private static AlignedBuffer Grow(ref AlignedBuffer? buffer, long length)
    {
        if (buffer is null || buffer.Length < length)
        {
            buffer?.Dispose();
            buffer = new AlignedBuffer(length);
        }
        return buffer;
    }

    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        NativeMemory.AlignedFree(Pointer);
        Pointer = null;
    }
}
