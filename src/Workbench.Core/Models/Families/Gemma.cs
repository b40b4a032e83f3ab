using System;

namespace Workbench.Core.Models.Families;

/// <summary>Gemma (Gemma team, "Gemma: Open Models Based on Gemini Research and Technology", 2024): Llama with scaled
/// embeddings and gains stored as what they are above 1.</summary>
internal static class Gemma
{
    public static Family Family { get; } = new("gemma", null, "Gemma", Read);

    private static TransformerConfig Read(ConfigReader settings)
    {
        var kin = Kin("gemma") with { Width = 3072, Inner = 24576, Blocks = 28, Heads = 16, KeyValueHeads = 16 };
        // Its first files say gelu and mean the form by tanh; where both names are there, the newer one holds.
        var older = settings.Text("hidden_act", "gelu");
        kin = kin.Read(settings, activation: settings.Has("hidden_activation") || older == "gelu"
            ? "hidden_activation"
            : "hidden_act");
        kin = kin with { Rotary = RotarySettings.Read(settings, kin.HeadWidth) };
        return kin.Table(kin.Block) with { EmbeddingScale = Math.Sqrt(kin.Width) };
    }

    /// <summary>What all three versions have in common.</summary>
    internal static LlamaKin Kin(string modelType) => new(modelType)
    {
        Vocabulary = 256000,
        OwnHeadWidth = 256,
        Activation = Activation.GeluNew,
        AnyNorm = new NormConfig("", 1e-6) { Kind = NormKind.RootMeanSquareOfOnePlus, Bias = false },
        Tied = true,
    };
}
