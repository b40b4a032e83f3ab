namespace Workbench.Core.Models.Families;

/// <summary>OLMo (Groeneveld et al., "OLMo: Accelerating the Science of Language Models", 2024): Llama with layer norms
/// that have no tensors.</summary>
internal static class Olmo
{
    public static Family Family { get; } = new("olmo", null, "Olmo", Read);

    private static TransformerConfig Read(ConfigReader settings)
    {
        var kin = new LlamaKin("olmo") { Vocabulary = 50304 }.Read(settings);
        kin = kin with
        {
            AnyNorm = new NormConfig("", 1e-5) { Bias = false, Weighted = false },
            Rotary = RotarySettings.Read(settings, kin.HeadWidth),
        };
        var clip = settings.Positive("clip_qkv");
        return kin.Table(i => new BlockConfig(kin.Attention(i) with { Clip = clip }, kin.Mlp(i)));
    }
}
