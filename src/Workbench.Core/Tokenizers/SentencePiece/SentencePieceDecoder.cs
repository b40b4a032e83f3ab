using System;
using System.Buffers;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using Workbench.Core.Tokenizers.Characters;
using Decoder = Workbench.Core.Tokenizers.Decoders.Decoder;

namespace Workbench.Core.Tokenizers.SentencePiece;

/// <summary>SentencePiece's decoding: marks become spaces, the one that was put before the text nothing; bytes become
/// text, U+FFFD for each that is no UTF-8; control symbols become nothing, the unknown its sign.</summary>
internal sealed class SentencePieceDecoder : Decoder
{
    private const string Mark = "\u2581";

    private readonly SentencePieceModel model;
    private readonly Dictionary<string, PieceKind> kinds = [];

    public SentencePieceDecoder(SentencePieceModel model)
    {
        this.model = model;
        foreach (var (text, _, kind) in model.Pieces.Reverse()) kinds[text] = kind;
    }

    /// <inheritdoc/>
    public override List<string> Decode(List<string> parts)
    {
        var text = new StringBuilder();
        var bytes = new List<byte>();
        var isFirst = true;
        var hadMark = false;
        foreach (var part in parts)
        {
            var kind = kinds.GetValueOrDefault(part, PieceKind.UserDefined);
            if (kind == PieceKind.Byte && BytePieces.Value(part) is >= 0 and var value)
            {
                bytes.Add((byte)value);
                continue;
            }
            Flush();
            if (hadMark || text.Length > 0) isFirst = false;
            hadMark = false;
            if (kind == PieceKind.Control) continue;
            if (kind == PieceKind.Unknown)
            {
                text.Append(model.UnknownSurface);
                continue;
            }
            var shown = part;
            if (isFirst && (model.AddsDummyPrefix || model.RemovesExtraWhiteSpace)
                && shown.StartsWith(Mark, StringComparison.Ordinal))
            {
                shown = shown[Mark.Length..];
                hadMark = !model.RemovesExtraWhiteSpace;
            }
            text.Append(shown.Replace(Mark, " ", StringComparison.Ordinal));
        }
        Flush();
        return [text.ToString()];

        void Flush()
        {
            var rest = bytes.ToArray().AsSpan();
            bytes.Clear();
            while (rest.Length > 0)
            {
                var isWhole = Rune.DecodeFromUtf8(rest, out var rune, out var length) == OperationStatus.Done;
                text.Append(isWhole ? rune.ToString() : "\uFFFD");
                rest = rest[(isWhole ? length : 1)..];
            }
        }
    }
}
