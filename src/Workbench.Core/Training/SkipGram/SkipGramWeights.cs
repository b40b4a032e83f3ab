using System;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Workbench.Core.Randomness;
using Workbench.Core.Tensors;

namespace Workbench.Core.Training.SkipGram;

/// <summary>
/// The two vectors of every word, as a centre (v) and as a neighbour (u), and a step of gradient descent on one pair of
/// words with its negative samples: the loss is −ln σ(u₀·v) − Σ ln σ(−uₖ·v) over the samples k (Mikolov et al. 2013,
/// arXiv 1310.4546, equation 4).
/// </summary>
internal sealed unsafe class SkipGramWeights
{
    private const int Lanes = 16; // Vector512 is two or four vectors where the machine has only narrower ones

    private readonly int dimensions;
    private readonly int width; // dimensions rounded up to whole vectors; what is behind them stays zero
    private readonly Matrix centres;
    private readonly Matrix neighbours;
    private readonly float[] scores;

    /// <summary>As word2vec.c starts: centres uniform in ±1/(2·dimensions), neighbours zero.</summary>
    /// <param name="words">Size of the vocabulary.</param>
    /// <param name="dimensions">Values of each vector.</param>
    /// <param name="negatives">Most samples of a step.</param>
    /// <param name="random">Where the start comes from, row by row.</param>
    public SkipGramWeights(int words, int dimensions, int negatives, Philox random)
    {
        this.dimensions = dimensions;
        width = (dimensions + Lanes - 1) / Lanes * Lanes;
        (centres, neighbours) = (new Matrix(words, width), new Matrix(words, width));
        scores = new float[(1 + negatives + Lanes - 1) / Lanes * Lanes];
        for (var word = 0; word < words; word++)
            foreach (ref var value in centres.WritableRow(word)[..dimensions])
                value = (float)((random.NextUniform() - 0.5) / dimensions);
    }

    /// <summary>A word's vector as a centre, to read or overwrite.</summary>
    public Span<float> Centre(int word) => centres.WritableRow(word)[..dimensions];

    /// <summary>A word's vector as a neighbour, to read or overwrite.</summary>
    public Span<float> Neighbour(int word) => neighbours.WritableRow(word)[..dimensions];

    /// <summary>A copy of the centres: words × dimensions.</summary>
    public Matrix Vectors()
    {
        var result = Matrix.Uninitialized(centres.Rows, dimensions);
        for (var word = 0; word < centres.Rows; word++) Centre(word).CopyTo(result.WritableRow(word));
        return result;
    }

    /// <summary>Moves the vectors of one pair and its samples against the gradient, which is taken before anything
    /// moves.</summary>
    /// <param name="centre">The word that predicts.</param>
    /// <param name="targets">The word that is to be predicted, then the samples; a sample may come twice.</param>
    /// <param name="rate">Share of the gradient.</param>
    /// <returns>The loss before the step.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public float Step(int centre, ReadOnlySpan<int> targets, float rate)
    {
        var v = centres.DangerousPointer + (long)centre * width;
        var u = neighbours.DangerousPointer;
        for (var t = 0; t < targets.Length; t++)
        {
            var row = u + (long)targets[t] * width;
            var sum = Vector512<float>.Zero;
            for (var i = 0; i < width; i += Lanes)
                sum = Vector512.MultiplyAddEstimate(Vector512.Load(v + i), Vector512.Load(row + i), sum);
            scores[t] = Vector512.Sum(sum);
        }
        var loss = Errors(scores, targets.Length, rate);
        for (var i = 0; i < width; i += Lanes)
        {
            var (old, moved) = (Vector512.Load(v + i), Vector512.Load(v + i));
            for (var t = 0; t < targets.Length; t++)
                moved = Vector512.MultiplyAddEstimate(
                    Vector512.Create(scores[t]), Vector512.Load(u + (long)targets[t] * width + i), moved);
            for (var t = 0; t < targets.Length; t++)
            {
                var at = u + (long)targets[t] * width + i;
                Vector512.MultiplyAddEstimate(Vector512.Create(scores[t]), old, Vector512.Load(at)).Store(at);
            }
            moved.Store(v + i);
        }
        GC.KeepAlive(this);
        return loss;
    }

    // Turns scores into the negative of the loss's derivatives by them, times the rate, sixteen at a time. With z =
    // score for the real word and −score for a sample, a loss is ln(1 + e^−z) and its derivative −σ(−z); e^−|z| never
    // overflows, so nothing is clipped.
    private static float Errors(Span<float> scores, int count, float rate)
    {
        var total = Vector512<float>.Zero;
        // A sample that could not be told apart better: loss 0, derivative 0.
        scores[count..].Fill(float.NegativeInfinity);
        for (var i = 0; i < count; i += Lanes)
        {
            var lanes = scores.Slice(i, Lanes);
            var sign = i == 0 ? Vector512.Create(-1f).WithElement(0, 1f) : Vector512.Create(-1f);
            var z = sign * Vector512.Create<float>(lanes);
            var small = Vector512.Exp(-Vector512.Abs(z));
            var isPositive = Vector512.GreaterThanOrEqual(z, Vector512<float>.Zero);
            total += Vector512.Max(-z, Vector512<float>.Zero) + Vector512.Log(Vector512<float>.One + small);
            var complement =
                Vector512.ConditionalSelect(isPositive, small, Vector512<float>.One) / (Vector512<float>.One + small);
            (sign * complement * rate).CopyTo(lanes);
        }
        return Vector512.Sum(total);
    }
}
