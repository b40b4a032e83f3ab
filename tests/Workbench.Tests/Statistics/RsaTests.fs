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

    for value in [ rsa.Pearson; rsa.Spearman; rsa.RhoA; rsa.Cosine ] do
        value |> should (equalWithin 1e-12) 1.0

    rsa.P |> should equal (1.0 / 200.0)
    snd rsa.Interval |> should (equalWithin 1e-12) 1.0

[<Fact>]
let ``The correlations are those of the plain lists of similarities`` () =
    let a, b = pairs 1UL 15 4, pairs 2UL 15 7
    let rsa = Rsa.compare quick a b
    let x, y = Pairs.values a, Pairs.values b

    rsa.Pearson
    |> should (equalWithin 1e-12) (MathNet.Numerics.Statistics.Correlation.Pearson(x, y))

    rsa.Spearman
    |> should (equalWithin 1e-12) (MathNet.Numerics.Statistics.Correlation.Spearman(x, y))

    rsa.Cosine |> should (equalWithin 1e-12) (Similarity.ofTwo x y)
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

[<Fact>]
let ``Unrelated geometries have uniform p-values`` () =
    // 80 comparisons with 19 relabellings each: the share of p ≤ 0.2 has standard error 0.045.
    let p =
        Array.init 80 (fun test ->
            let settings = {
                quick with
                    Permutations = 19
                    Samples = 1
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
    shown.Split('\n').Length |> should be (lessThan 14)

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
    |> Rsa.findings
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
