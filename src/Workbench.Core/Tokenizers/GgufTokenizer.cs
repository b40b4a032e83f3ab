using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.Json;
using Workbench.Core.Formats;

namespace Workbench.Core.Tokenizers;

/// <summary>The tokenizer in a GGUF file's keys, made of the same components as one in <c>tokenizer.json</c>.</summary>
public static class GgufTokenizer
{
    private const string Prefix = "tokenizer.ggml.";

    // Kinds of tokens, by number.
    private const int Unknown = 2, Control = 3, UserDefined = 4;

    // Where texts are cut before bytes are merged, by what llama.cpp calls it: as the models' own tokenizer.json do it.
    private const string Llama3Pattern =
        @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+"
        + @"|\s+(?!\S)|\s+";

    private const string Qwen2Pattern =
        @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+"
        + @"|\s+(?!\S)|\s+";

    // The Python library's names, and those of the keys.
    private static readonly (string Role, string Name)[] Roles =
    [
        ("bos_token", "bos"), ("eos_token", "eos"), ("unk_token", "unknown"), ("sep_token", "seperator"),
        ("pad_token", "padding"), ("cls_token", "cls"), ("mask_token", "mask"),
    ];

    /// <summary>Whether a file's keys speak of a tokenizer.</summary>
    /// <param name="file">The file.</param>
    public static bool IsIn(GgufFile file) => file.Values.ContainsKey($"{Prefix}model");

    /// <summary>The tokenizer of a file.</summary>
    /// <param name="file">One with a tokenizer.</param>
    /// <exception cref="WeightFileException">Its keys are missing or contradict each other, or ask for a kind of
    /// tokenizer that is not read.</exception>
    /// <remarks>Byte-level byte pairs (<c>gpt2</c>; cut as GPT-2, SmolLM, Llama 3 or Qwen 2 do), SentencePiece's byte
    /// pairs by score with bytes for the rest (<c>llama</c>), WordPiece (<c>bert</c>).</remarks>
    /// <example><code>GgufTokenizer.Read(file).EncodeToIds("The capital of France is")</code> is 504, 3575, 282, 4649,
    /// 314 with SmolLM2's file.</example>
    public static Tokenizer Read(GgufFile file) => TokenizerFiles.Guard(file.Path, () =>
    {
        var keys = new Keys(file);
        var settings = keys.Text("model") switch
        {
            "gpt2" => BytePairs(keys),
            "llama" => SentencePieces(keys),
            "bert" => WordPieces(keys),
            var other => throw keys.Refuse("model", other, "gpt2, llama and bert"),
        };
        settings["added_tokens"] = keys.Added();
        using var json = JsonDocument.Parse(JsonSerializer.SerializeToUtf8Bytes(settings));
        return TokenizerJson.Read(json.RootElement, file.Path, TokenizerConfig.None);
    });

    /// <summary>The spellings of the special tokens by their roles.</summary>
    internal static Dictionary<string, string> SpecialTokens(GgufFile file)
    {
        var tokens = file.Values.GetValueOrDefault($"{Prefix}tokens") as string[] ?? [];
        var spellings = new Dictionary<string, string>();
        foreach (var (role, name) in Roles)
            if (file.Values.GetValueOrDefault($"{Prefix}{name}_token_id") is uint id && id < tokens.Length)
                spellings[role] = tokens[id];
        return spellings;
    }

    private static Dictionary<string, object?> BytePairs(Keys keys)
    {
        var type = keys.Text("pre");
        var spaced = keys.Truth("add_space_prefix") ?? false;
        object[] cuts = type switch
        {
            "gpt-2" => [],
            "smollm" => [new { type = "Digits", individual_digits = true }],
            "llama-bpe" => [Cut(Llama3Pattern)],
            "qwen2" => [Cut(Qwen2Pattern)],
            _ => throw keys.Refuse("pre", type, "gpt-2, smollm, llama-bpe and qwen2"),
        };
        var bytes = new
        {
            type = "ByteLevel",
            add_prefix_space = spaced,
            trim_offsets = true,
            use_regex = type is "gpt-2" or "smollm",
        };
        return new()
        {
            ["normalizer"] = type == "qwen2" ? new { type = "NFC" } : null,
            ["pre_tokenizer"] = new { type = "Sequence", pretokenizers = (object[])[.. cuts, bytes] },
            ["post_processor"] = keys.Around(begins: type == "llama-bpe"),
            ["decoder"] = new { type = "ByteLevel" },
            ["model"] = new
            {
                type = "BPE",
                ignore_merges = type == "llama-bpe",
                vocab = keys.Ids(),
                merges = keys.Texts("merges"),
            },
        };

        static object Cut(string pattern) =>
            new { type = "Split", pattern = new { Regex = pattern }, behavior = "Isolated", invert = false };
    }

    private static Dictionary<string, object?> SentencePieces(Keys keys)
    {
        const string mark = "\u2581";
        if (keys.Truth("remove_extra_whitespaces") == true)
            throw keys.Refuse("remove_extra_whitespaces", "true", "texts whose spaces all count");
        object space = new { type = "Replace", pattern = new { String = " " }, content = mark };
        var spaced = keys.Truth("add_space_prefix") ?? true;
        object[] start = spaced ? [new { type = "Prepend", prepend = mark }] : [];
        object[] strip = spaced ? [new { type = "Strip", content = " ", start = 1, stop = 0 }] : [];
        var ids = keys.Ids();
        return new()
        {
            ["normalizer"] = new { type = "Sequence", normalizers = (object[])[.. start, space] },
            ["post_processor"] = keys.Around(begins: true),
            ["decoder"] = new
            {
                type = "Sequence",
                decoders = (object[])
                [
                    new { type = "Replace", pattern = new { String = mark }, content = " " },
                    new { type = "ByteFallback" }, new { type = "Fuse" }, .. strip,
                ],
            },
            ["model"] = new
            {
                type = "BPE",
                unk_token = keys.Piece("unknown_token_id"),
                fuse_unk = true,
                byte_fallback = true,
                vocab = ids,
                merges = Merges(ids, keys.Numbers("scores")),
            },
        };
    }

    /// <summary>The pairs that make each piece, by its score: SentencePiece merges the pair whose piece has the
    /// highest, which is a rank for each pair.</summary>
    private static string[][] Merges(Dictionary<string, int> ids, float[] scores)
    {
        var merges = new List<(string Left, string Right, float Score)>();
        foreach (var (piece, id) in ids)
            for (var i = 1; i < piece.Length; i++)
                if (!char.IsLowSurrogate(piece[i]) && ids.ContainsKey(piece[..i]) && ids.ContainsKey(piece[i..]))
                    merges.Add((piece[..i], piece[i..], scores[id]));
        return merges
            .OrderByDescending(merge => merge.Score)
            .ThenByDescending(merge => merge.Left.Length)
            .ThenByDescending(merge => merge.Right.Length)
            .Select(merge => (string[])[merge.Left, merge.Right])
            .ToArray();
    }

    private static Dictionary<string, object?> WordPieces(Keys keys)
    {
        var ids = keys.Ids(Piece);
        return new()
        {
            ["normalizer"] = new
            {
                type = "BertNormalizer",
                lowercase = !ids.Any(entry => !keys.IsAdded(entry.Value) && entry.Key.Any(char.IsUpper)),
            },
            ["pre_tokenizer"] = new { type = "BertPreTokenizer" },
            ["post_processor"] = new
            {
                type = "BertProcessing",
                cls = (object[])[keys.Piece("cls_token_id"), keys.Id("cls_token_id")],
                sep = (object[])[keys.Piece("seperator_token_id"), keys.Id("seperator_token_id")],
            },
            ["decoder"] = new { type = "WordPiece" },
            ["model"] = new { type = "WordPiece", unk_token = keys.Piece("unknown_token_id"), vocab = ids },
        };

        // The converter marks the beginnings of words in place of the pieces within them.
        string Piece(string token, int id) =>
            keys.IsAdded(id) ? token : token.StartsWith('\u2581') ? token[1..] : $"##{token}";
    }

    /// <summary>A file's keys of its tokenizer.</summary>
    private sealed class Keys(GgufFile file)
    {
        private readonly string[] tokens = file.Values.GetValueOrDefault($"{Prefix}tokens") as string[] ?? [];
        private readonly int[] kinds = file.Values.GetValueOrDefault($"{Prefix}token_type") as int[] ?? [];

        public string Text(string name) => Get<string>(name) ?? throw Lacks(name, "a text");

        public string[] Texts(string name) => Get<string[]>(name) ?? throw Lacks(name, "a list of texts");

        public bool? Truth(string name) => file.Values.GetValueOrDefault($"{Prefix}{name}") as bool?;

        public float[] Numbers(string name) =>
            Get<float[]>(name) is { } numbers && numbers.Length == tokens.Length
                ? numbers
                : throw Lacks(name, $"a list of {tokens.Length} numbers");

        /// <summary>Ids by piece.</summary>
        public Dictionary<string, int> Ids(Func<string, int, string>? spelt = null)
        {
            if (tokens.Length == 0) throw Lacks("tokens", "a list of texts");
            if (kinds.Length != tokens.Length && kinds.Length != 0)
                throw Lacks("token_type", $"a list of {tokens.Length} numbers");
            var ids = new Dictionary<string, int>(tokens.Length);
            for (var id = 0; id < tokens.Length; id++)
                if (!ids.TryAdd(spelt?.Invoke(tokens[id], id) ?? tokens[id], id))
                    throw new WeightFileException(
                        FileProblem.DuplicateWord, file.Path, $"the token {id}, \"{Excerpt.Of(tokens[id], 60)}\", is "
                            + "there twice.");
            return ids;
        }

        public bool IsAdded(int id) => id < kinds.Length && kinds[id] is Unknown or Control or UserDefined;

        public object[] Added() => Enumerable.Range(0, tokens.Length).Where(IsAdded)
            .Select(id => (object)new
            {
                id,
                content = tokens[id],
                special = kinds[id] != UserDefined,
                normalized = false,
            })
            .ToArray();

        /// <summary>Tokens that are put around a text, or null for none.</summary>
        public object? Around(bool begins)
        {
            object[] before = Truth("add_bos_token") ?? begins ? [Special("bos_token_id")] : [];
            object[] after = Truth("add_eos_token") ?? false ? [Special("eos_token_id")] : [];
            if (before.Length + after.Length == 0) return null;
            return new
            {
                type = "TemplateProcessing",
                single = (object[])[.. before, Sequence("A", 0), .. after],
                pair = (object[])[.. before, Sequence("A", 0), .. after, .. before, Sequence("B", 1), .. after],
            };

            object Special(string name) => new { SpecialToken = new { id = Piece(name), type_id = 0 } };

            static object Sequence(string id, int type_id) => new { Sequence = new { id, type_id } };
        }

        public string Piece(string name) => tokens[Id(name)];

        public int Id(string name) =>
            file.Values.GetValueOrDefault($"{Prefix}{name}") is uint id && id < tokens.Length
                ? (int)id
                : throw Lacks(name, $"the id of one of {tokens.Length} tokens");

        public WeightFileException Refuse(string name, string value, string known) => new(
            FileProblem.UnsupportedObject, file.Path,
            $"the key {Prefix}{name} is \"{Excerpt.Of(value, 60)}\", a kind of tokenizer that is not read; known are "
                + $"{known}.");

        private T? Get<T>(string name) where T : class => file.Values.GetValueOrDefault($"{Prefix}{name}") as T;

        private WeightFileException Lacks(string name, string wanted) =>
            new(FileProblem.Malformed, file.Path, $"the key {Prefix}{name} should be {wanted}.");
    }
}
