(**
---
title: Checkpoints
category: Guide
categoryindex: 1
index: 6
description: The states of one model along its training, opened by name and compared.
---
*)
(*** condition: prepare ***)
#load "../scripts/prelude.fsx"

open System
open System.IO
open Workbench

(**
# Checkpoints of one model

Some models are published with states from along their training, each under a name of its own: a branch or a tag of the
hub. Such a name follows that of the model, `EleutherAI/pythia-70m@step1000`, and a whole commit may stand there as
well. `Model.revisions` lists what there is.

This page must need no network, so its model is a small one that it trains itself, for some seconds, and keeps as the
hub's cache keeps models. All else is as it would be with a published one: write its name here.
*)
let name = "planted/families" // "EleutherAI/pythia-70m"

(*** hide ***)
module Training =
    open Workbench.Core.Models.Families
    open Workbench.Core.Randomness
    open Workbench.Core.Tensors
    open Workbench.Core.Training
    open Workbench.Core.Training.Optimisers
    open Workbench.Core.Training.Tasks

    let families, each = 12, 5

    // A token's family follows that of the token before in nine of ten places; which of its five tokens comes is left
    // to chance.
    let text =
        let random = Philox(7UL)
        let mutable family = 0

        Array.init 20_000 (fun _ ->
            family <-
                if random.NextUniform() < 0.9 then
                    (family + 1) % families
                else
                    int (random.NextInteger families)

            family * each + int (random.NextInteger each))

    // The hub's cache: files under the commit that they are of, and which commit a name stands for.
    let save (cache: string) (step: int) (model: CausalLanguageModel) config =
        let repository = Path.Combine(cache, "models--" + name.Replace("/", "--"))

        let commit =
            Convert.ToHexString(Security.Cryptography.SHA1.HashData(BitConverter.GetBytes step)).ToLowerInvariant()

        ParameterFile.Write(Path.Combine(repository, "snapshots", commit), model.Parameters, config, DType.F32)
        let refs = Directory.CreateDirectory(Path.Combine(repository, "refs")).FullName
        File.WriteAllText(Path.Combine(refs, $"step{step}"), commit)

    let run (cache: string) (kept: int list) =
        let shape =
            Gpt2.Config(vocabulary = families * each, positions = 16, width = 32, blocks = 1, heads = 2)

        let model = CausalLanguageModel(shape, 1UL)
        let batches = CausalBatches(ReadOnlySpan text, 16, 16, 1UL)
        let optimizer = AdamW model.Parameters

        for step in 0 .. List.max kept do
            if List.contains step kept then
                save cache step model (ConfigText.Of(shape, 0))

            model.LossAndGradients(batches.Batch step) |> ignore
            let scale = GradientNorm.ClippingScale(GradientNorm.Of model.Parameters, 1.0)
            optimizer.Step(3e-3, scale)

let cache = Directory.CreateTempSubdirectory("workbench-checkpoints-").FullName
Training.run cache [ 0; 10; 20; 40; 80; 160; 320 ]

let before = [
    for name in [ "HF_HUB_CACHE"; "HF_HUB_OFFLINE" ] -> name, Environment.GetEnvironmentVariable name
]

Environment.SetEnvironmentVariable("HF_HUB_CACHE", cache)
Environment.SetEnvironmentVariable("HF_HUB_OFFLINE", "1")

(** *)
let states = Model.revisions name

for state in states do
    printfn $"{state}"
(*** include-output ***)

(**
Of a published model there may be hundreds, each a download of its own; take some of them, such as those whose step is
a power of two. Names sort as people count: step20 before step160.
*)
let steps, tables =
    List.unzip [
        for state in states -> float (state.Name.Substring 4), Model.load $"{name}@{state.Name}" |> Embedding.tokens
    ]

let lesson = Lesson.start "checkpoints" "Checkpoints" []
printfn $"{List.last tables}"
(*** include-output ***)

(**
## When does it know what it knows in the end?

The geometry of a table is the similarities of its rows. How much that of a state resembles the last one's is one
number, the correlation of the two sets of similarities, and says nothing about which directions the model has chosen:
two states need not share any.
*)
let geometry = tables |> List.map (Similarity.cosine Rows)

let resemblance =
    geometry
    |> List.map (fun state -> (Rsa.compare RsaSettings.Quick state (List.last geometry)).Value)

(**
What was planted can be asked for directly. The text of this model has twelve families of five words, and which family
comes next depends on the family alone, so words of a family should become alike.
*)
let families = [| for token in 0..59 -> token / 5 |]

let alike =
    geometry
    |> List.map (fun pairs ->
        let within, between =
            pairs
            |> Pairs.fold (Fold.byClass families Fold.moments)
            |> List.partition (fun (a, b, _) -> a = b)

        let mean cells =
            cells |> List.averageBy (fun (_, _, summary: Summary) -> summary.Mean)

        mean within - mean between)

[
    Chart.line steps resemblance |> Chart.withName "like the last state"
    Chart.line steps alike |> Chart.withName "within families − between"
]
|> Chart.combine
|> Chart.withXTitle "step"
|> Chart.withTitle "Token embeddings along the training"
|> Lesson.figure
    lesson
    "along"
    "Correlation of all 1,770 similarities with the last state's; mean cosines of 120 and 1,650 pairs."
(*** include-it ***)
Lesson.check lesson "At the start it knows nothing of the families" (abs alike.Head < 0.1)
Lesson.check lesson "In the end words of a family are alike" (List.last alike > 0.5)
Lesson.check lesson "The last state is like itself" (abs (List.last resemblance - 1.0) < 1e-6)
Lesson.check lesson "The first state is not like the last" (abs resemblance.Head < 0.3)
(*** include-output ***)

(**
## The same state tomorrow

A branch may move, a commit does not: what a result depends on is best named by its commit, which `Model.revisions`
gives with each name. In the folder that `WORKBENCH_MODELS` names, a state is a folder with the `@` in its name. More is
told under [finding models](hub.html).
*)
let commit = (List.last states).Commit
let named = Model.load $"{name}@{commit}"
printfn $"{named.Weights}"
(*** include-output ***)

(*** hide ***)
for name, value in before do
    Environment.SetEnvironmentVariable(name, value)

Directory.Delete(cache, recursive = true)
Lesson.finish lesson
