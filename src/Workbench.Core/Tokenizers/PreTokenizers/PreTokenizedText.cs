using System;
using System.Collections.Generic;
using Workbench.Core.Tokenizers.Characters;

namespace Workbench.Core.Tokenizers.PreTokenizers;

/// <summary>Text that is being cut: the text, and the pieces of it that are left.</summary>
internal ref struct PreTokenizedText
{
    /// <summary>Lists of more pieces than this are not kept for the next text.</summary>
    private const int LongestKept = 1 << 20;

    /// <summary>The lists of the text before on this thread: making them anew costs as much as cutting.</summary>
    [ThreadStatic]
    private static (List<(int Start, int End)> First, List<(int Start, int End)> Second)? kept;

    private List<(int Start, int End)> spare;
    private bool isCut;

    /// <summary>A text in one piece.</summary>
    public PreTokenizedText(PlacedText text)
    {
        Text = text;
        (Pieces, spare) = kept ?? ([], []);
        kept = null;
        Pieces.Clear();
        if (text.Length > 0) Pieces.Add((0, text.Length));
    }

    public PlacedText Text { get; private set; }

    /// <summary>First unit of each piece and one past its last; none is empty.</summary>
    public List<(int Start, int End)> Pieces { get; private set; }

    /// <summary>Whether a piece begins where the whole original does.</summary>
    public readonly bool BeginsOriginal((int Start, int End) piece) =>
        isCut ? Text.At(piece.Start).Start == 0 : Text.Origin == 0;

    /// <summary>Gives the lists back; the pieces are not to be read any more.</summary>
    public readonly void Release()
    {
        if (Pieces.Count <= LongestKept && spare.Count <= LongestKept) kept = (Pieces, spare);
    }

    /// <summary>An empty list for the pieces that are to come.</summary>
    public readonly List<(int Start, int End)> Begin()
    {
        spare.Clear();
        return spare;
    }

    /// <summary>Replaces the pieces by those in the list that <see cref="Begin"/> gave.</summary>
    public void Cut()
    {
        (Pieces, spare) = (spare, Pieces);
        isCut = true;
    }

    /// <summary>Replaces the text, and the pieces by those in the list that <see cref="Begin"/> gave.</summary>
    public void Change(PlacedText text)
    {
        Text = text;
        Cut();
    }
}
