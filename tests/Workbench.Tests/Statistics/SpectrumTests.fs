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
    // 400 sequences; the share of p <= 0.1 has standard error 0.015.
    let spectra = Sample.normal (Seed 3UL) 64 400 |> Spectrum.ofColumns

    spectra
    |> Array.filter (fun spectrum -> spectrum.P <= 0.1)
    |> Array.length
    |> should be (inRange 16 64)

[<Fact>]
let ``Two values are too few for a spectrum`` () =
    Assert.Throws<ArgumentException>(fun () -> Spectrum.ofValues [| 1.0; 2.0 |] |> ignore).Message
    |> should haveSubstring "at least 3"
