using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.Json;
using Workbench.Core.Formats;

namespace Workbench.Core.Tokenizers;

/// <summary>
/// Reads <c>tokenizer.json</c>, the Rust library's own file, as far as it describes byte-level BPE with GPT-2's pattern
/// or BERT's WordPiece;
/// whatever else it asks for is refused by name, and the settings beside it that the Python library would put in place
/// of the file's are obeyed. Truncation, padding, decoders and trim_offsets are not used: the place of a token always
/// includes the space that belongs to it.
/// </summary>
internal static class TokenizerJson
{
    public static Tokenizer Read(string path, TokenizerConfig config)
    {
        using var json = JsonDocument.Parse(TokenizerFiles.ReadText(path));
        return new Reader(path, json.RootElement, config).Read();
    }

    private sealed class Reader(string path, JsonElement root, TokenizerConfig config)
    {
        private readonly JsonElement model = root.GetProperty("model");

        public Tokenizer Read()
        {
            // The first versions wrote none.
            var type = Text(model, "type") ?? (Part(model, "merges") is null ? "WordPiece" : "BPE");
            if (type is not ("BPE" or "WordPiece"))
                throw Unsupported($"the model {Excerpt.Of(type, 60)}", "byte-level BPE or WordPiece");
            var ids = TokenizerFiles.Ids(model.GetProperty("vocab"));
            var own = AddedTokens.Number(ids, Items(root, "added_tokens").Select(ReadAdded));
            var added = config.Added(ids, own, config.Class);
            return type == "BPE" ? BytePair(ids, added) : WordPiece(ids, added);
        }

        private BytePairTokenizer BytePair(Dictionary<string, int> ids, AddedToken[] added)
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
            var unknown = Text(model, "unk_token") is { Length: > 0 } piece ? piece : null;
            foreach (
                var option in (string[])
                    [
                        "dropout",
                        "continuing_subword_prefix",
                        "end_of_word_suffix",
                        "byte_fallback",
                        "ignore_merges",
                    ]
            )
                Without(option);
            if (unknown is not null) Without("fuse_unk");
            var settings = new BytePairSettings
            {
                UnknownPiece = unknown,
                AddsPrefixSpace = config.Flag("add_prefix_space") ?? Flag(split, "add_prefix_space") ?? true,
            };
            var merges = Items(model, "merges").Select(ReadMerge).ToArray();
            var vocabulary = BytePairTokenizer.MakeVocabulary(ids, added);
            return new BytePairTokenizer(vocabulary, merges, added, settings, FrameIn(vocabulary));
        }

        /// <summary>Refuses an option of the model unless it is absent or has the value that means nothing.</summary>
        private void Without(string option)
        {
            if (Part(model, option) is { } value && value.ValueKind switch
            {
                JsonValueKind.False => false,
                JsonValueKind.String => value.GetString()!.Length > 0,
                JsonValueKind.Number => value.GetDouble() != 0,
                _ => true,
            })
                throw Unsupported($"{option} = {Excerpt.Of(value.GetRawText(), 60)}", "BPE without it");
        }

        private WordPieceTokenizer WordPiece(Dictionary<string, int> ids, AddedToken[] added)
        {
            if (TypeOf(Part(root, "pre_tokenizer")) != "BertPreTokenizer")
                throw Unsupported(
                    $"the pre-tokenizer {TypeOf(Part(root, "pre_tokenizer"))} before WordPiece", "BertPreTokenizer");
            if (Part(root, "normalizer") is not { } normalizer || TypeOf(normalizer) != "BertNormalizer")
                throw Unsupported(
                    $"the normalizer {TypeOf(Part(root, "normalizer"))} before WordPiece", "BertNormalizer");
            if (Text(model, "continuing_subword_prefix") is { } prefix and not "##")
                throw Unsupported($"the prefix \"{prefix}\" inside words", "\"##\"");
            var normalization = config.Normalization(new BertNormalization
            {
                CleansText = Flag(normalizer, "clean_text") ?? true,
                SpacesIdeographs = Flag(normalizer, "handle_chinese_chars") ?? true,
                StripsAccents = Flag(normalizer, "strip_accents"),
                LowerCases = Flag(normalizer, "lowercase") ?? true,
            });
            var settings = new WordPieceSettings
            {
                UnknownPiece = Text(model, "unk_token") ?? "[UNK]",
                LongestWord = Part(model, "max_input_chars_per_word")?.GetInt32() ?? 100,
            };
            var vocabulary = WordPieceTokenizer.MakeVocabulary(ids, added);
            return new WordPieceTokenizer(vocabulary, added, normalization, settings, FrameIn(vocabulary));
        }

        private SequenceFrame FrameIn(Vocabulary vocabulary) =>
            config.Frame(vocabulary, null, Frame(Part(root, "post_processor"), vocabulary));

        private SequenceFrame Frame(JsonElement? processor, Vocabulary vocabulary)
        {
            if (processor is not { } part) return SequenceFrame.None;
            switch (TypeOf(part))
            {
                case "ByteLevel":
                    return SequenceFrame.None;
                case "BertProcessing" or "RobertaProcessing":
                    return new SequenceFrame(
                        [part.GetProperty("cls")[1].GetInt32()], [part.GetProperty("sep")[1].GetInt32()]);
                case "Sequence":
                    // Each processor puts its own around what the one before it made.
                    return Items(part, "processors").Select(inner => Frame(inner, vocabulary)).Aggregate(
                        SequenceFrame.None,
                        (inside, around) => around == SequenceFrame.None ? inside
                            : new SequenceFrame(
                                [.. around.Before, .. inside.Before], [.. inside.After, .. around.After]));
                case "TemplateProcessing":
                    var items = Items(part, "single").Select(item => TemplateIds(item, part, vocabulary)).ToArray();
                    var text = Array.IndexOf(items, null);
                    if (text < 0 || Array.LastIndexOf(items, null) != text)
                        throw new FormatException("the template of a single sequence needs one place for the text.");
                    return new SequenceFrame(
                        [.. items[..text].SelectMany(ids => ids!)], [.. items[(text + 1)..].SelectMany(ids => ids!)]);
                default:
                    throw Unsupported(
                        $"the post-processor {TypeOf(part)}",
                        "TemplateProcessing, BertProcessing, RobertaProcessing or ByteLevel");
            }
        }

        /// <summary>The ids that an item of a template stands for; null for the text.</summary>
        private static int[]? TemplateIds(JsonElement item, JsonElement template, Vocabulary vocabulary)
        {
            if (!item.TryGetProperty("SpecialToken", out var special)) return null;
            var name = special.GetProperty("id").GetString()!;
            return Part(template, "special_tokens") is { } tokens && Part(tokens, name) is { } token
                ? token.GetProperty("ids").EnumerateArray().Select(id => id.GetInt32()).ToArray()
                : [vocabulary.Pieces[name]];
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
