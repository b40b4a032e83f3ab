module Workbench.Tests.EncoderTests

open System
open Xunit
open FsUnit.Xunit
open Workbench
open Workbench.Core.Formats
open Workbench.Core.Models

let private gpt2, bert = Model.load "pocket-gpt2", Model.load "pocket-bert"

let private refusal (act: unit -> unit) =
    Assert.Throws<ArgumentException>(act).Message

[<Fact>]
let ``A text is run between the tokens that a model expects, and none is put twice`` () =
    let texts ids =
        ids |> Array.map (fun id -> Tokens.text id bert)

    Tokens.sequence "the king" bert
    |> texts
    |> should equal [| "[CLS]"; "the"; "king"; "[SEP]" |]

    Tokens.sequence "[CLS] the king [SEP]" bert
    |> should equal (Tokens.sequence "the king" bert)

    Tokens.sequence "The king" gpt2 |> should equal (Tokens.ids "The king" gpt2)
    let stream = bert |> Residual.stream "the king"
    Axis.labels stream.Tokens |> should equal [| "[CLS]"; "the"; "king"; "[SEP]" |]
    Residual.positionOf "king" stream |> should equal 2

    (bert |> Attention.pattern (Block 0) (Head 0) "the king").Rows.Label 3
    |> should equal "[SEP]"

[<WeightsFact "stories260K/tokenizer.json">]
let ``A decoder's text begins as its library begins it`` () =
    Model.load "stories260K"
    |> Tokens.sequence "Once upon a time"
    |> should equal [| 1; 403; 407; 261; 378 |]

[<Fact>]
let ``Masked words are told one by one, as the head scores them`` () =
    let text = "the [MASK] of [MASK] is dead"
    let found = bert |> Residual.masked 3 text
    found |> should haveLength 2
    let ids = Tokens.sequence text bert
    let mask = (Tokens.tokenizer bert).SpecialTokens["[MASK]"]

    let places = [|
        for i in 0 .. ids.Length - 1 do
            if ids[i] = mask then
                i
    |]

    let logits = bert |> Residual.logits text

    for predictions, place in Array.zip found places do
        let row = Labelled.row place logits
        predictions[0].Id |> should equal (Array.IndexOf(row, Array.max row))
        predictions |> Array.map (fun each -> -each.Probability) |> should be ascending

    refusal (fun () -> bert |> Residual.masked 3 "the king" |> ignore)
    |> should haveSubstring "[MASK]"

    refusal (fun () -> gpt2 |> Residual.masked 3 text |> ignore)
    |> should haveSubstring "Residual.next"

[<WeightsFact "reference/models/minilm.expected.safetensors">]
let ``Sentence vectors point where the original library's do`` () =
    use expected =
        SafetensorsFile.Open(WeightsFolder.at [ "reference"; "models"; "minilm.expected.safetensors" ])

    let minilm = Model.load "minilm"

    for text in 0..2 do
        // The library's ids, decoded: the text that they came from, but for case and spaces.
        let ids = expected.ReadIntegers $"{text}.ids" |> Array.map int
        let words = Tokens.decode ids[1 .. ids.Length - 2] minilm
        Tokens.sequence words minilm |> should equal ids
        let wanted = expected.ReadDoubles $"{text}.sentence"
        let found = minilm |> Residual.sentences Pooling.Mean [ words ] |> Labelled.row 0
        let length = sqrt (Array.sumBy (fun x -> x * x) found)

        for a, b in Array.zip wanted found do
            b / length |> should (equalWithin 1e-5) a

[<Fact>]
let ``The state of a sentence is that of its first or last token, or the mean of all`` () =
    let text = "the king is dead"
    let last = (Residual.stream text bert).States |> Array.last

    let of' pooling =
        bert |> Residual.sentences pooling [ text; text ] |> Labelled.row 1

    let row (i: int) =
        last.Row(i).ToArray() |> Array.map float

    of' Pooling.First |> should equal (row 0)
    of' Pooling.Last |> should equal (row (last.Rows - 1))

    let mean = of' Pooling.Mean

    for j in [ 0; 100; 191 ] do
        Seq.averageBy (fun i -> (row i)[j]) [ 0 .. last.Rows - 1 ]
        |> should (equalWithin 1e-6) mean[j]

    refusal (fun () -> of' Pooling.Refuse |> ignore)
    |> should haveSubstring "tokens"

[<Fact>]
let ``A word in a stream is found with or without its space, and one that stands twice is asked about`` () =
    let stream = gpt2 |> Residual.stream "the man saw the king"
    Residual.positionOf " king" stream |> should equal 4
    let path = Residual.pathOf "king" stream

    path.Values.ToArray()
    |> should equal ((Residual.path 4 stream).Values.ToArray())

    refusal (fun () -> Residual.positionOf "the" stream |> ignore)
    |> should haveSubstring "0, 3"

    refusal (fun () -> Residual.positionOf "queen" stream |> ignore)
    |> should haveSubstring "\" king\""
