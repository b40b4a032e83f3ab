using System;
using System.Collections.Generic;
using Workbench.Core.Tokenizers.Characters;
using Workbench.Core.Tokenizers.Normalizers;
using Workbench.Core.Tokenizers.Patterns;

namespace Workbench.Core.Tokenizers.PreTokenizers;

/// <summary><c>ByteLevel</c>: a space before a piece that has none, GPT-2's pattern, and bytes written as
/// characters.</summary>
/// <param name="addsPrefixSpace">Whether a space is put before a piece that does not begin with one.</param>
/// <param name="usesPattern">Whether pieces are cut by GPT-2's pattern.</param>
/// <param name="writesBytes">Whether bytes are written as characters here; a model that reads bytes does
/// without.</param>
internal sealed class ByteLevelPreTokenizer(bool addsPrefixSpace, bool usesPattern, bool writesBytes) : PreTokenizer
{
    /// <summary>The same for a model that reads bytes itself.</summary>
    public ByteLevelPreTokenizer ForBytes() => new(addsPrefixSpace, usesPattern, writesBytes: false);

    /// <summary>The same with or without a space put before.</summary>
    public ByteLevelPreTokenizer With(bool prefixSpace) => new(prefixSpace, usesPattern, writesBytes);

    /// <inheritdoc/>
    public override void Cut(ref PreTokenizedText text)
    {
        if (addsPrefixSpace) AddSpaces(ref text);
        if (usesPattern) CutByPattern(ref text);
        if (writesBytes) WriteBytes(ref text);
    }

    private static void AddSpaces(ref PreTokenizedText text)
    {
        var characters = text.Text.Characters;
        var isNeeded = false;
        foreach (var (start, _) in text.Pieces) isNeeded |= characters[start] != ' ';
        if (!isNeeded) return;
        var result = new NormalizedText(text.Text.Length + text.Pieces.Count);
        var pieces = text.Begin();
        foreach (var (start, end) in text.Pieces)
        {
            var begun = result.Length;
            if (characters[start] != ' ') result.Append(" ", text.Text.At(start));
            result.Append(text.Text, start, end);
            pieces.Add((begun, result.Length));
        }
        text.Change(result.Text(text.Text.Origin));
    }

    private static void CutByPattern(ref PreTokenizedText text)
    {
        var cut = text.Begin();
        foreach (var (start, end) in text.Pieces)
        {
            var rest = text.Text.Characters[start..end];
            for (var at = start; at < end;)
            {
                var length = Gpt2Pattern.NextLength(rest);
                cut.Add((at, at + length));
                at += length;
                rest = rest[length..];
            }
        }
        text.Cut();
    }

    private static void WriteBytes(ref PreTokenizedText text)
    {
        var result = new NormalizedText(text.Text.Length + text.Text.Length / 8);
        var pieces = text.Begin();
        foreach (var (start, end) in text.Pieces)
        {
            var begun = result.Length;
            var bytes = ByteLevelNormalizer.ToBytes(text.Text.Slice(start, end));
            result.Append(bytes, 0, bytes.Length);
            pieces.Add((begun, result.Length));
        }
        text.Change(result.Text(text.Text.Origin));
    }
}
