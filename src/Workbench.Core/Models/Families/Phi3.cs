namespace Workbench.Core.Models.Families;

/// <summary>Phi 3 and 4 (Abdin et al., "Phi-3 Technical Report", 2024): Llama with one tensor for queries, keys and
/// values, and one for gate and up.</summary>
internal static class Phi3
{
    public static Family Family { get; } = new("phi3", null, "Phi3", Read);

    private static TransformerConfig Read(ConfigReader settings)
    {
        settings.Only("lm_head_bias", "false");
        settings.Only("interpolate_factor", "1");
        settings.Only("full_attn_mod", "1");
        var kin = new LlamaKin("phi3") { Vocabulary = 32064, Width = 3072, Inner = 8192 };
        kin = (kin with { AnyNorm = kin.AnyNorm with { Epsilon = 1e-5 } }).Read(settings);
        kin = kin with { Rotary = RotarySettings.Read(settings, kin.HeadWidth, otherwiseOriginal: 4096) };
        var window = LayerTypes.Window(settings, null);
        return kin.Table(i => new BlockConfig(Attention(i), Mlp(i)));

        AttentionConfig Attention(int i)
        {
            var attention = kin.Attention(i);
            return attention with
            {
                Input = attention.Input with { Name = $"layers.{i}.self_attn.qkv_proj", Parts = null },
                Window = window,
            };
        }

        MlpConfig Mlp(int i)
        {
            var mlp = kin.Mlp(i);
            return mlp with { Up = mlp.Up with { Name = $"layers.{i}.mlp.gate_up_proj", Parts = null } };
        }
    }
}
