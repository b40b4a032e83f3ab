using System;
using System.Collections.Generic;
using System.IO;
using System.IO.Compression;
using System.Linq;
using System.Text;
using System.Threading;
using Workbench.Core.Formats;
using Workbench.Core.Randomness;
using Workbench.Core.Tensors;
using Workbench.Core.Words;
using Xunit;

namespace Workbench.Core.Tests.Formats;

/// <summary>
/// Damaged files end in a named error or in values that can be read to the last, each within time and memory in
/// proportion to the file. The environment variable WORKBENCH_FUZZ sets how many mutants each format gets: 20,000 when
/// it is unset.
/// </summary>
public sealed class FuzzTests
{
    private const ulong Seed = 20_260_217;

    // Texts that matter in a header, put in place of others.
    private static readonly string[] HeaderTexts =
    [
        "0",
        "1",
        "-1",
        "4",
        "8",
        "4294967296",
        "9223372036854775807",
        "9223372036854775808",
        "1e9",
        "null",
        "[",
        "]",
        "{",
        "}",
        "\"",
        ",",
        ":",
        " ",
        "\\ud800",
        "\\u0061",
        "\u00e9",
        "F32",
        "F64",
        "BF16",
        "BOOL",
        "F4",
        "C64",
        "dtype",
        "shape",
        "data_offsets",
        "__metadata__",
        "'",
        "(",
        ")",
        "True",
        "<f4",
        ">f8",
        "|b1",
        "<f2",
        "|O",
        "fortran_order",
        "descr",
        "L",
    ];

    private static readonly string[] PickleTexts =
    [
        "torch FloatStorage",
        "torch\nHalfStorage",
        "os\nsystem",
        "_rebuild_tensor",
        "_rebuild_tensor_v3",
        "OrderedDict",
        "storage",
        "0",
        "cpu",
    ];

    private static readonly string[] GgufTexts =
    [
        "\0\0\0\0",
        "\u0001\0\0\0\0\0\0\0",
        "\0\0\0\0\0\0\0\u0010",
        "\t\0\0\0\t\0\0\0",
        "\b\0\0\0",
        "GGUF",
        "general.alignment",
        "é",
    ];

    private static readonly string[] OnnxTexts =
    [
        "\u0001",
        "\u007f",
        "\u0008\u0001",
        "\u0010\u0003",
        ":\u0004",
        "2\0",
        "J\u0004",
        "MatMul",
        "_quantized",
        "Constant",
        "é",
    ];

    private static readonly string[] GensimTexts =
    [
        "gensim.models.word2vec\nWord2Vec",
        "numpy\ndtype",
        "os\nsystem",
        "_frombuffer",
        "vectors",
        "wv",
        "index_to_key",
        "__numpys",
        "f8",
        ">",
    ];

    private static readonly string[] WordTexts =
    [
        "0",
        "1",
        "-1",
        "40",
        "99999999",
        "9999999999999999999",
        " ",
        "  ",
        "\t",
        "\n",
        "\r",
        "\r\n",
        "\f",
        "\u001f\u008b\b",
        "nan",
        "-inf",
        "1e999999",
        "1,5",
        ".",
        "é",
        "\ufeff",
        "3 2\n",
    ];

    private static int Mutants =>
        int.TryParse(Environment.GetEnvironmentVariable("WORKBENCH_FUZZ"), out var count) ? count : 20_000;

    [Fact]
    public void Damaged_safetensors_files_end_in_a_named_error_or_a_valid_view() =>
        Fuzz("x.safetensors", SafetensorsSeeds(), HeaderTexts, path => ReadAll(path, SafetensorsFile.Open));

    [Fact]
    public void Damaged_npy_files_end_in_a_named_error_or_a_valid_view() =>
        Fuzz("x.npy", NpySeeds(), HeaderTexts, path => ReadAll(path, NpyFile.Open));

    [Fact]
    public void Damaged_PyTorch_files_end_in_a_named_error_or_a_valid_view() =>
        Fuzz(
            "x.pt",
            [.. TorchPickles().Select(pickle => Samples.Torch(pickle))],
            PickleTexts,
            path => ReadAll(path, PyTorchFile.Open)
        );

    [Fact]
    public void Damaged_pickles_in_whole_PyTorch_files_end_in_a_named_error_or_a_valid_view() =>
        Fuzz(
            "x.pt", TorchPickles(), PickleTexts, path => ReadAll(path, PyTorchFile.Open),
            pickle => Samples.Torch(pickle));

    [Fact]
    public void Damaged_GGUF_files_end_in_a_named_error_or_a_valid_view() =>
        Fuzz("x.gguf", GgufSeeds(), GgufTexts, path => ReadAll(path, GgufFile.Open));

    [Fact]
    public void Damaged_ONNX_files_end_in_a_named_error_or_a_valid_view() =>
        Fuzz("x.onnx", OnnxSeeds(), OnnxTexts, path => ReadAll(path, OnnxFile.Open));

    [Fact]
    public void Damaged_word2vec_binary_ends_in_a_named_error_or_in_words() =>
        Fuzz("x.bin", BinaryWordSeeds(), WordTexts, ReadAllWords);

    [Fact]
    public void Damaged_fastText_models_end_in_a_named_error_or_in_words() =>
        Fuzz("x.bin", FastTextSeeds(), GgufTexts, ReadAllWords);

    [Fact]
    public void Damaged_pickles_of_gensim_end_in_a_named_error_or_in_words() =>
        Fuzz("x.kv", GensimSeeds(), GensimTexts, ReadAllWords);

    [Fact]
    public void Damaged_npz_files_end_in_a_named_error_or_a_valid_view() =>
        Fuzz("x.npz", NpzSeeds(), HeaderTexts, ReadAllArrays);

    [Fact]
    public void Damaged_word_vectors_in_text_end_in_a_named_error_or_in_words() =>
        Fuzz("x.txt", TextWordSeeds(), WordTexts, ReadAllWords);

    [Fact]
    public void Undamaged_samples_are_read()
    {
        using var folder = new TemporaryFolder();
        foreach (var bytes in SafetensorsSeeds())
            Assert.True(ReadAll(folder.Put("x.safetensors", bytes), SafetensorsFile.Open) > 0);
        foreach (var bytes in GgufSeeds())
            Assert.True(ReadAll(folder.Put("x.gguf", bytes), GgufFile.Open) > 0);
        foreach (var bytes in OnnxSeeds())
            Assert.True(ReadAll(folder.Put("x.onnx", bytes), OnnxFile.Open) > 0);
        foreach (var bytes in NpySeeds())
            Assert.True(ReadAll(folder.Put("x.npy", bytes), NpyFile.Open) > 0);
        foreach (var pickle in TorchPickles())
            Assert.True(ReadAll(folder.Put("x.pt", Samples.Torch(pickle)), PyTorchFile.Open) > 0);
        foreach (var bytes in NpzSeeds())
            Assert.True(ReadAllArrays(folder.Put("x.npz", bytes)) > 0);
        foreach (
            var bytes in (byte[][])[.. BinaryWordSeeds(), .. TextWordSeeds(), .. FastTextSeeds(), .. GensimSeeds()])
            Assert.True(ReadAllWords(folder.Put("x.words", bytes)) > 0);
    }

    private static void Fuzz(
        string name, byte[][] seeds, string[] texts, Func<string, double> readAll, Func<byte[], byte[]>? wrap = null)
    {
        using var folder = new TemporaryFolder(inMemory: true);
        var (index, mutant) = (0, Array.Empty<byte>());
        Exception? failure = null;
        var read = 0;
        var worker = new Thread(() =>
        {
            try
            {
                for (; index < Mutants; index++)
                {
                    var random = new Philox(Seed, (ulong)index);
                    mutant = seeds[(int)random.NextInteger(seeds.Length)];
                    for (var damage = 1 + random.NextInteger(3); damage > 0; damage--)
                        mutant = Damage(random, mutant, texts);
                    if (wrap is not null)
                        mutant = wrap(mutant);
                    if (TryReadAll(folder.Put(name, mutant), mutant.Length, readAll))
                        read++;
                }
            }
            catch (Exception error)
            {
                failure = error;
            }
        })
        { IsBackground = true };
        worker.Start();
        // A mutant takes a fraction of a millisecond: one that is still the same after a minute hangs, however busy the
        // machine.
        for (var before = -1; !worker.Join(TimeSpan.FromMinutes(1)); before = Volatile.Read(ref index))
            Assert.True(
                before != Volatile.Read(ref index), $"{name}, mutant {before} hangs\n{Convert.ToBase64String(mutant)}");
        Assert.True(failure is null, $"{name}, mutant {index}: {failure}\n{Convert.ToBase64String(mutant)}");
        // Were all refused, or none, the mutations would test nothing.
        Assert.InRange(read, Mutants / 100, Mutants - Mutants / 10);
    }

    private static bool TryReadAll(string path, long length, Func<string, double> readAll)
    {
        var done = false;
        Cost.RequireProportional(
            length,
            () =>
            {
                try
                {
                    readAll(path);
                    done = true;
                }
                catch (WeightFileException error)
                {
                    done = false;
                    Assert.Contains(path, error.Message);
                }
            }
        );
        return done;
    }

    /// <summary>Reads every word and value, and finds each word again.</summary>
    private static double ReadAllWords(string path)
    {
        using var file = WordVectorsFile.Open(path, DuplicateWords.KeepFirst);
        var all = file.ReadAll();
        Assert.Equal((file.Count, file.Dimensions), (all.Count, all.Vectors.Columns));
        for (var row = 0; row < file.Count; row++)
            Assert.True(file.TryFind(file.Word(row), out var found) && found == row);
        var sum = 1.0;
        for (var row = 0; row < all.Count; row++)
            foreach (var value in all.Vectors.Row(row)) sum += Math.Abs(value);
        var made = new float[file.Dimensions];
        if (file.TryCompose("unseenable", made)) sum += made.Sum(Math.Abs);
        return sum;
    }

    /// <summary>Every array of numbers and of texts, and the words where the two are such.</summary>
    private static double ReadAllArrays(string path)
    {
        var sum = ReadAll(path, NpzFile.Open);
        using var file = NpzFile.Open(path);
        foreach (var name in file.Texts) sum += file.ReadTexts(name).Sum(text => text.Length);
        return file.Texts.Count == 1 && file.Tensors.Count == 1 ? sum + ReadAllWords(path) : sum;
    }

    /// <summary>Reads everything in every way, and touches every element.</summary>
    private static double ReadAll(string path, Func<string, TensorFile> open)
    {
        using var file = open(path);
        var sum = 1.0;
        foreach (var info in file.Tensors)
        {
            if (!info.DType.IsReadable()) continue;
            var matrix = file.ReadMatrix(info.Name);
            for (var row = 0; row < matrix.Rows; row++)
                foreach (var value in matrix.Row(row)) sum += Math.Abs(value);
            if (info.DType.IsInteger()) Assert.Equal(info.Shape.Elements, file.ReadIntegers(info.Name).Length);
            Assert.Equal(info.Shape.Elements, file.ReadDoubles(info.Name).Length);
        }
        return sum;
    }

    /// <summary>One damage: a bit, a byte, a cut, an insertion, a repetition (once, or two hundred times over), a text,
    /// or a number in the text replaced.</summary>
    private static byte[] Damage(Philox random, byte[] bytes, string[] texts)
    {
        if (bytes.Length == 0) return [(byte)random.NextInteger(256)];
        var at = (int)random.NextInteger(bytes.Length);
        var length = (int)Math.Min(bytes.Length - at, 1 + random.NextInteger(8));
        var text = Encoding.UTF8.GetBytes(texts[random.NextInteger(texts.Length)]);
        switch (random.NextInteger(9))
        {
            case 0: return Changed(bytes, at, (byte)(bytes[at] ^ 1 << (int)random.NextInteger(8)));
            case 1: return Changed(bytes, at, (byte)random.NextInteger(256));
            case 2: return [.. bytes[..at], .. bytes[(at + length)..]];
            case 3: return bytes[..at];
            case 4: return [.. bytes[..at], .. bytes[at..(at + length)], .. bytes[at..]];
            case 5: return [.. bytes[..at], .. text, .. bytes[at..]];
            case 6: return [.. bytes[..at], .. text, .. bytes[Math.Min(bytes.Length, at + text.Length)..]];
            case 7:
                var piece = bytes[at..(at + length)];
                return [.. bytes[..at], .. Enumerable.Repeat(piece, 200).SelectMany(b => b), .. bytes[at..]];
            default:
                var digits = Enumerable
                    .Range(0, bytes.Length)
                    .Where(i => bytes[i] is >= (byte)'0' and <= (byte)'9')
                    .ToArray();
                if (digits.Length == 0)
                    return Changed(bytes, at, 0);
                var digit = digits[random.NextInteger(digits.Length)];
                return [.. bytes[..digit], .. text, .. bytes[(digit + 1)..]];
        }
    }

    private static byte[] Changed(byte[] bytes, int at, byte value)
    {
        var copy = bytes.ToArray();
        copy[at] = value;
        return copy;
    }

    private static byte[][] SafetensorsSeeds() =>
        [
            Samples.Safetensors(
                """{"a":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},"b":{"dtype":"I64","shape":"""
                    + """[2],"data_offsets":[24,40]}}""",
                new byte[40]
            ),
            Samples.Safetensors(
                """{"__metadata__":{"format":"pt"},"e":{"dtype":"F32","shape":[0,4],"data_offsets":[0,0]},"s":"""
                    + """{"dtype":"F64","shape":[],"data_offsets":[0,8]},"w":{"dtype":"F16","shape":[3,"""
                    + """2],"data_offsets":[8,20]},"k":{"dtype":"BOOL","shape":[2],"data_offsets":[20,22]}}""",
                new byte[22]
            ),
            Samples.Safetensors(
                """{"x":{"dtype":"BF16","shape":[5],"data_offsets":[0,10]},"q":{"dtype":"F4","shape":"""
                    + """[8],"data_offsets":[10,14]},"é":{"dtype":"F8_E4M3","shape":[3],"data_offsets":[14,17]}}  """,
                new byte[17]
            ),
            Samples.Safetensors("{}"),
        ];

    private static byte[][] GgufSeeds() =>
    [
        new GgufSample().Key("a", "b").Key("n", 3).Key("l", "x", "yz").Floats("w", [3, 2], 1, 2, 3, 4, 5, 6).Bytes(),
        new GgufSample(bigEndian: true)
            .Key("f", 0.5f).Tensor("q", 2, [32, 2], new byte[36]).Tensor("k", 12, [256], new byte[144]).Bytes(),
        new GgufSample(version: 2)
            .Key("t", 7, 1)
            .Key("d", 9, 9, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0,
                0, 0, 0, 0, 0, 0, 0)
            .Tensor("h", 1, [5], new byte[10]).Tensor("i", 27, [2], new byte[16]).Tensor("m", 39, [64], new byte[34])
            .Bytes(),
        new GgufSample()
            .Tensor("2", 10, [256], new byte[84]).Tensor("3", 11, [256], new byte[110])
            .Tensor("6", 14, [256], new byte[210]).Tensor("x", 23, [256], new byte[136])
            .Tensor("t", 34, [256], new byte[54]).Tensor("v", 40, [64], new byte[36]).Bytes(),
    ];

    private static byte[][] OnnxSeeds() =>
    [
        new OnnxSample()
            .Floats("a.weight", [2, 3], 1, 2, 3, 4, 5, 6)
            .Initialiser("b", 3, [3], OnnxSample.Bytes(5, 1, 2, 3))
            .Initialiser("c", 7, [2], [.. OnnxSample.Number(7, 5), .. OnnxSample.Number(7, -5)])
            .Note("k", "v").Finish(),
        new OnnxSample()
            .Floats("onnx::MatMul_1", [2, 3], 1, 2, 3, 4, 5, 6)
            .Node("/a/b/MatMul", "MatMul", ["x", "onnx::MatMul_1"], "y")
            .Node("", "Identity", ["onnx::MatMul_1"], "same")
            .Node("/c", "Constant", [], "c", OnnxSample.Attribute("value_ints", OnnxSample.Bytes(8, 1, 2, 3)))
            .Node("/d", "Constant", [], "d", OnnxSample.Attribute(
                "value", OnnxSample.Bytes(5, OnnxSample.Tensor("", 10, [2], OnnxSample.Bytes(9, 0, 60, 0, 60)))))
            .Finish(),
        new OnnxSample()
            .Initialiser("w_quantized", 2, [2, 2], OnnxSample.Bytes(9, 1, 2, 3, 4))
            .Floats("w_scale", [2], 0.5f, 2)
            .Initialiser("w_zero_point", 2, [2], OnnxSample.Bytes(9, 1, 0))
            .Node("/m/MatMul_quant", "MatMulInteger", ["x", "w_quantized", "z", "w_zero_point"], "y")
            .Node("/dq", "DequantizeLinear", ["w_quantized", "w_scale", "w_zero_point"], "v",
                OnnxSample.Attribute("axis", OnnxSample.Number(3, 0)))
            .Initialiser("bool", 9, [2], OnnxSample.Bytes(5, 0, 1))
            .Initialiser("int4", 22, [3], OnnxSample.Bytes(9, 1, 2)).Finish(),
        new OnnxSample()
            .Initialiser("double", 11, [1], OnnxSample.Bytes(10, new byte[8]))
            .Initialiser("text", 8, [1], OnnxSample.Text(6, "a"))
            .Node("/if", "If", ["x"], "y", OnnxSample.Attribute("then_branch", OnnxSample.Bytes(
                6, OnnxSample.Bytes(1, [.. OnnxSample.Text(2, "z"), .. OnnxSample.Text(4, "Identity")]))))
            .Finish(),
    ];

    private static byte[][] NpySeeds() =>
    [
        Samples.Npy("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }      \n", new byte[24]),
        Samples.Npy("{'descr': '>i2', 'fortran_order': True, 'shape': (2, 2, 3), }\n", new byte[24]),
        Samples.Npy("{'descr': '|b1', 'fortran_order': False, 'shape': (4,), }", new byte[4]),
        Samples.Npy("{'descr': '<f8', 'fortran_order': False, 'shape': (), }", new byte[8]),
    ];

    private static byte[][] FastTextSeeds() =>
    [
        WordSamples.FastText(WordSamples.Utf8("</s>", "the", "naïve", "北京")),
        WordSamples.FastText(WordSamples.Utf8("a", "b"), dimensions: 2, min: 0, max: 0, buckets: 0),
        WordSamples.FastText(
            WordSamples.Utf8("good", "bad"), dimensions: 1, min: 1, max: 2, buckets: 3,
            labels: ["__label__x", "__label__y"], version: 11, model: 3),
    ];

    private static byte[][] GensimSeeds() =>
    [
        new Pickle().Keyed(["the", "New_York", "é"], WordSamples.Inside(3)).Stop(),
        new Pickle().Model(
            "Word2Vec", "gensim.models.word2vec", words => words.Keyed(["a", "b"], WordSamples.Inside(2))).Stop(),
        new Pickle().Keyed(
            ["a", "b"],
            more => WordSamples.Inside(2)(
                more.Text("min_n").Integer(3).Text("max_n").Integer(4).Text("bucket").Integer(5).Text("vectors_ngrams")
                    .Array([5, 3], Samples.Floats(WordSamples.Values(5, 3)))),
            "FastTextKeyedVectors", "gensim.models.fasttext").Stop(),
    ];

    private static byte[][] NpzSeeds()
    {
        (string, byte[])[] arrays =
            [("words.npy", WordSamples.NpyTexts(3, "a", "bb", "é🤗")), ("vectors.npy", WordSamples.NpyFloats(3, 2))];
        return
        [
            Samples.Zip(arrays), Samples.Zip([.. NpySeeds().Select((bytes, i) => ($"{i}.npy", bytes))]),
            Deflated(arrays), Deflated(("zeros.npy", Samples.Npy(
                "{'descr': '<f4', 'fortran_order': True, 'shape': (20, 5), }", new byte[400]))),
        ];
    }

    private static byte[] Deflated(params (string Name, byte[] Bytes)[] entries)
    {
        using var memory = new MemoryStream();
        using (var zip = new ZipArchive(memory, ZipArchiveMode.Create, leaveOpen: true))
            foreach (var (name, bytes) in entries)
                using (var stream = zip.CreateEntry(name, CompressionLevel.Optimal).Open()) stream.Write(bytes);
        return memory.ToArray();
    }

    private static byte[][] BinaryWordSeeds() =>
        [
            [.. "3 2\na "u8, .. Samples.Floats(1, 2), .. "béé "u8, .. Samples.Floats(3, 4), .. "c "u8, .. new byte[8]],
            [
                .. "2 3\nking "u8,
                .. Samples.Floats(.1f, -2, 3e9f),
                .. "\nqueen "u8,
                .. Samples.Floats(4, 5, 6),
                .. "\n"u8,
            ],
            [.. "1 1\n北京 "u8, .. Samples.Floats(7)],
            [
                .. "40 5\n"u8,
                .. Enumerable
                    .Range(0, 40)
                    .SelectMany(i =>
                        (byte[])[.. Encoding.UTF8.GetBytes($"w{i} "), .. Samples.Floats(i, -i, .5f, i * i, 9)]),
            ],
        ];

    private static byte[][] TextWordSeeds() =>
        [
            "3 2\na 1 2\nbéé 3 4\nc 5 6\n"u8.ToArray(),
            "a 1 2.5e-3 -7\nbéé 3 4 .5\n. . . 5 6 1\n"u8.ToArray(),
            "a\t1 2\r\nb\t3 4\r\n"u8.ToArray(),
            Encoding.UTF8.GetBytes(
                string.Concat(Enumerable.Range(0, 40).Select(i => $"w{i} {i} -0.25 {i * i} 1e-5\n"))),
            Packed("3 2\na 1 2\nb 3 4\nc 5 6\n"),
        ];

    private static byte[] Packed(string text)
    {
        using var memory = new MemoryStream();
        using (var gzip = new GZipStream(memory, CompressionLevel.Optimal)) gzip.Write(Encoding.UTF8.GetBytes(text));
        return memory.ToArray();
    }

    private static byte[][] TorchPickles() =>
        [
            Samples.TensorPickle(4, 0, [2, 2], [2, 1]),
            new Pickle()
                .Dictionary()
                .Raw("q\u0001(")
                .Text("w")
                .Tensor(4, 1, [3], [1])
                .Text("t")
                .Tensor(4, 0, [2, 2], [1, 2])
                .Text("e")
                .Tensor(4, 0, [3, 4], [0, 1])
                .Raw("u")
                .Stop(),
            new Pickle()
                .Dictionary()
                .Raw("(")
                .Text("model")
                .Dictionary()
                .Text("_orig_mod.w")
                .Tensor(4, 0, [4], [1])
                .Raw("s")
                .Text("model_args")
                .Dictionary()
                .Text("n_layer")
                .Integer(12)
                .Raw("s")
                .Text("bias")
                .Raw("\u0088u")
                .Stop(),
            new Pickle()
                .Raw("](")
                .Tensor(4, 0, [4, 1], [1, 1])
                .Dictionary()
                .Text("k")
                .Float(0.5)
                .Raw("s")
                .Integer(7)
                .Raw("\u0086e]q\u0002a")
                .Stop(),
            // Shared: a list, sizes, a text to encode, pairs, a key, and a tensor's flags.
            new Pickle()
                .Raw("]q\0(")
                .Integer(1)
                .Raw("Neh\0](h\0h\0e0")
                .Dictionary()
                .Raw("(")
                .Text("state_dict")
                .Raw("q\u0001}(")
                .Text("module.w")
                .Tensor(4, 0, [2, 2], [2, 1], more: flags => flags.Raw("}").Text("neg").Raw("\u0088s"))
                .Text("module.v")
                .Tensor(4, 3, [1], [1])
                .Raw("u")
                .Text("pairs")
                .Global("collections", "OrderedDict")
                .Raw("](h\u0001N\u0086h\u0001h\0\u0086e\u0085R")
                .Text("bytes")
                .Global("_codecs", "encode")
                .Raw("h\u0001")
                .Text("latin1")
                .Raw("\u0086Ru")
                .Stop(),
        ];
}
