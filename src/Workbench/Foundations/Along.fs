namespace Workbench

/// <summary>Which vectors of a matrix are compared or described.</summary>
/// <category index="1">Foundations</category>
type Along =
    /// Each row is one vector.
    | Rows
    /// Each column is one vector.
    | Columns
