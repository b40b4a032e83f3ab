module Workbench.Lessons.Tests.InterruptionTests

open System
open System.Diagnostics
open System.IO
open System.Text
open System.Threading
open Xunit
open FsUnit.Xunit

/// F# Interactive as somebody types into it.
type private Session() =
    let output = StringBuilder()

    // What runs in the background of a script ignores the signal, and so would all that it starts.
    let info =
        ProcessStartInfo(
            "env",
            [ "--default-signal=INT"; "dotnet"; "fsi"; "--nologo"; "--readline-" ],
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Repository.root
        )

    let child = nonNull (Process.Start info)

    do
        let keep (text: DataReceivedEventArgs) =
            lock output (fun () -> output.AppendLine text.Data |> ignore)

        child.OutputDataReceived.Add keep
        child.ErrorDataReceived.Add keep
        child.BeginOutputReadLine()
        child.BeginErrorReadLine()

    member _.Output = lock output (fun () -> string output)

    member _.Type(line: string) =
        child.StandardInput.WriteLine line
        child.StandardInput.Flush()

    /// Whether the words were printed within so many seconds.
    member this.Waits(words: string, seconds: float) =
        let clock = Stopwatch.StartNew()

        while not (
            this.Output.Contains words
            || child.HasExited
            || clock.Elapsed.TotalSeconds > seconds
        ) do
            Thread.Sleep 100

        this.Output.Contains words

    /// The program that was started, and those that it started.
    member _.Ids: int list =
        let below = File.ReadAllText $"/proc/{child.Id}/task/{child.Id}/children"

        child.Id
        :: [ for id in below.Split(' ', StringSplitOptions.RemoveEmptyEntries) -> int id ]

    /// Whether they computed for so many seconds of all processors together, before a time that nothing takes.
    member this.Computes(seconds: float) =
        let spent () =
            this.Ids
            |> List.sumBy (fun id -> (Process.GetProcessById id).TotalProcessorTime.TotalSeconds)

        let clock, before = Stopwatch.StartNew(), spent ()

        while spent () < before + seconds && clock.Elapsed.TotalMinutes < 10.0 do
            Thread.Sleep 100

        spent () >= before + seconds

    /// What a terminal does at Ctrl-C: the signal goes to all that run in it.
    member this.Interrupt() =
        for id in this.Ids do
            Repository.run 1.0 "kill" [ "-INT"; string id ] |> ignore

    interface IDisposable with
        member _.Dispose() =
            child.Kill(entireProcessTree = true)
            child.Dispose()

[<Fact>]
let ``Ctrl-C ends a long scan and keeps the session`` () =
    if OperatingSystem.IsLinux() then
        use session = new Session()

        for library in [ "Workbench.Core.dll"; "Workbench.dll" ] do
            let path =
                Repository.at (Path.Combine("src/Workbench/bin/Release/net10.0", library))

            session.Type $"#r \"{path}\";;"

        // Hours of work: what ends within a minute was interrupted.
        session.Type "open Workbench;;"
        session.Type "let wide = Sample.normal (Seed 1UL) 1000 512;;"
        session.Type "let rows = Array.init 1000000 (fun i -> i % 1000);;"
        session.Type "let big = wide |> Labelled.selectRows rows;;"
        session.Type "printfn \"rea%s\" \"dy\";;"
        session.Waits("ready", 240.0) |> should equal true
        session.Type "printfn \"beg%s\" \"un\""
        session.Type "big |> Similarity.cosine Rows |> Pairs.fold (Fold.histogram 100);;"
        session.Waits("begun", 240.0) |> should equal true
        // By then the rows are prepared and pairs are scanned, however busy the machine.
        session.Computes 8.0 |> should equal true
        session.Interrupt()
        session.Type "printfn \"after%d\" (40 + 2);;"
        let isAlive = session.Waits("after42", 240.0)
        Assert.True(isAlive, session.Output)
        session.Output |> should haveSubstring "Interrupt"
        // Threads that still ran would use what was given back, and end the process a little later.
        Thread.Sleep 3000
        session.Type "printfn \"still%d\" big.Rows.Length;;"
        session.Waits("still1000000", 240.0) |> should equal true
