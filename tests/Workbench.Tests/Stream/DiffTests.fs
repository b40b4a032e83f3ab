module Workbench.Tests.DiffTests

open System
open FsCheck
open Xunit
open FsUnit.Xunit
open Workbench
open Workbench.Core.Gradients
open Workbench.Core.Models
open Workbench.Core.Tensors

let matrix rows columns (values: float list) =
    Matrix.FromArray(rows, columns, ReadOnlySpan(values |> List.map float32 |> Array.ofList))

let close (expected: float[]) (given: float[]) =
    given.Length |> should equal expected.Length

    Array.zip expected given
    |> Array.iter (fun (wanted, got) -> got |> should (equalWithin (1e-5 * max 1.0 (abs wanted))) wanted)

let squares (x: Variable) = (x * x).Sum()

[<Fact>]
let ``A gradient is of the kind of its point`` () =
    Diff.grad squares 3.0 |> should equal 6.0
    Diff.grad squares [| 1.0; -2.0 |] |> should equal [| 2.0; -4.0 |]

    (Diff.grad squares (matrix 2 2 [ 1.0; 2.0; 3.0; 4.0 ])).ToArray()
    |> should equal [| 2.0f; 4.0f; 6.0f; 8.0f |]

    let point = Sample.normal (Seed 3UL) 4 5
    let gradient = Diff.grad squares point
    gradient.Rows |> should equal point.Rows
    gradient.Columns |> should equal point.Columns
    gradient[2, 3] |> should equal (2.0f * point[2, 3])

[<Fact>]
let ``Formulas read as they are written and have the slopes of calculus`` () =
    let f (x: Variable) =
        (exp (-x * x / 2.0) + sin (3.0 * x) * cos x - tanh x / (1.0 + x * x)
         + log (2.0 + x * x)
         - sqrt (1.0 + x * x))
            .Sum()

    let plain x =
        exp (-x * x / 2.0) + sin (3.0 * x) * cos x - tanh x / (1.0 + x * x)
        + log (2.0 + x * x)
        - sqrt (1.0 + x * x)

    let slope x =
        -x * exp (-x * x / 2.0) + 3.0 * cos (3.0 * x) * cos x
        - sin (3.0 * x) * sin x
        - ((1.0 - tanh x ** 2.0) / (1.0 + x * x) - 2.0 * x * tanh x / (1.0 + x * x) ** 2.0)
        + 2.0 * x / (2.0 + x * x)
        - x / sqrt (1.0 + x * x)

    Check.QuickThrowOnFailure(fun (NonEmptyArray(integers: int[])) ->
        let xs = integers |> Array.map (fun i -> float (i % 100) / 25.0)
        let value, gradient = Diff.valueAndGrad f xs
        value |> should (equalWithin (1e-5 * float xs.Length)) (Array.sumBy plain xs)
        close (Array.map slope xs) gradient)

[<Fact>]
let ``The value comes with the gradient that grad gives`` () =
    let value, gradient = Diff.valueAndGrad squares [| 1.0; 2.0; 3.0 |]
    value |> should equal 14.0
    gradient |> should equal (Diff.grad squares [| 1.0; 2.0; 3.0 |])

[<Fact>]
let ``Of a linear function gradient times input adds up to the value`` () =
    let weights = (Sample.normal (Seed 4UL) 3 4).Values
    let x = Sample.normal (Seed 5UL) 3 4

    let value, gradient = Diff.valueAndGrad (fun x -> x.Dot(x.Tape.Constant weights)) x

    Array.map2 (fun g x -> float g * float x) (gradient.Values.ToArray()) (x.Values.ToArray())
    |> Array.sum
    |> should (equalWithin 1e-6) value

// (x0·x1, x0², x1 + 3) at (2, 5)
let curved (x: Variable) =
    let first, second = x.Slice(0, 1, 0, 1), x.Slice(0, 1, 1, 1)
    Selections.BesideEachOther([| first * second; first * first; second + 3.0 |].AsSpan())

[<Fact>]
let ``A Jacobian has a row per result and a column per argument`` () =
    let jacobian = Diff.jacobian curved [| 2.0; 5.0 |]
    (jacobian.Rows, jacobian.Columns) |> should equal (3, 2)
    jacobian.ToArray() |> should equal [| 5.0f; 2.0f; 4.0f; 0.0f; 0.0f; 1.0f |]

[<Fact>]
let ``The Jacobian's products are those of its rows and columns`` () =
    (Diff.jacobianVectorProduct curved [| 2.0; 5.0 |] [| 10.0; 1.0 |]).ToArray()
    |> should equal [| 52.0f; 40.0f; 1.0f |]

    Diff.jacobianTransposedVectorProduct curved [| 2.0; 5.0 |] (matrix 1 3 [ 1.0; 10.0; 100.0 ])
    |> should equal [| 45.0; 102.0 |]

[<Fact>]
let ``Vectors that do not fit the point or the result are refused with both shapes`` () =
    let message act =
        (Assert.ThrowsAny<ArgumentException>(fun () -> act () |> ignore)).Message

    let product () =
        Diff.jacobianVectorProduct curved [| 2.0; 5.0 |] [| 1.0 |]

    message product |> should haveSubstring "[1, 2]"
    message product |> should haveSubstring "[1, 1]"

    message (fun () -> Diff.jacobianTransposedVectorProduct curved [| 2.0; 5.0 |] (matrix 3 1 [ 1.0; 1.0; 1.0 ]))
    |> should haveSubstring "[1, 3]"

    message (fun () -> Diff.grad curved [| 2.0; 5.0 |])
    |> should haveSubstring "Sum"

[<Fact>]
let ``A check finds no fault with right gradients of rough and smooth functions`` () =
    let positions = matrix 1000 1 [ for p in 0..999 -> float p ]

    let wave (x: Variable) =
        (sin (x.Tape.Constant(positions).MatMul x)).Mean()

    for check in
        [
            Diff.check squares (Sample.normal (Seed 6UL) 3 5)
            Diff.check (fun x -> (log x).Sum()) [| 0.05; 1.0; 40.0 |]
            Diff.check (fun x -> (x.Softmax() * x).Sum()) (Sample.normal (Seed 7UL) 4 6)
            Diff.check wave [| 0.013 |]
        ] do
        check.Outside |> should equal 0

[<Fact>]
let ``A check finds the place where a gradient is not the difference`` () =
    // ReLU's slope at its kink is taken as 0; the central difference is 1/2.
    let check =
        Diff.check (fun x -> x.Activate(Activation.Relu).Sum()) [| -1.0; 1.0; 0.0; 2.0 |]

    check.N |> should equal 4
    check.Outside |> should equal 1
    check.At |> should equal (0, 2)
    check.Gradient |> should equal 0.0
    check.Difference |> should (equalWithin 1e-3) 0.5
    check.Largest |> should (equalWithin 1e-3) 0.5
    string check |> should haveSubstring "[0, 2]"

[<Fact>]
let ``A descent finds the least squares solution and repeats itself bit by bit`` () =
    // y = 2x + 1 on five places, exactly.
    let xs, ys =
        matrix 5 1 [ 0.0; 1.0; 2.0; 3.0; 4.0 ], matrix 5 1 [ 1.0; 3.0; 5.0; 7.0; 9.0 ]

    let loss (line: Variable) =
        let slope, intercept = line.Slice(0, 1, 0, 1), line.Slice(0, 1, 1, 1)
        let residual = line.Tape.Constant xs * slope + intercept - line.Tape.Constant ys
        (residual * residual).Mean()

    let settings = {
        Descent.Default with
            Steps = 1000
            Rate = 0.1
    }

    let found = Diff.minimise settings loss [| 0.0; 0.0 |]
    found.At[0] |> should (equalWithin 1e-3) 2.0
    found.At[1] |> should (equalWithin 1e-3) 1.0
    found.Loss |> should be (lessThan 1e-6)
    found.Losses.Length |> should equal 1000
    found.Losses[0] |> should equal 33.0
    (Diff.minimise settings loss [| 0.0; 0.0 |]).Losses |> should equal found.Losses

[<Fact>]
let ``A descent leaves its start alone, and takes at least one step`` () =
    let start = matrix 1 2 [ 1.0; 2.0 ]
    Diff.minimise { Descent.Default with Steps = 3 } squares start |> ignore
    start.ToArray() |> should equal [| 1.0f; 2.0f |]

    let none () =
        Diff.minimise { Descent.Default with Steps = 0 } squares start |> ignore

    (Assert.Throws<ArgumentException> none).Message |> should haveSubstring "Steps"

[<Fact>]
let ``A descent does not move what the loss does not depend on`` () =
    let found =
        Diff.minimise Descent.Default (fun x -> squares (x.Slice(0, 1, 0, 1))) [| 1.0; 7.0 |]

    found.At[1] |> should equal 7.0
