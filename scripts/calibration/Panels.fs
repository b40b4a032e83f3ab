/// Pictures of p-values.
module Panels

open System
open Workbench
open Nulls

/// A small histogram for each case: what is to be expected as a line, two standard deviations of it as a band.
let svg (first: int) (cases: (Case * Uniformity) list) : string =
    let columns, width, height = 4, 200, 110

    let most =
        cases
        |> List.collect (fun (_, found) -> found.Cells |> Array.map fst |> List.ofArray)
        |> List.max

    let y count = 95.0 - 62.0 * float count / float most

    let fixed' (value: float) =
        value.ToString("F1", Globalization.CultureInfo.InvariantCulture)

    let panel i (case: Case, found: Uniformity) =
        let step = 160.0 / float found.Cells.Length
        let expected = snd found.Cells[0]
        let spread = 2.0 * sqrt (expected * (1.0 - expected / float found.P.Length))
        let title = case.Test.Split(", ", 2)
        let below = if title.Length > 1 then title[1] else ""

        String.concat "\n" [
            $"<g transform=\"translate({i % columns * width + 20},{i / columns * height})\">"
            $"<text y=\"14\" font-weight=\"bold\">{first + i} · {title[0]}</text><text y=\"27\">{below}</text>"
            $"<rect y=\"{fixed' (y (expected + spread))}\" width=\"160\" \
              height=\"{fixed' (y (expected - spread) - y (expected + spread))}\" fill=\"#f2d9c4\"/>"
            for cell, (count, _) in Array.indexed found.Cells do
                $"<rect x=\"{fixed' (float cell * step + 1.0)}\" y=\"{fixed' (y count)}\" \
                  width=\"{fixed' (step - 2.0)}\" height=\"{fixed' (95.0 - y count)}\" fill=\"#3b6ea5\" \
                  fill-opacity=\"0.8\"/>"
            $"<path d=\"M0 {fixed' (y expected)}H160M0 95H160\" stroke=\"#333\" stroke-width=\"0.7\"/></g>"
        ]

    let rows = (cases.Length + columns - 1) / columns

    String.concat "\n" [
        $"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {columns * width} {rows * height + 6}\" \
          font-family=\"sans-serif\" font-size=\"10\">"
        "<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>"
        yield! List.mapi panel cases
        "</svg>\n"
    ]
