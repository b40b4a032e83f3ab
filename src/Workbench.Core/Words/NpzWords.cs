using System;
using System.Collections.Generic;
using System.Linq;
using Workbench.Core.Formats;
using Workbench.Core.Tensors;

namespace Workbench.Core.Words;

/// <summary>Words in an .npz file: one array of texts, and one matrix with a row for each.</summary>
internal static class NpzWords
{
    /// <summary>Reads a table of words.</summary>
    /// <exception cref="WeightFileException">There is no such pair of arrays, or there are several; the message lists
    /// all that there are.</exception>
    public static WordTable Read(string path)
    {
        var file = NpzFile.Open(path);
        try
        {
            var matrices = file.Tensors.Where(array => array.Shape.Rank == 2 && !array.DType.IsInteger()).ToArray();
            if (file.Texts.Count != 1 || matrices.Length != 1)
                throw new WeightFileException(
                    FileProblem.MissingEntry,
                    path,
                    "word vectors in an .npz file are one array of texts and one matrix of floats with a row for each; "
                        + $"its arrays are {file.Listed}. One array alone: Labelled.ofNpz NAME FILE."
                );
            var words = file.ReadTexts(file.Texts[0]);
            var vectors = file.ReadMatrix(matrices[0].Name);
            if (words.Length != vectors.Rows || words.Length == 0 || vectors.Columns == 0)
                throw new WeightFileException(
                    FileProblem.Malformed, path,
                    $"has {words.Length} words, but {vectors.Shape} vectors; its arrays are {file.Listed}.");
            var rows = new Dictionary<string, int>(words.Length, StringComparer.Ordinal);
            for (var row = 0; row < words.Length; row++)
                if (!rows.TryAdd(words[row], row))
                    throw new WeightFileException(
                        FileProblem.DuplicateWord, path,
                        $"rows {rows[words[row]]} and {row} both have the word \"{Excerpt.Of(words[row])}\".");
            return new WordsOfMatrix(WordVectorsFormat.Npz, words, rows, vectors, [file]);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }
}
