namespace Workbench

open Workbench.Core.Tensors
open type System.FormattableString

/// <summary>W = Scale · Left · Rightᵀ of an attention head, for row vectors x ↦ x·W. The product itself, d × d of rank
/// at most d_k, is never made.</summary>
/// <category index="5">Heads</category>
[<NoComparison; ReferenceEquality; StructuredFormatDisplay("{Display}")>]
type FactoredMatrix = {
    Circuit: Circuit
    Block: Block
    Head: Head
    Gain: LayerNormGain
    /// How many places the query stands behind the key, of W_QK of a model whose positions turn queries and keys; None
    /// where W_QK is the same at every distance, and for W_VO.
    Distance: int option
    /// What was made of the norms of queries and keys, of W_QK of a model that has them; None for others, and for W_VO.
    HeadNorms: HeadNorms option
    /// [d, d_k]; W_q or W_v, the side that reads.
    Left: Matrix
    /// [d, d_k]; W_k or the transpose of W_o.
    Right: Matrix
    /// 1/√d_k for W_QK of most models, 1 for W_VO.
    Scale: float
    Provenance: Provenance
} with

    /// E.g. `W_QK of block 5, head 3`, or `W_QK of block 5, head 3 at distance 0`.
    member this.Name =
        let distance =
            match this.Distance with
            | Some distance -> Invariant $" at distance {distance}"
            | None -> ""

        $"W_{this.Circuit} of {this.Block}, {this.Head}{distance}"

    member this.Display =
        let norms =
            match this.HeadNorms with
            | Some norms -> $", {norms}"
            | None -> ""

        $"{this.Name}: {this.Left.Rows} × {this.Right.Rows} of rank {this.Left.Columns} at most, {this.Gain}{norms}, \
          {Provenance.describe this.Provenance}"

    override this.ToString() = this.Display

/// <summary>Works with factored matrices through their factors.</summary>
/// <category index="5">Heads</category>
[<RequireQualifiedAccess>]
module FactoredMatrix =
    let private view (matrix: Matrix) = MatrixView.op_Implicit matrix

    // a·bᵀ by the engine of the factors.
    let private times (factors: FactoredMatrix) (a: MatrixView) (b: MatrixView) =
        let product = Matrix.Uninitialized(a.Rows, b.Rows)
        factors.Provenance.Engine.Multiply(a, b, product)
        product

    /// <summary>x·W for every row x: [n, d] to [n, d], by way of [n, d_k].</summary>
    /// <example><code lang="fsharp">
    /// gpt2 |> Attention.valueOutput Apart (Block 0) (Head 0) |> FactoredMatrix.apply positions.Values
    /// </code>is <c>Matrix [256, 192]</c>.</example>
    let apply (rows: Matrix) (factors: FactoredMatrix) : Matrix =
        let inner = times factors (view rows) (view factors.Left).Transposed

        if factors.Scale <> 1.0 then
            for i in 0 .. inner.Rows - 1 do
                let row = inner.WritableRow i

                for j in 0 .. row.Length - 1 do
                    row[j] <- float32 (float row[j] * factors.Scale)

        times factors (view inner) (view factors.Right)

    // The trace of a product of small matrices A·B, in float64.
    let private traceOfProduct (a: Matrix) (b: Matrix) =
        let mutable sum = 0.0

        for i in 0 .. a.Rows - 1 do
            for j in 0 .. a.Columns - 1 do
                sum <- sum + float a[i, j] * float b[j, i]

        sum

    /// <summary>|S|²/|W|², where S = (W + Wᵀ)/2 is the symmetric part and |·| the Frobenius norm: 1 for a symmetric W,
    /// 0 for one that turns every vector across itself, 1/2 for a random one. For W_QK it says how far two tokens
    /// attend to each other alike.</summary>
    /// <example><code lang="fsharp">
    /// gpt2 |> Attention.queryKey Apart (Block 5) (Head 3) |> FactoredMatrix.symmetricShare
    /// </code>is <c>0.506</c>, near that of a random matrix.</example>
    let symmetricShare (factors: FactoredMatrix) : float =
        let left, right = (view factors.Left).Transposed, (view factors.Right).Transposed
        let times = times factors
        // With W = A·Bᵀ: tr(W·W) = tr((Bᵀ·A)²) and |W|² = tr(Aᵀ·A · Bᵀ·B), all of them d_k × d_k.
        let cross = times right left
        let square = traceOfProduct (times left left) (times right right)
        (1.0 + traceOfProduct cross cross / square) / 2.0

    // Columns of one matrix, then those of another.
    let private beside (a: Matrix) (b: Matrix) =
        let joined = Matrix.Uninitialized(a.Rows, a.Columns + b.Columns)

        for i in 0 .. a.Rows - 1 do
            let row = joined.WritableRow i
            a.Row(i).CopyTo row
            b.Row(i).CopyTo(row.Slice a.Columns)

        joined

    let private minus (a: Matrix) (b: Matrix) =
        let difference = Matrix.Uninitialized(a.Rows, a.Columns)

        for i in 0 .. a.Rows - 1 do
            let row = difference.WritableRow i

            for j in 0 .. row.Length - 1 do
                row[j] <- a[i, j] - b[i, j]

        difference

    /// <summary>What has changed in a head from one model to another, say by training or an adapter: W' − W as
    /// factors, (L' − L)·R'ᵀ + L·(R' − R)ᵀ, whose spectrum and directions are asked as those of any head. A low-rank
    /// change stays one: an adapter of rank r changes W_QK by a matrix of rank 2r at most.</summary>
    /// <exception cref="T:System.ArgumentException">The two are not the same circuit of the same head at the same
    /// distance, or of other sizes or scales.</exception>
    /// <example><code lang="fsharp">
    /// let before = gpt2 |> Attention.queryKey Apart (Block 5) (Head 3)
    /// let change = before |> FactoredMatrix.change before
    /// (FactoredMatrix.apply positions.Values change)[0, 0]
    /// </code>is <c>0.0f</c>: nothing has changed.</example>
    let change (before: FactoredMatrix) (after: FactoredMatrix) : FactoredMatrix =
        if
            before.Name <> after.Name
            || before.Gain <> after.Gain
            || before.HeadNorms <> after.HeadNorms
            || before.Left.Shape <> after.Left.Shape
            || before.Right.Shape <> after.Right.Shape
            || before.Scale <> after.Scale
        then
            invalidArg (nameof after) $"A change is one of the same matrix: before stands {before}, after {after}."

        let left = beside (minus after.Left before.Left) before.Left
        let right = beside after.Right (minus after.Right before.Right)

        // Two factors of more columns than rows say no more than their product.
        let left, right =
            if left.Columns <= min left.Rows right.Rows then
                left, right
            else
                let identity = Matrix(right.Rows, right.Rows)

                for i in 0 .. right.Rows - 1 do
                    identity[i, i] <- 1.0f

                times after (view left) (view right), identity

        {
            after with
                Left = left
                Right = right
                Provenance = Provenance.combine "change" before.Provenance after.Provenance
        }
