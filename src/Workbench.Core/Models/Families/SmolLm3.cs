using System.Linq;

namespace Workbench.Core.Models.Families;

/// <summary>SmolLM 3 (Hugging Face, 2025): Llama without any positions in every fourth block (Yang et al., "Rope to
/// Nope and Back Again", 2025).</summary>
internal static class SmolLm3
{
    public static Family Family { get; } = new("smollm3", null, "SmolLM3", Read);

    private static TransformerConfig Read(ConfigReader settings)
    {
        settings.Whole("max_window_layers", 28); // a setting of Qwen's that nothing reads
        var kin = new LlamaKin("smollm3")
        {
            Vocabulary = 128256,
            Width = 2048,
            Blocks = 36,
            Heads = 16,
            KeyValueHeads = 4,
            Tied = true,
        }.Read(settings);
        var rotary = RotarySettings.Read(settings, kin.HeadWidth, 2e6);
        var interval = settings.Count("no_rope_layer_interval", 4);
        var turns = settings.Numbers("no_rope_layers")?.Select(one => one != 0).ToArray()
            ?? [.. Enumerable.Range(0, kin.Blocks).Select(i => (i + 1) % interval != 0)];
        if (turns.Length != kin.Blocks)
            throw new System.ArgumentException(
                $"no_rope_layers names {turns.Length} blocks, where there are {kin.Blocks}.");
        var windows = LayerTypes.WindowsIfUsed(settings, kin.Blocks, i => !turns[i], otherwise: null);
        return kin.Table(i => new BlockConfig(
            kin.Attention(i) with { Rotary = turns[i] ? rotary : null, Window = windows[i] }, kin.Mlp(i)));
    }
}
