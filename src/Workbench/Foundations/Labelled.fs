namespace Workbench

open System
open Workbench.Core
open Workbench.Core.Formats
open Workbench.Core.Frames
open Workbench.Core.Tensors
open type System.FormattableString

/// <summary>A matrix whose rows and columns have names and labels, and which knows where it comes from.</summary>
/// <category index="1">Foundations</category>
[<NoComparison; ReferenceEquality; StructuredFormatDisplay("{Display}")>]
type Labelled = {
    /// Row-major float32; not to be written to.
    Values: Matrix
    Rows: Axis
    Columns: Axis
    Provenance: Provenance
} with

    /// Element at a row and a column.
    member this.Item
        with get (row: int, column: int) = this.Values[row, column]

    /// Shape, origin and the first few values, of a single column a few more: never a wall of numbers.
    member this.Display =
        let most = if this.Columns.Length = 1 then 12 else 3

        let corner = [
            for i in 0 .. min most this.Rows.Length - 1 do
                let shown = [
                    for j in 0 .. min 5 this.Columns.Length - 1 -> Invariant $"{this.Values[i, j]:F4}"
                ]

                let rest = if this.Columns.Length > 5 then ", …" else ""
                $"""  {Escape.typed (this.Rows.Label i)}: {String.Join(", ", shown)}{rest}"""
        ]

        let more = if this.Rows.Length > most then [ "  …" ] else []
        let title = $"{this.Rows} by {this.Columns}, {Provenance.describe this.Provenance}"
        String.Join("\n", title :: corner @ more)

    override this.ToString() = this.Display

/// <summary>Makes labelled matrices and takes parts of them. Nothing here writes to its input.</summary>
/// <category index="1">Foundations</category>
[<RequireQualifiedAccess>]
module Labelled =
    /// <summary>Puts axes and an origin to a matrix, without a copy.</summary>
    /// <exception cref="T:System.ArgumentException">An axis is not as long as the matrix.</exception>
    /// <example><code lang="fsharp">
    /// animals.Values |> Labelled.ofMatrix (Axis.numbered "row" 4) animals.Columns (Provenance.computed "typed")
    /// </code> is <c>row × 4 by measure × 3, typed [cpu]
    /// 0: 4.0000, 4.0000, 2.0000
    /// 1: 4.0000, 20.0000, 3.0000
    /// 2: 4.0000, 600.0000, 1.0000
    /// …</c>.</example>
    /// <example><code lang="fsharp">
    /// animals.Values |> Labelled.ofMatrix (Axis.numbered "row" 5) animals.Columns (Provenance.computed "typed")
    /// </code> throws <c>ArgumentException</c>: there are four rows.</example>
    let ofMatrix (rows: Axis) (columns: Axis) (provenance: Provenance) (values: Matrix) : Labelled =
        if rows.Length <> values.Rows || columns.Length <> values.Columns then
            invalidArg (nameof values) $"The axes are {rows} and {columns}, but the matrix is {values.Shape}."

        {
            Values = values
            Rows = rows
            Columns = columns
            Provenance = provenance
        }

    // Values are kept in single precision, which ends at 3.4e38 and at 1.4e-45. A single number may well be rounded to
    // zero, as probabilities are; a row of several that all are would silently lose its direction.
    let private refuseBeyond (rows: Axis) (i: int) (value: float) =
        let size = if abs value > 1.0 then "large" else "small"

        invalidArg
            (nameof value)
            (Invariant
                $"Values are kept in single precision, and {value:G4} in row {i}, \"{rows.Label i}\", is too {size} \
                  for it. Scale the values, or take their logarithms.")

    /// <summary>A matrix computed element by element: row, then column.</summary>
    /// <exception cref="T:System.ArgumentException">A value is finite and beyond single precision, or all values of a
    /// row, of two columns or more, vanish in it.</exception>
    /// <example><code lang="fsharp">
    /// let rows, columns = Axis.numbered "i" 2, Axis.numbered "j" 3
    /// Labelled.init rows columns (Provenance.computed "i − j") (fun i j -> float (i - j))
    /// </code> is <c>i × 2 by j × 3, i − j [cpu]
    /// 0: 0.0000, -1.0000, -2.0000
    /// 1: 1.0000, 0.0000, -1.0000</c>.</example>
    let init (rows: Axis) (columns: Axis) (provenance: Provenance) (value: int -> int -> float) : Labelled =
        let values = Matrix.Uninitialized(rows.Length, columns.Length)

        for i in 0 .. rows.Length - 1 do
            let row = values.WritableRow i
            let mutable vanished, kept = 0.0, columns.Length < 2

            for j in 0 .. columns.Length - 1 do
                let exact = value i j
                let single = float32 exact
                row[j] <- single

                if single <> 0.0f then
                    kept <- true

                    if Single.IsInfinity single && Double.IsFinite exact then
                        refuseBeyond rows i exact
                elif exact <> 0.0 then
                    vanished <- exact

            if not kept && vanished <> 0.0 then
                refuseBeyond rows i vanished

        ofMatrix rows columns provenance values

    /// <summary>A table typed in: the labels of its columns, then its rows, each under a label of its own.</summary>
    /// <exception cref="T:System.ArgumentException">A row, which is named, is longer or shorter than the columns, or a
    /// value is beyond single precision.</exception>
    /// <example><code lang="fsharp">
    /// Labelled.ofRows [ "legs"; "wings" ] [ "cow", [ 4.0; 0.0 ]; "hen", [ 2.0; 2.0 ] ]
    /// </code> is <c>row × 2 by column × 2, typed [cpu]
    /// cow: 4.0000, 0.0000
    /// hen: 2.0000, 2.0000</c>.</example>
    /// <example><code lang="fsharp">Labelled.ofRows [ "legs"; "wings" ] [ "cow", [ 4.0 ] ]</code> throws
    /// <c>ArgumentException</c>: the cow lacks a number.</example>
    let ofRows (columns: seq<string>) (rows: seq<string * float list>) : Labelled =
        let columns = Array.ofSeq columns
        let rows = Array.ofSeq rows

        for label, values in rows do
            if values.Length <> columns.Length then
                invalidArg
                    (nameof rows)
                    $"Row \"{Excerpt.Of(label, 60)}\" has {values.Length} values, but there are {columns.Length} \
                      columns."

        let values = rows |> Array.map (snd >> Array.ofList)

        init
            (Axis.labelled "row" (Array.map fst rows))
            (Axis.labelled "column" columns)
            (Provenance.computed "typed")
            (fun i j -> values[i][j])

    let private ofWeights (step: string) (path: string) (rows: Axis) (columns: Axis) (values: Matrix) =
        let weights = Weights.ofFile Real (string (IO.Path.GetFileName path)) path
        ofMatrix rows columns (Provenance.ofWeights weights step) values

    let private axisOf (length: int) (axis: FrameAxis) =
        match axis.Labels with
        | null -> Axis.numbered axis.Name length
        | labels -> Axis.labelled axis.Name (Array.ofSeq labels)

    let private ofFrame (leftOut: string list) (path: string) (frame: Frame) =
        let step =
            if leftOut.IsEmpty then
                "read"
            else
                $"""read without {String.Join(", ", leftOut)}"""

        ofWeights
            step
            path
            (axisOf frame.Values.Rows frame.Rows)
            (axisOf frame.Values.Columns frame.Columns)
            frame.Values

    let private toFrame (matrix: Labelled) : Frame =
        Frame(
            matrix.Values,
            FrameAxis(matrix.Rows.Name, Axis.labels matrix.Rows),
            FrameAxis(matrix.Columns.Name, Axis.labels matrix.Columns)
        )

    /// <summary>A table in a CSV file, by its settings.</summary>
    /// <exception cref="T:Workbench.Core.Frames.FrameException">There is no such file, or a cell is no number: the
    /// message names it by line and column, and says what to do.</exception>
    /// <example><code lang="fsharp">
    /// let path = IO.Path.Combine(IO.Path.GetTempPath(), $"{Guid.NewGuid()}.csv")
    /// IO.File.WriteAllText(path, "animal;legs;class;kilograms\ncat;4;felid;4,5\nhen;2;bird;2\n")
    /// let settings = { CsvSettings.Default with LeaveOut = [ "class" ]; DecimalComma = true }
    /// (Labelled.ofCsvWith settings path).Values.ToArray()
    /// </code> is <c>[|4.0f; 4.5f; 2.0f; 2.0f|]</c>.</example>
    let ofCsvWith (settings: CsvSettings) (path: string) : Labelled =
        CsvFrame.Read(path, settings.ToOptions()) |> ofFrame settings.LeaveOut path

    /// <summary>A table in a CSV file: with or without header, with the separator that it has, the first column as
    /// labels where it is no numbers or counts rows. What cannot be a number is refused by line and column; a column of
    /// texts is left out by `ofCsvWith`, and `Classes.ofCsv` reads it.</summary>
    /// <exception cref="T:Workbench.Core.Frames.FrameException">There is no such file, or a cell is no number: the
    /// message names it by line and column, and says what to do.</exception>
    /// <example><code lang="fsharp">
    /// let path = IO.Path.Combine(IO.Path.GetTempPath(), $"{Guid.NewGuid()}.csv")
    /// IO.File.WriteAllText(path, "animal,legs,kilograms\ncat,4,4\nhen,2,2\n")
    /// (Labelled.ofCsv path).Rows |> Axis.labels
    /// </code> is <c>[|"cat"; "hen"|]</c>.</example>
    /// <example><code lang="fsharp">Labelled.ofCsv "not-there.csv"</code> throws <c>FrameException</c>.</example>
    let ofCsv (path: string) : Labelled = ofCsvWith CsvSettings.Default path

    /// <summary>Writes a CSV file (in a file that ends in .tsv with tabs) that `ofCsv` reads back bit for bit: the
    /// labels, and the names of both axes in the first cell.</summary>
    /// <param name="path">The file; one that is there is replaced.</param>
    /// <param name="matrix">What is written.</param>
    /// <exception cref="T:System.ArgumentException">The rows' name has a backslash, which stands between the
    /// names.</exception>
    /// <example><code lang="fsharp">
    /// let path = IO.Path.Combine(IO.Path.GetTempPath(), $"{Guid.NewGuid()}.csv")
    /// animals |> Labelled.toCsv path
    /// (IO.File.ReadAllLines path)[0..1]
    /// </code> is <c>[|"animal\measure,legs,kilograms,sounds"; "cat,4,4,2"|]</c>.</example>
    let toCsv (path: string) (matrix: Labelled) : unit = CsvFrame.Write(path, toFrame matrix)

    /// <summary>A table in JSON, by its settings.</summary>
    /// <exception cref="T:Workbench.Core.Frames.FrameException">There is no such file, or it is no table.</exception>
    /// <example><code lang="fsharp">
    /// let path = IO.Path.Combine(IO.Path.GetTempPath(), $"{Guid.NewGuid()}.json")
    /// IO.File.WriteAllText(path, """[{"animal": "cat", "legs": 4, "class": "felid"}]""")
    /// path |> Labelled.ofJsonWith { FrameSettings.Default with LeaveOut = [ "class" ] } |> Labelled.shape
    /// </code> is <c>(1, 1)</c>.</example>
    let ofJsonWith (settings: FrameSettings) (path: string) : Labelled =
        JsonFrame.Read(path, settings.ToOptions()) |> ofFrame settings.LeaveOut path

    /// <summary>A table in JSON: columns, index and data (pandas' orient="split"), records, columns by name, or a list
    /// of lists.</summary>
    /// <exception cref="T:Workbench.Core.Frames.FrameException">There is no such file, or it is no table.</exception>
    /// <example><code lang="fsharp">
    /// let path = IO.Path.Combine(IO.Path.GetTempPath(), $"{Guid.NewGuid()}.json")
    /// IO.File.WriteAllText(path, "[[1, 2], [3, 4.5]]")
    /// (Labelled.ofJson path).Values.ToArray()
    /// </code> is <c>[|1.0f; 2.0f; 3.0f; 4.5f|]</c>.</example>
    let ofJson (path: string) : Labelled = ofJsonWith FrameSettings.Default path

    /// <summary>Writes JSON that `ofJson` and pandas (orient="split") read: labels and values, bit for bit; NaN as
    /// null, which `ofJsonWith` reads where it is kept. `Json.save` keeps the names of axes and the origin
    /// too.</summary>
    /// <exception cref="T:System.ArgumentException">A value is infinite.</exception>
    /// <example><code lang="fsharp">
    /// let path = IO.Path.Combine(IO.Path.GetTempPath(), $"{Guid.NewGuid()}.json")
    /// animals |> Labelled.toJson path
    /// Labelled.ofJson path |> Labelled.indexOf "cow"
    /// </code> is <c>2</c>.</example>
    let toJson (path: string) (matrix: Labelled) : unit = JsonFrame.Write(path, toFrame matrix)

    // An array in a file of arrays, whose rows and columns are numbered unless texts beside it name them.
    let private ofArray (path: string) (file: TensorFile) (name: string) (texts: string -> string[] option) =
        let values =
            // What is read lives on after its file is closed.
            let matrix = file.ReadMatrix name
            Matrix.FromArray(matrix.Rows, matrix.Columns, matrix.ToArray())

        let names = texts "axes" |> Option.filter (fun names -> names.Length = 2)

        let axis place usual (kind: string) length =
            let title = names |> Option.map (Array.item place) |> Option.defaultValue usual

            match texts kind with
            | Some labels when labels.Length = length -> Axis.labelled title labels
            | Some labels ->
                raise (
                    FrameException(
                        path,
                        $"\"{kind}\" holds {labels.Length} texts, and \"{name}\" has {length} {kind}: they must go \
                          together. Write it again, or without \"{kind}\"."
                    )
                )
            | None -> Axis.numbered title length

        ofWeights name path (axis 0 "row" "rows" values.Rows) (axis 1 "column" "columns" values.Columns) values

    /// <summary>An array of NumPy's .npz file by its name, as float32: a matrix as it is, a vector as one row, of more
    /// axes all but the last as rows. Rows and columns are numbered, unless arrays of texts, `rows` and `columns`,
    /// stand beside it.</summary>
    /// <exception cref="T:Workbench.Core.Frames.FrameException">The texts are more, or fewer, than its rows or
    /// columns.</exception>
    /// <exception cref="T:Workbench.Core.Formats.WeightFileException">There is no such file or array, which names all
    /// that there are, or its elements are no numbers.</exception>
    /// <example><code lang="fsharp">Labelled.ofNpz "vectors" "not-there.npz"</code> throws
    /// <c>WeightFileException</c>.</example>
    let ofNpz (array: string) (path: string) : Labelled =
        use file = NpzFile.Open path

        ofArray path file array (fun name ->
            if Seq.contains name file.Texts then
                Some(file.ReadTexts name)
            else
                None)

    /// <summary>Writes NumPy's .npz: the array "values", and beside it the texts "rows", "columns" and "axes", so that
    /// `ofNpz "values"` reads all of it back, bit for bit. A label that ends in a NUL, which NumPy's texts cannot, is
    /// written as it is shown: \x00.</summary>
    /// <example><code lang="fsharp">
    /// let path = IO.Path.Combine(IO.Path.GetTempPath(), $"{Guid.NewGuid()}.npz")
    /// animals |> Labelled.toNpz path
    /// (Labelled.ofNpz "values" path).Columns
    /// </code> is <c>measure × 3</c>.</example>
    let toNpz (path: string) (matrix: Labelled) : unit =
        let labels axis =
            Axis.labels axis
            |> Array.map (fun label ->
                if label.EndsWith '\000' then
                    Escape.visible label
                else
                    label)

        NpzFile.Write(
            path,
            dict [ "values", matrix.Values ]
            |> System.Collections.ObjectModel.ReadOnlyDictionary,
            dict [
                "rows", labels matrix.Rows :> Collections.Generic.IReadOnlyList<string>
                "columns", labels matrix.Columns
                "axes", [| matrix.Rows.Name; matrix.Columns.Name |]
            ]
            |> System.Collections.ObjectModel.ReadOnlyDictionary
        )

    /// <summary>The array of NumPy's .npy file, as float32: a matrix as it is, a vector as one row, of more axes all
    /// but the last as rows. Rows and columns are numbered.</summary>
    /// <exception cref="T:Workbench.Core.Formats.WeightFileException">There is no such file, or its elements are no
    /// numbers.</exception>
    /// <example><code lang="fsharp">Labelled.ofNpy "not-there.npy"</code> throws
    /// <c>WeightFileException</c>.</example>
    let ofNpy (path: string) : Labelled =
        use file = NpyFile.Open path
        ofArray path file NpyFile.ArrayName (fun _ -> None)

    /// <summary>Writes the values alone as NumPy's .npy, bit for bit; labels stay behind, which `toNpz`
    /// keeps.</summary>
    /// <example><code lang="fsharp">
    /// let path = IO.Path.Combine(IO.Path.GetTempPath(), $"{Guid.NewGuid()}.npy")
    /// animals |> Labelled.toNpy path
    /// Labelled.ofNpy path |> Labelled.row 3
    /// </code> is <c>[|2.0; 2.0; 2.0|]</c>.</example>
    let toNpy (path: string) (matrix: Labelled) : unit = NpyFile.Write(path, matrix.Values)

    /// <summary>A table in a file of Arrow, by its settings.</summary>
    /// <exception cref="T:Workbench.Core.Frames.FrameException">There is no such file, or a column is not what it
    /// should be: the message names it, and says what to do.</exception>
    /// <example><code lang="fsharp">
    /// let path = IO.Path.Combine(IO.Path.GetTempPath(), $"{Guid.NewGuid()}.feather")
    /// animals |> Labelled.toArrow path
    /// path |> Labelled.ofArrowWith { FrameSettings.Default with LeaveOut = [ "legs" ] } |> Labelled.shape
    /// </code> is <c>(4, 2)</c>.</example>
    let ofArrowWith (settings: FrameSettings) (path: string) : Labelled =
        ArrowFrame.Read(path, settings.ToOptions()) |> ofFrame settings.LeaveOut path

    /// <summary>A table in a file of Arrow, Feather (version 2) or IPC, plain or packed, file or stream: columns of
    /// numbers, or one of vectors; the index that pandas noted, or else the first column if it holds texts, as
    /// labels.</summary>
    /// <exception cref="T:Workbench.Core.Frames.FrameException">There is no such file, or a column is not what it
    /// should be: the message names it, and says what to do.</exception>
    /// <example><code lang="fsharp">Labelled.ofArrow "not-there.feather"</code> throws <c>FrameException</c>.</example>
    let ofArrow (path: string) : Labelled = ofArrowWith FrameSettings.Default path

    /// <summary>Writes a file of Arrow (Feather, version 2) that `ofArrow` reads back bit for bit: one column of
    /// labels, which has the rows' name, and one of float32 for each column.</summary>
    /// <exception cref="T:System.ArgumentException">Two columns have the same label, or one has the rows'
    /// name.</exception>
    /// <example><code lang="fsharp">
    /// let path = IO.Path.Combine(IO.Path.GetTempPath(), $"{Guid.NewGuid()}.feather")
    /// animals |> Labelled.toArrow path
    /// Labelled.ofArrow path |> Labelled.row 2
    /// </code> is <c>[|4.0; 600.0; 1.0|]</c>.</example>
    let toArrow (path: string) (matrix: Labelled) : unit = ArrowFrame.Write(path, toFrame matrix)

    /// <summary>A table in a Parquet file, by its settings.</summary>
    /// <exception cref="T:Workbench.Core.Frames.FrameException">There is no such file, or a column is not what it
    /// should be: the message names it, and says what to do.</exception>
    /// <example><code lang="fsharp">
    /// let path = IO.Path.Combine(IO.Path.GetTempPath(), $"{Guid.NewGuid()}.parquet")
    /// animals |> Labelled.toParquet path
    /// path |> Labelled.ofParquetWith { FrameSettings.Default with LeaveOut = [ "legs" ] } |> Labelled.shape
    /// </code> is <c>(4, 2)</c>.</example>
    let ofParquetWith (settings: FrameSettings) (path: string) : Labelled =
        ParquetFrame.Read(path, settings.ToOptions()) |> ofFrame settings.LeaveOut path

    /// <summary>A table in a Parquet file: columns of numbers, or one of vectors; the index that pandas noted, or else
    /// the first column if it holds texts, as labels.</summary>
    /// <exception cref="T:Workbench.Core.Frames.FrameException">There is no such file, or a column is not what it
    /// should be: the message names it, and says what to do.</exception>
    /// <example><code lang="fsharp">Labelled.ofParquet "not-there.parquet"</code> throws
    /// <c>FrameException</c>.</example>
    let ofParquet (path: string) : Labelled =
        ofParquetWith FrameSettings.Default path

    /// <summary>Writes a Parquet file that `ofParquet` reads back bit for bit: one column of labels, which has the
    /// rows' name, and one of float32 for each column.</summary>
    /// <exception cref="T:System.ArgumentException">Two columns have the same label, or one has the rows' name or
    /// none.</exception>
    /// <example><code lang="fsharp">
    /// let path = IO.Path.Combine(IO.Path.GetTempPath(), $"{Guid.NewGuid()}.parquet")
    /// animals |> Labelled.toParquet path
    /// Labelled.ofParquet path |> Labelled.row 2
    /// </code> is <c>[|4.0; 600.0; 1.0|]</c>.</example>
    let toParquet (path: string) (matrix: Labelled) : unit =
        ParquetFrame.Write(path, toFrame matrix)

    /// <summary>An array of an HDF5 file by its name, as float32: a matrix as it is, a vector as one row, of more axes
    /// all but the last as rows. Rows and columns are numbered, unless texts beside it, `rows` and `columns`, are as
    /// long.</summary>
    /// <param name="array">Its name, behind those of the groups that it is in: "layer 3/weights".</param>
    /// <param name="path">The file.</param>
    /// <exception cref="T:Workbench.Core.Frames.FrameException">There is no such file or array, which names all that
    /// there are, or it holds no numbers.</exception>
    /// <example><code lang="fsharp">Labelled.ofHdf5 "vectors" "not-there.h5"</code> throws
    /// <c>FrameException</c>.</example>
    let ofHdf5 (array: string) (path: string) : Labelled =
        let frame = Hdf5Frame.Read(path, array)

        ofWeights
            array
            path
            (axisOf frame.Values.Rows frame.Rows)
            (axisOf frame.Values.Columns frame.Columns)
            frame.Values

    /// <summary>Writes an HDF5 file: the array "values", and beside it the texts "rows", "columns" and "axes", so that
    /// `ofHdf5 "values"` reads all of it back, bit for bit.</summary>
    /// <example><code lang="fsharp">
    /// let path = IO.Path.Combine(IO.Path.GetTempPath(), $"{Guid.NewGuid()}.h5")
    /// animals |> Labelled.toHdf5 path
    /// (Labelled.ofHdf5 "values" path).Rows
    /// </code> is <c>animal × 4</c>.</example>
    let toHdf5 (path: string) (matrix: Labelled) : unit =
        Hdf5Frame.Write(path, "values", toFrame matrix)

    /// <summary>A table that stays in its file, safetensors or NPY: nothing is read until it is asked for, and then
    /// only what is asked for. So a table may be larger than the memory.</summary>
    /// <param name="tensor">The table's name in the file; an NPY file has one, "array".</param>
    /// <param name="path">The file, which stays open.</param>
    /// <exception cref="T:System.ArgumentException">The values cannot be used as they lie, since they are no plain
    /// float32.</exception>
    /// <example><code lang="fsharp">
    /// let path = IO.Path.Combine(IO.Path.GetTempPath(), $"{Guid.NewGuid()}.npy")
    /// Workbench.Core.Formats.NpyFile.Write(path, animals.Values)
    /// Labelled.ofMapped "array" path |> Labelled.shape
    /// </code> is <c>(4, 3)</c>.</example>
    let ofMapped (tensor: string) (path: string) : Labelled =
        let file = Checkpoint.Open path
        let info = file.Find tensor

        let refuse () =
            file.Dispose()

            invalidArg
                (nameof tensor)
                $"{info} cannot be used as it lies: a table that stays in its file is F32 in row-major order. Write it \
                  so once, with the library that made it."

        if info.DType <> DType.F32 then
            refuse ()

        let values = file.ReadMatrix tensor

        if not values.IsReadOnly then
            refuse ()

        ofMatrix
            (Axis.numbered "row" values.Rows)
            (Axis.numbered "dimension" values.Columns)
            (Provenance.ofWeights (Weights.ofFile Real (nonNull (IO.Path.GetFileName path)) path) info.Name)
            values


    /// <summary>The same matrix with one more step in its history.</summary>
    /// <example><code lang="fsharp">(animals |> Labelled.withStep "checked").Provenance |> Provenance.describe</code>
    /// is <c>"counted → checked [cpu]"</c>.</example>
    let withStep (text: string) (matrix: Labelled) : Labelled = {
        matrix with
            Provenance = Provenance.step text matrix.Provenance
    }

    /// <summary>The same matrix, computed with by an engine from here on: products and similarities of it, and of all
    /// that is made of it.</summary>
    /// <example><code lang="fsharp">(animals |> Labelled.on Engine.reference).Provenance.Engine.Name</code> is
    /// <c>"reference"</c>.</example>
    let on (engine: Engine) (matrix: Labelled) : Labelled = {
        matrix with
            Provenance = Provenance.on engine matrix.Provenance
    }

    /// <summary>The same axes with each value changed: row, column, value.</summary>
    /// <example><code lang="fsharp">animals |> Labelled.mapi (fun _ _ value -> log value) |> Labelled.row 0</code> is
    /// <c>[|1.386; 1.386; 0.693|]</c>.</example>
    let mapi (change: int -> int -> float -> float) (matrix: Labelled) : Labelled =
        init matrix.Rows matrix.Columns matrix.Provenance (fun i j -> change i j (float matrix.Values[i, j]))
        |> withStep "values mapped"

    /// <summary>Number of rows and number of columns.</summary>
    /// <example><code lang="fsharp">positions |> Labelled.shape</code> is <c>(256, 192)</c>.</example>
    let shape (matrix: Labelled) : int * int =
        matrix.Rows.Length, matrix.Columns.Length

    let private turned (matrix: Labelled) = {
        matrix with
            Values = matrix.Values.Transpose()
            Rows = matrix.Columns
            Columns = matrix.Rows
    }

    /// <summary>Rows and columns exchanged; copies.</summary>
    /// <example><code lang="fsharp">positions |> Labelled.transpose |> Labelled.shape</code> is <c>(192,
    /// 256)</c>.</example>
    let transpose (matrix: Labelled) : Labelled =
        matrix |> turned |> withStep "transposed"

    /// <summary>The matrix whose rows are the vectors meant: itself for Rows, its transpose for Columns.</summary>
    /// <example><code lang="fsharp">animals |> Labelled.orient Columns</code> is <c>measure × 3 by animal × 4, counted
    /// → transposed [cpu] legs: 4.0000, 4.0000, 4.0000, 2.0000 kilograms: 4.0000, 20.0000, 600.0000, 2.0000 sounds:
    /// 2.0000, 3.0000, 1.0000, 2.0000</c>.</example>
    let orient (along: Along) (matrix: Labelled) : Labelled =
        match along with
        | Rows -> matrix
        | Columns -> transpose matrix

    // Which of how many, at most three by number: "rows 0 to 499 of 1024", "columns 3, 1, 4, … (12 of 768)".
    let private selection (what: string) (indices: int[]) (length: int) =
        let isRun =
            indices.Length > 2
            && indices
               |> Array.indexed
               |> Array.forall (fun (i, index) -> index = indices[0] + i)

        if isRun then
            $"{what} {indices[0]} to {indices[indices.Length - 1]} of {length}"
        else
            let shown = String.Join(", ", Array.truncate 3 indices)
            let rest = if indices.Length > 3 then ", …" else ""
            $"{what} {shown}{rest} ({indices.Length} of {length})"

    let private rowsAt (indices: int[]) (matrix: Labelled) = {
        matrix with
            Values = matrix.Values.SelectRows indices
            Rows = Axis.select indices matrix.Rows
    }

    let private columnsAt (indices: int[]) (matrix: Labelled) =
        for index in indices do
            Check.within 0 (matrix.Columns.Length - 1) "a column's index" index

        let columns = Axis.select indices matrix.Columns
        let values = Matrix.Uninitialized(matrix.Rows.Length, indices.Length)

        for i in 0 .. matrix.Rows.Length - 1 do
            let row = matrix.Values.Row i
            let target = values.WritableRow i

            for j in 0 .. indices.Length - 1 do
                target[j] <- row[indices[j]]

        {
            matrix with
                Values = values
                Columns = columns
        }

    /// <summary>The rows at these indices, copied in their order.</summary>
    /// <example><code lang="fsharp">animals |> Labelled.selectRows [| 2; 0 |]</code> is
    /// <c>animal × 2 by measure × 3, counted → rows 2, 0 (2 of 4) [cpu]
    /// cow: 4.0000, 600.0000, 1.0000
    /// cat: 4.0000, 4.0000, 2.0000</c>.</example>
    /// <example><code lang="fsharp">animals |> Labelled.selectRows [| 9 |]</code> throws
    /// <c>ArgumentOutOfRangeException</c>.</example>
    let selectRows (indices: int[]) (matrix: Labelled) : Labelled =
        matrix
        |> rowsAt indices
        |> withStep (selection "rows" indices matrix.Rows.Length)

    /// <summary>The columns at these indices, copied in their order.</summary>
    /// <example><code lang="fsharp">animals |> Labelled.selectColumns [| 1 |]</code> is
    /// <c>animal × 4 by measure × 1, counted → columns 1 (1 of 3) [cpu]
    /// cat: 4.0000
    /// dog: 20.0000
    /// cow: 600.0000
    /// hen: 2.0000</c>.</example>
    /// <example><code lang="fsharp">animals |> Labelled.selectColumns [| 9 |]</code> throws
    /// <c>ArgumentException</c>.</example>
    let selectColumns (indices: int[]) (matrix: Labelled) : Labelled =
        matrix
        |> columnsAt indices
        |> withStep (selection "columns" indices matrix.Columns.Length)

    /// <summary>Every step-th row and column from the first: what a small picture needs of a large matrix.</summary>
    /// <example><code lang="fsharp">animals |> Labelled.everyNth 2</code> is <c>animal × 2 by measure × 2, counted →
    /// one row and column in 2 [cpu] cat: 4.0000, 2.0000 cow: 4.0000, 1.0000</c>.</example>
    let everyNth (step: int) (matrix: Labelled) : Labelled =
        Check.atLeast 1 (nameof step) step

        matrix
        |> rowsAt [| 0..step .. matrix.Rows.Length - 1 |]
        |> columnsAt [| 0..step .. matrix.Columns.Length - 1 |]
        |> withStep $"one row and column in {step}"

    /// <summary>One row as doubles, copied.</summary>
    /// <example><code lang="fsharp">animals |> Labelled.row 1</code> is <c>[|4.0; 20.0; 3.0|]</c>.</example>
    let row (index: int) (matrix: Labelled) : float[] =
        matrix.Values.Row(index).ToArray() |> Array.map float

    /// <summary>One column as doubles, copied.</summary>
    /// <example><code lang="fsharp">animals |> Labelled.column 1</code> is <c>[|4.0; 20.0; 600.0; 2.0|]</c>.</example>
    /// <example><code lang="fsharp">animals |> Labelled.column 3</code> throws <c>ArgumentException</c>.</example>
    let column (index: int) (matrix: Labelled) : float[] =
        Check.within 0 (matrix.Columns.Length - 1) (nameof index) index
        Array.init matrix.Rows.Length (fun i -> float matrix.Values[i, index])

    /// <summary>The row of a label.</summary>
    /// <exception cref="T:System.ArgumentException">No row bears it, and the message lists some that do; or several
    /// do.</exception>
    /// <example><code lang="fsharp">animals |> Labelled.indexOf "cow"</code> is <c>2</c>.</example>
    /// <example><code lang="fsharp">animals |> Labelled.indexOf "fox"</code> throws <c>ArgumentException</c> and names
    /// the animals.</example>
    let indexOf (label: string) (matrix: Labelled) : int =
        let found = [
            for i in 0 .. matrix.Rows.Length - 1 do
                if matrix.Rows.Label i = label then
                    i
        ]

        match found with
        | [ one ] -> one
        | [] ->
            let spaced = [
                for i in 0 .. matrix.Rows.Length - 1 do
                    if (matrix.Rows.Label i).Trim ' ' = label.Trim ' ' then
                        matrix.Rows.Label i
            ]

            let some =
                (if spaced.IsEmpty then
                     [ for i in 0 .. min 6 matrix.Rows.Length - 1 -> matrix.Rows.Label i ]
                 else
                     spaced)
                |> List.map (fun each -> $"\"{Excerpt.Of(each, 20)}\"")

            let there = String.Join(", ", some)

            let more =
                if spaced.IsEmpty && matrix.Rows.Length > 6 then
                    ", …"
                else
                    ""

            invalidArg (nameof label) $"No {matrix.Rows.Name} is \"{Excerpt.Of(label, 60)}\"; there are {there}{more}."
        | several ->
            let places = String.Join(", ", List.truncate 6 several)

            invalidArg
                (nameof label)
                $"\"{Excerpt.Of(label, 60)}\" stands in {several.Length} rows ({places}); say which by its number."

    /// Refuses NaN and infinities, naming the row by its label: for what mixes rows, where one would spoil all.
    let internal checkFinite (name: string) (matrix: Labelled) =
        for i in 0 .. matrix.Rows.Length - 1 do
            let values = matrix.Values.Row i

            for j in 0 .. values.Length - 1 do
                if not (Single.IsFinite values[j]) then
                    invalidArg
                        name
                        $"{name} must be finite, but row {i}, \"{matrix.Rows.Label i}\", holds {values[j]} in column \
                          {j}. Leave the row out with Labelled.selectRows, or mend it."

    /// Refuses what was computed of large numbers and left single precision.
    let internal checkInRange (what: string) (matrix: Labelled) =
        let isFinite i =
            let mutable all = true

            for value in matrix.Values.Row i do
                all <- all && Single.IsFinite value

            all

        if not (Seq.forall isFinite (seq { 0 .. matrix.Rows.Length - 1 })) then
            invalidArg
                (nameof matrix)
                (Invariant
                    $"{what} leaves the range of single precision, {Single.MaxValue:G3}, because the matrix's numbers \
                      are so large; divide them first, by the largest say.")

    /// Refuses rows of zeros, naming them by their labels: for what compares directions.
    let internal checkDirections (name: string) (matrix: Labelled) =
        for i in 0 .. matrix.Rows.Length - 1 do
            if matrix.Values.Row(i).IndexOfAnyExcept 0.0f < 0 then
                invalidArg
                    name
                    $"Row {i} of {name}, \"{matrix.Rows.Label i}\", is all zero and has no direction. Leave it out \
                      with Labelled.selectRows."

    /// <summary>The mean of each column, summed in float64.</summary>
    /// <example><code lang="fsharp">animals |> Labelled.columnMeans</code> is <c>[|3.5; 156.5; 2.0|]</c>.</example>
    let columnMeans (matrix: Labelled) : float[] =
        let sums = Array.zeroCreate<float> matrix.Columns.Length

        for i in 0 .. matrix.Rows.Length - 1 do
            let row = matrix.Values.Row i

            for j in 0 .. sums.Length - 1 do
                sums[j] <- sums[j] + float row[j]

        sums |> Array.map (fun sum -> sum / float matrix.Rows.Length)

    /// <summary>Subtracts the mean row, so that every column has mean zero: what removes a common direction of all
    /// vectors.</summary>
    /// <exception cref="T:System.ArgumentException">A row, which is named, holds NaN or infinity.</exception>
    /// <example><code lang="fsharp">animals |> Labelled.centre</code> is <c>animal × 4 by measure × 3, counted → mean
    /// row removed [cpu] cat: 0.5000, -152.5000, 0.0000 dog: 0.5000, -136.5000, 1.0000 cow: 0.5000, 443.5000, -1.0000
    /// …</c>.</example>
    /// <example><code lang="fsharp">animals |> Labelled.mapi (fun _ _ _ -> nan) |> Labelled.centre</code> throws
    /// <c>ArgumentException</c> and names the cat.</example>
    let centre (matrix: Labelled) : Labelled =
        checkFinite (nameof matrix) matrix
        let means = columnMeans matrix

        init matrix.Rows matrix.Columns matrix.Provenance (fun i j -> float matrix.Values[i, j] - means[j])
        |> withStep "mean row removed"

    /// <summary>Subtracts from each row its own mean. The cosine of rows centred so is their Pearson
    /// correlation.</summary>
    /// <exception cref="T:System.ArgumentException">A row, which is named, holds NaN or infinity.</exception>
    /// <example><code lang="fsharp">animals |> Labelled.centreRows |> Labelled.row 0</code> is
    /// <c>[|0.667; 0.667; -1.333|]</c>.</example>
    let centreRows (matrix: Labelled) : Labelled =
        checkFinite (nameof matrix) matrix
        let means = Array.init matrix.Rows.Length (fun i -> Array.average (row i matrix))

        init matrix.Rows matrix.Columns matrix.Provenance (fun i j -> float matrix.Values[i, j] - means[i])
        |> withStep "rows centred"
