namespace Workbench

/// <summary>The shape of a point.</summary>
/// <category index="7">Figures</category>
[<RequireQualifiedAccess>]
type Marker =
    | Circle
    | Square
    | Diamond
    | Cross
