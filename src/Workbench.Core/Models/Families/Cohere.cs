namespace Workbench.Core.Models.Families;

/// <summary>Command R and Aya (Cohere, 2024): layer norms without a bias, both halves of a block side by side, and
/// neighbouring places that turn together.</summary>
internal static class Cohere
{
    public static Family Family { get; } = new("cohere", null, "Cohere", Read);

    private static TransformerConfig Read(ConfigReader settings)
    {
        var kin = new LlamaKin("cohere")
        {
            Vocabulary = 256000,
            Width = 8192,
            Inner = 22528,
            Blocks = 40,
            Heads = 64,
            AnyNorm = new NormConfig("", 1e-5) { Bias = false },
            Tied = true,
        }.Read(settings, epsilon: "layer_norm_eps");
        if (RotarySettings.Read(settings, kin.HeadWidth, 500_000) is { } rotary)
            kin = kin with { Rotary = rotary with { Pairing = RotaryPairing.Neighbours } };
        var normed = settings.Truth("use_qk_norm") ?? false;
        var table = kin.Table(i => new BlockConfig(
            normed ? kin.WithHeadNorms(kin.Attention(i), i, HeadNormScope.EachHeadOwnGain) : kin.Attention(i),
            kin.Mlp(i) with { NormBefore = null })
        {
            Parallel = true,
        });
        return table with { Head = table.Head with { Multiplier = settings.Number("logit_scale", 0.0625) } };
    }
}
