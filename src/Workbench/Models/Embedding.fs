namespace Workbench

open System
open Workbench.Core.Decompositions
open Workbench.Core.Statistics
open Workbench.Core.Tensors

/// <summary>The tables that turn token ids and positions into vectors.</summary>
/// <category index="4">Models</category>
[<RequireQualifiedAccess>]
module Embedding =
    let private tokenTables = [ "wte.weight"; "embeddings.word_embeddings.weight" ]
    let private positionTables = [ "wpe.weight"; "embeddings.position_embeddings.weight" ]

    let private tryTable names model =
        names |> List.tryPick (fun name -> Model.tryName name model)

    let private table what names (model: Model) =
        match tryTable names model with
        | Some name -> name
        | None ->
            let wanted = String.Join(" or ", names)
            let some = model.Tensors.Tensors |> Seq.truncate 4 |> Seq.map _.Name

            invalidOp
                $"""{model.Weights} has no {what} embeddings ({wanted}): {model.Weights.File} holds {model.Tensors.Tensors.Count} tensors, {String.Join(", ", some)} …"""

    /// Whether the checkpoint at hand holds the token embeddings.
    let hasTokens (model: Model) : bool = (tryTable tokenTables model).IsSome

    /// Whether the checkpoint at hand holds the position embeddings.
    let hasPositions (model: Model) : bool = (tryTable positionTables model).IsSome

    let private read what names rows (model: Model) =
        let name = table what names model
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
    /// tokens' texts where a tokenizer is at hand.</summary>
    /// <exception cref="T:System.InvalidOperationException">The checkpoint does not hold them.</exception>
    let tokens (model: Model) : Labelled =
        let rows count =
            match model.Tokenizer.Value with
            | None -> Axis.numbered "token" count
            | Some tokenizer -> {
                Name = "token"
                Length = count
                Label =
                    fun id ->
                        if tokenizer.Vocabulary.Contains id then
                            tokenizer.Vocabulary.Text id
                        else
                            $"no token {id}"
              }

        read "token" tokenTables rows model

    /// <summary>The rows of some tokens under labels of one's own: [labels, width].</summary>
    /// <exception cref="T:System.ArgumentException">There is no token of an id.</exception>
    /// <example><code lang="fsharp">gpt2 |> Embedding.ofTokens [| "hello", 31373; "world", 6894 |]</code></example>
    let ofTokens (labelled: (string * int)[]) (model: Model) : Labelled =
        let all = tokens model

        for label, id in labelled do
            Check.within 0 (all.Rows.Length - 1) $"the token of \"{label}\"" id

        {
            Labelled.selectRows (Array.map snd labelled) all with
                Rows = Axis.labelled "word" (Array.map fst labelled)
        }

    /// <summary>One row per position (GPT-2's `wpe`): [positions, width].</summary>
    /// <exception cref="T:System.InvalidOperationException">The checkpoint does not hold them.</exception>
    let positions (model: Model) : Labelled =
        read "position" positionTables (Axis.numbered "position") model

    /// <summary>The sinusoidal encoding of Vaswani et al., "Attention is all you need" (2017): sin(p / 10000^(i/d)) in
    /// the even columns i, the cosine of the same angle in the odd column after it. Angles are computed in
    /// float64.</summary>
    /// <param name="positions">Number of rows.</param>
    /// <param name="dimensions">Number of columns, d.</param>
    let sinusoidal (positions: int) (dimensions: int) : Labelled =
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
    /// zero.</summary>
    /// <param name="directions">How many; the paper takes about one for every hundred dimensions.</param>
    /// <param name="matrix">One vector per row.</param>
    let allButTheTop (directions: int) (matrix: Labelled) : Labelled =
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
    let towards (group: int[]) (matrix: Labelled) : float[] =
        Check.notEmpty (nameof group) group
        let centre = matrix |> Labelled.selectRows group |> Labelled.columnMeans
        Array.Parallel.init matrix.Rows.Length (fun i -> Similarity.ofTwo (Labelled.row i matrix) centre)

    /// <summary>The principal angles between the spans of the rows of two matrices, in radians, largest first. Long
    /// tables are spanned by their directions of largest variance around zero mean.</summary>
    /// <param name="directions">How many directions stand for each table, at most its rows or columns.</param>
    /// <param name="first">Vectors as rows.</param>
    /// <param name="second">Vectors of the same width as rows.</param>
    let principalAngles (directions: int) (first: Labelled) (second: Labelled) : float[] =
        let span (matrix: Labelled) =
            Check.within 1 (min matrix.Rows.Length matrix.Columns.Length) (nameof directions) directions
            PrincipalComponents.Compute(matrix.Values, directions).Directions.ToMatrix()

        PrincipalAngles.Between(span first, span second)
