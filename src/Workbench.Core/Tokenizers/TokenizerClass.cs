using System;
using System.Collections.Generic;

namespace Workbench.Core.Tokenizers;

/// <summary>
/// What the Python library's tokenizer of a name does of itself, where a model comes with a vocabulary and not with
/// <c>tokenizer.json</c>: which tokens are special unless something else is said, and what stands around a sequence.
/// </summary>
/// <remarks>Only classes that cut text as GPT-2's or BERT's tokenizer does are here; every other one is refused by
/// name, since its ids would be others.</remarks>
internal sealed record TokenizerClass(string Name)
{
    private const string Start = "<s>", End = "</s>", Pad = "<pad>", Unknown = "<unk>", Mask = "<mask>";

    public static readonly TokenizerClass Gpt2 = new("GPT2Tokenizer")
    {
        IsBytePair = true,
        Specials = new Dictionary<string, string>
        {
            ["bos_token"] = BytePairVocabulary.EndOfText,
            ["eos_token"] = BytePairVocabulary.EndOfText,
            ["unk_token"] = BytePairVocabulary.EndOfText,
        },
    };

    public static readonly TokenizerClass Roberta = new("RobertaTokenizer")
    {
        IsBytePair = true,
        IsFramed = true,
        MaskTakesSpace = true,
        Specials = WithAngles(Unknown),
    };

    public static readonly TokenizerClass Bert = new("BertTokenizer")
    {
        IsFramed = true,
        Specials = new Dictionary<string, string>
        {
            ["unk_token"] = "[UNK]",
            ["sep_token"] = "[SEP]",
            ["pad_token"] = "[PAD]",
            ["cls_token"] = "[CLS]",
            ["mask_token"] = "[MASK]",
        },
    };

    public static readonly TokenizerClass Mpnet = new("MPNetTokenizer")
    {
        IsFramed = true,
        MaskTakesSpace = true,
        Specials = WithAngles("[UNK]"),
    };

    private static readonly Dictionary<string, TokenizerClass> ByName = Table(
        (Gpt2, ["GPT2Tokenizer", "CodeGenTokenizer"]),
        (Roberta, ["RobertaTokenizer", "BartTokenizer", "LongformerTokenizer", "LEDTokenizer", "MvpTokenizer"]),
        (Bert, [
            "BertTokenizer", "ConvBertTokenizer", "DistilBertTokenizer", "DPRContextEncoderTokenizer",
            "DPRQuestionEncoderTokenizer", "DPRReaderTokenizer", "ElectraTokenizer", "LayoutLMTokenizer",
            "LxmertTokenizer", "MobileBertTokenizer", "RetriBertTokenizer", "SqueezeBertTokenizer",
        ]),
        (Mpnet, ["MPNetTokenizer"]));

    private static readonly Dictionary<string, TokenizerClass> ByModelType = Table(
        (Gpt2, ["gpt2", "gpt_neo", "gptj", "codegen", "opt"]),
        (Roberta, ["roberta", "bart", "longformer", "led", "mvp", "data2vec-text"]),
        (Bert, [
            "bert", "convbert", "distilbert", "dpr", "electra", "layoutlm", "lxmert", "mobilebert", "retribert",
            "squeezebert",
        ]),
        (Mpnet, ["mpnet"]));

    /// <summary>Whether text becomes bytes that are merged (<c>vocab.json</c> and <c>merges.txt</c>) and not words that
    /// are cut (<c>vocab.txt</c>).</summary>
    public bool IsBytePair { get; private init; }

    /// <summary>Whether a sequence stands between the tokens called <c>cls_token</c> and <c>sep_token</c>.</summary>
    public bool IsFramed { get; private init; }

    /// <summary>Whether white space before the mask belongs to it, where the mask is given by its spelling
    /// alone.</summary>
    public bool MaskTakesSpace { get; private init; }

    /// <summary>The special tokens by what they are for.</summary>
    public IReadOnlyDictionary<string, string> Specials { get; private init; } = new Dictionary<string, string>();

    /// <summary>The class of a name, the library's fast ones included; null when it is not read here.</summary>
    public static TokenizerClass? Named(string name) =>
        ByName.GetValueOrDefault(name.EndsWith("Fast", StringComparison.Ordinal) ? name[..^4] : name);

    /// <summary>The class that goes with a <c>model_type</c>; null when it is not read here, or not known.</summary>
    public static TokenizerClass? OfModelType(string type) => ByModelType.GetValueOrDefault(type);

    /// <summary>The likely class of byte pairs when nothing is said: a vocabulary with a mask in angles is
    /// RoBERTa's.</summary>
    public static TokenizerClass OfBytePairs(IReadOnlyDictionary<string, int> ids) =>
        ids.ContainsKey(Start) && ids.ContainsKey(End) && ids.ContainsKey(Mask) ? Roberta : Gpt2;

    private static Dictionary<string, string> WithAngles(string unknown) =>
        new()
        {
            ["bos_token"] = Start,
            ["eos_token"] = End,
            ["unk_token"] = unknown,
            ["sep_token"] = End,
            ["pad_token"] = Pad,
            ["cls_token"] = Start,
            ["mask_token"] = Mask,
        };

    private static Dictionary<string, TokenizerClass> Table(params (TokenizerClass Class, string[] Names)[] rows)
    {
        var table = new Dictionary<string, TokenizerClass>();
        foreach (var (read, names) in rows)
            foreach (var name in names) table.Add(name, read);
        return table;
    }
}
