namespace Workbench

open System
open System.Globalization

/// What a heat-map shows of a matrix that has more values than a screen.
[<RequireQualifiedAccess>]
module internal HeatmapCells =
    /// The places of an axis in blocks of so many: numbers where the labels count in equal steps, and for blocks of
    /// several words, which no tick could name; else the words.
    let places (block: int) (axis: Axis) : Places =
        let starts = [| 0..block .. axis.Length - 1 |]

        let whole (index: int) =
            match Int32.TryParse(axis.Label index, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture) with
            | true, value -> Some(float value)
            | false, _ -> None

        let step =
            match axis.Length with
            | 1 -> Some 1.0
            | _ -> Option.map2 (-) (whole 1) (whole 0)

        let blocks first step =
            Spaced(first + step * float (block - 1) / 2.0, step * float block)

        let counts first step =
            starts |> Array.forall (fun i -> whole i = Some(first + step * float i))

        match whole 0, step with
        | Some first, Some step when step <> 0.0 && counts first step -> blocks first step
        | _ when block > 1 -> blocks 0.0 1.0
        | _ -> Named(Array.map axis.Label starts)

    /// Means of blocks; values that are not finite are left out, and a block of such alone is NaN.
    let blockMeans (rowBlock: int) (columnBlock: int) (matrix: Labelled) =
        let rows = (matrix.Rows.Length + rowBlock - 1) / rowBlock
        let columns = (matrix.Columns.Length + columnBlock - 1) / columnBlock

        let ofRow (row: int) =
            let sums = Array.zeroCreate<float> columns
            let counts = Array.zeroCreate<int> columns

            for i in row * rowBlock .. min matrix.Rows.Length ((row + 1) * rowBlock) - 1 do
                let values = matrix.Values.Row i

                for j in 0 .. values.Length - 1 do
                    if Single.IsFinite values[j] then
                        sums[j / columnBlock] <- sums[j / columnBlock] + float values[j]
                        counts[j / columnBlock] <- counts[j / columnBlock] + 1

            Array.map2 (fun sum count -> float32 (sum / float count)) sums counts

        rows, columns, Array.collect ofRow [| 0 .. rows - 1 |]
