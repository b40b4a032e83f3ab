using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Runtime.InteropServices;
using System.Text;
using Workbench.Core.Formats;
using Workbench.Core.Tensors;

namespace Workbench.Core.Words;

/// <summary>
/// Word vectors in a file: word2vec binary or text, fastText's .vec, GloVe with or without a first line, any of them
/// gzipped.
/// The format is recognised from the content, whatever the name.
/// </summary>
/// <remarks>
/// <para>
/// Opening maps the file and makes one pass over it that finds the words and checks the structure; values are read, and
/// checked, when they are asked for. The 3 million × 300 of Google News (3.6 GB) take some 80 MB of memory until then.
/// A gzip file is first unpacked into a temporary file, which is gone at the latest when this is disposed.
/// </para>
/// <para>
/// Mikolov et al. 2013 (word2vec's distance.c reads the binary format); Pennington et al. 2014 (GloVe). A space ends a
/// word, in text also a tab; other spaces belong to it, and in text a word may hold these two if what stands before the
/// last values is no number. Safe for reading by several threads at once. A file that is not disposed is closed when
/// nobody uses it any more.
/// </para>
/// </remarks>
/// <example><code>
/// using var file = WordVectorsFile.Open("GoogleNews-vectors-negative300.bin");
/// file.Read(["king", "queen"]).Vectors.Rows
/// </code> is 2.</example>
public sealed class WordVectorsFile : IDisposable
{
    private readonly MappedFile file;
    private readonly WordRows rows;
    private readonly string? temporary;

    private WordVectorsFile(
        string path, MappedFile file, string? temporary, WordVectorsHeader header, WordRows rows, int leftOut)
    {
        (Path, this.file, this.temporary, this.rows) = (path, file, temporary, rows);
        (Format, Dimensions, LeftOut) = (header.Format, header.Dimensions, leftOut);
    }

    // Nothing outside sees the mapping, so that it can go with its only user; what reads keeps this alive until the
    // end.
    /// <summary>Closes a file that nobody has closed.</summary>
    ~WordVectorsFile()
    {
        try
        {
            Close();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // The temporary folder went first; an exception here would end the process.
        }
    }

    /// <summary>The path the file was opened by.</summary>
    public string Path { get; }

    /// <summary>The layout that was recognised.</summary>
    public WordVectorsFormat Format { get; }

    /// <summary>Number of words, each with a row.</summary>
    public int Count => rows.Count;

    /// <summary>Values of each row.</summary>
    public int Dimensions { get; }

    /// <summary>Rows left out because their word had stood before; 0 unless <see cref="DuplicateWords.KeepFirst"/> was
    /// asked for.</summary>
    public int LeftOut { get; }

    /// <summary>Where a gzip file was unpacked to; null for any other.</summary>
    internal string? TemporaryPath => temporary;

    /// <summary>Opens a file.</summary>
    /// <param name="path">The file, packed by gzip or not.</param>
    /// <param name="duplicates">What to do with a word that stands there twice.</param>
    /// <param name="progress">Told the share of the work done, from 0 to 1; null for silence.</param>
    /// <exception cref="WeightFileException">The file is missing or damaged; the message names the row.</exception>
    public static WordVectorsFile Open(
        string path, DuplicateWords duplicates = DuplicateWords.Refuse, IProgress<double>? progress = null)
    {
        var temporary = FileKinds.Of(path) == FileKind.Gzip ? GzipFile.Unpack(path, progress) : null;
        MappedFile? file = null;
        WordVectorsFile? opened = null;
        try
        {
            file = new MappedFile(temporary ?? path);
            // Where a mapped file may be deleted, its pages stay until they are unmapped, and nothing is left behind by
            // a process that ends first.
            if (temporary is not null && !OperatingSystem.IsWindows())
                File.Delete(temporary);
            var header = WordVectorsHeader.Read(file, path);
            var scan = new WordVectorsScan(file, path, header, duplicates, progress);
            if (file.IsShortened) throw Shortened(path);
            var rows = header.Format == WordVectorsFormat.Word2VecBinary ? scan.Binary() : scan.Text();
            opened = new WordVectorsFile(path, file, temporary, header, rows, scan.LeftOut);
            if (temporary is not null && OperatingSystem.IsWindows()) opened.CloseWithTheProcess();
            return opened;
        }
        catch (WeightFileException error) when (temporary is null && file is not null)
        {
            throw FileKinds.Explain(file, FileKind.WordVectors, error);
        }
        finally
        {
            if (opened is null)
            {
                file?.Dispose();
                if (temporary is not null)
                    File.Delete(temporary);
            }
        }
    }

    /// <summary>Writes word2vec binary as gensim does: no newline after the values. The file appears whole or not at
    /// all.</summary>
    /// <param name="path">Where to; a file that is there is replaced.</param>
    /// <param name="vectors">Words without spaces and newlines, and finite values.</param>
    /// <exception cref="ArgumentException">A word or a value cannot be written; the message names the row.</exception>
    public static void Write(string path, WordVectors vectors)
    {
        var encoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
        WholeFile.Write(
            path,
            stream =>
            {
                stream.Write(encoding.GetBytes($"{vectors.Count} {vectors.Dimensions}\n"));
                for (var row = 0; row < vectors.Count; row++)
                {
                    var word = vectors.Words[row];
                    if (word.AsSpan().ContainsAny(' ', '\n'))
                        throw new ArgumentException(
                            $"Row {row}: the word \"{Excerpt.Of(word)}\" holds a space or a newline, which end a word "
                                + "in this format.",
                            nameof(vectors)
                        );
                    RowValues.RequireFinite(
                        vectors.Vectors.Row(row),
                        column => new ArgumentException(
                            $"Row {row} (\"{Excerpt.Of(word)}\"), column {column}: {vectors.Vectors[row, column]} "
                                + "cannot be written; values must be finite.",
                            nameof(vectors)
                        )
                    );
                    stream.Write(encoding.GetBytes(word));
                    stream.WriteByte((byte)' ');
                    stream.Write(MemoryMarshal.AsBytes(vectors.Vectors.Row(row)));
                }
            }
        );
    }

    /// <summary>The word of a row.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such row.</exception>
    public string Word(int row)
    {
        var word = Encoding.UTF8.GetString(rows.Word(Checked(row)));
        GC.KeepAlive(this);
        return word;
    }

    /// <summary>The row of a word, as the file spells it.</summary>
    /// <returns>False, and row −1, when the word is not there.</returns>
    public bool TryFind(string word, out int row)
    {
        var found = rows.TryFind(Encoding.UTF8.GetBytes(word), out row);
        GC.KeepAlive(this);
        return found;
    }

    /// <summary>Reads the values of one row.</summary>
    /// <param name="row">From 0 to <see cref="Count"/> − 1.</param>
    /// <param name="destination">Takes <see cref="Dimensions"/> values.</param>
    /// <exception cref="ArgumentException">The destination has another length, or there is no such row.</exception>
    /// <exception cref="WeightFileException">A value is not a number, NaN or infinite.</exception>
    public void ReadRow(int row, Span<float> destination)
    {
        if (destination.Length != Dimensions)
            throw new ArgumentException(
                $"A row has {Dimensions} values, but the destination has room for {destination.Length}.",
                nameof(destination));
        var start = rows.End(Checked(row)) + 1;
        if (Format == WordVectorsFormat.Word2VecBinary)
            file.Bytes(start, Dimensions * sizeof(float)).CopyTo(MemoryMarshal.AsBytes(destination));
        else
            RowValues.Parse(
                file.Bytes(start, (int)Math.Min(file.Length - start, int.MaxValue)),
                destination,
                (column, field) =>
                    new WeightFileException(
                        FileProblem.Malformed, Path, $"{Place(row)}: value {column + 1} is \"{field}\", not a number.")
            );
        RowValues.RequireFinite(
            destination,
            column => new WeightFileException(
                FileProblem.NonFinite, Path, $"{Place(row)}: value {column + 1} is NaN or infinite.")
        );
        GC.KeepAlive(this);
    }

    /// <summary>A range of rows, copied: the way to go through a file that is larger than memory.</summary>
    /// <param name="first">First row.</param>
    /// <param name="count">Number of rows.</param>
    /// <exception cref="ArgumentOutOfRangeException">The range leaves the file.</exception>
    /// <exception cref="WeightFileException">A value is not a number, NaN or infinite.</exception>
    public Matrix ReadRows(int first, int count)
    {
        if (first < 0 || count < 0 || first > Count - count)
            throw new ArgumentOutOfRangeException(
                nameof(first), $"Rows {first} to {(long)first + count} were asked for, but the file has {Count}.");
        if (file.IsShortened) throw Shortened(Path);
        var result = Matrix.Uninitialized(count, Dimensions);
        for (var i = 0; i < count; i++)
            ReadRow(first + i, result.WritableRow(i));
        return result;
    }

    /// <summary>The words asked for that the file has, in the order given; a word asked for twice comes once.</summary>
    /// <param name="words">Words as the file spells them.</param>
    public WordVectors Read(IEnumerable<string> words) =>
        ReadAt(
            words.Distinct().Select(word => TryFind(word, out var row) ? row : -1).Where(row => row >= 0).ToArray(),
            null);

    /// <summary>The first rows, which in most files are the most frequent words.</summary>
    /// <param name="count">Number of rows, at most <see cref="Count"/>.</param>
    /// <param name="progress">Told the share of the work done, from 0 to 1; null for silence.</param>
    /// <exception cref="ArgumentOutOfRangeException">The file has fewer rows.</exception>
    public WordVectors ReadFirst(int count, IProgress<double>? progress = null)
    {
        if (count < 0 || count > Count)
            throw Argument.OutOfRange(nameof(count), count, $"The file has {Count} rows.");
        return ReadAt(Enumerable.Range(0, count).ToArray(), progress);
    }

    /// <summary>All words and values, in memory of their own: 3.6 GB for Google News.</summary>
    /// <param name="progress">Told the share of the work done, from 0 to 1; null for silence.</param>
    /// <exception cref="WeightFileException">A value is not a number, NaN or infinite.</exception>
    public WordVectors ReadAll(IProgress<double>? progress = null) => ReadFirst(Count, progress);

    /// <summary>Unmaps the file; what was read stays.</summary>
    public void Dispose()
    {
        Close();
        GC.SuppressFinalize(this);
    }

    // Windows keeps a mapped file's name, and finalizers do not run when a process ends.
    private void CloseWithTheProcess()
    {
        var weak = new WeakReference<WordVectorsFile>(this);
        AppDomain.CurrentDomain.ProcessExit += (_, _) =>
        {
            if (weak.TryGetTarget(out var open)) open.Dispose();
        };
    }

    private void Close()
    {
        file.Dispose();
        if (temporary is not null)
            File.Delete(temporary);
    }

    private static WeightFileException Shortened(string path) =>
        new(
            FileProblem.OutOfBounds, path,
            "has fewer bytes now than when it was opened: another program has cut it. Open it again when that program "
                + "is done."
        );

    private WordVectors ReadAt(int[] wanted, IProgress<double>? progress)
    {
        const int reportEvery = 1 << 14;
        if (file.IsShortened) throw Shortened(Path);
        var words = new string[wanted.Length];
        var vectors = Matrix.Uninitialized(wanted.Length, Dimensions);
        for (var i = 0; i < wanted.Length; i++)
        {
            words[i] = Word(wanted[i]);
            ReadRow(wanted[i], vectors.WritableRow(i));
            if (i % reportEvery == 0)
                progress?.Report((double)i / wanted.Length);
        }
        progress?.Report(1);
        return new WordVectors(words, vectors);
    }

    private int Checked(int row) =>
        (uint)row < (uint)Count
            ? row
            : throw Argument.OutOfRange(nameof(row), row, $"The file has {Count} rows, 0 to {Count - 1}.");

    private string Place(int row) =>
        Format == WordVectorsFormat.Word2VecBinary
            ? $"row {row} (\"{Excerpt.Of(Word(row))}\")"
            : $"line {WordVectorsScan.LineAt(file, rows.End(row))} (\"{Excerpt.Of(Word(row))}\")";
}
