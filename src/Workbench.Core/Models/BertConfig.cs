using System.Collections.Generic;
using Workbench.Core.Formats;

namespace Workbench.Core.Models;

/// <summary>The settings of a BERT-shaped encoder; the defaults are those of bert-base-uncased.</summary>
public sealed record BertConfig
{
    /// <summary>Number of tokens.</summary>
    public int VocabularySize { get; init; } = 30522;

    /// <summary>Number of learned positions, the longest text that can be run.</summary>
    public int Positions { get; init; } = 512;

    /// <summary>Number of token types (sentence A, sentence B).</summary>
    public int TokenTypes { get; init; } = 2;

    /// <summary>d, the dimensions of the residual stream.</summary>
    public int Width { get; init; } = 768;

    /// <summary>Number of blocks.</summary>
    public int Blocks { get; init; } = 12;

    /// <summary>Attention heads per block; divides <see cref="Width"/>.</summary>
    public int Heads { get; init; } = 12;

    /// <summary>Width of the MLPs' inner layer.</summary>
    public int InnerWidth { get; init; } = 3072;

    /// <summary>The MLPs' nonlinearity, also that of the masked-language-model head.</summary>
    public Activation Activation { get; init; } = Activation.Gelu;

    /// <summary>Added to the variance in every layer norm.</summary>
    public double NormEpsilon { get; init; } = 1e-12;

    /// <summary>Whether the masked-language-model head ends in the token embeddings; null where that is not said, and
    /// the file decides.</summary>
    public bool? TiedHead { get; init; }

    /// <summary>Settings that change the forward pass and are not supported, by name with their values: the weights can
    /// be read, the model cannot be run.</summary>
    public IReadOnlyList<string> Refusals { get; init; } = [];

    /// <summary>d_k, the dimensions of one head.</summary>
    public int HeadWidth => Width / Heads;

    /// <summary>Reads a <c>config.json</c> of a model of type bert.</summary>
    /// <param name="json">The text. Settings that are absent have the transformers library's defaults, which are those
    /// of this record.</param>
    /// <param name="source">Where the text comes from, for messages.</param>
    /// <exception cref="WeightFileException">The text is not a JSON object, a setting is of the wrong type, or the
    /// model is of another type.</exception>
    /// <remarks>A setting that is not known, or has a value that is not supported, ends in
    /// <see cref="Refusals"/>.</remarks>
    public static BertConfig Parse(string json, string source)
    {
        var settings = new ConfigReader(json, source);
        settings.RequireModelType("bert");
        settings.Only("position_embedding_type", "\"absolute\"");
        settings.Only("add_cross_attention", "false");
        settings.Only("is_decoder", "false");
        settings.Only("is_encoder_decoder", "false");
        settings.Only("pruned_heads", "{}");
        settings.Only("tie_encoder_decoder", "false");
        var defaults = new BertConfig();
        var config = new BertConfig
        {
            VocabularySize = settings.Count("vocab_size", defaults.VocabularySize),
            Positions = settings.Count("max_position_embeddings", defaults.Positions),
            TokenTypes = settings.Count("type_vocab_size", defaults.TokenTypes),
            Width = settings.Count("hidden_size", defaults.Width),
            Blocks = settings.Count("num_hidden_layers", defaults.Blocks),
            Heads = settings.Count("num_attention_heads", defaults.Heads),
            InnerWidth = settings.Count("intermediate_size", defaults.InnerWidth),
            Activation = settings.Activation("hidden_act", "gelu"),
            NormEpsilon = settings.Epsilon("layer_norm_eps", defaults.NormEpsilon),
            TiedHead = settings.Truth("tie_word_embeddings"),
        };
        if (config.Width % config.Heads != 0)
            throw new WeightFileException(
                FileProblem.Malformed, source, $"a width of {config.Width} cannot be cut into {config.Heads} heads.");
        return config with { Refusals = settings.Finish() };
    }

    /// <summary>The settings that lie with a checkpoint: the <c>config.json</c> in its folder.</summary>
    /// <param name="file">The checkpoint.</param>
    /// <exception cref="WeightFileException">There is none, or it cannot be read.</exception>
    public static BertConfig Of(TensorFile file) => ConfigReader.Beside(file, Parse);
}
