using System;
using System.Text;
using System.Text.Unicode;

namespace Workbench.Core.Tokenizers.Characters;

/// <summary>How the pieces of a vocabulary are written: what stands for a space, for the inside or the end of a word,
/// for bytes.</summary>
internal sealed record PieceSpelling
{
    /// <summary>Whether every character stands for a byte (<see cref="ByteAlphabet"/>).</summary>
    public bool IsByteLevel { get; init; }

    /// <summary>What stands for a space, such as ▁; null when nothing does.</summary>
    public string? Mark { get; init; }

    /// <summary>What a piece inside a word begins with, such as <c>##</c>; empty when nothing does.</summary>
    public string Prefix { get; init; } = "";

    /// <summary>What a piece at the end of a word ends with, such as <c>&lt;/w&gt;</c>; empty when nothing
    /// does.</summary>
    public string Suffix { get; init; } = "";

    /// <summary>Whether pieces such as <c>&lt;0x0A&gt;</c> stand for bytes.</summary>
    public bool HasBytePieces { get; init; }

    /// <summary>The UTF-8 bytes that a piece contributes to a text, without what says where in a word it
    /// stands.</summary>
    public byte[] Bytes(string piece)
    {
        if (HasBytePieces && BytePieces.Value(piece) is >= 0 and var value) return [(byte)value];
        if (Prefix.Length > 0 && piece.StartsWith(Prefix, StringComparison.Ordinal)) piece = piece[Prefix.Length..];
        if (Suffix.Length > 0 && piece.EndsWith(Suffix, StringComparison.Ordinal)) piece = piece[..^Suffix.Length];
        return IsByteLevel ? ByteAlphabet.Bytes(piece) : Encoding.UTF8.GetBytes(WithSpaces(piece));
    }

    /// <summary>How a piece is shown: spaces and bytes as what they are, marks of the inside and the end of a word as
    /// they are written.</summary>
    public string Text(string piece, byte[] bytes) =>
        Prefix.Length > 0 && piece.StartsWith(Prefix, StringComparison.Ordinal)
            ? Prefix + Encoding.UTF8.GetString(bytes)
        : Suffix.Length > 0 && piece.EndsWith(Suffix, StringComparison.Ordinal)
            ? Encoding.UTF8.GetString(bytes) + Suffix
        : Encoding.UTF8.GetString(bytes);

    /// <summary>How the vocabulary writes a text that it shows so.</summary>
    public string Piece(string text)
    {
        if (Mark is { } mark) return text.Replace(" ", mark, StringComparison.Ordinal);
        if (!IsByteLevel) return text;
        var spelling = new StringBuilder();
        foreach (var value in Encoding.UTF8.GetBytes(text)) spelling.Append(ByteAlphabet.Character(value));
        return spelling.ToString();
    }

    /// <summary>Whether a piece is the rest of a word, or a byte of one, and not a word or the beginning of
    /// one.</summary>
    public bool IsContinuation(string piece) =>
        (HasBytePieces && BytePieces.Value(piece) >= 0)
        || (Suffix.Length > 0 ? !piece.EndsWith(Suffix, StringComparison.Ordinal)
            : Prefix.Length > 0 ? piece.StartsWith(Prefix, StringComparison.Ordinal)
            : IsByteLevel ? !piece.StartsWith(ByteAlphabet.Character((byte)' '))
            : Mark is { } mark && !piece.StartsWith(mark, StringComparison.Ordinal));

    /// <summary>Whether a piece stands for a byte, or for bytes that are no whole characters.</summary>
    public bool IsBytes(string piece, ReadOnlySpan<byte> bytes) =>
        (HasBytePieces && BytePieces.Value(piece) >= 0) || (IsByteLevel && !Utf8.IsValid(bytes));

    /// <summary>The same word in the other place that the vocabulary knows, as its pieces are written: with or without
    /// the space before it, inside a longer word or by itself. Null when there is no other place.</summary>
    public string? OtherForm(string piece)
    {
        var (before, behind) = Suffix.Length > 0 ? ("", Suffix)
            : Prefix.Length > 0 ? (Prefix, "")
            : IsByteLevel ? (ByteAlphabet.Character((byte)' ').ToString(), "")
            : (Mark ?? "", "");
        if (behind.Length > 0)
            return piece.EndsWith(behind, StringComparison.Ordinal) ? piece[..^behind.Length] : piece + behind;
        if (before.Length == 0) return null;
        return piece.StartsWith(before, StringComparison.Ordinal) ? piece[before.Length..] : before + piece;
    }

    private string WithSpaces(string piece) =>
        Mark is { } mark ? piece.Replace(mark, " ", StringComparison.Ordinal) : piece;
}
