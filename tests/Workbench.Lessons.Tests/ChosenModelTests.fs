/// Lessons on models that a person chooses by name.
module Workbench.Lessons.Tests.ChosenModelTests

open System.IO
open System.Text.Json
open Workbench.Tests
open Xunit
open FsUnit.Xunit

let private smol = "smollm2-135m-instruct"

/// Runs lessons on a model and word vectors; asks what they found.
let private withLessons (lessons: string list) (model: string) (test: (string -> string -> JsonElement) -> unit) =
    let folder = Repository.temporary ()

    try
        let finished =
            Repository.runLessons
                (Repository.at "scripts/lessons.fsx")
                (lessons @ [ "--model"; model; "--vectors"; "googlenews-8000"; "--out"; folder ])

        finished.Output
        |> should haveSubstring $"{lessons.Length} of {lessons.Length} lessons passed"

        let results =
            dict [
                for file in Directory.GetFiles(folder, "results.json", SearchOption.AllDirectories) do
                    let root = JsonDocument.Parse(File.ReadAllText file).RootElement
                    string (root.GetProperty "lesson"), root
            ]

        for lesson in results.Values do
            [
                for weights in lesson.GetProperty("weights").EnumerateArray() -> string (weights.GetProperty "name")
            ]
            |> should contain model

        test (fun lesson name ->
            results[lesson].GetProperty("results").EnumerateArray()
            |> Seq.find (fun finding -> string (finding.GetProperty "name") = name)
            |> _.GetProperty("value"))
    finally
        Directory.Delete(folder, recursive = true)

let private near (tolerance: float) (expected: float) (found: JsonElement) =
    found.GetDouble() |> should (equalWithin tolerance) expected

let private reference (file: string) =
    JsonDocument.Parse(File.ReadAllBytes(WeightsFolder.at ("reference" :: List.ofArray (file.Split '/')))).RootElement

[<WeightsFact "smollm2-135m-instruct/SmolLM2-135M-Instruct.Q4_1.gguf">]
let ``Lessons 4, 5 and 6 run on SmolLM2 and give the numbers that NumPy and transformers found`` () =
    let expected = reference "smollm2/expected.json"

    withLessons [ "4"; "5"; "6" ] smol (fun found ->
        let forms = expected.GetProperty("rsa_word2vec_8000").EnumerateArray() |> List.ofSeq

        for form, values in List.zip [ "form.as-it-stands"; "form.behind-a-space" ] forms do
            found "04-word2vec-and-gpt2" form
            |> near 1e-6 (values.GetProperty("pearson").GetDouble())

        found "05-token-norms" "norm.mean"
        |> near 1e-4 (expected.GetProperty("geometry").GetProperty("mean_norm").GetDouble())

        found "06-heads-and-nouns" "nouns" |> near 0.0 100.0
        // Three blocks, of each nine heads for keys, and nine and their sum for values.
        found "06-heads-and-nouns" "rows" |> near 0.0 (3.0 * 19.0 * 100.0))

[<WeightsFact "tinystories-1m/model.safetensors">]
let ``Over GPT-2's own vocabulary lesson 4 finds that it depends on the token's form`` () =
    let rows =
        (reference "rsa-word2vec-gpt2vocab.json").GetProperty("rows").EnumerateArray()
        |> List.ofSeq

    withLessons [ "4" ] "tinystories-1m" (fun found ->
        for form, values in List.zip [ "form.as-it-stands"; "form.behind-a-space" ] rows do
            found "04-word2vec-and-gpt2" form
            |> near 1e-6 (values.GetProperty("pearson").GetDouble()))
