namespace Workbench

open System
open System.Threading
open Spectre.Console
open Workbench.Core.Hub

/// <summary>Reports on anything that takes over about a second: a bar in a terminal, silence where output is
/// redirected.</summary>
/// <category index="7">Lessons</category>
[<RequireQualifiedAccess>]
module Progress =
    // A terminal shows one bar at a time: work inside other work, or beside it, goes on without one.
    let mutable private shown = 0

    /// <summary>Runs work that reports its share done, from 0 to 1, as often as it likes. Where a bar is already shown, this
    /// work has none.</summary>
    /// <param name="title">What is being done, e.g. "465,780,981 pairs".</param>
    /// <param name="work">Gets a function to report with; its result is returned.</param>
    let run (title: string) (work: (float -> unit) -> 'r) : 'r =
        if Console.IsOutputRedirected || Interlocked.Exchange(&shown, 1) = 1 then
            work ignore
        else
            try
                AnsiConsole
                    .Progress()
                    .AutoClear(true)
                    .Columns(TaskDescriptionColumn(), ProgressBarColumn(), PercentageColumn(), RemainingTimeColumn())
                    .Start(fun context ->
                        let task = context.AddTask(Markup.Escape title, maxValue = 1.0)
                        work (fun share -> task.Value <- share))
            finally
                shown <- 0

    /// Runs work that downloads files. Each file's name and size are shown before its first byte: in a terminal as a bar with rate
    /// and time left, where output is redirected as one line on the error stream.
    let downloads (work: IProgress<DownloadProgress> -> 'r) : 'r =
        let size (bytes: Nullable<int64>) =
            match Option.ofNullable bytes with
            | Some bytes -> $"{float bytes / 1e6:N1} MB"
            | None -> "size unknown"

        if Console.IsOutputRedirected then
            work
                {
                    new IProgress<DownloadProgress> with
                        member _.Report(download) =
                            if download.Stage = DownloadStage.Announced then
                                eprintfn $"downloading {download.File}, {size download.Total}"
                }
        else
            AnsiConsole
                .Progress()
                .Columns(
                    TaskDescriptionColumn(),
                    ProgressBarColumn(),
                    DownloadedColumn(),
                    TransferSpeedColumn(),
                    RemainingTimeColumn()
                )
                .Start(fun context ->
                    let tasks =
                        System.Collections.Concurrent.ConcurrentDictionary<string, ProgressTask>()

                    work
                        {
                            new IProgress<DownloadProgress> with
                                member _.Report(download) =
                                    let task =
                                        tasks.GetOrAdd(download.File, fun file -> context.AddTask(Markup.Escape file))

                                    task.MaxValue <- float (download.Total.GetValueOrDefault(max 1L download.Bytes))
                                    task.Value <- float download.Bytes
                        })
