(**
---
title: Perplexity
category: Guide
categoryindex: 1
index: 9
description: How well a model tells the next token of a text: losses by token, windows, and what the number depends on.
---
*)
(*** condition: prepare ***)
#load "../scripts/prelude.fsx"

open System
open Workbench

(**
# Perplexity

A language model gives every next token a probability. The loss of a token is −ln of what it gave the one that came, in
nats, and the perplexity of a text is exp of the mean loss: the model is as much at a loss as among so many equally
likely tokens. `Perplexity.ofText` reads a text and says both.

This page takes SmolLM2 where it is in the folder that `WORKBENCH_MODELS` names, and else a pocket model that has read
four authors, Jane Austen not among them.
*)
let model = Model.firstOr "pocket-gpt2" Residual.canRun [ "smollm2-135m-instruct" ]

let text =
    "It is a truth universally acknowledged, that a single man in possession of a good fortune, must be in want of a \
     wife. However little known the feelings or views of such a man may be on his first entering a neighbourhood, this \
     truth is so well fixed in the minds of the surrounding families, that he is considered as the rightful property \
     of some one or other of their daughters. \"My dear Mr. Bennet,\" said his lady to him one day, \"have you heard \
     that Netherfield Park is let at last?\" Mr. Bennet replied that he had not. \"But it is,\" returned she; \"for \
     Mrs. Long has just been here, and she told me all about it.\""

let lesson = Lesson.start "perplexity" "Perplexity" [ model.Weights ]
let found = model |> Perplexity.ofText PerplexitySettings.Default text
printfn $"{found}"
(*** include-output ***)

(**
## Which tokens surprise it?

The losses are a table like any other, with a row for each token that has one, so that every figure shows them. The
first token has none: nothing stands before it. Where the loss is low the text could hardly go on otherwise.
*)
let first = found.Losses |> Labelled.selectRows [| 0..29 |]

Chart.bar (Axis.labels first.Rows) (Labelled.column 0 first)
|> Chart.withTitle "Losses of thirty tokens"
|> Chart.withYTitle "loss, nats"
|> Lesson.figure lesson "tokens" "−ln of the probability that the model gave each token, told by all before it."
(*** include-it ***)

(**
## Windows

A model has a longest text, and long ones take much time, so a text is read in windows. `PerplexitySettings` says how:

- `Window`: how many tokens the model sees at once, 1,024 unless something else is asked for, or all its positions
  where it has fewer.
- `Stride`: how many tokens further the next window begins. Unless something else is asked for, windows share nothing,
  and the first token of each has no loss. With a smaller stride a window tells only what the one before did not
  hold, so that no token counts twice, and each is told by at least `Window − Stride` tokens; that costs more passes.
- `Before`: a token that is put before every window and not counted, for models that have never seen a text without one.

All tokens count alike, whatever their window. The less a token is told by, the larger its loss: the same model has
another perplexity for every choice, and a number without its windows says little.
*)
let cuts = [ 16, 16; 64, 64; 64, 8; 128, 16 ]

let perplexities = [
    for window, stride in cuts ->
        let settings = {
            PerplexitySettings.Default with
                Window = Some window
                Stride = Some stride
        }

        model |> Perplexity.ofText settings text
]

for cut, perplexity in List.zip cuts perplexities do
    printfn $"{cut}: {perplexity.Value:F1} over {perplexity.N} tokens, {perplexity.Windows.Length} windows"
(*** include-output ***)

(**
The rows do not all speak of the same tokens: windows that share nothing leave out the first token of each, and these
are nine more in windows of 16. Between the two rows with windows of 64 only the overlap differs, and what a window
knows of the text before a token takes a fifth off. The mean by the place of a token within windows of 16, which is of
ten tokens for each place and moves about accordingly:
*)
let short = perplexities.Head

let byPlace =
    Array.zip short.Places (Labelled.column 0 short.Losses)
    |> Array.groupBy (fun (place, _) -> place % 16)
    |> Array.sortBy fst
    |> Array.map (fun (place, losses) -> float place, Array.averageBy snd losses)

Chart.line (Array.map fst byPlace) (Array.map snd byPlace)
|> Chart.withXTitle "place in the window"
|> Chart.withYTitle "mean loss, nats"
|> Chart.withTitle "Loss by what stands before a token"
|> Lesson.figure lesson "places" "Mean losses by the place in windows of 16 tokens."
(*** include-it ***)

(**
## What may be compared

A model with long tokens has fewer of them to tell and a larger perplexity: numbers compare between models with the
same tokens, and with the same windows. Between others the loss of the whole text compares, `Loss × N`, over its
characters. And a text must be one that the model has not learned: of its own training text it is surprised too little.

As a measure of whether all is computed right: SmolLM2-135M-Instruct (Q4_1) has 22.362 on the first 8,192 tokens of
Darwin's works in windows of 1,024, as PyTorch finds.
*)
(*** do-not-eval ***)
let darwin () =
    let smol = Model.load "smollm2-135m-instruct"

    let ids =
        smol
        |> Tokens.ids (IO.File.ReadAllText("darwin.txt").ReplaceLineEndings "\n") // as Python reads texts
        |> Array.truncate 8192

    smol |> Perplexity.ofIds PerplexitySettings.Default ids

Lesson.check lesson "Each token but the first has a loss" (found.N + 1 = (Tokens.ids text model).Length)

Lesson.check lesson "Where windows overlap, tokens are told better" (perplexities[2].Value < perplexities[1].Value)

Lesson.check lesson "The model knows more than nothing" (found.Value < 10_000.0)
(*** include-output ***)

(*** hide ***)
Lesson.finish lesson
