using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Text;
using Workbench.Core.Formats;
using Workbench.Core.Models;
using Workbench.Core.Models.Families;
using Workbench.Core.Tensors;
using Workbench.Core.Tests.Formats;
using Xunit;

namespace Workbench.Core.Tests.Models;

/// <summary>Checkpoints larger than memory should bear: files of zeros that take no room on the disk.</summary>
public sealed class LargeCheckpointTests : IDisposable
{
    private const int Width = 4096, HeadWidth = 128, Vocabulary = 32_000;
    private const long MiB = 1 << 20;

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [SparseTheory, InlineData(1), InlineData(3)]
    public void Seven_billion_parameters_open_at_once(int shards)
    {
        SparseLlama.Write(folder.Path, Width, 11008, 32, 32, Vocabulary, shards);
        Assert.True(Directory.GetFiles(folder.Path, "*.safetensors").Sum(file => new FileInfo(file).Length) > 13e9);
        // The best of a few: other programs run beside this one.
        var seconds = Enumerable.Range(0, 5).Min(_ =>
        {
            var start = Stopwatch.GetTimestamp();
            using var file = Checkpoint.Open(folder.Path);
            Assert.Empty(new TransformerWeights(file, Family.ConfigOf(file)).Missing);
            return Stopwatch.GetElapsedTime(start).TotalSeconds;
        });
        Assert.True(seconds < 1, $"opened in {seconds:F2} s");
    }

    [SparseTheory, InlineData(1), InlineData(3)]
    public void What_is_asked_for_is_all_that_is_touched(int shards)
    {
        SparseLlama.Write(folder.Path, Width, 11008, 32, 32, Vocabulary, shards);
        using var file = Checkpoint.Open(folder.Path);
        var weights = new TransformerWeights(file, Family.ConfigOf(file));
        var model = new Transformer(weights, threads: 1);

        // Three rows of 8 kB, each with what the system maps around it.
        Touches(most: 1 * MiB, allocates: MiB / 4, () =>
            Assert.Equal(new Shape(3, Width), weights.TokenRows([5, 17_000, Vocabulary - 1]).Shape));

        // Three slices of 1 MiB that lie together, and a part of each row of the output layer, which is 32 MiB; four
        // factors of 2 MiB in float32.
        Touches(most: 40 * MiB, allocates: 10 * MiB, () =>
            Assert.Equal(new Shape(Width, HeadWidth), weights.Attention(17).Head(9).Query.Shape));

        // The head, of 250 MiB, and a norm; logits of 125 kB.
        var stream = new Matrix(1, Width);
        stream[0, 3] = 1;
        Touches(most: 256 * MiB, allocates: 1 * MiB, () =>
            Assert.Equal(new Shape(1, Vocabulary), model.LogitLens(stream).Shape));

        void Touches(long most, long allocates, Action action)
        {
            var (resident, allocated) = (Resident(folder.Path), GC.GetAllocatedBytesForCurrentThread());
            action();
            allocated = GC.GetAllocatedBytesForCurrentThread() - allocated; // before the account below takes its own
            resident = Resident(folder.Path) - resident;
            Assert.True(resident <= most, $"{resident / 1024} KiB of the file came into memory");
            Assert.True(allocated <= allocates, $"{allocated / 1024} KiB were allocated");
        }
    }

    [SparseTheory, InlineData("BF16"), InlineData("F16"), InlineData("F32")]
    public void A_forward_pass_takes_a_tenth_of_the_file_at_most(string dtype)
    {
        SparseLlama.Write(folder.Path, 1024, 2816, 6, 8, Vocabulary, shards: 1, dtype);
        using var file = Checkpoint.Open(folder.Path);
        var length = new FileInfo(file.Path).Length;
        var model = new Transformer(new TransformerWeights(file, Family.ConfigOf(file)), threads: 1);
        var allocated = GC.GetAllocatedBytesForCurrentThread();
        Assert.Equal(Vocabulary, model.Logits(model.Run([7, 8]).Output).Columns);
        allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
        var resident = Resident(folder.Path);
        Assert.True(resident > length / 2, $"{resident} bytes of the file are in memory, which it was computed from");
        Assert.True(
            resident + allocated <= 1.1 * length, $"{allocated} bytes were allocated beside a file of {length}");
    }

    [SparseFact]
    public void Elements_beyond_two_billion_are_found()
    {
        // 2^31 and 2^33 bytes lie inside; a row is 2^20 numbers.
        const int rows = 4100, columns = 1 << 20;
        var path = folder.At("long.safetensors");
        foreach (var (dtype, size) in new[] { ("BF16", 2), ("F32", 4) })
        {
            var header = SparseLlama.Header([("w", dtype, [rows, columns])], out var length);
            using (var stream = File.Create(path))
            {
                stream.Write(header);
                stream.SetLength(header.Length + length);
                foreach (var row in new[] { 2047, 2048, 4099 })
                {
                    stream.Position = header.Length + ((long)row * columns + columns - 1) * size;
                    stream.Write(BitConverter.GetBytes((float)(row + 1)).AsSpan(4 - size)); // cut for bfloat16
                }
            }
            using var file = SafetensorsFile.Open(path);
            var view = file.View("w");
            var last = new float[1];
            foreach (var row in new[] { 2047, 2048, 4099 })
            {
                view.Widen(row, columns - 1, last);
                var wanted = size == 4 ? row + 1 : BitConverter.Int32BitsToSingle(
                    BitConverter.SingleToInt32Bits(row + 1) >> 16 << 16);
                Assert.Equal(wanted, last[0]);
                Assert.Equal(wanted, view.SelectRows([row])[0, columns - 1]);
                var x = new Matrix(1, columns);
                x[0, columns - 1] = 2;
                Assert.Equal(2 * wanted, new Linear(view.RowRange(row, 1), WeightLayout.OutputMajor).Apply(x)[0, 0]);
                if (size == 4) Assert.Equal(wanted, file.ReadMatrix("w")[row, columns - 1]);
            }
            if (size < 4) Samples.Refused(FileProblem.BeyondLimits, () => file.ReadMatrix("w"), "copied at once");
        }
    }

    /// <summary>Bytes of the files in a folder that this process has mapped and in memory.</summary>
    private static long Resident(string folder)
    {
        var (inside, sum) = (false, 0L);
        foreach (var line in File.ReadLines("/proc/self/smaps"))
            if (line.Contains(folder, StringComparison.Ordinal)) inside = true;
            else if (inside && line.StartsWith("Rss:", StringComparison.Ordinal))
            {
                sum += 1024 * long.Parse(line[4..].Replace("kB", "").Trim());
                inside = false;
            }
        return sum;
    }
}

/// <summary>A Llama of zeros in files that take no room on the disk.</summary>
internal static class SparseLlama
{
    public static void Write(
        string folder, int width, int inner, int blocks, int heads, int vocabulary, int shards, string dtype = "BF16")
    {
        File.WriteAllText(
            Path.Combine(folder, "config.json"),
            $$"""
            {"model_type": "llama", "hidden_size": {{width}}, "intermediate_size": {{inner}},
             "num_hidden_layers": {{blocks}}, "num_attention_heads": {{heads}}, "num_key_value_heads": {{heads}},
             "vocab_size": {{vocabulary}}, "max_position_embeddings": 4096, "rms_norm_eps": 1e-5,
             "rope_theta": 10000.0, "hidden_act": "silu", "tie_word_embeddings": false}
            """);
        var tensors = Tensors(width, inner, blocks, vocabulary, dtype).ToArray();
        var each = (tensors.Length + shards - 1) / shards;
        var places = new List<string>();
        for (var shard = 0; shard < shards; shard++)
        {
            var name = shards == 1 ? "model.safetensors" : $"model-{shard + 1:D5}-of-{shards:D5}.safetensors";
            var own = tensors.Skip(shard * each).Take(each).ToArray();
            places.AddRange(own.Select(tensor => $"\"{tensor.Name}\": \"{name}\""));
            var header = Header(own, out var length);
            using var stream = File.Create(Path.Combine(folder, name));
            stream.Write(header);
            stream.SetLength(header.Length + length);
        }
        if (shards > 1)
            File.WriteAllText(
                Path.Combine(folder, "model.safetensors.index.json"),
                $"{{\"metadata\": {{}}, \"weight_map\": {{{string.Join(", ", places)}}}}}");
    }

    /// <summary>What a safetensors file begins with, and the length of the rest.</summary>
    public static byte[] Header((string Name, string DType, long[] Shape)[] tensors, out long length)
    {
        var (entries, offset) = (new List<string>(), 0L);
        foreach (var (name, dtype, shape) in tensors)
        {
            var end = offset + shape.Aggregate(dtype == "F32" ? 4L : 2L, (product, size) => product * size);
            entries.Add(
                $"\"{name}\":{{\"dtype\":\"{dtype}\",\"shape\":[{string.Join(',', shape)}],"
                    + $"\"data_offsets\":[{offset},{end}]}}");
            offset = end;
        }
        length = offset;
        var header = Encoding.UTF8.GetBytes($"{{{string.Join(',', entries)}}}");
        var padded = (header.Length + 7) / 8 * 8;
        return
        [
            .. BitConverter.GetBytes((long)padded), .. header,
            .. Enumerable.Repeat((byte)' ', padded - header.Length),
        ];
    }

    private static IEnumerable<(string Name, string DType, long[] Shape)> Tensors(
        int width, int inner, int blocks, int vocabulary, string dtype)
    {
        yield return ("model.embed_tokens.weight", dtype, [vocabulary, width]);
        for (var block = 0; block < blocks; block++)
        {
            var layer = $"model.layers.{block}";
            foreach (var name in new[] { "q_proj", "k_proj", "v_proj", "o_proj" })
                yield return ($"{layer}.self_attn.{name}.weight", dtype, [width, width]);
            yield return ($"{layer}.mlp.gate_proj.weight", dtype, [inner, width]);
            yield return ($"{layer}.mlp.up_proj.weight", dtype, [inner, width]);
            yield return ($"{layer}.mlp.down_proj.weight", dtype, [width, inner]);
            yield return ($"{layer}.input_layernorm.weight", dtype, [width]);
            yield return ($"{layer}.post_attention_layernorm.weight", dtype, [width]);
        }
        yield return ("model.norm.weight", dtype, [width]);
        yield return ("lm_head.weight", dtype, [vocabulary, width]);
    }
}

/// <summary>A test that needs Linux's account of pages and a disk that holds sparse files; skipped by name
/// elsewhere.</summary>
internal sealed class SparseFactAttribute : FactAttribute
{
    public SparseFactAttribute() => Skip = Missing.Value;

    internal static readonly Lazy<string?> Missing = new(() =>
    {
        if (!File.Exists("/proc/self/smaps")) return "this system does not tell which pages are in memory";
        var path = Path.GetTempFileName();
        try
        {
            using (var file = File.OpenWrite(path)) file.SetLength(20L << 30);
            var free = new DriveInfo(Path.GetTempPath()).AvailableFreeSpace;
            using (var file = File.OpenWrite(path)) file.SetLength(0);
            return new DriveInfo(Path.GetTempPath()).AvailableFreeSpace - free > 10L << 30
                ? "the disk of temporary files does not hold sparse ones"
                : null;
        }
        catch (IOException)
        {
            return "the disk of temporary files does not hold a sparse one of 20 GiB";
        }
        finally
        {
            File.Delete(path);
        }
    });
}

/// <summary>As <see cref="SparseFactAttribute"/>, for tables of cases.</summary>
internal sealed class SparseTheoryAttribute : TheoryAttribute
{
    public SparseTheoryAttribute() => Skip = SparseFactAttribute.Missing.Value;
}
