using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;

namespace Workbench.Core.Tokenizers;

/// <summary>
/// WordPiece as BERT does it: text is normalised, split at white space and around punctuation, and each word is cut
/// from the left into the longest pieces of the vocabulary, those inside a word written with <c>##</c>.
/// </summary>
/// <remarks>
/// <para>Devlin et al. 2019; Wu et al. 2016. Decoding gives back words, not the text: spaces, case and accents are
/// gone.</para>
/// <para>
/// Odd cases, as in the Rust library: a word that cannot be cut, or has more than <see cref="LongestWord"/> code points
/// after normalisation, is one unknown token; characters dropped inside a word (a soft hyphen, a zero-width space) join
/// what they separated; private-use characters are dropped, unassigned ones stay; Hangul is decomposed when accents are
/// stripped, and the pieces of one syllable share its place; CJK Extension E is spaced out only from U+2B920.
/// </para>
/// </remarks>
/// <example><code>
/// tokenizer.Encode("Embeddings").Select(token => token.Text)
/// </code> is em, ##bed, ##ding, ##s with BERT's uncased vocabulary.</example>
public sealed class WordPieceTokenizer : Tokenizer
{
    /// <summary>What a piece inside a word begins with.</summary>
    internal const string Prefix = "##";

    private readonly BertNormalizer normalizer;
    private readonly AddedTokenMatcher normalizedMatcher;
    private readonly PieceCache<(int Id, int Length)[]> cache = new();
    private readonly int unknownId;

    /// <summary>A tokenizer from its parts.</summary>
    /// <param name="ids">Id by piece, those inside a word with <c>##</c>.</param>
    /// <param name="added">Tokens found in the text itself; those missing from <paramref name="ids"/> are put
    /// there.</param>
    /// <param name="normalization">How text is prepared; null for BERT uncased.</param>
    /// <param name="settings">What differs from BERT's cutting; null for BERT itself.</param>
    /// <exception cref="ArgumentException">Two pieces share an id, or the unknown piece is not there.</exception>
    public WordPieceTokenizer(
        IReadOnlyDictionary<string, int> ids, IReadOnlyList<AddedToken> added,
        BertNormalization? normalization = null, WordPieceSettings? settings = null)
        : this(MakeVocabulary(ids, added), added, normalization ?? new(), settings ?? new(), SequenceFrame.None) { }

    internal WordPieceTokenizer(
        Vocabulary vocabulary, IReadOnlyList<AddedToken> added,
        BertNormalization normalization, WordPieceSettings settings, SequenceFrame frame)
        : base(vocabulary, added, frame)
    {
        if (!vocabulary.TryFind(settings.UnknownPiece, out unknownId))
            throw new ArgumentException(
                $"The unknown piece \"{settings.UnknownPiece}\" is not in the vocabulary.", nameof(settings));
        LongestWord = settings.LongestWord;
        Normalization = normalization;
        normalizer = new BertNormalizer(normalization);
        normalizedMatcher = new AddedTokenMatcher(added.Where(token => token.IsNormalized)
            .Select(token => (normalizer.Normalize(token.Content, 0).Characters.ToString(), token)));
    }

    /// <summary>How text is prepared.</summary>
    public BertNormalization Normalization { get; }

    /// <summary>Words of more code points are unknown.</summary>
    public int LongestWord { get; }

    private protected override int UnknownId => unknownId;

    /// <summary>
    /// The words of a sequence of ids: pieces with <c>##</c> join what is before them, others follow a space, except
    /// that <c>. , ! ?</c> and the ends of contractions follow none.
    /// </summary>
    /// <param name="ids">Ids of the vocabulary, added tokens included.</param>
    /// <exception cref="ArgumentOutOfRangeException">An id stands for nothing.</exception>
    public override string Decode(ReadOnlySpan<int> ids)
    {
        var text = new StringBuilder();
        for (var i = 0; i < ids.Length; i++)
        {
            var piece = Vocabulary.Piece(ids[i]);
            if (i > 0 && piece.StartsWith(Prefix, StringComparison.Ordinal)) piece = piece[Prefix.Length..];
            else if (i > 0 && !IsAttached(piece)) text.Append(' ');
            text.Append(piece);
        }
        return text.ToString();
    }

    internal static Vocabulary MakeVocabulary(IReadOnlyDictionary<string, int> ids, IReadOnlyList<AddedToken> added) =>
        new(
            ids.WithAdded(added),
            (piece, _) =>
                Encoding.UTF8.GetBytes(
                    piece.StartsWith(Prefix, StringComparison.Ordinal) ? piece[Prefix.Length..] : piece),
            (piece, _) => piece
        );

    private protected override void EncodeStretch(ReadOnlySpan<char> text, int start, TokenList tokens)
    {
        while (text.Length > 0)
        {
            // Normalised added tokens may hold spaces, so nothing is cut where they are looked for.
            var length = normalizedMatcher.IsEmpty ? BertNormalizer.BlockLength(text) : text.Length;
            EncodeBlock(text[..length], start, tokens);
            text = text[length..];
            start += length;
        }
    }

    private void EncodeBlock(ReadOnlySpan<char> text, int start, TokenList tokens)
    {
        var normalized = normalizer.Normalize(text, start);
        var at = 0;
        while (normalizedMatcher.TryFind(normalized.Characters, at, out var token, out var from, out var to))
        {
            EncodeWords(normalized, at, from, tokens);
            var (place, length) = normalized.Place(from, to);
            tokens.Add(token.Id, place, length);
            at = to;
        }
        EncodeWords(normalized, at, normalized.Length, tokens);
    }

    private void EncodeWords(NormalizedText text, int from, int to, TokenList tokens)
    {
        while (from < to)
        {
            var length = BertWords.NextLength(text.Characters[from..to], out var isWord);
            if (isWord) EncodeWord(text, from, from + length, tokens);
            from += length;
        }
    }

    private void EncodeWord(NormalizedText text, int from, int to, TokenList tokens)
    {
        var word = text.Characters[from..to];
        if (!cache.TryGet(word, out var pieces))
        {
            pieces = Cut(word);
            cache.Add(word, pieces);
        }
        foreach (var (id, length) in pieces)
        {
            var (start, count) = text.Place(from, from + length);
            tokens.Add(id, start, count);
            from += length;
        }
    }

    /// <summary>The pieces of a word and the UTF-16 units that each takes.</summary>
    private (int Id, int Length)[] Cut(ReadOnlySpan<char> word)
    {
        var pieces = new List<(int Id, int Length)>();
        if (BertWords.CodePoints(word) > LongestWord) return [(unknownId, word.Length)];
        Span<char> inside = new char[Prefix.Length + Math.Min(word.Length, Vocabulary.LongestPiece)];
        Prefix.CopyTo(inside);
        for (var at = 0; at < word.Length;)
        {
            var length = Math.Min(word.Length - at, Vocabulary.LongestPiece);
            int id;
            while (!TryPiece(word.Slice(at, length), at > 0, inside, out id) && length > 0) length--;
            if (length == 0) return [(unknownId, word.Length)];
            pieces.Add((id, length));
            at += length;
        }
        return pieces.ToArray();
    }

    private bool TryPiece(ReadOnlySpan<char> part, bool isInside, Span<char> buffer, out int id)
    {
        id = -1;
        if (part.IsEmpty) return false;
        if (!isInside) return Vocabulary.TryFind(part, out id);
        part.CopyTo(buffer[Prefix.Length..]);
        return Vocabulary.TryFind(buffer[..(Prefix.Length + part.Length)], out id);
    }

    private static bool IsAttached(string piece) =>
        piece is "n't" or "'m" or "'s" or "'ve" or "'re" || piece is ['.' or ',' or '!' or '?', ..];
}
