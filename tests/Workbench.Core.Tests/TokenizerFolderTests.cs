using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using System.Text.Json;
using Workbench.Core.Formats;
using Workbench.Core.Tokenizers;
using Xunit;

namespace Workbench.Core.Tests;

/// <summary>Tokenizers as folders give them: a vocabulary, and what the files beside it say.</summary>
public sealed class TokenizerFolderTests : IDisposable
{
    private const string Merges = "#version: 0.2\na b\nĠ a\n";
    private const string Gpt2 =
        """{"a": 0, "b": 1, "Ġ": 2, "ab": 3, "Ġa": 4, "<": 5, ">": 6, "p": 7, "s": 8, "<|endoftext|>": 9}""";
    private const string Roberta =
        """{"<s>": 0, "<pad>": 1, "</s>": 2, "<unk>": 3, "a": 4, "b": 5, "Ġ": 6, "ab": 7, "Ġa": 8, "<": 9, ">": """
            + """10, "m": 11, "s": 12, "k": 13, "<mask>": 14}""";
    private const string Bert = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\n##b\ncovid\nx\n";
    private readonly string folder = Directory.CreateTempSubdirectory("workbench-tokenizer-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData("""{"add_prefix_space": true, "tokenizer_class": "GPT2Tokenizer"}""", "2 3 4")]
    [InlineData("""{"add_prefix_space": true, "tokenizer_class": "GPT2TokenizerFast"}""", "2 3 4")]
    [InlineData("""{"add_prefix_space": false}""", "3 4"), InlineData("""{"tokenizer_class":"""
        + """ "GPT2Tokenizer"}""", "3 4")]
    public void A_space_before_the_text_is_put_where_the_settings_say_so(string settings, string ids)
    {
        WriteGpt2();
        Write("tokenizer_config.json", settings);
        Assert.Equal(ids, Ids("ab a"));
    }

    [Theory]
    [InlineData("""{"do_lower_case": true}""", Bert + "X\n", "do_lower_case"), InlineData("[", Bert, "not valid")]
    [InlineData("""{"do_lower_case": true}""", Bert, null)]
    [InlineData("""{"do_lower_case": false, "max_seq_length": 256}""", Bert + "X\n", null)]
    [InlineData("""{"do_lower_case": null}""", Bert + "X\n", null)]
    public void Lower_case_that_somebody_else_would_have_to_bring_about_is_refused_by_name(
        string settings, string vocabulary, string? says)
    {
        Write("vocab.txt", vocabulary);
        Write("sentence_bert_config.json", settings);
        if (says is null)
        {
            Assert.Equal("7", Ids("covid"));
            return;
        }
        var error = Assert.Throws<WeightFileException>(() => Tokenizer.Open(folder));
        Assert.Contains("sentence_bert_config.json", error.Message);
        if (says != "not valid") Assert.Contains(says, error.Message);
    }

    [Theory]
    [InlineData("added_tokens.json", """{"<p>": 10, "<s>": 11}""", null)]
    [InlineData(
        "tokenizer_config.json",
        """{"added_tokens_decoder": {"9": {"content": "<|endoftext|>", "special": true}, "11": {"content": "<s>"},"""
            + """ "10": {"content": "<p>", "special": true}}}""",
        null)]
    [InlineData("tokenizer_config.json", """{"bos_token": "<p>", "additional_special_tokens": ["<s>"]}""", null)]
    [InlineData("tokenizer_config.json", """{"extra_special_tokens": {"image_token": "<p>", "sound_token":"""
        + """ "<s>"}}""", null)]
    [InlineData("special_tokens_map.json", """{"pad_token": {"content": "<p>", "lstrip": false},"""
        + """ "additional_special_tokens": ["<s>"]}""", null)]
    [InlineData("special_tokens_map.json", """{"pad_token": "<p>"}""", """{"<s>": 11, "<p>": 10}""")]
    public void Added_tokens_are_one_token_in_whatever_file_they_stand(string name, string content, string? added)
    {
        WriteGpt2();
        Write(name, content);
        if (added is not null) Write("added_tokens.json", added);
        Assert.Equal("3 10 4 11 9", Ids("ab<p> a<s><|endoftext|>"));
    }

    [Theory]
    [InlineData("\"lstrip\": true", "0 10 4 10 0"), InlineData("\"rstrip\": true", "0 2 10 0 10 0")]
    [InlineData("\"single_word\": true", "0 2 10 4 5 7 6 0"), InlineData("\"special\": true", "0 2 10 4 10 0")]
    public void What_an_added_token_says_of_itself_is_obeyed(string flag, string ids)
    {
        WriteGpt2();
        Write("tokenizer_config.json", $$"""{"added_tokens_decoder": {"10": {"content": "<p>", {{flag}} } } }""");
        Assert.Equal(ids, Ids("a <p> a<p>a"));
    }

    [Theory]
    [InlineData("""{"mask_token": "<mask>"}""", """{"tokenizer_class": "RobertaTokenizer", "mask_token": """
        + """{"content": "<mask>", "lstrip": true, "__type": "AddedToken"}}""")]
    [InlineData(null, """{"tokenizer_class": "RobertaTokenizer"}"""), InlineData(null, null)]
    [InlineData("""{"mask_token": {"content": "<mask>", "lstrip": true}}""", """{"tokenizer_class":"""
        + """ "BartTokenizerFast"}""")]
    public void Robertas_special_tokens_are_found_and_its_mask_takes_the_space_before_it(
        string? names, string? settings)
    {
        Write("vocab.json", Roberta);
        Write("merges.txt", Merges);
        if (names is not null) Write("special_tokens_map.json", names);
        if (settings is not null) Write("tokenizer_config.json", settings);
        var tokenizer = Tokenizer.Open(folder);
        Assert.Equal([7, 14, 8, 0], tokenizer.EncodeToIds("ab <mask> a<s>"));
        Assert.Equal([0, 7, 2], tokenizer.EncodeSequence("ab"));
        Assert.Equal([0, 1, 2, 3, 14], tokenizer.SpecialTokens.Values.Order());
    }

    [Fact]
    public void A_model_type_says_whose_tokenizer_a_vocabulary_is()
    {
        Write("vocab.json", Roberta);
        Write("merges.txt", Merges);
        Write("config.json", """{"model_type": "gpt2"}""");
        Assert.Equal([9, 12, 10], Tokenizer.Open(folder).EncodeToIds("<s>"));
        Write("config.json", """{"model_type": "roberta"}""");
        Assert.Equal([0], Tokenizer.Open(folder).EncodeToIds("<s>"));
    }

    [Theory]
    [InlineData("added_tokens.json", """{"<e1>": 9}""")]
    [InlineData("special_tokens_map.json", """{"additional_special_tokens": ["<e1>"]}""")]
    [InlineData("tokenizer_config.json", """{"do_lower_case": true, "added_tokens_decoder": {"9": {"content":"""
        + """ "<e1>", "special": true}}}""")]
    public void Added_tokens_stand_beside_word_pieces(string name, string content)
    {
        Write("vocab.txt", Bert);
        Write(name, content);
        Assert.Equal("5 9 1", Ids("a <e1> ☃"));
    }

    [Fact]
    public void An_added_word_that_is_not_special_is_sought_in_lower_case_where_text_is_lower_cased()
    {
        Write("vocab.txt", Bert);
        Write("added_tokens.json", """{"Sars": 9}""");
        Write("tokenizer_config.json", """{"do_lower_case": true}""");
        Assert.Equal("9 7", Ids("SARS covid"));
    }

    [Fact]
    public void Of_two_equal_lines_of_a_vocabulary_the_last_counts()
    {
        Write("vocab.txt", "[UNK]\n$\na\n$\n");
        var tokenizer = Tokenizer.Open(folder);
        Assert.Equal([3, 2], tokenizer.EncodeToIds("$ a"));
        Assert.False(tokenizer.Vocabulary.Contains(1));
    }

    [Theory]
    [InlineData("vocab.json", """{"tokenizer_class": "Qwen2Tokenizer"}""", "Qwen2Tokenizer")]
    [InlineData("vocab.json", """{"tokenizer_class": "CLIPTokenizer", "do_lower_case": true}""", "CLIPTokenizer")]
    [InlineData("vocab.json", """{"tokenizer_class": "PreTrainedTokenizerFast"}""", "PreTrainedTokenizerFast")]
    [InlineData("vocab.json", """{"tokenizer_class": "BertTokenizer"}""", "vocab.txt")]
    [InlineData("vocab.json", """{"split_special_tokens": true}""", "split_special_tokens")]
    [InlineData("vocab.json", """{"auto_map": {"AutoTokenizer": ["mine.Mine", null]}}""", "auto_map")]
    [InlineData("vocab.json", """{"add_prefix_space": "yes"}""", "add_prefix_space")]
    [InlineData("vocab.json", """{"added_tokens_decoder": {"30": {"content": "<p>"}}}""", "the id 30")]
    [InlineData("vocab.json", """{"added_tokens_decoder": {"3": {"content": "a"}}}""", "the id 3")]
    [InlineData("vocab.json", """{"added_tokens_decoder": {"x": {"content": "a"}}}""", "added_tokens_decoder")]
    [InlineData("vocab.json", """{"bos_token": 5}""", "bos_token"), InlineData("vocab.json", "[]", "JSON object")]
    [InlineData("vocab.json", """{"add_bos_token": true, "bos_token": null}""", "bos_token")]
    [InlineData("vocab.txt", """{"word_tokenizer_type": "mecab", "tokenizer_class":"""
        + """ "BertJapaneseTokenizer"}""", "BertJapaneseTokenizer")]
    [InlineData("vocab.txt", """{"word_tokenizer_type": "mecab"}""", "mecab")]
    [InlineData("vocab.txt", """{"subword_tokenizer_type": "character"}""", "character")]
    [InlineData("vocab.txt", """{"do_basic_tokenize": false}""", "do_basic_tokenize")]
    [InlineData("vocab.txt", """{"never_split": ["covid"]}""", "never_split")]
    [InlineData("vocab.txt", """{"tokenizer_class": "EsmTokenizer"}""", "EsmTokenizer")]
    [InlineData("vocab.txt", """{"tokenizer_class": "RobertaTokenizer"}""", "RobertaTokenizer")]
    public void A_setting_that_is_not_obeyed_is_refused_by_name(string vocabulary, string settings, string says)
    {
        if (vocabulary == "vocab.txt") Write("vocab.txt", Bert);
        else WriteGpt2();
        Write("tokenizer_config.json", settings);
        var error = Assert.Throws<WeightFileException>(() => Tokenizer.Open(folder));
        Assert.Contains(says, error.Message);
        Assert.EndsWith("tokenizer_config.json", error.Path);
    }

    [Fact]
    public void A_class_named_by_the_model_alone_is_refused_too()
    {
        Write("vocab.txt", Bert);
        Write("config.json", """{"model_type": "bert", "tokenizer_class": "BertJapaneseTokenizer"}""");
        Assert.Contains("BertJapanese", Assert.Throws<WeightFileException>(() => Tokenizer.Open(folder)).Message);
        Write("config.json", """{"model_type": "roformer"}""");
        Assert.Contains("roformer", Assert.Throws<WeightFileException>(() => Tokenizer.Open(folder)).Message);
    }

    [Fact]
    public void Merges_that_end_words_are_refused_where_nothing_says_whose_they_are()
    {
        Write("vocab.json", """{"t": 0, "e</w>": 1, "te</w>": 2}""");
        Write("merges.txt", "t e</w>\n");
        Assert.Contains("</w>", Assert.Throws<WeightFileException>(() => Tokenizer.Open(folder)).Message);
    }

    [Fact]
    public void Settings_beside_tokenizer_json_are_obeyed()
    {
        Write("tokenizer.json", Json());
        Assert.Equal("3 4", Ids("ab a"));
        Write("tokenizer_config.json",
            """{"add_prefix_space": true, "pad_token": "<p>", "added_tokens_decoder": {"9": {"content":"""
                + """ "<|endoftext|>", "special": true, "rstrip": true}}}""");
        Assert.Equal("2 3 4 10 9 2 3", Ids("ab a<p><|endoftext|>  ab"));
    }

    [Theory]
    [InlineData("\"dropout\": 0.0"), InlineData("\"dropout\": 0"), InlineData("\"unk_token\": \"\"")]
    [InlineData("\"fuse_unk\": true"), InlineData("\"end_of_word_suffix\": \"\"")]
    public void Options_of_tokenizer_json_that_change_nothing_open(string option)
    {
        Write("tokenizer.json", Json(option));
        Assert.Equal("3 4", Ids("ab a"));
    }

    [Theory]
    [InlineData("\"dropout\": 0.1", "dropout"), InlineData("\"sampling\": 3", "sampling")]
    public void Options_of_tokenizer_json_that_are_not_obeyed_are_refused(string option, string says)
    {
        Write("tokenizer.json", Json(option));
        Assert.Contains(says, Assert.Throws<WeightFileException>(() => Tokenizer.Open(folder)).Message);
    }

    [Theory]
    [InlineData("{}"), InlineData("null"), InlineData("[1]"), InlineData("""{"model": 5}""")]
    public void What_is_no_tokenizer_json_is_refused_in_words_of_ours(string json)
    {
        Write("tokenizer.json", json);
        var message = Assert.Throws<WeightFileException>(() => Tokenizer.Open(folder)).Message;
        Assert.Matches("lacks a model|should be an object", message);
        Assert.DoesNotContain("given key", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Settings_that_begin_with_errors_are_no_reply_of_a_server()
    {
        WriteGpt2();
        Write("tokenizer_config.json", """{"errors": "replace", "add_prefix_space": true}""");
        Assert.Equal("2 3 4", Ids("ab a"));
    }

    [Fact]
    public void Tokens_of_tokenizer_json_are_numbered_as_the_library_does_whatever_their_file_says()
    {
        Write("tokenizer.json", Json(added: """{"id": 25, "content": "<s>"}, {"id": 22, "content": "ab"}, {"id": """
            + """11, "content": "<p>"}"""));
        Assert.Equal("10 3 11", Ids("<s>ab<p>"));
    }

    [Fact]
    public void What_stands_around_a_sequence_is_given_by_ids_and_one_processor_after_another()
    {
        const string template =
            """{"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "start", "type_id": 0}}, """
                + """{"Sequence": {"id": "A", "type_id": 0}}], "special_tokens": {"start": {"id": "start", "ids": """
                + """[5, 6], "tokens": ["<", ">"]}}}""";
        const string roberta = """{"type": "RobertaProcessing", "sep": ["wrong", 8], "cls": ["wrong", 7]}""";
        Write("tokenizer.json", Json().Replace("\"post_processor\": null",
            $$"""
            "post_processor": {"type": "Sequence", "processors": [{"type": "ByteLevel"}, {{template}}, {{roberta}}] }
            """));
        // The second processor takes the parts of the first one's template for texts.
        Assert.Equal([7, 5, 6, 8, 8, 3, 8], Tokenizer.Open(folder).EncodeSequence("ab"));
    }

    [WeightsTheory("reference/tokenizers")]
    [InlineData("roberta"), InlineData("bart-prefix-space")]
    public void A_vocabulary_with_settings_gives_the_ids_of_the_tokenizer_json_beside_it(string name)
    {
        foreach (var file in (string[])["vocab.json", "merges.txt", "special_tokens_map.json", "tokenizer_config.json"])
            File.Copy(Weights.At("reference", "tokenizers", name, file), Path.Combine(folder, file));
        AssertAgree(
            Tokenizer.Open(folder), Weights.At("reference", "tokenizers", name, $"{name}.expected.json"));
    }

    private static void AssertAgree(Tokenizer tokenizer, string expected)
    {
        using var json = JsonDocument.Parse(File.ReadAllText(expected));
        var rows = json.RootElement.GetProperty("rows").EnumerateArray().ToArray();
        Assert.True(rows.Length > 20, expected);
        foreach (var row in rows)
        {
            var text = row.GetProperty("text").GetString()!;
            var (plain, framed) = (tokenizer.EncodeToIds(text), tokenizer.EncodeSequence(text));
            Assert.True(
                Want("ids_plain").SequenceEqual(plain) && Want("ids").SequenceEqual(framed),
                $"{expected}: {JsonSerializer.Serialize(text)} gives {string.Join(' ', framed)}");

            int[] Want(string key) => row.GetProperty(key).EnumerateArray().Select(id => id.GetInt32()).ToArray();
        }
    }

    private static string Json(string option = "\"dropout\": null", string added = """{"id": 9, "content":"""
        + """ "<|endoftext|>", "special": true}""") =>
        $$"""{"version": "1.0", "added_tokens": [{{added}}], "normalizer": null, "pre_tokenizer": {"type":"""
            + $$""" "ByteLevel", "add_prefix_space": false}, "post_processor": null, "model": {"type": "BPE","""
            + $$""" {{option}}, "vocab": {{Gpt2}}, "merges": ["a b", "Ġ a"]} }""";

    private string Ids(string text) => string.Join(' ', Tokenizer.Open(folder).EncodeToIds(text));

    private void WriteGpt2()
    {
        Write("vocab.json", Gpt2);
        Write("merges.txt", Merges);
    }

    private void Write(string name, string content) =>
        File.WriteAllText(Path.Combine(folder, name), content, new UTF8Encoding(false));
}
