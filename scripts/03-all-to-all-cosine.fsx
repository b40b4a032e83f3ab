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
the same with fourteen times as many pairs, and `--model NAME` takes any model: SmolLM2, say, has
1,207,934,976 pairs. The line of weights says which they are. GPT-2, or the pocket model of its
kind, stands beside it.
*)
let model =
    Published.bert
    |> Model.chosenOr "pocket-bert" Embedding.hasTokens
    |> Model.on engine

let gpt2 =
    Published.gpt2
    |> Model.firstOr "pocket-gpt2" Embedding.hasTokens
    |> Model.on engine
(** The lesson begins, and prints what computes and whose weights these are. *)
let both = [ model.Weights; gpt2.Weights ]
let lesson = Lesson.start "03-all-to-all-cosine" "All-to-all cosine similarity" both
let embeddings, others = Embedding.tokens model, Embedding.tokens gpt2
let count, width = Labelled.shape embeddings
let name, otherName = model.Weights.Name, gpt2.Weights.Name
(*** include-output ***)

(**
## Two words

An embedding is a row of numbers. Two of them as curves show little; one against the other shows
what they share, if anything: look whether the cloud on the right leans to one side.
*)
let hasHello = (Tokens.tryWord "hello" model).IsSome
let one, other = if hasHello then "hello", "world" else "day", "night"
let two = model |> Embedding.ofWords [ one; other ]
let x, y = Labelled.row 0 two, Labelled.row 1 two
(** Both words, and their cosine as the library has it: *)
let ofTwo =
    $"{width} dimensions; cosine {Similarity.ofTwo x y:F3}; {model.Weights}."

SimilarityFigure.two (one, x) (other, y)
|> Chart.withTitle $"The embeddings of “{one}” and “{other}”"
|> Lesson.figure lesson "two-words" ofTwo
(*** include-it ***)

(**
All of them at once. Tokens run to the right and dimensions downwards; look for rows that are one
colour, dimensions that all tokens share, and for stretches of tokens that look unlike the others.
*)
let typical = Norms.typicalEntry embeddings

let ofTable =
    $"{count:N0} tokens × {width} dimensions, cut off at ±{typical:F3}; {model.Weights}."

let table = embeddings |> Labelled.transpose |> Chart.heatmapWithin 256

table
|> Chart.withLimits -typical typical
|> Chart.withTitle "All token embeddings"
|> Lesson.figure lesson "table" ofTable
(*** include-it ***)

(**
## The formula

$$ \cos(x, y) = \frac{x \cdot y}{|x|\,|y|} =
\frac{\sum_i x_i y_i}{\sqrt{\sum_i x_i^2 \,\sum_i y_i^2}} $$

Fifty numbers $x$, drawn at random, and $y = x$ with as much noise added: half of what is in $y$ is
$x$, and the cosine is near $\sqrt{1/2} \approx 0.71$.
*)
let drawn = Sample.normal (Seed 4UL) 50 2
let xs = Labelled.column 0 drawn
let ys = Labelled.column 1 drawn |> Array.map2 (+) xs
let dot a b = Array.map2 (*) a b |> Array.sum
let cosineOf a b = dot a b / sqrt (dot a a * dot b b)
let ofXY = cosineOf xs ys
(** The library computes the same: *)
abs (ofXY - Similarity.ofTwo xs ys) < 1e-12
|> Lesson.check lesson "Formula and library agree"

abs (ofXY - sqrt 0.5) < 0.15 |> Lesson.check lesson "The cosine is near 0.71"
(*** include-output ***)
Chart.scatter xs ys
|> Chart.withXTitle "x"
|> Chart.withYTitle "y = x + noise"
|> Chart.withTitle $"Cosine similarity {ofXY:F2}"
|> Lesson.figure
    lesson
    "formula"
    "50 pairs of numbers, seed 4; the further the cloud leans, the larger."
(*** include-it ***)

(**
## Cosine and correlation

Subtract from each vector its own mean first, and the same formula gives Pearson's correlation.
Where vectors have different offsets the two differ. Fifteen features are drawn with offsets from −2
to 2: their cosines show the offsets (red where the signs of two agree, blue where they differ),
their correlations show that there is nothing else.
*)
let offsets = [| for feature in 0..14 -> -2.0 + 4.0 * float feature / 14.0 |]
let synthetic = Sample.normalAround (Seed 5UL) 100 offsets

SimilarityFigure.cosineAndCorrelation synthetic
|> Chart.withTitle "Random numbers with offsets"
|> Lesson.figure
    lesson
    "synthetic"
    "100 observations of 15 features, seed 5; 105 pairs of features."
(*** include-it ***)

(** That a correlation is the cosine of centred vectors holds for every pair of them: *)
let correlations = synthetic |> Similarity.correlation Columns |> Pairs.values
let turned = synthetic |> Labelled.transpose |> Labelled.centreRows
let ofCentred = turned |> Similarity.cosine Rows |> Pairs.values

Similarity.largestDifference ofCentred correlations < 1e-6
|> Lesson.check lesson "The cosine of centred vectors is the correlation, to 1e-6"
(*** include-output ***)

(**
## One pair of the vocabulary

Two tokens drawn at random, between ids 3,000 and 6,000 where there are as many: the formula above
and the library must agree, and unrelated tokens should have little in common.
*)
let from, until = min 3000 (count / 3), min 6000 (count - 1)
let ids = Sample.without (Seed 8UL) 2 (until - from + 1) |> Array.map ((+) from)
let pair = embeddings |> Labelled.selectRows ids
let first, second = Labelled.row 0 pair, Labelled.row 1 pair
let drawnTokens = $"“{pair.Rows.Label 0}” and “{pair.Rows.Label 1}”"
(** By the formula and by the library: *)
let byFormula, byLibrary = cosineOf first second, Similarity.ofTwo first second
Lesson.number lesson "pair.cosine" byFormula

abs (byFormula - byLibrary) < 1e-12
|> Lesson.check lesson "Formula and library agree on the pair"
(*** include-output ***)
SimilarityFigure.two ($"“{pair.Rows.Label 0}”", first) ($"“{pair.Rows.Label 1}”", second)
|> Chart.withTitle $"{drawnTokens}: cosine {byFormula:F5} by formula, {byLibrary:F5} by library"
|> Lesson.figure lesson "pair" $"Ids {ids[0]} and {ids[1]}, drawn with seed 8; {model.Weights}."
(*** include-it ***)

(** ## Every pair of the vocabulary, many answers from one pass; and of GPT-2's *)
let all, ofGpt2 = VocabularySurvey.ofModel model, VocabularySurvey.ofModel gpt2
(** Their number and moments, a histogram of a hundred bins, and the ten closest: *)
let pairs = int64 count * (int64 count - 1L) / 2L
Finding.count "pairs.n" all.Shape.N |> Lesson.report lesson
Finding.ofSummary "cosine" all.Summary |> Lesson.reportAll lesson
Finding.ofHistogram "cosine.histogram" 100 all.Shape |> Lesson.report lesson
Finding.ofPairs "closest" all.Closest |> Lesson.report lesson

all.Shape.N = pairs
|> Lesson.check lesson "Every pair was counted once: n(n−1)/2"
(*** include-output ***)

(**
Left, the matrices, in the tokenizers' order, which begins with the frequent: look for blocks, kinds
of tokens that are alike. Right, the exact histograms, their height on a logarithmic scale, so that
the rare pairs at both ends can be seen: a mean far from zero says that all tokens lean one way.
*)
let ofAll =
    $"{all.Shape.N:N0} pairs of {both[0]}, {ofGpt2.Shape.N:N0} of {both[1]}; on the left \
              means of blocks, colours within two sd of the mean."

SimilarityFigure.ofSurvey name all @ SimilarityFigure.ofSurvey otherName ofGpt2
|> Chart.grid 2
|> Chart.withTitle "Cosines of all pairs of tokens"
|> Lesson.figure lesson "all-pairs" ofAll
(*** include-it ***)
all.Closest
|> Pairs.toTable
|> Lesson.table lesson "closest" $"The ten most similar pairs of tokens; {model.Weights}."
(*** include-it ***)
(** SmolLM2's mean is known from NumPy, and so is MiniLM's: *)
let meanIs expected =
    abs (all.Summary.Mean - expected) < 0.0005

meanIs 0.442
|> Lesson.checkOf "smollm2-135m-instruct" lesson "SmolLM2's mean cosine is 0.442"

meanIs 0.018 |> Lesson.checkOf "minilm" lesson "MiniLM's mean cosine is 0.018"
(*** include-output ***)

(**
## Tokens that were never used

BERT's vocabulary keeps slots free, `[unused0]` and so on, that no text fills. Training still
reaches them: the tied output head moves all of them the same way, as tokens that are never the
answer. In the pocket model they are the closest of all; in MiniLM those are spellings and plurals.
GPT-2 and its kin have no such slots, but tokens that steer: in SmolLM2 those were never trained,
and some are one and the same vector. The first twenty tokens, which are of every kind:
*)
let classes = model |> Tokens.classes count

model
|> Tokens.table [ 0..19 ]
|> Lesson.table lesson "first-tokens" $"Ids 0 to 19 of {count:N0}; {model.Weights}."
(*** include-it ***)

(** Unused slots where there are any, else special tokens; all pairs among them are looked at: *)
let kind = if Array.contains Unused classes then Unused else Special
let idle = classes |> Tokens.ofClass kind
let ofIdle = embeddings |> Labelled.selectRows idle |> Similarity.cosine Rows

let amongIdle, values =
    ofIdle |> Pairs.fold (Fold.zip Fold.moments (Fold.distinct 1_000_000))

let distinct = values |> Option.map _.Length |> Option.defaultValue -1
let share = 100.0 * float idle.Length / float count
(** What was found of them, as numbers: *)
amongIdle.Mean > all.Summary.Mean
|> Lesson.check lesson "They are more alike than tokens are in general"

let firstTokens = Seq.map embeddings.Rows.Label [ 0..19 ] |> String.concat " "
Finding.text "tokens.first" firstTokens |> Lesson.report lesson
(*** include-output ***)

(** How many there are, and what is known of the pairs among them: *)
Lesson.reportAll lesson [
    Finding.count "unused.count" (int64 idle.Length) |> Finding.withN (int64 count)
    Finding.number "unused.share" share |> Finding.withUnit "%"
    Finding.number "unused.cosine.mean" amongIdle.Mean |> Finding.withN amongIdle.N
    Finding.count "unused.cosine.distinct" (int64 distinct)
]
(*** include-output ***)
SimilarityFigure.whereIs kind classes
|> Chart.withTitle $"{idle.Length:N0} of {count:N0} tokens ({share:F2} %%) are {kind}"
|> Lesson.figure
    lesson
    "unused"
    $"{amongIdle.N:N0} pairs among them have {distinct:N0} different cosines, mean \
      {amongIdle.Mean:F2}; all pairs average {all.Summary.Mean:F3}; {model.Weights}."
(*** include-it ***)

(**
## Kinds of tokens

The same pass kept the pairs of each kind apart: words, and pieces that only stand within words
(`##ing` for BERT; for GPT-2 and its kin whatever has no leading space). A class of nearly equal
vectors is a spike; the logarithmic scale keeps the others from lying flat beside it. Look for
curves that do not lie over each other: there the form of a token, not its meaning, tells.
*)
[ SimilarityFigure.classes name all; SimilarityFigure.classes otherName ofGpt2 ]
|> Chart.grid 2
|> Chart.withTitle "Similarity within kinds of tokens"
|> Lesson.figure
    lesson
    "classes"
    $"Densities of all pairs within a kind, logarithmic; {both[0]} and {both[1]}. Word: a word, or \
      its beginning (with its leading space, where the vocabulary has those); Piece: the rest."
(*** include-it ***)
all
|> VocabularySurvey.classTable
|> Lesson.table lesson "class-means" $"Mean cosine between kinds of tokens; {model.Weights}."
(*** include-it ***)
Finding.ofClasses "classes" all |> Lesson.report lesson
(*** include-output ***)

(**
## Correlation against cosine

Pearson's correlation takes each row's own mean out. That is next to nothing where the mean of a
row's entries is small against that of their absolute values, and then the pairs lie on the line:
look at the two heaps on the right, and how far apart they are.
*)
let tokens = $"{count:N0} tokens of {both[0]}, {others.Rows.Length:N0} of {both[1]}"

SimilarityFigure.measures name all.Sampled embeddings
@ SimilarityFigure.measures otherName ofGpt2.Sampled others
|> Chart.grid 2
|> Chart.withTitle "Correlation against cosine"
|> Lesson.figure lesson "correlation" $"5,000 pairs of each, {VocabularySurvey.seed}; {tokens}."
(*** include-it ***)

(**
## What all vectors share

A mean similarity above zero says that the vectors share a direction. Taking out the mean row, or
also the directions of largest variance ("all but the top"), shows how much of every similarity was
that. The cosines of $n$ vectors whose mean is zero average about $-1/(n-1)$.
*)
let anisotropy = embeddings |> Anisotropy.beside all.Summary

anisotropy
|> Anisotropy.toTable
|> Lesson.table lesson "anisotropy" $"Cosines of all pairs, four times; {model.Weights}."
(*** include-it ***)
let centred, expected = anisotropy.Centred.Mean, -1.0 / float (count - 1)
let closer = abs centred < abs all.Summary.Mean || abs (centred - expected) < 0.01

closer
|> Lesson.check lesson "Centring takes the mean similarity close to −1/(n − 1)"

Lesson.number lesson "centred.mean" centred
Lesson.number lesson "all-but-the-top.mean" anisotropy.AllButTheTop.Mean
Lesson.number lesson "pearson.mean" anisotropy.Correlation.Mean
Lesson.number lesson "hubs.k10.skewness" (Array.map float all.Hubs |> Distribution.skewness)
(*** include-output ***)

(**
Some tokens are near everybody: hubs, counted by how often a token is among the ten nearest of
others. Others lie near the tokens that were never used: in the pocket model steps on the way to
longer words, as “subsequ” to “subsequent”, at which its tokenizer hardly ever stops. Training may
never have asked for them.
*)
all
|> VocabularySurvey.hubTable 8 idle embeddings
|> Lesson.table
    lesson
    "hubs"
    $"The largest hubs, and tokens most like the mean {kind} one, of {count:N0}; {model.Weights}."
(*** include-it ***)
Lesson.finish lesson
