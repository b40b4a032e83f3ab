(**
---
title: All-to-all cosine similarity
category: Lessons
categoryindex: 2
index: 3
description: Every pair of a whole vocabulary, exactly, in one pass: what a sample and half precision would have hidden.
---
*)
(*** condition: prepare ***)
#load "prelude.fsx"
open Workbench

(**
# All-to-all cosine similarity

BERT's 30,522 tokens have 465,780,981 pairs. As a matrix their similarities take gigabytes, so they are usually sampled and rounded to half
precision. Here nothing is: one pass computes every cosine in single precision, asks all questions of it, and forgets it.
*)
let model =
    [ "bert-base-uncased"; "google-bert/bert-base-uncased"; "minilm"; "sentence-transformers/all-MiniLM-L6-v2" ]
    |> Model.tryFirst Embedding.hasTokens
    |> Option.defaultWith (fun () -> PlantedVocabulary.model (Seed 7UL))

let gpt2 = Model.tryFirst Embedding.hasTokens [ "gpt2"; "openai-community/gpt2" ]
let lesson = Lesson.start "03-all-to-all-cosine" "All-to-all cosine similarity" [ model.Weights; yield! gpt2 |> Option.map _.Weights |> Option.toList ]
let embeddings = Embedding.tokens model
let count, width = Labelled.shape embeddings
(*** include-output ***)

(** ## Two words, and the whole table *)
let vector word = model |> Tokens.tryWord word |> Option.get |> fun id -> Labelled.row id embeddings
let hello, world = vector "hello", vector "world"

[ [ Chart.values hello |> Chart.withName "hello"; Chart.values world |> Chart.withName "world" ] |> Chart.combine |> Chart.withXTitle "dimension" |> Chart.withTitle "Two embeddings"
  Chart.scatter hello world |> Chart.withXTitle "hello" |> Chart.withYTitle "world" |> Chart.withTitle "Dimension by dimension" ]
|> Chart.grid 2 |> Lesson.figure lesson "two-words" $"{width} dimensions; cosine {Similarity.ofTwo hello world:F3}."
(*** include-it ***)
embeddings |> Labelled.transpose |> Chart.heatmap |> Chart.withLimits -0.05 0.05 |> Chart.withTitle "All token embeddings"
|> Lesson.figure lesson "table" $"{count} tokens × {width} dimensions, cut off at ±0.05; {model.Weights}."
(*** include-it ***)

(**
## Cosine and correlation

$\cos(x,y) = x\cdot y/(|x||y|)$. Subtract from each vector its own mean first, and the same formula gives Pearson's correlation.
Where vectors have different offsets the two differ: fifteen features with offsets from −2 to 2 show how.
*)
let synthetic = Sample.normal (Seed 5UL) 100 15 |> Labelled.mapi (fun _ feature value -> value - 2.0 + 4.0 * float feature / 14.0)
let cosines, correlations = synthetic |> Similarity.cosine Columns, synthetic |> Similarity.correlation Columns

[ synthetic |> Labelled.transpose |> Chart.heatmap |> Chart.withTitle "Data"
  cosines |> Pairs.matrix |> Chart.heatmap |> Chart.withLimits -1.0 1.0 |> Chart.withTitle "Cosine"
  correlations |> Pairs.matrix |> Chart.heatmap |> Chart.withLimits -1.0 1.0 |> Chart.withTitle "Correlation"
  Chart.scatter (Pairs.values cosines) (Pairs.values correlations) |> Chart.withXTitle "cosine" |> Chart.withYTitle "correlation" |> Chart.withTitle "One against the other" ]
|> Chart.grid 2 |> Lesson.figure lesson "synthetic" "100 observations of 15 features with offsets, seed 5; 105 pairs of features."
(*** include-it ***)
let centredCosines = synthetic |> Labelled.transpose |> Labelled.centreRows |> Similarity.cosine Rows |> Pairs.values
let bridge = Array.forall2 (fun a b -> abs (a - b) < 1e-6) centredCosines (Pairs.values correlations)
Lesson.check lesson "The cosine of centred vectors is the correlation, to 1e-6" bridge
(*** include-output ***)

(** ## Every pair of the vocabulary, many answers from one pass *)
let classes = model |> Tokens.classes count
let survey =
    scan {
        let! shape = Fold.histogram 4000
        and! summary = Fold.moments
        and! closest = Fold.top 10
        and! picture = Fold.thumbnail 800
        and! byClass = Fold.byClass classes (Fold.zip (Fold.histogram 400) Fold.moments)
        and! hubs = Fold.occurrence 10
        and! sampled = Fold.sample (Seed 9UL) 5000
        return {| Shape = shape; Summary = summary; Closest = closest; Picture = picture; ByClass = byClass; Hubs = hubs; Sampled = sampled |}
    }
let cosine = embeddings |> Similarity.cosine Rows
let all = cosine |> Pairs.fold survey
[ Finding.count "pairs.n" cosine.Count
  yield! Finding.ofSummary "cosine" all.Summary
  Finding.numbers "cosine.histogram" (Seq.map float (Distribution.rebin 40 all.Shape).Counts)
  Finding.ofPairs "closest" all.Closest ]
|> Lesson.reportAll lesson
Lesson.check lesson "Every pair was counted once: n(n−1)/2" (all.Shape.N = cosine.Count)
(*** include-output ***)
[ all.Picture |> Chart.heatmap |> Chart.withLimits -0.3 0.3 |> Chart.withTitle "All pairs, cut off at ±0.3"
  all.Shape |> Distribution.rebin 20 |> Distribution.trim |> Chart.density |> Chart.withTitle "Their distribution" ]
|> Chart.grid 2 |> Lesson.figure lesson "all-pairs" $"{cosine.Count:N0} pairs of {count} tokens: means of blocks, and the exact histogram; {model.Weights}."
(*** include-it ***)
all.Closest |> Table.ofPairs |> Lesson.table lesson "closest" "The ten most similar pairs of tokens."
(*** include-it ***)

(** ## Tokens that were never used *)
let unused = classes |> Array.indexed |> Array.filter (fun (_, kind) -> kind = Unused) |> Array.map fst
let amongUnused = embeddings |> Labelled.selectRows unused |> Similarity.cosine Rows
let ofUnused, distinct = amongUnused |> Pairs.fold (Fold.zip Fold.moments (Fold.distinct 1_000_000))
let first = String.concat " " [ for id in 0..19 -> embeddings.Rows.Label id ]
[ Finding.text "tokens.first" first
  Finding.count "unused.count" (int64 unused.Length) |> Finding.withN (int64 count)
  Finding.number "unused.share" (100.0 * float unused.Length / float count) |> Finding.withUnit "%"
  Finding.number "unused.cosine.mean" ofUnused.Mean |> Finding.withN ofUnused.N
  Finding.count "unused.cosine.distinct" (distinct |> Option.map (Array.length >> int64) |> Option.defaultValue -1L) ]
|> Lesson.reportAll lesson
Lesson.check lesson "Unused tokens are more alike than tokens are in general" (ofUnused.Mean > all.Summary.Mean)
(*** include-output ***)
Chart.values [ for kind in classes -> if kind = Unused then 1.0 else 0.0 ] |> Chart.withYLabels [ "used"; "unused" ] |> Chart.withXTitle "token id"
|> Chart.withTitle "Where the unused tokens are"
|> Lesson.figure lesson "unused" $"{unused.Length} of {count} tokens ({100.0 * float unused.Length / float count:F2} %%) are unused slots."
(*** include-it ***)
let classRow (a: TokenClass, b: TokenClass, (_, summary: Summary)) =
    Value.Array [ Value.Text(string a); Value.Text(string b); Value.Number(float summary.N); Value.Number summary.Mean ]
Finding.value "classes" (Value.Array(List.map classRow all.ByClass)) |> Lesson.report lesson
[ for a, b, (shape: Histogram, _) in all.ByClass do
      if a = b && shape.N > 1000L then shape |> Distribution.rebin 4 |> Chart.densityOutline |> Chart.withName $"{a} × {b}" ]
|> Chart.combine |> Chart.withTitle "Similarity within classes of tokens"
|> Lesson.figure lesson "classes" "Density of all pairs within a class; classes with fewer than 1,000 pairs are left out."
(*** include-it ***)

(**
## What all vectors share

A mean similarity above zero says that the vectors share a direction. Taking out the mean row, or also the directions of largest variance
("all but the top"), shows how much of every similarity was that. Some tokens are near everybody: hubs, counted by how often a token is
among the ten nearest of others.
*)
let centred = embeddings |> Labelled.centre |> Similarity.cosine Rows |> Pairs.withoutUndefined |> Pairs.fold Fold.moments
let top = max 1 (width / 100)
let stripped = embeddings |> Embedding.allButTheTop top |> Similarity.cosine Rows |> Pairs.withoutUndefined |> Pairs.fold Fold.moments
[ Finding.number "centred.mean" centred.Mean |> Finding.withN centred.N
  Finding.number "all-but-the-top.mean" stripped.Mean |> Finding.withN stripped.N
  Finding.number "hubs.k10.skewness" (all.Hubs |> Array.map float |> Distribution.skewness) |> Finding.withN (int64 count) ]
|> Lesson.reportAll lesson
Lesson.check lesson "Centring takes the mean similarity close to zero" (abs centred.Mean < abs all.Summary.Mean || abs centred.Mean < 0.01)
(*** include-output ***)
let hubs = all.Hubs |> Array.indexed |> Array.sortByDescending snd |> Array.truncate 8
let suspects = embeddings |> Embedding.towards unused |> Array.indexed |> Array.filter (fun (id, _) -> classes[id] <> Unused) |> Array.sortByDescending snd |> Array.truncate 8
[ for (hub, times), (suspect, cosine) in Seq.zip hubs suspects -> [ Text(embeddings.Rows.Label hub); Count(int64 times); Text(embeddings.Rows.Label suspect); Number cosine ] ]
|> Table.ofRows [ "hub"; "among the ten nearest of"; "near the unused"; "cosine with their mean" ]
|> Lesson.table lesson "hubs" "Left: the largest hubs. Right: used tokens most like the mean unused one, which training may hardly have moved."
(*** include-it ***)

(** ## Correlation against cosine, and GPT-2 *)
let correlation = embeddings |> Similarity.correlation Rows
let pearson, sampledPearson = correlation |> Pairs.fold (Fold.zip Fold.moments (Fold.sample (Seed 9UL) 5000))
Finding.number "pearson.mean" pearson.Mean |> Finding.withN pearson.N |> Lesson.report lesson
(*** include-output ***)
let means (measure: float -> float) = [| for id in 0 .. count - 1 -> Labelled.row id embeddings |> Array.averageBy measure |]
[ Chart.scatter (sampledPearson |> Array.map _.Similarity) (all.Sampled |> Array.map _.Similarity) |> Chart.withUnityLine
  |> Chart.withXTitle "correlation" |> Chart.withYTitle "cosine" |> Chart.withTitle "The same pairs"
  [ means id |> Distribution.histogram 80 "mean of a row" embeddings.Provenance |> Chart.histogramOutline |> Chart.withName "mean"
    means abs |> Distribution.histogram 80 "mean of a row" embeddings.Provenance |> Chart.histogramOutline |> Chart.withName "mean of absolute values" ]
  |> Chart.combine |> Chart.withTitle "Row means" ]
|> Chart.grid 2 |> Lesson.figure lesson "correlation" $"5,000 of {cosine.Count:N0} pairs, seed 9; row means of {count} tokens."
(*** include-it ***)
match gpt2 with
| None -> printfn "GPT-2's token embeddings are not at hand: with wte.weight in the checkpoint, its 1,262,857,896 pairs are drawn here."
| Some gpt2 ->
    let shape, picture = gpt2 |> Embedding.tokens |> Similarity.cosine Rows |> Pairs.fold (Fold.zip (Fold.histogram 1000) (Fold.thumbnail 800))
    [ picture |> Chart.heatmap |> Chart.withLimits 0.1 0.4 |> Chart.withTitle "GPT-2, all pairs"
      shape |> Distribution.rebin 5 |> Distribution.trim |> Chart.density |> Chart.withLogY |> Chart.withTitle "Logarithmic" ]
    |> Chart.grid 2 |> Lesson.figure lesson "gpt2" $"{shape.N:N0} pairs of GPT-2's tokens." |> ignore
(*** include-output ***)
Lesson.finish lesson
