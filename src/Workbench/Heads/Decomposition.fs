namespace Workbench

open System
open System.Numerics.Tensors
open Workbench.Core.Decompositions
open Workbench.Core.Tensors
open type System.FormattableString

/// <summary>The singular value decomposition of a head's matrix, exact and made from its factors.</summary>
/// <category index="5">Heads</category>
[<NoComparison; ReferenceEquality; StructuredFormatDisplay("{Display}")>]
type Decomposition = {
    Of: FactoredMatrix
    Svd: LowRankSvd
} with

    /// The d_k singular values, largest first.
    member this.Values = this.Svd.SingularValues.ToArray()

    member this.Display =
        let first =
            this.Values |> Seq.truncate 3 |> Seq.map (fun value -> Invariant $"{value:G4}")

        $"""{this.Of.Name}, {this.Of.Gain}: singular values {String.Join(", ", first)}, …"""

    override this.ToString() = this.Display

/// <summary>A pair of singular vectors by the tokens nearest to them.</summary>
/// <category index="5">Heads</category>
[<StructuredFormatDisplay("{Display}")>]
type SingularDirection = {
    /// From 0, by falling singular value.
    Index: int
    Value: float
    /// Distance to the nearest other singular value as a share of the largest: near 0 the direction is arbitrary within
    /// a subspace.
    Gap: float
    /// Tokens nearest to the direction that is read.
    Left: NearToken[]
    /// Tokens nearest to the direction that it is matched with (QK) or turned into (VO).
    Right: NearToken[]
} with

    member this.Display =
        let tokens (found: NearToken[]) =
            let some =
                found
                |> Array.truncate 8
                |> Array.map (fun near -> $"\"{Escape.visible near.Token}\"")

            String.Join(", ", some) + (if found.Length > 8 then ", …" else "")

        Invariant
            $"direction {this.Index}, value {this.Value:G4}, gap {this.Gap:F3}: {tokens this.Left} → \
              {tokens this.Right}"

    override this.ToString() = this.Display

/// <summary>Singular values and directions of heads.</summary>
/// <category index="5">Heads</category>
[<RequireQualifiedAccess>]
module Decomposition =
    /// <summary>Thin QR of both factors, then Jacobi rotations of a d_k × d_k core in float64. Of the two signs of a
    /// pair of vectors the one is taken that makes the right vector's largest entry positive; `towards` takes
    /// another.</summary>
    /// <example><code lang="fsharp">gpt2 |> Attention.queryKey Folded (Block 5) (Head 3) |> Decomposition.svd</code> is
    /// <c>W_QK of block 5, head 3, gain folded into the matrices: singular values 0.5077, 0.202, 0.1522,
    /// …</c>.</example>
    let svd (factors: FactoredMatrix) : Decomposition = {
        Of = factors
        Svd = LowRankSvd.Compute(factors.Left, factors.Right, factors.Scale)
    }

    /// <summary>The share of the sum of singular values that the first one, two, three … hold; the last is 1. All are
    /// NaN of a matrix of zeros, which has nothing to share.</summary>
    /// <example><code lang="fsharp">
    /// gpt2 |> Attention.queryKey Folded (Block 5) (Head 3) |> Decomposition.svd
    /// |> Decomposition.coverage |> Array.take 3
    /// </code>is <c>[|0.327; 0.457; 0.554|]</c>.</example>
    let coverage (decomposition: Decomposition) : float[] =
        let values = decomposition.Values
        let total = Array.sum values
        Array.scan (+) 0.0 values |> Array.tail |> Array.map (fun sum -> sum / total)

    /// <summary>How many directions hold this share of the sum of singular values; 0 of a matrix of zeros.</summary>
    /// <example><code lang="fsharp">
    /// gpt2 |> Attention.queryKey Folded (Block 5) (Head 3) |> Decomposition.svd
    /// |> Decomposition.featuresFor 0.99
    /// </code>is <c>30</c> of 32.</example>
    /// <example><code lang="fsharp">
    /// gpt2 |> Attention.queryKey Folded (Block 5) (Head 3) |> Decomposition.svd
    /// |> Decomposition.featuresFor 1.5
    /// </code>throws <c>ArgumentException</c>.</example>
    let featuresFor (share: float) (decomposition: Decomposition) : int =
        if not (share > 0.0 && share <= 1.0) then
            invalidArg (nameof share) (Invariant $"The share must be above 0 and at most 1, but is {share}.")

        let covered = coverage decomposition

        if Double.IsNaN covered[0] then
            0
        else
            // The whole sum may miss 1 by rounding.
            1
            + (covered
               |> Array.tryFindIndex (fun sum -> sum >= share - 1e-12)
               |> Option.defaultValue (covered.Length - 1))

    /// <summary>exp of the entropy of the singular values taken as shares of their sum: how many equal ones they are
    /// worth (Roy and Vetterli, "The effective rank", EUSIPCO 2007); 0 for a matrix of zeros.</summary>
    /// <example><code lang="fsharp">
    /// gpt2 |> Attention.queryKey Folded (Block 5) (Head 3) |> Decomposition.svd
    /// |> Decomposition.effectiveRank
    /// </code>is <c>12.38</c>.</example>
    let effectiveRank (decomposition: Decomposition) : float =
        let values = decomposition.Values
        let total = Array.sum values

        if total = 0.0 then
            0.0
        else
            values
            |> Array.sumBy (fun value ->
                let share = value / total
                if share > 0.0 then -share * log share else 0.0)
            |> exp

    /// <summary>For each direction, the distance of its singular value to the nearest other one as a share of the
    /// largest.</summary>
    /// <example><code lang="fsharp">
    /// gpt2 |> Attention.queryKey Folded (Block 5) (Head 3) |> Decomposition.svd
    /// |> Decomposition.gaps |> Array.take 3
    /// </code>is <c>[|0.602; 0.098; 0.046|]</c>.</example>
    let gaps (decomposition: Decomposition) : float[] =
        let largest = decomposition.Values[0]
        Array.init decomposition.Values.Length (fun i -> decomposition.Svd.Gap i / largest)

    /// <summary>For each direction, the largest angle in radians by which a change of the matrix could turn it (Wedin
    /// 1972); π/2 where its value is too near to another.</summary>
    /// <param name="change">The largest singular value of the change as a share of the matrix's own.</param>
    /// <param name="decomposition">Of the unchanged matrix.</param>
    /// <example><code lang="fsharp">
    /// gpt2 |> Attention.queryKey Folded (Block 5) (Head 3) |> Decomposition.svd
    /// |> Decomposition.stability 0.01 |> Array.take 3
    /// </code>is <c>[|0.017; 0.114; 0.281|]</c> radians.</example>
    let stability (change: float) (decomposition: Decomposition) : float[] =
        let largest = decomposition.Values[0]
        Array.init decomposition.Values.Length (fun i -> decomposition.Svd.AngleBound(i, change * largest))

    /// <summary>Runs of directions whose singular values are nearly equal, each as first index and number: of more than
    /// one, only the subspace that they span has a meaning.</summary>
    /// <param name="tolerance">Largest difference of neighbours in a run, as a share of the largest value.</param>
    /// <param name="decomposition">All of its directions stand in one run each.</param>
    /// <example><code lang="fsharp">
    /// gpt2 |> Attention.queryKey Folded (Block 5) (Head 3) |> Decomposition.svd
    /// |> Decomposition.subspaces 0.02
    /// </code>is <c>[|(0, 1); (1, 1); (2, 1); (3, 1); (4, 1); (5, 1); (6, 26)|]</c>: after the first six, no direction
    /// stands alone.</example>
    let subspaces (tolerance: float) (decomposition: Decomposition) : (int * int)[] =
        decomposition.Svd.Subspaces tolerance
        |> Seq.map (fun run -> run.First, run.Count)
        |> Array.ofSeq

    let private stack (matrices: Matrix list) =
        let result =
            Matrix.Uninitialized(matrices |> List.sumBy _.Rows, matrices.Head.Columns)

        let mutable row = 0

        for matrix in matrices do
            for i in 0 .. matrix.Rows - 1 do
                matrix.Row(i).CopyTo(result.WritableRow row)
                row <- row + 1

        result

    let private negated (matrix: Matrix) =
        let result = Matrix.Uninitialized(matrix.Rows, matrix.Columns)

        for i in 0 .. result.Rows - 1 do
            TensorPrimitives.Negate(matrix.Row i, result.WritableRow i)

        result

    // The sign for which the right vector has the larger best dot product with a row of the table.
    let private towards (table: Labelled) (decompositions: Decomposition list) =
        let right = stack [ for each in decompositions -> each.Svd.Right ]

        let best queries =
            Nearest.tokens Nearness.DotProduct 1 table queries
            |> Array.map (fun found -> found[0].Score)

        let flip = Array.map2 (<) (best right) (best (negated right))

        decompositions
        |> List.mapFold
            (fun start each ->
                let count = each.Values.Length

                {
                    each with
                        Svd = each.Svd.WithFlipped(ReadOnlySpan(flip, start, count))
                },
                start + count)
            0
        |> fst

    /// <summary>The tokens nearest to the first singular vectors of several matrices of one model, each compared with
    /// what belongs to its side: left vectors with what the block's attention reads of tokens, the gain counted as in
    /// the matrix (`Attention.inputs`); right ones with the same for W_QK, and with the token embeddings for W_VO.
    /// Signs are chosen so that a right vector's best match is positive; the left one follows.</summary>
    /// <param name="nearness">What near means.</param>
    /// <param name="k">How many tokens for each vector.</param>
    /// <param name="count">How many directions, by falling singular value.</param>
    /// <param name="model">The one that the matrices are of.</param>
    /// <param name="decompositions">At least one, of any blocks and circuits.</param>
    /// <returns>For each matrix its directions.</returns>
    /// <exception cref="T:System.ArgumentException">There is no decomposition, or one is another model's.</exception>
    /// <example><code lang="fsharp">
    /// let svd = gpt2 |> Attention.queryKey Folded (Block 5) (Head 3) |> Decomposition.svd
    /// let found = [ svd ] |> Decomposition.nearestTokens Nearness.Cosine 3 2 gpt2
    /// found[0][1]
    /// </code>is <c>direction 1, value 0.202, gap 0.098: " size", " species", " common" → " state", " species", "
    /// race"</c>.</example>
    /// <example><code lang="fsharp">
    /// [ gpt2 |> Attention.queryKey Folded (Block 5) (Head 3) |> Decomposition.svd ]
    /// |> Decomposition.nearestTokens Nearness.Cosine 3 2 bert
    /// </code>throws <c>ArgumentException</c>: it is another model's.</example>
    let nearestTokens
        (nearness: Nearness)
        (k: int)
        (count: int)
        (model: Model)
        (decompositions: Decomposition list)
        : SingularDirection[] list =
        if decompositions.IsEmpty then
            invalidArg (nameof decompositions) "There is no decomposition to find tokens for."

        for each in decompositions do
            if each.Of.Provenance.Weights <> [ model.Weights ] then
                let owner = each.Of.Provenance.Weights |> List.map string |> String.concat ", "
                invalidArg (nameof decompositions) $"{each.Of.Name} is of {owner}, but the model is {model.Weights}."

        let taken (each: Decomposition) = min count each.Values.Length
        let embeddings = lazy Embedding.tokens model

        // Those that are compared with the same tables are looked for together.
        let ofGroup ((block, gain, circuit), group: (int * Decomposition) list) =
            let left = Attention.inputs gain block model
            let right = if circuit = QueryKey then left else embeddings.Value
            let signed = towards right (List.map snd group)

            let vectors side =
                stack [ for each in signed -> (side each.Svd: Matrix).RowRange(0, taken each) ]

            let ofLeft = Nearest.tokens nearness k left (vectors _.Left)
            let ofRight = Nearest.tokens nearness k right (vectors _.Right)

            List.zip (List.map fst group) signed
            |> List.mapFold
                (fun start (place, each) ->
                    let values, gaps = each.Values, gaps each

                    let directions =
                        Array.init (taken each) (fun i -> {
                            Index = i
                            Value = values[i]
                            Gap = gaps[i]
                            Left = ofLeft[start + i]
                            Right = ofRight[start + i]
                        })

                    (place, directions), start + taken each)
                0
            |> fst

        List.indexed decompositions
        |> List.groupBy (fun (_, each) -> each.Of.Block, each.Of.Gain, each.Of.Circuit)
        |> List.collect ofGroup
        |> List.sortBy fst
        |> List.map snd
