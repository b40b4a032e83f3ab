using System.Collections.Generic;

namespace Workbench.Core.Models;

/// <summary>What a forward pass is made of, on whatever carries the numbers: matrices that are computed and used again,
/// or variables that remember how they were made.</summary>
/// <typeparam name="T">One row per token.</typeparam>
/// <remarks>A result is a value of its own until <see cref="Done"/> is called with it, except where it may take the
/// place of an operand.</remarks>
internal interface IOperations<T> where T : class
{
    /// <summary>Every element times a number, in x's place.</summary>
    T Scale(T x, double factor);

    /// <summary>Embeddings of positions, and of token types, where the model has them, added in the stream's
    /// place.</summary>
    T AddPositions(T stream);

    /// <summary>Every row normalised.</summary>
    T Normalize(NormConfig norm, T x);

    /// <summary>An affine layer.</summary>
    T Apply(LayerConfig layer, T x);

    /// <summary>Queries and keys normed, limited and turned, as far as the heads do so, in their place.</summary>
    T Position(AttentionConfig attention, T queriesKeysValues);

    /// <summary>Each head's values mixed by its pattern, heads side by side.</summary>
    /// <param name="attention">The heads.</param>
    /// <param name="block">Which block, from 0.</param>
    /// <param name="queriesKeysValues">What <see cref="Position"/> gives.</param>
    T Attend(AttentionConfig attention, int block, T queriesKeysValues);

    /// <summary>The activation of every element, in x's place.</summary>
    T Activate(Activation activation, T x);

    /// <summary>What stands between the two layers of a gated perceptron: half as wide as x.</summary>
    T Gate(MlpConfig mlp, T x);

    /// <summary>Which rows each expert computes, and with what weight.</summary>
    IReadOnlyList<ExpertRows> Route(ExpertsConfig experts, T scores);

    /// <summary>Some rows.</summary>
    T Rows(T x, int[] rows);

    /// <summary>Rows of zeros of a model's width, as many as x has.</summary>
    T Zeros(T x, int width);

    /// <summary>Rows times their weights added to those rows of a sum, in its place.</summary>
    void AddRows(T sum, ExpertRows to, T rows);

    /// <summary>stream + addend, in the stream's place.</summary>
    T Add(T stream, T addend);

    /// <summary>The pass has come to a place.</summary>
    void Visit(Place place, T values);

    /// <summary>The pass has come to a place whose values are some columns of a matrix.</summary>
    /// <param name="place">Where.</param>
    /// <param name="matrix">Every row.</param>
    /// <param name="starts">Where the ranges of columns begin that lie side by side in the place's values.</param>
    /// <param name="width">Of each range.</param>
    void Visit(Place place, T matrix, IReadOnlyList<int> starts, int width);

    /// <summary>A value is not needed any more.</summary>
    void Done(T x);
}

/// <summary>The tokens that an expert computes for.</summary>
/// <param name="Expert">From 0.</param>
/// <param name="Rows">Tokens in their order; never none.</param>
/// <param name="Weights">What each one's result is multiplied by.</param>
internal sealed record ExpertRows(int Expert, int[] Rows, double[] Weights)
{
    /// <summary>The experts with the largest scores of each token, ties to the smaller number, and their softmax, in
    /// double precision.</summary>
    public static IReadOnlyList<ExpertRows> Choose(ExpertsConfig experts, double[][] scores)
    {
        var count = experts.Experts.Count;
        var (rows, weights) = (new List<int>[count], new List<double>[count]);
        for (var expert = 0; expert < count; expert++) (rows[expert], weights[expert]) = ([], []);
        for (var row = 0; row < scores.Length; row++)
        {
            var order = new int[count];
            for (var i = 0; i < count; i++) order[i] = i;
            var own = scores[row];
            System.Array.Sort(order, (x, y) => own[x] != own[y] ? own[y].CompareTo(own[x]) : x.CompareTo(y));
            var total = 0.0;
            for (var i = 0; i < (experts.Renormalise ? experts.Active : count); i++)
                total += System.Math.Exp(own[order[i]] - own[order[0]]);
            for (var i = 0; i < experts.Active; i++)
            {
                rows[order[i]].Add(row);
                weights[order[i]].Add(System.Math.Exp(own[order[i]] - own[order[0]]) / total);
            }
        }
        var chosen = new List<ExpertRows>();
        for (var expert = 0; expert < count; expert++)
            if (rows[expert].Count > 0) chosen.Add(new(expert, [.. rows[expert]], [.. weights[expert]]));
        return chosen;
    }
}
