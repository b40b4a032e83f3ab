using System;
using System.Buffers;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using Workbench.Core.Tokenizers.Characters;

namespace Workbench.Core.Tokenizers.Models;

/// <summary><c>BPE</c>: the characters of a piece, or its bytes, are merged by rank.</summary>
/// <remarks>Sennrich, Haddow &amp; Birch 2016; over bytes Radford et al. 2019.</remarks>
internal sealed class BytePairModel : PieceModel
{
    private const char Mark = '\u2581';

    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> ids;
    private readonly BytePairMerger merger;
    private readonly BytePairOptions options;
    private readonly int[]? fallback;
    private readonly int[][]? bytes;
    private readonly bool cutsAtMarks;

    /// <param name="vocabulary">Id by piece.</param>
    /// <param name="merges">Pairs of pieces, lowest rank first; of a pair that stands there twice the later rank
    /// counts.</param>
    /// <param name="options">The flags.</param>
    /// <param name="readsBytes">Whether pieces come as they are in the text, to be read as bytes in GPT-2's spelling,
    /// instead of in that spelling; only where <see cref="HasAllBytes"/>.</param>
    /// <exception cref="ArgumentException">A merge has a part or a product that is no piece.</exception>
    public BytePairModel(
        IReadOnlyDictionary<string, int> vocabulary, IReadOnlyList<(string Left, string Right)> merges,
        BytePairOptions options, bool readsBytes)
    {
        this.options = options;
        ids = new Dictionary<string, int>(vocabulary).GetAlternateLookup<ReadOnlySpan<char>>();
        UnknownId = options.Unknown is null ? -1 : vocabulary.GetValueOrDefault(options.Unknown, -1);
        if (options.ByteFallback) fallback = BytePieces.Ids(vocabulary);
        merger = new BytePairMerger(Ranks(merges));
        if (readsBytes)
            bytes = [ByteIds(vocabulary, "", ""), ByteIds(vocabulary, "", options.Suffix)];
        cutsAtMarks = !readsBytes && !options.IgnoresMerges && options is { Prefix: "", Suffix: "" }
            && vocabulary.ContainsKey(Mark.ToString()) && (UnknownId >= 0 || fallback?.Min() >= 0)
            && !merges.Any(merge => merge.Right.StartsWith(Mark) && !merge.Left.EndsWith(Mark));
    }

    /// <inheritdoc/>
    public override int UnknownId { get; }

    /// <summary>Whether a vocabulary has a piece for every byte, so that pieces can be read as bytes.</summary>
    public static bool HasAllBytes(IReadOnlyDictionary<string, int> vocabulary, BytePairOptions options) =>
        options.Prefix.Length == 0 && ByteIds(vocabulary, "", "").Min() >= 0
            && ByteIds(vocabulary, "", options.Suffix).Min() >= 0;

    /// <inheritdoc/>
    protected override PieceToken[] Cut(ReadOnlySpan<char> piece)
    {
        if (cutsAtMarks && NextMark(piece, 0) < piece.Length) return CutAtMarks(piece);
        if (options.IgnoresMerges && TryWhole(piece, out var whole)) return [new PieceToken(whole, 0, piece.Length)];
        var symbols = new List<PieceToken>(piece.Length);
        if (bytes is null) Split(piece, symbols);
        else SplitBytes(piece, symbols);
        merger.Merge(symbols);
        return ToUnits(piece, symbols);
    }

    /// <summary>No merge reaches over the beginning of a word, so that words can be merged, and remembered, one by
    /// one.</summary>
    private PieceToken[] CutAtMarks(ReadOnlySpan<char> piece)
    {
        var tokens = new List<PieceToken>(piece.Length / 3);
        for (var at = 0; at < piece.Length;)
        {
            var end = NextMark(piece, at);
            foreach (var token in Tokenize(piece[at..end]))
                tokens.Add(new PieceToken(token.Id, at + token.Start, at + token.End));
            at = end;
        }
        return tokens.ToArray();
    }

    /// <summary>The next place behind another character where a mark stands.</summary>
    private static int NextMark(ReadOnlySpan<char> piece, int from)
    {
        while (from < piece.Length && piece[from] == Mark) from++;
        var next = piece[from..].IndexOf(Mark);
        return next < 0 ? piece.Length : from + next;
    }

    private bool TryWhole(ReadOnlySpan<char> piece, out int id)
    {
        if (bytes is null) return ids.TryGetValue(piece, out id);
        Span<char> spelling = new char[Encoding.UTF8.GetByteCount(piece)];
        var written = new byte[spelling.Length];
        Encoding.UTF8.GetBytes(piece, written);
        for (var i = 0; i < written.Length; i++) spelling[i] = ByteAlphabet.Character(written[i]);
        return ids.TryGetValue(spelling, out id);
    }

    private void SplitBytes(ReadOnlySpan<char> piece, List<PieceToken> symbols)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(Encoding.UTF8.GetMaxByteCount(piece.Length));
        try
        {
            var count = Encoding.UTF8.GetBytes(piece, buffer);
            for (var i = 0; i < count; i++)
                symbols.Add(new PieceToken(bytes![i == count - 1 ? 1 : 0][buffer[i]], i, i + 1));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>The symbols of a piece. Places count the bytes of the symbols before, so that what is left out shifts
    /// those behind it, and an unknown symbol stands behind bytes that follow it, as in the Rust library.</summary>
    private void Split(ReadOnlySpan<char> piece, List<PieceToken> symbols)
    {
        var (place, unknownBytes) = (0, 0);
        Span<byte> utf8 = stackalloc byte[4];
        Span<char> spelling = new char[options.Prefix.Length + 2 + options.Suffix.Length];
        for (var at = 0; at < piece.Length;)
        {
            Rune.DecodeFromUtf16(piece[at..], out var rune, out var width);
            var length = 0;
            if (at > 0) Write(options.Prefix, spelling, ref length);
            length += rune.EncodeToUtf16(spelling[length..]);
            at += width;
            if (at == piece.Length) Write(options.Suffix, spelling, ref length);
            var count = rune.EncodeToUtf8(utf8);
            if (ids.TryGetValue(spelling[..length], out var id))
            {
                AddUnknown();
                Add(id, count);
            }
            else if (fallback is not null && CanSpell(spelling[..length]))
            {
                foreach (var value in Encoding.UTF8.GetBytes(spelling[..length].ToArray())) Add(fallback[value], 1);
            }
            else if (UnknownId >= 0)
            {
                if (!options.FusesUnknown) AddUnknown();
                unknownBytes += count;
            }
            else if (options.Unknown is not null) throw new UnknownPieceException(options.Unknown, spelling[..length]);
        }
        AddUnknown();

        void Add(int id, int count)
        {
            symbols.Add(new PieceToken(id, place, place + count));
            place += count;
        }

        void AddUnknown()
        {
            if (unknownBytes > 0) Add(UnknownId, unknownBytes);
            unknownBytes = 0;
        }

        static void Write(string part, Span<char> spelling, ref int length)
        {
            part.CopyTo(spelling[length..]);
            length += part.Length;
        }
    }

    private bool CanSpell(ReadOnlySpan<char> symbol)
    {
        foreach (var value in Encoding.UTF8.GetBytes(symbol.ToArray()))
            if (fallback![value] < 0) return false;
        return true;
    }

    /// <summary>From bytes to UTF-16 units: a token that holds some bytes of a character covers all of it.</summary>
    private static PieceToken[] ToUnits(ReadOnlySpan<char> piece, List<PieceToken> symbols)
    {
        var tokens = new PieceToken[symbols.Count];
        int at = 0, bytesBefore = 0;
        for (var i = 0; i < tokens.Length; i++)
        {
            var symbol = symbols[i];
            while (bytesBefore + ByteCountAt(piece, at, out var width) <= symbol.Start)
            {
                bytesBefore += ByteCountAt(piece, at, out _);
                at += width;
            }
            int end = at, bytesThrough = bytesBefore;
            while (bytesThrough < symbol.End)
            {
                bytesThrough += ByteCountAt(piece, end, out var width);
                end += width;
            }
            tokens[i] = new PieceToken(symbol.Id, at, end);
        }
        return tokens;
    }

    /// <summary>UTF-8 bytes of the character at a place; a lone surrogate counts as the three of U+FFFD.</summary>
    private static int ByteCountAt(ReadOnlySpan<char> text, int at, out int width)
    {
        width = 1;
        if (text[at] < 0x80) return 1;
        Rune.DecodeFromUtf16(text[at..], out var rune, out width);
        return rune.Utf8SequenceLength;
    }

    private static int[] ByteIds(IReadOnlyDictionary<string, int> vocabulary, string prefix, string suffix)
    {
        var all = new int[256];
        for (var value = 0; value < all.Length; value++)
            all[value] = vocabulary.GetValueOrDefault($"{prefix}{ByteAlphabet.Character((byte)value)}{suffix}", -1);
        return all;
    }

    private Dictionary<(int Left, int Right), (int Rank, int Id)> Ranks(
        IReadOnlyList<(string Left, string Right)> merges)
    {
        var ranks = new Dictionary<(int Left, int Right), (int Rank, int Id)>(merges.Count);
        for (var rank = 0; rank < merges.Count; rank++)
        {
            var (left, right) = merges[rank];
            var inside = right.Length >= options.Prefix.Length ? right[options.Prefix.Length..] : right;
            ranks[(Find(left), Find(right))] = (rank, Find(left + inside));

            int Find(string piece) =>
                ids.TryGetValue(piece, out var id)
                    ? id
                    : throw new ArgumentException(
                        $"Merge {rank} joins \"{Excerpt.Of(left, 60)}\" and \"{Excerpt.Of(right, 60)}\", but the "
                            + $"vocabulary has no piece \"{Excerpt.Of(piece, 60)}\".",
                        nameof(merges));
        }
        return ranks;
    }
}
