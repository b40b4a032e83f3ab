namespace Workbench

open System
open type System.FormattableString

/// <summary>A statistic beside what it would be if the null hypothesis held.</summary>
/// <category index="3">Statistics</category>
[<StructuredFormatDisplay("{Display}")>]
type NullDistribution = {
    Statistic: string
    Rung: Rung
    Observed: float
    /// The statistic of each surrogate matrix.
    Draws: float[]
    Seed: Seed
    Provenance: Provenance
} with

    member this.Mean = fst (Vector.meanAndSd this.Draws)
    member this.Sd = snd (Vector.meanAndSd this.Draws)

    /// The observed value in standard deviations from the null's mean.
    member this.EffectSize = Significance.effect this.Observed this.Draws

    /// Chance of as large a value under the null, (b + 1)/(m + 1).
    member this.P = Significance.pValue Greater this.Observed this.Draws

    member this.Display =
        Invariant
            $"{this.Statistic} = {this.Observed:G4}; under {this.Rung} {this.Mean:G4} ± {this.Sd:G2}, z = \
              {this.EffectSize:F1}, p = {this.P:G3} ({this.Draws.Length} draws)"

    override this.ToString() = this.Display

/// <summary>Surrogate matrices and the distributions of statistics over them: what a finding is measured
/// against.</summary>
/// <remarks>A full shuffle destroys everything, and makes anything look significant. The ladder asks how much of a
/// finding is left when the null keeps more and more of the data's structure.</remarks>
/// <category index="3">Statistics</category>
[<RequireQualifiedAccess>]
module Null =
    /// <summary>One random matrix under a null hypothesis: the same seed gives the same one.</summary>
    /// <exception cref="T:System.ArgumentException">The rung has no random matrices for these data.</exception>
    /// <example><code lang="fsharp">animals |> Null.surrogate WithinColumns (Seed 1UL) |> Labelled.column 1</code> is
    /// <c>[|2.0; 20.0; 4.0; 600.0|]</c>, the weights in another order.</example>
    /// <example><code lang="fsharp">
    /// animals |> Labelled.selectRows [| 0 |] |> Null.surrogate GaussianCovariance (Seed 1UL)
    /// </code>throws <c>ArgumentException</c>: one row has no covariance.</example>
    let surrogate (rung: Rung) (seed: Seed) (matrix: Labelled) : Labelled = Surrogate.ofMatrix rung matrix seed

    /// <summary>All entries of a matrix in random order.</summary>
    /// <example><code lang="fsharp">animals |> Null.shuffle (Seed 1UL) |> Labelled.column 1</code> is
    /// <c>[|4.0; 2.0; 2.0; 4.0|]</c>: the weights went elsewhere.</example>
    let shuffle (seed: Seed) (matrix: Labelled) : Labelled = surrogate AllEntries seed matrix

    let internal observed (statistics: Statistic list) (matrix: Labelled) =
        if statistics |> List.exists _.IsOfColumns then
            Labelled.checkFinite (nameof matrix) matrix

        let values = Statistic.ofMatrix statistics matrix

        for statistic, value in List.zip statistics values do
            if not (Double.IsFinite value) then
                invalidArg
                    (nameof matrix)
                    (Invariant $"The {statistic.Name} of the data is {value}, with which nothing compares.")

        values

    // A seed and a value of each statistic.
    let internal checkDraws (draws: int) (statistics: Statistic list) =
        Check.atLeast 1 (nameof draws) draws
        Check.affordable (nameof draws) (64L + 40L * int64 statistics.Length) draws

    /// The statistics of some of the draws: `count` from `first` on.
    let internal drawn
        seed
        draws
        (first: int, count: int)
        (statistics: Statistic list)
        (rung: Rung)
        (matrix: Labelled)
        =
        checkDraws draws statistics
        let seeds = Sample.generator seed RandomStream.Null 0
        let ofDraw = Array.init draws (fun _ -> Seed(seeds.NextUInt64()))
        let results = Array.create count [||]

        Progress.run $"{count} draws, {rung}" (fun report ->
            let tell index values =
                for statistic, value in List.zip statistics values do
                    if not (Double.IsFinite value) then
                        invalidArg
                            (nameof rung)
                            $"The {statistic.Name} is {value} in draw {first + index + 1} of {draws} under {rung}: \
                              this null can destroy what the statistic needs. Choose another rung, or a statistic that \
                              is defined there."

                results[index] <- Array.ofList values
                report (float (index + 1) / float count)

            let seeds = Array.sub ofDraw first count
            let mayVanish = Surrogate.mayVanish rung matrix

            match Surrogate.shuffles rung matrix with
            | Some shuffles when not mayVanish && statistics |> List.forall _.IsOfColumns ->
                matrix
                |> Statistic.ofShuffles statistics shuffles seeds (Surrogate.named rung) tell
            | _ ->
                let draw = Surrogate.ofMatrix rung matrix

                let measure =
                    if mayVanish then
                        Statistic.ofSurrogate statistics
                    else
                        Statistic.ofMatrix statistics

                seeds |> Array.iteri (fun index seed -> draw seed |> measure |> tell index))

        results

    /// Observed values beside those of the draws.
    let internal beside seed (statistics: Statistic list) (observed: float list) rung (matrix: Labelled) values = [
        for index, statistic in List.indexed statistics ->
            {
                Statistic = statistic.Name
                Rung = rung
                Observed = observed[index]
                Draws = values |> Array.map (fun (draw: float[]) -> draw[index])
                Seed = seed
                Provenance = matrix.Provenance
            }
    ]

    let private against seed draws (statistics: Statistic list) (observed: float list) (rung: Rung) (matrix: Labelled) =
        drawn seed draws (0, draws) statistics rung matrix
        |> beside seed statistics observed rung matrix

    /// <summary>Several statistics beside their values for the same random matrices; draw number t has a seed of its
    /// own, so more draws only add to fewer. Where a random matrix may have columns of zeros (of sparse data), these
    /// take no part in statistics of pairs of columns.</summary>
    /// <param name="seed">Of all draws together.</param>
    /// <param name="draws">How many, at least 1; the smallest possible p-value is 1 / (draws + 1).</param>
    /// <param name="statistics">What is computed of each matrix.</param>
    /// <param name="rung">What the random matrices keep.</param>
    /// <param name="matrix">The data.</param>
    /// <exception cref="T:System.ArgumentException">A statistic is NaN or infinite, of the data or of a random matrix;
    /// or the rung has no random matrices for these data.</exception>
    /// <example><code lang="fsharp">
    /// let few = positions |> Labelled.selectColumns [| 0..23 |]
    /// few |> Null.distributions (Seed 7UL) 19 [ Statistic.meanAbsoluteCosine; Statistic.maximumCosine ] WithinColumns
    /// |> List.map _.P
    /// </code>is <c>[0.05; 0.05]</c>, the smallest that 19 draws can give.</example>
    let distributions seed draws (statistics: Statistic list) (rung: Rung) (matrix: Labelled) : NullDistribution list =
        against seed draws statistics (observed statistics matrix) rung matrix

    /// <summary>A statistic beside its values for random matrices.</summary>
    /// <example><code lang="fsharp">
    /// positions |> Null.distribution (Seed 7UL) 19 Statistic.meanAbsoluteCosine WithinColumns
    /// </code>is <c>mean |cosine| between columns = 0.1705; under WithinColumns 0.06632 ± 0.00042, z = 249.7, p = 0.05
    /// (19 draws)</c>.</example>
    /// <example><code lang="fsharp">
    /// let weight = Statistic.named "mean weight" (Labelled.column 1 >> Array.average)
    /// animals |> Null.distribution (Seed 7UL) 0 weight AllEntries
    /// </code>throws <c>ArgumentException</c>.</example>
    let distribution seed draws (statistic: Statistic) (rung: Rung) (matrix: Labelled) : NullDistribution =
        distributions seed draws [ statistic ] rung matrix |> List.exactlyOne

    /// From the most destructive null to the gentlest.
    let internal rungs = [
        AllEntries
        WithinRows
        WithinColumns
        RandomRotation
        GaussianCovariance
        CircularShift
        PhaseRandomised
    ]

    /// What was found on the rungs that allow it; the others are named with their reasons.
    let internal climbed (statistics: Statistic list) (found: (Rung * Result<NullDistribution list, string>) list) =
        let allowed =
            found
            |> List.collect (function
                | _, Ok nulls -> nulls
                | rung, Error reason ->
                    eprintfn $"{rung} is left out of the ladder. {reason}"
                    [])

        if allowed.IsEmpty && not statistics.IsEmpty then
            invalidArg "matrix" "No rung of the ladder allows these statistics of these data."

        allowed

    /// <summary>Several statistics against every rung of the ladder, from the most destructive null to the gentlest. A
    /// rung that the data or a statistic do not allow is left out, and named with its reason on the error
    /// stream.</summary>
    /// <exception cref="T:System.ArgumentException">A statistic of the data is NaN, infinite or not defined, or no rung
    /// is left.</exception>
    /// <example><code lang="fsharp">
    /// let few = positions |> Labelled.selectColumns [| 0..23 |]
    /// few |> Null.ladders (Seed 7UL) 9 [ Statistic.meanAbsoluteCosine; Statistic.maximumCosine ] |> List.length
    /// </code>is <c>14</c>, seven rungs for each of two.</example>
    let ladders seed draws (statistics: Statistic list) (matrix: Labelled) : NullDistribution list =
        checkDraws draws statistics
        let observed = observed statistics matrix

        rungs
        |> List.map (fun rung ->
            rung,
            (try
                Ok(against seed draws statistics observed rung matrix)
             with :? ArgumentException as error ->
                 Error error.Message))
        |> climbed statistics

    /// <summary>The same for one statistic.</summary>
    /// <example><code lang="fsharp">
    /// let few = positions |> Labelled.selectColumns [| 0..23 |]
    /// few |> Null.ladder (Seed 7UL) 19 Statistic.meanAbsoluteCosine |> List.map (fun found -> found.Rung, found.P)
    /// </code>is <c>[(AllEntries, 0.05); (WithinRows, 0.05); (WithinColumns, 0.05); (RandomRotation, 0.95);
    /// (GaussianCovariance, 0.55); (CircularShift, 0.05); (PhaseRandomised, 0.05)]</c>: the covariance explains
    /// it.</example>
    let ladder seed draws (statistic: Statistic) (matrix: Labelled) : NullDistribution list =
        ladders seed draws [ statistic ] matrix

    /// <summary>The p-values of one rung, by statistic.</summary>
    /// <example><code lang="fsharp">
    /// let few = positions |> Labelled.selectColumns [| 0..23 |]
    /// few |> Null.ladder (Seed 7UL) 19 Statistic.meanAbsoluteCosine |> Null.psOf AllEntries |> List.length
    /// </code> is <c>1</c>.</example>
    let psOf (rung: Rung) (nulls: NullDistribution list) : float list = [
        for each in nulls do
            if each.Rung = rung then
                each.P
    ]

    /// <summary>A statistic against each null: observed, the null's mean, z and p.</summary>
    /// <example><code lang="fsharp">
    /// let few = positions |> Labelled.selectColumns [| 0..23 |]
    /// few |> Null.ladder (Seed 7UL) 19 Statistic.meanAbsoluteCosine |> Null.toTable
    /// </code>is <c>7 rows × 6 columns statistic null observed null mean z p … mean |cosine| between columns AllEntries
    /// 0.2111 0.04906 87.19 0.05000 …</c>.</example>
    let toTable (nulls: NullDistribution seq) : Table =
        nulls
        |> Table.ofItems [
            "statistic", (fun item -> Text item.Statistic)
            "null", (fun item -> Text(string item.Rung))
            "observed", (fun item -> Number item.Observed)
            "null mean", (fun item -> Number item.Mean)
            "z", (fun item -> Number item.EffectSize)
            "p", (fun item -> Number item.P)
        ]
