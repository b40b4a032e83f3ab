namespace Workbench.Core.Pairs;

/// <summary>What of a matrix is put in random order.</summary>
public enum ShuffleScope
{
    /// <summary>All entries together.</summary>
    AllEntries,
    /// <summary>Each row by itself.</summary>
    WithinRows,
    /// <summary>Each column by itself.</summary>
    WithinColumns,
}
