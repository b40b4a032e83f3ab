namespace Workbench

open System
open Workbench.Core.Randomness

/// <summary>Random choices, each a function of its seed.</summary>
/// <category index="3">Statistics</category>
[<RequireQualifiedAccess>]
module Sample =
    /// A stream of its own for each purpose and each item of the same seed.
    let internal stream (stream: RandomStream) (item: int) : uint64 = (uint64 stream <<< 32) ||| uint64 item

    let internal generator (Seed seed) (purpose: RandomStream) (item: int) = Philox(seed, stream purpose item)

    /// <summary>`count` different whole numbers from 0 to `limit` − 1, in random order, every choice equally
    /// likely.</summary>
    /// <exception cref="T:System.ArgumentException">More are wanted than there are.</exception>
    /// <example><code lang="fsharp">Sample.without (Seed 12UL) 5 768</code> is <c>[|401; 634; 730; 309; 396|]</c>, five
    /// dimensions.</example>
    /// <example><code lang="fsharp">Sample.without (Seed 12UL) 3 2</code> throws <c>ArgumentException</c>.</example>
    let without (seed: Seed) (count: int) (limit: int) : int[] =
        Check.atLeast 0 (nameof limit) limit
        Check.within 0 limit (nameof count) count
        Check.affordable (nameof limit) 4L limit
        let places = Array.init limit id
        (generator seed RandomStream.Without 0).Shuffle(places.AsSpan())
        Array.truncate count places

    /// <summary>All whole numbers from 0 to `count` − 1 in random order.</summary>
    /// <example><code lang="fsharp">Sample.permutation (Seed 1UL) 5</code> is <c>[|1; 3; 4; 2; 0|]</c>.</example>
    let permutation (seed: Seed) (count: int) : int[] = without seed count count

    /// <summary>A matrix of standard normal numbers; row i is a stream of its own, so more rows only add to
    /// fewer.</summary>
    /// <example><code lang="fsharp">Sample.normal (Seed 1UL) 2 3 |> Labelled.row 0</code> is
    /// <c>[|1.073; -0.882; 1.200|]</c>.</example>
    /// <example><code lang="fsharp">Sample.normal (Seed 1UL) 9 3 |> Labelled.row 0</code> is
    /// <c>[|1.073; -0.882; 1.200|]</c> too.</example>
    let normal (seed: Seed) (rows: int) (columns: int) : Labelled =
        Check.atLeast 0 (nameof rows) rows
        Check.atLeast 0 (nameof columns) columns
        Check.affordable (nameof rows) (12L * int64 (max 1 columns)) rows

        let values =
            Array.init rows (fun row ->
                let random = generator seed RandomStream.Normal row
                Array.init columns (fun _ -> random.NextNormal()))

        Labelled.init
            (Axis.numbered "row" rows)
            (Axis.numbered "column" columns)
            (Provenance.computed $"normal numbers, {seed}")
            (fun i j -> values[i][j])

    /// <summary>Normal numbers of standard deviation 1 around a mean for each column.</summary>
    /// <example><code lang="fsharp">Sample.normalAround (Seed 1UL) 2 [| 0.0; 0.0; 10.0 |] |> Labelled.row 0</code> is
    /// <c>[|1.073; -0.882; 11.200|]</c>.</example>
    let normalAround (seed: Seed) (rows: int) (means: float[]) : Labelled =
        normal seed rows means.Length
        |> Labelled.mapi (fun _ column value -> value + means[column])
