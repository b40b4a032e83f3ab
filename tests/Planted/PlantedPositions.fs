namespace Planted

open System
open Workbench
open Workbench.Core.Formats
open Workbench.Core.Tensors

/// <summary>What a planted position table is made to show.</summary>
type PlantedPositions = {
    Positions: int
    Dimensions: int
    /// Each dimension is a sum of the waves of 1 … Waves cycles with random phases, wave k with amplitude 1/k.
    Waves: int
    /// Standard deviation of the white noise added, as a share of the wave's.
    Noise: float
    /// Two dimensions that are copies but for a little noise.
    Pair: int * int
    /// The cosine that the pair is made to have.
    PairCosine: float
} with

    /// GPT-2's shape with twenty waves, a tenth of noise, and dimensions 138 and 378 alike at 0.98.
    static member Default = {
        Positions = 1024
        Dimensions = 768
        Waves = 20
        Noise = 0.1
        Pair = 138, 378
        PairCosine = 0.98
    }

/// Position tables of smooth waves.
[<RequireQualifiedAccess>]
module PlantedPositions =
    /// A position table [positions, dimensions] of smooth waves.
    let table (settings: PlantedPositions) (seed: Seed) : Matrix =
        Planted.within 1 Int32.MaxValue (nameof settings.Waves) settings.Waves
        let count, width = settings.Positions, settings.Dimensions

        let wave dimension =
            let random = Planted.generator seed PlantedStream.Positions dimension

            let phases =
                Array.init settings.Waves (fun _ -> 2.0 * Math.PI * random.NextUniform())
            // The mean square of cos is 1/2, so this is the sum's standard deviation.
            let sd =
                sqrt (Seq.sum (seq { for k in 1 .. settings.Waves -> 0.5 / float (k * k) }))

            Array.init count (fun position ->
                let turn = 2.0 * Math.PI * float position / float count

                let smooth =
                    phases
                    |> Array.mapi (fun k phase -> cos (float (k + 1) * turn + phase) / float (k + 1))
                    |> Array.sum

                (smooth / sd + settings.Noise * random.NextNormal()) * 0.1)

        let columns = Array.Parallel.init width wave
        let original, copy = settings.Pair
        Planted.within 0 (width - 1) (nameof settings.Pair) original
        Planted.within 0 (width - 1) (nameof settings.Pair) copy
        let random = Planted.generator seed PlantedStream.PositionPair 0
        let norm (x: float[]) = sqrt (Array.sumBy (fun v -> v * v) x)
        // Noise made orthogonal to the original and of the length that gives the wanted cosine.
        let noise = Array.init count (fun _ -> random.NextNormal())
        let source = columns[original]

        let along =
            Array.fold2 (fun sum a b -> sum + a * b) 0.0 source noise / norm source ** 2.0

        let across = Array.map2 (fun n s -> n - along * s) noise source
        let tangent = sqrt (1.0 / settings.PairCosine ** 2.0 - 1.0)
        let scale = tangent * norm source / norm across
        columns[copy] <- Array.map2 (fun s a -> s + scale * a) source across
        let table = Matrix.Uninitialized(count, width)

        for i in 0 .. count - 1 do
            let row = table.WritableRow i

            for j in 0 .. width - 1 do
                row[j] <- float32 (columns[j][i])

        table

    /// A model that has a position table and nothing else.
    let model (settings: PlantedPositions) (seed: Seed) : Model =
        (new MemoryTensors("planted positions")).Add("wpe.weight", table settings seed)
        |> Planted.model "planted positions" seed None
