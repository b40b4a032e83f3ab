namespace Workbench

/// <summary>Colours that people with any colour vision tell apart, on light and on dark paper (after Okabe and Ito,
/// 2008).</summary>
/// <category index="7">Figures</category>
[<RequireQualifiedAccess>]
type Colour =
    /// The next of the others, by the order in which things are drawn.
    | Automatic
    | Blue
    | Vermilion
    | Green
    | Sky
    | Orange
    | Purple
    | Grey
    /// Red, green and blue, each from 0 to 255.
    | Rgb of red: byte * green: byte * blue: byte
