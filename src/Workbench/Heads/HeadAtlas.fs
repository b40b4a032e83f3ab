namespace Workbench

open System
open type System.FormattableString

/// <summary>One matrix of one head in numbers.</summary>
/// <category index="5">Heads</category>
[<StructuredFormatDisplay("{Display}")>]
type HeadEntry = {
    Block: Block
    Head: Head
    Circuit: Circuit
    /// Of query and key, for W_QK of a model whose positions turn them.
    Distance: int option
    /// All singular values, largest first.
    Values: float[]
    /// How many directions hold 99 % of the sum of singular values.
    Features: int
    EffectiveRank: float
    /// Of the squared Frobenius norm; see `FactoredMatrix.symmetricShare`.
    SymmetricShare: float
    /// How many directions would turn by less than 30° if the matrix changed by 1 % of its largest singular value.
    Stable: int
    /// Of the tokens nearest to its directions, where they have been judged.
    Coherence: Coherence option
    /// Of the coherence, over all heads judged together (Benjamini and Hochberg).
    Q: float option
} with

    member this.Display =
        let judged =
            match this.Coherence, this.Q with
            | Some coherence, Some q -> Invariant $", coherence z = {coherence.Z:F1}, q = {q:G3}"
            | _ -> ""

        let distance =
            match this.Distance with
            | Some distance -> Invariant $" at distance {distance}"
            | None -> ""

        Invariant
            $"W_{this.Circuit} of {this.Block}, {this.Head}{distance}: {this.Features} directions hold 99 %%, \
              effective rank {this.EffectiveRank:F1}, symmetric share {this.SymmetricShare:F3}, \
              {this.Stable} stable{judged}"

    override this.ToString() = this.Display

/// <summary>All heads of a model side by side.</summary>
/// <category index="5">Heads</category>
[<RequireQualifiedAccess>]
module HeadAtlas =
    /// <summary>The numbers of one decomposition; its coherence is not judged yet.</summary>
    /// <example><code lang="fsharp">
    /// gpt2 |> Attention.queryKey Folded (Block 5) (Head 3) |> Decomposition.svd
    /// |> HeadAtlas.entry
    /// </code>is <c>W_QK of block 5, head 3: 30 directions hold 99 %, effective rank 12.4, symmetric share 0.506, 4
    /// stable</c>.</example>
    let entry (decomposition: Decomposition) : HeadEntry =
        let stable angle = angle < Math.PI / 6.0

        {
            Block = decomposition.Of.Block
            Head = decomposition.Of.Head
            Circuit = decomposition.Of.Circuit
            Distance = decomposition.Of.Distance
            Values = decomposition.Values
            Features = Decomposition.featuresFor 0.99 decomposition
            EffectiveRank = Decomposition.effectiveRank decomposition
            SymmetricShare = FactoredMatrix.symmetricShare decomposition.Of
            Stable = (Decomposition.stability 0.01 decomposition |> Array.filter stable).Length
            Coherence = None
            Q = None
        }

    /// <summary>Both matrices of all heads of a model's blocks at hand, decomposed: by block, head and
    /// circuit.</summary>
    /// <example><code lang="fsharp">(HeadAtlas.decompose Folded gpt2).Length</code> is <c>72</c>.</example>
    let decompose (gain: LayerNormGain) (model: Model) : Decomposition list = [
        for block in Attention.blocksAtHand model do
            for head in Attention.heads model do
                model |> Attention.queryKey gain block head |> Decomposition.svd
                model |> Attention.valueOutput gain block head |> Decomposition.svd
    ]

    /// <summary>What a head's W_QK would be if its factors were noise of the same size.</summary>
    /// <example><code lang="fsharp">(HeadAtlas.noise gpt2).EffectiveRank</code> is <c>…</c>.</example>
    let noise (model: Model) : HeadEntry =
        let block = (Attention.blocksAtHand model).Head
        let like = model |> Attention.queryKey Apart block (Head 0)

        {
            like with
                Left = (Sample.normal (Seed 1UL) like.Left.Rows like.Left.Columns).Values
                Right = (Sample.normal (Seed 2UL) like.Right.Rows like.Right.Columns).Values
        }
        |> Decomposition.svd
        |> entry

    /// The same with q-values over all entries whose coherence was judged.
    let internal adjusted (judged: HeadEntry list) : HeadEntry list =
        let q =
            judged
            |> List.choose (fun entry -> entry.Coherence |> Option.map _.P)
            |> Array.ofList
            |> Significance.benjaminiHochberg

        judged
        |> List.mapFold
            (fun next entry ->
                match entry.Coherence with
                | Some _ -> { entry with Q = Some q[next] }, next + 1
                | None -> entry, next)
            0
        |> fst

    /// <summary>The entries with the coherence of the tokens at their directions, and q-values over all that could be
    /// judged.</summary>
    /// <param name="seed">Chooses the random lists.</param>
    /// <param name="draws">How many times they are drawn.</param>
    /// <param name="space">The space that judges.</param>
    /// <param name="entries">Each with its directions; the lists on both sides count.</param>
    /// <example><code lang="fsharp">
    /// let svd = gpt2 |> Attention.queryKey Folded (Block 5) (Head 3) |> Decomposition.svd
    /// let directions = [ svd ] |> Decomposition.nearestTokens Nearness.Cosine 10 3 gpt2
    /// let space = (Embedding.tokens gpt2).Rows |> Coherence.space words
    /// List.zip [ HeadAtlas.entry svd ] directions |> HeadAtlas.judge (Seed 1UL) 99 space
    /// </code>is <c>[W_QK of block 5, head 3: 30 directions hold 99 %, … coherence z = 12.0, q = 0.01]</c>.</example>
    let judge
        (seed: Seed)
        (draws: int)
        (space: CoherenceSpace)
        (entries: (HeadEntry * SingularDirection[]) list)
        : HeadEntry list =
        let judged = [
            for entry, directions in entries ->
                let lists =
                    directions
                    |> Array.collect (fun each -> [| each.Left; each.Right |])
                    |> Array.map (Array.map _.Id)

                {
                    entry with
                        Coherence = Coherence.ofGroups seed draws space lists
                }
        ]

        adjusted judged

    /// <summary>The same by word vectors and a model's own vocabulary, each entry by its first directions.</summary>
    /// <param name="seed">Chooses the random lists.</param>
    /// <param name="draws">How many times they are drawn.</param>
    /// <param name="count">How many directions of each count.</param>
    /// <param name="model">Whose heads they are.</param>
    /// <param name="directions">One array per entry.</param>
    /// <param name="entries">The entries.</param>
    /// <param name="vectors">The word vectors that judge.</param>
    /// <example><code lang="fsharp">
    /// let svd = gpt2 |> Attention.queryKey Folded (Block 5) (Head 3) |> Decomposition.svd
    /// let directions = [ svd ] |> Decomposition.nearestTokens Nearness.Cosine 10 3 gpt2
    /// words |> HeadAtlas.judgeBy (Seed 1UL) 99 3 gpt2 directions [ HeadAtlas.entry svd ] |> List.length
    /// </code>is <c>1</c>.</example>
    let judgeBy
        (seed: Seed)
        (draws: int)
        (count: int)
        (model: Model)
        (directions: SingularDirection[] list)
        (entries: HeadEntry list)
        (vectors: WordVectors)
        : HeadEntry list =
        let space = Coherence.space vectors (Embedding.tokens model).Rows

        List.zip entries (directions |> List.map (Array.truncate count))
        |> judge seed draws space

    let private numbers (entry: HeadEntry) =
        let (Block block), (Head head) = entry.Block, entry.Head
        block, head

    /// <summary>The entries of one block.</summary>
    /// <example><code lang="fsharp">
    /// (gpt2 |> HeadAtlas.decompose Apart |> List.map HeadAtlas.entry |> HeadAtlas.inBlock (Block 5)).Length
    /// </code>is <c>12</c>.</example>
    let inBlock (block: Block) (entries: HeadEntry list) : HeadEntry list =
        entries |> List.filter (fun entry -> entry.Block = block)

    /// <summary>The entries of one circuit.</summary>
    /// <example><code lang="fsharp">
    /// (gpt2 |> HeadAtlas.decompose Apart |> List.map HeadAtlas.entry |> HeadAtlas.ofCircuit QueryKey).Length
    /// </code>is <c>36</c>.</example>
    let ofCircuit (circuit: Circuit) (entries: HeadEntry list) : HeadEntry list =
        entries |> List.filter (fun entry -> entry.Circuit = circuit)

    /// <summary>The entries whose tokens belong together with a q below a limit.</summary>
    /// <example><code lang="fsharp">[] |> HeadAtlas.coherent 0.05</code>is <c>[]</c>.</example>
    let coherent (limit: float) (entries: HeadEntry list) : HeadEntry list =
        entries
        |> List.filter (fun entry -> entry.Q |> Option.exists (fun q -> q < limit))

    /// <summary>One row per entry.</summary>
    /// <example><code lang="fsharp">
    /// [ for head in Attention.heads gpt2 -> gpt2 |> Attention.queryKey Folded (Block 5) head ]
    /// |> List.map (Decomposition.svd >> HeadAtlas.entry)
    /// |> HeadAtlas.toTable
    /// </code>is <c>6 rows × 12 columns block head matrix s1 s2 s3 for 99 % effective rank symmetric share stable … 5 0
    /// QK 0.4610 0.2756 0.1572 30 13.88 0.5277 3 – – …</c>.</example>
    let toTable (entries: HeadEntry list) : Table =
        let optional value =
            value |> Option.defaultValue nan |> Number

        entries
        |> Table.ofItems [
            "block", (numbers >> fst >> int64 >> Count)
            "head", (numbers >> snd >> int64 >> Count)
            "matrix", (fun entry -> Text(string entry.Circuit))
            for i in 0..2 do
                $"s{i + 1}", (fun entry -> entry.Values |> Array.tryItem i |> optional)
            "for 99 %", (fun entry -> Count(int64 entry.Features))
            "effective rank", (fun entry -> Number entry.EffectiveRank)
            "symmetric share", (fun entry -> Number entry.SymmetricShare)
            "stable", (fun entry -> Count(int64 entry.Stable))
            "coherence z", (fun entry -> entry.Coherence |> Option.map _.Z |> optional)
            "q", (fun entry -> optional entry.Q)
        ]

    /// <summary>A number of every head as a map, block by head; NaN where a head has no entry.</summary>
    /// <example><code lang="fsharp">
    /// [ for head in Attention.heads gpt2 -> gpt2 |> Attention.queryKey Folded (Block 5) head ]
    /// |> List.map (Decomposition.svd >> HeadAtlas.entry)
    /// |> HeadAtlas.map QueryKey _.EffectiveRank (Provenance.ofWeights gpt2.Weights "effective ranks")
    /// |> Labelled.row 0
    /// </code>is <c>[|13.88; 15.61; 17.43; 12.38; 13.01; 14.31|]</c>.</example>
    let map
        (circuit: Circuit)
        (quantity: HeadEntry -> float)
        (provenance: Provenance)
        (entries: HeadEntry list)
        : Labelled =
        let chosen = entries |> List.filter (fun entry -> entry.Circuit = circuit)
        let blocks = chosen |> List.map (numbers >> fst) |> List.distinct |> Array.ofList
        let heads = chosen |> List.map (numbers >> snd) |> List.distinct |> Array.ofList

        let value block head =
            chosen
            |> List.tryFind (fun entry -> numbers entry = (block, head))
            |> Option.map quantity
            |> Option.defaultValue nan

        Labelled.init
            (Axis.labelled "block" (blocks |> Array.map (fun block -> $"block {block}")))
            (Axis.labelled "head" (Array.map string heads))
            provenance
            (fun i j -> value blocks[i] heads[j])
