module Workbench.Tests.CalibrationTests

open System
open Xunit
open FsCheck
open FsUnit.Xunit
open Workbench
open Planted

/// An observed number among 99 others, all of one distribution: the p-value that `judge` makes of how many of the
/// others are at least as large.
let experiment (judge: int -> float) (seed: Seed) =
    let all = Sample.normal seed 100 1 |> Labelled.column 0

    all
    |> Array.tail
    |> Array.filter (fun other -> other >= all[0])
    |> Array.length
    |> judge

let right extreme = float (extreme + 1) / 100.0

let ofValues grid p = Calibration.ofValues grid (Seed 1UL) p

/// A value on a grid of n for any whole number.
let onGrid n (value: int) = float (1 + abs (value % n)) / float n

let binomial runs chance hits =
    let choose =
        Seq.fold (fun product k -> product * float (runs - k) / float (k + 1)) 1.0 (seq { 0 .. hits - 1 })

    choose * chance ** float hits * (1.0 - chance) ** float (runs - hits)

[<Theory>]
[<InlineData(7, 20)>]
[<InlineData(1, 50)>]
[<InlineData(49, 50)>]
let ``At each end of Clopper and Pearson's interval as extreme a count has a chance of a fortieth``
    (hits: int)
    (runs: int)
    =
    let low, high = { Hits = hits; Runs = runs }.Interval

    Seq.sumBy (binomial runs low) (seq { hits..runs })
    |> should (equalWithin 1e-9) 0.025

    Seq.sumBy (binomial runs high) (seq { 0..hits })
    |> should (equalWithin 1e-9) 0.025

[<Fact>]
let ``The interval of what never or always happened ends at 0 or 1`` () =
    // 1 − 0.025^(1/n), the rule behind "three in n".
    let none, all =
        { Hits = 0; Runs = 100 }.Interval, { Hits = 100; Runs = 100 }.Interval

    fst none |> should equal 0.0
    snd none |> should (equalWithin 1e-12) (1.0 - 0.025 ** 0.01)
    fst all |> should (equalWithin 1e-12) (0.025 ** 0.01)
    snd all |> should equal 1.0

[<Fact>]
let ``On a grid the distance is the largest difference of shares over its values`` () =
    Check.QuickThrowOnFailure(fun (NonEmptyArray values: NonEmptyArray<int>) ->
        let p = values |> Array.map (onGrid 20)

        let slow =
            Seq.max (
                seq {
                    for step in 1..20 ->
                        let place = float step / 20.0

                        let share =
                            float (p |> Array.filter (fun p -> p <= place + 1e-12)).Length / float p.Length

                        abs (share - place)
                }
            )

        abs ((ofValues (OnGrid 20) p).Distance - slow) < 1e-12)

[<Fact>]
let ``A distance of 1.358 over the root of n is the limit of nineteen in twenty`` () =
    // Kolmogorov's own limit at 5 %; Massart's bound is all but equal to it there.
    let n = 1000
    let limit = 1.358 / sqrt (float n)
    let shifted = [| for i in 1..n -> max 0.0 (float i / float n - limit) |]
    let found = ofValues Continuous shifted
    found.Distance |> should (equalWithin 1e-9) limit
    found.DistanceP |> should (equalWithin 1e-3) 0.05

[<Fact>]
let ``Without a grid the distance is that of scipy.stats.kstest`` () =
    // kstest([0.1, 0.4, 0.7], "uniform"): the steps at 0.1, 0.4 and 0.7 end at 1/3, 2/3 and 1.
    (ofValues Continuous [| 0.7; 0.1; 0.4 |]).Distance
    |> should (equalWithin 1e-12) 0.3

    (ofValues Continuous [| 0.9; 0.8; 1.0 |]).Distance
    |> should (equalWithin 1e-12) 0.8

[<Fact>]
let ``Tenths of a grid that ten does not divide expect as many as they have values`` () =
    let cells = (ofValues (OnGrid 25) [| 0.04; 1.0; 0.12; 0.08 |]).Cells
    cells |> Array.map fst |> should equal [| 3; 0; 0; 0; 0; 0; 0; 0; 0; 1 |]
    cells |> Array.sumBy snd |> should (equalWithin 1e-12) 4.0

    cells
    |> Array.map snd
    |> Array.distinct
    |> Array.sort
    |> should equal [| 0.32; 0.48 |]

[<Fact>]
let ``With three cells the tail of χ² is an exponential`` () =
    Check.QuickThrowOnFailure(fun (NonEmptyArray values: NonEmptyArray<int>) ->
        let found = values |> Array.map (onGrid 3) |> ofValues (OnGrid 3)

        let slow =
            Seq.sum (
                seq {
                    for cell in 1..3 ->
                        let count =
                            values |> Array.filter (fun value -> 1 + abs (value % 3) = cell) |> Array.length

                        let expected = float values.Length / 3.0
                        (float count - expected) ** 2.0 / expected
                }
            )

        abs (found.ChiSquare - slow) < 1e-9
        && abs (found.ChiSquareP - exp (-slow / 2.0)) < 1e-9)

[<Fact>]
let ``A level that is a value of the grid is reached, one between two values is not`` () =
    let found = ofValues (OnGrid 20) [| 0.05; 1.0 |]
    found.Chance 0.05 |> should equal 0.05
    found.Chance 0.09 |> should equal 0.05
    found.Chance 0.01 |> should equal 0.0
    (found.AtMost 0.05).Hits |> should equal 1

[<Fact>]
let ``(b + 1)/(m + 1) is found uniform, and what is often written instead is not`` () =
    let verdict grid judge =
        (Calibration.uniformity grid 1000 (Seed 3UL) (experiment judge)).Verdict

    verdict (OnGrid 100) right |> should equal Uniform
    // b/m: zero, as often as once in a hundred.
    verdict (OnGrid 99) (fun extreme -> float extreme / 99.0)
    |> should equal AntiConservative
    // The tail that happens to be the smaller one.
    verdict (OnGrid 100) (fun extreme -> min (right extreme) (right (99 - extreme)))
    |> should equal AntiConservative
    // One tail twice.
    verdict (OnGrid 100) (fun extreme -> min 1.0 (2.0 * right extreme))
    |> should equal Conservative
    // Right at the small end only.
    verdict (OnGrid 100) (fun extreme -> min 0.75 (right extreme))
    |> should equal Uneven

[<Fact>]
let ``Of 400 calibrations of perfect p-values hardly any raises an alarm`` () =
    let perfect (Seed number) =
        (Sample.normal (Seed number) 1 1)[0, 0]
        |> float
        |> fun z -> MathNet.Numerics.Distributions.Normal.CDF(0.0, 1.0, z)

    let alarms =
        [ 1UL .. 400UL ]
        |> List.filter (fun seed -> (Calibration.uniformity Continuous 200 (Seed seed) perfect).Verdict <> Uniform)
    // At most seven looks at a thousandth each: 400 · 0.007 = 2.8.
    alarms.Length |> should be (lessThan 9)

[<Fact>]
let ``p-values off the grid, and none at all, are refused by name`` () =
    let message (work: unit -> Uniformity) =
        (Assert.Throws<ArgumentException>(fun () -> work () |> ignore)).Message

    message (fun () -> ofValues (OnGrid 99) [| 0.01 |])
    |> should haveSubstring "multiple of 1/99"

    message (fun () -> ofValues Continuous [| 1.2 |])
    |> should haveSubstring "between 0 and 1, but one is 1.2"

    message (fun () -> ofValues Continuous [| nan |]) |> should haveSubstring "NaN"

    message (fun () -> ofValues Continuous [||])
    |> should haveSubstring "at least one"

[<Fact>]
let ``The same seed gives the same p-values, and more runs only add to fewer`` () =
    let p runs seed =
        (Calibration.uniformity (OnGrid 100) runs (Seed seed) (experiment right)).P

    p 50 7UL |> should equal (p 50 7UL)
    p 80 7UL |> Array.truncate 50 |> should equal (p 50 7UL)
    p 50 8UL |> should not' (equal (p 50 7UL))

[<Fact>]
let ``A recovery states its error and how sure it is of it`` () =
    let mean (seed: Seed) =
        Sample.normal seed 100 1
        |> Labelled.column 0
        |> Array.averageBy (fun x -> x + 2.0)

    let found = Calibration.recovery "mean" 2.0 200 (Seed 5UL) mean
    let average = Array.sum found.Estimates / 200.0
    let square = found.Estimates |> Array.sumBy (fun x -> (x - average) ** 2.0)
    found.Bias |> should (equalWithin 1e-12) (average - 2.0)
    found.Sd |> should (equalWithin 1e-12) (sqrt (square / 199.0))
    found.StandardError |> should (equalWithin 1e-12) (found.Sd / sqrt 200.0)
    // Means of a hundred have a standard deviation of a tenth.
    found.Sd |> should (equalWithin 0.02) 0.1
    abs found.Bias |> should be (lessThan (4.0 * found.StandardError))

[<Fact>]
let ``Lists that are given twice are as coherent as once, with the same p`` () =
    let settings, seed = PlantedGpt2.Default, Seed 5UL
    let words = PlantedGpt2.words settings seed

    let space =
        Coherence.space (PlantedGpt2.wordVectors settings seed) (Axis.labelled "token" words)

    let lists = [ for list in 1UL .. 6UL -> Sample.without (Seed list) 5 words.Length ]
    let once = (Coherence.ofGroups seed 99 space lists).Value
    let twice = (Coherence.ofGroups seed 99 space (lists @ lists)).Value
    twice.P |> should equal once.P
    twice.Z |> should (equalWithin 1e-9) once.Z
    twice.Groups |> should equal 12

[<Fact>]
let ``A list of all words that there are says nothing, and beside others is left out`` () =
    let settings, seed = PlantedGpt2.Default, Seed 5UL
    let words = PlantedGpt2.words settings seed

    let space =
        Coherence.space (PlantedGpt2.wordVectors settings seed) (Axis.labelled "token" words)

    let all, some = [| 0 .. words.Length - 1 |], [| 0..4 |]
    Coherence.ofGroups seed 99 space [ all ] |> should equal None

    Coherence.ofGroups seed 99 space [ all; some ]
    |> should equal (Coherence.ofGroups seed 99 space [ some ])

    (Coherence.ofGroups seed 99 space [ some ]).Value.Groups |> should equal 1

[<Theory; InlineData(1); InlineData(0); InlineData(-1)>]
let ``A grid of fewer than two values is refused`` (n: int) =
    let error =
        Assert.Throws<ArgumentException>(fun () -> ofValues (OnGrid n) [| 1.0 |] |> ignore)

    Assert.Contains("at least 2 values", error.Message)

[<Fact>]
let ``Runs that give different numbers of p-values are refused`` () =
    let experiment (Seed seed) = List.replicate (int (seed % 2UL)) 0.5

    let error =
        Assert.Throws<ArgumentException>(fun () ->
            Calibration.uniformities Continuous 20 (Seed 1UL) experiment |> ignore)

    Assert.Contains("as many p-values", error.Message)
