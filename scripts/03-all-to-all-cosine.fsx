(**
---
title: All-to-all cosine similarity
category: Lessons
categoryindex: 2
index: 3
description: Every pair of a whole vocabulary, exactly, in one pass; nothing sampled or halved.
---
*)
(*** condition: prepare ***)
#load "prelude.fsx"
open Workbench

(**
# All-to-all cosine similarity

BERT's 30,522 tokens have 465,780,981 pairs. As a matrix their similarities take gigabytes, so they
are usually sampled and rounded to half precision. Here nothing is: one pass computes every cosine
in single precision, asks all questions of it, and forgets it. Where no other model is at hand the
tokens are those of `pocket-bert`, which ships with the workbench and has read a shelf of old books;
with BERT or one of its family in a folder, `dotnet fsi scripts/lessons.fsx 3 --models FOLDER` does
the same with fourteen times as many pairs. The line of weights says which they are.
*)
let family = [
    "bert-base-uncased"
    "google-bert/bert-base-uncased"
    "minilm"
    "sentence-transformers/all-MiniLM-L6-v2"
]

let model = family |> Model.firstOr "pocket-bert" Embedding.hasTokens

let gpt2 =
    [ "gpt2"; "openai-community/gpt2" ]
    |> Model.firstOr "pocket-gpt2" Embedding.hasTokens

let lesson =
    Lesson.start "03-all-to-all-cosine" "All-to-all cosine similarity" [
        model.Weights
        gpt2.Weights
    ]

let embeddings = Embedding.tokens model
let count, width = Labelled.shape embeddings
(*** include-output ***)

(** ## Two words, and the whole table *)
let vector word =
    model
    |> Tokens.tryWord word
    |> Option.get
    |> fun id -> Labelled.row id embeddings

let one, other =
    if (Tokens.tryWord "hello" model).IsSome then
        "hello", "world"
    else
        "day", "night"

let x, y = vector one, vector other

[
    [ Chart.values x |> Chart.withName one; Chart.values y |> Chart.withName other ]
    |> Chart.combine
    |> Chart.withXTitle "dimension"
    |> Chart.withTitle "Two embeddings"
    Chart.scatter x y
    |> Chart.withXTitle one
    |> Chart.withYTitle other
    |> Chart.withTitle "Dimension by dimension"
]
|> Chart.grid 2
|> Lesson.figure
    lesson
    "two-words"
    $"“{one}” and “{other}”, {width} dimensions; cosine {Similarity.ofTwo x y:F3}."
(*** include-it ***)
let typical =
    // Root mean square of a token's entries.
    (embeddings |> Norms.ofRows |> Distribution.quantile 0.5) / sqrt (float width)

embeddings
|> Labelled.transpose
|> Chart.heatmapWithin 256
|> Chart.withLimits -typical typical
|> Chart.withTitle "All token embeddings"
|> Lesson.figure
    lesson
    "table"
    $"{count} tokens × {width} dimensions, cut off at ±{typical:F3}, an entry's typical size; \
      {model.Weights}."
(*** include-it ***)

(**
## Cosine and correlation

$\cos(x,y) = x\cdot y/(|x||y|)$. Subtract from each vector its own mean first, and the same formula
gives Pearson's correlation. Where vectors have different offsets the two differ: fifteen features
with offsets from −2 to 2 show how.
*)
let synthetic =
    Sample.normal (Seed 5UL) 100 15
    |> Labelled.mapi (fun _ feature value -> value - 2.0 + 4.0 * float feature / 14.0)

let cosines, correlations =
    synthetic |> Similarity.cosine Columns, synthetic |> Similarity.correlation Columns

[
    synthetic |> Labelled.transpose |> Chart.heatmap |> Chart.withTitle "Data"
    cosines
    |> Pairs.matrix
    |> Chart.heatmap
    |> Chart.withLimits -1.0 1.0
    |> Chart.withTitle "Cosine"
    correlations
    |> Pairs.matrix
    |> Chart.heatmap
    |> Chart.withLimits -1.0 1.0
    |> Chart.withTitle "Correlation"
    Chart.scatter (Pairs.values cosines) (Pairs.values correlations)
    |> Chart.withXTitle "cosine"
    |> Chart.withYTitle "correlation"
    |> Chart.withTitle "One against the other"
]
|> Chart.grid 2
|> Lesson.figure
    lesson
    "synthetic"
    "100 observations of 15 features with offsets, seed 5; 105 pairs of features."
(*** include-it ***)
let ofCentred =
    synthetic |> Labelled.transpose |> Labelled.centreRows |> Similarity.cosine Rows

Lesson.check
    lesson
    "The cosine of centred vectors is the correlation, to 1e-6"
    ((Pairs.values ofCentred, Pairs.values correlations)
     ||> Array.forall2 (fun a b -> abs (a - b) < 1e-6))
(*** include-output ***)

(** ## Every pair of the vocabulary, many answers from one pass; and of GPT-2's *)
let classes = model |> Tokens.classes count

let survey =
    Fold.scan {
        let! shape = Fold.histogram 4000
        and! summary = Fold.moments
        and! closest = Fold.top 10
        and! picture = Fold.thumbnail 320
        and! byClass = Fold.byClass classes (Fold.zip (Fold.histogram 400) Fold.moments)
        and! hubs = Fold.occurrence 10
        and! sampled = Fold.sample (Seed 9UL) 5000

        return {|
            Shape = shape
            Summary = summary
            Closest = closest
            Picture = picture
            ByClass = byClass
            Hubs = hubs
            Sampled = sampled
        |}
    }

let cosine = embeddings |> Similarity.cosine Rows
let all = cosine |> Pairs.fold survey

[
    Finding.count "pairs.n" cosine.Count
    yield! Finding.ofSummary "cosine" all.Summary
    Finding.numbers "cosine.histogram" (Seq.map float (Distribution.rebin 40 all.Shape).Counts)
    Finding.ofPairs "closest" all.Closest
]
|> Lesson.reportAll lesson

Lesson.check lesson "Every pair was counted once: n(n−1)/2" (all.Shape.N = cosine.Count)
(*** include-output ***)
let inGpt2, (ofGpt2, picture) =
    Embedding.tokens gpt2
    |> Similarity.cosine Rows
    |> Pairs.fold (Fold.zip (Fold.histogram 4000) (Fold.zip Fold.moments (Fold.thumbnail 320)))

let shown name (shape: Histogram) (summary: Summary) picture = [
    picture
    |> Chart.heatmap
    |> Chart.withLimits
        (summary.Mean - 2.0 * summary.Sd)
        (min 1.0 (summary.Mean + 2.0 * summary.Sd))
    |> Chart.withTitle name
    shape
    |> Distribution.rebin 20
    |> Distribution.trim
    |> Chart.density
    |> Chart.withLogY
    |> Chart.withTitle $"mean {summary.Mean:F3}, sd {summary.Sd:F3}"
]

shown model.Weights.Name all.Shape all.Summary all.Picture
@ shown gpt2.Weights.Name inGpt2 ofGpt2 picture
|> Chart.grid 2
|> Lesson.figure
    lesson
    "all-pairs"
    $"{cosine.Count:N0} and {inGpt2.N:N0} pairs, in the tokenizers' order, which begins with the \
      frequent: means of blocks, within two sd of the mean; the exact histogram."
(*** include-it ***)
all.Closest
|> Pairs.toTable
|> Lesson.table lesson "closest" "The ten most similar pairs of tokens."
(*** include-it ***)

(**
## Tokens that were never used

BERT's vocabulary keeps slots free, `[unused0]` and so on, that no text fills. Training still
reaches them: the tied output head moves all of them the same way, as tokens that are never the
answer. In the pocket model they are the closest of all; in MiniLM those are spellings and plurals.
*)
let unused =
    classes
    |> Array.indexed
    |> Array.filter (fun (_, kind) -> kind = Unused)
    |> Array.map fst

let ofUnused, distinct =
    embeddings
    |> Labelled.selectRows unused
    |> Similarity.cosine Rows
    |> Pairs.fold (Fold.zip Fold.moments (Fold.distinct 1_000_000))

[
    Finding.text "tokens.first" (String.concat " " [ for id in 0..19 -> embeddings.Rows.Label id ])
    Finding.count "unused.count" (int64 unused.Length)
    |> Finding.withN (int64 count)
    Finding.number "unused.share" (100.0 * float unused.Length / float count)
    |> Finding.withUnit "%"
    Finding.number "unused.cosine.mean" ofUnused.Mean |> Finding.withN ofUnused.N
    Finding.count
        "unused.cosine.distinct"
        (distinct |> Option.map (Array.length >> int64) |> Option.defaultValue -1L)
    Finding.value
        "classes"
        (Value.Array [
            for a, b, (_, pairs) in all.ByClass ->
                Value.Array [
                    Value.Text(string a)
                    Value.Text(string b)
                    Value.Number(float pairs.N)
                    Value.Number pairs.Mean
                ]
        ])
]
|> Lesson.reportAll lesson

Lesson.check
    lesson
    "Unused tokens are more alike than tokens are in general"
    (ofUnused.Mean > all.Summary.Mean)
(*** include-output ***)
let within = [
    for a, b, (shape: Histogram, _) in all.ByClass do
        if a = b then
            a, shape
]

// In a small vocabulary no class has so many.
let fewest = within |> List.map (fun (_, shape) -> shape.N) |> List.max |> min 1000L

[
    [
        for kind, shape in within do
            if shape.N >= fewest then
                shape
                |> Distribution.rebin 4
                |> Chart.densityOutline
                |> Chart.withName $"{kind} × {kind}"
    ]
    |> Chart.combine
    |> Chart.withTitle "Similarity within classes of tokens"
    Chart.values [ for kind in classes -> if kind = Unused then 1.0 else 0.0 ]
    |> Chart.withYLabels [ "used"; "unused" ]
    |> Chart.withXTitle "token id"
    |> Chart.withTitle "Where the unused tokens are"
]
|> Chart.grid 2
|> Lesson.figure
    lesson
    "classes"
    $"Densities of all pairs within a class, if {fewest:N0} or more; {unused.Length} of {count} \
      tokens are unused slots."
(*** include-it ***)

(**
## What all vectors share

A mean similarity above zero says that the vectors share a direction. Taking out the mean row, or
also the directions of largest variance ("all but the top"), shows how much of every similarity was
that; correlation takes out each row's own mean and so hardly any of it. Some tokens are near
everybody: hubs, counted by how often a token is among the ten nearest of others. Others lie near
the unused slots: in the pocket model steps on the way to longer words, as “subsequ” to
“subsequent”, at which its tokenizer hardly ever stops.
*)
let cosinesOf matrix =
    matrix
    |> Similarity.cosine Rows
    |> Pairs.withoutUndefined
    |> Pairs.fold Fold.moments

let centred, stripped =
    embeddings |> Labelled.centre |> cosinesOf,
    embeddings |> Embedding.allButTheTop (max 1 (width / 100)) |> cosinesOf

let pearson, sampled =
    embeddings
    |> Similarity.correlation Rows
    |> Pairs.fold (Fold.zip Fold.moments (Fold.sample (Seed 9UL) 5000))

[
    Finding.number "centred.mean" centred.Mean |> Finding.withN centred.N
    Finding.number "all-but-the-top.mean" stripped.Mean |> Finding.withN stripped.N
    Finding.number "pearson.mean" pearson.Mean |> Finding.withN pearson.N
    Finding.number "hubs.k10.skewness" (all.Hubs |> Array.map float |> Distribution.skewness)
    |> Finding.withN (int64 count)
]
|> Lesson.reportAll lesson

// The cosines of n vectors whose mean is zero average about −1/(n − 1).
let expected = -1.0 / float (count - 1)

Lesson.check
    lesson
    "Centring takes the mean similarity close to −1/(n − 1), zero for many tokens"
    (abs centred.Mean < abs all.Summary.Mean || abs (centred.Mean - expected) < 0.01)
(*** include-output ***)
let means (measure: float -> float) = [|
    for id in 0 .. count - 1 -> Labelled.row id embeddings |> Array.averageBy measure
|]

[
    [
        for name, measure in [ "mean", id; "mean of absolute values", abs ] ->
            means measure
            |> Distribution.histogram 80 "mean of a row" embeddings.Provenance
            |> Chart.histogramOutline
            |> Chart.withName name
    ]
    |> Chart.combine
    |> Chart.withTitle "Row means"
    Chart.scatter (sampled |> Array.map _.Similarity) (all.Sampled |> Array.map _.Similarity)
    |> Chart.withUnityLine
    |> Chart.withXTitle "correlation"
    |> Chart.withYTitle "cosine"
    |> Chart.withTitle "The same pairs"
]
|> Chart.grid 2
|> Lesson.figure
    lesson
    "correlation"
    $"Row means of {count} tokens; 5,000 of {cosine.Count:N0} pairs, seed 9."
(*** include-it ***)
let hubs =
    all.Hubs |> Array.indexed |> Array.sortByDescending snd |> Array.truncate 8

let suspects =
    embeddings
    |> Embedding.towards unused
    |> Array.indexed
    |> Array.filter (fun (id, _) -> classes[id] <> Unused)
    |> Array.sortByDescending snd

[
    for (hub, times), (suspect, cosine) in Seq.zip hubs suspects ->
        [
            Text(embeddings.Rows.Label hub)
            Count(int64 times)
            Text(embeddings.Rows.Label suspect)
            Number cosine
        ]
]
|> Table.ofRows [
    "hub"
    "among the ten nearest of"
    "near the unused"
    "cosine with their mean"
]
|> Lesson.table
    lesson
    "hubs"
    "Left: the largest hubs. Right: tokens most like the mean unused one, which training may never \
     have asked for."
(*** include-it ***)
Lesson.finish lesson
