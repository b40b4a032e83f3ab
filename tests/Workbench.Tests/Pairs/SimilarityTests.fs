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
    let message x y =
        Assert.Throws<System.ArgumentException>(fun () -> Similarity.ofTwo x y |> ignore).Message

    message [| 0.0; 0.0 |] [| 1.0; 2.0 |] |> should haveSubstring "x is all zero"
    message [| 1.0; 2.0 |] [| 0.0; 0.0 |] |> should haveSubstring "y is all zero"
    message [| 1.0; 2.0 |] [| 0.0; nan |] |> should haveSubstring "y must be finite"

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

[<Fact>]
let ``Similarities that are all equal have no variance for the lag to explain`` () =
    for constant, columns in [ 1.0, 3; 0.1, 3; 7e5, 3; 0.37, 768 ] do
        let same =
            Labelled.init
                (Axis.numbered "place" 9)
                (Axis.numbered "column" columns)
                (Provenance.computed "collinear")
                (fun i j -> constant * sin (float (j + 1)) * float (i + 1))

        // Their cosines are 1 but for rounding.
        (same |> Similarity.cosine Rows |> Similarity.toeplitz).RSquared
        |> should be NaN

let labelled rows columns value =
    Labelled.init
        (Axis.labelled "row" (Array.init rows (fun i -> $"r{i}")))
        (Axis.numbered "column" columns)
        (Provenance.computed "test")
        value

let message (work: unit -> 'a) =
    (Assert.ThrowsAny<System.ArgumentException>(fun () -> work () |> ignore)).Message

[<Fact>]
let ``What low rank leaves without its top directions is zero, and has no cosines`` () =
    let rank2 =
        labelled 10 6 (fun i j -> float (i * (j + 1)) + float ((i * i) % 5) * float (j * j))

    let rest = rank2 |> Embedding.allButTheTop 2
    rest.Values.ToArray() |> should equal (Array.zeroCreate<float32> 60)

    message (fun () -> rest |> Similarity.cosine Rows |> Pairs.fold Fold.moments)
    |> should haveSubstring "not defined for 10 of 10 vectors"

    (rank2 |> Embedding.allButTheTop 1).Values.ToArray()
    |> Array.exists ((<>) 0.0f)
    |> should equal true

[<Fact>]
let ``Rows without direction or with NaN are named by what looks along a group`` () =
    let zero = labelled 5 3 (fun i j -> if i = 2 then 0.0 else float (i + j + 1))

    message (fun () -> Embedding.towards [| 0 |] zero)
    |> should haveSubstring "\"r2\", is all zero"

    let spoilt =
        labelled 5 3 (fun i j -> if i = 2 && j = 1 then nan else float (i * j + 1))

    message (fun () -> Embedding.towards [| 0 |] spoilt)
    |> should haveSubstring "row 2, \"r2\""

    message (fun () -> Embedding.allButTheTop 1 spoilt)
    |> should haveSubstring "row 2, \"r2\""

    let opposite = labelled 2 3 (fun i _ -> if i = 0 then 1.0 else -1.0)

    message (fun () -> Embedding.towards [| 0; 1 |] opposite)
    |> should haveSubstring "no direction"

    message (fun () -> Embedding.towards [| 7 |] opposite)
    |> should haveSubstring "between 0 and 1"

[<Fact>]
let ``Principal angles are the angles between the planes in which rows differ`` () =
    // Rows spread over the plane of e1 and e2, and over that of e1 and cos(t) e2 + sin(t) e3, each around its own mean.
    let table mean (t: float) =
        labelled 40 5 (fun i j ->
            let x, y = 3.0 * sin (float (7 * i)), cos (float (11 * i))
            mean + [| x; y * cos t; y * sin t; 0.0; 0.0 |][j])

    for t in [ 0.0; 1e-3; 0.4; 1.2; System.Math.PI / 2.0 ] do
        let angles = Embedding.principalAngles 2 (table 5.0 0.0) (table -3.0 t)
        angles |> should haveLength 2
        angles[0] |> should (equalWithin 1e-6) t
        angles[1] |> should (equalWithin 1e-6) 0.0

[<Fact>]
let ``Principal angles are refused where a table does not vary in so many directions`` () =
    let some = Sample.normal (Seed 5UL) 9 4

    message (fun () -> Embedding.principalAngles 3 (Labelled.selectRows [| 0..2 |] some) some)
    |> should haveSubstring "between 1 and 2"

    let line = labelled 9 4 (fun i j -> float (i * (j + 1)))

    message (fun () -> Embedding.principalAngles 2 some line)
    |> should haveSubstring "second vary in 1 directions"

[<Fact>]
let ``The cosine of two vectors does not depend on how long they are`` () =
    for scale in [ 1e-300; 2e-162; 1e-100; 1.0; 1e100; 1e200; 1e307 ] do
        let x, y = [| 3.0 * scale; 4.0 * scale |], [| 4.0 * scale; 3.0 * scale |]
        Similarity.ofTwo x y |> should (equalWithin 1e-12) 0.96
