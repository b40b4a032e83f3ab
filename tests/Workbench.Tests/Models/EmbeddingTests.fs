module Workbench.Tests.EmbeddingTests

open System
open System.IO
open System.Text
open Xunit
open FsUnit.Xunit
open Workbench
open Workbench.Core.Formats
open Workbench.Core.Tensors

let private model (names: string list) =
    let tensors = new MemoryTensors("by-hand")

    names
    |> List.iteri (fun i name ->
        tensors.Add(name, Matrix.FromArray(1, 2, ReadOnlySpan [| float32 i; 1f |]))
        |> ignore)

    Model.ofTensors (Weights.planted "tables" "by hand" (fun () -> [||])) None tensors

let private refused (action: unit -> 'a) =
    Assert.ThrowsAny<exn>(fun () -> action () |> ignore).Message

[<Fact>]
let ``The model's own table is taken, and not the average kept beside it`` () =
    let ema =
        model [ "ema.transformer.wte.weight"; "transformer.wte.weight"; "wpe.weight" ]

    Embedding.hasTokens ema |> should equal true
    (Embedding.tokens ema).Values[0, 0] |> should equal 1f
    (Model.tensor "wte.weight" ema).Values[0, 0] |> should equal 1f
    (Model.tensor "ema.transformer.wte.weight" ema).Values[0, 0] |> should equal 0f

[<Fact>]
let ``Of two tables as plausible both are named and none is taken`` () =
    let towers = model [ "text.wte.weight"; "code.wte.weight" ]
    Embedding.hasTokens towers |> should equal false
    let message = refused (fun () -> Embedding.tokens towers)
    message |> should haveSubstring "text.wte.weight, code.wte.weight"
    message |> should haveSubstring "Model.tensor"

    refused (fun () -> Model.tensor "wte.weight" towers)
    |> should haveSubstring "code.wte.weight"

    (Model.tensor "code.wte.weight" towers).Values[0, 0] |> should equal 1f

[<Fact>]
let ``A table inside an adapter is refused by name`` () =
    let adapted =
        model [
            "base_model.model.wte.base_layer.weight"
            "base_model.model.wte.lora_embedding_A.default"
        ]

    Embedding.hasTokens adapted |> should equal true

    refused (fun () -> Embedding.tokens adapted)
    |> should haveSubstring "merge_and_unload"

[<Fact>]
let ``A table stored as the head is found by the file's note`` () =
    let folder = Directory.CreateTempSubdirectory("workbench-embedding-").FullName

    try
        let header =
            """{"__metadata__":{"transformer.wte.weight":"lm_head.weight"},"""
            + """"lm_head.weight":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]}} """

        let bytes =
            Array.concat [
                BitConverter.GetBytes(uint64 header.Length)
                Encoding.ASCII.GetBytes header
                BitConverter.GetBytes 3f
                BitConverter.GetBytes 4f
            ]

        File.WriteAllBytes(Path.Combine(folder, "model.safetensors"), bytes)
        let tied = Model.load folder
        Embedding.hasTokens tied |> should equal true
        (Embedding.tokens tied).Values.ToArray() |> should equal [| 3f; 4f |]
        tied.Tensors.Dispose()
    finally
        Directory.Delete(folder, true)

[<Fact>]
let ``Word vectors are closed by use`` () =
    let path = Path.GetTempFileName()

    try
        File.WriteAllText(path, "1 2\na 1 2\n")
        let vectors = WordVectors.ofFile path

        (WordVectors.embedding [| "a" |] vectors).Values.ToArray()
        |> should equal [| 1f; 2f |]

        (vectors :> IDisposable).Dispose()

        Assert.Throws<ObjectDisposedException>(fun () -> WordVectors.embedding [| "a" |] vectors |> ignore)
        |> ignore
    finally
        File.Delete path

[<Fact>]
let ``A sinusoidal encoding of a negative number of positions names them`` () =
    let error =
        Assert.Throws<ArgumentException>(fun () -> Embedding.sinusoidal -1 4 |> ignore)

    Assert.Contains("positions must be at least 0", error.Message)

[<Fact>]
let ``What is asked of a table is refused by the argument's own name`` () =
    let one = model [ "wte.weight" ]

    let error =
        Assert.Throws<ArgumentException>(fun () -> Embedding.ofTokens [| "far", 7 |] one |> ignore)

    error.ParamName |> should equal "labelled"

    error.Message
    |> should haveSubstring "The token of \"far\" must lie between 0 and 0, but is 7"

    let few, many = Embedding.tokens one, Sample.normal (Seed 1UL) 9 2

    for rows in [ few; Labelled.selectRows [||] few ] do
        let error =
            Assert.Throws<ArgumentException>(fun () -> Embedding.principalAngles 1 many rows |> ignore)

        error.ParamName |> should equal "second"

        error.Message
        |> should haveSubstring $"second has {rows.Rows.Length} rows, which vary in no direction"
