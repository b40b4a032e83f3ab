module Workbench.Tests.EngineTests

open System
open System.IO
open Xunit
open FsUnit.Xunit
open Workbench
open Workbench.Core.Tensors

let normal rows columns = Sample.normal (Seed 3UL) rows columns

let same (expected: float[]) (actual: float[]) =
    expected.Length |> should be (greaterThan 0)
    Array.iter2 (fun x y -> Math.Abs(x - y: float) |> should be (lessThan 1e-6)) expected actual

[<Fact>]
let ``Everything made of a matrix is computed by its engine, and its provenance names it`` () =
    let matrix = normal 20 8 |> Labelled.on Engine.reference

    let derived =
        matrix
        |> Labelled.transpose
        |> Labelled.centre
        |> Labelled.selectRows [| 0..5 |]

    derived.Provenance.Engine.Name |> should equal "reference"
    Provenance.describe derived.Provenance |> should endWith "[reference]"
    Provenance.describe (normal 2 2).Provenance |> should endWith "[cpu]"
    string (Similarity.cosine Columns matrix) |> should endWith "[reference]"

    (matrix |> Similarity.cosine Columns |> Pairs.matrix).Provenance.Engine.Name
    |> should equal "reference"

[<Fact>]
let ``Two engines agree on all pairs, in rows and in columns, but for rounding`` () =
    let matrix = normal 20 8

    for along in [ Rows; Columns ] do
        for similarity in [ Similarity.cosine; Similarity.correlation; Similarity.dotProduct ] do
            let here = matrix |> similarity along |> Pairs.values

            let there =
                matrix |> Labelled.on Engine.reference |> similarity along |> Pairs.values

            same here there
            // Not one engine by two names: somewhere the float32 chain rounds another way.
            here |> should not' (equal there)

[<Fact>]
let ``Columns where they lie give the bits of rows of the transpose`` () =
    let matrix = normal 37 50

    for similarity in [ Similarity.cosine; Similarity.correlation; Similarity.dotProduct ] do
        let columns = matrix |> similarity Columns
        let rows = Labelled.transpose matrix |> similarity Rows
        Pairs.values columns |> should equal (Pairs.values rows)
        columns.Items.Length |> should equal 50
        Pairs.at 3 7 columns |> should equal (Pairs.at 3 7 rows)

        (Pairs.matrix columns).Values.ToArray()
        |> should equal ((Pairs.matrix rows).Values.ToArray())

        columns |> Pairs.fold (Fold.zip (Fold.top 3) Fold.moments) |> ignore
        columns.Oriented.IsValueCreated |> should equal false
        columns.Provenance.Steps |> should equal columns.Vectors.Provenance.Steps

[<Fact>]
let ``The nearest rows are searched by the table's engine`` () =
    let table, queries = normal 60 8, (normal 5 8).Values
    let ids = Array.map (Array.map _.Id)
    let here = Nearest.tokens Nearness.Cosine 3 table queries

    let there =
        Nearest.tokens Nearness.Cosine 3 (Labelled.on Engine.reference table) queries

    ids here |> should equal (ids there)
    here |> should not' (equal there)

[<Fact>]
let ``A model's engine goes with its tensors`` () =
    let model = Model.load "pocket-gpt2" |> Model.on Engine.reference
    (Embedding.positions model).Provenance.Engine.Name |> should equal "reference"

    (Model.tensor "ln_f.weight" model).Provenance.Engine.Name
    |> should equal "reference"

    (Embedding.positions (Model.load "pocket-gpt2")).Provenance.Engine
    |> should be (sameAs Engine.cpu)

[<Fact>]
let ``A text runs on the model's engine`` () =
    let model = Model.load "pocket-gpt2"
    let text = "the king"

    let last (model: Model) =
        model |> Residual.stream text |> Residual.path 1

    let here, there = last model, last (Model.on Engine.reference model)
    there.Provenance.Engine.Name |> should equal "reference"
    let largest = here.Values.ToArray() |> Array.map abs |> Array.max

    let worst =
        Array.map2 (fun x y -> abs (x - y)) (here.Values.ToArray()) (there.Values.ToArray())
        |> Array.max

    float worst |> should be (lessThan (5e-6 * float largest))
    worst |> should be (greaterThan 0.0f)

    (model |> Model.on Engine.reference |> Residual.next 3 text)
    |> Array.map _.Id
    |> should equal (model |> Residual.next 3 text |> Array.map _.Id)

[<Fact>]
let ``The best engine is the one that the environment names, and an unknown name is refused with those there are`` () =
    let before = Environment.GetEnvironmentVariable "WORKBENCH_ENGINE"

    try
        Environment.SetEnvironmentVariable("WORKBENCH_ENGINE", null)
        let cards = Engine.list () |> List.filter _.IsCard

        if cards.IsEmpty then
            Engine.best () |> should be (sameAs Engine.cpu)

        Environment.SetEnvironmentVariable("WORKBENCH_ENGINE", "reference")
        Engine.best () |> should be (sameAs Engine.reference)
        Environment.SetEnvironmentVariable("WORKBENCH_ENGINE", "abacus")
        let error = Assert.Throws<ArgumentException>(fun () -> Engine.best () |> ignore)
        error.Message |> should haveSubstring "\"abacus\""
        error.Message |> should haveSubstring "cpu, reference"
        snd (Engine.choose "") |> should haveSubstring "cpu, reference"
        Environment.SetEnvironmentVariable("WORKBENCH_ENGINE", "torch")
        let absent = Assert.Throws<ArgumentException>(fun () -> Engine.best () |> ignore)
        absent.Message |> should haveSubstring "Workbench.Torch"
        absent.Message |> should haveSubstring "#r"
        Engine.tryNamed "torch" |> should equal None

        snd (Engine.choose "reference")
        |> should haveSubstring "WORKBENCH_ENGINE asks for it"
    finally
        Environment.SetEnvironmentVariable("WORKBENCH_ENGINE", before)

[<Fact>]
let ``The list tells processor, loops and every device, each with memory and what was verified`` () =
    let list = Engine.list ()
    list |> List.map _.Name |> List.take 2 |> should equal [ "cpu"; "reference" ]

    for device in list do
        device.Memory |> should be (greaterThan 100_000_000L)
        string device |> should startWith $"{device.Name}: "
        string device |> should endWith $"verified: {device.Verified}"

[<Fact>]
let ``A device is chosen by a part of its name, and gives the bits of the processor`` () =
    match Engine.list () |> List.tryFind (fun device -> device.Name = "gpu") with
    | None ->
        let error =
            Assert.Throws<Workbench.Gpu.GpuException>(fun () -> Engine.gpu () |> ignore)

        error.Problem |> should equal Workbench.Gpu.GpuProblem.NoDriver
    | Some device ->
        let engine = Engine.gpuNamed (device.Device.Substring(1).ToUpperInvariant())
        Engine.gpuNamed device.Device |> should be (sameAs engine)
        fst (Engine.choose "gpu") |> should be (sameAs (Engine.gpu ()))

        let other =
            Assert.Throws<Workbench.Gpu.GpuException>(fun () -> Engine.gpuNamed "abacus" |> ignore)

        other.Problem |> should equal Workbench.Gpu.GpuProblem.NoDevice
        other.Message |> should haveSubstring device.Device
        let table = Model.load "pocket-gpt2" |> Embedding.positions

        let ask table =
            table |> Similarity.cosine Rows |> Pairs.fold (Fold.histogram 400)

        let here, there = ask table, ask (Labelled.on engine table)
        there.N |> should equal 32640L // 256 positions
        there.Counts |> should equal here.Counts
        let few = table |> Labelled.selectColumns [| 0..20 |]
        let both = [ Statistic.meanAbsoluteCosine; Statistic.maximumCosine ]

        for rung in [ AllEntries; WithinRows; WithinColumns ] do
            let draws table =
                table |> Workbench.Null.distributions (Seed 5UL) 3 both rung |> List.map _.Draws

            draws (Labelled.on engine few) |> should equal (draws few)
