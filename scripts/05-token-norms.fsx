(**
---
title: Norms and the layer norm
category: Lessons
categoryindex: 2
index: 5
description: What layer norm does to token embeddings, and which tokens stand out after it.
---
*)
(*** condition: prepare ***)
#load "prelude.fsx"

open System
open Workbench

(**
# Travelling words I: norms and the layer norm

Before a transformer compares vectors it normalises them: layer norm subtracts from a vector $x$ the
mean of its entries, divides by their standard deviation, and so puts it on a sphere of radius
$\sqrt d$ across the direction of all ones. A learned gain $\gamma$ and bias $\beta$ then make an
ellipsoid of the sphere and shift it. The paper "Traveling Words" (arXiv 2309.07315) reads a
transformer as words moving on that sphere. This lesson looks at where they start: the token
embeddings $e$ and the final layer norm.

The line of weights says whose embeddings these are: where no other model is at hand those of
`pocket-gpt2`, ten thousand tokens learned from a shelf of old books. With a whole GPT-2 in a
folder, `dotnet fsi scripts/lessons.fsx 5 --models FOLDER` gives the tables of that study, for fifty
thousand tokens learned from the web.
*)
let shown = 5 // tokens at either end

let complete model =
    Embedding.hasTokens model && Model.has "ln_f.weight" model

let model =
    [ "gpt2"; "openai-community/gpt2" ] |> Model.firstOr "pocket-gpt2" complete

let lesson =
    Lesson.start "05-token-norms" "Norms and the layer norm" [ model.Weights ]

let embeddings = Embedding.tokens model
let count, width = Labelled.shape embeddings
let final = (Model.transformer model).FinalNorm
let norms = Norms.ofRows embeddings
let summary = Distribution.summary "norm" embeddings.Provenance norms
Finding.counts "embeddings.shape" [ count; width ] |> Lesson.report lesson
Finding.ofSummary "norm" summary |> Lesson.reportAll lesson
(*** include-output ***)
[
    norms
    |> Distribution.histogram 80 "norm" embeddings.Provenance
    |> Chart.histogram
    |> Chart.withVerticalLine summary.Mean
    |> Chart.withTitle "Lengths"
    Chart.scatter (Seq.init count float) norms
    |> Chart.withHoverLabels (Axis.labels embeddings.Rows)
    |> Chart.withOpacity 0.5
    |> Chart.withMarker Marker.Circle 3.0
    |> Chart.withXTitle "token id"
    |> Chart.withYTitle "norm"
    |> Chart.withTitle "Against the token's id"
]
|> Chart.grid 2
|> Lesson.figure
    lesson
    "norms"
    $"Euclidean lengths of {count:N0} embeddings in {width} dimensions, mean {summary.Mean:F3}; \
      {model.Weights}."
(*** include-it ***)

(**
A byte-pair vocabulary numbers its merges in the order in which training found them, the most
frequent first, so the id of a token is close to its frequency rank. Where lengths follow the id,
"long" may mean no more than "rare". In the pocket model they do, if loosely: the longest vectors
belong to tokens that its books hardly or never hold, such as bytes of other scripts and pieces that
only stand in longer tokens.
*)
let rank = Array.init count float

let correlate kind (x: float[]) (y: float[]) =
    Workbench.Core.Statistics.Correlation.Of(kind, x, y)

let ranks values =
    correlate CorrelationKind.Spearman rank values

Finding.number "norm.id.spearman" (ranks norms)
|> Finding.withN (int64 count)
|> Lesson.report lesson

Lesson.checkFor Pocket lesson "In the pocket model lengths grow with the id" (ranks norms > 0.1)
(*** include-output ***)

(**
## Is layer norm just a shift and a scale?

If all embeddings had the same length and entries of mean zero, layer norm would be multiplication
by one number, $\sqrt d$ over the mean length. Subtracting the mean row, what all tokens have in
common, is often thought to bring embeddings nearer to a sphere around zero; but layer norm does not
subtract that. Here is how far each stand-in is from the layer norm without gain and bias, as mean
and standard deviation over all tokens. One number alone comes nearest, and leaves every angle as it
was; without the mean row the vectors point elsewhere.
*)
let distances = embeddings |> Norms.distances final.Epsilon

let slug (text: string) =
    String.collect
        (fun c ->
            if Char.IsUpper c then
                $"-{Char.ToLowerInvariant c}"
            else
                string c)
        text
    |> _.TrimStart('-')

for each in distances do
    for measure, values in [ "l2", each.Euclidean; "cosine", each.Cosine ] do
        for part, value in [ "mean", values.Mean; "sd", values.Sd ] do
            Finding.number $"distance.{slug (string each.StandIn)}.{measure}.{part}" value
            |> Finding.withN values.N
            |> Lesson.report lesson

let distance standIn =
    distances |> List.find (fun each -> each.StandIn = standIn)

Lesson.check
    lesson
    "Scaling changes no angle"
    (abs ((distance Scaled).Cosine.Mean - (distance Original).Cosine.Mean) < 1e-6)

Lesson.check
    lesson
    "Scaled, embeddings are nearer to their layer norm than by any other stand-in"
    (distances
     |> List.forall (fun each -> each.Euclidean.Mean >= (distance Scaled).Euclidean.Mean))

Lesson.check
    lesson
    "Without their mean row they point further away from it"
    ((distance Centred).Cosine.Mean > 10.0 * (distance Original).Cosine.Mean)
(*** include-output ***)
distances
|> Table.ofItems [
    "stand-in", (fun each -> Text(slug (string each.StandIn)))
    "distance", (fun each -> Number each.Euclidean.Mean)
    "its sd", (fun each -> Number each.Euclidean.Sd)
    "1 − cosine", (fun each -> Number each.Cosine.Mean)
    "sd of that", (fun each -> Number each.Cosine.Sd)
]
|> Lesson.table
    lesson
    "distances"
    $"Distance from the layer norm without gain and bias, mean and standard deviation over \
      {count:N0} tokens; ε = {final.Epsilon:e0}."
(*** include-it ***)

(**
## Which tokens stand out?

The scores are the length of $e$; the length of $\gamma \circ e$; the length of $e$ plus
$e\cdot\beta$; and the length of $\gamma \circ e$ plus a bias term. The study this lesson follows
takes that last bias term from the unscaled $e$; writing the score as one of $\gamma \circ e$ alone
gives $(\gamma \circ e)\cdot\beta$. Both are computed, so that nobody has to guess which is meant.
*)
let scores =
    [
        "norm", Length
        "scaled", GainedLength
        "bias", LengthAndBias
        "scaled-and-bias", GainedLengthAndBias
        "scaled-and-scaled-bias", GainedLengthAndGainedBias
    ]
    |> List.map (fun (name, score) -> name, Norms.terms final score embeddings)

let total id (terms: (float * float)[]) = fst terms[id] + snd terms[id]

let bytes id =
    if Tokens.has model then
        Tokens.bytes id model |> Array.map (sprintf "%02x") |> String.concat " "
    else
        ""

let ends terms =
    let order = Array.init count id |> Array.sortByDescending (fun id -> total id terms)
    Array.truncate shown order, Array.rev order |> Array.truncate shown

let extremes = [ for name, terms in scores -> name, terms, ends terms ]

for name, terms, (top, bottom) in extremes do
    for place, ids in [ "top", top; "bottom", bottom ] do
        Finding.value
            $"{place}.{name}"
            (Value.Array [
                for id in ids ->
                    Value.Array [
                        Value.Text(embeddings.Rows.Label id)
                        Value.Text(bytes id)
                        Value.Number(total id terms)
                    ]
            ])
        |> Finding.withN (int64 count)
        |> Lesson.report lesson

let orders = [ for _, _, (top, _) in List.skip 3 extremes -> Set.ofArray top ]

Finding.count "top.scaled-and-bias.shared" (int64 (Set.intersectMany orders).Count)
|> Finding.withN (int64 shown)
|> Lesson.report lesson
(*** include-output ***)
let table =
    [
        for name, terms, (top, bottom) in extremes do
            for place, ids in [ "top", top; "bottom", bottom ] do
                for i, id in Seq.indexed ids ->
                    [
                        Text name
                        Text $"{place} {i + 1}"
                        Text(embeddings.Rows.Label(id).Replace(' ', '␣'))
                        Text(bytes id)
                        Number(fst terms[id])
                        Number(snd terms[id])
                        Number(total id terms)
                    ]
    ]
    |> Table.ofRows [ "score"; "place"; "token"; "bytes"; "length"; "bias term"; "score's value" ]

Lesson.file lesson "extremes.csv" (Table.toCsv table)
Lesson.file lesson "extremes.txt" (Table.toText table)

Lesson.file
    lesson
    "extremes.tex"
    (table
     |> Table.withTitle "Top and bottom tokens under each score"
     |> Table.toLatex)

table
|> Lesson.table
    lesson
    "extremes"
    $"The {shown} highest and lowest of {count:N0} tokens under each score, its two terms apart; \
      bytes in hexadecimal."
(*** include-it ***)

(**
## Two quantities, not one

Adding a length and a dot product makes one number of two things that have no common unit: the
length says how far out a token lies, the bias score on which side of the plane across $\beta$. A
rank by their sum is decided by whichever spreads more. The bias score has a meaning of its own: a
token's logit is $(\gamma \circ x + \beta) \cdot e$, and $\beta \cdot e$ is the part that is there
whatever the text. It can hold what is known of a token before any text is read: how frequent it is.
In the pocket model it falls as tokens become rarer, and the two terms are far from independent:
training pushes all tokens away from every state that they do not follow, and those that never come
are pushed nowhere else. They end up long and nearly in one direction, with $\beta$ pointing away
from it.
*)
let lengths, biases = scores[2] |> snd |> Array.unzip

let spread values =
    (Distribution.summary "" embeddings.Provenance values).Sd

Finding.number "bias.sd" (spread biases)
|> Finding.withN (int64 count)
|> Lesson.report lesson

Finding.number "bias.id.spearman" (ranks biases)
|> Finding.withN (int64 count)
|> Lesson.report lesson

let correlation = correlate CorrelationKind.Pearson lengths biases

Finding.number "norm.bias.pearson" correlation
|> Finding.withN (int64 count)
|> Lesson.report lesson

Lesson.checkFor
    Pocket
    lesson
    "In the pocket model the bias score falls as tokens become rarer"
    (ranks biases < -0.2)

let longest =
    norms
    |> Seq.indexed
    |> Seq.sortByDescending snd
    |> Seq.truncate 100
    |> Seq.map fst
    |> Array.ofSeq

let among =
    embeddings
    |> Labelled.selectRows longest
    |> Similarity.cosine Rows
    |> Pairs.fold Fold.moments

Finding.ofSummary "longest.cosine" among |> Lesson.reportAll lesson

Lesson.checkFor
    Pocket
    lesson
    "In the pocket model the hundred longest tokens point nearly the same way"
    (among.Mean > 0.8)

Lesson.checkFor
    Pocket
    lesson
    "In the pocket model the longer a token, the lower its bias score"
    (correlation < -0.5)
(*** include-output ***)
[
    Chart.scatter lengths biases
    |> Chart.withXTitle "norm of e"
    |> Chart.withYTitle "bias score e·β"
    |> Chart.withTitle "The two terms"
    Chart.scatter rank biases
    |> Chart.withXTitle "token id (frequency rank)"
    |> Chart.withYTitle "bias score e·β"
    |> Chart.withTitle "Bias score against rank"
]
|> List.map (
    Chart.withOpacity 0.5
    >> Chart.withMarker Marker.Circle 3.0
    >> Chart.withHoverLabels (Axis.labels embeddings.Rows)
)
|> Chart.grid 2
|> Lesson.figure
    lesson
    "terms"
    $"{count:N0} tokens: length and bias score under the final layer norm, r = {correlation:F3}; \
      {model.Weights}."
(*** include-it ***)
Lesson.finish lesson
