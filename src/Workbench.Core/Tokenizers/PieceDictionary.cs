using System;
using System.Collections.Generic;

namespace Workbench.Core.Tokenizers;

/// <summary>Puts added tokens into a dictionary of pieces.</summary>
internal static class PieceDictionary
{
    /// <summary>The pieces with the added tokens that are not among them.</summary>
    /// <exception cref="ArgumentException">An added token is a piece with another id.</exception>
    public static IReadOnlyDictionary<string, int> WithAdded(
        this IReadOnlyDictionary<string, int> ids, IReadOnlyList<AddedToken> added)
    {
        var all = new Dictionary<string, int>(ids);
        foreach (var token in added)
        {
            if (!all.TryAdd(token.Content, token.Id) && all[token.Content] != token.Id)
                throw new ArgumentException(
                    $"The added token \"{token.Content}\" has the id {token.Id}, but as a piece {all[token.Content]}.",
                    nameof(added)
                );
        }
        return all;
    }
}
