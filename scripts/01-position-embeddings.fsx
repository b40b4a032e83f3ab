(**
---
title: Position embeddings
category: Lessons
categoryindex: 2
index: 1
description: How GPT-2 tells the first word from the last: 1,024 learned vectors, how alike they are, and what is periodic in them.
---
*)
(*** condition: prepare ***)
#load "prelude.fsx"
open Workbench

(**
# Position embeddings

A transformer sees a set of tokens. That one comes before another it must be told, and GPT-2 is told by addition: position
\(p\) has a vector \(w_p\) of its own, learned in training, which is added to whatever token stands there. The vectors are the rows
of a matrix called `wpe`. This lesson looks at that matrix: at its entries, at how alike its rows are and how alike its columns
are, at the formula that learned positions replaced, and at what is periodic in them.

Everything below is computed from the weights at hand when the page was made; the first line says which.
*)
let model =
    Model.tryFirst Embedding.hasPositions [ "gpt2"; "openai-community/gpt2" ]
    |> Option.defaultWith (fun () -> Planted.positionModel PlantedPositions.Default (Seed 7UL))

let lesson =
    Lesson.start "01-position-embeddings" "Position embeddings" [ model.Weights ]

let positions = Embedding.positions model
let count, width = Labelled.shape positions

Finding.numbers "positions.shape" [ float count; float width ]
|> Lesson.report lesson
(*** include-output ***)

(**
## The matrix

Positions run to the right, embedding dimensions downwards; colours are cut off at ±0.2, where nearly all entries lie.
*)
positions
|> Labelled.transpose
|> Chart.heatmap
|> Chart.withLimits -0.2 0.2
|> Chart.withTitle "Position embeddings"
|> Lesson.figure lesson "matrix" $"All {count} × {width} entries, cut off at ±0.2; {model.Weights}."
(*** include-it ***)

(**
A column of the picture is a position, a row is one dimension followed through all positions. Twelve dimensions, drawn at
random, as curves: in the trained matrix they are smooth, slow waves, although nothing in training asks for smoothness but the text.
*)
let seed = Seed 12UL
let chosen = Sample.without seed 12 width

let curves (matrix: Labelled) =
    [
        for dimension in chosen ->
            Labelled.column dimension matrix
            |> Chart.values
            |> Chart.withHorizontalLine 0.0
            |> Chart.withTitle $"dimension {dimension}"
    ]
    |> Chart.grid 4
    |> Chart.withXTitle "position"

curves positions
|> Lesson.figure lesson "curves" $"Twelve of {width} dimensions over {count} positions, drawn with seed 12."
(*** include-it ***)

(**
## How alike are positions, and how alike are dimensions?

The cosine of two vectors, \(\cos(x, y) = x \cdot y \,/\, (|x|\,|y|)\), asks for their directions alone. Taken between rows it compares positions;
between columns it compares dimensions.
*)
let betweenPositions = positions |> Similarity.cosine Rows
let betweenDimensions = positions |> Similarity.cosine Columns

[
    betweenPositions
    |> Pairs.matrix
    |> Chart.heatmap
    |> Chart.withTitle "Between positions"
    betweenDimensions
    |> Pairs.matrix
    |> Chart.heatmap
    |> Chart.withTitle "Between dimensions"
]
|> Chart.grid 2
|> Chart.withLimits -1.0 1.0
|> Chart.withColours ColourScale.Diverging
|> Lesson.figure
    lesson
    "cosine"
    $"Cosine similarity: {betweenPositions.Count:N0} pairs of positions, {betweenDimensions.Count:N0} pairs of dimensions; the same scale."
(*** include-it ***)

let positionSummary = betweenPositions |> Pairs.summary
let dimensionSummary = betweenDimensions |> Pairs.summary

Finding.number "cosine.positions.mean" positionSummary.Mean
|> Finding.withN positionSummary.N
|> Lesson.report lesson

Finding.number "cosine.dimensions.mean" dimensionSummary.Mean
|> Finding.withN dimensionSummary.N
|> Lesson.report lesson
(*** include-output ***)

(**
If only the distance between two positions mattered, the left picture would be constant along every diagonal: a Toeplitz matrix. How
far that is true can be said in one number. Let \(\bar c_q\) be the mean cosine of all pairs \(q\) apart; then

\[ R^2 = 1 - \frac{\sum_{i<j} (c_{ij} - \bar c_{j-i})^2}{\sum_{i<j} (c_{ij} - \bar c)^2} \]

is the share of the variance among pairs that lag alone explains. Shuffled entries show what chance gives.
*)
let toeplitz = betweenPositions |> Similarity.toeplitz

let shuffled =
    positions
    |> Null.shuffle (Seed 3UL)
    |> Similarity.cosine Rows
    |> Similarity.toeplitz

Finding.number "toeplitz.positions" toeplitz.RSquared
|> Finding.withN betweenPositions.Count
|> Lesson.report lesson

Finding.number "toeplitz.shuffled" shuffled.RSquared
|> Finding.withSeed (Seed 3UL)
|> Lesson.report lesson

Lesson.check
    lesson
    "Lag explains more of the similarity of positions than it does after a shuffle"
    (toeplitz.RSquared > 5.0 * shuffled.RSquared)
(*** include-output ***)

Chart.values toeplitz.LagMeans
|> Chart.withXTitle "lag in positions"
|> Chart.withYTitle "mean cosine"
|> Chart.withHorizontalLine 0.0
|> Chart.withTitle "Similarity falls with distance"
|> Lesson.figure
    lesson
    "lags"
    $"Mean cosine of all pairs of positions that are 1 to {count - 1} apart; R² = {toeplitz.RSquared:F3}."
(*** include-it ***)

(**
## Which positions stand apart?

A position is called an outlier here when the length of its vector is further than five median absolute deviations from the
median length: a rule that outliers themselves cannot bend.
*)
let lengths = positions |> Norms.ofRows
let outliers = lengths |> Norms.outliers 5.0

Finding.numbers "positions.outliers" (Seq.map float outliers)
|> Finding.withN (int64 count)
|> Lesson.report lesson
(*** include-output ***)

Chart.values lengths
|> Chart.withXTitle "position"
|> Chart.withYTitle "length of the vector"
|> Chart.withTitle "Length of each position's vector"
|> Lesson.figure lesson "lengths" $"{count} positions, of which {outliers.Length} are outliers by the rule above."
(*** include-it ***)

(**
## The formula that came before

The original transformer did not learn its positions. It computed them: for position \(p\) and even dimension \(i\) of \(d\),

\[ e_{p,i} = \sin\!\left(p / 10000^{\,i/d}\right), \qquad e_{p,i+1} = \cos\!\left(p / 10000^{\,i/d}\right). \]

(Code often writes the exponent as `2*i//2/d`, which for even \(i\) is the \(i/d\) used here.)
*)
let sinusoidal = Embedding.sinusoidal count width

let shown =
    [ 200; 333; 466; 600 ] |> List.filter (fun dimension -> dimension < width)

[
    sinusoidal
    |> Labelled.transpose
    |> Chart.heatmap
    |> Chart.withTitle "Sinusoidal encoding"
    [
        for dimension in shown ->
            Labelled.column dimension sinusoidal
            |> Chart.values
            |> Chart.withName $"dimension {dimension}"
    ]
    |> Chart.overlay
    |> Chart.withXTitle "position"
    |> Chart.withTitle "Four of its dimensions"
]
|> Chart.grid 2
|> Lesson.figure lesson "sinusoidal" $"The encoding for {count} positions and {width} dimensions, base 10,000."
(*** include-it ***)

curves sinusoidal
|> Lesson.figure lesson "sinusoidal-curves" "The same twelve dimensions as above, of the sinusoidal encoding."
(*** include-it ***)

(**
## What is periodic in the learned ones?

The periodogram of a dimension splits its variance over frequencies. Fisher's \(g\) is the share of the largest; its exact distribution
in white noise gives a p-value, and with one test per dimension the Benjamini–Hochberg procedure turns these into q-values.
*)
let spectra = positions |> Spectrum.ofColumns
let q = spectra |> Array.map _.P |> Significance.benjaminiHochberg
let periodic = q |> Array.filter (fun q -> q < 0.01) |> Array.length

Finding.number "periodic.dimensions" (float periodic)
|> Finding.withN (int64 width)
|> Lesson.report lesson

Finding.number "periodic.median-g" (spectra |> Array.map _.FisherG |> Distribution.quantile 0.5)
|> Lesson.report lesson
(*** include-output ***)

[
    spectra
    |> Array.map _.Peak
    |> Array.map (fun peak -> peak * float count)
    |> Distribution.histogram 40 "cycles over all positions" positions.Provenance
    |> Chart.histogram
    |> Chart.withTitle "Strongest frequency"
    spectra
    |> Array.map _.FisherG
    |> Distribution.histogram 40 "Fisher's g" positions.Provenance
    |> Chart.histogram
    |> Chart.withTitle "Its share of the variance"
]
|> Chart.grid 2
|> Lesson.figure
    lesson
    "periodogram"
    $"Periodograms of {width} dimensions; {periodic} have a periodic part at q < 0.01."
(*** include-it ***)

Lesson.finish lesson
