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
    Published.gpt2
    |> Model.firstOr "pocket-gpt2" Embedding.hasPositions
    |> Model.on engine
(** The lesson begins, and prints what computes and whose weights these are. *)
let lesson =
    Lesson.start "01-position-embeddings" "Position embeddings" [ model.Weights ]

let positions = Embedding.positions model
let count, width = Labelled.shape positions
let limit = Norms.roundQuantile 0.95 positions // of the entries' sizes
Finding.counts "positions.shape" [ count; width ] |> Lesson.report lesson
(*** include-output ***)

(**
Positions run to the right, embedding dimensions downwards; colours are cut off where about one
entry in twenty lies beyond. Look for rows that wave.
*)
[ "Dimensions by positions", positions ]
|> PositionFigure.matrices limit
|> Chart.withTitle "Position embeddings"
|> Lesson.figure
    lesson
    "matrix"
    $"{count} positions × {width} dimensions, ±{limit}; {model.Weights}."
(*** include-it ***)

(**
A row of the picture is one dimension. Twelve of them, drawn at random, as curves: in GPT-2 smooth,
slow waves, although nothing in training asked for smoothness but the text; in the pocket model slow
drifts, with the noise on them that training began with. It has read too little.
*)
let chosen = Sample.without (Seed 12UL) 12 width

PositionFigure.curves chosen positions
|> Chart.withTitle "Twelve dimensions over the positions"
|> Lesson.figure
    lesson
    "curves"
    $"Twelve of {width} dimensions over {count} positions, seed 12; {model.Weights}."
(*** include-it ***)

(**
## How alike are positions, and how alike are dimensions?

The cosine of two vectors, $\cos(x, y) = x \cdot y \,/\, (|x|\,|y|)$, compares their directions.
Taken between rows it compares positions; taken between columns it compares dimensions.
*)
let betweenPositions = positions |> Similarity.cosine Rows
let betweenDimensions = positions |> Similarity.cosine Columns
let pairs = $"{betweenPositions.Count:N0} and {betweenDimensions.Count:N0} pairs"
let map = Pairs.matrix >> Chart.heatmapWithin 240 >> Chart.withColourTitle "cosine"
(** Look left for bands along the diagonal, right for squares: dimensions that wave together. *)
[
    betweenPositions |> map |> Chart.withTitle "Between positions"
    betweenDimensions |> map |> Chart.withTitle "Between dimensions"
]
|> Chart.grid 2
|> PositionFigure.asCosines
|> Lesson.figure lesson "cosine" $"{pairs} of positions and of dimensions; {model.Weights}."
(*** include-it ***)
let ofPositions = betweenPositions |> Pairs.fold Fold.moments
let ofDimensions = betweenDimensions |> Pairs.fold Fold.moments
Finding.ofSummary "cosine.positions" ofPositions |> Lesson.reportAll lesson
Finding.ofSummary "cosine.dimensions" ofDimensions |> Lesson.reportAll lesson
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
let shuffled = positions |> Null.shuffle (Seed 3UL)
let ofShuffled = shuffled |> Similarity.cosine Rows |> Similarity.toeplitz
let neighbours = toeplitz.LagMeans[0]
Lesson.number lesson "toeplitz.positions" toeplitz.RSquared
Lesson.number lesson "toeplitz.shuffled" ofShuffled.RSquared
Lesson.number lesson "cosine.neighbours" neighbours
(** As it was said, of both and of each: *)
toeplitz.RSquared > 5.0 * ofShuffled.RSquared
|> Lesson.check lesson "Distance explains several times what it does after a shuffle"

(neighbours > 0.9 && toeplitz.RSquared > 0.5)
|> Lesson.checkFor Real lesson "Neighbours are nearly the same, and distance explains most"

(neighbours > 0.1 && neighbours < 0.9)
|> Lesson.checkFor Pocket lesson "Neighbours are alike, and not the same"
(*** include-output ***)

(** The mean cosine by distance: look how fast it falls, and whether it comes back. *)
Chart.line [ 1.0 .. float (count - 1) ] toeplitz.LagMeans
|> Chart.withXTitle "distance in positions"
|> Chart.withYTitle "mean cosine"
|> Chart.withHorizontalLine 0.0
|> Chart.withTitle "Similarity and distance"
|> Lesson.figure lesson "lags" $"{count} positions; R² = {toeplitz.RSquared:F3}; {model.Weights}."
(*** include-it ***)

(**
A position is called an outlier here when the length of its vector is further from the median length
than five times the median absolute deviation: a rule that outliers themselves cannot bend. Every
text has a first token, and position 0 is one in both models.
*)
let lengths = positions |> Norms.ofRows
let outliers = lengths |> Norms.outliers 5.0
Finding.counts "positions.outliers" outliers |> Lesson.report lesson
Array.contains 0 outliers |> Lesson.check lesson "Position 0 is an outlier"
(*** include-output ***)

(** Look at both ends, where the outliers are: *)
Chart.values lengths
|> Chart.withXTitle "position"
|> Chart.withYTitle "Euclidean length"
|> Chart.withTitle "Length of each position's vector"
|> Lesson.figure
    lesson
    "lengths"
    $"{count} positions, {outliers.Length} of them outliers; {model.Weights}."
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

let encoding =
    $"The encoding for {count} positions and {width} dimensions, base 10,000"
(** The lines on the left are the dimensions drawn on the right; look how they slow down: *)
PositionFigure.marked marked sinusoidal
|> Chart.withTitle "The sinusoidal encoding"
|> Lesson.figure lesson "sinusoidal" $"{encoding}; four dimensions of it."
(*** include-it ***)

(** The same twelve dimensions as above: look how many hardly move at all. *)
PositionFigure.curves chosen sinusoidal
|> Chart.withTitle "Twelve dimensions of the sinusoidal encoding"
|> Lesson.figure lesson "sinusoidal-curves" $"{encoding}; twelve dimensions of it, seed 12."
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
let q = [| for each in spectra -> each.P |] |> Significance.benjaminiHochberg
let periodic = [ for each in q -> if each < 0.01 then 1 else 0 ] |> List.sum
Finding.count "periodic.dimensions" (int64 periodic) |> Lesson.report lesson

10 * periodic > width
|> Lesson.check lesson "More than one dimension in ten is periodic"

10 * periodic > 9 * width
|> Lesson.checkFor Real lesson "Nine dimensions in ten are periodic"
(*** include-output ***)

(** Left, which frequency each dimension has most of; right, how much of it: look for a heap. *)
spectra
|> PositionFigure.periodogram count positions.Provenance
|> Chart.withTitle "The strongest frequency of each dimension"
|> Lesson.figure
    lesson
    "periodogram"
    $"{width} dimensions, {periodic} periodic at q < 0.01; {model.Weights}."
(*** include-it ***)

(**
Positions and tokens are added together. Do they use the same directions? Where the checkpoint has
tokens, the principal angles between their twenty largest components say, beside those of shuffled
positions. In the pocket model they keep more apart than chance would.
*)
let hasTokens = Embedding.hasTokens model

let toTokens each =
    model |> Embedding.tokens |> Embedding.principalAngles 20 each

let angles = if hasTokens then toTokens positions else [||]
let chance = if hasTokens then toTokens shuffled else [||]
(** Stated, and held against chance, where there are tokens: *)
if hasTokens then
    Finding.numbers "angles.positions-tokens" angles |> Lesson.report lesson
    Finding.numbers "angles.shuffled-tokens" chance |> Lesson.report lesson

    Array.average angles > Array.average chance
    |> Lesson.checkFor Pocket lesson "Positions and tokens keep more apart than chance"
(*** include-output ***)

(** The higher a curve, the less the two share; look whether it lies above that of chance. *)
[
    if hasTokens then
        PositionFigure.angles angles chance
        |> Lesson.figure
            lesson
            "angles"
            $"Twenty largest components on either side; {model.Weights}."
]
(*** include-it ***)
Lesson.finish lesson
