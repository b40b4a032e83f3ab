namespace Workbench

/// <summary>How a line is broken.</summary>
/// <category index="7">Figures</category>
[<RequireQualifiedAccess>]
type Dash =
    | Solid
    | Dashed
    | Dotted
