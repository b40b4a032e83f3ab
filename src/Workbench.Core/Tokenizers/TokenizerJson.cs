using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using System.Text.Json;
using Workbench.Core.Tokenizers.Characters;
using Workbench.Core.Tokenizers.Decoders;
using Workbench.Core.Tokenizers.Models;
using Workbench.Core.Tokenizers.Normalizers;
using Workbench.Core.Tokenizers.Patterns;
using Workbench.Core.Tokenizers.PostProcessors;
using Workbench.Core.Tokenizers.PreTokenizers;
using Decoder = Workbench.Core.Tokenizers.Decoders.Decoder;

namespace Workbench.Core.Tokenizers;

/// <summary>
/// Reads <c>tokenizer.json</c>, the Rust library's own file: a model and the components around it, each by the name
/// that the file gives it. Whatever has another name, or a setting that is not known, is refused by name. Of the
/// settings beside the file, added tokens and <c>add_prefix_space</c> are obeyed; where others speak against the file,
/// a note says so.
/// </summary>
internal sealed class TokenizerJson
{
    private readonly JsonPart root;
    private readonly TokenizerConfig config;
    private bool isByteLevel, hasBytePieces;
    private string? mark;
    private string prefix = "", suffix = "";
    private BertNormalization? normalization;

    private TokenizerJson(JsonPart root, TokenizerConfig config) => (this.root, this.config) = (root, config);

    /// <summary>The tokenizer of a file.</summary>
    public static Tokenizer Read(string path, TokenizerConfig config)
    {
        using var json = JsonDocument.Parse(TokenizerFiles.ReadText(path));
        return Read(json.RootElement, path, config);
    }

    /// <summary>The tokenizer of an object like that in such a file.</summary>
    public static Tokenizer Read(JsonElement root, string path, TokenizerConfig config) =>
        new TokenizerJson(new JsonPart(root, "tokenizer.json", path), config).Read();

    private Tokenizer Read()
    {
        root.Get("version");
        var normalizer = root.Part("normalizer") is { } first ? ReadNormalizer(first) : null;
        var preTokenizer = root.Part("pre_tokenizer") is { } second ? ReadPreTokenizer(second) : null;
        var decoder = root.Part("decoder") is { } last ? ReadDecoder(last) : null;
        var model = root.Part("model") ?? throw root.Wrong("it lacks a model");
        // The first versions wrote no type.
        var type = model.Type ?? (model.Get("merges") is not null ? "BPE"
            : model.Get("unk_id") is not null ? "Unigram"
            : model.Get("max_input_chars_per_word") is not null || model.Get("continuing_subword_prefix") is not null
                ? "WordPiece"
            : "WordLevel");
        var (entries, made) = type switch
        {
            "BPE" => ReadBytePairs(model, ref preTokenizer),
            "WordPiece" => ReadWordPieces(model),
            "WordLevel" => ReadWords(model),
            "Unigram" => ReadUnigram(model),
            _ => throw model.Unsupported(
                $"the model \"{Excerpt.Of(type, 60)}\"", "BPE, WordPiece, WordLevel or Unigram"),
        };
        model.End();
        var ids = new Dictionary<string, int>();
        foreach (var (piece, id) in entries) ids[piece] = id;
        var listed = AddedTokens.Number(ids, root.Parts("added_tokens").Select(ReadAdded).ToArray());
        var added = config.Added(ids, listed, config.Class);
        var spelling = new PieceSpelling
        {
            IsByteLevel = isByteLevel,
            HasBytePieces = hasBytePieces,
            Mark = mark,
            Prefix = prefix,
            Suffix = suffix,
        };
        var vocabulary = new Vocabulary(entries, added, spelling);
        var parts = new TokenizerParts
        {
            Vocabulary = vocabulary,
            Added = added,
            Model = made,
            Spelling = spelling,
            Normalizer = normalizer,
            PreTokenizer = preTokenizer,
            PostProcessor = root.Part("post_processor") is { } post ? ReadPostProcessor(post, vocabulary) : null,
            Decoder = decoder,
            Truncation = root.Part("truncation") is { } truncation ? ReadTruncation(truncation) : null,
            Padding = root.Part("padding") is { } padding ? ReadPadding(padding) : null,
        };
        root.End();
        var tokenizer = new Tokenizer(parts);
        var note = config.Note(root.Part("normalizer") is not null, normalization, tokenizer.Frame);
        return note.Length == 0 ? tokenizer : new Tokenizer(parts with { Note = note });
    }

    private AddedToken ReadAdded(JsonPart token)
    {
        var read = new AddedToken(
            TokenizerFiles.Id(token.Get("id") ?? throw token.Wrong($"{token.Name} lacks an id")),
            token.NeededText("content"))
        {
            IsSpecial = token.Flag("special") ?? false,
            IsNormalized = token.Flag("normalized") ?? true,
            IsSingleWord = token.Flag("single_word") ?? false,
            StripsLeft = token.Flag("lstrip") ?? false,
            StripsRight = token.Flag("rstrip") ?? false,
        };
        token.End();
        return read;
    }

    private Normalizer ReadNormalizer(JsonPart part)
    {
        Normalizer read = part.Type switch
        {
            "Sequence" => new NormalizerSequence(part.NeededParts("normalizers").Select(ReadNormalizer).ToArray()),
            "NFC" => new UnicodeNormalizer(composes: true, isCompatible: false),
            "NFD" => new UnicodeNormalizer(composes: false, isCompatible: false),
            "NFKC" => new UnicodeNormalizer(composes: true, isCompatible: true),
            "NFKD" => new UnicodeNormalizer(composes: false, isCompatible: true),
            "Lowercase" => new LowercaseNormalizer(),
            "Strip" => new StripNormalizer(part.Flag("strip_left") ?? true, part.Flag("strip_right") ?? true),
            "StripAccents" => new StripAccentsNormalizer(),
            "Nmt" => new NmtNormalizer(),
            "Prepend" => new PrependNormalizer(part.NeededText("prepend")),
            "Replace" => new ReplaceNormalizer(Pattern(part, " ", out var content), content),
            "Precompiled" => new PrecompiledNormalizer(
                new PrecompiledMap(Convert.FromBase64String(part.NeededText("precompiled_charsmap")))),
            "BertNormalizer" => new BertNormalizer(normalization = new BertNormalization
            {
                CleansText = part.Flag("clean_text") ?? true,
                SpacesIdeographs = part.Flag("handle_chinese_chars") ?? true,
                StripsAccents = part.Flag("strip_accents"),
                LowerCases = part.Flag("lowercase") ?? true,
            }),
            "ByteLevel" => ByteLevel(new ByteLevelNormalizer()),
            _ => throw part.UnknownType(
                "Sequence, NFC, NFD, NFKC, NFKD, Lowercase, Strip, StripAccents, Nmt, Prepend, Replace, Precompiled, "
                    + "BertNormalizer or ByteLevel"),
        };
        part.End();
        return read;
    }

    private PreTokenizer ReadPreTokenizer(JsonPart part)
    {
        PreTokenizer read = part.Type switch
        {
            "Sequence" => new PreTokenizerSequence(
                [.. part.NeededParts("pretokenizers").Select(ReadPreTokenizer)]),
            "ByteLevel" => ByteLevel(ReadByteLevel(part)),
            "BertPreTokenizer" => new BertPreTokenizer(),
            "Metaspace" => ReadMetaspace(part),
            "Split" => new SplitPreTokenizer(
                Pattern(part, null, out _), Behavior(part, null), part.Flag("invert") ?? false),
            "Whitespace" => new SplitPreTokenizer(new WordPattern(), SplitBehavior.Removed, isInverted: true),
            "WhitespaceSplit" =>
                new SplitPreTokenizer(new CharacterPattern(Rune.IsWhiteSpace), SplitBehavior.Removed),
            "Digits" => new SplitPreTokenizer(
                new CharacterPattern(Rune.IsNumber),
                part.Flag("individual_digits") ?? false ? SplitBehavior.Isolated : SplitBehavior.Contiguous),
            "Punctuation" => new SplitPreTokenizer(
                new CharacterPattern(rune => (BertCharacters.ClassOf(rune.Value) & BertClass.Punctuation) != 0),
                Behavior(part, SplitBehavior.Isolated)),
            "CharDelimiterSplit" => ReadDelimiter(part),
            "UnicodeScripts" => new ScriptsPreTokenizer(),
            "FixedLength" => part.Number("length") is > 0 and var length
                ? new FixedLengthPreTokenizer(length)
                : throw part.Wrong($"{part.Name} needs a length of at least 1"),
            _ => throw part.UnknownType(
                "Sequence, ByteLevel, BertPreTokenizer, Metaspace, Split, Whitespace, WhitespaceSplit, Digits, "
                    + "Punctuation, CharDelimiterSplit, UnicodeScripts or FixedLength"),
        };
        part.End();
        return read;
    }

    private ByteLevelPreTokenizer ReadByteLevel(JsonPart part)
    {
        part.Flag("trim_offsets");
        var adds = part.Flag("add_prefix_space") ?? true;
        return new ByteLevelPreTokenizer(
            config.Flag("add_prefix_space") ?? adds, part.Flag("use_regex") ?? true, writesBytes: true);
    }

    private static SplitPreTokenizer ReadDelimiter(JsonPart part)
    {
        var delimiter = OneCharacter(part, "delimiter");
        return new SplitPreTokenizer(new CharacterPattern(rune => rune == delimiter), SplitBehavior.Removed);
    }

    private MetaspacePreTokenizer ReadMetaspace(JsonPart part)
    {
        var (read, scheme) = Metaspace(part);
        return new MetaspacePreTokenizer(read, scheme, part.Flag("split") ?? true);
    }

    private (Rune Mark, PrependScheme Scheme) Metaspace(JsonPart part)
    {
        var read = OneCharacter(part, "replacement");
        mark = read.ToString();
        part.Get("str_rep");
        var scheme = part.Text("prepend_scheme") switch
        {
            null or "always" => PrependScheme.Always,
            "first" => PrependScheme.First,
            "never" => PrependScheme.Never,
            var other => throw part.Unsupported(
                $"{part.Name} with prepend_scheme = \"{Excerpt.Of(other, 60)}\"", "always, first or never"),
        };
        // The older spelling of never.
        if (part.Flag("add_prefix_space") == false) scheme = PrependScheme.Never;
        return (read, scheme);
    }

    private Decoder ReadDecoder(JsonPart part)
    {
        Decoder read = part.Type switch
        {
            "Sequence" => new DecoderSequence(part.NeededParts("decoders").Select(ReadDecoder).ToArray()),
            "ByteLevel" => ReadByteLevelDecoder(part),
            "WordPiece" => new WordPieceDecoder(part.Text("prefix") ?? "##", part.Flag("cleanup") ?? true),
            "Metaspace" => ReadMetaspaceDecoder(part),
            "BPEDecoder" => new BytePairDecoder(part.Text("suffix") ?? "</w>"),
            "CTC" => new CtcDecoder(
                part.Text("pad_token") ?? "<pad>", part.Text("word_delimiter_token") ?? "|",
                part.Flag("cleanup") ?? true),
            "ByteFallback" => new ByteFallbackDecoder(),
            "Fuse" => new FuseDecoder(),
            "Strip" => new StripDecoder(
                OneCharacter(part, "content"), part.Number("start") ?? 0, part.Number("stop") ?? 0),
            "Replace" => new ReplaceDecoder(Pattern(part, null, out var content), content),
            _ => throw part.UnknownType(
                "Sequence, ByteLevel, WordPiece, Metaspace, BPEDecoder, CTC, ByteFallback, Fuse, Strip or Replace"),
        };
        part.End();
        return read;
    }

    private ByteLevelDecoder ReadByteLevelDecoder(JsonPart part)
    {
        foreach (var key in (string[])["trim_offsets", "add_prefix_space", "use_regex"]) part.Flag(key);
        return ByteLevel(new ByteLevelDecoder());
    }

    private MetaspaceDecoder ReadMetaspaceDecoder(JsonPart part)
    {
        var (read, scheme) = Metaspace(part);
        part.Flag("split");
        return new MetaspaceDecoder(read.ToString(), scheme != PrependScheme.Never);
    }

    private PostProcessor ReadPostProcessor(JsonPart part, Vocabulary vocabulary)
    {
        PostProcessor read;
        switch (part.Type)
        {
            case "Sequence":
                read = new ProcessorSequence(
                    part.NeededParts("processors").Select(inner => ReadPostProcessor(inner, vocabulary)).ToArray());
                break;
            case "ByteLevel":
                part.Flag("use_regex");
                read = new ByteLevelProcessor(
                    part.Flag("trim_offsets") ?? true, part.Flag("add_prefix_space") ?? true);
                break;
            case "BertProcessing":
                read = new BertProcessor(Named(part, "cls"), Named(part, "sep"));
                break;
            case "RobertaProcessing":
                read = new RobertaProcessor(
                    Named(part, "cls"), Named(part, "sep"), part.Flag("trim_offsets") ?? true,
                    part.Flag("add_prefix_space") ?? true);
                break;
            case "TemplateProcessing":
                read = ReadTemplate(part, vocabulary);
                break;
            default:
                throw part.UnknownType(
                    "Sequence, ByteLevel, BertProcessing, RobertaProcessing or TemplateProcessing");
        }
        part.End();
        return read;
    }

    private static TemplateProcessor ReadTemplate(JsonPart part, Vocabulary vocabulary)
    {
        var tokens = new Dictionary<string, (string, int)[]>();
        if (part.Get("special_tokens") is not null)
            foreach (var entry in part.Part("special_tokens")!.All())
            {
                var ids = entry.Items("ids").Select(TokenizerFiles.Id).ToArray();
                var texts = entry.Items("tokens").Select(text => text.GetString()!).ToArray();
                if (ids.Length != texts.Length)
                    throw part.Wrong($"{entry.Name} has {ids.Length} ids and {texts.Length} tokens");
                tokens[entry.Key] = texts.Zip(ids).ToArray();
                entry.Text("id");
                entry.End();
            }
        return new TemplateProcessor(Items("single"), Items("pair"));

        TemplateItem[] Items(string key) => part.Parts(key).Select(Item).ToArray();

        TemplateItem Item(JsonPart item)
        {
            TemplateItem read;
            if (item.Part("Sequence") is { } sequence)
            {
                var which = sequence.Text("id");
                if (which is not ("A" or "B")) throw item.Wrong($"{sequence.Name} should be A or B");
                read = new TemplateItem(which == "A" ? 0 : 1, sequence.Number("type_id") ?? 0, []);
                sequence.End();
            }
            else if (item.Part("SpecialToken") is { } special)
            {
                var name = special.NeededText("id");
                var named = tokens.TryGetValue(name, out var found) ? found
                    : vocabulary.TryFind(name, out var id) ? [(name, id)]
                    : throw item.Wrong($"{special.Name} names \"{Excerpt.Of(name, 60)}\", which is no token");
                read = new TemplateItem(-1, special.Number("type_id") ?? 0, named);
                special.End();
            }
            else throw item.Wrong($"{item.Name} should be a Sequence or a SpecialToken");
            item.End();
            return read;
        }
    }

    private (List<KeyValuePair<string, int>> Entries, PieceModel Model) ReadBytePairs(
        JsonPart model, ref PreTokenizer? preTokenizer)
    {
        if (model.Get("dropout") is { } dropout && dropout.GetDouble() != 0)
            throw model.Unsupported($"dropout = {Excerpt.Of(dropout.GetRawText(), 20)}", "BPE without it");
        (prefix, suffix) = (model.Text("continuing_subword_prefix") ?? "", model.Text("end_of_word_suffix") ?? "");
        var options = new BytePairOptions
        {
            Unknown = model.Text("unk_token") is { Length: > 0 } unknown ? unknown : null,
            FusesUnknown = model.Flag("fuse_unk") ?? false,
            ByteFallback = hasBytePieces = model.Flag("byte_fallback") ?? false,
            IgnoresMerges = model.Flag("ignore_merges") ?? false,
            Prefix = prefix,
            Suffix = suffix,
        };
        var ids = Vocabulary(model);
        var merges = model.Items("merges").Select(ReadMerge).ToArray();
        // Where bytes are the last thing that is made of a text, the model reads them itself: the same tokens, and no
        // second copy of the text.
        var readsBytes = preTokenizer is not null && TryReadBytes(ref preTokenizer, ids, options);
        return (ids.ToList(), new BytePairModel(ids, merges, options, readsBytes));
    }

    private static bool TryReadBytes(
        ref PreTokenizer preTokenizer, IReadOnlyDictionary<string, int> ids, BytePairOptions options)
    {
        if (!BytePairModel.HasAllBytes(ids, options)) return false;
        if (preTokenizer is ByteLevelPreTokenizer bytes)
        {
            preTokenizer = bytes.ForBytes();
            return true;
        }
        if (preTokenizer is not PreTokenizerSequence { Parts: { Count: > 0 } all }
            || all[^1] is not ByteLevelPreTokenizer last
            || all.SkipLast(1).Any(part => part is not SplitPreTokenizer and not BertPreTokenizer))
            return false;
        preTokenizer = new PreTokenizerSequence([.. all.SkipLast(1), last.ForBytes()]);
        return true;
    }

    private (List<KeyValuePair<string, int>> Entries, PieceModel Model) ReadWordPieces(JsonPart model)
    {
        prefix = model.Text("continuing_subword_prefix") ?? "##";
        var ids = Vocabulary(model);
        var unknown = model.Text("unk_token") ?? "[UNK]";
        if (!ids.ContainsKey(unknown))
            throw model.Wrong($"the unknown piece \"{Excerpt.Of(unknown, 60)}\" is not in the vocabulary");
        return (
            ids.ToList(),
            new WordPieceModel(ids, prefix, unknown, model.Number("max_input_chars_per_word") ?? 100));
    }

    private static (List<KeyValuePair<string, int>> Entries, PieceModel Model) ReadWords(JsonPart model)
    {
        var ids = Vocabulary(model);
        return (ids.ToList(), new WordLevelModel(ids, model.Text("unk_token") ?? "<unk>"));
    }

    private (List<KeyValuePair<string, int>> Entries, PieceModel Model) ReadUnigram(JsonPart model)
    {
        var pieces = new List<(string Piece, double Score)>();
        foreach (var entry in model.Items("vocab"))
        {
            if (entry.ValueKind != JsonValueKind.Array || entry.GetArrayLength() != 2)
                throw model.Wrong($"piece {pieces.Count} should be a text and a score");
            var score = entry[1].GetDouble();
            if (!double.IsFinite(score)) throw model.Wrong($"piece {pieces.Count} has a score that is no number");
            pieces.Add((entry[0].GetString()!, score));
        }
        var unknown = model.Number("unk_id") ?? -1;
        if (unknown >= pieces.Count)
            throw model.Wrong($"unk_id = {unknown}, but there are only {pieces.Count} pieces");
        hasBytePieces = model.Flag("byte_fallback") ?? false;
        return (
            pieces.Select((piece, id) => KeyValuePair.Create(piece.Piece, id)).ToList(),
            new UnigramModel(pieces, unknown, hasBytePieces));
    }

    private static Truncation ReadTruncation(JsonPart part)
    {
        part.Number("stride");
        var read = new Truncation(
            part.Number("max_length") ?? throw part.Wrong($"{part.Name} lacks max_length"),
            part.Text("strategy") switch
            {
                null or "LongestFirst" => TruncationStrategy.LongestFirst,
                "OnlyFirst" => TruncationStrategy.OnlyFirst,
                "OnlySecond" => TruncationStrategy.OnlySecond,
                var other => throw part.Unsupported(
                    $"{part.Name} with strategy = \"{Excerpt.Of(other, 60)}\"",
                    "LongestFirst, OnlyFirst or OnlySecond"),
            },
            FromLeft(part));
        part.End();
        return read;
    }

    private static Padding ReadPadding(JsonPart part)
    {
        var length = 0;
        if (part.Get("strategy") is { ValueKind: JsonValueKind.Object })
        {
            var strategy = part.Part("strategy")!;
            length = strategy.Number("Fixed") ?? 0;
            strategy.End();
        }
        else if (part.Text("strategy") is not (null or "BatchLongest") and var other)
            throw part.Unsupported($"{part.Name} with strategy = \"{Excerpt.Of(other, 60)}\"", "BatchLongest or Fixed");
        // Such lengths are filled up in memory.
        if (length > 1 << 24) throw part.Wrong($"{part.Name} is {length} tokens long");
        var read = new Padding(
            length, part.Number("pad_to_multiple_of") ?? 0, FromLeft(part), part.Number("pad_id") ?? 0,
            part.Text("pad_token") ?? "[PAD]", part.Number("pad_type_id") ?? 0);
        if (read.Multiple > 1 << 24) throw part.Wrong($"{part.Name} is to be a multiple of {read.Multiple}");
        part.End();
        return read;
    }

    private static bool FromLeft(JsonPart part) => part.Text("direction") switch
    {
        null or "Right" => false,
        "Left" => true,
        var other => throw part.Unsupported(
            $"{part.Name} with direction = \"{Excerpt.Of(other, 60)}\"", "Left or Right"),
    };

    private TextPattern Pattern(JsonPart part, string? space, out string content)
    {
        content = part.Text("content") ?? "";
        var pattern = part.Part("pattern") ?? throw part.Wrong($"{part.Name} lacks a pattern");
        var literal = pattern.Text("String");
        TextPattern read = literal is not null
            ? new LiteralPattern(literal)
            : new OnigurumaPattern(pattern.NeededText("Regex"));
        // What spaces become is what stands for them in the vocabulary.
        if (space is not null && literal == space && content.Length > 0) mark ??= content;
        pattern.End();
        return read;
    }

    private static SplitBehavior Behavior(JsonPart part, SplitBehavior? otherwise) =>
        part.Text("behavior") is not { } name ? otherwise ?? throw part.Wrong($"{part.Name} lacks a behavior")
        : Enum.TryParse<SplitBehavior>(name, out var behavior) && Enum.IsDefined(behavior) ? behavior
        : throw part.Unsupported(
            $"{part.Name} with behavior = \"{Excerpt.Of(name, 60)}\"",
            string.Join(", ", Enum.GetNames<SplitBehavior>()));

    private static Rune OneCharacter(JsonPart part, string key)
    {
        var text = part.NeededText(key);
        return Rune.TryGetRuneAt(text.Length > 0 ? text : " ", 0, out var rune)
            && rune.Utf16SequenceLength == text.Length
            ? rune
            : throw part.Wrong($"{part.Name}: {key} should be one character, but is \"{Excerpt.Of(text, 60)}\"");
    }

    private static (string Text, int Id) Named(JsonPart part, string key)
    {
        var items = part.Items(key).ToArray();
        return items.Length == 2 ? (items[0].GetString()!, TokenizerFiles.Id(items[1]))
            : throw part.Wrong($"{part.Name}: {key} should be a token and its id");
    }

    private static Dictionary<string, int> Vocabulary(JsonPart model)
    {
        var ids = new Dictionary<string, int>();
        foreach (var entry in model.Entries("vocab")) ids[entry.Name] = TokenizerFiles.Id(entry.Value);
        return ids;
    }

    private static (string Left, string Right) ReadMerge(JsonElement merge, int rank)
    {
        string?[] parts = merge.ValueKind == JsonValueKind.Array
            ? merge.EnumerateArray().Select(part => part.GetString()).ToArray()
            : merge.GetString()!.Split(' ');
        return parts is [{ Length: > 0 } left, { Length: > 0 } right] ? (left, right)
            : throw new FormatException(
                $"merge {rank} should be two pieces, but is {Excerpt.Of(merge.GetRawText(), 60)}.");
    }

    private T ByteLevel<T>(T part)
    {
        isByteLevel = true;
        return part;
    }
}
