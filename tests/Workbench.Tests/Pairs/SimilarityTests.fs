module Workbench.Tests.SimilarityTests

open Xunit
open FsUnit.Xunit
open Workbench

[<Fact>]
let ``A similarity that depends on distance alone has a Toeplitz share of one`` () =
    // Points on a circle: the cosine of two is that of their distance.
    let circle =
        Labelled.init (Axis.numbered "place" 30) (Axis.numbered "column" 2) (Provenance.computed "circle") (fun i j ->
            let angle = float i / 10.0
            if j = 0 then cos angle else sin angle)

    let toeplitz = circle |> Similarity.cosine Rows |> Similarity.toeplitz
    toeplitz.RSquared |> should (equalWithin 1e-6) 1.0
    toeplitz.LagMeans[9] |> should (equalWithin 1e-6) (cos 1.0)

[<Fact>]
let ``Noise has the Toeplitz share that its number of lags gives`` () =
    // (n - 2) / (pairs - 1) in expectation; the mean of 20.
    let share seed =
        (Sample.normal (Seed seed) 40 30 |> Similarity.cosine Rows |> Similarity.toeplitz).RSquared

    [ for seed in 1UL .. 20UL -> share seed ]
    |> List.average
    |> should (equalWithin 0.012) (38.0 / 779.0)

[<Fact>]
let ``A vector of zeros has no cosine`` () =
    Assert.Throws<System.ArgumentException>(fun () -> Similarity.ofTwo [| 0.0; 0.0 |] [| 1.0; 2.0 |] |> ignore)
    |> ignore

[<Fact>]
let ``Taking out the top directions leaves no mean and no variance along them`` () =
    let matrix =
        Sample.normal (Seed 3UL) 60 8
        |> Labelled.mapi (fun i j value -> value + (if j = 2 then 5.0 * sin (float i) else 1.0))

    let rest = matrix |> Embedding.allButTheTop 1

    for mean in Labelled.columnMeans rest do
        mean |> should (equalWithin 1e-5) 0.0

    let variance j m =
        MathNet.Numerics.Statistics.Statistics.Variance(Labelled.column j m)

    variance 2 rest |> should be (lessThan (0.2 * variance 2 matrix))

[<Fact>]
let ``The sinusoidal encoding is the formula`` () =
    let encoding = Embedding.sinusoidal 50 6

    encoding[7, 2]
    |> should (equalWithin 1e-6f) (float32 (sin (7.0 / 10000.0 ** (2.0 / 6.0))))

    encoding[7, 3]
    |> should (equalWithin 1e-6f) (float32 (cos (7.0 / 10000.0 ** (2.0 / 6.0))))

[<Fact>]
let ``Vectors like a group point towards its mean`` () =
    let matrix =
        Sample.normal (Seed 4UL) 20 50
        |> Labelled.mapi (fun i _ value -> if i < 5 then 1.0 + 0.1 * value else value)

    let towards = matrix |> Embedding.towards [| 0; 1; 2 |]
    Array.min towards[..4] |> should be (greaterThan 0.95)
    Array.max towards[5..] |> should be (lessThan 0.7)

[<Fact>]
let ``Lengths that stand apart are found by the median rule`` () =
    [| 1.0; 1.1; 0.9; 1.05; 9.0 |] |> Norms.outliers 5.0 |> should equal [| 4 |]
