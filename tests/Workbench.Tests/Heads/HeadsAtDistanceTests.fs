module Workbench.Tests.HeadsAtDistanceTests

open System
open Xunit
open FsUnit.Xunit
open Workbench
open Workbench.Core.Formats
open Workbench.Core.Models
open Workbench.Core.Tensors

// Two layers, grouped heads, rotary positions, written down here: 12 dimensions, 4 heads over 2 key/value heads.
let private rotary = RotaryConfig(4, 10000.0, Scaling = YarnScaling(4.0, 16))

let private llama (queryNorm: bool) : Model =
    let normal seed rows columns =
        (Sample.normal (Seed seed) rows columns).Values

    let gain seed (count: int) =
        (normal seed 1 count).ToArray() |> Array.map (fun x -> 1.0f + 0.1f * x)

    let rms name =
        NormConfig(name, 1e-6, Kind = NormKind.RootMeanSquare)

    let ofHeads name : HeadNormConfig | null =
        if queryNorm then
            HeadNormConfig(rms name, HeadNormScope.EachHead)
        else
            null

    let attention =
        AttentionConfig(
            NormBefore = rms "norm",
            Input = LayerConfig.Of("attention", 12, [| LayerPart("q", 16); LayerPart("k", 8); LayerPart("v", 8) |]),
            Output = LayerConfig("attention.o", 16, 12),
            Heads = 4,
            KeyValueHeads = 2,
            Scale = 0.5f,
            Causal = true,
            Rotary = rotary,
            QueryNorm = ofHeads "qn",
            KeyNorm = ofHeads "kn"
        )

    let mlp =
        MlpConfig(
            NormBefore = rms "norm2",
            Up = LayerConfig.Of("mlp", 12, [| LayerPart("gate", 20); LayerPart("up", 20) |]),
            Down = LayerConfig("mlp.down", 20, 12),
            Activation = Activation.Silu,
            Gate = GateOrder.GateThenUp
        )

    let config =
        TransformerConfig(
            Family = "llama",
            Width = 12,
            Tokens = EmbeddingConfig("tokens", 30),
            Blocks = [| BlockConfig(attention, mlp) |],
            FinalNorm = rms "last",
            Head = HeadConfig "head",
            Biases = Nullable false
        )

    let tensors = new MemoryTensors("small")

    for name, seed, rows, columns in
        [
            "tokens.weight", 1UL, 30, 12
            "attention.q.weight", 2UL, 16, 12
            "attention.k.weight", 3UL, 8, 12
            "attention.v.weight", 4UL, 8, 12
            "attention.o.weight", 5UL, 12, 16
            "mlp.gate.weight", 6UL, 20, 12
            "mlp.up.weight", 7UL, 20, 12
            "mlp.down.weight", 8UL, 12, 20
        ] do
        tensors.Add(name, normal seed rows columns) |> ignore

    for name, seed, count in
        [
            "norm", 9UL, 12
            "norm2", 10UL, 12
            "last", 11UL, 12
            "qn", 12UL, 4
            "kn", 13UL, 4
        ] do
        tensors.Add($"{name}.weight", gain seed count) |> ignore

    let weights = Weights.planted "small" "a Llama of one block" (fun () -> [| 1uy |])

    Model.ofTransformer weights None config tensors

let private product (factors: FactoredMatrix) =
    Array2D.init factors.Left.Rows factors.Right.Rows (fun i j ->
        factors.Scale
        * Seq.sum (Seq.init factors.Left.Columns (fun k -> float factors.Left[i, k] * float factors.Right[j, k])))

let private scores (model: Model) (ids: int[]) (head: int) =
    let pass =
        (Model.transformer model |> model.Engine.Load).Run(ReadOnlySpan ids, Keep.Everything)

    pass[Place.AttentionInput 0], pass[Place.Pattern(0, head)]

[<Fact>]
let ``A head's pattern follows from W_QK at the distance of each pair of tokens`` () =
    let model = llama false
    let ids = [| 3; 17; 3; 8; 29 |]

    for head in 0..3 do
        let read, pattern = scores model ids head

        for query in 0..4 do
            let logits =
                Array.init (query + 1) (fun key ->
                    let w =
                        product (model |> Attention.queryKeyAt (query - key) Apart (Block 0) (Head head))

                    Seq.sum (
                        seq {
                            for i in 0..11 do
                                for j in 0..11 do
                                    float read[query, i] * w[i, j] * float read[key, j]
                        }
                    ))

            let largest = Array.max logits
            let total = logits |> Array.sumBy (fun x -> exp (x - largest))

            for key in 0..query do
                Assert.Equal(exp (logits[key] - largest) / total, float pattern[query, key], 1e-5)

[<Fact>]
let ``Heads that share keys and values share their factors, and each result says its distance`` () =
    let model = llama false
    let weights = (Model.transformer model).Attention 0
    let first, second, third = weights.Head 0, weights.Head 1, weights.Head 2
    Assert.Same(first.Key, second.Key)
    Assert.Same(first.Value, second.Value)
    Assert.NotSame(first.Key, third.Key)

    let at = model |> Attention.queryKeyAt 3 Folded (Block 0) (Head 1)
    at.Distance |> should equal (Some 3)
    at.Name |> should equal "W_QK of block 0, head 1 at distance 3"

    (HeadAtlas.entry (Decomposition.svd at)).Display
    |> should haveSubstring "at distance 3"

    (model |> Attention.queryKeyBias Apart (Block 0) (Head 1)).Distance
    |> should equal (Some 0)

    (model |> Attention.valueOutput Apart (Block 0) (Head 1)).Distance
    |> should equal None

[<Fact>]
let ``Norms of queries and keys are left out unless their gains are asked for, and the result says so`` () =
    let model = llama true
    let left = model |> Attention.queryKeyAt 2 Apart (Block 0) (Head 3)
    left.HeadNorms |> should equal (Some LeftOut)
    left.Display |> should haveSubstring "norms of queries and keys left out"

    product left
    |> should equal (product (llama false |> Attention.queryKeyAt 2 Apart (Block 0) (Head 3)))

    let folded =
        model
        |> Attention.queryKeyWith
            {
                QueryKeySettings.Default with
                    HeadNorms = GainsFolded
            }
            (Block 0)
            (Head 3)

    // At distance 0 by hand: W_q·diag(gain of q)·diag(gain of k)·W_kᵀ, and yarn's stretch twice.
    let head = (Model.transformer model).Attention(0).Head 3
    let queryGain, keyGain = nonNull head.QueryGain, nonNull head.KeyGain
    let stretch = rotary.Stretch * rotary.Stretch

    let byHand =
        Array2D.init 12 12 (fun i j ->
            0.5
            * stretch
            * Seq.sum (
                Seq.init 4 (fun k ->
                    float head.Query[i, k]
                    * float queryGain[k]
                    * float keyGain[k]
                    * float head.Key[j, k])
            ))

    let found = product folded

    for i in 0..11 do
        for j in 0..11 do
            Assert.Equal(byHand[i, j], found[i, j], 1e-5)

[<Theory>]
[<InlineData(0, 1)>]
[<InlineData(7, -4)>]
let ``Turning by one distance and then another is turning by their sum`` (first: int, second: int) =
    let plain = RotaryConfig(4, 100.0, Pairing = RotaryPairing.Neighbours)
    let rows = (Sample.normal (Seed 1UL) 3 6).Values
    let twice = plain.Turn(plain.Turn(rows, first), second)
    let once = plain.Turn(rows, first + second)

    for i in 0..2 do
        for j in 0..5 do
            Assert.Equal(once[i, j], twice[i, j], 1e-5f)

[<WeightsFact "reference/families/heads.safetensors">]
let ``Singular values of every head of seventeen models agree with the original library at each distance`` () =
    use expected =
        SafetensorsFile.Open(WeightsFolder.at [ "reference"; "families"; "heads.safetensors" ])

    let folder name =
        if name = "stories260K" then
            WeightsFolder.at [ name ]
        else
            WeightsFolder.at [ "reference"; "families"; name ]

    let mutable worst = 0.0

    let byModel =
        expected.Tensors
        |> Seq.groupBy (fun tensor -> Array.head (tensor.Name.Split('/')))
        |> List.ofSeq

    byModel |> should haveLength 17

    for name, tensors in byModel do
        let model = Model.load (folder name)

        for tensor in tensors do
            // NAME/block.B.head.H.qk.D or NAME/block.B.head.H.ov
            let parts = (tensor.Name.Split('/')[1]).Split('.')
            let block, head = Block(int parts[1]), Head(int parts[3])

            let factors =
                if parts[4] = "ov" then
                    model |> Attention.valueOutput Apart block head
                else
                    model |> Attention.queryKeyAt (int parts[5]) Apart block head

            let values =
                (Decomposition.svd factors).Values
                |> Array.map (fun value -> value / factors.Scale)

            let wanted = expected.ReadDoubles tensor.Name
            values.Length |> should equal wanted.Length

            for found, value in Array.zip values wanted do
                worst <- max worst (abs (found - value) / wanted[0])

    Assert.True(worst < 2e-6, $"off by {worst}")
