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

open System
open Workbench
open Workbench.Core.Manifolds
open Workbench.Core.Models

(**
# Travelling words IV: the path of a word

A transformer keeps one vector for each token of a text, the residual stream. It begins as the
token's embedding; the position is added, then each block adds what its heads and its MLP have to
say. Read through the final layer norm, every state on the way lies on one ellipsoid, the one from
which the output head reads the next token. This lesson follows a sentence there, through the model
that the line of weights names: where no other is at hand `pocket-gpt2`, six blocks, 192 dimensions,
old books. With the whole GPT-2 in a folder, `dotnet fsi scripts/lessons.fsx 8 --models FOLDER`
follows it through twelve blocks in 768.
*)
let settings =
    UmapSettings(Components = 3, Neighbours = 15, MinDist = 0.1, Seed = 8UL)

let otherSeeds = [ Seed 9UL; Seed 10UL; Seed 11UL; Seed 12UL ]
let most = 10000 // tokens that the map is made of

let text = "To kill two birds with one stone" // any text

let model =
    [ "gpt2"; "openai-community/gpt2" ]
    |> Model.firstOr "pocket-gpt2" Residual.canRun

let lesson =
    Lesson.start "08-word-trajectory" "The path of a word" [ model.Weights ]

let stream = model |> Residual.stream text
let shown = Residual.throughFinalNorm stream
let visible (token: string) = token.Replace(' ', '␣')
let tokens = Axis.labels stream.Tokens |> Array.map visible
let followed = max 0 (tokens.Length - 2) // the second-to-last

Lesson.reportAll lesson [
    Finding.text "text" text
    Finding.count "tokens" (int64 tokens.Length)
    Finding.text "followed" tokens[followed]
]
(*** include-output ***)

(**
## A map of the vocabulary

UMAP lays out token embeddings in three dimensions so that near neighbours stay near; states of the
stream are then placed among them, each by itself. Principal components project instead. How far to
trust a map: trustworthiness falls when strangers become neighbours, continuity when neighbours are
torn apart; 1 is perfect, chance about ½ for both. A state far from all embeddings is laid beside
the nearest all the same: in the pocket model the tokens come together there from the first block
on. `map.apart` is their spread as a share of the map's.
*)
let embeddings = Embedding.tokens model

let rows =
    Sample.without (Seed 7UL) (min most embeddings.Rows.Length) embeddings.Rows.Length
    |> Array.sort

let cloud = embeddings |> Labelled.selectRows rows
let umap, pca = Projection.umap settings cloud, Projection.pca 3 cloud
let ofUmap, ofPca = Projection.quality 15 umap, Projection.quality 15 pca

for name, quality, note in [ "umap", ofUmap, Finding.withSeed umap.Seed.Value; "pca", ofPca, id ] do
    for part, value in
        [
            "trustworthiness", quality.Trustworthiness
            "continuity", quality.Continuity
            "neighbours-kept", quality.NeighboursKept
        ] do
        Finding.number $"{name}.{part}" value
        |> Finding.withN (int64 rows.Length)
        |> note
        |> Lesson.report lesson

Lesson.number lesson "pca.variance" (Projection.varianceKept pca).Value

Lesson.check
    lesson
    "UMAP keeps more of the 15 nearest neighbours than three principal components do"
    (ofUmap.NeighboursKept > ofPca.NeighboursKept)

let states = Residual.states shown
let placed = states |> Array.map (Projection.transform umap)

Lesson.check
    lesson
    "A state's place does not depend on what is placed with it"
    (Labelled.row followed placed[1] =
        (states[1]
         |> Labelled.selectRows [| followed |]
         |> Projection.transform umap
         |> Labelled.row 0))

let extent (places: Labelled) =
    sqrt (
        Seq.sumBy (fun x -> float x * float x) ((Labelled.centre places).Values.ToArray())
        / float places.Rows.Length
    )

let apart = placed |> Array.map (fun places -> extent places / extent umap.Layout)

Finding.numbers "map.apart" apart
|> Finding.withN (int64 tokens.Length)
|> Finding.withSeed umap.Seed.Value
|> Lesson.report lesson

Lesson.checkFor
    Pocket
    lesson
    "On the map the tokens lie closer together after the last block than before the first"
    (Array.last apart < apart[0])
(*** include-output ***)
// As many as small pictures can show.
let some = [| 0 .. max 1 (rows.Length / 500) .. rows.Length - 1 |]

let backdrop (map: Projection) =
    map.Layout
    |> Labelled.selectRows some
    |> Chart.points
    |> Chart.withMarker Marker.Circle 2.0
    |> Chart.withOpacity 0.25
    |> Chart.withColour Colour.Grey

let panel i =
    [
        backdrop umap
        placed[i]
        |> Chart.points
        |> Chart.withLabels tokens
        |> Chart.withMarker Marker.Circle 4.0
    ]
    |> Chart.combine
    |> Chart.withTitle (string shown.Places[i])

[
    for i in
        List.distinct (
            [ 0 .. min 4 (states.Length - 1) ]
            @ [ max 0 (states.Length - 3) .. states.Length - 1 ]
        ) -> panel i
]
|> Chart.grid 2
|> Chart.withLegend Legend.Hidden
|> Chart.withCaption $"Grey: {some.Length} of the embeddings. Blue: the tokens of “{text}”."
|> Lesson.figure
    lesson
    "layers"
    $"{tokens.Length} tokens among {rows.Length:N0} embeddings: both inputs, the first three \
      blocks and the last three, through the final layer norm; 3-D UMAP, {settings.Neighbours} \
      neighbours, min_dist {settings.MinDist}, {umap.Seed.Value}; {model.Weights}."
(*** include-it ***)

(**
## One token on its way, and how sure the picture is

The path in principal components, and as other seeds draw it, each layout turned and scaled to meet
the first (Procrustes). Where the thin paths leave the thick one, the picture shows the seed and not
the model. `seeds.spread` is the root mean square distance of a step's places from their mean, as a
share of that of all points from their centre: near 1, a step could as well be anywhere.
*)
let path, layouts =
    Residual.path followed shown, umap :: Projection.reseed otherSeeds umap

let spread =
    (Projection.envelope layouts path).Spread
    |> Array.map (fun distance -> distance / extent umap.Layout)

Finding.numbers "seeds.spread" spread
|> Finding.withN (int64 layouts.Length)
|> Lesson.report lesson

let draw map =
    let at = Projection.transform map path in
    Chart.path3d (Labelled.column 0 at) (Labelled.column 1 at) (Labelled.column 2 at)

let steps =
    shown.Places
    |> Array.map (fun place ->
        match place.Kind with
        | PlaceKind.AfterBlock -> string place.Block
        | PlaceKind.PositionedEmbedding -> "+pos"
        | _ -> "wte")

let main map name =
    draw map |> Chart.withLabels steps |> Chart.withName name

let others = [
    for map in List.tail layouts ->
        draw map
        |> Chart.withOpacity 0.35
        |> Chart.withMarker Marker.Circle 2.0
        |> Chart.withName (string map.Seed.Value)
]

[
    backdrop umap :: main umap (string umap.Seed.Value) :: others
    |> Chart.combine
    |> Chart.withTitle "UMAP"
    [ backdrop pca; main pca "principal components" ]
    |> Chart.combine
    |> Chart.withTitle "Principal components"
]
|> Chart.grid 2
|> Chart.withLegend Legend.Hidden
|> Chart.withCaption $"Grey: {some.Length} of the embeddings. Thick: {umap.Seed.Value}."
|> Lesson.figure
    lesson
    "path"
    $"The path of {tokens[followed]}, token {followed + 1} of {tokens.Length}, numbers are blocks; \
      UMAP with {umap.Seed.Value} and, thin, {otherSeeds.Length} seeds more; right, the \
      {rows.Length:N0} embeddings' principal components; {model.Weights}."
(*** include-it ***)

(**
## How far it really goes

A map to three dimensions must bend distances. These are exact, in all dimensions, of the stream as
the blocks write it: the angle between a token's states before and after each step, and the distance
between them. The last step is the final layer norm. In the pocket model the tokens turn most in the
first block.
*)
let angles, distances = Residual.angles stream, Residual.distances stream

for name, moves, withUnit in
    [ "angles", angles, Finding.withUnit "degrees"; "distances", distances, id ] do
    Finding.rows $"path.{name}" [
        for i in 0 .. moves.Rows.Length - 1 -> Seq.ofArray (Labelled.row i moves)
    ]
    |> withUnit
    |> Finding.withN (int64 tokens.Length)
    |> Lesson.report lesson

let turns = [
    for i in 0 .. angles.Rows.Length - 1 -> Array.average (Labelled.row i angles)
] // positions added, then a block each

Lesson.checkFor
    Pocket
    lesson
    "The first block turns the tokens farther than any later one"
    (turns[1] > List.max turns[2..])
(*** include-output ***)
[ angles, "angle, degrees"; distances, "Euclidean distance" ]
|> List.map (fun (moves, title) ->
    [
        for token in 0 .. tokens.Length - 1 ->
            Labelled.column token moves
            |> Chart.values
            |> Chart.withName $"{token + 1} {tokens[token]}"
            |> Chart.withLineStyle Dash.Solid (if token = followed then 4.0 else 1.5)
    ]
    |> Chart.combine
    |> Chart.withXLabels (Array.append (Array.tail steps) [| "ln_f" |])
    |> Chart.withXTitle "step to"
    |> Chart.withYTitle title)
|> Chart.grid 2
|> Lesson.figure
    lesson
    "moves"
    $"Angle and distance that each of {tokens.Length} tokens moves at each step, in \
      {embeddings.Columns.Length} dimensions; thick, {tokens[followed]}; {model.Weights}."
(*** include-it ***)

(**
## What it would say

The logit lens hands a state to the output head before its time: the final layer norm and the output
embedding turn it into a guess at the next token, and the last of these is the prediction itself.
Input and output share one table, so that before the first block a state may well name the token
that it came from: `lens.itself` counts those whose first ten guesses hold it; then the token gives
way to what may follow. Where the pocket model knows no better, it says a comma or the end of a
line.
*)
let lens = Residual.logitLens 10 stream

let guess place token =
    lens[place] |> Array.item token |> Array.head

let itself = [
    for tokens in lens ->
        Seq.zip tokens stream.Ids
        |> Seq.filter (fun (guesses, id) -> guesses |> Array.exists (fun guess -> guess.Id = id))
        |> Seq.length
        |> float
]

Finding.numbers "lens.itself" itself
|> Finding.withN (int64 tokens.Length)
|> Lesson.report lesson

Finding.value
    "lens"
    (Value.Array [
        for place in 0 .. lens.Length - 1 ->
            let said = guess place followed in

            Value.Array [
                Value.Text(string stream.Places[place])
                Value.Text said.Token
                Value.Number said.Probability
            ]
    ])
|> Lesson.report lesson

let next = Residual.next 1 text model |> Array.head
Finding.text "next" next.Token |> Lesson.report lesson

Lesson.check
    lesson
    "At the end of the stream the lens shows the next token that the model predicts"
    ((guess (lens.Length - 1) (tokens.Length - 1)).Id = next.Id)

let lensTable =
    [
        for place in 0 .. lens.Length - 1 ->
            Text(string stream.Places[place])
            :: [
                for token in 0 .. tokens.Length - 1 ->
                    Text $"{visible (guess place token).Token} {(guess place token).Probability:P0}"
            ]
    ]
    |> Table.ofRows ("after" :: List.ofArray tokens)

for ending, write in
    [
        "txt", Table.toText
        "tex", Table.withTitle $"Logit lens of “{text}”" >> Table.toLatex
    ] do
    lensTable |> write |> Lesson.file lesson $"lens.{ending}"
(*** include-output ***)
lensTable
|> Lesson.table
    lesson
    "lens"
    $"The most probable next token at each step and its probability among \
      {embeddings.Rows.Length:N0}; ␣ is a space; {model.Weights}."
(*** include-it ***)

(** Any place of the stream can be changed. Here the attention of one block after the other is
silenced, and the model asked again: *)
[
    for (Block number as block) in Attention.blocks model ->
        let guess = model |> Residual.withoutAttention block |> Residual.next 3 text

        [
            Count(int64 number)
            Text(
                guess
                |> Array.map (fun each -> $"{visible each.Token} {each.Probability:P0}")
                |> String.concat ", "
            )
        ]
]
|> Table.ofRows [ "block silenced"; "most probable next tokens" ]
|> Lesson.table
    lesson
    "silenced"
    $"What follows “{text}” without the attention of one block; unchanged: {visible next.Token} \
      {next.Probability:P0}; {model.Weights}."
(*** include-it ***)
Lesson.finish lesson
