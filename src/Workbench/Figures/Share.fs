namespace Workbench

/// <summary>What the panels of a grid have in common.</summary>
/// <category index="7">Figures</category>
[<RequireQualifiedAccess>]
type Share =
    /// The same range of x, written under the last row only.
    | X
    /// The same range of y, written beside the first column only.
    | Y
    /// The same range of z in three dimensions.
    | Z
    /// The same colour limits and one colour bar.
    | Colours
