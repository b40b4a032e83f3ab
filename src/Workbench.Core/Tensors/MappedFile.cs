using System;
using System.IO;
using System.IO.MemoryMappedFiles;

namespace Workbench.Core.Tensors;

/// <summary>
/// A whole file mapped read-only into memory: opening costs nothing however large it is, and pages are read when
/// touched.
/// </summary>
/// <remarks>
/// Spans over the mapping stay valid until <see cref="Dispose"/>; an instance that is never disposed stays mapped until
/// the
/// process ends, which takes address space and no memory, so that a span can never outlive its pages by accident.
/// The file must not be shortened while it is mapped.
/// </remarks>
public sealed unsafe class MappedFile : IDisposable
{
    private readonly MemoryMappedFile? mapping;
    private readonly MemoryMappedViewAccessor? view;
    private byte* start;

    /// <summary>Maps the file at <paramref name="path"/>; an empty file maps to no bytes.</summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public MappedFile(string path)
    {
        Path = path;
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);
        Length = stream.Length;
        if (Length == 0)
            return;
        mapping = MemoryMappedFile.CreateFromFile(
            stream, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: true);
        view = mapping.CreateViewAccessor(0, 0, MemoryMappedFileAccess.Read);
        view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
        start += view.PointerOffset;
    }

    /// <summary>The path the file was opened by.</summary>
    public string Path { get; }

    /// <summary>The file's size in bytes when it was opened.</summary>
    public long Length { get; }

    /// <summary>Whether <see cref="Dispose"/> has unmapped the file.</summary>
    public bool IsDisposed { get; private set; }

    /// <summary>Bytes of the file, without a copy.</summary>
    /// <param name="offset">First byte, from 0.</param>
    /// <param name="length">Number of bytes.</param>
    /// <exception cref="ArgumentOutOfRangeException">The range leaves the file.</exception>
    /// <exception cref="ObjectDisposedException">The file has been unmapped.</exception>
    public ReadOnlySpan<byte> Bytes(long offset, int length) => new(DangerousPointer(offset, length), length);

    /// <summary>The address of a range of the file. Valid until <see cref="Dispose"/>; nothing checks accesses through
    /// it.</summary>
    /// <param name="offset">First byte, from 0.</param>
    /// <param name="length">Number of bytes that must lie within the file.</param>
    /// <exception cref="ArgumentOutOfRangeException">The range leaves the file.</exception>
    /// <exception cref="ObjectDisposedException">The file has been unmapped.</exception>
    public byte* DangerousPointer(long offset, long length)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        if (offset < 0 || length < 0 || offset > Length - length)
            throw new ArgumentOutOfRangeException(nameof(offset),
                $"Bytes {offset} to {(Int128)offset + length} were asked for, but {Path} has {Length}.");
        return start + offset;
    }

    /// <summary>Unmaps the file; every matrix and span over it must no longer be used (a <see cref="Matrix"/> says so,
    /// a span cannot).</summary>
    public void Dispose()
    {
        if (IsDisposed) return;
        IsDisposed = true;
        if (start != null) view!.SafeMemoryMappedViewHandle.ReleasePointer();
        start = null;
        view?.Dispose();
        mapping?.Dispose();
    }
}
