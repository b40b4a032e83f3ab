using System;
using System.Collections.Generic;
using System.Linq;
using Workbench.Core.Hub;
using Workbench.Core.Tokenizers.Normalizers;

namespace Workbench.Core.Tokenizers;

/// <summary>What the tokenizer files of an uncased BERT hold: the pieces in the order of their ids.</summary>
public sealed class WordPieceVocabulary
{
    /// <summary>What a piece inside a word begins with.</summary>
    internal const string Prefix = "##";

    /// <summary>BERT's special tokens: <c>[PAD]</c>, <c>[UNK]</c>, <c>[CLS]</c>, <c>[SEP]</c>, <c>[MASK]</c>.</summary>
    public static readonly IReadOnlyList<string> SpecialPieces = Array.AsReadOnly([
        "[PAD]",
        "[UNK]",
        "[CLS]",
        "[SEP]",
        "[MASK]",
    ]);

    /// <param name="pieces">The pieces, those inside a word with <c>##</c>. Kept, not copied.</param>
    public WordPieceVocabulary(IReadOnlyList<string> pieces) => Pieces = pieces;

    /// <summary>The pieces in the order of their ids.</summary>
    public IReadOnlyList<string> Pieces { get; }

    /// <summary>The tokenizer that these files give when they are opened.</summary>
    /// <exception cref="ArgumentException">A piece is there twice, or <c>[UNK]</c> is not.</exception>
    public Tokenizer ToTokenizer() => Build(
        Pieces.Select((piece, id) => (piece, id)).ToDictionary(entry => entry.piece, entry => entry.id),
        TokenizerConfig.Uncased);

    /// <summary>The tokenizer with these pieces and what the files beside them say.</summary>
    internal static Tokenizer Build(IReadOnlyDictionary<string, int> ids, TokenizerConfig config)
    {
        var read = config.ClassFor(ModelFiles.VocabularyText, TokenizerClass.Bert);
        var added = config.Added(ids, [], read);
        var names = added.Select(token => token.Content);
        var normalization = config.Normalization(
            new BertNormalization { LowerCases = !HasUpperCase(ids.Keys.Except(names)) });
        var settings = new WordPieceSettings { UnknownPiece = config.Special("unk_token", read) ?? "[UNK]" };
        var parts = TokenizerParts.OfWordPieces(ids, added, normalization, settings);
        var frame = config.Frame(parts.Vocabulary, read);
        return new Tokenizer(frame == SequenceFrame.None ? parts : parts.With(frame));
    }

    /// <summary>
    /// The reference lower-cases when nothing says otherwise; a vocabulary with upper-case pieces would then lie idle,
    /// so it decides here.
    /// </summary>
    private static bool HasUpperCase(IEnumerable<string> pieces) =>
        pieces.Any(piece => !piece.StartsWith('[') && piece.Any(char.IsUpper));

    /// <summary>Writes <c>tokenizer_config.json</c> and <c>vocab.txt</c>, as the Python library reads them
    /// too.</summary>
    /// <param name="folder">Made when it is not there. Each file appears when it is whole, and one that is there is
    /// replaced.</param>
    /// <param name="positions">Tokens that the model can take at once.</param>
    /// <exception cref="System.IO.IOException">The disk is full, or the folder has a tokenizer that readers prefer to
    /// these files.</exception>
    public void Write(string folder, int positions) => TokenizerFiles.Write(folder,
        (ModelFiles.TokenizerConfig, TokenizerConfig.Uncased.ToJson(positions)),
        (ModelFiles.VocabularyText, string.Concat(Pieces.Select(piece => $"{piece}\n"))));
}
