(**
---
title: Gradients
category: Guide
categoryindex: 1
index: 5
description: Derivatives of functions written as formulas: fitting waves to position dimensions, and what a next-token score depends on.
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

What would change this number? `Diff.grad` answers for any function of one variable that is written with operators and the functions of
`Workbench.Core.Gradients`. One pass forward records what is done; one pass back gives the derivatives with respect to all inputs, for about twice
the price of the function itself. A point may be a number, a vector, a `Matrix` or a `Labelled`, and its gradient is of the same kind.
*)
let energy (x: Variable) =
    (x * x).Sum() / 2.0 + (cos (2.0 * x)).Sum()

let value, slopes = Diff.valueAndGrad energy [| 0.5; 1.0; 2.0 |]
printfn $"{value:F4} %A{slopes}"
(*** include-output ***)

(**
`Diff.check` holds a gradient against central differences, which know nothing of the chain rule. It says how far apart they are, and how much of that
the differences themselves may be wrong by: values are float32, and a difference of nearly equal numbers loses digits.
*)
let check = Diff.check energy [| 0.5; 1.0; 2.0 |]
printfn $"{check}"
(*** include-output ***)

(**
## Which wave is a position dimension?

Learned position embeddings look like waves along the positions. The periodogram only knows frequencies of whole cycles over the table; the wave that fits best
may lie between two of them. So each dimension, brought to mean 0 and variance 1, starts from its periodogram's peak, with the amplitude and phase that fit
best there, and a descent moves all three: a·sin(ωp + φ).
*)
let standIn () =
    Planted.gpt2 PlantedGpt2.Default (Seed 5UL) // where no trained weights are at hand

let model =
    Model.tryFirst Embedding.hasPositions [ "gpt2"; "openai-community/gpt2" ]
    |> Option.defaultWith standIn

let speaker =
    Model.tryFirst Residual.canRun [ "gpt2"; "openai-community/gpt2" ]
    |> Option.defaultWith standIn

let lesson =
    Lesson.start "gradients" "Gradients" (List.distinct [ model.Weights; speaker.Weights ])

let table = Embedding.positions model |> Labelled.centre
let n, d = Labelled.shape table
let columns = Array.init d (fun j -> Labelled.column j table)

let spreads =
    columns
    |> Array.map (fun column -> sqrt (Array.averageBy (fun x -> x * x) column))

let waves = table |> Labelled.mapi (fun _ j x -> x / spreads[j])
// Counted from the middle, so that a change of frequency does not turn the phase with it.
let places = Array.init n (fun p -> float p - float (n - 1) / 2.0)

let peaks =
    Spectrum.ofColumns waves
    |> Array.map (fun spectrum -> 2.0 * Math.PI * spectrum.Peak)
(*** include-output ***)

(** The start: by a column's share of the sine and the cosine at its peak. Rows of the parameters are amplitudes, phases, and cycles over the table to be added to the peak. *)
let start =
    let along (wave: float -> float) j =
        2.0 / float n
        * Seq.sum (Seq.map2 (fun p x -> wave (peaks[j] * p) * x) places (Labelled.column j waves))

    Labelled.init
        (Axis.labelled "parameter" [| "amplitude"; "phase"; "cycles" |])
        waves.Columns
        (Provenance.computed "periodogram's peak")
        (fun row j ->
            let sine, cosine = along sin j, along cos j

            match row with
            | 0 -> sqrt (sine * sine + cosine * cosine)
            | 1 -> Math.Atan2(cosine, sine)
            | _ -> 0.0)

(** The loss is the formula: the mean square of what the waves leave over. A row meets a matrix by being repeated. *)
let row (values: seq<float>) =
    let all = Seq.toArray (Seq.map float32 values) in Matrix.FromArray(1, all.Length, ReadOnlySpan all)

let column = (row places).Transpose()

let residuals (x: Variable) =
    let amplitude, phase, cycles =
        x.Slice(0, 1, 0, d), x.Slice(1, 1, 0, d), x.Slice(2, 1, 0, d)

    let frequency = x.Tape.Constant(row peaks) + cycles * (2.0 * Math.PI / float n)

    amplitude * sin (x.Tape.Constant(column).MatMul frequency + phase)
    - x.Tape.Constant waves.Values

let loss x =
    let rest = residuals x in (rest * rest).Mean()

let fit =
    start
    |> Diff.minimise
        {
            Descent.Default with
                Steps = 200
                Rate = 0.02
        }
        loss

printfn $"{fit}"
(*** include-output ***)
let explained (parameters: Labelled) =
    let rest = residuals (Tape().Constant parameters.Values)

    Array.init d (fun j ->
        1.0
        - Seq.averageBy (fun p -> float rest.Value[p, j] ** 2.0) (seq { 0 .. n - 1 }))

let before, after = explained start, explained fit.At

Finding.number "explained.before" (Array.average before)
|> Finding.withN (int64 d)
|> Lesson.report lesson

Finding.number "explained.after" (Array.average after)
|> Finding.withN (int64 d)
|> Lesson.report lesson

Lesson.check
    lesson
    "One wave of any frequency explains more than one of whole cycles, on average"
    (Array.average after > Array.average before)

Lesson.check
    lesson
    "No dimension is explained worse by more than a thousandth of its variance"
    (Array.forall2 (fun b a -> a > b - 0.001) before after)
(*** include-output ***)
let best = Array.init d id |> Array.maxBy (fun j -> after[j] - before[j])

let drawn (parameters: Labelled) name =
    let rest = (residuals (Tape().Constant parameters.Values)).Value

    Array.init n (fun p -> float rest[p, best] + float waves[p, best])
    |> Chart.values
    |> Chart.withName name

[
    [
        Labelled.column best waves |> Chart.values |> Chart.withName $"dimension {best}"
        drawn start "periodogram's peak"
        drawn fit.At "after the descent"
    ]
    |> Chart.combine
    |> Chart.withXTitle "position"
    |> Chart.withYTitle "standard deviations"
    Chart.scatter before after
    |> Chart.withUnityLine
    |> Chart.withXTitle "explained at the peak"
    |> Chart.withYTitle "explained after the descent"
]
|> Chart.grid 2
|> Lesson.figure
    lesson
    "waves"
    $"Left, the dimension that gains most, {before[best]:P0} to {after[best]:P0} of its variance; right, all {d} dimensions; {n} positions; {model.Weights}."
(*** include-it ***)

(**
## What does the next token's score depend on?

The same machinery runs through the whole model. *Gradient × input* is how the logit of the next token moves when a token's embedding is made longer at its
place. It is exact for small changes only. The scores need not add up to the logit, and do not say what the model would do without the token: layer norms divide by
the length that was changed.
*)
let text = // any text; the planted model knows its own words only
    if speaker.Weights.Kind = Planted then
        Planted.gpt2Words PlantedGpt2.Default (Seed 5UL)
        |> Array.truncate 8
        |> String.concat " "
    else
        "To kill two birds with one"

let why = speaker |> Saliency.ofNextToken text
printfn $"{why}"
let next = (speaker |> Residual.next 1 text)[0]

Lesson.check
    lesson
    "What is explained is what the model predicts"
    (why.Target.Id = next.Id && abs (why.Target.Logit - next.Logit) < 1e-3)

let silenced =
    Array.init why.Scores.Length (fun i -> if i = why.Scores.Length - 1 then 0.0 else abs why.Scores[i])

Lesson.check lesson "Tokens before the last matter too: the model reads its text" (Array.max silenced > 0.0)
(*** include-output ***)
Chart.bar why.Tokens why.Scores
|> Chart.withYTitle $"gradient × input of “{why.Target.Token}”"
|> Lesson.figure
    lesson
    "saliency"
    $"What the logit of “{why.Target.Token}” ({why.Target.Probability:P0} likely) behind “{text}” depends on; {why.Scores.Length} tokens, sum {why.Sum:F1}, logit {why.Target.Logit:F1}; {speaker.Weights}."
(*** include-it ***)
Lesson.finish lesson
