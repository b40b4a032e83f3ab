using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using Workbench.Core.Randomness;

namespace Workbench.Core.Training.Tasks;

/// <summary>Masked-token prediction: windows of a long text between <c>[CLS]</c> and <c>[SEP]</c>, with some tokens
/// hidden.</summary>
/// <remarks>A batch in which chance would hide nothing hides one token, so that every batch has something to learn
/// from.</remarks>
public sealed class MaskedBatches : IBatchSource
{
    private const int Frame = 2; // [CLS] and [SEP]
    private readonly int[] tokens;
    private readonly MaskingRule rule;
    private readonly int sequences;
    private readonly int length;
    private readonly ulong seed;

    /// <summary>Windows over a text.</summary>
    /// <param name="tokens">The text's token ids without <c>[CLS]</c> and <c>[SEP]</c>, copied; at least
    /// <paramref name="length"/> − 2 of them.</param>
    /// <param name="rule">What is hidden, and how.</param>
    /// <param name="sequences">Windows in a batch, at least 1.</param>
    /// <param name="length">Tokens in a sequence, <c>[CLS]</c> and <c>[SEP]</c> included: at least 3.</param>
    /// <param name="seed">Of the windows' places and of what is hidden.</param>
    /// <exception cref="ArgumentException">The text is too short or all special tokens, or an id is
    /// negative.</exception>
    public MaskedBatches(ReadOnlySpan<int> tokens, MaskingRule rule, int sequences, int length, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(rule);
        TokenStream.Check(tokens, sequences, length, shortest: Frame + 1, needed: length - Frame);
        (this.tokens, this.rule, this.sequences, this.length, this.seed) = (
            tokens.ToArray(), rule, sequences, length, seed);
        Fingerprint = string.Create(
            CultureInfo.InvariantCulture,
            $"masked token, {rule}, {sequences} sequences of {length}, seed {seed}, {TokenStream.Describe(tokens)}");
    }

    /// <inheritdoc/>
    public int TokensPerBatch => sequences * length;

    /// <inheritdoc/>
    public string Fingerprint { get; }

    /// <summary>Windows that begin at independent random places, hidden anew each time.</summary>
    /// <param name="step">At least 0; the seed's random stream of this number draws everything.</param>
    public TokenBatch Batch(int step)
    {
        Argument.AtLeast(step, 0);
        var philox = new Philox(seed, TokenStream.MaskedBatches + (ulong)step);
        var (inputs, targets) = (new int[sequences * length], new int[sequences * length]);
        for (var i = 0; i < sequences; i++)
        {
            var start = (int)philox.NextInteger(tokens.Length - (length - Frame) + 1);
            rule.Apply(
                tokens.AsSpan(start, length - Frame), philox, inputs.AsSpan(i * length, length),
                targets.AsSpan(i * length, length));
        }
        if (!targets.AsSpan().ContainsAnyExcept(TokenBatch.Unscored)) rule.HideOne(philox, inputs, targets);
        return new TokenBatch(sequences, length, inputs, targets);
    }

    /// <summary>The text in consecutive windows, hidden once and the same way every time.</summary>
    /// <param name="tokens">The text's token ids; what is left over behind the last whole window is not used.</param>
    /// <param name="rule">What is hidden, and how.</param>
    /// <param name="sequences">Windows in a batch; the last batch may have fewer.</param>
    /// <param name="length">Tokens in a sequence, <c>[CLS]</c> and <c>[SEP]</c> included: at least 3.</param>
    /// <param name="seed">Of what is hidden; window n draws from a random stream of its own.</param>
    /// <returns>Batches with at least one scored place each; a batch in which chance hides nothing is left
    /// out.</returns>
    public static IReadOnlyList<TokenBatch> Consecutive(
        ReadOnlySpan<int> tokens, MaskingRule rule, int sequences, int length, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(rule);
        TokenStream.Check(tokens, sequences, length, shortest: Frame + 1, needed: length - Frame);
        var (text, inner) = (tokens.ToArray(), length - Frame);
        return
        [
            .. TokenStream
                .Batches(
                    text.Length / inner,
                    sequences,
                    length,
                    (window, inputs, targets) =>
                        rule.Apply(
                            text.AsSpan(window * inner, inner),
                            new Philox(seed, TokenStream.MaskedHeldOut + (ulong)window), inputs, targets)
                )
                .Where(batch => batch.Scored > 0),
        ];
    }
}
