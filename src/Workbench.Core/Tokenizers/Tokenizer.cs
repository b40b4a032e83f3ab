using System;
using System.Collections.Generic;
using System.Linq;
using Workbench.Core.Hub;

namespace Workbench.Core.Tokenizers;

/// <namespacedoc><summary>Text into tokens and back, with the place of each token in the text.</summary></namespacedoc>
/// <summary>
/// Turns text into the tokens of a model and back. Safe for use by several threads at once.
/// </summary>
/// <remarks>
/// The reference for every odd case is Hugging Face's Rust library <c>tokenizers</c> (0.23), on which the models' own
/// Python tokenizers rest. Encoding never fails: a surrogate without its partner, which that library cannot be given at
/// all, counts as U+FFFD.
/// </remarks>
/// <example><code>
/// var tokenizer = Tokenizer.Open("gpt2");
/// tokenizer.EncodeToIds("hello world")
/// </code> is 31373, 995 with GPT-2's files.</example>
public abstract class Tokenizer
{
    private readonly AddedTokenMatcher rawMatcher;
    private readonly int[] prefix;
    private readonly int[] suffix;

    private protected Tokenizer(Vocabulary vocabulary, IReadOnlyList<AddedToken> added, SequenceFrame frame)
    {
        Vocabulary = vocabulary;
        AddedTokens = added;
        SpecialTokens = added.Where(token => token.IsSpecial).ToDictionary(token => token.Content, token => token.Id);
        rawMatcher = new AddedTokenMatcher(
            added.Where(token => !token.IsNormalized).Select(token => (token.Content, token)));
        (prefix, suffix) = (frame.Before.ToArray(), frame.After.ToArray());
        foreach (var id in frame.Before.Concat(frame.After))
            if (!vocabulary.Contains(id))
                throw new ArgumentException($"The id {id}, put around a sequence, stands for nothing.", nameof(frame));
    }

    /// <summary>The files by which a folder shows that it has a tokenizer, whether that is read or refused by
    /// name.</summary>
    public static IReadOnlyList<string> Files { get; } =
    [
        ModelFiles.TokenizerJson,
        ModelFiles.VocabularyJson,
        ModelFiles.VocabularyText,
        .. TokenizerFiles.SentencePieceNames,
    ];

    /// <summary>What each id stands for.</summary>
    public Vocabulary Vocabulary { get; }

    /// <summary>Tokens that are found in the text before it is split, in the order of the tokenizer's file.</summary>
    public IReadOnlyList<AddedToken> AddedTokens { get; }

    /// <summary>Ids of the tokens that steer the model instead of standing for text, by their spelling; empty when
    /// there are none.</summary>
    public IReadOnlyDictionary<string, int> SpecialTokens { get; }

    /// <summary>
    /// Opens the tokenizer of a model: a folder with <c>tokenizer.json</c>, or <c>vocab.json</c> and <c>merges.txt</c>
    /// (byte-level BPE), or <c>vocab.txt</c> (WordPiece), looked for in this order; or the path of one of these files.
    /// Added and special tokens and settings in <c>tokenizer_config.json</c>, <c>special_tokens_map.json</c> and
    /// <c>added_tokens.json</c> beside it are obeyed, or refused by name.
    /// </summary>
    /// <exception cref="Formats.WeightFileException">A file is missing, damaged, or asks for a kind of tokenizer that
    /// is not read.</exception>
    public static Tokenizer Open(string path) => SentenceSettings.Obeyed(path, TokenizerFiles.Open(path));

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
            var (start, length) = encoding.Places![i];
            tokens[i] = new Token(encoding.Ids[i], Vocabulary.Text(encoding.Ids[i]), start, length);
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
    /// BERT, none for GPT-2.
    /// </summary>
    /// <param name="text">Any text; an empty one leaves only the tokens around it.</param>
    public int[] EncodeSequence(ReadOnlySpan<char> text) => [.. prefix, .. EncodeToIds(text), .. suffix];

    /// <summary>The id of a word that is one token by itself, with the spaces given: "hello" and " hello" are two
    /// tokens of GPT-2.</summary>
    /// <param name="word">The word, encoded as <see cref="Encode"/> does, so that an uncased model finds "King" under
    /// "king".</param>
    /// <param name="id">The token's id, or −1.</param>
    /// <returns>False when the word is several tokens, none, unknown, or an added token.</returns>
    public bool TryWord(ReadOnlySpan<char> word, out int id)
    {
        var ids = EncodeToIds(word);
        id = ids.Length == 1 && !IsAddedOrUnknown(ids[0]) ? ids[0] : -1;
        return id >= 0;
    }

    /// <summary>The text of a sequence of ids, added tokens written out.</summary>
    /// <exception cref="ArgumentOutOfRangeException">An id stands for nothing.</exception>
    public abstract string Decode(ReadOnlySpan<int> ids);

    /// <summary>The id that stands for what the vocabulary cannot spell, or −1 when there is none.</summary>
    private protected abstract int UnknownId { get; }

    /// <summary>Encodes a stretch of text in which no added token was found as it is written.</summary>
    private protected abstract void EncodeStretch(ReadOnlySpan<char> text, int start, TokenList tokens);

    private void EncodeInto(ReadOnlySpan<char> text, TokenList tokens)
    {
        var at = 0;
        while (rawMatcher.TryFind(text, at, out var token, out var start, out var end))
        {
            EncodeStretch(text[at..start], at, tokens);
            tokens.Add(token.Id, start, end - start);
            at = end;
        }
        EncodeStretch(text[at..], at, tokens);
    }

    private bool IsAddedOrUnknown(int id) => id == UnknownId || AddedTokens.Any(token => token.Id == id);
}
