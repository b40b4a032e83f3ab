namespace Workbench

/// <summary>How values become colours.</summary>
/// <category index="7">Figures</category>
[<RequireQualifiedAccess>]
type ColourScale =
    /// Diverging where there are values on both sides of zero, else sequential.
    | Automatic
    /// Dark violet to yellow in steps that look equal (viridis). For values that only grow.
    | Sequential
    /// Blue below zero, red above, pale at zero wherever the limits are. For signed values.
    | Diverging
    /// Dark blue to yellow, the same for all kinds of colour vision (cividis).
    | Cividis
    /// Light to dark grey: for print.
    | Greys
