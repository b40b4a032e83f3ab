using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using Workbench.Core.Tests.Formats;

namespace Workbench.Core.Tests;

/// <summary>Files of words with their pieces, and pickles of gensim's, built byte by byte.</summary>
internal static class WordSamples
{
    /// <summary>A value of a matrix, different at every place.</summary>
    public static float Value(int row, int column) => (row + 1) * 0.25f - column * column * 0.5f + row % 3;

    public static float[] Values(int rows, int columns) =>
        [
            .. from row in Enumerable.Range(0, rows)
            from column in Enumerable.Range(0, columns)
            select Value(row, column),
        ];

    /// <summary>A model of fastText's: settings, dictionary, vectors of words and of pieces, output.</summary>
    public static byte[] FastText(
        byte[][] words, int dimensions = 3, int min = 3, int max = 5, int buckets = 11, string[]? labels = null,
        int version = 12, int model = 2, byte quantised = 0, int? inputRows = null, int pruned = -1)
    {
        labels ??= [];
        var rows = inputRows ?? words.Length + buckets;
        var bytes = new List<byte>();
        Integers(793_712_314, version, dimensions, 5, 1, 1, 5, 1, 2, model, buckets, min, max, 100);
        bytes.AddRange(BitConverter.GetBytes(1e-4));
        Integers(words.Length + labels.Length, words.Length, labels.Length);
        Longs(100, pruned);
        foreach (var (word, kind) in words.Select(word => (word, 0)).Concat(
            labels.Select(label => (Encoding.UTF8.GetBytes(label), 1))))
        {
            bytes.AddRange([.. word, 0]);
            Longs(7);
            bytes.Add((byte)kind);
        }
        Matrix(quantised, rows);
        Matrix(0, labels.Length > 0 ? labels.Length : words.Length);
        return [.. bytes];

        void Integers(params int[] values) => bytes.AddRange(values.SelectMany(BitConverter.GetBytes));
        void Longs(params long[] values) => bytes.AddRange(values.SelectMany(BitConverter.GetBytes));

        void Matrix(byte mark, int count)
        {
            bytes.Add(mark);
            Longs(count, dimensions);
            bytes.AddRange(Samples.Floats(Values(count, dimensions)));
        }
    }

    public static byte[][] Utf8(params string[] words) => [.. words.Select(Encoding.UTF8.GetBytes)];

    /// <summary>An array of NumPy's as its _reconstruct and its state.</summary>
    public static Pickle Array(
        this Pickle pickle, long[] shape, byte[] bytes, string type = "f4", string order = "<", bool fortran = false)
    {
        pickle.Global("numpy.core.multiarray", "_reconstruct").Global("numpy", "ndarray")
            .Raw("K\0\u0085C\u0001b\u0087R(").Integer(1).Tuple(shape)
            .Global("numpy", "dtype").Text(type).Raw("K\0K\u0001\u0087R(K\u0003").Text(order)
            .Raw("NNNJ\u00ff\u00ff\u00ff\u00ffJ\u00ff\u00ff\u00ff\u00ffK\0tb").Raw(fortran ? "\u0088" : "\u0089");
        return pickle.Raw("B").Bytes(bytes).Raw("tb");
    }

    private static Pickle Bytes(this Pickle pickle, byte[] bytes) =>
        pickle.Raw(Encoding.Latin1.GetString([.. BitConverter.GetBytes(bytes.Length), .. bytes]));

    /// <summary>KeyedVectors with these words; what else it holds comes from <paramref name="more"/>.</summary>
    public static Pickle Keyed(
        this Pickle pickle, string[] words, Func<Pickle, Pickle> more, string type = "KeyedVectors",
        string module = "gensim.models.keyedvectors")
    {
        pickle.Global(module, type).Raw(")\u0081}(").Text("vector_size").Integer(3).Text("index_to_key").Raw("](");
        foreach (var word in words) pickle.Text(word);
        pickle.Raw("e").Text("key_to_index").Raw("}(");
        for (var row = 0; row < words.Length; row++) pickle.Text(words[row]).Integer(row);
        return more(pickle.Raw("u").Text("norms").Raw("N")).Raw("ub");
    }

    /// <summary>The vectors themselves.</summary>
    public static Func<Pickle, Pickle> Inside(int rows, int columns = 3) =>
        pickle => pickle.Text("vectors").Array([rows, columns], Samples.Floats(Values(rows, columns)));

    /// <summary>The note that these arrays lie beside.</summary>
    public static Func<Pickle, Pickle> Beside(params string[] names) =>
        pickle =>
        {
            pickle.Text("__numpys").Raw("](");
            foreach (var name in names) pickle.Text(name);
            return pickle.Raw("e");
        };

    /// <summary>A training state with its table of words.</summary>
    public static Pickle Model(this Pickle pickle, string type, string module, Func<Pickle, Pickle> words) =>
        words(pickle.Global(module, type).Raw(")\u0081}(").Text("window").Integer(5).Text("wv"))
            .Text("hashfxn").Global("builtins", "hash").Raw("ub");

    /// <summary>Texts of NumPy's, at most <paramref name="length"/> characters each.</summary>
    public static byte[] NpyTexts(int length, params string[] texts) =>
        Samples.Npy(
            $"{{'descr': '<U{length}', 'fortran_order': False, 'shape': ({texts.Length},), }}",
            [
                .. texts.SelectMany(text =>
                    text.EnumerateRunes().Select(rune => rune.Value).Concat(Enumerable.Repeat(0, length)).Take(length)
                        .SelectMany(BitConverter.GetBytes)),
            ]);

    public static byte[] NpyFloats(int rows, int columns) =>
        Samples.Npy(
            $"{{'descr': '<f4', 'fortran_order': False, 'shape': ({rows}, {columns}), }}",
            Samples.Floats(Values(rows, columns)));
}
