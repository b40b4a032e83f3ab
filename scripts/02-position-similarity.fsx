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
    [ "gpt2"; "openai-community/gpt2" ]
    |> Model.firstOr "pocket-gpt2" Embedding.hasPositions

let lesson =
    Lesson.start "02-position-similarity" "Position similarity and the shuffle" [ model.Weights ]

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
let survey =
    Fold.scan {
        let! shape = Fold.histogram 4000
        and! summary = Fold.moments
        and! closest = Fold.top 201

        return {|
            Shape = shape
            Summary = summary
            Closest = closest
        |}
    }

let ofPositions = betweenPositions |> Pairs.fold survey
let ofDimensions = betweenDimensions |> Pairs.fold survey
Finding.count "pairs.positions" betweenPositions.Count |> Lesson.report lesson
Finding.count "pairs.dimensions" betweenDimensions.Count |> Lesson.report lesson

Finding.ofSummary "cosine.positions" ofPositions.Summary
|> Lesson.reportAll lesson

Finding.ofSummary "cosine.dimensions" ofDimensions.Summary
|> Lesson.reportAll lesson

Lesson.check
    lesson
    "No pair is missing and none is counted twice"
    (ofDimensions.Shape.N = betweenDimensions.Count)
(*** include-output ***)

let hundredBins name histogram =
    histogram
    |> Distribution.rebin 40
    |> Chart.densityOutline
    |> Chart.withName name

[
    hundredBins "between dimensions" ofDimensions.Shape
    hundredBins "between positions" ofPositions.Shape
]
|> Chart.combine
|> Chart.withTitle "Cosine similarity in the position embeddings"
|> Lesson.figure
    lesson
    "histograms"
    $"{betweenDimensions.Count:N0} pairs of dimensions and {betweenPositions.Count:N0} of \
      positions, 100 bins."
(*** include-it ***)

(**
## The full shuffle

Put all entries of the matrix in random order. Every value is still there; every relation is gone.
The spread that is left is that of random vectors, $1/\sqrt n$ for $n$ positions.
*)
let seed = Seed 42UL

let limit =
    positions.Values.ToArray()
    |> Array.map (float >> abs)
    |> Distribution.quantile 0.95
    |> fun value -> float $"{value:e0}" / 2.0

let shuffled = positions |> Null.shuffle seed
let ofShuffled = shuffled |> Similarity.cosine Columns |> Pairs.fold survey

[ positions, "Position embeddings"; shuffled, "The same values, shuffled" ]
|> List.map (fun (matrix, title) ->
    matrix |> Labelled.transpose |> Chart.heatmapWithin 384 |> Chart.withTitle title)
|> Chart.grid 1
|> Chart.withLimits -limit limit
|> Lesson.figure lesson "shuffled" $"Both matrices, cut off at ±{limit}; shuffled with seed 42."
(*** include-it ***)
[
    hundredBins "as learned" ofDimensions.Shape
    hundredBins "shuffled" ofShuffled.Shape
]
|> Chart.combine
|> Chart.withTitle "Pairs of dimensions, learned and shuffled"
|> Lesson.figure
    lesson
    "against-shuffle"
    $"{betweenDimensions.Count:N0} pairs each; shuffled: sd {ofShuffled.Summary.Sd:F4}, largest \
      {ofShuffled.Summary.Maximum:F3}."
(*** include-it ***)
Finding.number "cosine.shuffled.sd" ofShuffled.Summary.Sd
|> Finding.withSeed seed
|> Lesson.report lesson

Lesson.check
    lesson
    "Shuffled similarities are spread like those of random vectors"
    (abs (ofShuffled.Summary.Sd * sqrt (float positions.Rows.Length) - 1.0) < 0.1)

Lesson.check
    lesson
    "Learned similarities are spread wider than shuffled ones"
    (ofDimensions.Summary.Sd > 1.5 * ofShuffled.Summary.Sd)
(*** include-output ***)

(**
## The most similar dimensions

Ten pairs spread over ranks 0 to 200 of the sorted list. Followed through all positions, a pair with
a cosine near one lies on a line, as GPT-2's do; a cloud is what smaller ones look like.
*)
let ranks = [ for i in 0..9 -> 200 * i / 9 ]
let ranked = [ for rank in ranks -> rank, ofDimensions.Closest[rank] ]

Finding.rows "dimensions.ranked" [
    for rank, pair in ranked -> [ float rank; float pair.I; float pair.J; pair.Similarity ]
]
|> Lesson.report lesson

ranked
|> Table.ofItems [
    "rank", (fun (rank, _) -> Count(int64 rank))
    "dimension", (fun (_, pair) -> Count(int64 pair.I))
    "and", (fun (_, pair) -> Count(int64 pair.J))
    "cosine", (fun (_, pair) -> Number pair.Similarity)
]
|> Lesson.table lesson "ranked" "Ten of the 201 most similar pairs of dimensions."
(*** include-it ***)
[
    for _, pair in ranked ->
        Chart.scatter (Labelled.column pair.I positions) (Labelled.column pair.J positions)
        |> Chart.withName $"({pair.I}, {pair.J})"
        |> Chart.withMarker Marker.Circle 3.0
]
|> Chart.combine
|> Chart.withXTitle "first dimension"
|> Chart.withYTitle "second dimension"
|> Chart.withTitle "Ten similar pairs of dimensions"
|> Lesson.figure lesson "pairs" $"One point per position, {positions.Rows.Length} for each pair."
(*** include-it ***)
let known = [
    356, 528, 0.992
    320, 540, 0.943
    308, 528, 0.915
    107, 271, 0.885
    365, 525, 0.864
]

Lesson.checkFor
    Real
    lesson
    "GPT-2's list begins (356, 528) 0.992, (320, 540) 0.943, (308, 528) 0.915, (107, 271) 0.885, \
     (365, 525) 0.864"
    (known = [
        for _, pair in List.truncate 5 ranked ->
            pair.I, pair.J, System.Math.Round(pair.Similarity, 3)
    ])
(*** include-output ***)

(**
## The ladder of nulls

A full shuffle leaves nothing but the histogram of values, so almost anything beats it. The rungs
below keep more and more: the values of each position, of each dimension; the covariance between
dimensions; each dimension's shape, but not where it begins; each dimension's spectrum, but not its
phases. Where a null keeps the very thing that is measured, as normal rows with the same covariance
do here, no statistic of it can speak against that null. The p-value is $(b+1)/(m+1)$, where $b$ of
$m$ random matrices reach the observed value. Shifts and phases treat the last position as the first
one's neighbour; series that drift and do not close beat them too easily (`docs/calibration.md`).
*)
let ladder =
    positions
    |> Null.ladders (Seed 7UL) 99 [ Statistic.meanAbsoluteCosine; Statistic.maximumCosine ]

ladder
|> Null.toTable
|> Lesson.table
    lesson
    "ladder"
    "99 random matrices per rung, seed 7; the largest cosine is a max-T test over all pairs at \
     once."
(*** include-it ***)
let against rung =
    ladder |> List.filter (fun each -> each.Rung = rung)

Lesson.check
    lesson
    "A full shuffle is beaten by both statistics"
    (against AllEntries |> List.map (fun each -> each.P = 0.01) = [ true; true ])

Lesson.check
    lesson
    "Rows with the same covariance are beaten by neither"
    (against GaussianCovariance |> List.map (fun each -> each.P > 0.01) = [ true; true ])
(*** include-output ***)
Lesson.finish lesson
