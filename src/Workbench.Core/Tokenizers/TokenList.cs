using System;
using System.Collections.Generic;

namespace Workbench.Core.Tokenizers;

/// <summary>The growing result of an encoding: ids, and where they came from if that is wanted.</summary>
internal sealed class TokenList(bool keepPlaces, bool keepTexts = false)
{
    public List<int> Ids { get; } = [];

    /// <summary>First UTF-16 unit of each token and one past the last; null when places are not kept.</summary>
    public List<(int Start, int End)>? Places { get; } = keepPlaces ? [] : null;

    /// <summary>The text of tokens that are not shown as their piece, null for the others; null when texts are not
    /// kept.</summary>
    public List<string?>? Texts { get; } = keepTexts ? [] : null;

    /// <summary>Adds a token.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="place">Where it came from.</param>
    /// <param name="text">The text that it was found in.</param>
    /// <param name="start">First unit there.</param>
    /// <param name="end">One past the last.</param>
    /// <param name="showsText">Whether it is shown as this text and not as its piece.</param>
    public void Add(
        int id, (int Start, int End) place, ReadOnlySpan<char> text, int start, int end, bool showsText = true)
    {
        Ids.Add(id);
        Places?.Add(place);
        Texts?.Add(showsText ? text[start..end].ToString() : null);
    }
}

/// <summary>The ids that a model expects before and after a sequence.</summary>
internal sealed record SequenceFrame(IReadOnlyList<int> Before, IReadOnlyList<int> After)
{
    public static readonly SequenceFrame None = new([], []);
}
