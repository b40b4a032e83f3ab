using System;
using System.IO;
using System.Linq;
using System.Text;
using System.Text.Json;
using Workbench.Core.Formats;
using Workbench.Core.Tokenizers;
using Workbench.Core.Tokenizers.Characters;
using Workbench.Core.Tokenizers.Patterns;
using Workbench.Core.Tokenizers.PostProcessors;
using Xunit;

namespace Workbench.Core.Tests;

/// <summary>The components of <c>tokenizer.json</c>, each by the rule that defines it.</summary>
public sealed class TokenizerComponentTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("workbench-components-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData("""{"type": "NFC"}""", "e\u0301 \u1100\u1161\u11A8", "é 각")]
    [InlineData("""{"type": "NFD"}""", "é 각", "e\u0301 \u1100\u1161\u11A8")]
    [InlineData("""{"type": "NFKC"}""", "ﬁ ① Å", "fi 1 Å"), InlineData("""{"type": "NFKD"}""", "ﬁ é", "fi e\u0301")]
    [InlineData("""{"type": "NFC"}""", "a\u0301\u0327", "á\u0327")]
    [InlineData("""{"type": "NFD"}""", "ḉ", "c\u0327\u0301")]
    [InlineData("""{"type": "Lowercase"}""", "ΑΣ İ", "ασ i\u0307")]
    [InlineData("""{"type": "Strip", "strip_left": true, "strip_right": false}""", " \ta ", "a ")]
    [InlineData("""{"type": "StripAccents"}""", "é e\u0301\u0903", "é e")]
    [InlineData("""{"type": "Nmt"}""", "a\u0001\u200Bb\n", "a b ")]
    [InlineData("""{"type": "Prepend", "prepend": "_"}""", "a", "_a")]
    [InlineData("""{"type": "Prepend", "prepend": "_"}""", "", "")]
    [InlineData("""{"type": "Replace", "pattern": {"Regex": "(\\d)+"}, "content": "$1"}""", "a12b3", "a$1b$1")]
    [InlineData("""{"type": "Replace", "pattern": {"String": "a."}, "content": ""}""", "a.ab", "ab")]
    [InlineData("""{"type": "ByteLevel"}""", "a é", "aĠÃ©")]
    [InlineData("""{"type": "Sequence", "normalizers": [{"type": "NFD"}, {"type": "StripAccents"}]}""", "éa", "ea")]
    public void A_normalizer_makes_of_a_text_what_its_rule_says(
        string normalizer, string text, string want) =>
        Assert.Equal(want, Open(normalizer: normalizer).Normalize(text));

    [Theory]
    [InlineData("""{"type": "WhitespaceSplit"}""", " a  b\nc", "a|b|c")]
    [InlineData("""{"type": "Whitespace"}""", "it's a_1, é\u0301!", "it|'|s|a_1|,|é\u0301|!")]
    [InlineData("""{"type": "BertPreTokenizer"}""", "a-b c.", "a|-|b|c|.")]
    [InlineData("""{"type": "Punctuation", "behavior": "Removed"}""", "a-b…c", "a|b|c")]
    [InlineData("""{"type": "Digits", "individual_digits": true}""", "a12", "a|1|2")]
    [InlineData("""{"type": "Digits"}""", "a12b", "a|12|b")]
    [InlineData("""{"type": "CharDelimiterSplit", "delimiter": "-"}""", "a-b--c", "a|b|c")]
    [InlineData("""{"type": "FixedLength", "length": 2}""", "a😀bc", "a😀|bc")]
    [InlineData("""{"type": "UnicodeScripts"}""", " ab 中かア d", "ab |中かア |d")]
    [InlineData("""{"type": "Metaspace", "replacement": "_"}""", "a b  c", "_a|_b|_|_c")]
    [InlineData("""{"type": "Metaspace", "replacement": "_", "prepend_scheme": "never", "split": """
        + """false}""", "a b", "a_b")]
    [InlineData("""{"type": "Metaspace", "replacement": "_", "add_prefix_space": false}""", "a b", "a|_b")]
    [InlineData("""{"type": "Split", "pattern": {"String": "-"}, "behavior": "Isolated"}""", "a--b", "a|-|-|b")]
    [InlineData("""{"type": "Split", "pattern": {"String": "-"}, "behavior": "Removed"}""", "a--b", "a|b")]
    [InlineData("""{"type": "Split", "pattern": {"String": "-"}, "behavior": "Contiguous"}""", "a--b", "a|--|b")]
    [InlineData("""{"type": "Split", "pattern": """
        + """{"String": "-"}, "behavior": "MergedWithPrevious"}""", "a--b", "a-|-|b")]
    [InlineData("""{"type": "Split", "pattern": {"String": "-"}, "behavior": "MergedWithNext"}""", "a--b", "a|-|-b")]
    [InlineData("""{"type": "Split", "pattern": {"Regex": "[a-z]+"}, "behavior": "Removed", "invert": """
        + """true}""", "ab1c", "ab|c")]
    [InlineData("""{"type": "Split", "pattern": {"Regex": ""}, "behavior": "Isolated"}""", "a😀", "a|😀")]
    public void A_pre_tokenizer_cuts_where_its_rule_says(string preTokenizer, string text, string want)
    {
        // Every piece is one unknown word, shown by its place; Metaspace's by its text, which the marks are in.
        var encoded = Open(preTokenizer: preTokenizer).EncodeAll(text);
        var pieces = preTokenizer.Contains("Metaspace", StringComparison.Ordinal)
            ? Pieces(preTokenizer, text)
            : encoded.Places.Select(place => text[place.Start..place.End]);
        Assert.Equal(want, string.Join('|', pieces));
    }

    [Theory]
    [InlineData("""{"type": "WordPiece", "prefix": "##", "cleanup": true}""", "a|##b|.|do|not", "ab. do not")]
    [InlineData("""{"type": "WordPiece", "prefix": "##", "cleanup": false}""", "a|##b|.", "ab .")]
    [InlineData("""{"type": "BPEDecoder", "suffix": "</w>"}""", "a|b</w>|c</w>", "ab c")]
    [InlineData("""{"type": "CTC", "pad_token": "<p>", "word_delimiter_token": "|", "cleanup": """
        + """true}""", "a|a|<p>|a|b|b", "aab")]
    [InlineData("""{"type": "ByteFallback"}""", "<0xC3>|<0xA9>|a|<0xC3>", "éa\uFFFD")]
    [InlineData("""{"type": "Metaspace", "replacement": "_"}""", "_a|_b", "a b")]
    [InlineData("""{"type": "Strip", "content": "_", "start": 1, "stop": 1}""", "__a__|b", "_a_b")]
    [InlineData("""{"type": "Replace", "pattern": {"String": "_"}, "content": " "}""", "_a|_", " a ")]
    [InlineData("""{"type": "Sequence", "decoders": [{"type": "Fuse"}, """
        + """{"type": "Strip", "content": "a", "start": 1, "stop": 0}]}""", "a|ab", "ab")]
    [InlineData("null", "a|b", "a b")]
    public void A_decoder_joins_pieces_as_its_rule_says(string decoder, string pieces, string want)
    {
        var words = pieces.Split('|').Distinct().ToArray();
        var tokenizer = Open(decoder: decoder, words: words);
        var ids = pieces.Split('|').Select(piece => tokenizer.Vocabulary.Pieces[piece]).ToArray();
        Assert.Equal(want, tokenizer.Decode(ids));
    }

    [Theory]
    [InlineData("[0-9]++5", "12345", ""), InlineData("[0-9]+5", "12345", "12345")]
    [InlineData("(?>a|ab)c", "abc", ""), InlineData("a*?b", "aab", "aab"), InlineData("(?i:'s)", "'ſ'S", "'ſ|'S")]
    [InlineData("\\h+", "xyzAf09g", "Af09")]
    [InlineData("[a-z&&[^aeiou]]+", "hello", "h|ll")]
    [InlineData("[^(\\s|[.,])]+", "a b.c(", "a|b|c")]
    [InlineData("(?<=[a-z])(?=[A-Z])|^\\w", "xaBc", "x|")]
    [InlineData("(?<!a)b", "ab bb", "b|b")]
    [InlineData("^b$", "a\nb\nc", "b")]
    [InlineData("\\p{Han}+|\\p{^L}", "中文a1", "中文|1")]
    [InlineData("\\p{L}", "𝒜a", "𝒜|a")]
    [InlineData("\\w", "½\u2155a\u200D", "½|a")]
    [InlineData("[[:digit:]x]{2,3}", "1x12345", "1x1|234")]
    [InlineData("(ab){2}c?", "ababc abab", "ababc|abab")]
    [InlineData("\\bno\\b", "no know no", "no|no")]
    [InlineData("a{,2}b", "aaab", "aab")]
    [InlineData("(?i)ab|c", "ABC", "AB|C"), InlineData("(?i:f)i|s(?i:s)", "Fi FI sS ß", "Fi|sS")]
    [InlineData("x(?#comment)y", "xy", "xy")]
    [InlineData("\\R", "a\r\nb\n", "\r\n|\n")]
    public void A_pattern_means_what_it_means_to_Oniguruma(string pattern, string text, string matches)
    {
        var found = new System.Collections.Generic.List<string>();
        var search = new OnigurumaPattern(pattern).In(text);
        while (search.MoveNext(out var start, out var end)) found.Add(text[start..end]);
        Assert.Equal(matches, string.Join('|', found));
    }

    [Theory]
    [InlineData("(a", "without an end")]
    [InlineData("a)", "too many")]
    [InlineData("[a", "without an end")]
    [InlineData("*a", "repeats nothing")]
    [InlineData("\\p{Nonsense}", "Nonsense")]
    [InlineData("(a)\\1", "\\1")]
    [InlineData("(?m:a)", "(?m")]
    [InlineData("(?i:strasse)", "may take the place"), InlineData("(?i:fi)", "may take the place")]
    [InlineData("(?i:ß)", "several letters"), InlineData("(?i:[ŉx])", "several letters")]
    [InlineData("\\p{Alpha}", "\"Alpha\""), InlineData("[[:alpha:]]", "[:alpha:]")]
    [InlineData("a{5,2}", "below its beginning")]
    [InlineData("(?<=a+)b", "without a bound")]
    [InlineData("[z-a]", "below its beginning")]
    [InlineData("a{2000}", "2000")]
    [InlineData("((((a{999}){999}){999}){999})", "steps")]
    public void A_pattern_that_cannot_be_read_is_refused_by_name(string pattern, string says) =>
        Assert.Contains(says, Assert.Throws<FormatException>(() => new OnigurumaPattern(pattern)).Message);

    [Theory]
    [InlineData("(a|a|b)*c"), InlineData("(a?){30}b"), InlineData("a*a*a*a*b")]
    public void A_pattern_made_to_backtrack_ends_in_an_error_that_names_it(string pattern)
    {
        var split = """{"type": "Split", "pattern": {"Regex": """ + JsonSerializer.Serialize(pattern)
            + """}, "behavior": "Isolated"}""";
        var tokenizer = Open(preTokenizer: split);
        var error = Assert.Throws<PatternBudgetException>(() => tokenizer.EncodeToIds(new string('a', 100_000)));
        Assert.Contains(pattern, error.Message);
    }

    [Theory]
    [InlineData("'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+")]
    [InlineData(
        "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}"
            + "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+")]
    public void A_megabyte_of_anything_is_cut_by_a_published_pattern(string pattern)
    {
        foreach (var one in (string[])["a", " ", "\n", "1", "é", "😀", "a ", " \n", "!"])
        {
            var text = string.Concat(Enumerable.Repeat(one, (1 << 20) / one.Length));
            var search = new OnigurumaPattern(pattern).In(text);
            var covered = 0;
            while (search.MoveNext(out var start, out var end)) covered += end - start;
            Assert.Equal(text.Length, covered);
        }
    }

    [Fact]
    public void Gpt2s_pattern_written_out_is_gpt2s_pattern() => UnicodeGenerator.Check(UnicodeGenerator.Any, text =>
    {
        var search = new OnigurumaPattern(
            "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+").In(text);
        for (var at = 0; at < text.Length;)
        {
            var length = Gpt2Pattern.NextLength(text.AsSpan(at));
            if (!search.MoveNext(out var start, out var end) || start != at || end != at + length) return false;
            at += length;
        }
        return !search.MoveNext(out _, out _);
    });

    [Fact]
    public void Unigram_takes_the_cut_of_the_highest_sum_and_fuses_what_is_unknown()
    {
        // ab + c = −3 beats a + bc = −3.5 and a + b + c = −6; each unknown letter costs −4 − 10.
        var tokenizer = Model(
            """{"type": "Unigram", "unk_id": 0, "vocab": [["?", 0], ["a", -2], ["b", -2], ["c", -2], ["ab", """
                + """-1], ["bc", -1.5], ["z", -4]]}""");
        Assert.Equal([4, 3], tokenizer.EncodeToIds("abc"));
        var tokens = tokenizer.EncodeAll("axyb");
        Assert.Equal(["a", "xy", "b"], tokens.Tokens);
        Assert.Equal([1, 0, 2], tokens.Ids);
    }

    [Fact]
    public void Bpe_writes_what_it_does_not_know_in_bytes_where_it_has_them_all_and_else_as_unknown()
    {
        var tokenizer = Model(
            """{"type": "BPE", "unk_token": "?", "fuse_unk": true, "byte_fallback": true, "vocab": {"?": """
                + """0, "a": 1, "<0xC3>": 2, "<0xA9>": 3, "aa": 4}, "merges": [["a", "a"]]}""");
        Assert.Equal([4, 2, 3, 1, 0, 1], tokenizer.EncodeToIds("aaéaxxa"));
        Assert.Equal([(0, 2), (2, 3), (2, 3), (3, 4), (4, 6), (6, 7)], tokenizer.EncodeAll("aaéaxxa").Places);
    }

    [Fact]
    public void Bpe_marks_the_ends_and_the_insides_of_words_and_takes_whole_words_first_where_it_is_told_to()
    {
        const string split = """{"type": "WhitespaceSplit"}""";
        Assert.Equal([2, 1], Model("""{"type": "BPE", "end_of_word_suffix": "</w>", "vocab": {"a": 0, "a</w>": """
            + """1, "aa</w>": 2}, "merges": ["a a</w>"]}""", split).EncodeToIds("aa a"));
        Assert.Equal([2, 0], Model("""{"type": "BPE", "continuing_subword_prefix": "##", "vocab": {"a": """
            + """0, "##a": 1, "aa": 2}, "merges": ["a ##a"]}""", split).EncodeToIds("aa a"));
        Assert.Equal([2, 0], Model("""{"type": "BPE", "ignore_merges": true, "vocab": {"a": 0, "b": 1, "ab": """
            + """2}, "merges": []}""", split).EncodeToIds("ab a"));
    }

    [Fact]
    public void Texts_are_cut_and_filled_up_as_the_file_says_and_only_where_all_of_it_is_asked_for()
    {
        var tokenizer = Open(
            rest: """, "truncation": {"max_length": 3, "strategy": "LongestFirst", "stride": """
                + """0, "direction": "Left"}, "padding": {"strategy": {"Fixed": """
                    + """4}, "direction": "Left", "pad_id": 1, "pad_token": "b", "pad_type_id": """
                        + """7, "pad_to_multiple_of": null}""",
            preTokenizer: """{"type": "WhitespaceSplit"}""", words: ["a", "b", "c", "d"]);
        Assert.Equal([0, 1, 2, 3], tokenizer.EncodeToIds("a b c d"));
        var encoded = tokenizer.EncodeAll("a b c d");
        Assert.Equal([1, 1, 2, 3], encoded.Ids);
        Assert.Equal([7, 0, 0, 0], encoded.TypeIds);
        Assert.Equal([true, false, false, false], encoded.IsPutIn);
        Assert.Equal((3, TruncationStrategy.LongestFirst, true), (tokenizer.Truncation!.Length,
            tokenizer.Truncation.Strategy, tokenizer.Truncation.FromLeft));
    }

    [Fact]
    public void A_vocabulary_with_nothing_for_the_unknown_says_what_it_cannot_spell()
    {
        var tokenizer = Model("""{"type": "WordLevel", "unk_token": "[UNK]", "vocab": {"a": 0}}""");
        Assert.Equal([0], tokenizer.EncodeToIds("a"));
        Assert.Contains("\"x\"", Assert.Throws<Workbench.Core.Tokenizers.Models.UnknownPieceException>(() =>
            tokenizer.EncodeToIds("x")).Message);
    }

    [Fact]
    public void The_other_form_of_a_word_follows_how_its_vocabulary_is_written()
    {
        var marks = Open(
            preTokenizer: """{"type": "Metaspace", "replacement": "▁"}""", words: ["▁king", "king", "[UNK]"]);
        Assert.True(marks.TryOtherForm("king", out var id, out var shown));
        Assert.Equal((1, "king"), (id, shown));
        Assert.Equal((" king", true, false), (marks.Vocabulary.Text(0), marks.IsContinuation(1),
            marks.IsContinuation(0)));
        Assert.False(marks.TryOtherForm("queen", out _, out _));
    }

    [Fact]
    public void A_word_may_be_written_as_its_token_is_shown()
    {
        // A space of its own before every text, as Llama has it: " king" alone would be cut into a space and a word.
        var marks = Open(
            preTokenizer: """{"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always"}""",
            words: ["▁king", "king", "▁", "[UNK]"]);
        Assert.True(marks.TryWord("king", out var bare));
        Assert.True(marks.TryWord(" king", out var spaced));
        Assert.Equal((0, 0), (bare, spaced));
        Assert.False(marks.TryWord(" queen", out var none));
        Assert.Equal(-1, none);
    }

    [Fact]
    public void Bytes_that_are_no_whole_characters_are_told_from_the_rest_of_a_word()
    {
        var level = Model(
            """{"type": "BPE", "vocab": {"Ã": 0, "Ã©": 1, "Ġ": 2, "ĠÃ": 3, "a": 4}, "merges": []}""",
            """{"type": "ByteLevel"}""");
        Assert.Equal([true, false, false, true, false], Enumerable.Range(0, 5).Select(level.IsBytes));
        var fallback = Model("""
            {"type": "BPE", "byte_fallback": true, "unk_token": "?", "merges": [],
            "vocab": {"<0x41>": 0, "<0xC3>": 1, "<0xXY>": 2, "?": 3}}
            """);
        Assert.Equal([true, true, false, false], Enumerable.Range(0, 4).Select(fallback.IsBytes));
    }

    /// <summary>Cut and changed files end in an error that names the file, or in a tokenizer that encodes.</summary>
    [Fact]
    public void Damaged_files_end_in_an_error_of_ours()
    {
        var whole = Json(
            """{"type": "NF"""
                + """C"}""", """{"type": "Split", "pattern": {"Regex": "[a-z]+"}, "behavior": "Isolated"}""", "null",
            """{"type": "Unigram", "unk_id": 0, "vocab": [["?", 0], ["a", -2]]}""", "");
        var random = new Random(7);
        var (refused, read) = (0, 0);
        for (var i = 0; i < 2000; i++)
        {
            var bytes = Encoding.UTF8.GetBytes(whole).ToList();
            for (var n = random.Next(1, 4); n > 0; n--)
                switch (random.Next(3))
                {
                    case 0:
                        bytes[random.Next(bytes.Count)] = (byte)"{}[]\",:0-9aZ\\"[random.Next(13)];
                        break;
                    case 1:
                        bytes.RemoveRange(random.Next(bytes.Count), 1);
                        break;
                    default:
                        bytes.InsertRange(random.Next(bytes.Count), bytes.Take(random.Next(20)).ToArray());
                        break;
                }
            File.WriteAllBytes(Path.Combine(folder, "tokenizer.json"), bytes.ToArray());
            try
            {
                Tokenizer.Open(folder).EncodeAll("abc é x");
                read++;
            }
            catch (WeightFileException error)
            {
                Assert.NotEmpty(error.Message);
                refused++;
            }
            catch (Exception error) when (
                error is PatternBudgetException or Workbench.Core.Tokenizers.Models.UnknownPieceException)
            {
                read++;
            }
        }
        Assert.True(refused > 500 && read > 10, $"{refused} refused, {read} read");
    }

    /// <summary>A SentencePiece file made here, whole and damaged.</summary>
    [Fact]
    public void A_sentencepiece_file_is_read_with_its_flags_and_refused_where_it_is_damaged()
    {
        var whole = SentencePiece(("<unk>", 0, 2), ("<s>", 0, 3), ("▁", -3, 1), ("a", -2, 1), ("b", -2, 1), ("▁a",
            -1, 1), ("ab", -1, 1));
        Write("tokenizer.model", whole);
        var tokenizer = Tokenizer.Open(folder);
        Assert.Equal(["▁a", "b", "▁", "xy", "ab"], tokenizer.EncodeAll("ab xyab").Tokens.Select(token => token));
        Assert.Equal("ab \u2047 ab", tokenizer.Decode(tokenizer.EncodeToIds("ab xyab")).Replace("  ", " ",
            StringComparison.Ordinal));
        Assert.Equal(1, tokenizer.SpecialTokens["<s>"]);
        var random = new Random(3);
        var refused = 0;
        for (var i = 0; i < 2000; i++)
        {
            var bytes = whole[..random.Next(1, whole.Length + 1)];
            bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            Write("tokenizer.model", bytes);
            try
            {
                Tokenizer.Open(folder).EncodeAll("ab xyab");
            }
            catch (WeightFileException)
            {
                refused++;
            }
        }
        Assert.True(refused > 500, $"{refused} refused");
    }

    private static byte[] SentencePiece(params (string Text, float Score, int Kind)[] pieces)
    {
        using var file = new MemoryStream();
        foreach (var (text, score, kind) in pieces)
        {
            byte[] utf8 = Encoding.UTF8.GetBytes(text);
            byte[] piece = [0x0A, (byte)utf8.Length, .. utf8, 0x15, .. BitConverter.GetBytes(score), 0x18, (byte)kind];
            file.Write([0x0A, (byte)piece.Length, .. piece]);
        }
        return file.ToArray();
    }

    private string[] Pieces(string preTokenizer, string text)
    {
        // Unigram shows unknown stretches as they are.
        var tokenizer = Model("""{"type": "Unigram", "unk_id": 0, "vocab": [["\u0000", 0]]}""", preTokenizer);
        return tokenizer.EncodeAll(text).Tokens.ToArray();
    }

    private Tokenizer Model(string model, string preTokenizer = "null") =>
        Read(Json("null", preTokenizer, "null", model, ""));

    private Tokenizer Open(
        string normalizer = "null", string preTokenizer = "null", string decoder = "null", string rest = "",
        string[]? words = null)
    {
        var ids = (words ?? ["[UNK]"]).Select((word, id) => $"{JsonSerializer.Serialize(word)}: {id}");
        var vocabulary = string.Join(", ", ids);
        return Read(Json(
            normalizer, preTokenizer, decoder,
            """{"type": "WordLevel", "unk_token": "[UNK]", "vocab": {""" + vocabulary + "}}", rest));
    }

    private static string Json(string normalizer, string preTokenizer, string decoder, string model, string rest) =>
        """{"version": "1.0", "added_tokens": [], "normalizer": """ + normalizer
        + """, "pre_tokenizer": """ + preTokenizer + """, "post_processor": null, "decoder": """ + decoder
        + """, "model": """ + model + rest + "}";

    private Tokenizer Read(string json)
    {
        Write("tokenizer.json", Encoding.UTF8.GetBytes(json));
        return Tokenizer.Open(folder);
    }

    private void Write(string name, byte[] content) => File.WriteAllBytes(Path.Combine(folder, name), content);
}
