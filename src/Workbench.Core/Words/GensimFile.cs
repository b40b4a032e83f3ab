using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Workbench.Core.Formats;
using Workbench.Core.Tensors;

namespace Workbench.Core.Words;

/// <summary>
/// Word vectors as gensim saves them: a pickle of KeyedVectors (<c>.kv</c>) or of a whole training state
/// (<c>.model</c>, of which the table of words is read), versions 1 to 4, with large arrays in .npy files beside.
/// </summary>
/// <remarks>Beside FILE.kv the vectors are FILE.kv.vectors.npy, beside FILE.model FILE.model.wv.vectors.npy: no name in
/// the file leads to any other file.</remarks>
internal static class GensimFile
{
    /// <summary>Words of Google News, 3 million, take 100 MB with their counts; arrays of more than 10 MB lie
    /// beside.</summary>
    private const int MostBytes = 1 << 28;

    private const string Attribute = "it has no attribute ";

    /// <summary>Reads a table of words.</summary>
    /// <exception cref="WeightFileException">The pickle asks for what is not on the list, or is no such table, or a
    /// file beside it is missing or damaged.</exception>
    public static WordTable Read(MappedFile file, string path)
    {
        if (file.Length > MostBytes)
            throw new WeightFileException(
                FileProblem.BeyondLimits,
                path,
                $"is a pickle of {file.Length} bytes; more than {MostBytes} are not read. Save it with its arrays "
                    + "beside; in Python: vectors.save(\"words.kv\", separately=[\"vectors\"])."
            );
        var budget = new PickleBudget(path, file.Length);
        var root = PickleReader.Read(path, file.Bytes(0, (int)file.Length), budget, GensimGlobals.Instance);
        if (root is PickleObject { State: PickleDictionary model } whole
            && GensimGlobals.Models.Contains(whole.Type.FullName))
        {
            if (Get(model, "wv") is not PickleObject words)
                throw Refuse(
                    path,
                    $"is gensim's {whole.Type.Shown}, but {Attribute}wv with its words (before version 1 it had none). "
                        + "In Python: model.wv.save(\"words.kv\").");
            return Table(words, path, path + ".wv", budget);
        }
        return Table(root, path, path, budget);
    }

    private static WordTable Table(object? root, string path, string besides, PickleBudget budget)
    {
        if (root is not PickleObject { State: PickleDictionary table } made
            || !GensimGlobals.Tables.Contains(made.Type.FullName))
            throw Refuse(
                path,
                $"is a Python pickle of {(root is PickleObject other ? other.Type.Shown : "a plain value")}, not of "
                    + "gensim's KeyedVectors.",
                FileProblem.UnsupportedObject);
        var words = Words(Get(table, "index_to_key") ?? Get(table, "index2word"), path);
        var rows = Rows(words, Get(table, "key_to_index"), path, budget);
        var opened = new List<IDisposable>();
        try
        {
            // As the first versions called them.
            var name = Get(table, "vectors") is null && Get(table, "syn0") is not null ? "syn0" : "vectors";
            var vectors = Array(table, name, path, besides, opened);
            if (vectors.Rows != words.Length)
                throw Refuse(path, $"has {words.Length} words, but {vectors.Shape} vectors.");
            var (subwords, buckets) = made.Type.Name.StartsWith("FastText", StringComparison.Ordinal)
                ? Pieces(table, vectors.Columns, path, besides, opened)
                : (null, null);
            return new WordsOfMatrix(
                WordVectorsFormat.Gensim, words, rows, vectors, opened, subwords, buckets);
        }
        catch
        {
            foreach (var file in opened) file.Dispose();
            throw;
        }
    }

    private static (Subwords?, Matrix?) Pieces(
        PickleDictionary table, int dimensions, string path, string besides, List<IDisposable> opened)
    {
        if (Get(table, "compatible_hash") is not (null or true))
            throw Refuse(
                path,
                "hashes pieces of words as gensim did before version 3.8.1, which is not how fastText does it. Train "
                    + "it again, or take the words alone.",
                FileProblem.UnsupportedObject);
        if (Get(table, "min_n") is not long min || Get(table, "max_n") is not long max)
            throw Refuse(path, $"{Attribute}min_n and max_n, the lengths of its pieces of words.");
        if (max < 1 || max < min) return (null, null);
        if (max > Subwords.Longest)
            throw Refuse(
                path, $"its pieces of words have up to {max} characters; more than {Subwords.Longest} are not read.",
                FileProblem.BeyondLimits);
        var vectors = Array(table, "vectors_ngrams", path, besides, opened);
        var buckets = Get(table, "bucket") as long? ?? vectors.Rows;
        if (buckets != vectors.Rows || buckets < 1 || vectors.Columns != dimensions)
            throw Refuse(
                path,
                $"its pieces of words have {vectors.Shape} values, where {buckets} × {dimensions} are wanted; a table "
                    + "of only the pieces that were used (gensim before version 3.8.1) is not read.");
        return (new Subwords((int)Math.Max(min, 0), (int)max, (int)buckets), vectors);
    }

    private static string[] Words(object? keys, string path)
    {
        if (keys is not List<object?> list) throw Refuse(path, $"{Attribute}index_to_key, the list of its words.");
        var words = new string[list.Count];
        for (var i = 0; i < words.Length; i++)
            words[i] = list[i] as string
                ?? throw Refuse(path, $"its key {i} is no text: a table of words is wanted.");
        return words;
    }

    private static Dictionary<string, int> Rows(string[] words, object? index, string path, PickleBudget budget)
    {
        var rows = new Dictionary<string, int>(words.Length, StringComparer.Ordinal);
        for (var row = 0; row < words.Length; row++)
        {
            budget.Spend(words[row].Length);
            if (!rows.TryAdd(words[row], row))
                throw Refuse(
                    path, $"rows {rows[words[row]]} and {row} both have the word \"{Excerpt.Of(words[row])}\".",
                    FileProblem.DuplicateWord);
        }
        // gensim finds words by the second and shows them by the first.
        if (index is PickleDictionary given)
            foreach (var (key, value) in given)
                if (key.Kind != 's' || !rows.TryGetValue(key.Text, out var row) || value is not long found
                    || found != row)
                    throw Refuse(
                        path,
                        $"its key_to_index and index_to_key differ for the word \"{Excerpt.Of(key.Text)}\".");
        return rows;
    }

    /// <summary>An array in the pickle, or in the file beside.</summary>
    private static Matrix Array(
        PickleDictionary table, string name, string path, string besides, List<IDisposable> opened)
    {
        if (Get(table, name) is { } array) return PickledArray.Read(array, name, path);
        // gensim takes such an attribute out of the object and notes its name.
        if (Get(table, "__numpys") is not List<object?> apart || !apart.Contains(name))
            throw Refuse(path, $"{Attribute}{name}.");
        var beside = $"{besides}.{name}.npy";
        if (!File.Exists(beside))
            throw new WeightFileException(
                FileProblem.MissingFile,
                path,
                $"keeps its {name} in a file beside it, {Excerpt.Of(Path.GetFileName(beside))}, which is not there. "
                    + "The two belong together under the names that they were saved by."
            );
        var file = NpyFile.Open(beside);
        opened.Add(file);
        if (file.Tensors[0].Shape.Rank != 2)
            throw new WeightFileException(
                FileProblem.Malformed, beside, $"has shape {file.Tensors[0].Shape}, where a matrix is wanted.");
        return file.ReadMatrix(NpyFile.ArrayName);
    }

    private static object? Get(PickleDictionary table, string name) =>
        table.GetValueOrDefault(new PickleKey(name, 's'));

    private static WeightFileException Refuse(
        string path, string reason, FileProblem problem = FileProblem.Malformed) => new(problem, path, reason);
}
