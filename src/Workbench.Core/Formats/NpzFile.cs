using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.IO;
using System.IO.Compression;
using System.Linq;
using System.Runtime.InteropServices;
using System.Text;
using Workbench.Core.Tensors;

namespace Workbench.Core.Formats;

/// <summary>Arrays in NumPy's .npz: a zip of .npy files, stored plainly (<c>numpy.savez</c>) or deflated
/// (<c>numpy.savez_compressed</c>).</summary>
/// <remarks>
/// Opening reads the zip's directory and every array's header. A plain array is used where it lies; a deflated one is
/// unpacked into memory when its values are first asked for, and stays there until this is disposed. An array that is
/// not read (Python's objects, which are a pickle, or structures) does not keep others from being read: it is refused,
/// by its name, when it is asked for. As in PyTorch's files, the zip's checksums are not compared.
/// </remarks>
/// <example><code>using var file = NpzFile.Open("x.npz"); file.ReadMatrix("vectors")</code> is the array that was saved
/// by <c>numpy.savez("x.npz", vectors=…)</c>.</example>
public sealed class NpzFile : TensorFile
{
    private const string Ending = ".npy";

    /// <summary>Bytes that deflate makes of one at most: a copy of 258 for two bits.</summary>
    private const int MostOfOne = 1032;

    private readonly MappedFile file;
    private readonly Dictionary<string, (ZipDirectory.Entry Entry, NpyHeader.Content Header)> arrays = [];
    private readonly Dictionary<string, WeightFileException> refused = [];
    private readonly Dictionary<string, StoredTensor> opened = [];
    private readonly List<MappedFile> unpacked = [];
    private readonly object gate = new();

    private NpzFile(MappedFile file)
    {
        this.file = file;
        if (FileKinds.Of(file) != FileKind.Npz)
            throw new WeightFileException(
                FileProblem.Malformed, file.Path, "is not a zip of .npy files, as numpy.savez writes them.");
        foreach (var entry in new ZipDirectory(file, deflated: true).Entries.Values)
        {
            var name = entry.Name[..^Ending.Length];
            try
            {
                arrays.Add(name, (entry, NpyHeader.Read(file.Path, name, Head(entry, name), entry.Length, true)));
            }
            catch (WeightFileException error) when (error.Problem == FileProblem.UnsupportedDType)
            {
                refused.Add(name, error);
            }
        }
        Tensors = [.. arrays.Where(array => array.Value.Header.TextLength < 0).Select(array => Info(array.Key))];
        Texts = [.. arrays.Keys.Where(name => arrays[name].Header.TextLength >= 0)];
    }

    /// <inheritdoc/>
    public override string Path => file.Path;

    /// <summary>The arrays of numbers.</summary>
    public override IReadOnlyList<TensorInfo> Tensors { get; }

    /// <summary>The names of the arrays of texts.</summary>
    public IReadOnlyList<string> Texts { get; }

    /// <summary>Always empty: the format has no notes.</summary>
    public override IReadOnlyDictionary<string, string> Metadata { get; } = ImmutableDictionary<string, string>.Empty;

    /// <summary>Every array in a few words, for messages: its name, its type and its shape.</summary>
    internal string Listed
    {
        get
        {
            const int shown = 20;
            string[] all =
            [
                .. arrays.Select(array =>
                    array.Value.Header is { TextLength: >= 0, Sizes: var sizes }
                        ? $"{Excerpt.Of(array.Key)}: texts {new Shape(sizes[..^1])}"
                        : Info(array.Key).ToString()),
                .. refused.Keys.Select(name => $"{Excerpt.Of(name)}: of a type that is not read"),
            ];
            return string.Join("; ", all.Take(shown)) + (all.Length > shown ? $"; and {all.Length - shown} more" : "");
        }
    }

    /// <summary>Maps a file and checks its directory and the headers of its arrays.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="WeightFileException">There is no such file, or it is not a whole .npz file.</exception>
    public static NpzFile Open(string path) => FileKinds.Open(path, FileKind.Npz, file => new NpzFile(file));

    /// <summary>Writes arrays of float32 and arrays of texts, stored plainly, as <c>numpy.savez</c> does; the file
    /// appears under its name when it is whole.</summary>
    /// <param name="path">The file; one that is there is replaced.</param>
    /// <param name="matrices">Names and values.</param>
    /// <param name="texts">Names and elements of one-dimensional arrays.</param>
    /// <exception cref="ArgumentException">A text ends in a NUL, which NumPy's texts cannot.</exception>
    public static void Write(
        string path,
        IReadOnlyDictionary<string, Matrix> matrices,
        IReadOnlyDictionary<string, IReadOnlyList<string>> texts)
    {
        if (texts.Values.SelectMany(array => array).FirstOrDefault(text => text.EndsWith('\0')) is { } bad)
            throw new ArgumentException(
                $"\"{Excerpt.Of(bad)}\" ends in a NUL, which NumPy's texts cannot. Give it another label.",
                nameof(texts));
        WholeFile.Write(path, stream =>
        {
            using var zip = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true);
            foreach (var (name, values) in matrices)
            {
                using var entry = zip.CreateEntry(name + Ending, CompressionLevel.NoCompression).Open();
                entry.Write(NpyFile.Header("<f4", values.Shape));
                for (var row = 0; row < values.Rows; row++) entry.Write(MemoryMarshal.AsBytes(values.Row(row)));
            }
            foreach (var (name, array) in texts)
            {
                using var entry = zip.CreateEntry(name + Ending, CompressionLevel.NoCompression).Open();
                // NumPy has one width for all elements, of at least one character.
                var width = Math.Max(1, array.Select(text => text.EnumerateRunes().Count()).DefaultIfEmpty().Max());
                entry.Write(NpyFile.Header($"<U{width}", new Shape(array.Count)));
                var element = new byte[4 * width];
                foreach (var text in array)
                {
                    Array.Clear(element);
                    Encoding.UTF32.GetBytes(text, element);
                    entry.Write(element);
                }
            }
        });
    }

    /// <inheritdoc/>
    public override TensorInfo Find(string name)
    {
        if (refused.TryGetValue(name, out var error)) throw error;
        if (Contains(name)) return base.Find(name);
        throw new WeightFileException(
            FileProblem.MissingTensor,
            Path,
            arrays.ContainsKey(name)
                ? "is an array of texts, not of numbers; ReadTexts reads it."
                : $"is not among its arrays: {Listed}.",
            name
        );
    }

    /// <inheritdoc/>
    public override Matrix ReadMatrix(string name) => Stored(Find(name).Name).ReadMatrix();

    /// <inheritdoc/>
    public override StoredMatrix View(string name) => Stored(Find(name).Name).View();

    /// <inheritdoc/>
    public override double[] ReadDoubles(string name) => Stored(Find(name).Name).ReadDoubles();

    /// <inheritdoc/>
    public override long[] ReadIntegers(string name) => Stored(Find(name).Name).ReadIntegers();

    /// <summary>The elements of an array of texts in C order.</summary>
    /// <exception cref="WeightFileException">There is no such array of texts, or one holds what is no
    /// character.</exception>
    public string[] ReadTexts(string name)
    {
        if (!arrays.TryGetValue(name, out var array) || array.Header.TextLength < 0)
            throw new WeightFileException(
                FileProblem.MissingTensor, Path, $"is not among its arrays of texts: {Listed}.", name);
        var length = array.Header.TextLength;
        var characters = Stored(name).ReadIntegers();
        var texts = new string[characters.Length / length];
        var text = new StringBuilder();
        for (var i = 0; i < texts.Length; i++)
        {
            // NumPy fills what is left of an element with zeros.
            var own = characters.AsSpan(i * length, length).TrimEnd(0L);
            foreach (var character in own)
                text.Append(
                    Rune.IsValid((int)character)
                        ? new Rune((int)character).ToString()
                        : throw new WeightFileException(
                            FileProblem.Encoding, Path, $"text {i} holds {character}, which is no character.", name));
            texts[i] = text.ToString();
            text.Clear();
        }
        return texts;
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        file.Dispose();
        foreach (var bytes in unpacked) bytes.Dispose();
    }

    private TensorInfo Info(string name) => new(name, arrays[name].Header.DType, new Shape(arrays[name].Header.Sizes));

    private StoredTensor Stored(string name)
    {
        lock (gate)
        {
            if (opened.TryGetValue(name, out var stored)) return stored;
            var (entry, header) = arrays[name];
            var (bytes, start) = entry.IsDeflated ? (Unpack(entry, name), 0) : (file, entry.Offset);
            if (entry.IsDeflated) unpacked.Add(bytes);
            stored = new StoredTensor(
                bytes, Info(name), start + header.Start, NpyHeader.Strides(header), header.BigEndian);
            opened.Add(name, stored);
            return stored;
        }
    }

    /// <summary>As many bytes of an entry as the longest header has.</summary>
    private byte[] Head(ZipDirectory.Entry entry, string name)
    {
        var head = new byte[Math.Min(NpyHeader.MostBytes, entry.Length)];
        if (!entry.IsDeflated)
        {
            file.Bytes(entry.Offset, head.Length).CopyTo(head);
            return head;
        }
        if (entry.Length > MostOfOne * entry.Packed) throw Damaged(name, "they cannot hold what the zip promises");
        try
        {
            using var stream = Inflated(entry);
            stream.ReadExactly(head);
            return head;
        }
        catch (Exception error) when (error is InvalidDataException or EndOfStreamException)
        {
            throw Damaged(name, error.Message);
        }
    }

    private MappedFile Unpack(ZipDirectory.Entry entry, string name)
    {
        file.RequireWhole();
        GzipFile.RequireHonest(Path, entry.Packed, entry.Length);
        if (entry.Length > Array.MaxLength)
            throw new WeightFileException(
                FileProblem.BeyondLimits,
                Path,
                $"is deflated and has {entry.Length} bytes, more than can be unpacked at once; save it with "
                    + "numpy.savez, which packs nothing.",
                name
            );
        var bytes = GC.AllocateUninitializedArray<byte>((int)entry.Length, pinned: true);
        try
        {
            using var stream = Inflated(entry);
            stream.ReadExactly(bytes);
            if (stream.ReadByte() >= 0) throw Damaged(name, $"it is longer than the {entry.Length} bytes promised");
        }
        catch (Exception error) when (error is InvalidDataException or EndOfStreamException)
        {
            throw Damaged(name, error.Message);
        }
        return new MappedFile(Path, bytes);
    }

    private unsafe DeflateStream Inflated(ZipDirectory.Entry entry) =>
        new(
            new UnmanagedMemoryStream(file.DangerousPointer(entry.Offset, entry.Packed), entry.Packed),
            CompressionMode.Decompress);

    private WeightFileException Damaged(string name, string reason) =>
        new(FileProblem.Malformed, Path, $"its deflated bytes are damaged ({reason}); fetch the file again.", name);
}
