module Workbench.Tests.NormsTests

open System
open Xunit
open FsUnit.Xunit
open Workbench
open Workbench.Core.Models

let embeddings = Sample.normal (Seed 4UL) 40 12
let gain = Array.init 12 (fun i -> 1.0f + 0.1f * float32 i)
let bias = Array.init 12 (fun i -> 0.05f * float32 (i - 6))
let norm = Norm(gain, bias, 1e-5)

[<Fact>]
let ``The terms of a score are a length and a dot product`` () =
    let row = Labelled.row 7 embeddings
    let gained = Array.mapi (fun i x -> x * float gain[i]) row
    let length (x: float[]) = sqrt (Array.sumBy (fun v -> v * v) x)

    let biased (x: float[]) =
        Seq.sum (Seq.mapi (fun i v -> v * float bias[i]) x)

    let expected = [
        Length, (length row, 0.0)
        GainedLength, (length gained, 0.0)
        LengthAndBias, (length row, biased row)
        GainedLengthAndBias, (length gained, biased row)
        GainedLengthAndGainedBias, (length gained, biased gained)
    ]

    for score, (first, second) in expected do
        let found = (Norms.terms norm score embeddings)[7]
        fst found |> should (equalWithin 1e-12) first
        snd found |> should (equalWithin 1e-12) second

        (Norms.scores norm score embeddings)[7]
        |> should (equalWithin 1e-12) (first + second)

[<Fact>]
let ``Rows that are normalised already are at no distance from their layer norm`` () =
    let normed = Norm(Array.create 12 1.0f, null, 0.0).Apply embeddings.Values
    let distances = Norms.distances 0.0 { embeddings with Values = normed }

    distances
    |> List.map _.StandIn
    |> should equal [ Original; Centred; Scaled; CentredAndScaled ]

    distances[0].Euclidean.Mean |> should (equalWithin 1e-5) 0.0
    distances[2].Euclidean.Mean |> should (equalWithin 1e-5) 0.0
    distances[0].Cosine.Maximum |> should (equalWithin 1e-9) 0.0

[<Fact>]
let ``The distance of what is centred and scaled is that of a plain loop`` () =
    let rows = [| for i in 0..39 -> Labelled.row i embeddings |]
    let mean = Array.init 12 (fun j -> rows |> Array.averageBy (fun row -> row[j]))
    let length (x: float[]) = sqrt (Array.sumBy (fun v -> v * v) x)
    let factor = sqrt 12.0 / Array.averageBy length rows

    let distance (row: float[]) =
        let centre = Array.average row
        let sd = sqrt (Array.averageBy (fun x -> (x - centre) ** 2.0) row)
        Array.mapi (fun j x -> (x - centre) / sd - factor * (x - mean[j])) row |> length

    (List.last (Norms.distances 0.0 embeddings)).Euclidean.Mean
    |> should (equalWithin 1e-5) (Array.averageBy distance rows)

[<Fact>]
let ``Settings out of range and rows without direction are refused by name`` () =
    let message (work: unit -> 'a) =
        (Assert.ThrowsAny<System.ArgumentException>(fun () -> work () |> ignore)).Message

    for times in [ -1.0; nan; infinity ] do
        message (fun () -> Norms.outliers times [| 1.0; 2.0 |])
        |> should haveSubstring "times"

    message (fun () -> Norms.outliers 5.0 [||]) |> should haveSubstring "values"

    message (fun () -> Norms.distances -1.0 embeddings)
    |> should haveSubstring "epsilon"

    let constant =
        embeddings |> Labelled.mapi (fun i _ value -> if i = 7 then 2.0 else value)

    message (fun () -> Norms.distances 1e-5 constant)
    |> should haveSubstring "Row 7 of embeddings, \"7\""

[<Fact>]
let ``Distances of no rows are refused by our own words`` () =
    let none = Sample.normal (Seed 1UL) 0 4

    let error =
        Assert.Throws<ArgumentException>(fun () -> Norms.distances 0.0 none |> ignore)

    Assert.Contains("rows must be at least 1", error.Message)
