using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.Json.Nodes;
using Workbench.Core.Tokenizers;

namespace Workbench.Benchmarks;

/// <summary>
/// Tokenizers beside the original library (Hugging Face's <c>tokenizers</c>, in Rust), one kind after another: the same
/// texts in turn on one thread, by processor time. Ids alone, and with places, spellings and types, which the original
/// always computes.
/// </summary>
public static class TokenSpeeds
{
    /// <summary>Texts are about so long: a page or two.</summary>
    private const int TextLength = 4000;

    private static readonly (string Kind, string Folder)[] Rows =
    [
        ("byte-level BPE, 10,240 pieces", "gpt2"),
        ("byte-level BPE, 128,000 pieces", "reference/tokenizers/deepseek-real"),
        ("byte-level BPE", "reference/tokenizers/llama3"),
        ("byte-level BPE", "reference/tokenizers/qwen2"),
        ("byte-level BPE", "reference/tokenizers/neox"),
        ("byte-level BPE", "reference/tokenizers/tekken"),
        ("BPE with ends of words", "reference/tokenizers/clip"),
        ("BPE of a SentencePiece model", "reference/tokenizers/llama2-legacy"),
        ("BPE of a SentencePiece model", "reference/tokenizers/mistral-metaspace"),
        ("BPE of a SentencePiece model", "reference/tokenizers/gemma"),
        ("BPE over a precompiled map", "reference/tokenizers/nllb"),
        ("Unigram over a precompiled map", "reference/tokenizers/xlm-roberta"),
        ("the same with 30,000 words more", "reference/tokenizers/xlm-roberta"),
        ("Unigram over a precompiled map", "reference/tokenizers/albert"),
        ("Unigram with bytes", "reference/tokenizers/components-54"),
        ("WordPiece, 30,522 pieces", "minilm"),
        ("WordPiece", "reference/tokenizers/wordpiece-json"),
        ("WordLevel", "reference/tokenizers/wordlevel"),
    ];

    /// <summary>Measures every kind.</summary>
    /// <param name="models">The folder that WORKBENCH_MODELS names, with <c>corpus</c> and
    /// <c>reference/tokenizers</c>.</param>
    /// <param name="rounds">Medians of so many are told.</param>
    public static MeasuredTable Table(string models, int rounds)
    {
        Environment.SetEnvironmentVariable("TOKENIZERS_PARALLELISM", "false");
        var texts = Directory.GetFiles(Path.Combine(models, "corpus"), "*.txt").Order()
            .SelectMany(path => Cut(File.ReadAllText(path)[..250_000]))
            .ToArray();
        var length = texts.Sum(text => text.Length);
        var table = new MeasuredTable(
            "kind", "made as", "theirs, ms", "our ids, ms", "ratio", "ours with places, ms", "ratio")
        {
            Peaks = { FmaPeak.Measure(1) },
            Opponents =
            {
                $"Tokenizers.DotNet {typeof(Tokenizers.DotNet.Tokenizer).Assembly.GetName().Version?.ToString(3)}",
            },
            Note = $"Processor time of one thread for a million characters, from {length:N0} in {texts.Length} texts.",
        };
        var scratch = Directory.CreateTempSubdirectory("workbench-tokens");
        try
        {
            foreach (var (kind, folder) in Rows)
            {
                var path = Path.Combine(models, folder, "tokenizer.json");
                if (!File.Exists(path)) path = Gpt2(Path.Combine(models, folder), scratch.FullName);
                if (kind.EndsWith("more")) path = WithWords(path, texts, scratch.FullName);
                var (theirs, ids, all) = Measure(path, texts, rounds);
                table.Add(
                    kind, Path.GetFileName(folder), $"{Median(theirs) / length * 1e9:F0}",
                    $"{Median(ids) / length * 1e9:F0}", $"{Ratio(ids, theirs):F2}",
                    $"{Median(all) / length * 1e9:F0}", $"{Ratio(all, theirs):F2}");
            }
        }
        finally
        {
            scratch.Delete(recursive: true);
        }
        return table;
    }

    private static (double[] Theirs, double[] Ids, double[] All) Measure(string path, string[] texts, int repetitions)
    {
        var (ours, theirs) = (Tokenizer.Open(path), new Tokenizers.DotNet.Tokenizer(path));
        foreach (var text in texts)
            if (!theirs.Encode(text).Select(id => (int)id).SequenceEqual(ours.EncodeAll(text).Ids))
                throw new InvalidOperationException($"{path}: the two make different tokens of \"{text[..80]}…\".");
        // Methods are compiled once more in the background when they have been called often.
        for (var i = 0; i < 5; i++) Round(texts, text => ours.EncodeSequence(text).Length);
        for (var i = 0; i < 5; i++) Round(texts, text => ours.EncodeAll(text).Ids.Count);
        var times = (Theirs: new double[repetitions], Ids: new double[repetitions], All: new double[repetitions]);
        for (var i = 0; i < repetitions; i++)
        {
            times.Theirs[i] = Round(texts, text => theirs.Encode(text).Length);
            times.Ids[i] = Round(texts, text => ours.EncodeSequence(text).Length);
            times.All[i] = Round(texts, text => ours.EncodeAll(text).Ids.Count);
        }
        return times;
    }

    private static double Round(string[] texts, Func<string, int> encode)
    {
        var before = Environment.CpuUsage.TotalTime;
        foreach (var text in texts) encode(text);
        return (Environment.CpuUsage.TotalTime - before).TotalSeconds;
    }

    private static double Median(double[] times) => times.Order().ElementAt(times.Length / 2);

    private static double Ratio(double[] ours, double[] theirs) =>
        Median(ours.Zip(theirs, (one, other) => one / other).ToArray());

    private static IEnumerable<string> Cut(string book)
    {
        book = book.Replace("\r\n", "\n");
        for (var at = 0; at < book.Length;)
        {
            var end = at + TextLength < book.Length ? book.IndexOf('\n', at + TextLength) : -1;
            if (end < 0) end = book.Length;
            yield return book[at..end];
            at = end;
        }
    }

    // GPT-2's own files as the original library reads them.
    private static string Gpt2(string folder, string scratch)
    {
        var merges = File.ReadLines(Path.Combine(folder, "merges.txt")).Where(line => !line.StartsWith("#version"));
        return Write(scratch, "gpt2.json", new JsonObject
        {
            ["added_tokens"] = new JsonArray(),
            ["pre_tokenizer"] = new JsonObject
            {
                ["type"] = "ByteLevel",
                ["add_prefix_space"] = false,
                ["trim_offsets"] = true,
                ["use_regex"] = true,
            },
            ["model"] = new JsonObject
            {
                ["type"] = "BPE",
                ["vocab"] = JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "vocab.json"))),
                ["merges"] = new JsonArray([.. merges.Select(merge => JsonValue.Create(merge))]),
            },
        });
    }

    // The commonest words of the texts as pieces, with the logarithms of their shares as scores.
    private static string WithWords(string path, string[] texts, string scratch)
    {
        var json = JsonNode.Parse(File.ReadAllText(path))!;
        var pieces = json["model"]!["vocab"]!.AsArray();
        var known = pieces.Select(piece => piece![0]!.GetValue<string>()).ToHashSet();
        var words = texts
            .SelectMany(text => text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))
            .ToArray();
        foreach (var word in words.CountBy(word => $"▁{word}").OrderByDescending(word => word.Value).Take(30_000))
            if (known.Add(word.Key))
                pieces.Add(new JsonArray(word.Key, Math.Log((double)word.Value / words.Length)));
        return Write(scratch, "words.json", json);
    }

    private static string Write(string folder, string name, JsonNode json)
    {
        var path = Path.Combine(folder, name);
        File.WriteAllText(path, json.ToJsonString());
        return path;
    }
}
