using System;
using System.Collections.Generic;
using System.Linq;
using Workbench.Core.Tokenizers.Characters;

namespace Workbench.Core.Tokenizers.PostProcessors;

/// <summary><c>ByteLevel</c>: leaves white space at the edges of tokens out of their places.</summary>
internal sealed class ByteLevelProcessor(bool trims, bool addsPrefixSpace) : PostProcessor
{
    private static readonly char Space = ByteAlphabet.Character((byte)' ');

    /// <inheritdoc/>
    public override List<EncodedText> Process(List<EncodedText> parts, bool addsSpecials)
    {
        if (trims)
            foreach (var part in parts) Trim(part, addsPrefixSpace);
        return Numbered(parts);
    }

    /// <inheritdoc/>
    public override int Added(bool isPair) => 0;

    /// <summary>Shortens the places of tokens; one space of the first token is left when it was put there.</summary>
    public static void Trim(EncodedText text, bool addsPrefixSpace)
    {
        for (var i = 0; i < text.Count; i++)
        {
            var token = text.Tokens[i];
            var leading = token.TakeWhile(IsSpace).Count();
            var trailing = token.Reverse().TakeWhile(IsSpace).Count();
            if (leading == 0 && trailing == 0) continue;
            var (start, end) = text.Places[i];
            if (leading > 0)
            {
                if (addsPrefixSpace && leading == 1 && (i == 0 || start == 0)) leading = 0;
                start = Math.Min(Forward(text.Source, start, leading), end);
            }
            // The library goes back by code points whatever they are, and not at all where there are too few.
            if (trailing > 0 && Back(text.Source, end, trailing) is >= 0 and var shorter)
                end = Math.Max(shorter, start);
            text.SetPlace(i, (start, end));
        }
    }

    private static int Forward(string source, int at, int characters)
    {
        for (; characters > 0 && at < source.Length; characters--)
            at += char.IsHighSurrogate(source[at]) && at + 1 < source.Length && char.IsLowSurrogate(source[at + 1])
                ? 2
                : 1;
        return at + characters;
    }

    private static int Back(string source, int at, int characters)
    {
        for (; characters > 0 && at > 0; characters--)
            at -= char.IsLowSurrogate(source[at - 1]) && at > 1 && char.IsHighSurrogate(source[at - 2]) ? 2 : 1;
        return at - characters;
    }

    private static bool IsSpace(char c) => c == Space || char.IsWhiteSpace(c);
}
