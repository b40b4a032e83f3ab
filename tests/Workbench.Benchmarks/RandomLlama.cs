using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Runtime.InteropServices;
using System.Text;
using Workbench.Core.Randomness;

namespace Workbench.Benchmarks;

/// <summary>A Llama of random weights in a GGUF file; time does not depend on what they are.</summary>
/// <param name="width">Of the residual stream.</param>
/// <param name="inner">Of the MLPs.</param>
/// <param name="blocks">How many.</param>
/// <param name="groups">Heads that give keys and values.</param>
/// <param name="vocabulary">Number of tokens.</param>
/// <param name="isTied">Whether the head is the table of tokens.</param>
public sealed class RandomLlama(int width, int inner, int blocks, int groups, int vocabulary, bool isTied)
{
    private const int HeadWidth = 64;

    // Enough that the file does not shrink to what a cache of the system's holds.
    private const int NoiseBlocks = 1 << 14;

    /// <summary>A billion weights.</summary>
    public static RandomLlama Billion { get; } = new(2048, 5632, 20, 8, 32_000, isTied: false);

    /// <summary>SmolLM2-135M's shape.</summary>
    public static RandomLlama SmolLm2 { get; } = new(576, 1536, 30, 3, 49_152, isTied: true);

    /// <summary>ggml's numbers of types, their blocks, and where in these the scales in half precision are.</summary>
    public static readonly IReadOnlyDictionary<string, (uint Number, int Elements, int Bytes, int[] Scales)> Types =
    new Dictionary<string, (uint Number, int Elements, int Bytes, int[] Scales)>
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

    /// <summary>Multiplications and additions of some tokens through all blocks in windows, logits left out; of
    /// attention the half that is causal.</summary>
    public double Gigaflop(int tokens, int window) =>
        2e-9 * tokens * blocks
        * (2.0 * width * width + 2.0 * width * groups * HeadWidth + 3.0 * width * inner + (double)width * window);

    /// <summary>Number of weights.</summary>
    public long Parameters => Tensors().Sum(tensor => (long)Math.Max(tensor.Rows, 1) * tensor.Columns);

    /// <summary>Bytes of all weights.</summary>
    public long Bytes(string type) => Tensors().Sum(tensor => Size(tensor.Rows, tensor.Columns, type));

    /// <summary>Writes it, with matrices of one type.</summary>
    public void Write(string path, string type)
    {
        var number = Types[type].Number;
        var tensors = Tensors();
        using var header = new MemoryStream();
        using (var writer = new BinaryWriter(header, Encoding.UTF8, leaveOpen: true))
        {
            (string, object)[] keys =
            [
                ("general.architecture", "llama"), ("llama.block_count", (uint)blocks),
                ("llama.embedding_length", (uint)width), ("llama.feed_forward_length", (uint)inner),
                ("llama.attention.head_count", (uint)(width / HeadWidth)),
                ("llama.attention.head_count_kv", (uint)groups),
                ("llama.context_length", 2048u), ("llama.attention.layer_norm_rms_epsilon", 1e-5f),
                ("llama.vocab_size", (uint)vocabulary), ("llama.rope.dimension_count", (uint)HeadWidth),
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
                offset += Size(rows, columns, type);
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
        var ones = MemoryMarshal.AsBytes(Enumerable.Repeat(1f, width).ToArray().AsSpan());
        foreach (var (_, rows, columns) in tensors)
        {
            if (rows == 0) stream.Write(ones);
            else
                for (var left = Size(rows, columns, type); left > 0; left -= Math.Min(left, noise.Length))
                    stream.Write(noise, 0, (int)Math.Min(left, noise.Length));
        }
    }

    private List<(string Name, int Rows, int Columns)> Tensors()
    {
        var tensors = new List<(string Name, int Rows, int Columns)> { ("token_embd.weight", vocabulary, width) };
        for (var block = 0; block < blocks; block++)
            tensors.AddRange(
            [
                ($"blk.{block}.attn_norm.weight", 0, width), ($"blk.{block}.attn_q.weight", width, width),
                ($"blk.{block}.attn_k.weight", groups * HeadWidth, width),
                ($"blk.{block}.attn_v.weight", groups * HeadWidth, width),
                ($"blk.{block}.attn_output.weight", width, width), ($"blk.{block}.ffn_norm.weight", 0, width),
                ($"blk.{block}.ffn_gate.weight", inner, width), ($"blk.{block}.ffn_up.weight", inner, width),
                ($"blk.{block}.ffn_down.weight", width, inner),
            ]);
        tensors.Add(("output_norm.weight", 0, width));
        if (!isTied) tensors.Add(("output.weight", vocabulary, width));
        return tensors;
    }

    private static long Size(int rows, int columns, string type) =>
        rows == 0
            ? columns * sizeof(float)
            : (long)rows * columns / Types[type].Elements * Types[type].Bytes;

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
}
