using System;
using System.Text;
using Workbench.Core.Tokenizers.Characters;
using Workbench.Core.Tokenizers.Models;
using Workbench.Core.Tokenizers.Normalizers;

namespace Workbench.Core.Tokenizers.SentencePiece;

/// <summary>SentencePiece's normalisation: its map by the longest match, extra white space removed, a mark before the
/// text, marks for spaces; symbols that users defined stay as they are.</summary>
/// <remarks>Kudo &amp; Richardson 2018; normalizer.cc of SentencePiece 0.2.</remarks>
internal sealed class SentencePieceNormalizer(SentencePieceModel model, PrecompiledMap? map, PieceTrie? userDefined)
    : Normalizer
{
    private const char Mark = '\u2581';
    private readonly char space = model.EscapesWhiteSpace ? Mark : ' ';

    /// <inheritdoc/>
    public override PlacedText Normalize(PlacedText text)
    {
        var result = new NormalizedText(text.Length + text.Length / 8 + 8);
        var utf8 = map is null ? [] : Encoding.UTF8.GetBytes(text.Characters.ToArray());
        int at = 0, byteAt = 0;
        if (model.RemovesExtraWhiteSpace)
            while (at < text.Length && Next(text, utf8, ref at, ref byteAt, peek: true, out _) == " ")
                Next(text, utf8, ref at, ref byteAt, peek: false, out _);
        if (at == text.Length) return result.Text(text.Origin);
        if (!model.WhiteSpaceIsSuffix && model.AddsDummyPrefix) result.AppendUnit(space, text.At(at));
        var isBehindSpace = model.RemovesExtraWhiteSpace;
        while (at < text.Length)
        {
            var begun = at;
            var found = Next(text, utf8, ref at, ref byteAt, peek: false, out var place);
            var part = found is null ? text.Characters[begun..at] : found;
            while (isBehindSpace && part.Length > 0 && part[0] == ' ') part = part[1..];
            if (part.Length > 0)
            {
                foreach (var unit in part) result.AppendUnit(unit == ' ' ? space : unit, place);
                isBehindSpace = part[^1] == ' ';
            }
            if (!model.RemovesExtraWhiteSpace) isBehindSpace = false;
        }
        if (model.RemovesExtraWhiteSpace)
            while (result.Length > 0 && result.Characters[^1] == space) result.RemoveLast();
        if (model.WhiteSpaceIsSuffix && model.AddsDummyPrefix) result.AppendUnit(space, text.At(text.Length - 1));
        return result.Text(text.Origin);
    }

    /// <summary>What the next characters become: a rule's text, or null for themselves.</summary>
    private string? Next(
        PlacedText text, byte[] utf8, ref int at, ref int byteAt, bool peek, out (int Start, int End) place)
    {
        var rest = text.Characters[at..];
        string? result = null;
        var length = userDefined is null ? 0 : userDefined.Longest(rest, out _);
        if (length == 0)
        {
            var bytes = 0;
            if (map is not null) bytes = map.Find(utf8.AsSpan(byteAt), longest: true, out result);
            if (bytes == 0) result = null;
            do
            {
                Rune.DecodeFromUtf16(rest[length..], out var rune, out var width);
                length += width;
                bytes -= rune.Utf8SequenceLength;
            }
            while (bytes > 0 && length < rest.Length);
        }
        place = text.Place(at, at + length);
        if (rest[0] == ' ' && length == 1 && result is null) result = " ";
        if (peek) return result;
        byteAt += map is null ? 0 : Encoding.UTF8.GetByteCount(rest[..length]);
        at += length;
        return result;
    }
}
