namespace Workbench

open System
open System.Numerics
open System.Threading.Tasks
open Workbench.Core.Decompositions
open Workbench.Core.Kernels
open Workbench.Core.Pairs
open Workbench.Core.Randomness
open Workbench.Core.Tensors

/// Random matrices that keep some of a matrix's structure and destroy the rest.
[<RequireQualifiedAccess>]
module internal Surrogate =
    let private shifted (random: Philox) (values: float32[]) =
        let places = int (random.NextInteger values.Length)
        Array.append values[places..] values[.. places - 1]

    let private rephased (fft: Fft) (random: Philox) (values: float32[]) =
        let spectrum = Array.zeroCreate<Complex>(values.Length / 2 + 1)
        fft.ForwardReal(ReadOnlySpan(values |> Array.map float), spectrum)

        for k in 1 .. (values.Length - 1) / 2 do
            spectrum[k] <- Complex.FromPolarCoordinates(spectrum[k].Magnitude, 2.0 * Math.PI * random.NextUniform())

        let result = Array.zeroCreate<float> values.Length
        fft.InverseReal(spectrum, result)
        result |> Array.map float32

    // Each row is changed by a stream of its own, so rows may be taken by any thread.
    let private rowwise (change: Philox -> float32[] -> float32[]) (seed: Seed) (matrix: Matrix) =
        let result = Matrix.Uninitialized(matrix.Rows, matrix.Columns)

        Parallel.For(
            0,
            matrix.Rows,
            fun i ->
                (change (Sample.generator seed RandomStream.SurrogateRows i) (matrix.Row(i).ToArray()))
                    .CopyTo(result.WritableRow i)
        )
        |> ignore

        result

    /// Why a rung has no random matrices for this one, if it has none.
    let impossible (rung: Rung) (matrix: Labelled) : string option =
        let first = matrix.Values.Row 0
        let mutable differ = false

        for i in 1 .. matrix.Rows.Length - 1 do
            differ <- differ || not (matrix.Values.Row(i).SequenceEqual first)

        if rung = GaussianCovariance && not differ then
            Some "GaussianCovariance needs rows that differ, and there is only one row, or all are equal."
        else
            None

    /// Whether a random matrix may have a column of zeros though the matrix has none.
    let mayVanish (rung: Rung) (matrix: Labelled) : bool =
        let zeros = [|
            for i in 0 .. matrix.Rows.Length - 1 -> MemoryExtensions.Count(matrix.Values.Row i, 0.0f)
        |]

        match rung with
        | AllEntries -> Array.sumBy int64 zeros >= int64 matrix.Rows.Length
        | WithinRows -> Array.forall (fun count -> count > 0) zeros
        | _ -> false

    /// What a rung shuffles, if it shuffles: the engine of the data can do that where it computes.
    let shuffles (rung: Rung) (matrix: Labelled) : Shuffles option =
        let of' scope stream =
            Some(Shuffles(matrix.Values, scope, Sample.stream stream 0))

        match rung with
        | AllEntries -> of' ShuffleScope.AllEntries RandomStream.AllEntries
        | WithinRows -> of' ShuffleScope.WithinRows RandomStream.SurrogateRows
        | WithinColumns -> of' ShuffleScope.WithinColumns RandomStream.SurrogateRows
        | _ -> None

    let private normal (random: Philox) (values: float32[]) =
        values |> Array.map (fun _ -> float32 (random.NextNormal()))

    // The orthogonal factor of normal numbers, with the signs that make R's diagonal positive, is uniform among all
    // rotations and reflections (Mezzadri 2007).
    let private rotated (values: Matrix) (seed: Seed) =
        let size = values.Columns
        let factors = ThinQr(rowwise normal seed (Matrix(size, size)))
        let q, r = factors.Q(), factors.R
        let turn = Matrix.Uninitialized(size, size)

        for i in 0 .. size - 1 do
            for j in 0 .. size - 1 do
                turn[i, j] <- float32 (if r[j, j] < 0.0 then -q[i, j] else q[i, j])

        Gemm.Multiply(MatrixView.op_Implicit values, MatrixView.op_Implicit turn)

    // Rows mean + S L z with S the standard deviations and L the Cholesky factor of the correlations, so that a column
    // of large numbers does not drown the others; of lower rank, these get a ridge of a millionth.
    let private gaussian (matrix: Matrix) : Seed -> Matrix =
        let covariance, means = PrincipalComponents.Covariance matrix
        let size = matrix.Columns

        let deviations = [| for i in 0 .. size - 1 -> sqrt covariance[i, i] |]

        let cholesky ridge =
            let entry i j =
                if i = j then 1.0 + ridge
                elif deviations[i] = 0.0 || deviations[j] = 0.0 then 0.0
                else covariance[i, j] / deviations[i] / deviations[j]

            MathNet.Numerics.LinearAlgebra.Matrix<float>.Build.Dense(size, size, entry).Cholesky().Factor

        let factor =
            try
                cholesky 0.0
            with :? ArgumentException ->
                cholesky 1e-6

        let lower = Matrix.Uninitialized(size, size)

        for i in 0 .. size - 1 do
            for j in 0 .. size - 1 do
                lower[i, j] <- float32 (deviations[i] * factor[i, j])

        fun seed ->
            let drawn =
                Gemm.Multiply(
                    MatrixView.op_Implicit (rowwise normal seed matrix),
                    (MatrixView.op_Implicit lower).Transposed
                )

            for i in 0 .. drawn.Rows - 1 do
                let row = drawn.WritableRow i

                for j in 0 .. size - 1 do
                    row[j] <- row[j] + float32 means[j]

            drawn

    /// A surrogate's provenance.
    let named (rung: Rung) (seed: Seed) (matrix: Labelled) : Labelled =
        matrix |> Labelled.withStep $"{rung}, {seed}"

    /// What is the same for all seeds is done once: keep the function to draw several.
    let ofMatrix (rung: Rung) (matrix: Labelled) : Seed -> Labelled =
        Check.atLeast 1 "the number of rows" matrix.Rows.Length

        match rung with
        | RandomRotation
        | GaussianCovariance
        | PhaseRandomised -> Labelled.checkFinite (nameof matrix) matrix
        | _ -> ()

        impossible rung matrix |> Option.iter (invalidArg (nameof rung))
        let values = matrix.Values
        let columns = lazy values.Transpose()

        let columnwise change (seed: Seed) =
            (rowwise change seed columns.Value).Transpose()

        let draw =
            match rung with
            | AllEntries
            | WithinRows
            | WithinColumns ->
                let shuffles = (shuffles rung matrix).Value
                fun (Seed seed) -> shuffles.Draw seed
            | RandomRotation -> rotated values
            | GaussianCovariance -> gaussian values
            | CircularShift -> columnwise shifted
            | PhaseRandomised -> columnwise (rephased (Fft values.Rows))

        fun seed ->
            let drawn = { matrix with Values = draw seed } |> named rung seed

            // What is shuffled is what it was; sums of large numbers may leave single precision.
            match rung with
            | RandomRotation
            | GaussianCovariance
            | PhaseRandomised -> Labelled.checkInRange $"A random matrix of {rung}" drawn
            | _ -> ()

            drawn
