using System;
using System.Collections.Generic;
using System.Linq;
using Workbench.Core.Formats;
using Workbench.Core.Tokenizers.Characters;
using Workbench.Core.Tokenizers.Models;
using Workbench.Core.Tokenizers.Normalizers;
using Workbench.Core.Tokenizers.SentencePiece;

namespace Workbench.Core.Tokenizers;

/// <summary>
/// Reads SentencePiece's own file, Unigram and BPE, with the flags in it; what stands around a sequence is said by the
/// settings beside it. Symbols such as <c>&lt;/s&gt;</c> in a text are text there, as SentencePiece has it.
/// </summary>
internal static class SentencePieceFile
{
    /// <summary>The tokenizer of a file.</summary>
    public static Tokenizer Read(string path, TokenizerConfig config)
    {
        var model = SentencePieceModel.Read(TokenizerFiles.ReadBytes(path));
        if (model.ModelType is not (1 or 2))
            throw new WeightFileException(
                FileProblem.UnsupportedObject, path,
                $"is a SentencePiece model of type {model.ModelType}, which is not read; Unigram (1) and BPE (2) are.");
        if (model.HasDenormalizer)
            throw new WeightFileException(
                FileProblem.UnsupportedObject, path, "has rules that undo its normalisation, which are not read.");
        var map = model.CharacterMap.Length == 0 ? null : new PrecompiledMap(model.CharacterMap);
        PieceTrie? userDefined = null;
        for (var id = 0; id < model.Pieces.Count; id++)
            if (model.Pieces[id] is { Kind: PieceKind.UserDefined, Text: { Length: > 0 } text })
                (userDefined ??= new PieceTrie()).Add(text, id);
        var entries = model.Pieces.Select((piece, id) => KeyValuePair.Create(piece.Text, id)).ToArray();
        var ids = new Dictionary<string, int>();
        foreach (var (text, id) in entries.Reverse()) ids[text] = id;
        var added = config.Added(ids, [], null).Where(token => !ids.ContainsKey(token.Content)).ToArray();
        var spelling = new PieceSpelling { Mark = "\u2581", HasBytePieces = model.ByteFallback };
        var vocabulary = new Vocabulary(entries, added, spelling);
        var parts = new TokenizerParts
        {
            Vocabulary = vocabulary,
            Added = added,
            Silent = model.Pieces.Select((piece, id) => (piece, id))
                .Where(entry => entry.piece.Kind is PieceKind.Control or PieceKind.Unknown)
                .Select(entry => new AddedToken(entry.id, entry.piece.Text))
                .ToArray(),
            Model = model.ModelType == 1
                ? new SentencePieceUnigram(model)
                : new SentencePieceBytePairs(model, userDefined),
            Spelling = spelling,
            Normalizer = new SentencePieceNormalizer(model, map, userDefined),
            Decoder = new SentencePieceDecoder(model),
            Note = "Special tokens that stand in a text are text for SentencePiece; transformers finds them.",
        };
        var frame = config.SentencePieceFrame(vocabulary);
        return new Tokenizer(frame == SequenceFrame.None ? parts : parts.With(frame));
    }
}
