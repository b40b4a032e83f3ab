namespace Workbench.Core.Tokenizers.PreTokenizers;

/// <summary>What becomes of that at which a text is cut.</summary>
internal enum SplitBehavior
{
    /// <summary>It goes.</summary>
    Removed,

    /// <summary>It is a piece of its own.</summary>
    Isolated,

    /// <summary>It belongs to what is before it.</summary>
    MergedWithPrevious,

    /// <summary>It belongs to what is behind it.</summary>
    MergedWithNext,

    /// <summary>Several in a row are one piece.</summary>
    Contiguous,
}
