namespace Workbench

/// <summary>Whether the first line of a CSV file names its columns.</summary>
/// <category index="1">Foundations</category>
[<RequireQualifiedAccess>]
type Header =
    /// It does if it begins with an empty cell, or has a text where the second line has a number.
    | Found
    /// It does.
    | Present
    /// It does not: columns are numbered.
    | Absent
