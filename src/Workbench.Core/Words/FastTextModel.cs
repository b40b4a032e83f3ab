using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Unicode;
using Workbench.Core.Formats;
using Workbench.Core.Tensors;

namespace Workbench.Core.Words;

/// <summary>
/// A model in fastText's own format (<c>.bin</c>), versions 11 and 12: settings, a dictionary, and the vectors of words
/// and of pieces of words. A word's vector is the mean of its own and those of its pieces.
/// </summary>
/// <remarks>
/// What was trained to tell labels apart (supervised) has word vectors too; its labels are no words. Words that are not
/// UTF-8 (the published models hold some) are shown with their bytes as <c>\xNN</c>, and are found so.
/// </remarks>
internal sealed class FastTextModel : WordTable
{
    private const int Magic = 793_712_314, OldestVersion = 11, NewestVersion = 12, Supervised = 3;

    /// <summary>Magic and version, twelve settings, a double; then three and two counts.</summary>
    private const int SettingsBytes = 64, CountsBytes = 28;

    /// <summary>Count and kind of a word.</summary>
    private const int AfterWord = 9;

    /// <summary>fastText puts no limit, but a damaged file would be one word.</summary>
    private const int LongestWord = 4096;

    private const int ReportEvery = 1 << 14;

    private static readonly byte[] EndOfSentence = "</s>"u8.ToArray();

    private readonly string path;
    private readonly MappedFile file;
    private readonly WordRows rows;
    private readonly Dictionary<string, int> broken = [];
    private readonly long vectors;

    /// <exception cref="WeightFileException">It is no whole model, or a quantised one.</exception>
    public FastTextModel(MappedFile file, string path, IProgress<double>? progress)
    {
        (this.file, this.path) = (file, path);
        if (file.Length < SettingsBytes + CountsBytes)
            throw Refuse(FileProblem.OutOfBounds, $"ends within its settings: it has {file.Length} bytes.");
        var head = file.Bytes(0, SettingsBytes + CountsBytes);
        int version = Int(head, 1), dimensions = Int(head, 2), model = Int(head, 9), buckets = Int(head, 10);
        if (Int(head, 0) != Magic || version is < OldestVersion or > NewestVersion)
            throw Refuse(
                FileProblem.LegacyFormat,
                $"is of version {version} of fastText's format; {OldestVersion} and {NewestVersion} are read.");
        // Models that tell labels apart did not use pieces of words before version 12, whatever they say.
        int min = Int(head, 11), max = version == OldestVersion && model == Supervised ? 0 : Int(head, 12);
        var counts = head[SettingsBytes..];
        int size = Int(counts, 0), words = Int(counts, 1), labels = Int(counts, 2);
        var pruned = BinaryPrimitives.ReadInt64LittleEndian(counts[20..]);
        if (dimensions < 1 || buckets < 0 || words < 1 || labels < 0 || (long)words + labels != size)
            throw Refuse(
                FileProblem.Malformed,
                $"its settings say {dimensions} dimensions, {buckets} buckets and {words} words and {labels} labels "
                    + $"among {size} entries, which cannot be.");
        if (max > Subwords.Longest)
            throw Refuse(
                FileProblem.BeyondLimits,
                $"its pieces of words have up to {max} characters; more than {Subwords.Longest} are not read.");
        if (max >= 1 && max >= min && buckets == 0)
            throw Refuse(FileProblem.Malformed, $"its words have pieces of {min} to {max} characters, but no vectors.");
        Dimensions = dimensions;
        Subwords = max >= 1 && max >= min ? new Subwords(min, max, buckets) : null;
        // An entry takes at least its zero, its count and its kind.
        if ((long)size * (1 + AfterWord) > file.Length)
            throw Refuse(
                FileProblem.OutOfBounds, $"its settings say {size} words and labels, but it has {file.Length} bytes.");
        rows = new WordRows(file, words);
        var at = ReadDictionary(words, size, progress);
        if (pruned >= 0) throw Quantised();
        vectors = ReadSizes(ref at, "vectors", (long)words + buckets, isInput: true);
        ReadSizes(ref at, "output", null, isInput: false);
        if (at < file.Length)
            throw Refuse(FileProblem.TrailingData, $"{file.Length - at} bytes follow its last matrix.");
    }

    public override WordVectorsFormat Format => WordVectorsFormat.FastText;

    public override int Count => rows.Count;

    public override int Dimensions { get; }

    public override Subwords? Subwords { get; }

    public override bool IsShortened => file.IsShortened;

    public override string Word(int row) => Shown(rows.Word(row));

    public override bool TryFind(string word, out int row) =>
        rows.TryFind(Encoding.UTF8.GetBytes(word), out row) || broken.TryGetValue(word, out row);

    /// <summary>The mean of a word's own vector and its pieces', added in float32 in fastText's order.</summary>
    public override void ReadRow(int row, Span<float> destination)
    {
        Vector(row).CopyTo(destination);
        var word = rows.Word(row);
        if (Subwords is null || word.SequenceEqual(EndOfSentence)) return;
        var count = 1;
        foreach (var piece in Subwords.Of(Subwords.Bracketed(word)))
        {
            TensorPrimitives.Add(destination, Bucket(piece.Bucket), destination);
            count++;
        }
        TensorPrimitives.Multiply(destination, (float)(1.0 / count), destination);
    }

    public override ReadOnlySpan<float> Bucket(int bucket) => Vector((long)Count + bucket);

    public override string Place(int row) => $"word {row} (\"{Excerpt.Of(Word(row))}\")";

    public override void Dispose() => file.Dispose();

    private static int Int(ReadOnlySpan<byte> bytes, int index) =>
        BinaryPrimitives.ReadInt32LittleEndian(bytes[(index * sizeof(int))..]);

    private ReadOnlySpan<float> Vector(long row) =>
        MemoryMarshal.Cast<byte, float>(
            file.Bytes(vectors + row * Dimensions * sizeof(float), Dimensions * sizeof(float)));

    /// <summary>The words, then the labels: each ends in a zero, with its count and its kind behind.</summary>
    /// <returns>The byte after the last.</returns>
    private long ReadDictionary(int words, int size, IProgress<double>? progress)
    {
        long at = SettingsBytes + CountsBytes;
        for (var entry = 0; entry < size; entry++)
        {
            var window = file.Bytes(at, (int)Math.Min(file.Length - at, LongestWord + 1));
            var length = window.IndexOf((byte)0);
            if (length < 0 && window.Length > LongestWord)
                throw Refuse(
                    FileProblem.BeyondLimits, $"entry {entry} of its dictionary has more than {LongestWord} bytes.");
            if (length < 0 || at + length + 1 + AfterWord > file.Length)
                throw Refuse(FileProblem.OutOfBounds, $"ends within entry {entry} of the {size} of its dictionary.");
            var kind = file.Bytes(at + length + AfterWord, 1)[0];
            if (kind != (entry < words ? 0 : 1))
                throw Refuse(
                    FileProblem.Malformed,
                    $"entry {entry} of its dictionary is of kind {kind}, where {words} words (0) come before the "
                        + "labels (1).");
            if (entry < words) Add(at, length);
            at += length + 1 + AfterWord;
            if (entry % ReportEvery == 0) progress?.Report((double)entry / size);
        }
        return at;
    }

    private void Add(long start, int length)
    {
        if (!rows.TryAdd(start, (ushort)length, out var row))
            throw Refuse(
                FileProblem.DuplicateWord,
                $"words {row} and {rows.Count} are both \"{Excerpt.Of(Shown(rows.Word(row)))}\", which fastText never "
                    + "writes.");
        // Of two that are shown alike, or of one that is spelled like another's bytes, the first is found.
        if (!Utf8.IsValid(rows.Word(row)) && !rows.TryFind(Encoding.UTF8.GetBytes(Shown(rows.Word(row))), out _))
            broken.TryAdd(Shown(rows.Word(row)), row);
    }

    private static string Shown(ReadOnlySpan<byte> word)
    {
        if (Utf8.IsValid(word)) return Encoding.UTF8.GetString(word);
        var text = new StringBuilder();
        while (word.Length > 0)
        {
            var whole = Rune.DecodeFromUtf8(word, out var rune, out var taken) == System.Buffers.OperationStatus.Done;
            if (whole) text.Append(rune.ToString());
            else foreach (var value in word[..taken]) text.Append($"\\x{value:x2}");
            word = word[taken..];
        }
        return text.ToString();
    }

    /// <summary>Passes over a matrix: whether it is quantised, its sizes, its values.</summary>
    /// <returns>Where its values begin.</returns>
    private long ReadSizes(ref long at, string name, long? rowsWanted, bool isInput)
    {
        const int bytes = 1 + 2 * sizeof(long);
        if (file.Length - at < bytes) throw Refuse(FileProblem.OutOfBounds, $"ends before its matrix of {name}.");
        var head = file.Bytes(at, bytes);
        if (isInput && head[0] == 1) throw Quantised();
        // What stands before the second tells whether it would be quantised in a model that is.
        if (head[0] > 1 || isInput && head[0] != 0)
            throw Refuse(FileProblem.Malformed, $"its matrix of {name} begins with {head[0]}, neither 0 nor 1.");
        var (rowsFound, columns) = (
            BinaryPrimitives.ReadInt64LittleEndian(head[1..]),
            BinaryPrimitives.ReadInt64LittleEndian(head[(1 + sizeof(long))..]));
        if (rowsFound < 0 || columns != Dimensions || rowsWanted is { } wanted && rowsFound != wanted)
            throw Refuse(
                FileProblem.OutOfBounds,
                $"its matrix of {name} has {rowsFound} × {columns} values, where "
                    + $"{(rowsWanted is { } rows ? $"{rows}" : "some")} × {Dimensions} are wanted.");
        at += bytes;
        if ((Int128)rowsFound * columns * sizeof(float) > file.Length - at)
            throw Refuse(
                FileProblem.OutOfBounds,
                $"its matrix of {name} has {rowsFound} × {columns} values, but only {file.Length - at} bytes follow: "
                    + "a download that was cut short. Delete the file and download it again.");
        var start = at;
        at += rowsFound * columns * sizeof(float);
        return start;
    }

    private WeightFileException Quantised() =>
        Refuse(
            FileProblem.UnsupportedObject,
            "is a quantised fastText model (.ftz), whose vectors are kept as codes, which is not read. Take the .bin "
                + "file of the same model.");

    private WeightFileException Refuse(FileProblem problem, string reason) => new(problem, path, reason);
}
