namespace Workbench

open System
open System.Globalization

/// <summary>One entry of a table.</summary>
/// <category index="1">Foundations</category>
type Cell =
    | Text of string
    /// Shown with the table's significant digits.
    | Number of float
    /// Shown whole, with thousands separators.
    | Count of int64

/// Cells as text.
[<RequireQualifiedAccess>]
module internal CellText =
    let private invariant = CultureInfo.InvariantCulture

    /// A number with so many significant digits: plain from 0.0001 to 10,000,000, else with a power of ten.
    let number (digits: int) (value: float) : string =
        let size = abs value

        if Double.IsNaN value then
            "–"
        elif Double.IsInfinity value then
            if value > 0.0 then "∞" else "-∞"
        elif size <> 0.0 && (size < 1e-4 || size >= 1e7) then
            value.ToString("0." + String('0', digits - 1) + "e0", invariant)
        else
            // The exponent after rounding: 9.9996 with four digits is 10.00, not 10.000.
            let rounded = value.ToString("E" + string (digits - 1), invariant)
            let exponent = int (rounded.Substring(rounded.IndexOf 'E' + 1))
            value.ToString("N" + string (max 0 (digits - 1 - exponent)), invariant)

    let shown (digits: int) (cell: Cell) : string =
        match cell with
        | Text text -> Escape.visible text
        | Number value -> number digits value
        | Count count -> count.ToString("N0", invariant)

    /// With all digits and no separators, to be read by programs.
    let exact (cell: Cell) : string =
        match cell with
        | Text text -> text
        | Number value -> value.ToString("R", invariant)
        | Count count -> count.ToString invariant

    /// Lines of equally wide columns, two spaces apart, a rule under the first.
    let aligned (alignments: Align list) (lines: string list list) : string list =
        let widths = lines |> List.transpose |> List.map (List.map Escape.width >> List.max)

        let padded align width text =
            let room = width - Escape.width text

            match align with
            | Align.Left -> text + String(' ', room)
            | Align.Right -> String(' ', room) + text
            | Align.Centre -> String(' ', room / 2) + text + String(' ', room - room / 2)

        let joined (cells: string list) = String.Join("  ", cells).TrimEnd()
        let rule = joined [ for width in widths -> String('-', width) ]

        match lines |> List.map (List.map3 padded alignments widths >> joined) with
        | header :: rows -> header :: rule :: rows
        | [] -> []
