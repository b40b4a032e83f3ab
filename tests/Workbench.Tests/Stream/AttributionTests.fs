module Workbench.Tests.AttributionTests

open System
open System.IO
open System.Text.Json
open Xunit
open FsUnit.Xunit
open Workbench

/// What the reference says of one of its small models.
type Golden = {
    Ids: int[]
    Token: int
    Against: int
    Difference: float
    Parts: Map<string, float>
}

let golden (name: string) : Golden =
    use file =
        JsonDocument.Parse(File.ReadAllText(WeightsFolder.at [ "reference"; "verbs"; "verbs.json" ]))

    let of' = file.RootElement.GetProperty $"attribution.{name}"

    {
        Ids = [| for id in of'.GetProperty("ids").EnumerateArray() -> id.GetInt32() |]
        Token = of'.GetProperty("token").GetInt32()
        Against = of'.GetProperty("against").GetInt32()
        Difference = of'.GetProperty("logit_difference").GetDouble()
        Parts =
            Map [
                for part in of'.GetProperty("parts").EnumerateObject() -> part.Name, part.Value.GetDouble()
            ]
    }

// Their name of one of our parts.
let private theirs (part: string) =
    match part.Split([| ' '; ',' |], StringSplitOptions.RemoveEmptyEntries) with
    | [| "embeddings" |] -> "embed"
    | [| "block"; block; "head"; head |] -> $"head.{block}.{head}"
    | [| "block"; block; "attention"; "bias" |] -> $"attention_bias.{block}"
    | [| "block"; block; "MLP" |] -> $"mlp.{block}"
    | _ -> part

[<WeightsTheory "reference/verbs/verbs.json">]
[<InlineData("models", "gpt2-tiny")>]
[<InlineData("families", "llama-tiny")>]
let ``Each part of a model has its share of a logit difference, and they add up to it`` (folder: string, name: string) =
    let wanted = golden name
    let model = Model.load (WeightsFolder.at [ "reference"; folder; name ])
    let found = model |> Attribution.ofIds wanted.Token (Some wanted.Against) wanted.Ids

    let parts =
        Map [
            for i in 0 .. found.Rows.Length - 1 -> theirs (found.Rows.Label i), float found[i, 0]
        ]

    Map.keys parts
    |> List.ofSeq
    |> should equal (List.ofSeq (Map.keys wanted.Parts))

    for KeyValue(part, value) in wanted.Parts do
        parts[part] |> should (equalWithin 2e-6) value

    Seq.sum parts.Values |> should (equalWithin 1e-5) wanted.Difference

[<Fact>]
let ``The parts of a score add up to it, and swapping the two tokens turns every sign`` () =
    let model = Model.load "pocket-gpt2"
    let text = "To kill two birds with one"
    let sum (matrix: Labelled) = Array.sum (Labelled.column 0 matrix)
    let next = model |> Residual.next 2 text

    for each in next do
        model
        |> Attribution.ofNext each.Token text
        |> sum
        |> should (equalWithin 1e-4) each.Logit

    let between a b =
        model
        |> Attribution.between next[a].Token next[b].Token text
        |> Labelled.column 0

    between 0 1
    |> Array.sum
    |> should (equalWithin 1e-4) (next[0].Logit - next[1].Logit)

    between 1 0 |> should equal (between 0 1 |> Array.map (~-))

[<Fact>]
let ``What a part adds is gone without it, to the norm's scale`` () =
    let model = Model.load "pocket-gpt2"
    let ids = Tokens.ids "To kill two birds with one" model
    let token = (Tokens.ids " of" model)[0]
    // In the last block a head's output goes nowhere but to the output.
    let part = "block 5, head 3"
    let found = model |> Attribution.ofIds token None ids
    let share = Labelled.row (Labelled.indexOf part found) found |> Array.exactlyOne
    share |> should not' (equal 0.0)

    let edited = model |> Residual.without (Block 5, Head 3)
    let without = edited |> Attribution.ofIds token None ids
    Labelled.row (Labelled.indexOf part without) without |> should equal [| 0.0 |]

[<WeightsFact "reference/families/gemma2-tiny">]
let ``A model whose heads do not add up to its scores is refused and told why`` () =
    let gemma = Model.load (WeightsFolder.at [ "reference"; "families"; "gemma2-tiny" ])

    Assert.Throws<ArgumentException>(fun () -> gemma |> Attribution.ofIds 1 None [| 1; 2; 3 |] |> ignore).Message
    |> should haveSubstring "no sum of parts"
