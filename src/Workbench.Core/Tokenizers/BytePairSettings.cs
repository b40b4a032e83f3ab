namespace Workbench.Core.Tokenizers;

/// <summary>How a byte-level tokenizer differs from GPT-2's.</summary>
public sealed record BytePairSettings
{
    /// <summary>
    /// The piece that stands for a byte without a piece of its own. Null, as for GPT-2, whose vocabulary has all 256:
    /// such a byte is left out.
    /// </summary>
    public string? UnknownPiece { get; init; }

    /// <summary>Whether a text that does not begin with a space is encoded as if it did (RoBERTa's option).</summary>
    public bool AddsPrefixSpace { get; init; }
}
