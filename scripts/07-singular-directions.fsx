(**
---
title: Singular directions of heads
category: Lessons
categoryindex: 2
index: 7
description: Spectra of all heads, tokens at their directions, and which of these are stable.
---
*)
(*** condition: prepare ***)
#load "prelude.fsx"
open Workbench

(**
# Travelling words III: singular directions

The matrix of a head, $W_{QK}$ or $W_{VO}$, is a sum of a few products: read along a left singular
vector, stretch by a singular value, answer along the right one. It has rank $d_k$ at most, and its
factors are known, so its decomposition comes from two thin QR factorisations and an SVD of
$d_k \times d_k$: exact, in a small part of the time of a $d \times d$ one, and without the many
vectors of the null space that mean nothing.

Where no other model is at hand the heads are those of `pocket-gpt2`, six in each of six blocks, 32
wide. With GPT-2 in a folder, `dotnet fsi scripts/lessons.fsx 7 --models FOLDER` takes its twelve
times twelve, 64 wide; of a part of the checkpoint the blocks whose attention is there, with as much
of this lesson as they allow. `--model NAME` takes any other; SmolLM2's heads share keys and values
by threes, and its positions turn queries and keys, so that $W_{QK}$ stands at distance 0, as the
captions say. The line of weights says which they are.
*)
let gain = Apart // or Folded

let model =
    Published.gpt2
    |> Model.chosenOr "pocket-gpt2" Attention.hasAny
    |> Model.on engine
(** The lesson begins, and prints what computes and whose weights these are. *)
let readable = Attention.readsTokens model
let judges = Published.wordVectors @ [ "pocket-word2vec" ]
let judge = if readable then WordVectors.tryChosen judges else None
let weights = model.Weights :: [ for each in Option.toList judge -> each.Weights ]

let lesson =
    Lesson.start "07-singular-directions" "Singular directions of heads" weights
(** Spectra are of all blocks that are there; words, of the first, the middle and the last: *)
let blocks, heads = Attention.blocksAtHand model, Attention.heads model
let chosen = Attention.firstMiddleLast blocks
let middle, note = blocks[(blocks.Length - 1) / 2], Attention.distanceNote model
Finding.text "gain" (string gain) |> Lesson.report lesson

let names = [ for block in chosen -> string block ] |> String.concat ", "
Finding.text "blocks" names |> Lesson.report lesson

if not readable then
    printfn "Spectra only: tokens and coherence need token embeddings and the norms."
(*** include-output ***)

(**
## Spectra: how many directions does a head use?

The effective rank counts directions by the entropy of their shares; beside it stands that of
factors of noise, as wide and as long. In the pocket model training gathers a head's weight in few
directions; in block 5 of GPT-2 it spreads nearly as wide as noise.
*)
let svds = model |> HeadAtlas.decompose gain
let entries = svds |> List.map HeadAtlas.entry

let mean = entries |> List.averageBy _.EffectiveRank
let noise = (HeadAtlas.noise model).EffectiveRank
Finding.ofHeads "spectra" entries |> Lesson.report lesson
Lesson.number lesson "effective-rank.trained" mean
Lesson.number lesson "effective-rank.noise" noise
(** Each model as it was said: *)
let fifth = entries |> HeadAtlas.inBlock (Block 5)

let isWide =
    fifth <> []
    && (fifth |> List.minBy _.EffectiveRank).EffectiveRank > 0.85 * noise

mean < 0.85 * noise
|> Lesson.checkFor Pocket lesson "Training gathers a head's weight in few directions"

isWide
|> Lesson.checkOf "gpt2" lesson "In block 5 of GPT-2 weight spreads nearly as wide as noise"
(*** include-output ***)

(**
A curve that rises steeply uses few directions; noise would run close to the diagonal. Look for the
heads whose curves stand apart, and where each crosses the line of 99 %.
*)
svds
|> HeadFigure.coverage chosen
|> Chart.withTitle "How many directions a head uses"
|> Lesson.figure
    lesson
    "coverage"
    $"Cumulative share of the sum of singular values of {heads.Length} heads in {chosen.Length} \
      blocks, {gain}{note}; {model.Weights}."
(*** include-it ***)

(**
## The tokens at both ends

A left vector is compared with what the block's attention reads, the embeddings after its norm; a
right one with the same for $W_{QK}$, and with the embeddings themselves for $W_{VO}$. Of the two
signs that one is taken for which the right vector's best match is positive. A direction whose value
is close to another's is arbitrary within the plane of the two: the gap says so.
*)
let near = Decomposition.nearestTokens Nearness.DotProduct 5 20 model // 5 tokens, 20 values
let directions = if readable then near svds else []

if readable then
    for name, text in directions |> HeadFigure.directionFiles chosen svds do
        Lesson.file lesson name text
(** The first three directions of the first two heads; the files have all: *)
let ofDirections = $"First directions of two heads in {chosen.Length} blocks{note}"

directions
|> HeadFigure.firstDirections 3 2 chosen svds
|> Lesson.table lesson "directions" $"{ofDirections}; {model.Weights}."
(*** include-it ***)

(**
The biases of a head have directions of their own: $W_q b_k^\top$, which a query meets whatever the
key, and $b_q W_k^\top$, which makes keys attractive to every query. The first adds as much to all
keys, so that the softmax takes it away and training has no reason to move $b_k$. In the pocket
model it is next to zero, and its nearest tokens mean nothing; in GPT-2 it is there, to no effect;
Llama and its kin, SmolLM2 among them, have no such biases. The tokens nearest to either, and to its
opposite:
*)
let biases = model |> HeadFigure.biasTable 5 gain middle
let ofQuery, ofKey = model |> HeadFigure.biasLengths gain middle
let first = biases |> Table.truncate 8
Lesson.file lesson "biases.txt" (Table.toText biases)

ofQuery < 0.1 * ofKey
|> Lesson.checkFor Pocket lesson "Training leaves the bias of the keys alone"
(*** include-output ***)
first
|> Lesson.table
    lesson
    "biases"
    $"Of {middle}, scaled as W_QK is, all in biases.txt; {model.Weights}."
(*** include-it ***)

(**
## The head atlas

Every head at hand with both its matrices: how many directions it is worth, how symmetric it is, how
many of its directions are stable, that is, would turn by less than 30° if the matrix changed by 1 %
of its norm, and whether the tokens at its directions belong together in a space of word vectors
that the model had no part in, as $z$ against the same lists of other words and as $q$ over all
heads. In the pocket model most do, but kinds of words are enough for that: a list of names, of
endings or of small words is coherent, whatever the head is for.
*)
let judgeOne = HeadAtlas.judgeBy (Seed 8UL) 999 5 model directions
let atlas = judge |> Option.map (judgeOne entries) |> Option.defaultValue entries
Lesson.file lesson "atlas.csv" (atlas |> HeadAtlas.toTable |> Table.toCsv)

let byBlock = atlas |> List.groupBy _.Block

[ for block, each in byBlock -> string block, HeadAtlas.toTable each ]
|> Lesson.tablesPage lesson "atlas.html" "Head atlas"
(** What the atlas says of all heads together: *)
let symmetric =
    atlas |> HeadAtlas.ofCircuit QueryKey |> List.averageBy _.SymmetricShare

let coherent, judged = atlas |> HeadAtlas.coherent 0.05, atlas |> List.choose _.Q
Lesson.number lesson "symmetric.qk" symmetric
(** Coherent are those with q below 0.05, of those that could be judged: *)
let ofCoherent = Finding.count "coherent" (int64 coherent.Length)
ofCoherent |> Finding.withN (int64 judged.Length) |> Lesson.report lesson

2 * coherent.Length > atlas.Length
|> Lesson.checkFor Pocket lesson "Most heads point at tokens that belong together"
(*** include-output ***)

(** A row is a block, a column a head: look for a head that stands out among its neighbours. *)
let ofAtlas =
    $"{svds.Length} matrices of {blocks.Length} blocks, {heads.Length} heads{note}"

atlas
|> HeadFigure.atlas model
|> Chart.withTitle "All heads side by side"
|> Lesson.figure lesson "atlas" $"{ofAtlas}; numbers in atlas.html; {model.Weights}."
(*** include-it ***)
atlas
|> List.truncate 12
|> HeadAtlas.toTable
|> Lesson.table
    lesson
    "heads"
    "The first rows of the atlas; – where tokens or word vectors are missing."
(*** include-it ***)
Lesson.finish lesson
