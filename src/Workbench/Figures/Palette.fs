namespace Workbench

open System
open Plotly.NET
open type System.FormattableString

/// The numbers behind the colours.
[<RequireQualifiedAccess>]
module internal Palette =
    let rgb (colour: Colour) : int * int * int =
        match colour with
        | Colour.Automatic
        | Colour.Grey -> 0x80, 0x80, 0x80
        | Colour.Blue -> 0x1F, 0x83, 0xC6
        | Colour.Vermilion -> 0xD5, 0x5E, 0x00
        | Colour.Green -> 0x00, 0x9E, 0x73
        | Colour.Sky -> 0x56, 0xB4, 0xE9
        | Colour.Orange -> 0xE6, 0x9F, 0x00
        | Colour.Purple -> 0xCC, 0x79, 0xA7
        | Colour.Rgb(red, green, blue) -> int red, int green, int blue

    let private opaque (red: int, green: int, blue: int) : Color =
        Color.fromString (Invariant $"#{red:X2}{green:X2}{blue:X2}")

    /// A colour through which so much of what lies behind is seen.
    let shade (opacity: float) (colour: Colour) : Color =
        let red, green, blue = rgb colour

        if opacity >= 1.0 then
            opaque (red, green, blue)
        else
            // Their numbers for a colour round its opacity to tenths.
            Color.fromString (Invariant $"rgba({red},{green},{blue},{opacity})")

    let transparent = Color.fromString "rgba(0,0,0,0)"

    /// Grey with a contrast of about 4.5 to white and to black, for words; the page's script puts the page's own text
    /// colour in its place.
    let ink = Color.fromString "#767676"

    /// The order in which automatic colours are given out.
    let order = [|
        Colour.Blue
        Colour.Vermilion
        Colour.Green
        Colour.Purple
        Colour.Orange
        Colour.Sky
        Colour.Grey
    |]

    // Eleven equally spaced samples of RdBu of ColorBrewer, from blue to red.
    let private redBlue = [|
        0x053061
        0x2166AC
        0x4393C3
        0x92C5DE
        0xD1E5F0
        0xF7F7F7
        0xFDDBC7
        0xF4A582
        0xD6604D
        0xB2182B
        0x67001F
    |]

    let private at (share: float) =
        let place = share * float (redBlue.Length - 1)
        let left = min (redBlue.Length - 2) (int place)
        let weight = place - float left

        let channel shift =
            let value i = float ((redBlue[i] >>> shift) &&& 0xFF)
            int (Math.Round(value left + weight * (value (left + 1) - value left)))

        channel 16, channel 8, channel 0

    /// Shares of the way from the low to the high limit with their red, green and blue, cut so that zero keeps the pale
    /// middle whatever the limits are.
    let diverging (low: float) (high: float) : (float * (int * int * int)) list =
        let reach = max (abs low) (abs high)

        let share value =
            if reach = 0.0 then 0.5 else 0.5 + 0.5 * value / reach
        // Odd and even places of the samples alike fall on 40 steps of a symmetrical scale.
        [
            for i in 0..40 ->
                let place = float i / 40.0
                place, at (share (low + place * (high - low)))
        ]

    let private greys =
        StyleParam.Colorscale.Custom [ 0.0, Color.fromString "#F0F0F0"; 1.0, Color.fromString "#202020" ]

    /// The colours from the low to the high limit.
    let scale (low: float) (high: float) (scale: ColourScale) : StyleParam.Colorscale =
        match scale with
        | ColourScale.Sequential -> StyleParam.Colorscale.Viridis
        | ColourScale.Cividis -> StyleParam.Colorscale.Cividis
        // Theirs runs from dark to light, and black hides the words on dark paper.
        | ColourScale.Greys -> greys
        | ColourScale.Automatic when low >= 0.0 || high <= 0.0 -> StyleParam.Colorscale.Viridis
        | ColourScale.Automatic
        | ColourScale.Diverging ->
            StyleParam.Colorscale.Custom [ for place, colour in diverging low high -> place, opaque colour ]
