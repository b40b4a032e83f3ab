using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Security.Cryptography;
using System.Text;
using Workbench.Core.Randomness;
using Workbench.Core.Tokenizers;

namespace Workbench.Core.Training.Tasks;

/// <summary>
/// What BERT hides from itself (Devlin et al., NAACL 2019, section 3.1): 15 % of the places are to be predicted; of
/// these 80 % show <c>[MASK]</c>, 10 % a random token, and 10 % what they are.
/// </summary>
/// <remarks>
/// Each place is chosen by itself, as in RoBERTa and Hugging Face's collator, so that shares hold in the mean. Special
/// tokens are never chosen, and neither they nor the <c>[unused…]</c> slots are ever drawn as random tokens.
/// </remarks>
public sealed class MaskingRule
{
    private readonly HashSet<int> special;
    private readonly int[] replacements;

    private MaskingRule(
        int classifier, int separator, int mask, HashSet<int> special, int[] replacements, double share,
        double maskedShare)
    {
        (Classifier, Separator, Mask, this.special, this.replacements) = (
            classifier, separator, mask, special, replacements);
        (Share, MaskedShare) = (share, maskedShare);
    }

    /// <summary>The id of <c>[CLS]</c>, which begins every sequence.</summary>
    public int Classifier { get; }

    /// <summary>The id of <c>[SEP]</c>, which ends every sequence.</summary>
    public int Separator { get; }

    /// <summary>The id of <c>[MASK]</c>.</summary>
    public int Mask { get; }

    /// <summary>Share of the places that are to be predicted.</summary>
    public double Share { get; }

    /// <summary>Of the predicted places, the share that shows <c>[MASK]</c>; the rest is halved between a random token
    /// and the true one.</summary>
    public double MaskedShare { get; }

    /// <summary>Ids that a random token is drawn from, ascending.</summary>
    public ReadOnlySpan<int> Replacements => replacements;

    /// <summary>The rule for a tokenizer with BERT's special tokens.</summary>
    /// <param name="tokenizer">Its vocabulary has <c>[CLS]</c>, <c>[SEP]</c> and <c>[MASK]</c>; pieces that begin with
    /// <c>[unused</c> are never drawn.</param>
    /// <param name="share">Share of the places that are to be predicted, above 0 and at most 1.</param>
    /// <param name="maskedShare">Of these the share that shows <c>[MASK]</c>, from 0 to 1.</param>
    /// <exception cref="ArgumentException">One of the three is missing, or no ordinary piece is left to draw
    /// from.</exception>
    public static MaskingRule Of(Tokenizer tokenizer, double share = 0.15, double maskedShare = 0.8)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        if (!(share > 0 && share <= 1))
            throw Argument.OutOfRange(
                nameof(share), share, "The share of predicted places lies above 0 and is at most 1.");
        if (!(maskedShare is >= 0 and <= 1))
            throw Argument.OutOfRange(
                nameof(maskedShare), maskedShare, "The masked share lies from 0 to 1.");
        var vocabulary = tokenizer.Vocabulary;
        HashSet<int> special =
        [
            .. tokenizer.SpecialTokens.Values,
            Required("[CLS]"),
            Required("[SEP]"),
            Required("[MASK]"),
        ];
        foreach (var piece in new[] { "[PAD]", "[UNK]" })
            if (vocabulary.TryFind(piece, out var id))
                special.Add(id);
        int[] replacements =
        [
            .. vocabulary
                .Pieces.Where(entry =>
                    !special.Contains(entry.Value) && !entry.Key.StartsWith("[unused", StringComparison.Ordinal)
                )
                .Select(entry => entry.Value)
                .Order(),
        ];
        if (replacements.Length == 0)
            throw new ArgumentException(
                $"All {vocabulary.Count} pieces of the vocabulary are special or unused; none is left for a random "
                    + "token.",
                nameof(tokenizer)
            );
        return new MaskingRule(
            Required("[CLS]"), Required("[SEP]"), Required("[MASK]"), special, replacements, share, maskedShare);

        int Required(string piece) =>
            vocabulary.TryFind(piece, out var id)
                ? id
                : throw new ArgumentException(
                    $"Masking needs the token {piece}, but it is not among the {vocabulary.Count} pieces of the "
                        + "vocabulary; use a BERT tokenizer.",
                    nameof(tokenizer)
                );
    }

    /// <summary>All settings in words, with a hash of the ids that are special and of those that are drawn.</summary>
    public override string ToString()
    {
        var ids = Encoding.ASCII.GetBytes(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{Classifier} {Separator} {Mask}|{string.Join(' ', special.Order())}|{string.Join(' ', replacements)}")
        );
        return string.Create(
            CultureInfo.InvariantCulture,
            $"share {Share}, masked {MaskedShare}, ids of SHA-256 {Convert.ToHexStringLower(SHA256.HashData(ids))}");
    }

    /// <summary>Puts a piece of text between its two special tokens and hides some of it.</summary>
    /// <param name="text">Two tokens fewer than <paramref name="inputs"/>.</param>
    /// <param name="philox">Draws the places and what they show.</param>
    /// <param name="inputs">Filled with what the model sees.</param>
    /// <param name="targets">Filled with the true token where one is to be predicted, and
    /// <see cref="TokenBatch.Unscored"/> elsewhere.</param>
    internal void Apply(ReadOnlySpan<int> text, Philox philox, Span<int> inputs, Span<int> targets)
    {
        (inputs[0], inputs[^1]) = (Classifier, Separator);
        text.CopyTo(inputs[1..]);
        targets.Fill(TokenBatch.Unscored);
        for (var i = 1; i <= text.Length; i++)
            if (!special.Contains(inputs[i]) && philox.NextUniform() < Share) Hide(i, philox, inputs, targets);
    }

    /// <summary>Hides one place at random among those that may be chosen; none when there is none.</summary>
    internal void HideOne(Philox philox, Span<int> inputs, Span<int> targets)
    {
        var places = new List<int>();
        for (var i = 0; i < inputs.Length; i++)
            if (!special.Contains(inputs[i])) places.Add(i);
        if (places.Count > 0) Hide(places[(int)philox.NextInteger(places.Count)], philox, inputs, targets);
    }

    private void Hide(int place, Philox philox, Span<int> inputs, Span<int> targets)
    {
        targets[place] = inputs[place];
        var draw = philox.NextUniform();
        if (draw < MaskedShare) inputs[place] = Mask;
        else if (draw < (1 + MaskedShare) / 2) inputs[place] = replacements[philox.NextInteger(replacements.Length)];
    }
}
