using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using Workbench.Core.Tokenizers.Characters;

namespace Workbench.Core.Tokenizers.Models;

/// <summary>
/// <c>Unigram</c>: the cut whose pieces have the highest sum of scores; a character that no piece begins with costs ten
/// more than the worst piece.
/// </summary>
/// <remarks>Kudo 2018, by one pass over the text (Viterbi) with a trie. Unknown neighbours are one token. Of equal sums
/// the one that is found first counts.</remarks>
internal sealed class UnigramModel : PieceModel
{
    private const double UnknownPenalty = 10;

    private readonly PieceTrie trie = new();
    private readonly double[] scores;
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> ids;
    private readonly int[]? byteIds;
    private readonly double unknownScore;

    /// <param name="pieces">Pieces and their scores in the order of their ids; of equal pieces the last counts.</param>
    /// <param name="unknownId">What stands for the unknown; −1 when nothing does.</param>
    /// <param name="byteFallback">Whether an unknown stretch is written in pieces for bytes (<c>&lt;0x0A&gt;</c>) where
    /// the vocabulary has all that it needs.</param>
    public UnigramModel(IReadOnlyList<(string Piece, double Score)> pieces, int unknownId, bool byteFallback)
    {
        UnknownId = unknownId;
        scores = pieces.Select(piece => piece.Score).ToArray();
        var byPiece = new Dictionary<string, int>();
        for (var id = 0; id < pieces.Count; id++)
        {
            byPiece[pieces[id].Piece] = id;
            if (pieces[id].Piece.Length > 0) trie.Add(pieces[id].Piece, id);
        }
        ids = byPiece.GetAlternateLookup<ReadOnlySpan<char>>();
        byteIds = byteFallback ? BytePieces.Ids(byPiece) : null;
        unknownScore = (scores.Length > 0 ? scores.Min() : double.PositiveInfinity) - UnknownPenalty;
    }

    /// <inheritdoc/>
    public override int UnknownId { get; }

    /// <inheritdoc/>
    public override bool ShowsUnknownText => true;

    /// <inheritdoc/>
    protected override PieceToken[] Cut(ReadOnlySpan<char> piece)
    {
        var best = new Node[piece.Length + 1];
        Array.Fill(best, new Node(-1, -1, 0));
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
                Offer(ref best[end], id, at, scores[id] + sofar);
                hasSingle |= end - at == width;
            }
            if (!hasSingle)
                Offer(
                    ref best[at + width],
                    UnknownId >= 0 ? UnknownId : throw new UnknownPieceException(null, piece.Slice(at, width)),
                    at, unknownScore + sofar);
            at += width;
        }
        return Walk(piece, best);

        static void Offer(ref Node target, int id, int from, double score)
        {
            if (target.From < 0 || score > target.Score) target = new Node(id, from, score);
        }
    }

    private PieceToken[] Walk(ReadOnlySpan<char> piece, Node[] best)
    {
        var tokens = new List<PieceToken>();
        for (var end = piece.Length; end > 0;)
        {
            var (id, from, _) = best[end];
            if (id == UnknownId)
            {
                while (from > 0 && best[from].Id == UnknownId) from = best[from].From;
                AddUnknown(piece, from, end, tokens);
            }
            else tokens.Add(new PieceToken(id, from, end));
            end = from;
        }
        tokens.Reverse();
        return tokens.ToArray();
    }

    /// <summary>Adds the token of an unknown stretch, or those of its bytes, the last one first.</summary>
    private void AddUnknown(ReadOnlySpan<char> piece, int from, int end, List<PieceToken> tokens)
    {
        if (ids.TryGetValue(piece[from..end], out var known))
        {
            tokens.Add(new PieceToken(known, from, end));
            return;
        }
        if (byteIds is not null)
        {
            var bytes = new byte[Encoding.UTF8.GetMaxByteCount(end - from)];
            var count = Encoding.UTF8.GetBytes(piece[from..end], bytes);
            if (Array.TrueForAll(bytes[..count], value => byteIds[value] >= 0))
            {
                for (var i = count - 1; i >= 0; i--) tokens.Add(new PieceToken(byteIds[bytes[i]], from, end));
                return;
            }
        }
        tokens.Add(new PieceToken(UnknownId, from, end));
    }

    private readonly record struct Node(int Id, int From, double Score);
}
