namespace Workbench

/// <summary>Where the legend stands.</summary>
/// <category index="7">Figures</category>
[<RequireQualifiedAccess>]
type Legend =
    /// Above the plot where two or more series have names, else nowhere.
    | Automatic
    | Above
    | Right
    | Hidden
