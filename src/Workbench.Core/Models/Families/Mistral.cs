namespace Workbench.Core.Models.Families;

/// <summary>Mistral (Jiang et al., "Mistral 7B", 2023): Llama with a window in every block.</summary>
internal static class Mistral
{
    public static Family Family { get; } = new("mistral", null, "Mistral", Read);

    private static TransformerConfig Read(ConfigReader settings)
    {
        var kin = new LlamaKin("mistral") { Inner = 14336, KeyValueHeads = 8 }.Read(settings);
        kin = kin with { Rotary = RotarySettings.Read(settings, kin.HeadWidth) };
        var window = LayerTypes.Window(settings, 4096);
        return kin.Table(i => new BlockConfig(kin.Attention(i) with { Window = window }, kin.Mlp(i)));
    }
}
