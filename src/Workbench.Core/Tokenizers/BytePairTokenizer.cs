using System;
using System.Buffers;
using System.Collections.Generic;
using System.Linq;
using System.Text;

namespace Workbench.Core.Tokenizers;

/// <summary>
/// Byte-level byte-pair encoding as GPT-2 does it: text is cut by GPT-2's pattern, and the UTF-8 bytes of each piece
/// are merged by rank.
/// </summary>
/// <remarks>
/// <para>Radford et al. 2019. Every text is encoded, and for text without lone surrogates decoding gives it back
/// exactly.</para>
/// <para>
/// Odd cases, as in the Rust library: a space belongs to the word after it; white space before a word loses its last
/// character to it only if that is a space; contractions are found in lower case and with the ASCII apostrophe only;
/// nothing is normalised, so é in one code point and in two are different tokens; the text on either side of an added
/// token is cut as if it stood alone.
/// </para>
/// </remarks>
/// <example><code>
/// tokenizer.Encode("hello world")[1]
/// </code> is the token 995, " world", from character 5, 6 long, with GPT-2's files.</example>
public sealed class BytePairTokenizer : Tokenizer
{
    private readonly BytePairMerger merger;
    private readonly AddedTokenMatcher normalizedMatcher;
    private readonly PieceCache<ByteToken[]> cache = new();
    private readonly int unknownId;
    private readonly bool addsPrefixSpace;

    /// <summary>A tokenizer from its parts.</summary>
    /// <param name="ids">Id by piece in the byte alphabet's spelling (<see cref="ByteAlphabet"/>), added tokens
    /// included.</param>
    /// <param name="merges">Pairs of pieces, lowest rank first; of a pair that stands there twice the later rank
    /// counts.</param>
    /// <param name="added">Tokens found in the text itself; those missing from <paramref name="ids"/> are put
    /// there.</param>
    /// <param name="settings">What differs from GPT-2; null for GPT-2 itself.</param>
    /// <exception cref="ArgumentException">Two pieces share an id, or a merge has a part or a product that is no
    /// piece.</exception>
    public BytePairTokenizer(
        IReadOnlyDictionary<string, int> ids, IReadOnlyList<(string Left, string Right)> merges,
        IReadOnlyList<AddedToken> added, BytePairSettings? settings = null)
        : this(MakeVocabulary(ids, added), merges, added, settings ?? new BytePairSettings(), SequenceFrame.None) { }

    internal BytePairTokenizer(
        Vocabulary vocabulary, IReadOnlyList<(string Left, string Right)> merges,
        IReadOnlyList<AddedToken> added, BytePairSettings settings, SequenceFrame frame)
        : base(vocabulary, added, frame)
    {
        unknownId = settings.UnknownPiece is null ? -1
            : vocabulary.TryFind(settings.UnknownPiece, out var id) ? id
            : throw new ArgumentException(
                $"The unknown piece \"{settings.UnknownPiece}\" is not in the vocabulary.", nameof(settings));
        addsPrefixSpace = settings.AddsPrefixSpace;
        merger = new BytePairMerger(ByteIds(vocabulary), Ranks(vocabulary, merges), unknownId);
        // There is no normalisation: these differ from the others only in being looked for after them.
        normalizedMatcher = new AddedTokenMatcher(
            added.Where(token => token.IsNormalized).Select(token => (token.Content, token)));
    }

    private protected override int UnknownId => unknownId;

    /// <summary>
    /// The text of a sequence of ids. Bytes that are not UTF-8, as when a sequence ends inside a character, become
    /// U+FFFD, one for each longest beginning of a character, as Rust's and Python's lossy decoding have it.
    /// </summary>
    /// <param name="ids">Ids of the vocabulary, added tokens included.</param>
    /// <exception cref="ArgumentOutOfRangeException">An id stands for nothing.</exception>
    public override string Decode(ReadOnlySpan<int> ids)
    {
        var bytes = new ArrayBufferWriter<byte>();
        foreach (var id in ids) bytes.Write(Vocabulary.Bytes(id));
        return Encoding.UTF8.GetString(bytes.WrittenSpan);
    }

    internal static Vocabulary MakeVocabulary(IReadOnlyDictionary<string, int> ids, IReadOnlyList<AddedToken> added)
    {
        var all = ids.WithAdded(added);
        var verbatim = added.Select(token => token.Id).ToHashSet();
        return new Vocabulary(all,
            (piece, id) => verbatim.Contains(id) ? Encoding.UTF8.GetBytes(piece) : ByteAlphabet.Bytes(piece),
            (_, bytes) => Encoding.UTF8.GetString(bytes));
    }

    private protected override void EncodeStretch(ReadOnlySpan<char> text, int start, TokenList tokens)
    {
        var at = 0;
        while (normalizedMatcher.TryFind(text, at, out var token, out var from, out var to))
        {
            EncodePlain(text[at..from], start + at, tokens);
            tokens.Add(token.Id, start + from, to - from);
            at = to;
        }
        EncodePlain(text[at..], start + at, tokens);
    }

    private void EncodePlain(ReadOnlySpan<char> text, int start, TokenList tokens)
    {
        var first = (Start: start, End: start);
        if (addsPrefixSpace && text.Length > 0 && text[0] != ' ')
        {
            Rune.DecodeFromUtf16(text, out _, out var width);
            first.End += width;
            text = $" {text}";
            start--;
        }
        while (text.Length > 0)
        {
            var length = Gpt2Pattern.NextLength(text);
            EncodePiece(text[..length], start, first, tokens);
            text = text[length..];
            start += length;
        }
    }

    /// <param name="piece">One piece of the pattern.</param>
    /// <param name="start">Its place in the original text.</param>
    /// <param name="first">Where the stretch begins; a space put before it takes the place of the first
    /// character.</param>
    /// <param name="tokens">What the tokens are added to.</param>
    private void EncodePiece(ReadOnlySpan<char> piece, int start, (int Start, int End) first, TokenList tokens)
    {
        if (!cache.TryGet(piece, out var merged))
        {
            merged = Merge(piece);
            cache.Add(piece, merged);
        }
        if (tokens.Places is null)
        {
            foreach (var token in merged) tokens.Ids.Add(token.Id);
            return;
        }
        int at = 0, bytesBefore = 0;
        foreach (var token in merged)
        {
            // The character that holds the token's first byte, and the end of the one that holds its last.
            while (bytesBefore + ByteCountAt(piece, at, out var width) <= token.Start)
            {
                bytesBefore += ByteCountAt(piece, at, out _);
                at += width;
            }
            int end = at, bytesThrough = bytesBefore;
            while (bytesThrough < token.End)
            {
                bytesThrough += ByteCountAt(piece, end, out var width);
                end += width;
            }
            var from = Math.Max(first.Start, start + at);
            tokens.Add(token.Id, from, Math.Max(first.End, start + end) - from);
        }
    }

    private ByteToken[] Merge(ReadOnlySpan<char> piece)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(Encoding.UTF8.GetMaxByteCount(piece.Length));
        try
        {
            return merger.Merge(buffer.AsSpan(0, Encoding.UTF8.GetBytes(piece, buffer)));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>UTF-8 bytes of the character at a place; a lone surrogate counts as the three of U+FFFD.</summary>
    private static int ByteCountAt(ReadOnlySpan<char> text, int at, out int width)
    {
        width = 1;
        if (text[at] < 0x80) return 1;
        Rune.DecodeFromUtf16(text[at..], out var rune, out width);
        return rune.Utf8SequenceLength;
    }

    private static int[] ByteIds(Vocabulary vocabulary)
    {
        var ids = new int[256];
        for (var value = 0; value < ids.Length; value++)
            vocabulary.TryFind([ByteAlphabet.Character((byte)value)], out ids[value]);
        return ids;
    }

    private static Dictionary<(int Left, int Right), (int Rank, int Id)> Ranks(
        Vocabulary vocabulary, IReadOnlyList<(string Left, string Right)> merges)
    {
        var ranks = new Dictionary<(int Left, int Right), (int Rank, int Id)>(merges.Count);
        for (var rank = 0; rank < merges.Count; rank++)
        {
            var (left, right) = merges[rank];
            ranks[(Find(left), Find(right))] = (rank, Find(left + right));

            int Find(string piece) =>
                vocabulary.TryFind(piece, out var id)
                    ? id
                    : throw new ArgumentException(
                        $"Merge {rank} joins \"{left}\" and \"{right}\", but the vocabulary has no piece \"{piece}\".",
                        nameof(merges));
        }
        return ranks;
    }
}
