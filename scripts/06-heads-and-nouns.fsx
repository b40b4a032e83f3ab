(**
---
title: What heads do to common nouns
category: Lessons
categoryindex: 2
index: 6
description: What each head attends to and makes of a noun, judged by a space of its own.
---
*)
(*** condition: prepare ***)
#load "prelude.fsx"
open Workbench

(**
# Travelling words II: what heads do to common nouns

A head has two maps. $W_{QK} = W_q W_k^\top / \sqrt{d_k}$ says what a position looks for: a token
$x$ prefers the tokens $y$ with a large $x W_{QK}\, y^\top$. $W_{VO} = W_v W_o$ says what is then
carried over: $y W_{VO}$ is added to the stream. Both are $d \times d$ with rank at most $d_k$, so
they are never multiplied out. This lesson sends the most frequent nouns through both, head by head,
and lists the tokens nearest to what comes out.

The line of weights says which model this is and who judges. Where no others are at hand the model
is `pocket-gpt2`, six blocks of six heads that were trained on a shelf of old books, and the judge
`pocket-word2vec`, trained on the same books by itself. With GPT-2 in a folder,
`dotnet fsi scripts/lessons.fsx 6 --models FOLDER` shows blocks 0, 5 and 11 of its twelve, and the
same files and numbers; where Google's word vectors are there too, they judge. `--model NAME` takes
any other decoder: SmolLM2 has nine heads in each of thirty blocks, which share three pairs of keys
and values. Where positions turn queries and keys, as there, $W_{QK}$ depends on how far they stand
apart; it is taken at distance 0, and the captions say so.
*)
let whole model =
    Attention.readsTokens model && Norms.hasFinal model

let model = Published.gpt2 |> Model.chosenOr "pocket-gpt2" whole |> Model.on engine

let google = WordVectors.tryChosen Published.wordVectors
let judge = google |> Option.defaultValue (WordVectors.load "pocket-word2vec")
let both = [ model.Weights; judge.Weights ]
let lesson = Lesson.start "06-heads-and-nouns" "What heads do to common nouns" both
(*** include-output ***)

(** Of the blocks the first, the middle and the last; of English nouns the hundred most frequent
that are one token without a space. *)
let blocks = Attention.blocks model |> Attention.firstMiddleLast
let note = Attention.distanceNote model
let chosen = Words.commonNouns |> Words.firstTokens 100 model
let nouns = [ for id in chosen -> Tokens.text id model ]
Finding.count "nouns" (int64 chosen.Length) |> Lesson.report lesson

Finding.text "gain" $"{HeadProbeSettings.Default.Gain}" |> Lesson.report lesson

nouns = [ for noun in nouns -> noun.Trim() ]
|> Lesson.check lesson "Every noun is a single token without a space before it"
(*** include-output ***)

(**
## Through every head

For keys, the tokens whose inputs (the embeddings after the block's norm, gain and bias included)
have the largest dot product with the noun's $x W_{QK}$. For values, the tokens with the largest dot
product with $\mathrm{ln}_f(e + u + b_o)$, where $u = x W_{VO} + b_v W_o$ is the head's update, and
for all heads together with the sum of their updates. The same is done by CSLS, which takes from
hubs what they have too much, and for 200 vectors that point anywhere, so that a score can be read
in standard deviations of chance: $z = (s - \bar s)/\sigma$, where $s$ is the score of the noun's
best token, and $\bar s$ and $\sigma$ are the mean and the standard deviation of the best scores of
those 200 through the same head. The page `nouns.html`, linked below, has every noun.
*)
let chance, five = Anywhere(Seed 6UL, 200), HeadProbeSettings.Default

let keysOf block =
    model |> JudgedProbe.keys five chance chosen block

let valuesOf block =
    model |> JudgedProbe.values five chance chosen block

let keys, values = List.collect keysOf blocks, List.collect valuesOf blocks
let all = keys @ values
(** All rows as CSV, as logs, and as a page to leaf through: *)
let table = all |> JudgedProbe.table model
Lesson.file lesson "nouns.csv" (Table.toCsv table)

for name, log in all |> JudgedProbe.logs model do
    Lesson.file lesson name log

[ for each in all -> each.Raw.Name, JudgedProbe.table model [ each ] ]
|> Lesson.tablesPage lesson "nouns.html" "Nouns through every head"

Finding.count "rows" (int64 table.Rows.Length) |> Lesson.report lesson
(** How far the nouns' best keys stand above chance, block by block: *)
for name, ofBlock in keys |> List.groupBy _.Block do
    Finding.number $"""keys.z.{(string name).Replace(' ', '-')}""" (JudgedProbe.meanZ ofBlock)
    |> Finding.withSeed (Seed 6UL)
    |> Lesson.report lesson

JudgedProbe.meanZ keys > 1.0
|> Lesson.checkFor Pocket lesson "A noun's best key is nearer than that of a random vector"
(*** include-output ***)

(** The first noun in each head: look whether the words of a row have anything in common. *)
all
|> JudgedProbe.sample model
|> Lesson.table
    lesson
    "sample"
    $"One of {chosen.Length} nouns in each head of {blocks.Length} blocks; z against 200 random \
      vectors, seed 6; {five.Gain}{note}; {model.Weights}."
(*** include-it ***)

(**
## Hubs

Some tokens are near to almost anything. If a head lists the same five tokens for every noun, that
says something of the tokens, not of the nouns. In the pocket model the value lists show them
plainly: fragments that its few books hardly held, and single bytes that they did not hold at all.
*)
let listed = chosen.Length * five.Nearest

let byDot, byCsls = JudgedProbe.meanDifferent all
Lesson.number lesson "distinct.raw" byDot
Lesson.number lesson "distinct.csls" byCsls

byCsls > byDot
|> Lesson.checkFor Pocket lesson "CSLS lists more different tokens than the dot product"
(*** include-output ***)

(**
Above, look for rows that are bright throughout: heads that know every noun. Below, a point above
the line is a head whose lists CSLS makes more various.
*)
model
|> HeadFigure.hubs keys values
|> Chart.withTitle "Nouns in heads"
|> Lesson.figure
    lesson
    "hubs"
    $"Above: z of {chosen.Length} nouns in {keys.Length} heads. Below: different tokens among \
      {listed} listed per head{note}; {model.Weights}."
(*** include-it ***)

(**
## Do the tokens belong together?

A list of five words always looks meaningful to somebody. Word vectors are a judge that has not seen
the head: the mean cosine within the lists there, against the same lists with their words exchanged
for random ones of the shared vocabulary: lists that are much alike, as those of neighbouring nouns,
stay so, and do not pass for many. The cosine is the effect, $z$ is its evidence.
*)
let judged = all |> JudgedProbe.coherence (Seed 8UL) 199 judge model
Finding.ofCoherence judged |> Lesson.reportAll lesson

judged |> Coherence.zOf "coherence" > 3.0
|> Lesson.checkFor Pocket lesson "Tokens that a head lists belong together more than random ones"

abs (judged |> Coherence.zOf "coherence.random") < 4.0
|> Lesson.check lesson "Words dealt out at random do not"
(*** include-output ***)
Coherence.table judged
|> Lesson.table
    lesson
    "coherence"
    $"Mean cosine within lists in {judge.Weights}, z and p against 199 exchanges of their words, \
      seed 8. Chance: keys of random vectors. Random: the vocabulary dealt out, seed 9."
(*** include-it ***)

(**
Vectors that point anywhere also end in coherent lists wherever a head writes into few directions:
what a head does to *any* input is its own doing, and only the difference to chance is the noun's.
Compare the keys with chance, and both with random lists, before you read a meaning into one.
*)
Lesson.finish lesson
