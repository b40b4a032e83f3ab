namespace Workbench.Core.Tokenizers;

/// <summary>
/// A token that is looked for in the text itself, before anything is split or normalised: <c>&lt;|endoftext|&gt;</c>,
/// <c>[MASK]</c>.
/// </summary>
/// <param name="Id">Its id.</param>
/// <param name="Content">The text that stands for it.</param>
public sealed record AddedToken(int Id, string Content)
{
    /// <summary>Whether it steers the model instead of standing for text.</summary>
    public bool IsSpecial { get; init; } = true;

    /// <summary>Whether it is looked for in the normalised text, itself normalised, after those that are not.</summary>
    public bool IsNormalized { get; init; }

    /// <summary>Whether it counts only where no letter, mark, digit or connector touches it.</summary>
    public bool IsSingleWord { get; init; }

    /// <summary>Whether white space before it belongs to it.</summary>
    public bool StripsLeft { get; init; }

    /// <summary>Whether white space after it belongs to it.</summary>
    public bool StripsRight { get; init; }
}
