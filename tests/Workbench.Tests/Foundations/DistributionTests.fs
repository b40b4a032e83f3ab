module Workbench.Tests.DistributionTests

open System
open Xunit
open FsCheck
open FsUnit.Xunit
open MathNet.Numerics.Statistics
open Workbench

let nowhere = Provenance.computed "test"

let finite (values: NormalFloat[]) =
    values |> Array.map (fun (NormalFloat x) -> max -1e6 (min 1e6 x))

[<Fact>]
let ``A histogram counts every value once`` () =
    Check.QuickThrowOnFailure(fun (NonEmptyArray values) (PositiveInt bins) ->
        let values = finite values
        (Distribution.histogram bins "x" nowhere values).N = int64 values.Length)

[<Fact>]
let ``A bin holds its left edge, and the last bin both edges`` () =
    let histogram =
        Distribution.histogramOver 4 0.0 4.0 "x" nowhere [| 0.0; 1.0; 1.0; 3.999; 4.0 |]

    histogram.Counts |> should equal [| 1L; 2L; 0L; 2L |]

[<Fact>]
let ``A value outside the range is refused and named`` () =
    let error =
        Assert.Throws<ArgumentException>(fun () ->
            Distribution.histogramOver 4 0.0 1.0 "x" nowhere [| 0.5; 1.25 |] |> ignore)

    error.Message |> should haveSubstring "1.25"

[<Fact>]
let ``A NaN is refused with its place`` () =
    let error =
        Assert.Throws<ArgumentException>(fun () -> Distribution.summary "x" nowhere [| 1.0; nan |] |> ignore)

    error.Message |> should haveSubstring "value 1"

[<Fact>]
let ``Density integrates to one`` () =
    let histogram = Distribution.histogram 7 "x" nowhere [| 1.0; 2.0; 2.5; 8.0 |]

    Array.sum histogram.Density * histogram.BinWidth
    |> should (equalWithin 1e-12) 1.0

[<Fact>]
let ``Rebinning and trimming keep the count`` () =
    let histogram =
        Distribution.histogramOver 12 -1.0 1.0 "x" nowhere [| -0.2; 0.1; 0.15; 0.6 |]

    (histogram |> Distribution.rebin 3).N |> should equal 4L
    let trimmed = Distribution.trim histogram
    trimmed.N |> should equal 4L
    trimmed.Minimum |> should be (lessThanOrEqualTo -0.2)
    trimmed.Counts[0] |> should be (greaterThan 0L)

[<Fact>]
let ``Quantiles of a fine histogram are those of the values to a bin's width`` () =
    Check.QuickThrowOnFailure(fun (NonEmptyArray values) ->
        // Two values apart, whatever comes with them.
        let values = Array.append [| -1.0; 2.0 |] (finite values)
        let histogram = Distribution.histogram 1000 "x" nowhere values
        let sorted = Array.sort values

        [ 0.05; 0.5; 0.9 ]
        |> List.forall (fun share ->
            let found = Distribution.quantileOf share histogram
            // The share-th value lies in the bin found, so a value of that rank is within a bin of it.
            let rank =
                min (values.Length - 1) (max 0 (int (Math.Ceiling(share * float values.Length)) - 1))

            abs (found - sorted[rank]) <= 1.001 * histogram.BinWidth))

[<Fact>]
let ``A quantile between two values is linear, as NumPy's is`` () =
    [| 4.0; 1.0; 2.0 |] |> Distribution.quantile 0.75 |> should equal 3.0

[<Fact>]
let ``Kernel density integrates to one less what lies beyond the values' range`` () =
    let values =
        Array.init 400 (fun i ->
            SortedArrayStatistics.QuantileCustom([| -2.0; 0.0; 2.0 |], float i / 399.0, QuantileDefinition.R7))

    let points = Distribution.density 2001 values
    let step = fst points[1] - fst points[0]
    // Of evenly spread values from -2 to 2 a kernel of width h puts h / sqrt(2 pi) / 4 beyond either end; Silverman's
    // rule gives h = 0.9 * 1.157 / 400^(1/5).
    let width = 0.9 * 1.157 / 400.0 ** 0.2

    points
    |> Array.sumBy (fun (_, y) -> y * step)
    |> should (equalWithin 0.003) (1.0 - width / sqrt (2.0 * Math.PI) / 2.0)

let private refusal (action: unit -> 'a) =
    Assert.Throws<ArgumentException>(fun () -> action () |> ignore).Message

[<Fact>]
let ``Values that are not finite are refused with their place`` () =
    let values = [| 1.0; nan; 2.0 |]

    for message in
        [
            refusal (fun () -> Distribution.quantile 0.5 values)
            refusal (fun () -> Distribution.density 3 values)
            refusal (fun () -> Distribution.skewness values)
            refusal (fun () -> Distribution.summary "x" nowhere values)
        ] do
        message |> should haveSubstring "values must be finite, but its value 1 is NaN"

[<Fact>]
let ``A share outside 0 and 1, and quantiles of nothing, are refused`` () =
    let nothing: Histogram = {
        Quantity = "x"
        Minimum = 0.0
        Maximum = 1.0
        Counts = [| 0L; 0L |]
        Provenance = nowhere
    }

    for share in [ -0.1; 1.5; nan ] do
        refusal (fun () -> Distribution.quantile share [| 1.0; 2.0 |])
        |> should haveSubstring "between 0 and 1"

        refusal (fun () -> Distribution.quantileOf share nothing)
        |> should haveSubstring "between 0 and 1"

    refusal (fun () -> Distribution.quantileOf 0.5 nothing)
    |> should haveSubstring "counts nothing"

    refusal (fun () -> Distribution.quantile 0.5 [||])
    |> should haveSubstring "at least one value"

[<Fact>]
let ``A range that no float can say is refused`` () =
    let wide = [| -1.7e308; 1.7e308 |]

    for message in
        [
            refusal (fun () -> Distribution.histogram 5 "x" nowhere wide)
            refusal (fun () -> Distribution.histogramOver 5 -1.7e308 1.7e308 "x" nowhere [| 0.0 |])
            refusal (fun () -> Distribution.density 3 wide)
        ] do
        message |> should haveSubstring "wider than any float"

    (Distribution.histogram 5 "x" nowhere [| -8e307; 8e307 |]).N |> should equal 2L

[<Theory; InlineData(3.0); InlineData(1e17); InlineData(-1e300)>]
let ``Equal values of any size have a histogram around them`` (value: float) =
    let histogram = Distribution.histogram 5 "x" nowhere [| value; value |]
    histogram.N |> should equal 2L
    Assert.True(histogram.Minimum < value && value < histogram.Maximum)

[<Theory; InlineData(1e300); InlineData(1e-300); InlineData(1.0); InlineData(-1e-160)>]
let ``Spreads whose squares leave the range of a double are described as others are`` (scale: float) =
    let values = [| 1.0; 2.0; 4.0; 9.0 |]
    let scaled = values |> Array.map (fun value -> value * scale)

    let near (a: float) (b: float) =
        Assert.True(abs (a - b) <= 1e-12 * abs b, $"{a} {b}")

    let mine, plain =
        Distribution.summary "x" nowhere scaled, Distribution.summary "x" nowhere values

    near mine.Mean (plain.Mean * scale)
    near mine.Sd (plain.Sd * abs scale)
    near (Distribution.skewness scaled) (Distribution.skewness values * float (sign scale))

    let ordered = if scale < 0.0 then Array.rev else id

    for (x, density), (place, expected) in
        Array.zip (ordered (Distribution.density 5 scaled)) (Distribution.density 5 values) do
        near x (place * scale)
        near (density * abs scale) expected

[<Fact>]
let ``A density that no float can say is refused`` () =
    refusal (fun () -> Distribution.density 3 [| 5e-324; 1e-323; 2e-323 |])
    |> should haveSubstring "scale them up"

[<Fact>]
let ``Numbers of things that no machine can keep are refused by name before any is made`` () =
    let matrix = Sample.normal (Seed 1UL) 9 3
    let pairs = Similarity.cosine Rows matrix
    let huge = Int32.MaxValue

    let settings = {
        RsaSettings.Quick with
            Permutations = huge
    }

    for name, work in
        [
            "bins", (fun () -> Distribution.histogram huge "x" nowhere [| 1.0; 2.0 |] :> obj)
            "points", (fun () -> Distribution.density huge [| 1.0; 2.0 |] :> obj)
            "Permutations", (fun () -> Rsa.compare settings pairs pairs :> obj)
            "permutations", (fun () -> Rsa.procrustes (Seed 1UL) huge matrix matrix :> obj)
            "Sets",
            (fun () ->
                Rsa.randomSets
                    {
                        RandomSetSettings.Default with
                            Sets = huge
                            Size = 3
                    }
                    pairs
                    pairs
                :> obj)
            "grid", (fun () -> Calibration.ofValues (OnGrid huge) (Seed 1UL) [| 0.5 |] :> obj)
            "count", (fun () -> Calibration.share huge (Seed 1UL) (fun _ -> true) :> obj)
            "draws",
            (fun () ->
                Workbench.Null.distribution (Seed 1UL) huge Statistic.meanAbsoluteCosine AllEntries matrix :> obj)
            "count", (fun () -> Pairs.fold (Fold.top huge) pairs :> obj)
            "rows", (fun () -> Sample.normal (Seed 1UL) huge 3 :> obj)
            "limit", (fun () -> Sample.without (Seed 1UL) 3 huge :> obj)
        ] do
        let error = Assert.Throws<ArgumentException>(fun () -> work () |> ignore)
        error.ParamName |> should equal name
        error.Message |> should haveSubstring "2147483647, which would take"
        error.Message |> should haveSubstring "ask for fewer"

[<Fact>]
let ``Every value lies in the bin whose edges hold it`` () =
    for bins in 2..60 do
        for width in [ 0.1; 0.3; 1.0; 7.0; 49.0; 1e-310 ] do
            let top = width * float bins

            let values = [| for i in 0..bins -> min top (width * float i) |]

            let found =
                values
                |> Distribution.histogramOver bins 0.0 top "x" (Provenance.computed "typed")

            let wanted = Array.zeroCreate<int64> bins

            for value in values do
                let left = found.Edges |> Array.findIndexBack (fun edge -> edge <= value)
                let bin = min (bins - 1) left
                wanted[bin] <- wanted[bin] + 1L

            found.Counts |> should equal wanted

[<Fact>]
let ``Equal values have a standard deviation of zero and no density`` () =
    let same = Array.create 10 0.7

    (Distribution.summary "x" (Provenance.computed "typed") same).Sd
    |> should equal 0.0

    (fun () -> Distribution.density 3 same |> ignore)
    |> should throw typeof<System.ArgumentException>
