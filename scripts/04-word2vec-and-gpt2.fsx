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
that have read far more, each something else; `--model NAME --vectors NAME` chooses them.
*)
let vectors, best = Words.atHand ()
let model = best |> Model.on engine
let first, second = vectors.Weights.Name, model.Weights.Name
let both = [ vectors.Weights; model.Weights ]
let lesson = Lesson.start "04-word2vec-and-gpt2" "word2vec and GPT-2" both
(*** include-output ***)

(**
## Words that both know

Word vectors come in order of frequency, tokens in the order in which the tokenizer was built. A
word can be compared when it is a single token as it stands: for GPT-2 without a leading space, for
BERT whole. We take the first hundred of six letters, in word2vec's order.
*)
let tokens = (Embedding.tokens model).Rows
let from = tokens.Length / 3

Table.ofRows [ $"{first}, from 0"; $"{second}, from {from}" ] [
    for i in 0..9 -> [ Text(vectors.Words.Label i); Text(tokens.Label(from + i)) ]
]
|> Lesson.table lesson "vocabularies" $"{vectors.Words.Length:N0} words, {tokens.Length:N0} tokens."
(*** include-it ***)
let shared = Words.shared vectors model |> Seq.cache
let words = shared |> Words.ofLetters 6 |> Seq.truncate 100 |> Array.ofSeq

[ for shared in words -> Value.Text shared.Word ]
|> (Value.Array >> Finding.value "words" >> Lesson.report lesson)

Finding.count "words.n" (int64 words.Length) |> Lesson.report lesson
(** They are these, with the place in the one and the token's id in the other: *)
Table.ofRecords words
|> Table.sideBySide 4
|> Lesson.table lesson "words" $"{words.Length} words; places in {first}, ids in {second}."
(*** include-it ***)

(**
## Who is like whom

Side by side, the two vectors of one word show nothing: other scales, other numbers of dimensions,
and no order in either.
*)
let inFirst, inSecond = words |> Words.cosines vectors model
let spaces = [ first, inFirst; second, inSecond ]
let ofWord = [ for name, pairs in spaces -> name, Labelled.row 0 pairs.Vectors ]

let widths =
    $"{vectors.Dimensions} and {inSecond.Vectors.Columns.Length} dimensions"
(** Look for anything that the left curve has in common with the right one; there is nothing: *)
[ for name, vector in ofWord -> Chart.values vector |> Chart.withTitle name ]
|> Chart.grid 2
|> Chart.withXTitle "dimension"
|> Chart.withYTitle "entry"
|> Chart.withTitle $"The two vectors of “{words[0].Word}”"
|> Lesson.figure lesson "vectors" $"{widths}; {both[0]} and {both[1]}."
(*** include-it ***)

(**
So leave the dimensions behind. Each space gives a matrix of cosines, word by word, and the two
matrices speak of the same things. Each is drawn at its own scale, since one space may hold all
words closer together than the other; look for squares and stripes that both have.
*)
[ for name, pairs in spaces -> RsaFigure.words name pairs ]
|> Chart.grid 1
|> Chart.withTitle "Cosine similarity of words"
|> Lesson.figure
    lesson
    "cosines"
    $"{words.Length} words, {inFirst.Count:N0} pairs; {first}, {second}."
(*** include-it ***)

(**
RSA correlates what stands above the two diagonals, $n(n-1)/2$ pairs. Pearson's $r$ removes the
means. The *cosine* of the two lists does not: spaces in which everything is a little alike score
high by that alone. What the vectors themselves share can hide agreement instead: training pushes
rare words all the same way, and then to be alike is mostly to be rare. So the mean vector of the
words is taken out as well. For Google's vectors and MiniLM's that changes next to nothing; for the
pocket models, to which most words are rare, it brings the agreement out.
*)
let pairsOf = Words.centredCosines vectors model
let rsa = Rsa.compare RsaSettings.Default inFirst inSecond
let centred = words |> pairsOf ||> Rsa.compare RsaSettings.Default
let plainly = $"As they are: r = {rsa.Pearson:F3}, cosine = {rsa.Cosine:F3}"
let lessMean = $"Centred: r = {centred.Pearson:F3}, cosine = {centred.Cosine:F3}"
(** A point to the right and above is a pair that both find alike; look for a slope: *)
[
    RsaFigure.scatter inFirst inSecond |> Chart.withTitle plainly
    words |> pairsOf ||> RsaFigure.scatter |> Chart.withTitle lessMean
]
|> Chart.grid 2
|> Chart.withTitle "The same pairs of words in both spaces"
|> Lesson.figure lesson "agreement" $"{rsa.Pairs:N0} pairs of {rsa.N} words; {first}, {second}."
(*** include-it ***)

(**
## How much of it to believe

*Chance.* Pairs of a hundred words are not independent, so Mantel's test gives the words of one
space each other's names, again and again. *These words.* The interval leaves each word out once.
*These dimensions.* Half of them give the similarities, the other half give them again; the
correlation of the two, lifted by Spearman and Brown's $2\rho/(1+\rho)$, is a yardstick for $r$, no
bound.
*)
let asTheyAre = $"as they are: r = {rsa.Pearson:F3}, p = {rsa.P:G3}"

centred.Table
|> Lesson.table lesson "rsa" $"{first} and {second}, centred; {asTheyAre}."
(*** include-it ***)
Finding.ofRsa rsa |> Lesson.reportAll lesson

Lesson.reportAll lesson [
    Finding.number "rsa.centred" centred.Pearson |> Finding.withP centred.P
    Finding.number "ceiling.word2vec" rsa.FirstCeiling.Reliability
    |> Finding.withSeed rsa.Seed
    Finding.number "ceiling.model" rsa.SecondCeiling.Reliability
    |> Finding.withSeed rsa.Seed
]
(** What was said so far, held against the weights: *)
abs (rsa.Spearman - rsa.RhoA) < 1e-6
|> Lesson.check lesson "Spearman and rho-a are equal where nothing ties"

centred.P < 0.01
|> Lesson.check lesson "Words agree more than relabelled words do, once centred"

centred.Pearson > rsa.Pearson
|> Lesson.checkFor Pocket lesson "Centring brings the agreement out"
(*** include-output ***)

(**
## What else could it be?

Both models might merely know how frequent a word is, or how it is spelled. Partial RSA takes out of
both what such distances predict; length can say something only among words of any length, the
thousand most frequent that both know.
*)
let controls = vectors |> Words.controls
let partial = words |> pairsOf ||> Rsa.partial RsaSettings.Default controls
let pool = shared |> Seq.truncate 1000 |> Array.ofSeq
let ofPool = pool |> pairsOf
let partialOfPool = ofPool ||> Rsa.partial RsaSettings.Quick controls

partialOfPool.Table
|> Lesson.table lesson "controls" $"{pool.Length} words. For the six-letter words: {partial}."
(*** include-it ***)
Finding.number "partial" partial.Value
|> Finding.withP partial.P
|> Lesson.report lesson

partial.Value > 0.9 * partial.Plain
|> Lesson.check lesson "The controls explain less than a tenth of the agreement"
(*** include-output ***)

(**
Would other words have told the same? A thousand random sets of a hundred of those words say: look
where the line of the six-letter words lies among them.
*)
let sets = ofPool ||> Rsa.randomSets RandomSetSettings.Default

Distribution.histogram 40 "Pearson's r" sets.Provenance sets.Values
|> Chart.histogram
|> Chart.withLabelledVerticalLine "six letters" centred.Pearson
|> Chart.withYTitle "sets of words"
|> Chart.withTitle "The comparison over other words"
|> Lesson.figure lesson "random-sets" $"{sets}; the six-letter words {centred.Pearson:F3}."
(*** include-it ***)
[ sets.Summary.Mean; sets.Summary.Sd; float sets.Summary.N ]
|> (Finding.numbers "random-sets" >> Lesson.report lesson)
(*** include-output ***)

(**
## The token's form

The token itself is a choice. GPT-2 knows “people” and “ people”, BERT “people” and “##people”, each
with a vector of its own. The study that this lesson follows takes the form without a space, which a
text holds only where a word does not follow another: at a line's beginning, or inside a longer word
as “or” in “word”. Of what the word means such a token learns little. Here are the first hundred
six-letter words in either form, as they are, with twenty thousand relabellings each. Over GPT-2's
vocabulary (TinyStories-1M's table, `--model tinystories-1m --vectors googlenews-8000`) r is 0.002
(p = 0.47) without the space and 0.229 (p = 0.00005) with it; in SmolLM2 0.114 and 0.294: the weak
result is a matter of the token's form, and not of the model.
*)
let many = {
    RsaSettings.Quick with
        Permutations = 20000
}

let forms = model |> Words.byForm 6 100 vectors

let ofForm words =
    words |> Words.cosines vectors model ||> Rsa.compare many

let byForm = [ for form, words in forms -> form, ofForm words ]
(** One row for each form of which there are enough words: *)
Rsa.table byForm
|> Lesson.table lesson "forms" $"{first} and {second}, not centred; Mantel's p, {many.Seed}."
(*** include-it ***)
for form, found in byForm do
    Finding.number $"""form.{form.Replace(' ', '-')}""" found.Pearson
    |> Finding.withN found.Pairs
    |> Finding.withP found.P
    |> Lesson.report lesson
(** The numbers above, where these are the weights: *)
let found = [ for _, rsa in byForm -> round (1000.0 * rsa.Pearson) / 1000.0 ]
let ps = [ for _, rsa in byForm -> rsa.P ]
let isTiny = found = [ 0.002; 0.229 ] && abs (ps[0] - 0.47) < 0.02 && ps[1] < 0.0001

isTiny
|> Lesson.checkOf "tinystories-1m" lesson "Over GPT-2's vocabulary r is 0.002 and 0.229"

found = [ 0.114; 0.294 ]
|> Lesson.checkOf "smollm2-135m-instruct" lesson "In SmolLM2 0.114 and 0.294"
(*** include-output ***)

(**
## The vectors themselves

Finally without a detour over pairs: linear CKA compares inner products, Procrustes turns one space
onto the other as well as it can. Both flatter: a hundred words in hundreds of dimensions can be
turned onto anything, so the debiased value and the chance level are what counts.
*)
let alignment = Rsa.alignment inFirst.Vectors inSecond.Vectors
let turned = Rsa.procrustes (Seed 1UL) 199 inFirst.Vectors inSecond.Vectors

RsaFigure.alignmentTable alignment turned
|> Lesson.table lesson "alignment" $"{words.Length} words, {turned.Null.Length} random orders."
(*** include-it ***)
sets.Summary.Mean > 3.0 * sets.Summary.Sd
|> Lesson.check lesson "Hardly any hundred of those words would fail to agree"

turned.P < 0.01
|> Lesson.checkFor Pocket lesson "Words turn better than words in random order do"
(*** include-output ***)
Lesson.finish lesson
