namespace Workbench.Core.Models.Families;

/// <summary>Llama (Touvron et al., "LLaMA: Open and Efficient Foundation Language Models", 2023), versions 1 to 3, and
/// the many models of its shape.</summary>
public static class Llama
{
    internal const string ModelType = "llama";

    internal static Family Family { get; } = new(ModelType, null, "Llama", Read);

    /// <summary>The table of a Llama; by default of Llama 2 with 7 billion parameters.</summary>
    /// <param name="vocabulary">Number of tokens.</param>
    /// <param name="width">d, the dimensions of the residual stream.</param>
    /// <param name="blocks">Number of blocks.</param>
    /// <param name="heads">Attention heads per block.</param>
    /// <param name="inner">Width of the MLPs' inner layer.</param>
    /// <param name="keyValueHeads">Number of heads that give keys and values; null for as many as there are
    /// heads.</param>
    /// <param name="headWidth">d_k; null for an equal share of the width.</param>
    /// <param name="rotaryBase">The base of rotary positions.</param>
    /// <param name="activation">The nonlinearity of the MLPs' gates.</param>
    /// <param name="epsilon">Added to the mean square in every norm.</param>
    /// <exception cref="System.ArgumentException">The width cannot be cut into so many heads.</exception>
    /// <example><code>Llama.Config(vocabulary: 512, width: 64, blocks: 5, heads: 8, inner: 172, keyValueHeads:
    /// 4).Blocks[0].Attention.Sharing</code> is 2.</example>
    public static TransformerConfig Config(
        int vocabulary = 32000, int width = 4096, int blocks = 32, int heads = 32, int inner = 11008,
        int? keyValueHeads = null, int? headWidth = null, double rotaryBase = 10_000,
        Activation activation = Activation.Silu, double epsilon = 1e-6)
    {
        var kin = new LlamaKin(ModelType)
        {
            Vocabulary = vocabulary,
            Width = width,
            Inner = inner,
            Blocks = blocks,
            Heads = heads,
            KeyValueHeads = keyValueHeads,
            OwnHeadWidth = headWidth,
            Activation = activation,
        };
        kin = kin with
        {
            AnyNorm = kin.AnyNorm with { Epsilon = epsilon },
            Rotary = new RotaryConfig(kin.HeadWidth, rotaryBase),
        };
        return kin.Table(kin.Block);
    }

    private static TransformerConfig Read(ConfigReader settings)
    {
        settings.Ignore("is_llama_config");
        var kin = new LlamaKin(ModelType).Read(settings);
        kin = kin with { Rotary = RotarySettings.Read(settings, kin.HeadWidth) };
        return kin.Table(kin.Block);
    }
}
