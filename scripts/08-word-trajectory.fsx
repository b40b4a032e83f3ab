(**
---
title: The path of a word
category: Lessons
categoryindex: 2
index: 8
description: A sentence followed through all blocks: places, distances, and guesses on the way.
---
*)
(*** condition: prepare ***)
#load "prelude.fsx"
open Workbench

(**
# Travelling words IV: the path of a word

A transformer keeps one vector for each token of a text, the residual stream. It begins as the
token's embedding; where the model has position vectors they are added, then each block adds what
its heads and its MLP have to say. Read through the final norm, every state on the way lies on one
ellipsoid, the one from which the output head reads the next token. This lesson follows a sentence
there, through the model that the line of weights names: where no other is at hand `pocket-gpt2`,
six blocks, 192 dimensions, old books. With the whole GPT-2 in a folder,
`dotnet fsi scripts/lessons.fsx 8 --models FOLDER` follows it through twelve blocks in 768, and
`--model NAME` takes any decoder, SmolLM2 with its thirty blocks, say.
*)
let text = "To kill two birds with one stone" // any text

let model =
    Published.gpt2
    |> Model.chosenOr "pocket-gpt2" Residual.canRun
    |> Model.on engine
(** The lesson begins, and prints what computes and whose weights these are. *)
let lesson =
    Lesson.start "08-word-trajectory" "The path of a word" [ model.Weights ]

let stream = model |> Residual.stream text
let shown = Residual.throughFinalNorm stream
let tokens = Axis.labels stream.Tokens
let followed = max 0 (tokens.Length - 2) // the second-to-last
(*** include-output ***)

(**
## A map of the vocabulary

UMAP lays out token embeddings in few dimensions so that near neighbours stay near; states of the
stream are then placed among them, each by itself. Principal components project instead. Both are
made of ten thousand tokens, or all where there are fewer.
*)
let embeddings = Embedding.tokens model
let most = min 10000 embeddings.Rows.Length
let rows = Sample.without (Seed 7UL) most embeddings.Rows.Length |> Array.sort
let cloud = embeddings |> Labelled.selectRows rows
(** In two dimensions to be read, in three to be turned, and by principal components for both: *)
let seed, otherSeeds = Seed 8UL, [ Seed 9UL; Seed 10UL; Seed 11UL; Seed 12UL ]

let flat, umap =
    cloud |> Projection.umapIn 2 seed, cloud |> Projection.umapIn 3 seed

let flatPca, pca = Projection.pca 2 cloud, Projection.pca 3 cloud

let made =
    $"{rows.Length:N0} embeddings of {model.Weights}, 15 neighbours, min_dist 0.1, {seed}"
(*** include-output ***)

(**
The whole way of each token, from its embedding to a diamond with its name behind the last block;
grey, the part of the vocabulary that lies there, for the picture is cropped to what moves. Look
where the lines go: to places of their own, or all to one.
*)
shown
|> StreamFigure.ways flat
|> Chart.withTitle $"“{text}” on the map"
|> Lesson.figure lesson "ways" $"{tokens.Length} tokens; UMAP in two dimensions of {made}."
(*** include-it ***)

(**
Step by step: both inputs (one, where positions are no vectors), the first blocks and the last
three, all of the same part of the map. Look when the words leave their own neighbourhood, and
whether they stay apart.
*)
shown
|> StreamFigure.places 2 flat
|> Chart.withTitle "The sentence, block by block"
|> Lesson.figure lesson "layers" $"{tokens.Length} tokens; UMAP in two dimensions of {made}."
(*** include-it ***)

(** The same by principal components, which bend nothing, and show less of the neighbourhoods: *)
shown
|> StreamFigure.places 2 flatPca
|> Chart.withTitle "The same, by principal components"
|> Lesson.figure
    lesson
    "layers-pca"
    $"{tokens.Length} tokens; two principal components of {rows.Length:N0} embeddings of \
      {model.Weights}."
(*** include-it ***)

(**
How far to trust a map: trustworthiness falls when strangers become neighbours, continuity when
neighbours are torn apart; 1 is perfect, chance about ½ for both. A state far from all embeddings is
laid beside the nearest all the same: in the pocket model the tokens come together there from the
first block on. `map.apart` is their spread as a share of the map's.
*)
let ofUmap, ofPca = Projection.quality 15 umap, Projection.quality 15 pca
let n = int64 rows.Length
Finding.text "text" text |> Lesson.report lesson
Finding.count "tokens" (int64 tokens.Length) |> Lesson.report lesson
Finding.text "followed" tokens[followed] |> Lesson.report lesson
Finding.ofQuality "umap" n ofUmap |> Lesson.reportAll lesson
Finding.ofQuality "pca" n ofPca |> Lesson.reportAll lesson
Lesson.number lesson "pca.variance" (Projection.varianceKept pca).Value
(** What the maps promise, and where the states lie: *)
let states = Residual.states shown
let apart = states |> Array.map (Projection.apart umap)

let alone =
    states[1] |> Labelled.selectRows [| followed |] |> Projection.transform umap

let together = states[1] |> Projection.transform umap |> Labelled.row followed

(** A state placed alone must lie where it lies among others: *)
Finding.numbers "map.apart" apart
|> Finding.withSeed seed
|> Lesson.report lesson

ofUmap.NeighboursKept > ofPca.NeighboursKept
|> Lesson.check lesson "UMAP keeps more of the 15 nearest neighbours than principal components do"
(** Of the pocket model, and of every one: *)
together = Labelled.row 0 alone
|> Lesson.check lesson "A state's place does not depend on what is placed with it"

Array.last apart < apart[0]
|> Lesson.checkFor Pocket lesson "The tokens lie closer together behind the last block"
(*** include-output ***)

(**
## One token on its way, and how sure the picture is

The path in three dimensions, and as other seeds draw it, each layout turned and scaled to meet the
first (Procrustes); beside it the path in principal components. Where the thin paths leave the thick
one, the picture shows the seed and not the model. `seeds.spread` is the root mean square distance
of a step's places from their mean, as a share of that of all points from their centre: near 1, a
step could as well be anywhere.
*)
let layouts = umap :: Projection.reseed otherSeeds umap
let spread = Residual.path followed shown |> Projection.disagreement layouts
Finding.numbers "seeds.spread" spread |> Lesson.report lesson
(** The thick path carries the numbers of its blocks: *)
let paths = [ "UMAP", layouts; "principal components", [ pca ] ]

[
    for name, maps in paths -> StreamFigure.path followed maps shown |> Chart.withTitle name
]
|> Chart.grid 2
|> Chart.withTitle $"The path of “{tokens[followed]}”, token {followed + 1} of {tokens.Length}"
|> Lesson.figure lesson "path" $"{made}; thin, {otherSeeds.Length} seeds more."
(*** include-it ***)

(**
## How far it really goes

A map must bend distances. These are exact, in all dimensions, of the stream as the blocks write it:
the angle between a token's states before and after each step, and the distance between them. The
last step is the final norm. Look for the steps that all tokens take together, and for the token
that goes its own way. In the pocket model the tokens turn most in the first block.
*)
let angles, distances = Residual.angles stream, Residual.distances stream
let inText = int64 tokens.Length
let ofAngles = Finding.ofMatrix "path.angles" angles |> Finding.withUnit "degrees"
let ofDistances = Finding.ofMatrix "path.distances" distances

[ ofAngles; ofDistances ]
|> List.map (Finding.withN inText)
|> Lesson.reportAll lesson

(** Averaged over the tokens, the turns of the pocket model: *)
let turns = Norms.rowMeans angles // positions added where they are, then a block each

turns[1] > Array.max turns[2..]
|> Lesson.checkFor Pocket lesson "The first block turns the tokens farther than any later one"
(*** include-output ***)
(** A line per token, the followed one thick: *)
let moves = [ "angle, degrees", angles; "Euclidean distance", distances ]

[ for name, each in moves -> stream |> StreamFigure.moves name followed each ]
|> Chart.grid 2
|> Chart.withTitle "How far each token moves at each step"
|> Lesson.figure lesson "moves" $"{inText} tokens in all dimensions; {model.Weights}."
(*** include-it ***)

(**
## What it would say

The logit lens hands a state to the output head before its time: the final norm and the output
embedding turn it into a guess at the next token, and the last of these is the prediction itself.
Input and output share one table, so that before the first block a state may well name the token
that it came from: `lens.itself` counts those whose first ten guesses hold it; then the token gives
way to what may follow. Where the pocket model knows no better, it says a comma or the end of a
line.
*)
let lens = Residual.lensTable stream
Lesson.file lesson "lens.txt" (Table.toText lens)
Lesson.file lesson "lens.tex" (lens |> Table.withTitle $"Lens of “{text}”" |> Table.toLatex)

lens
|> Lesson.table lesson "lens" $"The likeliest next token after each place; {model.Weights}."
(*** include-it ***)
let itself = stream |> Residual.namingItself 10 |> Finding.counts "lens.itself"
itself |> Finding.withN inText |> Lesson.report lesson
let next = model |> Residual.next 1 text |> Array.head
Finding.text "next" next.Token |> Lesson.report lesson
let said = (stream |> Residual.logitLens 1 |> Array.last |> Array.last)[0]

said.Id = next.Id
|> Lesson.check lesson "At the end the lens shows the next token that the model predicts"
(** GGUF's own library and this one agree on what SmolLM2 says next: *)
next.Token = "."
|> Lesson.checkOf "smollm2-135m-instruct" lesson "SmolLM2 ends the sentence with a full stop"
(*** include-output ***)

(** Any place of the stream can be changed. Here the attention of one block after the other is
silenced, and the model asked again: *)
let unchanged = $"“{next.Token}” {100.0 * next.Probability:F0} %%"

model
|> Residual.silenced 3 text
|> Lesson.table lesson "silenced" $"After “{text}”; unchanged: {unchanged}; {model.Weights}."
(*** include-it ***)
Lesson.finish lesson
