(**
---
title: Sinusoidal positions
category: Lessons
categoryindex: 2
index: 0
description: The encoding of positions by sines and cosines, drawn.
---
*)
(*** condition: prepare ***)
#load "prelude.fsx"
open Workbench

(**
# Sinusoidal positions

The encoding gives position $p$ and dimension $i$ the value

$$ e_{p,i} = \begin{cases} \sin(p / 10000^{i/d}) & i \text{ even} \\ \cos(p / 10000^{(i-1)/d}) & i \text{ odd} \end{cases} $$

so that each pair of columns turns at its own speed.
*)
let lesson = Lesson.start "00-demo" "Sinusoidal positions" []

let encoding =
    Labelled.init (Axis.numbered "position" 128) (Axis.numbered "dimension" 96) (Provenance.computed "sinusoidal") (fun p i ->
        let angle = float p / 10000.0 ** (float (i - i % 2) / 96.0)
        if i % 2 = 0 then sin angle else cos angle)

(** The whole table at once: *)
encoding
|> Chart.heatmap
|> Chart.withTitle "Sinusoidal encoding"
|> Lesson.figure lesson "encoding" "Every value of 128 positions in 96 dimensions."
(*** include-it ***)

(** And its means as a table: *)
let means = Labelled.columnMeans encoding
Table.ofRows [ "dimension"; "mean" ] [ for d in 0..5 -> [ Count(int64 d); Number means[d] ] ]
|> Lesson.table lesson "means" "Means of the first six dimensions."
(*** include-it ***)

(*** hide ***)
Finding.numbers "positions.shape" [ 128.0; 96.0 ] |> Lesson.report lesson
Lesson.number lesson "mean" 0.125
Lesson.check lesson "Position 0 is 0 in the even dimensions" (encoding[0, 0] = 0.0f)
Lesson.finish lesson
