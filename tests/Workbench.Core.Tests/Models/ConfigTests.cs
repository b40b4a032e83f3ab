using System;
using System.Linq;
using Workbench.Core.Formats;
using Workbench.Core.Gradients;
using Workbench.Core.Models;
using Workbench.Core.Models.Families;
using Workbench.Core.Tensors;
using Xunit;

namespace Workbench.Core.Tests.Models;

public sealed class ConfigTests
{
    private static TransformerConfig OfGpt2(string json) =>
        Family.Parse(json, "config.json", ["h.0.ln_1.bias", "wte.weight"]);

    [Fact]
    public void An_empty_configuration_is_the_smallest_gpt2()
    {
        var (config, smallest) = (OfGpt2("{}"), Gpt2.Config());
        Assert.Empty(config.Refusals);
        Assert.Equal(smallest.Blocks, config.Blocks);
        Assert.Equal(
            smallest with { Blocks = [], Prefixes = [] }, config with { Blocks = [], Prefixes = [], Refusals = [] });
        Assert.Equal(
            (50257, 1024, 768, 12, 12, 3072),
            (config.Tokens.Count, config.Positions!.Count, config.Width, config.Blocks.Count,
                config.Blocks[11].Attention.Heads, config.Blocks[11].Mlp.Up.Outputs));
    }

    [Fact]
    public void Every_setting_is_honoured()
    {
        var config = OfGpt2("""
            { "model_type": "gpt2", "vocab_size": 11, "n_positions": 12, "n_ctx": 12, "n_embd": 20, "n_head": 5,
              "n_layer": 3,
              "n_inner": 7, "activation_function": "relu",
              "layer_norm_epsilon": 1e-3, "scale_attn_weights": false, "scale_attn_by_inverse_layer_idx": true,
              "tie_word_embeddings": false, "reorder_and_upcast_attn": true,
              "attn_pdrop": 0.1, "summary_type": "cls_index",
              "task_specific_params": {"text-generation": {"max_length": 50}} }
            """
        );
        var (attention, mlp) = (config.Blocks[2].Attention, config.Blocks[2].Mlp);
        Assert.Equal(
            (11, 12, 20, 5, 3, 7),
            (config.Tokens.Count, config.Positions!.Count, config.Width, attention.Heads, config.Blocks.Count,
                mlp.Up.Outputs));
        Assert.Equal(
            (Activation.Relu, 1e-3, 1e-3, 1e-3, (bool?)false),
            (mlp.Activation, attention.NormBefore!.Epsilon, mlp.NormBefore!.Epsilon, config.FinalNorm!.Epsilon,
                config.TiedHead));
        Assert.Equal((4, 1f, 1f / 3), (attention.HeadWidth, config.Blocks[0].Attention.Scale, attention.Scale));
        Assert.Empty(config.Refusals);
    }

    [Theory]
    [InlineData("""{ "add_cross_attention": true }""", "add_cross_attention true")]
    [InlineData("""{ "activation_function": "mish" }""", "activation_function \"mish\"")]
    [InlineData("""{ "n_positions": 8, "n_ctx": 9 }""", "n_ctx 9")]
    [InlineData("""{ "quantization_config": {"bits": 4} }""", "quantization_config {\"bits\": 4}")]
    [InlineData("""{ "rotary_dim": 64 }""", "rotary_dim 64")]
    public void A_setting_that_is_not_supported_is_refused_by_name_when_the_model_is_run(string json, string name)
    {
        var config = OfGpt2(json);
        Assert.Contains(name, Assert.Single(config.Refusals));
        var weights = new TransformerWeights(new MemoryTensors("none"), config);
        Assert.Contains(name, Assert.Throws<NotSupportedException>(() => new Transformer(weights)).Message);
        Assert.Contains(
            name, Assert.Throws<NotSupportedException>(() => TransformerGraph.Of(weights, new Tape())).Message);
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
    [InlineData("""{ "model_type": "t5" }""", "t5"), InlineData("""{ "n_layer": 1, "n_layer": 2 }""", "n_layer")]
    public void A_configuration_that_makes_no_sense_names_file_and_setting(string json, string name)
    {
        var error = Assert.Throws<WeightFileException>(() => OfGpt2(json));
        Assert.Equal("config.json", error.Path);
        Assert.Contains(name, error.Message);
    }

    [Fact]
    public void NanoGPTs_arguments_mean_exact_gelu_and_linear_layers()
    {
        var config = OfGpt2(
            """{"n_layer": 2, "n_head": 4, "n_embd": 48, "block_size": 40, "bias": false, "vocab_size": 211,"""
                + """ "dropout": 0.0}"""
        );
        Assert.Equal(
            (Activation.Gelu, WeightLayout.OutputMajor, (bool?)false, 40),
            (config.Blocks[1].Mlp.Activation, config.Layout, config.Biases, config.Positions!.Count));
        Assert.Empty(config.Refusals);
    }

    [Fact]
    public void Bert_settings_are_honoured_or_refused()
    {
        var config = Family.Parse("""
            { "model_type": "bert", "vocab_size": 11, "max_position_embeddings": 12, "type_vocab_size": 3,
              "hidden_size": 20,
              "num_attention_heads": 5, "num_hidden_layers": 3,
              "intermediate_size": 7, "hidden_act": "gelu_new", "layer_norm_eps": 1e-3,
              "position_embedding_type": "relative_key",
              "is_decoder": true }
            """,
            "config.json"
        );
        var (attention, mlp) = (config.Blocks[2].Attention, config.Blocks[2].Mlp);
        Assert.Equal(
            (11, 12, 3, 20, 5, 3, 7),
            (config.Tokens.Count, config.Positions!.Count, config.TokenTypes!.Count, config.Width, attention.Heads,
                config.Blocks.Count, mlp.Up.Outputs));
        Assert.Equal(
            (Activation.GeluNew, 1e-3, 1e-3), (mlp.Activation, mlp.NormAfter!.Epsilon, config.EmbeddingNorm!.Epsilon));
        Assert.Equal(["position_embedding_type \"relative_key\"", "is_decoder true"], config.Refusals);
    }

    [Fact]
    public void A_missing_config_json_is_asked_for() =>
        Assert.Contains(
            "config.json",
            Assert.Throws<WeightFileException>(() => Family.ConfigOf(new MemoryTensors("memory"))).Message);

    [Theory]
    [InlineData("""{ "model_type": "bert" }""", "wte.weight", "bert")]
    [InlineData("""{ "architectures": ["BertForMaskedLM"] }""", "x.weight", "bert")]
    [InlineData("""{ "architectures": ["GPT2LMHeadModel"] }""", "x.weight", "gpt2")]
    [InlineData("{}", "transformer.wte.weight", "gpt2")]
    [InlineData("""{ "architectures": ["RobertaModel"] }""", "embeddings.word_embeddings.weight", "roberta")]
    [InlineData("""{ "architectures": ["XLMRobertaForMaskedLM"] }""", "x.weight", "xlm-roberta")]
    [InlineData("{}", "roberta.embeddings.word_embeddings.weight", "roberta")]
    [InlineData("""{ "architectures": null }""", "bert.embeddings.word_embeddings.weight", "bert")]
    public void A_family_is_known_by_its_type_its_architecture_or_its_token_embeddings(
        string json, string tensor, string family) =>
        Assert.Equal(family, Family.Parse(json, "config.json", [tensor]).Family);

    [Theory]
    [InlineData("""{ "model_type": "deberta" }""", "\"deberta\"")]
    [InlineData("""{ "architectures": ["DebertaModel"] }""", "\"DebertaModel\"")]
    [InlineData("{}", "no model_type")]
    public void A_family_that_is_not_known_is_refused_by_name(string json, string name)
    {
        var error = Assert.Throws<WeightFileException>(() => Family.Parse(json, "config.json", ["x.weight"]));
        Assert.Equal(FileProblem.UnsupportedObject, error.Problem);
        Assert.Contains(name, error.Message);
        foreach (var family in Family.All) Assert.Contains(family.ModelType, error.Message);
    }

    [Fact]
    public void Names_that_BERT_and_RoBERTa_share_are_refused_where_padding_is_RoBERTas_and_nothing_tells_which() =>
        Assert.Equal(
            ["pad_token_id 1"],
            Family.Parse(
                """{ "pad_token_id": 1 }""", "config.json", ["embeddings.word_embeddings.weight"]).Refusals);
}
