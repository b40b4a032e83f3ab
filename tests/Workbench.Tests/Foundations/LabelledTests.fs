module Workbench.Tests.LabelledTests

open System
open Xunit
open FsCheck
open FsUnit.Xunit
open Workbench

/// Entries encode their own place: 100 · row + column.
let placed rows columns =
    Labelled.init (Axis.numbered "row" rows) (Axis.numbered "column" columns) (Provenance.computed "test") (fun i j ->
        float (100 * i + j))

[<Fact>]
let ``Selecting columns takes values and labels together`` () =
    let part = placed 3 4 |> Labelled.selectColumns [| 3; 1 |]
    Labelled.row 2 part |> should equal [| 203.0; 201.0 |]
    Axis.labels part.Columns |> should equal [| "3"; "1" |]

[<Fact>]
let ``Transposing twice is the identity`` () =
    Check.QuickThrowOnFailure(fun (PositiveInt rows) (PositiveInt columns) ->
        let matrix = placed rows columns
        let twice = matrix |> Labelled.transpose |> Labelled.transpose
        twice.Values.ToArray() = matrix.Values.ToArray())

[<Fact>]
let ``Axes that do not fit are refused with both shapes`` () =
    let matrix = placed 2 3

    let error =
        Assert.Throws<ArgumentException>(fun () ->
            Labelled.ofMatrix matrix.Columns matrix.Rows matrix.Provenance matrix.Values
            |> ignore)

    error.Message |> should haveSubstring "column × 3"
    error.Message |> should haveSubstring "[2, 3]"

[<Fact>]
let ``Centring leaves every column with mean zero and rows' differences unchanged`` () =
    let matrix = placed 5 3
    let centred = Labelled.centre matrix

    for mean in Labelled.columnMeans centred do
        mean |> should (equalWithin 1e-5) 0.0

    centred[4, 1] - centred[1, 1]
    |> should (equalWithin 1e-4f) (matrix[4, 1] - matrix[1, 1])

[<Fact>]
let ``A large matrix shows a corner of itself and not a wall of numbers`` () =
    (placed 100 100).Display.Split('\n').Length |> should be (lessThanOrEqualTo 5)

[<Fact>]
let ``Centring names the row that would spoil all others`` () =
    let matrix =
        Labelled.init
            (Axis.labelled "word" [| "one"; "two"; "three" |])
            (Axis.numbered "column" 2)
            (Provenance.computed "test")
            (fun i _ -> if i = 2 then nan else 1.0)

    for centre in [ Labelled.centre; Labelled.centreRows ] do
        (Assert.Throws<ArgumentException>(fun () -> centre matrix |> ignore)).Message
        |> should haveSubstring "row 2, \"three\", holds NaN in column 0"
