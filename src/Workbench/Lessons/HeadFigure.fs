namespace Workbench

open type System.FormattableString

/// <summary>Figures and tables of heads.</summary>
/// <category index="8">Lessons</category>
[<RequireQualifiedAccess>]
module HeadFigure =
    /// <summary>How much of the sum of singular values a share of the features holds, a curve per head: a panel for
    /// each block and circuit.</summary>
    /// <param name="blocks">Which blocks.</param>
    /// <param name="svds">Of all heads, as of `HeadAtlas.decompose`.</param>
    /// <example><code lang="fsharp">gpt2 |> HeadAtlas.decompose Apart |> HeadFigure.coverage [ Block 0 ]</code> is
    /// <c>Chart: 1 × 2 panels, …</c>.</example>
    let coverage (blocks: Block list) (svds: Decomposition list) : Chart =
        [
            for block, circuit in List.allPairs blocks [ QueryKey; ValueOutput ] ->
                [
                    for each in svds do
                        if each.Of.Block = block && each.Of.Circuit = circuit then
                            let covered = Array.append [| 0.0 |] (Decomposition.coverage each)
                            let last = float (covered.Length - 1)

                            Chart.line
                                (Array.init covered.Length (fun i -> 100.0 * float i / last))
                                (Array.map ((*) 100.0) covered)
                            |> Chart.withName (string each.Of.Head)
                ]
                |> Chart.combine
                |> Chart.withLabelledHorizontalLine "99 %" 99.0
                |> Chart.withTitle $"W_{circuit} of {block}"
                |> Chart.withXTitle "share of features, %"
                |> Chart.withYTitle "share of singular values, %"
        ]
        |> Chart.grid 2

    /// <summary>z of each noun's best key, head by head, and how many different tokens each head lists by dot product
    /// and by CSLS.</summary>
    /// <param name="keys">Probed keys.</param>
    /// <param name="values">Probed values.</param>
    /// <param name="model">Whose heads they are.</param>
    /// <example><code lang="fsharp">
    /// let chance, king = Anywhere(Seed 6UL, 20), Tokens.ids " king" gpt2
    /// let keys = gpt2 |> JudgedProbe.keys HeadProbeSettings.Default chance king (Block 5)
    /// let values = gpt2 |> JudgedProbe.values HeadProbeSettings.Default chance king (Block 5)
    /// gpt2 |> HeadFigure.hubs keys values
    /// </code> is <c>Chart: 2 × 1 panels, …</c>.</example>
    let hubs (keys: JudgedProbe list) (values: JudgedProbe list) (model: Model) : Chart =
        let different pick (probes: JudgedProbe list) = [
            for each in probes -> float (JudgedProbe.different (pick each))
        ]

        [
            keys
            |> JudgedProbe.zMap model
            |> Chart.heatmap
            |> Chart.withTitle "Best key of each noun"
            |> Chart.withColourTitle "z"
            [
                for name, probes in [ "keys", keys; "values", values ] ->
                    Chart.scatter (different _.Raw probes) (different _.Csls probes)
                    |> Chart.withName name
            ]
            |> Chart.combine
            |> Chart.withUnityLine
            |> Chart.withXTitle "different tokens, dot product"
            |> Chart.withYTitle "different tokens, CSLS"
            |> Chart.withTitle "Hubs taken back"
        ]
        |> Chart.grid 1

    /// <summary>Effective rank and symmetric share of every head, block by head, for both circuits.</summary>
    /// <example><code lang="fsharp">
    /// gpt2 |> HeadAtlas.decompose Apart |> List.map HeadAtlas.entry |> HeadFigure.atlas gpt2
    /// </code> is <c>Chart: 2 × 2 panels, …</c>.</example>
    let atlas (model: Model) (entries: HeadEntry list) : Chart =
        [
            for circuit in [ QueryKey; ValueOutput ] do
                for title, quantity in [ "effective rank", _.EffectiveRank; "symmetric share", _.SymmetricShare ] ->
                    entries
                    |> HeadAtlas.map circuit quantity (model |> Model.provenance "heads")
                    |> Chart.heatmap
                    |> Chart.withColourTitle title
                    |> Chart.withTitle $"W_{circuit}: {title}"
        ]
        |> Chart.grid 2

    let private listed count (tokens: NearToken[]) =
        tokens
        |> Array.truncate count
        |> Array.map (fun near -> Escape.label near.Token)
        |> String.concat ", "

    let private cells count (each: SingularDirection) = [
        Count(int64 each.Index)
        Number each.Value
        Number each.Gap
        Text(listed count each.Left)
        Text(listed count each.Right)
    ]

    let private columns = [ "rank"; "value"; "gap"; "left"; "right" ]

    /// <summary>The first directions of the first heads of some blocks, by the tokens at both ends; by their values
    /// alone where no tokens are given.</summary>
    /// <param name="count">Directions of each matrix.</param>
    /// <param name="heads">Heads of each block and circuit.</param>
    /// <param name="blocks">Which blocks.</param>
    /// <param name="svds">Of all heads.</param>
    /// <param name="directions">Of each of them, as of `Decomposition.nearestTokens`, or none.</param>
    /// <example><code lang="fsharp">
    /// let svds = gpt2 |> HeadAtlas.decompose Apart
    /// (HeadFigure.firstDirections 3 2 [ Block 0 ] svds []).Rows.Length
    /// </code> is <c>12</c>.</example>
    let firstDirections
        count
        heads
        (blocks: Block list)
        (svds: Decomposition list)
        (directions: SingularDirection[] list)
        =
        let found =
            if directions.IsEmpty then
                svds |> List.map (fun each -> each, None)
            else
                List.zip svds (List.map Some directions)

        [
            for block, circuit in List.allPairs blocks [ QueryKey; ValueOutput ] do
                let here =
                    found
                    |> List.filter (fun (each, _) -> each.Of.Block = block && each.Of.Circuit = circuit)

                for each, tokens in List.truncate heads here do
                    for i in 0 .. count - 1 ->
                        [
                            Text each.Of.Name
                            match tokens with
                            | Some tokens -> yield! cells 3 tokens[i]
                            | None ->
                                Count(int64 i)
                                Number each.Values[i]
                        ]
        ]
        |> Table.ofRows (
            if directions.IsEmpty then
                [ "matrix"; "rank"; "value" ]
            else
                "matrix" :: columns
        )

    /// <summary>A file for each of some blocks and each circuit with the tokens at all directions of all heads: as text
    /// with all tokens, as LaTeX with three a side.</summary>
    /// <returns>Names such as `block-0-qk.txt` and `block-0-qk.tex`, and their contents.</returns>
    /// <example><code lang="fsharp">
    /// let svds = [ gpt2 |> Attention.queryKey Apart (Block 0) (Head 0) |> Decomposition.svd ]
    /// svds
    /// |> Decomposition.nearestTokens Nearness.DotProduct 3 2 gpt2
    /// |> HeadFigure.directionFiles [ Block 0 ] svds
    /// |> List.map fst
    /// </code> is <c>["block-0-qk.txt"; "block-0-qk.tex"]</c>.</example>
    let directionFiles (blocks: Block list) (svds: Decomposition list) (directions: SingularDirection[] list) = [
        for Block number as block, circuit in List.allPairs blocks [ QueryKey; ValueOutput ] do
            let here =
                List.zip svds directions
                |> List.filter (fun (each, _) -> each.Of.Block = block && each.Of.Circuit = circuit)

            if not here.IsEmpty then
                for ending, count, write in [ "txt", System.Int32.MaxValue, Table.toText; "tex", 3, Table.toLatex ] ->
                    $"block-{number}-{(string circuit).ToLowerInvariant()}.{ending}",
                    here
                    |> List.map (fun (each, directions) ->
                        Seq.map (cells count) directions
                        |> Table.ofRows columns
                        |> Table.withTitle each.Of.Name
                        |> write)
                    |> String.concat "\n\n"
    ]

    /// <summary>The bias directions of a block's heads, W_q·b_k and W_k·b_q, and their opposites: how long they are and
    /// which tokens are nearest, where tokens can be sent through the heads. A head without biases has none.</summary>
    /// <param name="nearest">Tokens for each.</param>
    /// <param name="gain">Where the gain of the block's norm is counted.</param>
    /// <param name="block">Which block.</param>
    /// <param name="model">Whose.</param>
    /// <example><code lang="fsharp">(gpt2 |> HeadFigure.biasTable 5 Apart (Block 2)).Rows.Length</code> is
    /// <c>24</c>.</example>
    let biasTable (nearest: int) (gain: LayerNormGain) (block: Block) (model: Model) : Table =
        let table =
            if Attention.readsTokens model then
                Some(Attention.inputs gain block model)
            else
                None

        let tokens (vector: float[]) =
            match table with
            | None -> "needs token embeddings"
            | Some table ->
                Workbench.Core.Tensors.Matrix.FromArray(1, vector.Length, System.ReadOnlySpan(Array.map float32 vector))
                |> Nearest.tokens Nearness.DotProduct nearest table
                |> Array.head
                |> listed nearest

        [
            for head in Attention.heads model do
                let bias = Attention.queryKeyBias gain block head model

                for name, vector in [ "query", bias.OfQuery; "key", bias.OfKey ] do
                    if Array.exists ((<>) 0.0) vector then
                        for sign, factor in [ "+", 1.0; "−", -1.0 ] ->
                            [
                                Text(string head)
                                Text $"{sign} {name}"
                                Number(Vector.length vector)
                                Text(tokens (Array.map ((*) factor) vector))
                            ]
        ]
        |> Table.ofRows [ "head"; "direction"; "length"; "nearest tokens" ]

    /// <summary>The mean lengths of a block's bias directions: W_q·b_k, which a query meets whatever the key, and
    /// W_k·b_q.</summary>
    /// <example><code lang="fsharp">
    /// let ofQuery, ofKey = gpt2 |> HeadFigure.biasLengths Apart (Block 2)
    /// ofQuery &lt; 0.1 * ofKey
    /// </code> is <c>true</c>.</example>
    let biasLengths (gain: LayerNormGain) (block: Block) (model: Model) : float * float =
        let biases = [
            for head in Attention.heads model -> Attention.queryKeyBias gain block head model
        ]

        biases |> List.averageBy (fun each -> Vector.length each.OfQuery),
        biases |> List.averageBy (fun each -> Vector.length each.OfKey)
