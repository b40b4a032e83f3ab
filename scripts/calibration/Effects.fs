/// Tests on data in which there is something to be found: their power, many of them at once, and intervals. A page and
/// tests are made of these as of `Nulls`.
module Effects

open System
open Workbench
open Planted

// Power: the chance that a test sees an effect.

/// A test on data in which there is something to be found.
type Effect = {
    Test: string
    Planted: string
    P: Seed -> float
}

let private onRung rung (statistic: Statistic) data (seed: Seed) =
    (data seed |> Null.distribution (Nulls.next seed) Nulls.draws statistic rung).P

/// Columns 2 and 5 have a cosine of about 0.6.
let private withPair (matrix: Labelled) =
    matrix
    |> Labelled.mapi (fun i j value ->
        if j = 5 then
            0.6 * float matrix[i, 2] + 0.8 * value
        else
            value)

/// Every column holds some of the first.
let private together (matrix: Labelled) =
    matrix
    |> Labelled.mapi (fun i j value -> if j = 0 then value else value + 0.5 * float matrix[i, 0])

let private related (noise: float) items dimensions (seed: Seed) =
    let a = Nulls.white items dimensions seed

    let b =
        Nulls.white items dimensions (Nulls.next seed)
        |> Labelled.mapi (fun i j value -> float a[i, j] + noise * value)

    a, b

let private cosines (a, b) =
    Similarity.cosine Rows a, Similarity.cosine Rows b

/// A wave in white noise of standard deviation 1.
let wave amplitude cycles count seed =
    let noise = Nulls.white count 1 seed |> Labelled.column 0

    noise
    |> Array.mapi (fun t value -> value + amplitude * cos (2.0 * Math.PI * float cycles * float t / float count))

let private families = PlantedGpt2.Default.Families

let private familySpace =
    lazy
        (Coherence.space
            (PlantedGpt2.wordVectors PlantedGpt2.Default (Seed 1UL))
            (Axis.labelled "token" (PlantedGpt2.words PlantedGpt2.Default (Seed 1UL))))

/// Four lists of five words; in each, two are of one family and three anywhere.
let private lists (Seed number) = [
    for list in 1UL .. 4UL ->
        let some = Sample.without (Seed(number + list)) 4 PlantedGpt2.Default.Words
        Array.append some [| (some[0] + families) % PlantedGpt2.Default.Words |]
]

let effects = [
    {
        Test = "AllEntries, largest cosine between columns"
        Planted = "two of 8 columns of 32 with a cosine of 0.6"
        P = onRung AllEntries Statistic.maximumCosine (Nulls.white 32 8 >> withPair)
    }
    {
        Test = "CircularShift, mean |cosine| between columns"
        Planted = "8 smooth circular series, each with some of the first"
        P = onRung CircularShift Statistic.meanAbsoluteCosine (Nulls.circular 32 8 >> together)
    }
    {
        Test = "PhaseRandomised, mean |cosine| between columns"
        Planted = "the same"
        P = onRung PhaseRandomised Statistic.meanAbsoluteCosine (Nulls.circular 32 8 >> together)
    }
    {
        Test = "Mantel, Pearson"
        Planted = "12 vectors, and the same with as much noise"
        P =
            fun seed ->
                (related 1.0 Nulls.items 6 seed
                 |> cosines
                 ||> Rsa.compare { Nulls.rsaSettings with Seed = seed })
                    .P
    }
    {
        Test = "Procrustes"
        Planted = "12 vectors, and the same with as much noise"
        P = fun seed -> (related 1.0 Nulls.items 6 seed ||> Rsa.procrustes seed Nulls.draws).P
    }
    {
        Test = "coherence"
        Planted = "4 lists of 5 words, two of each of one family"
        P = fun seed -> (Coherence.ofGroups seed Nulls.draws familySpace.Value (lists seed)).Value.P
    }
    {
        Test = "Fisher's g"
        Planted = "a wave of 7 cycles in 64 values, amplitude 0.8 of the noise"
        P = fun seed -> (Spectrum.ofValues (wave 0.8 7 64 seed)).P
    }
]

// Many tests at once: Fisher's g in 20 columns of white noise, the first few with a wave.

let tests, real = 20, 5

let private series waves (seed: Seed) =
    let (Seed number) = seed

    [|
        for test in 0 .. tests - 1 ->
            (Spectrum.ofValues (wave (if test < waves then 1.2 else 0.0) 7 64 (Seed(number + uint64 test)))).P
    |]

/// Places of discoveries at 5 %, in noise alone or with `real` waves.
let discoveries (adjust: float[] -> float[]) waves seed =
    series waves seed
    |> adjust
    |> Array.indexed
    |> Array.filter (fun (_, q) -> q <= 0.05)
    |> Array.map fst

/// The share of discoveries that are none; 0 where nothing is discovered.
let falseShare (found: int[]) =
    float (found |> Array.filter (fun place -> place >= real) |> Array.length)
    / float (max 1 found.Length)

/// The share of the waves that are discovered.
let realShare (found: int[]) =
    float (found |> Array.filter (fun place -> place < real) |> Array.length)
    / float real

let adjustments = [
    "Benjamini–Hochberg", Significance.benjaminiHochberg
    "Benjamini–Yekutieli", Significance.benjaminiYekutieli
    "Holm", Significance.holm
    "Bonferroni", Significance.bonferroni
    "none", id
]

// Intervals.

let words = {
    PlantedWords.Default with
        Words = 75
        Dimensions = 40
        ModelDimensions = 50
}

/// The geometries of the words that two planted vocabularies share.
let both settings seed =
    let vectors, model =
        PlantedWords.vectors settings seed, PlantedWords.model settings seed

    Words.shared vectors model |> Array.ofSeq |> Words.cosines vectors model

/// The interval alone: of no more relabellings and halvings than can be asked for.
let private intervalOf kind seed (a, b) =
    (Rsa.compare
        {
            Nulls.rsaSettings with
                Correlation = kind
                Permutations = 1
                Seed = seed
        }
        a
        b)
        .Interval

/// Vectors of which every coordinate is correlated with its like at 0.8: their dot products are at 0.8² = 0.64.
let private coordinates dimensions (seed: Seed) =
    let a = Nulls.white 60 dimensions seed

    let b =
        Nulls.white 60 dimensions (Nulls.next seed)
        |> Labelled.mapi (fun i j value -> 0.8 * float a[i, j] + 0.6 * value)

    Similarity.dotProduct Rows a, Similarity.dotProduct Rows b

/// Items anywhere in so many dimensions, and the same with noise: what one interval is tried on.
type Study = {
    Correlation: CorrelationKind
    Items: int
    Dimensions: int
    Noise: float
} with

    /// Its items in both spaces, and the interval for their cosines.
    member this.Interval(seed: Seed) =
        related this.Noise this.Items this.Dimensions seed
        |> cosines
        |> intervalOf this.Correlation seed

    /// The correlation over all items, from the cosines of a million independent pairs: sure to 0.001.
    member this.Truth: float =
        let batches, pairs = 100, 10_000

        let cosine (matrix: Labelled) pair =
            Similarity.ofTwo (Labelled.row (2 * pair) matrix) (Labelled.row (2 * pair + 1) matrix)

        Array.Parallel.init batches (fun batch ->
            let a, b =
                related this.Noise (2 * pairs) this.Dimensions (Seed(1_000_000UL + uint64 batch))

            Array.init pairs (fun pair -> cosine a pair, cosine b pair))
        |> Array.concat
        |> Array.unzip
        |> fun (x, y) -> Workbench.Core.Statistics.Correlation.Of(this.Correlation, x, y)

/// Few, some and many items, in a plane, in some and in many dimensions, with little, some and much noise.
let studies = [
    for items in [ 12; 30; 60 ] do
        for dimensions in [ 2; 5; 50 ] do
            for noise in [ 0.1; 0.5; 2.0 ] ->
                {
                    Correlation = CorrelationKind.Pearson
                    Items = items
                    Dimensions = dimensions
                    Noise = noise
                }
]

/// The other correlations, each on the studies of 30 items.
let otherCorrelations = [
    for kind in
        [
            CorrelationKind.Spearman
            CorrelationKind.RhoA
            CorrelationKind.TauA
            CorrelationKind.TauB
            CorrelationKind.Cosine
        ] do
        for study in studies do
            if study.Items = 30 && study.Dimensions <> 50 && study.Noise = 0.5 then
                { study with Correlation = kind }
]

/// Other data whose true r is known: what the 95 % interval of RSA is asked of, that r, and the interval.
let intervals =
    let planted share =
        let settings = { words with Share = share }
        PlantedWords.agreement settings, (fun seed -> both settings seed |> intervalOf CorrelationKind.Pearson seed)

    let correlated dimensions =
        0.64, (fun seed -> coordinates dimensions seed |> intervalOf CorrelationKind.Pearson seed)

    [
        "60 words of two vocabularies that share nothing", planted 0.0
        "60 words of two vocabularies in families", planted 0.4
        "dot products of 60 vectors in 40 dimensions", correlated 40
        "dot products of 60 vectors in 2 dimensions", correlated 2
    ]
