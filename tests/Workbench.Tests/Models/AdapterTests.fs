module Workbench.Tests.AdapterTests

open System.IO
open Xunit
open FsUnit.Xunit
open Workbench
open Planted
open Workbench.Core.Formats

let private settings = {
    PlantedGpt2.Default with
        Blocks = 2
        Words = 96
        Families = 12
}

let private model = PlantedGpt2.model settings (Seed 5UL)

let private width = settings.Width

/// An adapter of rank 2 for the queries, keys and values of block 1.
let private withAdapter (test: Model -> unit) =
    let folder = Directory.CreateTempSubdirectory("workbench-adapter-").FullName

    try
        File.WriteAllText(
            Path.Combine(folder, "adapter_config.json"),
            """{ "peft_type": "LORA", "r": 2, "lora_alpha": 4, "fan_in_fan_out": true }"""
        )

        let a = Sample.normal (Seed 1UL) 2 width
        let b = Sample.normal (Seed 2UL) (3 * width) 2

        let small (matrix: Labelled) =
            (matrix |> Labelled.mapi (fun _ _ value -> 0.2 * value)).Values

        SafetensorsWriter()
            .Add("base_model.model.h.1.attn.c_attn.lora_A.weight", small a)
            .Add("base_model.model.h.1.attn.c_attn.lora_B.weight", small b)
            .Write(Path.Combine(folder, "adapter_model.safetensors"))

        test (model |> Model.withAdapter folder)
    finally
        Directory.Delete(folder, true)

[<Fact>]
let ``What an adapter changed in a head is a matrix of low rank, the difference of the two`` () =
    withAdapter (fun adapted ->
        for circuit in
            [
                Attention.queryKey Apart (Block 1) (Head 1)
                Attention.valueOutput Apart (Block 1) (Head 1)
            ] do
            let before, after = circuit model, circuit adapted
            let change = FactoredMatrix.change before after
            let found = AttentionTests.product change

            Array.map2 (Array.map2 (-)) (AttentionTests.product after) (AttentionTests.product before)
            |> Array.iteri (fun i row -> AttentionTests.near 1e-5 row found[i])

            let values = (Decomposition.svd change).Values

            let rank =
                if before.Circuit = change.Circuit && before.Name.Contains "QK" then
                    4
                else
                    2

            values[rank - 1] |> should be (greaterThan (0.01 * values[0]))
            values[rank] |> should be (lessThan (1e-4 * values[0]))

        // Block 0 is as it was.
        let untouched = Attention.queryKey Apart (Block 0) (Head 0)

        let values =
            (FactoredMatrix.change (untouched model) (untouched adapted) |> Decomposition.svd).Values

        values[0] |> should equal 0.0)

[<Fact>]
let ``A model with an adapter says so and runs, and the model itself stays as it was`` () =
    withAdapter (fun adapted ->
        string adapted.Weights
        |> should startWith $"{model.Weights.Name} with workbench-adapter-"

        adapted.Weights.Sha256 |> should not' (equal model.Weights.Sha256)
        let tokens = [| 1; 2; 3; 4; 5 |]

        let logits (model: Model) =
            let run = Workbench.Core.Models.Transformer(Model.transformer model)
            run.Logits(run.Run(System.ReadOnlySpan tokens).Output).ToArray()

        let plain = logits model
        logits adapted |> should not' (equal plain)
        logits model |> should equal plain)

[<Fact>]
let ``A change is one of the same head of the same circuit`` () =
    let queryKey = Attention.queryKey Apart (Block 1) (Head 1) model
    let other = Attention.queryKey Apart (Block 1) (Head 0) model

    let refused =
        Assert.Throws<System.ArgumentException>(fun () -> FactoredMatrix.change queryKey other |> ignore)

    refused.Message |> should haveSubstring "head 1"
    refused.Message |> should haveSubstring "head 0"
