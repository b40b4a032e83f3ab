using System.Linq;

namespace Workbench.Core.Models.Families;

/// <summary>Qwen 3 with mixtures of experts, in every block or in some.</summary>
internal static class Qwen3Moe
{
    public static Family Family { get; } = new("qwen3_moe", null, "Qwen3Moe", Read);

    private static TransformerConfig Read(ConfigReader settings)
    {
        settings.Only("qkv_bias", "false");
        settings.Only("use_qk_norm", "true");
        settings.Only("shared_expert_intermediate_size", "0");
        settings.Whole("max_window_layers", 28); // every block has the window where one is used
        var kin = new LlamaKin("qwen3_moe")
        {
            Vocabulary = 151936,
            Width = 2048,
            Inner = 6144,
            Blocks = 24,
            KeyValueHeads = 4,
        }.Read(settings);
        kin = kin with { Rotary = RotarySettings.Read(settings, kin.HeadWidth) };
        var experts = new Experts(Count: 128, Active: 8, settings.Truth("norm_topk_prob") ?? false).Read(settings);
        var inner = settings.Count("moe_intermediate_size", 768);
        var dense = settings.Numbers("mlp_only_layers") ?? [];
        var step = settings.Count("decoder_sparse_step", 1);
        var windows = LayerTypes.WindowsIfUsed(settings, kin.Blocks, _ => true);
        return kin.Table(i => new BlockConfig(
            kin.WithHeadNorms(kin.Attention(i), i, HeadNormScope.EachHead) with { Window = windows[i] },
            dense.Contains(i) || (i + 1) % step != 0 ? kin.Mlp(i) : experts.Of(kin, i, inner)));
    }
}
