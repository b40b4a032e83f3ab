module Workbench.Tests.ModelTests

open System
open System.Diagnostics
open System.IO
open System.Text
open Xunit
open FsUnit.Xunit
open Workbench
open Workbench.Core.Formats
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

/// A test that needs a disk of temporary files which holds a long file of zeros; skipped, and counted, elsewhere.
type SparseFactAttribute() as this =
    inherit FactAttribute()

    do
        let path = Path.GetTempFileName()

        try
            try
                use file = File.OpenWrite path
                file.SetLength 15_100_000_000L
            with :? IOException ->
                this.Skip <- "the disk of temporary files does not hold a sparse file of 15 GB"
        finally
            File.Delete path

[<SparseFact>]
let ``Seven billion parameters are described within a second`` () =
    let folder = Directory.CreateTempSubdirectory("workbench-").FullName

    try
        // Seven layers of 2 GiB in bfloat16.
        let size = 2L <<< 30

        let entries = [
            for layer in 0L .. 6L ->
                $"\"model.layers.{layer}.mlp.up_proj.weight\":{{\"dtype\":\"BF16\",\"shape\":[262144,4096],\
                 \"data_offsets\":[{layer * size},{(layer + 1L) * size}]}}"
        ]

        let header = Encoding.UTF8.GetBytes("{" + String.Join(",", entries) + "}")

        do
            use file = File.Create(Path.Combine(folder, "model.safetensors"))
            file.Write(BitConverter.GetBytes(int64 header.Length), 0, 8)
            file.Write(header, 0, header.Length)
            file.SetLength(file.Position + 7L * size)

        // The best of a few: other programs run beside this one.
        let described =
            List.init 5 (fun _ ->
                let start = Stopwatch.GetTimestamp()
                let text = Model.describe (Model.load folder)
                (Stopwatch.GetElapsedTime start).TotalSeconds, text)

        described |> List.map fst |> List.min |> should be (lessThan 1.0)
        snd described.Head |> should haveSubstring "7 tensors, 7,516,192,768 elements"

        snd described.Head
        |> should haveSubstring "model.layers.6.mlp.up_proj.weight: BF16 [262144, 4096]"
    finally
        Directory.Delete(folder, true)

[<WeightsFact "smollm2-135m-instruct">]
let ``A GGUF file describes its keys and tensors`` () =
    let text =
        Model.describe (Model.load (WeightsFolder.at [ "smollm2-135m-instruct" ]))

    text |> should haveSubstring "general.architecture = llama"
    text |> should haveSubstring "blk.0.ffn_down.weight: Q4_1 [576, 1536]"
    text |> should haveSubstring "… 49152 in all]"
    text |> should haveSubstring "… and 232 more"
    text.Length |> should be (lessThan 8_000)

[<WeightsTheory "reference/gguf-onnx">]
[<InlineData("bert-tiny.onnx")>]
[<InlineData("bert-tiny-dynamo.onnx")>]
let ``An ONNX file is described by its model's names, and its embeddings are the original's`` (name: string) =
    let model = Model.load (WeightsFolder.at [ "reference"; "gguf-onnx"; name ])

    Model.describe model
    |> should haveSubstring "encoder.layer.0.attention.self.query.weight: F32 [48, 48]"

    use parameters =
        Checkpoint.Open(WeightsFolder.at [ "reference"; "gguf-onnx"; "bert-tiny.onnx.parameters.safetensors" ])

    let expected = parameters.ReadDoubles "embeddings.word_embeddings.weight"
    expected.Length |> should equal (90 * 48)

    (Embedding.tokens model).Values.ToArray()
    |> Array.map float
    |> should equal expected
