using System.Collections.Generic;

namespace Workbench.Core.Tokenizers;

/// <summary>The growing result of an encoding: ids, and where they came from if that is wanted.</summary>
internal sealed class TokenList(bool keepPlaces)
{
    public List<int> Ids { get; } = [];

    /// <summary>First UTF-16 code unit and number of them, for each id; null when places are not kept.</summary>
    public List<(int Start, int Length)>? Places { get; } = keepPlaces ? [] : null;

    public void Add(int id, int start, int length)
    {
        Ids.Add(id);
        Places?.Add((start, length));
    }
}

/// <summary>The ids that a model expects before and after a sequence.</summary>
internal sealed record SequenceFrame(IReadOnlyList<int> Before, IReadOnlyList<int> After)
{
    public static readonly SequenceFrame None = new([], []);
}
