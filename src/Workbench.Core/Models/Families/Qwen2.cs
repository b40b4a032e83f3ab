namespace Workbench.Core.Models.Families;

/// <summary>Qwen 2 and 2.5 (Yang et al., "Qwen2 Technical Report", 2024): Llama with biases of queries, keys and
/// values, and windows in the later blocks if a setting says so.</summary>
internal static class Qwen2
{
    public static Family Family { get; } = new("qwen2", null, "Qwen2", Read);

    private static TransformerConfig Read(ConfigReader settings)
    {
        settings.Only("use_mrope", "false");
        var kin = new LlamaKin("qwen2") { Vocabulary = 151936, Inner = 22016, KeyValueHeads = 32 }.Read(settings);
        kin = kin with { Rotary = RotarySettings.Read(settings, kin.HeadWidth) };
        var windows = Windows(settings, kin.Blocks);
        return kin.Table(i => new BlockConfig(Attention(i), kin.Mlp(i)));

        AttentionConfig Attention(int i)
        {
            var attention = kin.Attention(i);
            return attention with { Input = attention.Input with { Bias = true }, Window = windows[i] };
        }
    }

    /// <summary>The window of each block: none before <c>max_window_layers</c>.</summary>
    internal static int?[] Windows(ConfigReader settings, int blocks)
    {
        var first = settings.Whole("max_window_layers", 28);
        return LayerTypes.WindowsIfUsed(settings, blocks, i => i >= first);
    }
}
