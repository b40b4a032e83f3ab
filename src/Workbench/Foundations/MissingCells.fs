namespace Workbench

/// <summary>What becomes of cells that are empty or NaN.</summary>
/// <category index="1">Foundations</category>
[<RequireQualifiedAccess>]
type MissingCells =
    /// They are refused, by row and column.
    | Refused
    /// They are NaN.
    | Kept
