using System;
using System.Collections.Generic;
using System.Text;
using Workbench.Core.Tokenizers.Characters;

namespace Workbench.Core.Tokenizers.PreTokenizers;

/// <summary>Where a mark is put before a text.</summary>
internal enum PrependScheme
{
    /// <summary>Before every piece.</summary>
    Always,

    /// <summary>Before the piece that begins the text.</summary>
    First,

    /// <summary>Nowhere.</summary>
    Never,
}

/// <summary><c>Metaspace</c>: spaces become a mark, one is put before the text, and each begins a piece.</summary>
internal sealed class MetaspacePreTokenizer(Rune mark, PrependScheme scheme, bool splits) : PreTokenizer
{
    private readonly string markText = mark.ToString();

    /// <inheritdoc/>
    public override void Cut(ref PreTokenizedText text)
    {
        var result = new NormalizedText(text.Text.Length + text.Pieces.Count + 8);
        var cut = text.Begin();
        foreach (var piece in text.Pieces)
        {
            var begun = result.Length;
            var rest = text.Text.Characters[piece.Start..piece.End];
            var isMarked = rest[0] == ' ' || rest.StartsWith(markText, StringComparison.Ordinal);
            if (!isMarked && (scheme == PrependScheme.Always
                || (scheme == PrependScheme.First && text.BeginsOriginal(piece))))
                result.Append(markText, text.Text.At(piece.Start));
            for (var at = piece.Start; at < piece.End;)
            {
                var space = text.Text.Characters[at..piece.End].IndexOf(' ');
                var end = space < 0 ? piece.End : at + space;
                result.Append(text.Text, at, end);
                if (space >= 0) result.Append(markText, text.Text.At(end));
                at = space < 0 ? end : end + 1;
            }
            if (splits) Split(result, begun, cut);
            else cut.Add((begun, result.Length));
        }
        text.Change(result.Text(text.Text.Origin));
    }

    /// <summary>Each mark goes with what is behind it; of several marks the last.</summary>
    private void Split(NormalizedText text, int begun, List<(int Start, int End)> cut)
    {
        for (var at = begun + 1; at < text.Length;)
        {
            var next = text.Characters[at..].IndexOf(markText, StringComparison.Ordinal);
            if (next < 0) break;
            if (at + next > begun) cut.Add((begun, at + next));
            begun = at + next;
            at = begun + markText.Length;
        }
        if (text.Length > begun) cut.Add((begun, text.Length));
    }
}
