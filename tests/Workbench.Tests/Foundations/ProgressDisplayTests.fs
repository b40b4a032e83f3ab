// Alone: what other tests report at the same time would take the one display.
[<Xunit.Collection("the terminal")>]
module Workbench.Tests.ProgressDisplayTests

open System
open System.IO
open System.Text
open System.Threading.Tasks
open Spectre.Console
open Xunit
open FsUnit.Xunit
open Workbench
open Workbench.Core.Hub

[<CollectionDefinition("the terminal", DisableParallelization = true)>]
type TheTerminal() = class end

/// A terminal that keeps what it is shown.
type Terminal() =
    let text = new StringWriter()
    member _.Text = string text

    interface IAnsiConsoleOutput with
        member _.Writer = text
        member _.IsTerminal = true
        member _.Width = 120
        member _.Height = 40
        member _.SetEncoding(_: Encoding) = ()

let onTerminal (work: unit -> 'r) : 'r * string =
    let before = AnsiConsole.Console
    let terminal = Terminal()

    try
        AnsiConsole.Console <-
            AnsiConsole.Create(
                AnsiConsoleSettings(Ansi = AnsiSupport.Yes, Interactive = InteractionSupport.Yes, Out = terminal)
            )

        work (), terminal.Text
    finally
        AnsiConsole.Console <- before

let download (file: string) (sink: IProgress<DownloadProgress>) =
    sink.Report(DownloadProgress(file, DownloadStage.Announced, 0L, Nullable 5L))
    sink.Report(DownloadProgress(file, DownloadStage.Done, 5L, Nullable 5L))
    5

[<Fact>]
let ``Work inside other work, or beside it, is done without a second display`` () =
    let results, shown =
        onTerminal (fun () ->
            Progress.told "the outer work" (fun tell ->
                let inner = [
                    fun () ->
                        Progress.run "inner" (fun report ->
                            report 0.5
                            1)
                    fun () ->
                        Progress.told "inner" (fun tell ->
                            tell 1.0 "done"
                            2)
                    fun () -> Progress.downloads (download "inner")
                ]

                let beside = inner |> List.map (fun work -> Task.Run work)
                tell 1.0 "through"

                List.map (fun work -> work ()) inner
                @ List.map (fun (task: Task<int>) -> task.Result) beside))

    results |> should equal [ 1; 2; 5; 1; 2; 5 ]
    shown |> should haveSubstring "the outer work"
    shown |> should not' (haveSubstring "inner")

[<Fact>]
let ``After work that failed the terminal is free again`` () =
    onTerminal (fun () ->
        Assert.Throws<InvalidOperationException>(fun () -> Progress.run "failing" (fun _ -> invalidOp "no") |> ignore)
        |> ignore)
    |> ignore

    onTerminal (fun () -> Progress.run "the next work" (fun report -> report 1.0))
    |> snd
    |> should haveSubstring "the next work"

[<Fact>]
let ``A file's name steers no terminal`` () =
    let count, shown =
        onTerminal (fun () -> Progress.downloads (download "\u001b]0;title\u0007[red]x[/]"))

    count |> should equal 5
    shown |> should haveSubstring @"\u001b]0;title\u0007[red]x"
    shown |> should not' (haveSubstring "\u001b]0;title")
