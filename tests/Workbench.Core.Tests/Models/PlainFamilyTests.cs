using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.Json;
using Workbench.Core.Formats;
using Workbench.Core.Models;
using Workbench.Core.Models.Families;
using Workbench.Core.Tensors;
using Xunit;

namespace Workbench.Core.Tests.Models;

/// <summary>Families that no library's values are at hand for, against loops in double: a random checkpoint in the
/// hub's layout, opened as any other.</summary>
public sealed class PlainFamilyTests
{
    // Float32 comes within 9.2e-7 of the largest value.
    private const double Tolerance = 3e-6;

    private delegate double[][] Loops(PlainFamilies plain, int[] ids);

    private static readonly Dictionary<string, (string Config, Loops Run)> Cases = new()
    {
        ["codegen"] = ("""
            { "architectures": ["CodeGenForCausalLM"], "model_type": "codegen", "n_ctx": 2048, "n_embd": 48,
              "n_head": 8, "n_inner": null, "n_layer": 2, "n_positions": 2048, "rotary_dim": 4,
              "scale_attn_weights": true, "tie_word_embeddings": false, "vocab_size": 61 }
            """,
            (plain, ids) => plain.CodeGen(ids)),
        ["camembert with padding inside"] = ("""
            { "architectures": ["CamembertForMaskedLM"], "model_type": "camembert", "hidden_act": "gelu_new",
              "hidden_size": 36, "intermediate_size": 50, "layer_norm_eps": 1e-05, "max_position_embeddings": 34,
              "num_attention_heads": 3, "num_hidden_layers": 2, "pad_token_id": 1, "type_vocab_size": 1,
              "vocab_size": 61 }
            """,
            (plain, ids) => plain.Camembert(ids)),
        ["electra, the generator, without architectures"] = ("""
            { "model_type": "electra", "embedding_size": 16, "hidden_act": "relu", "hidden_size": 36,
              "intermediate_size": 50, "max_position_embeddings": 34, "num_attention_heads": 3,
              "num_hidden_layers": 2, "vocab_size": 61 }
            """,
            (plain, ids) => plain.ElectraGenerator(ids)),
        ["albert with inner groups"] = ("""
            { "architectures": ["AlbertForMaskedLM"], "model_type": "albert", "down_scale_factor": 1,
              "embedding_size": 16, "gap_size": 0, "hidden_size": 36, "inner_group_num": 2, "intermediate_size": 50,
              "max_position_embeddings": 34, "net_structure_type": 0, "num_attention_heads": 3,
              "num_hidden_groups": 2, "num_hidden_layers": 3, "num_memory_blocks": 0, "vocab_size": 61 }
            """,
            (plain, ids) => plain.AlbertWithInnerGroups(ids)),
        ["mpt"] = ("""
            { "architectures": ["MPTForCausalLM"], "model_type": "mpt",
              "attn_config": { "alibi": true, "alibi_bias_max": 8, "attn_impl": "torch", "attn_pdrop": 0,
                "attn_type": "multihead_attention", "attn_uses_sequence_id": false, "clip_qkv": null,
                "prefix_lm": false, "qk_ln": false, "softmax_scale": null },
              "d_model": 32, "emb_pdrop": 0, "embedding_fraction": 1.0, "expansion_ratio": 4,
              "init_config": { "init_std": 0.02 }, "init_device": "cpu", "learned_pos_emb": true,
              "logit_scale": null, "max_seq_len": 2048, "n_heads": 4, "n_layers": 2, "no_bias": true,
              "norm_type": "low_precision_layernorm", "resid_pdrop": 0, "tokenizer_name": "x", "verbose": 0,
              "vocab_size": 61 }
            """,
            (plain, ids) => plain.Mpt(ids)),
        ["biogpt"] = ("""
            { "architectures": ["BioGptForCausalLM"], "model_type": "biogpt", "hidden_size": 40,
              "intermediate_size": 64, "layer_norm_eps": 1e-12, "layerdrop": 0.0, "max_position_embeddings": 50,
              "num_attention_heads": 5, "num_hidden_layers": 2, "scale_embedding": true, "vocab_size": 61 }
            """,
            (plain, ids) => plain.BioGpt(ids)),
        ["bloom that adds to norms"] = ("""
            { "model_type": "bloom", "apply_residual_connection_post_layernorm": true,
              "attention_softmax_in_fp32": true, "bias_dropout_fusion": true, "masked_softmax_fusion": true,
              "n_embed": 48, "n_layer": 2, "num_attention_heads": 6, "offset_alibi": 100, "pretraining_tp": 4,
              "seq_length": 2048, "skip_bias_add": true, "slow_but_exact": false, "unk_token_id": 0,
              "vocab_size": 61 }
            """,
            (plain, ids) => plain.BloomThatAddsToNorms(ids)),
        ["falcon with two norms"] = ("""
            { "architectures": ["FalconForCausalLM"], "model_type": "falcon", "alibi": false,
              "auto_map": { "AutoModel": "modeling_falcon.FalconModel" }, "bias": false, "hidden_size": 48,
              "new_decoder_architecture": true, "num_attention_heads": 6, "num_hidden_layers": 2,
              "num_kv_heads": 2, "parallel_attn": true, "vocab_size": 61 }
            """,
            (plain, ids) => plain.FalconWithTwoNorms(ids)),
        ["olmo"] = (Olmo("null"), (plain, ids) => plain.Olmo(ids, null)),
        ["olmo with a clip"] = (Olmo("0.7"), (plain, ids) => plain.Olmo(ids, 0.7)),
        ["olmoe"] = ("""
            { "architectures": ["OlmoeForCausalLM"], "model_type": "olmoe", "clip_qkv": null, "hidden_size": 48,
              "intermediate_size": 40, "num_attention_heads": 6, "num_experts": 5, "num_experts_per_tok": 2,
              "num_hidden_layers": 2, "num_key_value_heads": 3, "vocab_size": 61 }
            """,
            (plain, ids) => plain.Olmoe(ids)),
        ["cohere"] = ("""
            { "architectures": ["CohereForCausalLM"], "model_type": "cohere", "hidden_size": 48,
              "intermediate_size": 100, "logit_scale": 0.0625, "num_attention_heads": 6, "num_hidden_layers": 2,
              "num_key_value_heads": 3, "rope_theta": 500000.0, "use_qk_norm": false, "vocab_size": 61 }
            """,
            (plain, ids) => plain.Cohere(ids)),
        ["phi with norms of queries and keys"] = ("""
            { "architectures": ["PhiForCausalLM"], "model_type": "phi", "hidden_size": 48, "intermediate_size": 100,
              "num_attention_heads": 6, "num_hidden_layers": 2, "qk_layernorm": true, "vocab_size": 61 }
            """,
            (plain, ids) => plain.PhiWithHeadNorms(ids)),
        ["stablelm side by side"] = ("""
            { "architectures": ["StableLmForCausalLM"], "model_type": "stablelm", "hidden_size": 48,
              "intermediate_size": 100, "num_attention_heads": 6, "num_hidden_layers": 2, "num_key_value_heads": 3,
              "use_parallel_residual": true, "use_qkv_bias": true, "vocab_size": 61 }
            """,
            (plain, ids) => plain.StableLmSideBySide(ids)),
        ["gemma 3 that sees both sides"] = ("""
            { "architectures": ["Gemma3TextModel"], "model_type": "gemma3_text", "_sliding_window_pattern": 6,
              "head_dim": 10, "hidden_size": 32, "intermediate_size": 60,
              "layer_types": ["sliding_attention", "full_attention"], "num_attention_heads": 4,
              "num_hidden_layers": 2, "num_key_value_heads": 2, "query_pre_attn_scalar": 20,
              "rope_scaling": { "factor": 8.0, "rope_type": "linear" }, "sliding_window": 4,
              "use_bidirectional_attention": true, "vocab_size": 61 }
            """,
            (plain, ids) => plain.GemmaThatSeesBothSides(ids)),
    };

    /// <summary>The <c>model_type</c>s of the cases.</summary>
    public static IReadOnlyList<string> ModelTypes { get; } =
    [
        .. Cases.Values
            .Select(each => JsonDocument.Parse(each.Config).RootElement.GetProperty("model_type").GetString()!)
            .Distinct(),
    ];

    public static TheoryData<string> Names
    {
        get
        {
            var names = new TheoryData<string>();
            foreach (var name in Cases.Keys) names.Add(name);
            return names;
        }
    }

    private static string Olmo(string clip) => $$"""
        { "architectures": ["OlmoForCausalLM"], "model_type": "olmo", "clip_qkv": {{clip}}, "hidden_size": 48,
          "intermediate_size": 100, "num_attention_heads": 6, "num_hidden_layers": 2, "num_key_value_heads": 3,
          "vocab_size": 61 }
        """;

    [Theory, MemberData(nameof(Names))]
    public void A_family_without_golden_values_is_the_plain_loops(string name)
    {
        var (config, run) = Cases[name];
        int[] tokens = [0, .. RandomModels.Tokens(8, 58, 21).Select(id => id + 3), 1, 17, 1, 4, 55];
        var plain = new PlainFamilies(31);
        var logits = run(plain, tokens);
        var folder = Directory.CreateTempSubdirectory("workbench-families-");
        try
        {
            plain.Save(folder.FullName, config);
            using var file = Checkpoint.Open(folder.FullName);
            var model = new Transformer(new TransformerWeights(file, Family.ConfigOf(file)), threads: 2);
            Assert.Empty(model.Weights.Missing);
            var pass = model.Run(tokens, Keep.Everything);
            var blocks = model.Config.Blocks.Count;
            Assert.Equal(blocks + 1, plain.Hidden.Count);
            Within("hidden.0", Flat(plain.Hidden[0]), pass[Begin(model.Config)]);
            for (var block = 1; block < blocks; block++)
                Within($"hidden.{block}", Flat(plain.Hidden[block]), pass[Place.AfterBlock(block - 1)]);
            Within("the last hidden", Flat(plain.Hidden[blocks]), pass.Output);
            Within("attention", Flat(plain.Patterns), Patterns(pass, model.Config));
            Within("logits", Flat(logits), model.Logits(pass.Output));
            if (plain.Pooled is { } pooled)
                Within("pooled", pooled, Matrix.FromArray(1, pooled.Length, model.Pooled(pass.Output)));
        }
        finally
        {
            folder.Delete(recursive: true);
        }

        void Within(string what, IEnumerable<double> want, Matrix got) =>
            Close.Within($"{name} {what}", want, got, Tolerance);
    }

    private static Place Begin(TransformerConfig config) =>
        config.EmbeddingProjection is not null ? Place.EmbeddingProjection
        : config.EmbeddingNorm is not null ? Place.EmbeddingNorm
        : Place.PositionedEmbedding;

    private static Matrix Patterns(ForwardPass pass, TransformerConfig config)
    {
        var values = config.Blocks
            .SelectMany((block, i) => Enumerable.Range(0, block.Attention.Heads).Select(head => Place.Pattern(i, head)))
            .SelectMany(place => pass[place].ToArray())
            .ToArray();
        return Matrix.FromArray(1, values.Length, values);
    }

    private static IEnumerable<double> Flat(IEnumerable<double[]> rows) => rows.SelectMany(row => row);
}
