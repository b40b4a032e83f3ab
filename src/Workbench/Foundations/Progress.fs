namespace Workbench

open System
open System.Collections.Concurrent
open System.Threading
open Spectre.Console
open Workbench.Core
open Workbench.Core.Hub
open type System.FormattableString

/// <summary>Reports on anything that takes over about a second: a bar in a terminal, silence where output is
/// redirected.</summary>
/// <category index="1">Foundations</category>
[<RequireQualifiedAccess>]
module Progress =
    // A terminal shows one display at a time: work inside other work, or beside it, goes on without one.
    let mutable private shown = 0

    let private isTerminal () =
        not Console.IsOutputRedirected || AnsiConsole.Profile.Out.IsTerminal

    /// Runs work with a display where the terminal is free for one, else without.
    let private displayed (columns: ProgressColumn list) (work: ProgressContext -> 'r) (without: unit -> 'r) : 'r =
        if not (isTerminal ()) || Interlocked.Exchange(&shown, 1) = 1 then
            without ()
        else
            try
                AnsiConsole.Progress().AutoClear(true).Columns(Array.ofList columns).Start(work)
            finally
                Volatile.Write(&shown, 0)

    // What is shown of names that other people chose: short, and nothing that steers the terminal.
    let private named (name: string) =
        Excerpt.Of(name, 100) |> Markup.Escape |> string

    /// <summary>Runs work that reports its share done, from 0 to 1, as often as it likes. Where a bar is already shown,
    /// this work has none.</summary>
    /// <param name="title">What is being done, e.g. "465,780,981 pairs".</param>
    /// <param name="work">Gets a function to report with; its result is returned.</param>
    /// <example><code lang="fsharp">
    /// Progress.run "one hundred squares" (fun report ->
    ///     List.sum [
    ///         for i in 1..100 do
    ///             report (float i / 100.0)
    ///             i * i
    ///     ])
    /// </code> is <c>338350</c>.</example>
    let run (title: string) (work: (float -> unit) -> 'r) : 'r =
        displayed
            [
                TaskDescriptionColumn()
                ProgressBarColumn()
                PercentageColumn()
                RemainingTimeColumn()
            ]
            (fun context ->
                let task = context.AddTask(named title, maxValue = 1.0)
                work (fun share -> task.Value <- share))
            (fun () -> work ignore)

    /// Seconds between two lines about work that runs for minutes or hours, where output is redirected.
    let private betweenLines = 30.0

    /// <summary>Runs long work that reports its share done with a few words: a bar with the words beside it in a
    /// terminal, else a line every half minute and at the end. Where a bar is already shown, this work has
    /// none.</summary>
    /// <param name="title">What is being done, e.g. "pocket-gpt2".</param>
    /// <param name="work">Gets a function to report with, share first; its result is returned.</param>
    /// <example><code lang="fsharp">
    /// Progress.told "three epochs" (fun report ->
    ///     for epoch in 1..3 do
    ///         report (float epoch / 3.0) $"epoch {epoch}")
    /// </code></example>
    let told (title: string) (work: (float -> string -> unit) -> 'r) : 'r =
        displayed
            [ TaskDescriptionColumn(); ProgressBarColumn(); PercentageColumn() ]
            (fun context ->
                let task = context.AddTask(named title, maxValue = 1.0)

                work (fun share words ->
                    task.Value <- share
                    task.Description <- named $"{title} {words}"))
            (fun () ->
                let mutable last = DateTime.MinValue

                work (fun share words ->
                    if
                        not (isTerminal ())
                        && (share >= 1.0 || (DateTime.UtcNow - last).TotalSeconds >= betweenLines)
                    then
                        last <- DateTime.UtcNow
                        printfn "%s" (Invariant $"{title} {share:P1} {words}")))

    /// <summary>Runs work that downloads files. Each file's name and size are shown before its first byte: in a
    /// terminal as a bar with rate and time left, where output is redirected or a bar is already shown as one line on
    /// the error stream.</summary>
    /// <example><code lang="fsharp">
    /// let settings = Workbench.Core.Hub.HubSettings.FromEnvironment()
    /// Progress.downloads (fun progress ->
    ///     Workbench.Core.Hub.ModelSource.FindAsync("pocket-gpt2", settings, progress = progress).Result.Name)
    /// </code> is <c>"pocket-gpt2"</c>.</example>
    let downloads (work: IProgress<DownloadProgress> -> 'r) : 'r =
        let size (bytes: Nullable<int64>) =
            match Option.ofNullable bytes with
            | Some bytes -> Invariant $"{float bytes / 1e6:N1} MB"
            | None -> "size unknown"

        let reporting report = {
            new IProgress<DownloadProgress> with
                member _.Report(download) = report download
        }

        displayed
            [
                TaskDescriptionColumn()
                ProgressBarColumn()
                DownloadedColumn()
                TransferSpeedColumn()
                RemainingTimeColumn()
            ]
            (fun context ->
                let tasks = ConcurrentDictionary<string, ProgressTask>()

                work (
                    reporting (fun download ->
                        let task = tasks.GetOrAdd(download.File, fun file -> context.AddTask(named file))
                        task.MaxValue <- float (download.Total.GetValueOrDefault(max 1L download.Bytes))
                        task.Value <- float download.Bytes)
                ))
            (fun () ->
                work (
                    reporting (fun download ->
                        match download.Stage with
                        | DownloadStage.Announced ->
                            eprintfn "%s" $"downloading {Excerpt.Of download.File}, {size download.Total}"
                        | DownloadStage.Waiting ->
                            eprintfn "%s" $"waiting for another process that downloads {Excerpt.Of download.File}"
                        | _ -> ())
                ))
