module Workbench.Tests.ModelTests

open Xunit
open FsUnit.Xunit
open Workbench
open Workbench.Core.Hub

let refusal (name: string) =
    Assert.Throws<HubException>(fun () -> Model.load name |> ignore)

[<Fact>]
let ``Word vectors that are asked for as a model are named for what they are`` () =
    let error = refusal "pocket-word2vec"
    error.Problem |> should equal HubProblem.NotAModel
    error.Message |> should haveSubstring "holds word vectors, not a model"
    error.Message |> should haveSubstring "WordVectors.load \"pocket-word2vec\""

[<Fact>]
let ``A page that is no model's is named for what it is`` () =
    (refusal "https://huggingface.co/datasets/squad").Problem
    |> should equal HubProblem.NotAModel

[<Fact>]
let ``A path that is not there says so without asking anybody`` () =
    let error = refusal "./no/such/folder"
    error.Problem |> should equal HubProblem.ModelNotFound
    error.Message |> should haveSubstring "no/such/folder: not there"

[<WeightsFact "smollm2-135m-instruct">]
let ``A GGUF file describes its keys and tensors`` () =
    let text =
        Model.describe (Model.load (WeightsFolder.at [ "smollm2-135m-instruct" ]))

    text |> should haveSubstring "general.architecture = llama"
    text |> should haveSubstring "blk.0.ffn_down.weight: Q4_1 [576, 1536]"
    text |> should haveSubstring "… 49152 in all]"
    text |> should haveSubstring "… and 232 more"
    text.Length |> should be (lessThan 8_000)
