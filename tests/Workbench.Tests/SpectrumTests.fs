module Workbench.Tests.SpectrumTests

open Xunit
open FsUnit.Xunit
open Workbench

// Closed forms: two ordinates give p = 2(1 − g) for g ≥ 1/2, three give 3(1 − g)² for g ≥ 1/2.
[<Theory>]
[<InlineData(2, 0.5, 1.0)>]
[<InlineData(2, 0.75, 0.5)>]
[<InlineData(3, 0.5, 0.75)>]
[<InlineData(3, 0.9, 0.03)>]
let ``Fisher's p for few ordinates is the closed form`` m g p =
    Spectrum.fisherP m g |> should (equalWithin 1e-12) p

[<Fact>]
let ``Fisher's p stays exact where a sum in doubles cancels to nonsense`` () =
    // mpmath with 80 + m digits.
    Spectrum.fisherP 511 0.009 |> should (equalWithin 1e-12) 0.9969033864356551

    Spectrum.fisherP 511 0.1 / 2.3555954902056868e-21
    |> should (equalWithin 1e-9) 1.0

[<Fact>]
let ``Fisher's p falls as g grows`` () =
    let p = [ for g in 0.01..0.01..0.99 -> Spectrum.fisherP 63 g ]
    List.pairwise p |> List.forall (fun (a, b) -> a >= b) |> should equal true

[<Fact>]
let ``A share outside 0 to 1 is refused`` () =
    Assert.Throws<System.ArgumentException>(fun () -> Spectrum.fisherP 7 1.5 |> ignore).Message
    |> should haveSubstring "1.5"
