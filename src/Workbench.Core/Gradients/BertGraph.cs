using System;
using Workbench.Core.Models;

namespace Workbench.Core.Gradients;

/// <summary>A BERT-shaped encoder with its masked-language-model head as a recorded computation: what
/// <see cref="BertModel"/> computes, with derivatives.</summary>
/// <remarks>Several texts of one length go through it one below the other, all of token type 0 and without padding. The
/// head is the token embeddings.</remarks>
public sealed class BertGraph
{
    private readonly BertConfig config;
    private readonly Func<string, Variable> tensor;

    /// <summary>The computation with these tensors.</summary>
    /// <param name="config">The model's settings.</param>
    /// <param name="tensor">The variable of a tensor by BERT's own name without <c>bert.</c>, such as
    /// <c>embeddings.word_embeddings.weight</c>; the same one each
    /// time. All on one tape. A block's queries, keys and values are one tensor, <c>attention.self</c>: three d × d
    /// weights below each other, and three rows of biases.</param>
    public BertGraph(BertConfig config, Func<string, Variable> tensor) => (this.config, this.tensor) = (config, tensor);

    /// <summary>The stream behind the last block.</summary>
    /// <param name="ids">Sequences of one length, one after the other.</param>
    /// <param name="sequences">How many.</param>
    /// <returns>[ids, d].</returns>
    /// <exception cref="ArgumentException">The ids cannot be cut into so many sequences, or these are longer than the
    /// model's positions.</exception>
    public Variable Run(ReadOnlyMemory<int> ids, int sequences)
    {
        var stream = tensor("embeddings.word_embeddings.weight")
            .GatherRows(ids)
            .Add(
                tensor("embeddings.position_embeddings.weight")
                    .GatherRows(PositionIds.Of(ids.Length, sequences, config.Positions))
            )
            .Add(tensor("embeddings.token_type_embeddings.weight").Slice(0, 1, 0, config.Width));
        stream = Norm("embeddings.LayerNorm", stream);
        var scale = (float)(1 / Math.Sqrt(config.HeadWidth));
        for (var block = 0; block < config.Blocks; block++)
        {
            var name = $"encoder.layer.{block}";
            var mixed = Layer($"{name}.attention.self", stream).Attend(sequences, config.Heads, scale, causal: false);
            stream = Norm(
                $"{name}.attention.output.LayerNorm", stream.Add(Layer($"{name}.attention.output.dense", mixed)));
            var hidden = Layer($"{name}.intermediate.dense", stream).Activate(config.Activation);
            stream = Norm($"{name}.output.LayerNorm", stream.Add(Layer($"{name}.output.dense", hidden)));
        }
        return stream;
    }

    /// <summary>The mean cross-entropy of the masked tokens in nats.</summary>
    /// <param name="stream">What <see cref="Run"/> gives.</param>
    /// <param name="targets">The token that was there before masking, or −1 where none is scored.</param>
    /// <returns>1 × 1.</returns>
    public Variable Loss(Variable stream, ReadOnlyMemory<int> targets)
    {
        var scored = Array.FindAll(
            PositionIds.Of(stream.Rows, 1, stream.Rows), row => targets.Span[row] != CrossEntropy.Unscored);
        if (scored.Length == 0)
            throw new ArgumentException($"None of the {stream.Rows} rows has a target.", nameof(targets));
        var transformed = Norm(
            "cls.predictions.transform.LayerNorm",
            Layer("cls.predictions.transform.dense", stream.GatherRows(scored)).Activate(config.Activation));
        return CrossEntropy.OfLinear(
            transformed, tensor("embeddings.word_embeddings.weight"),
            Array.ConvertAll(scored, row => targets.Span[row]), tensor("cls.predictions.bias"));
    }

    private Variable Layer(string name, Variable x) =>
        x.Affine(tensor($"{name}.weight"), WeightLayout.OutputMajor, tensor($"{name}.bias"));

    private Variable Norm(string name, Variable x) =>
        x.LayerNorm(tensor($"{name}.weight"), tensor($"{name}.bias"), config.NormEpsilon);
}
