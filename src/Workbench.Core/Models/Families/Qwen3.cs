namespace Workbench.Core.Models.Families;

/// <summary>Qwen 3 (Yang et al., "Qwen3 Technical Report", 2025): Qwen 2 with norms of queries and keys in place of
/// biases.</summary>
internal static class Qwen3
{
    public static Family Family { get; } = new("qwen3", null, "Qwen3", Read);

    private static TransformerConfig Read(ConfigReader settings)
    {
        var kin = new LlamaKin("qwen3") { Vocabulary = 151936, Inner = 22016, KeyValueHeads = 32, OwnHeadWidth = 128 }
            .Read(settings);
        kin = kin with { Rotary = RotarySettings.Read(settings, kin.HeadWidth) };
        var windows = Qwen2.Windows(settings, kin.Blocks);
        return kin.Table(i => new BlockConfig(
            kin.WithHeadNorms(kin.Attention(i), i, HeadNormScope.EachHead) with { Window = windows[i] }, kin.Mlp(i)));
    }
}
