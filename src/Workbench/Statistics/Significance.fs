namespace Workbench

/// <summary>p-values from draws, and what becomes of them when there are many.</summary>
/// <category index="3">Statistics</category>
[<RequireQualifiedAccess>]
module Significance =
    /// (b + 1) / (m + 1), where b of m null draws are at least as extreme as the observed value: never zero, valid for
    /// any m
    /// (Phipson and Smyth 2010).
    let pValue (tail: Tail) (observed: float) (draws: float[]) : float =
        let extreme =
            match tail with
            | Greater -> fun draw -> draw >= observed
            | Less -> fun draw -> draw <= observed
            | TwoSided -> fun draw -> abs draw >= abs observed

        float (1 + (draws |> Array.filter extreme |> Array.length))
        / float (draws.Length + 1)

    /// How many standard deviations of the null draws a value lies above their mean; NaN or infinite where they are all
    /// equal.
    let effect (observed: float) (draws: float[]) : float =
        let mean = Array.average draws
        let square = draws |> Array.sumBy (fun draw -> (draw - mean) * (draw - mean))
        (observed - mean) / sqrt (square / float (draws.Length - 1))

    // Adjusts sorted p-values and puts them back in the order of the input.
    let private adjust (rule: int -> float -> float) (accumulate: float[] -> float[]) (p: float[]) =
        Check.finite (nameof p) p
        let order = Array.init p.Length id |> Array.sortBy (fun i -> p[i])
        let adjusted = order |> Array.mapi (fun rank i -> rule rank p[i]) |> accumulate
        let result = Array.zeroCreate p.Length
        order |> Array.iteri (fun rank i -> result[i] <- min 1.0 adjusted[rank])
        result

    let private smallestFromHere (values: float[]) =
        if values.Length = 0 then
            values
        else
            Array.scanBack min values infinity |> Array.take values.Length

    let private largestSoFar (values: float[]) =
        if values.Length = 0 then
            values
        else
            Array.scan max -infinity values |> Array.skip 1

    /// q-values that control the false discovery rate (Benjamini and Hochberg 1995), in the order of the input.
    let benjaminiHochberg (p: float[]) : float[] =
        adjust (fun rank value -> value * float p.Length / float (rank + 1)) smallestFromHere p

    /// q-values that control the false discovery rate under any dependence (Benjamini and Yekutieli 2001).
    let benjaminiYekutieli (p: float[]) : float[] =
        let harmonic = Seq.sum (seq { for i in 1 .. p.Length -> 1.0 / float i })
        adjust (fun rank value -> value * harmonic * float p.Length / float (rank + 1)) smallestFromHere p

    /// Adjusted p-values that control the family-wise error rate (Holm 1979).
    let holm (p: float[]) : float[] =
        adjust (fun rank value -> value * float (p.Length - rank)) largestSoFar p

    /// Adjusted p-values of Bonferroni: n · p, at most 1.
    let bonferroni (p: float[]) : float[] =
        adjust (fun _ value -> value * float p.Length) id p
