namespace Workbench

open System
open MathNet.Numerics.Distributions
open MathNet.Numerics.Statistics
open type System.FormattableString

/// <summary>Which values a p-value can take.</summary>
/// <category index="3">Statistics</category>
type PValueGrid =
    /// 1/n, 2/n … 1: for (b + 1)/(m + 1) of m draws n is m + 1.
    | OnGrid of n: int
    /// Any from 0 to 1, as formulas give.
    | Continuous

/// <summary>In how many runs something happened.</summary>
/// <category index="3">Statistics</category>
[<StructuredFormatDisplay("{Display}")>]
type Proportion = {
    Hits: int
    Runs: int
} with

    member this.Value = float this.Hits / float this.Runs

    /// The 95 % interval of Clopper and Pearson (1934) for the chance behind the share: exact, and so never too short.
    member this.Interval =
        let hits, misses = float this.Hits, float (this.Runs - this.Hits)

        (if this.Hits = 0 then
             0.0
         else
             Beta.InvCDF(hits, misses + 1.0, 0.025)),
        (if this.Hits = this.Runs then
             1.0
         else
             Beta.InvCDF(hits + 1.0, misses, 0.975))

    member this.Display =
        let low, high = this.Interval
        Invariant $"{this.Value:F3} (95 %% {low:F3} to {high:F3}, {this.Runs:N0} runs)"

    override this.ToString() = this.Display

/// <summary>What the p-values of a test are like when its null hypothesis is true.</summary>
/// <category index="3">Statistics</category>
type Verdict =
    /// Nothing speaks against uniform p-values.
    | Uniform
    /// Small ones come too seldom: what is called significant is, but much is missed.
    | Conservative
    /// Small ones come too often: nothing that is called significant can be relied on.
    | AntiConservative
    /// As many small ones as there should be, but not uniform otherwise.
    | Uneven

/// <summary>p-values of many runs, beside the uniform ones that a true null hypothesis should give.</summary>
/// <category index="3">Statistics</category>
[<StructuredFormatDisplay("{Display}")>]
type Uniformity = {
    /// One p-value for each run.
    P: float[]
    Grid: PValueGrid
    Seed: Seed
} with

    /// Runs with a p-value of at most `level`.
    member this.AtMost(level: float) : Proportion = {
        Hits = this.P |> Array.filter (fun p -> p <= level) |> Array.length
        Runs = this.P.Length
    }

    /// The chance of a p-value of at most `level` if all are uniform: on a grid, its largest value not above the level.
    member this.Chance(level: float) : float =
        match this.Grid with
        | Continuous -> level
        // A level that is a grid value must not be lost to rounding.
        | OnGrid n -> floor (level * float n + 1e-9) / float n

    /// Kolmogorov and Smirnov's distance: the largest difference between the share of p-values up to a place and its
    /// chance. On a grid, over the values of the grid.
    member this.Distance: float =
        let sorted, runs = Array.sort this.P, float this.P.Length

        match this.Grid with
        | Continuous ->
            sorted
            |> Array.mapi (fun i p -> max (float (i + 1) / runs - p) (p - float i / runs))
            |> Array.max
        | OnGrid n ->
            let counts = Array.zeroCreate<int>(n + 1)

            for p in sorted do
                let step = int (round (p * float n))
                counts[step] <- counts[step] + 1

            counts
            |> Array.scan (+) 0
            |> Array.tail
            |> Array.mapi (fun step below -> abs (float below / runs - float step / float n))
            |> Array.max

    /// How many p-values lie in each tenth of the way from 0 to 1, a tenth holding its upper end, and how many are to
    /// be expected there; a grid of fewer than ten values has a cell for each.
    member this.Cells: (int * float)[] =
        let runs = float this.P.Length

        let cells, place, expected =
            match this.Grid with
            | Continuous -> 10, (fun p -> int (ceil (p * 10.0)) - 1), (fun _ -> runs / 10.0)
            | OnGrid n ->
                let cells = min 10 n

                let cell step =
                    int (int64 (step - 1) * int64 cells / int64 n)

                let sizes =
                    Array.init n (fun step -> cell (step + 1))
                    |> Array.countBy id
                    |> Array.map (fun (_, size) -> float size)

                cells, (fun p -> cell (int (round (p * float n)))), (fun cell -> runs * sizes[cell] / float n)

        let counts = Array.zeroCreate<int> cells

        for p in this.P do
            let cell = max 0 (place p)
            counts[cell] <- counts[cell] + 1

        counts |> Array.mapi (fun cell count -> count, expected cell)

    /// Pearson's χ² over the cells, with one degree of freedom less than there are cells.
    member this.ChiSquare: float =
        this.Cells
        |> Array.sumBy (fun (count, expected) -> (float count - expected) ** 2.0 / expected)

    /// Chance of as large a χ² if the p-values are uniform.
    member this.ChiSquareP: float =
        1.0 - ChiSquared.CDF(float (this.Cells.Length - 1), this.ChiSquare)

    /// No less than the chance of as large a distance if the p-values are uniform: 2 exp(−2 n D²), the bound of
    /// Dvoretzky, Kiefer and Wolfowitz with Massart's constant (1990), on a grid as without.
    member this.DistanceP: float =
        min 1.0 (2.0 * exp (-2.0 * float this.P.Length * this.Distance ** 2.0))

    /// Small p-values are counted at 0.01, 0.05 and 0.1. A count, a distance or a χ² is held against the test where
    /// chance gives one like it in fewer than one of a thousand calibrations: a page of dozens has few false alarms.
    member this.Verdict: Verdict =
        let limit = 0.001

        let tails = [
            for level in [ 0.01; 0.05; 0.1 ] do
                let hits, chance = float (this.AtMost level).Hits, this.Chance level

                Binomial.CDF(chance, this.P.Length, hits), 1.0 - Binomial.CDF(chance, this.P.Length, hits - 1.0)
        ]

        if tails |> List.exists (fun (_, above) -> above < limit) then
            AntiConservative
        elif tails |> List.exists (fun (below, _) -> below < limit) then
            Conservative
        elif min this.ChiSquareP this.DistanceP < limit then
            Uneven
        else
            Uniform

    member this.Display =
        Invariant
            $"{this.Verdict}: p ≤ 0.05 in {this.AtMost 0.05}, distance {this.Distance:F3}, χ² p = \
              {this.ChiSquareP:G2}, {this.Seed}"

    override this.ToString() = this.Display

/// <summary>What a statistic gives where the truth is known.</summary>
/// <category index="3">Statistics</category>
[<StructuredFormatDisplay("{Display}")>]
type Recovery = {
    Quantity: string
    Planted: float
    /// One estimate for each run.
    Estimates: float[]
    Seed: Seed
} with

    member this.Mean = Array.average this.Estimates

    /// Standard deviation over the runs; NaN for one.
    member this.Sd = ArrayStatistics.StandardDeviation this.Estimates

    /// The mean estimate less what was planted.
    member this.Bias = this.Mean - this.Planted

    /// Standard error of the bias.
    member this.StandardError = this.Sd / sqrt (float this.Estimates.Length)

    member this.Display =
        Invariant
            $"{this.Quantity}: planted {this.Planted:G4}, found {this.Mean:G4} ± {this.Sd:G2} in \
              {this.Estimates.Length} runs, {this.Seed}"

    override this.ToString() = this.Display

/// <summary>Tries statistics on data whose truth is known, many times: are p-values uniform where nothing is to be
/// found, are planted numbers found again, do intervals hold the truth as often as they say?</summary>
/// <remarks>Each run has a seed of its own drawn from the one given, so the same seed gives the same result on any
/// number of threads, and more runs only add to fewer. What a run computes must depend on its seed alone.</remarks>
/// <category index="3">Statistics</category>
[<RequireQualifiedAccess>]
module Calibration =
    /// What some of the runs give: `wanted` from `first` on.
    let internal someRuns (count: int) (first: int, wanted: int) (seed: Seed) (run: Seed -> 'result) : 'result[] =
        Check.atLeast 1 (nameof count) count
        Check.affordable (nameof count) 64L count
        let seeds = Sample.generator seed RandomStream.Calibration 0
        let ofRun = Array.init count (fun _ -> Seed(seeds.NextUInt64()))
        let finished = ref 0

        Progress.run (Invariant $"{wanted:N0} runs") (fun report ->
            Array.sub ofRun first wanted
            |> Concurrently.map (fun seed ->
                let result = run seed
                report (float (Threading.Interlocked.Increment finished) / float wanted)
                result))

    let private runs count seed run = someRuns count (0, count) seed run

    /// <summary>p-values that are at hand, beside uniform ones. On a grid 0 is taken too, and counts with the smallest:
    /// b/m gives it, and must be seen to be wrong.</summary>
    /// <exception cref="T:System.ArgumentException">A value does not lie between 0 and 1, or not on the
    /// grid.</exception>
    /// <example><code lang="fsharp">
    /// [| for i in 1..10 -> float i / 10.0 |] |> Calibration.ofValues (OnGrid 10) (Seed 1UL)
    /// </code>is <c>Uniform: p ≤ 0.05 in 0.000 (95 % 0.000 to 0.308, 10 runs), distance 0.000, χ² p = 1, seed
    /// 1</c>.</example>
    /// <example><code lang="fsharp">[| 0.05 |] |> Calibration.ofValues (OnGrid 10) (Seed 1UL)</code> throws
    /// <c>ArgumentException</c>: nine draws give tenths.</example>
    let ofValues (grid: PValueGrid) (seed: Seed) (p: float[]) : Uniformity =
        Check.notEmpty (nameof p) p

        match grid with
        | OnGrid n when n < 2 ->
            invalidArg (nameof grid) (Invariant $"A grid has at least 2 values, m + 1 for m draws, but is OnGrid {n}.")
        | OnGrid n -> Check.affordable (nameof grid) 32L n
        | _ -> ()

        for value in p do
            if not (value >= 0.0 && value <= 1.0) then
                invalidArg (nameof p) (Invariant $"A p-value must lie between 0 and 1, but one is {value}.")

            match grid with
            | OnGrid n when abs (value * float n - round (value * float n)) > 1e-6 ->
                invalidArg
                    (nameof p)
                    (Invariant
                        $"A p-value on a grid of {n} values is a multiple of 1/{n}, but one is {value}. Of m draws the \
                          grid has m + 1 values.")
            | _ -> ()

        { P = p; Grid = grid; Seed = seed }

    /// The p-values of each test, of runs that give one of each.
    let internal ofRuns grid seed (found: float[][]) : Uniformity list =
        for values in found do
            if values.Length <> found[0].Length then
                invalidArg
                    "experiment"
                    $"Every run must give as many p-values, but one gave {found[0].Length} and another {values.Length}."

        found |> Array.transpose |> Array.map (ofValues grid seed) |> List.ofArray

    /// <summary>Several tests on the same data, run after run.</summary>
    /// <param name="grid">The values that the p-values can take.</param>
    /// <param name="count">How many runs.</param>
    /// <param name="seed">Of all runs together.</param>
    /// <param name="experiment">Makes data for which the null hypothesis holds, and tests it: the p-values, as many in
    /// each run.</param>
    /// <example><code lang="fsharp">
    /// Calibration.uniformities Continuous 200 (Seed 1UL) (fun seed ->
    ///     [ for spectrum in Spectrum.ofColumns (Sample.normal seed 64 2) -> spectrum.P ])
    /// |> List.map _.Verdict
    /// </code>is <c>[Uniform; Uniform]</c>.</example>
    let uniformities grid (count: int) (seed: Seed) (experiment: Seed -> float list) : Uniformity list =
        runs count seed (experiment >> Array.ofList) |> ofRuns grid seed

    /// <summary>The p-values of a test where there is nothing to be found.</summary>
    /// <example><code lang="fsharp">
    /// Calibration.uniformity Continuous 200 (Seed 1UL) (fun seed ->
    ///     (Sample.normal seed 64 1 |> Labelled.column 0 |> Spectrum.ofValues).P)
    /// </code>is <c>Uniform: p ≤ 0.05 in 0.040 (95 % 0.017 to 0.077, 200 runs), distance 0.085, χ² p = 0.49, seed
    /// 1</c>.</example>
    let uniformity grid (count: int) (seed: Seed) (experiment: Seed -> float) : Uniformity =
        uniformities grid count seed (experiment >> List.singleton) |> List.exactlyOne

    /// <summary>In how many runs something is so: an interval holds the truth, a planted effect is found.</summary>
    /// <example><code lang="fsharp">
    /// Calibration.share 200 (Seed 1UL) (fun seed ->
    ///     let noise = Sample.normal seed 64 1 |> Labelled.column 0
    ///     let wave t = 0.8 * sin (Math.PI * float t / 4.0)
    ///     (noise |> Array.mapi (fun t value -> value + wave t) |> Spectrum.ofValues).P &lt;= 0.05)
    /// </code>is <c>0.790 (95 % 0.727 to 0.844, 200 runs)</c>: the test's power for such a wave.</example>
    let share (count: int) (seed: Seed) (holds: Seed -> bool) : Proportion = {
        Hits = runs count seed holds |> Array.filter id |> Array.length
        Runs = count
    }

    /// <summary>An estimate over many runs beside the number that was planted in each.</summary>
    /// <example><code lang="fsharp">
    /// Calibration.recovery "mean" 0.0 100 (Seed 1UL) (fun seed ->
    ///     Sample.normal seed 25 1 |> Labelled.column 0 |> Array.average)
    /// </code>is <c>mean: planted 0, found -0.0172 ± 0.22 in 100 runs, seed 1</c>, where 1/√25 = 0.2 is to be
    /// expected.</example>
    let recovery quantity (planted: float) (count: int) (seed: Seed) (estimate: Seed -> float) : Recovery = {
        Quantity = quantity
        Planted = planted
        Estimates = runs count seed estimate
        Seed = seed
    }
