using System;

namespace Workbench.Core.Tokenizers.PostProcessors;

/// <summary>Which of two texts loses tokens.</summary>
public enum TruncationStrategy
{
    /// <summary>The longer one, until both are as long; then both.</summary>
    LongestFirst,

    /// <summary>The first.</summary>
    OnlyFirst,

    /// <summary>The second.</summary>
    OnlySecond,
}

/// <summary>How texts are cut to a length, as <c>tokenizer.json</c> says.</summary>
/// <param name="Length">Tokens that are left, those put around the text included.</param>
/// <param name="Strategy">Which of two texts loses tokens.</param>
/// <param name="FromLeft">Whether the beginning goes, and not the end.</param>
public sealed record Truncation(int Length, TruncationStrategy Strategy, bool FromLeft)
{
    /// <summary>Cuts one text or two to so many tokens together.</summary>
    internal (EncodedText First, EncodedText? Second) Cut(EncodedText first, EncodedText? second, int length)
    {
        var total = first.Count + (second?.Count ?? 0);
        if (length <= 0) return (Keep(first, 0), second is null ? null : Keep(second, 0));
        if (total <= length) return (first, second);
        if (Strategy == TruncationStrategy.LongestFirst)
        {
            if (second is null) return (Keep(first, length), null);
            var (shorter, longer) = (Math.Min(first.Count, second.Count), Math.Max(first.Count, second.Count));
            longer = shorter > length ? shorter : Math.Max(shorter, length - shorter);
            if (shorter + longer > length) (shorter, longer) = (length / 2, length / 2 + length % 2);
            return first.Count > second.Count
                ? (Keep(first, longer), Keep(second, shorter))
                : (Keep(first, shorter), Keep(second, longer));
        }
        var target = Strategy == TruncationStrategy.OnlyFirst ? first : second;
        var kept = (target?.Count ?? 0) - (total - length);
        if (target is null || kept <= 0)
            throw new ArgumentException(
                $"The texts have {total} tokens and are to be cut to {length}, but the tokenizer's file lets only the "
                    + $"{(Strategy == TruncationStrategy.OnlyFirst ? "first" : "second")} lose any, and that "
                    + (target is null ? "is not there." : $"has {target.Count}."));
        return Strategy == TruncationStrategy.OnlyFirst ? (Keep(first, kept), second) : (first, Keep(second!, kept));
    }

    private EncodedText Keep(EncodedText text, int count) => count >= text.Count ? text
        : text.Slice(FromLeft ? text.Count - count : 0, count);
}
