module Workbench.Tests.SaliencyTests

open System
open Xunit
open FsUnit.Xunit
open Workbench
open Planted
open Workbench.Core.Formats
open Workbench.Core.Models
open Workbench.Core.Tensors

let settings = {
    PlantedGpt2.Default with
        Blocks = 2
        Words = 96
        Families = 12
}

let model = PlantedGpt2.model settings (Seed 5UL)

let text =
    PlantedGpt2.words settings (Seed 5UL) |> Array.truncate 6 |> String.concat " "

/// The logit of a token behind a text when the embedding of one token of it is made so many times as long.
let logitWhen (factor: float32) token target (ids: int[]) (model: Model) =
    let stretch (embeddings: Matrix) =
        let row = embeddings.WritableRow token

        for i in 0 .. row.Length - 1 do
            row[i] <- factor * row[i]

    let gpt2 = Transformer(Model.transformer model)

    let output =
        gpt2.Run(ReadOnlySpan ids, Keep.Nothing, Interventions.None.Change(Place.Embedding, stretch)).Output

    let logits = gpt2.Logits output
    float logits[ids.Length - 1, target]

[<Fact>]
let ``What is explained is the prediction of the model`` () =
    let saliency = model |> Saliency.ofNextToken text
    let next = (model |> Residual.next 1 text)[0]
    saliency.Target.Id |> should equal next.Id
    saliency.Target.Token |> should equal next.Token
    saliency.Target.Logit |> should (equalWithin 1e-4) next.Logit
    saliency.Target.Probability |> should (equalWithin 1e-5) next.Probability

    saliency.Tokens
    |> should equal (Axis.labels (model |> Residual.stream text).Tokens)

    saliency.Scores.Length |> should equal saliency.Tokens.Length

[<Fact>]
let ``A score is how the logit moves when the token's embedding is made longer`` () =
    let ids = Tokens.ids text model
    let saliency = model |> Saliency.ofToken 300 text
    let step = 0.01f

    saliency.Scores
    |> Array.iteri (fun token score ->
        let difference =
            (logitWhen (1.0f + step) token 300 ids model
             - logitWhen (1.0f - step) token 300 ids model)
            / (2.0 * float step)

        score |> should (equalWithin 5e-3) difference)

    saliency.Scores
    |> Array.exists (fun score -> abs score > 0.1)
    |> should equal true

[<Fact>]
let ``Only the last token counts where blocks write nothing`` () =
    let silent = new MemoryTensors("silent")

    for tensor in model.Tensors.Tensors do
        let values = model.Tensors.ReadMatrix(tensor.Name).Copy()

        if tensor.Name.Contains "c_proj" then
            values.Clear()

        if tensor.Shape.Rank = 1 then
            silent.Add(tensor.Name, values.Row 0) |> ignore
        else
            silent.Add(tensor.Name, values) |> ignore

    let scores =
        (Model.ofTransformer model.Weights model.Tokenizer.Value (Model.transformer model).Config silent
         |> Saliency.ofNextToken text)
            .Scores

    Array.truncate (scores.Length - 1) scores
    |> Array.forall ((=) 0.0)
    |> should equal true

    Array.last scores |> should not' (equal 0.0)

[<Fact>]
let ``It prints its target, its tokens and that they do not add up`` () =
    let saliency = model |> Saliency.ofNextToken text
    let shown = string saliency
    shown |> should haveSubstring saliency.Target.Token
    shown |> should haveSubstring $"{saliency.Tokens[0]} {saliency.Scores[0]:F2}"
    shown |> should haveSubstring $"sum {Array.sum saliency.Scores:F2}"

[<Fact>]
let ``Texts and tokens that the model does not have are refused`` () =
    let message act =
        (Assert.ThrowsAny<ArgumentException>(fun () -> act () |> ignore)).Message

    message (fun () -> model |> Saliency.ofNextToken "")
    |> should haveSubstring "at least one"

    message (fun () -> model |> Saliency.ofToken 1000000 text)
    |> should haveSubstring "1000000"

    message (fun () -> model |> Saliency.ofIds MostProbable (Array.zeroCreate 200))
    |> should haveSubstring "128 positions"

[<WeightsTheory("reference/models")>]
[<InlineData("gpt2-tiny");
  InlineData("gpt2-tiny-f16");
  InlineData("gpt2-tiny-untied-relu");
  InlineData("gpt2-tiny-nanogpt")>]
let ``However a model is stored, scores are slopes of its own logit`` (name: string) =
    let model = Model.load (WeightsFolder.at [ "reference"; "models"; name ])
    let ids = [| 3; 14; 15; 9; 26; 5; 35 |]
    let saliency = model |> Saliency.ofIds MostProbable ids

    saliency.Target.Logit
    |> should (equalWithin 1e-4) (logitWhen 1.0f 0 saliency.Target.Id ids model)

    for token in [ 0; 3; 6 ] do
        let difference =
            (logitWhen 1.01f token saliency.Target.Id ids model
             - logitWhen 0.99f token saliency.Target.Id ids model)
            / 0.02

        saliency.Scores[token] |> should (equalWithin 5e-3) difference
