using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;

namespace Workbench.Core.Tokenizers.Characters;

/// <summary>
/// Unicode's normalisation forms (UAX #15) with the places of characters, as the crate unicode-normalization-alignments
/// has them.
/// </summary>
internal static class UnicodeForm
{
    private const int HangulBase = 0xAC00, HangulCount = 11172, LeadBase = 0x1100, LeadCount = 19, VowelBase = 0x1161,
        VowelCount = 21, TrailBase = 0x11A7, TrailCount = 28;

    private static readonly Dictionary<int, int[]> CanonicalSteps = TableText.Decompositions(UnicodeTables.Canonical);
    private static readonly Dictionary<int, int[]> CompatibleSteps = TableText.Decompositions(UnicodeTables.Compatible);
    private static readonly Dictionary<int, int[]> Canonical = Whole(CanonicalSteps, null);
    private static readonly Dictionary<int, int[]> Compatible = Whole(CanonicalSteps, CompatibleSteps);
    private static readonly Dictionary<(int, int), int> Compositions = MakeCompositions();

    /// <summary>The full canonical decomposition of a character that has one; Hangul included.</summary>
    public static bool TryDecompose(int codePoint, out ReadOnlySpan<int> parts) =>
        TryDecompose(codePoint, Canonical, out parts);

    /// <summary>NFD, or NFKD.</summary>
    public static PlacedText Decompose(PlacedText text, bool isCompatible)
    {
        if (IsUnchanged(text.Characters, isCompatible ? 0x80 : 0xC0)) return text;
        var transformation = new Transformation(text);
        foreach (var (codePoint, change) in Decomposed(text.Characters, isCompatible))
            transformation.Add(codePoint, change);
        return transformation.ToText();
    }

    /// <summary>NFC, or NFKC.</summary>
    public static PlacedText Compose(PlacedText text, bool isCompatible)
    {
        // Nothing below U+0300 composes with what is before it, and only compatibility changes what is below U+00C0.
        if (IsUnchanged(text.Characters, isCompatible ? 0xA0 : 0x300)) return text;
        var transformation = new Transformation(text);
        (int CodePoint, int Change)? starter = null;
        var held = new List<(int CodePoint, int Change)>();
        var lastClass = -1;
        foreach (var (codePoint, change) in Decomposed(text.Characters, isCompatible))
        {
            var combiningClass = BertCharacters.CombiningClass(codePoint);
            if (starter is not { } first)
            {
                if (combiningClass != 0) transformation.Add(codePoint, change);
                else starter = (codePoint, change);
                continue;
            }
            if (lastClass < combiningClass || lastClass < 0)
                if (TryCompose(first.CodePoint, codePoint, out var composed))
                {
                    starter = (composed, first.Change + change - 1);
                    continue;
                }
            if (combiningClass == 0)
            {
                Flush(ref transformation);
                starter = (codePoint, change);
                continue;
            }
            held.Add((codePoint, change));
            lastClass = combiningClass;
        }
        Flush(ref transformation);
        return transformation.ToText();

        void Flush(ref Transformation target)
        {
            if (starter is { } composite) target.Add(composite.CodePoint, composite.Change);
            foreach (var (codePoint, change) in held) target.Add(codePoint, change);
            held.Clear();
            (starter, lastClass) = (null, -1);
        }
    }

    private static bool IsUnchanged(ReadOnlySpan<char> text, int limit) =>
        text.IndexOfAnyExceptInRange('\0', (char)(limit - 1)) < 0;

    /// <summary>The decomposed text in canonical order, each character with its change.</summary>
    private static List<(int CodePoint, int Change)> Decomposed(ReadOnlySpan<char> text, bool isCompatible)
    {
        var steps = isCompatible ? Compatible : Canonical;
        var all = new List<(int CodePoint, int Change)>(text.Length);
        var marks = new List<(byte Class, int CodePoint, int Change)>();
        for (var at = 0; at < text.Length;)
        {
            Rune.DecodeFromUtf16(text[at..], out var rune, out var width);
            at += width;
            if (rune.Value < 0x80 || !TryDecompose(rune.Value, steps, out var parts)) Push(rune.Value, 0);
            else
                for (var i = 0; i < parts.Length; i++) Push(parts[i], i == 0 ? 0 : 1);
        }
        Order();
        return all;

        void Push(int codePoint, int change)
        {
            var combiningClass = codePoint < 0x300 ? (byte)0 : BertCharacters.CombiningClass(codePoint);
            if (combiningClass != 0)
            {
                marks.Add((combiningClass, codePoint, change));
                return;
            }
            Order();
            all.Add((codePoint, change));
        }

        void Order()
        {
            if (marks.Count == 0) return;
            foreach (var (_, codePoint, change) in marks.OrderBy(mark => mark.Class)) all.Add((codePoint, change));
            marks.Clear();
        }
    }

    private static bool TryDecompose(int codePoint, Dictionary<int, int[]> steps, out ReadOnlySpan<int> parts)
    {
        if ((uint)(codePoint - HangulBase) < HangulCount)
        {
            var (syllable, trail) = Math.DivRem(codePoint - HangulBase, TrailCount);
            int[] hangul = [LeadBase + syllable / VowelCount, VowelBase + syllable % VowelCount, TrailBase + trail];
            parts = hangul.AsSpan(0, trail > 0 ? 3 : 2);
            return true;
        }
        var found = steps.TryGetValue(codePoint, out var whole);
        parts = whole;
        return found;
    }

    private static bool TryCompose(int first, int second, out int composed)
    {
        composed = 0;
        if ((uint)(first - LeadBase) < LeadCount && (uint)(second - VowelBase) < VowelCount)
            composed = HangulBase + ((first - LeadBase) * VowelCount + (second - VowelBase)) * TrailCount;
        else if ((uint)(first - HangulBase) < HangulCount && (first - HangulBase) % TrailCount == 0
            && second > TrailBase && second < TrailBase + TrailCount)
            composed = first + second - TrailBase;
        else return Compositions.TryGetValue((first, second), out composed);
        return true;
    }

    /// <summary>Decompositions carried on until nothing decomposes.</summary>
    private static Dictionary<int, int[]> Whole(Dictionary<int, int[]> canonical, Dictionary<int, int[]>? compatible)
    {
        var all = new Dictionary<int, int[]>();
        foreach (var codePoint in canonical.Keys.Concat(compatible is null ? [] : compatible.Keys))
            all[codePoint] = Expand(codePoint).ToArray();
        return all;

        IEnumerable<int> Expand(int codePoint) =>
            canonical.TryGetValue(codePoint, out var step) || (compatible?.TryGetValue(codePoint, out step) ?? false)
                ? step!.SelectMany(Expand)
                : [codePoint];
    }

    private static Dictionary<(int, int), int> MakeCompositions()
    {
        var excluded = new HashSet<int>();
        foreach (var range in UnicodeTables.NotComposed.Split(' '))
        {
            var (first, last) = TableText.Range(range);
            for (var c = first; c <= last; c++) excluded.Add(c);
        }
        return CanonicalSteps.Where(step => step.Value.Length == 2 && !excluded.Contains(step.Key))
            .ToDictionary(step => (step.Value[0], step.Value[1]), step => step.Key);
    }
}
