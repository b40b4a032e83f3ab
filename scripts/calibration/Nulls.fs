/// Tests on data of which it is known whether their null hypothesis holds: what docs/calibration.md is made of, and
/// what tests repeat with fewer runs.
module Nulls

open Workbench
open Planted

/// A test on data made from a seed.
type Case = {
    Test: string
    /// What the data are.
    Data: string
    /// What theory says of the p-values.
    Expected: Verdict
    Grid: PValueGrid
    Experiment: Seed -> float
}

/// Several p-values from the same data: the statistics' names, and the experiment.
let private case test data expected grid experiment = {
    Test = test
    Data = data
    Expected = expected
    Grid = grid
    Experiment = experiment
}

/// A further seed: what is drawn from it has nothing to do with what is drawn from the first.
let next (Seed number) = Seed(number + 1UL)

/// Draws behind every p-value that is not computed otherwise, and the grid that (b + 1)/(m + 1) lies on.
let draws = 99
let grid = OnGrid(draws + 1)

// Series, one in each column.

let white rows columns seed = Sample.normal seed rows columns

let private columnwise (change: float[] -> float[]) (matrix: Labelled) =
    let columns =
        Array.init matrix.Columns.Length (fun j -> change (Labelled.column j matrix))

    matrix |> Labelled.mapi (fun i j _ -> columns[j][i])

/// Means of eight neighbours on a circle: smooth, stationary, and its end meets its beginning.
let circular rows columns seed =
    let average (series: float[]) =
        Array.init series.Length (fun i -> Seq.average (seq { for k in 0..7 -> series[(i + k) % series.Length] }))

    white rows columns seed |> columnwise average

/// Sums of white noise: smooth, and the end is far from the beginning.
let walk rows columns seed =
    white rows columns seed |> columnwise (Array.scan (+) 0.0 >> Array.tail)

/// Each value half the one before plus white noise.
let red rows columns seed =
    let pass series =
        series
        |> Array.scan (fun before fresh -> 0.5 * before + fresh) 0.0
        |> Array.tail

    white rows columns seed |> columnwise pass

/// Cubes of normal numbers: far from normal.
let heavy rows columns seed =
    white rows columns seed |> Labelled.mapi (fun _ _ value -> value ** 3.0)

let private unequalColumns rows columns seed =
    heavy rows columns seed
    |> Labelled.mapi (fun _ j value -> value * float (j + 1))

let private unequalRows rows columns seed =
    heavy rows columns seed
    |> Labelled.mapi (fun i _ value -> value * float (i % 4 + 1))

/// Columns that share a direction, so that they are correlated at about one half.
let private correlated rows columns seed =
    let shared = white rows 1 (next seed) |> Labelled.column 0
    white rows columns seed |> Labelled.mapi (fun i _ value -> value + shared[i])

// The ladder.

let private toeplitz =
    Statistic.named "lag R² of rows" (Similarity.cosine Rows >> Similarity.toeplitz >> _.RSquared)

let private onRung rung (statistic: Statistic) data what expected =
    case $"{rung}, {statistic.Name}" what expected grid (fun seed ->
        (data seed |> Null.distribution (next seed) draws statistic rung).P)

let private both rung data what expected = [
    for statistic in [ Statistic.meanAbsoluteCosine; Statistic.maximumCosine ] ->
        onRung rung statistic data what expected
]

// Representational similarity.

/// As few halvings as can be asked for: only p is wanted.
let rsaSettings = {
    RsaSettings.Default with
        Permutations = draws
        Splits = 1
}

let items = 12

let private spaces (seed: Seed) =
    white items 6 seed, white items 4 (next seed)

let private cosines (a, b) =
    Similarity.cosine Rows a, Similarity.cosine Rows b

let private mantel kind (seed: Seed) =
    let settings = {
        rsaSettings with
            Correlation = kind
            Seed = seed
    }

    (spaces seed |> cosines ||> Rsa.compare settings).P

let private ofRank = Rsa.ofNumber "rank" float

/// Two spaces whose items lie along one line each, by rank, and otherwise anywhere: all that they share is the rank.
let byRank (strength: float) (seed: Seed) =
    let along =
        Labelled.mapi (fun i j value ->
            if j = 0 then
                strength * (float i / float (items - 1) - 0.5)
            else
                value)

    let a, b = spaces seed
    along a, along b

let private partial data (seed: Seed) =
    (data seed |> cosines ||> Rsa.partial { rsaSettings with Seed = seed } [ ofRank ]).P

let private procrustes (seed: Seed) =
    (spaces seed ||> Rsa.procrustes seed draws).P

// Coherence of lists among word vectors that the lists know nothing of.

let private words = 100

let private space =
    lazy
        (let settings = {
            PlantedWords.Default with
                Words = words
                Families = 5
                Dimensions = 20
         }

         Coherence.space
             (PlantedWords.vectors settings (Seed 1UL))
             (Axis.labelled "token" (PlantedWords.vocabulary settings (Seed 1UL))))

let private ofLists (lists: Seed -> int[] list) (seed: Seed) =
    (Coherence.ofGroups seed draws space.Value (lists seed)).Value.P

let private listsAnywhere count (seed: Seed) =
    let (Seed number) = seed
    [ for list in 1..count -> Sample.without (Seed(number + uint64 list)) 5 words ]

/// The words nearest to vectors that a head writes into two directions, in embeddings that know nothing of word
/// vectors: much the same words again and again.
let private listsOfHead (seed: Seed) =
    let inTwo = Labelled.mapi (fun _ j value -> if j < 2 then value else 0.0)

    Nearest.tokens Nearness.DotProduct 5 (white words 8 seed) (white 10 8 (next seed) |> inTwo).Values
    |> Array.map (Array.map _.Id)
    |> List.ofArray

// Periodicity.

let private fisher data seed =
    (Spectrum.ofValues (Labelled.column 0 (data seed))).P

/// Tests on data for which their null hypothesis holds, with theory on their side.
let holding = [
    yield! both AllEntries (heavy 32 8) "independent entries of one distribution" Uniform
    yield! both WithinColumns (unequalColumns 32 8) "independent entries, a distribution for each column" Uniform
    yield! both WithinRows (unequalRows 32 8) "independent entries, a distribution for each row" Uniform
    yield! both CircularShift (circular 32 8) "independent stationary series that close to a circle" Uniform
    yield! both PhaseRandomised (circular 32 8) "independent stationary normal series that close to a circle" Uniform
    case "Mantel, Pearson" "two sets of 12 unrelated vectors" Uniform grid (mantel CorrelationKind.Pearson)
    case "Mantel, Spearman" "two sets of 12 unrelated vectors" Uniform grid (mantel CorrelationKind.Spearman)
    case "Mantel, all 720 relabellings" "two sets of 6 unrelated vectors" Uniform (OnGrid 720) (fun seed ->
        let some = Labelled.selectRows [| 0..5 |]
        let a, b = spaces seed
        (cosines (some a, some b) ||> Rsa.compare { rsaSettings with Seed = seed }).P)
    case
        "partial Mantel"
        "two sets of 12 unrelated vectors, a control that has to do with neither"
        Uniform
        grid
        (partial spaces)
    case "Procrustes" "two sets of 12 unrelated vectors" Uniform grid procrustes
    case "coherence" "10 lists of 5 words, drawn at random" Uniform grid (ofLists (listsAnywhere 10))
    case
        "coherence"
        "the same lists, each of them twice"
        Uniform
        grid
        (ofLists (listsAnywhere 10 >> List.replicate 2 >> List.concat))
    case "coherence" "5 words nearest to each of 10 random vectors in a plane" Uniform grid (ofLists listsOfHead)
    case "Fisher's g" "white normal noise, 64 values" Uniform Continuous (fisher (white 64 1))
    case "Fisher's g" "white normal noise, 101 values" Uniform Continuous (fisher (white 101 1))
]

/// The same tests where the null hypothesis that they test holds only nearly, or not at all.
let bent = [
    onRung GaussianCovariance toeplitz (correlated 32 4) "independent normal rows with 4 correlated columns" Uneven
    yield! both GaussianCovariance (correlated 32 8) "independent normal rows with correlated columns" Conservative
    yield! both CircularShift (walk 32 8) "independent random walks, whose ends do not meet" AntiConservative
    yield! both PhaseRandomised (walk 32 8) "independent random walks, whose ends do not meet" AntiConservative
    yield! both AllEntries (circular 32 8) "independent smooth series" AntiConservative
    yield! both WithinColumns (circular 32 8) "independent smooth series" AntiConservative
    case
        "partial Mantel"
        "two sets that share a rank and nothing else, the rank controlled"
        AntiConservative
        grid
        (partial (byRank 6.0))
    case "Fisher's g" "cubes of normal noise, 64 values" Conservative Continuous (fisher (heavy 64 1))
    case
        "Fisher's g"
        "red noise, each value half the one before and noise"
        AntiConservative
        Continuous
        (fisher (red 64 1))
]

// What the page says of a case.

let number (value: float) =
    value.ToString("F3", System.Globalization.CultureInfo.InvariantCulture)

let proportion (share: Proportion) =
    let low, high = share.Interval
    $"{number share.Value} | {number low}–{number high}"

/// The p-values of case number `place`, from 1, which is also its seed.
let calibrate (runs: int) (place: int) (case: Case) : Uniformity =
    Calibration.uniformity case.Grid runs (Seed(uint64 place)) case.Experiment

/// A test's name in a table, where a bar would end the cell.
let named (test: string) =
    test.Replace("|cosine|", "absolute cosine")

/// A line of the page's tables.
let line (place: int) (case: Case) (found: Uniformity) : string =
    $"| {place} | {named case.Test} | {case.Data} | {proportion (found.AtMost 0.05)} | \
      {number (found.AtMost 0.01).Value} | {number found.Distance} | {number found.ChiSquareP} | {found.Verdict} |"
