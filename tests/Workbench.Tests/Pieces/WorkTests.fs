module Workbench.Tests.WorkTests

open System
open System.IO
open Xunit
open FsUnit.Xunit
open Workbench
open Workbench.Core.Engines
open Workbench.Core.Formats
open Workbench.Core.Manifolds
open Workbench.Core.Pairs
open Workbench.Core.Tensors

let normal rows columns seed = Sample.normal (Seed seed) rows columns

let bits (matrix: Labelled) =
    matrix.Values.ToArray() |> Array.map BitConverter.SingleToInt32Bits

let everything =
    Fold.scan {
        let! shape = Fold.histogram 200
        and! moments = Fold.moments
        and! least, most = Fold.extrema
        and! top = Fold.top 20
        and! picture = Fold.thumbnail 16
        and! drawn = Fold.sample (Seed 3UL) 50
        and! means = Fold.rowMeans
        and! near = Fold.neighbours 3

        and! own =
            Fold.ofPairs "adjacent" 0L (fun count i j _ -> if j = i + 1 then count + 1L else count) (+)

        return
            (shape.Counts, (moments.N, moments.Mean, moments.Sd), (least, most), top),
            bits picture,
            drawn,
            means,
            near,
            own
    }

[<Fact>]
let ``A fold over pairs in pieces has the bits of one scan, whatever the measure and wherever the vectors lie`` () =
    let matrix = normal 700 12 21UL

    for measure in [ Similarity.cosine; Similarity.correlation; Similarity.dotProduct ] do
        for pairs in [ measure Rows matrix; measure Columns (Labelled.transpose matrix) ] do
            let whole = pairs |> Pairs.fold everything

            for pieces in [ 1; 2; 7; 40 ] do
                pairs |> Work.fold pieces everything |> Work.compute |> should equal whole

[<Fact>]
let ``A fold over pairs of two tables in pieces has the bits of one scan and the pairs of the double loop`` () =
    let a, b = normal 300 9 22UL, normal 210 9 23UL
    let ofA, ofB = Similarity.cosine Rows a, Similarity.cosine Rows b

    let question =
        Fold.zip (Fold.top 5) (Fold.zip Fold.moments (Fold.thumbnail 8 |> Fold.map bits))

    let whole = ofA |> Pairs.foldBetween question ofB

    for pieces in [ 1; 3; 8 ] do
        ofA
        |> Work.foldBetween pieces question ofB
        |> Work.compute
        |> should equal whole

    let slowly =
        [
            for i in 0..299 do
                for j in 0..209 -> Similarity.ofTwo (Labelled.row i a) (Labelled.row j b), i, j
        ]
        |> List.sortDescending

    let top, (moments, _) = whole
    moments.N |> should equal (300L * 210L)
    Assert.Equal(slowly |> List.averageBy (fun (value, _, _) -> value), moments.Mean, 6)

    top
    |> Array.map (fun pair -> pair.I, pair.J)
    |> should equal [| for _, i, j in List.truncate 5 slowly -> i, j |]

    (fun () ->
        ofA
        |> Pairs.foldBetween (Fold.byClass (Array.create 300 0) Fold.moments) ofB
        |> ignore)
    |> should
        (throwWithMessage "Classes are those of one table, and pairs of two are asked for. (Parameter 'fold')")
        typeof<ArgumentException>

/// The processor, which notes which rows were prepared.
type WatchedEngine(matrix: Labelled) =
    let cpu = new CpuEngine() :> IEngine

    let first =
        matrix.Values.ToArray()
        |> Array.chunkBySize matrix.Columns.Length
        |> Array.map Array.head

    member val Rows = ResizeArray<int>()

    interface IEngine with
        member _.Name = cpu.Name
        member _.Arithmetic = cpu.Arithmetic
        member _.Multiply(a, b, destination) = cpu.Multiply(a, b, destination)

        member this.Prepare(rows, measure, degenerate) =
            for i in 0 .. rows.Rows - 1 do
                this.Rows.Add(Array.IndexOf(first, rows[i, 0]))

            cpu.Prepare(rows, measure, degenerate)

        member _.TopK(queries, table, k, measure, degenerate) =
            cpu.TopK(queries, table, k, measure, degenerate)

        member _.Load weights = cpu.Load weights
        member _.Dispose() = ()

[<Fact>]
let ``A piece prepares the rows of its tile, each once, and no others`` () =
    let matrix = normal 1000 5 24UL
    let tiles = PairSpace(1000, 1000, true, 1.0).Cut 9

    for piece in 0..8 do
        let engine = new WatchedEngine(matrix)

        let work =
            matrix
            |> Labelled.on engine
            |> Similarity.cosine Rows
            |> Work.fold 9 Fold.moments

        work.Compute piece |> ignore

        let expected =
            set [
                for range in [ tiles[piece].Rows; tiles[piece].Columns ] do
                    for row in range.First * 84 .. min 1000 (range.End * 84) - 1 -> row
            ]

        engine.Rows.Count |> should equal expected.Count
        set engine.Rows |> should equal expected
        expected.Count |> should be (lessThan 1000)

[<Fact>]
let ``A table that stays in its file gives the same bits, and one that must be widened is refused`` () =
    let folder = Directory.CreateTempSubdirectory("workbench-").FullName

    try
        let at name = Path.Combine(folder, name)
        let matrix = normal 400 10 25UL
        NpyFile.Write(at "table.npy", matrix.Values)
        SafetensorsWriter().Add("wide.weight", matrix.Values).Write(at "table.safetensors")
        let whole = matrix |> Similarity.cosine Rows |> Pairs.fold everything

        for tensor, file in [ "array", "table.npy"; "wide.weight", "table.safetensors" ] do
            let mapped = Labelled.ofMapped tensor (at file)
            mapped.Values.IsReadOnly |> should be True

            mapped
            |> Similarity.cosine Rows
            |> Work.fold 6 everything
            |> Work.compute
            |> should equal whole

        NpyFile.Write(at "doubles.npy", ReadOnlyMemory [| 1.0; 2.0 |], Shape(ReadOnlySpan [| 1L; 2L |]))

        let error =
            Assert.Throws<ArgumentException>(fun () -> Labelled.ofMapped "array" (at "doubles.npy") |> ignore)

        error.Message |> should haveSubstring "F64"
    finally
        Directory.Delete(folder, true)

[<Fact>]
let ``A vector without a direction is named by the piece that needs it, by its number in the table`` () =
    let matrix =
        normal 400 4 26UL
        |> Labelled.mapi (fun i _ value -> if i = 333 then 0.0 else value)

    let work = matrix |> Similarity.cosine Rows |> Work.fold 1 Fold.moments
    let error = Assert.Throws<ArgumentException>(fun () -> Work.compute work |> ignore)
    error.Message |> should haveSubstring "row 333 (all zero)"

[<Fact>]
let ``The nearest rows of all rows in pieces are those of one search`` () =
    let table = normal 300 8 27UL

    for nearness in [ Nearness.Cosine; Nearness.DotProduct ] do
        let whole = table.Values |> Nearest.tokens nearness 4 table

        for pieces in [ 1; 7; 400 ] do
            table
            |> Work.nearest pieces nearness 4 table
            |> Work.compute
            |> should equal whole

    (fun () -> table |> Work.nearest 2 (Nearness.Csls 5) 4 table |> ignore)
    |> should throw typeof<ArgumentException>

[<Fact>]
let ``Null distributions and the ladder in pieces are those of one process`` () =
    let matrix = normal 40 6 28UL
    let statistics = [ Statistic.maximumCosine; Statistic.meanAbsoluteCosine ]

    let ofOne =
        matrix |> Workbench.Null.distributions (Seed 5UL) 23 statistics CircularShift

    matrix
    |> Work.nulls 4 (Seed 5UL) 23 statistics CircularShift
    |> Work.compute
    |> should equal ofOne

    let rungs = matrix |> Workbench.Null.ladders (Seed 5UL) 11 statistics
    rungs.Length |> should equal 14

    matrix
    |> Work.ladder 3 (Seed 5UL) 11 statistics
    |> Work.compute
    |> should equal rungs

[<Fact>]
let ``A rung that fails in one piece is left out as in one process`` () =
    let matrix = normal 12 3 29UL
    // NaN for some random orders of the rows' first column, and so in some pieces only.
    let fragile =
        Statistic.named "fragile" (fun matrix -> if matrix.Values[0, 0] > 1.0f then nan else 1.0)

    let ofOne = matrix |> Workbench.Null.ladder (Seed 5UL) 8 fragile
    let rungs = ofOne |> List.map _.Rung
    rungs.Length |> should be (lessThan 6)

    matrix
    |> Work.ladder 8 (Seed 5UL) 8 [ fragile ]
    |> Work.compute
    |> should equal ofOne

[<Fact>]
let ``Calibrations in pieces are those of one process`` () =
    let p seed =
        (Sample.normal seed 32 1 |> Labelled.column 0 |> Spectrum.ofValues).P

    let several seed = [ p seed; p (Seed 9UL) ]

    let mean seed =
        Sample.normal seed 9 1 |> Labelled.column 0 |> Array.average

    Work.uniformities 5 "two" Continuous 61 (Seed 2UL) several
    |> Work.compute
    |> should equal (Calibration.uniformities Continuous 61 (Seed 2UL) several)

    Work.share 4 "small" 61 (Seed 2UL) (fun seed -> p seed < 0.3)
    |> Work.compute
    |> should equal (Calibration.share 61 (Seed 2UL) (fun seed -> p seed < 0.3))

    Work.recovery 4 "mean" 0.0 61 (Seed 2UL) mean
    |> Work.compute
    |> should equal (Calibration.recovery "mean" 0.0 61 (Seed 2UL) mean)

[<Fact>]
let ``A head atlas in pieces is that of one process, and its q-values are of all heads together`` () =
    let model = Model.load "pocket-gpt2"
    let words = WordVectors.load "pocket-word2vec"
    let read block = Attention.inputs Folded block model
    let space = lazy (Coherence.space words (read (Block 0)).Rows)

    let judged (block: Block) (head: Head) =
        let svd = model |> Attention.queryKey Folded block head |> Decomposition.svd

        let directions = [ svd ] |> Decomposition.nearestTokens Nearness.Cosine 5 2 model

        List.zip [ HeadAtlas.entry svd ] directions
        |> HeadAtlas.judge (Seed 1UL) 19 space.Value
        |> List.exactlyOne

    let blocks = [ Block 0; Block 5 ]
    let heads = Attention.heads model

    let entry (block: Block) head =
        if List.contains block blocks then
            judged block head
        else
            model
            |> Attention.valueOutput Folded block head
            |> Decomposition.svd
            |> HeadAtlas.entry

    let one = [
        for block in Attention.blocks model do
            for head in heads -> entry block head
    ]

    let found = model |> Work.heads 5 "test" entry |> Work.compute
    let without (entry: HeadEntry) = { entry with Q = None }
    found |> List.map without |> should equal (one |> List.map without)

    let expected =
        one
        |> List.choose _.Coherence
        |> List.map _.P
        |> Array.ofList
        |> Significance.benjaminiHochberg

    expected.Length |> should equal 12
    found |> List.choose _.Q |> Array.ofList |> should equal expected

[<Fact>]
let ``Many geometries compared in pieces are as compared in one process, and a piece opens its own models only`` () =
    let opened = ResizeArray<int>()

    let space number =
        normal 12 (6 + number) (uint64 (30 + number)) |> Similarity.cosine Rows

    let spaces () = [
        for number in 0..3 ->
            $"model {number}",
            lazy
                (opened.Add number
                 space number)
    ]

    let settings = {
        RsaSettings.Quick with
            Permutations = 49
    }

    let found = spaces () |> Work.rsa 4 settings |> Work.compute

    found
    |> List.map (fun (a, b, _) -> a, b)
    |> List.distinct
    |> List.length
    |> should equal 6

    for a, b, rsa in found do
        let number (name: string) = int (name.Substring 6)
        let one = Rsa.compare settings (space (number a)) (space (number b))
        string rsa |> should equal (string one)
        rsa.Null |> should equal one.Null

        (rsa.Pearson, rsa.TauA, rsa.Interval)
        |> should equal (one.Pearson, one.TauA, one.Interval)

    opened.Clear()
    (spaces () |> Work.rsa 6 settings).Compute 0 |> ignore
    List.ofSeq opened |> should equal [ 0; 1 ]

[<Fact>]
let ``A UMAP whose neighbours were found in pieces has the bits of one`` () =
    let matrix = normal 200 7 31UL
    let settings = UmapSettings(Neighbours = 8, Epochs = 20, Seed = 4UL)
    let whole = matrix |> Projection.umap settings

    for pieces in [ 1; 3; 11 ] do
        let found = matrix |> Work.umap pieces settings |> Work.compute
        bits found.Layout |> should equal (bits whole.Layout)

[<Fact>]
let ``Things of one's own keep every bit, also of what is not finite`` () =
    let give i = {|
        Number = i
        Values = [| float i / 3.0; nan; infinity |]
    |}

    let found = [| 0..9 |] |> Work.items 4 "thirds" give |> Work.compute

    found
    |> Array.collect _.Values
    |> Array.map BitConverter.DoubleToInt64Bits
    |> should
        equal
        ([| 0..9 |]
         |> Array.collect (fun i -> (give i).Values)
         |> Array.map BitConverter.DoubleToInt64Bits)

[<Fact>]
let ``Works are changed and put together`` () =
    let squares = [| 1..5 |] |> Work.items 3 "squares" (fun i -> i * i)
    let cubes = [| 1..4 |] |> Work.items 2 "cubes" (fun i -> i * i * i)
    let both = Work.zip (squares |> Work.map Array.sum) cubes
    both.Count |> should equal 5
    both |> Work.compute |> should equal (55, [| 1; 8; 27; 64 |])

[<Fact>]
let ``A work of one's own gives the workbench's results and maps of them, and refuses what is no data at once`` () =
    let summary seed =
        Sample.normal (Seed seed) 1 50
        |> Labelled.row 0
        |> Distribution.summary "x" (Provenance.computed "drawn")

    let found =
        [| 1UL .. 7UL |]
        |> Work.items 3 "summaries" (fun seed -> Map [ "of", (Set [ seed ], summary seed) ])
        |> Work.compute

    found.Length |> should equal 7

    for seed in 1UL .. 7UL do
        let seeds, kept = found[int seed - 1]["of"]
        seeds |> should equal (Set [ seed ])
        kept.Mean |> should equal (summary seed).Mean

    Assert.Throws<System.ArgumentException>(fun () ->
        [| 1 |] |> Work.items 1 "functions" (fun i -> fun x -> x + i) |> ignore)
    |> _.Message
    |> should haveSubstring "no data that can be kept"
