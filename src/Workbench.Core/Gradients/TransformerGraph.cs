using System;
using System.Collections.Generic;
using System.Linq;
using Workbench.Core.Formats;
using Workbench.Core.Models;

namespace Workbench.Core.Gradients;

/// <summary>A transformer as a recorded computation: what <see cref="Transformer"/> computes, with
/// derivatives.</summary>
/// <remarks>Several texts of one length go through it one below the other, all of token type 0 and without
/// padding.</remarks>
public sealed class TransformerGraph
{
    private readonly TransformerConfig config;
    private readonly Func<string, Variable> tensor;

    /// <summary>The computation with these tensors.</summary>
    /// <param name="config">The model's table. Layers are stored as <see cref="TransformerConfig.Layout"/> says, and
    /// have biases unless <see cref="TransformerConfig.Biases"/> is false; the head is the token embeddings unless
    /// <see cref="TransformerConfig.TiedHead"/> is false.</param>
    /// <param name="tensor">The variable of a tensor by the family's own name, such as <c>h.0.attn.c_attn.weight</c>;
    /// the same one each time. All on one tape. A layer that is stored in parts is one tensor under its own name, the
    /// parts' weights below each other, and one row of biases for each.</param>
    /// <exception cref="NotSupportedException">The configuration has settings that change the forward pass and are not
    /// supported; the message names them.</exception>
    public TransformerGraph(TransformerConfig config, Func<string, Variable> tensor)
    {
        config.CheckSupported("The model");
        if (RecordedPass.Lacks(config).ToArray() is { Length: > 0 } lacks)
            throw new NotSupportedException(
                $"Derivatives of models of type {config.Family} are not supported: of {string.Join(", ", lacks)}. "
                    + "Those of the types gpt2, bert, roberta, xlm-roberta, camembert and distilbert are.");
        (this.config, this.tensor) = (config, tensor);
    }

    /// <summary>The computation with a checkpoint's weights as constants.</summary>
    /// <param name="weights">Stored in any way that <see cref="TransformerWeights"/> reads; float32 stays in the mapped
    /// file, which must stay open.</param>
    /// <param name="tape">Where it is recorded.</param>
    /// <exception cref="NotSupportedException">The configuration has settings that change the forward pass and are not
    /// supported; the message names them.</exception>
    /// <exception cref="WeightFileException">A tensor is absent; thrown when it is first needed.</exception>
    public static TransformerGraph Of(TransformerWeights weights, Tape tape)
    {
        weights.Config.CheckSupported(weights.Path);
        var constants = new Dictionary<string, Variable>();
        return new TransformerGraph(
            weights.Stored,
            name =>
                constants.TryGetValue(name, out var constant)
                    ? constant
                    : constants[name] = tape.Constant(weights.Tensor(name))
        );
    }

    /// <summary>Token embeddings, before anything is added to them.</summary>
    /// <param name="ids">Sequences of one length, one after the other.</param>
    /// <returns>[ids, d].</returns>
    /// <exception cref="ArgumentOutOfRangeException">An id is no token.</exception>
    /// <exception cref="ArgumentException">One is padding, of a model whose positions do not count it.</exception>
    public Variable Embed(ReadOnlyMemory<int> ids)
    {
        if (config.Positions?.Padding is { } padding && ids.Span.Contains(padding))
            throw new ArgumentException(
                $"Token {ids.Span.IndexOf(padding)} is padding ({padding}), which has no position in a model of type "
                    + $"{config.Family} and is not recorded; leave it out.",
                nameof(ids)
            );
        return tensor($"{config.Tokens.Name}.weight").GatherRows(ids);
    }

    /// <summary>Embedded tokens, whose derivatives may be wanted, through the whole model up to the output
    /// head.</summary>
    /// <param name="tokens">[sequences · length, d].</param>
    /// <param name="sequences">How many sequences lie one below the other.</param>
    /// <returns>[rows, d].</returns>
    /// <exception cref="ArgumentException">The rows cannot be cut into so many sequences, or these are longer than the
    /// model's positions.</exception>
    public Variable Run(Variable tokens, int sequences) => Forward.Run(config, Pass(sequences), tokens);

    /// <summary>Scores of every token at every place.</summary>
    /// <param name="states">What <see cref="Run"/> gives.</param>
    /// <returns>[rows, vocabulary].</returns>
    public Variable Logits(Variable states) =>
        Forward.BeforeHead(config, Pass(1), states).Affine(Head, WeightLayout.OutputMajor, HeadBias);

    /// <summary>The mean cross-entropy in nats.</summary>
    /// <param name="states">What <see cref="Run"/> gives.</param>
    /// <param name="targets">The token that came at each place, or was there before masking; −1 where none is
    /// scored.</param>
    /// <returns>1 × 1.</returns>
    /// <exception cref="ArgumentException">The number of targets differs from that of rows, one is no token, or none is
    /// scored.</exception>
    public Variable Loss(Variable states, ReadOnlyMemory<int> targets)
    {
        if (config.Head.Transform is null) return CrossEntropy.OfLinear(states, Head, targets, HeadBias);
        // What comes before the head is computed for scored rows only.
        var scored = CrossEntropy.Scored(states.Rows, config.Tokens.Count, targets);
        return CrossEntropy.OfLinear(
            Forward.BeforeHead(config, Pass(1), states.GatherRows(scored)), Head,
            Array.ConvertAll(scored, row => targets.Span[row]), HeadBias);
    }

    private Variable Head =>
        tensor(config.TiedHead is false ? $"{config.Head.Name}.weight" : $"{config.Tokens.Name}.weight");

    private Variable? HeadBias => config.Head.Bias is { } name ? tensor(name) : null;

    private RecordedPass Pass(int sequences) => new(config, tensor, sequences);
}
