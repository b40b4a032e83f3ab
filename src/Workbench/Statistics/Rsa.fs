namespace Workbench

open System
open System.Globalization
open MathNet.Numerics.Distributions
open MathNet.Numerics.Statistics
open Workbench.Core.Statistics
open type System.FormattableString

/// <summary>How two lists of similarities are correlated: Pearson, Spearman, RhoA, Cosine, and Kendall's TauA and
/// TauB.</summary>
/// <category index="3">Statistics</category>
type CorrelationKind = Workbench.Core.Statistics.CorrelationKind

/// <summary>How a comparison of two geometries is judged.</summary>
/// <category index="3">Statistics</category>
type RsaSettings = {
    /// The correlation that is tested, given an interval and halved; all six are computed.
    Correlation: CorrelationKind
    /// Which correlations of relabelled items count against the observed one.
    Tail: Tail
    /// Random relabellings behind the p-value; up to eight items all of them are enumerated instead.
    Permutations: int
    /// The share of studies in which the interval should hold the truth, between 0 and 1.
    Confidence: float
    /// Random halvings of the dimensions behind each ceiling.
    Splits: int
    Seed: Seed
} with

    /// Pearson's correlation, large ones count, 9,999 permutations, a 95 % interval, 100 halvings, seed 1.
    static member Default = {
        Correlation = CorrelationKind.Pearson
        Tail = Greater
        Permutations = 9999
        Confidence = 0.95
        Splits = 100
        Seed = Seed 1UL
    }

    /// 199 permutations and 20 halvings: a first look.
    static member Quick = {
        RsaSettings.Default with
            Permutations = 199
            Splits = 20
    }

/// <summary>How well a geometry agrees with itself: the similarities that one half of the dimensions gives, correlated
/// with those of the other, and lifted to all dimensions by Spearman and Brown's 2r/(1 + r); a negative r, which no
/// number of dimensions would make up for, is left as it is. A reliability over dimensions: it says nothing of other
/// words, other training runs or other texts.</summary>
/// <category index="3">Statistics</category>
[<StructuredFormatDisplay("{Display}")>]
type Ceiling = {
    /// Mean over the halvings, from −1 to 1; NaN where a half leaves a vector without direction, or one dimension has
    /// no half.
    Reliability: float
    /// Standard deviation over the halvings.
    Sd: float
    Splits: int
    Dimensions: int
} with

    member this.Display =
        Invariant
            $"{this.Reliability:F3} ± {this.Sd:F3} (reliability over {this.Dimensions} dimensions, {this.Splits} \
              halvings, Spearman–Brown)"

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
    /// Which of the six the test, the interval and the ceilings are of.
    Correlation: CorrelationKind
    Pearson: float
    Spearman: float
    /// Spearman's value in expectation when ties are broken at random (Schütt et al. 2023).
    RhoA: float
    /// Cosine of the two lists of similarities, their means not removed.
    Cosine: float
    /// Kendall's τ-a: concordant less discordant comparisons, over all of them.
    TauA: float
    /// Kendall's τ-b: the same over those that are not tied.
    TauB: float
    /// The correlation for each relabelling of the second's items.
    Null: float[]
    /// Whether the null holds every relabelling there is.
    IsExact: bool
    /// Which correlations of the null count against the observed one.
    Tail: Tail
    /// Chance of as extreme a correlation when the labels mean nothing: (b + 1)/(m + 1), or the exact share (Mantel
    /// 1967).
    P: float
    /// Ends of the interval for the correlation over all items that these stand for: jackknifed over items on Fisher's
    /// scale (`Workbench.Core.Statistics.ItemInterval` says how, and the page on calibration how often it holds). Both
    /// are NaN where no interval can hold: fewer than five items, or a correlation of ±1 with all items or without one.
    Interval: float * float
    Confidence: float
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
        | CorrelationKind.TauA -> this.TauA
        | CorrelationKind.TauB -> this.TauB
        | _ -> this.Cosine

    /// n, the number of items.
    member this.N = this.Items.Length

    /// n(n−1)/2.
    member this.Pairs = int64 this.N * int64 (this.N - 1) / 2L

    /// m, the number of relabellings.
    member this.Draws = this.Null.Length

    /// How many standard deviations of the null the value lies above the null's mean.
    member this.Effect = Significance.effect this.Value this.Null

    /// What stands where, a line each.
    member this.Table =
        let low, high = this.Interval

        let name =
            match this.Correlation with
            | CorrelationKind.RhoA -> "rho-a"
            | CorrelationKind.TauA -> "tau-a"
            | CorrelationKind.TauB -> "tau-b"
            | kind -> string kind

        let side =
            match this.Tail with
            | Greater -> ""
            | Less -> ", as small"
            | TwoSided -> ", two-sided"

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
            [ Text "tau-a"; Text(number this.TauA); Text "" ]
            [ Text "tau-b"; Text(number this.TauB); Text "" ]
            [ Text "cosine"; Text(number this.Cosine); Text "means not removed" ]
            [
                Text "p"
                Text(this.P.ToString("G3", CultureInfo.InvariantCulture))
                Text $"Mantel, {name}, {draws}{side}"
            ]
            [
                Text "z"
                Text(this.Effect.ToString("F1", CultureInfo.InvariantCulture))
                Text "standard deviations above those"
            ]
            [
                Text "interval"
                Text(
                    if Double.IsNaN low then
                        "none"
                    else
                        $"{number low} to {number high}"
                )
                Text(Invariant $"{100.0 * this.Confidence:G4} %%, {name}, jackknife over items")
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

/// <summary>How far a correlation moves when the items are others.</summary>
/// <category index="3">Statistics</category>
type RandomSetSettings = {
    /// How many sets are drawn.
    Sets: int
    /// How many different items make a set.
    Size: int
    Correlation: CorrelationKind
    Seed: Seed
} with

    /// A thousand sets of a hundred, Pearson's correlation, seed 1.
    static member Default = {
        Sets = 1000
        Size = 100
        Correlation = CorrelationKind.Pearson
        Seed = Seed 1UL
    }

/// <summary>The correlation of two geometries over random sets of items.</summary>
/// <category index="3">Statistics</category>
[<NoComparison; StructuredFormatDisplay("{Display}")>]
type RandomSets = {
    /// One correlation per set.
    Values: float[]
    Settings: RandomSetSettings
    /// How many items the sets were drawn from.
    Pool: int
    Provenance: Provenance
} with

    /// Number, mean, standard deviation and extremes of the correlations.
    member this.Summary =
        Distribution.summary (string this.Settings.Correlation) this.Provenance this.Values

    member this.Display =
        Invariant
            $"{this.Settings.Correlation} {this.Summary.Mean:F3} ± {this.Summary.Sd:F3} over {this.Values.Length:N0} \
              random sets of {this.Settings.Size} from {this.Pool:N0} items, {this.Settings.Seed}"

    override this.ToString() = this.Display

/// <summary>How far apart two items are by something known of their labels, such as the lengths of words.</summary>
/// <category index="3">Statistics</category>
[<NoComparison; NoEquality; StructuredFormatDisplay("{Name}")>]
type ModelDistance = {
    /// What is known, e.g. "word length".
    Name: string
    Between: string -> string -> float
} with

    override this.ToString() = this.Name

/// <summary>What is left of the agreement of two geometries when model distances have explained what they
/// can.</summary>
/// <category index="3">Statistics</category>
[<NoComparison; StructuredFormatDisplay("{Display}")>]
type PartialRsa = {
    First: string
    Second: string
    /// Pearson, or Spearman for the same on ranks.
    Correlation: CorrelationKind
    /// The correlation as it stands.
    Plain: float
    /// The correlation of what the controls leave of both.
    Value: float
    /// Each control with its own correlation with the similarities of the first and of the second: negative where near
    /// items are alike.
    Controls: (string * float * float) list
    /// The partial correlation for each relabelling of the second's items.
    Null: float[]
    IsExact: bool
    /// Which correlations of the null count against the observed one.
    Tail: Tail
    /// Chance of as extreme a partial correlation when the labels mean nothing (Smouse, Long and Sokal 1986).
    P: float
    /// The number of items.
    N: int
    Seed: Seed
    Provenance: Provenance
} with

    /// How many standard deviations of the null the value lies above the null's mean.
    member this.Effect = Significance.effect this.Value this.Null

    /// One line per control: its own correlations. The title says what is left without them.
    member this.Table =
        let r (value: float) =
            if Double.IsNaN value then
                Text "the same for all"
            else
                Text(value.ToString("F3", CultureInfo.InvariantCulture))

        let plain =
            this.Controls
            |> List.map (fun (name, first, second) -> [ Text name; r first; r second ])

        Table.ofRows
            [
                "distance in"
                $"{this.Correlation} with {this.First}"
                $"with {this.Second}"
            ]
            plain
        |> Table.withAlignments [ Align.Left; Align.Right; Align.Right ]
        |> Table.withTitle (this.ToString())

    member this.Display =
        let names = String.Join(", ", this.Controls |> List.map (fun (name, _, _) -> name))

        Invariant
            $"{this.Correlation} {this.Plain:F3}, given {names} {this.Value:F3}; z = {this.Effect:F1}, p = {this.P:G3} \
              (n = {this.N}, {this.Null.Length:N0} relabellings, {this.Seed})"

    override this.ToString() = this.Display

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
            $"Procrustes similarity {this.Similarity:F3} (by chance {this.Chance:F3}), z = {this.Effect:F1}, p = \
              {this.P:G3} (n = {this.N}, {this.Null.Length:N0} permutations, {this.Seed})"

    override this.ToString() = this.Display

/// <summary>Representational similarity analysis: do two sets of vectors, in spaces that have nothing in common, find
/// the same items alike? (Kriegeskorte, Mur and Bandettini 2008; inference after Schütt et al. 2023.)</summary>
/// <category index="3">Statistics</category>
[<RequireQualifiedAccess>]
module Rsa =
    /// The seed of one of the core's procedures, from a stream of its own.
    let internal seedFor (stream: RandomStream) (seed: Seed) : uint64 =
        (Sample.generator seed stream 0).NextUInt64()

    /// Refuses items that are not the same in the same order.
    let internal sameItems (a: Axis) (b: Axis) =
        if a.Length <> b.Length then
            invalidArg
                (nameof b)
                $"The items of a are {a} and those of b are {b}; both must be the same. Take the rows they share with \
                  Labelled.selectRows."

        match Seq.tryFind (fun i -> a.Label i <> b.Label i) (seq { 0 .. a.Length - 1 }) with
        | Some i ->
            invalidArg
                (nameof b)
                $"Item {i} is \"{a.Label i}\" in a ({a}) and \"{b.Label i}\" in b ({b}); both must have the same items \
                  in the same order. Bring them into one with Labelled.selectRows."
        | None -> ()

    let internal nameOf (provenance: Provenance) =
        match provenance.Weights with
        | [] -> String.Join(" → ", provenance.Steps)
        | weights -> String.Join(" + ", weights |> List.map _.Name)

    let private pOf (tail: Tail) (mantel: MantelResult) =
        match tail with
        | Greater -> mantel.P
        | Less -> mantel.PLess
        | TwoSided -> mantel.PTwoSided

    /// <summary>All similarities as comparisons use them, i &lt; j, row by row: in float64, and equal where they differ
    /// by no more than the rounding of vectors to float32 can make of equal ones (2⁻²²), so that copies and multiples
    /// of vectors rank as the ties they are.</summary>
    /// <exception cref="T:System.ArgumentException">The measure is not defined for some vectors; the message names
    /// them.</exception>
    /// <example><code lang="fsharp">animals |> Similarity.cosine Rows |> Rsa.similarities</code> is
    /// <c>[|0.825; 0.672; 0.962; 0.972; 0.756; 0.582|]</c>.</example>
    let similarities (pairs: Pairs) : float[] =
        Pairs.refuseUndefined pairs
        Check.inMemory $"The similarities of {pairs}" "Take fewer items with Labelled.selectRows." (2L * pairs.Count)
        RepresentationalSimilarity.Similarities(pairs.Measure, pairs.Vectors.Values)

    /// The similarities of both over the same items, refused where the items differ or are too few.
    let internal triangles (a: Pairs) (b: Pairs) : float[] * float[] =
        sameItems a.Items b.Items
        Check.atLeast 3 "the number of items" a.Items.Length
        similarities a, similarities b

    // .NET lets any number be cast to an enumeration.
    let private refuseUnknown (correlation: CorrelationKind) =
        if not (Enum.IsDefined correlation) then
            let known = String.Join(", ", Enum.GetNames<CorrelationKind>())
            invalidArg (nameof correlation) $"Correlation must be one of {known}, but is no. {int correlation}."

    /// <summary>The reliability of a geometry over its dimensions.</summary>
    /// <exception cref="T:System.ArgumentException">The vectors have fewer than two dimensions.</exception>
    /// <example><code lang="fsharp">
    /// words |> WordVectors.embedding [| "man"; "woman"; "king"; "river"; "city" |] |> Similarity.cosine Rows
    /// |> Rsa.ceiling RsaSettings.Quick
    /// </code>is <c>0.597 ± 0.272 (reliability over 100 dimensions, 20 halvings, Spearman–Brown)</c>.</example>
    /// <example><code lang="fsharp">
    /// animals |> Labelled.selectColumns [| 1 |] |> Similarity.cosine Rows |> Rsa.ceiling RsaSettings.Quick
    /// </code>throws <c>ArgumentException</c>.</example>
    let ceiling (settings: RsaSettings) (pairs: Pairs) : Ceiling =
        refuseUnknown settings.Correlation
        Check.atLeast 1 (nameof settings.Splits) settings.Splits
        Check.affordable (nameof settings.Splits) 16L settings.Splits

        let lifted =
            RepresentationalSimilarity.SplitHalves(
                settings.Correlation,
                pairs.Measure,
                pairs.Vectors.Values,
                settings.Splits,
                seedFor RandomStream.SplitHalves settings.Seed
            )

        {
            Reliability = Statistics.Mean lifted
            Sd = ArrayStatistics.StandardDeviation lifted
            Splits = settings.Splits
            Dimensions = pairs.Dimensions
        }

    // One dimension cannot be halved, and is compared all the same.
    let private ceilingOrNone (settings: RsaSettings) (pairs: Pairs) =
        if pairs.Dimensions < 2 then
            {
                Reliability = nan
                Sd = nan
                Splits = 0
                Dimensions = pairs.Dimensions
            }
        else
            ceiling settings pairs

    /// <summary>Compares the similarities of the same items in two spaces.</summary>
    /// <param name="settings">What is tested and how often is drawn; `RsaSettings.Default` or a change of it.</param>
    /// <param name="a">Similarities in the one space.</param>
    /// <param name="b">Similarities in the other, over items of the same labels in the same order.</param>
    /// <exception cref="T:System.ArgumentException">The items differ or are fewer than three, all similarities of one
    /// are equal, or a setting is out of range.</exception>
    /// <example><code lang="fsharp">
    /// let items = [| "man"; "woman"; "king"; "river"; "city"; "music" |]
    /// let ofWord2vec = words |> WordVectors.embedding items |> Similarity.cosine Rows
    /// let ofModel = bert |> Embedding.ofWords items |> Similarity.cosine Rows
    /// Rsa.compare RsaSettings.Quick ofWord2vec ofModel
    /// </code>is <c>pocket-word2vec and pocket-bert: 6 words, 15 pairs … Pearson r 0.186 … p 0.19 Mantel, Pearson, all
    /// 720 relabellings …</c>: six words are too few.</example>
    /// <example><code lang="fsharp">
    /// let three = animals |> Labelled.selectRows [| 0; 1; 2 |]
    /// Rsa.compare RsaSettings.Quick (Similarity.cosine Rows animals) (Similarity.cosine Rows three)
    /// </code>throws <c>ArgumentException</c>.</example>
    let compare (settings: RsaSettings) (a: Pairs) (b: Pairs) : Rsa =
        refuseUnknown settings.Correlation
        Check.atLeast 1 (nameof settings.Permutations) settings.Permutations
        Check.affordable (nameof settings.Permutations) 16L settings.Permutations
        Check.atLeast 1 (nameof settings.Splits) settings.Splits
        Check.affordable (nameof settings.Splits) 16L settings.Splits

        if not (settings.Confidence > 0.0 && settings.Confidence < 1.0) then
            invalidArg
                (nameof settings.Confidence)
                (Invariant
                    $"Confidence must lie between 0 and 1, both excluded, but is {settings.Confidence}; 0.95 is usual.")

        let x, y = triangles a b

        let mantel =
            Mantel.Test(
                settings.Correlation,
                x,
                y,
                settings.Permutations,
                seedFor RandomStream.MantelTest settings.Seed
            )

        let struct (low, high) =
            match ItemInterval.Of(settings.Correlation, x, y) with
            | null -> struct (nan, nan)
            | interval -> interval.Ends(StudentT.InvCDF(0.0, 1.0, interval.Freedom, (1.0 + settings.Confidence) / 2.0))

        {
            First = nameOf a.Provenance
            Second = nameOf b.Provenance
            Items = a.Items
            Correlation = settings.Correlation
            Pearson = Correlation.Of(CorrelationKind.Pearson, x, y)
            Spearman = Correlation.Of(CorrelationKind.Spearman, x, y)
            RhoA = Correlation.Of(CorrelationKind.RhoA, x, y)
            Cosine = Correlation.Of(CorrelationKind.Cosine, x, y)
            TauA = Correlation.Of(CorrelationKind.TauA, x, y)
            TauB = Correlation.Of(CorrelationKind.TauB, x, y)
            Null = mantel.Draws
            IsExact = mantel.IsExact
            Tail = settings.Tail
            P = pOf settings.Tail mantel
            Interval = low, high
            Confidence = settings.Confidence
            FirstCeiling = ceilingOrNone settings a
            SecondCeiling = ceilingOrNone settings b
            Seed = settings.Seed
            Provenance = Provenance.combine "representational similarity" a.Provenance b.Provenance
        }

    /// <summary>How far the correlation moves when the items are others: that of random sets of different items,
    /// drawn from all that both have.</summary>
    /// <exception cref="T:System.ArgumentException">The items differ, a set is larger than what it is drawn from, or
    /// all similarities within one are equal.</exception>
    /// <example><code lang="fsharp">
    /// let a = Sample.normal (Seed 1UL) 40 8
    /// let b = a |> Labelled.selectColumns [| 0..5 |]
    /// let settings = { RandomSetSettings.Default with Sets = 50; Size = 10 }
    /// Rsa.randomSets settings (Similarity.cosine Rows a) (Similarity.cosine Rows b)
    /// </code>is <c>Pearson 0.860 ± 0.063 over 50 random sets of 10 from 40 items, seed 1</c>.</example>
    let randomSets (settings: RandomSetSettings) (a: Pairs) (b: Pairs) : RandomSets =
        refuseUnknown settings.Correlation
        let pool = a.Items.Length
        sameItems a.Items b.Items
        Check.within 3 pool (nameof settings.Size) settings.Size
        Check.atLeast 1 (nameof settings.Sets) settings.Sets
        Check.affordable (nameof settings.Sets) 48L settings.Sets
        let seeds = Sample.generator settings.Seed RandomStream.RandomSets 0
        let ofSet = Array.init settings.Sets (fun _ -> Seed(seeds.NextUInt64()))

        let among items = Pairs.select items >> similarities

        let correlation set =
            let items = Sample.without ofSet[set] settings.Size pool
            let value = Correlation.Of(settings.Correlation, among items a, among items b)

            if Double.IsNaN value then
                invalidArg
                    (nameof a)
                    (Invariant
                        $"Of set {set + 1}, {settings.Size} items, one side's similarities are all equal, so that \
                          nothing correlates with them; ask for larger sets.")

            value

        {
            Values =
                Progress.run (Invariant $"{settings.Sets:N0} random sets") (fun report ->
                    Array.init settings.Sets (fun set ->
                        report (float set / float settings.Sets)
                        correlation set))
            Settings = settings
            Pool = pool
            Provenance = Provenance.combine "random sets" a.Provenance b.Provenance
        }

    /// <summary>A model distance of one's own.</summary>
    /// <example><code lang="fsharp">
    /// let letter = Rsa.ofLabels "first letter" (fun a b -> if a[0] = b[0] then 0.0 else 1.0)
    /// letter |> Rsa.distances animals.Rows
    /// </code>is <c>[|1.0; 0.0; 1.0; 1.0; 1.0; 1.0|]</c>: only cat and cow share theirs.</example>
    let ofLabels (name: string) (between: string -> string -> float) : ModelDistance = {
        Name = name
        Between = between
    }

    /// <summary>How far apart two items are on one scale: the absolute difference of a number that each label
    /// has.</summary>
    /// <example><code lang="fsharp">
    /// let length = Rsa.ofNumber "word length" (fun word -> float word.Length)
    /// length |> Rsa.distances (Axis.labelled "word" [| "cat"; "horse"; "cow" |])
    /// </code>is <c>[|2.0; 0.0; 2.0|]</c>.</example>
    let ofNumber (name: string) (number: string -> float) : ModelDistance =
        ofLabels name (fun a b -> abs (number a - number b))

    /// <summary>The distances of all pairs i &lt; j, row by row.</summary>
    /// <exception cref="T:System.ArgumentException">A distance is not finite.</exception>
    /// <example><code lang="fsharp">
    /// Rsa.ofNumber "place in the alphabet" (fun word -> float word[0]) |> Rsa.distances animals.Rows
    /// </code>is <c>[|1.0; 0.0; 5.0; 1.0; 4.0; 5.0|]</c>, of cat, dog, cow and hen.</example>
    /// <example><code lang="fsharp">Rsa.ofNumber "unknown" (fun _ -> nan) |> Rsa.distances animals.Rows</code> throws
    /// <c>ArgumentException</c>.</example>
    let distances (items: Axis) (model: ModelDistance) : float[] =
        let labels = Axis.labels items

        let all = [|
            for i in 0 .. labels.Length - 1 do
                for j in i + 1 .. labels.Length - 1 -> model.Between labels[i] labels[j]
        |]

        Check.finite model.Name all
        all

    /// <summary>The agreement of two geometries that model distances do not explain: what straight-line
    /// combinations of them predict is taken out of both, then the rest is correlated.</summary>
    /// <param name="settings">Its correlation (Pearson or Spearman), tail, permutations and seed are used.</param>
    /// <param name="controls">What is taken out; none leaves the plain correlation.</param>
    /// <param name="a">Similarities in the one space.</param>
    /// <param name="b">Similarities in the other, over the same items.</param>
    /// <exception cref="T:System.ArgumentException">The items differ, the correlation has no partial form, or the
    /// controls explain everything.</exception>
    /// <example><code lang="fsharp">
    /// let items = [| "man"; "woman"; "king"; "river"; "city"; "music" |]
    /// let ofWord2vec = words |> WordVectors.embedding items |> Similarity.cosine Rows
    /// let ofModel = bert |> Embedding.ofWords items |> Similarity.cosine Rows
    /// let length = Rsa.ofNumber "length" (fun word -> float word.Length)
    /// Rsa.partial RsaSettings.Quick [ length ] ofWord2vec ofModel
    /// </code>is <c>Pearson 0.186, given length 0.333; z = 1.4, p = 0.0694 (n = 6, 720 relabellings, seed
    /// 1)</c>.</example>
    /// <example><code lang="fsharp">
    /// let pairs = Similarity.cosine Rows animals
    /// Rsa.partial { RsaSettings.Quick with Correlation = CorrelationKind.TauA } [] pairs pairs
    /// </code>throws <c>ArgumentException</c>.</example>
    let partial (settings: RsaSettings) (controls: ModelDistance list) (a: Pairs) (b: Pairs) : PartialRsa =
        refuseUnknown settings.Correlation
        Check.atLeast 1 (nameof settings.Permutations) settings.Permutations
        Check.affordable (nameof settings.Permutations) 16L settings.Permutations
        let x, y = triangles a b
        let given = controls |> List.map (distances a.Items)

        let mantel =
            Mantel.Partial(
                settings.Correlation,
                x,
                y,
                Array.ofList given,
                settings.Permutations,
                seedFor RandomStream.PartialMantelTest settings.Seed
            )

        let correlation (first: float[]) (second: float[]) =
            Correlation.Of(settings.Correlation, first, second)

        {
            First = nameOf a.Provenance
            Second = nameOf b.Provenance
            Correlation = settings.Correlation
            Plain = correlation x y
            Value = mantel.Statistic
            Controls = List.map2 (fun model z -> model.Name, correlation z x, correlation z y) controls given
            Null = mantel.Draws
            IsExact = mantel.IsExact
            Tail = settings.Tail
            P = pOf settings.Tail mantel
            N = a.Items.Length
            Seed = settings.Seed
            Provenance = Provenance.combine "partial representational similarity" a.Provenance b.Provenance
        }

    // Names the row where a value is not finite.
    let private finite (name: string) (matrix: Labelled) =
        for i in 0 .. matrix.Rows.Length - 1 do
            match matrix |> Labelled.row i |> Array.tryFind (Double.IsFinite >> not) with
            | Some value ->
                invalidArg
                    name
                    (Invariant
                        $"\"{matrix.Rows.Label i}\", row {i} of {name}, holds {value}; leave it out of both with \
                          Labelled.selectRows.")
            | None -> ()

    /// <summary>Linear centred kernel alignment of two sets of vectors, which may differ in dimensions
    /// (Kornblith et al. 2019; debiased after Song et al. 2012).</summary>
    /// <param name="a">One item per row, at least four.</param>
    /// <param name="b">The same items.</param>
    /// <exception cref="T:System.ArgumentException">The items differ or are fewer than four, a value is not finite, or
    /// all vectors of one are equal.</exception>
    /// <example><code lang="fsharp">
    /// Rsa.alignment (Sample.normal (Seed 1UL) 50 20) (Sample.normal (Seed 2UL) 50 20)
    /// </code>is <c>linear CKA 0.013 debiased, 0.305 biased (n = 50)</c>, of what has nothing in common.</example>
    /// <example><code lang="fsharp">animals |> Labelled.selectRows [| 1; 0; 2; 3 |] |> Rsa.alignment animals</code>
    /// throws <c>ArgumentException</c>.</example>
    let alignment (a: Labelled) (b: Labelled) : Alignment =
        sameItems a.Rows b.Rows
        finite (nameof a) a
        finite (nameof b) b

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
    /// <exception cref="T:System.ArgumentException">The items differ, a value is not finite, or all vectors of one are
    /// equal.</exception>
    /// <example><code lang="fsharp">
    /// let a = Sample.normal (Seed 1UL) 30 6
    /// let turned = a |> Labelled.selectColumns [| 5; 4; 3; 2; 1; 0 |]
    /// Rsa.procrustes (Seed 3UL) 99 a turned
    /// </code>is <c>Procrustes similarity 1.000 (by chance 0.367), z = 14.4, p = 0.01 (n = 30, 99 permutations, seed
    /// 3)</c>.</example>
    let procrustes (seed: Seed) (permutations: int) (a: Labelled) (b: Labelled) : ProcrustesFit =
        Check.atLeast 1 (nameof permutations) permutations
        Check.affordable (nameof permutations) 16L permutations
        sameItems a.Rows b.Rows
        finite (nameof a) a
        finite (nameof b) b

        let fit =
            ProcrustesTest.Permute(a.Values, b.Values, permutations, seedFor RandomStream.Procrustes seed)

        {
            Similarity = fit.Similarity
            Disparity = fit.Disparity
            Null = fit.Draws
            P = fit.P
            N = a.Rows.Length
            Seed = seed
            Provenance = Provenance.combine "Procrustes" a.Provenance b.Provenance
        }

    /// <summary>The canonical correlations of two sets of vectors (Hotelling, 1936): the largest correlation of a
    /// direction of one with a direction of the other, then the largest of directions uncorrelated with both, and so
    /// on, largest first. The cosines of the principal angles between the two tables' centred columns.</summary>
    /// <param name="a">One item per row.</param>
    /// <param name="b">The same items.</param>
    /// <exception cref="T:System.ArgumentException">The items differ, a value is not finite, or there are no more items
    /// than dimensions of both together: some correlations would be 1 whatever the vectors are.</exception>
    /// <example><code lang="fsharp">
    /// let a = Sample.normal (Seed 1UL) 50 3
    /// let other = a |> Labelled.selectColumns [| 2; 0 |]
    /// Rsa.canonicalCorrelations a other
    /// </code> is <c>[|1.000; 1.000|]</c>.</example>
    /// <example><code lang="fsharp">Rsa.canonicalCorrelations animals animals</code> throws
    /// <c>ArgumentException</c>: four items in six dimensions.</example>
    let canonicalCorrelations (a: Labelled) (b: Labelled) : float[] =
        sameItems a.Rows b.Rows
        finite (nameof a) a
        finite (nameof b) b
        let n, dimensions = a.Rows.Length, a.Columns.Length + b.Columns.Length

        if n - 1 < dimensions then
            invalidArg
                (nameof a)
                $"{n} items in {a.Columns.Length} and {b.Columns.Length} dimensions have canonical correlations of 1 \
                  whatever the vectors are; take more than {dimensions} items, or fewer dimensions \
                  (Projection.pca)."

        PrincipalAngles.Between((Labelled.centre a).Values, (Labelled.centre b).Values)
        |> Array.map cos
        |> Array.rev

    /// <summary>The correlation of two lists of numbers.</summary>
    /// <example><code lang="fsharp">
    /// Rsa.correlate CorrelationKind.Spearman [| 1.0; 2.0; 3.0 |] [| 1.0; 4.0; 9.0 |]
    /// </code> is <c>1.0</c>.</example>
    let correlate (kind: CorrelationKind) (first: float[]) (second: float[]) : float =
        Correlation.Of(kind, first, second)

    /// <summary>The rank correlation of a list with the places in it: 1 where it grows all the way.</summary>
    /// <example><code lang="fsharp">Rsa.withPlace [| 0.1; 0.2; 0.9 |]</code> is <c>1.0</c>.</example>
    let withPlace (values: float[]) : float =
        correlate CorrelationKind.Spearman (Array.init values.Length float) values

    /// <summary>Several comparisons under names, one per line.</summary>
    /// <example><code lang="fsharp">
    /// let all = Similarity.cosine Rows animals
    /// let others = animals |> Labelled.selectColumns [| 0; 2 |] |> Similarity.cosine Rows
    /// let against = Rsa.compare RsaSettings.Quick all
    /// Rsa.table [ "itself", against all; "no weight", against others ]
    /// </code>is <c>2 rows × 6 columns items correlation from to p … itself 4 1.000 none none 0.0417 no weight 4 0.271
    /// none none 0.25</c>.</example>
    let table (comparisons: (string * Rsa) list) : Table =
        let number (value: float) =
            Text(
                if Double.IsNaN value then
                    "none"
                else
                    value.ToString("F3", CultureInfo.InvariantCulture)
            )

        comparisons
        |> Table.ofItems [
            "", fst >> Text
            "items", (fun (_, rsa) -> Count(int64 rsa.N))
            "correlation", (fun (_, rsa) -> number rsa.Value)
            "from", (fun (_, rsa) -> number (fst rsa.Interval))
            "to", (fun (_, rsa) -> number (snd rsa.Interval))
            "p", (fun (_, rsa) -> Text(rsa.P.ToString("G3", CultureInfo.InvariantCulture)))
        ]
        |> Table.withAlignments (Align.Left :: List.replicate 5 Align.Right)
