namespace Workbench

open System
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

    let css (opacity: float) (colour: Colour) : string =
        let red, green, blue = rgb colour

        if opacity >= 1.0 then
            $"rgb({red},{green},{blue})"
        else
            Invariant $"rgba({red},{green},{blue},{opacity})"

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

    // Eleven equally spaced samples each: viridis and cividis of matplotlib, RdBu of ColorBrewer from blue to red.
    let private viridis = [|
        0x440154
        0x482475
        0x414487
        0x355F8D
        0x2A788E
        0x21918C
        0x22A884
        0x44BF70
        0x7AD151
        0xBDDF26
        0xFDE725
    |]

    let private cividis = [|
        0x00224E
        0x083370
        0x35456C
        0x4F576C
        0x666970
        0x7D7C78
        0x948E77
        0xAEA371
        0xC8B866
        0xE5CF52
        0xFEE838
    |]

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

    let private greys = [| 0xF0F0F0; 0x202020 |]

    let private at (samples: int[]) (share: float) =
        let place = share * float (samples.Length - 1)
        let left = min (samples.Length - 2) (int place)
        let weight = place - float left

        let channel shift =
            let value i = float ((samples[i] >>> shift) &&& 0xFF)
            int (Math.Round(value left + weight * (value (left + 1) - value left)))

        $"rgb({channel 16},{channel 8},{channel 0})"

    /// Shares of the way from the low to the high limit with their colours.
    /// The diverging scale is cut so that zero keeps the pale middle whatever the limits are.
    let stops (low: float) (high: float) (scale: ColourScale) : (float * string) list =
        let even samples = [ for i in 0..10 -> float i / 10.0, at samples (float i / 10.0) ]

        match scale with
        | ColourScale.Sequential -> even viridis
        | ColourScale.Cividis -> even cividis
        | ColourScale.Greys -> even greys
        | ColourScale.Automatic when low >= 0.0 || high <= 0.0 -> even viridis
        | ColourScale.Automatic
        | ColourScale.Diverging ->
            let reach = max (abs low) (abs high)

            let share value =
                if reach = 0.0 then 0.5 else 0.5 + 0.5 * value / reach
            // Odd and even places of the samples alike fall on 40 steps of a symmetrical scale.
            [
                for i in 0..40 ->
                    let place = float i / 40.0
                    place, at redBlue (share (low + place * (high - low)))
            ]
