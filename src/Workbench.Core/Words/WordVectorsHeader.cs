using System;
using System.Buffers;
using System.Buffers.Text;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text;
using System.Text.Unicode;
using Workbench.Core.Formats;
using Workbench.Core.Tensors;

namespace Workbench.Core.Words;

/// <summary>What the beginning of a file of word vectors tells: its format, its sizes, and where the rows
/// begin.</summary>
/// <param name="Format">The layout.</param>
/// <param name="Rows">Number of rows that the first line promises; −1 where there is no such line.</param>
/// <param name="Dimensions">Values of a row.</param>
/// <param name="Start">First byte of the first row.</param>
internal sealed record WordVectorsHeader(WordVectorsFormat Format, int Rows, int Dimensions, long Start)
{
    /// <summary>A line of 100,000 values has about a megabyte; no longer one is looked at to recognise the
    /// format.</summary>
    private const int LongestFirstLine = 1 << 22;

    /// <summary>Lines by whose majority the dimension is found where no first line states it: one may hold a word with
    /// spaces or be damaged.</summary>
    private const int SampleLines = 10;

    /// <summary>One float32 in four holds a control byte, so a few dozen of them hardly ever do without; text
    /// does.</summary>
    private const int LookedThrough = 4096;

    private static readonly SearchValues<byte> ControlBytes = SearchValues.Create(
        Enumerable.Range(0, ' ').Select(value => (byte)value).Except([.. "\t\r\n"u8]).ToArray());

    /// <summary>What stands between a word and its values: a space, or the tab that some tools write.</summary>
    public static ReadOnlySpan<byte> Separators => " \t"u8;

    private static readonly SearchValues<byte> NumberBytes = SearchValues.Create("0123456789+-.,eEnaifNAIFtyTY"u8);

    /// <summary>Recognises a file.</summary>
    /// <exception cref="WeightFileException">It is none of the formats, or its first line promises what the file cannot
    /// hold.</exception>
    public static WordVectorsHeader Read(MappedFile file, string path)
    {
        if (file.Length == 0) throw new WeightFileException(FileProblem.Malformed, path, "is empty.");
        var head = file.Bytes(0, (int)Math.Min(file.Length, LongestFirstLine));
        if (head is [0xFF, 0xFE, ..] or [0xFE, 0xFF, ..])
            throw new WeightFileException(FileProblem.Encoding, path, "is UTF-16; save it as UTF-8.");
        if (
            head.Contains((byte)'\r')
            && !head.Contains((byte)'\n')
            && !head[..Math.Min(head.Length, LookedThrough)].ContainsAny(ControlBytes)
        )
            throw new WeightFileException(
                FileProblem.Malformed,
                path,
                "its lines end in carriage returns alone, as the first Macintoshes wrote them. Turn these into line "
                    + "feeds: tr '\\r' '\\n' < FILE > NEWFILE."
            );
        var start = head.StartsWith("\uFEFF"u8) ? 3 : 0;
        var line = FirstLine(head[start..], out var length);
        return TryCounts(line, path, out var rows, out var dimensions)
            ? WithCounts(file, path, rows, dimensions, start + length)
            : new WordVectorsHeader(WordVectorsFormat.Glove, -1, SampleDimensions(head[start..], path), start);
    }

    /// <summary>Whether a field of a text row is a number.</summary>
    public static bool IsNumber(ReadOnlySpan<byte> field) =>
        double.TryParse(field, NumberStyles.Float, CultureInfo.InvariantCulture, out _) || IsInfinity(field);

    /// <summary>Python writes inf where .NET reads Infinity.</summary>
    public static bool IsInfinity(ReadOnlySpan<byte> field) => Ascii.EqualsIgnoreCase(field.TrimStart("+-"u8), "inf"u8);

    private static WordVectorsHeader WithCounts(
        MappedFile file, string path, Int128 rows, Int128 dimensions, long start)
    {
        if (rows < 1 || dimensions < 1)
            throw new WeightFileException(
                FileProblem.Malformed, path,
                $"line 1 promises {rows} rows of {dimensions} values; both must be at least 1.");
        var rest = file.Bytes(start, (int)Math.Min(file.Length - start, LongestFirstLine));
        var row = FirstLine(rest.TrimStart("\r\n"u8), out _);
        // A control byte alone decides nothing where a whole row of numbers stands: a word may hold one.
        var isText =
            IsText(row, (int)Int128.Min(dimensions, int.MaxValue))
            && (
                !rest[..Math.Min(rest.Length, LookedThrough)].ContainsAny(ControlBytes)
                || CountValues(row.TrimEnd(Separators)) >= dimensions
            );
        // The shortest row is an empty word with, for each value, four bytes, or a space and a digit.
        var shortest = isText ? 2 * dimensions : 1 + 4 * dimensions;
        if (rows > WordRows.Most || rows * shortest > file.Length - start)
            throw new WeightFileException(
                FileProblem.Malformed,
                path,
                $"line 1 promises {rows} rows of {dimensions} values, which take at least {rows * shortest} bytes, "
                    + $"but {file.Length - start} follow: a wrong first line or a truncated file."
            );
        return new WordVectorsHeader(
            isText ? WordVectorsFormat.Word2VecText : WordVectorsFormat.Word2VecBinary, (int)rows, (int)dimensions,
            start);
    }

    private static bool TryCounts(ReadOnlySpan<byte> line, string path, out Int128 rows, out Int128 dimensions)
    {
        (rows, dimensions) = (0, 0);
        line = line.Trim(Separators);
        var space = line.IndexOfAny(Separators);
        if (space < 0) return false;
        var first = line[..space];
        var second = line[(space + 1)..].Trim(Separators);
        if (!IsInteger(first) || !IsInteger(second)) return false;
        const int mostDigits = 18; // so that their product fits 128 bits
        if (first.Length > mostDigits || second.Length > mostDigits)
            throw new WeightFileException(
                FileProblem.Malformed, path, "line 1 promises more rows or values than any file holds.");
        rows = Int128.Parse(first, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        dimensions = Int128.Parse(second, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        return true;
    }

    private static bool IsInteger(ReadOnlySpan<byte> field) =>
        (field is [(byte)'-', .. var rest] ? rest : field) is { Length: > 0 } digits
        && !digits.ContainsAnyExceptInRange((byte)'0', (byte)'9');

    /// <summary>Whether a first row is text: what follows its word could be numbers, right or wrong ones.</summary>
    private static bool IsText(ReadOnlySpan<byte> row, int dimensions)
    {
        row = row.TrimEnd(Separators);
        if (!Utf8.IsValid(row) || !row.ContainsAny(Separators)) return false;
        for (var i = 0; i < dimensions && row.LastIndexOfAny(Separators) is >= 0 and var space; i++)
        {
            if (row[(space + 1)..].ContainsAnyExcept(NumberBytes)) return false;
            row = row[..space];
        }
        return true;
    }

    private static int SampleDimensions(ReadOnlySpan<byte> head, string path)
    {
        var counts = new List<int>();
        while (head.Length > 0 && counts.Count < SampleLines)
        {
            var line = FirstLine(head, out var length).TrimEnd(Separators);
            if (line.Length > 0) counts.Add(CountValues(line));
            head = head[length..];
        }
        var dimensions = counts
            .GroupBy(count => count)
            .OrderByDescending(group => group.Count())
            .ThenByDescending(group => group.Key)
            .Select(group => group.Key)
            .FirstOrDefault();
        if (dimensions > 0)
            return dimensions;
        throw new WeightFileException(
            FileProblem.Malformed, path,
            "is no file of word vectors: line 1 is neither \"count dimension\" nor a word with its values.");
    }

    /// <summary>The numbers at the end of a row; the first field is always the word, even when it is a
    /// number.</summary>
    private static int CountValues(ReadOnlySpan<byte> row)
    {
        var count = 0;
        while (row.LastIndexOfAny(Separators) is >= 0 and var space && IsNumber(row[(space + 1)..]))
        {
            count++;
            row = row[..space];
        }
        return count;
    }

    /// <summary>The first line without its end, and the bytes it takes with it; all that is there when no line
    /// ends.</summary>
    private static ReadOnlySpan<byte> FirstLine(ReadOnlySpan<byte> text, out int length)
    {
        var end = text.IndexOf((byte)'\n');
        length = end < 0 ? text.Length : end + 1;
        return (end < 0 ? text : text[..end]).TrimEnd((byte)'\r');
    }
}
