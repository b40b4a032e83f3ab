namespace Workbench

open System
open System.Globalization
open MathNet.Numerics.Statistics
open Workbench.Core.Statistics
open type System.FormattableString

/// <summary>How two lists of similarities are correlated: Pearson, Spearman, RhoA, Cosine.</summary>
/// <category index="3">Statistics</category>
type CorrelationKind = Workbench.Core.Statistics.CorrelationKind

/// <summary>How a comparison of two geometries is judged.</summary>
/// <category index="3">Statistics</category>
type RsaSettings = {
    /// The correlation that is tested, resampled and halved; all four are computed.
    Correlation: CorrelationKind
    /// Random relabellings behind the p-value; up to eight items all of them are enumerated instead.
    Permutations: int
    /// Bootstrap samples of the items behind the interval.
    Samples: int
    /// Share of the bootstrap samples that the interval covers.
    Confidence: float
    /// Random halvings of the dimensions behind each ceiling.
    Splits: int
    Seed: Seed
} with

    /// Pearson's correlation, 9,999 permutations, 2,000 samples, a 95 % interval, 100 halvings, seed 1.
    static member Default = {
        Correlation = CorrelationKind.Pearson
        Permutations = 9999
        Samples = 2000
        Confidence = 0.95
        Splits = 100
        Seed = Seed 1UL
    }

    /// 199 permutations and samples and 20 halvings: a first look, or a thousand items in seconds.
    static member Quick = {
        RsaSettings.Default with
            Permutations = 199
            Samples = 199
            Splits = 20
    }

/// <summary>How well a geometry agrees with itself: the similarities that one half of the dimensions gives, correlated
/// with those of the other, and lifted to all dimensions by Spearman and Brown's 2r/(1 + r). A reliability over
/// dimensions: it says nothing of other words, other training runs or other texts.</summary>
/// <category index="3">Statistics</category>
[<StructuredFormatDisplay("{Display}")>]
type Ceiling = {
    /// Mean over the halvings, at most 1; NaN where a half leaves a vector without direction.
    Reliability: float
    /// Standard deviation over the halvings.
    Sd: float
    Splits: int
    Dimensions: int
} with

    member this.Display =
        Invariant
            $"{this.Reliability:F3} ± {this.Sd:F3} (reliability over {this.Dimensions} dimensions, {this.Splits} halvings, Spearman–Brown)"

    override this.ToString() = this.Display

/// <summary>Two geometries of the same items compared, and what is needed to judge the comparison.</summary>
/// <category index="3">Statistics</category>
[<NoComparison; StructuredFormatDisplay("{Display}")>]
type Rsa = {
    /// What the first similarities are of: the name of its weights.
    First: string
    Second: string
    /// The items whose pairs were compared.
    Items: Axis
    /// Which of the four the test, the interval and the ceilings are of.
    Correlation: CorrelationKind
    Pearson: float
    Spearman: float
    /// Spearman's value in expectation when ties are broken at random (Schütt et al. 2023).
    RhoA: float
    /// Cosine of the two lists of similarities, their means not removed.
    Cosine: float
    /// The correlation for each relabelling of the second's items.
    Null: float[]
    /// Whether the null holds every relabelling there is.
    IsExact: bool
    /// Chance of as large a correlation when the labels mean nothing: (b + 1)/(m + 1), or the exact share (Mantel
    /// 1967).
    P: float
    /// Ends of the percentile interval over bootstrap samples of the items, pairs of an item with its own copy left
    /// out.
    Interval: float * float
    Confidence: float
    /// Bootstrap samples that the interval rests on.
    Samples: int
    FirstCeiling: Ceiling
    SecondCeiling: Ceiling
    Seed: Seed
    Provenance: Provenance
} with

    /// The correlation that was tested.
    member this.Value =
        match this.Correlation with
        | CorrelationKind.Pearson -> this.Pearson
        | CorrelationKind.Spearman -> this.Spearman
        | CorrelationKind.RhoA -> this.RhoA
        | _ -> this.Cosine

    /// n, the number of items.
    member this.N = this.Items.Length

    /// n(n−1)/2.
    member this.Pairs = int64 this.N * int64 (this.N - 1) / 2L

    /// m, the number of relabellings.
    member this.Draws = this.Null.Length

    /// How many standard deviations of the null the value lies above the null's mean.
    member this.Effect = Significance.effect this.Value this.Null

    /// What stands where, in five or so lines.
    member this.Table =
        let low, high = this.Interval

        let name =
            match this.Correlation with
            | CorrelationKind.RhoA -> "rho-a"
            | kind -> string kind

        let number (value: float) =
            value.ToString("F3", CultureInfo.InvariantCulture)

        let draws =
            if this.IsExact then
                Invariant $"all {this.Draws:N0} relabellings"
            else
                Invariant $"{this.Draws:N0} relabellings, {this.Seed}"

        let ceiling (ceiling: Ceiling) =
            $"reliability over {ceiling.Dimensions} dimensions, {ceiling.Splits} halvings, Spearman–Brown"

        Table.ofRows [ "quantity"; "value"; "how" ] [
            [ Text "Pearson r"; Text(number this.Pearson); Text "" ]
            [ Text "Spearman"; Text(number this.Spearman); Text "" ]
            [ Text "rho-a"; Text(number this.RhoA); Text "" ]
            [ Text "cosine"; Text(number this.Cosine); Text "means not removed" ]
            [
                Text "p"
                Text(this.P.ToString("G3", CultureInfo.InvariantCulture))
                Text $"Mantel, {name}, {draws}"
            ]
            [
                Text "z"
                Text(this.Effect.ToString("F1", CultureInfo.InvariantCulture))
                Text "standard deviations above those"
            ]
            [
                Text "interval"
                Text $"{number low} to {number high}"
                Text(
                    Invariant
                        $"{this.Confidence:P0}, {name}, {this.Samples:N0} bootstrap samples of the items, {this.Seed}"
                )
            ]
            [
                Text $"ceiling, {this.First}"
                Text(number this.FirstCeiling.Reliability)
                Text(ceiling this.FirstCeiling)
            ]
            [
                Text $"ceiling, {this.Second}"
                Text(number this.SecondCeiling.Reliability)
                Text(ceiling this.SecondCeiling)
            ]
        ]
        |> Table.withTitle (
            Invariant $"{this.First} and {this.Second}: {this.N:N0} {this.Items.Name}s, {this.Pairs:N0} pairs"
        )

    member this.Display = Table.toText this.Table
    override this.ToString() = this.Display

/// <summary>Representational similarity analysis: do two sets of vectors, in spaces that have nothing in common, find
/// the same items alike? (Kriegeskorte, Mur and Bandettini 2008; inference after Schütt et al. 2023.)</summary>
/// <category index="3">Statistics</category>
[<RequireQualifiedAccess>]
module Rsa =
    /// Streams of random numbers that no other module draws from.
    let internal stream (purpose: uint64) (seed: Seed) : uint64 =
        (Sample.generator seed purpose 0).NextUInt64()

    /// Refuses items that are not the same in the same order.
    let internal sameItems (a: Axis) (b: Axis) =
        if a.Length <> b.Length then
            invalidArg
                (nameof b)
                $"The items of a are {a} and those of b are {b}; both must be the same. Take the rows they share with Labelled.selectRows."

        match Seq.tryFind (fun i -> a.Label i <> b.Label i) (seq { 0 .. a.Length - 1 }) with
        | Some i ->
            invalidArg
                (nameof b)
                $"Item {i} is \"{a.Label i}\" in a ({a}) and \"{b.Label i}\" in b ({b}); both must have the same items in the same order. Bring them into one with Labelled.selectRows."
        | None -> ()

    let internal nameOf (provenance: Provenance) =
        match provenance.Weights with
        | [] -> String.Join(" → ", provenance.Steps)
        | weights -> String.Join(" + ", weights |> List.map _.Name)

    /// The similarities of both over the same items, refused where the items differ or are too few.
    let internal triangles (a: Pairs) (b: Pairs) : float[] * float[] =
        sameItems a.Items b.Items
        Check.atLeast 3 "the number of items" a.Items.Length
        Pairs.values a, Pairs.values b

    /// <summary>The reliability of a geometry over its dimensions.</summary>
    /// <exception cref="T:System.ArgumentException">The vectors have fewer than two dimensions.</exception>
    let ceiling (settings: RsaSettings) (pairs: Pairs) : Ceiling =
        let lifted =
            RepresentationalSimilarity.SplitHalves(
                settings.Correlation,
                pairs.Measure,
                pairs.Vectors.Values,
                settings.Splits,
                stream 31UL settings.Seed
            )

        {
            Reliability = Statistics.Mean lifted
            Sd = ArrayStatistics.StandardDeviation lifted
            Splits = settings.Splits
            Dimensions = pairs.Vectors.Columns.Length
        }

    /// <summary>Compares the similarities of the same items in two spaces.</summary>
    /// <param name="settings">What is tested and how often is drawn; `RsaSettings.Default` or a change of it.</param>
    /// <param name="a">Similarities in the one space.</param>
    /// <param name="b">Similarities in the other, over items of the same labels in the same order.</param>
    /// <exception cref="T:System.ArgumentException">The items differ or are fewer than three, or all similarities of
    /// one are equal.</exception>
    /// <example><code lang="fsharp">Rsa.compare RsaSettings.Default (Similarity.cosine Rows ofWord2vec) (Similarity.cosine Rows ofModel)</code></example>
    let compare (settings: RsaSettings) (a: Pairs) (b: Pairs) : Rsa =
        Check.atLeast 1 (nameof settings.Samples) settings.Samples
        Check.atLeast 1 (nameof settings.Splits) settings.Splits
        let x, y = triangles a b

        let mantel =
            Mantel.Test(settings.Correlation, x, y, settings.Permutations, stream 32UL settings.Seed)

        let samples =
            RepresentationalSimilarity.BootstrapItems(
                settings.Correlation,
                x,
                y,
                settings.Samples,
                stream 33UL settings.Seed
            )
            |> Array.filter Double.IsFinite

        let tail = (1.0 - settings.Confidence) / 2.0

        {
            First = nameOf a.Provenance
            Second = nameOf b.Provenance
            Items = a.Items
            Correlation = settings.Correlation
            Pearson = Correlation.Of(CorrelationKind.Pearson, x, y)
            Spearman = Correlation.Of(CorrelationKind.Spearman, x, y)
            RhoA = Correlation.Of(CorrelationKind.RhoA, x, y)
            Cosine = Correlation.Of(CorrelationKind.Cosine, x, y)
            Null = mantel.Draws
            IsExact = mantel.IsExact
            P = mantel.P
            Interval = Distribution.quantile tail samples, Distribution.quantile (1.0 - tail) samples
            Confidence = settings.Confidence
            Samples = samples.Length
            FirstCeiling = ceiling settings a
            SecondCeiling = ceiling settings b
            Seed = settings.Seed
            Provenance = Provenance.combine "representational similarity" a.Provenance b.Provenance
        }
