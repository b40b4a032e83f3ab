module Workbench.Tests.HeadAtlasTests

open System
open Xunit
open FsUnit.Xunit
open Workbench
open Planted

let settings = {
    PlantedGpt2.Default with
        Blocks = 2
        Words = 96
        Families = 12
}

let seed = Seed 5UL
let model = PlantedGpt2.model settings seed

let places = [
    for circuit in [ QueryKey; ValueOutput ] do
        for block in 0..1 do
            for head in 0..3 -> circuit, Block block, Head head
]

let decompositions = [
    for circuit, block, head in places do
        let factors =
            match circuit with
            | QueryKey -> Attention.queryKey
            | ValueOutput -> Attention.valueOutput

        model |> factors Apart block head |> Decomposition.svd
]

let entries = decompositions |> List.map HeadAtlas.entry

[<Fact>]
let ``Every head has an entry with the numbers that follow from the spectrum it was planted with`` () =
    entries
    |> List.map (fun entry -> entry.Circuit, entry.Block, entry.Head)
    |> should equal places

    for entry in entries do
        let planted = PlantedGpt2.spectrum settings entry.Circuit entry.Block entry.Head
        entry.Values.Length |> should equal planted.Length
        Array.iter2 (fun (a: float) b -> b |> should (equalWithin 1e-6) a) planted entry.Values
        let total = Array.sum planted

        let features =
            seq { 1 .. planted.Length }
            |> Seq.find (fun count -> Array.sum planted[.. count - 1] >= 0.99 * total)

        entry.Features |> should equal features
        let shares = planted |> Array.map (fun value -> value / total)

        entry.EffectiveRank
        |> should (equalWithin 1e-4) (exp (-(shares |> Array.sumBy (fun p -> p * log p))))

        entry.Coherence |> should equal None
        entry.Q |> should equal None

[<Fact>]
let ``Even heads match tokens alike in both directions, as planted, and odd ones do not`` () =
    for entry in entries |> List.filter (fun entry -> entry.Circuit = QueryKey) do
        let (Head head) = entry.Head

        if head % 2 = 0 then
            entry.SymmetricShare |> should (equalWithin 1e-4) 1.0
        else
            entry.SymmetricShare |> should be (lessThan 0.9)

[<Fact>]
let ``A direction is stable where a change of a hundredth turns it by less than 30 degrees`` () =
    for entry, decomposition in List.zip entries decompositions do
        entry.Stable
        |> should
            equal
            (Decomposition.stability 0.01 decomposition
             |> Array.filter (fun angle -> angle < Math.PI / 6.0))
                .Length

    // Values fall by a constant factor, another in each head: gaps close sooner where the spectrum is steep.
    (entries |> List.map _.Stable |> List.distinct).Length
    |> should be (greaterThan 1)

let directions =
    decompositions
    |> List.take 4
    |> Decomposition.nearestTokens Nearness.DotProduct 5 4 model

let space =
    Coherence.space (PlantedGpt2.wordVectors settings seed) (Embedding.tokens model).Rows

[<Fact>]
let ``Judged entries have the coherence of their own directions and q-values over those that could be judged`` () =
    let unjudged = entries[4], Array.empty<SingularDirection>

    let given =
        List.zip (List.take 2 entries) (List.take 2 directions)
        @ [ unjudged ]
        @ List.zip entries[2..3] directions[2..3]

    let judged = HeadAtlas.judge (Seed 1UL) 99 space given
    judged |> List.map _.Block |> should equal (given |> List.map (fst >> _.Block))

    for entry, (_, found) in List.zip judged given do
        let lists = [|
            for each in found do
                each.Left |> Array.map _.Id
                each.Right |> Array.map _.Id
        |]

        entry.Coherence |> should equal (Coherence.ofGroups (Seed 1UL) 99 space lists)

    judged[2].Coherence |> should equal None
    judged[2].Q |> should equal None

    let p = [| for i in [ 0; 1; 3; 4 ] -> judged[i].Coherence.Value.P |]

    [| for i in [ 0; 1; 3; 4 ] -> judged[i].Q.Value |]
    |> should equal (Significance.benjaminiHochberg p)

    // The planted heads join families of words, which is what the space is made of.
    p |> Array.max |> should be (lessThan 0.05)

[<Fact>]
let ``A map has each head's number at its block and head, and NaN where there is no entry`` () =
    let some =
        entries
        |> List.filter (fun entry -> (entry.Block, entry.Head) <> (Block 1, Head 2))

    let map =
        some |> HeadAtlas.map ValueOutput _.EffectiveRank (Provenance.computed "test")

    Labelled.shape map |> should equal (2, 4)
    Axis.labels map.Rows |> should equal [| "block 0"; "block 1" |]
    let mutable missing = 0

    for i in 0..1 do
        let heads = Axis.labels map.Columns

        for j in 0..3 do
            match
                some
                |> List.tryFind (fun entry ->
                    entry.Circuit = ValueOutput
                    && entry.Block = Block i
                    && entry.Head = Head(int heads[j]))
            with
            | Some entry -> map[i, j] |> should (equalWithin 1e-5f) (float32 entry.EffectiveRank)
            | None ->
                missing <- missing + 1
                map[i, j] |> should be NaN

    missing |> should equal 1

[<Fact>]
let ``The table has a row for each entry with its numbers in order`` () =
    let table = HeadAtlas.toTable entries
    table.Rows |> should haveLength entries.Length

    for row, entry in List.zip table.Rows entries do
        let (Block block), (Head head) = entry.Block, entry.Head

        List.truncate 6 row
        |> should equal [
            Count(int64 block)
            Count(int64 head)
            Text(string entry.Circuit)
            Number entry.Values[0]
            Number entry.Values[1]
            Number entry.Values[2]
        ]

[<Fact>]
let ``A probe's z is how far its best scores lie from those of vectors that point anywhere`` () =
    let probe start =
        HeadProbe.keys HeadProbeSettings.Default start (Block 1) model |> List.item 1

    let anywhere, tokens =
        probe (Anywhere(Seed 3UL, 30)), probe (OfTokens [| 330; 341; 350 |])

    let best (probe: HeadProbe) =
        probe.Nearest |> Array.map (fun near -> near |> Array.map _.Score |> Array.max)

    let chance = best anywhere
    let mean = Array.average chance
    let sd = sqrt ((chance |> Array.sumBy (fun score -> (score - mean) ** 2.0)) / 29.0)
    let z = HeadProbe.z anywhere tokens
    z |> should haveLength 3
    Array.iter2 (fun (score: float) found -> found |> should (equalWithin 1e-6) ((score - mean) / sd)) (best tokens) z
