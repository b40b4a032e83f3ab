namespace Workbench.Core.Tokenizers.Models;

/// <summary>The flags of <c>BPE</c>.</summary>
internal sealed record BytePairOptions
{
    /// <summary>What stands for a symbol that is no piece; null leaves it out.</summary>
    public string? Unknown { get; init; }

    /// <summary>Whether unknown neighbours are one token.</summary>
    public bool FusesUnknown { get; init; }

    /// <summary>Whether a symbol that is no piece is written in pieces for bytes where there are all it
    /// needs.</summary>
    public bool ByteFallback { get; init; }

    /// <summary>Whether a whole piece that is in the vocabulary is taken without merging.</summary>
    public bool IgnoresMerges { get; init; }

    /// <summary>What every symbol but the first of a piece is written with.</summary>
    public string Prefix { get; init; } = "";

    /// <summary>What the last symbol of a piece is written with.</summary>
    public string Suffix { get; init; } = "";
}
