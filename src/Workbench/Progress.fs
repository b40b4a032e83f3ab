namespace Workbench

open System
open Spectre.Console

/// Reports on anything that takes over about a second: a bar in a terminal, silence where output is redirected.
[<RequireQualifiedAccess>]
module Progress =
    /// Runs work that reports its share done, from 0 to 1, as often as it likes.
    /// <param name="title">What is being done, e.g. "465,780,981 pairs".</param>
    /// <param name="work">Gets a function to report with; its result is returned.</param>
    let run (title: string) (work: (float -> unit) -> 'r) : 'r =
        if Console.IsOutputRedirected then
            work ignore
        else
            AnsiConsole
                .Progress()
                .AutoClear(true)
                .Columns(TaskDescriptionColumn(), ProgressBarColumn(), PercentageColumn(), RemainingTimeColumn())
                .Start(fun context ->
                    let task = context.AddTask(Markup.Escape title, maxValue = 1.0)
                    work (fun share -> task.Value <- share))

    /// A reporter for the core's long operations, which tell how many of how many steps are done.
    let ofReport (report: float -> unit) : IProgress<struct (int64 * int64)> = {
        new IProgress<struct (int64 * int64)> with
            member _.Report(struct (finished, all)) =
                report (float finished / float (max 1L all))
    }
