namespace Workbench

open System
open Workbench.Core.Gradients
open Workbench.Core.Tensors
open Workbench.Core.Training
open Workbench.Core.Training.Optimisers
open type System.FormattableString

/// <summary>How `Diff.minimise` descends: AdamW without weight decay, its rate falling to zero along half a
/// cosine.</summary>
/// <category index="6">Stream</category>
type Descent = {
    Steps: int
    /// About how far each number moves in one of the first steps.
    Rate: float
    /// Decay of the mean of gradients.
    Momentum: float
    /// Decay of the mean of squared gradients.
    Memory: float
} with

    /// 500 steps from 0.05, with the decays of Kingma and Ba, "Adam" (2015).
    static member Default = {
        Steps = 500
        Rate = 0.05
        Momentum = 0.9
        Memory = 0.999
    }

/// <summary>Where a descent ended.</summary>
/// <category index="6">Stream</category>
[<NoComparison; NoEquality; StructuredFormatDisplay("{Display}")>]
type Minimum<'numbers> = {
    At: 'numbers
    Loss: float
    /// The loss before each step.
    Losses: float[]
    Descent: Descent
} with

    member this.Display =
        Invariant $"loss {this.Losses[0]:G6} → {this.Loss:G6} in {this.Descent.Steps} steps"

    override this.ToString() = this.Display

/// <summary>Derivatives of functions that are written with variables: `Diff.grad (fun x -> (x * x).Sum()) [| 1.0; 2.0
/// |]`. Operators and `sin`, `exp`, … work element by element, a row or a number is repeated where it meets a matrix;
/// open `Workbench.Core.Gradients` for `Sum`, `MatMul`, `Softmax` and the rest, and take other matrices in with
/// `x.Tape.Constant`. Values are float32. A point is a float, a float[] (one row), a Matrix or a Labelled, and its
/// gradient is of the same kind.</summary>
/// <category index="6">Stream</category>
[<RequireQualifiedAccess>]
module Diff =
    // The functions below are inline so that the compiler can choose among `Point.Of`; what they do is done here.

    /// <exclude/>
    let inline point (_: ^points) (x: ^numbers) : Point< ^numbers > =
        ((^points or ^numbers): (static member Of: ^numbers -> Point< ^numbers >) x)

    /// <exclude/>
    let gradientAt (f: Variable -> Variable) (point: Point<'x>) : float * 'x =
        let tape = Tape()
        let x = tape.Input point.Values
        let result = f x
        tape.Backward result
        float result.Scalar, point.Like x.Gradient

    /// <exclude/>
    let rowTimesJacobian (f: Variable -> Variable) (weights: Matrix) (point: Point<'x>) : 'x =
        let tape = Tape()
        let x = tape.Input point.Values
        tape.Backward(f x, weights)
        point.Like x.Gradient

    /// Calls a function with the gradient of each element of f x, one after the other, in the same memory.
    let private forEachElement (f: Variable -> Variable) (values: Matrix) (consume: int -> Matrix -> unit) : Matrix =
        let tape = Tape()
        let x = tape.Input values
        let result = f x
        let one = Matrix(result.Rows, result.Columns)

        for i in 0 .. int one.Elements - 1 do
            let row, column = i / one.Columns, i % one.Columns
            one[row, column] <- 1.0f
            tape.Backward(result, one)
            one[row, column] <- 0.0f
            consume i x.Gradient

        result.Value

    /// <exclude/>
    let jacobianAt (f: Variable -> Variable) (values: Matrix) : Matrix =
        let rows = ResizeArray<float32[]>()

        forEachElement f values (fun _ gradient -> rows.Add(gradient.ToArray()))
        |> ignore

        Matrix.FromArray(rows.Count, int values.Elements, ReadOnlySpan(Array.concat rows))

    /// <exclude/>
    let jacobianTimesVector (f: Variable -> Variable) (values: Matrix) (vector: Matrix) : Matrix =
        if vector.Shape <> values.Shape then
            invalidArg (nameof vector) $"The point is {values.Shape}, but the vector is {vector.Shape}."

        let direction = vector.ToArray()
        let products = ResizeArray<float32>()

        let result =
            forEachElement f values (fun _ gradient ->
                Array.fold2 (fun sum g v -> sum + float g * float v) 0.0 (gradient.ToArray()) direction
                |> float32
                |> products.Add)

        Matrix.FromArray(result.Rows, result.Columns, ReadOnlySpan(products.ToArray()))

    /// <exclude/>
    let descend (descent: Descent) (loss: Variable -> Variable) (start: Point<'x>) : Minimum<'x> =
        Check.atLeast 1 (nameof descent.Steps) descent.Steps
        let parameter = Parameter("x", start.Values.Copy(), isVector = false)

        let optimizer =
            AdamW([| parameter |], AdamWSettings(Beta1 = descent.Momentum, Beta2 = descent.Memory, WeightDecay = 0.0))

        let rate = LearningRate(descent.Rate, descent.Steps, 0, 0.0)
        let tape = Tape()

        let finish (result: Variable) =
            let value = float result.Scalar
            tape.Reset()
            value

        let losses =
            Array.init descent.Steps (fun step ->
                parameter.Gradient.Clear()
                let result = loss (tape.Input(parameter.Value, parameter.Gradient))
                tape.Backward result
                optimizer.Step(rate.At step)
                finish result)

        {
            At = start.Like parameter.Value
            Loss = finish (loss (tape.Constant parameter.Value))
            Losses = losses
            Descent = descent
        }

    /// <summary>The gradient of a scalar function: ∂f/∂x in the shape of x. One pass forward and one back, some three
    /// times the cost of the function.</summary>
    /// <param name="f">From a variable to a 1 × 1 variable.</param>
    /// <param name="x">Where.</param>
    /// <exception cref="T:System.ArgumentException">The result is not a scalar; take its Sum, or
    /// `Diff.jacobian`.</exception>
    /// <example><code lang="fsharp">Diff.grad (fun x -> (x * x).Sum()) [| 1.0; 2.0 |]</code> is <c>[|2.0;
    /// 4.0|]</c>.</example>
    /// <example><code lang="fsharp">Diff.grad (fun x -> x * x) [| 1.0; 2.0 |]</code> throws
    /// <c>ArgumentException</c>.</example>
    let inline grad (f: Variable -> Variable) (x: ^x) : ^x =
        snd (gradientAt f (point Unchecked.defaultof<Point> x))

    /// <summary>The value of a scalar function with its gradient, from the same pass.</summary>
    /// <example><code lang="fsharp">Diff.valueAndGrad (fun x -> exp (2.0 * x)) 0.0</code> is <c>(1.0,
    /// 2.0)</c>.</example>
    let inline valueAndGrad (f: Variable -> Variable) (x: ^x) : float * ^x =
        gradientAt f (point Unchecked.defaultof<Point> x)

    /// <summary>All derivatives of a function to a matrix: one row per element of f x, one column per element of x,
    /// both row by row. One pass back for each row.</summary>
    /// <example><code lang="fsharp">(Diff.jacobian (fun x -> x.Softmax()) [| 0.0; 0.0 |]).ToArray()</code> is
    /// <c>[|0.25f; -0.25f; -0.25f; 0.25f|]</c>.</example>
    let inline jacobian (f: Variable -> Variable) (x: ^x) : Matrix =
        jacobianAt f (point Unchecked.defaultof<Point> x).Values

    /// <summary>J·v, how f x changes when x moves along v, in the shape of f x. One pass back for each element of f x,
    /// as there is no forward mode; the Jacobian is not kept.</summary>
    /// <exception cref="T:System.ArgumentException">The shapes of x and v differ.</exception>
    /// <example><code lang="fsharp">
    /// (Diff.jacobianVectorProduct (fun x -> x * x) [| 1.0; 2.0 |] [| 1.0; 10.0 |]).ToArray()
    /// </code> is <c>[|2.0f; 40.0f|]</c>.</example>
    /// <example><code lang="fsharp">Diff.jacobianVectorProduct (fun x -> x * x) [| 1.0; 2.0 |] [| 1.0 |]</code> throws
    /// <c>ArgumentException</c>.</example>
    let inline jacobianVectorProduct (f: Variable -> Variable) (x: ^x) (v: ^x) : Matrix =
        jacobianTimesVector f (point Unchecked.defaultof<Point> x).Values (point Unchecked.defaultof<Point> v).Values

    /// <summary>Jᵀ·w, the gradient of Σ w ∘ f x: one pass back, whatever the size of f x.</summary>
    /// <param name="f">From a variable to one of any shape.</param>
    /// <param name="x">Where.</param>
    /// <param name="w">In the shape of f x.</param>
    /// <example><code lang="fsharp">
    /// let weights = Matrix.FromArray(1, 2, ReadOnlySpan [| 1.0f; 10.0f |])
    /// Diff.jacobianTransposedVectorProduct (fun x -> x * x) [| 1.0; 2.0 |] weights
    /// </code> is <c>[|2.0; 40.0|]</c>.</example>
    let inline jacobianTransposedVectorProduct (f: Variable -> Variable) (x: ^x) (w: Matrix) : ^x =
        rowTimesJacobian f w (point Unchecked.defaultof<Point> x)

    /// <summary>Compares the gradient with central differences, extrapolated to a step of zero (Ridders). The function
    /// is evaluated 24 times for each element of x, in float32, and divided in float64.</summary>
    /// <example><code lang="fsharp">Diff.check (fun x -> (sin x).Sum()) [| 0.0; 1.0 |]</code> is <c>2 derivatives, 0
    /// outside their central difference's uncertainty; furthest at …</c>.</example>
    let inline check (f: Variable -> Variable) (x: ^x) : GradientCheck =
        GradientCheck.at f (point Unchecked.defaultof<Point> x).Values

    /// <summary>Descends from x to where a scalar function is small. It need not be the smallest value there
    /// is.</summary>
    /// <example><code lang="fsharp">
    /// let slow = { Descent.Default with Rate = 0.1 }
    /// (Diff.minimise slow (fun x -> ((x - 3.0) * (x - 3.0)).Sum()) 0.0).At
    /// </code> is <c>3.000</c>.</example>
    let inline minimise (descent: Descent) (f: Variable -> Variable) (x: ^x) : Minimum< ^x > =
        descend descent f (point Unchecked.defaultof<Point> x)
