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
                    $"Token {i} is {tokens[i]}, but the vocabulary's ids are 0 to {vocabulary - 1}; was another "
                        + "model's tokenizer used?",
                    nameof(tokens)
                );
    }

    /// <summary>Refuses token types that a model cannot look up.</summary>
    public static void CheckTypes(ReadOnlySpan<int> tokens, ReadOnlySpan<int> tokenTypes, int count)
    {
        if (tokenTypes.IsEmpty) return;
        if (tokenTypes.Length != tokens.Length)
            throw new ArgumentException(
                $"There are {tokens.Length} tokens, but {tokenTypes.Length} token types.", nameof(tokenTypes));
        if (count == 0)
            throw new ArgumentException("The model has no token types; leave them out.", nameof(tokenTypes));
        foreach (var type in tokenTypes)
            if ((uint)type >= (uint)count)
                throw new ArgumentException(
                    $"A token's type is {type}, but the model has types 0 to {count - 1}.", nameof(tokenTypes));
    }
}
