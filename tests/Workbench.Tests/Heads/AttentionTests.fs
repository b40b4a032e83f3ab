module Workbench.Tests.AttentionTests

open Xunit
open FsUnit.Xunit
open Workbench
open Planted
open Workbench.Core.Tensors

let settings = {
    PlantedGpt2.Default with
        Blocks = 2
        Words = 96
        Families = 12
}

let seed = Seed 5UL
let model = PlantedGpt2.model settings seed
let block, head = Block 1, Head 1

/// x·W by a plain double loop over the factors multiplied out.
let product (factors: FactoredMatrix) =
    Array.init factors.Left.Rows (fun i ->
        Array.init factors.Right.Rows (fun j ->
            let mutable sum = 0.0

            for k in 0 .. factors.Left.Columns - 1 do
                sum <- sum + float factors.Left[i, k] * float factors.Right[j, k]

            factors.Scale * sum))

let times (row: float[]) (matrix: float[][]) =
    Array.init matrix[0].Length (fun j -> Seq.sum (Seq.mapi (fun i x -> x * matrix[i][j]) row))

let dot (x: float[]) (y: float[]) =
    Array.fold2 (fun sum a b -> sum + a * b) 0.0 x y

let near tolerance (expected: float[]) (found: float[]) =
    Array.iter2 (fun (a: float) b -> b |> should (equalWithin (tolerance * (1.0 + abs a))) a) expected found

[<Fact>]
let ``Applying a factored matrix is multiplying by its product`` () =
    let factors = Attention.queryKey Apart block head model
    let rows = Sample.normal (Seed 9UL) 3 settings.Width
    let found = FactoredMatrix.apply rows.Values factors

    for i in 0..2 do
        found.Row(i).ToArray()
        |> Array.map float
        |> near 1e-5 (times (Labelled.row i rows) (product factors))

[<Theory>]
[<InlineData(0)>]
[<InlineData(1)>]
let ``The symmetric share is that of the product`` (head: int) =
    let factors = Attention.queryKey Apart block (Head head) model
    let w = product factors
    let square = w |> Array.sumBy (fun row -> dot row row)

    let symmetric =
        Seq.sum (
            seq {
                for i in 0 .. w.Length - 1 do
                    for j in 0 .. w.Length - 1 -> ((w[i][j] + w[j][i]) / 2.0) ** 2.0
            }
        )

    FactoredMatrix.symmetricShare factors
    |> should (equalWithin 1e-5) (symmetric / square)

[<Theory>]
[<InlineData(0)>]
[<InlineData(1)>]
let ``Where the gain is counted changes no score of a query and a key`` (head: int) =
    let score gain (query: int) (key: int) =
        let inputs = Attention.inputs gain block model
        let x, y = Labelled.row query inputs, Labelled.row key inputs
        let bias = Attention.queryKeyBias gain block (Head head) model

        dot (times x (product (Attention.queryKey gain block (Head head) model))) y
        + dot x bias.OfQuery
        + dot y bias.OfKey
        + bias.Constant

    for query, key in [ 300, 350; 400, 310; 7, 330 ] do
        score Folded query key |> should (equalWithin 1e-3) (score Apart query key)

[<Fact>]
let ``Where the gain is counted changes no update`` () =
    let start = OfTokens [| 300; 350 |]
    let apart = HeadProbe.updates Apart start block head model
    let folded = HeadProbe.updates Folded start block head model
    near 1e-4 (Array.map float (apart.ToArray())) (Array.map float (folded.ToArray()))

[<Fact>]
let ``The updates of all heads and the output bias are what the forward pass of one token adds`` () =
    let weights = Model.transformer model
    let id = 345
    let ids: int[] = [| id |]
    // A single position attends to itself alone, so attention writes v·W_o + b_o of what it reads.
    let x = (Embedding.tokens model).Values.SelectRows ids
    let read = (weights.AttentionNorm 1).Apply x
    let attention = weights.Attention 1
    let mixed = Matrix(1, attention.Heads * attention.HeadWidth)

    for h in 0 .. attention.Heads - 1 do
        let one = attention.Head h

        for j in 0 .. attention.HeadWidth - 1 do
            mixed[0, h * attention.HeadWidth + j] <-
                Seq.init read.Columns (fun i -> read[0, i] * one.Value[i, j])
                |> Seq.sum
                |> (+) one.ValueBias[j]

    let written = attention.Output.Apply mixed

    let sum =
        Attention.heads model
        |> List.map (fun head ->
            Array.map float ((HeadProbe.updates Apart (OfTokens [| id |]) block head model).ToArray()))
        |> List.fold (Array.map2 (+)) (Attention.outputBias block model)

    near 1e-4 (Array.map float (written.ToArray())) sum

[<Fact>]
let ``Probed keys are the tokens with the largest scores by a plain double loop`` () =
    let ids = [| 330; 341 |]
    let inputs = Attention.inputs Apart block model

    let probe =
        HeadProbe.keys HeadProbeSettings.Default (OfTokens ids) block model
        |> List.item 1

    let w = product (Attention.queryKey Apart block head model)

    for i in 0 .. ids.Length - 1 do
        let out = times (Labelled.row ids[i] inputs) w

        let scores =
            Array.init inputs.Rows.Length (fun t -> dot out (Labelled.row t inputs))

        let best =
            Array.init scores.Length id
            |> Array.sortByDescending (fun t -> scores[t])
            |> Array.truncate 5

        probe.Nearest[i] |> Array.map _.Id |> should equal best
        probe.Lengths[i] |> should (equalWithin 1e-4) (sqrt (dot out out))

[<Fact>]
let ``Probing values gives every head and then the layer sum`` () =
    let probes =
        HeadProbe.values HeadProbeSettings.Default (OfTokens [| 330 |]) block model

    probes
    |> List.map _.Head
    |> should equal ((Attention.heads model |> List.map Some) @ [ None ])

    let sum =
        Attention.heads model
        |> List.map (fun head ->
            Array.map float ((HeadProbe.updates Apart (OfTokens [| 330 |]) block head model).ToArray()))
        |> List.reduce (Array.map2 (+))

    (List.last probes).Lengths[0] |> should (equalWithin 1e-4) (sqrt (dot sum sum))

[<Fact>]
let ``The keys of a joined family are of the family it is joined to`` () =
    let words = PlantedGpt2.words settings seed
    let family = words |> Array.mapi (fun i word -> word, i % settings.Families) |> dict
    let from, into = (PlantedGpt2.joins settings seed QueryKey block head)[0]

    let members =
        words
        |> Array.filter (fun word -> family[word] = from)
        |> Array.map (fun word -> (Tokens.tryWord word model).Value)

    let probe =
        HeadProbe.keys HeadProbeSettings.Default (OfTokens members) block model
        |> List.item 1

    let found = [ for near in Array.concat probe.Nearest -> near.Token.Trim() ]

    let right =
        found
        |> List.filter (fun token -> family.ContainsKey token && family[token] = into)

    float right.Length / float found.Length |> should be (greaterThan 0.8)

[<Theory>]
[<InlineData(0)>]
[<InlineData(1)>]
let ``Decomposing a head finds the singular values that it was planted with`` (head: int) =
    for circuit, factors in [ QueryKey, Attention.queryKey; ValueOutput, Attention.valueOutput ] do
        let found = model |> factors Apart block (Head head) |> Decomposition.svd

        Array.iter2
            (fun (a: float) b -> b |> should (equalWithin 1e-6) a)
            (PlantedGpt2.spectrum settings circuit block (Head head))
            found.Values

[<Fact>]
let ``Coverage, features and effective rank follow their formulas`` () =
    let found = Attention.queryKey Apart block head model |> Decomposition.svd
    let shares = found.Values |> Array.map (fun value -> value / Array.sum found.Values)
    let covered = Decomposition.coverage found
    Array.last covered |> should (equalWithin 1e-12) 1.0
    covered[2] |> should (equalWithin 1e-12) (shares[0] + shares[1] + shares[2])
    let features = Decomposition.featuresFor 0.99 found
    covered[features - 1] |> should be (greaterThanOrEqualTo 0.99)
    covered[features - 2] |> should be (lessThan 0.99)
    Decomposition.featuresFor 1.0 found |> should equal found.Values.Length

    Decomposition.effectiveRank found
    |> should (equalWithin 1e-9) (exp (-(shares |> Array.sumBy (fun p -> p * log p))))

[<Fact>]
let ``The tokens at a joined pair of singular vectors are of the two families, the best right one positive`` () =
    let words = PlantedGpt2.words settings seed
    let family = words |> Array.mapi (fun i word -> word, i % settings.Families) |> dict
    let decomposition = Attention.queryKey Apart block head model |> Decomposition.svd

    let directions =
        Decomposition.nearestTokens Nearness.DotProduct 5 4 model [ decomposition ]
        |> List.exactlyOne

    let joins = PlantedGpt2.joins settings seed QueryKey block head

    directions |> should haveLength 4

    for direction in directions do
        direction.Right[0].Score |> should be (greaterThan 0.0)
        let from, into = joins[direction.Index]
        family[direction.Left[0].Token.Trim()] |> should equal from
        family[direction.Right[0].Token.Trim()] |> should equal into

[<Fact>]
let ``Equal singular values are reported as a subspace and as unstable`` () =
    let factors = Attention.queryKey Apart block head model

    let values: float32[] = [| 1.0f; 0.0f; 0.0f; 1.0f; 0.0f; 0.0f; 0.0f; 0.0f |]
    let twin = Matrix.FromArray(4, 2, values)

    let found =
        Decomposition.svd {
            factors with
                Left = twin
                Right = twin
                Scale = 1.0
        }

    Decomposition.subspaces 1e-6 found |> should equal [| 0, 2 |]

    Decomposition.stability 0.01 found
    |> should equal [| System.Math.PI / 2.0; System.Math.PI / 2.0 |]

[<Fact>]
let ``Lists of one family are coherent among word vectors, lists of many are not`` () =
    let words = PlantedGpt2.words settings seed

    let space =
        Coherence.space (PlantedGpt2.wordVectors settings seed) (Embedding.tokens model).Rows

    let id i = (Tokens.tryWord words[i] model).Value

    let same = [
        for family in 0..3 -> [| for k in 0..4 -> id (family + k * settings.Families) |]
    ]

    let mixed = [
        for first in 0..3 -> [| for k in 0..4 -> id (first * 5 + k * (settings.Families + 1)) |]
    ]

    (Coherence.ofGroups (Seed 1UL) 99 space same).Value.P |> should equal 0.01

    abs (Coherence.ofGroups (Seed 1UL) 99 space mixed).Value.Z
    |> should be (lessThan 4.0)

    Coherence.ofGroups (Seed 1UL) 99 space [ [| 3 |] ] |> should equal None

[<Fact>]
let ``A vocabulary made of merges takes every planted word as one token, with a space and without`` () =
    for word in PlantedGpt2.words settings seed do
        Tokens.ids word model |> should haveLength 1
        Tokens.ids (" " + word) model |> should haveLength 1
        Tokens.decode (Tokens.ids (" " + word) model) model |> should equal (" " + word)

[<WeightsFact("gpt2/model.safetensors")>]
let ``A checkpoint with one block's attention gives its spectra, and says what tokens would need`` () =
    let partial = Model.load "gpt2"

    let values =
        (partial |> Attention.queryKey Apart (Block 5) (Head 0) |> Decomposition.svd).Values

    values |> should haveLength 64
    Attention.has (Block 5) partial |> should equal true
    Attention.has (Block 4) partial |> should equal false

    let error =
        Assert.Throws<System.InvalidOperationException>(fun () -> Attention.inputs Apart (Block 5) partial |> ignore)

    error.Message |> should haveSubstring "wte.weight"
