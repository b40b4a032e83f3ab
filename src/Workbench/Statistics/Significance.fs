namespace Workbench

open System

/// <summary>How p-values of several tests on the same draws are made to hold together (Westfall and Young
/// 1993).</summary>
/// <category index="3">Statistics</category>
type MaxT =
    /// Each statistic against the largest of all in a draw.
    | SingleStep
    /// The largest against the largest of all, the next against the largest of those that are left, and so on: never
    /// larger p-values, and as valid.
    | StepDown

/// <summary>p-values from draws, and what becomes of them when there are many.</summary>
/// <category index="3">Statistics</category>
[<RequireQualifiedAccess>]
module Significance =
    // What is large where a statistic speaks against the null.
    let private extremeness (tail: Tail) (value: float) =
        match tail with
        | Greater -> value
        | Less -> -value
        | TwoSided -> abs value

    // Draws that are equal by symmetry differ by rounding, and must not be decided by it.
    let private reaches (observed: float) (draw: float) =
        draw >= observed || draw >= observed - 1e-9 * abs observed

    /// <summary>(b + 1) / (m + 1), where b of m null draws are at least as extreme as the observed value, equal to nine
    /// digits counting as equal: never zero, valid for any m (Phipson and Smyth 2010). NaN where the observed value or
    /// a draw is NaN.</summary>
    /// <example><code lang="fsharp">Significance.pValue Greater 2.0 [| 0.1; 0.5; 1.9; 2.3 |]</code> is
    /// <c>0.4</c>.</example>
    /// <example><code lang="fsharp">Significance.pValue TwoSided -5.0 [| 0.1; 0.5; 1.9; 2.3 |]</code> is <c>0.2</c>,
    /// the smallest that four draws can give.</example>
    /// <example><code lang="fsharp">Significance.pValue Greater nan [| 0.1; 0.5 |]</code> is <c>nan</c>.</example>
    let pValue (tail: Tail) (observed: float) (draws: float[]) : float =
        if Double.IsNaN observed || Array.exists Double.IsNaN draws then
            nan
        else
            let extreme = extremeness tail >> reaches (extremeness tail observed)

            float (1 + (draws |> Array.filter extreme |> Array.length))
            / float (draws.Length + 1)

    /// <summary>p-values of several tests whose draws belong together (draw t of each is of the same random data),
    /// adjusted so that the chance of even one false alarm is at most the level, however the tests depend on each
    /// other: the maxT procedure of Westfall and Young (1993).</summary>
    /// <param name="steps">In one step, or step by step.</param>
    /// <param name="tail">Which values speak against the null; the statistics must have one scale.</param>
    /// <param name="tests">For each test the observed value and its draws, as many for each.</param>
    /// <returns>One p-value per test, (b + 1)/(m + 1); all NaN where a value is.</returns>
    /// <exception cref="T:System.ArgumentException">Tests differ in their number of draws.</exception>
    /// <example><code lang="fsharp">
    /// [ 3.0, [| 1.0; 2.0; 0.5 |]; 1.5, [| 0.0; 4.0; 1.0 |] ] |> Significance.maxT StepDown Greater
    /// </code>is <c>[|0.5; 0.5|]</c>: one draw of the three holds a 4, above both observed values.</example>
    /// <example><code lang="fsharp">
    /// [ 3.0, [| 1.0; 2.0 |]; 1.5, [| 0.0 |] ] |> Significance.maxT StepDown Greater
    /// </code>throws <c>ArgumentException</c>.</example>
    let maxT (steps: MaxT) (tail: Tail) (tests: (float * float[]) list) : float[] =
        let observed = tests |> List.map (fst >> extremeness tail) |> Array.ofList
        let draws = tests |> List.map (snd >> Array.map (extremeness tail)) |> Array.ofList

        for test in 1 .. draws.Length - 1 do
            if draws[test].Length <> draws[0].Length then
                invalidArg
                    (nameof tests)
                    $"Test 0 has {draws[0].Length} draws and test {test} has {draws[test].Length}; all are drawn \
                      together, so that each has as many."

        if
            Array.exists Double.IsNaN observed
            || Array.exists (Array.exists Double.IsNaN) draws
        then
            Array.map (fun _ -> nan) observed
        else
            let order =
                Array.init observed.Length id |> Array.sortBy (fun test -> -observed[test])

            // The largest value of each draw among the tests from a rank on.
            let largest =
                match steps with
                | StepDown -> Array.scanBack (fun test above -> Array.map2 max draws[test] above) order
                | SingleStep ->
                    fun none ->
                        let all = Array.fold (fun above test -> Array.map2 max draws[test] above) none order
                        Array.replicate (order.Length + 1) all

            let none =
                if draws.Length = 0 then
                    [||]
                else
                    Array.replicate draws[0].Length -infinity

            let share =
                Array.map2
                    (fun test -> pValue Greater observed[test])
                    order
                    (Array.truncate order.Length (largest none))

            let result = Array.zeroCreate observed.Length

            share
            |> Array.scan max 0.0
            |> Array.tail
            |> Array.iteri (fun rank p -> result[order[rank]] <- p)

            result

    /// <summary>How many standard deviations of the null draws a value lies above their mean; NaN or infinite where
    /// they are all equal, NaN for fewer than two.</summary>
    /// <exception cref="T:System.ArgumentException">There are no draws.</exception>
    /// <example><code lang="fsharp">Significance.effect 5.0 [| 1.0; 2.0; 3.0 |]</code> is <c>3.0</c>.</example>
    /// <example><code lang="fsharp">Significance.effect 5.0 [| 2.0; 2.0; 2.0 |]</code> is <c>infinity</c>.</example>
    let effect (observed: float) (draws: float[]) : float =
        Check.notEmpty (nameof draws) draws
        let mean, sd = Vector.meanAndSd draws
        (observed - mean) / sd

    // Adjusts sorted p-values and puts them back in the order of the input.
    let private adjust (rule: int -> float -> float) (accumulate: float[] -> float[]) (p: float[]) =
        match Array.tryFindIndex (fun value -> not (value >= 0.0 && value <= 1.0)) p with
        | Some i ->
            invalidArg
                (nameof p)
                (FormattableString.Invariant $"A p-value must lie between 0 and 1, but value {i} is {p[i]}.")
        | None -> ()

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

    /// <summary>q-values that control the false discovery rate (Benjamini and Hochberg 1995), in the order of the
    /// input.</summary>
    /// <exception cref="T:System.ArgumentException">A p-value does not lie between 0 and 1.</exception>
    /// <example><code lang="fsharp">Significance.benjaminiHochberg [| 0.01; 0.04; 0.03; 0.5 |]</code> is
    /// <c>[|0.04; 0.0533; 0.0533; 0.5|]</c>.</example>
    /// <example><code lang="fsharp">Significance.benjaminiHochberg [| 0.01; 1.2 |]</code> throws
    /// <c>ArgumentException</c>.</example>
    let benjaminiHochberg (p: float[]) : float[] =
        adjust (fun rank value -> value * float p.Length / float (rank + 1)) smallestFromHere p

    /// <summary>q-values that control the false discovery rate under any dependence (Benjamini and Yekutieli
    /// 2001).</summary>
    /// <exception cref="T:System.ArgumentException">A p-value does not lie between 0 and 1.</exception>
    /// <example><code lang="fsharp">Significance.benjaminiYekutieli [| 0.01; 0.04; 0.03; 0.5 |]</code> is
    /// <c>[|0.0833; 0.1111; 0.1111; 1.0|]</c>.</example>
    let benjaminiYekutieli (p: float[]) : float[] =
        let harmonic = Seq.sum (seq { for i in 1 .. p.Length -> 1.0 / float i })
        adjust (fun rank value -> value * harmonic * float p.Length / float (rank + 1)) smallestFromHere p

    /// <summary>Adjusted p-values that control the family-wise error rate (Holm 1979).</summary>
    /// <exception cref="T:System.ArgumentException">A p-value does not lie between 0 and 1.</exception>
    /// <example><code lang="fsharp">Significance.holm [| 0.01; 0.04; 0.03; 0.5 |]</code> is
    /// <c>[|0.04; 0.09; 0.09; 0.5|]</c>.</example>
    let holm (p: float[]) : float[] =
        adjust (fun rank value -> value * float (p.Length - rank)) largestSoFar p

    /// <summary>Adjusted p-values of Bonferroni: n · p, at most 1.</summary>
    /// <exception cref="T:System.ArgumentException">A p-value does not lie between 0 and 1.</exception>
    /// <example><code lang="fsharp">Significance.bonferroni [| 0.01; 0.04; 0.03; 0.5 |]</code> is
    /// <c>[|0.04; 0.16; 0.12; 1.0|]</c>.</example>
    let bonferroni (p: float[]) : float[] =
        adjust (fun _ value -> value * float p.Length) id p
