using System;
using System.Collections.Generic;

namespace Workbench.Core.Tokenizers.Models;

/// <summary>Pieces by their characters, one UTF-16 unit a step.</summary>
internal sealed class PieceTrie
{
    /// <summary>Where every piece begins.</summary>
    public const int Root = 0;

    private readonly Dictionary<(int Node, char Unit), int> steps = [];
    private readonly List<int> values = [-1];
    private int[] fromRoot = [];

    /// <summary>Adds a piece; of equal ones the last value counts.</summary>
    public void Add(ReadOnlySpan<char> piece, int value)
    {
        var node = Root;
        foreach (var unit in piece)
        {
            if (!steps.TryGetValue((node, unit), out var next))
            {
                steps.Add((node, unit), next = values.Count);
                values.Add(-1);
                if (node == Root)
                {
                    if (unit >= fromRoot.Length) Array.Resize(ref fromRoot, Math.Min(0x10000, Math.Max(256, 2 * unit)));
                    fromRoot[unit] = next;
                }
            }
            node = next;
        }
        values[node] = value;
    }

    /// <summary>Goes on by one unit.</summary>
    /// <param name="node">Where one is.</param>
    /// <param name="unit">The unit.</param>
    /// <param name="value">The value of the piece that ends here, or −1.</param>
    /// <returns>False when no piece goes on so.</returns>
    public bool TryStep(ref int node, char unit, out int value)
    {
        int next;
        if (node == Root) next = unit < fromRoot.Length ? fromRoot[unit] : 0;
        else if (!steps.TryGetValue((node, unit), out next)) next = 0;
        value = next == 0 ? -1 : values[next];
        node = next;
        return next != 0;
    }

    /// <summary>The length of the longest piece that a text begins with, or 0.</summary>
    /// <param name="text">The text.</param>
    /// <param name="value">The piece's value, or −1.</param>
    public int Longest(ReadOnlySpan<char> text, out int value)
    {
        var (node, longest) = (Root, 0);
        value = -1;
        for (var i = 0; i < text.Length && TryStep(ref node, text[i], out var here); i++)
            if (here >= 0) (longest, value) = (i + 1, here);
        return longest;
    }
}
