namespace Workbench.Core.Models.Families;

/// <summary>StarCoder 2 (Lozhkov et al., "StarCoder 2 and The Stack v2", 2024): layer norms, MLPs without a gate, and
/// biases everywhere.</summary>
internal static class Starcoder2
{
    public static Family Family { get; } = new("starcoder2", null, "Starcoder2", Read);

    private static TransformerConfig Read(ConfigReader settings)
    {
        settings.Only("norm_type", "\"layer_norm\"");
        settings.Only("mlp_type", "\"default\"");
        var biases = settings.Truth("use_bias") ?? true;
        var kin = new LlamaKin("starcoder2")
        {
            Vocabulary = 49152,
            Width = 3072,
            Inner = 12288,
            Blocks = 30,
            Heads = 24,
            KeyValueHeads = 2,
            Activation = Activation.GeluNew,
            AnyNorm = new NormConfig("", 1e-5) { Bias = true },
            AttentionBias = biases,
            MlpBias = biases,
            Tied = true,
        }.Read(settings, epsilon: "norm_epsilon");
        kin = kin with { Rotary = RotarySettings.Read(settings, kin.HeadWidth) };
        var window = LayerTypes.Window(settings, null);
        return kin.Table(i => new BlockConfig(
            kin.Attention(i) with { Window = window },
            kin.Plain($"layers.{i}.mlp", "c_fc", "c_proj") with
            {
                NormBefore = kin.Norm($"layers.{i}.post_attention_layernorm"),
            }));
    }
}
