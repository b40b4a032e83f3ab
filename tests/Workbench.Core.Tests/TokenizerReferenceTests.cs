using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Workbench.Core.Tokenizers;
using Workbench.Core.Tokenizers.Normalizers;
using Xunit;

namespace Workbench.Core.Tests;

/// <summary>Agreement with tokenizers 0.23.3, by values computed there.</summary>
public sealed class TokenizerReferenceTests
{
    private const string Reference = "reference/models/tokenizers.json";
    private static readonly Lazy<Tokenizer> Gpt2 = new(() => Tokenizer.Open(Weights.At("gpt2"))),
        MiniLm = new(() => Tokenizer.Open(Weights.At("minilm")));

    [WeightsFact(Reference)]
    public void Byte_pairs_agree_with_the_reference_on_ids_and_offsets() =>
        AssertAgree(Gpt2.Value, "gpt2");

    [WeightsFact(Reference)]
    public void Uncased_word_pieces_agree_with_the_reference_on_ids_and_offsets() =>
        AssertAgree(MiniLm.Value, "uncased");

    [WeightsFact(Reference)]
    public void Uncased_word_pieces_from_vocab_txt_agree_with_the_reference() =>
        AssertAgree(Tokenizer.Open(Weights.At("minilm", "vocab.txt")), "uncased");

    [WeightsFact(Reference)]
    public void Cased_word_pieces_agree_with_the_reference_on_ids()
    {
        var uncased = MiniLm.Value;
        var cased = Tokenizer.OfWordPieces(
            uncased.Vocabulary.Pieces, uncased.AddedTokens, new BertNormalization { LowerCases = false });
        AssertAgree(cased, "cased");
    }

    [WeightsTheory("reference/models/expected.json")]
    [
        InlineData("bronte.txt", "gpt2"),
        InlineData("darwin.txt", "gpt2"),
        InlineData("dubois.txt", "gpt2"),
        InlineData("shakespeare.txt", "gpt2")
    ]
    [
        InlineData("bronte.txt", "uncased"),
        InlineData("darwin.txt", "uncased"),
        InlineData("dubois.txt", "uncased"),
        InlineData("shakespeare.txt", "uncased")
    ]
    public void Whole_books_give_the_ids_of_the_reference(string book, string tokenizer)
    {
        using var json = JsonDocument.Parse(File.ReadAllText(Weights.At("reference", "models", "expected.json")));
        var want = json.RootElement.GetProperty("corpus").GetProperty($"{book}:{tokenizer}");
        // The reference read the books in Python's text mode, which turns CR LF into LF.
        var text = File.ReadAllText(Weights.At("corpus", book)).Replace("\r\n", "\n", StringComparison.Ordinal);
        var ids = (tokenizer == "gpt2" ? Gpt2 : MiniLm).Value.EncodeToIds(text);
        Assert.Equal(want.GetProperty("first").EnumerateArray().Select(id => id.GetInt32()), ids.Take(12));
        Assert.Equal(want.GetProperty("count").GetInt32(), ids.Length);
        Assert.Equal(
            want.GetProperty("sha256_of_int32_le").GetString(),
            Convert.ToHexStringLower(SHA256.HashData(MemoryMarshal.AsBytes<int>(ids))));
    }

    [WeightsFact("reference/models/minilm.expected.safetensors")]
    public void A_sequence_stands_between_the_tokens_that_the_model_expects()
    {
        Assert.Equal([101, 7592, 2088, 102], MiniLm.Value.EncodeSequence("hello world"));
        Assert.Equal([31373, 995], Gpt2.Value.EncodeSequence("hello world"));
    }

    private static void AssertAgree(Tokenizer tokenizer, string name)
    {
        using var json = JsonDocument.Parse(File.ReadAllText(Weights.At("reference", "models", "tokenizers.json")));
        var rows = json.RootElement.GetProperty("rows").EnumerateArray().ToArray();
        Assert.True(rows.Length >= 464, $"{rows.Length} strings");
        var wrong = new List<string>();
        foreach (var row in rows)
        {
            var text = row.GetProperty("text").GetString()!;
            var tokens = tokenizer.Encode(text);
            var want = row.GetProperty(name).EnumerateArray().Select(id => id.GetInt32());
            if (
                !want.SequenceEqual(tokens.Select(token => token.Id))
                || !want.SequenceEqual(tokenizer.EncodeToIds(text))
            )
                wrong.Add(
                    $"ids of {JsonSerializer.Serialize(text)}: wanted {string.Join(' ', want)}, got "
                        + $"{string.Join(' ', tokens.Select(token => token.Id))}"
                );
            else if (
                row.TryGetProperty(name + "_offsets", out var places)
                && !places
                    .EnumerateArray()
                    .Select(place => (place[0].GetInt32(), place[1].GetInt32()))
                    .SequenceEqual(tokens.Select(token => CodePoints(text, token)))
            )
                wrong.Add(
                    $"offsets of {JsonSerializer.Serialize(text)}: wanted {places}, got "
                        + $"{string.Join(' ', tokens.Select(token => CodePoints(text, token)))}"
                );
        }
        Assert.True(wrong.Count == 0, $"{wrong.Count} of {rows.Length} differ; first: {wrong.FirstOrDefault()}");
    }

    /// <summary>The reference's offsets count code points.</summary>
    private static (int Start, int End) CodePoints(string text, Token token) =>
        (
            text.AsSpan(0, token.Start).EnumerateRunes().Count(),
            text.AsSpan(0, token.Start + token.Length).EnumerateRunes().Count());
}

internal static class RuneCounting
{
    public static int Count(this SpanRuneEnumerator runes)
    {
        var count = 0;
        foreach (var _ in runes) count++;
        return count;
    }
}
