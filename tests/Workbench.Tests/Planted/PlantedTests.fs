module Workbench.Tests.PlantedTests

open Xunit
open FsUnit.Xunit
open Workbench
open Planted

let small = {
    PlantedPositions.Default with
        Positions = 128
        Dimensions = 24
        Waves = 5
        Pair = 3, 17
}

let column j (table: Workbench.Core.Tensors.Matrix) =
    Array.init table.Rows (fun i -> float table[i, j])

let cosine (x: float[]) (y: float[]) =
    let dot a b =
        Array.fold2 (fun sum p q -> sum + p * q) 0.0 a b

    dot x y / sqrt (dot x x * dot y y)

[<Fact>]
let ``The planted pair has the cosine that was asked for`` () =
    let table = PlantedPositions.table small (Seed 7UL)
    cosine (column 3 table) (column 17 table) |> should (equalWithin 1e-5) 0.98

[<Fact>]
let ``The same seed plants the same table, another seed another`` () =
    let table seed =
        (PlantedPositions.table small (Seed seed)).ToArray()

    table 7UL |> should equal (table 7UL)
    table 7UL |> should not' (equal (table 8UL))

[<Fact>]
let ``Adding dimensions leaves the first ones as they were`` () =
    let first = PlantedPositions.table { small with Dimensions = 24 } (Seed 7UL)
    let more = PlantedPositions.table { small with Dimensions = 40 } (Seed 7UL)
    column 5 more |> should equal (column 5 first)
