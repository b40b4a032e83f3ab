using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using Workbench.Core.Tokenizers.Models;

namespace Workbench.Core.Tokenizers.SentencePiece;

/// <summary>SentencePiece's BPE: of all neighbours that together are a piece those of the highest score are joined, the
/// leftmost of equals, until there are none.</summary>
/// <remarks>bpe_model.cc of SentencePiece 0.2. Symbols that users defined are not joined, pieces marked as unused are
/// taken apart again.</remarks>
internal sealed class SentencePieceBytePairs : SentencePieceTokens
{
    private const char Mark = '\u2581';

    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> ids;
    private readonly PieceTrie? userDefined;
    private readonly bool cutsAtMarks;

    public SentencePieceBytePairs(SentencePieceModel model, PieceTrie? userDefined) : base(model)
    {
        ids = Ids.GetAlternateLookup<ReadOnlySpan<char>>();
        this.userDefined = userDefined;
        cutsAtMarks = Ids.ContainsKey(Mark.ToString()) && !Ids.Keys.Any(HasInnerMark);
    }

    /// <inheritdoc/>
    protected override PieceToken[] Cut(ReadOnlySpan<char> piece)
    {
        var tokens = new List<PieceToken>(piece.Length / 2);
        if (cutsAtMarks && NextMark(piece, 0) < piece.Length)
        {
            // No piece reaches over the beginning of a word, so that words can be joined, and remembered, one by one.
            for (var at = 0; at < piece.Length;)
            {
                var end = NextMark(piece, at);
                foreach (var token in Tokenize(piece[at..end]))
                    tokens.Add(new PieceToken(token.Id, at + token.Start, at + token.End));
                at = end;
            }
            return tokens.ToArray();
        }
        var symbols = Split(piece);
        var parts = Join(piece, symbols);
        for (var i = symbols.Length > 0 ? 0 : -1; i >= 0; i = symbols[i].Next)
            AddApart(piece, symbols[i].Start, symbols[i].End, parts, tokens);
        return tokens.ToArray();
    }

    private static bool HasInnerMark(string piece) => NextMark(piece, 0) < piece.Length;

    /// <summary>The next place behind another character where a mark stands.</summary>
    private static int NextMark(ReadOnlySpan<char> piece, int from)
    {
        while (from < piece.Length && piece[from] == Mark) from++;
        var next = piece[from..].IndexOf(Mark);
        return next < 0 ? piece.Length : from + next;
    }

    private Symbol[] Split(ReadOnlySpan<char> piece)
    {
        var symbols = new List<Symbol>(piece.Length);
        for (var at = 0; at < piece.Length;)
        {
            var length = userDefined is null ? 0 : userDefined.Longest(piece[at..], out _);
            var isFrozen = length > 0;
            if (!isFrozen) Rune.DecodeFromUtf16(piece[at..], out _, out length);
            var i = symbols.Count;
            symbols.Add(
                new Symbol { Start = at, End = at + length, Previous = i - 1, Next = i + 1, IsFrozen = isFrozen });
            at += length;
        }
        var all = symbols.ToArray();
        if (all.Length > 0) all[^1].Next = -1;
        return all;
    }

    /// <summary>Joins symbols in place.</summary>
    /// <returns>Where pieces marked as unused were joined.</returns>
    private Dictionary<string, int> Join(ReadOnlySpan<char> piece, Symbol[] symbols)
    {
        var agenda = new PriorityQueue<(int Left, int Right, int Length), (float, int)>(symbols.Length, Best.Instance);
        var parts = new Dictionary<string, int>();
        for (var i = 1; i < symbols.Length; i++) Propose(piece, i - 1, i);
        while (agenda.TryDequeue(out var pair, out _))
        {
            ref var left = ref symbols[pair.Left];
            ref var right = ref symbols[pair.Right];
            if (left.IsGone || right.IsGone || right.End - left.Start != pair.Length || left.Next != pair.Right)
                continue;
            (left.End, left.Next, right.IsGone) = (right.End, right.Next, true);
            if (left.Next >= 0) symbols[left.Next].Previous = pair.Left;
            Propose(piece, left.Previous, pair.Left);
            Propose(piece, pair.Left, left.Next);
        }
        return parts;

        void Propose(ReadOnlySpan<char> text, int left, int right)
        {
            if (left < 0 || right < 0 || symbols[left].IsFrozen || symbols[right].IsFrozen) return;
            var joined = text[symbols[left].Start..symbols[right].End];
            if (!ids.TryGetValue(joined, out var id)) return;
            var (_, score, kind) = Model.Pieces[id];
            agenda.Enqueue((left, right, joined.Length), (score, left));
            if (kind == PieceKind.Unused) parts[joined.ToString()] = symbols[left].End - symbols[left].Start;
        }
    }

    private void AddApart(
        ReadOnlySpan<char> piece, int from, int to, Dictionary<string, int> parts, List<PieceToken> tokens)
    {
        var text = piece[from..to];
        var id = ids.TryGetValue(text, out var known) ? known : UnknownId;
        if (id != UnknownId && Model.Pieces[id].Kind == PieceKind.Unused
            && parts.TryGetValue(text.ToString(), out var length))
        {
            AddApart(piece, from, from + length, parts, tokens);
            AddApart(piece, from + length, to, parts, tokens);
        }
        else Add(piece, id, from, to, tokens);
    }

    private struct Symbol
    {
        public int Start, End, Previous, Next;
        public bool IsFrozen, IsGone;
    }

    /// <summary>The highest score first, the leftmost of equals.</summary>
    private sealed class Best : IComparer<(float Score, int Left)>
    {
        public static readonly Best Instance = new();

        public int Compare((float Score, int Left) x, (float Score, int Left) y) =>
            x.Score != y.Score ? y.Score.CompareTo(x.Score) : x.Left.CompareTo(y.Left);
    }
}
