using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using System.Threading.Tasks;
using Workbench.Core.Tokenizers;
using Workbench.Core.Tokenizers.Characters;
using Workbench.Core.Tokenizers.Normalizers;
using Xunit;

namespace Workbench.Core.Tests;

/// <summary>Laws of all tokenizers, on small ones made here, and the cases that the laws do not show.</summary>
public sealed class TokenizerTests
{
    internal static readonly Tokenizer BytePairs = MakeBytePairs(
        ("t", "h"),
        ("th", "e"),
        ("Ġ", "the"),
        ("a", "a"),
        ("aa", "aa"),
        ("Ġ", "w"),
        ("o", "r"),
        ("Ġw", "or"),
        ("Ã", "©"),
        ("ä", "¸"),
        ("ä¸", "Ń"),
        ("Ġ", "Ġ"),
        ("Ċ", "Ċ")
    );

    internal static readonly Tokenizer WordPieces = MakeWordPieces(new BertNormalization());

    private static readonly Tokenizer[] All =
    [
        BytePairs,
        WordPieces,
        MakeWordPieces(new BertNormalization { LowerCases = false, CleansText = false }),
    ];

    [Fact]
    public void Every_token_lies_within_the_text_and_none_begins_before_the_one_before() =>
        UnicodeGenerator.Check(
            UnicodeGenerator.Any,
            text =>
                All.All(tokenizer =>
                {
                    var tokens = tokenizer.Encode(text);
                    return tokens.All(token =>
                            token.Start >= 0 && token.Length > 0 && token.Start + token.Length <= text.Length
                        ) && tokens.Zip(tokens.Skip(1)).All(pair => pair.First.Start <= pair.Second.Start);
                })
        );

    [Fact]
    public void Ids_alone_are_the_ids_of_the_tokens() =>
        UnicodeGenerator.Check(
            UnicodeGenerator.Any,
            text =>
                All.All(tokenizer =>
                    tokenizer.EncodeToIds(text).SequenceEqual(tokenizer.Encode(text).Select(token => token.Id))
                )
        );

    [Fact]
    public void Decoding_byte_pairs_gives_the_text_back() => UnicodeGenerator.Check(UnicodeGenerator.WellFormed, text =>
        BytePairs.Decode(BytePairs.EncodeToIds(text)) == text);

    [Fact]
    public void A_lone_surrogate_is_encoded_as_the_replacement_character() =>
        UnicodeGenerator.Check(
            UnicodeGenerator.Any,
            text =>
                BytePairs.Decode(BytePairs.EncodeToIds(text)) == Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text))
        );

    [Fact]
    public void Byte_pairs_cover_the_text_without_a_gap() => UnicodeGenerator.Check(UnicodeGenerator.Any, text =>
    {
        var end = 0;
        foreach (var token in BytePairs.Encode(text))
        {
            if (token.Start > end) return false;
            end = Math.Max(end, token.Start + token.Length);
        }
        return end == text.Length;
    });

    [Fact]
    public void A_whole_character_token_is_the_text_at_its_place() =>
        UnicodeGenerator.Check(
            UnicodeGenerator.WellFormed,
            text =>
                BytePairs
                    .Encode(text)
                    .All(token =>
                        token.Text.Contains('\uFFFD') || token.Text == text.Substring(token.Start, token.Length)
                    )
        );

    [Fact]
    public void Normalised_text_stays_as_it_is() => UnicodeGenerator.Check(UnicodeGenerator.Any, text =>
    {
        var normalizer = new BertNormalizer(new BertNormalization { SpacesIdeographs = false });
        var once = normalizer.Normalize(new PlacedText(text, 0)).Characters.ToString();
        return normalizer.Normalize(new PlacedText(once, 0)).Characters.ToString() == once;
    });

    [Theory]
    [
        InlineData(""),
        InlineData(" "),
        InlineData("\0"),
        InlineData("\uD800"),
        InlineData("مرحبا"),
        InlineData("😀"),
        InlineData("\uDC00\uD800")
    ]
    public void Any_text_is_encoded(string text)
    {
        foreach (var tokenizer in All) Assert.True(tokenizer.Encode(text).Length <= 4 * text.Length);
    }

    [Theory]
    [InlineData('a', 1 << 18, 1), InlineData(' ', 1 << 19, 0)]
    public void A_megabyte_of_one_character_is_encoded_as_a_single_piece(char character, int bytePairs, int wordPieces)
    {
        var text = new string(character, 1 << 20);
        Assert.Equal(bytePairs, BytePairs.EncodeToIds(text).Length);
        Assert.Equal(wordPieces, WordPieces.EncodeToIds(text).Length);
    }

    [Fact]
    public void Half_a_million_marks_in_the_wrong_order_are_put_right() =>
        Assert.Single(WordPieces.Encode(string.Concat(Enumerable.Repeat("\u302E\u1B44", 1 << 18))));

    [Fact]
    public void The_place_of_a_token_counts_utf16_units()
    {
        var tokens = BytePairs.Encode("😀 the");
        Assert.Equal([(0, 2), (0, 2), (0, 2), (0, 2), (2, 4)], tokens.Select(token => (token.Start, token.Length)));
        Assert.Equal(" the", tokens[^1].Text);
        Assert.Equal((3, 3), WordPieces.Encode("😀 the").Select(token => (token.Start, token.Length)).Last());
    }

    [Fact]
    public void Added_tokens_are_found_leftmost_and_longest_with_the_spaces_they_take()
    {
        AddedToken[] added =
        [
            new(300, "<a>"),
            new(301, "<a><b>"),
            new(302, "<s>") { StripsLeft = true, StripsRight = true },
            new(303, "lone") { IsSingleWord = true },
            new(304, "late") { IsNormalized = true, IsSpecial = false },
        ];
        var tokenizer = Tokenizer.OfBytePairs(BytePairs.Vocabulary.Pieces, [], added);
        Assert.Equal([300, 301], tokenizer.EncodeToIds("<a><a><b>"));
        Assert.Equal(
            [(302, 1, 7)],
            tokenizer
                .Encode("t  <s>  h")
                .Where(token => token.Id == 302)
                .Select(token => (token.Id, token.Start, token.Length))
        );
        Assert.Contains(303, tokenizer.EncodeToIds("a lone wolf"));
        Assert.DoesNotContain(303, tokenizer.EncodeToIds("alone"));
        Assert.DoesNotContain(303, tokenizer.EncodeToIds("lone\u24CB"));
        Assert.Equal([304, 300], tokenizer.EncodeToIds("late<a>"));
        Assert.False(tokenizer.SpecialTokens.ContainsKey("late"));
    }

    [Fact]
    public void A_normalised_added_token_is_found_in_normalised_text()
    {
        AddedToken[] added = [.. WordPieces.AddedTokens, new(900, "NéwTok") { IsNormalized = true, IsSpecial = false }];
        var tokenizer = Tokenizer.OfWordPieces(WordPieces.Vocabulary.Pieces, added);
        Assert.Equal(
            (900, 2, 7),
            tokenizer
                .Encode("a Ne\u0301wtok")
                .Where(token => token.Id == 900)
                .Select(token => (token.Id, token.Start, token.Length))
                .Single()
        );
    }

    [Fact]
    public void Single_words_are_told_from_words_of_several_tokens()
    {
        Assert.True(BytePairs.TryWord(" the", out var spaced));
        Assert.True(BytePairs.TryWord("the", out var bare));
        Assert.NotEqual(spaced, bare);
        Assert.False(BytePairs.TryWord("them", out var none));
        Assert.Equal(-1, none);
        Assert.False(BytePairs.TryWord("<|endoftext|>", out _));
        Assert.True(WordPieces.TryWord("The", out _));
        Assert.False(WordPieces.TryWord("☃", out _));
        Assert.False(WordPieces.TryWord("", out _));
    }

    [Fact]
    public void A_vocabulary_tells_pieces_texts_and_bytes_apart()
    {
        BytePairs.Vocabulary.TryFind("Ġthe", out var id);
        Assert.Equal(" the", BytePairs.Vocabulary.Text(id));
        Assert.Equal("Ġthe", BytePairs.Vocabulary.Piece(id));
        Assert.Equal(" the"u8.ToArray(), BytePairs.Vocabulary.Bytes(id).ToArray());
        WordPieces.Vocabulary.TryFind("##s", out id);
        Assert.Equal("##s", WordPieces.Vocabulary.Text(id));
        Assert.Equal("s"u8.ToArray(), WordPieces.Vocabulary.Bytes(id).ToArray());
        Assert.Contains(
            "ids from 0 to",
            Assert.Throws<ArgumentOutOfRangeException>(() => WordPieces.Vocabulary.Text(10_000)).Message);
    }

    [Fact]
    public void The_byte_alphabet_writes_each_byte_as_one_printable_character()
    {
        for (var value = 0; value < 256; value++)
            Assert.Equal(value, ByteAlphabet.Value(ByteAlphabet.Character((byte)value)));
        Assert.Equal(
            ('Ġ', 'Ċ', 'ĉ', 'Ń', 'ł'),
            (
                ByteAlphabet.Character(32), ByteAlphabet.Character(10), ByteAlphabet.Character(9),
                ByteAlphabet.Character(0xAD), ByteAlphabet.Character(0xA0))
        );
        Assert.Equal(-1, ByteAlphabet.Value('\u0144'));
        Assert.Equal(-1, ByteAlphabet.Value(' '));
    }

    [Fact]
    public void Bytes_without_a_piece_are_left_out_or_unknown()
    {
        var ids = new Dictionary<string, int> { ["a"] = 0, ["b"] = 1, ["ab"] = 2, ["?"] = 3 };
        Assert.Equal([2], Tokenizer.OfBytePairs(ids, [("a", "b")], []).EncodeToIds("axb"));
        Assert.Equal(
            [0, 3, 1],
            Tokenizer.OfBytePairs(ids, [("a", "b")], [], new BytePairSettings { UnknownPiece = "?" }).EncodeToIds("axb")
        );
    }

    [Fact]
    public void Words_longer_than_the_limit_are_unknown()
    {
        WordPieces.Vocabulary.TryFind("[UNK]", out var unknown);
        Assert.Equal(100, WordPieces.EncodeToIds(new string('s', 100)).Length);
        Assert.Equal([unknown], WordPieces.EncodeToIds(new string('s', 101)));
    }

    [Fact]
    public void Decoding_word_pieces_joins_words_and_attaches_points() =>
        Assert.Equal("the words, the word.", WordPieces.Decode(WordPieces.EncodeToIds("The Wórds, the wo\u00ADrd.")));

    [Fact]
    public void Many_threads_may_share_a_tokenizer()
    {
        var texts = Enumerable
            .Range(0, 64)
            .Select(i => string.Join(" ", Enumerable.Range(i, 500).Select(n => "the" + n % 97)))
            .ToArray();
        var want = texts.Select(text => MakeBytePairs(("t", "h")).EncodeToIds(text)).ToArray();
        var shared = MakeBytePairs(("t", "h"));
        Parallel.For(0, texts.Length, i => Assert.Equal(want[i], shared.EncodeToIds(texts[i])));
    }

    [Fact]
    public void Wrong_parts_are_refused_with_the_piece_that_is_wrong()
    {
        Assert.Contains(
            "\"ab\"",
            Assert
                .Throws<ArgumentException>(() =>
                    Tokenizer.OfBytePairs(new Dictionary<string, int> { ["a"] = 0, ["b"] = 1 }, [("a", "b")], [])
                )
                .Message
        );
        Assert.Contains(
            "both have the id 0",
            Assert
                .Throws<ArgumentException>(() =>
                    Tokenizer.OfBytePairs(new Dictionary<string, int> { ["a"] = 0, ["b"] = 0 }, [], [])
                )
                .Message
        );
        Assert.Contains(
            "[UNK]",
            Assert
                .Throws<ArgumentException>(() => Tokenizer.OfWordPieces(new Dictionary<string, int> { ["a"] = 0 }, []))
                .Message
        );
        Assert.Contains(
            "as a piece 0",
            Assert
                .Throws<ArgumentException>(() =>
                    Tokenizer.OfBytePairs(new Dictionary<string, int> { ["a"] = 0 }, [], [new AddedToken(7, "a")])
                )
                .Message
        );
    }

    internal static Tokenizer MakeBytePairs(params (string Left, string Right)[] merges)
    {
        var ids = Enumerable
            .Range(0, 256)
            .ToDictionary(value => ByteAlphabet.Character((byte)value).ToString(), value => value);
        foreach (var (left, right) in merges)
            ids.TryAdd(left + right, ids.Count);
        return Tokenizer.OfBytePairs(ids, merges, [new AddedToken(ids.Count, "<|endoftext|>")]);
    }

    private static Tokenizer MakeWordPieces(BertNormalization normalization)
    {
        string[] pieces =
        [
            "[PAD]",
            "[UNK]",
            "[CLS]",
            "[SEP]",
            "[MASK]",
            "the",
            "The",
            "word",
            "a",
            "s",
            "##s",
            "##a",
            "##the",
            ".",
            ",",
            "'",
            "!",
            "中",
            "ᄀ",
            "##ᅡ",
            "##ᆨ",
        ];
        var ids = pieces.Select((piece, id) => (piece, id)).ToDictionary(entry => entry.piece, entry => entry.id);
        return Tokenizer.OfWordPieces(
            ids, pieces[..5].Select(piece => new AddedToken(ids[piece], piece)).ToArray(), normalization);
    }
}
