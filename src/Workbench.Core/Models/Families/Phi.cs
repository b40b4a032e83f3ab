namespace Workbench.Core.Models.Families;

/// <summary>Phi 1, 1.5 and 2 (Li et al., "Textbooks Are All You Need II", 2023): both halves of a block read the same
/// norm of the stream.</summary>
internal static class Phi
{
    public static Family Family { get; } = new("phi", null, "Phi", Read);

    private static TransformerConfig Read(ConfigReader settings)
    {
        var kin = new LlamaKin("phi")
        {
            Vocabulary = 51200,
            Width = 2048,
            Inner = 8192,
            Blocks = 24,
            Activation = Activation.GeluNew,
            AnyNorm = new NormConfig("", 1e-5) { Bias = true },
            AttentionBias = true,
            MlpBias = true,
        }.Read(settings, epsilon: "layer_norm_eps");
        kin = kin with { Rotary = RotarySettings.Read(settings, kin.HeadWidth, otherwiseShare: 0.5) };
        var normed = settings.Truth("qk_layernorm") ?? false;
        return kin.Table(i => new BlockConfig(Attention(i), kin.Plain($"layers.{i}.mlp", "fc1", "fc2"))
        {
            Parallel = true,
        }) with
        {
            FinalNorm = kin.Norm("final_layernorm"),
            Head = new HeadConfig("lm_head") { Bias = "lm_head.bias" },
            Biases = true,
        };

        AttentionConfig Attention(int i)
        {
            var attention = kin.Attention(i);
            attention = attention with { Output = attention.Output with { Name = $"layers.{i}.self_attn.dense" } };
            return normed ? kin.WithHeadNorms(attention, i, HeadNormScope.EachHead, "layernorm") : attention;
        }
    }
}
