using System;
using System.Collections.Generic;
using System.Text;
using Workbench.Core.Tokenizers.Models;

namespace Workbench.Core.Tokenizers.SentencePiece;

/// <summary>SentencePiece's Unigram: the cut with the highest sum of scores, sums kept in single precision.</summary>
/// <remarks>Kudo 2018; <c>EncodeOptimized</c> of unigram_model.cc, of equal sums the one found first.</remarks>
internal sealed class SentencePieceUnigram : SentencePieceTokens
{
    private const float UnknownPenalty = 10;

    private readonly PieceTrie trie = new();
    private readonly float unknownScore;
    private readonly float highest = 1.17549435e-38f; // FLT_MIN, from which the original begins

    public SentencePieceUnigram(SentencePieceModel model) : base(model)
    {
        var lowest = float.MaxValue;
        for (var id = model.Pieces.Count - 1; id >= 0; id--)
        {
            var (text, score, kind) = model.Pieces[id];
            if (kind == PieceKind.Normal)
            {
                lowest = Math.Min(lowest, score);
                highest = Math.Max(highest, score);
            }
            if (kind is PieceKind.Normal or PieceKind.UserDefined && text.Length > 0) trie.Add(text, id);
        }
        unknownScore = lowest - UnknownPenalty;
    }

    /// <inheritdoc/>
    protected override PieceToken[] Cut(ReadOnlySpan<char> piece)
    {
        var best = new (int Id, int From, float Score)[piece.Length + 1];
        Array.Fill(best, (-1, -1, 0f));
        for (var at = 0; at < piece.Length;)
        {
            Rune.DecodeFromUtf16(piece[at..], out _, out var width);
            var sofar = best[at].Score;
            var hasSingle = false;
            var node = PieceTrie.Root;
            for (var end = at; end < piece.Length && trie.TryStep(ref node, piece[end], out var id);)
            {
                end++;
                if (id < 0) continue;
                var (text, score, kind) = Model.Pieces[id];
                // What users defined is always taken; sums are compared before they are rounded.
                var sum = kind == PieceKind.UserDefined
                    ? Encoding.UTF8.GetByteCount(text) * highest - 0.1 + sofar
                    : score + sofar;
                if (best[end].From < 0 || sum > best[end].Score) best[end] = (id, at, (float)sum);
                hasSingle |= end - at == width;
            }
            ref var next = ref best[at + width];
            if (!hasSingle && (next.From < 0 || unknownScore + sofar > next.Score))
                next = (UnknownId, at, unknownScore + sofar);
            at += width;
        }
        var cuts = new List<(int Id, int From, int To)>();
        for (var end = piece.Length; end > 0; end = best[end].From) cuts.Add((best[end].Id, best[end].From, end));
        var tokens = new List<PieceToken>(cuts.Count);
        for (var i = cuts.Count - 1; i >= 0; i--) Add(piece, cuts[i].Id, cuts[i].From, cuts[i].To, tokens);
        return tokens.ToArray();
    }
}
