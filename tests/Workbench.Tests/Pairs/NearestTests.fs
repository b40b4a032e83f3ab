module Workbench.Tests.NearestTests

open System
open Xunit
open FsUnit.Xunit
open Workbench

let table rows columns seed = Sample.normal (Seed seed) rows columns

let dot (x: float[]) (y: float[]) =
    Array.fold2 (fun sum a b -> sum + a * b) 0.0 x y

let cosine x y = dot x y / sqrt (dot x x * dot y y)

/// Scores of all rows by a plain double loop.
let everything score (table: Labelled) (queries: Labelled) = [|
    for q in 0 .. queries.Rows.Length - 1 ->
        [|
            for t in 0 .. table.Rows.Length - 1 -> score (Labelled.row q queries) (Labelled.row t table)
        |]
|]

let agree (tolerance: float) (expected: float[][]) (found: NearToken[][]) =
    Array.iter2
        (fun (scores: float[]) (near: NearToken[]) ->
            near |> should not' (be Empty)

            let best =
                Array.init scores.Length id
                |> Array.sortByDescending (fun t -> scores[t])
                |> Array.truncate near.Length

            near |> Array.map _.Id |> should equal best

            for each in near do
                each.Score |> should (equalWithin tolerance) scores[each.Id])
        expected
        found

[<Fact>]
let ``The nearest rows by dot product and by cosine are those of a plain double loop`` () =
    let table, queries = table 200 17 1UL, table 9 17 2UL

    Nearest.tokens Nearness.DotProduct 6 table queries.Values
    |> agree 1e-5 (everything dot table queries)

    Nearest.tokens Nearness.Cosine 6 table queries.Values
    |> agree 1e-6 (everything cosine table queries)

[<WeightsTheory("reference/stats")>]
[<InlineData("csls.n12_m15", 12, 15, 3)>]
[<InlineData("csls.n40_m50", 40, 50, 10)>]
let ``CSLS scores agree with the formula in NumPy`` (name: string) (sources: int) (targets: int) (k: int) =
    let source, target = Stats.input $"{name}.source", Stats.input $"{name}.target"
    let scores = Stats.expected $"{name}.scores"
    let axis = Axis.numbered "target" targets

    let labelled =
        Labelled.ofMatrix axis (Axis.numbered "dimension" target.Columns) (Provenance.computed name) target

    let found = Nearest.tokens (Nearness.Csls k) targets labelled source
    found.Length |> should equal sources

    for i in 0 .. sources - 1 do
        for near in found[i] do
            let expected = scores[i * targets + near.Id]
            near.Score |> should (equalWithin (2e-6 + 2e-6 * abs expected)) expected

    let best = [
        for value in (Stats.case name).GetProperty("expected").GetProperty("best_target").EnumerateArray() ->
            value.GetInt32()
    ]

    [ for near in found -> near[0].Id ] |> should equal best

[<Fact>]
let ``A row without direction is refused where a direction is needed`` () =
    let table = table 5 4 3UL

    let message nearness (table: Labelled) queries =
        Assert.ThrowsAny<ArgumentException>(fun () -> Nearest.tokens nearness 1 table queries |> ignore).Message

    message Nearness.Cosine table (Workbench.Core.Tensors.Matrix(1, 4))
    |> should haveSubstring "row 0"

    let named =
        Labelled.init (Axis.labelled "word" [| "a"; "b"; "nothing" |]) table.Columns table.Provenance (fun i j ->
            if i = 2 then 0.0 else float (i + j + 1))

    for nearness in [ Nearness.Cosine; Nearness.Csls 2 ] do
        message nearness named table.Values
        |> should haveSubstring "\"nothing\", is all zero"

    let spoilt =
        named |> Labelled.mapi (fun i j value -> if i = 1 && j = 3 then nan else value)

    message Nearness.DotProduct spoilt table.Values
    |> should haveSubstring "row 1, \"b\", holds NaN"

[<Fact>]
let ``Dot products that single precision cannot hold are refused, and directions keep their order at any scale`` () =
    let table = table 30 5 4UL

    let times scale =
        table |> Labelled.mapi (fun _ _ value -> value * scale)

    for scale, cure in [ 1e30, "scale the vectors down"; 1e-25, "scale the vectors up" ] do
        let scaled = times scale

        Assert
            .ThrowsAny<ArgumentException>(fun () -> Nearest.tokens Nearness.DotProduct 3 scaled scaled.Values |> ignore)
            .Message
        |> should haveSubstring cure

        Assert
            .ThrowsAny<ArgumentException>(fun () ->
                scaled |> Similarity.dotProduct Rows |> Pairs.fold Fold.moments |> ignore)
            .Message
        |> should haveSubstring cure

    for nearness in [ Nearness.Cosine; Nearness.Csls 3 ] do
        let expected = Nearest.tokens nearness 4 table table.Values

        // 1e-40 is below the normal numbers of single precision: some digits of each value are lost.
        for scale, tolerance in [ 1e30, 1e-6; 1e-25, 1e-6; 1e-40, 1e-3 ] do
            let scaled = times scale
            let found = Nearest.tokens nearness 4 scaled scaled.Values

            for near, wanted in Array.zip found expected do
                near |> Array.map _.Id |> should equal (wanted |> Array.map _.Id)

                Array.iter2
                    (fun (a: NearToken) (b: NearToken) -> a.Score |> should (equalWithin tolerance) b.Score)
                    near
                    wanted
