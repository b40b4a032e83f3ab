namespace Workbench

/// <summary>How the points of a series are joined.</summary>
/// <category index="7">Figures</category>
[<RequireQualifiedAccess>]
type Stroke =
    | Lines
    | Markers
    | LinesAndMarkers
