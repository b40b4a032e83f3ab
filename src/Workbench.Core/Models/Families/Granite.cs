namespace Workbench.Core.Models.Families;

/// <summary>Granite (IBM, "Granite 3.0 Language Models", 2024): Llama with four multipliers.</summary>
internal static class Granite
{
    public static Family Family { get; } = new("granite", null, "Granite", Read);

    private static TransformerConfig Read(ConfigReader settings)
    {
        var kin = new LlamaKin("granite").Read(settings);
        kin = kin with { Rotary = RotarySettings.Read(settings, kin.HeadWidth) };
        var scale = (float)settings.Number("attention_multiplier", 1);
        var multiplier = (float)settings.Number("residual_multiplier", 1);
        var table = kin.Table(i => new BlockConfig(
            kin.Attention(i) with { Scale = scale, Multiplier = multiplier },
            kin.Mlp(i) with { Multiplier = multiplier }));
        return table with
        {
            EmbeddingScale = settings.Number("embedding_multiplier", 1),
            Head = table.Head with { Multiplier = 1 / (settings.Positive("logits_scaling") ?? 1) },
        };
    }
}
