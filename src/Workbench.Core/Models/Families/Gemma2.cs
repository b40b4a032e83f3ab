using System;

namespace Workbench.Core.Models.Families;

/// <summary>Gemma 2 (Gemma team, "Gemma 2: Improving Open Language Models at a Practical Size", 2024): norms before and
/// after each half of a block, caps of scores, and a window in every other block.</summary>
internal static class Gemma2
{
    public static Family Family { get; } = new("gemma2", null, "Gemma2", Read);

    private static TransformerConfig Read(ConfigReader settings)
    {
        settings.Only("use_bidirectional_attention", "false");
        settings.Ignore("sliding_window_size"); // a second name of the window that nothing reads
        var kin = Kin("gemma2", settings);
        kin = kin with { Rotary = RotarySettings.Read(settings, kin.HeadWidth) };
        var scale = Scale(settings);
        var cap = Cap(settings, "attn_logit_softcapping", 50);
        var window = LayerTypes.Window(settings, 4096);
        var sliding = LayerTypes.Sliding(settings, kin.Blocks, i => i % 2 == 0);
        return Table(kin, Cap(settings, "final_logit_softcapping", 30), i => kin.Attention(i) with
        {
            Scale = scale,
            ScoreCap = cap,
            Window = sliding[i] ? window : null,
        });
    }

    /// <summary>The sizes of Gemma 2 and 3.</summary>
    internal static LlamaKin Kin(string modelType, ConfigReader settings)
    {
        settings.Ignore("hidden_act"); // hidden_activation holds
        var kin = Gemma.Kin(modelType) with { Width = 2304, Inner = 9216, Blocks = 26, Heads = 8, KeyValueHeads = 4 };
        return kin.Read(settings, activation: "hidden_activation");
    }

    internal static float Scale(ConfigReader settings) =>
        (float)(1 / Math.Sqrt(settings.Positive("query_pre_attn_scalar") ?? 256));

    /// <summary>A cap of scores; null in the settings means none.</summary>
    internal static double? Cap(ConfigReader settings, string name, double? otherwise) =>
        settings.IsNull(name) ? null : settings.Positive(name) ?? otherwise;

    internal static TransformerConfig Table(LlamaKin kin, double? cap, Func<int, AttentionConfig> attention)
    {
        var table = kin.Table(i => new BlockConfig(
            attention(i) with { NormOutput = kin.Norm($"layers.{i}.post_attention_layernorm") },
            kin.Mlp(i) with
            {
                NormBefore = kin.Norm($"layers.{i}.pre_feedforward_layernorm"),
                NormOutput = kin.Norm($"layers.{i}.post_feedforward_layernorm"),
            }));
        return table with { EmbeddingScale = Math.Sqrt(kin.Width), Head = table.Head with { Cap = cap } };
    }
}
