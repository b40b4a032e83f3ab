using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Workbench.Core.Randomness;
using Workbench.Core.Tokenizers;
using Workbench.Core.Tokenizers.Models;
using Xunit;
using Xunit.Abstractions;
using Original = global::Tokenizers.DotNet.Tokenizer;

namespace Workbench.Core.Tests;

/// <summary>
/// Random strings, by Hugging Face's own Rust library beside ours: the ids of each, and the text of these ids and of
/// random ones. The environment variable WORKBENCH_TOKEN_STRINGS sets how many strings each tokenizer gets: 2,000 when
/// it is unset.
/// </summary>
public sealed class TokenizerOracleTests(ITestOutputHelper output)
{
    private const ulong Seed = 20_261_127;
    private const int MostParts = 12, MostIds = 24;

    private static readonly string[] Odd =
    [
        " ", "  ", "\n", "\n\n ", "\t", "\r\n", "\u00A0", "\u3000", "\u0085", "\u2028", "\u200B", "\u200D", "\u00AD",
        "\uFEFF", "\uFFFD", "\0", "\u0001", "\u0301", "\u0316\u0345", "e\u0301", "A\u030A", "q\u0307\u0323", "İ", "ß",
        "ẞ", "ſ", "K", "Σ", "ς", "ﬁ", "ǆ", "½", "²", "٣", "Ⅷ", "①", "Ⓐ", "各", "中文", "カ", "ｶﾞ", "각", "ㅎㅏㄴ",
        "ไทย", "हिन्दी", "עברית", "العربية", "👨‍👩‍👧", "🇦🇹", "✌🏽", "𝒳", "𐐀", "\U000E0001", "\U000F0000", "▁",
        "▁▁", "Ġ", "##", "</w>", "'s", "'S", "'ſ", " 'll", "'ll've", "don't", "I'm", "--", "...", "!?", "$1", "`", "^",
        "_", "0", "007", "3.14", "1234567", "a-b", "X/y", "http://a.b/c?d=e&f", "fooBar", "HTTPServer", "abc", "the",
        " the", " king", "King", "aaaaaaaa", "zzzz", "<", "|", ">", "[", "]", "<unk>", "<0x0A>", "[UNK]",
    ];

    [OracleFact("reference/tokenizers")]
    public void Random_strings_get_the_ids_and_random_ids_the_texts_that_the_original_library_gives()
    {
        var folders = Directory.GetDirectories(Weights.At("reference", "tokenizers")).Order()
            .Append(Weights.At("minilm"))
            .Where(folder => File.Exists(Path.Combine(folder, "tokenizer.json")))
            .ToArray();
        var count = int.TryParse(Environment.GetEnvironmentVariable("WORKBENCH_TOKEN_STRINGS"), out var said)
            ? said : 2_000;
        var all = folders.Select(folder => Compare(Path.Combine(folder, "tokenizer.json"), count)).ToArray();
        output.WriteLine(
            $"{folders.Length} tokenizers, {all.Sum(one => one.Strings)} strings, {all.Sum(one => one.Tokens)} tokens; "
                + $"{all.Sum(one => one.Wrong.Count)} differ");
        Assert.True(folders.Length >= 80, $"{folders.Length} tokenizers");
        Assert.All(all, one => Assert.InRange(one.Tokens, one.Strings, long.MaxValue));
        var wrong = all.Where(one => one.Wrong.Count > 0)
            .Select(one => $"{one.Name}: {one.Wrong.Count} of {one.Strings}, {string.Join("\n  ", one.Wrong.Take(5))}");
        Assert.True(!wrong.Any(), string.Join('\n', wrong));
    }

    private static (string Name, long Strings, long Tokens, List<string> Wrong) Compare(string path, int count)
    {
        // Without the files beside it, which the original library does not look at.
        var (ours, original) = (TokenizerJson.Read(path, TokenizerConfig.None), new Original(path));
        var parts = Parts(path, ours);
        var known = Enumerable.Range(0, ours.Vocabulary.Count).Where(ours.Vocabulary.Contains).ToArray();
        // The version of the package writes these out as the file does; the newer one of the golden values as they are
        // found.
        var renamed = ours.AddedTokens
            .Where(token => token.IsNormalized && ours.Normalize(token.Content) != token.Content)
            .Select(token => token.Id).ToHashSet();
        // There it ends the process when a token has fewer letters than it is to cut.
        var decodes = !File.ReadAllText(path).Contains("\"Strip\",", StringComparison.Ordinal);
        var wrong = new List<string>();
        var tokens = 0L;
        for (var i = 0; i < count; i++)
        {
            var random = new Philox(Seed, (ulong)i);
            var text = Text(random, parts);
            var want = Ids(() => [.. original.Encode(text).Select(id => (int)id)]);
            var got = Ids(() => ours.EncodeAll(text).Ids);
            tokens += want?.Count ?? 0;
            if (want is null != got is null || (want is not null && !want.SequenceEqual(got!)))
                wrong.Add($"{JsonSerializer.Serialize(text)}: wanted {Shown(want)}, got {Shown(got)}");
            else if (decodes)
            {
                int[] ids = want is not null && i % 2 == 0 ? [.. want]
                    : [.. Enumerable.Range(0, 1 + (int)random.NextInteger(MostIds))
                        .Select(_ => known[random.NextInteger(known.Length)])];
                if (ids.Any(renamed.Contains)) continue;
                var text2 = original.Decode([.. ids.Select(id => (uint)id)]);
                if (text2 != ours.Decode(ids, skipsSpecials: true))
                    wrong.Add($"decoding {Shown(ids)}: wanted {JsonSerializer.Serialize(text2)}, got "
                        + $"{JsonSerializer.Serialize(ours.Decode(ids, skipsSpecials: true))}");
            }
        }
        return (Path.GetFileName(Path.GetDirectoryName(path)!), count, tokens, wrong);
    }

    /// <summary>Null where a text cannot be spelt.</summary>
    private static IReadOnlyList<int>? Ids(Func<IReadOnlyList<int>> encode)
    {
        try
        {
            return encode();
        }
        catch (Exception error) when (error is UnknownPieceException or global::Tokenizers.DotNet.TokenizerException)
        {
            return null;
        }
    }

    /// <summary>What strings are made of: pieces and added tokens of the tokenizer, and texts that its values were
    /// computed of.</summary>
    private static string[][] Parts(string path, Tokenizer tokenizer)
    {
        var folder = Path.GetDirectoryName(path)!;
        var texts = new List<string>();
        if (TokenizerComparison.Expected(folder) is { } expected)
        {
            using var json = JsonDocument.Parse(File.ReadAllText(expected));
            if (json.RootElement.TryGetProperty("rows", out var rows))
                texts.AddRange(rows.EnumerateArray().Select(row => row.GetProperty("text").GetString()!));
        }
        var added = tokenizer.AddedTokens.Select(token => token.Content).ToArray();
        return
        [
            Odd,
            Odd,
            [.. tokenizer.Vocabulary.Pieces.Keys],
            [.. Enumerable.Range(0, tokenizer.Vocabulary.Count).Where(tokenizer.Vocabulary.Contains)
                .Select(tokenizer.Vocabulary.Text)],
            added.Length > 0 ? added : Odd,
            texts.Count > 0 ? [.. texts] : Odd,
        ];
    }

    private static string Text(Philox random, string[][] parts)
    {
        var text = new StringBuilder();
        for (var left = 1 + random.NextInteger(MostParts); left > 0; left--)
        {
            var kind = random.NextInteger(parts.Length + 2);
            if (kind < parts.Length)
            {
                var part = parts[kind][random.NextInteger(parts[kind].Length)];
                text.Append(part.AsSpan(0, Math.Min(part.Length, 30)));
            }
            else if (kind == parts.Length) text.Append((char)(' ' + random.NextInteger('~' - ' ')));
            else text.Append(AnyCharacter(random));
        }
        return Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text.ToString()));
    }

    private static Rune AnyCharacter(Philox random)
    {
        int[] limits = [0x300, 0x3000, 0x10000, 0x20000, 0x110000];
        while (true)
        {
            var value = (int)random.NextInteger(limits[random.NextInteger(limits.Length)]);
            if (Rune.IsValid(value)) return new Rune(value);
        }
    }

    private static string Shown(IReadOnlyList<int>? ids) => ids is null ? "no answer" : string.Join(' ', ids);

    /// <summary>As <see cref="WeightsFactAttribute"/>, and skipped where the original library is not made for this
    /// machine.</summary>
    private sealed class OracleFactAttribute : FactAttribute
    {
        public OracleFactAttribute(string needs)
        {
            Skip = new WeightsFactAttribute(needs).Skip;
            if (Skip is null && !NativeLibrary.TryLoad("hf_tokenizers", typeof(Original).Assembly, null, out _))
                Skip = $"the original library has no native half for {RuntimeInformation.RuntimeIdentifier}";
        }
    }
}
