using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.Json;
using System.Text.Json.Nodes;
using Workbench.Core.Formats;
using Workbench.Core.Hub;
using Workbench.Core.Tokenizers.Normalizers;

namespace Workbench.Core.Tokenizers;

/// <summary>
/// What the files beside a tokenizer say about it: <c>tokenizer_config.json</c>, <c>special_tokens_map.json</c>,
/// <c>added_tokens.json</c>, and of <c>config.json</c> whose tokenizer it is. What would change a token and is not
/// obeyed is refused by name.
/// </summary>
/// <remarks>Which file counts where two speak of one token is the Python library's rule (<c>_from_pretrained</c>): an
/// <c>added_tokens_decoder</c> silences the other two files; without it <c>special_tokens_map.json</c> counts before
/// <c>tokenizer_config.json</c>. Keys that a class does not know have no effect there, and none here.</remarks>
internal sealed class TokenizerConfig
{
    private static readonly string[] Roles =
        ["bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token"];

    /// <summary>Tokenizers that never read <c>tokenizer.json</c>: morphological analysers, or vocabularies of another
    /// shape.</summary>
    private static readonly string[] OwnPrograms =
        ["BertJapaneseTokenizer", "BertweetTokenizer", "CTRLTokenizer", "EsmTokenizer", "PhobertTokenizer"];

    /// <summary>Classes that the newest Python library makes anew, without the file's normalizer.</summary>
    private static readonly string[] Rebuilt =
        ["LlamaTokenizer", "T5Tokenizer", "CodeLlamaTokenizer", "GemmaTokenizer"];

    /// <summary>Nothing but what a tokenizer's class does of itself.</summary>
    public static readonly TokenizerConfig None = new("", default, default, default, default);

    /// <summary>What BERT uncased says; the names of its special tokens are the defaults of every reader.</summary>
    public static readonly TokenizerConfig Uncased = new(
        "",
        JsonSerializer.SerializeToElement(
            new JsonObject
            {
                ["tokenizer_class"] = "BertTokenizer",
                ["do_lower_case"] = true,
                ["strip_accents"] = null,
                ["tokenize_chinese_chars"] = true,
            }
        ),
        default, default, default);

    private readonly string folder;
    private readonly JsonElement settings;
    private readonly JsonElement names;
    private readonly JsonElement numbers;
    private readonly JsonElement model;

    private TokenizerConfig(
        string folder, JsonElement settings, JsonElement names, JsonElement numbers, JsonElement model) =>
        (this.folder, this.settings, this.names, this.numbers, this.model) = (folder, settings, names, numbers, model);

    /// <summary>Reads the files of a folder; one that is not there says nothing.</summary>
    /// <exception cref="WeightFileException">One of them is no JSON object, or asks for what is not obeyed.</exception>
    public static TokenizerConfig Read(string folder)
    {
        var config = new TokenizerConfig(
            folder, Object(ModelFiles.TokenizerConfig), Object(ModelFiles.SpecialTokens),
            Object(ModelFiles.AddedTokens), Object(ModelFiles.Config));
        config.Check();
        return config;

        JsonElement Object(string name)
        {
            var path = Path.Combine(folder, name);
            if (!File.Exists(path)) return default;
            using var json = TokenizerFiles.Guard(path, () => JsonDocument.Parse(TokenizerFiles.ReadText(path)));
            return json.RootElement.ValueKind == JsonValueKind.Object
                ? json.RootElement.Clone()
                : throw new WeightFileException(FileProblem.Malformed, path, "is no JSON object of settings.");
        }
    }

    /// <summary>The file, for a model that takes so many tokens at once.</summary>
    public string ToJson(int positions)
    {
        var json = JsonObject.Create(settings)!;
        json["model_max_length"] = positions;
        return json.ToJsonString();
    }

    /// <summary>The class that is named, or that goes with the model's type; null when neither is said or it is not
    /// read here.</summary>
    public TokenizerClass? Class =>
        ClassName is { } name ? TokenizerClass.Named(name)
        : ModelType is { } type ? TokenizerClass.OfModelType(type)
        : null;

    /// <summary>A setting that is true or false, or null where it is not said.</summary>
    public bool? Flag(string key) =>
        !TryGet(settings, key, out var value) ? null
        : value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean()
        : throw Wrong(key, "true or false", value);

    /// <summary>The class by which a vocabulary without <c>tokenizer.json</c> is read.</summary>
    /// <param name="file">The vocabulary's file.</param>
    /// <param name="otherwise">The class when nothing is said.</param>
    /// <exception cref="WeightFileException">What is said is not read here, or does not go with this file.</exception>
    public TokenizerClass ClassFor(string file, TokenizerClass otherwise)
    {
        if (ClassName is null && ModelType is null) return otherwise;
        var said = ClassName is { } name
            ? $"the tokenizer \"{Excerpt.Of(name)}\""
            : $"the tokenizer of a \"{Excerpt.Of(ModelType!)}\" model";
        if (Class is not { } read)
            throw Unsupported($"{said}, and there is no tokenizer.json that spells it out", "GPT-2's kind or BERT's");
        if (read.IsBytePair != otherwise.IsBytePair)
            throw Unsupported(
                $"{said}, which is not made from {file}",
                read.IsBytePair ? "vocab.json with merges.txt" : ModelFiles.VocabularyText);
        return read;
    }

    /// <summary>The spelling of the token with a role, such as <c>cls_token</c>; null when it has none.</summary>
    public string? Special(string role, TokenizerClass? read) =>
        TryNamed(role, out var value, out _)
            ? value.ValueKind == JsonValueKind.Null ? null : Content(role, value)
            : read?.Specials.GetValueOrDefault(role);

    /// <summary>The template of <c>chat_template</c>, of several the one called <c>default</c>; null when there is
    /// none.</summary>
    public string? ChatTemplate
    {
        get
        {
            const string key = "chat_template";
            if (!TryGet(settings, key, out var value)) return null;
            if (value.ValueKind != JsonValueKind.Array) return Text(settings, key);
            foreach (var entry in value.EnumerateArray())
                if (Text(entry, "name") == "default") return Text(entry, "template");
            throw Wrong(key, "a template, or a list of templates with one called \"default\"", value);
        }
    }

    /// <summary>The spellings of the special tokens by their roles.</summary>
    public Dictionary<string, string> SpecialTokens()
    {
        var spellings = new Dictionary<string, string>();
        foreach (var role in Roles)
            if (Special(role, Class) is { } content) spellings[role] = content;
        return spellings;
    }

    /// <summary>All added tokens of a tokenizer, with their ids.</summary>
    /// <param name="ids">Id by piece, without the added tokens.</param>
    /// <param name="first">Those that the tokenizer's own file lists.</param>
    /// <param name="read">The class whose special tokens are looked for in the vocabulary.</param>
    /// <exception cref="WeightFileException">A token is given an id that it does not get.</exception>
    public AddedToken[] Added(
        IReadOnlyDictionary<string, int> ids, IReadOnlyList<AddedToken> first, TokenizerClass? read)
    {
        var named = Named(ids, read).ToArray();
        var special = named.Select(token => token.Content).ToHashSet();
        var own = first.Select(token => token.Content).ToHashSet();
        var stated = HasDecoder ? Decoder().ToArray() : Numbers(special).Where(token => !own.Contains(token.Content));
        var all = first.Concat(stated.OrderBy(token => token.Id)).ToList();
        var known = all.Select(token => token.Content).ToHashSet();
        all.AddRange(named.Where(token => known.Add(token.Content)));
        var numbered = AddedTokens.Number(ids, all)
            .Select(token => token with { IsSpecial = token.IsSpecial || special.Contains(token.Content) })
            .ToArray();
        CheckNumbers(numbered);
        return numbered;
    }

    /// <summary>What stands around a sequence.</summary>
    /// <param name="vocabulary">The pieces, added tokens included.</param>
    /// <param name="read">The tokenizer's class; null when none is known.</param>
    /// <exception cref="WeightFileException">A token is asked for that there is not.</exception>
    public SequenceFrame Frame(Vocabulary vocabulary, TokenizerClass? read)
    {
        var frame = SequenceFrame.None;
        if (read is { IsFramed: true }
            && Find("cls_token") is >= 0 and var first && Find("sep_token") is >= 0 and var last)
            frame = new SequenceFrame([first], [last]);
        if (Flag("add_bos_token") == true && Needed("bos_token") is var bos && !frame.Before.Take(1).Contains(bos))
            frame = frame with { Before = [bos, .. frame.Before] };
        if (Flag("add_eos_token") == true && Needed("eos_token") is var eos && !frame.After.Contains(eos))
            frame = frame with { After = [.. frame.After, eos] };
        return frame;

        int Find(string role) =>
            Special(role, read) is { } content && vocabulary.TryFind(content, out var id) ? id : -1;

        int Needed(string role) => Find(role) is >= 0 and var id ? id
            : throw new WeightFileException(
                FileProblem.Malformed, Path.Combine(folder, ModelFiles.TokenizerConfig),
                $"asks for add_{role}, but there is no {role}.");
    }

    /// <summary>What stands around a sequence where the tokenizer is SentencePiece's own file.</summary>
    /// <exception cref="WeightFileException">The class that is named counts ids in another way than that
    /// file.</exception>
    public SequenceFrame SentencePieceFrame(Vocabulary vocabulary)
    {
        switch (ClassName?.Replace("Fast", "", StringComparison.Ordinal))
        {
            case null:
                return Frame(vocabulary, null);
            case "LlamaTokenizer" or "CodeLlamaTokenizer" or "GemmaTokenizer":
                return new SequenceFrame(
                    Flag("add_bos_token") ?? true ? Ids("bos_token", "<s>", "<bos>") : [],
                    Flag("add_eos_token") ?? false ? Ids("eos_token", "</s>", "<eos>") : []);
            case "T5Tokenizer":
                return new SequenceFrame([], Ids("eos_token", "</s>"));
            case "AlbertTokenizer":
                return new SequenceFrame(Ids("cls_token", "[CLS]"), Ids("sep_token", "[SEP]"));
            case var name:
                throw Unsupported(
                    $"the tokenizer \"{Excerpt.Of(name)}\", whose ids are not those of its SentencePiece file, and "
                        + "there is no tokenizer.json that spells it out",
                    "Llama's, Gemma's, T5's or ALBERT's");
        }

        int[] Ids(string role, params string[] otherwise)
        {
            string[] names = Special(role, null) is { } said ? [said] : otherwise;
            foreach (var name in names)
                if (vocabulary.TryFind(name, out var id)) return [id];
            throw new WeightFileException(
                FileProblem.Malformed, Path.Combine(folder, ModelFiles.TokenizerConfig),
                $"asks for a {role} around a text, but \"{Excerpt.Of(names[0], 60)}\" is no token.");
        }
    }

    /// <summary>How text is prepared for WordPiece.</summary>
    /// <param name="otherwise">What holds where nothing is said.</param>
    public BertNormalization Normalization(BertNormalization otherwise) => otherwise with
    {
        LowerCases = Flag("do_lower_case") ?? otherwise.LowerCases,
        StripsAccents = Flag("strip_accents") ?? otherwise.StripsAccents,
        SpacesIdeographs = Flag("tokenize_chinese_chars") ?? otherwise.SpacesIdeographs,
    };

    /// <summary>What a reader of <c>tokenizer.json</c> should know: where the Python library would not take what that
    /// file says.</summary>
    /// <param name="normalizes">Whether the file has a normalizer.</param>
    /// <param name="words">How the file prepares text for WordPiece, if it does.</param>
    /// <param name="frame">What the file puts around a text.</param>
    public string Note(bool normalizes, BertNormalization? words, SequenceFrame frame)
    {
        var notes = new List<string>();
        if (normalizes && ClassName is { } name
            && Rebuilt.Contains(name.Replace("Fast", "", StringComparison.Ordinal)))
            notes.Add(
                $"transformers 5 does not take the components of tokenizer.json where the class is {name}: it makes "
                    + "its own, and texts that begin or end with white space may get other ids there.");
        if (words is not null && Normalization(words) != words)
            notes.Add(
                "tokenizer_config.json speaks of case, accents or ideographs against tokenizer.json, which counts "
                    + "here; classes of transformers that follow the former give other ids.");
        if ((Flag("add_bos_token") is { } begins && begins != frame.Before.Count > 0)
            || (Flag("add_eos_token") is { } ends && ends != frame.After.Count > 0))
            notes.Add(
                "tokenizer_config.json asks for other tokens around a text (add_bos_token, add_eos_token) than "
                    + "tokenizer.json puts there, which counts here; classes of transformers may follow the former.");
        return string.Join(' ', notes);
    }

    private bool HasDecoder => TryGet(settings, "added_tokens_decoder", out _);

    private string? ClassName => Text(settings, "tokenizer_class") ?? Text(model, "tokenizer_class");

    private string? ModelType => Text(model, "model_type");

    private void Check()
    {
        if (ClassName is { } name && OwnPrograms.Contains(name))
            throw Unsupported(
                $"the tokenizer \"{name}\", which cuts words by a program of its own", "GPT-2's kind or BERT's");
        Only("split_special_tokens", value => value.ValueKind == JsonValueKind.False);
        Only("do_basic_tokenize", value => value.ValueKind == JsonValueKind.True);
        Only("never_split", value => value.ValueKind == JsonValueKind.Array && value.GetArrayLength() == 0);
        Only("word_tokenizer_type", value => Is(value, "basic"));
        Only("subword_tokenizer_type", value => Is(value, "wordpiece"));
        Only("wordpieces_prefix", value => Is(value, "##"));
        Only("auto_map", value => Class is not null || !TryGet(value, "AutoTokenizer", out _));

        void Only(string key, Func<JsonElement, bool> isObeyed)
        {
            if (TryGet(settings, key, out var value) && !isObeyed(value))
                throw Unsupported($"{key} = {Excerpt.Of(value.GetRawText(), 60)}", "a tokenizer without it");
        }

        static bool Is(JsonElement value, string text) =>
            value.ValueKind == JsonValueKind.String && value.ValueEquals(text);
    }

    /// <summary>The special tokens by role, then those without one, as they are spelt; a class's own only where the
    /// vocabulary has them.</summary>
    private IEnumerable<AddedToken> Named(IReadOnlyDictionary<string, int> ids, TokenizerClass? read)
    {
        foreach (var role in Roles)
        {
            if (TryNamed(role, out var value, out var fromMap))
            {
                if (value.ValueKind != JsonValueKind.Null) yield return Spelt(value, fromMap, role);
            }
            else if (read?.Specials.GetValueOrDefault(role) is { } content && ids.ContainsKey(content))
                yield return Plain(content, role);
        }
        foreach (var key in (string[])["additional_special_tokens", "extra_special_tokens"])
        {
            if (TryGet(settings, key, out var list))
                foreach (var value in Elements(key, list)) yield return Spelt(value, fromMap: false, key);
            if (!HasDecoder && TryGet(names, key, out list))
                foreach (var value in Elements(key, list)) yield return Spelt(value, fromMap: true, key);
        }

        AddedToken Spelt(JsonElement value, bool fromMap, string key) =>
            value.ValueKind == JsonValueKind.String
                ? Plain(value.GetString()!, key)
                : Read(key, value, id: -1, special: fromMap) with { IsSpecial = true };

        AddedToken Plain(string content, string role) =>
            new(-1, content) { StripsLeft = role == "mask_token" && (read?.MaskTakesSpace ?? false) };

        IEnumerable<JsonElement> Elements(string key, JsonElement list) => list.ValueKind switch
        {
            JsonValueKind.Array => list.EnumerateArray(),
            JsonValueKind.Object => list.EnumerateObject().Select(entry => entry.Value),
            _ => throw Wrong(key, "a list of tokens", list),
        };
    }

    private IEnumerable<AddedToken> Decoder()
    {
        const string key = "added_tokens_decoder";
        if (settings.GetProperty(key) is not { ValueKind: JsonValueKind.Object } decoder)
            throw Wrong(key, "an object from id to token", settings.GetProperty(key));
        foreach (var entry in decoder.EnumerateObject())
            yield return int.TryParse(entry.Name, out var id) && id >= 0
                ? Read(key, entry.Value, id, special: false)
                : throw Wrong(key, "an object from id to token", decoder);
    }

    private IEnumerable<AddedToken> Numbers(HashSet<string> special)
    {
        if (numbers.ValueKind != JsonValueKind.Object) yield break;
        var path = Path.Combine(folder, ModelFiles.AddedTokens);
        foreach (var (content, id) in TokenizerFiles.Guard(path, () => TokenizerFiles.Ids(numbers)))
        {
            var isSpecial = special.Contains(content);
            yield return new AddedToken(id, content) { IsSpecial = isSpecial, IsNormalized = !isSpecial };
        }
    }

    /// <summary>The versions of the library differ over an id that leaves a gap: the older take it from the file, the
    /// newer number on.</summary>
    private void CheckNumbers(AddedToken[] numbered)
    {
        var ids = numbered.ToDictionary(token => token.Content, token => token.Id);
        foreach (var token in HasDecoder ? Decoder() : Numbers([]))
            if (ids.TryGetValue(token.Content, out var id) && id != token.Id)
                throw new WeightFileException(
                    FileProblem.Malformed,
                    Path.Combine(folder, HasDecoder ? ModelFiles.TokenizerConfig : ModelFiles.AddedTokens),
                    $"gives the token \"{Excerpt.Of(token.Content, 60)}\" the id {token.Id}, but by the vocabulary it "
                        + $"is {id}, so that versions of the library read it differently. Correct the id, or take the "
                        + "token out."
                );
    }

    /// <param name="key">The setting, for messages.</param>
    /// <param name="value">A token with its flags.</param>
    /// <param name="id">Its id, or −1.</param>
    /// <param name="special">Whether it is special when it does not say so itself; special tokens are not normalised
    /// unless they say so.</param>
    private AddedToken Read(string key, JsonElement value, int id, bool special)
    {
        var isSpecial = Is("special") ?? special;
        return new AddedToken(id, Content(key, value))
        {
            IsSpecial = isSpecial,
            IsNormalized = Is("normalized") ?? !isSpecial,
            IsSingleWord = Is("single_word") ?? false,
            StripsLeft = Is("lstrip") ?? false,
            StripsRight = Is("rstrip") ?? false,
        };

        bool? Is(string flag) =>
            !TryGet(value, flag, out var said) ? null
            : said.ValueKind is JsonValueKind.True or JsonValueKind.False ? said.GetBoolean()
            : throw Wrong($"{key}: {flag}", "true or false", said);
    }

    private string Content(string key, JsonElement value) =>
        value.ValueKind == JsonValueKind.String ? value.GetString()!
        : TryGet(value, "content", out var content) && content.ValueKind == JsonValueKind.String ? content.GetString()!
        : throw Wrong(key, "a token: a text, or an object with its content", value);

    /// <summary>What is said of a role; a JSON null says that there is no such token.</summary>
    private bool TryNamed(string role, out JsonElement value, out bool fromMap)
    {
        fromMap = !HasDecoder && names.ValueKind == JsonValueKind.Object && names.TryGetProperty(role, out value);
        value = default;
        return fromMap ? names.TryGetProperty(role, out value)
            : settings.ValueKind == JsonValueKind.Object && settings.TryGetProperty(role, out value);
    }

    private string? Text(JsonElement owner, string key) =>
        !TryGet(owner, key, out var value) ? null
        : value.ValueKind == JsonValueKind.String ? value.GetString()
        : throw Wrong(key, "a text", value);

    private static bool TryGet(JsonElement owner, string key, out JsonElement value)
    {
        value = default;
        return owner.ValueKind == JsonValueKind.Object
            && owner.TryGetProperty(key, out value)
            && value.ValueKind != JsonValueKind.Null;
    }

    private WeightFileException Wrong(string key, string wanted, JsonElement value) =>
        new(
            FileProblem.Malformed, Path.Combine(folder, ModelFiles.TokenizerConfig),
            $"{key} should be {wanted}, but is {Excerpt.Of(value.GetRawText(), 60)}.");

    private WeightFileException Unsupported(string found, string wanted) =>
        new(
            FileProblem.UnsupportedObject, Path.Combine(folder, ModelFiles.TokenizerConfig),
            $"asks for {found}, which is not read; {wanted} is. What needs no words still works: embeddings have "
                + "their rows numbered.");
}
