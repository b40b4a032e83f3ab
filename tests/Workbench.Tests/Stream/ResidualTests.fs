module Workbench.Tests.ResidualTests

open System
open Xunit
open FsUnit.Xunit
open Workbench
open Planted
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
    PlantedGpt2.words settings (Seed 5UL) |> Array.truncate 5 |> String.concat " "

let stream = Residual.stream text model
let states = Residual.states stream
let bits (matrix: Matrix) = matrix.ToArray()

[<Fact>]
let ``A stream begins with the embeddings, adds positions, and has a step per block and the output`` () =
    stream.Places
    |> Array.map string
    |> should equal [|
        "embed"
        "embed + position"
        "after block 0"
        "after block 1"
        "final norm"
    |]

    let embeddings = (Embedding.tokens model).Values.SelectRows stream.Ids
    bits stream.States[0] |> should equal (bits embeddings)
    let positions = (Embedding.positions model).Values

    for token in 0 .. stream.Ids.Length - 1 do
        for j in 0 .. settings.Width - 1 do
            stream.States[1][token, j]
            |> should equal (embeddings[token, j] + positions[token, j])

[<Fact>]
let ``The last state is what the output head reads`` () =
    let gpt2 = Transformer(Model.transformer model)
    let logits = gpt2.Logits(Array.last stream.States)

    let expected = gpt2.Logits((gpt2.Run(ReadOnlySpan stream.Ids, Keep.Nothing)).Output)

    bits logits |> should equal (bits expected)

[<Fact>]
let ``Through the final norm the last block's states are the output`` () =
    let normed = Residual.throughFinalNorm stream
    normed.Places.Length |> should equal (stream.Places.Length - 1)

    bits (Array.last normed.States)
    |> should equal (bits (Array.last stream.States))

    Residual.throughFinalNorm normed |> should equal normed

[<Fact>]
let ``The lens on the last state is the next-token prediction`` () =
    let lens = Residual.logitLens 5 stream
    Array.last (Array.last lens) |> should equal (Residual.next 5 text model)

[<Fact>]
let ``The lens gives the same in both forms of the stream`` () =
    let lens = Residual.logitLens 3 stream

    Residual.logitLens 3 (Residual.throughFinalNorm stream)
    |> should equal (Array.truncate 4 lens)

[<Fact>]
let ``Predictions agree with the model's probabilities and fall`` () =
    let probabilities =
        Transformer(Model.transformer model).NextTokenProbabilities(ReadOnlySpan stream.Ids)

    let all = Residual.next probabilities.Length text model
    all |> Array.sumBy _.Probability |> should (equalWithin 1e-9) 1.0

    for prediction in all do
        prediction.Probability
        |> should (equalWithin 1e-6) (float probabilities[prediction.Id])

        prediction.Token |> should equal (Tokens.text prediction.Id model)

    all |> Array.map (fun each -> -each.Logit) |> should be ascending

[<Fact>]
let ``Adding zero changes nothing, and adding something changes only what comes later`` () =
    let adding (push: Matrix) =
        let add (values: Matrix) =
            for i in 0 .. values.Rows - 1 do
                for j in 0 .. values.Columns - 1 do
                    values[i, j] <- values[i, j] + push[0, j]

        model |> Residual.edited "a push" (Place.AfterBlock 0) add

    let same = adding (Matrix(1, settings.Width)) |> Residual.stream text

    Array.iter2 (fun a b -> bits a |> should equal (bits b)) stream.States same.States
    let push = (Sample.normal (Seed 3UL) 1 settings.Width).Values

    let pushed = adding push |> Residual.stream text

    bits pushed.States[1] |> should equal (bits stream.States[1])
    bits pushed.States[2] |> should not' (equal (bits stream.States[2]))
    bits pushed.States[4] |> should not' (equal (bits stream.States[4]))

[<Fact>]
let ``A path holds the states of one token`` () =
    let path = Residual.path 3 stream
    Labelled.shape path |> should equal (5, settings.Width)
    path.Rows.Label 2 |> should equal "after block 0"

    for place in 0..4 do
        Labelled.row place path |> should equal (Labelled.row 3 states[place])

    Assert.Throws<ArgumentException>(fun () -> Residual.path 99 stream |> ignore).Message
    |> should haveSubstring "99"

[<Fact>]
let ``Angles and distances are those of the written-out formulas`` () =
    let angles, distances = Residual.angles stream, Residual.distances stream
    Labelled.shape angles |> should equal (4, stream.Ids.Length)
    angles.Rows.Label 0 |> should equal "embed → embed + position"

    for step in 0..3 do
        for token in 0 .. stream.Ids.Length - 1 do
            let x = Labelled.row token states[step]
            let y = Labelled.row token states[step + 1]

            let sum f =
                Array.fold2 (fun total a b -> total + f a b) 0.0 x y

            let cosine = sum (*) / sqrt (sum (fun a _ -> a * a) * sum (fun _ b -> b * b))

            float angles[step, token]
            |> should (equalWithin 1e-3) (acos cosine * 180.0 / Math.PI)

            float distances[step, token]
            |> should (equalWithin 1e-4) (sqrt (sum (fun a b -> (b - a) ** 2.0)))

[<Fact>]
let ``A step that changes nothing turns by no angle`` () =
    let still = {
        stream with
            States = [| stream.States[0]; stream.States[0] |]
            Places = [| Place.Embedding; Place.PositionedEmbedding |]
    }

    (Residual.angles still).Values.ToArray() |> Array.max |> should equal 0.0f

[<WeightsFact("gpt2/model.safetensors")>]
let ``A partial checkpoint cannot run a text and says which part it lacks`` () =
    let partial = Model.load "gpt2"
    Residual.canRun partial |> should equal false

    Assert.Throws<Workbench.Core.Formats.WeightFileException>(fun () -> Residual.ofIds [| 1; 2 |] partial |> ignore)
    |> _.Message
    |> should haveSubstring "wte"

[<Fact>]
let ``An encoder has a stream and a lens, but no final norm and no next token`` () =
    let encoder = Model.load "pocket-bert"
    Residual.canRun encoder |> should equal true
    let stream = encoder |> Residual.stream "the old man sat by the window"

    stream.Places
    |> Array.map string
    |> should equal [|
        "embed"
        "embed + position"
        "embedding norm"
        "after block 0"
        "after block 1"
        "after block 2"
        "after block 3"
    |]

    Residual.logitLens 2 stream
    |> Array.last
    |> Array.map Array.length
    |> should equal (Array.create stream.Ids.Length 2)

    (fun () -> Residual.throughFinalNorm stream |> ignore)
    |> should throw typeof<InvalidOperationException>

    (fun () -> encoder |> Residual.next 1 "the old man" |> ignore)
    |> should throw typeof<ArgumentException>

    (fun () -> encoder |> Saliency.ofNextToken "the old man" |> ignore)
    |> should throw typeof<ArgumentException>

[<Fact>]
let ``Whether a model without settings can be run, or has heads, is answered and does not throw`` () =
    let bare =
        (new Workbench.Core.Formats.MemoryTensors("bare")).Add("h.0.attn.c_attn.weight", Matrix(4, 12))
        |> Model.ofTensors model.Weights None

    Residual.canRun bare |> should equal false
    Attention.has (Block 0) bare |> should equal false
    Model.tryTransformer bare |> Option.isNone |> should equal true

[<Fact>]
let ``Equal scores stand in the order of their ids, also where the last one asked for is among them`` () =
    let model = Model.load "pocket-gpt2"
    let scores = [| 1.0f; 3.0f; 1.0f; 3.0f; 2.0f; 1.0f; 0.0f; -0.0f |]

    for count, ids in [ 1, [ 1 ]; 2, [ 1; 3 ]; 4, [ 1; 3; 4; 0 ]; 8, [ 1; 3; 4; 0; 2; 5; 6; 7 ] ] do
        Residual.best count model (ReadOnlySpan scores)
        |> Array.map _.Id
        |> List.ofArray
        |> should equal ids
