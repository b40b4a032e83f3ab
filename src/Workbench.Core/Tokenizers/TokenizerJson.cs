using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.Json;
using Workbench.Core.Formats;

namespace Workbench.Core.Tokenizers;

/// <summary>
/// Reads <c>tokenizer.json</c>, the Rust library's own file, as far as it describes byte-level BPE with GPT-2's pattern
/// or BERT's WordPiece;
/// whatever else it asks for is refused by name. Truncation, padding, decoders and trim_offsets are not used: the place
/// of a token
/// always includes the space that belongs to it.
/// </summary>
internal static class TokenizerJson
{
    public static Tokenizer Read(string path)
    {
        using var json = JsonDocument.Parse(TokenizerFiles.ReadText(path));
        return new Reader(path, json.RootElement).Read();
    }

    private sealed class Reader(string path, JsonElement root)
    {
        private readonly JsonElement model = root.GetProperty("model");

        public Tokenizer Read()
        {
            var ids = TokenizerFiles.Ids(model.GetProperty("vocab"));
            var added = Items(root, "added_tokens").Select(ReadAdded).ToArray();
            var frame = Frame(Part(root, "post_processor"));
            // The first versions wrote none.
            var type = Text(model, "type") ?? (Part(model, "merges") is null ? "WordPiece" : "BPE");
            return type switch
            {
                "BPE" => BytePair(ids, added, frame),
                "WordPiece" => WordPiece(ids, added, frame),
                _ => throw Unsupported($"the model {type}", "byte-level BPE or WordPiece"),
            };
        }

        private BytePairTokenizer BytePair(Dictionary<string, int> ids, AddedToken[] added, SequenceFrame frame)
        {
            if (Part(root, "normalizer") is { } normalizer)
                throw Unsupported($"the normalizer {TypeOf(normalizer)} before BPE", "BPE without one");
            if (
                Part(root, "pre_tokenizer") is not { } split
                || TypeOf(split) != "ByteLevel"
                || Flag(split, "use_regex") == false
            )
                throw Unsupported(
                    $"the pre-tokenizer {TypeOf(Part(root, "pre_tokenizer"))} before BPE", "GPT-2's ByteLevel");
            foreach (
                var option in (string[])
                    [
                        "dropout",
                        "continuing_subword_prefix",
                        "end_of_word_suffix",
                        "fuse_unk",
                        "byte_fallback",
                        "ignore_merges",
                    ]
            )
            {
                if (Part(model, option) is { } value && value.ToString() is not ("" or "False" or "0"))
                    throw Unsupported($"{option} = {value}", "BPE without it");
            }
            var settings = new BytePairSettings
            {
                UnknownPiece = Text(model, "unk_token"),
                AddsPrefixSpace = Flag(split, "add_prefix_space") ?? true,
            };
            var merges = Items(model, "merges").Select(ReadMerge).ToArray();
            return new BytePairTokenizer(BytePairTokenizer.MakeVocabulary(ids, added), merges, added, settings, frame);
        }

        private WordPieceTokenizer WordPiece(Dictionary<string, int> ids, AddedToken[] added, SequenceFrame frame)
        {
            if (TypeOf(Part(root, "pre_tokenizer")) != "BertPreTokenizer")
                throw Unsupported(
                    $"the pre-tokenizer {TypeOf(Part(root, "pre_tokenizer"))} before WordPiece", "BertPreTokenizer");
            if (Part(root, "normalizer") is not { } normalizer || TypeOf(normalizer) != "BertNormalizer")
                throw Unsupported(
                    $"the normalizer {TypeOf(Part(root, "normalizer"))} before WordPiece", "BertNormalizer");
            if (Text(model, "continuing_subword_prefix") is { } prefix and not "##")
                throw Unsupported($"the prefix \"{prefix}\" inside words", "\"##\"");
            var normalization = new BertNormalization
            {
                CleansText = Flag(normalizer, "clean_text") ?? true,
                SpacesIdeographs = Flag(normalizer, "handle_chinese_chars") ?? true,
                StripsAccents = Flag(normalizer, "strip_accents"),
                LowerCases = Flag(normalizer, "lowercase") ?? true,
            };
            var settings = new WordPieceSettings
            {
                UnknownPiece = Text(model, "unk_token") ?? "[UNK]",
                LongestWord = Part(model, "max_input_chars_per_word")?.GetInt32() ?? 100,
            };
            return new WordPieceTokenizer(
                WordPieceTokenizer.MakeVocabulary(ids, added), added, normalization, settings, frame);
        }

        private SequenceFrame Frame(JsonElement? processor)
        {
            if (processor is not { } part) return SequenceFrame.None;
            switch (TypeOf(part))
            {
                case "ByteLevel":
                    return SequenceFrame.None;
                case "BertProcessing" or "RobertaProcessing":
                    return new SequenceFrame(
                        [part.GetProperty("cls")[0].GetString()!],
                        [part.GetProperty("sep")[0].GetString()!]
                    );
                case "Sequence":
                    return Items(part, "processors")
                            .Select(inner => Frame(inner))
                            .FirstOrDefault(frame => frame != SequenceFrame.None)
                        ?? SequenceFrame.None;
                case "TemplateProcessing":
                    var pieces = Items(part, "single")
                        .Select(item =>
                            item.TryGetProperty("SpecialToken", out var special)
                                ? special.GetProperty("id").GetString()
                                : null
                        )
                        .ToArray();
                    var text = Array.IndexOf(pieces, null);
                    if (text < 0)
                        throw new FormatException("the template of a single sequence has no place for the text.");
                    return new SequenceFrame(pieces[..text]!, pieces[(text + 1)..]!);
                default:
                    throw Unsupported(
                        $"the post-processor {TypeOf(part)}",
                        "TemplateProcessing, BertProcessing, RobertaProcessing or ByteLevel");
            }
        }

        private static AddedToken ReadAdded(JsonElement token) =>
            new(TokenizerFiles.Id(token.GetProperty("id")), token.GetProperty("content").GetString()!)
            {
                IsSpecial = Flag(token, "special") ?? false,
                IsNormalized = Flag(token, "normalized") ?? true,
                IsSingleWord = Flag(token, "single_word") ?? false,
                StripsLeft = Flag(token, "lstrip") ?? false,
                StripsRight = Flag(token, "rstrip") ?? false,
            };

        private static (string Left, string Right) ReadMerge(JsonElement merge, int rank)
        {
            string?[] parts = merge.ValueKind == JsonValueKind.Array
                ? merge.EnumerateArray().Select(part => part.GetString()).ToArray()
                : merge.GetString()!.Split(' ');
            return parts is [{ Length: > 0 } left, { Length: > 0 } right] ? (left, right)
                : throw new FormatException($"merge {rank} should be two pieces, but is {merge}.");
        }

        private WeightFileException Unsupported(string found, string wanted) =>
            new(FileProblem.UnsupportedObject, path, $"asks for {found}, which is not read; {wanted} is.");

        private static JsonElement? Part(JsonElement owner, string name) =>
            owner.TryGetProperty(name, out var part) && part.ValueKind != JsonValueKind.Null ? part : null;

        private static IEnumerable<JsonElement> Items(JsonElement owner, string name) =>
            Part(owner, name)?.EnumerateArray() ?? [];

        private static string? Text(JsonElement owner, string name) => Part(owner, name)?.GetString();

        private static bool? Flag(JsonElement owner, string name) => Part(owner, name)?.GetBoolean();

        private static string TypeOf(JsonElement? part) =>
            part is { } present ? Text(present, "type") ?? "(no type)" : "(none)";
    }
}
