(**
---
title: word2vec and GPT-2
category: Lessons
categoryindex: 2
index: 4
description: Two models that share no dimension, compared by what they find alike.
---
*)
(*** condition: prepare ***)
#load "prelude.fsx"
open Workbench

(**
# word2vec and GPT-2

word2vec learned one vector per word by guessing a word's neighbours; a transformer learned its
token embeddings while predicting text. No dimension of the one means anything in the other. But
each space says which words are alike, and *that* can be compared: representational similarity
analysis (RSA). Of what is at hand it takes the best, which the line of weights names. At the least
these are `pocket-word2vec` and `pocket-gpt2`, which ship with the workbench and have read the same
old books, so that they may also agree about those. With word vectors of Google's and GPT-2, or one
of the BERT family, in a folder, `dotnet fsi scripts/lessons.fsx 4 --models FOLDER` compares models
that have read far more, each something else.
*)
let vectors, model = Words.atHand ()
let first, second = vectors.Weights.Name, model.Weights.Name

let lesson =
    Lesson.start "04-word2vec-and-gpt2" "word2vec and GPT-2" [ vectors.Weights; model.Weights ]
(*** include-output ***)

(**
## Words that both know

Word vectors come in order of frequency, tokens in the order in which the tokenizer was built. A
word can be compared when it is a single token as it stands: for GPT-2 without a leading space, for
BERT whole. We take the first hundred of six letters, in word2vec's order.
*)
let tokens = (Embedding.tokens model).Rows

[ 0..9 ]
|> Table.ofItems [
    $"{first}, from 0", vectors.Words.Label >> Text
    $"{second}, from {tokens.Length / 3}", (fun i -> Text(tokens.Label(tokens.Length / 3 + i)))
]
|> Lesson.table
    lesson
    "vocabularies"
    $"{vectors.Words.Length:N0} words and {tokens.Length:N0} tokens in all."
(*** include-it ***)
let shared = Words.shared vectors model |> Seq.cache
let words = shared |> Words.ofLetters 6 |> Seq.truncate 100 |> Array.ofSeq

[
    Finding.value "words" (Value.Array [ for shared in words -> Value.Text shared.Word ])
    Finding.count "words.n" (int64 words.Length)
]
|> Lesson.reportAll lesson

Table.ofRecords words
|> Table.sideBySide 4
|> Lesson.table
    lesson
    "words"
    $"{words.Length} words, with the place in {first} and the token's id in {second}."
(*** include-it ***)

(**
## Who is like whom

Side by side, the two vectors of one word show nothing: other scales, other numbers of dimensions,
and no order in either. So leave the dimensions behind. Each space gives a matrix of cosines, word
by word, and the two matrices speak of the same things.
*)
let inFirst, inSecond = words |> Words.cosines vectors model
let both = [ first, inFirst; second, inSecond ]

both
|> List.map (fun (name, pairs) ->
    Labelled.row 0 pairs.Vectors |> Chart.values |> Chart.withTitle name)
|> Chart.grid 2
|> Chart.withXTitle "dimension"
|> Chart.withYTitle "value"
|> Chart.withTitle $"The two vectors of “{words[0].Word}”"
|> Lesson.figure
    lesson
    "vectors"
    $"{vectors.Dimensions} and {inSecond.Vectors.Columns.Length} dimensions."
(*** include-it ***)
let all = Array.append (Pairs.values inFirst) (Pairs.values inSecond)

let low, high =
    if second = "gpt2" then
        0.1, 0.6
    else
        Distribution.quantile 0.05 all, Distribution.quantile 0.99 all

both
|> List.map (fun (name, pairs) -> pairs |> Pairs.matrix |> Chart.heatmap |> Chart.withTitle name)
|> Chart.grid 1
|> Chart.withLimits low high
|> Chart.withColours ColourScale.Sequential
|> Chart.withTitle "Cosine similarity of words"
|> Lesson.figure lesson "cosines" $"{words.Length} words each, colours from {low:F2} to {high:F2}."
(*** include-it ***)

(**
RSA correlates what stands above the two diagonals, $n(n-1)/2$ pairs. Pearson's $r$ removes the
means. The *cosine* of the two lists does not: spaces in which everything is a little alike score
high by that alone. What the vectors themselves share can hide agreement instead: training pushes
rare words all the same way, and then to be alike is mostly to be rare. So the mean vector of the
words is taken out as well. For Google's vectors and MiniLM's that changes next to nothing; for the
pocket models, to which most words are rare, it brings the agreement out.
*)
let centre (pairs: Pairs) =
    pairs.Vectors |> Labelled.centre |> Similarity.cosine Rows

let centredCosines words =
    words
    |> Words.cosines vectors model
    |> fun (first, second) -> centre first, centre second

let rsa, centred =
    Rsa.compare RsaSettings.Default inFirst inSecond,
    words |> centredCosines ||> Rsa.compare RsaSettings.Default

[
    RsaFigure.scatter inFirst inSecond
    |> Chart.withTitle $"As they are: r = {rsa.Pearson:F3}, cosine = {rsa.Cosine:F3}"
    words
    |> centredCosines
    ||> RsaFigure.scatter
    |> Chart.withTitle $"Centred: r = {centred.Pearson:F3}, cosine = {centred.Cosine:F3}"
]
|> Chart.grid 2
|> Lesson.figure lesson "agreement" $"One point for each of {rsa.Pairs:N0} pairs of {rsa.N} words."
(*** include-it ***)

(**
## How much of it to believe

*Chance.* Pairs of a hundred words are not independent, so Mantel's test gives the words of one
space each other's names, again and again. *These words.* The interval leaves each word out once.
*These dimensions.* Half of them give the similarities, the other half give them again; the
correlation of the two, lifted by Spearman and Brown's $2\rho/(1+\rho)$, is a yardstick for $r$, no
bound.
*)
centred.Table
|> Lesson.table
    lesson
    "rsa"
    $"Representational similarity of {first} and {second}, centred. As they are: r = \
      {rsa.Pearson:F3}, p = {rsa.P:G3}."
(*** include-it ***)
Finding.ofRsa rsa |> Lesson.reportAll lesson

Finding.number "rsa.centred" centred.Pearson
|> Finding.withP centred.P
|> Lesson.report lesson

for name, ceiling in [ "word2vec", rsa.FirstCeiling; "model", rsa.SecondCeiling ] do
    Finding.number $"ceiling.{name}" ceiling.Reliability
    |> Finding.withSeed rsa.Seed
    |> Lesson.report lesson

Lesson.check
    lesson
    "Spearman and rho-a are equal where nothing ties"
    (abs (rsa.Spearman - rsa.RhoA) < 1e-6)

Lesson.check lesson "Words agree more than relabelled words do, once centred" (centred.P < 0.01)
Lesson.checkFor Pocket lesson "Centring brings the agreement out" (centred.Pearson > rsa.Pearson)
(*** include-output ***)

(**
## What else could it be?

Both models might merely know how frequent a word is, or how it is spelled. Partial RSA takes out of
both what such distances predict; length can say something only among words of any length, the
thousand most frequent that both know.
*)
let controls = [
    Rsa.ofNumber "frequency rank" (fun word -> float (WordVectors.tryIndex word vectors).Value)
    Rsa.ofLabels "first letter" (fun a b -> if a[0] = b[0] then 0.0 else 1.0)
    Rsa.ofNumber "length" (fun word -> float word.Length)
]

let partial = words |> centredCosines ||> Rsa.partial RsaSettings.Default controls
let pool = shared |> Seq.truncate 1000 |> Array.ofSeq
let ofPool = pool |> centredCosines

(ofPool ||> Rsa.partial RsaSettings.Quick controls).Table
|> Lesson.table lesson "controls" $"{pool.Length} words. For the six-letter words: {partial}."
(*** include-it ***)
Finding.number "partial" partial.Value
|> Finding.withP partial.P
|> Lesson.report lesson

Lesson.check
    lesson
    "The controls explain less than a tenth of the agreement"
    (partial.Value > 0.9 * partial.Plain)
(*** include-output ***)

(**
Would other words have told the same? A thousand random sets of a hundred of those words say. And
the token itself is a choice: GPT-2 knows “people” and “ people”, BERT “people” and “##people”, each
with a vector of its own. Without a space, what looks like a short word is mostly a piece of longer
ones to GPT-2, “or” in “word”; so in the pocket model six letters agree better than words of any
length, and words behind a space better.
*)
let sets = ofPool ||> Rsa.randomSets RandomSetSettings.Default

Distribution.histogram 40 "Pearson's r" sets.Provenance sets.Values
|> Chart.histogram
|> Chart.withLabelledVerticalLine "six letters" centred.Pearson
|> Chart.withTitle "The comparison over other words"
|> Lesson.figure lesson "random-sets" $"{sets}; the six-letter words {centred.Pearson:F3}."
(*** include-it ***)
Finding.numbers "random-sets" [ sets.Summary.Mean; sets.Summary.Sd; float sets.Summary.N ]
|> Lesson.report lesson

let plain, other = pool |> Words.bothForms model

let ofForm words =
    words |> centredCosines ||> Rsa.compare RsaSettings.Quick

Rsa.table [ "as above", ofForm plain; "in the other form", ofForm other ]
|> Lesson.table lesson "forms" "Pearson's r with its 95 % interval for other words of the kind."
(*** include-it ***)

(**
Finally the vectors themselves, without a detour over pairs. Linear CKA compares inner products,
Procrustes turns one space onto the other as well as it can. Both flatter: a hundred words in
hundreds of dimensions can be turned onto anything, so the debiased value and the chance level are
what counts.
*)
let alignment = Rsa.alignment inFirst.Vectors inSecond.Vectors
let turned = Rsa.procrustes (Seed 1UL) 199 inFirst.Vectors inSecond.Vectors

[
    [
        Text "linear CKA"
        Number alignment.Biased
        Text $"debiased {alignment.Debiased:F3}"
    ]
    [
        Text "Procrustes"
        Number turned.Similarity
        Text $"{turned.Chance:F3} for words in random order, p = {turned.P:G3}, seed 1"
    ]
]
|> Table.ofRows [ ""; "as usually stated"; "beside it" ]
|> Lesson.table lesson "alignment" $"{words.Length} words, {turned.Null.Length} random orders."
(*** include-it ***)
Lesson.check
    lesson
    "Hardly any hundred of those words would fail to agree"
    (sets.Summary.Mean > 3.0 * sets.Summary.Sd)

Lesson.check lesson "Words turn onto each other better than words in random order" (turned.P < 0.01)
(*** include-output ***)
Lesson.finish lesson
