using System;
using System.Collections.Generic;
using System.Linq;
using Workbench.Core.Tensors;

namespace Workbench.Core.Formats;

/// <summary>
/// A GGUF file, a model as llama.cpp runs it: keys with values (settings and tokenizer among them), an entry for each
/// tensor, and the tensors' bytes, quantised or not.
/// </summary>
/// <remarks>
/// Opening maps the file and checks its header; no value is read. Plain F32 is viewed in the mapping, everything else
/// widened on reading: quantised blocks to the bits that gguf-py's dequantisation gives. Versions 2 and 3, little- and
/// big-endian. Format: github.com/ggml-org/ggml, docs/gguf.md; what is refused is said in the documentation's page on
/// formats.
/// </remarks>
/// <example><code>
/// using var file = GgufFile.Open("SmolLM2-135M-Instruct.Q4_1.gguf");
/// file.Find("blk.0.ffn_up.weight")
/// </code>
/// is blk.0.ffn_up.weight: Q4_1 [1536, 576].</example>
public sealed class GgufFile : TensorFile
{
    // Of an array's values so many are shown; vocabularies have a hundred thousand.
    private const int Shown = 5;

    private readonly MappedFile file;
    private readonly GgufParts.Part[] parts;
    private readonly Dictionary<string, StoredTensor> stored = [];

    private GgufFile(MappedFile file, GgufParts.Part[] parts)
    {
        (this.file, this.parts) = (file, parts);
        (Version, IsBigEndian) = (parts[0].Header.Version, parts[0].Header.BigEndian);
        var values = new Dictionary<string, object>();
        List<TensorInfo> tensors = [];
        foreach (var (mapped, header) in parts)
        {
            foreach (var (key, value) in header.Values) values.TryAdd(key, value);
            RequireApart(mapped, header.Entries, header.DataStart);
            foreach (var (info, offset, _) in header.Entries)
            {
                var tensor = new StoredTensor(
                    mapped, info, header.DataStart + (long)offset, bigEndian: header.BigEndian);
                if (!stored.TryAdd(info.Name, tensor))
                    throw new WeightFileException(
                        FileProblem.DuplicateName, mapped.Path, "it is in an earlier part of the model too.",
                        info.Name);
                tensors.Add(info);
            }
        }
        (Values, Tensors) = (values, tensors);
        Metadata = values.ToDictionary(entry => entry.Key, entry => Text(entry.Value));
        Aliases = GgufNames.Aliases(Architecture, stored.Keys);
    }

    /// <inheritdoc/>
    public override string Path => file.Path;

    /// <summary>Of the format: 2 or 3.</summary>
    public uint Version { get; }

    /// <summary>Whether numbers are stored in big-endian order.</summary>
    public bool IsBigEndian { get; }

    /// <summary>What <c>general.architecture</c> says; null where it says nothing.</summary>
    public string? Architecture => Values.GetValueOrDefault("general.architecture") as string;

    /// <summary>The values by key: numbers of the stored type, truth values, texts, and arrays of these or of
    /// arrays.</summary>
    public IReadOnlyDictionary<string, object> Values { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<TensorInfo> Tensors { get; }

    /// <summary>The values as text, long arrays cut.</summary>
    public override IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>The names that the model's own library gives the tensors, where the architecture is known.</summary>
    public override IReadOnlyDictionary<string, string> Aliases { get; }

    /// <summary>Maps a file and checks its header; of one of several that hold a model together
    /// (<c>-00001-of-00003</c>) the others too, which must lie beside it.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="WeightFileException">There is no such file, it is not a whole GGUF file, or one of those that
    /// belong to it is missing or of another model.</exception>
    public static GgufFile Open(string path) => FileKinds.Open(
        path, FileKind.Gguf, file =>
        {
            var parts = GgufParts.Open(file);
            try
            {
                return new GgufFile(file, parts);
            }
            catch
            {
                GgufParts.Close(parts.Where(part => part.File != file)); // which is its caller's to close
                throw;
            }
        });

    /// <inheritdoc/>
    public override Matrix ReadMatrix(string name) => stored[Find(name).Name].ReadMatrix();

    /// <inheritdoc/>
    public override StoredMatrix View(string name) => stored[Find(name).Name].View();

    /// <inheritdoc/>
    public override double[] ReadDoubles(string name) => stored[Find(name).Name].ReadDoubles();

    /// <inheritdoc/>
    public override long[] ReadIntegers(string name) => stored[Find(name).Name].ReadIntegers();

    /// <inheritdoc/>
    public override void Dispose() => GgufParts.Close(parts);

    private static string Text(object value) => value switch
    {
        Array array => $"[{string.Join(", ", array.Cast<object>().Take(Shown).Select(Text))}"
            + (array.Length > Shown ? $", … {array.Length} in all]" : "]"),
        string text => text,
        bool truth => truth ? "true" : "false",
        _ => $"{value}",
    };

    /// <summary>The tensors must lie within the file and share no byte; what lies between them belongs to
    /// none.</summary>
    private static void RequireApart(MappedFile file, List<GgufHeader.Entry> entries, long start)
    {
        var (covered, before) = (0ul, "");
        foreach (var (info, offset, length) in entries.OrderBy(entry => entry.Offset).ThenBy(entry => entry.Length))
        {
            if ((UInt128)(ulong)start + offset + (ulong)length > (ulong)file.Length)
                throw new WeightFileException(
                    FileProblem.OutOfBounds, file.Path,
                    $"its bytes end at {(UInt128)offset + (ulong)length} of the data, but the file has "
                        + $"{Math.Max(0, file.Length - start)}. A download that was cut short looks like this: get the "
                        + "file again.",
                    info.Name);
            if (offset < covered)
                throw new WeightFileException(
                    FileProblem.OutOfBounds, file.Path,
                    $"its bytes begin at {offset}, inside those of \"{Excerpt.Of(before)}\", which end at {covered}.",
                    info.Name);
            (covered, before) = (offset + (ulong)length, info.Name);
        }
    }
}
