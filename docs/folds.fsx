(**
---
title: Folds
category: Guide
categoryindex: 1
index: 4
description: Questions asked of every pair in one pass: combining them, writing one, sharing the work, resuming it.
---
*)
(*** condition: prepare ***)
#load "../scripts/prelude.fsx"

open System.IO
open Workbench

(**
# Folds

All pairs of a vocabulary are too many to keep and not too many to look at. `Pairs` describes them; a *fold* is a
question asked of each as it passes by. The questions of one `Fold.scan` are answered by one pass over the pairs:
*)
let vectors = Sample.normal (Seed 1UL) 2000 64
let pairs = vectors |> Similarity.cosine Rows

let survey =
    Fold.scan {
        let! shape = Fold.histogram 400
        and! closest = Fold.top 3
        and! summary = Fold.moments

        return {|
            Shape = shape
            Closest = closest
            Summary = summary
        |}
    }

let answers = pairs |> Pairs.fold survey
printfn $"{answers.Summary}"
printfn $"{answers.Closest[0]}"
(*** include-output ***)

(**
An answer is the same to the last bit for one thread and for many: counts are whole numbers, sums are kept in fixed
point, and equal similarities are ranked by index.

## One of your own

A fold is a state, how a pair changes it, and how two states become one. The last must not care for order, since threads
finish when they finish. This one counts neighbours in the vocabulary that are similar:
*)
let adjacent =
    Fold.ofPairs
        "adjacent(0.3)" // its name and settings: pieces are only put together under the same
        0L
        (fun count i j similarity -> if j = i + 1 && similarity > 0.3f then count + 1L else count)
        (+)

printfn $"{pairs |> Pairs.fold adjacent} of 1,999"
(*** include-output ***)

(**
It combines like any other, with `Fold.map`, `Fold.zip`, `Fold.byClass` and `Fold.scan`. A call for each pair is slow
beside the built-in folds, which take a tile of scores at a time. `Fold.ofCore` takes a class derived from
`Workbench.Core.Pairs.PairFold` that does the same.

## Sharing the work, and picking it up again

A scan can be cut into pieces of about as many pairs each: rectangles of the similarity matrix, as near to squares as
can be, so that each needs few of the vectors. A piece is a small file that knows its weights, its measure and its
question; put together they give the bits of one scan, and pieces that do not belong together are refused by name.
*)
let folder = Directory.CreateTempSubdirectory().FullName
let work = pairs |> Work.fold 3 survey

for share in [ "share=1/2"; "share=2/2" ] do
    work |> Pieces.run (Pieces.settings folder [ share ]) |> ignore

let together = work |> Pieces.merge (Pieces.settings folder [])
printfn $"the same bits: {together.Summary = answers.Summary}"
Directory.Delete(folder, recursive = true)
(*** include-output ***)

(**
Nobody types shares: the same script is each task of a Slurm array or of a Kubernetes job, and nulls, calibrations, head
atlases and more are cut in the same way. [Clusters](cluster.html) tells how.

`Pairs.foldFrom "scan.checkpoint"` keeps what is finished in a file now and then. A process that is killed in the middle
goes on from there when it is started again, and arrives at the same bits.
*)
