using System;
using System.Collections.Generic;
using System.Text;

namespace Workbench.Core.Tokenizers.SentencePiece;

/// <summary>What a piece is for.</summary>
internal enum PieceKind { Normal = 1, Unknown = 2, Control = 3, UserDefined = 4, Unused = 5, Byte = 6 }

/// <summary>What SentencePiece's own file says (sentencepiece_model.proto).</summary>
internal sealed record SentencePieceModel
{
    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    /// <summary>Pieces with their scores, in the order of their ids.</summary>
    public required IReadOnlyList<(string Text, float Score, PieceKind Kind)> Pieces { get; init; }

    /// <summary>1 for Unigram, 2 for BPE, 3 for words, 4 for characters.</summary>
    public int ModelType { get; private set; } = 1;
    public bool ByteFallback { get; private set; }
    public bool WhiteSpaceIsSuffix { get; private set; }
    public string UnknownSurface { get; private set; } = " \u2047 ";
    public byte[] CharacterMap { get; private set; } = [];
    public bool AddsDummyPrefix { get; private set; } = true;
    public bool RemovesExtraWhiteSpace { get; private set; } = true;
    public bool EscapesWhiteSpace { get; private set; } = true;
    public bool HasDenormalizer { get; private set; }

    /// <summary>Reads a file's bytes.</summary>
    /// <exception cref="FormatException">They are damaged.</exception>
    public static SentencePieceModel Read(ReadOnlySpan<byte> file)
    {
        var pieces = new List<(string, float, PieceKind)>();
        var model = new SentencePieceModel { Pieces = pieces };
        for (var reader = new ProtoReader(file); reader.Read();)
            switch (reader.Field)
            {
                case 1:
                    pieces.Add(Piece(reader.Bytes, pieces.Count));
                    break;
                case 2:
                    model.ReadTrainer(reader.Bytes);
                    break;
                case 3:
                    model.ReadNormalizer(reader.Bytes);
                    break;
                case 5:
                    model.ReadDenormalizer(reader.Bytes);
                    break;
            }
        return pieces.Count > 0 ? model
            : throw new FormatException("is no SentencePiece model, or a damaged one: it has no piece.");
    }

    private static (string, float, PieceKind) Piece(ReadOnlySpan<byte> message, int id)
    {
        var (text, score, kind) = ("", 0f, PieceKind.Normal);
        for (var reader = new ProtoReader(message); reader.Read();)
        {
            if (reader.Field == 1) text = Text(reader.Bytes);
            if (reader.Field == 2) score = reader.Single;
            if (reader.Field == 3)
                kind = reader.Number is >= 1 and <= 6 ? (PieceKind)reader.Number
                    : throw new FormatException($"has a piece of the kind {reader.Number}, which is not known.");
        }
        if (!float.IsFinite(score)) throw new FormatException($"has a piece, {id}, whose score is no number.");
        return (text, score, kind);
    }

    private void ReadTrainer(ReadOnlySpan<byte> message)
    {
        for (var reader = new ProtoReader(message); reader.Read();)
            switch (reader.Field)
            {
                case 3:
                    ModelType = (int)Math.Min(reader.Number, 100);
                    break;
                case 24:
                    WhiteSpaceIsSuffix = reader.Number != 0;
                    break;
                case 35:
                    ByteFallback = reader.Number != 0;
                    break;
                case 44:
                    UnknownSurface = Text(reader.Bytes);
                    break;
            }
    }

    private void ReadNormalizer(ReadOnlySpan<byte> message)
    {
        for (var reader = new ProtoReader(message); reader.Read();)
            switch (reader.Field)
            {
                case 2:
                    CharacterMap = reader.Bytes.ToArray();
                    break;
                case 3:
                    AddsDummyPrefix = reader.Number != 0;
                    break;
                case 4:
                    RemovesExtraWhiteSpace = reader.Number != 0;
                    break;
                case 5:
                    EscapesWhiteSpace = reader.Number != 0;
                    break;
            }
    }

    private void ReadDenormalizer(ReadOnlySpan<byte> message)
    {
        for (var reader = new ProtoReader(message); reader.Read();)
            if (reader.Field == 2) HasDenormalizer = reader.Bytes.Length > 0;
    }

    private static string Text(ReadOnlySpan<byte> bytes)
    {
        try
        {
            return Strict.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            throw new FormatException("has a text that is not UTF-8.");
        }
    }
}
