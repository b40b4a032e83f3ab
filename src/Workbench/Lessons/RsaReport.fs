namespace Workbench

/// <summary>More of the module `Rsa`: how comparisons are shown and stated.</summary>
/// <category index="8">Lessons</category>
[<AutoOpen>]
module RsaReport =
    [<RequireQualifiedAccess>]
    module Rsa =
        /// <summary>One point for each pair of items: its similarity in the first space, and in the second.</summary>
        /// <exception cref="T:System.ArgumentException">The items differ or are fewer than three.</exception>
        let scatter (a: Pairs) (b: Pairs) : Chart =
            let title (pairs: Pairs) =
                $"{pairs.Quantity} in {Rsa.nameOf pairs.Provenance}"

            Rsa.triangles a b
            ||> Chart.scatter
            |> Chart.withMarker Marker.Circle 3.0
            |> Chart.withHoverLabels (Pairs.labels a)
            |> Chart.withHorizontalLine 0.0
            |> Chart.withVerticalLine 0.0
            |> Chart.withXTitle (title a)
            |> Chart.withYTitle (title b)

        /// <summary>Several comparisons under names, one per line.</summary>
        /// <example><code lang="fsharp">Rsa.table [ "nouns", ofNouns; "verbs", ofVerbs ]</code></example>
        let table (comparisons: (string * Rsa) list) : Table =
            let number (value: float) =
                Text(value.ToString("F3", System.Globalization.CultureInfo.InvariantCulture))

            comparisons
            |> Table.ofItems [
                "", fst >> Text
                "items", (fun (_, rsa) -> Count(int64 rsa.N))
                "correlation", (fun (_, rsa) -> number rsa.Value)
                "from", (fun (_, rsa) -> number (fst rsa.Interval))
                "to", (fun (_, rsa) -> number (snd rsa.Interval))
                "p", (fun (_, rsa) -> Text(rsa.P.ToString("G3", System.Globalization.CultureInfo.InvariantCulture)))
            ]
            |> Table.withAlignments (Align.Left :: List.replicate 5 Align.Right)

        /// The four correlations (`rsa.pearson`, `rsa.spearman`, `rsa.rho-a`, `rsa.cosine`), `mantel.p` and
        /// `rsa.interval`.
        let findings (rsa: Rsa) : Finding list =
            let low, high = rsa.Interval

            let correlations =
                [
                    "pearson", rsa.Pearson
                    "spearman", rsa.Spearman
                    "rho-a", rsa.RhoA
                    "cosine", rsa.Cosine
                ]
                |> List.map (fun (name, value) -> Finding.number $"rsa.{name}" value |> Finding.withN rsa.Pairs)

            let drawn = [
                Finding.number "mantel.p" rsa.P |> Finding.withN (int64 rsa.Draws)
                Finding.numbers "rsa.interval" [ low; high ]
                |> Finding.withN (int64 rsa.Samples)
            ]

            correlations @ List.map (Finding.withSeed rsa.Seed) drawn
