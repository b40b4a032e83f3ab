module Workbench.Tests.RandomStreamTests

open System
open Xunit
open FsUnit.Xunit
open Workbench
open Planted

let private numbers (purposes: Type) : uint64 list = [
    for name in Enum.GetNames purposes -> Convert.ToUInt64(Enum.Parse(purposes, name))
]

[<Fact>]
let ``No two streams of random numbers have the same number, planted ones included`` () =
    let all = numbers typeof<RandomStream> @ numbers typeof<PlantedStream>
    all.Length |> should be (greaterThan 30)
    List.distinct all |> should equal all

[<Fact>]
let ``The same seed gives two streams different numbers`` () =
    let first (stream: RandomStream) =
        (Sample.generator (Seed 7UL) stream 0).NextUInt64()

    first RandomStream.Coherence
    |> should not' (equal (first RandomStream.SplitHalves))

    first RandomStream.Coherence |> should equal (first RandomStream.Coherence)
