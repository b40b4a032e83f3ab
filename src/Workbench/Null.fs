namespace Workbench

open System
open System.Numerics
open Workbench.Core.Decompositions
open Workbench.Core.Randomness
open Workbench.Core.Tensors

/// What a null hypothesis leaves of a matrix and what it destroys, from the most destructive to the gentlest.
type Rung =
    /// All entries in random order: only the distribution of values is left.
    | AllEntries
    /// The entries of each column in random order: each dimension keeps its values.
    | WithinColumns
    /// The entries of each row in random order: each position keeps its values.
    | WithinRows
    /// Normal rows with the columns' means and covariance: keeps how dimensions go together, destroys the order of rows.
    | GaussianCovariance
    /// Each column turned around by a random number of places: keeps its shape, destroys its alignment with others.
    | CircularShift
    /// Each column with its spectrum and random phases: keeps what is periodic, destroys its shape and alignment
    /// (Theiler et al. 1992).
    | PhaseRandomised

/// A number that says something of a matrix.
type Statistic = { Name: string; Of: Labelled -> float }

/// Statistics that null hypotheses are tested with.
[<RequireQualifiedAccess>]
module Statistic =
    /// A statistic of one's own.
    let named (name: string) (value: Labelled -> float) : Statistic = { Name = name; Of = value }

    /// The mean absolute cosine between columns.
    let meanAbsoluteCosine: Statistic =
        named "mean |cosine| between columns" (Similarity.cosine Columns >> Pairs.fold Fold.meanAbsolute)

    /// The largest cosine between two columns: with it, a p-value is one for the most similar of all pairs (max-T).
    let maximumCosine: Statistic =
        named
            "largest cosine between columns"
            (Similarity.cosine Columns
             >> Pairs.fold (Fold.extrema |> Fold.map (snd >> _.Similarity)))

/// A statistic beside what it would be if the null hypothesis held.
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

    member this.Mean = Array.average this.Draws
    member this.Sd = (Distribution.summary this.Statistic this.Provenance this.Draws).Sd

    /// The observed value in standard deviations from the null's mean.
    member this.EffectSize = Significance.effect this.Observed this.Draws

    /// Chance of as large a value under the null, (b + 1)/(m + 1).
    member this.P = Significance.pValue Greater this.Observed this.Draws

    member this.Display =
        $"{this.Statistic} = {this.Observed:G4}; under {this.Rung} {this.Mean:G4} ± {this.Sd:G2}, z = {this.EffectSize:F1}, p = {this.P:G3} ({this.Draws.Length} draws)"

    override this.ToString() = this.Display

/// Surrogate matrices and the distributions of statistics over them: what a finding is measured against.
///
/// A full shuffle destroys everything, and makes anything look significant. The ladder asks how much of a finding is left when the null
/// keeps more and more of the data's structure.
[<RequireQualifiedAccess>]
module Null =
    let private permuted (random: Philox) (values: float32[]) =
        random.Shuffle(values.AsSpan())
        values

    let private columnwise (change: Philox -> float32[] -> float32[]) seed (matrix: Matrix) =
        let columns = matrix.Transpose()

        for j in 0 .. columns.Rows - 1 do
            (change (Sample.generator seed 3UL j) (columns.Row(j).ToArray())).CopyTo(columns.WritableRow j)

        columns.Transpose()

    let private shift (random: Philox) (values: float32[]) =
        let places = int (random.NextInteger values.Length)
        Array.init values.Length (fun i -> values[(i + places) % values.Length])

    let private randomPhases (random: Philox) (values: float32[]) =
        let fft = Fft values.Length
        let spectrum = Array.zeroCreate<Complex>(values.Length / 2 + 1)
        fft.ForwardReal(ReadOnlySpan(values |> Array.map float), spectrum)

        for k in 1 .. (values.Length - 1) / 2 do
            spectrum[k] <- Complex.FromPolarCoordinates(spectrum[k].Magnitude, 2.0 * Math.PI * random.NextUniform())

        let result = Array.zeroCreate<float> values.Length
        fft.InverseReal(spectrum, result)
        result |> Array.map float32

    // Rows z·L' + mean with L the Cholesky factor of the covariance. A covariance of lower rank gets a ridge of a millionth of its trace.
    let private gaussian seed (matrix: Matrix) =
        let covariance, means = PrincipalComponents.Covariance matrix
        let size = matrix.Columns

        let ridge =
            1e-6 * Seq.sum (seq { for i in 0 .. size - 1 -> covariance[i, i] }) / float size

        let dense =
            MathNet.Numerics.LinearAlgebra.Matrix<float>.Build.Dense(
                size,
                size,
                fun i j -> covariance[i, j] + (if i = j then ridge else 0.0)
            )

        let factor = dense.Cholesky().Factor
        let lower = Matrix.Uninitialized(size, size)

        for i in 0 .. size - 1 do
            let row = lower.WritableRow i

            for j in 0 .. size - 1 do
                row[j] <- float32 factor[i, j]

        let normal = Matrix.Uninitialized(matrix.Rows, size)

        for i in 0 .. matrix.Rows - 1 do
            let random = Sample.generator seed 4UL i
            let row = normal.WritableRow i

            for j in 0 .. size - 1 do
                row[j] <- float32 (random.NextNormal())

        let drawn =
            Workbench.Core.Kernels.Gemm.Multiply(
                MatrixView.op_Implicit normal,
                (MatrixView.op_Implicit lower).Transposed
            )

        for i in 0 .. matrix.Rows - 1 do
            let row = drawn.WritableRow i

            for j in 0 .. size - 1 do
                row[j] <- row[j] + float32 means[j]

        drawn

    /// One surrogate of a matrix under a null hypothesis.
    let surrogate (rung: Rung) (seed: Seed) (matrix: Labelled) : Labelled =
        let values = matrix.Values

        let drawn =
            match rung with
            | AllEntries ->
                Matrix.FromArray(values.Rows, values.Columns, permuted (Sample.generator seed 2UL 0) (values.ToArray()))
            | WithinColumns -> columnwise permuted seed values
            | WithinRows -> (columnwise permuted seed (values.Transpose())).Transpose()
            | CircularShift -> columnwise shift seed values
            | PhaseRandomised -> columnwise randomPhases seed values
            | GaussianCovariance -> gaussian seed values

        { matrix with Values = drawn } |> Labelled.withStep $"{rung}, {seed.Display}"

    /// All entries of a matrix in random order.
    let shuffle (seed: Seed) (matrix: Labelled) : Labelled = surrogate AllEntries seed matrix

    /// A statistic beside its values for random surrogates; draw number t has a seed of its own, so more draws only add to fewer.
    /// <param name="seed">Of all draws together.</param>
    /// <param name="draws">How many, at least 1; the smallest possible p-value is 1 / (draws + 1).</param>
    /// <param name="statistic">What is computed of each.</param>
    /// <param name="rung">What the surrogates keep.</param>
    /// <param name="matrix">The data.</param>
    let distribution
        (seed: Seed)
        (draws: int)
        (statistic: Statistic)
        (rung: Rung)
        (matrix: Labelled)
        : NullDistribution =
        Check.atLeast 1 (nameof draws) draws
        let seeds = Sample.generator seed 5UL 0
        let ofDraw = Array.init draws (fun _ -> Seed(seeds.NextUInt64()))

        {
            Statistic = statistic.Name
            Rung = rung
            Observed = statistic.Of matrix
            Draws =
                Progress.run $"{draws} draws, {rung}" (fun report ->
                    ofDraw
                    |> Array.mapi (fun index drawSeed ->
                        report (float index / float draws)
                        statistic.Of(surrogate rung drawSeed matrix)))
            Seed = seed
            Provenance = matrix.Provenance
        }

    /// The same statistic against every rung of the ladder, from the most destructive null to the gentlest.
    /// <example><code lang="fsharp">positions |> Null.ladder (Seed 7UL) 1000 Statistic.meanAbsoluteCosine</code></example>
    let ladder (seed: Seed) (draws: int) (statistic: Statistic) (matrix: Labelled) : NullDistribution list =
        [
            AllEntries
            WithinRows
            WithinColumns
            GaussianCovariance
            CircularShift
            PhaseRandomised
        ]
        |> List.map (fun rung -> distribution seed draws statistic rung matrix)
