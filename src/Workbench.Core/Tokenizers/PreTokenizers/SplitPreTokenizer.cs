using System.Collections.Generic;
using Workbench.Core.Tokenizers.Patterns;

namespace Workbench.Core.Tokenizers.PreTokenizers;

/// <summary>
/// <c>Split</c>: cuts at the matches of a pattern, or (inverted) at what is between them. <c>CharDelimiterSplit</c>,
/// <c>Digits</c>, <c>Punctuation</c>, <c>Whitespace</c> and <c>WhitespaceSplit</c> are this with patterns of their own.
/// </summary>
internal sealed class SplitPreTokenizer(TextPattern pattern, SplitBehavior behavior, bool isInverted = false)
    : PreTokenizer
{
    /// <inheritdoc/>
    public override void Cut(ref PreTokenizedText text)
    {
        var cut = text.Begin();
        var parts = new List<(int Start, int End, bool IsMatch)>();
        foreach (var (from, to) in text.Pieces)
        {
            var matches = pattern.In(text.Text.Characters[from..to]);
            var last = 0;
            parts.Clear();
            while (matches.MoveNext(out var start, out var end))
            {
                if (last < start) parts.Add((from + last, from + start, isInverted));
                parts.Add((from + start, from + end, !isInverted));
                last = end;
            }
            if (last < to - from) parts.Add((from + last, to, isInverted));
            Join(parts, cut);
        }
        text.Cut();
    }

    private void Join(List<(int Start, int End, bool IsMatch)> parts, List<(int Start, int End)> cut)
    {
        var first = cut.Count;
        for (var i = 0; i < parts.Count; i++)
        {
            var (start, end, isMatch) = parts[i];
            switch (behavior)
            {
                case SplitBehavior.Removed when isMatch:
                    break;
                case SplitBehavior.MergedWithPrevious when isMatch && cut.Count > first && !parts[i - 1].IsMatch:
                case SplitBehavior.Contiguous when isMatch == (i > 0 && parts[i - 1].IsMatch) && cut.Count > first:
                    cut[^1] = (cut[^1].Start, end);
                    break;
                case SplitBehavior.MergedWithNext when isMatch && i + 1 < parts.Count && !parts[i + 1].IsMatch:
                    cut.Add((start, parts[++i].End));
                    break;
                default:
                    cut.Add((start, end));
                    break;
            }
        }
        var kept = first;
        for (var i = first; i < cut.Count; i++)
            if (cut[i].End > cut[i].Start) cut[kept++] = cut[i];
        cut.RemoveRange(kept, cut.Count - kept);
    }
}
