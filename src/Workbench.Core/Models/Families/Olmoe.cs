namespace Workbench.Core.Models.Families;

/// <summary>OLMoE (Muennighoff et al., "OLMoE: Open Mixture-of-Experts Language Models", 2024).</summary>
internal static class Olmoe
{
    public static Family Family { get; } = new("olmoe", null, "Olmoe", Read);

    private static TransformerConfig Read(ConfigReader settings)
    {
        var kin = new LlamaKin("olmoe") { Vocabulary = 50304, Width = 2048, Inner = 2048, Blocks = 16, Heads = 16 };
        kin = (kin with { AnyNorm = kin.AnyNorm with { Epsilon = 1e-5 } }).Read(settings);
        kin = kin with { Rotary = RotarySettings.Read(settings, kin.HeadWidth) };
        var experts = new Experts(Count: 64, Active: 8, settings.Truth("norm_topk_prob") ?? false).Read(settings);
        var clip = settings.Positive("clip_qkv");
        return kin.Table(i => new BlockConfig(
            kin.WithHeadNorms(kin.Attention(i), i, HeadNormScope.AllHeads) with { Clip = clip },
            experts.Of(kin, i, kin.Inner)));
    }
}
