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
open Workbench

(**
# Travelling words I: norms and the layer norm

Before a transformer compares vectors it normalises them: layer norm subtracts from a vector $x$ the
mean of its entries, divides by their standard deviation, and so puts it on a sphere of radius
$\sqrt d$ across the direction of all ones. A learned gain $\gamma$ and bias $\beta$ then make an
ellipsoid of the sphere and shift it. Models since Llama divide by the root mean square alone: no
mean is taken out, and there is no $\beta$. The paper "Traveling Words" (arXiv 2309.07315) reads a
transformer as words moving on that sphere. This lesson looks at where they start: the token
embeddings $e$ and the final norm.

The line of weights says whose embeddings these are: where no other model is at hand those of
`pocket-gpt2`, ten thousand tokens learned from a shelf of old books. With a whole GPT-2 in a
folder, `dotnet fsi scripts/lessons.fsx 5 --models FOLDER` gives the tables of that study, for fifty
thousand tokens learned from the web; `--model NAME` takes any other.
*)
let model =
    Published.gpt2 |> Model.chosenOr "pocket-gpt2" Norms.hasFinal |> Model.on engine
(** The lesson begins, and prints what computes and whose weights these are. *)
let lesson =
    Lesson.start "05-token-norms" "Norms and the layer norm" [ model.Weights ]

let embeddings = Embedding.tokens model
let count, width = Labelled.shape embeddings
let final = (Model.transformer model).FinalNorm
(** Layer norm, or the root mean square alone? *)
let plain = Norms.isRootMeanSquare final
let normName = if plain then "root mean square norm" else "layer norm"
printfn $"The final norm is a {normName}."
(*** include-output ***)

(** ## How long are embeddings? *)
let norms = Norms.ofRows embeddings
let summary = Distribution.summary "norm" embeddings.Provenance norms
Finding.counts "embeddings.shape" [ count; width ] |> Lesson.report lesson
Finding.ofSummary "norm" summary |> Lesson.reportAll lesson
(*** include-output ***)

(**
A byte-pair vocabulary numbers its merges in the order in which training found them, the most
frequent first, so the id of a token is close to its frequency rank. Where lengths follow the id,
"long" may mean no more than "rare": look for a slope on the right. In the pocket model there is
one, if loose: the longest vectors belong to tokens that its books hardly or never hold, such as
bytes of other scripts and pieces that only stand in longer tokens.
*)
let lengths =
    norms |> Distribution.histogram 80 "Euclidean length" embeddings.Provenance

let line = lengths |> Chart.histogram |> Chart.withVerticalLine summary.Mean

let some = Sample.without (Seed 5UL) (min count 10000) count |> Array.sort
let ids, ofSome = [ for id in some -> float id ], [ for id in some -> norms[id] ]
let byId = Chart.scatter ids ofSome |> Chart.withMarker Marker.Circle 3.0

let titled =
    line |> Chart.withYTitle "tokens" |> Chart.withTitle "Lengths, and their mean"
(** Each point on the right is a token; its text shows when it is pointed at: *)
let points =
    byId
    |> Chart.withHoverLabels (Seq.map embeddings.Rows.Label some)
    |> Chart.withOpacity 0.5

(** And the figure: *)
let axes = Chart.withXTitle "token id" >> Chart.withYTitle "Euclidean length"

[ titled; points |> axes |> Chart.withTitle "Against the token's id" ]
|> Chart.grid 2
|> Chart.withTitle "Lengths of token embeddings"
|> Lesson.figure
    lesson
    "norms"
    $"{count:N0} tokens, right {some.Length:N0}, seed 5; {model.Weights}."
(*** include-it ***)
let ofId = Rsa.withPlace norms
let tokens = int64 count

Finding.number "norm.id.spearman" ofId
|> Finding.withN tokens
|> Lesson.report lesson

ofId > 0.1
|> Lesson.checkFor Pocket lesson "In the pocket model lengths grow with the id"
(*** include-output ***)

(**
## Is the norm just a shift and a scale?

If all embeddings had the same length and entries of mean zero, layer norm would be multiplication
by one number, $\sqrt d$ over the mean length. Subtracting the mean row, what all tokens have in
common, is often thought to bring embeddings nearer to a sphere around zero; but layer norm does not
subtract that. Here is how far each stand-in is from the norm without gain and bias, as mean and
standard deviation over all tokens. One number alone comes nearest, and leaves every angle as it
was; without the mean row the vectors point elsewhere. A root mean square norm takes no mean out at
all, so that the stand-ins without the mean row are left out of its table.
*)
let distances = embeddings |> Norms.distancesUnder final

distances
|> Norms.distanceTable
|> Lesson.table
    lesson
    "distances"
    $"Distance from the {normName} without gain and bias, mean and sd over {count:N0} tokens, \
      ε = {final.Epsilon:e0}; {model.Weights}."
(*** include-it ***)
Finding.ofDistances distances |> Lesson.reportAll lesson

let scaled, original =
    distances |> Norms.distanceOf Scaled, distances |> Norms.distanceOf Original

let least = distances |> List.minBy _.Euclidean.Mean

abs (scaled.Cosine.Mean - original.Cosine.Mean) < 1e-6
|> Lesson.check lesson "Scaling changes no angle"

least.StandIn = Scaled
|> Lesson.check lesson "Scaled, embeddings are nearer to their norm than by any other stand-in"
(** Of layer norms alone: *)
if plain then
    printfn "A root mean square norm takes no mean out: the centred stand-ins are left out."
else
    (distances |> Norms.distanceOf Centred).Cosine.Mean > 10.0 * original.Cosine.Mean
    |> Lesson.check lesson "Without their mean row they point further away from it"
(*** include-output ***)

(**
## Which tokens stand out?

Four scores, each of one token's embedding $e$, with the gain $\gamma$ and the bias $\beta$ of the
final norm and $\circ$ entry by entry:

| score | is | says |
|---|---|---|
| `norm` | $\lVert e \rVert$ | how far out the token lies |
| `scaled` | $\lVert \gamma \circ e \rVert$ | the same, as the gain weighs dimensions |
| `bias` | $\lVert e \rVert + e \cdot \beta$ | and on which side of the plane across $\beta$ |
| `scaled-and-bias` | $\lVert \gamma \circ e \rVert + e \cdot \beta$ | both |

The study that this lesson follows takes the bias term of the last from the unscaled $e$, as here;
as a score of $\gamma \circ e$ alone it would be $(\gamma \circ e)\cdot\beta$. That is computed
too, as `scaled-and-scaled-bias`, so that nobody has to guess which is meant. Where there is no
$\beta$ the bias score is left out, and the first two scores are all there is.
*)
let shownTokens = 5 // at either end
let extremes = embeddings |> Norms.extremes shownTokens final
let ofEnds = Finding.ofExtremes model extremes
ofEnds |> List.map (Finding.withN tokens) |> Lesson.reportAll lesson

if not plain then
    let same = Norms.sharedTop extremes[3] extremes[4]
    Finding.count "top.scaled-and-bias.shared" (int64 same) |> Lesson.report lesson
(** The table, as CSV, plain text and LaTeX too: *)
let table = extremes |> Norms.extremeTable model
let heading = "Top and bottom tokens under each score"
Lesson.file lesson "extremes.csv" (Table.toCsv table)
Lesson.file lesson "extremes.txt" (Table.toText table)
Lesson.file lesson "extremes.tex" (table |> Table.withTitle heading |> Table.toLatex)

(** Both ends of each score, the two terms apart: *)
let ofTable = $"The {shownTokens} highest and lowest of {count:N0} tokens"

table
|> Lesson.table lesson "extremes" $"{ofTable}; bytes in hexadecimal; {model.Weights}."
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
from it. Without $\beta$ only the length and the gained length are left to compare.
*)
let second = if plain then GainedLength else LengthAndBias
let ofLength, ofSecond = embeddings |> Norms.terms final second |> Array.unzip
let values = if plain then ofLength else ofSecond
let axis = if plain then "length of γ∘e" else "bias score e·β"
let pearson = Rsa.correlate CorrelationKind.Pearson norms values
let spread = (Distribution.summary axis embeddings.Provenance values).Sd
let rank = Rsa.withPlace values
(** Under the names of the bias score where there is one: *)
let quantity = if plain then "gained-length" else "bias"

Lesson.number lesson $"{quantity}.sd" spread
Lesson.number lesson $"{quantity}.id.spearman" rank
Lesson.number lesson $"norm.{quantity}.pearson" pearson

rank < -0.2
|> Lesson.checkFor Pocket lesson "In the pocket model the bias score falls as tokens become rarer"

pearson < -0.5
|> Lesson.checkFor Pocket lesson "In the pocket model the longer a token, the lower its bias score"
(** The hundred longest tokens, and how alike they are: *)
let longest = embeddings |> Norms.longest 100
let alike = longest |> Similarity.cosine Rows |> Pairs.fold Fold.moments
Finding.ofSummary "longest.cosine" alike |> Lesson.reportAll lesson

alike.Mean > 0.8
|> Lesson.checkFor Pocket lesson "The hundred longest tokens of the pocket model point one way"
(*** include-output ***)

(** Look left for a slope, which ties the two, and right for one that ties the second to rarity: *)
let named =
    Chart.withHoverLabels (Seq.map embeddings.Rows.Label some)
    >> Chart.withOpacity 0.5

let small = Chart.withMarker Marker.Circle 3.0 >> Chart.withYTitle axis

let drawn = [ for id in some -> values[id] ]

let against =
    Chart.scatter ofSome drawn |> named |> small |> Chart.withXTitle "length of e"

let over = Chart.scatter ids drawn |> named |> small
(** And the figure: *)
[
    against |> Chart.withTitle "The two quantities"
    over |> Chart.withXTitle "token id" |> Chart.withTitle "Against rank"
]
|> Chart.grid 2
|> Chart.withTitle $"Length and {axis}"
|> Lesson.figure lesson "terms" $"{some.Length:N0} tokens, r = {pearson:F3}; {model.Weights}."
(*** include-it ***)
Lesson.finish lesson
