module Workbench.Tests.GenerateTests

open System
open Xunit
open FsUnit.Xunit
open Workbench
open Workbench.Core.Formats
open Workbench.Core.Models

let private gpt2 = Model.load "pocket-gpt2"
let private bert = Model.load "pocket-bert"
let private prompt = Tokens.ids "To kill two birds with one" gpt2
let private defaults = GenerateSettings.Default

// The scores of the next token by running the whole text.
let private scores (ids: int[]) =
    let transformer = gpt2.Engine.Load(Model.transformer gpt2)
    let output = transformer.Run(ReadOnlySpan ids, Keep.Nothing).Output
    (transformer.Logits(output.RowRange(ids.Length - 1, 1)).Row 0).ToArray()

let private softmax (temperature: float) (scores: float32[]) =
    let shares =
        scores
        |> Array.map (fun score -> exp (float (score - Array.max scores) / temperature))

    shares |> Array.map (fun share -> share / Array.sum shares)

[<Fact>]
let ``The likeliest continuation is that of running the whole text for each token`` () =
    let mutable ids = prompt

    for _ in 1..12 do
        let scores = scores ids
        ids <- Array.append ids [| Array.IndexOf(scores, Array.max scores) |]

    let found = gpt2 |> Generate.greedyOfIds 12 prompt
    found.Ids |> should equal ids
    found.Text |> should equal (Tokens.decode ids[prompt.Length ..] gpt2)

    let last = softmax 1.0 (scores ids[.. ids.Length - 2])

    found.Added[11].Probability
    |> should (equalWithin 1e-5) last[ids[ids.Length - 1]]

[<Fact>]
let ``A change on the way is made at every step`` () =
    let silent = gpt2 |> Residual.withoutAttention (Block 5)

    let settings = {
        defaults with
            Count = 3
            TopK = Some 1
    }

    let mutable text = "To kill two birds with one"
    let found = silent |> Generate.sample (Seed 1UL) settings text

    for token in found.Added do
        let next = silent |> Residual.next 1 text
        token.Id |> should equal next[0].Id
        text <- text + next[0].Token

    found.Added |> should haveLength 3

[<Fact>]
let ``One candidate is the likeliest, whatever seed and temperature`` () =
    let settings = {
        defaults with
            Count = 8
            TopK = Some 1
            Temperature = 3.0
    }

    (gpt2 |> Generate.sampleOfIds (Seed 5UL) settings prompt).Ids
    |> should equal (gpt2 |> Generate.greedyOfIds 8 prompt).Ids

[<Fact>]
let ``The same seed gives the same text, and another seed another`` () =
    let text seed =
        (gpt2 |> Generate.sampleOfIds (Seed seed) defaults prompt).Ids

    text 1UL |> should equal (text 1UL)
    text 1UL |> should not' (equal (text 2UL))

[<Fact>]
let ``Tokens are drawn as often as they are likely`` () =
    let settings = {
        defaults with
            Count = 1
            Temperature = 0.7
    }

    let likely = softmax 0.7 (scores prompt)
    let draws = 600

    let counts =
        Array.init draws (fun seed -> (gpt2 |> Generate.sampleOfIds (Seed(uint64 seed)) settings prompt).Added[0].Id)
        |> Array.countBy id
        |> Map.ofArray

    // The five likeliest, each within four standard deviations of a binomial count.
    for id in
        Array.init likely.Length id
        |> Array.sortByDescending (fun id -> likely[id])
        |> Array.truncate 5 do
        let expected = likely[id] * float draws
        let spread = sqrt (expected * (1.0 - likely[id]))
        let found = counts |> Map.tryFind id |> Option.defaultValue 0 |> float
        Assert.InRange(found, expected - 4.0 * spread, expected + 4.0 * spread)

[<Fact>]
let ``Only the likeliest that together have a probability are drawn`` () =
    let likely = softmax 1.0 (scores prompt)

    let order =
        Array.init likely.Length id |> Array.sortByDescending (fun id -> likely[id])

    let share = likely[order[0]] + likely[order[1]] / 2.0 // so that two tokens are needed

    let settings = {
        defaults with
            Count = 1
            TopP = Some share
    }

    let drawn =
        [
            for seed in 1UL .. 40UL -> (gpt2 |> Generate.sampleOfIds (Seed seed) settings prompt).Added[0].Id
        ]
        |> set

    drawn |> should equal (set [ order[0]; order[1] ])

[<Fact>]
let ``A text ends at a token at which it is to end`` () =
    let whole = gpt2 |> Generate.greedyOfIds 6 prompt

    let stop = {
        defaults with
            Count = 6
            TopK = Some 1
            Stop = [ whole.Added[2].Id ]
    }

    (gpt2 |> Generate.sampleOfIds (Seed 1UL) stop prompt).Added
    |> should equal whole.Added[..1]

[<Fact>]
let ``What cannot be continued is refused by name`` () =
    let refused (part: string) (action: unit -> Continuation) =
        Assert.Throws<ArgumentException>(fun () -> action () |> ignore).Message
        |> should haveSubstring part

    refused "encoder" (fun () -> bert |> Generate.greedy 2 "one")
    refused "256 positions" (fun () -> gpt2 |> Generate.greedy 300 "one")
    refused "tokens" (fun () -> gpt2 |> Generate.greedy 2 "")
    refused "TopK" (fun () -> gpt2 |> Generate.sample (Seed 1UL) { defaults with TopK = Some 0 } "one")
    refused "TopP" (fun () -> gpt2 |> Generate.sample (Seed 1UL) { defaults with TopP = Some 1.5 } "one")
    refused "Generate.greedy" (fun () -> gpt2 |> Generate.sample (Seed 1UL) { defaults with Temperature = nan } "one")

[<WeightsFact "reference/families/stories260K.expected.safetensors">]
let ``A trained Llama continues texts as the original library does`` () =
    let model = Model.load (WeightsFolder.at [ "stories260K" ])

    use expected =
        SafetensorsFile.Open(WeightsFolder.at [ "reference"; "families"; "stories260K.expected.safetensors" ])

    for text in 0..2 do
        let ids = expected.ReadIntegers $"{text}.ids" |> Array.map int
        let greedy = expected.ReadIntegers $"{text}.greedy" |> Array.map int

        (model |> Generate.greedyOfIds (greedy.Length - ids.Length) ids).Ids
        |> should equal greedy

[<WeightsFact "smollm2-135m-instruct">]
let ``A language model in a GGUF file knows the capital of France`` () =
    let model = Model.load (WeightsFolder.at [ "smollm2-135m-instruct" ])

    (model |> Generate.greedy 1 "The capital of France is").Text
    |> should equal " Paris"

    (model |> Generate.greedy 9 "The capital of France is").Ids
    |> should equal [| 504; 3575; 282; 4649; 314; 7042; 30; 198; 198; 504; 2988; 314; 42; 216 |]

[<Fact>]
let ``Scores that are no numbers are refused, and the edit is named that made them`` () =
    let broken =
        gpt2
        |> Residual.edited "divided by zero" (Place.MlpOutput 0) (fun states -> states[0, 0] <- nanf)

    for action in
        [
            fun () ->
                broken
                |> Generate.sample (Seed 1UL) { defaults with Count = 2 } "one stone"
                |> ignore
            fun () -> broken |> Generate.greedy 2 "one stone" |> ignore
            fun () -> broken |> Residual.next 3 "one stone" |> ignore
        ] do
        (Assert.Throws<InvalidOperationException> action).Message
        |> should haveSubstring "divided by zero"
