using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;
using Workbench.Core.Formats;

namespace Workbench.Core.Tokenizers;

/// <summary>How far a tokenizer agrees with what another library made of the same files.</summary>
/// <param name="Name">The folder's name.</param>
/// <param name="Rows">Texts, pairs and sequences of ids that were compared.</param>
/// <param name="Wrong">Those that differ in anything.</param>
/// <param name="First">The first difference; empty when there is none.</param>
public sealed record TokenizerComparison(string Name, int Rows, int Wrong, string First)
{
    /// <summary>
    /// Opens the tokenizer of a folder and compares it with <c>NAME.expected.json</c> in the folder or beside it: ids
    /// with and without the tokens around a text, spellings, places in code points, pairs, decoding, and the counts of
    /// whole books.
    /// </summary>
    /// <param name="folder">The tokenizer's files.</param>
    /// <param name="corpus">Where the books are; null leaves them out.</param>
    /// <exception cref="WeightFileException">A file is missing, damaged or not read.</exception>
    public static TokenizerComparison Of(string folder, string? corpus = null)
    {
        var name = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)));
        var path = Expected(folder)
            ?? throw new WeightFileException(
                FileProblem.MissingFile, folder, $"has no {name}.expected.json in it or beside it.");
        var tokenizer = Tokenizer.Open(folder);
        using var json = TokenizerFiles.Guard(path, () => JsonDocument.Parse(TokenizerFiles.ReadText(path)));
        var comparison = new Comparison(
            tokenizer, json.RootElement, File.Exists(Path.Combine(folder, "tokenizer_config.json")));
        TokenizerFiles.Guard(path, () => comparison.Run(corpus));
        return new TokenizerComparison(name, comparison.Rows, comparison.Wrong, comparison.First);
    }

    /// <summary>The file with the values to compare with, or null.</summary>
    public static string? Expected(string folder)
    {
        var whole = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        string[] paths = [Path.Combine(whole, $"{Path.GetFileName(whole)}.expected.json"), $"{whole}.expected.json"];
        return Array.Find(paths, File.Exists);
    }

    private sealed class Comparison(Tokenizer tokenizer, JsonElement root, bool hasConfig)
    {
        public int Rows { get; private set; }
        public int Wrong { get; private set; }
        public string First { get; private set; } = "";

        public bool Run(string? corpus)
        {
            foreach (var row in Items(root, "rows")) Row(row);
            foreach (var row in Items(root, "pairs")) Pair(row);
            foreach (var row in Items(root, "decode_rows")) Decoding(row);
            if (corpus is not null && root.TryGetProperty("corpus", out var books))
                foreach (var book in books.EnumerateObject()) Book(Path.Combine(corpus, book.Name), book.Value);
            return true;
        }

        private void Row(JsonElement row)
        {
            var text = row.GetProperty("text").GetString()!;
            var all = tokenizer.EncodeAll(text);
            var plain = tokenizer.EncodeAll(text, addsSpecials: false);
            var isBare = tokenizer is { Truncation: null, Padding: null };
            var differences = new List<string?>
            {
                Differ("ids", row, HasConfig ? all.Ids : [.. Marked("bos"), .. plain.Ids, .. Marked("eos")]),
                Differ("ids_plain", row, plain.Ids),
                isBare ? Differ("ids_plain", row, tokenizer.EncodeToIds(text)) : null,
                isBare && HasConfig ? Differ("ids", row, tokenizer.EncodeSequence(text)) : null,
                Differ("tokens", row, all.Ids.Select(tokenizer.Vocabulary.Piece)) is null
                    ? null
                    : Differ("tokens", row, all.Tokens),
                Differ("pieces", row, plain.Tokens),
                Differ("offsets", row, all.Places.Select(place => CodePoints(text, place))),
                Differ("normalized", row, [tokenizer.Normalize(text)]),
                Differ("decoded", row, [Decoded(row, skips: false)]),
                Differ("decoded_skip", row, [Decoded(row, skips: true)]),
            };
            Note($"\"{Excerpt.Of(text, 80)}\"", differences);
        }

        /// <summary>Whether the files themselves say what stands around a text; SentencePiece's alone do not, and the
        /// values say it.</summary>
        private bool HasConfig => hasConfig || !root.TryGetProperty("bos", out _);

        private int[] Marked(string role) =>
            root.GetProperty(role).GetBoolean() ? [root.GetProperty($"{role}_id").GetInt32()] : [];

        private void Pair(JsonElement row)
        {
            var (a, b) = (row.GetProperty("a").GetString()!, row.GetProperty("b").GetString()!);
            var all = tokenizer.EncodeAll(a, b);
            Note($"\"{Excerpt.Of(a, 60)}\" with \"{Excerpt.Of(b, 60)}\"", [
                Differ("ids", row, all.Ids),
                Differ("tokens", row, all.Tokens),
                Differ("type_ids", row, all.TypeIds),
                Differ("special_mask", row, all.IsPutIn.Select(isPutIn => isPutIn ? 1 : 0)),
                Differ("sequence_ids", row, all.Sequences.Select(number => number < 0 ? null : (int?)number)),
                Differ(
                    "offsets", row,
                    all.Places.Select((place, i) => CodePoints(all.Sequences[i] == 1 ? b : a, place))),
            ]);
        }

        private void Decoding(JsonElement row) =>
            Note($"the ids {Excerpt.Of(row.GetProperty("ids").GetRawText(), 80)}", [
                Differ("decoded", row, [Decoded(row, skips: false)]),
                Differ("decoded_skip", row, [Decoded(row, skips: true)]),
            ]);

        private void Book(string path, JsonElement book)
        {
            // As Python reads text: CR LF is LF.
            var text = File.ReadAllText(path).Replace("\r\n", "\n", StringComparison.Ordinal);
            var ids = tokenizer.EncodeToIds(text);
            Note(Path.GetFileName(path), [
                Differ("count", book, [ids.Length]),
                Differ("first", book, ids.Take(12)),
                Differ(
                    "sha256_of_int32_le", book,
                    [Convert.ToHexStringLower(SHA256.HashData(MemoryMarshal.AsBytes<int>(ids)))]),
            ]);
        }

        /// <summary>The library leaves out ids that stand for nothing; here they are refused.</summary>
        private string Decoded(JsonElement row, bool skips)
        {
            var ids = row.TryGetProperty(row.TryGetProperty("pieces", out _) ? "ids_plain" : "ids", out var list)
                ? list
                : row.GetProperty("ids");
            return tokenizer.Decode(
                ids.EnumerateArray().Select(id => id.GetInt32()).Where(tokenizer.Vocabulary.Contains).ToArray(),
                skips);
        }

        /// <summary>What differs from a value of the row; null when nothing does, or the row says nothing of
        /// it.</summary>
        private static string? Differ<T>(string key, JsonElement row, IEnumerable<T> got)
        {
            if (!row.TryGetProperty(key, out var want) || want.ValueKind == JsonValueKind.Null) return null;
            var shown = JsonSerializer.Serialize(got);
            if (want.ValueKind != JsonValueKind.Array) shown = shown[1..^1];
            var wanted = JsonSerializer.Serialize(want);
            return shown == wanted
                ? null
                : $"{key} should be {Excerpt.Of(wanted, 400)}, but are {Excerpt.Of(shown, 400)}";
        }

        private void Note(string what, List<string?> differences)
        {
            Rows++;
            if (differences.Find(difference => difference is not null) is not { } first) return;
            Wrong++;
            if (First.Length == 0) First = $"{what}: {first}";
        }

        private static IEnumerable<JsonElement> Items(JsonElement owner, string key) =>
            owner.TryGetProperty(key, out var list) ? list.EnumerateArray() : [];

        private static int[] CodePoints(string text, (int Start, int End) place) =>
            [Count(text.AsSpan(0, place.Start)), Count(text.AsSpan(0, place.End))];

        private static int Count(ReadOnlySpan<char> text)
        {
            var count = 0;
            foreach (var _ in text.EnumerateRunes()) count++;
            return count;
        }
    }
}
