module Workbench.Tests.NullTests

open Xunit
open FsUnit.Xunit
open Workbench
open Planted

let matrix =
    Sample.normal (Seed 5UL) 40 12
    |> Labelled.mapi (fun i j value -> value + sin (float i / 4.0 + float j))

let sorted (values: float32 seq) = values |> Seq.sort |> Array.ofSeq
let columns (m: Labelled) = [ for j in 0 .. m.Columns.Length - 1 -> Labelled.column j m ]

[<Fact>]
let ``A shuffle keeps every value and moves most`` () =
    let shuffled = matrix |> Workbench.Null.shuffle (Seed 1UL)

    sorted (shuffled.Values.ToArray())
    |> should equal (sorted (matrix.Values.ToArray()))

    let stayed =
        Array.map2 (=) (shuffled.Values.ToArray()) (matrix.Values.ToArray())
        |> Array.filter id
        |> Array.length

    stayed |> should be (lessThan 20)

[<Fact>]
let ``Shuffling within columns or rows keeps each one's values`` () =
    for before, after in
        Seq.zip (columns matrix) (columns (matrix |> Workbench.Null.surrogate WithinColumns (Seed 2UL))) do
        Array.sort after |> should equal (Array.sort before)

    let turned =
        matrix |> Workbench.Null.surrogate WithinRows (Seed 2UL) |> Labelled.transpose

    for before, after in Seq.zip (columns (Labelled.transpose matrix)) (columns turned) do
        Array.sort after |> should equal (Array.sort before)

[<Fact>]
let ``A circular shift turns each column by one number of places`` () =
    for before, after in
        Seq.zip (columns matrix) (columns (matrix |> Workbench.Null.surrogate CircularShift (Seed 3UL))) do
        [ 0 .. before.Length - 1 ]
        |> List.exists (fun places -> Array.init before.Length (fun i -> before[(i + places) % before.Length]) = after)
        |> should equal true

[<Fact>]
let ``Random phases keep each column's spectrum`` () =
    for before, after in
        Seq.zip (columns matrix) (columns (matrix |> Workbench.Null.surrogate PhaseRandomised (Seed 4UL))) do
        let before, after = Spectrum.ofValues before, Spectrum.ofValues after
        Array.iter2 (fun a b -> b |> should (equalWithin 1e-4) a) before.Density after.Density

[<Fact>]
let ``Normal surrogates have the columns' means and covariance in expectation`` () =
    // 300 surrogates of 40 rows: the standard error of a mean is 0.013, of a covariance 0.02.
    let draws = [
        for seed in 1UL .. 300UL -> columns (matrix |> Workbench.Null.surrogate GaussianCovariance (Seed seed))
    ]

    let mean j =
        draws |> List.averageBy (fun draw -> Array.average (List.item j draw))

    let covariance j k (draw: float[] list) =
        MathNet.Numerics.Statistics.Statistics.Covariance(draw[j], draw[k])

    mean 3
    |> should (equalWithin 0.06) (Array.average (List.item 3 (columns matrix)))

    draws
    |> List.averageBy (covariance 3 4)
    |> should (equalWithin 0.1) (covariance 3 4 (columns matrix))

[<Fact>]
let ``The same seed gives the same surrogate on every rung, another seed another`` () =
    for rung in
        [
            AllEntries
            WithinColumns
            WithinRows
            GaussianCovariance
            CircularShift
            PhaseRandomised
        ] do
        let draw seed =
            (matrix |> Workbench.Null.surrogate rung (Seed seed)).Values.ToArray()

        draw 1UL |> should equal (draw 1UL)
        draw 1UL |> should not' (equal (draw 2UL))

[<Fact>]
let ``More draws only add to fewer`` () =
    let draws count =
        (matrix
         |> Workbench.Null.distribution (Seed 6UL) count Statistic.meanAbsoluteCosine WithinColumns)
            .Draws

    draws 8 |> Array.truncate 5 |> should equal (draws 5)

[<Fact>]
let ``Statistics that share a pass are what each is alone, in the order of the list`` () =
    let total =
        Statistic.named "total" (fun m -> m.Values.ToArray() |> Array.sumBy float)

    let statistics = [ Statistic.maximumCosine; total; Statistic.meanAbsoluteCosine ]

    let alone = [
        for statistic in statistics do
            yield! matrix |> Statistic.ofMatrix [ statistic ]
    ]

    List.distinct alone |> should haveLength 3
    matrix |> Statistic.ofMatrix statistics |> should equal alone

    alone[0]
    |> should equal (matrix |> Similarity.cosine Columns |> Pairs.values |> Seq.map float |> Seq.max)

[<Fact>]
let ``p-values are uniform where the null is true`` () =
    // 200 matrices of noise, 19 draws each: p <= 0.1 in 20 of them on average, sd 4.2.
    let p seed =
        (Sample.normal (Seed seed) 12 6
         |> Workbench.Null.distribution (Seed(seed + 1000UL)) 19 Statistic.meanAbsoluteCosine AllEntries)
            .P

    [ for seed in 1UL .. 200UL -> p seed ]
    |> List.filter (fun p -> p <= 0.1)
    |> List.length
    |> should be (inRange 6 36)

[<Fact>]
let ``What is planted is found against every null that destroys it`` () =
    let planted =
        PlantedPositions.table
            {
                PlantedPositions.Default with
                    Positions = 128
                    Dimensions = 24
                    Waves = 5
                    Pair = 3, 17
            }
            (Seed 7UL)

    let table =
        Labelled.ofMatrix
            (Axis.numbered "position" 128)
            (Axis.numbered "dimension" 24)
            (Provenance.computed "planted")
            planted

    for rung in [ AllEntries; WithinColumns; WithinRows; CircularShift; PhaseRandomised ] do
        (table |> Workbench.Null.distribution (Seed 8UL) 39 Statistic.maximumCosine rung).P
        |> should be (lessThan 0.06)
