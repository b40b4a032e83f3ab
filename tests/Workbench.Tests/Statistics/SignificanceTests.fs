module Workbench.Tests.SignificanceTests

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
