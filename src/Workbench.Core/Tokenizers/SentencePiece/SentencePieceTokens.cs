using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using Workbench.Core.Tokenizers.Characters;
using Workbench.Core.Tokenizers.Models;

namespace Workbench.Core.Tokenizers.SentencePiece;

/// <summary>What SentencePiece's two models share: unknown runs become one token, or the pieces of their
/// bytes.</summary>
internal abstract class SentencePieceTokens : PieceModel
{
    private readonly int[]? byteIds;

    protected SentencePieceTokens(SentencePieceModel model)
    {
        Model = model;
        UnknownId = -1;
        for (var id = model.Pieces.Count - 1; id >= 0; id--)
        {
            var (text, _, kind) = model.Pieces[id];
            if (kind == PieceKind.Unknown) UnknownId = id;
            if (kind is PieceKind.Normal or PieceKind.UserDefined or PieceKind.Unused) Ids[text] = id;
        }
        if (UnknownId < 0) throw new FormatException("has no piece for what is unknown.");
        if (!model.ByteFallback) return;
        var bytes = model.Pieces.Select((piece, id) => (piece, id)).Where(entry => entry.piece.Kind == PieceKind.Byte)
            .ToDictionary(entry => entry.piece.Text, entry => entry.id);
        byteIds = BytePieces.Ids(bytes);
        if (byteIds.Min() < 0) throw new FormatException("falls back to bytes, but lacks the pieces of some.");
    }

    /// <inheritdoc/>
    public override int UnknownId { get; }

    /// <inheritdoc/>
    public override bool ShowsUnknownText => true;

    protected SentencePieceModel Model { get; }

    /// <summary>Ids of the pieces that text can become.</summary>
    protected Dictionary<string, int> Ids { get; } = [];

    /// <summary>Adds a token behind others.</summary>
    protected void Add(ReadOnlySpan<char> text, int id, int from, int to, List<PieceToken> tokens)
    {
        if (id != UnknownId) tokens.Add(new PieceToken(id, from, to));
        else if (byteIds is not null)
        {
            Span<byte> utf8 = stackalloc byte[4];
            for (var at = from; at < to;)
            {
                Rune.DecodeFromUtf16(text[at..], out var rune, out var width);
                foreach (var value in utf8[..rune.EncodeToUtf8(utf8)])
                    tokens.Add(new PieceToken(byteIds[value], at, at + width));
                at += width;
            }
        }
        else if (tokens.Count > 0 && tokens[^1].Id == UnknownId) tokens[^1] = tokens[^1] with { End = to };
        else tokens.Add(new PieceToken(id, from, to));
    }
}
