namespace Workbench

open System
open System.Numerics.Tensors
open Workbench.Core.Models
open Workbench.Core.Tensors
open type System.FormattableString

/// <summary>What the biases of the query and key layers add to x·W_QK·yᵀ, for a query x and a key y. Without them a
/// head's score would be that product alone.</summary>
/// <category index="5">Heads</category>
[<NoComparison; NoEquality; StructuredFormatDisplay("{Display}")>]
type QueryKeyBias = {
    /// W_q·b_k, d numbers: what a query's dot product with it adds to all keys alike, so that the softmax takes it away
    /// again.
    OfQuery: float[]
    /// W_k·b_q, d numbers: what a key's dot product with it adds for every query; tokens along it are attended to by
    /// all.
    OfKey: float[]
    /// b_q·b_k.
    Constant: float
    Gain: LayerNormGain
    /// As for W_QK: None where it is the same at every distance.
    Distance: int option
} with

    member this.Display =
        let distance =
            match this.Distance with
            | Some distance -> Invariant $", at distance {distance}"
            | None -> ""

        Invariant
            $"bias terms of {this.OfKey.Length} dimensions: length {Vector.length this.OfQuery:G3} of a query, \
              {Vector.length this.OfKey:G3} of a key, constant {this.Constant:G3}, {this.Gain}{distance}"

    override this.ToString() = this.Display

/// <summary>The attention of transformers as geometry: what a head compares, and what it writes.</summary>
/// <category index="5">Heads</category>
[<RequireQualifiedAccess>]
module Attention =
    /// <summary>All blocks of a model.</summary>
    /// <example><code lang="fsharp">Attention.blocks gpt2</code> is
    /// <c>[block 0; block 1; block 2; block 3; block 4; block 5]</c>.</example>
    let blocks (model: Model) : Block list =
        List.init (Model.transformer model).Config.Blocks.Count Block

    /// <summary>All heads of each of its blocks.</summary>
    /// <example><code lang="fsharp">Attention.heads gpt2</code> is
    /// <c>[head 0; head 1; head 2; head 3; head 4; head 5]</c>.</example>
    let heads (model: Model) : Head list =
        List.init (Model.transformer model).Config.Blocks[0].Attention.Heads Head

    /// Refuses a block that the model does not have.
    let internal checkBlock (Block block) (model: Model) =
        let count = (Model.transformer model).Config.Blocks.Count

        if block < 0 || block >= count then
            invalidArg
                (nameof block)
                $"There is no block {block} in {model.Weights}, which has blocks 0 to {count - 1}."

    /// Refuses a head that the model does not have.
    let internal checkHead (block: Block) (Head head) (model: Model) =
        checkBlock block model
        let (Block number) = block
        let count = (Model.transformer model).Config.Blocks[number].Attention.Heads

        if head < 0 || head >= count then
            invalidArg
                (nameof head)
                $"There is no head {head} in {block} of {model.Weights}, which has heads 0 to {count - 1}."

    /// The patterns of all heads of a text that is given by its ids: by place.
    let internal run (keep: Place -> bool) (ids: int[]) (model: Model) : ForwardPass =
        Check.notEmpty "the text's tokens" ids
        (Model.runner model).Run(ReadOnlySpan ids, keep)

    /// <summary>Where a head looks in a text that is given by its token ids: [queries, keys], each row the shares that
    /// one token gives to all.</summary>
    /// <example><code lang="fsharp">
    /// gpt2 |> Attention.patternOfIds (Block 5) (Head 3) [| 483; 1472 |] |> Labelled.row 0
    /// </code> is <c>[|1.0; 0.0|]</c>.</example>
    let patternOfIds (block: Block) (head: Head) (ids: int[]) (model: Model) : Labelled =
        checkHead block head model
        let (Block blockNumber), (Head headNumber) = block, head
        let place = Place.Pattern(blockNumber, headNumber)
        let pass = run ((=) place) ids model
        let texts = ids |> Array.map (fun id -> Tokens.text id model)

        Labelled.ofMatrix
            (Axis.labelled "query" texts)
            (Axis.labelled "key" texts)
            (Model.passProvenance $"pattern of {block}, {head}" model)
            pass[place]

    /// <summary>Where a head looks in a text: [queries, keys], each row the shares that one token gives to all, adding
    /// up to 1; less where a model has a sink beside them (gpt-oss). A decoder's token sees none behind it. The text
    /// stands between the tokens that the model's makers put around texts.</summary>
    /// <param name="block">Which block.</param>
    /// <param name="head">Which head.</param>
    /// <param name="text">Not empty.</param>
    /// <param name="model">One that can be run, with a tokenizer.</param>
    /// <exception cref="T:System.ArgumentException">There is no such block or head, or no token.</exception>
    /// <example><code lang="fsharp">gpt2 |> Attention.pattern (Block 5) (Head 3) "To kill two birds"</code> is <c>query
    /// ×
    /// 4 by key × 4, pocket-gpt2 (Pocket): pattern of block 5, head 3 [cpu] To: 1.0000, 0.0000, 0.0000, 0.0000
    /// …</c>.</example>
    /// <example><code lang="fsharp">
    /// gpt2 |> Attention.pattern (Block 5) (Head 3) "To kill two birds" |> Chart.heatmap
    /// </code> is <c>Chart: heat-map of 4 × 4; x “Key”, y “Query”</c>.</example>
    /// <example><code lang="fsharp">gpt2 |> Attention.pattern (Block 5) (Head 6) "To kill two birds"</code> throws
    /// <c>ArgumentException</c>: there are heads 0 to 5.</example>
    let pattern (block: Block) (head: Head) (text: string) (model: Model) : Labelled =
        patternOfIds block head (Tokens.sequence text model) model

    /// <summary>Whether the checkpoint at hand holds a block's attention layers: enough for its heads'
    /// spectra.</summary>
    /// <example><code lang="fsharp">gpt2 |> Attention.has (Block 5)</code> is <c>true</c>.</example>
    /// <example><code lang="fsharp">gpt2 |> Attention.has (Block 6)</code> is <c>false</c>.</example>
    let has (Block block) (model: Model) : bool =
        Model.tryTransformer model
        |> Option.exists (fun weights -> weights.HasAttention block)

    /// <summary>The blocks whose attention layers the checkpoint at hand holds.</summary>
    /// <example><code lang="fsharp">Attention.blocksAtHand gpt2 |> List.length</code> is <c>6</c>.</example>
    let blocksAtHand (model: Model) : Block list =
        match Model.tryTransformer model with
        | None -> []
        | Some weights -> [
            for block in 0 .. weights.Config.Blocks.Count - 1 do
                if weights.HasAttention block then
                    Block block
          ]

    /// <summary>Whether the checkpoint at hand holds any block's attention layers.</summary>
    /// <example><code lang="fsharp">Attention.hasAny gpt2</code> is <c>true</c>.</example>
    let hasAny (model: Model) : bool = not (blocksAtHand model).IsEmpty

    /// <summary>The first, the middle and the last of some blocks, each once.</summary>
    /// <exception cref="T:System.ArgumentException">There are none.</exception>
    /// <example><code lang="fsharp">Attention.blocks gpt2 |> Attention.firstMiddleLast</code> is
    /// <c>[block 0; block 2; block 5]</c>.</example>
    let firstMiddleLast (blocks: Block list) : Block list =
        if blocks.IsEmpty then
            invalidArg (nameof blocks) "There is no block to choose from."

        List.distinct [ blocks.Head; blocks[(blocks.Length - 1) / 2]; List.last blocks ]

    // The norm whose result a block's attention reads, as the gain is counted; none where it reads what no norm gave.
    let private tryNorm (gain: LayerNormGain) (Block block) (model: Model) : Norm option =
        (Model.transformer model).TryNormRead block
        |> Option.ofObj
        |> Option.map (fun whole ->
            match gain with
            | Apart -> whole
            | Folded -> Norm(Array.create whole.Gain.Length 1.0f, null, whole.Epsilon, whole.Kind))

    /// <summary>Whether tokens can be sent through the heads: the checkpoint holds token embeddings, and of each block
    /// whose attention it holds also the norm before it.</summary>
    /// <example><code lang="fsharp">Attention.readsTokens gpt2</code> is <c>true</c>.</example>
    let readsTokens (model: Model) : bool =
        Embedding.hasTokens model
        && hasAny model
        && blocksAtHand model
           |> List.forall (fun block -> (Model.attempt (fun () -> tryNorm Apart block model)).IsSome)

    /// <summary>At which distance of query and key W_QK stands in what is computed without one being given: in words
    /// for a caption, empty where it is the same at every distance.</summary>
    /// <example><code lang="fsharp">Attention.distanceNote gpt2</code> is <c>""</c>.</example>
    let distanceNote (model: Model) : string =
        match Model.tryTransformer model with
        | Some weights when not (isNull weights.Config.Blocks[0].Attention.Rotary) ->
            "; positions turn queries and keys: W_QK at distance 0"
        | _ -> ""

    // What a block's attention reads of vectors like token embeddings.
    let internal read (gain: LayerNormGain) (block: Block) (model: Model) (embeddings: Matrix) : Matrix =
        let stream = (Model.transformer model).IntoStream embeddings

        match tryNorm gain block model with
        | Some norm -> norm.Apply stream
        | None -> stream

    /// <summary>What a block's attention would read of every token standing alone, without position: the token
    /// embeddings, scaled where the model does so, after the block's norm where it has one, its gain and bias counted
    /// as asked. [vocabulary, d]</summary>
    /// <example><code lang="fsharp">gpt2 |> Attention.inputs Folded (Block 0) |> Labelled.shape</code> is
    /// <c>(10240, 192)</c>.</example>
    let inputs (gain: LayerNormGain) (block: Block) (model: Model) : Labelled =
        let embeddings = Embedding.tokens model
        let values = read gain block model embeddings.Values

        Labelled.ofMatrix
            embeddings.Rows
            (if values.Columns = embeddings.Columns.Length then
                 embeddings.Columns
             else
                 Axis.numbered "dimension" values.Columns)
            embeddings.Provenance
            values
        |> Labelled.withStep $"norm of what {block} reads, {gain}"

    // diag(γ)·W: the rows scaled.
    let private fold (gain: LayerNormGain) block model (matrix: Matrix) =
        match gain with
        | Apart -> matrix
        | Folded ->
            match tryNorm Apart block model with
            | None -> matrix
            | Some norm ->
                let result = matrix.Copy()

                norm.Gain.ToArray()
                |> Array.iteri (fun i gain -> TensorPrimitives.Multiply(matrix.Row i, gain, result.WritableRow i))

                result

    let private weightsOf (Block block) (Head head) (model: Model) =
        (Model.transformer model).Attention(block).Head(head)

    let private factored circuit gain block head model left right scale = {
        Circuit = circuit
        Block = block
        Head = head
        Gain = gain
        Distance = None
        HeadNorms = None
        Left = left
        Right = right
        Scale = scale
        Provenance = model |> Model.provenance $"{circuit} of {block}, {head}, {gain}"
    }

    // The factors of W_QK that are meant, with what is to be said of them.
    let private queryKeyFactors (settings: QueryKeySettings) block head model =
        let weights = weightsOf block head model

        let norms =
            if isNull weights.QueryGain && isNull weights.KeyGain then
                None
            else
                Some settings.HeadNorms

        let gained =
            match norms with
            | Some GainsFolded -> weights.WithGains()
            | _ -> weights

        gained.At settings.Distance, (weights.Rotary |> Option.ofObj |> Option.map (fun _ -> settings.Distance)), norms

    /// <summary>W_QK = W_q·W_kᵀ times the model's scale, 1/√d_k for most: a query x and a key y score x·W_QK·yᵀ and the
    /// terms of `queryKeyBias`. By all settings.</summary>
    /// <remarks>Where positions turn queries and keys (Su et al., "RoFormer", 2021) W_QK depends on the distance t − s
    /// alone: W_q·R(t − s)·W_kᵀ, with the stretch that some scalings have in both factors; the result says at which it
    /// stands. Biases that are added to scores by distance (ALiBi) are no part of it. Heads that share keys share the
    /// factor.</remarks>
    /// <exception cref="T:Workbench.Core.Formats.WeightFileException">The checkpoint does not hold the block's
    /// attention layers.</exception>
    /// <exception cref="T:System.ArgumentOutOfRangeException">The model has no such block, or the block no such
    /// head.</exception>
    /// <example><code lang="fsharp">
    /// gpt2 |> Attention.queryKeyWith { QueryKeySettings.Default with Gain = Folded } (Block 5) (Head 3)
    /// </code> is <c>W_QK of block 5, head 3: 192 × 192 of rank 32 at most, gain folded into the matrices,
    /// …</c>.</example>
    let queryKeyWith (settings: QueryKeySettings) (block: Block) (head: Head) (model: Model) : FactoredMatrix =
        let weights, distance, norms = queryKeyFactors settings block head model
        let folded = fold settings.Gain block model

        {
            factored
                QueryKey
                settings.Gain
                block
                head
                model
                (folded weights.Query)
                (folded weights.Key)
                (float weights.Scale) with
                Distance = distance
                HeadNorms = norms
        }

    /// <summary>W_QK for a query that stands some places behind the key; the same at every distance in a model whose
    /// positions do not turn queries and keys.</summary>
    /// <param name="distance">Position of the query minus that of the key.</param>
    /// <param name="gain">Where the gain of the block's norm is counted.</param>
    /// <param name="block">Which block.</param>
    /// <param name="head">Which head.</param>
    /// <param name="model">With the block's attention layers.</param>
    /// <example><code lang="fsharp">gpt2 |> Attention.queryKeyAt 5 Apart (Block 5) (Head 3)</code> is <c>W_QK of block
    /// 5, head 3: 192 × 192 of rank 32 at most, …</c>, since GPT-2's positions turn nothing.</example>
    let queryKeyAt (distance: int) (gain: LayerNormGain) (block: Block) (head: Head) (model: Model) : FactoredMatrix =
        queryKeyWith
            {
                QueryKeySettings.Default with
                    Gain = gain
                    Distance = distance
            }
            block
            head
            model

    /// <summary>W_QK, where positions turn queries and keys at distance 0.</summary>
    /// <exception cref="T:Workbench.Core.Formats.WeightFileException">The checkpoint does not hold the block's
    /// attention layers.</exception>
    /// <exception cref="T:System.ArgumentOutOfRangeException">The model has no such block, or the block no such
    /// head.</exception>
    /// <example><code lang="fsharp">gpt2 |> Attention.queryKey Folded (Block 5) (Head 3)</code> is <c>W_QK of block 5,
    /// head 3: 192 × 192 of rank 32 at most, gain folded into the matrices, …</c>.</example>
    /// <example><code lang="fsharp">gpt2 |> Attention.queryKey Folded (Block 6) (Head 3)</code> throws
    /// <c>ArgumentOutOfRangeException</c>.</example>
    let queryKey (gain: LayerNormGain) (block: Block) (head: Head) (model: Model) : FactoredMatrix =
        queryKeyAt 0 gain block head model

    /// <summary>W_VO = W_v·W_o: a position attended to with weight a adds a·(x·W_VO + the bias of `valueOutputBias`) to
    /// the stream.</summary>
    /// <exception cref="T:System.ArgumentOutOfRangeException">The model has no such block, or the block no such
    /// head.</exception>
    /// <example><code lang="fsharp">gpt2 |> Attention.valueOutput Folded (Block 5) (Head 3)</code> is <c>W_VO of block
    /// 5, head 3: 192 × 192 of rank 32 at most, gain folded into the matrices, …</c>.</example>
    let valueOutput (gain: LayerNormGain) (block: Block) (head: Head) (model: Model) : FactoredMatrix =
        let weights = weightsOf block head model

        factored
            ValueOutput
            gain
            block
            head
            model
            (fold gain block model weights.Value)
            (weights.Output.Transpose())
            1.0

    // x·W, or W·x for the transpose, of one vector in float64.
    let private timesVector (matrix: Matrix) (vector: float[]) =
        Array.init matrix.Rows (fun i ->
            let row = matrix.Row i
            let mutable sum = 0.0

            for j in 0 .. row.Length - 1 do
                sum <- sum + float row[j] * vector[j]

            sum)

    // A layer's bias, with β·W added where the layer norm's β is counted with the matrices.
    let private biasOf gain block model (weights: Matrix) (bias: float32[]) =
        let own = Array.map float bias

        match gain with
        | Apart -> own
        | Folded ->
            match tryNorm Apart block model |> Option.map _.Bias.ToArray() with
            | None
            | Some [||] -> own
            | Some beta -> Array.map2 (+) own (timesVector (weights.Transpose()) (Array.map float beta))

    /// <summary>The bias terms of a head's scores, scaled as W_QK of the same settings is.</summary>
    /// <example><code lang="fsharp">
    /// gpt2 |> Attention.queryKeyBiasWith QueryKeySettings.Default (Block 5) (Head 3)
    /// </code> is <c>bias terms of 192 dimensions: length 0.000455 of a query, 0.0728 of a key, …</c>.</example>
    let queryKeyBiasWith (settings: QueryKeySettings) (block: Block) (head: Head) (model: Model) : QueryKeyBias =
        let weights, distance, _ = queryKeyFactors settings block head model
        let gain = settings.Gain
        let folded = fold gain block model
        let query = biasOf gain block model weights.Query weights.QueryBias
        let key = biasOf gain block model weights.Key weights.KeyBias
        let scaled = Array.map (fun value -> value * float weights.Scale)

        {
            OfQuery = timesVector (folded weights.Query) key |> scaled
            OfKey = timesVector (folded weights.Key) query |> scaled
            Constant = float weights.Scale * Array.fold2 (fun sum a b -> sum + a * b) 0.0 query key
            Gain = gain
            Distance = distance
        }

    /// <summary>The bias terms of a head's scores, scaled as W_QK is, where positions turn queries and keys at distance
    /// 0.</summary>
    /// <example><code lang="fsharp">gpt2 |> Attention.queryKeyBias Apart (Block 5) (Head 3)</code> is <c>bias terms of
    /// 192 dimensions: length 0.000455 of a query, 0.0728 of a key, constant …, gain left with the
    /// vectors</c>.</example>
    let queryKeyBias (gain: LayerNormGain) (block: Block) (head: Head) (model: Model) : QueryKeyBias =
        queryKeyBiasWith
            {
                QueryKeySettings.Default with
                    Gain = gain
            }
            block
            head
            model

    /// <summary>b_v·W_o: what a head writes whatever it attends to, d numbers.</summary>
    /// <example><code lang="fsharp">gpt2 |> Attention.valueOutputBias Apart (Block 5) (Head 3) |> Array.take 3</code>
    /// is <c>[|0.00276; 0.00131; 0.00286|]</c>.</example>
    let valueOutputBias (gain: LayerNormGain) (block: Block) (head: Head) (model: Model) : float[] =
        let weights = weightsOf block head model
        timesVector (weights.Output.Transpose()) (biasOf gain block model weights.Value weights.ValueBias)

    /// <summary>b_o: what the block's attention adds once for all heads, d numbers; zeros in a model without
    /// biases.</summary>
    /// <example><code lang="fsharp">gpt2 |> Attention.outputBias (Block 5) |> Array.take 3</code> is
    /// <c>[|0.0211; -0.0082; 0.0225|]</c>.</example>
    let outputBias (Block block) (model: Model) : float[] =
        let output = (Model.transformer model).Attention(block).Output

        if output.Bias.IsEmpty then
            Array.zeroCreate output.Outputs
        else
            output.Bias.ToArray() |> Array.map float
