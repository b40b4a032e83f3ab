namespace Workbench

open System
open Workbench.Core.Statistics
open type System.FormattableString

/// <summary>Linear centred kernel alignment of two representations: 1 when one is the other turned and
/// scaled.</summary>
/// <category index="3">Statistics</category>
[<StructuredFormatDisplay("{Display}")>]
type Alignment = {
    /// 0 in expectation for unrelated data, and so sometimes negative.
    Debiased: float
    /// As it is usually computed: near 1 for unrelated data of many dimensions.
    Biased: float
    /// The number of items.
    N: int
    Provenance: Provenance
} with

    member this.Display =
        Invariant $"linear CKA {this.Debiased:F3} debiased, {this.Biased:F3} biased (n = {this.N})"

    override this.ToString() = this.Display

/// <summary>How well one set of points can be turned onto another.</summary>
/// <category index="3">Statistics</category>
[<NoComparison; StructuredFormatDisplay("{Display}")>]
type ProcrustesFit = {
    /// The cosine between the two after the best turn, both centred; from 0 to 1.
    Similarity: float
    /// One minus its square: the share of the one that the other does not account for.
    Disparity: float
    /// The similarity for each random order of the second's items.
    Null: float[]
    /// (b + 1)/(m + 1).
    P: float
    /// The number of items.
    N: int
    Seed: Seed
    Provenance: Provenance
} with

    /// The mean similarity of the random orders: what points that mean nothing reach.
    member this.Chance = Array.average this.Null

    /// How many standard deviations of the null the similarity lies above the null's mean.
    member this.Effect = Significance.effect this.Similarity this.Null

    member this.Display =
        Invariant
            $"Procrustes similarity {this.Similarity:F3} (by chance {this.Chance:F3}), z = {this.Effect:F1}, p = {this.P:G3} (n = {this.N}, {this.Null.Length:N0} permutations, {this.Seed})"

    override this.ToString() = this.Display

/// <summary>More of the module `Rsa`: the vectors themselves compared, up to turning and scaling.</summary>
/// <category index="3">Statistics</category>
[<AutoOpen>]
module RsaShape =
    [<RequireQualifiedAccess>]
    module Rsa =
        /// <summary>Linear centred kernel alignment of two sets of vectors, which may differ in dimensions
        /// (Kornblith et al. 2019; debiased after Song et al. 2012).</summary>
        /// <param name="a">One item per row, at least four.</param>
        /// <param name="b">The same items.</param>
        /// <exception cref="T:System.ArgumentException">The items differ or are fewer than four.</exception>
        let alignment (a: Labelled) (b: Labelled) : Alignment =
            Rsa.sameItems a.Rows b.Rows

            {
                Debiased = KernelAlignment.Debiased(a.Values, b.Values)
                Biased = KernelAlignment.Biased(a.Values, b.Values)
                N = a.Rows.Length
                Provenance = Provenance.combine "linear CKA" a.Provenance b.Provenance
            }

        /// <summary>Orthogonal Procrustes analysis of two sets of vectors, which may differ in dimensions, with its
        /// permutation null: a hundred items in hundreds of dimensions can be turned onto anything, so the similarity
        /// alone says little (Jackson 1995).</summary>
        /// <param name="seed">Of the random orders.</param>
        /// <param name="permutations">How many; about 2 ms each for a hundred items.</param>
        /// <param name="a">One item per row.</param>
        /// <param name="b">The same items.</param>
        /// <exception cref="T:System.ArgumentException">The items differ, or all vectors of one are equal.</exception>
        let procrustes (seed: Seed) (permutations: int) (a: Labelled) (b: Labelled) : ProcrustesFit =
            Rsa.sameItems a.Rows b.Rows

            let fit =
                ProcrustesTest.Permute(a.Values, b.Values, permutations, Rsa.stream 36UL seed)

            {
                Similarity = fit.Similarity
                Disparity = fit.Disparity
                Null = fit.Draws
                P = fit.P
                N = a.Rows.Length
                Seed = seed
                Provenance = Provenance.combine "Procrustes" a.Provenance b.Provenance
            }
