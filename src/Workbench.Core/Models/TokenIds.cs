using System;

namespace Workbench.Core.Models;

internal static class TokenIds
{
    /// <summary>Refuses ids that a model cannot look up, naming the first.</summary>
    public static void Check(ReadOnlySpan<int> tokens, int vocabulary, int positions)
    {
        if (tokens.IsEmpty)
            throw new ArgumentException("There are no tokens; a forward pass needs at least one.", nameof(tokens));
        if (tokens.Length > positions)
            throw new ArgumentException(
                $"There are {tokens.Length} tokens, but the model has {positions} positions; shorten the text.",
                nameof(tokens));
        for (var i = 0; i < tokens.Length; i++)
            if ((uint)tokens[i] >= (uint)vocabulary)
                throw new ArgumentException(
                    $"Token {i} is {tokens[i]}, but the vocabulary's ids are 0 to {vocabulary - 1}; was another model's tokenizer used?",
                    nameof(tokens)
                );
    }
}
