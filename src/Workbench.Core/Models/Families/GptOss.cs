namespace Workbench.Core.Models.Families;

/// <summary>gpt-oss (OpenAI, "gpt-oss-120b &amp; gpt-oss-20b Model Card", 2025): experts with a clamped gate, a sink in
/// every head, and a window in every other block.</summary>
internal static class GptOss
{
    public static Family Family { get; } = new("gpt_oss", null, "GptOss", Read);

    private static TransformerConfig Read(ConfigReader settings)
    {
        settings.Ignore("initial_context_length"); // the length before the scaling, which says it itself
        var kin = new LlamaKin("gpt_oss")
        {
            Vocabulary = 201088,
            Width = 2880,
            Inner = 2880,
            Blocks = 36,
            Heads = 64,
            KeyValueHeads = 8,
            OwnHeadWidth = 64,
            AttentionBias = true,
            MlpBias = true,
        };
        kin = (kin with { AnyNorm = kin.AnyNorm with { Epsilon = 1e-5 } }).Read(settings);
        // A null under the old name says nothing: the original library puts its own default in its place.
        var unsaid = !settings.Has("rope_parameters") && !settings.Has("rope_scaling");
        var rotary = RotarySettings.Read(settings, kin.HeadWidth, 150_000);
        kin = kin with
        {
            Rotary = unsaid && rotary is not null
                ? rotary with { Scaling = new YarnScaling(32, 4096) { Truncate = false } }
                : rotary,
        };
        var experts = new Experts(Count: 128, Active: 4, Renormalise: true).Read(settings);
        var clamp = new GateClamp(settings.Positive("swiglu_limit") ?? 7, settings.Number("swiglu_alpha", 1.702));
        var window = LayerTypes.Window(settings, 128);
        var sliding = LayerTypes.Sliding(settings, kin.Blocks, i => i % 2 == 0);
        return kin.Table(i => new BlockConfig(
            kin.Attention(i) with
            {
                Window = sliding[i] ? window : null,
                Sinks = $"layers.{i}.self_attn.sinks",
            },
            experts.Of(
                new LayerConfig($"layers.{i}.mlp.router", kin.Width, experts.Count) { Bias = true },
                kin.Norm($"layers.{i}.post_attention_layernorm"), e => Expert($"layers.{i}.mlp.experts", e))));

        MlpConfig Expert(string name, int e) => new()
        {
            Up = Slice($"{name}.gate_up_proj", kin.Width, 2 * kin.Inner, e),
            Down = Slice($"{name}.down_proj", kin.Inner, kin.Width, e),
            Activation = Activation.Silu,
            Gate = GateOrder.Alternating,
            Clamp = clamp,
        };

        LayerConfig Slice(string name, int inputs, int outputs, int e) =>
            experts.Slice(name, inputs, outputs, e) with { Layout = WeightLayout.InputMajor, Bias = true };
    }
}
