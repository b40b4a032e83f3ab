namespace Workbench

open System

/// Places for words beside points, so that no word covers another or a point.
[<RequireQualifiedAccess>]
module internal LabelPlaces =
    // Shares of a panel's sides, of panels 300 to 400 pixels wide and words of 11 pixels.
    let private perLetter = 0.022
    let private height = 0.065

    // Rings of growing radius, twelve places on each, straight up first.
    let private candidates = [
        0.0, 0.015
        for ring in 1..12 do
            for step in 0..11 do
                let angle = Math.PI * (0.5 + float step / 6.0)
                let radius = 0.05 * float ring
                radius * cos angle, radius * sin angle
    ]

    /// The middle of each word's lower edge, for points in the unit square: the nearest place of its point at which
    /// the word lies inside the square and meets no point and no earlier word; the first where there is none.
    let apart (labels: string[]) (points: (float * float)[]) : (float * float)[] =
        let width i = perLetter * float labels[i].Length

        let meets (x, y, w) (x', y', w') =
            abs (x - x') < (w + w') / 2.0 && abs (y - y': float) < height

        let covers (x, y, w) (px, py) =
            abs (x - px: float) < w / 2.0 + 0.01 && py > y - 0.01 && py < y + height

        let inside (x, y, w) =
            x - w / 2.0 >= 0.0 && x + w / 2.0 <= 1.0 && y >= 0.0 && y + height <= 1.0

        ([], [ 0 .. points.Length - 1 ])
        ||> List.fold (fun placed i ->
            let x, y = points[i]

            let boxes = candidates |> List.map (fun (dx, dy) -> x + dx, y + dy, width i)

            let free box =
                inside box
                && not (List.exists (meets box) placed)
                && not (Array.exists (covers box) points)

            (boxes |> List.tryFind free |> Option.defaultValue boxes.Head) :: placed)
        |> List.rev
        |> List.map (fun (x, y, _) -> x, y)
        |> Array.ofList
