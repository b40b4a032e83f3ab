module Workbench.Tests.FoldTests

open System
open System.IO
open Xunit
open FsCheck
open FsUnit.Xunit
open Workbench

let vectors rows columns seed = Sample.normal (Seed seed) rows columns

/// The plain double loop: every i < j with its cosine in float64.
let slowly (matrix: Labelled) = [|
    for i in 0 .. matrix.Rows.Length - 1 do
        for j in i + 1 .. matrix.Rows.Length - 1 ->
            i, j, Similarity.ofTwo (Labelled.row i matrix) (Labelled.row j matrix)
|]

let cosine rows columns seed =
    let matrix = vectors rows columns seed
    matrix |> Similarity.cosine Rows, slowly matrix

[<Fact>]
let ``Values are those of the double loop, row by row`` () =
    Check.QuickThrowOnFailure(fun (PositiveInt rows) (PositiveInt columns) ->
        let pairs, expected = cosine (rows % 40 + 2) (columns % 20 + 2) (uint64 rows)

        expected.Length > 0
        && Array.forall2 (fun found (_, _, wanted) -> abs (found - wanted) < 1e-6) (Pairs.values pairs) expected)

[<Fact>]
let ``A histogram counts n(n-1)/2 pairs, each in the bin of its value`` () =
    let pairs, expected = cosine 150 7 1UL
    let histogram = pairs |> Pairs.fold (Fold.histogram 50)
    histogram.N |> should equal pairs.Count

    let slow =
        expected
        |> Array.map (fun (_, _, value) -> value)
        |> Distribution.histogramOver 50 -1.0 1.0 "x" pairs.Vectors.Provenance

    // A value within rounding of an edge may fall on either side.
    Array.map2 (fun (a: int64) b -> abs (a - b)) histogram.Counts slow.Counts
    |> Array.sum
    |> should be (lessThan 4L)

[<Fact>]
let ``Moments are those of the values`` () =
    let pairs, expected = cosine 90 11 2UL
    let found = pairs |> Pairs.fold Fold.moments

    let slow =
        expected
        |> Array.map (fun (_, _, value) -> value)
        |> Distribution.summary "x" pairs.Vectors.Provenance

    found.N |> should equal slow.N
    found.Mean |> should (equalWithin 1e-7) slow.Mean
    found.Sd |> should (equalWithin 1e-7) slow.Sd
    found.Minimum |> should (equalWithin 1e-6) slow.Minimum
    found.Maximum |> should (equalWithin 1e-6) slow.Maximum

[<Fact>]
let ``The most similar pairs come first, with their indices and labels`` () =
    let pairs, expected = cosine 60 5 3UL
    let found = pairs |> Pairs.fold (Fold.top 7)

    let slow =
        expected
        |> Array.sortByDescending (fun (_, _, value) -> value)
        |> Array.truncate 7

    found
    |> Array.map (fun pair -> pair.I, pair.J)
    |> should equal (slow |> Array.map (fun (i, j, _) -> i, j))

    found[0].First |> should equal (string found[0].I)

    let least = pairs |> Pairs.fold (Fold.bottom 7)

    least
    |> Array.map (fun pair -> pair.I, pair.J)
    |> should
        equal
        (expected
         |> Array.sortBy (fun (_, _, value) -> value)
         |> Array.truncate 7
         |> Array.map (fun (i, j, _) -> i, j))

    for pair in least do
        let _, _, value =
            expected |> Array.find (fun (i, j, _) -> (i, j) = (pair.I, pair.J))

        pair.Similarity |> should (equalWithin 1e-6) value

    (least[6].First, least[6].Second)
    |> should equal (string least[6].I, string least[6].J)

[<Fact>]
let ``The extremes are the first of either ranking, and one item has none`` () =
    let pairs, _ = cosine 30 4 17UL
    let least, most = pairs |> Pairs.fold Fold.extrema
    [| least |] |> should equal (pairs |> Pairs.fold (Fold.bottom 1))
    [| most |] |> should equal (pairs |> Pairs.fold (Fold.top 1))

    (Assert.Throws<ArgumentException>(fun () ->
        vectors 1 3 1UL |> Similarity.cosine Rows |> Pairs.fold Fold.extrema |> ignore))
        .Message
    |> should haveSubstring "at least two items, not 1"

[<Fact>]
let ``Equal similarities are ranked by index`` () =
    let same =
        Labelled.init (Axis.numbered "row" 5) (Axis.numbered "column" 3) (Provenance.computed "ones") (fun _ _ -> 1.0)

    let found = same |> Similarity.cosine Rows |> Pairs.fold (Fold.top 4)

    let least = same |> Similarity.cosine Rows |> Pairs.fold (Fold.bottom 4)

    for found in [ found; least ] do
        found
        |> Array.map (fun pair -> pair.I, pair.J)
        |> should equal [| 0, 1; 0, 2; 0, 3; 0, 4 |]

[<Fact>]
let ``One pass with many folds answers each as if alone`` () =
    let pairs, _ = cosine 70 6 4UL

    let together =
        pairs
        |> Pairs.fold (
            Fold.scan {
                let! shape = Fold.histogram 40
                and! closest = Fold.top 3
                and! above = Fold.countAbove 0.5
                and! means = Fold.rowMeans
                and! summary = Fold.moments
                return shape.Counts, closest, above, means, summary.Mean
            }
        )

    let alone =
        (pairs |> Pairs.fold (Fold.histogram 40)).Counts,
        pairs |> Pairs.fold (Fold.top 3),
        pairs |> Pairs.fold (Fold.countAbove 0.5),
        pairs |> Pairs.fold Fold.rowMeans,
        (pairs |> Pairs.fold Fold.moments).Mean

    together |> should equal alone

[<Fact>]
let ``Counting above a threshold, row means and neighbours are the double loop's`` () =
    let pairs, expected = cosine 50 4 5UL

    let above, means, neighbours =
        pairs
        |> Pairs.fold (
            Fold.zip (Fold.zip (Fold.countAbove 0.25) Fold.rowMeans) (Fold.neighbours 3)
            |> Fold.map (fun ((a, m), n) -> a, m, n)
        )

    above
    |> should
        equal
        (expected
         |> Array.filter (fun (_, _, value) -> value > 0.25)
         |> Array.length
         |> int64)

    let similar i =
        expected
        |> Array.choose (fun (a, b, value) ->
            if a = i then Some(b, value)
            elif b = i then Some(a, value)
            else None)

    for i in 0..49 do
        means[i] |> should (equalWithin 1e-6) (similar i |> Array.averageBy snd)

        neighbours[i]
        |> Array.map fst
        |> should equal (similar i |> Array.sortByDescending snd |> Array.truncate 3 |> Array.map fst)

[<Fact>]
let ``Occurrence counts how often an item is among the others' nearest`` () =
    let pairs, _ = cosine 40 3 6UL

    let neighbours, occurrence =
        pairs |> Pairs.fold (Fold.zip (Fold.neighbours 5) (Fold.occurrence 5))

    let slow =
        Array.init 40 (fun item ->
            neighbours
            |> Array.sumBy (fun near -> near |> Array.filter (fst >> (=) item) |> Array.length))

    occurrence |> should equal slow

[<Fact>]
let ``Classes split the pairs without losing one`` () =
    let pairs, expected = cosine 45 5 7UL
    let labels = Array.init 45 (fun i -> if i % 3 = 0 then "a" else "b")
    let split = pairs |> Pairs.fold (Fold.byClass labels Fold.moments)

    split
    |> List.sumBy (fun (_, _, summary) -> summary.N)
    |> should equal pairs.Count

    split
    |> List.map (fun (first, second, _) -> first, second)
    |> should equal [ "a", "a"; "a", "b"; "b", "b" ]

    for first, second, summary in split do
        let slow =
            expected
            |> Array.filter (fun (i, j, _) -> Set [ labels[i]; labels[j] ] = Set [ first; second ])
            |> Array.averageBy (fun (_, _, value) -> value)

        summary.Mean |> should (equalWithin 1e-6) slow

[<Fact>]
let ``A thumbnail holds the means of the matrix's blocks`` () =
    let pairs, _ = cosine 30 5 8UL
    let picture = pairs |> Pairs.fold (Fold.thumbnail 3)
    let full = Pairs.matrix pairs

    let block i j =
        Array.average [|
            for a in 0..9 do
                for b in 0..9 -> float full.Values[10 * i + a, 10 * j + b]
        |]

    picture[0, 2] |> should (equalWithin 1e-5f) (float32 (block 0 2))
    picture[2, 0] |> should (equalWithin 1e-5f) (float32 (block 0 2))

[<Fact>]
let ``A sample holds different pairs with their own similarities and depends on nothing but its seed`` () =
    let pairs, expected = cosine 30 5 9UL

    let sample seed =
        pairs |> Pairs.fold (Fold.sample (Seed seed) 50)

    let values =
        expected |> Array.map (fun (i, j, value) -> (i, j), value) |> Map.ofArray

    let drawn = sample 1UL

    drawn
    |> Array.distinctBy (fun pair -> pair.I, pair.J)
    |> Array.length
    |> should equal 50

    for pair in drawn do
        pair.Similarity |> should (equalWithin 1e-6) values[pair.I, pair.J]

    sample 1UL |> should equal drawn
    sample 2UL |> should not' (equal drawn)

[<Fact>]
let ``Distinct values are counted bit by bit up to a limit`` () =
    let twice = vectors 4 6 10UL |> Labelled.selectRows [| 0; 1; 2; 3; 0; 1; 2; 3 |]
    let pairs = twice |> Similarity.cosine Rows

    let bits = Pairs.values pairs |> Array.map float |> Array.distinct |> Array.sort
    // Six pairs of different vectors, and each with its copy; rounding may tell a copy's cosine from 1, but no more.
    bits.Length |> should be (inRange 7 10)

    (pairs |> Pairs.fold (Fold.distinct 100)).Value
    |> Array.map float
    |> Array.sort
    |> should equal bits

    (pairs |> Pairs.fold (Fold.distinct bits.Length)).Value
    |> should haveLength bits.Length

    pairs |> Pairs.fold (Fold.distinct (bits.Length - 1)) |> should equal None

/// The fold of one's own that the documentation shows.
let adjacent =
    Fold.ofPairs
        "adjacent(0.1)"
        0L
        (fun count i j similarity -> if j = i + 1 && similarity > 0.1f then count + 1L else count)
        (+)

[<Fact>]
let ``A fold written in F# sees every pair once`` () =
    let pairs, expected = cosine 64 4 11UL

    pairs
    |> Pairs.fold adjacent
    |> should
        equal
        (expected
         |> Array.filter (fun (i, j, value) -> j = i + 1 && value > 0.1)
         |> Array.length
         |> int64)

let inTemporaryFolder (work: string -> unit) =
    let folder = Directory.CreateTempSubdirectory().FullName

    try
        work folder
    finally
        Directory.Delete(folder, true)

[<Fact>]
let ``A scan that keeps its progress gives the same answer and leaves no file`` () =
    inTemporaryFolder (fun folder ->
        let pairs, _ = cosine 200 6 15UL
        let path = Path.Combine(folder, "scan.checkpoint")

        pairs
        |> Pairs.foldFrom path Fold.moments
        |> should equal (pairs |> Pairs.fold Fold.moments)

        File.Exists path |> should equal false)

[<Fact>]
let ``Vectors without a cosine are named, and can be left out`` () =
    let matrix =
        Labelled.init
            (Axis.labelled "word" [| "ok"; "nothing"; "fine" |])
            (Axis.numbered "column" 2)
            (Provenance.computed "test")
            (fun i _ -> if i = 1 then 0.0 else 1.0)

    let pairs = matrix |> Similarity.cosine Rows

    let error =
        Assert.Throws<ArgumentException>(fun () -> pairs |> Pairs.fold Fold.moments |> ignore)

    error.Message |> should haveSubstring "\"nothing\", row 1"

    (pairs |> Pairs.withoutUndefined |> Pairs.fold Fold.moments).N
    |> should equal 1L

[<Fact>]
let ``The cosine of centred rows is their correlation`` () =
    let matrix = vectors 20 9 16UL
    let cosine = matrix |> Labelled.centreRows |> Similarity.cosine Rows |> Pairs.values
    let correlation = matrix |> Similarity.correlation Rows |> Pairs.values
    Array.iter2 (fun a b -> a |> should (equalWithin 1e-6) b) cosine correlation

[<Fact>]
let ``A matrix that would not fit is refused with the way around it`` () =
    let many =
        Labelled.init (Axis.numbered "row" 400_000) (Axis.numbered "column" 1) (Provenance.computed "test") (fun _ _ ->
            1.0)

    let error =
        Assert.Throws<InvalidOperationException>(fun () -> many |> Similarity.cosine Rows |> Pairs.matrix |> ignore)

    error.Message |> should haveSubstring "Fold.thumbnail"

[<Fact>]
let ``One vector makes no pair, so that it has no moments, and its histogram is empty`` () =
    let one = vectors 1 3 1UL |> Similarity.cosine Rows

    (Assert.Throws<ArgumentException>(fun () -> one |> Pairs.fold Fold.moments |> ignore)).Message
    |> should haveSubstring "at least two items"

    (one |> Pairs.fold (Fold.histogram 10)).N |> should equal 0L
