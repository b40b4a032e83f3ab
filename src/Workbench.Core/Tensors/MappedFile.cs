using System;
using System.IO;
using System.IO.MemoryMappedFiles;
using Microsoft.Win32.SafeHandles;

namespace Workbench.Core.Tensors;

/// <summary>
/// A whole file mapped read-only into memory: opening costs nothing however large it is, and pages are read when
/// touched.
/// </summary>
/// <remarks>
/// <para>
/// Spans over the mapping stay valid until <see cref="Dispose"/>; an instance that is never disposed stays mapped until
/// the process ends, which takes address space and no memory, so that a span can never outlive its pages by accident.
/// </para>
/// <para>
/// A file that is replaced or deleted while it is mapped does no harm: the mapping keeps the old one. A file that
/// another program shortens in place does: the operating system ends a process that touches pages which are gone, and
/// nothing can catch that. What is promised: nothing here ever shortens a file that could be mapped (finished files are
/// renamed into place), and the length is asked again before each long pass (<see cref="IsShortened"/>), so that
/// shortening is told unless it happens during the pass itself. On Windows the system refuses it.
/// </para>
/// </remarks>
public sealed unsafe class MappedFile : IDisposable
{
    private readonly SafeFileHandle? handle;
    private readonly MemoryMappedFile? mapping;
    private readonly MemoryMappedViewAccessor? view;
    private readonly byte[]? unpacked;
    private byte* start;

    /// <summary>Maps the file at <paramref name="path"/>; an empty file maps to no bytes, and so does a pipe or a
    /// device, which is not opened.</summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public MappedFile(string path)
    {
        Path = path;
        if (OrdinaryFile.Target(path) is { Length: 0 }) return;
        handle = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);
        try
        {
            Length = RandomAccess.GetLength(handle);
            if (Length == 0)
                return;
            mapping = MemoryMappedFile.CreateFromFile(
                handle, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: true);
            view = mapping.CreateViewAccessor(0, 0, MemoryMappedFileAccess.Read);
            view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
        }
        catch
        {
            view?.Dispose();
            mapping?.Dispose();
            handle.Dispose();
            throw;
        }
        start += view.PointerOffset;
    }

    /// <summary>Bytes in memory in place of a file's: what was packed in one.</summary>
    /// <param name="path">The file that they come from.</param>
    /// <param name="pinned">Kept, not copied; allocated where it stays.</param>
    internal MappedFile(string path, byte[] pinned)
    {
        (Path, unpacked, Length) = (path, pinned, pinned.Length);
        start = (byte*)System.Runtime.InteropServices.Marshal.UnsafeAddrOfPinnedArrayElement(unpacked, 0);
    }

    /// <summary>The path the file was opened by.</summary>
    public string Path { get; }

    /// <summary>The file's size in bytes when it was opened.</summary>
    public long Length { get; }

    /// <summary>Whether the file has fewer bytes now than when it was opened, so that touching its last pages would end
    /// the process. One question to the operating system, well under a microsecond.</summary>
    /// <exception cref="ObjectDisposedException">The file has been unmapped.</exception>
    public bool IsShortened
    {
        get
        {
            ObjectDisposedException.ThrowIf(IsDisposed, this);
            return handle is not null && RandomAccess.GetLength(handle) < Length;
        }
    }

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

    /// <summary>Asks, before a long pass over the file, whether all of it is still there.</summary>
    /// <exception cref="IOException">It was shortened since it was opened.</exception>
    /// <exception cref="ObjectDisposedException">The file has been unmapped.</exception>
    public void RequireWhole()
    {
        if (IsShortened)
            throw new IOException(
                $"{Excerpt.Of(Path)} had {Length} bytes when it was opened and has fewer now: another program has cut "
                    + "it. Open it again when that program is done."
            );
    }

    /// <summary>Unmaps the file; every matrix and span over it must no longer be used (a <see cref="Matrix"/> says so,
    /// a span cannot).</summary>
    public void Dispose()
    {
        if (IsDisposed) return;
        IsDisposed = true;
        if (start != null) view?.SafeMemoryMappedViewHandle.ReleasePointer();
        start = null;
        view?.Dispose();
        mapping?.Dispose();
        handle?.Dispose();
    }
}
