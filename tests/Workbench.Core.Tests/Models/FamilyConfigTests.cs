using System;
using System.Collections;
using System.Collections.Generic;
using System.Linq;
using Workbench.Core.Formats;
using Workbench.Core.Models;
using Workbench.Core.Models.Families;
using Xunit;

namespace Workbench.Core.Tests.Models;

/// <summary>What the settings of Llama and its kin become.</summary>
public sealed class FamilyConfigTests
{
    private const string Long = "'short_factor': [1, 1.1, 1.3, 1.7], 'long_factor': [1, 2, 3, 4]";

    // Settings are written with ' for ".
    private static TransformerConfig Of(string model, string settings = "") =>
        Family.Parse(
            $"{{ 'model_type': '{model}'{(settings == "" ? "" : ", ")}{settings} }}".Replace('\'', '"'), "config.json");

    [Theory]
    [InlineData("llama", "'rope_theta': 5e5", "'rope_parameters': {'rope_type': 'default', 'rope_theta': 5e5}")]
    [InlineData(
        "llama", "'rope_theta': 5e5, 'rope_scaling': {'type': 'linear', 'factor': 4}",
        "'rope_parameters': {'rope_type': 'linear', 'factor': 4.0, 'rope_theta': 500000}")]
    [InlineData(
        "llama", "'max_position_embeddings': 64, 'rope_scaling': {'type': 'dynamic', 'factor': 2}",
        "'max_position_embeddings': 64, 'rope_parameters': {'rope_type': 'dynamic', 'factor': 2}")]
    [InlineData(
        "llama",
        """
        "rope_scaling": {"rope_type": "llama3", "factor": 8, "low_freq_factor": 1, "high_freq_factor": 4,
        "original_max_position_embeddings": 16}
        """,
        """
        "original_max_position_embeddings": 16, "rope_parameters": {"rope_type": "llama3", "factor": 8,
        "low_freq_factor": 1, "high_freq_factor": 4, "original_max_position_embeddings": 99, "rope_theta": 10000}
        """)]
    [InlineData(
        "qwen2", "'max_position_embeddings': 64, 'rope_scaling': {'type': 'yarn', 'factor': 4.0}",
        """
        "max_position_embeddings": 64, "rope_parameters": {"rope_type": "yarn",
        "original_max_position_embeddings": 64, "factor": 4, "beta_fast": 32, "beta_slow": 1, "truncate": true}
        """)]
    [InlineData(
        "phi3", "'hidden_size': 256, 'max_position_embeddings': 8192, 'rope_scaling': {'type': 'su', " + Long + "}",
        "'hidden_size': 256, 'max_position_embeddings': 8192, 'original_max_position_embeddings': 4096, "
            + "'rope_parameters': {'rope_type': 'longrope', 'factor': 2, 'original_max_position_embeddings': 7, "
            + Long + "}")]
    [InlineData(
        "phi3", "'hidden_size': 256, 'max_position_embeddings': 8192, 'rope_scaling': {'type': 'yarn', " + Long + "}",
        "'hidden_size': 256, 'max_position_embeddings': 8192, 'rope_scaling': {'type': 'longrope', " + Long + "}")]
    [InlineData(
        "stablelm", "'partial_rotary_factor': 0.5, 'rope_theta': 1e4", "'rope_parameters': "
            + "{'rope_type': 'default', 'rope_theta': 10000.0, 'partial_rotary_factor': 0.5}")]
    [InlineData(
        "gpt_neox", "'rotary_pct': 0.5, 'rotary_emb_base': 2e4",
        "'rope_parameters': {'partial_rotary_factor': 0.5, 'rope_theta': 20000, 'rope_type': 'default'}")]
    [InlineData(
        "gemma3_text",
        """
        "rope_local_base_freq": 2e4, "rope_theta": 2e6, "rope_scaling": {"rope_type": "linear", "factor": 8},
        "sliding_window_pattern": 2, "num_hidden_layers": 3
        """,
        """
        "rope_parameters": { "sliding_attention": {"rope_type": "default", "rope_theta": 20000.0},
        "full_attention": {"rope_type": "linear", "factor": 8.0, "rope_theta": 2000000.0} }, "num_hidden_layers": 3,
        "layer_types": ["sliding_attention", "full_attention", "sliding_attention"]
        """)]
    [InlineData(
        "modernbert", "'global_rope_theta': 5e4, 'local_rope_theta': 3e4",
        """
        "rope_parameters": { "sliding_attention": {"rope_type": "default", "rope_theta": 30000.0},
        "full_attention": {"rope_type": "default", "rope_theta": 50000.0} }
        """)]
    [InlineData(
        "qwen3_moe", "'num_experts': 9, 'torch_dtype': 'float32'",
        "'num_local_experts': 9, 'dtype': 'float32'")]
    [InlineData(
        "gpt_oss", "'num_local_experts': 6, 'experts_per_token': 3",
        "'num_local_experts': 6, 'num_experts_per_tok': 3")]
    [InlineData("gpt_oss", "'num_local_experts': 6", """
        "num_local_experts": 6, "rope_theta": 150000, "rope_scaling": {"rope_type": "yarn", "factor": 32.0,
        "beta_fast": 32.0, "beta_slow": 1.0, "original_max_position_embeddings": 4096, "truncate": false}
        """)]
    [InlineData("gemma", "'hidden_act': 'gelu', 'hidden_activation': null", "'hidden_act': 'gelu_pytorch_tanh'")]
    [InlineData(
        "smollm3", "'num_hidden_layers': 4, 'no_rope_layer_interval': 2",
        "'num_hidden_layers': 4, 'no_rope_layers': [1, 0, 1, 0]")]
    [InlineData("mixtral", "'head_dim': null, 'num_local_experts': 2", "'num_local_experts': 2, 'head_dim': 128")]
    public void Both_spellings_give_one_table(string model, string old, string renewed)
    {
        var (one, other) = (Of(model, old), Of(model, renewed));
        Assert.Empty(one.Refusals);
        Assert.Empty(other.Refusals);
        Assert.Equal(Description(one), Description(other));
        Assert.NotEqual(Description(one), Description(Of(model, "'vocab_size': 7")));
    }

    // Defaults of the original library, with which its files leave out what equals them.
    [Theory]
    [InlineData("llama", 32000, 4096, 32, 32, 32, 128, 11008, 10_000, 1e-6, false)]
    [InlineData("mistral", 32000, 4096, 32, 32, 8, 128, 14336, 10_000, 1e-6, false)]
    [InlineData("mixtral", 32000, 4096, 32, 32, 8, 128, 14336, 1e6, 1e-5, false)]
    [InlineData("qwen2", 151936, 4096, 32, 32, 32, 128, 22016, 10_000, 1e-6, false)]
    [InlineData("qwen3", 151936, 4096, 32, 32, 32, 128, 22016, 10_000, 1e-6, false)]
    [InlineData("qwen3_moe", 151936, 2048, 24, 32, 4, 64, 768, 10_000, 1e-6, false)]
    [InlineData("olmo", 50304, 4096, 32, 32, 32, 128, 11008, 10_000, 1e-5, false)]
    [InlineData("olmo2", 50304, 4096, 32, 32, 32, 128, 11008, 10_000, 1e-5, false)]
    [InlineData("olmoe", 50304, 2048, 16, 16, 16, 128, 2048, 10_000, 1e-5, false)]
    [InlineData("gemma", 256000, 3072, 28, 16, 16, 256, 24576, 10_000, 1e-6, true)]
    [InlineData("gemma2", 256000, 2304, 26, 8, 4, 256, 9216, 10_000, 1e-6, true)]
    [InlineData("gemma3_text", 262208, 2304, 26, 8, 4, 256, 9216, 10_000, 1e-6, true)]
    [InlineData("phi", 51200, 2048, 24, 32, 32, 64, 8192, 10_000, 1e-5, false)]
    [InlineData("phi3", 32064, 3072, 32, 32, 32, 96, 8192, 10_000, 1e-5, false)]
    [InlineData("stablelm", 50304, 2560, 32, 32, 32, 80, 6912, 10_000, 1e-5, false)]
    [InlineData("starcoder2", 49152, 3072, 30, 24, 2, 128, 12288, 10_000, 1e-5, true)]
    [InlineData("granite", 32000, 4096, 32, 32, 32, 128, 11008, 10_000, 1e-6, false)]
    [InlineData("smollm3", 128256, 2048, 36, 16, 4, 128, 11008, 2e6, 1e-6, true)]
    [InlineData("gpt_oss", 201088, 2880, 36, 64, 8, 64, 2880, 150_000, 1e-5, false)]
    [InlineData("cohere", 256000, 8192, 40, 64, 64, 128, 22528, 500_000, 1e-5, true)]
    public void What_is_not_said_is_the_familys_default(
        string model, int vocabulary, int width, int blocks, int heads, int keyValueHeads, int headWidth, int inner,
        double rotaryBase, double epsilon, bool tied)
    {
        var config = Of(model);
        Assert.Empty(config.Refusals);
        var (attention, second) = config.Blocks[0];
        Assert.Equal(
            (vocabulary, width, blocks, heads, keyValueHeads, headWidth),
            (config.Tokens.Count, config.Width, config.Blocks.Count, attention.Heads, attention.KeyValueHeads,
                attention.HeadWidth));
        var mlp = second as MlpConfig ?? ((ExpertsConfig)second).Experts[0];
        Assert.Equal(
            (inner, rotaryBase, epsilon, tied),
            (mlp.Down.Inputs, attention.Rotary!.Base, config.FinalNorm!.Epsilon, config.TiedHead!.Value));
        Assert.Equal(mlp.Down.Inputs * (mlp.Gate == GateOrder.None ? 1 : 2), mlp.Up.Outputs);
    }

    [Fact]
    public void A_table_made_by_hand_is_the_one_that_is_read()
    {
        Assert.Equal(Description(Of("llama")), Description(Llama.Config() with { TiedHead = false }));
        const string settings =
            "'vocab_size': 512, 'hidden_size': 64, 'num_hidden_layers': 5, 'num_attention_heads': 8, "
                + "'num_key_value_heads': 4, 'intermediate_size': 172, 'rope_theta': 5e5, 'rms_norm_eps': 1e-5, "
                + "'head_dim': 16, 'hidden_act': 'relu'";
        var config = Llama.Config(512, 64, 5, 8, 172, 4, 16, 5e5, Activation.Relu, 1e-5);
        Assert.Equal(Description(Of("llama", settings)), Description(config with { TiedHead = false }));
        Assert.Equal((2, 16, null), (config.Blocks[4].Attention.Sharing, config.Blocks[4].Attention.HeadWidth,
            config.TiedHead));
    }

    [Fact]
    public void Null_is_not_the_default()
    {
        Assert.Equal(4096, Of("mistral").Blocks[0].Attention.Window);
        Assert.Null(Of("mistral", "'sliding_window': null").Blocks[0].Attention.Window);
        Assert.Equal((50, 30), (Of("gemma2").Blocks[0].Attention.ScoreCap, Of("gemma2").Head.Cap));
        var open = Of("gemma2", "'attn_logit_softcapping': null, 'final_logit_softcapping': null");
        Assert.Equal((null, null), (open.Blocks[0].Attention.ScoreCap, open.Head.Cap));
        Assert.Equal(8, Of("mistral").Blocks[0].Attention.KeyValueHeads);
        Assert.Equal(32, Of("mistral", "'num_key_value_heads': null").Blocks[0].Attention.KeyValueHeads);
        Assert.IsType<YarnScaling>(Of("gpt_oss", "'num_local_experts': 4").Blocks[0].Attention.Rotary!.Scaling);
        // A null under the old name says nothing, to the original library too.
        Assert.Equal(
            new YarnScaling(32, 4096) { Truncate = false },
            Of("gpt_oss", "'num_local_experts': 4, 'rope_scaling': null").Blocks[0].Attention.Rotary!.Scaling);
    }

    [Theory]
    [InlineData("mistral", "'sliding_window': 7", "7 7 7 7 7 7")]
    [InlineData("mixtral", "'num_local_experts': 2", "- - - - - -")]
    [InlineData("phi3", "'sliding_window': 7", "7 7 7 7 7 7")]
    [InlineData("starcoder2", "", "- - - - - -")]
    [InlineData("gemma2", "", "4096 - 4096 - 4096 -")]
    [InlineData("gemma3_text", "'sliding_window': 7", "7 7 7 7 7 -")]
    [InlineData("gpt_oss", "'num_local_experts': 4", "128 - 128 - 128 -")]
    [InlineData("qwen2", "'sliding_window': 7, 'max_window_layers': 2", "- - - - - -")]
    [InlineData("qwen2", "'sliding_window': 7, 'max_window_layers': 2, 'use_sliding_window': true", "- - 7 7 7 7")]
    [InlineData(
        "qwen3",
        "'sliding_window': 7, 'use_sliding_window': true, 'layer_types': ['full_attention', "
            + "'sliding_attention', 'full_attention', 'full_attention', 'full_attention', 'full_attention']",
        "- 7 - - - -")]
    [InlineData(
        "qwen3_moe", "'num_experts': 9, 'use_sliding_window': true, 'max_window_layers': 4",
        "4096 4096 4096 4096 4096 4096")]
    [InlineData(
        "smollm3", "'use_sliding_window': true, 'sliding_window': 7, 'no_rope_layer_interval': 3",
        "- - 7 - - 7")]
    public void Each_block_has_the_window_that_the_family_gives_it(string model, string settings, string windows)
    {
        var config = Of(model, $"'num_hidden_layers': 6{(settings == "" ? "" : ", ")}{settings}");
        Assert.Empty(config.Refusals);
        Assert.Equal(
            windows, string.Join(' ', config.Blocks.Select(block => block.Attention.Window?.ToString() ?? "-")));
    }

    [Fact]
    public void Blocks_of_one_model_may_differ_in_positions_and_in_experts()
    {
        var gemma = Of("gemma3_text", "'rope_scaling': {'rope_type': 'linear', 'factor': 8}");
        Assert.Equal(
            [(1e4, false), (1e4, false), (1e4, false), (1e4, false), (1e4, false), (1e6, true)],
            gemma.Blocks.Take(6).Select(block => block.Attention.Rotary!)
                .Select(rotary => (rotary.Base, rotary.Scaling is LinearScaling { Factor: 8 })));
        Assert.Equal(
            [true, true, true, false, true],
            Of("smollm3").Blocks.Take(5).Select(each => each.Attention.Rotary != null));
        var qwen = Of(
            "qwen3_moe",
            "'num_experts': 9, 'decoder_sparse_step': 2, 'mlp_only_layers': [3], 'num_hidden_layers': 6");
        Assert.Equal(
            [false, true, false, false, false, true], qwen.Blocks.Select(block => block.FeedForward is ExpertsConfig));
        Assert.Equal((6144, 768), (
            qwen.Blocks[0].Mlp.Down.Inputs, ((ExpertsConfig)qwen.Blocks[1].FeedForward).Experts[8].Down.Inputs));
    }

    [Fact]
    public void EmbeddingGemma_sees_both_sides_within_half_its_window()
    {
        var config = Of("gemma3_text", "'use_bidirectional_attention': true, 'sliding_window': 512");
        Assert.False(config.IsCausal);
        Assert.All(config.Blocks, block => Assert.False(block.Attention.Causal));
        Assert.Equal((257, null), (config.Blocks[0].Attention.Window, config.Blocks[5].Attention.Window));
        Assert.Empty(config.Refusals);
    }

    [Fact]
    public void The_text_half_of_a_Gemma_that_sees_pictures_is_that_Gemma()
    {
        const string text = "'hidden_size': 640, 'num_hidden_layers': 8, 'sliding_window': 512";
        var whole = Of(
            "gemma3",
            """
            "boi_token_index": 255999, "eoi_token_index": 256000, "image_token_index": 262144,
            "mm_tokens_per_image": 256, "vision_config": {"model_type": "siglip_vision_model"}, "text_config":
            """ + $" {{ 'model_type': 'gemma3_text', {text} }}");
        Assert.Empty(whole.Refusals);
        Assert.Equal(
            Description(Of("gemma3_text", text) with { Family = "", Prefixes = [] }),
            Description(whole with { Family = "", Prefixes = [] }));

        var file = new MemoryTensors("whole");
        foreach (var name in new[] { "language_model.model.embed_tokens", "model.language_model.norm" })
            file.Add($"{name}.weight", [1]);
        file.Add("language_model.lm_head.weight", [1]).Add("vision_tower.embeddings.weight", [1]);
        var missing = new TransformerWeights(file, whole).Missing;
        Assert.DoesNotContain("embed_tokens.weight", missing);
        Assert.DoesNotContain("norm.weight", missing);
        Assert.Contains("layers.7.self_attn.q_proj.weight", missing);

        var strange = Of("gemma3", $"'text_config': {{ {text}, 'strange': 1 }}");
        Assert.Equal(["text_config.strange 1"], strange.Refusals);
    }

    [Fact]
    public void By_settings_StableLM_is_parallel_and_Phi_norms_queries_and_keys()
    {
        var stable = Of("stablelm", "'use_parallel_residual': true, 'use_qkv_bias': true").Blocks[1];
        Assert.True(stable.Parallel);
        Assert.Null(stable.FeedForward.NormBefore);
        Assert.Equal((true, false), (stable.Attention.Input.Bias, stable.Attention.Output.Bias));
        var phi = Of("phi", "'qk_layernorm': true").Blocks[1].Attention;
        Assert.Equal(
            (NormKind.Layer, "layers.1.self_attn.k_layernorm", HeadNormScope.EachHead),
            (phi.KeyNorm!.Norm.Kind, phi.KeyNorm.Norm.Name, phi.KeyNorm.Scope));
    }

    // What files of these families also carry, and nothing of it changes an answer.
    [Theory]
    [InlineData("llama", """
        "_name_or_path": "x", "pretraining_tp": 1, "rope_scaling": null, "attention_dropout": 0.0,
        "attention_bias": false, "mlp_bias": false, "head_dim": null, "max_sequence_length": 2048, "use_cache": true,
        "quantization_config": null, "is_llama_config": true, "rope_interleaved": false, "unsloth_fixed": true
        """)]
    [InlineData("mixtral", """
        "output_router_logits": false, "router_aux_loss_coef": 0.02, "router_jitter_noise": 0.0,
        "sliding_window": null, "num_local_experts": 2
        """)]
    [InlineData("qwen2", """
        "max_window_layers": 21, "sliding_window": 131072, "use_sliding_window": false, "use_mrope": false,
        "attention_dropout": 0.0, "rope_scaling": null
        """)]
    [InlineData("qwen3_moe", """
        "qkv_bias": false, "use_qk_norm": true, "shared_expert_intermediate_size": 0, "mlp_only_layers": [],
        "max_window_layers": 48, "sliding_window": null, "rope_scaling": null, "num_experts": 8
        """)]
    [InlineData("gemma2", """
        "hidden_act": "gelu_pytorch_tanh", "hidden_activation": "gelu_pytorch_tanh", "cache_implementation": "hybrid",
        "sliding_window_size": 4096, "use_bidirectional_attention": null
        """)]
    [InlineData("gemma3_text", """
        "attn_logit_softcapping": null, "final_logit_softcapping": null, "_sliding_window_pattern": 6,
        "cache_implementation": "hybrid", "rope_scaling": null, "use_bidirectional_attention": false
        """)]
    [InlineData("phi", "'embd_pdrop': 0.0, 'resid_pdrop': 0.1, 'rope_scaling': null, 'auto_map': {'a': 'b'}")]
    [InlineData("phi3", """
        "attention_bias": false, "auto_map": {}, "full_attn_mod": 1, "interpolate_factor": 1, "lm_head_bias": false,
        "mlp_bias": false, "original_max_position_embeddings": 4096, "sliding_window": 262144,
        "partial_rotary_factor": 0.75
        """)]
    [InlineData("starcoder2", """
        "embedding_dropout": 0.1, "residual_dropout": 0.1, "mlp_type": "default", "norm_type": "layer_norm",
        "attention_dropout": 0.1
        """)]
    [InlineData("smollm3", "'max_window_layers': 28, 'pretraining_tp': 2, 'use_sliding_window': false")]
    [InlineData("gpt_oss", """
        "initial_context_length": 4096, "swiglu_limit": 7.0, "experts_per_token": 4, "num_experts_per_tok": 4,
        "num_local_experts": 8, "router_aux_loss_coef": 0.9, "output_router_logits": false
        """)]
    [InlineData("cohere", "'model_max_length': 131072, 'pretraining_tp': 1, 'use_qk_norm': false")]
    public void Settings_without_effect_are_ignored(string model, string settings) =>
        Assert.Empty(Of(model, settings).Refusals);

    [Theory]
    [InlineData("llama", "'quantization_config': {'bits': 4}", "quantization_config {'bits': 4}")]
    [InlineData("llama", "'hidden_act': 'xielu'", "hidden_act 'xielu'")]
    [InlineData("llama", "'sliding_window': 5", "sliding_window 5")]
    [InlineData("llama", "'rope_interleaved': true", "rope_interleaved true")]
    [InlineData("llama", "'rope_scaling': {'type': 'mrope'}", "rope_scaling.type 'mrope' (known are default, ")]
    [InlineData("llama", "'rope_parameters': {'rope_type': 'x'}", "rope_parameters.rope_type 'x'")]
    [InlineData("llama", "'rope_parameters': {'full_attention': {}}", "rope_parameters.full_attention {}")]
    [InlineData("llama", "'rope_theta': 1e4, 'rotary_emb_base': 2e4", "rotary_emb_base 2e4 beside another value")]
    [InlineData(
        "llama", "'rope_scaling': {'type': 'linear', 'rope_type': 'default', 'factor': 2}",
        "rope_scaling.type 'linear'")]
    [InlineData("llama", "'rope_scaling': {'type': 'default'}, 'rope_parameters': {}", "rope_scaling {'type'")]
    [InlineData(
        "llama", "'rope_scaling': {'type': 'linear', 'factor': 2, 'mscale': 1, 'new': 1}",
        "rope_scaling.new 1")]
    [InlineData("qwen2", "'use_mrope': true", "use_mrope true")]
    [InlineData("qwen2", "'dual_chunk_attention_config': {'chunk_size': 9}", "dual_chunk_attention_config")]
    [InlineData("qwen3", "'num_hidden_layers': 1, 'layer_types': ['sliding_attention']", "without use_sliding_window")]
    [InlineData(
        "qwen3_moe", "'num_experts': 9, 'shared_expert_intermediate_size': 5",
        "shared_expert_intermediate_size 5")]
    [InlineData("gemma2", "'use_bidirectional_attention': true", "use_bidirectional_attention true")]
    [InlineData("gemma2", "'num_hidden_layers': 1, 'layer_types': ['chunked_attention']", "layer_types")]
    [InlineData("gemma3_text", "'rope_parameters': {'rope_theta': 5.0}", "rope_parameters.rope_theta 5.0")]
    [InlineData("phi3", "'lm_head_bias': true", "lm_head_bias true")]
    [InlineData("starcoder2", "'norm_type': 'rms_norm'", "norm_type 'rms_norm'")]
    [InlineData("gpt_oss", "'num_local_experts': 8, 'experts_per_token': 2, 'num_experts_per_tok': 4", "another value")]
    [InlineData("olmo", "'weight_tying': true", "weight_tying true")]
    [InlineData("gemma2", "'rope_local_base_freq': 1e4", "rope_local_base_freq 1e4")]
    public void A_setting_that_is_not_supported_is_refused_by_name(string model, string settings, string name) =>
        Assert.Contains(name.Replace('\'', '"'), Assert.Single(Of(model, settings).Refusals));

    [Theory]
    [InlineData("llama", "'rope_scaling': {'type': 'linear'}", "'linear' need a setting factor")]
    [InlineData("llama", "'rope_scaling': {'type': 'dynamic', 'factor': 2}", "max_position_embeddings")]
    [InlineData(
        "llama", "'rope_scaling': {'type': 'linear', 'factor': 0}",
        "rope_scaling.factor should be a number above 0")]
    [InlineData("llama", "'rope_theta': -1", "rope_theta should be a number above 0, but is -1")]
    [InlineData("llama", "'head_dim': 5", "of 5 places of a head, 5 should turn")]
    [InlineData("llama", "'partial_rotary_factor': 1.5", "of 128 places of a head, 192 should turn")]
    [InlineData("llama", "'num_attention_heads': 7", "7 heads")]
    [InlineData(
        "phi3", "'max_position_embeddings': 9, 'rope_scaling': {'type': 'su', " + Long + "}",
        "short_factor has 4 numbers, where 48 pairs")]
    [InlineData("gemma2", "'layer_types': ['full_attention']", "layer_types names 1 blocks, where there are 26")]
    [InlineData("smollm3", "'no_rope_layers': [1, 0]", "no_rope_layers names 2 blocks, where there are 36")]
    [InlineData("mixtral", "'num_local_experts': 2, 'num_experts_per_tok': 3", "num_experts_per_tok is 3")]
    [InlineData("gemma3", "", "text_config")]
    [InlineData("stablelm", "'rotary_pct': 'half'", "rotary_pct should be a number, but is 'half'")]
    public void Settings_that_make_no_sense_are_named(string model, string settings, string name)
    {
        var error = Assert.Throws<WeightFileException>(() => Of(model, settings));
        Assert.Equal((FileProblem.Malformed, "config.json"), (error.Problem, error.Path));
        Assert.Contains(name.Replace('\'', '"'), error.Message);
    }

    [Fact]
    public void Without_a_model_type_the_architecture_tells_the_family()
    {
        Assert.Equal("phi3", ByName("Phi3ForCausalLM"));
        Assert.Equal("phi", ByName("PhiForCausalLM"));
        Assert.Equal("qwen3_moe", ByName("Qwen3MoeForCausalLM"));
        Assert.Equal("gemma3_text", ByName("Gemma3ForCausalLM"));
        Assert.Equal("llama", ByName("LlamaModel"));

        static string ByName(string name) =>
            Family.Parse($$"""{ "architectures": ["{{name}}"] }""", "config.json").Family;
    }

    // All that a table says, in words; lists are compared by what is in them.
    private static string Description(object? value) => value switch
    {
        null => "null",
        string text => text,
        IEnumerable list => $"[{string.Join(", ", list.Cast<object?>().Select(Description))}]",
        _ when value.GetType().Namespace == typeof(TransformerConfig).Namespace && !value.GetType().IsEnum =>
            $"{value.GetType().Name}({string.Join(", ", value.GetType().GetProperties()
                .Where(property => property.CanWrite)
                .Select(property => $"{property.Name} {Description(property.GetValue(value))}"))})",
        _ => FormattableString.Invariant($"{value}"),
    };
}
