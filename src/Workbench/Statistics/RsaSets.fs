namespace Workbench

open System
open Workbench.Core.Statistics
open type System.FormattableString

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
            $"{this.Settings.Correlation} {this.Summary.Mean:F3} ± {this.Summary.Sd:F3} over {this.Values.Length:N0} random sets of {this.Settings.Size} from {this.Pool:N0} items, {this.Settings.Seed}"

    override this.ToString() = this.Display

/// <summary>More of the module `Rsa`: what becomes of a correlation when the items are others.</summary>
/// <category index="3">Statistics</category>
[<AutoOpen>]
module RsaSets =
    [<RequireQualifiedAccess>]
    module Rsa =
        /// <summary>How far the correlation moves when the items are others: that of random sets of different items,
        /// drawn from all that both have.</summary>
        /// <exception cref="T:System.ArgumentException">The items differ, or a set is larger than what it is drawn
        /// from.</exception>
        /// <example><code lang="fsharp">Rsa.randomSets RandomSetSettings.Default allOfWord2vec allOfModel</code></example>
        let randomSets (settings: RandomSetSettings) (a: Pairs) (b: Pairs) : RandomSets =
            let pool = a.Items.Length
            Rsa.sameItems a.Items b.Items
            Check.within 3 pool (nameof settings.Size) settings.Size
            Check.atLeast 1 (nameof settings.Sets) settings.Sets
            let seeds = Sample.generator settings.Seed 34UL 0
            let ofSet = Array.init settings.Sets (fun _ -> Seed(seeds.NextUInt64()))

            let among items = Pairs.select items >> Pairs.values

            let correlation set =
                let items = Sample.without ofSet[set] settings.Size pool
                Correlation.Of(settings.Correlation, among items a, among items b)

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
