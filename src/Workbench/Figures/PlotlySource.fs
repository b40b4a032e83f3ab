namespace Workbench

/// <summary>Where a page gets plotly.js from.</summary>
/// <category index="7">Figures</category>
[<RequireQualifiedAccess>]
type PlotlySource =
    /// A path or address, as it stands in the page's script element.
    | At of string
    /// The public CDN, in the version that the figures are made for.
    | Cdn
