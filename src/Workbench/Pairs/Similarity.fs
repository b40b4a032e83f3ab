namespace Workbench

open System
open Workbench.Core.Tensors
open type System.FormattableString

/// <summary>How the similarity of vectors depends on how far apart they stand.</summary>
/// <category index="2">Pairs</category>
[<StructuredFormatDisplay("{Display}")>]
type Toeplitz = {
    /// Mean similarity of all pairs 1, 2, … n − 1 places apart.
    LagMeans: float[]
    /// Share of the variance among pairs that the lag alone explains, from 0 to 1. Noise gives about (n − 2) / (pairs −
    /// 1), not 0. NaN where all pairs are equally similar, but for the rounding of single precision.
    RSquared: float
} with

    member this.Display =
        Invariant $"lag explains {this.RSquared:P1} of the variance among pairs"

    override this.ToString() = this.Display

/// <summary>Describes all pairs of the rows or columns of a matrix under a measure. Nothing is computed until the pairs
/// are asked something.</summary>
/// <category index="2">Pairs</category>
[<RequireQualifiedAccess>]
module Similarity =
    /// <summary>x·y / (|x| |y|) of all pairs.</summary>
    /// <example><code lang="fsharp">positions |> Similarity.cosine Columns</code> is
    /// <c>18,336 pairs of dimension × 192, cosine similarity, pocket-gpt2 (Pocket): wpe → transposed
    /// [cpu]</c>.</example>
    /// <example><code lang="fsharp">positions |> Similarity.cosine Rows |> Pairs.at 0 1</code> is
    /// <c>0.210</c>.</example>
    let cosine (along: Along) (matrix: Labelled) : Pairs =
        Pairs.ofMatrix Measure.Cosine along matrix

    /// <summary>Pearson's correlation of all pairs: the cosine after each vector's own mean is subtracted.</summary>
    /// <example><code lang="fsharp">animals |> Similarity.correlation Rows |> Pairs.at 0 1</code> is
    /// <c>0.545</c>.</example>
    let correlation (along: Along) (matrix: Labelled) : Pairs =
        Pairs.ofMatrix Measure.Pearson along matrix

    /// <summary>x·y of all pairs.</summary>
    /// <example><code lang="fsharp">animals |> Similarity.dotProduct Rows |> Pairs.at 0 1</code> is
    /// <c>102.0</c>.</example>
    let dotProduct (along: Along) (matrix: Labelled) : Pairs =
        Pairs.ofMatrix Measure.DotProduct along matrix

    /// <summary>x·y / (|x| |y|) of two vectors, summed in float64.</summary>
    /// <exception cref="T:System.ArgumentException">The lengths differ, or a vector, which is named, is all zero or not
    /// finite.</exception>
    /// <example><code lang="fsharp">Similarity.ofTwo [| 3.0; 4.0 |] [| 4.0; 3.0 |]</code> is <c>0.96</c>.</example>
    /// <example><code lang="fsharp">Similarity.ofTwo [| 3.0; 4.0 |] [| 0.0; 0.0 |]</code> throws
    /// <c>ArgumentException</c> and says which vector has no direction.</example>
    let ofTwo (x: float[]) (y: float[]) : float =
        Check.sameLength (nameof x) x.Length (nameof y) y.Length

        let cosine =
            Workbench.Core.Statistics.Correlation.Of(Workbench.Core.Statistics.CorrelationKind.Cosine, x, y)

        if Double.IsNaN cosine then
            for name, vector in [ nameof x, x; nameof y, y ] do
                Check.finite name vector

                if Array.forall ((=) 0.0) vector then
                    invalidArg name $"{name} is all zero and has no direction, so that there is no cosine."

            invalidArg (nameof x) "The squares of these vectors leave the range of a double; scale them."

        cosine

    /// <summary>The largest difference between two lists of numbers at any place: how far two ways of computing them
    /// are apart.</summary>
    /// <exception cref="T:System.ArgumentException">They differ in length.</exception>
    /// <example><code lang="fsharp">Similarity.largestDifference [| 1.0; 2.0 |] [| 1.5; 1.0 |]</code> is
    /// <c>1.0</c>.</example>
    let largestDifference (first: float[]) (second: float[]) : float =
        Check.sameLength (nameof first) first.Length (nameof second) second.Length
        Array.fold2 (fun largest a b -> max largest (abs (a - b))) 0.0 first second

    /// <summary>How far the similarity of items in a row is a function of their distance alone.</summary>
    /// <example><code lang="fsharp">positions |> Similarity.cosine Rows |> Similarity.toeplitz</code> is
    /// <c>lag explains 65.1 % of the variance among pairs</c>.</example>
    /// <example><code lang="fsharp">Embedding.sinusoidal 64 32 |> Similarity.cosine Rows |> Similarity.toeplitz</code>
    /// is <c>lag explains 100.0 % of the variance among pairs</c>.</example>
    let toeplitz (pairs: Pairs) : Toeplitz =
        let similarities = (Pairs.matrix pairs).Values
        let count = similarities.Rows
        Check.atLeast 3 "the number of items" count

        let mean lag =
            Seq.average (seq { for i in 0 .. count - 1 - lag -> float similarities[i, i + lag] })

        let means = Concurrently.init (count - 1) (fun index -> mean (index + 1))
        let pairsAt index = float (count - 1 - index)
        let total = float pairs.Count

        let grand =
            (means |> Array.mapi (fun index mean -> mean * pairsAt index) |> Array.sum)
            / total

        let within index =
            let lag = index + 1
            Seq.sum (seq { for i in 0 .. count - 1 - lag -> (float similarities[i, i + lag] - means[index]) ** 2.0 })

        let between =
            means
            |> Array.mapi (fun index mean -> pairsAt index * (mean - grand) ** 2.0)
            |> Array.sum

        let inside = Concurrently.init (count - 1) within |> Array.sum
        let largest = means |> Array.map abs |> Array.max
        // A sum of d products in single precision errs by about as much.
        let rounding = sqrt (float pairs.Dimensions) * 2.0 ** -23.0 * largest
        let equal = sqrt ((between + inside) / total) <= rounding

        {
            LagMeans = means
            RSquared = if equal then nan else between / (between + inside)
        }
