using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Workbench.Core.Tokenizers;

/// <summary>
/// What <c>tokenizer_config.json</c> says about a WordPiece tokenizer that comes as <c>vocab.txt</c>.
/// </summary>
internal sealed class BertTokenizerConfig
{
    /// <summary>What BERT uncased says; the names of its special tokens are the defaults of every reader.</summary>
    public static readonly BertTokenizerConfig Uncased = new(
        JsonSerializer.SerializeToElement(
            new JsonObject
            {
                ["tokenizer_class"] = "BertTokenizer",
                ["do_lower_case"] = true,
                ["strip_accents"] = null,
                ["tokenize_chinese_chars"] = true,
            }
        )
    );

    private readonly JsonElement root;

    private BertTokenizerConfig(JsonElement root) => this.root = root;

    /// <summary>Reads the file; without it everything has its default.</summary>
    public static BertTokenizerConfig Read(string path)
    {
        if (!File.Exists(path)) return new BertTokenizerConfig(default);
        using var json = TokenizerFiles.Guard(path, () => JsonDocument.Parse(TokenizerFiles.ReadText(path)));
        return new BertTokenizerConfig(json.RootElement.Clone());
    }

    /// <summary>The file, for a model that takes so many tokens at once.</summary>
    public string ToJson(int positions)
    {
        var json = JsonObject.Create(root)!;
        json["model_max_length"] = positions;
        return json.ToJsonString();
    }

    /// <summary>The tokenizer with these pieces.</summary>
    public WordPieceTokenizer Build(IReadOnlyDictionary<string, int> ids)
    {
        string unknown = Name("unk_token", "[UNK]"),
            first = Name("cls_token", "[CLS]"),
            last = Name("sep_token", "[SEP]");
        string[] names = [Name("pad_token", "[PAD]"), unknown, first, last, Name("mask_token", "[MASK]")];
        var added = names.Distinct().Where(ids.ContainsKey).Select(name => new AddedToken(ids[name], name)).ToArray();
        var normalization = new BertNormalization
        {
            LowerCases = Flag("do_lower_case") ?? !HasUpperCase(ids.Keys.Except(names)),
            StripsAccents = Flag("strip_accents"),
            SpacesIdeographs = Flag("tokenize_chinese_chars") ?? true,
        };
        var frame =
            ids.ContainsKey(first) && ids.ContainsKey(last) ? new SequenceFrame([first], [last]) : SequenceFrame.None;
        return new WordPieceTokenizer(
            WordPieceTokenizer.MakeVocabulary(ids, added), added, normalization,
            new WordPieceSettings { UnknownPiece = unknown }, frame);
    }

    /// <summary>
    /// The reference lower-cases when nothing says otherwise; a vocabulary with upper-case pieces would then lie idle,
    /// so it decides here.
    /// </summary>
    private static bool HasUpperCase(IEnumerable<string> pieces) =>
        pieces.Any(piece => !piece.StartsWith('[') && piece.Any(char.IsUpper));

    private string Name(string key, string otherwise)
    {
        if (!TryGet(key, out var value))
            return otherwise;
        return (value.ValueKind == JsonValueKind.Object ? value.GetProperty("content").GetString() : value.GetString())
            ?? otherwise;
    }

    private bool? Flag(string key) => TryGet(key, out var value) ? value.GetBoolean() : null;

    private bool TryGet(string key, out JsonElement value)
    {
        value = default;
        return root.ValueKind == JsonValueKind.Object
            && root.TryGetProperty(key, out value)
            && value.ValueKind != JsonValueKind.Null;
    }
}
