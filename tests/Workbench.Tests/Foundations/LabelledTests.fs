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

/// What makes one matrix of another, by name.
let private changes: (string * (Labelled -> Labelled)) list = [
    "mapi", Labelled.mapi (fun _ _ value -> 2.0 * value)
    "transpose", Labelled.transpose
    "orient Columns", Labelled.orient Columns
    "selectRows", Labelled.selectRows [| 4; 0 |]
    "selectColumns", Labelled.selectColumns [| 1; 2 |]
    "everyNth", Labelled.everyNth 2
    "centre", Labelled.centre
    "centreRows", Labelled.centreRows
    "withStep", Labelled.withStep "by hand"
    "allButTheTop", Embedding.allButTheTop 1
    "pca", (Projection.pca 2 >> _.Layout)
    for rung in
        [
            AllEntries
            WithinColumns
            WithinRows
            RandomRotation
            GaussianCovariance
            CircularShift
            PhaseRandomised
        ] do
        $"surrogate {rung}", (fun matrix -> Surrogate.ofMatrix rung matrix (Seed 7UL))
    "all similarities", (Similarity.cosine Rows >> Pairs.matrix)
]

[<Fact>]
let ``Whatever makes one matrix of another adds one step to its history and forgets none`` () =
    let matrix =
        Labelled.init (Axis.numbered "row" 6) (Axis.numbered "column" 5) (Provenance.computed "waves") (fun i j ->
            sin (float (3 * i + i * j)) + 0.1 * float j)

    for name, change in changes do
        let before = matrix.Provenance.Steps
        let after = (change matrix).Provenance.Steps
        (name, List.truncate before.Length after) |> should equal (name, before)
        (name, after.Length) |> should equal (name, before.Length + 1)

[<Fact>]
let ``Rows as they are add no step`` () =
    (placed 3 4 |> Labelled.orient Rows).Provenance.Steps |> should equal [ "test" ]

[<Fact>]
let ``A history is printed step by step in order`` () =
    let made =
        placed 20 30
        |> Labelled.selectRows [| 2..11 |]
        |> Labelled.transpose
        |> Labelled.selectColumns [| 7; 1; 3; 0 |]
        |> Labelled.selectRows [| 5; 5 |]
        |> Labelled.mapi (fun _ _ value -> value / 2.0)
        |> Labelled.everyNth 2

    let history =
        "test → rows 2 to 11 of 20 → transposed → columns 7, 1, 3, … (4 of 10) → rows 5, 5 (2 of 30) → values mapped"
        + " → one row and column in 2"

    Provenance.describe made.Provenance |> should equal $"{history} [cpu]"
    string made |> should haveSubstring history

    (Similarity.cosine Columns made).Display
    |> should haveSubstring $"{history} → transposed"

[<Fact>]
let ``A layout that is placed, aligned or averaged says so`` () =
    let data = Sample.normal (Seed 3UL) 12 4

    let first, second =
        Projection.pca 2 data, Projection.pca 2 (Labelled.centreRows data)

    let aligned = Projection.align first second
    List.last aligned.Layout.Provenance.Steps |> should equal "aligned"

    (Projection.transform first (Labelled.selectRows [| 1 |] data)).Provenance.Steps
    |> should equal [
        "normal numbers, seed 3"
        "rows 1 (1 of 12)"
        "placed by 2 principal components"
    ]

    List.last (Projection.envelope [ first; aligned ] data).Mean.Provenance.Steps
    |> should equal "mean of 2 layouts"

[<Fact>]
let ``A value beyond single precision is refused by that name, and a probability may vanish`` () =
    let matrix columns value =
        Labelled.init
            (Axis.labelled "row" [| "a"; "b" |])
            (Axis.numbered "column" columns)
            (Provenance.computed "x")
            value

    let refusal columns value =
        Assert.Throws<ArgumentException>(fun () -> matrix columns value |> ignore).Message

    let large = refusal 2 (fun i _ -> if i = 1 then 1e300 else 1.0)

    large
    |> should haveSubstring "single precision, and 1E+300 in row 1, \"b\", is too large"

    large |> should haveSubstring "Scale"

    refusal 2 (fun i _ -> if i = 1 then 1e-60 else 1.0)
    |> should haveSubstring "1E-60 in row 1, \"b\", is too small"

    (fun () -> matrix 2 (fun _ _ -> 1.0) |> Labelled.mapi (fun _ _ x -> x * 1e39) |> ignore)
    |> should throw typeof<ArgumentException>

    (matrix 2 (fun _ j -> if j = 0 then 1e-60 else 1.0)).Values[0, 0]
    |> should equal 0.0f

    (matrix 1 (fun _ _ -> 1e-60)).Values[0, 0] |> should equal 0.0f
    Assert.True(Single.IsInfinity (matrix 2 (fun _ _ -> infinity)).Values[0, 0])
    Assert.True(Single.IsNaN (matrix 2 (fun _ _ -> nan)).Values[0, 0])
