using System;
using System.Collections.Generic;
using System.Globalization;
using Workbench.Core.Randomness;

namespace Workbench.Core.Training.Tasks;

/// <summary>Next-token prediction: random windows over a long text for training, consecutive ones for
/// evaluation.</summary>
/// <example><code>
/// var batches = new CausalBatches(ids, sequences: 16, length: 128, seed: 7);
/// batches.Batch(0)
/// </code> has at each place the token that follows it as its target.</example>
public sealed class CausalBatches : IBatchSource
{
    private readonly int[] tokens;
    private readonly int sequences;
    private readonly int length;
    private readonly ulong seed;

    /// <summary>Windows over a text.</summary>
    /// <param name="tokens">The text's token ids, copied; more than <paramref name="length"/> of them.</param>
    /// <param name="sequences">Windows in a batch, at least 1.</param>
    /// <param name="length">Tokens in a window, at least 1.</param>
    /// <param name="seed">Of the windows' places.</param>
    /// <exception cref="ArgumentException">The text is too short, or an id is negative.</exception>
    public CausalBatches(ReadOnlySpan<int> tokens, int sequences, int length, ulong seed)
    {
        TokenStream.Check(tokens, sequences, length, shortest: 1, needed: length + 1);
        (this.tokens, this.sequences, this.length, this.seed) = (tokens.ToArray(), sequences, length, seed);
        Fingerprint = string.Create(
            CultureInfo.InvariantCulture,
            $"next token, {sequences} sequences of {length}, seed {seed}, {TokenStream.Describe(tokens)}");
    }

    /// <inheritdoc/>
    public int TokensPerBatch => sequences * length;

    /// <inheritdoc/>
    public string Fingerprint { get; }

    /// <summary>Windows that begin at independent random places, each place equally likely.</summary>
    /// <param name="step">At least 0; the seed's random stream of this number draws the places.</param>
    public TokenBatch Batch(int step)
    {
        Argument.AtLeast(step, 0);
        var philox = new Philox(seed, TokenStream.CausalBatches + (ulong)step);
        return TokenStream.Batches(
            sequences, sequences, length,
            (_, inputs, targets) => Fill(tokens, (int)philox.NextInteger(tokens.Length - length), inputs, targets))[0];
    }

    /// <summary>The whole text in consecutive windows: every token but the first is predicted exactly once.</summary>
    /// <param name="tokens">The text's token ids, at least two.</param>
    /// <param name="sequences">Windows in a batch; the last batch may have fewer.</param>
    /// <param name="length">Tokens in a window; behind the end of the text the last window is filled with its last
    /// token, unscored.</param>
    public static IReadOnlyList<TokenBatch> Consecutive(ReadOnlySpan<int> tokens, int sequences, int length)
    {
        TokenStream.Check(tokens, sequences, length, shortest: 1, needed: 2);
        var text = tokens.ToArray();
        var windows = (text.Length - 2) / length + 1;
        return TokenStream.Batches(
            windows, sequences, length, (window, inputs, targets) => Fill(text, window * length, inputs, targets));
    }

    private static void Fill(int[] text, int start, Span<int> inputs, Span<int> targets)
    {
        var count = Math.Min(inputs.Length, text.Length - 1 - start);
        text.AsSpan(start, count).CopyTo(inputs);
        text.AsSpan(start + 1, count).CopyTo(targets);
        inputs[count..].Fill(text[^1]);
        targets[count..].Fill(TokenBatch.Unscored);
    }
}
