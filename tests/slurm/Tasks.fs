/// What the tasks of `run` compute: Tasks.dll FOLDER RESULT, and the arguments of Pieces.settings; or, after FOLDER
/// RESULT, the word whole, for one process that knows of no pieces.
module Tasks

open System.IO
open System.Text
open Workbench
open Workbench.Core.Formats

let pairs = Sample.normal (Seed 1UL) 2000 32 |> Similarity.cosine Rows

// Many numbers for each row, so that writing a piece takes a while.
let question =
    Fold.zip (Fold.zip Fold.moments (Fold.histogram 4000)) (Fold.neighbours 500)

let write (path: string) ((moments: Summary, histogram: Histogram), near: (int * float)[][]) =
    WholeFile.Write(
        path,
        fun stream ->
            use writer = new BinaryWriter(stream, Encoding.UTF8, leaveOpen = true)

            for value in [ moments.Mean; moments.Sd; moments.Minimum; moments.Maximum ] do
                writer.Write value

            for count in histogram.Counts do
                writer.Write count

            for row in near do
                for index, score in row do
                    writer.Write index
                    writer.Write score
    )

[<EntryPoint>]
let main arguments =
    let folder, result = arguments[0], arguments[1]

    match arguments[2..] with
    | [| "whole" |] -> pairs |> Pairs.fold question |> write result
    | rest ->
        pairs
        |> Work.fold 40 question
        |> Pieces.run (Pieces.settings folder rest)
        |> Option.iter (write result)

    0
