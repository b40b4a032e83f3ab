using System;
using System.Collections.Generic;
using System.Collections.ObjectModel;
using System.Text;
using Workbench.Core.Tokenizers.Characters;

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

    /// <param name="entries">Pieces and their ids, each at least 0. Of equal pieces the later id counts for
    /// finding.</param>
    /// <param name="added">Tokens that are found in the text itself. One whose id is a piece's stands before
    /// it.</param>
    /// <param name="spelling">How pieces are written; added tokens stand for themselves.</param>
    internal Vocabulary(
        IEnumerable<KeyValuePair<string, int>> entries, IReadOnlyList<AddedToken> added, PieceSpelling spelling)
    {
        ids = [];
        var all = new List<KeyValuePair<string, int>>(entries);
        var count = 0;
        foreach (var (_, id) in all) count = Math.Max(count, id + 1);
        foreach (var token in added) count = Math.Max(count, token.Id + 1);
        pieces = new string?[count];
        texts = new string?[count];
        bytes = new byte[]?[count];
        foreach (var (piece, id) in all)
        {
            if (id < 0 || pieces[id] is not null)
                throw new ArgumentException(
                    id < 0
                        ? $"The piece \"{Excerpt.Of(piece, 60)}\" has the id {id}; ids begin at 0."
                        : $"The pieces \"{Excerpt.Of(pieces[id]!, 60)}\" and \"{Excerpt.Of(piece, 60)}\" both have the "
                            + $"id {id}; each id stands for one piece.",
                    nameof(entries)
                );
            pieces[id] = piece;
            ids[piece] = id;
            bytes[id] = spelling.Bytes(piece);
            texts[id] = spelling.Text(piece, bytes[id]!);
        }
        foreach (var token in added)
        {
            if (ids.TryGetValue(token.Content, out var known) && known != token.Id)
                throw new ArgumentException(
                    $"The added token \"{Excerpt.Of(token.Content, 60)}\" has the id {token.Id}, but as a "
                        + $"piece {known}.",
                    nameof(added)
                );
            pieces[token.Id] = texts[token.Id] = token.Content;
            bytes[token.Id] = Encoding.UTF8.GetBytes(token.Content);
            ids[token.Content] = token.Id;
        }
        lookup = ids.GetAlternateLookup<ReadOnlySpan<char>>();
        Pieces = new ReadOnlyDictionary<string, int>(ids);
    }

    /// <summary>One more than the highest id. A vocabulary may leave ids out; see <see cref="Contains"/>.</summary>
    public int Count => pieces.Length;

    /// <summary>Id by piece, added tokens included.</summary>
    public IReadOnlyDictionary<string, int> Pieces { get; }

    /// <summary>Whether an id stands for a piece.</summary>
    public bool Contains(int id) => (uint)id < (uint)pieces.Length && pieces[id] is not null;

    /// <summary>The piece as the tokenizer's file spells it: <c>Ġworld</c>, <c>##ing</c>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">No piece has this id.</exception>
    public string Piece(int id) => Contains(id) ? pieces[id]! : throw Unknown(id);

    /// <summary>
    /// What a piece stands for by itself, as decoding it alone gives: " world" for <c>Ġworld</c>, with U+FFFD for bytes
    /// that are no whole character. What marks the inside or the end of a word (<c>##</c>, <c>&lt;/w&gt;</c>) stays.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">No piece has this id.</exception>
    public string Text(int id) => Contains(id) ? texts[id]! : throw Unknown(id);

    /// <summary>
    /// The UTF-8 bytes that a piece contributes to a text; those of one piece need not be whole characters. Without
    /// what marks the inside or the end of a word.
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
