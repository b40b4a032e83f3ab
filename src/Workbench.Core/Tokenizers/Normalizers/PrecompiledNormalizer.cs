using System;
using System.Buffers;
using System.Collections.Concurrent;
using System.Globalization;
using System.Linq;
using System.Text;
using Workbench.Core.Tokenizers.Characters;

namespace Workbench.Core.Tokenizers.Normalizers;

/// <summary>
/// <c>Precompiled</c>: SentencePiece's rules, a grapheme cluster of under six bytes by the rule for its shortest
/// beginning that has one (the rest of the cluster is lost), any other letter by letter.
/// </summary>
/// <remarks>So the Rust library has it; SentencePiece itself takes the longest match.</remarks>
internal sealed class PrecompiledNormalizer(PrecompiledMap map) : Normalizer
{
    private const int LongestCluster = 5;

    /// <summary>The ASCII characters that no rule begins with: most text is nothing else, and stays as it is.</summary>
    private readonly SearchValues<char> plain = SearchValues.Create(
        Enumerable.Range(0, 128).Select(c => (char)c).Where(c => c != '\r' && Look([c], map) is null).ToArray());

    /// <summary>What clusters below U+10000 of one unit become; null when no rule speaks of them.</summary>
    private readonly ConcurrentDictionary<char, string?> single = new();

    /// <inheritdoc/>
    public override PlacedText Normalize(PlacedText text)
    {
        var characters = text.Characters;
        if (characters.IndexOfAnyExcept(plain) < 0) return text;
        var transformation = new Transformation(text);
        Span<char> units = stackalloc char[2];
        for (var at = 0; at < characters.Length;)
        {
            var length = ClusterLength(characters[at..]);
            var cluster = characters.Slice(at, length);
            at += length;
            if (Encoding.UTF8.GetByteCount(cluster) <= LongestCluster && TryMap(cluster, out var result))
            {
                Replace(ref transformation, Count(cluster), result);
                continue;
            }
            foreach (var rune in cluster.EnumerateRunes())
            {
                if (TryMap(units[..rune.EncodeToUtf16(units)], out result)) Replace(ref transformation, 1, result);
                else transformation.Add(rune.Value, 0);
            }
        }
        return transformation.ToText();
    }

    /// <summary>The last of the characters put in says what was swallowed, or they are put in behind.</summary>
    private static void Replace(ref Transformation transformation, int old, string result)
    {
        var count = Count(result);
        if (count == 0)
        {
            transformation.Swallow(old);
            return;
        }
        var i = 0;
        foreach (var rune in result.EnumerateRunes())
        {
            i++;
            transformation.Add(rune.Value, i > old ? 1 : i == count ? Math.Min(0, count - old) : 0);
        }
    }

    private static int ClusterLength(ReadOnlySpan<char> text) =>
        // Most text by far: nothing joins two letters of ASCII but CR and LF.
        text.Length > 1 && text[0] < 0x80 && text[1] < 0x80 && text[0] != '\r'
            ? 1
            : StringInfo.GetNextTextElementLength(text);

    private static int Count(ReadOnlySpan<char> text)
    {
        var count = 0;
        foreach (var _ in text.EnumerateRunes()) count++;
        return count;
    }

    private bool TryMap(ReadOnlySpan<char> cluster, out string result)
    {
        if (cluster.Length == 1)
        {
            var found = single.GetOrAdd(cluster[0], static (c, map) => Look([c], map), map);
            result = found ?? "";
            return found is not null;
        }
        var mapped = Look(cluster, map);
        result = mapped ?? "";
        return mapped is not null;
    }

    private static string? Look(ReadOnlySpan<char> cluster, PrecompiledMap map)
    {
        Span<byte> bytes = stackalloc byte[16];
        var count = Encoding.UTF8.GetBytes(cluster, bytes);
        return map.Find(bytes[..count], longest: false, out var result) > 0 ? result : null;
    }
}
