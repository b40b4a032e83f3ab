module Workbench.Tests.HeadScoresTests

open System
open Xunit
open FsUnit.Xunit
open Workbench
open Workbench.Core.Formats

let private agree (file: string list) (prefix: string) (model: string) =
    use expected = SafetensorsFile.Open(WeightsFolder.at ("reference" :: file))
    let ids = expected.ReadIntegers $"{prefix}.ids" |> Array.map int
    let found = Model.load model |> HeadScores.ofIds ids

    for name, scores in
        [
            "induction", found.Induction
            "duplicate", found.Duplicate
            "previous", found.Previous
            "first", found.First
        ] do
        let wanted = expected.ReadDoubles $"{prefix}.{name}"
        wanted.Length |> should be (greaterThan 30)

        let worst =
            Array.map2 (fun a (b: float32) -> abs (a - float b)) wanted (scores.Values.ToArray())
            |> Array.max

        Assert.True(worst < 2e-5, $"{model}, {name}: off by {worst}")

[<WeightsFact "reference/verbs/verbs.safetensors">]
let ``The four scores of stories260K's heads agree with the original library's patterns`` () =
    agree [ "verbs"; "verbs.safetensors" ] "scores.stories260K" "stories260K"

[<WeightsFact "reference/smollm2/scores.safetensors">]
let ``So do those of SmolLM2`` () =
    agree [ "smollm2"; "scores.safetensors" ] "scores" "smollm2-135m-instruct"

[<Fact>]
let ``Scores are the means of patterns, written out`` () =
    let model = Model.load "pocket-gpt2"
    let found = model |> HeadScores.onRepeats (Seed 3UL) 4
    found.Ids.Length |> should equal 9
    found.Ids[1..4] |> should equal found.Ids[5..8]
    let pattern = model |> Attention.patternOfIds (Block 2) (Head 4) found.Ids

    let mean places =
        places |> List.averageBy (fun (i, j) -> float pattern[i, j])

    float found.Induction[2, 4]
    |> should (equalWithin 1e-6) (mean [ for i in 5..8 -> i, i - 3 ])

    float found.Duplicate[2, 4]
    |> should (equalWithin 1e-6) (mean [ for i in 5..8 -> i, i - 4 ])

    float found.Previous[2, 4]
    |> should (equalWithin 1e-6) (mean [ for i in 1..8 -> i, i - 1 ])

    float found.First[2, 4]
    |> should (equalWithin 1e-6) (mean [ for i in 1..8 -> i, 0 ])

    string found |> should haveSubstring "induction: block"

[<Fact>]
let ``A text that is not repeated is refused, and so is an encoder`` () =
    let refused (act: unit -> unit) =
        Assert.Throws<ArgumentException>(act).Message

    refused (fun () -> Model.load "pocket-gpt2" |> HeadScores.ofIds [| 1; 2; 3; 2; 4 |] |> ignore)
    |> should haveSubstring "onRepeats"

    refused (fun () -> Model.load "pocket-bert" |> HeadScores.onRepeats (Seed 1UL) 5 |> ignore)
    |> should haveSubstring "encoder"
