using System;
using System.Text.Unicode;
using Workbench.Core.Formats;
using Workbench.Core.Tensors;

namespace Workbench.Core.Words;

/// <summary>The pass over a file of word vectors that finds its words and checks that every row is whole.</summary>
internal sealed class WordVectorsScan
{
    /// <summary>The longest phrase of Google News has 98 bytes; without a limit a damaged file would be one
    /// word.</summary>
    private const int LongestWord = 4096;

    /// <summary>More than any program prints for a number.</summary>
    private const int LongestValue = 64;

    private const int ReportEvery = 1 << 14;
    private readonly MappedFile file;
    private readonly string path;
    private readonly WordVectorsHeader header;
    private readonly DuplicateWords duplicates;
    private readonly IProgress<double>? progress;
    private readonly WordRows rows;
    private long seen;

    public WordVectorsScan(
        MappedFile file, string path, WordVectorsHeader header, DuplicateWords duplicates, IProgress<double>? progress)
    {
        (this.file, this.path, this.header, this.duplicates, this.progress) = (
            file, path, header, duplicates, progress);
        rows = new WordRows(file, Math.Max(0, header.Rows));
    }

    /// <summary>Rows whose word had stood before.</summary>
    public int LeftOut { get; private set; }

    /// <summary>The number of the line that holds a byte, from 1.</summary>
    public static long LineAt(MappedFile file, long offset)
    {
        const int window = 1 << 26;
        long line = 1;
        for (long at = 0; at < offset; at += window)
            line += file.Bytes(at, (int)Math.Min(window, offset - at)).Count((byte)'\n');
        return line;
    }

    /// <summary>The rows of word2vec binary.</summary>
    public WordRows Binary()
    {
        var values = header.Dimensions * (long)sizeof(float);
        var at = header.Start;
        var broken = -1L;
        for (; seen < header.Rows; seen++)
        {
            while (at < file.Length && file.Bytes(at, 1)[0] == '\n') at++;
            var window = file.Bytes(at, (int)Math.Min(file.Length - at, LongestWord + 1));
            var length = window.IndexOf((byte)' ');
            if (length < 0 && window.Length > LongestWord)
                throw new WeightFileException(
                    FileProblem.BeyondLimits,
                    path,
                    $"row {seen} begins with a word of more than {LongestWord} bytes at byte {at}: not word2vec "
                        + $"binary with {header.Dimensions} values a row."
                );
            if (length < 0 || at + length + 1 + values > file.Length)
                throw new WeightFileException(
                    FileProblem.Malformed,
                    path,
                    $"ends within row {seen}, but line 1 promises {header.Rows} rows of {header.Dimensions} values: a "
                        + "wrong first line or a truncated file."
                );
            if (broken < 0 && !Utf8.IsValid(window[..length]))
                broken = seen;
            Add(at, length);
            at += length + 1 + values;
            if (seen % ReportEvery == 0) progress?.Report((double)at / file.Length);
        }
        while (at < file.Length && file.Bytes(at, 1)[0] == '\n') at++;
        // Only a wrong dimension both breaks words and leaves bytes over: a word breaks alone, and so does a wrong
        // count of rows.
        if (at < file.Length && broken >= 0)
            throw new WeightFileException(
                FileProblem.Malformed,
                path,
                $"line 1 promises {header.Dimensions} values a row, with which the words from row {broken} on are none."
            );
        if (at < file.Length)
            throw Trailing(at);
        if (broken >= 0)
            throw NotUtf8($"the word of row {broken}", "True");
        return rows;
    }

    /// <summary>The rows of a text file.</summary>
    public WordRows Text()
    {
        var longest = LongestWord + (long)header.Dimensions * LongestValue;
        var broken = -1L;
        for (var at = header.Start; at < file.Length;)
        {
            var window = file.Bytes(at, (int)Math.Min(file.Length - at, longest));
            var end = window.IndexOf((byte)'\n');
            if (end < 0 && window.Length == longest)
                throw new WeightFileException(
                    FileProblem.BeyondLimits,
                    path,
                    $"line {LineAt(file, at)} is longer than {longest} bytes, too long for {header.Dimensions} values."
                );
            var line = (end < 0 ? window : window[..end]).TrimEnd("\r \t"u8);
            if (line.Length > 0)
            {
                if (seen == header.Rows) throw Trailing(at);
                var length = WordLength(line, at);
                if (broken < 0 && !Utf8.IsValid(line[..length])) broken = at;
                Add(at, length);
                if (seen++ % ReportEvery == 0) progress?.Report((double)at / file.Length);
            }
            at = end < 0 ? file.Length : at + end + 1;
        }
        if (seen < header.Rows)
            throw new WeightFileException(
                FileProblem.Malformed, path,
                $"has {seen} rows, but line 1 promises {header.Rows}: a wrong first line or a truncated file.");
        if (broken >= 0)
            throw NotUtf8($"the word in line {LineAt(file, broken)}", "False");
        return rows;
    }

    /// <summary>The bytes of a row's word, spaces in it included.</summary>
    private int WordLength(ReadOnlySpan<byte> line, long at)
    {
        var separators = WordVectorsHeader.Separators;
        var fields = line.CountAny(separators);
        if (fields < header.Dimensions) throw WrongCount(fields);
        if (fields == header.Dimensions) return line.IndexOfAny(separators);
        for (var i = 0; i < header.Dimensions; i++) line = line[..line.LastIndexOfAny(separators)];
        if (WordVectorsHeader.IsNumber(line[(line.LastIndexOfAny(separators) + 1)..])) throw WrongCount(fields);
        return line.Length;

        WeightFileException WrongCount(int count) =>
            new(
                FileProblem.Malformed,
                path,
                $"line {LineAt(file, at)} has {count} values where {header.Dimensions} are "
                    + $"wanted{(header.Rows < 0 ? " as in most of the first lines" : "")}."
            );
    }

    private void Add(long start, int length)
    {
        if (length > LongestWord)
            throw new WeightFileException(
                FileProblem.BeyondLimits, path,
                $"row {seen} has a word of {length} bytes; the limit is {LongestWord}.");
        if (rows.Count == WordRows.Most)
            throw new WeightFileException(
                FileProblem.BeyondLimits, path, $"has more than {WordRows.Most} words; no more are read.");
        if (rows.TryAdd(start, (ushort)length, out var row))
            return;
        if (duplicates == DuplicateWords.Refuse)
            throw new WeightFileException(
                FileProblem.DuplicateWord,
                path,
                $"row {seen} has the word \"{Excerpt.Of(rows.Word(row))}\" of row {row} again; open it with "
                    + "DuplicateWords.KeepFirst to leave such rows out."
            );
        LeftOut++;
    }

    private WeightFileException NotUtf8(string which, string binary) =>
        new(
            FileProblem.Encoding,
            path,
            $"{which} is not UTF-8; word2vec's own program cuts long words within a character. With gensim in Python: "
                + $"KeyedVectors.load_word2vec_format(FILE, binary={binary}, "
                + $"unicode_errors=\"replace\").save_word2vec_format(NEWFILE, binary={binary})."
        );

    private WeightFileException Trailing(long at) => new(FileProblem.TrailingData, path,
        $"{file.Length - at} bytes follow the {header.Rows} rows that line 1 promises; correct the count in line 1.");
}
