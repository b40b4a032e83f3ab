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

    Assert.ThrowsAny<ArgumentException>(fun () ->
        Nearest.tokens Nearness.Cosine 1 table (Workbench.Core.Tensors.Matrix(1, 4))
        |> ignore)
