using System;
using System.Linq;
using Workbench.Core.Formats;
using Workbench.Core.Models;
using Workbench.Core.Tensors;
using Xunit;

namespace Workbench.Core.Tests.Models;

public sealed class ConfigTests
{
    private static Gpt2Config Gpt2(string json) => Gpt2Config.Parse(json, "config.json");

    [Fact]
    public void An_empty_configuration_is_the_smallest_gpt2()
    {
        var config = Gpt2("{}");
        Assert.Empty(config.Refusals);
        Assert.Equal(new Gpt2Config { Refusals = config.Refusals }, config);
    }

    [Fact]
    public void Every_setting_is_honoured()
    {
        var config = Gpt2("""
            { "model_type": "gpt2", "vocab_size": 11, "n_positions": 12, "n_ctx": 12, "n_embd": 20, "n_head": 5, "n_layer": 3, "n_inner": 7, "activation_function": "relu",
              "layer_norm_epsilon": 1e-3, "scale_attn_weights": false, "scale_attn_by_inverse_layer_idx": true, "tie_word_embeddings": false, "reorder_and_upcast_attn": true,
              "attn_pdrop": 0.1, "summary_type": "cls_index", "task_specific_params": {"text-generation": {"max_length": 50}} }
            """
        );
        Assert.Equal(
            (11, 12, 20, 5, 3, 7),
            (config.VocabularySize, config.Positions, config.Width, config.Heads, config.Blocks, config.InnerWidth));
        Assert.Equal(
            (Activation.Relu, 1e-3, false, true, (bool?)false),
            (
                config.Activation, config.NormEpsilon, config.ScaleAttention, config.ScaleAttentionByBlock,
                config.TiedHead)
        );
        Assert.Equal((4, 1f / 3), (config.HeadWidth, config.AttentionScale(2)));
        Assert.Empty(config.Refusals);
    }

    [Theory]
    [InlineData("""{ "add_cross_attention": true }""", "add_cross_attention true")]
    [InlineData("""{ "activation_function": "silu" }""", "activation_function \"silu\"")]
    [InlineData("""{ "n_positions": 8, "n_ctx": 9 }""", "n_ctx 9")]
    [InlineData("""{ "quantization_config": {"bits": 4} }""", "quantization_config {\"bits\": 4}")]
    [InlineData("""{ "rotary_dim": 64 }""", "rotary_dim 64")]
    public void A_setting_that_is_not_supported_is_refused_by_name_when_the_model_is_run(string json, string name)
    {
        var config = Gpt2(json);
        Assert.Contains(name, Assert.Single(config.Refusals));
        var weights = new Gpt2Weights(new MemoryTensors("none"), config);
        Assert.Contains(name, Assert.Throws<NotSupportedException>(() => new Gpt2Model(weights)).Message);
    }

    [Theory]
    [
        InlineData("", "JSON"),
        InlineData("[1]", "JSON"),
        InlineData("""{ "n_head": "12" }""", "n_head"),
        InlineData("""{ "n_layer": 0 }""", "n_layer")
    ]
    [
        InlineData("""{ "n_embd": 768, "n_head": 7 }""", "7 heads"),
        InlineData("""{ "scale_attn_weights": 1 }""", "scale_attn_weights"),
        InlineData("""{ "n_embd": 1e99 }""", "n_embd")
    ]
    [InlineData("""{ "model_type": "llama" }""", "llama"), InlineData("""{ "n_layer": 1, "n_layer": 2 }""", "n_layer")]
    public void A_configuration_that_makes_no_sense_names_file_and_setting(string json, string name)
    {
        var error = Assert.Throws<WeightFileException>(() => Gpt2(json));
        Assert.Equal("config.json", error.Path);
        Assert.Contains(name, error.Message);
    }

    [Fact]
    public void NanoGPTs_arguments_mean_exact_gelu_and_linear_layers()
    {
        var config = Gpt2(
            """{"n_layer": 2, "n_head": 4, "n_embd": 48, "block_size": 40, "bias": false, "vocab_size": 211, "dropout": 0.0}"""
        );
        Assert.Equal(
            (Activation.Gelu, WeightLayout.OutputMajor, (bool?)false, 40),
            (config.Activation, config.Layout, config.Biases, config.Positions));
        Assert.Empty(config.Refusals);
    }

    [Fact]
    public void Bert_settings_are_honoured_or_refused()
    {
        var config = BertConfig.Parse("""
            { "model_type": "bert", "vocab_size": 11, "max_position_embeddings": 12, "type_vocab_size": 3, "hidden_size": 20, "num_attention_heads": 5, "num_hidden_layers": 3,
              "intermediate_size": 7, "hidden_act": "gelu_new", "layer_norm_eps": 1e-3, "position_embedding_type": "relative_key", "is_decoder": true }
            """,
            "config.json"
        );
        Assert.Equal(
            (11, 12, 3, 20, 5, 3, 7),
            (
                config.VocabularySize, config.Positions, config.TokenTypes, config.Width, config.Heads, config.Blocks,
                config.InnerWidth)
        );
        Assert.Equal((Activation.GeluNew, 1e-3), (config.Activation, config.NormEpsilon));
        Assert.Equal(["position_embedding_type \"relative_key\"", "is_decoder true"], config.Refusals);
    }

    [Fact]
    public void A_missing_config_json_is_asked_for() =>
        Assert.Contains(
            "config.json",
            Assert.Throws<WeightFileException>(() => Gpt2Config.Of(new MemoryTensors("memory"))).Message);
}
