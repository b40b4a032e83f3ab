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
        List.zip (columns matrix) (columns (matrix |> Workbench.Null.surrogate WithinColumns (Seed 2UL))) do
        Array.sort after |> should equal (Array.sort before)

    let turned =
        matrix |> Workbench.Null.surrogate WithinRows (Seed 2UL) |> Labelled.transpose

    for before, after in List.zip (columns (Labelled.transpose matrix)) (columns turned) do
        Array.sort after |> should equal (Array.sort before)

[<Fact>]
let ``A circular shift turns each column by one number of places`` () =
    for before, after in
        List.zip (columns matrix) (columns (matrix |> Workbench.Null.surrogate CircularShift (Seed 3UL))) do
        [ 0 .. before.Length - 1 ]
        |> List.exists (fun places -> Array.init before.Length (fun i -> before[(i + places) % before.Length]) = after)
        |> should equal true

[<Fact>]
let ``Random phases keep each column's spectrum`` () =
    for before, after in
        List.zip (columns matrix) (columns (matrix |> Workbench.Null.surrogate PhaseRandomised (Seed 4UL))) do
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
let ``A random rotation keeps the singular values and what rows have in common, and not the columns`` () =
    let turned = matrix |> Workbench.Null.surrogate RandomRotation (Seed 5UL)
    let before, after = matrix.Values, turned.Values

    for i in 0 .. before.Rows - 1 do
        for j in 0 .. before.Rows - 1 do
            let dot (m: Workbench.Core.Tensors.Matrix) =
                Seq.sum (seq { for k in 0 .. m.Columns - 1 -> float m[i, k] * float m[j, k] })

            dot after |> should (equalWithin 1e-4) (dot before)

    List.exists2 (fun (a: float[]) (b: float[]) -> abs (a[0] - b[0]) > 0.1) (columns matrix) (columns turned)
    |> should equal true

[<Fact>]
let ``A random rotation takes a direction to any other, all alike`` () =
    // Of a uniform unit vector x in d dimensions: mean 0, E x_i² = 1/d, E x_i⁴ = 3/(d(d + 2)), for every i.
    let axis =
        Labelled.init (Axis.numbered "row" 1) (Axis.numbered "column" 6) (Provenance.computed "axis") (fun _ j ->
            if j = 0 then 1.0 else 0.0)

    let draws = 2000

    let found = [|
        for seed in 1UL .. uint64 draws ->
            (axis |> Workbench.Null.surrogate RandomRotation (Seed seed)).Values.ToArray()
            |> Array.map float
    |]

    for i in 0..5 do
        let moment power =
            found |> Array.averageBy (fun x -> x[i] ** power)
        // Four standard errors: sd of x is 0.41, of x² 0.20, of x⁴ 0.11.
        moment 1.0 |> should (equalWithin 0.037) 0.0
        moment 2.0 |> should (equalWithin 0.018) (1.0 / 6.0)
        moment 4.0 |> should (equalWithin 0.010) (3.0 / 48.0)

[<Fact>]
let ``The same seed gives the same surrogate on every rung, another seed another`` () =
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
    for statistic in [ Statistic.meanAbsoluteCosine; Statistic.maximumCosine ] do
        (Calibration.uniformity (OnGrid 20) 400 (Seed 1UL) (fun seed ->
            let (Seed number) = seed

            (Sample.normal seed 12 6
             |> Workbench.Null.distribution (Seed(number + 1UL)) 19 statistic AllEntries)
                .P))
            .Verdict
        |> should equal Uniform

let labelled rows columns value =
    Labelled.init
        (Axis.labelled "row" (Array.init rows (fun i -> $"r{i}")))
        (Axis.numbered "column" columns)
        (Provenance.computed "test")
        value

let message (work: unit -> 'a) =
    (Assert.ThrowsAny<System.ArgumentException>(fun () -> work () |> ignore)).Message

/// What is written to the error stream meanwhile.
let errors (work: unit -> 'a) =
    let before = System.Console.Error
    use writer = new System.IO.StringWriter()
    System.Console.SetError writer

    try
        let result = work ()
        result, writer.ToString()
    finally
        System.Console.SetError before

[<Fact>]
let ``The ladder is each rung's own distributions, from the most destructive to the gentlest`` () =
    let statistics = [ Statistic.meanAbsoluteCosine; Statistic.maximumCosine ]
    let ladder = matrix |> Workbench.Null.ladders (Seed 3UL) 19 statistics

    let rungs = [
        AllEntries
        WithinRows
        WithinColumns
        RandomRotation
        GaussianCovariance
        CircularShift
        PhaseRandomised
    ]

    ladder
    |> List.map _.Rung
    |> should equal (rungs |> List.collect (fun rung -> [ rung; rung ]))

    for each in ladder do
        let alone =
            matrix
            |> Workbench.Null.distributions (Seed 3UL) 19 statistics each.Rung
            |> List.find (fun other -> other.Statistic = each.Statistic)

        each.Draws |> should equal alone.Draws
        each.Observed |> should equal alone.Observed

    matrix
    |> Workbench.Null.ladder (Seed 3UL) 19 Statistic.maximumCosine
    |> List.map _.P
    |> should
        equal
        (ladder
         |> List.filter (fun each -> each.Statistic = statistics[1].Name)
         |> List.map _.P)

[<Fact>]
let ``An impossible rung is left out of the ladder and named`` () =
    let same = labelled 6 3 (fun _ j -> float (j + 1))

    let ladder, told =
        errors (fun () -> same |> Workbench.Null.ladder (Seed 1UL) 9 Statistic.meanAbsoluteCosine)

    ladder
    |> List.map _.Rung
    |> should equal [
        AllEntries
        WithinRows
        WithinColumns
        RandomRotation
        CircularShift
        PhaseRandomised
    ]

    told |> should haveSubstring "GaussianCovariance is left out of the ladder"
    told |> should haveSubstring "rows that differ"

    message (fun () -> same |> Workbench.Null.surrogate GaussianCovariance (Seed 1UL))
    |> should haveSubstring "rows that differ"

[<Fact>]
let ``A statistic that is NaN is refused before it gets a p, of the data and of a draw`` () =
    let same = labelled 6 3 (fun _ j -> float (j + 1))

    let lag =
        Statistic.named "lag R2" (Similarity.cosine Rows >> Similarity.toeplitz >> _.RSquared)

    message (fun () -> same |> Workbench.Null.distribution (Seed 1UL) 9 lag WithinRows)
    |> should haveSubstring "lag R2 of the data is NaN"

    // NaN once the rows are no longer in order.
    let sorted =
        Statistic.named "order" (fun matrix ->
            let first = Labelled.column 0 matrix
            if first = Array.sort first then 1.0 else nan)

    let rising = labelled 9 2 (fun i _ -> float i)

    let text =
        message (fun () -> rising |> Workbench.Null.distribution (Seed 1UL) 9 sorted WithinColumns)

    text |> should haveSubstring "order is NaN in draw 1 of 9 under WithinColumns"

[<Fact>]
let ``Columns that come out all zero take no part, and data with such a column are refused by its label`` () =
    let sparse = labelled 12 6 (fun i j -> if (i * 5 + j * 7) % 9 = 0 then 1.0 else 0.0)

    for rung in [ AllEntries; WithinRows ] do
        let found =
            sparse
            |> Workbench.Null.distribution (Seed 1UL) 199 Statistic.meanAbsoluteCosine rung

        found.Draws.Length |> should equal 199
        found.Draws |> Array.filter System.Double.IsFinite |> should haveLength 199

        // By hand: the cosines of the columns that are left.
        let drawn =
            [ 1..40 ]
            |> List.map (fun seed -> sparse |> Workbench.Null.surrogate rung (Seed(uint64 seed)))
            |> List.filter (fun one -> columns one |> List.exists (Array.forall ((=) 0.0)))

        drawn |> should not' (be Empty)

        for one in drawn do
            let left = columns one |> List.filter (Array.exists ((<>) 0.0)) |> Array.ofList

            let cosines = [
                for i in 0 .. left.Length - 1 do
                    for j in i + 1 .. left.Length - 1 -> abs (Similarity.ofTwo left[i] left[j])
            ]

            Statistic.ofSurrogate [ Statistic.meanAbsoluteCosine ] one
            |> List.exactlyOne
            |> should (equalWithin 1e-6) (List.average cosines)

    message (fun () ->
        labelled 5 3 (fun i j -> if j = 1 then 0.0 else float (i + 1))
        |> Workbench.Null.distribution (Seed 1UL) 9 Statistic.maximumCosine AllEntries)
    |> should haveSubstring "\"1\", row 1"

[<Fact>]
let ``One column has no pairs to ask, and a row with NaN is named`` () =
    let one = labelled 8 1 (fun i _ -> float i + 1.0)

    for statistic in [ Statistic.maximumCosine; Statistic.meanAbsoluteCosine ] do
        message (fun () -> one |> Workbench.Null.distribution (Seed 1UL) 9 statistic AllEntries)
        |> should haveSubstring "at least two columns"

    let spoilt =
        labelled 5 3 (fun i j -> if i = 2 && j = 1 then nan else float (i * j + 1))

    message (fun () ->
        spoilt
        |> Workbench.Null.distribution (Seed 1UL) 9 Statistic.maximumCosine WithinRows)
    |> should haveSubstring "row 2, \"r2\""

    for rung in [ RandomRotation; GaussianCovariance; PhaseRandomised ] do
        message (fun () -> spoilt |> Workbench.Null.surrogate rung (Seed 1UL))
        |> should haveSubstring "row 2, \"r2\""

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

    for rung in
        [
            AllEntries
            WithinColumns
            WithinRows
            RandomRotation
            CircularShift
            PhaseRandomised
        ] do
        (table |> Workbench.Null.distribution (Seed 8UL) 39 Statistic.maximumCosine rung).P
        |> should be (lessThan 0.06)

[<Fact>]
let ``An effect is the distance from the draws' mean in their standard deviations`` () =
    // Mean 3, squares 4 + 1 + 0 + 1 + 4 over 4.
    let draws = [| 1.0; 2.0; 3.0; 4.0; 5.0 |]
    Significance.effect 8.0 draws |> should (equalWithin 1e-12) (5.0 / sqrt 2.5)
    Significance.effect 3.0 draws |> should equal 0.0
    Significance.effect -2.0 draws |> should (equalWithin 1e-12) (-5.0 / sqrt 2.5)
    // Draws that are all equal have no scale.
    Significance.effect 2.0 [| 2.0; 2.0 |] |> should be NaN

    let found =
        matrix
        |> Workbench.Null.distribution (Seed 2UL) 25 Statistic.meanAbsoluteCosine WithinColumns

    found.EffectSize
    |> should
        (equalWithin 1e-9)
        ((found.Observed - Array.average found.Draws)
         / MathNet.Numerics.Statistics.ArrayStatistics.StandardDeviation found.Draws)

[<Fact>]
let ``Statistics of shuffles are those of the surrogate matrices, alone and beside others`` () =
    let pairs = [ Statistic.maximumCosine; Statistic.meanAbsoluteCosine ]
    let sum = Statistic.named "sum" (Labelled.column 0 >> Array.sum)

    for rung in [ AllEntries; WithinRows; WithinColumns ] do
        let draws statistics =
            matrix
            |> Workbench.Null.distributions (Seed 6UL) 4 statistics rung
            |> List.map _.Draws

        // A statistic of the matrix itself asks for the surrogates one by one.
        draws pairs |> should equal (draws (pairs @ [ sum ]) |> List.truncate 2)

[<Fact>]
let ``A normal surrogate keeps the correlations of columns beside one of large numbers, and constants`` () =
    let noise = Sample.normal (Seed 1UL) 400 4

    let data =
        noise
        |> Labelled.mapi (fun i j value ->
            match j with
            | 0 -> 3000.0 * value
            | 2 -> float noise[i, 1] + 0.3 * value
            | 3 -> 2.5
            | _ -> value)

    let correlation matrix =
        Rsa.correlate CorrelationKind.Pearson (Labelled.column 1 matrix) (Labelled.column 2 matrix)

    let surrogate = data |> Workbench.Null.surrogate GaussianCovariance (Seed 7UL)
    correlation surrogate |> should (equalWithin 0.02) (correlation data)
    Labelled.column 3 surrogate |> Array.distinct |> should equal [| 2.5 |]

[<Fact>]
let ``A statistic that is infinite is refused, and so are random matrices beyond single precision`` () =
    let refused (action: unit -> unit) =
        (Assert.Throws<System.ArgumentException> action).Message

    let matrix = Sample.normal (Seed 1UL) 9 3
    let infinite = Statistic.named "k" (fun _ -> infinity)

    refused (fun () ->
        matrix
        |> Workbench.Null.distribution (Seed 1UL) 9 infinite WithinColumns
        |> ignore)
    |> should haveSubstring "The k of the data is Infinity"

    let large =
        Labelled.ofRows [ "a"; "b" ] [ "x", [ 3e38; 1.0 ]; "y", [ 2e38; 3.0 ]; "z", [ -3e38; 3.0 ] ]

    for rung in [ PhaseRandomised; GaussianCovariance ] do
        refused (fun () -> large |> Workbench.Null.surrogate rung (Seed 1UL) |> ignore)
        |> should haveSubstring "leaves the range of single precision"
