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

let private logits ids model =
    (Residual.logitsOfIds ids model: Labelled).Values

// The raw stream, the lens at it, logits without a head, and with a state patched in from the text read backwards.
let private agree (file: string) (name: string) (folder: string) =
    use expected = SafetensorsFile.Open file
    let model = Model.load folder
    let transformer = model.Engine.Load(Model.transformer model)
    let ids = expected.ReadIntegers $"{name}/ids" |> Array.map int
    let pass = transformer.Run(ReadOnlySpan ids, Keep.ResidualStream)

    let mutable seen = Set.empty

    let compare tensor found =
        seen <- Set.add $"{name}/{tensor}" seen
        close name expected $"{name}/{tensor}" found

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
                model
                |> Residual.without (Block block, Head(int parts[2]))
                |> logits ids
                |> compare what
            | "patched" ->
                model
                |> Residual.patchOfIds (Block block) (int parts[2]) (Array.rev ids)
                |> logits ids
                |> compare what
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

/// The small models of the golden values, with the ids that these use.
let private small (name: string) =
    let folder = if name = "gpt2-tiny" then "models" else "families"
    Model.load (WeightsFolder.at [ "reference"; folder; name ])

[<WeightsTheory "reference/verbs/verbs.json">]
[<InlineData "gpt2-tiny">]
[<InlineData "llama-tiny">]
let ``Steering and a head at its mean agree with plain sums in float64`` (name: string) =
    use expected =
        SafetensorsFile.Open(WeightsFolder.at [ "reference"; "verbs"; "verbs.safetensors" ])

    let model, ids = small name, (AttributionTests.golden name).Ids
    let direction = expected.ReadDoubles $"steer.{name}.direction"

    let direction =
        Labelled.init
            (Axis.labelled "direction" [| "v" |])
            (Axis.numbered "dimension" direction.Length)
            (Provenance.computed "given")
            (fun _ j -> direction[j])

    for block in [ 0; 2 ] do
        model
        |> Residual.steer (Block block) 1.5 direction
        |> logits ids
        |> close name expected $"steer.{name}.after_block.{block}"

    model
    |> Residual.withMean (Block 0, Head 0)
    |> logits ids
    |> close name expected $"mean_ablated.{name}.0.0"

let private pocket = Model.load "pocket-gpt2"
let private text = "To kill two birds with one"

[<Fact>]
let ``Edits add up, stay with the model, and stand in the provenance of what it computes`` () =
    let edited =
        pocket |> Residual.without (Block 5, Head 3) |> Residual.withoutMlp (Block 0)

    let silence (values: Matrix) = values.Clear()

    let both =
        pocket
        |> Residual.edited "no head" (Place.HeadOutput(5, 3)) silence
        |> Residual.edited "no MLP" (Place.MlpOutput 0) silence

    let next = edited |> Residual.next 5 text
    next |> should equal (both |> Residual.next 5 text)
    next |> should not' (equal (pocket |> Residual.next 5 text))

    let steps = (edited |> Residual.logits text).Provenance.Steps

    steps
    |> should equal [ "without block 5, head 3"; "without the MLP of block 0"; "logits" ]

    string edited |> should haveSubstring "without block 5, head 3"

    // A head that is silent looks as before: its pattern is computed before it is silenced.
    let pattern model =
        (model |> Attention.pattern (Block 5) (Head 3) text: Labelled).Values.ToArray()

    pocket
    |> Residual.without (Block 5, Head 3)
    |> pattern
    |> should equal (pattern pocket)

    pattern edited |> should not' (equal (pattern pocket))

[<Fact>]
let ``A text is continued by the edited model as its own next tokens say`` () =
    let edited = pocket |> Residual.withoutAttention (Block 5)
    let continued = edited |> Generate.greedy 3 text
    let tokens = continued.Added |> Array.map _.Token

    let likeliest text =
        (edited |> Residual.next 1 text |> Array.exactlyOne).Token

    tokens[0] |> should equal (likeliest text)
    tokens[2] |> should equal (likeliest (text + tokens[0] + tokens[1]))

    continued.Provenance.Steps.Head
    |> should equal "without the attention of block 5"

[<Fact>]
let ``Patching a text with itself changes nothing, and with another only what comes from there`` () =
    let before = pocket |> logits (Tokens.ids text pocket)

    let same =
        pocket |> Residual.patch (Block 2) 3 text |> logits (Tokens.ids text pocket)

    same.ToArray() |> should equal (before.ToArray())

    let other =
        pocket
        |> Residual.patch (Block 2) 3 "To kill two men with one"
        |> logits (Tokens.ids text pocket)

    for token in 0..5 do
        (other.Row(token).ToArray() = before.Row(token).ToArray())
        |> should equal (token < 3)

[<Fact>]
let ``What does not fit a model is refused before it is run, with what would fit`` () =
    let refusal (act: unit -> unit) =
        Assert.Throws<ArgumentException>(act).Message

    refusal (fun () -> pocket |> Residual.without (Block 6, Head 0) |> ignore)
    |> should haveSubstring "blocks 0 to 5"

    refusal (fun () -> pocket |> Residual.without (Block 0, Head -1) |> ignore)
    |> should haveSubstring "heads 0 to 5"

    refusal (fun () -> pocket |> Attention.pattern (Block 0) (Head 6) text |> ignore)
    |> should haveSubstring "heads 0 to 5"

    refusal (fun () -> pocket |> Residual.patch (Block 0) 9 text |> ignore)
    |> should haveSubstring "between 0 and 5"

    let direction = pocket |> Residual.difference (Block 3) "The queen" "The king"

    refusal (fun () ->
        pocket
        |> Residual.steer (Block 3) 1.0 (Labelled.selectColumns [| 0 |] direction)
        |> ignore)
    |> should haveSubstring "192"

    let patched = pocket |> Residual.patch (Block 0) 5 text

    refusal (fun () -> patched |> Residual.next 1 "To kill" |> ignore)
    |> should haveSubstring "tokens 0 to 1"

    refusal (fun () -> patched |> Saliency.ofNextToken text |> ignore)
    |> should haveSubstring "edited"

[<Fact>]
let ``What stands at a place is what the stream and the patterns hold there`` () =
    let stream = pocket |> Residual.stream text
    let place = stream.Places |> Array.findIndex ((=) (Place.AfterBlock 3))

    (pocket |> Residual.at (Place.AfterBlock 3) text).Values.ToArray()
    |> should equal (stream.States[place].ToArray())

    let pattern = pocket |> Residual.at (Place.Pattern(5, 3)) text

    pattern.Values.ToArray()
    |> should equal ((pocket |> Attention.pattern (Block 5) (Head 3) text).Values.ToArray())

    Axis.labels pattern.Columns |> should equal (Axis.labels pattern.Rows)

    Assert.Throws<ArgumentException>(fun () -> pocket |> Residual.at (Place.MlpOutput 6) text |> ignore).Message
    |> should haveSubstring "blocks are 0 to 5"

[<Fact>]
let ``A patch at a word is one at its place in the other text`` () =
    let byWord =
        pocket
        |> Residual.patchWord (Block 2) "queen" "The queen of"
        |> Residual.next 4 "The king of"

    byWord
    |> should
        equal
        (pocket
         |> Residual.patch (Block 2) 1 "The queen of"
         |> Residual.next 4 "The king of")

    Assert
        .Throws<ArgumentException>(fun () -> pocket |> Residual.patchWord (Block 2) "king" "The queen of" |> ignore)
        .Message
    |> should haveSubstring "\" queen\""
