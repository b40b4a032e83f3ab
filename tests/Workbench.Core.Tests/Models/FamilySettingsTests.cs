using System.Linq;
using Workbench.Core.Formats;
using Workbench.Core.Models;
using Workbench.Core.Models.Families;
using Xunit;

namespace Workbench.Core.Tests.Models;

/// <summary>How families read their settings: defaults of the transformers library, what files on the hub carry, what
/// changes the table, and what is refused by name.</summary>
public sealed class FamilySettingsTests
{
    private static TransformerConfig Read(string json, params string[] tensors) =>
        Family.Parse(json, "config.json", tensors);

    private static TransformerConfig Of(string type, string settings = "", params string[] tensors) =>
        Read($$"""{ "model_type": "{{type}}"{{(settings == "" ? "" : ", ")}}{{settings}} }""", tensors);

    // From the library's configuration classes: tokens, width, blocks, heads, inner width, longest text.
    [Theory]
    [InlineData("gpt_neo", 50257, 2048, 24, 16, 8192, 2048)]
    [InlineData("gptj", 50400, 4096, 28, 16, 16384, int.MaxValue)]
    [InlineData("codegen", 50400, 4096, 28, 16, 16384, int.MaxValue)]
    [InlineData("gpt_neox", 50432, 6144, 44, 64, 24576, int.MaxValue)]
    [InlineData("opt", 50272, 768, 12, 12, 3072, 2048)]
    [InlineData("biogpt", 42384, 1024, 24, 16, 4096, 1024)]
    [InlineData("bloom", 250880, 64, 2, 8, 256, int.MaxValue)]
    [InlineData("falcon", 65024, 4544, 32, 71, 18176, int.MaxValue)]
    [InlineData("gpt_bigcode", 50257, 768, 12, 12, 3072, 1024)]
    [InlineData("mpt", 50368, 2048, 24, 16, 8192, int.MaxValue)]
    [InlineData("distilbert", 30522, 768, 6, 12, 3072, 512)]
    [InlineData("albert", 30000, 4096, 12, 64, 16384, 512)]
    [InlineData("electra", 30522, 256, 12, 4, 1024, 512)]
    [InlineData("mpnet", 30527, 768, 12, 12, 3072, 510)]
    [InlineData("modernbert", 50368, 768, 22, 12, 1152, int.MaxValue)]
    [InlineData("roberta", 50265, 768, 12, 12, 3072, 510)]
    public void What_is_not_said_is_the_librarys_default(
        string type, int vocabulary, int width, int blocks, int heads, int inner, int longest)
    {
        var config = Of(type);
        Assert.Empty(config.Refusals);
        Assert.Equal(
            (type, vocabulary, width, blocks, heads, inner, longest),
            (config.Family, config.Tokens.Count, config.Width, config.Blocks.Count, config.Blocks[0].Attention.Heads,
                config.Blocks[0].Mlp.Down.Inputs, config.MaxTokens));
    }

    // As files on the hub have them, shortened only by labels and sampling; each ends with what only newer ones carry.
    [Theory]
    [InlineData("""
        { "activation_function": "gelu_new", "architectures": ["GPTNeoForCausalLM"], "attention_dropout": 0,
          "attention_layers": ["global", "local"], "attention_types": [[["global", "local"], 1]],
          "bos_token_id": 50256, "embed_dropout": 0, "eos_token_id": 50256, "gradient_checkpointing": false,
          "hidden_size": 768, "initializer_range": 0.02, "intermediate_size": null, "layer_norm_epsilon": 1e-05,
          "max_position_embeddings": 2048, "model_type": "gpt_neo", "num_heads": 12, "num_layers": 2,
          "resid_dropout": 0, "summary_activation": null, "summary_first_dropout": 0.1,
          "summary_proj_to_labels": true, "summary_type": "cls_index", "summary_use_proj": true,
          "transformers_version": "4.9.0.dev0", "use_cache": true, "vocab_size": 50257, "window_size": 256 }
        """)]
    [InlineData("""
        { "activation_function": "gelu_new", "architectures": ["GPTJForCausalLM"], "attn_pdrop": 0.0,
          "bos_token_id": 50256, "embd_pdrop": 0.0, "eos_token_id": 50256, "gradient_checkpointing": false,
          "initializer_range": 0.02, "layer_norm_epsilon": 1e-05, "model_type": "gptj", "n_embd": 4096,
          "n_head": 16, "n_inner": null, "n_layer": 28, "n_positions": 2048, "resid_pdrop": 0.0, "rotary": true,
          "rotary_dim": 64, "scale_attn_weights": true, "tie_word_embeddings": false,
          "tokenizer_class": "GPT2Tokenizer", "use_cache": true, "vocab_size": 50400, "is_decoder": false }
        """)]
    [InlineData("""
        { "architectures": ["CodeGenForCausalLM"], "model_type": "codegen", "activation_function": "gelu_new",
          "attn_pdrop": 0.0, "bos_token_id": 1, "embd_pdrop": 0.0, "eos_token_id": 50256,
          "gradient_checkpointing": false, "layer_norm_epsilon": 1e-05, "n_ctx": 2048, "n_embd": 1024,
          "n_head": 16, "n_inner": null, "n_layer": 20, "n_positions": 2048, "resid_pdrop": 0.0,
          "rotary_dim": 32, "scale_attn_weights": true, "tokenizer_class": "GPT2Tokenizer", "vocab_size": 51200 }
        """)]
    [InlineData("""
        { "architectures": ["GPTNeoXForCausalLM"], "attention_probs_dropout_prob": 0, "bos_token_id": 0,
          "eos_token_id": 0, "hidden_act": "gelu_fast", "hidden_dropout_prob": 0, "hidden_size": 512,
          "initializer_range": 0.02, "intermediate_size": 2048, "layer_norm_eps": 1e-05,
          "max_position_embeddings": 2048, "model_type": "gpt_neox", "num_attention_heads": 8,
          "num_hidden_layers": 6, "rotary_emb_base": 10000, "rotary_pct": 0.25, "tie_word_embeddings": false,
          "torch_dtype": "float16", "use_cache": true, "use_parallel_residual": true, "vocab_size": 50304,
          "attention_bias": true, "attention_dropout": 0.0, "classifier_dropout": 0.1, "hidden_dropout": 0.0,
          "rope_scaling": null }
        """)]
    [InlineData("""
        { "activation_dropout": 0.0, "activation_function": "relu", "architectures": ["OPTForCausalLM"],
          "attention_dropout": 0.0, "bos_token_id": 2, "do_layer_norm_before": false, "dropout": 0.1,
          "eos_token_id": 2, "ffn_dim": 4096, "hidden_size": 1024, "init_std": 0.02, "layerdrop": 0.0,
          "max_position_embeddings": 2048, "model_type": "opt", "num_attention_heads": 16,
          "num_hidden_layers": 24, "pad_token_id": 1, "prefix": "</s>", "torch_dtype": "float16",
          "use_cache": true, "vocab_size": 50272, "word_embed_proj_dim": 512, "enable_bias": true,
          "layer_norm_elementwise_affine": true, "_remove_final_layer_norm": false, "learned_embeddings": true,
          "scale_embeddings": false }
        """)]
    [InlineData("""
        { "activation_dropout": 0.0, "architectures": ["BioGptForCausalLM"], "attention_probs_dropout_prob": 0.1,
          "bos_token_id": 0, "eos_token_id": 2, "hidden_act": "gelu", "hidden_dropout_prob": 0.1,
          "hidden_size": 1024, "initializer_range": 0.02, "intermediate_size": 4096, "layer_norm_eps": 1e-12,
          "layerdrop": 0.0, "max_position_embeddings": 1024, "model_type": "biogpt", "num_attention_heads": 16,
          "num_hidden_layers": 24, "pad_token_id": 1, "scale_embedding": true, "use_cache": true,
          "vocab_size": 42384 }
        """)]
    [InlineData("""
        { "apply_residual_connection_post_layernorm": false, "architectures": ["BloomForCausalLM"],
          "attention_dropout": 0.0, "attention_softmax_in_fp32": true, "bias_dropout_fusion": true,
          "bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 3, "unk_token_id": 0, "hidden_dropout": 0.0,
          "initializer_range": 0.02, "layer_norm_epsilon": 1e-05, "masked_softmax_fusion": true,
          "model_type": "bloom", "n_embed": 1024, "n_inner": null, "n_layer": 24, "num_attention_heads": 16,
          "offset_alibi": 100, "pretraining_tp": 1, "skip_bias_add": true, "skip_bias_add_qkv": false,
          "seq_length": 2048, "slow_but_exact": false, "use_cache": true, "vocab_size": 250880 }
        """)]
    [InlineData("""
        { "alibi": false, "apply_residual_connection_post_layernorm": false,
          "architectures": ["FalconForCausalLM"], "attention_dropout": 0.0,
          "auto_map": { "AutoConfig": "configuration_falcon.FalconConfig" }, "bias": false, "bos_token_id": 11,
          "eos_token_id": 11, "hidden_dropout": 0.0, "hidden_size": 8192, "initializer_range": 0.02,
          "layer_norm_epsilon": 1e-05, "model_type": "falcon", "new_decoder_architecture": true,
          "num_attention_heads": 128, "num_hidden_layers": 2, "num_kv_heads": 8, "parallel_attn": true,
          "torch_dtype": "bfloat16", "use_cache": true, "vocab_size": 65024, "activation": "gelu",
          "ff_factor": 4, "ffn_hidden_size": 32768, "num_ln_in_parallel_attn": null, "rope_scaling": null,
          "rope_theta": 10000.0, "max_position_embeddings": 2048 }
        """)]
    [InlineData("""
        { "activation_function": "gelu_pytorch_tanh", "architectures": ["GPTBigCodeForCausalLM"],
          "attention_softmax_in_fp32": true, "attn_pdrop": 0.1, "bos_token_id": 0, "embd_pdrop": 0.1,
          "eos_token_id": 0, "inference_runner": 0, "initializer_range": 0.02, "layer_norm_epsilon": 1e-05,
          "max_batch_size": null, "max_sequence_length": null, "model_type": "gpt_bigcode", "multi_query": true,
          "n_embd": 2048, "n_head": 16, "n_inner": 8192, "n_layer": 24, "n_positions": 8192,
          "pad_key_length": true, "pre_allocate_kv_cache": false, "resid_pdrop": 0.1,
          "scale_attention_softmax_in_fp32": true, "scale_attn_weights": true, "summary_activation": null,
          "summary_first_dropout": 0.1, "summary_proj_to_labels": true, "summary_type": "cls_index",
          "summary_use_proj": true, "use_cache": true, "validate_runner_input": true, "vocab_size": 49152,
          "num_key_value_heads": 1, "add_cross_attention": false }
        """)]
    [InlineData("""
        { "architectures": ["MPTForCausalLM"],
          "attn_config": { "alibi": true, "alibi_bias_max": 8, "attn_impl": "torch", "attn_pdrop": 0,
            "attn_type": "multihead_attention", "attn_uses_sequence_id": false, "clip_qkv": 6,
            "prefix_lm": false, "qk_ln": false, "softmax_scale": null },
          "auto_map": {}, "d_model": 7168, "emb_pdrop": 0, "embedding_fraction": 1.0, "expansion_ratio": 4,
          "init_config": { "init_div_is_residual": true, "name": "kaiming_normal_" }, "init_device": "cpu",
          "learned_pos_emb": true, "logit_scale": null, "max_seq_len": 8192, "model_type": "mpt", "n_heads": 64,
          "n_layers": 2, "no_bias": true, "norm_type": "low_precision_layernorm", "resid_pdrop": 0,
          "tokenizer_name": "EleutherAI/gpt-neox-20b", "torch_dtype": "bfloat16", "use_cache": false,
          "verbose": 0, "vocab_size": 50432 }
        """)]
    [InlineData("""
        { "activation": "gelu", "architectures": ["DistilBertForMaskedLM"], "attention_dropout": 0.1, "dim": 768,
          "dropout": 0.1, "hidden_dim": 3072, "initializer_range": 0.02, "max_position_embeddings": 512,
          "model_type": "distilbert", "n_heads": 12, "n_layers": 6, "pad_token_id": 0, "qa_dropout": 0.1,
          "seq_classif_dropout": 0.2, "sinusoidal_pos_embds": false, "tie_weights_": true,
          "transformers_version": "4.10.0.dev0", "vocab_size": 30522 }
        """)]
    [InlineData("""
        { "architectures": ["AlbertForMaskedLM"], "attention_probs_dropout_prob": 0, "bos_token_id": 2,
          "classifier_dropout_prob": 0.1, "down_scale_factor": 1, "embedding_size": 128, "eos_token_id": 3,
          "gap_size": 0, "hidden_act": "gelu", "hidden_dropout_prob": 0, "hidden_size": 768,
          "initializer_range": 0.02, "inner_group_num": 1, "intermediate_size": 3072, "layer_norm_eps": 1e-12,
          "max_position_embeddings": 512, "model_type": "albert", "net_structure_type": 0,
          "num_attention_heads": 12, "num_hidden_groups": 1, "num_hidden_layers": 12, "num_memory_blocks": 0,
          "pad_token_id": 0, "type_vocab_size": 2, "vocab_size": 30000, "layers_to_keep": [] }
        """)]
    [InlineData("""
        { "architectures": ["ElectraForPreTraining"], "attention_probs_dropout_prob": 0.1,
          "classifier_dropout": null, "embedding_size": 128, "hidden_act": "gelu", "hidden_dropout_prob": 0.1,
          "hidden_size": 256, "initializer_range": 0.02, "intermediate_size": 1024, "layer_norm_eps": 1e-12,
          "max_position_embeddings": 512, "model_type": "electra", "num_attention_heads": 4,
          "num_hidden_layers": 12, "pad_token_id": 0, "position_embedding_type": "absolute",
          "summary_activation": "gelu", "summary_last_dropout": 0.1, "summary_type": "first",
          "summary_use_proj": true, "type_vocab_size": 2, "use_cache": true, "vocab_size": 30522 }
        """)]
    [InlineData("""
        { "architectures": ["MPNetForMaskedLM"], "attention_probs_dropout_prob": 0.1, "bos_token_id": 0,
          "eos_token_id": 2, "hidden_act": "gelu", "hidden_dropout_prob": 0.1, "hidden_size": 768,
          "initializer_range": 0.02, "intermediate_size": 3072, "layer_norm_eps": 1e-05,
          "max_position_embeddings": 514, "model_type": "mpnet", "num_attention_heads": 12,
          "num_hidden_layers": 12, "pad_token_id": 1, "relative_attention_num_buckets": 32, "vocab_size": 30527 }
        """)]
    [InlineData("""
        { "architectures": ["ModernBertForMaskedLM"], "attention_bias": false, "attention_dropout": 0.0,
          "bos_token_id": 50281, "classifier_activation": "gelu", "classifier_bias": false,
          "classifier_dropout": 0.0, "classifier_pooling": "mean", "cls_token_id": 50281, "decoder_bias": true,
          "deterministic_flash_attn": false, "embedding_dropout": 0.0, "eos_token_id": 50282,
          "global_attn_every_n_layers": 3, "global_rope_theta": 160000.0, "gradient_checkpointing": false,
          "hidden_activation": "gelu", "hidden_size": 768, "initializer_cutoff_factor": 2.0,
          "initializer_range": 0.02, "intermediate_size": 1152, "layer_norm_eps": 1e-05, "local_attention": 128,
          "local_rope_theta": 10000.0, "max_position_embeddings": 8192, "mlp_bias": false, "mlp_dropout": 0.0,
          "model_type": "modernbert", "norm_bias": false, "norm_eps": 1e-05, "num_attention_heads": 12,
          "num_hidden_layers": 22, "pad_token_id": 50283, "position_embedding_type": "absolute",
          "sep_token_id": 50282, "tie_word_embeddings": true, "torch_dtype": "float32", "vocab_size": 50368,
          "reference_compile": null, "repad_logits_with_grad": false, "sparse_pred_ignore_index": -100,
          "sparse_prediction": false }
        """)]
    [InlineData("""
        { "architectures": ["CamembertForMaskedLM"], "attention_probs_dropout_prob": 0.1, "bos_token_id": 5,
          "eos_token_id": 6, "hidden_act": "gelu", "hidden_dropout_prob": 0.1, "hidden_size": 768,
          "initializer_range": 0.02, "intermediate_size": 3072, "layer_norm_eps": 1e-05,
          "max_position_embeddings": 514, "model_type": "camembert", "num_attention_heads": 12,
          "num_hidden_layers": 12, "output_past": true, "pad_token_id": 1, "type_vocab_size": 1,
          "vocab_size": 32005 }
        """)]
    public void Files_of_the_hub_are_read_without_refusals(string json) => Assert.Empty(Read(json).Refusals);

    [Theory]
    [InlineData("gpt_neo", "\"quantization_config\": {\"bits\": 4}", "quantization_config {\"bits\": 4}")]
    [InlineData("gpt_neo", "\"activation_function\": \"mish\"", "activation_function \"mish\"")]
    [InlineData("gptj", "\"rotary_dim\": null", "rotary_dim null")]
    [InlineData("gptj", "\"rope_theta\": 5000.0", "rope_theta 5000.0")]
    [InlineData("gpt_neox", "\"rope_scaling\": {\"type\": \"magic\", \"factor\": 2}", "rope_scaling.type \"magic\"")]
    [InlineData("opt", "\"scale_embeddings\": true", "scale_embeddings true")]
    [InlineData("bloom", "\"n_inner\": 100", "n_inner 100")]
    [InlineData("bloom", "\"add_cross_attention\": true", "add_cross_attention true")]
    [InlineData("falcon", "\"new_decoder_architecture\": true, \"parallel_attn\": false", "parallel_attn false")]
    [InlineData("falcon", "\"num_ln_in_parallel_attn\": 2", "num_ln_in_parallel_attn 2")]
    [InlineData("gpt_bigcode", "\"num_key_value_heads\": 4", "num_key_value_heads 4")]
    [InlineData("mpt", "\"attn_config\": {\"alibi\": false}", "attn_config.alibi false")]
    [InlineData("mpt", "\"attn_config\": {\"qk_ln\": true}", "attn_config.qk_ln true")]
    [InlineData("mpt", "\"attn_config\": {\"attn_type\": \"multiquery_attention\"}", "attn_config.attn_type \"multi")]
    [InlineData("mpt", "\"attn_config\": {\"kv_n_heads\": 4}", "attn_config.kv_n_heads 4")]
    [InlineData("mpt", "\"norm_type\": \"rmsnorm\"", "norm_type \"rmsnorm\"")]
    [InlineData("mpt", "\"no_bias\": false", "no_bias false")]
    [InlineData("mpt", "\"logit_scale\": \"inv_sqrt_d_model\"", "logit_scale \"inv_sqrt_d_model\"")]
    [InlineData("distilbert", "\"is_decoder\": true", "is_decoder true")]
    [InlineData("albert", "\"position_embedding_type\": \"relative_key\"", "position_embedding_type \"relative_key\"")]
    [InlineData("electra", "\"is_encoder_decoder\": true", "is_encoder_decoder true")]
    [InlineData("mpnet", "\"relative_attention_num_buckets\": 64", "relative_attention_num_buckets 64")]
    [InlineData("modernbert", "\"window\": 4", "window 4")]
    public void What_changes_the_answer_and_is_not_supported_is_refused_by_name(
        string type, string settings, string name) =>
        Assert.Contains(name, Assert.Single(Of(type, settings).Refusals));

    [Theory]
    [InlineData("gpt_neo", "\"num_layers\": 3, \"attention_layers\": [\"global\", \"local\"]", "says 3")]
    [InlineData("gpt_neo", "\"num_layers\": 1, \"attention_layers\": [\"sideways\"]", "sideways")]
    [InlineData("gpt_neo", "\"attention_types\": [[\"global\", 2]]", "attention_types")]
    [InlineData("gptj", "\"rotary_dim\": 7", "rotary_dim 7")]
    [InlineData("gptj", "\"n_embd\": 64, \"n_head\": 16", "rotary_dim 64")]
    [InlineData("codegen", "\"n_embd\": 384, \"n_head\": 6", "6 heads")]
    [InlineData("falcon", "\"new_decoder_architecture\": true, \"num_kv_heads\": 3", "3 key/value heads")]
    [InlineData("modernbert", "\"num_hidden_layers\": 2, \"layer_types\": [\"full_attention\"]", "layer_types")]
    [InlineData("mpt", "\"attn_config\": {\"clip_qkv\": -1}", "attn_config.clip_qkv")]
    [InlineData("gptj", "\"n_layer\": 2000000000", "n_layer should be at most 1000")]
    [InlineData("albert", "\"inner_group_num\": 2000000000", "inner_group_num")]
    [InlineData("mixtral", "\"num_local_experts\": 2000000000", "num_local_experts")]
    [InlineData("gpt_neo", "\"num_layers\": 2, \"attention_types\": [[[\"global\"], 2000000000]]", "says 2")]
    public void Settings_that_make_no_sense_name_file_and_setting(string type, string settings, string name)
    {
        var error = Assert.Throws<WeightFileException>(() => Of(type, settings));
        Assert.Equal("config.json", error.Path);
        Assert.Contains(name, error.Message);
    }

    [Fact]
    public void GptNeo_sees_a_window_in_the_blocks_that_are_called_local()
    {
        Assert.Equal([null, 256, null, 256], Windows(Of("gpt_neo", "\"num_layers\": 4")));
        Assert.Equal(
            [9, 9, null],
            Windows(Of(
                "gpt_neo",
                "\"num_layers\": 3, \"window_size\": 9, \"attention_types\": [[[\"local\"], 2], [[\"global\"], 1]]")));
        Assert.Equal(1, Of("gpt_neo").Blocks[0].Attention.Scale);

        static int?[] Windows(TransformerConfig config) => [.. config.Blocks.Select(block => block.Attention.Window)];
    }

    [Fact]
    public void GptNeoX_reads_either_name_of_its_head_and_either_order_of_its_halves()
    {
        Assert.Equal("embed_out", Of("gpt_neox", "", "embed_out.weight").Head.Name);
        Assert.Equal("lm_head", Of("gpt_neox", "", "lm_head.weight").Head.Name);
        Assert.True(Of("gpt_neox").Blocks[0].Parallel);
        Assert.False(Of("gpt_neox", "\"use_parallel_residual\": false").Blocks[0].Parallel);
        Assert.False(Of("gpt_neox", "\"attention_bias\": false").Blocks[0].Attention.Input.Bias);
        // A quarter of 96 places turns, by a base under either name.
        Assert.Equal(
            new RotaryConfig(24, 5000), Of("gpt_neox", "\"rotary_emb_base\": 5000").Blocks[0].Attention.Rotary);
    }

    [Fact]
    public void Opts_norms_stand_where_the_settings_put_them()
    {
        var (before, after) = (Of("opt"), Of("opt", "\"do_layer_norm_before\": false"));
        Assert.NotNull(before.Blocks[0].Attention.NormBefore);
        Assert.NotNull(before.FinalNorm);
        Assert.Null(after.Blocks[0].Attention.NormBefore);
        Assert.Equal("layers.0.final_layer_norm", after.Blocks[0].Mlp.NormAfter!.Name);
        Assert.Null(after.FinalNorm);
        Assert.Null(Of("opt", "\"_remove_final_layer_norm\": true").FinalNorm);
        Assert.False(Of("opt", "\"layer_norm_elementwise_affine\": false").FinalNorm!.Weighted);
        Assert.Equal((2, 2048), (before.Positions!.First, before.MaxTokens));
        // Layers without biases, norms with.
        var bare = Of("opt", "\"enable_bias\": false");
        Assert.Equal((false, true), (bare.Biases!.Value, bare.FinalNorm!.Bias!.Value));
        // The 350m's tokens are half as wide as its stream.
        var narrow = Of("opt", "\"word_embed_proj_dim\": 384");
        Assert.Equal((384, 768), (narrow.TokenProjection!.Inputs, narrow.TokenProjection.Outputs));
        Assert.Equal((768, 384), (narrow.OutputProjection!.Inputs, narrow.OutputProjection.Outputs));
        Assert.Null(before.TokenProjection);
    }

    // Key/value heads, norms of the two halves, whether both read the same stream.
    [Theory]
    [InlineData("", 1, "input_layernorm", null, true)]
    [InlineData("\"num_kv_heads\": 71", 1, "input_layernorm", null, true)]
    [InlineData("\"multi_query\": false", 71, "input_layernorm", null, true)]
    [InlineData(
        "\"multi_query\": false, \"parallel_attn\": false", 71, "input_layernorm", "post_attention_layernorm", false)]
    [InlineData("\"new_decoder_architecture\": true", 71, "ln_attn", "ln_mlp", true)]
    [InlineData(
        "\"hidden_size\": 4096, \"num_attention_heads\": 64, \"num_kv_heads\": 8, \"new_decoder_architecture\": true",
        8, "ln_attn", "ln_mlp", true)]
    [InlineData(
        "\"new_decoder_architecture\": true, \"num_ln_in_parallel_attn\": 1", 71, "input_layernorm", null, true)]
    public void Falcon_has_three_shapes(string settings, int keyValueHeads, string first, string? second, bool parallel)
    {
        var block = Of("falcon", settings).Blocks[1];
        Assert.Equal(
            (keyValueHeads, $"h.1.{first}", second is null ? null : $"h.1.{second}", parallel),
            (block.Attention.KeyValueHeads, block.Attention.NormBefore!.Name, block.Mlp.NormBefore?.Name,
                block.Parallel));
        Assert.Equal(
            (block.Attention.Heads + 2 * keyValueHeads) * block.Attention.HeadWidth, block.Attention.Input.Outputs);
    }

    [Fact]
    public void Falcon_tells_positions_by_rotation_or_by_linear_biases()
    {
        var (turned, biased) = (Of("falcon"), Of("falcon", "\"alibi\": true, \"rope_theta\": 10000.0"));
        Assert.Equal(new RotaryConfig(64), turned.Blocks[0].Attention.Rotary);
        Assert.Null(turned.Blocks[0].Attention.Alibi);
        Assert.Null(biased.Blocks[0].Attention.Rotary);
        Assert.Equal(AlibiKind.Falcon, biased.Blocks[0].Attention.Alibi!.Kind);
        Assert.Empty(biased.Refusals);
    }

    [Theory]
    [InlineData("true", 1, 896), InlineData("false", 12, 2304)]
    public void GptBigCode_shares_one_key_and_value_or_none(string shared, int keyValueHeads, int outputs)
    {
        var attention = Of("gpt_bigcode", $"\"multi_query\": {shared}").Blocks[0].Attention;
        Assert.Equal(
            (keyValueHeads, outputs, HeadOrder.Groups),
            (attention.KeyValueHeads, attention.Input.Outputs, attention.Order));
    }

    [Fact]
    public void Mpts_settings_of_attention_are_obeyed()
    {
        var attention = Of(
            "mpt", "\"attn_config\": { \"clip_qkv\": 6, \"softmax_scale\": 0.25 }, \"n_heads\": 8").Blocks[0].Attention;
        Assert.Equal((6.0, 0.25f, 8), (attention.Clip, attention.Scale, attention.Heads));
        Assert.Equal((null, 1 / 16f), (Of("mpt", "\"n_heads\": 8").Blocks[0].Attention.Clip,
            Of("mpt", "\"n_heads\": 8").Blocks[0].Attention.Scale));
    }

    [Fact]
    public void BioGpts_norms_add_what_the_library_adds_and_not_what_is_set()
    {
        var config = Of("biogpt", "\"layer_norm_eps\": 0.01, \"hidden_size\": 1024");
        Assert.Equal((1e-5, 1e-5, 32.0), (config.FinalNorm!.Epsilon, config.Blocks[0].Mlp.NormBefore!.Epsilon,
            config.EmbeddingScale));
        Assert.Equal(1, Of("biogpt", "\"scale_embedding\": false").EmbeddingScale);
    }

    [Fact]
    public void Alberts_blocks_stand_as_often_as_their_groups_say()
    {
        var blocks = Of(
            "albert", "\"num_hidden_layers\": 5, \"num_hidden_groups\": 2, \"inner_group_num\": 2").Blocks;
        var names = blocks.Select(block => block.Mlp.Up.Name["encoder.albert_layer_groups.".Length..]);
        Assert.Equal(
            [.. new[] { 0, 0, 0, 1, 1 }
                .SelectMany(group => new[] { 0, 1 }.Select(i => $"{group}.albert_layers.{i}.ffn"))],
            names);
        Assert.Same(blocks[0], blocks[4]);
    }

    [Fact]
    public void Electras_head_is_known_by_its_tensors()
    {
        var generator = Of(
            "electra", "\"hidden_act\": \"relu\"", "generator_predictions.dense.weight").Head;
        Assert.Equal(
            (null, Activation.Gelu, 128),
            (generator.Scores, generator.Transform!.Activation, generator.Transform.Layer.Outputs));
        var discriminator = Of(
            "electra", "\"hidden_act\": \"relu\"", "discriminator_predictions.dense.weight").Head;
        Assert.Equal(
            (1, Activation.Relu, (NormConfig?)null),
            (discriminator.Scores, discriminator.Transform!.Activation, discriminator.Transform.Norm));
        Assert.Null(Of("electra", "\"embedding_size\": 256").EmbeddingProjection);
    }

    [Fact]
    public void MPNets_padding_is_1_whatever_is_set_and_RoBERTas_is_what_is_set()
    {
        Assert.Equal(1, Of("mpnet", "\"pad_token_id\": 5").Positions!.Padding);
        Assert.Equal(5, Of("roberta", "\"pad_token_id\": 5").Positions!.Padding);
        Assert.Null(Of("mpnet").TokenTypes);
    }

    [Theory]
    [InlineData("\"global_rope_theta\": 7.0, \"local_rope_theta\": 5.0")]
    [InlineData("""
        "rope_parameters": { "full_attention": { "rope_theta": 7.0, "rope_type": "default" },
                             "sliding_attention": { "rope_theta": 5.0, "rope_type": "default" } }
        """)]
    [InlineData("""
        "layer_types": ["full_attention", "sliding_attention", "sliding_attention", "full_attention"],
        "global_rope_theta": 7.0, "local_rope_theta": 5.0
        """)]
    public void ModernBerts_windows_and_bases_alternate(string settings)
    {
        var config = Of("modernbert", $"{settings}, \"num_hidden_layers\": 4, \"local_attention\": 9");
        Assert.Equal(
            [((int?)null, 7.0), (5, 5.0), (5, 5.0), (null, 7.0)],
            config.Blocks.Select(block => (block.Attention.Window, block.Attention.Rotary!.Base)));
        Assert.Equal(
            [null, "layers.1.attn_norm"], config.Blocks.Take(2).Select(block => block.Attention.NormBefore?.Name));
        Assert.Equal((160_000, 10_000), (Base(0), Base(1)));
        Assert.Empty(config.Refusals);

        static double Base(int block) => Of("modernbert").Blocks[block].Attention.Rotary!.Base;
    }

    [Theory]
    [InlineData("gptj"), InlineData("codegen"), InlineData("gpt_neox")]
    public void A_head_of_its_own_is_the_default_of_some(string type) => Assert.Equal(false, Of(type).TiedHead);

    [Theory]
    [InlineData("gpt_neo"), InlineData("opt"), InlineData("biogpt"), InlineData("bloom"), InlineData("falcon")]
    [InlineData("gpt_bigcode"), InlineData("mpt"), InlineData("distilbert"), InlineData("albert")]
    [InlineData("mpnet"), InlineData("modernbert"), InlineData("gpt2"), InlineData("bert")]
    public void The_token_embeddings_are_the_head_of_others_unless_the_file_has_one(string type)
    {
        Assert.Null(Of(type).TiedHead);
        Assert.Equal(false, Of(type, "\"tie_word_embeddings\": false").TiedHead);
    }

    [Theory]
    [InlineData("transformer.h.0.attn.attention.q_proj.weight", "transformer.wte.weight", "gpt_neo")]
    [InlineData("transformer.h.0.attn.q_proj.weight", "transformer.wte.weight", "gptj")]
    [InlineData("transformer.h.0.attn.qkv_proj.weight", "transformer.wte.weight", "codegen")]
    [InlineData("transformer.blocks.0.attn.Wqkv.weight", "transformer.wte.weight", "mpt")]
    [InlineData("gpt_neox.embed_in.weight", "embed_out.weight", "gpt_neox")]
    [InlineData("word_embeddings_layernorm.weight", "h.0.self_attention.query_key_value.weight", "bloom")]
    [InlineData("transformer.h.0.self_attention.query_key_value.weight", "transformer.ln_f.weight", "falcon")]
    [InlineData("biogpt.embed_tokens.weight", "biogpt.layer_norm.weight", "biogpt")]
    [InlineData("distilbert.embeddings.word_embeddings.weight", "vocab_projector.bias", "distilbert")]
    [InlineData("albert.embeddings.word_embeddings.weight", "albert.pooler.weight", "albert")]
    [InlineData("electra.embeddings.word_embeddings.weight", "electra.embeddings_project.weight", "electra")]
    [InlineData("mpnet.embeddings.word_embeddings.weight", "mpnet.pooler.dense.weight", "mpnet")]
    [InlineData("model.embeddings.tok_embeddings.weight", "head.dense.weight", "modernbert")]
    public void A_family_is_known_by_a_tensor_that_no_other_has(string first, string second, string type) =>
        Assert.Equal(type, Read("{}", first, second).Family);
}
