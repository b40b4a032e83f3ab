using System;
using System.Collections.Generic;
using System.Collections.ObjectModel;

namespace Workbench.Core.Tokenizers;

/// <summary>
/// What each token id stands for: the piece as the tokenizer's file spells it, the text, and the bytes.
/// </summary>
public sealed class Vocabulary
{
    private readonly string?[] pieces;
    private readonly string?[] texts;
    private readonly byte[]?[] bytes;
    private readonly Dictionary<string, int> ids;
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> lookup;

    /// <param name="ids">Id by piece, each id once and at least 0.</param>
    /// <param name="bytesOf">What a piece and its id stand for.</param>
    /// <param name="textOf">How a piece and its bytes are shown.</param>
    internal Vocabulary(
        IReadOnlyDictionary<string, int> ids, Func<string, int, byte[]> bytesOf, Func<string, byte[], string> textOf)
    {
        var count = 0;
        foreach (var id in ids.Values) count = Math.Max(count, id + 1);
        pieces = new string?[count];
        texts = new string?[count];
        bytes = new byte[]?[count];
        this.ids = new Dictionary<string, int>(ids.Count);
        foreach (var (piece, id) in ids)
        {
            if (id < 0 || pieces[id] is not null)
                throw new ArgumentException(
                    id < 0
                        ? $"The piece \"{piece}\" has the id {id}; ids begin at 0."
                        : $"The pieces \"{pieces[id]}\" and \"{piece}\" both have the id {id}; each id stands for one "
                            + "piece.",
                    nameof(ids)
                );
            pieces[id] = piece;
            this.ids.Add(piece, id);
            bytes[id] = bytesOf(piece, id);
            texts[id] = textOf(piece, bytes[id]!);
            LongestPiece = Math.Max(LongestPiece, piece.Length);
        }
        lookup = this.ids.GetAlternateLookup<ReadOnlySpan<char>>();
        Pieces = new ReadOnlyDictionary<string, int>(this.ids);
    }

    /// <summary>One more than the highest id. A vocabulary may leave ids out; see <see cref="Contains"/>.</summary>
    public int Count => pieces.Length;

    /// <summary>Id by piece, added tokens included.</summary>
    public IReadOnlyDictionary<string, int> Pieces { get; }

    /// <summary>UTF-16 code units of the longest piece.</summary>
    internal int LongestPiece { get; }

    /// <summary>Whether an id stands for a piece.</summary>
    public bool Contains(int id) => (uint)id < (uint)pieces.Length && pieces[id] is not null;

    /// <summary>The piece as the tokenizer's file spells it: <c>Ġworld</c>, <c>##ing</c>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">No piece has this id.</exception>
    public string Piece(int id) => Contains(id) ? pieces[id]! : throw Unknown(id);

    /// <summary>
    /// What a piece stands for by itself, as decoding it alone gives: " world" for <c>Ġworld</c>, with U+FFFD for bytes
    /// that are no whole character. A WordPiece piece stands for itself, <c>##</c> included.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">No piece has this id.</exception>
    public string Text(int id) => Contains(id) ? texts[id]! : throw Unknown(id);

    /// <summary>
    /// The UTF-8 bytes that a piece contributes to a text; those of one piece need not be whole characters. Without the
    /// <c>##</c> of WordPiece.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">No piece has this id.</exception>
    public ReadOnlySpan<byte> Bytes(int id) => Contains(id) ? bytes[id] : throw Unknown(id);

    /// <summary>The id of a piece in the file's own spelling.</summary>
    /// <returns>False, and id −1, when there is no such piece.</returns>
    public bool TryFind(ReadOnlySpan<char> piece, out int id)
    {
        if (lookup.TryGetValue(piece, out id)) return true;
        id = -1;
        return false;
    }

    private ArgumentOutOfRangeException Unknown(int id) =>
        new(
            nameof(id), id,
            $"No piece has this id; the vocabulary has {ids.Count} pieces with ids from 0 to {Count - 1}.");
}
