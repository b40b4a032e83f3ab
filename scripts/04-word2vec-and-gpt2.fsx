(**
---
title: word2vec and GPT-2
category: Lessons
categoryindex: 2
index: 4
description: Two models that share no dimension, compared by what they find alike, and what could make such a comparison lie.
---
*)
(*** condition: prepare ***)
#load "prelude.fsx"
open Workbench

(**
# word2vec and GPT-2

word2vec learned one vector per word by guessing a word's neighbours; a transformer learned its token embeddings while predicting text.
No dimension of the one means anything in the other. But each space says which words are alike, and *that* can be compared:
representational similarity analysis (RSA). The second model is the first at hand of GPT-2 and the BERT family; where there is none,
two vocabularies of made-up words stand in, which agree as far as they were made to.
*)
let vectors, model = Words.atHand ()
let first, second = vectors.Weights.Name, model.Weights.Name
let lesson = Lesson.start "04-word2vec-and-gpt2" "word2vec and GPT-2" [ vectors.Weights; model.Weights ]
(*** include-output ***)

(**
## Words that both know

Word vectors come in order of frequency, tokens in the order in which the tokenizer was built. A word can be compared when it is a single
token as it stands: for GPT-2 without a leading space, for BERT whole. We take the first hundred of six letters, in word2vec's order.
*)
let tokens = (Embedding.tokens model).Rows
[ 0..9 ]
|> Table.ofItems
    [ $"{first}, from 0", vectors.Words.Label >> Text
      $"{second}, from {tokens.Length / 3}", (fun i -> Text(tokens.Label(tokens.Length / 3 + i))) ]
|> Lesson.table lesson "vocabularies" $"{vectors.Words.Length:N0} words and {tokens.Length:N0} tokens in all."
(*** include-it ***)
let shared = Words.shared vectors model |> Seq.cache
let words = shared |> Words.ofLetters 6 |> Seq.truncate 100 |> Array.ofSeq
Finding.value "words" (Value.Array [ for shared in words -> Value.Text shared.Word ]) |> Lesson.report lesson
Finding.count "words.n" (int64 words.Length) |> Lesson.report lesson
Table.ofRecords words |> Table.sideBySide 4
|> Lesson.table lesson "words" $"{words.Length} words, with the place in {first} and the token's id in {second}."
(*** include-it ***)

(**
## Who is like whom

Side by side, the two vectors of one word show nothing: other scales, other numbers of dimensions, and no order in either. So leave the
dimensions behind. Each space gives a matrix of cosines, word by word, and the two matrices speak of the same things.
*)
let inFirst, inSecond = words |> Words.cosines vectors model
let both = [ first, inFirst; second, inSecond ]
both
|> List.map (fun (name, pairs) -> Labelled.row 0 pairs.Vectors |> Chart.values |> Chart.withTitle name)
|> Chart.grid 2
|> Chart.withXTitle "dimension" |> Chart.withYTitle "value" |> Chart.withTitle $"The two vectors of “{words[0].Word}”"
|> Lesson.figure lesson "vectors" $"{vectors.Dimensions} and {inSecond.Vectors.Columns.Length} dimensions."
(*** include-it ***)
let all = Array.append (Pairs.values inFirst) (Pairs.values inSecond)
let fromData = Distribution.quantile 0.05 all, Distribution.quantile 0.99 all
let low, high = if second = "gpt2" then 0.1, 0.6 else fromData
both
|> List.map (fun (name, pairs) -> pairs |> Pairs.matrix |> Chart.heatmap |> Chart.withTitle name)
|> Chart.grid 1
|> Chart.withLimits low high |> Chart.withColours ColourScale.Sequential |> Chart.withTitle "Cosine similarity of words"
|> Lesson.figure lesson "cosines" $"{words.Length} words each, colours from {low:F2} to {high:F2}."
(*** include-it ***)

(**
RSA correlates what stands above the two diagonals, $n(n-1)/2$ pairs. Pearson's $r$ removes the means. The *cosine* of the two lists does
not: spaces in which everything is a little alike score high by that alone. Spearman and rho-a, equal when nothing ties, ask only for order.
*)
let rsa = Rsa.compare RsaSettings.Default inFirst inSecond
Rsa.scatter inFirst inSecond
|> Chart.withTitle $"r = {rsa.Pearson:F3}, cosine = {rsa.Cosine:F3}"
|> Lesson.figure lesson "agreement" $"One point for each of {rsa.Pairs:N0} pairs of {rsa.N} words."
(*** include-it ***)

(**
## How much of it to believe

*Chance.* A hundred words make all pairs, so pairs are not independent: Mantel's test gives the words of one space each other's names, again and
again. *These words.* The interval draws words with replacement. *These dimensions.* Half of them give the similarities, the other half give
them again; the correlation of the two, lifted by Spearman and Brown's $2\rho/(1+\rho)$, is a reliability over dimensions: a yardstick for $r$, no bound.
*)
rsa.Table |> Lesson.table lesson "rsa" $"Representational similarity of {first} and {second}."
(*** include-it ***)
Rsa.findings rsa |> Lesson.reportAll lesson
for name, ceiling in [ "word2vec", rsa.FirstCeiling; "model", rsa.SecondCeiling ] do
    Finding.number $"ceiling.{name}" ceiling.Reliability |> Finding.withSeed rsa.Seed |> Lesson.report lesson
Lesson.check lesson "Spearman and rho-a are equal here" (abs (rsa.Spearman - rsa.RhoA) < 1e-6)
Lesson.check lesson "Words agree more than relabelled words do" (rsa.P < 0.01)
Lesson.checkFor Planted lesson "It agrees as planted" (abs (rsa.Pearson - PlantedWords.agreement PlantedWords.Default) < 0.1)
(*** include-output ***)

(**
## What else could it be?

Both models might merely know how frequent a word is, or how it is spelled. Partial RSA takes out of both what such distances predict. Length says
nothing about words that all have six letters, but it might among the thousand most frequent shared words.
*)
let controls =
    [ Rsa.ofNumber "frequency rank" (fun word -> float (WordVectors.tryIndex word vectors).Value)
      Rsa.ofLabels "first letter" (fun a b -> if a[0] = b[0] then 0.0 else 1.0)
      Rsa.ofNumber "length" (fun word -> float word.Length) ]
let partial = Rsa.partial RsaSettings.Default controls inFirst inSecond
let pool = shared |> Seq.truncate 1000 |> Array.ofSeq
let ofPool = pool |> Words.cosines vectors model
(ofPool ||> Rsa.partial RsaSettings.Quick controls).Table
|> Lesson.table lesson "controls" $"{pool.Length} words. For the six-letter words: {partial}."
(*** include-it ***)
Finding.number "partial" partial.Value |> Finding.withP partial.P |> Lesson.report lesson
Lesson.check lesson "The controls explain less than a tenth of the agreement" (partial.Value > 0.9 * partial.Plain)
(*** include-output ***)

(**
Would other words have told the same? A thousand random sets of a hundred of those words say. And the token itself is a choice: GPT-2 knows
“people” and “ people”, BERT “people” and “##people”, each with a vector of its own. Words of which both forms are at hand are compared in either.
*)
let sets = ofPool ||> Rsa.randomSets RandomSetSettings.Default
Distribution.histogram 40 "Pearson's r" sets.Provenance sets.Values
|> Chart.histogram
|> Chart.withLabelledVerticalLine "six letters" rsa.Pearson |> Chart.withTitle "The comparison over other words"
|> Lesson.figure lesson "random-sets" $"{sets}; the six-letter words {rsa.Pearson:F3}."
(*** include-it ***)
Finding.numbers "random-sets" [ sets.Summary.Mean; sets.Summary.Sd; float sets.Summary.N ] |> Lesson.report lesson
let plain, other = pool |> Words.bothForms model
let ofForm words = words |> Words.cosines vectors model ||> Rsa.compare RsaSettings.Quick
Rsa.table [ "as above", ofForm plain; "in the other form", ofForm other ]
|> Lesson.table lesson "forms" "Pearson's r with its 95 % interval over 199 bootstrap samples of the words, seed 1."
(*** include-it ***)

(**
Finally the vectors themselves, without a detour over pairs. Linear CKA compares inner products, Procrustes turns one space onto the other as well as
it can. Both flatter: a hundred words in hundreds of dimensions can be turned onto anything, so the debiased value and the chance level are what counts.
*)
let alignment = Rsa.alignment inFirst.Vectors inSecond.Vectors
let turned = Rsa.procrustes (Seed 1UL) 199 inFirst.Vectors inSecond.Vectors
[ [ Text "linear CKA"; Number alignment.Biased; Text $"debiased {alignment.Debiased:F3}" ]
  [ Text "Procrustes"; Number turned.Similarity; Text $"{turned.Chance:F3} for words in random order, p = {turned.P:G3}, seed 1" ] ]
|> Table.ofRows [ ""; "as usually stated"; "beside it" ]
|> Lesson.table lesson "alignment" $"{words.Length} words, {turned.Null.Length} random orders."
(*** include-it ***)
Lesson.check lesson "The usual CKA is the higher one" (alignment.Biased > alignment.Debiased)
Lesson.check lesson "Words turn onto each other better than words in random order" (turned.P < 0.01)
(*** include-output ***)
Lesson.finish lesson
