(**
---
title: Twenty recipes
category: Guide
categoryindex: 1
index: 2
description: What one tries first, in ten lines each at most.
---
*)
(*** condition: prepare ***)
#load "../scripts/prelude.fsx"
open Workbench

(**
# Twenty recipes

Each of these runs as it stands behind two lines, `#load "scripts/prelude.fsx"` and `open Workbench`,
and in this order, on the pocket models, which ship; write the name of another model in their
place. Typed into `dotnet fsi`, each shows what it gives; in a script, `|> printfn "%A"`,
`|> Table.print` or `|> Chart.show` behind it does. A word is written as it stands in a text: GPT-2
and most of today's models put the space before a word into its token, so that `" king"` is not
`"king"`.
*)
let gpt2 = Model.load "pocket-gpt2"
let bert = Model.load "pocket-bert"

(**
## Words

**1. The neighbours of a word.**
*)
gpt2 |> Embedding.nearest 5 " king"
(*** include-it ***)

(** **2. An analogy**: what is to *woman* as *brother* is to *man*? *)
gpt2 |> Embedding.analogy 3 [ " brother"; " woman" ] [ " man" ]
(*** include-it ***)

(** **3. An axis** from one word to another: 0 where *man* lies, 1 where *woman* does. *)
gpt2
|> Embedding.ofWords [ " man"; " woman"; " brother"; " sister"; " king"; " queen" ]
|> Embedding.axis " man" " woman"
|> Chart.bars
(*** include-it ***)

(** **4. A heat-map of eight words.** *)
gpt2
|> Embedding.ofWords [ " king"; " queen"; " prince"; " man"; " woman"; " river"; " sea"; " ship" ]
|> Similarity.cosine Rows
|> Pairs.matrix
|> Chart.heatmap
(*** include-it ***)

(** **5. A map of words**, coloured by class. *)
let people, places =
    [ " king"; " queen"; " man"; " woman" ], [ " river"; " sea"; " hill"; " town" ]

gpt2
|> Embedding.ofWords (people @ places)
|> Projection.pca 2
|> _.Layout
|> Chart.points
|> Chart.withColourByClass [ for word in people @ places -> List.contains word people ]
(*** include-it ***)

(** **6. A word of several tokens** is refused, unless it is said what shall stand for it. *)
gpt2 |> Embedding.ofWordsBy Pooling.Mean [ " king"; " zebra" ]
(*** include-it ***)

(** **7. How long the vectors of words are.** *)
let table = Embedding.tokens gpt2

table
|> Norms.ofRows
|> Distribution.histogram 50 "length" table.Provenance
|> Chart.histogram
(*** include-it ***)

(** **8. Two models' words compared**: do they find the same words alike? *)
Embedding.compare gpt2 bert
(*** include-it ***)

(** **9. Word vectors beside a model**, on the words that both have. *)
let vectors = WordVectors.load "pocket-word2vec"

let ofVectors, ofModel =
    Words.shared vectors gpt2
    |> Seq.truncate 100
    |> Array.ofSeq
    |> Words.cosines vectors gpt2

Rsa.compare RsaSettings.Quick ofVectors ofModel
(*** include-it ***)

(**
## Texts

**10. What comes next.**
*)
gpt2 |> Residual.next 5 "The king of" |> Chart.predictions
(*** include-it ***)

(** **11. A text continued**, by chance that can be repeated. *)
let bolder = {
    GenerateSettings.Default with
        Temperature = 0.7
}

gpt2 |> Generate.sample (Seed 1UL) bolder "The king of"
(*** include-it ***)

(** **12. A masked word**, by an encoder. *)
bert
|> Residual.masked 5 "the [MASK] of england"
|> Array.head
|> Table.ofRecords
(*** include-it ***)

(** **13. Sentences alike**: the mean of an encoder's states stands for each. *)
bert
|> Residual.sentences Pooling.Mean [ "the king is dead"; "the queen died"; "the ship sailed away" ]
|> Similarity.cosine Rows
|> Pairs.matrix
|> Chart.heatmap
(*** include-it ***)

(** **14. The logit lens of a sentence**: the best guess at what comes next, at each token and place. *)
let stream = gpt2 |> Residual.stream "To kill two birds with one"
stream |> Residual.lensTable
(*** include-it ***)

(** **15. How far a word moves** from place to place. *)
stream
|> Residual.angles
|> Chart.heatmap
|> Chart.withTitle "Angle moved, degrees"
(*** include-it ***)

(**
## Heads and edits

**16. Where a head looks.**
*)
gpt2
|> Attention.pattern (Block 5) (Head 3) "To kill two birds with one"
|> Chart.heatmap
(*** include-it ***)

(** **17. A head left out**, and what the model says then. *)
gpt2
|> Residual.without (Block 5, Head 3)
|> Residual.next 5 "The king of"
|> Table.ofRecords
(*** include-it ***)

(** **18. Which part says it**: what each head and MLP adds to the lead of one next token over another. *)
gpt2
|> Attribution.between " of" " side" "To kill two birds with one"
|> Chart.bars
(*** include-it ***)

(** **19. Heads that repeat**: where each looks when a text of random tokens comes a second time. *)
let scores = gpt2 |> HeadScores.onRepeats (Seed 1UL) 25

scores.Induction
|> Chart.heatmap
|> Chart.withTitle "Attention to the token after the first occurrence"
(*** include-it ***)

(** **20. A text steered**, a direction added behind a block, *)
let direction = gpt2 |> Residual.difference (Block 3) "The queen" "The king"

gpt2
|> Residual.steer (Block 3) 1.0 direction
|> Residual.next 3 "The king"
|> Table.ofRecords
(*** include-it ***)

(** **and patched**, with a state that is taken from another text. *)
gpt2
|> Residual.patch (Block 3) 1 "The queen"
|> Residual.next 3 "The king"
|> Table.ofRecords
(*** include-it ***)

(*** hide ***)
// A page that says nothing would pass unseen.
let lesson = Lesson.start "recipes" "Twenty recipes" [ gpt2.Weights; bert.Weights ]
let nearest = gpt2 |> Embedding.nearest 1 " king"
Lesson.check lesson "The queen is the king's nearest" (nearest.Rows.Label 0 = " queen")
Lesson.finish lesson
