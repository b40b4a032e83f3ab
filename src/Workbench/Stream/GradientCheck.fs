namespace Workbench

open Workbench.Core.Gradients
open Workbench.Core.Tensors
open type System.FormattableString

/// <summary>How a gradient compares with central differences.</summary>
/// <category index="6">Stream</category>
[<StructuredFormatDisplay("{Display}")>]
type GradientCheck = {
    /// How many derivatives were compared.
    N: int
    /// How many lie further from their central difference than its uncertainty and a ten-thousandth of the largest
    /// derivative.
    Outside: int
    /// The largest |gradient − central difference|.
    Largest: float
    /// Where that is: row and column.
    At: int * int
    /// The gradient there.
    Gradient: float
    /// The central difference there.
    Difference: float
    /// What truncation and float32 may add to that difference, by Ridders' estimate.
    Uncertainty: float
} with

    member this.Display =
        let row, column = this.At

        Invariant
            $"{this.N} derivatives, {this.Outside} outside their central difference's uncertainty; furthest at [{row}, \
              {column}]: {this.Gradient:G6} against {this.Difference:G6} ± {this.Uncertainty:G2}"

    override this.ToString() = this.Display

/// <summary>Compares gradients with central differences.</summary>
/// <category index="6">Stream</category>
[<RequireQualifiedAccess>]
module GradientCheck =
    /// Ridders' extrapolation of central differences to a step of zero (Advances in Engineering Software 4, 1982): the
    /// estimate whose neighbours in the tableau agree best, and by how much they differ, with the rounding of float32.
    let private ridders (start: float) (difference: float -> float) (size: float) =
        // From a tenth to some 5·10⁻⁵ of the argument: below, float32 has nothing to say.
        let steps = Array.init 12 (fun i -> start * 0.1 / 2.0 ** float i)
        let rounding step = 2.0 ** -24.0 * size / step
        let mutable previous = [| difference steps[0] |]
        let mutable best = previous[0], infinity

        for i in 1 .. steps.Length - 1 do
            let row = Array.zeroCreate (i + 1)
            row[0] <- difference steps[i]

            for j in 1..i do
                row[j] <- row[j - 1] + (row[j - 1] - previous[j - 1]) / (4.0 ** float j - 1.0)

                let error =
                    max (abs (row[j] - row[j - 1])) (abs (row[j] - previous[j - 1]))
                    + rounding steps[i]

                if error < snd best then
                    best <- row[j], error

            previous <- row

        best

    /// <summary>What `Diff.check` does: the gradient of a scalar function at a point, beside its central
    /// differences.</summary>
    /// <example><code lang="fsharp">
    /// Matrix.FromArray(1, 2, ReadOnlySpan [| 3.0f; 4.0f |]) |> GradientCheck.at (fun x -> x.Norm())
    /// </code> is <c>2 derivatives, 0 outside their central difference's uncertainty; furthest at …</c>.</example>
    let at (f: Variable -> Variable) (values: Matrix) : GradientCheck =
        let recorded = Tape()
        let x = recorded.Input values
        recorded.Backward(f x)
        let slopes = x.Gradient.ToArray() |> Array.map float
        let moved = values.Copy()
        let tape = Tape()

        let result () =
            let value = float (f (tape.Constant moved)).Scalar
            tape.Reset()
            value

        let size = abs (result ())

        let differences =
            Array.init slopes.Length (fun i ->
                let row, column = i / values.Columns, i % values.Columns
                let at = values[row, column]

                let valueAt x =
                    moved[row, column] <- x
                    result ()

                let difference (step: float) =
                    // As far apart as the two float32 really are.
                    let above, below = at + float32 step, at - float32 step
                    (valueAt above - valueAt below) / (float above - float below)

                let estimate = ridders (max 1.0 (abs (float at))) difference size
                moved[row, column] <- at
                estimate)

        let largestSlope = slopes |> Array.map abs |> Array.max

        let distances =
            Array.map2 (fun slope (difference, _) -> abs (slope - difference)) slopes differences

        let isOutside i =
            not (distances[i] <= snd differences[i] + 1e-4 * largestSlope)

        let worst = Array.init distances.Length id |> Array.maxBy (fun i -> distances[i])

        {
            N = slopes.Length
            Outside = Seq.init slopes.Length id |> Seq.filter isOutside |> Seq.length
            Largest = distances[worst]
            At = worst / values.Columns, worst % values.Columns
            Gradient = slopes[worst]
            Difference = fst differences[worst]
            Uncertainty = snd differences[worst]
        }
