module Workbench.Tests.RsaTests

open System
open System.IO
open System.Text.Json
open Xunit
open FsUnit.Xunit
open Workbench

let named (prefix: string) (matrix: Labelled) = {
    matrix with
        Rows = Axis.labelled "word" (Array.init matrix.Rows.Length (fun i -> $"{prefix}{i}"))
}

let normal seed rows columns =
    Sample.normal (Seed seed) rows columns |> named "w"

let pairs seed rows columns =
    normal seed rows columns |> Similarity.cosine Rows

let quick = RsaSettings.Quick

/// Twenty-four items in six groups, each vector its group's plus noise of its own.
let grouped seed columns =
    let groups = Sample.normal (Seed 99UL) 6 columns
    let noise = Sample.normal (Seed seed) 24 columns

    noise
    |> Labelled.mapi (fun i j value -> value + 1.5 * float groups[i % 6, j])
    |> named "w"
    |> Similarity.cosine Rows

let sameGroup =
    Rsa.ofLabels "group" (fun a b -> if int a[1..] % 6 = int b[1..] % 6 then 0.0 else 1.0)

let wrong (action: unit -> 'a) =
    Assert.Throws<ArgumentException>(fun () -> action () |> ignore).Message

[<Fact>]
let ``A geometry agrees with itself wholly, and no relabelling agrees as well`` () =
    let a = pairs 1UL 12 5
    let rsa = Rsa.compare quick a a

    for value in [ rsa.Pearson; rsa.Spearman; rsa.RhoA; rsa.Cosine; rsa.TauA; rsa.TauB ] do
        value |> should (equalWithin 1e-12) 1.0

    rsa.P |> should equal (1.0 / 200.0)
    // All of the truth in the sample says nothing of other items.
    Double.IsNaN(fst rsa.Interval) |> should equal true
    rsa.Display |> should haveSubstring "none"

[<Fact>]
let ``The correlations are those of the plain lists of similarities`` () =
    let a, b = pairs 1UL 15 4, pairs 2UL 15 7
    let rsa = Rsa.compare quick a b
    let x, y = Pairs.values a, Pairs.values b

    // Those of the pairs are float32.
    rsa.Pearson
    |> should (equalWithin 1e-6) (MathNet.Numerics.Statistics.Correlation.Pearson(x, y))

    rsa.Spearman
    |> should (equalWithin 1e-12) (MathNet.Numerics.Statistics.Correlation.Spearman(x, y))

    rsa.Cosine |> should (equalWithin 1e-6) (Similarity.ofTwo x y)
    rsa.N |> should equal 15
    rsa.Pairs |> should equal 105L

[<Fact>]
let ``The lengths of vectors do not matter to cosines`` () =
    let a, b = pairs 1UL 10 4, normal 2UL 10 4

    let longer =
        b
        |> Labelled.mapi (fun i _ value -> float (i + 1) * value)
        |> Similarity.cosine Rows

    (Rsa.compare quick a longer).Pearson
    |> should (equalWithin 1e-5) (Rsa.compare quick a (Similarity.cosine Rows b)).Pearson

[<Fact>]
let ``Different numbers of items are refused with both shapes`` () =
    let message = wrong (fun () -> Rsa.compare quick (pairs 1UL 8 3) (pairs 1UL 9 3))
    message |> should haveSubstring "word × 8"
    message |> should haveSubstring "word × 9"

[<Fact>]
let ``Items in another order are refused with the first that differs`` () =
    let a = normal 1UL 6 3
    let swapped = a |> Labelled.selectRows [| 0; 1; 3; 2; 4; 5 |]

    let message =
        wrong (fun () -> Rsa.compare quick (Similarity.cosine Rows a) (Similarity.cosine Rows swapped))

    message |> should haveSubstring "Item 2 is \"w2\" in a"
    message |> should haveSubstring "\"w3\" in b"

[<Fact>]
let ``Two items make one pair, which cannot be correlated`` () =
    wrong (fun () -> Rsa.compare quick (pairs 1UL 2 3) (pairs 2UL 2 3))
    |> should haveSubstring "at least 3"

[<Fact>]
let ``Few items have all their relabellings counted`` () =
    let rsa = Rsa.compare quick (pairs 1UL 5 3) (pairs 2UL 5 3)
    rsa.IsExact |> should equal true
    rsa.Draws |> should equal 120
    rsa.P * 120.0 |> should (equalWithin 1e-9) (round (rsa.P * 120.0))

[<Fact>]
let ``The same seed gives the same bits, another seed other draws`` () =
    let drawn seed =
        let rsa =
            Rsa.compare { quick with Seed = Seed seed } (pairs 1UL 12 4) (pairs 2UL 12 4)

        rsa.Null, rsa.Interval, rsa.FirstCeiling

    drawn 3UL |> should equal (drawn 3UL)
    drawn 3UL |> should not' (equal (drawn 4UL))

/// Ten positive multiples of two vectors in turn: only two cosines exist.
let two (shortest: float) (step: float) =
    let u, w = [| 1.0; 2.0; 3.0; 4.0; 5.0 |], [| 5.0; -3.0; 1.0; 0.7; 2.0 |]

    Sample.normal (Seed 1UL) 10 5
    |> Labelled.mapi (fun i j _ -> (if i % 2 = 0 then u else w)[j] * (shortest + float i * step))
    |> named "w"

[<Fact>]
let ``Cosines that are equal in exact arithmetic rank as ties`` () =
    let oneHot =
        Sample.normal (Seed 1UL) 10 2
        |> Labelled.mapi (fun i j _ -> if i % 2 = j then 1.0 else 0.0)
        |> named "w"

    let lines = two 0.37 0.21 |> Similarity.cosine Rows
    Rsa.similarities lines |> Array.distinct |> should haveLength 2

    for other in [ oneHot; two 1.7 -0.13 ] do
        let rsa = Rsa.compare quick lines (Similarity.cosine Rows other)
        rsa.Spearman |> should (equalWithin 1e-12) 1.0
        rsa.TauB |> should (equalWithin 1e-12) 1.0
        // 25 pairs of 45 across, of rank 13, and 20 within, of rank 35.5: 12 · (25 · 10² + 20 · 12.5²)/(45³ − 45).
        rsa.RhoA |> should (equalWithin 1e-12) (67500.0 / 91080.0)
        // 500 of the 990 comparisons of two pairs are of different cosines.
        rsa.TauA |> should (equalWithin 1e-12) (500.0 / 990.0)

[<Fact>]
let ``Multiples of one vector have one cosine, which is refused`` () =
    let line =
        Sample.normal (Seed 1UL) 6 7
        |> Labelled.mapi (fun i j _ -> [| -0.25; -0.39; -0.03; 0.27; 0.16; -0.07; -0.15 |][j] * float (i + 1))
        |> named "w"
        |> Similarity.cosine Rows

    for kind in Enum.GetValues<CorrelationKind>() do
        if kind <> CorrelationKind.Cosine then
            wrong (fun () -> Rsa.compare { quick with Correlation = kind } line (pairs 1UL 6 3))
            |> should haveSubstring "All values of a are equal"

[<Fact>]
let ``Few items have no interval, and the table says so`` () =
    for items in [ 3; 4 ] do
        let rsa = Rsa.compare quick (pairs 1UL items 4) (pairs 2UL items 2)

        fst rsa.Interval |> should be NaN
        snd rsa.Interval |> should be NaN

        Rsa.table [ "few", rsa ] |> Table.toText |> should haveSubstring "none"
        Finding.ofRsa rsa |> List.map _.Name |> should not' (contain "rsa.interval")

    let low, high = (Rsa.compare quick (pairs 1UL 9 4) (pairs 2UL 9 4)).Interval
    low |> should be (lessThan high)

[<Fact>]
let ``The tail says which relabellings count, and both ends together miss none`` () =
    let p tail =
        (Rsa.compare { quick with Tail = tail } (pairs 1UL 6 3) (pairs 2UL 6 3)).P

    let draws = 720.0
    // The observed labelling lies at both ends.
    p Greater + p Less |> should be (greaterThan 1.0)
    round (p TwoSided * draws) |> should (equalWithin 1e-9) (p TwoSided * draws)

    let r = Rsa.compare quick (pairs 1UL 6 3) (pairs 2UL 6 3)

    p TwoSided
    |> should
        (equalWithin 1e-12)
        (float (r.Null |> Array.filter (fun draw -> abs draw >= abs r.Value - 1e-9)).Length
         / draws)

[<Fact>]
let ``Settings that are out of range are refused by name`` () =
    let compare settings () =
        Rsa.compare settings (pairs 1UL 9 4) (pairs 2UL 9 4)

    for confidence in [ 0.0; 1.0; 2.0; -0.5; nan ] do
        wrong (compare { quick with Confidence = confidence })
        |> should haveSubstring "Confidence must lie between 0 and 1"

    wrong (compare { quick with Permutations = 0 })
    |> should haveSubstring "Permutations must be at least 1"

    wrong (compare { quick with Splits = 0 })
    |> should haveSubstring "Splits must be at least 1"

    wrong (fun () -> Rsa.ceiling { quick with Splits = 0 } (pairs 1UL 9 4))
    |> should haveSubstring "Splits must be at least 1"

[<Fact>]
let ``A half that leaves a vector without direction has no reliability`` () =
    let vectors =
        normal 1UL 9 4
        |> Labelled.mapi (fun i j value -> if i = 0 && j < 2 then 0.0 else value)

    let ceiling =
        vectors |> Similarity.cosine Rows |> Rsa.ceiling { quick with Splits = 500 }

    Double.IsNaN ceiling.Reliability |> should equal true

[<Fact>]
let ``Vectors that are not finite are refused by their label, vectors that are all equal for what they are`` () =
    let other = normal 2UL 6 4

    let bad =
        normal 1UL 6 3
        |> Labelled.mapi (fun i j value -> if i = 2 && j = 1 then nan else value)

    wrong (fun () -> Rsa.alignment other bad)
    |> should haveSubstring "\"w2\", row 2 of b, holds NaN"

    wrong (fun () -> Rsa.procrustes (Seed 1UL) 9 bad other)
    |> should haveSubstring "\"w2\", row 2 of a, holds NaN"

    for items in [ 5; 6; 7; 30 ] do
        let same = normal 1UL items 3 |> Labelled.mapi (fun _ j _ -> 0.1 + float j)

        wrong (fun () -> Rsa.procrustes (Seed 1UL) 9 same (normal 2UL items 4))
        |> should haveSubstring "are the same"

        wrong (fun () -> Rsa.alignment (normal 2UL items 4) same)
        |> should haveSubstring "are the same"

[<Fact>]
let ``Unrelated geometries have uniform p-values`` () =
    // 80 comparisons with 19 relabellings each: the share of p ≤ 0.2 has standard error 0.045.
    let p =
        Array.init 80 (fun test ->
            let settings = {
                quick with
                    Permutations = 19
                    Splits = 1
                    Seed = Seed(uint64 test)
            }

            (Rsa.compare settings (pairs (uint64 test) 12 4) (pairs (uint64 test + 500UL) 12 4)).P)

    p
    |> Array.filter (fun p -> p <= 0.2)
    |> Array.length
    |> should be (inRange 4 28)

[<Fact>]
let ``Ceilings follow the measure of the pairs`` () =
    let vectors = normal 1UL 12 8 |> Labelled.mapi (fun i _ value -> value + float i)
    let cosine = vectors |> Similarity.cosine Rows |> Rsa.ceiling quick
    let dot = vectors |> Similarity.dotProduct Rows |> Rsa.ceiling quick
    // A row's own offset rules its dot products in either half, and hardly its cosines.
    dot.Reliability |> should be (greaterThan 0.95)
    cosine.Reliability |> should be (lessThan dot.Reliability)

[<Fact>]
let ``A comparison prints its n, its p with m and seed, and calls the ceiling what it is`` () =
    let shown = $"%A{Rsa.compare quick (pairs 1UL 12 4) (pairs 2UL 12 4)}"
    shown |> should haveSubstring "12 words, 66 pairs"
    shown |> should haveSubstring "199 relabellings, seed 1"
    shown |> should haveSubstring "reliability over 4 dimensions"
    shown.Split('\n').Length |> should be (lessThan 16)

[<Fact>]
let ``Sets as large as what they are drawn from all give the correlation of the whole`` () =
    let a, b = pairs 1UL 14 4, pairs 2UL 14 4

    let sets =
        Rsa.randomSets
            {
                RandomSetSettings.Default with
                    Sets = 5
                    Size = 14
            }
            a
            b

    let whole = (Rsa.compare quick a b).Pearson

    for value in sets.Values do
        value |> should (equalWithin 1e-9) whole

[<Fact>]
let ``A random set is the plain correlation over its own items`` () =
    let a, b = pairs 1UL 30 4, pairs 2UL 30 4

    let settings = {
        RandomSetSettings.Default with
            Sets = 40
            Size = 10
    }

    let sets = Rsa.randomSets settings a b
    sets.Values |> Array.distinct |> Array.length |> should equal 40
    sets.Pool |> should equal 30
    // The same seed draws the same first sets, however many follow.
    (Rsa.randomSets { settings with Sets = 3 } a b).Values
    |> should equal (Array.truncate 3 sets.Values)

    wrong (fun () -> Rsa.randomSets { settings with Size = 31 } a b)
    |> should haveSubstring "between 3 and 30"

[<Fact>]
let ``Without controls the partial correlation is the plain one`` () =
    let rsa = Rsa.partial quick [] (pairs 1UL 12 4) (pairs 2UL 12 4)
    rsa.Value |> should (equalWithin 1e-12) rsa.Plain

[<Fact>]
let ``Agreement that a model distance explains goes when it is taken out, and stays when another is`` () =
    let a, b = grouped 1UL 20, grouped 2UL 20
    let explained = Rsa.partial quick [ sameGroup ] a b

    let other =
        Rsa.partial quick [ Rsa.ofNumber "number" (fun label -> float label[1..]) ] a b

    explained.Plain |> should be (greaterThan 0.6)
    other.Value |> should be (greaterThan 0.6)
    explained.Value |> should be (lessThan (0.7 * explained.Plain))
    let _, withFirst, withSecond = explained.Controls.Head
    withFirst |> should be (lessThan -0.5)
    withSecond |> should be (lessThan -0.5)

[<Fact>]
let ``Model distances stand in the order of the pairs`` () =
    let items = Axis.labelled "word" [| "a"; "bb"; "dddd"; "c" |]

    Rsa.ofNumber "length" (fun word -> float word.Length)
    |> Rsa.distances items
    |> should equal [| 1.0; 3.0; 0.0; 2.0; 1.0; 3.0 |]

[<Fact>]
let ``A model distance that is not finite is refused by its name`` () =
    wrong (fun () -> Rsa.partial quick [ Rsa.ofNumber "logarithm" (fun _ -> nan) ] (pairs 1UL 5 3) (pairs 2UL 5 3))
    |> should haveSubstring "logarithm"

[<Fact>]
let ``Rho-a has no partial form, and the message says which have`` () =
    wrong (fun () ->
        Rsa.partial
            {
                quick with
                    Correlation = CorrelationKind.RhoA
            }
            [ sameGroup ]
            (grouped 1UL 5)
            (grouped 2UL 5))
    |> should haveSubstring "Pearson and Spearman"

[<Fact>]
let ``Vectors turned and scaled are aligned wholly, and their shape is the same`` () =
    let a = normal 1UL 12 3

    let turned =
        a |> Labelled.mapi (fun i j _ -> -2.0 * float a[i, (j + 1) % 3] + float j)

    let alignment = Rsa.alignment a turned
    alignment.Biased |> should (equalWithin 1e-6) 1.0
    alignment.Debiased |> should (equalWithin 1e-6) 1.0
    let fit = Rsa.procrustes (Seed 1UL) 99 a turned
    fit.Similarity |> should (equalWithin 1e-6) 1.0
    fit.P |> should equal 0.01

[<Fact>]
let ``Alignment and shape of other items are refused`` () =
    let a, b = normal 1UL 6 3, Sample.normal (Seed 2UL) 6 3 |> named "v"
    wrong (fun () -> Rsa.alignment a b) |> should haveSubstring "\"w0\""

    wrong (fun () -> Rsa.procrustes (Seed 1UL) 9 a b)
    |> should haveSubstring "\"v0\""

[<Fact>]
let ``Findings bear the names that other tools rely on`` () =
    Rsa.compare quick (pairs 1UL 12 4) (pairs 2UL 12 4)
    |> Finding.ofRsa
    |> List.map _.Name
    |> should equal [
        "rsa.pearson"
        "rsa.spearman"
        "rsa.rho-a"
        "rsa.cosine"
        "mantel.p"
        "rsa.interval"
    ]

[<WeightsFact "reference/rsa-word2vec-minilm.json">]
let ``Word2vec and MiniLM share the words and agree as NumPy and rsatoolbox found`` () =
    use document =
        JsonDocument.Parse(File.ReadAllText(WeightsFolder.at [ "reference"; "rsa-word2vec-minilm.json" ]))

    let known = document.RootElement.GetProperty "letters_6"
    let number (name: string) = known.GetProperty(name).GetDouble()
    let vectors, model = WordVectors.load "googlenews-1000", Model.load "minilm"

    let words =
        Words.shared vectors model
        |> Words.ofLetters 6
        |> Seq.truncate 100
        |> Array.ofSeq

    words
    |> Array.map _.Word
    |> should equal [| for word in known.GetProperty("words").EnumerateArray() -> string word |]

    let rsa =
        words
        |> Words.cosines vectors model
        ||> Rsa.compare { quick with Permutations = 20000 }

    rsa.Pearson |> should (equalWithin 1e-6) (number "pearson")
    rsa.Spearman |> should (equalWithin 1e-6) (number "spearman")
    rsa.RhoA |> should (equalWithin 1e-6) (number "rho_a")
    rsa.Cosine |> should (equalWithin 1e-6) (number "cosine_of_similarities")
    rsa.P |> should (equalWithin 1e-12) (number "mantel_p_greater_20000")

[<Fact>]
let ``A correlation that does not exist is refused, not taken for another`` () =
    let pairs = Similarity.cosine Rows (Sample.normal (Seed 1UL) 6 4)

    let settings = {
        RsaSettings.Quick with
            Correlation = enum<CorrelationKind> 99
    }

    let refused (work: unit -> obj) =
        let error = Assert.Throws<ArgumentException>(fun () -> work () |> ignore)
        Assert.Contains("is no. 99", error.Message)

    refused (fun () -> Rsa.compare settings pairs pairs :> obj)
    refused (fun () -> Rsa.ceiling settings pairs :> obj)
    refused (fun () -> Rsa.partial settings [] pairs pairs :> obj)

[<Fact>]
let ``Items that are all as far apart as others have no debiased alignment, and sets of them none either`` () =
    for k in [ 4; 5; 7; 10; 13; 20; 30 ] do
        let oneHot =
            Labelled.init (Axis.numbered "item" k) (Axis.numbered "kind" k) (Provenance.computed "typed") (fun i j ->
                if i = j then 1.0 else 0.0)

        (Rsa.alignment oneHot oneHot).Debiased |> should be NaN
        let pairs = Similarity.cosine Rows oneHot

        Assert.Throws<ArgumentException>(fun () ->
            Rsa.randomSets
                {
                    RandomSetSettings.Default with
                        Size = 3
                }
                pairs
                pairs
            |> ignore)
        |> _.Message
        |> should haveSubstring "all equal"

[<Fact>]
let ``A ceiling never leaves the range of a correlation`` () =
    for seed in 1UL .. 30UL do
        let pairs = Similarity.cosine Rows (Sample.normal (Seed seed) 3 6)

        let ceiling =
            Rsa.ceiling
                {
                    RsaSettings.Quick with
                        Seed = Seed seed
                }
                pairs

        ceiling.Reliability |> should be (greaterThanOrEqualTo -1.0)
        ceiling.Reliability |> should be (lessThanOrEqualTo 1.0)
