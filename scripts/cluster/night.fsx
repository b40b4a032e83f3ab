// A night on the cluster: every pair of a vocabulary, with a null beside it, and a figure.
//
//   dotnet fsi scripts/cluster/night.fsx                  all of it, here
//   sbatch scripts/cluster/slurm.sbatch                   as an array of tasks
//   kubectl apply -f scripts/cluster/kubernetes.yaml      as an indexed job
//   dotnet fsi scripts/cluster/night.fsx status           how far they are
//   dotnet fsi scripts/cluster/night.fsx merge            the figure
//
// The pieces go to the folder that PIECES names, or to "night"; every task must see it.
#load "../prelude.fsx"

open System
open Workbench

let model = Model.load "pocket-gpt2"

// All pairs of tokens in 64 pieces, and 1,000 random draws on every rung of the ladder in 16.
let pairs =
    Embedding.tokens model
    |> Similarity.cosine Rows
    |> Work.fold 64 (Fold.zip (Fold.histogram 4000) (Fold.top 20))

let ladder =
    Embedding.positions model
    |> Work.ladder 16 (Seed 1UL) 1000 [ Statistic.meanAbsoluteCosine ]

let folder =
    Environment.GetEnvironmentVariable "PIECES"
    |> Option.ofObj
    |> Option.defaultValue "night"

match Work.zip pairs ladder |> Pieces.run (Pieces.settings folder fsi.CommandLineArgs) with
| None -> ()
| Some((shape, closest), nulls) ->
    closest |> Pairs.toTable |> Table.print
    nulls |> Null.toTable |> Table.print

    shape
    |> Distribution.rebin 40
    |> Distribution.trim
    |> Chart.histogram
    |> Chart.saveHtml (IO.Path.Combine(folder, "night.html"))
