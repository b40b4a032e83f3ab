module Workbench.Tests.VerifyTests

open System
open System.IO
open Xunit
open FsUnit.Xunit
open Workbench
open Workbench.Core.Formats
open Workbench.Core.Models
open Workbench.Core.Tensors

/// A folder in which `mine/` is the pocket model and `mine.expected.safetensors` what it computes of three tokens,
/// changed by the test; deleted afterwards.
let private withModel (change: SafetensorsWriter -> unit) (test: string -> unit) =
    let root = Directory.CreateTempSubdirectory("workbench-verify-").FullName

    try
        let pocket = Model.load "pocket-gpt2"
        let mine = Directory.CreateDirectory(Path.Combine(root, "mine")).FullName

        for name in [ "config.json"; "model.safetensors" ] do
            File.Copy(Path.Combine(Option.get pocket.Folder, name), Path.Combine(mine, name))

        let running = Transformer(Model.transformer pocket)
        let pass = running.Run(ReadOnlySpan [| 10; 20; 30 |])
        let writer = SafetensorsWriter()

        writer
            .Add("ids", Matrix.FromArray(1, 3, ReadOnlySpan [| 10.0f; 20.0f; 30.0f |]))
            .Add("hidden.0", pass[Place.PositionedEmbedding])
            .Add("hidden.1", pass[Place.AfterBlock 0])
            .Add("hidden.6", pass.Output)
            .Add("logits.3", running.Logits pass.Output)
        |> ignore

        change writer
        writer.Write(Path.Combine(root, "mine.expected.safetensors"))
        test root
    finally
        Directory.Delete(root, recursive = true)

[<Fact>]
let ``What a model itself computes is no distance away, and what has no like is named`` () =
    let change (writer: SafetensorsWriter) =
        writer.Add("taste", Matrix(1, 1)).Add("hidden.7", Matrix(1, 1)).Add("attention.6", Matrix(1, 1))
        |> ignore

    withModel change (fun root ->
        let verified = Verify.models root |> List.exactlyOne
        verified.Name |> should equal "mine"
        verified.Family |> should equal "gpt2"
        verified.Skipped |> should equal None

        verified.Differences
        |> should equal [ "hidden.0", 0.0; "hidden.1", 0.0; "hidden.6", 0.0; "logits.3", 0.0 ]

        verified.Left |> should equal [ "taste"; "hidden.7"; "attention.6" ]
        verified.Worst |> should equal 0.0
        Verify.holds verified |> should equal true
        verified.Compared |> should equal "3 × hidden, logits.3"

        Table.toText (Verify.toTable [ verified ])
        |> should haveSubstring "without taste, hidden.7, attention.6")

[<Theory; InlineData(0.5); InlineData(Double.NaN); InlineData(Double.PositiveInfinity)>]
let ``One wrong number is found, and where it is`` (wrong: float) =
    let change (writer: SafetensorsWriter) =
        let pocket = Model.load "pocket-gpt2"

        let values = (Residual.ofIds [| 10; 20; 30 |] pocket).States[3].Copy()

        values[1, 5] <- values[1, 5] + float32 wrong
        writer.Add("hidden.2", values) |> ignore

    withModel change (fun root ->
        let verified = Verify.model (Path.Combine(root, "mine"))
        Verify.holds verified |> should equal false
        let name, apart = verified.Differences |> List.maxBy snd
        name |> should equal "hidden.2"
        verified.Worst |> should equal apart
        Assert.True(apart > 1e-2)

        Table.toText (Verify.toTable [ verified ])
        |> should haveSubstring "WRONG at hidden.2")

[<Fact>]
let ``A tensor of another shape is wrong, not compared in part`` () =
    withModel (fun writer -> writer.Add("attention.0", Matrix(2, 2)) |> ignore) (fun root ->
        (Verify.model (Path.Combine(root, "mine"))).Worst |> should equal infinity)

[<Fact>]
let ``What has no partner or cannot be read is skipped by name, with the reason`` () =
    withModel ignore (fun root ->
        let folder name =
            Directory.CreateDirectory(Path.Combine(root, name)).FullName

        File.WriteAllText(Path.Combine(folder "alone", "model.safetensors"), "")
        File.WriteAllText(Path.Combine(folder "broken", "model.safetensors"), "")
        File.WriteAllText(Path.Combine(folder "notes", "readme.txt"), "no model")
        File.Copy(Path.Combine(root, "mine.expected.safetensors"), Path.Combine(root, "broken.expected.safetensors"))
        File.Copy(Path.Combine(root, "mine.expected.safetensors"), Path.Combine(root, "lost.expected.safetensors"))

        for name in [ "config.json"; "model.safetensors" ] do
            File.Copy(Path.Combine(root, "mine", name), Path.Combine(folder "foreign", name))

        File.WriteAllText(Path.Combine(root, "foreign", "config.json"), """{"model_type": "abacus"}""")
        File.Copy(Path.Combine(root, "mine.expected.safetensors"), Path.Combine(root, "foreign.expected.safetensors"))
        let all = Verify.models root

        all
        |> List.map _.Name
        |> should equal [ "alone"; "broken"; "foreign"; "lost"; "mine" ]

        let reason name =
            (all |> List.find (fun one -> one.Name = name)).Skipped
            |> Option.defaultValue ""

        reason "alone"
        |> should equal "there is no alone.expected.safetensors beside it"

        reason "lost"
        |> should equal "there is no folder lost beside lost.expected.safetensors"

        reason "broken" |> should startWith "model.safetensors: the file is empty"
        reason "foreign" |> should startWith "config.json: model_type is \"abacus\""
        reason "mine" |> should equal ""
        all |> List.filter (Verify.holds >> not) |> should be Empty
        Assert.True(Double.IsNaN all.Head.Worst))

[<Fact>]
let ``Several texts in one file are told apart by their number`` () =
    let pocket = Model.load "pocket-gpt2"

    let row (ids: int[]) =
        Matrix.FromArray(1, ids.Length, ReadOnlySpan(Array.map float32 ids))

    let last ids =
        (Residual.ofIds ids pocket).States |> Array.last

    let expected = new MemoryTensors("texts")

    for index, ids in [ 0, [| 5; 6 |]; 1, [| 7; 8; 9 |] ] do
        expected.Add($"{index}.ids", row ids).Add($"{index}.hidden.6", last ids)
        |> ignore

    expected.Add("2.ids", row [| 5; 6 |]).Add("2.hidden.6", last [| 6; 5 |])
    |> ignore

    match (Verify.against pocket expected).Differences with
    | [ "0.hidden.6", 0.0; "1.hidden.6", 0.0; "2.hidden.6", apart ] -> Assert.True(apart > 1e-2)
    | other -> failwith $"%A{other}"

    (fun () -> Verify.against pocket (new MemoryTensors("nothing")) |> ignore)
    |> should throw typeof<WeightFileException>

// Float32 comes within 8.1e-7 on the first, and within 3.2e-6 on the others (gpt_oss-clamp).
[<WeightsTheory("reference"); InlineData("models", 9); InlineData("families", 60)>]
let ``The original library's numbers are reached by every model that can be read`` (folder: string, fewest: int) =
    let compared =
        Verify.models (WeightsFolder.at [ "reference"; folder ])
        |> List.filter _.Skipped.IsNone

    Assert.True(compared.Length >= fewest)

    for one in compared do
        Assert.True(one.Worst <= 1e-5, string one)
        Assert.True(one.Differences.Length >= 5, string one)
        one.Left |> should be Empty

[<WeightsFact "stories260K">]
let ``Three texts of a trained Llama agree, and only what is no place of the pass is left`` () =
    use expected =
        SafetensorsFile.Open(WeightsFolder.at [ "reference"; "families"; "stories260K.expected.safetensors" ])

    let verified =
        Verify.against (Model.load (WeightsFolder.at [ "stories260K" ])) expected

    Assert.True(verified.Worst <= 1e-5, string verified)
    Assert.True(verified.Differences.Length >= 3 * 8, string verified)

    verified.Left
    |> List.sort
    |> should equal [
        for text in 0..2 do
            yield! [ $"{text}.greedy"; $"{text}.loss" ]
    ]

[<WeightsFact "reference/tokenizers">]
let ``Every tokenizer that can be read agrees with the original library in all its texts`` () =
    let all = Verify.tokenizers (WeightsFolder.at [ "reference"; "tokenizers" ])
    let compared = all |> List.filter _.Skipped.IsNone
    Assert.True(compared.Length >= 84)
    Assert.Empty(compared |> List.filter (Verify.holds >> not))

    compared
    |> List.forall (fun one -> one.Family = "tokenizer")
    |> should equal true

[<Fact>]
let ``A tokenizer without a file to compare with, and one that cannot be read, are skipped`` () =
    let folder = Directory.CreateTempSubdirectory("workbench-verify-").FullName

    try
        let at (name: string) (file: string) =
            Path.Combine(Directory.CreateDirectory(Path.Combine(folder, name)).FullName, file)

        File.WriteAllText(at "plain" "vocab.txt", "[UNK]\na\n")
        File.WriteAllText(at "broken" "tokenizer.json", "{")
        File.WriteAllText(at "broken" "broken.expected.json", "{}")
        File.WriteAllText(at "empty" "vocab.txt", "[UNK]\na\n")
        File.WriteAllText(at "empty" "empty.expected.json", "{}")

        match Verify.tokenizers folder with
        | [ broken; empty ] ->
            broken.Name |> should equal "broken"
            (Option.get broken.Skipped) |> should haveSubstring "tokenizer.json"
            // A file that names no text has compared nothing, which is not agreement.
            empty.Skipped |> should equal None
            Verify.holds empty |> should equal false
        | other -> failwith $"%A{other}"

        (Verify.tokenizer (Path.Combine(folder, "plain"))).Skipped
        |> should equal (Some "there is no plain.expected.json in it or beside it")
    finally
        Directory.Delete(folder, recursive = true)
