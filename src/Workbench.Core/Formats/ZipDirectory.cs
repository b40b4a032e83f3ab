using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using Workbench.Core.Tensors;

namespace Workbench.Core.Formats;

/// <summary>Where the entries of a zip lie, so that those that are stored plainly can be used in a mapped file without
/// unpacking.</summary>
/// <remarks>
/// Sizes come from the central directory, since writers that stream leave them out of the local headers; the place of
/// the data comes from the local header, whose extra field PyTorch pads for alignment. Everything that two readers
/// could understand differently is refused: two entries of one name, a local header under another name, a directory
/// that does not end where the end record begins. Checksums are not verified, as PyTorch does not either. Format:
/// APPNOTE.TXT 6.3.10.
/// </remarks>
internal sealed class ZipDirectory
{
    private const int EndBytes = 22, Zip64LocatorBytes = 20, Zip64EndBytes = 56, EntryBytes = 46, LocalBytes = 30;
    private const uint EndSignature = 0x06054b50, Zip64LocatorSignature = 0x07064b50, Zip64EndSignature = 0x06064b50;
    private const uint EntrySignature = 0x02014b50, LocalSignature = 0x04034b50;

    private const int Stored = 0, Deflated = 8;

    private readonly MappedFile file;
    private readonly bool deflated;
    private readonly Dictionary<string, Entry> entries = [];

    /// <summary>An entry's name and the bytes of its data.</summary>
    /// <param name="Name">The name.</param>
    /// <param name="Offset">Its first byte in the file.</param>
    /// <param name="Length">Its bytes when they are unpacked.</param>
    /// <param name="Packed">Its bytes in the file.</param>
    /// <param name="IsDeflated">Whether they are to be unpacked.</param>
    public readonly record struct Entry(string Name, long Offset, long Length, long Packed, bool IsDeflated);

    /// <param name="file">The file.</param>
    /// <param name="deflated">Whether entries may be deflated; torch.save stores all of them plainly. If so, no two may
    /// share their bytes, or a small file could be unpacked many times over.</param>
    /// <exception cref="WeightFileException">The file is no zip, is cut short, or is of a kind that neither PyTorch nor
    /// NumPy write.</exception>
    public ZipDirectory(MappedFile file, bool deflated = false)
    {
        (this.file, this.deflated) = (file, deflated);
        var (count, size, start) = FindDirectory(file);
        var directory = file.Bytes(start, (int)size);
        for (var i = 0L; i < count; i++)
        {
            if (directory.Length < EntryBytes || U32(directory) != EntrySignature)
                throw Refuse($"entry {i} of {count} in the zip's directory is not one.");
            int nameLength = U16(directory[28..]),
                extraLength = U16(directory[30..]),
                commentLength = U16(directory[32..]);
            if (directory.Length < EntryBytes + nameLength + extraLength + commentLength)
                throw Refuse($"entry {i} of {count} leaves the zip's directory.");
            Add(
                directory, directory.Slice(EntryBytes, nameLength),
                directory.Slice(EntryBytes + nameLength, extraLength), start);
            directory = directory[(EntryBytes + nameLength + extraLength + commentLength)..];
        }
        if (directory.Length > 0)
            throw Refuse($"the zip's directory holds more than the {count} entries that its end record counts.");
        if (deflated) RequireApart();
    }

    /// <summary>The names in a zip of any kind, as far as its directory can be read; nothing else is checked.</summary>
    public static List<string> Names(MappedFile file)
    {
        var names = new List<string>();
        try
        {
            var (count, size, start) = FindDirectory(file);
            for (
                var directory = file.Bytes(start, (int)size);
                names.Count < count && directory.Length >= EntryBytes && U32(directory) == EntrySignature;
            )
            {
                var length = EntryBytes + U16(directory[28..]) + U16(directory[30..]) + U16(directory[32..]);
                if (length > directory.Length) break;
                names.Add(Encoding.UTF8.GetString(directory.Slice(EntryBytes, U16(directory[28..]))));
                directory = directory[length..];
            }
        }
        catch (WeightFileException)
        {
            // Cut short: there is nothing to tell.
        }
        return names;
    }

    /// <summary>All entries by name.</summary>
    public IReadOnlyDictionary<string, Entry> Entries => entries;

    private static (long Count, long Size, long Start) FindDirectory(MappedFile file)
    {
        var tail = file.Bytes(
            Math.Max(0, file.Length - EndBytes - ushort.MaxValue),
            (int)Math.Min(file.Length, EndBytes + ushort.MaxValue));
        var found = -1;
        for (var at = tail.Length - EndBytes; at >= 0; at--)
        {
            if (U32(tail[at..]) != EndSignature || U16(tail[(at + 20)..]) != tail.Length - at - EndBytes) continue;
            if (found >= 0) throw Refused(file, "the zip has two end records, so two readers could find different "
                + "contents.");
            found = at;
        }
        if (found < 0)
            throw Refused(file,
                $"has no zip end record in its last {tail.Length} bytes: a download that was cut short. Delete the "
                    + "file and download it again."
            );
        var end = tail[found..];
        var position = file.Length - tail.Length + found;
        long count = U16(end[10..]),
            size = U32(end[12..]),
            start = U32(end[16..]);
        if (
            position >= Zip64LocatorBytes
            && file.Bytes(position - Zip64LocatorBytes, Zip64LocatorBytes) is var locator
            && U32(locator) == Zip64LocatorSignature
        )
        {
            position = (long)Math.Min(long.MaxValue, U64(locator[8..]));
            if (position > file.Length - Zip64EndBytes || U32(file.Bytes(position, Zip64EndBytes)) != Zip64EndSignature)
                throw Refused(file, "the zip64 end record is not where its locator says.");
            var end64 = file.Bytes(position, Zip64EndBytes);
            (count, size, start) = ((long)U64(end64[32..]), (long)U64(end64[40..]), (long)U64(end64[48..]));
        }
        if (count < 0 || size < 0 || start < 0 || size > position || start != position - size)
            throw Refused(file,
                $"the zip's directory of {size} bytes at {start} does not end at {position}, where its end record "
                    + "begins."
            );
        if (size > int.MaxValue)
            throw Refused(file, $"the zip's directory has {size} bytes; no checkpoint needs "
                + "that.", FileProblem.BeyondLimits);
        return (count, size, start);
    }

    private void Add(
        ReadOnlySpan<byte> header, ReadOnlySpan<byte> nameBytes, ReadOnlySpan<byte> extra, long directoryStart)
    {
        var name = Encoding.UTF8.GetString(nameBytes);
        int flags = U16(header[8..]), method = U16(header[10..]);
        long packed = U32(header[20..]), length = U32(header[24..]), local = U32(header[42..]);
        if ((flags & 1) != 0) throw Refuse($"the zip's entry \"{Excerpt.Of(name)}\" is encrypted.");
        if (method != Stored && !(deflated && method == Deflated))
            throw Refuse(
                $"the zip's entry \"{Excerpt.Of(name)}\" is compressed (method {method}), where "
                    + $"{(deflated ? "numpy.savez stores plainly or deflates" : "torch.save stores plainly")}. Unpack "
                    + "the file and zip it with -0, or save it again in Python.",
                FileProblem.Compressed
            );
        ReadZip64(extra, name, ref length, ref packed, ref local);
        if (method == Stored && packed != length)
            throw Refuse($"the zip's entry \"{Excerpt.Of(name)}\" is stored, but takes {packed} bytes for {length}.");
        if (local < 0 || local > directoryStart - LocalBytes || U32(file.Bytes(local, LocalBytes)) != LocalSignature)
            throw Refuse($"the zip's entry \"{Excerpt.Of(name)}\" has no local header at byte {local}.");
        var localHeader = file.Bytes(local, LocalBytes);
        var data = local + LocalBytes + U16(localHeader[26..]) + U16(localHeader[28..]);
        if (length < 0 || packed < 0 || data > directoryStart - packed)
            throw Refuse(
                $"the zip's entry \"{Excerpt.Of(name)}\" of {packed} bytes at {data} runs into the directory at "
                    + $"{directoryStart}.",
                FileProblem.OutOfBounds);
        if (!file.Bytes(local + LocalBytes, U16(localHeader[26..])).SequenceEqual(nameBytes))
            throw Refuse($"the zip's entry \"{Excerpt.Of(name)}\" has another name in its local header.");
        if (!entries.TryAdd(name, new Entry(name, data, length, packed, method == Deflated)))
            throw Refuse($"the zip has two entries named \"{Excerpt.Of(name)}\".");
    }

    private void RequireApart()
    {
        var end = 0L;
        foreach (var entry in entries.Values.OrderBy(entry => entry.Offset))
        {
            if (entry.Offset < end)
                throw Refuse($"the zip's entry \"{Excerpt.Of(entry.Name)}\" shares its bytes with another.");
            end = entry.Offset + entry.Packed;
        }
    }

    /// <summary>Sizes of 2^32 − 1 stand for values in the extra field with id 1, which holds just those, in this
    /// order.</summary>
    private void ReadZip64(ReadOnlySpan<byte> extra, string name, ref long length, ref long packed, ref long local)
    {
        while (extra.Length >= 4)
        {
            int id = U16(extra), size = U16(extra[2..]);
            if (size > extra.Length - 4) break;
            if (id == 1)
            {
                var values = extra.Slice(4, size);
                Take(ref values, ref length);
                Take(ref values, ref packed);
                Take(ref values, ref local);
                return;
            }
            extra = extra[(4 + size)..];
        }

        void Take(ref ReadOnlySpan<byte> values, ref long value)
        {
            if (value != uint.MaxValue) return;
            if (values.Length < 8) throw Refuse($"the zip's entry \"{Excerpt.Of(name)}\" lacks its 64-bit sizes.");
            value = (long)U64(values);
            values = values[8..];
        }
    }

    private static ushort U16(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadUInt16LittleEndian(bytes);

    private static uint U32(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadUInt32LittleEndian(bytes);

    private static ulong U64(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadUInt64LittleEndian(bytes);

    private WeightFileException Refuse(string reason, FileProblem problem = FileProblem.Malformed) =>
        Refused(file, reason, problem);

    private static WeightFileException Refused(
        MappedFile file, string reason, FileProblem problem = FileProblem.Malformed) =>
        new(problem, file.Path, reason);
}
