using System;
using System.Collections.Generic;
using System.Linq;
using Workbench.Core.Tokenizers.Characters;
using Workbench.Core.Tokenizers.Decoders;
using Workbench.Core.Tokenizers.Models;
using Workbench.Core.Tokenizers.Normalizers;
using Workbench.Core.Tokenizers.PostProcessors;
using Workbench.Core.Tokenizers.PreTokenizers;

namespace Workbench.Core.Tokenizers;

/// <summary>What a tokenizer is made of.</summary>
internal sealed record TokenizerParts
{
    public required Vocabulary Vocabulary { get; init; }
    public required IReadOnlyList<AddedToken> Added { get; init; }
    public required PieceModel Model { get; init; }
    public required PieceSpelling Spelling { get; init; }
    public Normalizer? Normalizer { get; init; }
    public PreTokenizer? PreTokenizer { get; init; }
    public PostProcessor? PostProcessor { get; init; }
    public Decoder? Decoder { get; init; }
    public Truncation? Truncation { get; init; }
    public Padding? Padding { get; init; }
    public string Note { get; init; } = "";

    /// <summary>Special tokens that are not looked for in a text.</summary>
    public IReadOnlyList<AddedToken> Silent { get; init; } = [];

    /// <summary>Whether text can be cut before a space or the end of a line without any difference.</summary>
    public bool MayCutAtSpaces => Normalizer is BertNormalizer && PreTokenizer is BertPreTokenizer;

    /// <summary>The parts of GPT-2's tokenizer.</summary>
    public static TokenizerParts OfBytePairs(
        IReadOnlyDictionary<string, int> ids, IReadOnlyList<(string Left, string Right)> merges,
        IReadOnlyList<AddedToken> added, BytePairSettings settings)
    {
        var spelling = new PieceSpelling { IsByteLevel = true };
        var options = new BytePairOptions { Unknown = settings.UnknownPiece };
        if (settings.UnknownPiece is { } unknown && !ids.ContainsKey(unknown))
            throw new ArgumentException(
                $"The unknown piece \"{Excerpt.Of(unknown, 60)}\" is not in the vocabulary.", nameof(settings));
        var readsBytes = BytePairModel.HasAllBytes(ids, options);
        return new TokenizerParts
        {
            Vocabulary = new Vocabulary(ids, added, spelling),
            Added = added,
            Model = new BytePairModel(ids, merges, options, readsBytes),
            Spelling = spelling,
            PreTokenizer = new ByteLevelPreTokenizer(settings.AddsPrefixSpace, true, writesBytes: !readsBytes),
            Decoder = new ByteLevelDecoder(),
        };
    }

    /// <summary>The parts of BERT's tokenizer.</summary>
    public static TokenizerParts OfWordPieces(
        IReadOnlyDictionary<string, int> ids, IReadOnlyList<AddedToken> added,
        BertNormalization normalization, WordPieceSettings settings)
    {
        var all = ids.Concat(added.Where(token => !ids.ContainsKey(token.Content))
            .Select(token => KeyValuePair.Create(token.Content, token.Id))).ToDictionary();
        if (!all.ContainsKey(settings.UnknownPiece))
            throw new ArgumentException(
                $"The unknown piece \"{Excerpt.Of(settings.UnknownPiece, 60)}\" is not in the vocabulary.",
                nameof(settings));
        var spelling = new PieceSpelling { Prefix = WordPieceVocabulary.Prefix };
        return new TokenizerParts
        {
            Vocabulary = new Vocabulary(ids, added, spelling),
            Added = added,
            Model = new WordPieceModel(all, WordPieceVocabulary.Prefix, settings.UnknownPiece, settings.LongestWord),
            Spelling = spelling,
            Normalizer = new BertNormalizer(normalization),
            PreTokenizer = new BertPreTokenizer(),
            Decoder = new WordPieceDecoder(WordPieceVocabulary.Prefix, cleansUp: true),
        };
    }

    /// <summary>The same with other tokens around a sequence.</summary>
    public TokenizerParts With(SequenceFrame frame)
    {
        var (before, after) = (Items(frame.Before), Items(frame.After));
        var pair = new[] { (0, 0), (1, 1) }.SelectMany(text => (TemplateItem[])[
            new TemplateItem(-1, text.Item2, before), new TemplateItem(text.Item1, text.Item2, []),
            new TemplateItem(-1, text.Item2, after),
        ]).ToArray();
        var around = new TemplateProcessor(pair[..3], pair);
        // Whatever trims places goes on doing so.
        return this with
        {
            PostProcessor = PostProcessor is ByteLevelProcessor trims ? new ProcessorSequence([trims, around]) : around,
        };

        (string, int)[] Items(IReadOnlyList<int> ids) => ids.Select(id => (Vocabulary.Piece(id), id)).ToArray();
    }
}
