(**
---
title: Gradients
category: Guide
categoryindex: 1
index: 5
description: Derivatives of formulas: waves fitted to position dimensions, and what a next-token score depends on.
---
*)
(*** condition: prepare ***)
#load "../scripts/prelude.fsx"

open System
open Workbench
open Workbench.Core.Gradients
open Workbench.Core.Tensors

(**
# Gradients

What would change this number? `Diff.grad` answers for any function of one variable that is written with operators and
the functions of `Workbench.Core.Gradients`. One pass forward records what is done; one pass back gives the derivatives
with respect to all inputs, for about twice the price of the function itself. A point may be a number, a vector, a
`Matrix` or a `Labelled`, and its gradient is of the same kind.
*)
let energy (x: Variable) =
    (x * x).Sum() / 2.0 + (cos (2.0 * x)).Sum()

let value, slopes = Diff.valueAndGrad energy [| 0.5; 1.0; 2.0 |]
printfn $"{value:F4} %A{slopes}"
(*** include-output ***)

(**
`Diff.check` holds a gradient against central differences, which know nothing of the chain rule. It says how far apart
they are, and how much of that the differences themselves may be wrong by: values are float32, and a difference of
nearly equal numbers loses digits.
*)
let check = Diff.check energy [| 0.5; 1.0; 2.0 |]
printfn $"{check}"
(*** include-output ***)

(**
## Which wave is a position dimension?

Learned position embeddings look like waves along the positions. A periodogram knows frequencies of whole cycles over
the table, and its peak explains the share of the variance that Fisher's g says. The wave that fits best may lie between
two of them. So each dimension, brought to mean 0 and variance 1, starts from its peak, and a descent finds amplitude,
phase and frequency of a·sin(ωp + φ), written as s·sin ωp + c·cos ωp.
*)
let model = [ "gpt2" ] |> Model.firstOr "pocket-gpt2" Residual.canRun

let lesson = Lesson.start "gradients" "Gradients" [ model.Weights ]
let table = Embedding.positions model |> Labelled.centre
let n, d = Labelled.shape table

let lengths =
    Array.init d (fun j -> Labelled.column j table |> Array.sumBy (fun x -> x * x) |> sqrt)

let waves = table |> Labelled.mapi (fun _ j x -> x / lengths[j] * sqrt (float n))
let spectra = Spectrum.ofColumns waves
(*** include-output ***)

(**
The loss is the formula: the mean square of what the waves leave over. The three rows of the parameters are s, c, and
the thirds of a cycle over the table that are to be added to the peak: in larger units, frequencies would run away
before s and c, which begin at 0, have grown. A row or a column meets a matrix by being repeated.
*)
let row values =
    Matrix.FromArray(1, Array.length values, ReadOnlySpan(Array.map float32 values))

let peaks =
    row (spectra |> Array.map (fun spectrum -> 2.0 * Math.PI * spectrum.Peak))
// Counted from the middle, so that a change of frequency does not turn the phase with it.
let places = (row [| for p in 1..n -> float p - float (n + 1) / 2.0 |]).Transpose()

let fitted (x: Variable) =
    let s, c, thirds = x.Slice(0, 1, 0, d), x.Slice(1, 1, 0, d), x.Slice(2, 1, 0, d)
    let frequencies = x.Tape.Constant peaks + thirds * (2.0 * Math.PI / (3.0 * float n))
    let angles = x.Tape.Constant(places).MatMul frequencies
    s * sin angles + c * cos angles

let loss (x: Variable) =
    let rest = fitted x - x.Tape.Constant waves.Values
    (rest * rest).Mean()

let fit = Matrix(3, d) |> Diff.minimise { Descent.Default with Rate = 0.02 } loss
printfn $"{fit}"
(*** include-output ***)
let drawn = (fitted (Tape().Constant fit.At)).Value
let before = spectra |> Array.map _.FisherG

let after =
    Array.init d (fun j ->
        1.0
        - Seq.average (seq { for p in 0 .. n - 1 -> float (drawn[p, j] - waves[p, j]) ** 2.0 }))

Lesson.number lesson "explained.before" (Array.average before)
Lesson.number lesson "explained.after" (Array.average after)
let gains = Array.map2 (-) after before
Lesson.check lesson "A wave of any frequency explains more than one of whole cycles" (Array.average gains > 0.0)
Lesson.check lesson "No dimension loses a hundredth of its variance" (Array.min gains > -0.01)
(*** include-output ***)
let best = Array.init d id |> Array.maxBy (Array.get gains)

[
    Labelled.column best waves |> Chart.values |> Chart.withName $"dimension {best}"
    Chart.values [ for p in 0 .. n - 1 -> float drawn[p, best] ]
    |> Chart.withName "wave"
]
|> Chart.combine
|> Chart.withXTitle "position"
|> Chart.withYTitle "standard deviations"
|> Lesson.figure lesson "wave" $"The dimension that gains most, {before[best]:P0} to {after[best]:P0}; {model.Weights}."
(*** include-it ***)
Chart.scatter before after
|> Chart.withUnityLine
|> Chart.withXTitle "explained at the periodogram's peak"
|> Chart.withYTitle "explained after the descent"
|> Lesson.figure lesson "explained" $"Shares of variance in {d} dimensions over {n} positions; {model.Weights}."
(*** include-it ***)

(**
## What does the next token's score depend on?

The same machinery runs through the whole model. *Gradient × input* is how the logit of the next token moves when a
token's embedding is made longer at its place. It is exact for small changes only. The scores need not add up to the
logit, and do not say what the model would do without the token: layer norms divide by the length that was changed.
*)
let text = "To kill two birds with one"
let why = model |> Saliency.ofNextToken text
let next = (model |> Residual.next 1 text)[0]
printfn $"{why}"
Lesson.check lesson "What is explained is what the model predicts" (why.Target.Id = next.Id)
Lesson.check lesson "Its logit is the model's own" (abs (why.Target.Logit - next.Logit) < 1e-3)
let others = Array.truncate (why.Scores.Length - 1) why.Scores
Lesson.check lesson "Tokens before the last matter too" (others |> Array.exists (fun score -> abs score > 0.01))
(*** include-output ***)
let sums = $"logit {why.Target.Logit:F1}, sum {why.Sum:F1}"

Chart.bar why.Tokens why.Scores
|> Chart.withYTitle "gradient × input"
|> Lesson.figure lesson "saliency" $"What “{why.Target.Token}” depends on; {sums}; {model.Weights}."
(*** include-it ***)
Lesson.finish lesson
