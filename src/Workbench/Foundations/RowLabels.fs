namespace Workbench

/// <summary>Which column of a table bears the labels of its rows.</summary>
/// <category index="1">Foundations</category>
[<RequireQualifiedAccess>]
type RowLabels =
    /// The one that the writer called the index; else the first, if it holds texts or has no name, or, in CSV, counts
    /// from 0 or 1; else none.
    | Found
    /// The first, whatever it holds.
    | First
    /// The one of this name.
    | Column of string
    /// None: rows are numbered.
    | Numbered
