using System;
using System.Collections.Generic;
using Workbench.Core.Tensors;

namespace Workbench.Core.Words;

/// <summary>A list of words and a matrix with a row for each, from files that keep them apart.</summary>
/// <param name="format">The layout.</param>
/// <param name="words">A word for each row.</param>
/// <param name="rows">The row of each word.</param>
/// <param name="vectors">words × dimensions.</param>
/// <param name="opened">Closed with this: what the matrices view.</param>
/// <param name="subwords">How other words are made of pieces; null where they are not.</param>
/// <param name="buckets">The pieces' vectors; null where there are none.</param>
internal sealed class WordsOfMatrix(
    WordVectorsFormat format, string[] words, Dictionary<string, int> rows, Matrix vectors,
    IReadOnlyList<IDisposable> opened, Subwords? subwords = null, Matrix? buckets = null) : WordTable
{
    public override WordVectorsFormat Format => format;

    public override int Count => words.Length;

    public override int Dimensions => vectors.Columns;

    public override Subwords? Subwords => subwords;

    // Whoever maps the files asks this when they are read.
    public override bool IsShortened => false;

    public override string Word(int row) => words[row];

    public override bool TryFind(string word, out int row)
    {
        if (rows.TryGetValue(word, out row)) return true;
        row = -1;
        return false;
    }

    public override void ReadRow(int row, Span<float> destination) => vectors.Row(row).CopyTo(destination);

    public override ReadOnlySpan<float> Bucket(int bucket) => buckets!.Row(bucket);

    public override string Place(int row) => $"row {row} (\"{Excerpt.Of(words[row])}\")";

    public override void Dispose()
    {
        foreach (var file in opened) file.Dispose();
    }
}
