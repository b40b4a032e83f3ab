namespace Workbench

open System
open System.Globalization
open Workbench.Core.Statistics
open type System.FormattableString

/// <summary>How far apart two items are by something known of their labels, such as the lengths of words.</summary>
/// <category index="3">Statistics</category>
[<NoComparison; NoEquality>]
type ModelDistance = {
    /// What is known, e.g. "word length".
    Name: string
    Between: string -> string -> float
}

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
    /// Chance of as large a partial correlation when the labels mean nothing (Smouse, Long and Sokal 1986).
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
            $"{this.Correlation} {this.Plain:F3}, given {names} {this.Value:F3}; z = {this.Effect:F1}, p = {this.P:G3} (n = {this.N}, {this.Null.Length:N0} relabellings, {this.Seed})"

    override this.ToString() = this.Display

/// <summary>More of the module `Rsa`: what else than meaning could make two geometries agree.</summary>
/// <category index="3">Statistics</category>
[<AutoOpen>]
module RsaControls =
    [<RequireQualifiedAccess>]
    module Rsa =
        /// <summary>A model distance of one's own.</summary>
        /// <example><code lang="fsharp">Rsa.ofLabels "first letter" (fun a b -> if a[0] = b[0] then 0.0 else 1.0)</code></example>
        let ofLabels (name: string) (between: string -> string -> float) : ModelDistance = {
            Name = name
            Between = between
        }

        /// <summary>How far apart two items are on one scale: the absolute difference of a number that each label
        /// has.</summary>
        /// <example><code lang="fsharp">Rsa.ofNumber "word length" (fun word -> float word.Length)</code></example>
        let ofNumber (name: string) (number: string -> float) : ModelDistance =
            ofLabels name (fun a b -> abs (number a - number b))

        /// <summary>The distances of all pairs i &lt; j, row by row.</summary>
        /// <exception cref="T:System.ArgumentException">A distance is not finite.</exception>
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
        /// <param name="settings">Its correlation (Pearson or Spearman), permutations and seed are used.</param>
        /// <param name="controls">What is taken out; none leaves the plain correlation.</param>
        /// <param name="a">Similarities in the one space.</param>
        /// <param name="b">Similarities in the other, over the same items.</param>
        /// <exception cref="T:System.ArgumentException">The items differ, the correlation has no partial form, or the
        /// controls explain everything.</exception>
        let partial (settings: RsaSettings) (controls: ModelDistance list) (a: Pairs) (b: Pairs) : PartialRsa =
            let x, y = Rsa.triangles a b
            let given = controls |> List.map (distances a.Items)

            let mantel =
                Mantel.Partial(
                    settings.Correlation,
                    x,
                    y,
                    Array.ofList given,
                    settings.Permutations,
                    Rsa.stream 35UL settings.Seed
                )

            let correlation (first: float[]) (second: float[]) =
                Correlation.Of(settings.Correlation, first, second)

            {
                First = Rsa.nameOf a.Provenance
                Second = Rsa.nameOf b.Provenance
                Correlation = settings.Correlation
                Plain = correlation x y
                Value = mantel.Statistic
                Controls = List.map2 (fun model z -> model.Name, correlation z x, correlation z y) controls given
                Null = mantel.Draws
                IsExact = mantel.IsExact
                P = mantel.P
                N = a.Items.Length
                Seed = settings.Seed
                Provenance = Provenance.combine "partial representational similarity" a.Provenance b.Provenance
            }
