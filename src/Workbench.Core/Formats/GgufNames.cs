using System;
using System.Collections.Generic;
using System.Linq;

namespace Workbench.Core.Formats;

/// <summary>GGUF's names of tensors in the words of the models' own library: llama.cpp's converter renames them
/// all.</summary>
internal static class GgufNames
{
    private static readonly (string Own, string Known)[] LlamaKin =
    [
        ("token_embd", "model.embed_tokens"), ("output_norm", "model.norm"), ("output", "lm_head"),
        ("attn_norm", "input_layernorm"), ("attn_q", "self_attn.q_proj"), ("attn_k", "self_attn.k_proj"),
        ("attn_v", "self_attn.v_proj"), ("attn_output", "self_attn.o_proj"), ("attn_q_norm", "self_attn.q_norm"),
        ("attn_k_norm", "self_attn.k_norm"), ("ffn_gate", "mlp.gate_proj"), ("ffn_up", "mlp.up_proj"),
        ("ffn_down", "mlp.down_proj"), ("ffn_norm", "post_attention_layernorm"),
    ];

    private static readonly (string Own, string Known)[] NormsAround =
    [
        ("post_attention_norm", "post_attention_layernorm"), ("ffn_norm", "pre_feedforward_layernorm"),
        ("post_ffw_norm", "post_feedforward_layernorm"),
    ];

    private static readonly (string Own, string Known)[] Joined =
        [("attn_qkv", "self_attn.qkv_proj"), ("ffn_up", "mlp.gate_up_proj")];

    private static readonly (string Own, string Known)[] Gpt2 =
    [
        ("token_embd", "wte"), ("position_embd", "wpe"), ("output_norm", "ln_f"), ("output", "lm_head"),
        ("attn_norm", "ln_1"), ("attn_qkv", "attn.c_attn"), ("attn_output", "attn.c_proj"), ("ffn_norm", "ln_2"),
        ("ffn_up", "mlp.c_fc"), ("ffn_down", "mlp.c_proj"),
    ];

    private static readonly (string Own, string Known)[] Bert =
    [
        ("token_embd", "embeddings.word_embeddings"), ("position_embd", "embeddings.position_embeddings"),
        ("token_types", "embeddings.token_type_embeddings"), ("token_embd_norm", "embeddings.LayerNorm"),
        ("attn_q", "attention.self.query"), ("attn_k", "attention.self.key"), ("attn_v", "attention.self.value"),
        ("attn_output", "attention.output.dense"), ("attn_output_norm", "attention.output.LayerNorm"),
        ("ffn_up", "intermediate.dense"), ("ffn_down", "output.dense"), ("layer_output_norm", "output.LayerNorm"),
        ("cls", "pooler.dense"),
    ];

    private static readonly Dictionary<string, (string Block, Dictionary<string, string> Names)> ByArchitecture = new()
    {
        ["llama"] = ("model.layers", Names(LlamaKin)),
        ["qwen2"] = ("model.layers", Names(LlamaKin)),
        ["qwen3"] = ("model.layers", Names(LlamaKin)),
        ["gemma"] = ("model.layers", Names(LlamaKin)),
        ["gemma2"] = ("model.layers", Names(LlamaKin, NormsAround)),
        ["gemma3"] = ("model.layers", Names(LlamaKin, NormsAround)),
        ["phi3"] = ("model.layers", Names(LlamaKin, Joined)),
        ["gpt2"] = ("h", Names(Gpt2)),
        ["bert"] = ("encoder.layer", Names(Bert)),
    };

    /// <summary>The architectures whose names are known.</summary>
    public static IReadOnlyCollection<string> Architectures => ByArchitecture.Keys;

    /// <summary>For each tensor that the architecture knows the library's name; none for other architectures.</summary>
    public static Dictionary<string, string> Aliases(string? architecture, IEnumerable<string> tensors)
    {
        var aliases = new Dictionary<string, string>();
        if (architecture is null || !ByArchitecture.TryGetValue(architecture, out var known)) return aliases;
        foreach (var tensor in tensors)
        {
            var dot = tensor.LastIndexOf('.');
            if (dot < 0) continue;
            var (stem, end) = (tensor[..dot], tensor[dot..]);
            var block = "";
            if (stem.StartsWith("blk.", StringComparison.Ordinal))
            {
                var next = stem.IndexOf('.', 4);
                if (next < 0) continue;
                (block, stem) = ($"{known.Block}.{stem[4..next]}.", stem[(next + 1)..]);
            }
            if (known.Names.TryGetValue(stem, out var name)) aliases.TryAdd($"{block}{name}{end}", tensor);
        }
        return aliases;
    }

    private static Dictionary<string, string> Names(params (string Own, string Known)[][] tables)
    {
        var names = new Dictionary<string, string>();
        foreach (var (own, known) in tables.SelectMany(table => table)) names[own] = known;
        return names;
    }
}
