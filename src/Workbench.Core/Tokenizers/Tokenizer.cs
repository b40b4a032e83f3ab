using System;
using System.Collections.Generic;
using System.Linq;
using System.Runtime.InteropServices;
using Workbench.Core.Hub;
using Workbench.Core.Tokenizers.Characters;
using Workbench.Core.Tokenizers.Decoders;
using Workbench.Core.Tokenizers.Models;
using Workbench.Core.Tokenizers.Normalizers;
using Workbench.Core.Tokenizers.PostProcessors;
using Workbench.Core.Tokenizers.PreTokenizers;

namespace Workbench.Core.Tokenizers;

/// <namespacedoc><summary>Text into tokens and back, with the place of each token in the text.</summary></namespacedoc>
/// <summary>
/// Turns text into the tokens of a model and back: added tokens are found, the text between them is normalised and cut
/// into pieces, and each piece becomes tokens. Safe for use by several threads at once.
/// </summary>
/// <remarks>
/// The reference for every odd case is Hugging Face's Rust library <c>tokenizers</c> (0.23), on which the models' own
/// Python tokenizers rest. A surrogate without its partner, which that library cannot be given at all, counts as
/// U+FFFD. Encoding fails only where the library does too, when a vocabulary has nothing for what is unknown (<see
/// cref="UnknownPieceException"/>), and where a pattern would take forever (<see
/// cref="Patterns.PatternBudgetException"/>).
/// </remarks>
/// <example><code>
/// var tokenizer = Tokenizer.Open("gpt2");
/// tokenizer.EncodeToIds("hello world")
/// </code> is 31373, 995 with GPT-2's files.</example>
public sealed class Tokenizer
{
    private readonly TokenizerParts parts;
    private readonly AddedTokenMatcher rawMatcher;
    private readonly AddedTokenMatcher normalizedMatcher;
    private readonly HashSet<int> addedIds;
    private readonly Dictionary<int, string> decodedAs = [];
    private readonly int[] prefix;
    private readonly int[] suffix;

    internal Tokenizer(TokenizerParts parts)
    {
        this.parts = parts;
        Vocabulary = parts.Vocabulary;
        AddedTokens = parts.Added;
        addedIds = parts.Added.Concat(parts.Silent).Select(token => token.Id).ToHashSet();
        SpecialTokens = parts.Added.Concat(parts.Silent).Where(token => token.IsSpecial)
            .DistinctBy(token => token.Content)
            .ToDictionary(token => token.Content, token => token.Id);
        // Where two are spelt alike the special one counts, as in the library, which lists those first.
        var ordered = parts.Added.OrderBy(token => !token.IsSpecial).ToArray();
        rawMatcher = new AddedTokenMatcher(
            ordered.Where(token => !token.IsNormalized).Select(token => (token.Content, token)));
        var normalized = ordered.Where(token => token.IsNormalized)
            .Select(token => (Content: Normalize(token.Content), Token: token))
            .ToArray();
        normalizedMatcher = new AddedTokenMatcher(normalized);
        foreach (var (content, token) in normalized)
            if (content != token.Content) decodedAs[token.Id] = content;
        (prefix, suffix) = Around();
    }

    /// <summary>The files by which a folder shows that it has a tokenizer, whether that is read or refused by
    /// name.</summary>
    public static IReadOnlyList<string> Files { get; } =
    [
        ModelFiles.TokenizerJson,
        ModelFiles.VocabularyJson,
        ModelFiles.VocabularyText,
        .. ModelFiles.SentencePiece,
    ];

    /// <summary>What each id stands for.</summary>
    public Vocabulary Vocabulary { get; }

    /// <summary>Tokens that are found in the text before it is split, in the order of the tokenizer's file.</summary>
    public IReadOnlyList<AddedToken> AddedTokens { get; }

    /// <summary>Ids of the tokens that steer the model instead of standing for text, by their spelling; empty when
    /// there are none.</summary>
    public IReadOnlyDictionary<string, int> SpecialTokens { get; }

    /// <summary>The length to which <see cref="EncodeAll"/> cuts, as the tokenizer's file says; null when it says
    /// nothing.</summary>
    public Truncation? Truncation => parts.Truncation;

    /// <summary>How <see cref="EncodeAll"/> fills up, as the tokenizer's file says; null when it says
    /// nothing.</summary>
    public Padding? Padding => parts.Padding;

    /// <summary>What a reader should know of differences between this tokenizer and others that are made of the same
    /// files; empty when there is nothing to say.</summary>
    public string Note => parts.Note;

    /// <summary>Whether decoding puts words together with spaces between them, because tokens hold none.</summary>
    public bool JoinsWithSpaces => parts.Decoder is null || parts.Spelling.Prefix.Length > 0;

    /// <summary>
    /// Opens the tokenizer of a model: a folder with <c>tokenizer.json</c>, or <c>vocab.json</c> and <c>merges.txt</c>
    /// (byte-level BPE), or <c>vocab.txt</c> (WordPiece), or a SentencePiece model (<c>tokenizer.model</c>,
    /// <c>spiece.model</c>, <c>sentencepiece.bpe.model</c>), looked for in this order; or the path of one of these
    /// files. Added and special tokens and settings in <c>tokenizer_config.json</c>, <c>special_tokens_map.json</c> and
    /// <c>added_tokens.json</c> beside it are obeyed, or refused by name.
    /// </summary>
    /// <exception cref="Formats.WeightFileException">A file is missing, damaged, or asks for a kind of tokenizer that
    /// is not read.</exception>
    public static Tokenizer Open(string path) => SentenceSettings.Obeyed(path, TokenizerFiles.Open(path));

    /// <summary>
    /// Byte-level byte-pair encoding as GPT-2 does it: text is cut by GPT-2's pattern, and the UTF-8 bytes of each
    /// piece are merged by rank.
    /// </summary>
    /// <remarks>
    /// Radford et al. 2019. A space belongs to the word after it; contractions are found in lower case and with the
    /// ASCII apostrophe only; nothing is normalised, so é in one code point and in two are different tokens; the text
    /// on either side of an added token is cut as if it stood alone. For text without lone surrogates decoding gives it
    /// back exactly.
    /// </remarks>
    /// <param name="ids">Id by piece in the byte alphabet's spelling (<see cref="ByteAlphabet"/>), added tokens
    /// included.</param>
    /// <param name="merges">Pairs of pieces, lowest rank first; of a pair that stands there twice the later rank
    /// counts.</param>
    /// <param name="added">Tokens found in the text itself; those missing from <paramref name="ids"/> are put
    /// there.</param>
    /// <param name="settings">What differs from GPT-2; null for GPT-2 itself.</param>
    /// <exception cref="ArgumentException">Two pieces share an id, or a merge has a part or a product that is no
    /// piece.</exception>
    /// <example><code>
    /// tokenizer.Encode("hello world")[1]
    /// </code> is the token 995, " world", from character 5, 6 long, with GPT-2's files.</example>
    public static Tokenizer OfBytePairs(
        IReadOnlyDictionary<string, int> ids, IReadOnlyList<(string Left, string Right)> merges,
        IReadOnlyList<AddedToken> added, BytePairSettings? settings = null) =>
        new(TokenizerParts.OfBytePairs(ids, merges, added, settings ?? new BytePairSettings()));

    /// <summary>
    /// WordPiece as BERT does it: text is normalised, split at white space and around punctuation, and each word is cut
    /// from the left into the longest pieces of the vocabulary, those inside a word written with <c>##</c>.
    /// </summary>
    /// <remarks>
    /// Devlin et al. 2019; Wu et al. 2016. Decoding gives back words, not the text: spaces, case and accents are gone.
    /// A word that cannot be cut, or has too many code points after normalisation, is one unknown token; characters
    /// dropped inside a word (a soft hyphen, a zero-width space) join what they separated; private-use characters are
    /// dropped, unassigned ones stay; Hangul is decomposed when accents are stripped, and the pieces of one syllable
    /// share its place; CJK Extension E is spaced out only from U+2B920.
    /// </remarks>
    /// <param name="ids">Id by piece, those inside a word with <c>##</c>.</param>
    /// <param name="added">Tokens found in the text itself; those missing from <paramref name="ids"/> are put
    /// there.</param>
    /// <param name="normalization">How text is prepared; null for BERT uncased.</param>
    /// <param name="settings">What differs from BERT's cutting; null for BERT itself.</param>
    /// <exception cref="ArgumentException">Two pieces share an id, or the unknown piece is not there.</exception>
    /// <example><code>
    /// tokenizer.Encode("Embeddings").Select(token => token.Text)
    /// </code> is em, ##bed, ##ding, ##s with BERT's uncased vocabulary.</example>
    public static Tokenizer OfWordPieces(
        IReadOnlyDictionary<string, int> ids, IReadOnlyList<AddedToken> added,
        BertNormalization? normalization = null, WordPieceSettings? settings = null) =>
        new(TokenizerParts.OfWordPieces(
            ids, added, normalization ?? new BertNormalization(), settings ?? new WordPieceSettings()));

    /// <summary>The tokens of a text with their places in it. Added tokens in the text are recognised; none is put
    /// around it.</summary>
    /// <param name="text">Any text; an empty one has no tokens.</param>
    public Token[] Encode(ReadOnlySpan<char> text)
    {
        var encoding = new TokenList(keepPlaces: true);
        EncodeInto(text, encoding);
        var tokens = new Token[encoding.Ids.Count];
        for (var i = 0; i < tokens.Length; i++)
        {
            var (start, end) = encoding.Places![i];
            tokens[i] = new Token(encoding.Ids[i], Vocabulary.Text(encoding.Ids[i]), start, end - start);
        }
        return tokens;
    }

    /// <summary>The ids of <see cref="Encode"/>, without the cost of the places.</summary>
    /// <param name="text">Any text; an empty one has no ids.</param>
    public int[] EncodeToIds(ReadOnlySpan<char> text)
    {
        var encoding = new TokenList(keepPlaces: false);
        EncodeInto(text, encoding);
        return encoding.Ids.ToArray();
    }

    /// <summary>
    /// The ids of a text between the tokens that the model expects around a sequence: <c>[CLS]</c> … <c>[SEP]</c> for
    /// BERT, none for GPT-2. However long it is: nothing is cut or filled up.
    /// </summary>
    /// <param name="text">Any text; an empty one leaves only the tokens around it.</param>
    public int[] EncodeSequence(ReadOnlySpan<char> text) => [.. prefix, .. EncodeToIds(text), .. suffix];

    /// <summary>
    /// A text, or two, with all that the tokenizer's file says: the tokens around them, types, trimmed places, cut to
    /// <see cref="Truncation"/> and filled up to <see cref="Padding"/>.
    /// </summary>
    /// <param name="text">Any text.</param>
    /// <param name="pair">A second text; null for none.</param>
    /// <param name="addsSpecials">Whether tokens are put around the texts.</param>
    /// <exception cref="ArgumentException">The file's truncation cannot cut these texts.</exception>
    /// <example><code>
    /// tokenizer.EncodeAll("hello", "world").TypeIds
    /// </code> is 0, 0, 0, 1, 1 with BERT's files.</example>
    public EncodedText EncodeAll(string text, string? pair = null, bool addsSpecials = true)
    {
        var first = EncodePart(text, 0);
        var second = pair is null ? null : EncodePart(pair, 1);
        var around = addsSpecials ? parts.PostProcessor?.Added(second is not null) ?? 0 : 0;
        if (Truncation is { } truncation) (first, second) = truncation.Cut(first, second, truncation.Length - around);
        List<EncodedText> all = second is null ? [first] : [first, second];
        if (parts.PostProcessor is { } processor) all = processor.Process(all, addsSpecials);
        var joined = PostProcessor.Join(all);
        return Padding?.Fill(joined) ?? joined;
    }

    /// <summary>The id of a word that is one token by itself, with the spaces given: "hello" and " hello" are two
    /// tokens of GPT-2.</summary>
    /// <param name="word">The word, encoded as <see cref="Encode"/> does, so that an uncased model finds "King" under
    /// "king"; or, where a text of its own would be cut otherwise, the token as <see cref="Vocabulary.Text"/> shows it:
    /// " dog" for Llama, which puts a space of its own before a text, and "##ing" for BERT.</param>
    /// <param name="id">The token's id, or −1.</param>
    /// <returns>False when the word is several tokens, none, unknown, or an added token.</returns>
    public bool TryWord(ReadOnlySpan<char> word, out int id)
    {
        var ids = EncodeToIds(word);
        id = ids.Length == 1 && IsWord(ids[0]) ? ids[0] : -1;
        return id >= 0 || TryShown(word, out id);
    }

    /// <summary>The token that is shown as this text.</summary>
    private bool TryShown(ReadOnlySpan<char> text, out int id)
    {
        var shown = text.ToString();
        if (Vocabulary.TryFind(parts.Spelling.Piece(shown), out id) && IsWord(id) && Vocabulary.Text(id) == shown)
            return true;
        id = -1;
        return false;
    }

    private bool IsWord(int id) => id != parts.Model.UnknownId && !addedIds.Contains(id);

    /// <summary>
    /// The token of a word in the other place that a vocabulary knows: with or without a space before it (<c>Ġ</c>,
    /// <c>▁</c>), inside a longer word or by itself (<c>##</c>), at a word's end or not (<c>&lt;/w&gt;</c>).
    /// </summary>
    /// <param name="word">The word as <see cref="Vocabulary.Text"/> shows it.</param>
    /// <param name="id">The token's id, or −1.</param>
    /// <param name="other">How the other form is shown.</param>
    /// <returns>False when the other form is no single token.</returns>
    public bool TryOtherForm(string word, out int id, out string other)
    {
        var spelling = parts.Spelling;
        var piece = TryWord(word, out var own) ? Vocabulary.Piece(own) : spelling.Piece(word);
        (id, other) = (-1, word);
        if (spelling.OtherForm(piece) is not { Length: > 0 } form) return false;
        other = spelling.Text(form, spelling.Bytes(form));
        return Vocabulary.TryFind(form, out id) && !addedIds.Contains(id);
    }

    /// <summary>Whether a token is the rest of a word, or some bytes of one, and not a word or the beginning of
    /// one.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The id stands for nothing.</exception>
    public bool IsContinuation(int id) => !addedIds.Contains(id) && parts.Spelling.IsContinuation(Vocabulary.Piece(id));

    /// <summary>Whether a token is a byte (<c>&lt;0x0A&gt;</c>), or some bytes that are no whole characters.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The id stands for nothing.</exception>
    public bool IsBytes(int id) =>
        !addedIds.Contains(id) && parts.Spelling.IsBytes(Vocabulary.Piece(id), Vocabulary.Bytes(id));

    /// <summary>The text of a sequence of ids, added tokens written out.</summary>
    /// <remarks>Where bytes are no UTF-8, as when a sequence ends inside a character, U+FFFD stands for them.</remarks>
    /// <param name="ids">Ids of the vocabulary.</param>
    /// <param name="skipsSpecials">Whether special tokens are left out.</param>
    /// <exception cref="ArgumentOutOfRangeException">An id stands for nothing.</exception>
    public string Decode(ReadOnlySpan<int> ids, bool skipsSpecials = false)
    {
        var pieces = new List<string>(ids.Length);
        foreach (var id in ids)
        {
            // The library writes out what is looked for in normalised text as it is found there.
            if (!decodedAs.TryGetValue(id, out var piece)) piece = Vocabulary.Piece(id);
            if (!skipsSpecials || !SpecialTokens.ContainsKey(piece)) pieces.Add(piece);
        }
        return parts.Decoder is { } decoder ? string.Concat(decoder.Decode(pieces)) : string.Join(' ', pieces);
    }

    /// <summary>What a text becomes before it is cut, where no added token is in it.</summary>
    public string Normalize(string text) =>
        parts.Normalizer is { } normalizer
            ? normalizer.Normalize(new PlacedText(text, 0)).Characters.ToString()
            : text;

    /// <summary>What stands around a sequence.</summary>
    internal SequenceFrame Frame => new(prefix, suffix);

    private void EncodeInto(ReadOnlySpan<char> text, TokenList tokens)
    {
        var from = 0;
        var matches = rawMatcher.In(text);
        while (matches.MoveNext(from, out var token, out var start, out var end))
        {
            if (from < start) EncodeStretch(text[from..start], from, tokens);
            tokens.Add(token.Id, (start, end), text, start, end, showsText: start >= from);
            from = end;
        }
        if (from < text.Length) EncodeStretch(text[from..], from, tokens);
    }

    /// <summary>A token whose content an earlier one took as white space may be left without any.</summary>
    private static (int Start, int End) PlaceOf(PlacedText text, int start, int end) =>
        end > start ? text.Place(start, end) : (text.At(start - 1).End, text.At(start - 1).End);

    /// <summary>Encodes a stretch of text in which no added token was found as it is written.</summary>
    private void EncodeStretch(ReadOnlySpan<char> text, int origin, TokenList tokens)
    {
        while (text.Length > 0)
        {
            // Normalised added tokens may hold spaces, so nothing is cut where they are looked for.
            var length = parts.MayCutAtSpaces && normalizedMatcher.IsEmpty
                ? BertNormalizer.BlockLength(text)
                : text.Length;
            EncodeBlock(new PlacedText(text[..length], origin), tokens);
            text = text[length..];
            origin += length;
        }
    }

    private void EncodeBlock(PlacedText text, TokenList tokens)
    {
        if (parts.Normalizer is { } normalizer) text = normalizer.Normalize(text);
        var from = 0;
        var matches = normalizedMatcher.In(text.Characters);
        while (matches.MoveNext(from, out var token, out var start, out var end))
        {
            if (from < start) EncodePlain(from == 0 && start == text.Length ? text : text.Slice(from, start), tokens);
            tokens.Add(
                token.Id, PlaceOf(text, start, end), text.Characters, start, end, showsText: start >= from);
            from = end;
        }
        if (from < text.Length) EncodePlain(from == 0 ? text : text.Slice(from, text.Length), tokens);
    }

    private void EncodePlain(PlacedText text, TokenList tokens)
    {
        var pieces = new PreTokenizedText(text);
        parts.PreTokenizer?.Cut(ref pieces);
        var places = pieces.Text;
        foreach (var (start, end) in CollectionsMarshal.AsSpan(pieces.Pieces))
        {
            var found = parts.Model.Tokenize(places.Characters[start..end]);
            if (tokens.Places is null)
            {
                foreach (var token in found) tokens.Ids.Add(token.Id);
                continue;
            }
            foreach (var token in found)
            {
                var (from, to) = (start + token.Start, start + token.End);
                tokens.Add(
                    token.Id, places.Place(from, to), places.Characters, from, to,
                    parts.Model.ShowsUnknownText && token.Id == parts.Model.UnknownId);
            }
        }
        pieces.Release();
    }

    private EncodedText EncodePart(string text, int number)
    {
        var list = new TokenList(keepPlaces: true, keepTexts: true);
        EncodeInto(text, list);
        var result = new EncodedText(text);
        for (var i = 0; i < list.Ids.Count; i++)
            result.Add(
                list.Ids[i], list.Texts![i] ?? Vocabulary.Piece(list.Ids[i]), list.Places![i], number, false, number);
        return result;
    }

    /// <summary>The ids that are put before and behind one text.</summary>
    private (int[] Before, int[] Behind) Around()
    {
        if (parts.PostProcessor is not { } processor) return ([], []);
        const int text = -1;
        var probe = new EncodedText();
        probe.Add(text, "", (0, 0), 0, false, 0);
        var ids = PostProcessor.Join(processor.Process([probe], addsSpecials: true)).Ids.ToList();
        var at = ids.IndexOf(text);
        if (at < 0 || ids.LastIndexOf(text) != at)
            throw new FormatException("the template of a single sequence needs one place for the text.");
        ids.RemoveAt(at);
        foreach (var id in ids)
            if (!Vocabulary.Contains(id))
                throw new FormatException($"the id {id}, put around a sequence, stands for nothing.");
        return (ids[..at].ToArray(), ids[at..].ToArray());
    }
}
