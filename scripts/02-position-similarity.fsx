(**
---
title: Position similarity and the shuffle
category: Lessons
categoryindex: 2
index: 2
description: Are similar position dimensions more than chance? It depends on what chance may keep.
---
*)
(*** condition: prepare ***)
#load "prelude.fsx"
open Workbench

(**
# Position similarity and the shuffle

Two dimensions of GPT-2's position embeddings have a cosine of 0.99. Is that a discovery? A number
means something beside what chance would give, and "chance" is a choice: the more of the data's
structure it keeps, the harder it is to beat. This lesson takes the distribution of all
similarities, compares it with a full shuffle as is often done, and then climbs a ladder of gentler
nulls.

The line of weights says whose positions these are. Those of `pocket-gpt2`, which ships with the
workbench and has read little, are less alike. With GPT-2 in a folder,
`dotnet fsi scripts/lessons.fsx 2 --models FOLDER` asks about the pair with 0.99.
*)
let model =
    Published.gpt2
    |> Model.firstOr "pocket-gpt2" Embedding.hasPositions
    |> Model.on engine
(** The lesson begins, and prints what computes and whose weights these are. *)
let weights = [ model.Weights ]

let lesson =
    Lesson.start "02-position-similarity" "Position similarity and the shuffle" weights

let positions = Embedding.positions model
let betweenPositions = positions |> Similarity.cosine Rows
let betweenDimensions = positions |> Similarity.cosine Columns
(*** include-output ***)

(**
## All unique pairs

A similarity matrix is symmetric with ones on its diagonal, so its information is above the
diagonal: $n(n-1)/2$ pairs, each once. One pass over them gives the histogram, the moments and the
ranking at the same time.
*)
let survey = PositionFigure.survey
let ofPositions = betweenPositions |> Pairs.fold survey
let ofDimensions = betweenDimensions |> Pairs.fold survey
(** How many there are, and their moments: *)
Finding.count "pairs.positions" betweenPositions.Count |> Lesson.report lesson
Finding.count "pairs.dimensions" betweenDimensions.Count |> Lesson.report lesson

Finding.ofSummary "cosine.positions" ofPositions.Summary
|> Lesson.reportAll lesson

Finding.ofSummary "cosine.dimensions" ofDimensions.Summary
|> Lesson.reportAll lesson
(** The histogram has them all: *)
ofDimensions.Shape.N = betweenDimensions.Count
|> Lesson.check lesson "No pair is missing and none is counted twice"

let counted =
    $"{betweenDimensions.Count:N0} pairs of dimensions, {betweenPositions.Count:N0} of \
               positions, 100 bins"
(*** include-output ***)

(** Look at how far either curve reaches, and at its right end: *)
[
    "between dimensions", ofDimensions.Shape
    "between positions", ofPositions.Shape
]
|> PositionFigure.outlines
|> Chart.withTitle "Cosine similarity in the position embeddings"
|> Lesson.figure lesson "histograms" $"{counted}; {model.Weights}."
(*** include-it ***)

(**
## The full shuffle

Put all entries of the matrix in random order. Every value is still there; every relation is gone.
The spread that is left is that of random vectors, $1/\sqrt n$ for $n$ positions.
*)
let seed = Seed 42UL
let limit = Norms.roundQuantile 0.95 positions / 2.0
let shuffled = positions |> Null.shuffle seed
let ofShuffled = shuffled |> Similarity.cosine Columns |> Pairs.fold survey

let cut =
    $"{positions.Rows.Length} positions × {positions.Columns.Length} dimensions, ±{limit}"
(** Above, structure; below, the same numbers without any: *)
[ "Position embeddings", positions; "The same values, shuffled", shuffled ]
|> PositionFigure.matrices limit
|> Chart.withTitle "Before and after the shuffle"
|> Lesson.figure lesson "shuffled" $"{cut}; shuffled with {seed}; {model.Weights}."
(*** include-it ***)

(** If the two curves were one, position embeddings would be noise: *)
[ "as learned", ofDimensions.Shape; "shuffled", ofShuffled.Shape ]
|> PositionFigure.outlines
|> Chart.withTitle "Pairs of dimensions, learned and shuffled"
|> Lesson.figure
    lesson
    "against-shuffle"
    $"{betweenDimensions.Count:N0} pairs each; shuffled: {ofShuffled.Summary}; {model.Weights}."
(*** include-it ***)
let sd, root = ofShuffled.Summary.Sd, sqrt (float positions.Rows.Length)

Finding.number "cosine.shuffled.sd" sd
|> Finding.withSeed seed
|> Lesson.report lesson

abs (sd * root - 1.0) < 0.1
|> Lesson.check lesson "Shuffled similarities are spread like those of random vectors"

ofDimensions.Summary.Sd > 1.5 * sd
|> Lesson.check lesson "Learned similarities are spread wider than shuffled ones"
(*** include-output ***)

(**
## The most similar dimensions

Ten pairs spread over ranks 0 to 200 of the sorted list. Followed through all positions, a pair with
a cosine near one lies on a line, as GPT-2's do; a cloud is what smaller ones look like.
*)
let ranks = [ for i in 0..9 -> 200 * i / 9 ]
let ranked = [ for rank in ranks -> rank, ofDimensions.Closest[rank] ]

PositionFigure.ofRanked ranked
|> Finding.rows "dimensions.ranked"
|> Lesson.report lesson

PositionFigure.rankedTable ranked
|> Lesson.table lesson "ranked" $"Ten of the 201 most similar pairs of dimensions; {model.Weights}."
(*** include-it ***)

(** A point is a position; look how the clouds narrow to lines as the cosine grows: *)
positions
|> PositionFigure.pairs ranked
|> Chart.withTitle "Ten similar pairs of dimensions"
|> Lesson.figure
    lesson
    "pairs"
    $"One point per position, {positions.Rows.Length} for each pair; {model.Weights}."
(*** include-it ***)

(** What the original study printed, for GPT-2: *)
let known =
    "(356, 528) 0.992, (320, 540) 0.943, (308, 528) 0.915, (107, 271) 0.885, (365, 525) 0.864"

PositionFigure.listed (List.truncate 5 ranked) = known
|> Lesson.checkOf "gpt2" lesson $"GPT-2's list begins {known}"
(*** include-output ***)

(**
## The ladder of nulls

A full shuffle leaves nothing but the histogram of values, so almost anything beats it. The rungs
below keep more and more: the values of each position, of each dimension; the singular values, while
a random rotation mixes the dimensions; the covariance between dimensions; each dimension's shape,
but not where it begins; each dimension's spectrum, but not its phases. Where a null keeps the very
thing that is measured, as normal rows with the same covariance do here, no statistic of it can
speak against that null.

The p-value is $(b+1)/(m+1)$, where $b$ of $m$ random matrices reach the observed value: with 199
draws none is below 0.005, however far the observed value lies, and the effect size $z$ says how
far. Shifts and phases treat the last position as the first one's neighbour; series that drift and
do not close beat them too easily (`docs/calibration.md`).
*)
let both = [ Statistic.meanAbsoluteCosine; Statistic.maximumCosine ]
let ladder = positions |> Null.ladders (Seed 7UL) 199 both

ladder
|> Null.toTable
|> Lesson.table
    lesson
    "ladder"
    "199 matrices a rung, seed 7: p ≥ 0.005; the largest cosine is a max-T test over all pairs."
(*** include-it ***)

(**
Each mark is one random matrix. Where the observed value lies among the marks, chance that keeps so
much explains it; the further right of them, the less. $z$ in the table is the distance from their
mean in their standard deviations.
*)
ladder
|> NullFigure.draws
|> Chart.withYTitle "kept by chance"
|> Chart.withTitle "What chance gives on each rung"
|> Lesson.figure lesson "nulls" $"199 random matrices a rung, seed 7; {model.Weights}."
(*** include-it ***)
let ofShuffle, ofGaussian =
    ladder |> Null.psOf AllEntries, ladder |> Null.psOf GaussianCovariance

ofShuffle = [ 0.005; 0.005 ]
|> Lesson.check lesson "A full shuffle is beaten by both statistics"

List.min ofGaussian > 0.01
|> Lesson.check lesson "Rows with the same covariance are beaten by neither"
(*** include-output ***)
Lesson.finish lesson
