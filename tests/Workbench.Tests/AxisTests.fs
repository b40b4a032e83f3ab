module AxisTests

open Xunit
open FsUnit.Xunit
open Workbench

[<Fact>]
let ``A numbered axis labels each place by its number`` () =
    (Axis.numbered "position" 3).Label 2 |> should equal "2"
