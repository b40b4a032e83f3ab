using System;
using System.IO;
using System.Linq;
using System.Text.Json;
using Workbench.Core.Formats;
using Workbench.Core.Models;
using Workbench.Core.Models.Families;
using Workbench.Core.Tensors;
using Workbench.Core.Tests.Formats;
using Workbench.Core.Tokenizers;
using Xunit;

namespace Workbench.Core.Tests.Models;

/// <summary>Models in GGUF files: forward passes and tokenizers against golden values, and what is refused by
/// name.</summary>
public sealed class GgufModelTests : IDisposable
{
    private const string Reference = "reference/gguf-onnx";
    private const string Smol = "smollm2-135m-instruct";

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [WeightsTheory(Reference)]
    [InlineData("stories260K-f16", "stories260K", "f16."), InlineData("stories260K-q8_0", "stories260K", "q8_0.")]
    [InlineData("llama-tiny-q2_k", "llama-tiny-kquants", "q2_k.")]
    [InlineData("llama-tiny-q4_k_m", "llama-tiny-kquants", "q4_k_m.")]
    [InlineData("gpt2-tiny", "gpt2-tiny", ""), InlineData("qwen2-tiny", "qwen2-tiny", "")]
    [InlineData("gemma-tiny", "gemma-tiny", ""), InlineData("bert-tiny", "bert-tiny", "")]
    public void Every_state_agrees_with_the_original_library(string name, string expected, string prefix)
    {
        using var file = Checkpoint.Open(Weights.At(Reference, $"{name}.gguf"));
        using var golden = SafetensorsFile.Open(Weights.At(Reference, $"{expected}.expected.safetensors"));
        var config = Family.ConfigOf(file);
        Assert.Empty(config.Refusals);
        var model = new Transformer(new TransformerWeights(file, config));
        Assert.Empty(model.Weights.Missing);
        var ids = Array.ConvertAll(golden.ReadIntegers($"{prefix}ids"), id => (int)id);
        var pass = model.Run(ids);
        Near(golden, $"{prefix}hidden.{config.Blocks.Count}", pass.Output);
        if (config.IsCausal) Near(golden, $"{prefix}logits", model.Logits(pass.Output));
    }

    [WeightsFact(Smol)]
    public void SmolLM2_agrees_with_the_original_library()
    {
        using var file = Checkpoint.Open(Weights.At(Smol));
        using var golden = SafetensorsFile.Open(Weights.At("reference", "smollm2", "forward.safetensors"));
        var model = new Transformer(new TransformerWeights(file, Family.ConfigOf(file)));
        var ids = Array.ConvertAll(golden.ReadIntegers("1.ids"), id => (int)id);
        var pass = model.Run(ids);
        Near(golden, "1.hidden.30", pass.Output);
        Near(golden, "1.logits.last", model.Logits(pass.Output.RowRange(ids.Length - 1, 1)));
    }

    [WeightsTheory(Reference)]
    [InlineData("gpt2-tiny.gguf"), InlineData("qwen2-tiny.gguf"), InlineData("gemma-tiny.gguf")]
    [InlineData("bert-tiny.gguf"), InlineData("stories260K")]
    public void The_tokenizer_of_a_file_gives_the_ids_of_the_original(string name)
    {
        using var json = JsonDocument.Parse(File.ReadAllText(Weights.At(Reference, "gguf.ids.json")));
        var path = name == "stories260K" ? "stories260K-f16.gguf" : name;
        using var file = GgufFile.Open(Weights.At(Reference, path));
        var tokenizer = GgufTokenizer.Read(file);
        var texts = json.RootElement.GetProperty(name).GetProperty("texts").EnumerateArray().ToArray();
        Assert.True(texts.Length >= 4);
        foreach (var text in texts)
            Assert.Equal(
                text.GetProperty("ids").EnumerateArray().Select(id => id.GetInt32()),
                tokenizer.EncodeSequence(text.GetProperty("text").GetString()));
    }

    [WeightsFact(Smol)]
    public void The_tokenizer_of_SmolLM2_gives_the_ids_of_the_original()
    {
        using var json = JsonDocument.Parse(File.ReadAllText(Weights.At("reference", "smollm2", "tokens.json")));
        using var file = (GgufFile)Checkpoint.Open(Weights.At(Smol));
        var tokenizer = GgufTokenizer.Read(file);
        var rows = json.RootElement.GetProperty("rows").EnumerateArray().ToArray();
        Assert.True(rows.Length >= 200);
        foreach (var row in rows)
            Assert.Equal(
                row.GetProperty("ids").EnumerateArray().Select(id => id.GetInt32()),
                tokenizer.EncodeToIds(row.GetProperty("text").GetString()));
    }

    [Fact]
    public void Scaling_by_a_tensor_of_divisors_is_obeyed()
    {
        var sample = Llama().Floats("rope_freqs.weight", [1], 4);
        using var file = GgufFile.Open(folder.Put("l.gguf", sample.Bytes()));
        var config = Family.ConfigOf(file);
        Assert.Empty(config.Refusals);
        Assert.Equal([0.25], config.Blocks[0].Attention.Rotary!.Frequencies(100));
    }

    [Fact]
    public void Linear_scaling_is_obeyed()
    {
        var sample = Llama().Key("llama.rope.scaling.type", "linear").Key("llama.rope.scaling.factor", 8f);
        using var file = GgufFile.Open(folder.Put("l.gguf", sample.Bytes()));
        Assert.Equal([0.125], Family.ConfigOf(file).Blocks[0].Attention.Rotary!.Frequencies(100));
    }

    [Fact]
    public void What_is_neither_obeyed_nor_harmless_is_refused_by_name()
    {
        var sample = Llama().Key("llama.expert_count", 2).Key("llama.logit_scale", 2f)
            .Floats("blk.0.ffn_gate_exps.weight", [2, 4, 2], new float[16]);
        using var file = GgufFile.Open(folder.Put("l.gguf", sample.Bytes()));
        var weights = new TransformerWeights(file, Family.ConfigOf(file));
        var message = Assert.Throws<NotSupportedException>(() => new Transformer(weights)).Message;
        Assert.Contains("llama.expert_count = 2", message);
        Assert.Contains("llama.logit_scale = 2", message);
        Assert.Contains("blk.0.ffn_gate_exps.weight", message);
    }

    [Fact]
    public void Another_architecture_is_refused_by_name()
    {
        using var file = GgufFile.Open(
            folder.Put("m.gguf", new GgufSample().Key("general.architecture", "mamba").Bytes()));
        Samples.Refused(
            FileProblem.UnsupportedObject, () => Family.ConfigOf(file), "\"mamba\"", "llama, qwen2, qwen3, gemma");
    }

    [Fact]
    public void A_missing_key_is_named()
    {
        using var file = GgufFile.Open(folder.Put(
            "m.gguf", new GgufSample().Key("general.architecture", "llama").Floats("token_embd.weight", [2, 3],
                new float[6]).Bytes()));
        Samples.Refused(FileProblem.Malformed, () => Family.ConfigOf(file), "llama.embedding_length");
    }

    [Fact]
    public void A_tokenizer_of_another_kind_is_refused_by_name()
    {
        using var file = GgufFile.Open(
            folder.Put("t.gguf", new GgufSample().Key("tokenizer.ggml.model", "rwkv").Bytes()));
        Assert.True(GgufTokenizer.IsIn(file));
        Samples.Refused(FileProblem.UnsupportedObject, () => GgufTokenizer.Read(file), "rwkv", "gpt2, llama and bert");
    }

    /// <summary>The keys of a Llama of one block of width 2, and its tokens.</summary>
    private static GgufSample Llama() => new GgufSample()
        .Key("general.architecture", "llama").Key("llama.embedding_length", 2).Key("llama.block_count", 1)
        .Key("llama.attention.head_count", 1).Key("llama.feed_forward_length", 4)
        .Key("llama.attention.layer_norm_rms_epsilon", 1e-5f)
        .Floats("token_embd.weight", [2, 3], new float[6]);

    private static void Near(SafetensorsFile golden, string name, Matrix found)
    {
        var wanted = golden.ReadDoubles(name);
        Assert.Equal(wanted.Length, found.Elements);
        var largest = wanted.Max(Math.Abs);
        var off = wanted.Zip(found.ToArray(), (a, b) => Math.Abs(a - b)).Max();
        Assert.True(off <= 1e-5 * largest, $"{name}: off by {off} of {largest}");
    }
}
