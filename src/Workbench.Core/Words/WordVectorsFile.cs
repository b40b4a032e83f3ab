using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using System.Text;
using Workbench.Core.Formats;
using Workbench.Core.Tensors;

namespace Workbench.Core.Words;

/// <summary>
/// Word vectors in a file: word2vec binary or text, fastText's .vec, GloVe with or without a first line, any of them
/// gzipped; fastText's own .bin, gensim's .kv and .model, NumPy's .npz.
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
/// <para>
/// Where the file has vectors of pieces of words (fastText's), a word that is not in it has a vector too: the mean of
/// its pieces' (<see cref="TryCompose"/>).
/// </para>
/// </remarks>
/// <example><code>
/// using var file = WordVectorsFile.Open("GoogleNews-vectors-negative300.bin");
/// file.Read(["king", "queen"]).Vectors.Rows
/// </code> is 2.</example>
public sealed class WordVectorsFile : IDisposable
{
    private readonly WordTable table;
    private readonly string? temporary;

    private WordVectorsFile(string path, WordTable table, string? temporary) =>
        (Path, this.table, this.temporary) = (path, table, temporary);

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
    public WordVectorsFormat Format => table.Format;

    /// <summary>Number of words, each with a row.</summary>
    public int Count => table.Count;

    /// <summary>Values of each row.</summary>
    public int Dimensions => table.Dimensions;

    /// <summary>Rows left out because their word had stood before; 0 unless <see cref="DuplicateWords.KeepFirst"/> was
    /// asked for.</summary>
    public int LeftOut => table.LeftOut;

    /// <summary>Characters of the shortest and the longest piece of which words that are not there are made; null where
    /// they are not.</summary>
    public (int Shortest, int Longest)? Pieces => table.Subwords is { } pieces ? (pieces.Min, pieces.Max) : null;

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
        var kind = FileKinds.Of(path);
        if (kind == FileKind.Npz) return new WordVectorsFile(path, NpzWords.Read(path), null);
        var temporary = kind == FileKind.Gzip ? GzipFile.Unpack(path, progress) : null;
        MappedFile? file = null;
        WordVectorsFile? opened = null;
        try
        {
            file = new MappedFile(temporary ?? path);
            // Where a mapped file may be deleted, its pages stay until they are unmapped, and nothing is left behind by
            // a process that ends first.
            if (temporary is not null && !OperatingSystem.IsWindows())
                File.Delete(temporary);
            if (temporary is not null) kind = FileKinds.Of(file);
            opened = new WordVectorsFile(path, Read(file, path, kind, duplicates, progress), temporary);
            if (temporary is not null && OperatingSystem.IsWindows()) opened.CloseWithTheProcess();
            return opened;
        }
        catch (WeightFileException error) when (temporary is null && file is not null && !IsRead(kind))
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

    // These say themselves what is wrong with them.
    private static bool IsRead(FileKind kind) => kind is FileKind.FastText or FileKind.Pickle;

    private static WordTable Read(
        MappedFile file, string path, FileKind kind, DuplicateWords duplicates, IProgress<double>? progress)
    {
        switch (kind)
        {
            case FileKind.FastText:
                return new FastTextModel(file, path, progress);
            case FileKind.Pickle:
                var words = GensimFile.Read(file, path);
                file.Dispose(); // all that is wanted of it has been copied
                return words;
            default:
                var header = WordVectorsHeader.Read(file, path);
                var scan = new WordVectorsScan(file, path, header, duplicates, progress);
                if (file.IsShortened) throw Shortened(path);
                var rows = header.Format == WordVectorsFormat.Word2VecBinary ? scan.Binary() : scan.Text();
                return new RowsOfWords(path, file, header, rows, scan.LeftOut);
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
        var word = table.Word(Checked(row));
        GC.KeepAlive(this);
        return word;
    }

    /// <summary>The row of a word, as the file spells it.</summary>
    /// <returns>False, and row −1, when the word is not there.</returns>
    public bool TryFind(string word, out int row)
    {
        var found = table.TryFind(word, out row);
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
        RequireRoom(destination);
        table.ReadRow(Checked(row), destination);
        RowValues.RequireFinite(
            destination,
            column => new WeightFileException(
                FileProblem.NonFinite, Path, $"{table.Place(row)}: value {column + 1} is NaN or infinite.")
        );
        GC.KeepAlive(this);
    }

    /// <summary>The pieces that a word has a share in, whether it is there itself or not: each between &lt; and &gt;,
    /// as it is cut.</summary>
    /// <returns>Its pieces in the order in which they begin; none where the file knows words alone.</returns>
    /// <example><code>file.PiecesOf("reading")</code> begins with "&lt;re", "&lt;rea", "&lt;read", "rea" where pieces
    /// have 3 to 5 characters.</example>
    public IReadOnlyList<string> PiecesOf(string word)
    {
        var bracketed = Subwords.Bracketed(Encoding.UTF8.GetBytes(word));
        return [.. Cut(word).Select(piece => Encoding.UTF8.GetString(bracketed, piece.Start, piece.Length))];
    }

    /// <summary>Makes the vector of a word of its pieces alone: their mean, added in float32 in fastText's order. So a
    /// word has a vector that is not there.</summary>
    /// <param name="word">Any word.</param>
    /// <param name="destination">Takes <see cref="Dimensions"/> values.</param>
    /// <returns>False where the file knows words alone, or the word is too short for a piece.</returns>
    /// <exception cref="ArgumentException">The destination has another length.</exception>
    /// <exception cref="WeightFileException">A value is NaN or infinite.</exception>
    public bool TryCompose(string word, Span<float> destination)
    {
        RequireRoom(destination);
        var count = 0;
        foreach (var piece in Cut(word))
        {
            if (count++ == 0) destination.Clear();
            TensorPrimitives.Add(destination, table.Bucket(piece.Bucket), destination);
        }
        if (count == 0) return false;
        TensorPrimitives.Multiply(destination, (float)(1.0 / count), destination);
        RowValues.RequireFinite(
            destination,
            column => new WeightFileException(
                FileProblem.NonFinite, Path,
                $"the pieces of \"{Excerpt.Of(word)}\": value {column + 1} is NaN or infinite.")
        );
        GC.KeepAlive(this);
        return true;
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
        if (table.IsShortened) throw Shortened(Path);
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
        table.Dispose();
        if (temporary is not null)
            File.Delete(temporary);
    }

    private static WeightFileException Shortened(string path) =>
        new(
            FileProblem.OutOfBounds, path,
            "has fewer bytes now than when it was opened: another program has cut it. Open it again when that program "
                + "is done."
        );

    // The mark of a sentence's end is never cut.
    private IEnumerable<Subwords.Piece> Cut(string word) =>
        table.Subwords is { } pieces && word != "</s>"
            ? pieces.Of(Subwords.Bracketed(Encoding.UTF8.GetBytes(word)))
            : [];

    private void RequireRoom(Span<float> destination)
    {
        if (destination.Length != Dimensions)
            throw new ArgumentException(
                $"A row has {Dimensions} values, but the destination has room for {destination.Length}.",
                nameof(destination));
    }

    private float[]? Compose(string word)
    {
        var values = new float[Dimensions];
        return TryCompose(word, values) ? values : null;
    }

    private WordVectors ReadAt(int[] wanted, IProgress<double>? progress)
    {
        const int reportEvery = 1 << 14;
        if (table.IsShortened) throw Shortened(Path);
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
        return new WordVectors(words, vectors, Pieces is null ? null : Compose);
    }

    private int Checked(int row) =>
        (uint)row < (uint)Count
            ? row
            : throw Argument.OutOfRange(nameof(row), row, $"The file has {Count} rows, 0 to {Count - 1}.");
}
