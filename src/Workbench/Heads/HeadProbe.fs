namespace Workbench

open System
open System.Numerics.Tensors
open Workbench.Core.Tensors

/// <summary>What is sent through a head.</summary>
/// <category index="5">Heads</category>
type HeadProbeStart =
    /// The embeddings of these tokens.
    | OfTokens of ids: int[]
    /// So many vectors that point anywhere, as long as embeddings are on average: what chance looks like on the same
    /// path.
    | Anywhere of Seed * count: int

/// <summary>How tokens are looked for when a head is probed.</summary>
/// <category index="5">Heads</category>
type HeadProbeSettings = {
    /// How many nearest tokens.
    Nearest: int
    Nearness: Nearness
    Gain: LayerNormGain
} with

    /// The five of largest dot product, the gain left with the vectors.
    static member Default = {
        Nearest = 5
        Nearness = Nearness.DotProduct
        Gain = Apart
    }

/// <summary>What a head does to vectors, by the tokens nearest to what comes out.</summary>
/// <category index="5">Heads</category>
[<NoComparison; NoEquality; StructuredFormatDisplay("{Display}")>]
type HeadProbe = {
    Circuit: Circuit
    Block: Block
    /// None for all heads of the block together.
    Head: Head option
    Settings: HeadProbeSettings
    Start: HeadProbeStart
    /// For each start its tokens, best first.
    Nearest: NearToken[][]
    /// For each start the length of what comes out of the head: of x·W_QK, or of the update that W_VO writes.
    Lengths: float[]
    Provenance: Provenance
} with

    /// E.g. `QK of block 5, head 3`.
    member this.Name =
        match this.Head with
        | Some head -> $"{this.Circuit} of {this.Block}, {head}"
        | None -> $"{this.Circuit} of {this.Block}, all heads"

    member this.Display =
        $"{this.Name}: {this.Nearest.Length} starts, {this.Settings.Gain}, {Provenance.describe this.Provenance}"

    override this.ToString() = this.Display

/// <summary>Sends tokens through heads, and judges what comes out.</summary>
/// <category index="5">Heads</category>
[<RequireQualifiedAccess>]
module HeadProbe =
    let private addToRows (vector: float[]) (rows: Matrix) =
        let row = Array.map float32 vector

        for i in 0 .. rows.Rows - 1 do
            let target = rows.WritableRow i
            TensorPrimitives.Add(Span.op_Implicit target, ReadOnlySpan row, target)

        rows

    // The vectors that start: embeddings of tokens, or as long as these and pointing anywhere.
    let private starts (start: HeadProbeStart) (model: Model) : Matrix =
        let embeddings = Embedding.tokens model

        match start with
        | OfTokens ids -> embeddings.Values.SelectRows ids
        | Anywhere(seed, count) ->
            let length = Norms.ofRows embeddings |> Array.average
            let raw = Sample.normal seed count embeddings.Columns.Length
            let norms = Norms.ofRows raw
            (Labelled.mapi (fun i _ value -> value * length / norms[i]) raw).Values

    let private lengths (rows: Matrix) =
        Array.init rows.Rows (fun i -> sqrt (float (TensorPrimitives.SumOfSquares(rows.Row i))))

    let private probe circuit settings start block head (table: Labelled) (queries: Matrix) lengths = {
        Circuit = circuit
        Block = block
        Head = head
        Settings = settings
        Start = start
        Nearest = Nearest.tokens settings.Nearness settings.Nearest table queries
        Lengths = lengths
        Provenance = table.Provenance
    }

    /// <summary>Which tokens a head would attend to: for each start x the tokens whose inputs are nearest to
    /// x·W_QK. Bias terms are left out; `queryKeyBias` has them.</summary>
    /// <param name="settings">How many, how near is meant, where the gain is counted.</param>
    /// <param name="start">Tokens, or vectors that point anywhere.</param>
    /// <param name="block">Which block.</param>
    /// <param name="model">With token embeddings, and the block's attention and layer norm.</param>
    /// <returns>One probe per head.</returns>
    /// <example><code lang="fsharp">
    /// let probes = gpt2 |> HeadProbe.keys HeadProbeSettings.Default (OfTokens(Tokens.ids " king" gpt2)) (Block 5)
    /// probes[3].Name, probes[3].Nearest[0]
    /// </code>is <c>("QK of block 5, head 3", [|ot 8.882; est 7.923; ic 7.734; urn 7.216; orn 7.121|])</c>.</example>
    let keys (settings: HeadProbeSettings) (start: HeadProbeStart) (block: Block) (model: Model) : HeadProbe list =
        let table = Attention.inputs settings.Gain block model
        let queries = Attention.read settings.Gain block model (starts start model)

        [
            for head in Attention.heads model do
                let out =
                    model
                    |> Attention.queryKey settings.Gain block head
                    |> FactoredMatrix.apply queries

                probe QueryKey settings start block (Some head) table out (lengths out)
        ]

    // What is written as it is added: times the factor that some models have. A norm of all heads' sum is no one
    // head's.
    let private added (Block block) (model: Model) (written: Matrix) =
        let attention = (Model.transformer model).Config.Blocks[block].Attention

        if not (isNull attention.NormOutput) then
            invalidArg
                (nameof model)
                $"{model.Weights} norms what all heads of a block write together before it is added to the stream: one \
                  head's update is not linear in what it writes. Attention.valueOutput has the matrix itself."

        if attention.Multiplier <> 1.0f then
            for i in 0 .. written.Rows - 1 do
                let row = written.WritableRow i
                TensorPrimitives.Multiply(Span.op_Implicit row, attention.Multiplier, row)

        written

    /// <summary>What a head writes to the stream when it attends to a start fully: x·W_VO + b_v·W_o, times the factor
    /// that some models (Granite) have, one row per start.</summary>
    /// <exception cref="T:System.ArgumentException">The model norms what all heads write together (Gemma
    /// 2).</exception>
    /// <example><code lang="fsharp">gpt2 |> HeadProbe.updates Apart (Anywhere(Seed 1UL, 4)) (Block 5) (Head 3)</code>
    /// is <c>Matrix [4, 192]</c>.</example>
    let updates (gain: LayerNormGain) (start: HeadProbeStart) (block: Block) (head: Head) (model: Model) : Matrix =
        let read = Attention.read gain block model (starts start model)

        model
        |> Attention.valueOutput gain block head
        |> FactoredMatrix.apply read
        |> addToRows (Attention.valueOutputBias gain block head model)
        |> added block model

    /// <summary>What a head makes of a token that attends to itself: for each start e the tokens nearest to ln_f(e
    /// + update + b_o), where the update is the head's, and last, with no head, the sum of all heads' updates: the
    /// layer sum.</summary>
    /// <param name="settings">How many, how near is meant, where the gain is counted.</param>
    /// <param name="start">Tokens, or vectors that point anywhere.</param>
    /// <param name="block">Which block.</param>
    /// <param name="model">With token embeddings, the final layer norm, and the block's attention and layer
    /// norm.</param>
    /// <returns>One probe per head, then the layer sum.</returns>
    /// <example><code lang="fsharp">
    /// gpt2 |> HeadProbe.values HeadProbeSettings.Default (OfTokens(Tokens.ids " king" gpt2)) (Block 5)
    /// |> List.map _.Name |> List.last
    /// </code>is <c>"VO of block 5, all heads"</c>.</example>
    let values (settings: HeadProbeSettings) (start: HeadProbeStart) (block: Block) (model: Model) : HeadProbe list =
        let table = Embedding.tokens model
        let from = (Model.transformer model).IntoStream(starts start model)

        let bias =
            let (Block number) = block

            let factor =
                float (Model.transformer model).Config.Blocks[number].Attention.Multiplier

            Attention.outputBias block model |> Array.map ((*) factor)

        let final = (Model.transformer model).FinalNorm
        let sum = Matrix(from.Rows, from.Columns)

        let add (target: Matrix) (rows: Matrix) =
            for i in 0 .. rows.Rows - 1 do
                let row = target.WritableRow i
                TensorPrimitives.Add(Span.op_Implicit row, rows.Row i, row)

        let after head (update: Matrix) =
            let state = from.Copy()
            add state update
            probe ValueOutput settings start block head table (final.Apply(addToRows bias state)) (lengths update)

        let each = [
            for head in Attention.heads model do
                let update = updates settings.Gain start block head model
                add sum update
                after (Some head) update
        ]

        each @ [ after None sum ]

    /// <summary>For each start of a probe, how far its best score lies from the best scores of vectors that point
    /// anywhere, in their standard deviations.</summary>
    /// <param name="anywhere">The same head probed with `Anywhere`, at least two of them.</param>
    /// <param name="probe">The head probed with tokens.</param>
    /// <example><code lang="fsharp">
    /// let probe start = gpt2 |> HeadProbe.keys HeadProbeSettings.Default start (Block 5) |> List.item 3
    /// probe (OfTokens(Tokens.ids " king the" gpt2)) |> HeadProbe.z (probe (Anywhere(Seed 1UL, 20)))
    /// </code>is <c>[|7.1; 12.8|]</c>.</example>
    let z (anywhere: HeadProbe) (probe: HeadProbe) : float[] =
        let best (probe: HeadProbe) =
            probe.Nearest |> Array.map (fun found -> found[0].Score)

        let chance = Distribution.summary "best score" probe.Provenance (best anywhere)
        best probe |> Array.map (fun score -> (score - chance.Mean) / chance.Sd)
