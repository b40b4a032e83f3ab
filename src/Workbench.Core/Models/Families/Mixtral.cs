namespace Workbench.Core.Models.Families;

/// <summary>Mixtral (Jiang et al., "Mixtral of Experts", 2024): Mistral with a mixture of experts in every
/// block.</summary>
internal static class Mixtral
{
    public static Family Family { get; } = new("mixtral", null, "Mixtral", Read);

    private static TransformerConfig Read(ConfigReader settings)
    {
        var kin = new LlamaKin("mixtral") { Inner = 14336, KeyValueHeads = 8 };
        kin = (kin with { AnyNorm = kin.AnyNorm with { Epsilon = 1e-5 } }).Read(settings);
        kin = kin with { Rotary = RotarySettings.Read(settings, kin.HeadWidth, 1e6) };
        var experts = new Experts(Count: 8, Active: 2, Renormalise: true).Read(settings);
        var window = LayerTypes.Window(settings, null);
        return kin.Table(i => new BlockConfig(kin.Attention(i) with { Window = window }, Mixture(i)));

        FeedForwardConfig Mixture(int i)
        {
            if (experts.Joined) return experts.Of(kin, i, kin.Inner);
            var name = $"layers.{i}.block_sparse_moe";
            return experts.Of(
                new LayerConfig($"{name}.gate", kin.Width, experts.Count),
                kin.Norm($"layers.{i}.post_attention_layernorm"),
                e => kin.Gated($"{name}.experts.{e}", kin.Inner, gate: "w1", up: "w3", down: "w2"));
        }
    }
}
