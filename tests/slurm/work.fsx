// What the tasks of tests/slurm/run compute: work.fsx FOLDER RESULT [arguments of Pieces.settings | whole]
#load "../../scripts/prelude.fsx"

open System.IO
open Workbench
open Workbench.Core.Formats

let folder, result = fsi.CommandLineArgs[1], fsi.CommandLineArgs[2]
let arguments = fsi.CommandLineArgs[3..]

let pairs = Sample.normal (Seed 1UL) 2000 32 |> Similarity.cosine Rows

// Eight megabytes for each piece, so that writing one takes a while.
let question =
    Fold.zip (Fold.zip Fold.moments (Fold.histogram 4000)) (Fold.neighbours 500)

let answer =
    if arguments = [| "whole" |] then
        pairs |> Pairs.fold question |> Some
    else
        pairs |> Work.fold 40 question |> Pieces.run (Pieces.settings folder arguments)

match answer with
| None -> ()
| Some((moments, histogram), near) ->
    WholeFile.Write(
        result,
        fun stream ->
            use writer = new BinaryWriter(stream, System.Text.Encoding.UTF8, leaveOpen = true)

            for value in [ moments.Mean; moments.Sd; moments.Minimum; moments.Maximum ] do
                writer.Write value

            for count in histogram.Counts do
                writer.Write count

            for row in near do
                for index, score in row do
                    writer.Write index
                    writer.Write score
    )
