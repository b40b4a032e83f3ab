namespace Workbench

open System
open System.Numerics.Tensors
open Workbench.Core.Models

/// <summary>What could stand in for the layer norm of token embeddings.</summary>
/// <category index="4">Models</category>
type NormStandIn =
    /// The embeddings as they are.
    | Original
    /// Less their mean row.
    | Centred
    /// Times √d over their mean length, one number for all.
    | Scaled
    /// Both.
    | CentredAndScaled

/// <summary>How far a stand-in is from the layer norm without gain and bias, over all rows.</summary>
/// <category index="4">Models</category>
type NormDistance = {
    StandIn: NormStandIn
    /// Euclidean distances.
    Euclidean: Summary
    /// One minus the cosine.
    Cosine: Summary
}

/// <summary>A score of token embeddings e under a layer norm with gain γ and bias β.</summary>
/// <category index="4">Models</category>
type NormScore =
    /// |e|.
    | Length
    /// |γ∘e|.
    | GainedLength
    /// |e| + e·β.
    | LengthAndBias
    /// |γ∘e| + e·β.
    | GainedLengthAndBias
    /// |γ∘e| + (γ∘e)·β: the gain in both terms.
    | GainedLengthAndGainedBias

/// <summary>Lengths of vectors, and which of them stand apart.</summary>
/// <category index="4">Models</category>
[<RequireQualifiedAccess>]
module Norms =
    /// <summary>The Euclidean length of each row, summed in float64.</summary>
    /// <example><code lang="fsharp">animals |> Norms.ofRows</code> is <c>[|6.0; 20.616; 600.014; 3.464|]</c>.</example>
    let ofRows (matrix: Labelled) : float[] =
        Array.init matrix.Rows.Length (fun i -> Vector.length (Labelled.row i matrix))

    /// <summary>The places of values further from the median than `times` the median absolute deviation: a rule that
    /// outliers cannot bend.</summary>
    /// <example><code lang="fsharp">[| 1.0; 1.1; 0.9; 9.0 |] |> Norms.outliers 5.0</code> is <c>[|3|]</c>.</example>
    let outliers (times: float) (values: float[]) : int[] =
        Check.notNegative (nameof times) times
        Check.notEmpty (nameof values) values
        Check.finite (nameof values) values
        let median = Distribution.quantile 0.5 values
        let deviations = values |> Array.map (fun value -> abs (value - median))
        let limit = times * Distribution.quantile 0.5 deviations

        [|
            for i in 0 .. values.Length - 1 do
                if deviations[i] > limit then
                    i
        |]

    let private scaledBy factor =
        Labelled.mapi (fun _ _ value -> value * factor)

    /// <summary>The distance of each stand-in from the layer norm without gain and bias: how near a single shift and a
    /// single factor for all tokens come to what layer norm does to each. A row that one of them leaves without
    /// direction has no cosine and is refused.</summary>
    /// <param name="epsilon">The ε of the model's layer norms; 0 for the plain formula.</param>
    /// <param name="embeddings">One token per row: [n, d].</param>
    /// <example><code lang="fsharp">
    /// [ for distance in positions |> Norms.distances 1e-5 -> distance.StandIn, distance.Euclidean.Mean ]
    /// </code> is <c>[(Original, 13.327); (Centred, 13.347); (Scaled, 2.412); (CentredAndScaled, 5.163)]</c>.</example>
    let distances (epsilon: float) (embeddings: Labelled) : NormDistance list =
        Check.notNegative (nameof epsilon) epsilon
        Check.atLeast 1 "the number of rows" embeddings.Rows.Length
        Labelled.checkFinite (nameof embeddings) embeddings
        let width = embeddings.Columns.Length
        let normed = Norm(Array.create width 1.0f, null, epsilon).Apply embeddings.Values
        let factor = sqrt (float width) / Array.average (ofRows embeddings)

        let standIn kind =
            match kind with
            | Original -> embeddings
            | Centred -> Labelled.centre embeddings
            | Scaled -> scaledBy factor embeddings
            | CentredAndScaled -> embeddings |> Labelled.centre |> scaledBy factor

        [
            for kind in [ Original; Centred; Scaled; CentredAndScaled ] do
                let other = standIn kind

                let row (i: int) =
                    Array.map float (normed.Row(i).ToArray()), Labelled.row i other

                let directed i =
                    let normed, other = row i

                    if Array.forall ((=) 0.0) normed || Array.forall ((=) 0.0) other then
                        invalidArg
                            (nameof embeddings)
                            $"Row {i} of embeddings, \"{embeddings.Rows.Label i}\", has no direction under its layer \
                              norm or as {kind}: it is constant, or equal to what is taken from it. Leave it out with \
                              Labelled.selectRows."

                    normed, other

                let over quantity (pair: int -> float[] * float[]) measure =
                    Array.init embeddings.Rows.Length (pair >> measure)
                    |> Distribution.summary quantity other.Provenance

                {
                    StandIn = kind
                    Euclidean =
                        over "distance" row (fun (a, b) ->
                            TensorPrimitives.Distance(ReadOnlySpan<float> a, ReadOnlySpan b))
                    Cosine =
                        over "1 − cosine" directed (fun (a, b) ->
                            1.0 - TensorPrimitives.CosineSimilarity(ReadOnlySpan<float> a, ReadOnlySpan b))
                }
        ]

    /// <summary>The two terms of a score apart, length and bias, for each row: the bias term is 0 where the score has
    /// none.</summary>
    /// <param name="norm">Usually the model's final one.</param>
    /// <param name="score">Which.</param>
    /// <param name="embeddings">One token per row.</param>
    /// <example><code lang="fsharp">
    /// let norm = (Model.transformer gpt2).FinalNorm
    /// gpt2 |> Embedding.ofWords [| " king"; " queen" |] |> Norms.terms norm GainedLengthAndBias
    /// </code> is <c>[|(1.341, -0.594); (1.406, -0.813)|]</c>.</example>
    let terms (norm: Norm) (score: NormScore) (embeddings: Labelled) : (float * float)[] =
        let gain = norm.Gain.ToArray() |> Array.map float
        let bias = norm.Bias.ToArray() |> Array.map float

        let gained (row: float[]) = Array.map2 (*) gain row

        let biased (row: float[]) =
            if bias.Length = 0 then
                0.0
            else
                Array.fold2 (fun sum a b -> sum + a * b) 0.0 row bias

        Array.init embeddings.Rows.Length (fun i ->
            let row = Labelled.row i embeddings

            match score with
            | Length -> Vector.length row, 0.0
            | GainedLength -> Vector.length (gained row), 0.0
            | LengthAndBias -> Vector.length row, biased row
            | GainedLengthAndBias -> Vector.length (gained row), biased row
            | GainedLengthAndGainedBias -> Vector.length (gained row), biased (gained row))

    /// <summary>A score of each row: the sum of its terms.</summary>
    /// <example><code lang="fsharp">
    /// let norm = (Model.transformer gpt2).FinalNorm
    /// gpt2 |> Embedding.ofWords [| " king"; " queen" |] |> Norms.scores norm Length
    /// </code> is <c>[|0.648; 0.681|]</c>.</example>
    let scores (norm: Norm) (score: NormScore) (embeddings: Labelled) : float[] =
        terms norm score embeddings |> Array.map (fun (length, bias) -> length + bias)
