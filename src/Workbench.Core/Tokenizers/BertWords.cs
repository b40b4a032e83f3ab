using System;
using System.Text;

namespace Workbench.Core.Tokenizers;

/// <summary>BERT's rule for cutting normalised text into words: at white space, and around every character of
/// punctuation.</summary>
/// <remarks>Devlin et al. 2019, tokenization.py. Ideographs are words because the normalisation puts spaces around
/// them.</remarks>
internal static class BertWords
{
    /// <summary>The length of the word, or of the character of white space, that begins at the start of a text that is
    /// not empty.</summary>
    public static int NextLength(ReadOnlySpan<char> text, out bool isWord)
    {
        isWord = true;
        var at = 0;
        while (at < text.Length)
        {
            Rune.DecodeFromUtf16(text[at..], out var character, out var width);
            if (
                (BertCharacters.ClassOf(character.Value) & (BertClass.WhiteSpace | BertClass.Punctuation))
                is not BertClass.None
                    and var kind
            )
            {
                if (at > 0) return at;
                isWord = (kind & BertClass.Punctuation) != 0;
                return width;
            }
            at += width;
        }
        return at;
    }

    /// <summary>The length of a word as its limit counts it.</summary>
    public static int CodePoints(ReadOnlySpan<char> word)
    {
        var count = 0;
        foreach (var _ in word.EnumerateRunes()) count++;
        return count;
    }
}
