module Workbench.Tests.GoldenTests

open System.Text.Json
open Xunit
open FsUnit.Xunit
open Workbench

/// A case's expected numbers at a path, whether they stand in the JSON or in the tensors beside it.
let private numbers (path: string list) (case: JsonElement) : float[] =
    let found =
        (case.GetProperty "expected", path)
        ||> List.fold (fun (node: JsonElement) key -> node.GetProperty key)

    match found.ValueKind with
    | JsonValueKind.Object -> Stats.expected (string (found.GetProperty "tensor"))
    | JsonValueKind.Array -> [| for item in found.EnumerateArray() -> item.GetDouble() |]
    | _ -> [| found.GetDouble() |]

let private near tolerance (expected: float[]) (found: float[]) =
    found.Length |> should equal expected.Length
    Array.iter2 (fun wanted got -> got |> should (equalWithin tolerance) wanted) expected found

let private input (name: string) : Labelled =
    let values = Stats.input name

    Labelled.ofMatrix
        (Axis.numbered "row" values.Rows)
        (Axis.numbered "column" values.Columns)
        (Provenance.computed name)
        values

let private pairsOf (size: string) (along: string) (measure: string) =
    let along = if along = "rows" then Rows else Columns
    let matrix = input $"pairs.{size}"

    if measure = "cosine" then
        Similarity.cosine along matrix
    else
        Similarity.correlation along matrix

[<WeightsTheory "reference/stats">]
[<InlineData("small", "rows", "cosine")>]
[<InlineData("small", "rows", "pearson")>]
[<InlineData("small", "columns", "cosine")>]
[<InlineData("small", "columns", "pearson")>]
[<InlineData("medium", "rows", "cosine")>]
[<InlineData("medium", "rows", "pearson")>]
[<InlineData("medium", "columns", "cosine")>]
[<InlineData("medium", "columns", "pearson")>]
let ``Pairs, their moments, histogram, quantiles and closest are NumPy's and SciPy's``
    (size: string)
    (along: string)
    (measure: string)
    =
    let case = Stats.case $"pairs.{size}.{along}.{measure}"
    let pairs = pairsOf size along measure
    let values = Pairs.values pairs
    near 1e-6 (numbers [ "values" ] case) values

    let summary, absolute, histogram, top =
        pairs
        |> Pairs.fold (
            Fold.scan {
                let! summary = Fold.moments
                and! absolute = Fold.meanAbsolute
                and! histogram = Fold.histogram 100
                and! top = Fold.top 5
                return summary, absolute, histogram, top
            }
        )

    near 0.0 (numbers [ "count" ] case) [| float summary.N |]
    near 1e-6 (numbers [ "mean" ] case) [| summary.Mean |]
    near 1e-6 (numbers [ "mean_abs" ] case) [| absolute |]
    near 1e-6 (numbers [ "sd_ddof1" ] case) [| summary.Sd |]
    near 1e-6 (numbers [ "min" ] case) [| summary.Minimum |]
    near 1e-6 (numbers [ "max" ] case) [| summary.Maximum |]
    near 1e-4 (numbers [ "skew" ] case) [| Distribution.skewness values |]
    histogram.N |> should equal pairs.Count

    // Values within rounding of an edge may fall on either side of it.
    let moved =
        Array.map2 (fun wanted (got: int64) -> abs (wanted - float got)) (numbers [ "histogram" ] case) histogram.Counts
        |> Array.sum

    moved
    |> should be (lessThanOrEqualTo (2.0 * (numbers [ "histogram_values_near_an_edge" ] case)[0]))

    let levels = [| 0.01; 0.05; 0.25; 0.5; 0.75; 0.95; 0.99 |]
    near 1e-6 (numbers [ "quantiles" ] case) [| for level in levels -> Distribution.quantile level values |]

    let closest = case.GetProperty("expected").GetProperty("top5")

    [ for row in closest.EnumerateArray() -> row[0].GetInt32(), row[1].GetInt32() ]
    |> should equal [ for pair in top -> pair.I, pair.J ]

[<WeightsTheory "reference/stats">]
[<InlineData("toeplitz_r2.n12", "toeplitz.n12")>]
[<InlineData("toeplitz_r2.n64_positional", "toeplitz.n64_positional")>]
let ``The Toeplitz share and the lag means are the formula's`` (name: string) (matrix: string) =
    let case = Stats.case name
    let found = input matrix |> Similarity.cosine Rows |> Similarity.toeplitz
    near 1e-6 (numbers [ "r2" ] case) [| found.RSquared |]
    near 1e-6 (numbers [ "lag_means" ] case) found.LagMeans

[<WeightsTheory "reference/stats">]
[<InlineData "m5">]
[<InlineData "m24">]
let ``Adjusted p-values are those of SciPy and statsmodels`` (size: string) =
    let case = Stats.case $"multiple_testing.{size}"
    let p = (Stats.input $"pvalues.{size}").ToArray() |> Array.map float
    near 1e-7 (numbers [ "benjamini_hochberg_q" ] case) (Significance.benjaminiHochberg p)
    near 1e-7 (numbers [ "benjamini_yekutieli_q" ] case) (Significance.benjaminiYekutieli p)
    near 1e-7 (numbers [ "holm_p" ] case) (Significance.holm p)
    near 1e-7 (numbers [ "bonferroni_p" ] case) (Significance.bonferroni p)

[<WeightsTheory "reference/stats">]
[<InlineData "n16">]
[<InlineData "n63_tone">]
[<InlineData "n128_tone">]
[<InlineData "n128_noise">]
let ``Periodograms and Fisher's test are SciPy's and mpmath's`` (name: string) =
    let case = Stats.case $"periodogram.{name}"

    let found =
        Spectrum.ofValues ((Stats.input $"spectra.{name}").ToArray() |> Array.map float)

    near 1e-9 (numbers [ "frequencies" ] case) found.Frequencies
    near 1e-4 (numbers [ "density" ] case) found.Density
    near 1e-6 (numbers [ "fisher_g" ] case) [| found.FisherG |]
    near 1e-5 (numbers [ "fisher_p" ] case) [| found.P |]

[<WeightsFact "reference/stats">]
let ``The sinusoidal table is mpmath's`` () =
    let table = Embedding.sinusoidal 16 10

    near
        1e-6
        (numbers [ "table" ] (Stats.case "sinusoidal_positions.16x10"))
        (table.Values.ToArray() |> Array.map float)

[<WeightsTheory "reference/stats">]
[<InlineData("n30", 5)>]
[<InlineData("n100_d40", 10)>]
let ``Hubs are counted as scikit-learn's neighbours give them`` (name: string) (k: int) =
    let case = Stats.case $"hubness.{name}"

    let occurrence =
        input $"hubness.{name}"
        |> Similarity.cosine Rows
        |> Pairs.fold (Fold.occurrence k)
        |> Array.map float

    near 0.0 (numbers [ "cosine"; "k_occurrence" ] case) occurrence
    near 1e-9 (numbers [ "cosine"; "skewness" ] case) [| Distribution.skewness occurrence |]

[<WeightsTheory "reference/stats">]
[<InlineData "n10_d6">]
[<InlineData "n80_d31">]
let ``All but the top is the formula, and so is the mean cosine that is left`` (name: string) =
    let case = Stats.case $"all_but_the_top.{name}"

    for directions in 1..3 do
        let found = input $"spread.{name}" |> Embedding.allButTheTop directions
        near 2e-4 (numbers [ $"remove_{directions}" ] case) (found.Values.ToArray() |> Array.map float)
        let mean = (found |> Similarity.cosine Rows |> Pairs.fold Fold.moments).Mean
        near 2e-5 (numbers [ $"remove_{directions}_mean_cosine" ] case) [| mean |]
