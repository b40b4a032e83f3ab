using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;

namespace Workbench.Core.Kernels;

/// <summary>Uninitialised floats outside the garbage-collected heap, aligned to a cache line; freed by
/// <see cref="Dispose"/> or the finalizer.</summary>
internal sealed unsafe class AlignedBuffer : IDisposable
{
    // What a thread keeps between uses: enough for the nested products and packings of one call, and no memory worth
    // mentioning.
    private const int MostIdle = 4;
    private const long MostIdleLength = 4 << 20;
    private const int Alignment = 64;

    [ThreadStatic] private static List<AlignedBuffer>? idle;

    private float* pointer;

    /// <param name="length">Number of floats; a cache line more is reserved, so that a vector load or store that begins
    /// inside stays inside.</param>
    public AlignedBuffer(long length)
    {
        Length = length;
        pointer = (float*)NativeMemory.AlignedAlloc((nuint)length * sizeof(float) + Alignment, Alignment);
    }

    ~AlignedBuffer() => NativeMemory.AlignedFree(pointer);

    /// <exception cref="ObjectDisposedException">The memory was freed.</exception>
    public float* Pointer
    {
        get
        {
            ObjectDisposedException.ThrowIf(pointer == null, this);
            return pointer;
        }
    }

    public long Length { get; }

    /// <summary>A buffer of at least this length with whatever an earlier use on this thread left in it; disposing the
    /// rental, on the same thread, keeps it for the next use.</summary>
    public static Rental Rent(long length)
    {
        idle ??= [];
        var place = idle.FindLastIndex(buffer => buffer.Length >= length);
        if (place < 0) return new Rental(new AlignedBuffer(length));
        var found = idle[place];
        idle.RemoveAt(place);
        return new Rental(found);
    }

    public void Dispose()
    {
        NativeMemory.AlignedFree(pointer);
        pointer = null;
        GC.SuppressFinalize(this);
    }

    private static void GiveBack(AlignedBuffer buffer)
    {
        idle ??= [];
        if (buffer.Length > MostIdleLength)
        {
            buffer.Dispose();
            return;
        }
        if (idle.Count == MostIdle)
        {
            idle[0].Dispose();
            idle.RemoveAt(0);
        }
        idle.Add(buffer);
    }

    /// <summary>The use of a buffer until it is disposed.</summary>
    public readonly ref struct Rental(AlignedBuffer buffer) : IDisposable
    {
        public float* Pointer => buffer.Pointer;

        /// <summary>The first floats, until the rental is disposed.</summary>
        public Span<float> Span(int length) => new(buffer.Pointer, length);

        public void Dispose() => GiveBack(buffer);
    }
}
