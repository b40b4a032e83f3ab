module Workbench.Tests.ProgressTests

open System
open System.IO
open Xunit
open FsUnit.Xunit
open Workbench

/// What is written to standard output meanwhile.
let written (work: unit -> 'a) =
    let before = Console.Out
    use writer = new StringWriter()
    Console.SetOut writer

    try
        let result = work ()
        result, writer.ToString()
    finally
        Console.SetOut before

// A test runner reads what tests print: output is redirected, as in a batch job.

[<Fact>]
let ``Work returns its result and is silent where output is redirected, also inside other work`` () =
    Console.IsOutputRedirected |> should equal true

    let result, text =
        written (fun () ->
            Progress.run "outer" (fun report ->
                report 0.3

                let inner =
                    Progress.run "inner" (fun report ->
                        report 0.5
                        20)

                report 1.0
                inner + 22))

    result |> should equal 42
    text |> should equal ""

[<Fact>]
let ``What work throws comes out as it is, and later work runs`` () =
    Assert
        .Throws<InvalidOperationException>(fun () ->
            Progress.run "fails" (fun _ -> raise (InvalidOperationException "cause"))
            |> ignore)
        .Message
    |> should equal "cause"

    Progress.run "later" (fun _ -> 7) |> should equal 7

[<Fact>]
let ``Long work tells a line at first and at the end with its words, and none in the half minute between`` () =
    let result, text =
        written (fun () ->
            Progress.told "pocket" (fun report ->
                for step in 1..9 do
                    report (float step / 10.0) $"step {step}"

                report 1.0 "done"
                "result"))

    result |> should equal "result"
    let lines = text.Split('\n', StringSplitOptions.RemoveEmptyEntries)
    lines |> should haveLength 2
    lines[0] |> should startWith "pocket 10"
    lines[0].TrimEnd() |> should endWith "step 1"
    lines[1] |> should startWith "pocket 100"
    lines[1].TrimEnd() |> should endWith "done"
