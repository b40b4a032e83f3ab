namespace Workbench.Core.Models.Families;

/// <summary>OLMo 2 (OLMo team, "2 OLMo 2 Furious", 2025): norms of what each half of a block computes in place of what
/// it reads, and of queries and keys.</summary>
internal static class Olmo2
{
    public static Family Family { get; } = new("olmo2", null, "Olmo2", Read);

    private static TransformerConfig Read(ConfigReader settings)
    {
        var kin = new LlamaKin("olmo2") { Vocabulary = 50304 };
        kin = (kin with { AnyNorm = kin.AnyNorm with { Epsilon = 1e-5 } }).Read(settings);
        kin = kin with { Rotary = RotarySettings.Read(settings, kin.HeadWidth) };
        return kin.Table(i => new BlockConfig(
            kin.WithHeadNorms(kin.Attention(i), i, HeadNormScope.AllHeads) with
            {
                NormBefore = null,
                NormOutput = kin.Norm($"layers.{i}.post_attention_layernorm"),
            },
            kin.Mlp(i) with
            {
                NormBefore = null,
                NormOutput = kin.Norm($"layers.{i}.post_feedforward_layernorm"),
            }));
    }
}
