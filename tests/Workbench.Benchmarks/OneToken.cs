using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using Workbench.Core.Formats;
using Workbench.Core.Models;
using Workbench.Core.Models.Families;
using Workbench.Core.Randomness;
using Workbench.Core.Tensors;

namespace Workbench.Benchmarks;

/// <summary>
/// One token through a decoder of a billion parameters whose weights stay in the file, logits included, for each type
/// of weights, beside one reading of as many bytes: the sum over 4 GB of float32 by all threads. Weights are random;
/// time does not depend on them.
/// </summary>
public static class OneToken
{
    private const int Width = 2048, Inner = 5632, Blocks = 20, Vocabulary = 32_000;
    private const long ReadBytes = 4L << 30;

    // Until every page is mapped and every method compiled for good, for which it must be called thirty times: with
    // eight, the first type of a run took half as long again.
    private const int WarmUp = 40;

    // Enough that the file does not shrink to what a cache of the system's holds.
    private const int NoiseBlocks = 1 << 14;

    /// <summary>ggml's numbers of types, their blocks, and where in these the scales in half precision are.</summary>
    private static readonly Dictionary<string, (uint Number, int Elements, int Bytes, int[] Scales)> Types = new()
    {
        ["F32"] = (0, 1, 4, []),
        ["BF16"] = (30, 1, 2, []),
        ["F16"] = (1, 1, 2, []),
        ["Q4_0"] = (2, 32, 18, [0]),
        ["Q4_1"] = (3, 32, 20, [0, 2]),
        ["Q5_0"] = (6, 32, 22, [0]),
        ["Q5_1"] = (7, 32, 24, [0, 2]),
        ["Q8_0"] = (8, 32, 34, [0]),
        ["Q2_K"] = (10, 256, 84, [80, 82]),
        ["Q3_K"] = (11, 256, 110, [108]),
        ["Q4_K"] = (12, 256, 144, [0, 2]),
        ["Q5_K"] = (13, 256, 176, [0, 2]),
        ["Q6_K"] = (14, 256, 210, [208]),
        ["IQ4_NL"] = (20, 32, 18, [0]),
        ["IQ4_XS"] = (23, 256, 136, [0]),
        ["TQ1_0"] = (34, 256, 54, [52]),
        ["TQ2_0"] = (35, 256, 66, [64]),
        ["MXFP4"] = (39, 32, 17, []),
        ["NVFP4"] = (40, 64, 36, []),
    };

    /// <summary>Reads and passes alternate, so that whatever else the machine does slows both; medians are
    /// reported.</summary>
    /// <param name="output">One line per type.</param>
    /// <param name="folder">Where the files are made; each is deleted after its turn.</param>
    /// <param name="threads">Threads for both.</param>
    /// <param name="repetitions">Pairs of runs, after some to warm up.</param>
    /// <param name="types">Names of types; none for all.</param>
    public static void Run(TextWriter output, string folder, int threads, int repetitions, string[] types)
    {
        var memory = Random();
        foreach (var type in types.Length > 0 ? types : [.. Types.Keys])
        {
            var path = Path.Combine(folder, $"one-token-{type}.gguf");
            var parameters = Write(path, type);
            try
            {
                using var file = GgufFile.Open(path);
                var before = Resident();
                var model = new Transformer(new TransformerWeights(file, Family.ConfigOf(file)), threads);
                var (reads, passes) = (new List<double>(), new List<double>());
                for (var i = 0; i < repetitions + WarmUp; i++)
                {
                    var pass = Milliseconds(() => model.Logits(model.Run([i + 7], Keep.Nothing).Output));
                    var read = Milliseconds(() => Read(memory, threads));
                    if (i < WarmUp) continue;
                    reads.Add(read);
                    passes.Add(pass);
                }
                var resident = Resident() - before;
                var length = new FileInfo(path).Length;
                var (reading, passing) = (Median(reads), Median(passes));
                var once = reading * length / ReadBytes;
                output.WriteLine(
                    $"{type,-7} {passing,7:F1} ms a token, {length / 1e6:F0} MB; read at "
                        + $"{ReadBytes / reading / 1e6:F1} GB/s in {once:F1} ms: ratio {passing / once:F2}; "
                        + $"{1e-6 * parameters / passing:F2} G weights/s; resident {(double)resident / length:F3} of "
                        + $"the file; load {File.ReadAllText("/proc/loadavg").Split(' ')[0]}");
            }
            finally
            {
                File.Delete(path);
            }
        }
    }

    /// <summary>A Llama whose matrices are of one type.</summary>
    private static long Write(string path, string type)
    {
        var (number, elements, bytes, _) = Types[type];
        var tensors = new List<(string Name, int Rows, int Columns)> { ("token_embd.weight", Vocabulary, Width) };
        for (var block = 0; block < Blocks; block++)
            tensors.AddRange(
            [
                ($"blk.{block}.attn_norm.weight", 0, Width), ($"blk.{block}.attn_q.weight", Width, Width),
                ($"blk.{block}.attn_k.weight", Width / 4, Width), ($"blk.{block}.attn_v.weight", Width / 4, Width),
                ($"blk.{block}.attn_output.weight", Width, Width), ($"blk.{block}.ffn_norm.weight", 0, Width),
                ($"blk.{block}.ffn_gate.weight", Inner, Width), ($"blk.{block}.ffn_up.weight", Inner, Width),
                ($"blk.{block}.ffn_down.weight", Width, Inner),
            ]);
        tensors.AddRange([("output_norm.weight", 0, Width), ("output.weight", Vocabulary, Width)]);
        using var header = new MemoryStream();
        using (var writer = new BinaryWriter(header, Encoding.UTF8, leaveOpen: true))
        {
            (string, object)[] keys =
            [
                ("general.architecture", "llama"), ("llama.block_count", (uint)Blocks),
                ("llama.embedding_length", (uint)Width), ("llama.feed_forward_length", (uint)Inner),
                ("llama.attention.head_count", 32u), ("llama.attention.head_count_kv", 8u),
                ("llama.context_length", 2048u), ("llama.attention.layer_norm_rms_epsilon", 1e-5f),
                ("llama.vocab_size", (uint)Vocabulary), ("llama.rope.dimension_count", 64u),
            ];
            writer.Write("GGUF"u8);
            writer.Write(3u);
            writer.Write((long)tensors.Count);
            writer.Write((long)keys.Length);
            foreach (var (key, value) in keys)
            {
                Text(key);
                switch (value)
                {
                    case string text: writer.Write(8u); Text(text); break;
                    case float real: writer.Write(6u); writer.Write(real); break;
                    default: writer.Write(4u); writer.Write((uint)value); break;
                }
            }
            var offset = 0L;
            foreach (var (name, rows, columns) in tensors)
            {
                Text(name);
                writer.Write(rows == 0 ? 1u : 2u);
                writer.Write((long)columns);
                if (rows > 0) writer.Write((long)rows);
                writer.Write(rows == 0 ? 0u : number);
                writer.Write(offset);
                offset += Size(rows, columns);
            }
            while (header.Length % 32 != 0) writer.Write((byte)0);

            void Text(string text)
            {
                writer.Write((long)Encoding.UTF8.GetByteCount(text));
                writer.Write(Encoding.UTF8.GetBytes(text));
            }
        }
        using var stream = File.Create(path);
        stream.Write(header.ToArray());
        var noise = Noise(type);
        var ones = MemoryMarshal.AsBytes(Enumerable.Repeat(1f, Width).ToArray().AsSpan());
        foreach (var (_, rows, columns) in tensors)
        {
            if (rows == 0) stream.Write(ones);
            else
                for (var left = Size(rows, columns); left > 0; left -= Math.Min(left, noise.Length))
                    stream.Write(noise, 0, (int)Math.Min(left, noise.Length));
        }
        return tensors.Sum(tensor => (long)tensor.Rows * tensor.Columns);

        long Size(int rows, int columns) =>
            rows == 0 ? columns * sizeof(float) : (long)rows * columns / elements * bytes;
    }

    /// <summary>Some blocks of small numbers.</summary>
    private static byte[] Noise(string type)
    {
        var (random, (_, _, bytes, scales)) = (new Philox(1), Types[type]);
        var noise = new byte[NoiseBlocks * bytes];
        foreach (ref var one in noise.AsSpan()) one = (byte)random.NextInteger(256);
        for (var block = 0; block < NoiseBlocks; block++)
        {
            var own = noise.AsSpan(block * bytes, bytes);
            var value = (float)(0.02 * random.NextNormal());
            if (type == "F32") BitConverter.TryWriteBytes(own, value);
            else if (type == "F16") BitConverter.TryWriteBytes(own, (Half)value);
            else if (type == "BF16")
                BitConverter.TryWriteBytes(own, (ushort)(BitConverter.SingleToUInt32Bits(value) >> 16));
            else if (type == "MXFP4") own[0] = 120; // 2^-7
            else if (type == "NVFP4") own[..4].Fill(0x18); // 2^-4
            foreach (var scale in scales) BitConverter.TryWriteBytes(own[scale..], (Half)0.002);
        }
        return noise;
    }

    private static Matrix[] Random()
    {
        var random = new Philox(1);
        // Four matrices of 1 GB.
        return [.. Enumerable.Range(0, 4).Select(_ =>
        {
            var matrix = new Matrix(1 << 14, 1 << 14);
            var first = matrix.WritableRow(0);
            foreach (ref var value in first) value = (float)random.NextUniform();
            for (var row = 1; row < matrix.Rows; row++) first.CopyTo(matrix.WritableRow(row));
            return matrix;
        })];
    }

    private static unsafe void Read(Matrix[] matrices, int threads)
    {
        const int chunk = 1 << 18;
        var next = -1L;
        Parallel.For(0, threads, new ParallelOptions { MaxDegreeOfParallelism = threads }, _ =>
        {
            Vector256<float> a = default, b = default, c = default, d = default;
            var per = matrices[0].Elements / chunk;
            while (Interlocked.Increment(ref next) is var i && i < per * matrices.Length)
            {
                var part = matrices[i / per].DangerousPointer + i % per * chunk;
                for (var k = 0; k < chunk; k += 32)
                {
                    a += Vector256.Load(part + k);
                    b += Vector256.Load(part + k + 8);
                    c += Vector256.Load(part + k + 16);
                    d += Vector256.Load(part + k + 24);
                }
            }
            if (float.IsNaN(Vector256.Sum(a + b + c + d))) throw new InvalidOperationException("A number is NaN.");
        });
        GC.KeepAlive(matrices);
    }

    /// <summary>Bytes of this process that are in memory, pages of mapped files among them.</summary>
    private static long Resident()
    {
        GC.Collect();
        return Process.GetCurrentProcess().WorkingSet64;
    }

    private static double Milliseconds(Action action)
    {
        var start = Stopwatch.GetTimestamp();
        action();
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);
}
