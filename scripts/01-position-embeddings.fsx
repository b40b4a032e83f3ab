(**
---
title: Position embeddings
category: Lessons
categoryindex: 2
index: 1
description: GPT-2's learned positions: how alike they are, and what is periodic in them.
---
*)
(*** condition: prepare ***)
#load "prelude.fsx"
open Workbench

(**
# Position embeddings

A transformer sees a set of tokens. That one comes before another it must be told, and GPT-2 is told
by addition: position $p$ has a vector of its own, learned in training, which is added to whatever
token stands there. These vectors are the rows of a matrix called `wpe`. Where no other is at hand
it is that of `pocket-gpt2`, which ships with the workbench and has read a shelf of old books a few
times. With GPT-2 in a folder, `dotnet fsi scripts/lessons.fsx 1 --models FOLDER` shows what far
more text makes of positions. The line of weights says which of them this page is about; what is
said of one of them by name is checked when the page is made of it.
*)
let model =
    [ "gpt2"; "openai-community/gpt2" ]
    |> Model.firstOr "pocket-gpt2" Embedding.hasPositions

let lesson =
    Lesson.start "01-position-embeddings" "Position embeddings" [ model.Weights ]

let positions = Embedding.positions model
let count, width = Labelled.shape positions

let limit =
    positions.Values.ToArray()
    |> Array.map (float >> abs)
    |> Distribution.quantile 0.95
    |> fun value -> float $"{value:e0}"

Finding.counts "positions.shape" [ count; width ] |> Lesson.report lesson
(*** include-output ***)

(**
Positions run to the right, embedding dimensions downwards; colours are cut off where about one
entry in twenty lies beyond.
*)
positions
|> Labelled.transpose
|> Chart.heatmapWithin 256
|> Chart.withLimits -limit limit
|> Chart.withTitle "Position embeddings"
|> Lesson.figure
    lesson
    "matrix"
    $"{count} positions × {width} dimensions, cut off at ±{limit}; {model.Weights}."
(*** include-it ***)

(**
A row of the picture is one dimension. Twelve of them, drawn at random, as curves: in GPT-2 smooth,
slow waves, although nothing in training asked for smoothness but the text; in the pocket model slow
drifts, with the noise on them that training began with. It has read too little.
*)
let chosen = Sample.without (Seed 12UL) 12 width

let curves matrix =
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
|> Lesson.figure
    lesson
    "curves"
    $"Twelve of {width} dimensions over {count} positions, drawn with seed 12."
(*** include-it ***)

(**
## How alike are positions, and how alike are dimensions?

The cosine of two vectors, $\cos(x, y) = x \cdot y \,/\, (|x|\,|y|)$, compares their directions.
Taken between rows it compares positions; taken between columns it compares dimensions.
*)
let betweenPositions = positions |> Similarity.cosine Rows
let betweenDimensions = positions |> Similarity.cosine Columns

[
    betweenPositions
    |> Pairs.matrix
    |> Chart.heatmapWithin 240
    |> Chart.withTitle "Between positions"
    betweenDimensions
    |> Pairs.matrix
    |> Chart.heatmapWithin 240
    |> Chart.withTitle "Between dimensions"
]
|> Chart.grid 2
|> Chart.withLimits -1.0 1.0
|> Chart.withColours ColourScale.Diverging
|> Lesson.figure
    lesson
    "cosine"
    $"Cosine similarity of {betweenPositions.Count:N0} pairs of positions and \
      {betweenDimensions.Count:N0} pairs of dimensions."
(*** include-it ***)
Finding.ofSummary "cosine.positions" (Pairs.fold Fold.moments betweenPositions)
|> Lesson.reportAll lesson

Finding.ofSummary "cosine.dimensions" (Pairs.fold Fold.moments betweenDimensions)
|> Lesson.reportAll lesson
(*** include-output ***)

(**
If only the distance of two positions mattered, the left picture would be constant along every
diagonal: a Toeplitz matrix. With $\bar c_q$ the mean cosine of all pairs $q$ apart, the share of
the variance among pairs that distance alone explains is

$$ R^2 = 1 - \sum_{i<j} (c_{ij} - \bar c_{j-i})^2 \Big/ \sum_{i<j} (c_{ij} - \bar c)^2 . $$

Chance does not give zero here: long distances have few pairs. A shuffle of all entries shows what
it gives. In GPT-2, neighbours are nearly the same vector, and distance explains most of the
variance; in the pocket model neighbours share a part of theirs.
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

Finding.number "cosine.neighbours" toeplitz.LagMeans[0]
|> Finding.withN (int64 count - 1L)
|> Lesson.report lesson

Lesson.check
    lesson
    "Distance explains several times what it does after a shuffle"
    (toeplitz.RSquared > 5.0 * shuffled.RSquared)

Lesson.checkFor
    Real
    lesson
    "Neighbours are nearly the same, and distance explains most"
    (toeplitz.LagMeans[0] > 0.9 && toeplitz.RSquared > 0.5)

Lesson.checkFor
    Pocket
    lesson
    "Neighbours are alike, and not the same"
    (toeplitz.LagMeans[0] > 0.1 && toeplitz.LagMeans[0] < 0.9)
(*** include-output ***)
Chart.line [ 1.0 .. float (count - 1) ] toeplitz.LagMeans
|> Chart.withXTitle "distance in positions"
|> Chart.withYTitle "mean cosine"
|> Chart.withHorizontalLine 0.0
|> Chart.withTitle "Similarity and distance"
|> Lesson.figure
    lesson
    "lags"
    $"Mean cosine of all pairs of {count} positions by their distance; R² = {toeplitz.RSquared:F3}."
(*** include-it ***)

(**
A position is called an outlier here when the length of its vector is further from the median length
than five times the median absolute deviation: a rule that outliers themselves cannot bend. Every
text has a first token, and position 0 is one in both models.
*)
let lengths = positions |> Norms.ofRows
let outliers = lengths |> Norms.outliers 5.0

Finding.counts "positions.outliers" outliers
|> Finding.withN (int64 count)
|> Lesson.report lesson

Lesson.check lesson "Position 0 is an outlier" (Array.contains 0 outliers)
(*** include-output ***)
Chart.values lengths
|> Chart.withXTitle "position"
|> Chart.withYTitle "length"
|> Chart.withTitle "Length of each position's vector"
|> Lesson.figure
    lesson
    "lengths"
    $"{count} positions; {outliers.Length} are outliers by the rule above."
(*** include-it ***)

(**
## The formula that came before

The original transformer computed its positions. For position $p$ and an even dimension $i$ of $d$
(code often spells the exponent `2*i//2/d`, which for even $i$ is the $i/d$ used here),

$$ e_{p,i} = \sin\!\left(p / 10000^{\,i/d}\right), \qquad
e_{p,i+1} = \cos\!\left(p / 10000^{\,i/d}\right). $$
*)
let sinusoidal = Embedding.sinusoidal count width
let marked = [ for of768 in [ 200; 333; 466; 600 ] -> of768 * width / 768 ]

[
    sinusoidal
    |> Labelled.transpose
    |> Chart.heatmapWithin 192
    |> List.foldBack (fun i -> Chart.withLabelledHorizontalLine $"{i}" (float i)) marked
    |> Chart.withTitle "Sinusoidal encoding"
    [
        for dimension in marked ->
            Labelled.column dimension sinusoidal
            |> Chart.values
            |> Chart.withName $"dimension {dimension}"
    ]
    |> Chart.combine
    |> Chart.withXTitle "position"
    |> Chart.withTitle "Four of its dimensions"
]
|> Chart.grid 2
|> Lesson.figure
    lesson
    "sinusoidal"
    $"The encoding for {count} positions and {width} dimensions, base 10,000; the lines on the \
      left are the dimensions drawn on the right."
(*** include-it ***)
curves sinusoidal
|> Lesson.figure
    lesson
    "sinusoidal-curves"
    "The same twelve dimensions as above, of the sinusoidal encoding."
(*** include-it ***)

(**
## What is periodic in the learned ones?

The periodogram of a dimension splits its variance over frequencies. Fisher's $g$ is the largest
share; its exact distribution in white noise gives a p-value per dimension, and the procedure of
Benjamini and Hochberg turns all of them into q-values. In GPT-2 nearly every dimension is periodic,
in the pocket model a part of them, where "periodic" means no more than "not white": slow drift
passes too.
*)
let spectra = positions |> Spectrum.ofColumns

let periodic =
    spectra
    |> Array.map _.P
    |> Significance.benjaminiHochberg
    |> Array.filter (fun q -> q < 0.01)

Finding.count "periodic.dimensions" (int64 periodic.Length)
|> Finding.withN (int64 width)
|> Lesson.report lesson

Lesson.check lesson "More than one dimension in ten is periodic" (10 * periodic.Length > width)
Lesson.checkFor Real lesson "Nine dimensions in ten are periodic" (10 * periodic.Length > 9 * width)
(*** include-output ***)
[
    spectra
    |> Array.map (fun spectrum -> min 20.0 (spectrum.Peak * float count))
    |> Distribution.histogram 40 "cycles (20 and more in the last bin)" positions.Provenance
    spectra
    |> Array.map _.FisherG
    |> Distribution.histogram 40 "share of the variance, g" positions.Provenance
]
|> List.map Chart.histogram
|> Chart.grid 2
|> Lesson.figure
    lesson
    "periodogram"
    $"Strongest frequency of each of {width} dimensions, and its share; {periodic.Length} are \
      periodic at q < 0.01."
(*** include-it ***)

(**
Positions and tokens are added together. Do they use the same directions? Where the checkpoint has
tokens, the principal angles between their twenty largest components say, beside those of shuffled
positions. In the pocket model they keep more apart than chance would.
*)
let angles, ofShuffled =
    if Embedding.hasTokens model then
        let towardsTokens each =
            Embedding.principalAngles 20 each (Embedding.tokens model)

        towardsTokens positions, positions |> Null.shuffle (Seed 3UL) |> towardsTokens
    else
        [||], [||]

if angles.Length > 0 then

    Finding.numbers "angles.positions-tokens" angles
    |> Finding.withUnit "radians"
    |> Lesson.report lesson

    Finding.numbers "angles.shuffled-tokens" ofShuffled
    |> Finding.withUnit "radians"
    |> Finding.withSeed (Seed 3UL)
    |> Lesson.report lesson

    Lesson.checkFor
        Pocket
        lesson
        "Positions and tokens keep more apart than chance"
        (Array.average angles > Array.average ofShuffled)
(*** include-output ***)
[
    if angles.Length > 0 then
        [ angles, "positions"; ofShuffled, "shuffled positions" ]
        |> List.map (fun (values, name) -> Chart.values values |> Chart.withName name)
        |> Chart.combine
        |> Chart.withXTitle "principal angle, the largest first"
        |> Chart.withYTitle "radians"
        |> Chart.withLabelledHorizontalLine "right angle" (System.Math.PI / 2.0)
        |> Chart.withTitle "Angles between the directions of positions and of tokens"
        |> Lesson.figure
            lesson
            "angles"
            "Twenty largest components on either side; the higher a curve, the less the two share."
]
(*** include-it ***)
Lesson.finish lesson
