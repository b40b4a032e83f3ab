using System;
using System.Collections.Generic;
using System.Text.Json;
using Workbench.Core.Models;
using Workbench.Core.Training.Tasks;

namespace Workbench.Core.Training;

/// <summary>The text of <c>config.json</c> for a model that was trained here, under the hub's keys.</summary>
/// <remarks>The text is part of what a checkpoint is compared with, so keys keep their order.</remarks>
public static class ConfigText
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    /// <summary>Of a GPT-2-shaped model with a tied head, as <see cref="CausalLanguageModel"/> trains it: inner width 4
    /// × width, tanh GELU.</summary>
    /// <param name="config">Its shape.</param>
    /// <param name="endOfText">The id of the token between documents.</param>
    /// <exception cref="ArgumentException">The shape has an inner width or an activation of its own.</exception>
    public static string Of(Gpt2Config config, int endOfText)
    {
        ArgumentNullException.ThrowIfNull(config);
        if (config.InnerWidth != 4 * config.Width || config.Activation != Activation.GeluNew)
            throw new ArgumentException(
                $"The text is for an inner width of {4 * config.Width} and {Activation.GeluNew}, not {config.InnerWidth} and {config.Activation}.",
                nameof(config)
            );
        return JsonSerializer.Serialize(
            new Dictionary<string, object>
            {
                ["architectures"] = new[] { "GPT2LMHeadModel" },
                ["model_type"] = "gpt2",
                ["vocab_size"] = config.VocabularySize,
                ["n_positions"] = config.Positions,
                ["n_embd"] = config.Width,
                ["n_layer"] = config.Blocks,
                ["n_head"] = config.Heads,
                ["activation_function"] = "gelu_new",
                ["layer_norm_epsilon"] = config.NormEpsilon,
                ["tie_word_embeddings"] = true,
                ["bos_token_id"] = endOfText,
                ["eos_token_id"] = endOfText,
            },
            Indented
        );
    }

    /// <summary>Of a BERT-shaped model with a tied head, as <see cref="MaskedLanguageModel"/> trains it: tanh
    /// GELU.</summary>
    /// <param name="config">Its shape.</param>
    /// <param name="padding">The id of <c>[PAD]</c>.</param>
    /// <exception cref="ArgumentException">The shape has an activation of its own.</exception>
    public static string Of(BertConfig config, int padding)
    {
        ArgumentNullException.ThrowIfNull(config);
        if (config.Activation != Activation.GeluNew)
            throw new ArgumentException(
                $"The text is for {Activation.GeluNew}, not {config.Activation}.", nameof(config));
        return JsonSerializer.Serialize(
            new Dictionary<string, object>
            {
                ["architectures"] = new[] { "BertForMaskedLM" },
                ["model_type"] = "bert",
                ["vocab_size"] = config.VocabularySize,
                ["max_position_embeddings"] = config.Positions,
                ["type_vocab_size"] = config.TokenTypes,
                ["hidden_size"] = config.Width,
                ["num_hidden_layers"] = config.Blocks,
                ["num_attention_heads"] = config.Heads,
                ["intermediate_size"] = config.InnerWidth,
                ["hidden_act"] = "gelu_new",
                ["layer_norm_eps"] = config.NormEpsilon,
                ["tie_word_embeddings"] = true,
                ["pad_token_id"] = padding,
            },
            Indented
        );
    }
}
