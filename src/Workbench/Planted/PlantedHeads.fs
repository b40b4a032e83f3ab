namespace Workbench

open System
open Workbench.Core.Decompositions
open Workbench.Core.Tensors

/// <summary>A small model of GPT-2's shape whose words come in families, and whose heads join families as they are made
/// to.</summary>
/// <category index="4">Models</category>
type PlantedGpt2 = {
    Blocks: int
    Heads: int
    Width: int
    Positions: int
    /// Made-up words of two syllables; each is a token as it is and another behind a space.
    Words: int
    /// Words are dealt out evenly over so many families.
    Families: int
    /// Share of each embedding's squared length that lies in its family's direction; the rest points anywhere.
    Share: float
    /// How many families a head joins to others, by its largest singular values.
    Joined: int
} with

    /// Four blocks of four heads, width 64, 336 words in 16 families: 999 tokens.
    static member Default = {
        Blocks = 4
        Heads = 4
        Width = 64
        Positions = 128
        Words = 336
        Families = 16
        Share = 0.6
        Joined = 4
    }

    member internal this.HeadWidth = this.Width / this.Heads

/// <summary>More of the module `Planted`: the heads of a planted GPT-2.</summary>
/// <category index="4">Models</category>
[<AutoOpen>]
module PlantedHeads =
    /// What the heads of a planted GPT-2 are made to do.
    [<RequireQualifiedAccess>]
    module Planted =
        /// The singular values that a head's W_QK and W_VO are made with, the gain of the layer norm left with the
        /// vectors: each is the
        /// same share of the one before, a larger one in each further head.
        let gpt2Spectrum (settings: PlantedGpt2) (circuit: Circuit) (Block block) (Head head) : float[] =
            let place =
                float (block * settings.Heads + head + 1)
                / float (settings.Blocks * settings.Heads + 1)

            let decay = 0.5 + 0.45 * place

            let largest =
                match circuit with
                | QueryKey -> 0.5
                | ValueOutput -> 1.0

            Array.init settings.HeadWidth (fun i -> largest * decay ** float i)

        /// Which families a head joins, as (read, matched or written), by falling singular value. The W_QK of even
        /// heads is symmetric:
        /// it joins each of its families to itself.
        let gpt2Joins
            (settings: PlantedGpt2)
            (seed: Seed)
            (circuit: Circuit)
            (Block block)
            (Head head)
            : (int * int)[] =
            let shuffled side =
                let families = Array.init settings.Families id

                let item =
                    ((block * settings.Heads + head) * 2 + side) * 2
                    + (if circuit = QueryKey then 0 else 1)

                (Sample.generator seed 42UL item).Shuffle(families.AsSpan())
                Array.truncate settings.Joined families

            let from = shuffled 0

            Array.zip
                from
                (if circuit = QueryKey && head % 2 = 0 then
                     from
                 else
                     shuffled 1)

        // An orthonormal basis as rows; the first is the direction of all ones, which layer norms take away.
        let internal basis (seed: Seed) (width: int) : float[][] =
            let random = Sample.generator seed 43UL 0

            let raw =
                Array.init (width * width) (fun i ->
                    if i % width = 0 then
                        1.0f
                    else
                        float32 (random.NextNormal()))

            let columns = ThinQr(Matrix.FromArray(width, width, raw)).Q()
            Array.init width (fun i -> columns.Column(i).ToArray())

        // Normal numbers of this standard deviation, row-major.
        let internal noise (seed: Seed) (item: int) (sd: float) (rows: int) (columns: int) : Matrix =
            let random = Sample.generator seed 44UL item

            let values: float32[] =
                Array.init (rows * columns) (fun _ -> float32 (sd * random.NextNormal()))

            Matrix.FromArray(rows, columns, values)

        // Left and right directions of a head: those of the joined families first, then others, all orthonormal.
        let internal directions settings seed circuit block head (basis: float[][]) =
            let joins = gpt2Joins settings seed circuit block head
            let symmetric = joins |> Array.forall (fun (from, into) -> from = into)
            let (Block b), (Head h) = block, head

            let rest side =
                // The last direction is what all tokens share.
                let others = [| settings.Families + 1 .. settings.Width - 2 |]

                let item =
                    ((b * settings.Heads + h) * 2 + side) * 2
                    + (if circuit = QueryKey then 0 else 1)

                (Sample.generator seed 45UL item).Shuffle(others.AsSpan())

                others
                |> Array.truncate (settings.HeadWidth - joins.Length)
                |> Array.map (fun i -> basis[i])

            let left =
                Array.append (joins |> Array.map (fun (from, _) -> basis[1 + from])) (rest 0)

            let right =
                Array.append (joins |> Array.map (fun (_, into) -> basis[1 + into])) (rest (if symmetric then 0 else 1))

            left, right
