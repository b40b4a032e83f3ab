module Workbench.Tests.SignificanceTests

open System
open Xunit
open FsCheck
open FsUnit.Xunit
open Workbench

[<Fact>]
let ``The smallest p-value of m draws is 1 over m + 1, never zero`` () =
    Significance.pValue Greater 10.0 [| 1.0; 2.0; 3.0 |] |> should equal 0.25

[<Fact>]
let ``Draws equal to the observed value count against it`` () =
    Significance.pValue Greater 2.0 [| 1.0; 2.0; 3.0 |] |> should equal 0.75
    Significance.pValue Less 2.0 [| 1.0; 2.0; 3.0 |] |> should equal 0.75

[<Fact>]
let ``Two-sided p-values ignore the sign`` () =
    Significance.pValue TwoSided -2.5 [| 1.0; -3.0; 3.0 |] |> should equal 0.75

[<Fact>]
let ``What is not a number has no p-value`` () =
    for tail in [ Greater; Less; TwoSided ] do
        Significance.pValue tail nan [| 1.0 .. 99.0 |] |> should be NaN
        Significance.pValue tail 0.0 (Array.create 99 nan) |> should be NaN


        for p in Significance.maxT StepDown tail [ 1.0, [| 1.0; nan |]; 2.0, [| 0.0; 0.0 |] ] do
            p |> should be NaN

[<Fact>]
let ``Draws that differ from the observed value by rounding count against it`` () =
    Significance.pValue Greater 0.3 [| 0.1 + 0.2; 0.3 - 1e-16; 0.0; 0.0 |]
    |> should equal 0.6

    Significance.pValue Less -0.3 [| -0.3 + 1e-16; 0.0; 0.0; 0.0 |]
    |> should equal 0.4

[<Fact>]
let ``p-values out of range are refused with their place`` () =
    for adjust in
        [
            Significance.benjaminiHochberg
            Significance.benjaminiYekutieli
            Significance.holm
            Significance.bonferroni
        ] do
        for wrong in [ -0.1; 1.1; nan ] do
            let error =
                Assert.Throws<System.ArgumentException>(fun () -> adjust [| 0.5; wrong |] |> ignore)

            error.Message |> should haveSubstring "between 0 and 1, but value 1 is"

/// Statistics of several tests with their draws, from small whole numbers, so that there are ties.
let private tests (seed: int) =
    let values = Sample.normal (Seed(uint64 (abs seed))) 5 21

    [
        for test in 0..4 ->
            let row = Labelled.row test values |> Array.map (fun x -> round (2.0 * x)) in row[0], Array.tail row
    ]

[<Fact>]
let ``maxT is the plain loop over draws: against all tests, or against those that are left`` () =
    Check.QuickThrowOnFailure(fun seed ->
        let tests = tests seed

        let share observed rest =
            let larger = [
                for draw in 0..19 ->
                    if
                        (rest |> List.map (fun (_, draws: float[]) -> draws[draw]) |> List.max)
                        >= observed
                    then
                        1
                    else
                        0
            ]

            float (1 + List.sum larger) / 21.0

        let single =
            tests |> List.map (fun (observed, _) -> share observed tests) |> Array.ofList

        let order =
            tests |> List.indexed |> List.sortBy (fun (_, (observed, _)) -> -observed)

        let down = Array.zeroCreate 5
        let mutable before = 0.0

        for rank in 0..4 do
            let test, (observed, _) = order[rank]
            before <- max before (share observed (order |> List.skip rank |> List.map snd))
            down[test] <- before

        let found = Significance.maxT StepDown Greater tests

        Significance.maxT SingleStep Greater tests = single
        && found = down
        && Array.forall2 (<=) found single)

[<Fact>]
let ``maxT of draws that do not go together is refused, and of no test is nothing`` () =
    Significance.maxT StepDown Greater [] |> should be Empty

    Assert.Throws<System.ArgumentException>(fun () ->
        Significance.maxT SingleStep Greater [ 1.0, [| 1.0 |]; 2.0, [| 0.0; 0.0 |] ]
        |> ignore)
    |> ignore

[<WeightsFact "reference/stats">]
let ``maxT gives the p-values of the formula of Westfall and Young, in one step and step by step`` () =
    for name in [ "max_t.n8_m3"; "max_t.n20_m12" ] do
        let case = Stats.case name

        let numbers (key: string) = [|
            for value in case.GetProperty("expected").GetProperty(key).EnumerateArray() -> value.GetDouble()
        |]

        let part (key: string) =
            Stats.input (string (case.GetProperty("inputs").GetProperty key))

        let orders = [
            for order in case.GetProperty("parameters").GetProperty("permutations").EnumerateArray() ->
                [| for i in order.EnumerateArray() -> i.GetInt32() |]
        ]

        let x, y = part "x", part "y"
        let first = [| for i in 0 .. x.Rows * x.Columns - 1 -> float (x.ToArray()[i]) |]
        let column j = [| for i in 0 .. y.Rows - 1 -> float y[i, j] |]

        let tests = [
            for j in 0 .. y.Columns - 1 ->
                let r order =
                    MathNet.Numerics.Statistics.Correlation.Pearson(order |> Array.map (Array.get first), column j)
                // The identity is the first of the listed orders: it is the observed value, and no draw.
                r orders.Head, orders.Tail |> List.map r |> Array.ofList
        ]

        for steps, key in [ SingleStep, "p_single_step"; StepDown, "p_step_down" ] do
            Array.forall2 (fun p q -> abs (p - q) < 1e-9) (Significance.maxT steps TwoSided tests) (numbers key)
            |> should equal true

[<Fact>]
let ``Adjusted p-values keep the order and never fall below the raw ones`` () =
    let unit (values: NormalFloat[]) =
        values |> Array.map (fun (NormalFloat x) -> abs x - floor (abs x))

    Check.QuickThrowOnFailure(fun values ->
        let p = unit values

        [
            Significance.benjaminiHochberg
            Significance.benjaminiYekutieli
            Significance.holm
            Significance.bonferroni
        ]
        |> List.forall (fun adjust ->
            let q = adjust p
            let order = Array.init p.Length id |> Array.sortBy (fun i -> p[i])

            Array.forall2 (fun raw adjusted -> adjusted >= raw - 1e-15 && adjusted <= 1.0) p q
            && order |> Array.pairwise |> Array.forall (fun (a, b) -> q[a] <= q[b] + 1e-15)))

[<Fact>]
let ``Benjamini and Hochberg's own definition gives the same rejections`` () =
    // Reject the k smallest, k the largest rank with p(k) <= k q / n.
    Check.QuickThrowOnFailure(fun (NonEmptyArray values: NonEmptyArray<NormalFloat>) ->
        let p = values |> Array.map (fun (NormalFloat x) -> abs x - floor (abs x))
        let sorted = Array.sort p
        let level = 0.3

        let accepted =
            seq { 1 .. p.Length }
            |> Seq.filter (fun k -> sorted[k - 1] <= float k * level / float p.Length)

        let rejected = if Seq.isEmpty accepted then 0 else Seq.max accepted

        let byQ =
            Significance.benjaminiHochberg p
            |> Array.filter (fun q -> q <= level + 1e-15)
            |> Array.length

        byQ >= rejected
        && (byQ = rejected || sorted[rejected] - sorted[max 0 (rejected - 1)] < 1e-12))

[<Fact>]
let ``Infinite draws count against an infinite value`` () =
    Significance.pValue Greater infinity [| infinity; 1.0; infinity |]
    |> should equal 0.75

    Significance.pValue Less -infinity [| -infinity; 1.0; 2.0 |] |> should equal 0.5
    Significance.pValue Greater infinity [| 1.0; 2.0; 3.0 |] |> should equal 0.25

[<Fact>]
let ``Tests of different numbers of draws are refused by the argument that holds them`` () =
    let error =
        Assert.Throws<ArgumentException>(fun () ->
            Significance.maxT StepDown Greater [ 3.0, [| 1.0; 2.0 |]; 1.5, [| 0.0 |] ]
            |> ignore)

    error.ParamName |> should equal "tests"
    error.Message |> should haveSubstring "Test 0 has 2 draws and test 1 has 1"

[<Fact>]
let ``Equal draws have no spread, whatever their mean rounds to, and large ones are measured in full`` () =
    Significance.effect 5.0 [| 0.1; 0.1; 0.1 |] |> should equal infinity
    Significance.effect 0.7 (Array.create 10 0.7) |> should be NaN
    Significance.effect 1e200 [| 1e200; 2e200; 3e200 |] |> should equal -1.0
