module Workbench.Tests.ProjectionTests

open System
open Xunit
open FsUnit.Xunit
open MathNet.Numerics.LinearAlgebra
open Workbench
open Workbench.Core.Decompositions
open Workbench.Core.Manifolds

/// Five groups of 40 points around corners of a simplex in 12 dimensions.
let points =
    let noise = Sample.normal (Seed 4UL) 200 12

    noise
    |> Labelled.mapi (fun i j value -> 0.3 * value + (if j = i % 5 then 4.0 else 0.0))

let settings =
    UmapSettings(Components = 3, Neighbours = 10, Epochs = 60, Seed = 8UL)

let map = Projection.umap settings points

let further =
    Labelled.selectRows [| 3; 50; 120 |] points
    |> Labelled.mapi (fun _ _ value -> value + 0.01)

let bits (matrix: Labelled) = matrix.Values.ToArray()

[<Fact>]
let ``The same seed gives the same bits and another seed another layout`` () =
    let again = Projection.umap settings points
    bits again.Layout |> should equal (bits map.Layout)

    bits (Projection.transform again further)
    |> should equal (bits (Projection.transform map further))

    let other = UmapSettings(Components = 3, Neighbours = 10, Epochs = 60, Seed = 9UL)

    bits (Projection.umap other points).Layout
    |> should not' (equal (bits map.Layout))

[<Fact>]
let ``A row's place does not depend on the rows that come with it`` () =
    let all = Projection.transform map further

    for i in 0..2 do
        Projection.transform map (Labelled.selectRows [| i |] further)
        |> Labelled.row 0
        |> should equal (Labelled.row i all)

[<Fact>]
let ``Principal components are the projection on the right singular vectors, up to sign`` () =
    let centred = Labelled.centre points
    let svd = Matrix<float>.Build.Dense(200, 12, fun i j -> float centred[i, j]).Svd()
    let found = Projection.pca 3 points

    for c in 0..2 do
        let expected = Array.init 200 (fun i -> svd.U[i, c] * svd.S[c])
        let column = Labelled.column c found.Layout

        let sign =
            float (sign (Array.fold2 (fun sum a b -> sum + a * b) 0.0 expected column))

        Array.iter2 (fun a b -> b |> should (equalWithin 1e-4) (sign * a)) expected column

    let squares = svd.S |> Seq.map (fun s -> s * s) |> Array.ofSeq

    (Projection.varianceKept found).Value
    |> should (equalWithin 1e-6) (Array.sum (Array.truncate 3 squares) / Array.sum squares)

[<Fact>]
let ``Principal components place their own rows where they are`` () =
    let found = Projection.pca 2 points
    bits (Projection.transform found points) |> should equal (bits found.Layout)
    found.Seed |> should equal None
    Projection.varianceKept map |> should equal None

[<Fact>]
let ``As many components as dimensions keep every neighbour`` () =
    let quality = points |> Projection.pca 12 |> Projection.quality 10
    quality.Trustworthiness |> should (equalWithin 1e-6) 1.0
    quality.Continuity |> should (equalWithin 1e-6) 1.0
    quality.NeighboursKept |> should (equalWithin 1e-3) 1.0

[<Fact>]
let ``A layout of groups is trustworthy and one of strangers is not`` () =
    (Projection.quality 10 map).Trustworthiness |> should be (greaterThan 0.9)

    let strangers = {
        map with
            Layout = Labelled.selectRows (Sample.permutation (Seed 1UL) 200) map.Layout
    }

    (Projection.quality 10 strangers).Trustworthiness
    |> should (equalWithin 0.1) 0.5

[<Fact>]
let ``Aligning agrees with Procrustes and takes further rows along`` () =
    let other =
        Projection.umap (UmapSettings(Components = 3, Neighbours = 10, Epochs = 60, Seed = 9UL)) points

    let aligned = Projection.align map other
    let expected = Procrustes.Align(other.Layout.Values, map.Layout.Values)

    Array.iter2
        (fun (a: float32) (b: float32) -> b |> should (equalWithin 1e-4f) a)
        (expected.ToArray())
        (bits aligned.Layout)

    // Placed before or after: the ratio of two distances is the same.
    let ratio projection =
        let placed = Projection.transform projection further

        let distance i j =
            Array.fold2 (fun sum a b -> sum + (a - b) ** 2.0) 0.0 (Labelled.row i placed) (Labelled.row j placed)

        distance 0 1 / distance 0 2

    ratio aligned |> should (equalWithin 1e-3) (ratio other)

[<Fact>]
let ``A layout aligned with a turned, mirrored and scaled copy of itself meets it`` () =
    let turned = {
        map with
            Layout =
                Labelled.init map.Layout.Rows map.Layout.Columns map.Layout.Provenance (fun i j ->
                    7.0 + 2.5 * float map.Layout[i, (j + 1) % 3] * (if j = 0 then -1.0 else 1.0))
    }

    let aligned = Projection.align turned map

    Array.iter2
        (fun (a: float32) (b: float32) -> b |> should (equalWithin 1e-3f) a)
        (bits turned.Layout)
        (bits aligned.Layout)

[<Fact>]
let ``Layouts of other seeds are what fitting with those seeds gives, aligned`` () =
    let again = Projection.reseed [ Seed 9UL ] map |> List.exactlyOne

    let fresh =
        Projection.umap (UmapSettings(Components = 3, Neighbours = 10, Epochs = 60, Seed = 9UL)) points

    bits again.Layout |> should equal (bits (Projection.align map fresh).Layout)
    again.Seed |> should equal (Some(Seed 9UL))

[<Fact>]
let ``Principal components cannot be laid out with another seed`` () =
    Assert
        .Throws<ArgumentException>(fun () -> Projection.reseed [ Seed 1UL ] (Projection.pca 2 points) |> ignore)
        .Message
    |> should haveSubstring "UMAP"

[<Fact>]
let ``An envelope of one layout repeated is that layout without spread`` () =
    let envelope = Projection.envelope [ map; map; map ] further
    envelope.Layouts |> should equal 3
    envelope.Spread |> should equal [| 0.0; 0.0; 0.0 |]
    bits envelope.Mean |> should equal (bits (Projection.transform map further))

[<Fact>]
let ``The spread of an envelope is the root mean square distance from the mean`` () =
    let layouts = map :: Projection.reseed [ Seed 9UL; Seed 10UL ] map
    let envelope = Projection.envelope layouts further

    for i in 0..2 do
        let squares =
            layouts
            |> List.averageBy (fun layout ->
                Array.fold2
                    (fun sum a b -> sum + (a - b) ** 2.0)
                    0.0
                    (Labelled.row i (Projection.transform layout further))
                    (Labelled.row i envelope.Mean))

        envelope.Spread[i] |> should (equalWithin 1e-6) (sqrt squares)

let message (work: unit -> 'a) =
    (Assert.ThrowsAny<ArgumentException>(fun () -> work () |> ignore)).Message

[<Fact>]
let ``Principal components of fewer rows than columns place rows as far apart as they were`` () =
    for rows in 2..24 do
        let wide = Sample.normal (Seed(uint64 rows)) rows 60
        let layout = (Projection.pca 60 wide).Layout

        let distance (matrix: Labelled) i j =
            Array.fold2 (fun sum a b -> sum + (a - b) ** 2.0) 0.0 (Labelled.row i matrix) (Labelled.row j matrix)
            |> sqrt

        for i in 1 .. rows - 1 do
            distance layout 0 i |> should (equalWithin 1e-4) (distance wide 0 i)

[<Fact>]
let ``A row that is not finite is named, whatever lays it out`` () =
    let spoilt =
        Labelled.init
            (Axis.labelled "row" (Array.init 12 (fun i -> $"r{i}")))
            (Axis.numbered "column" 3)
            (Provenance.computed "test")
            (fun i j -> if i = 2 && j = 1 then nan else float (i * j + i + 1))

    let few = UmapSettings(Neighbours = 4, Epochs = 5)

    message (fun () -> Projection.pca 2 spoilt)
    |> should haveSubstring "row 2, \"r2\""

    message (fun () -> Projection.umap few spoilt)
    |> should haveSubstring "row 2, \"r2\""

    let three = points |> Labelled.selectColumns [| 0; 1; 2 |]

    message (fun () -> Projection.transform (Projection.pca 2 three) spoilt)
    |> should haveSubstring "row 2, \"r2\""

    let zero = spoilt |> Labelled.mapi (fun i _ value -> if i = 2 then 0.0 else value)

    message (fun () -> Projection.umap (UmapSettings(Neighbours = 4, Epochs = 5, Metric = Metric.Cosine)) zero)
    |> should haveSubstring "\"r2\", is all zero"

[<Fact>]
let ``More touching neighbours are a setting that changes the layout and is told`` () =
    let three =
        Projection.umap
            (UmapSettings(Components = 3, Neighbours = 10, Epochs = 60, Seed = 8UL, LocalConnectivity = 3.0))
            points

    bits three.Layout |> should not' (equal (bits map.Layout))

    Provenance.describe three.Layout.Provenance
    |> should haveSubstring "local_connectivity 3"

    Provenance.describe map.Layout.Provenance
    |> should not' (haveSubstring "local_connectivity")

[<Fact>]
let ``Singular values are the roots of the eigenvalues of the smaller product, whichever side is longer`` () =
    let tall = Sample.normal (Seed 5UL) 9 2
    // Of 2 × 2: half the trace, more or less the root of its square less the determinant.
    let a, b = Labelled.column 0 tall, Labelled.column 1 tall

    let dot x y =
        Array.fold2 (fun sum x y -> sum + x * y) 0.0 x y

    let half = (dot a a + dot b b) / 2.0
    let root = sqrt (half * half - (dot a a * dot b b - dot a b * dot a b))
    let expected = [| sqrt (half + root); sqrt (half - root) |]

    for matrix in [ tall; Labelled.transpose tall ] do
        let found = Projection.singularValues matrix
        found |> should haveLength 2
        Array.iter2 (fun value wanted -> value |> should (equalWithin 1e-12) wanted) found expected
