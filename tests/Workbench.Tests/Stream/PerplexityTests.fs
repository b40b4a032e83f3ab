module Workbench.Tests.PerplexityTests

open System
open Xunit
open FsUnit.Xunit
open Workbench
open Planted
open Workbench.Core.Models

let private settings = {
    PlantedGpt2.Default with
        Blocks = 2
        Words = 96
        Families = 12
        Positions = 32
}

let private model = PlantedGpt2.model settings (Seed 5UL)

let private ids =
    let words =
        PlantedGpt2.words settings (Seed 5UL) |> Array.truncate 50 |> String.concat " "

    Tokens.ids words model

let private transformer = Transformer(Model.transformer model)

/// The loss of a token that is told by those between a place and it, by a run of these alone.
let private plainLoss (before: int[]) (first: int) (place: int) =
    let told = Array.append before ids[first .. place - 1]
    let probabilities = transformer.NextTokenProbabilities(ReadOnlySpan told)
    -log(float probabilities[ids[place]])

let private of' window stride = {
    PerplexitySettings.Default with
        Window = Some window
        Stride = Some stride
}

let private check (settings: PerplexitySettings) (expected: (int * int) list) =
    let found = model |> Perplexity.ofIds settings ids
    found.Places |> List.ofArray |> should equal (List.map fst expected)
    let losses = found.Losses |> Labelled.column 0

    for loss, (place, first) in Seq.zip losses expected do
        loss
        |> should (equalWithin 1e-5) (plainLoss (Option.toArray settings.Before) first place)

    found.N |> should equal expected.Length
    found.Windows |> Array.sumBy _.N |> should equal found.N
    found.Loss |> should (equalWithin 1e-6) (Array.average losses)
    found.Value |> should (equalWithin 1e-9) (exp found.Loss)

    found.Losses.Rows
    |> Axis.labels
    |> should equal [| for place in found.Places -> Tokens.text ids[place] model |]

[<Fact>]
let ``Windows that share nothing leave the first token of each without a loss`` () =
    ids.Length |> should be (greaterThan 24)

    check (of' 10 10) [
        for place in 0 .. ids.Length - 1 do
            if place % 10 <> 0 then
                place, place / 10 * 10
    ]

[<Fact>]
let ``Windows that overlap count each token in the first that has it`` () =
    check (of' 10 4) [
        for place in 1 .. ids.Length - 1 ->
            // Window w holds the places 4w to 4w + 9.
            place, 4 * max 0 ((place - 10 + 4) / 4)
    ]

[<Fact>]
let ``Behind a token of its own every token of a window has a loss`` () =
    check { of' 10 10 with Before = Some 3 } [ for place in 0 .. ids.Length - 1 -> place, place / 10 * 10 ]

[<Fact>]
let ``One window holds what the model's positions hold unless a smaller one is asked for`` () =
    let few = Array.truncate 20 ids
    let found = model |> Perplexity.ofIds PerplexitySettings.Default few

    found.Windows
    |> Array.map (fun each -> each.First, each.Length, each.N)
    |> should equal [| 0, 20, 19 |]

    let all = model |> Perplexity.ofIds PerplexitySettings.Default ids
    all.Windows[0].Length |> should equal (min 32 ids.Length)

[<Fact>]
let ``What has no loss is refused`` () =
    let refused settings (ids: int[]) =
        Assert.Throws<ArgumentException>(fun () -> model |> Perplexity.ofIds settings ids |> ignore).Message

    refused PerplexitySettings.Default [| 3 |] |> should haveSubstring "1 token"
    refused PerplexitySettings.Default [||] |> should haveSubstring "0 tokens"

    refused
        {
            PerplexitySettings.Default with
                Before = Some 3
        }
        [||]
    |> should haveSubstring "0 tokens"

    refused (of' 33 33) ids
    |> should haveSubstring "Window must lie between 2 and 32, but is 33"

    refused (of' 1 1) ids |> should haveSubstring "Window must lie between 2"

    refused (of' 10 11) ids
    |> should haveSubstring "Stride must lie between 1 and 10, but is 11"

    refused (of' 10 0) ids |> should haveSubstring "Stride"

    refused { of' 32 32 with Before = Some 3 } ids
    |> should haveSubstring "between 1 and 31"
