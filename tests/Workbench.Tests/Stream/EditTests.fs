module Workbench.Tests.EditTests

open System
open Xunit
open FsUnit.Xunit
open Workbench
open Workbench.Core.Formats
open Workbench.Core.Models
open Workbench.Core.Tensors

let private close (what: string) (expected: TensorFile) (tensor: string) (found: Matrix) =
    let wanted = expected.ReadDoubles tensor
    let largest = wanted |> Array.map abs |> Array.max

    let worst =
        Array.map2 (fun a (b: float32) -> abs (a - float b)) wanted (found.ToArray())
        |> Array.max

    Assert.True(worst <= 1e-5 * largest, $"{what} {tensor}: off by {worst / largest} of the largest value")

// The raw stream, the lens at it, logits without a head, and with a state patched in from the text read backwards.
let private agree (file: string) (name: string) (folder: string) =
    use expected = SafetensorsFile.Open file
    let model = Model.load folder
    let transformer = model.Engine.Load(Model.transformer model)
    let ids = expected.ReadIntegers $"{name}/ids" |> Array.map int
    let pass = transformer.Run(ReadOnlySpan ids, Keep.ResidualStream)

    let logits (changes: Interventions) =
        transformer.Logits (transformer.Run(ReadOnlySpan ids, Keep.Nothing, changes)).Output

    let mutable seen = Set.empty

    let compare tensor found =
        seen <- Set.add $"{name}/{tensor}" seen
        close name expected $"{name}/{tensor}" found

    let backwards = transformer.Run(ReadOnlySpan(Array.rev ids), Keep.ResidualStream)

    for tensor in expected.Tensors do
        match tensor.Name.Split('/') with
        | [| owner; what |] when owner = name && what <> "ids" ->
            let parts = what.Split('.')
            let block = int parts[1]
            let after = Place.AfterBlock block

            match parts[0] with
            | "residual" -> compare what pass[after]
            | "lens" -> compare what (transformer.LogitLens pass[after])
            | "without" ->
                let silent =
                    Interventions.None.Change(Place.HeadOutput(block, int parts[2]), (fun values -> values.Clear()))

                compare what (logits silent)
            | "patched" ->
                let position = int parts[2]

                compare what (logits (Interventions.None.ReplaceAt(after, position, backwards[after].Row position)))
            | _ -> ()
        | _ -> ()

    let all =
        expected.Tensors
        |> Seq.map _.Name
        |> Seq.filter (fun each -> each.StartsWith $"{name}/" && not (each.EndsWith "/ids"))
        |> set

    all |> should not' (be Empty)
    seen |> should equal all

[<WeightsTheory "reference/families/edits.safetensors">]
[<InlineData "falcon-tiny">]
[<InlineData "gemma2-tiny">]
[<InlineData "gpt_neox-tiny">]
[<InlineData "gptj-tiny">]
[<InlineData "granite-tiny">]
[<InlineData "llama-tiny">]
[<InlineData "olmo2-tiny">]
[<InlineData "qwen3-tiny">]
let ``Stream, lens, a head left out and a patched state agree with the original library`` (name: string) =
    let families = [ "reference"; "families" ]
    agree (WeightsFolder.at (families @ [ "edits.safetensors" ])) name (WeightsFolder.at (families @ [ name ]))

[<WeightsFact "reference/families/edits-gpt2.safetensors">]
let ``So they do for GPT-2`` () =
    agree
        (WeightsFolder.at [ "reference"; "families"; "edits-gpt2.safetensors" ])
        "gpt2-tiny"
        (WeightsFolder.at [ "reference"; "models"; "gpt2-tiny" ])
