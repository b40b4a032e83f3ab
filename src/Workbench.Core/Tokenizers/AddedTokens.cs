using System.Collections.Generic;
using System.Linq;

namespace Workbench.Core.Tokenizers;

/// <summary>Gives added tokens their ids.</summary>
internal static class AddedTokens
{
    /// <summary>
    /// The tokens, each content once, with the ids that they have beside a vocabulary: a content that is a piece keeps
    /// the piece's id; any other is numbered on from the number of pieces, whatever id its file gives it. Of two
    /// entries with one content the later one's settings count.
    /// </summary>
    /// <remarks>The rule of <c>AddedVocabulary::add_tokens</c> in the Rust library. Contents that are empty are left
    /// out.</remarks>
    public static AddedToken[] Number(IReadOnlyDictionary<string, int> ids, IEnumerable<AddedToken> tokens)
    {
        var numbered = new Dictionary<string, AddedToken>();
        var order = new List<string>();
        var highest = -1;
        foreach (var token in tokens.Where(token => token.Content.Length > 0))
        {
            int id;
            if (numbered.TryGetValue(token.Content, out var earlier)) id = earlier.Id;
            else
            {
                order.Add(token.Content);
                if (!ids.TryGetValue(token.Content, out id)) id = highest >= ids.Count ? highest + 1 : ids.Count;
            }
            numbered[token.Content] = token with { Id = id };
            highest = int.Max(highest, id);
        }
        return order.Select(content => numbered[content]).ToArray();
    }
}
