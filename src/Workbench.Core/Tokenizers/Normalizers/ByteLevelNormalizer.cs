using System;
using System.Text;
using Workbench.Core.Tokenizers.Characters;

namespace Workbench.Core.Tokenizers.Normalizers;

/// <summary><c>ByteLevel</c>: every UTF-8 byte becomes the character that GPT-2's files write for it.</summary>
internal sealed class ByteLevelNormalizer : Normalizer
{
    /// <inheritdoc/>
    public override PlacedText Normalize(PlacedText text) => ToBytes(text);

    /// <summary>The bytes of a text, each in the place of its character.</summary>
    public static PlacedText ToBytes(PlacedText text)
    {
        var result = new NormalizedText(text.Length + text.Length / 8);
        Span<byte> bytes = stackalloc byte[4];
        for (var at = 0; at < text.Length;)
        {
            Rune.DecodeFromUtf16(text.Characters[at..], out var rune, out var width);
            var place = text.Place(at, at + width);
            foreach (var value in bytes[..rune.EncodeToUtf8(bytes)])
                result.AppendUnit(ByteAlphabet.Character(value), place);
            at += width;
        }
        return result.Text(text.Origin);
    }
}
