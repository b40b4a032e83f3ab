module Workbench.Tests.AxisTests

open Xunit
open FsUnit.Xunit
open Workbench

[<Fact>]
let ``A numbered axis labels each place by its number`` () =
    (Axis.numbered "position" 3).Label 2 |> should equal "2"

[<Fact>]
let ``Selecting places keeps their labels in the order asked for`` () =
    Axis.labelled "token" [| "a"; "b"; "c" |]
    |> Axis.select [| 2; 0; 2 |]
    |> Axis.labels
    |> should equal [| "c"; "a"; "c" |]

[<Fact>]
let ``A label is found at its first place`` () =
    Axis.labelled "token" [| "a"; "b"; "b" |]
    |> Axis.tryIndex "b"
    |> should equal (Some 1)

[<Fact>]
let ``Axes that differ in one label are not equal`` () =
    Axis.labelled "token" [| "a"; "b" |]
    |> should not' (equal (Axis.labelled "token" [| "a"; "c" |]))

[<Fact>]
let ``An axis of fewer than no places is refused`` () =
    (Assert.Throws<System.ArgumentException>(fun () -> Axis.numbered "x" -1 |> ignore)).Message
    |> should equal "length must be at least 0, but is -1. (Parameter 'length')"

    (Axis.numbered "x" 0).Length |> should equal 0

[<Fact>]
let ``An axis keeps its labels when the arrays that it was made of change`` () =
    let labels, indices = [| "cat"; "dog"; "cow" |], [| 2; 0 |]
    let axis = Axis.labelled "animal" labels
    let some = Axis.select indices axis
    labels[0] <- "fox"
    indices[0] <- 1
    Axis.labels axis |> should equal [| "cat"; "dog"; "cow" |]
    Axis.labels some |> should equal [| "cow"; "cat" |]
