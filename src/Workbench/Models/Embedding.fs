namespace Workbench

open System
open Workbench.Core
open Workbench.Core.Decompositions
open Workbench.Core.Formats
open Workbench.Core.Models
open Workbench.Core.Statistics
open Workbench.Core.Tensors

/// <summary>The tables that turn token ids and positions into vectors.</summary>
/// <category index="4">Models</category>
[<RequireQualifiedAccess>]
module Embedding =
    let private tokenTables = [ "wte.weight"; "embeddings.word_embeddings.weight" ]
    let private positionTables = [ "wpe.weight"; "embeddings.position_embeddings.weight" ]

    // What the model's own table calls it comes last: the two families that are known best need no config.json.
    let private known (names: string list) (own: TransformerConfig -> EmbeddingConfig | null) (model: Model) =
        let more =
            Model.tryTransformer model
            |> Option.bind (fun weights -> own weights.Config |> Option.ofObj)
            |> Option.map (fun table -> $"{table.Name}.weight")

        List.distinct (names @ Option.toList more)

    let private tokenNames model =
        known tokenTables (fun config -> config.Tokens) model

    let private positionNames model =
        known
            positionTables
            (fun config -> config.Positions |> Option.ofObj |> Option.map _.Table |> Option.toObj)
            model

    let private tryTable names model =
        names |> List.tryPick (fun name -> Model.tryName name model)

    let private table what names (model: Model) =
        let list (names: string seq) =
            String.Join(", ", names |> Seq.map Excerpt.Of)

        match tryTable names model, names |> List.collect (fun name -> Model.names name model) with
        | Some name, _ -> name
        | None, [] ->
            let some = model.Tensors.Tensors |> Seq.truncate 4 |> Seq.map _.Name

            let asked = String.Join(" or ", names)

            invalidOp
                $"{model.Weights} has no {what} embeddings ({asked}): {model.Weights.File} holds \
                  {model.Tensors.Tensors.Count} tensors, {list some} …"
        | None, several ->
            invalidOp
                $"{model.Weights} has {several.Length} tables that could be its {what} embeddings: {list several}. \
                  Take one by its name, as in Model.tensor \"{Excerpt.Of several.Head}\"."

    /// <summary>Whether the checkpoint at hand holds the token embeddings, in a table that can be told from all
    /// others.</summary>
    /// <example><code lang="fsharp">gpt2 |> Embedding.hasTokens</code> is <c>true</c>.</example>
    let hasTokens (model: Model) : bool =
        (tryTable (tokenNames model) model).IsSome

    /// <summary>Whether the checkpoint at hand holds the position embeddings.</summary>
    /// <example><code lang="fsharp">bert |> Embedding.hasPositions</code> is <c>true</c>.</example>
    let hasPositions (model: Model) : bool =
        (tryTable (positionNames model) model).IsSome

    let private read what names rows (model: Model) =
        let name = table what names model
        TensorNames.RequireWithoutAdapter(model.Tensors, name)
        let values = model.Tensors.ReadMatrix name

        let step =
            if name.Contains "wte" then "wte"
            elif name.Contains "wpe" then "wpe"
            else name

        Labelled.ofMatrix
            (rows values.Rows)
            (Axis.numbered "dimension" values.Columns)
            (Model.provenance step model)
            values

    /// <summary>One row per token (GPT-2's `wte`, BERT's word embeddings): [vocabulary, width], labelled with the
    /// tokens' texts where a tokenizer is at hand that can be read, and else by number.</summary>
    /// <exception cref="T:System.InvalidOperationException">The checkpoint does not hold them.</exception>
    /// <example><code lang="fsharp">gpt2 |> Embedding.tokens |> Labelled.shape</code> is <c>(10240, 192)</c>.</example>
    let tokens (model: Model) : Labelled =
        match Tokens.tryTokenizer model with
        | Some tokenizer ->
            let rows count = {
                Name = "token"
                Length = count
                Label = Tokens.textIn tokenizer
            }

            read "token" (tokenNames model) rows model
        | None ->
            let numbered = read "token" (tokenNames model) (Axis.numbered "token") model

            // No tokenizer needs no remark; one that was passed over does.
            if (Model.attempt model.Tokenizer.Force).IsNone then
                numbered
                |> Labelled.withStep "rows numbered, since the tokenizer cannot be read"
            else
                numbered

    /// <summary>The rows of some tokens under labels of one's own: [labels, width].</summary>
    /// <exception cref="T:System.ArgumentException">There is no token of an id.</exception>
    /// <example><code lang="fsharp">gpt2 |> Embedding.ofTokens [| "king", 1472; "queen", 3343 |]</code> is
    /// <c>word × 2 by dimension × 192, pocket-gpt2 (Pocket): wte → rows 1472, 3343 (2 of 10240) [cpu]
    /// king: -0.0122, -0.0000, 0.0566, -0.0432, 0.1600, … queen: -0.0407, -0.0091, 0.0786, -0.0786, 0.0497,
    /// …</c>.</example>
    /// <example><code lang="fsharp">gpt2 |> Embedding.ofTokens [| "beyond the table", 10240 |]</code> throws
    /// <c>ArgumentException</c>.</example>
    let ofTokens (labelled: (string * int)[]) (model: Model) : Labelled =
        let all = tokens model

        for label, id in labelled do
            if id < 0 || id >= all.Rows.Length then
                invalidArg
                    (nameof labelled)
                    $"The token of \"{Excerpt.Of(label, 60)}\" must lie between 0 and {all.Rows.Length - 1}, but is \
                      {id}."

        {
            Labelled.selectRows (Array.map snd labelled) all with
                Rows = Axis.labelled "word" (Array.map fst labelled)
        }

    /// <summary>The rows of some words, each a single token: [words, width].</summary>
    /// <exception cref="T:System.ArgumentException">A word is not one token; the message says what it is, and offers
    /// the other spelling where only that is one.</exception>
    /// <example><code lang="fsharp">gpt2 |> Embedding.ofWords [| " king"; " queen" |] |> Labelled.shape</code> is
    /// <c>(2, 192)</c>.</example>
    /// <example><code lang="fsharp">gpt2 |> Embedding.ofWords [| " zebra" |]</code> throws <c>ArgumentException</c>: it
    /// takes two tokens.</example>
    let ofWords (words: string[]) (model: Model) : Labelled =
        ofTokens (words |> Array.map (fun word -> word, Tokens.word word model)) model

    /// <summary>One row per position (GPT-2's `wpe`): [positions, width].</summary>
    /// <exception cref="T:System.InvalidOperationException">The checkpoint does not hold them.</exception>
    /// <example><code lang="fsharp">gpt2 |> Embedding.positions</code> is <c>position × 256 by dimension × 192,
    /// pocket-gpt2 (Pocket): wpe [cpu] 0: 0.0070, -0.0458, 0.0014, -0.0542, -0.0536, … 1: -0.0305, 0.0310, 0.0097,
    /// -0.0988, -0.0226, … 2: -0.0199, 0.0457, 0.0348, -0.0560, -0.0365, … …</c>.</example>
    let positions (model: Model) : Labelled =
        read "position" (positionNames model) (Axis.numbered "position") model

    /// <summary>The sinusoidal encoding of Vaswani et al., "Attention is all you need" (2017): sin(p / 10000^(i/d)) in
    /// the even columns i, the cosine of the same angle in the odd column after it. Angles are computed in
    /// float64.</summary>
    /// <param name="positions">Number of rows.</param>
    /// <param name="dimensions">Number of columns, d.</param>
    /// <example><code lang="fsharp">Embedding.sinusoidal 1024 6 |> Labelled.row 1</code> is
    /// <c>[|0.841; 0.540; 0.046; 0.999; 0.002; 1.000|]</c>.</example>
    let sinusoidal (positions: int) (dimensions: int) : Labelled =
        Check.atLeast 0 (nameof positions) positions
        Check.atLeast 0 (nameof dimensions) dimensions

        let angle position dimension =
            float position / 10000.0 ** (float (dimension / 2 * 2) / float dimensions)

        Labelled.init
            (Axis.numbered "position" positions)
            (Axis.numbered "dimension" dimensions)
            (Provenance.computed "sinusoidal encoding, base 10000")
            (fun position dimension ->
                if dimension % 2 = 0 then
                    sin (angle position dimension)
                else
                    cos (angle position dimension))

    /// <summary>The table without what all its vectors share: the mean row removed, then the directions of largest
    /// variance projected out (Mu and Viswanath, "All-but-the-top", ICLR 2018). The result's mean row is
    /// zero. A row of which no more is left than the rounding of its values becomes zero: so does all of a table of no
    /// higher rank, and cosines then refuse it.</summary>
    /// <param name="directions">How many; the paper takes about one for every hundred dimensions.</param>
    /// <param name="matrix">One vector per row, at least two.</param>
    /// <exception cref="T:System.ArgumentException">There are too many directions or too few rows, or a row, which is
    /// named, holds NaN or infinity.</exception>
    /// <example><code lang="fsharp">
    /// positions |> Embedding.allButTheTop 2 |> Similarity.cosine Rows |> Pairs.fold Fold.moments
    /// </code> is <c>cosine similarity: n = 32,640, mean -0.004, sd 0.086, min -0.360, max 0.327</c>.</example>
    /// <example><code lang="fsharp">animals |> Embedding.allButTheTop 4</code> throws <c>ArgumentException</c>: there
    /// are only three.</example>
    let allButTheTop (directions: int) (matrix: Labelled) : Labelled =
        Labelled.checkFinite (nameof matrix) matrix
        Check.within 1 matrix.Columns.Length (nameof directions) directions

        let values =
            PrincipalComponents.Compute(matrix.Values, directions).Remove matrix.Values

        Labelled.ofMatrix matrix.Rows matrix.Columns matrix.Provenance values
        |> Labelled.withStep $"mean and top {directions} directions removed"

    /// <summary>The cosine of each row with the mean of some of the rows: near 1 for vectors like them. Tokens that
    /// training never moved lie near the mean of those known to be unused (Land and Bartolo, "Fishing for Magikarp",
    /// EMNLP 2024).</summary>
    /// <param name="group">Indices of the rows whose mean is taken, at least one.</param>
    /// <param name="matrix">One vector per row.</param>
    /// <exception cref="T:System.ArgumentException">There is no group or it has no mean direction; or a row, which is
    /// named, is all zero, or holds NaN or infinity.</exception>
    /// <example><code lang="fsharp">animals |> Embedding.towards [| 0; 3 |]</code> is
    /// <c>[|0.995; 0.807; 0.645; 0.985|]</c>.</example>
    /// <example><code lang="fsharp">animals |> Embedding.towards [||]</code> throws <c>ArgumentException</c>.</example>
    let towards (group: int[]) (matrix: Labelled) : float[] =
        Check.notEmpty (nameof group) group

        for index in group do
            Check.within 0 (matrix.Rows.Length - 1) "an index of the group" index

        Labelled.checkFinite (nameof matrix) matrix
        Labelled.checkDirections (nameof matrix) matrix
        let centre = matrix |> Labelled.selectRows group |> Labelled.columnMeans

        if Array.forall ((=) 0.0) centre then
            invalidArg (nameof group) $"The mean of the {group.Length} rows of the group is zero and has no direction."

        Array.Parallel.init matrix.Rows.Length (fun i -> Similarity.ofTwo (Labelled.row i matrix) centre)

    /// <summary>The principal angles between the spaces in which the rows of two matrices differ most, in radians,
    /// largest first: each table is spanned by its directions of largest variance around its mean row.</summary>
    /// <param name="directions">How many directions stand for each table: no more than it varies in, so fewer than it
    /// has rows.</param>
    /// <param name="first">Vectors as rows.</param>
    /// <param name="second">Vectors of the same width as rows.</param>
    /// <exception cref="T:System.ArgumentException">A table does not vary in so many directions, or a row, which is
    /// named, holds NaN or infinity.</exception>
    /// <example><code lang="fsharp">Embedding.principalAngles 2 positions (Embedding.positions bert)</code> is
    /// <c>[|1.482; 1.292|]</c>.</example>
    /// <example><code lang="fsharp">
    /// Embedding.principalAngles 2 positions positions |> Array.forall (fun angle -> angle &lt; 0.001)
    /// </code> is <c>true</c>.</example>
    /// <example><code lang="fsharp">Embedding.principalAngles 4 animals animals</code> throws <c>ArgumentException</c>:
    /// four rows vary in three directions at most.</example>
    let principalAngles (directions: int) (first: Labelled) (second: Labelled) : float[] =
        let span (name: string) (matrix: Labelled) =
            if matrix.Rows.Length < 2 then
                invalidArg
                    name
                    $"{name} has {matrix.Rows.Length} rows, which vary in no direction; two or more are needed."

            Check.within 1 (min (matrix.Rows.Length - 1) matrix.Columns.Length) (nameof directions) directions
            Labelled.checkFinite name matrix
            let found = PrincipalComponents.Compute(matrix.Values, directions)
            // Single precision knows values to 2⁻²⁴ of themselves: variance below the square of that is rounding.
            let real =
                found.Variances.ToArray()
                |> Array.filter (fun variance -> variance > 2.0 ** -46.0 * found.Variances[0])

            if real.Length < directions then
                invalidArg
                    name
                    $"The rows of {name} vary in {real.Length} directions, so that {directions} do not exist."

            found.Directions.ToMatrix()

        PrincipalAngles.Between(span (nameof first) first, span (nameof second) second)
