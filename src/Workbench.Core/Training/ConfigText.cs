using System;
using System.Collections.Generic;
using System.Text.Json;
using Workbench.Core.Models;
using Workbench.Core.Models.Families;
using Workbench.Core.Training.Tasks;

namespace Workbench.Core.Training;

/// <summary>The text of <c>config.json</c> for a model that was trained here, under the hub's keys.</summary>
/// <remarks>The text is part of what a checkpoint is compared with, so keys keep their order.</remarks>
public static class ConfigText
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    /// <summary>Of a model with a tied head and tanh GELU, as <see cref="CausalLanguageModel"/> trains GPT-2 (with an
    /// inner width of 4 · width) and <see cref="MaskedLanguageModel"/> BERT.</summary>
    /// <param name="config">Its table.</param>
    /// <param name="special">The id of the token between documents (GPT-2), or of <c>[PAD]</c> (BERT).</param>
    /// <exception cref="ArgumentException">The family is another, or the shape has an inner width or an activation of
    /// its own.</exception>
    public static string Of(TransformerConfig config, int special)
    {
        ArgumentNullException.ThrowIfNull(config);
        var mlp = config.Blocks[0].Mlp;
        if (mlp.Activation != Activation.GeluNew)
            throw new ArgumentException(
                $"The text is for {Activation.GeluNew}, not {mlp.Activation}.", nameof(config));
        return JsonSerializer.Serialize(
            config.Family switch
            {
                Gpt2.ModelType => OfGpt2(config, special),
                Bert.ModelType => OfBert(config, special),
                _ => throw new ArgumentException(
                    $"Models of type {config.Family} are not trained here.", nameof(config)),
            },
            Indented
        );
    }

    private static Dictionary<string, object> OfGpt2(TransformerConfig config, int endOfText)
    {
        var (attention, mlp) = (config.Blocks[0].Attention, config.Blocks[0].Mlp);
        if (mlp.Up.Outputs != 4 * config.Width)
            throw new ArgumentException(
                $"The text is for an inner width of {4 * config.Width}, not {mlp.Up.Outputs}.", nameof(config));
        return new()
        {
            ["architectures"] = new[] { "GPT2LMHeadModel" },
            ["model_type"] = Gpt2.ModelType,
            ["vocab_size"] = config.Tokens.Count,
            ["n_positions"] = config.MaxTokens,
            ["n_embd"] = config.Width,
            ["n_layer"] = config.Blocks.Count,
            ["n_head"] = attention.Heads,
            ["activation_function"] = "gelu_new",
            ["layer_norm_epsilon"] = config.FinalNorm!.Epsilon,
            ["tie_word_embeddings"] = true,
            ["bos_token_id"] = endOfText,
            ["eos_token_id"] = endOfText,
        };
    }

    private static Dictionary<string, object> OfBert(TransformerConfig config, int padding) =>
        new()
        {
            ["architectures"] = new[] { "BertForMaskedLM" },
            ["model_type"] = Bert.ModelType,
            ["vocab_size"] = config.Tokens.Count,
            ["max_position_embeddings"] = config.MaxTokens,
            ["type_vocab_size"] = config.TokenTypes!.Count,
            ["hidden_size"] = config.Width,
            ["num_hidden_layers"] = config.Blocks.Count,
            ["num_attention_heads"] = config.Blocks[0].Attention.Heads,
            ["intermediate_size"] = config.Blocks[0].Mlp.Up.Outputs,
            ["hidden_act"] = "gelu_new",
            ["layer_norm_eps"] = config.EmbeddingNorm!.Epsilon,
            ["tie_word_embeddings"] = true,
            ["pad_token_id"] = padding,
        };
}
