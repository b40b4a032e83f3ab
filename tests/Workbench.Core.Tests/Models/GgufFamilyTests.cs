using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.Json.Nodes;
using Workbench.Core.Formats;
using Workbench.Core.Models;
using Workbench.Core.Models.Families;
using Workbench.Core.Tensors;
using Workbench.Core.Tests.Formats;
using Xunit;

namespace Workbench.Core.Tests.Models;

/// <summary>The original library's small models, written as llama.cpp's converter writes them: what is computed from
/// such a file is what is computed from the library's own layout, which is held against golden values
/// elsewhere.</summary>
public sealed class GgufFamilyTests : IDisposable
{
    private const string Reference = "reference/families";

    // Where the converter rounds (a 1 added to gains, divisors and factors in single precision) or reorders what is
    // summed (Llama's rows); everything else is equal bit for bit.
    private const double Rounding = 3e-6;

    private static readonly (string Library, string Gguf)[] Names =
    [
        ("model.embed_tokens", "token_embd"), ("model.norm", "output_norm"), ("lm_head", "output"),
        ("input_layernorm", "attn_norm"), ("self_attn.q_proj", "attn_q"), ("self_attn.k_proj", "attn_k"),
        ("self_attn.v_proj", "attn_v"), ("self_attn.qkv_proj", "attn_qkv"), ("self_attn.o_proj", "attn_output"),
        ("self_attn.q_norm", "attn_q_norm"), ("self_attn.k_norm", "attn_k_norm"), ("mlp.gate_proj", "ffn_gate"),
        ("mlp.up_proj", "ffn_up"), ("mlp.gate_up_proj", "ffn_up"), ("mlp.down_proj", "ffn_down"),
        ("pre_feedforward_layernorm", "ffn_norm"), ("post_feedforward_layernorm", "post_ffw_norm"),
    ];

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    // What llama.cpp takes for granted of an architecture is said here where a model's own settings say otherwise:
    // the scale of Gemma's scores, and which of Gemma 3's blocks see everything (each sixth).
    [WeightsTheory(Reference)]
    [InlineData("llama-tiny", "llama"), InlineData("llama-tiny-linear", "llama")]
    [InlineData("llama-tiny-yarn", "llama"), InlineData("llama-tiny-tied-llama3", "llama")]
    [InlineData("qwen2-tiny", "qwen2"), InlineData("qwen3-tiny", "qwen3")]
    [InlineData("gemma-tiny", "gemma")]
    [InlineData("gemma2-tiny", "gemma2", """{ "query_pre_attn_scalar": 16 }""")]
    [InlineData("gemma3-tiny", "gemma3", """
        { "query_pre_attn_scalar": 16, "num_hidden_layers": 7, "layer_types": null, "sliding_window_pattern": 6 }
        """)]
    [InlineData("phi3-tiny", "phi3"), InlineData("phi3-longrope-long", "phi3")]
    [InlineData("phi3-partial-window", "phi3")]
    public void A_model_computes_the_same_from_a_GGUF_file_as_in_the_librarys_layout(
        string name, string architecture, string changes = "{}")
    {
        var settings = JsonNode.Parse(File.ReadAllText(Weights.At(Reference, name, "config.json")))!.AsObject();
        foreach (var (key, value) in JsonNode.Parse(changes)!.AsObject()) settings[key] = value?.DeepClone();
        using var source = Checkpoint.Open(Weights.At(Reference, name));
        var library = OfBlocks(source, (int)settings["num_hidden_layers"]!);
        var wanted = Family.Parse(
            settings.ToJsonString(), name, [.. library.Tensors.Select(tensor => tensor.Name)]);
        Assert.Empty(wanted.Refusals);

        using var file = GgufFile.Open(folder.Put("m.gguf", Converted(library, wanted, settings, architecture)));
        var found = Family.ConfigOf(file);
        Assert.Empty(found.Refusals);
        using var golden = SafetensorsFile.Open(Weights.At(Reference, $"{name}.expected.safetensors"));
        var ids = Array.ConvertAll(golden.ReadIntegers("ids"), id => (int)id);
        var (ours, theirs) = (Logits(file, found, ids), Logits(library, wanted, ids));
        if (architecture is "qwen2" or "qwen3" || name is "phi3-tiny" or "phi3-partial-window")
            Assert.Equal(theirs.ToArray(), ours.ToArray());
        else
            Close.Within(name, theirs.ToArray().Select(value => (double)value), ours, Rounding);
        // And what the library itself computes, where nothing was changed.
        if (changes == "{}") Close.Within(name, golden.ReadDoubles("logits.40"), ours, 1e-5);
    }

    private static Matrix Logits(TensorFile file, TransformerConfig config, int[] ids)
    {
        var model = new Transformer(new TransformerWeights(file, config));
        Assert.Empty(model.Weights.Missing);
        return model.Logits(model.Run(ids, Keep.Nothing).Output);
    }

    /// <summary>The model with so many blocks, those that there are once more behind the last one.</summary>
    private static MemoryTensors OfBlocks(TensorFile source, int blocks)
    {
        const string start = "model.layers.";
        var there = source.Tensors
            .Where(tensor => tensor.Name.StartsWith(start, StringComparison.Ordinal))
            .Max(tensor => int.Parse(tensor.Name[start.Length..].Split('.')[0])) + 1;
        var result = new MemoryTensors("the library's layout");
        foreach (var tensor in source.Tensors)
        {
            if (!tensor.Name.StartsWith(start, StringComparison.Ordinal))
            {
                Add(tensor.Name);
                continue;
            }
            var parts = tensor.Name[start.Length..].Split('.', 2);
            for (var block = int.Parse(parts[0]); block < blocks; block += there) Add($"{start}{block}.{parts[1]}");

            void Add(string name)
            {
                if (tensor.Shape.Rank == 1) result.Add(name, source.ReadVector(tensor.Name));
                else result.Add(name, source.ReadMatrix(tensor.Name));
            }
        }
        return result;
    }

    private static byte[] Converted(
        MemoryTensors library, TransformerConfig config, JsonObject settings, string architecture)
    {
        var attention = config.Blocks[0].Attention;
        var width = attention.HeadWidth;
        var sample = new GgufSample().Key("general.architecture", architecture).Key("general.name", "tiny");
        foreach (var (key, value) in ((string, int?)[])
            [
                ("embedding_length", config.Width), ("block_count", config.Blocks.Count),
                ("attention.head_count", attention.Heads), ("attention.head_count_kv", attention.KeyValueHeads),
                ("feed_forward_length", (int)settings["intermediate_size"]!),
                ("context_length", (int)settings["max_position_embeddings"]!), ("vocab_size", config.Tokens.Count),
                ("rope.dimension_count", architecture is "llama" or "phi3" ? attention.Rotary!.Width : null),
                ("attention.key_length", architecture is "qwen2" or "phi3" ? null : width),
                ("attention.value_length", architecture is "qwen2" or "phi3" ? null : width),
                ("attention.sliding_window", architecture is "gemma2" or "gemma3" or "phi3"
                    ? (int?)settings["sliding_window"] ?? 0 : null),
                ("rope.scaling.original_context_length", architecture == "phi3"
                    ? (int)settings["original_max_position_embeddings"]! : null),
            ])
            if (value is { } number) sample.Key($"{architecture}.{key}", (uint)number);
        sample.Key(
            $"{architecture}.attention.layer_norm_rms_epsilon", (float)((double?)settings["rms_norm_eps"] ?? 1e-6));
        foreach (var cap in (string[])["attn_logit_softcapping", "final_logit_softcapping"])
            if (settings[cap] is { } said) sample.Key($"{architecture}.{cap}", (float)said);
        Rotation(sample, settings, architecture, width);

        var isGemma = architecture.StartsWith("gemma", StringComparison.Ordinal);
        foreach (var tensor in library.Tensors)
        {
            var values = library.ReadMatrix(tensor.Name);
            if (isGemma && tensor.Name.EndsWith("norm.weight", StringComparison.Ordinal))
                values = Matrix.FromArray(1, values.Columns, Array.ConvertAll(values.ToArray(), gain => gain + 1));
            if (architecture == "llama" && (tensor.Name.Contains("q_proj") || tensor.Name.Contains("k_proj")))
                values = PairsTogether(values, width);
            var rank = tensor.Shape.Rank;
            ulong[] sizes = [.. Enumerable.Range(1, rank).Select(i => (ulong)tensor.Shape[rank - i])];
            sample.Floats(Renamed(tensor.Name, architecture), sizes, values.ToArray());
        }
        return sample.Bytes();
    }

    private static void Rotation(GgufSample sample, JsonObject settings, string architecture, int headWidth)
    {
        // As libraries since transformers 5 write them, and before.
        var own = settings["rope_parameters"] ?? settings["rope_scaling"];
        var theta = (float)(double)(own?["rope_theta"] ?? settings["rope_theta"])!;
        if (architecture != "gemma" && architecture != "gemma2") sample.Key($"{architecture}.rope.freq_base", theta);
        switch ((string?)(own?["rope_type"] ?? own?["type"]))
        {
            case "linear":
                sample.Key($"{architecture}.rope.scaling.type", "linear")
                    .Key($"{architecture}.rope.scaling.factor", (float)own!["factor"]!);
                break;
            case "yarn":
                sample.Key($"{architecture}.rope.scaling.type", "yarn")
                    .Key($"{architecture}.rope.scaling.factor", (float)own!["factor"]!)
                    .Key(
                        $"{architecture}.rope.scaling.original_context_length",
                        (uint)(int)own["original_max_position_embeddings"]!);
                break;
            case "llama3":
                sample.Floats("rope_freqs.weight", [(ulong)headWidth / 2], Divisors(own!, theta, headWidth));
                break;
            case "longrope":
                var (original, length) = (
                    (double)own!["original_max_position_embeddings"]!, (double)settings["max_position_embeddings"]!);
                sample.Key(
                    $"{architecture}.rope.scaling.attn_factor",
                    (float)Math.Sqrt(1 + Math.Log(length / original) / Math.Log(original)));
                foreach (var (tensor, list) in ((string, string)[])[("long", "long_factor"), ("short", "short_factor")])
                    sample.Floats(
                        $"rope_factors_{tensor}.weight", [(ulong)headWidth / 2],
                        [.. own[list]!.AsArray().Select(factor => (float)factor!)]);
                break;
        }
    }

    /// <summary>Llama 3's divisors of the angles, as its own code computes them.</summary>
    private static float[] Divisors(JsonNode own, double theta, int headWidth)
    {
        var (factor, low, high, original) = (
            (double)own["factor"]!, (double)own["low_freq_factor"]!, (double)own["high_freq_factor"]!,
            (double)own["original_max_position_embeddings"]!);
        return
        [
            .. Enumerable.Range(0, headWidth / 2).Select(i =>
            {
                var length = 2 * Math.PI * Math.Pow(theta, 2.0 * i / headWidth);
                if (length < original / high) return 1f;
                if (length > original / low) return (float)factor;
                var smooth = (original / length - low) / (high - low);
                return (float)(1 / ((1 - smooth) / factor + smooth));
            }),
        ];
    }

    private static string Renamed(string name, string architecture)
    {
        var stem = name[..name.LastIndexOf('.')];
        var end = name[stem.Length..];
        var block = "";
        if (stem.StartsWith("model.layers.", StringComparison.Ordinal))
        {
            var parts = stem.Split('.', 4);
            (block, stem) = ($"blk.{parts[2]}.", parts[3]);
        }
        // The norm behind Gemma's attention has the name of Llama's before the MLP.
        if (stem == "post_attention_layernorm")
            return $"{block}{(architecture is "gemma2" or "gemma3" ? "post_attention_norm" : "ffn_norm")}{end}";
        return $"{block}{Names.First(pair => pair.Library == stem).Gguf}{end}";
    }

    /// <summary>Rows of heads in two halves, with the first and second places of their pairs side by side.</summary>
    private static Matrix PairsTogether(Matrix rows, int headWidth)
    {
        var result = new Matrix(rows.Rows, rows.Columns);
        for (var row = 0; row < rows.Rows; row++)
        {
            var (head, place) = (row / headWidth, row % headWidth);
            var half = headWidth / 2;
            rows.Row(row).CopyTo(result.WritableRow(head * headWidth + place % half * 2 + place / half));
        }
        return result;
    }
}
