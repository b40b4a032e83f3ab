namespace Workbench.Core.Models.Families;

/// <summary>StableLM (Bellagente et al., "Stable LM 2 1.6B Technical Report", 2024): Llama with layer norms, of which a
/// quarter of each head turns; by settings with both halves of a block side by side, or norms for each head.</summary>
internal static class StableLm
{
    public static Family Family { get; } = new("stablelm", null, "StableLm", Read);

    private static TransformerConfig Read(ConfigReader settings)
    {
        var kin = new LlamaKin("stablelm")
        {
            Vocabulary = 50304,
            Width = 2560,
            Inner = 6912,
            KeyValueHeads = 32,
            AnyNorm = new NormConfig("", 1e-5) { Bias = true },
        }.Read(settings, epsilon: "layer_norm_eps");
        kin = kin with { Rotary = RotarySettings.Read(settings, kin.HeadWidth, otherwiseShare: 0.25) };
        var biases = settings.Truth("use_qkv_bias") ?? false;
        var parallel = settings.Truth("use_parallel_residual") ?? false;
        var normed = settings.Truth("qk_layernorm") ?? false;
        return kin.Table(i =>
        {
            var (attention, mlp) = (kin.Attention(i), kin.Mlp(i));
            attention = attention with { Input = attention.Input with { Bias = biases } };
            if (normed)
                attention = (kin with { AnyNorm = kin.AnyNorm with { Bias = false } })
                    .WithHeadNorms(attention, i, HeadNormScope.EachHeadOwnTensor, "layernorm");
            return new BlockConfig(attention, parallel ? mlp with { NormBefore = null } : mlp) { Parallel = parallel };
        });
    }
}
