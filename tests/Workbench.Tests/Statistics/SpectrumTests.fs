module Workbench.Tests.SpectrumTests

open System
open Xunit
open FsUnit.Xunit
open Workbench

[<Fact>]
let ``A pure tone has its power at its own frequency and nowhere else`` () =
    let tone =
        Array.init 128 (fun t -> 3.0 + 2.0 * cos (2.0 * Math.PI * 5.0 * float t / 128.0))

    let spectrum = Spectrum.ofValues tone
    spectrum.Peak |> should (equalWithin 1e-12) (5.0 / 128.0)
    spectrum.FisherG |> should (equalWithin 1e-9) 1.0
    // 2|X|²/n with |X| = A n / 2: A² n / 2.
    spectrum.Density[5] |> should (equalWithin 1e-9) (4.0 * 128.0 / 2.0)

[<Fact>]
let ``The powers sum to the variance, as Parseval says`` () =
    let values = Sample.normal (Seed 2UL) 1 101 |> Labelled.row 0
    let spectrum = Spectrum.ofValues values

    Array.sum spectrum.Density / 101.0
    |> should (equalWithin 1e-9) (MathNet.Numerics.Statistics.Statistics.PopulationVariance values)

[<Fact>]
let ``Noise is rarely periodic: p-values are uniform`` () =
    for length in [ 7; 64; 101 ] do
        (Calibration.uniformity Continuous 1000 (Seed 3UL) (fun seed ->
            (Spectrum.ofValues (Labelled.column 0 (Sample.normal seed length 1))).P))
            .Verdict
        |> should equal Uniform

[<Fact>]
let ``A constant has no spectrum, whatever the constant and however long`` () =
    for constant in [ 0.1; 0.3; -7e-9; 1e15; 0.0; 1e-310; 1.7e308 ] do
        for length in [ 3; 20; 100; 567; 1000 ] do
            let spectrum = Spectrum.ofValues (Array.create length constant)
            spectrum.FisherG |> should be NaN
            spectrum.Peak |> should be NaN
            spectrum.P |> should be NaN
            string spectrum |> should haveSubstring "constant"
            spectrum.Density |> should equal (Array.zeroCreate<float>(length / 2 + 1))

[<Fact>]
let ``A constant and its smallest change is no constant`` () =
    let spectrum =
        Spectrum.ofValues [| for t in 0..99 -> if t = 40 then Math.BitIncrement 0.1 else 0.1 |]

    spectrum.FisherG |> should be (greaterThan 0.0)

[<Fact>]
let ``A pure tone has the smallest p and never zero`` () =
    for length in [ 8; 100; 4096 ] do
        let tone =
            Array.init length (fun t -> cos (2.0 * Math.PI * float t / float length + 0.3))

        let p = (Spectrum.ofValues tone).P
        p |> should be (greaterThan 0.0)
        p |> should be (lessThan 1e-15)

[<Fact>]
let ``Values that repeat cannot be Gaussian noise and get no p, which a permutation test gives`` () =
    let signs = [| 1.0; 1.0; -1.0; 1.0; 1.0; -1.0 |]
    let spectrum = Spectrum.ofValues signs
    spectrum.FisherG |> should (equalWithin 1e-12) 1.0
    spectrum.P |> should be NaN

    (Spectrum.ofValues [| 1.0; 1.0; 1.0; 1.0; -1.0; 1.0; 1.0; 1.0; 1.0 |]).P
    |> should be NaN

    let column =
        Labelled.init (Axis.numbered "step" 6) (Axis.numbered "series" 1) (Provenance.computed "signs") (fun i _ ->
            signs[i])

    let g =
        Statistic.named "g" (fun matrix ->
            // Less what rounding does, so that equal orders tie.
            Math.Round((Spectrum.ofValues (Labelled.column 0 matrix)).FisherG, 9))

    // Of the 15 orders of four ones and two others three have the period 3.
    (column |> Workbench.Null.distribution (Seed 1UL) 1999 g WithinColumns).P
    |> should (equalWithin 0.04) 0.2

[<Fact>]
let ``Values rounded to a grid as fine as half precision keep their p`` () =
    let values = Sample.normal (Seed 9UL) 1 500 |> Labelled.row 0
    let rounded = values |> Array.map (fun x -> float (Half.op_Explicit x: Half))
    (Array.distinct rounded).Length |> should be (lessThan 500)

    (Spectrum.ofValues rounded).P
    |> should (equalWithin 0.01) (Spectrum.ofValues values).P

[<Fact>]
let ``Values whose squares leave the range of a double are refused with the cure`` () =
    let message scale =
        Assert
            .Throws<ArgumentException>(fun () ->
                Sample.normal (Seed 2UL) 1 30
                |> Labelled.row 0
                |> Array.map (fun x -> x * scale)
                |> Spectrum.ofValues
                |> ignore)
            .Message

    message 1e200 |> should haveSubstring "scale them down"
    message 1e-200 |> should haveSubstring "scale them up"

[<Fact>]
let ``Two values are too few for a spectrum`` () =
    Assert.Throws<ArgumentException>(fun () -> Spectrum.ofValues [| 1.0; 2.0 |] |> ignore).Message
    |> should haveSubstring "at least 3"

[<Fact>]
let ``Values that go up and down at every step are not called constant`` () =
    let spectrum = Spectrum.ofValues [| 1.0; 2.0; 1.0; 2.0; 1.0; 2.0; 1.0; 2.0 |]
    Assert.True(Double.IsNaN spectrum.FisherG)
    Assert.Contains("up and down", spectrum.Display)

[<Fact>]
let ``Values that go up and down at every step have no g of rounding, whatever they are and however many`` () =
    for a, b in [ 1.0, 2.0; 0.1, 0.3; -7e-9, 1e5; 1e15, 1e15 + 2.0; 1e-100, 3e-100 ] do
        for length in [ 4; 6; 8; 10; 14; 100; 566; 1000; 1024 ] do
            let spectrum =
                Spectrum.ofValues (Array.init length (fun i -> if i % 2 = 0 then a else b))

            spectrum.FisherG |> should be NaN
            spectrum.Peak |> should be NaN
            spectrum.P |> should be NaN

[<Fact>]
let ``A weak tone beside values that go up and down is found`` () =
    let values =
        Array.init 64 (fun i -> float (i % 2) + 1e-9 * sin (2.0 * Math.PI * 5.0 * float i / 64.0))

    let spectrum = Spectrum.ofValues values
    spectrum.Peak |> should equal (5.0 / 64.0)
    Assert.True(spectrum.FisherG > 0.999)

[<Fact>]
let ``A column that is not finite is refused as any argument is, and its row named`` () =
    let matrix =
        Sample.normal (Seed 1UL) 9 3
        |> Labelled.mapi (fun i j value -> if i = 3 && j = 2 then nan else value)

    Assert.Throws<System.ArgumentException>(fun () -> Spectrum.ofColumns matrix |> ignore)
    |> _.Message
    |> should haveSubstring "row 3, \"3\", holds NaN in column 2"
