using System;

namespace Workbench.Core.Models.Families;

/// <summary>Gemma 3 (Gemma team, "Gemma 3 Technical Report", 2025): Gemma 2 with norms of queries and keys in place of
/// the cap of scores, and rotary positions of two bases. Also the text half of its models that see pictures, and
/// EmbeddingGemma, whose tokens see those behind them too.</summary>
internal static class Gemma3
{
    public static Family Family { get; } = new("gemma3_text", null, "Gemma3", Read);

    public static Family WithPictures { get; } = new("gemma3", null, "Gemma3", ReadWithin);

    private static TransformerConfig Read(ConfigReader settings)
    {
        var kin = Gemma2.Kin("gemma3_text", settings);
        if (!settings.Has("vocab_size")) kin = kin with { Vocabulary = 262208 };
        var full = RotarySettings.Read(settings, kin.HeadWidth, 1e6, layerType: RotarySettings.Full);
        var local = RotarySettings.Read(settings, kin.HeadWidth, layerType: RotarySettings.Sliding);
        var scale = Gemma2.Scale(settings);
        settings.Ignore("attn_logit_softcapping"); // the original library reads it and does nothing with it
        var causal = !(settings.Truth("use_bidirectional_attention") ?? false);
        // A window of w means w/2 to either side, and the token itself.
        var window = LayerTypes.Window(settings, 4096) is { } said ? causal ? said : said / 2 + 1 : (int?)null;
        var pattern = settings.Count("sliding_window_pattern", 6);
        var sliding = LayerTypes.Sliding(settings, kin.Blocks, i => (i + 1) % pattern != 0);
        return Gemma2.Table(kin, Gemma2.Cap(settings, "final_logit_softcapping", null), i =>
            kin.WithHeadNorms(kin.Attention(i), i, HeadNormScope.EachHead) with
            {
                Scale = scale,
                Causal = causal,
                Window = sliding[i] ? window : null,
                Rotary = sliding[i] ? local : full,
            });
    }

    // The text half of a model that sees pictures; without a picture it is a model by itself.
    private static TransformerConfig ReadWithin(ConfigReader settings)
    {
        settings.Ignore(
            "vision_config", "image_token_index", "boi_token_index", "eoi_token_index", "image_token_id",
            "boi_token_id", "eoi_token_id", "mm_tokens_per_image");
        var text = settings.Object("text_config")
            ?? throw new ArgumentException("a model of type gemma3 needs a setting text_config.");
        text.Only("model_type", "\"gemma3_text\"");
        var table = Read(text);
        text.FinishInner();
        return table with
        {
            Family = "gemma3",
            Prefixes = ["language_model.", .. table.Prefixes],
            TiedHead = settings.Truth("tie_word_embeddings") ?? table.TiedHead,
        };
    }
}
