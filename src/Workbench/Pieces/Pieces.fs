namespace Workbench

open System
open System.Collections.Generic
open System.Diagnostics
open System.IO
open System.Text.RegularExpressions
open type System.FormattableString

/// Whether a piece is there.
type internal PieceState =
    | Done
    | Missing
    | Broken of string
    | Foreign of string

/// <summary>Computes works piece by piece, here or on a cluster: the same script is the work and each of its tasks. A
/// piece is a file that appears whole or not at all; one that is there is not computed again, so that a killed task is
/// simply started again.</summary>
/// <category index="9">Pieces</category>
[<RequireQualifiedAccess>]
module Pieces =
    let private library = string (typeof<Axis>.Assembly.GetName()).Version

    let private commands = "merge, status, again and share=3/40"

    /// <summary>What a task is to do: the share that Slurm or Kubernetes gives it, or all of the work where none of
    /// them started it; and what the arguments say, which comes first: `merge`, `status`, `share=3/40`, and `again` to
    /// compute anew what is refused.</summary>
    /// <param name="folder">The folder of the pieces, which all tasks see.</param>
    /// <param name="arguments">Of the script, as `fsi.CommandLineArgs` has them; a script's own name is passed
    /// over.</param>
    /// <exception cref="T:System.ArgumentException">An argument is none of these, or the scheduler's variables make no
    /// sense.</exception>
    /// <example><code lang="fsharp">
    /// (Pieces.settings "night" [ "night.fsx"; "share=3/40" ]).Task
    /// </code> is <c>share 3 of 40</c>.</example>
    /// <example><code lang="fsharp">Pieces.settings "night" [ "mrege" ]</code> throws
    /// <c>ArgumentException</c>.</example>
    let settings (folder: string) (arguments: string seq) : PieceSettings =
        let ofScheduler () =
            PieceTask.ofVariables (Environment.GetEnvironmentVariable >> Option.ofObj)
            |> Option.defaultValue PieceTask.Whole

        let arguments =
            arguments
            |> Seq.filter (fun argument -> not (argument.EndsWith(".fsx", StringComparison.Ordinal)))
            |> List.ofSeq

        let told =
            arguments
            |> List.choose (fun argument ->
                match argument with
                | "merge" -> Some PieceTask.Merge
                | "status" -> Some PieceTask.Status
                | "again" -> None
                | share when share.StartsWith("share=", StringComparison.Ordinal) ->
                    Some(PieceTask.ofShare (share.Substring 6))
                | other -> invalidArg (nameof arguments) $"There is no argument \"{other}\"; there are {commands}.")

        {
            Folder = folder
            Task = told |> List.tryHead |> Option.defaultWith ofScheduler
            Again = List.contains "again" arguments
        }

    let private path (settings: PieceSettings) (work: Work<'result>) piece =
        Path.Combine(settings.Folder, PieceFile.name (piece + 1) work.Count)

    let private identity (work: Work<'result>) =
        ("work", work.Name)
        :: ("pieces", string work.Count)
        :: ("version", library)
        :: work.Identity.Value

    // The first entry in which a piece is another than is wanted.
    let private difference (wanted: (string * string) list) (found: Dictionary<string, string>) : string option =
        let ofFound key =
            match found.TryGetValue key with
            | true, value -> value
            | _ -> "nothing"

        wanted
        |> List.tryPick (fun (key, value) ->
            if ofFound key = value then
                None
            else
                Some $"its {key} is {ofFound key}, and this work's {value}")

    let private opened (settings: PieceSettings) (work: Work<'result>) piece : Result<BinaryReader, PieceState> =
        let path = path settings work piece

        if not (File.Exists path) then
            Error Missing
        else
            try
                let header, reader = PieceFile.openRead path

                let other =
                    match difference (identity work) header.Identity with
                    | None -> difference (work.Own piece) header.Own
                    | some -> some

                match other with
                | None -> Ok reader
                | Some reason ->
                    reader.Dispose()
                    Error(Foreign reason)
            with
            | :? InvalidDataException as error -> Error(Broken error.Message)
            // Another task has just put it there anew.
            | :? FileNotFoundException -> Error Missing

    let private stateOf settings work piece =
        match opened settings work piece with
        | Ok reader ->
            reader.Dispose()
            Done
        | Error state -> state

    let private describe (settings: PieceSettings) (work: Work<'result>) (piece: int, state: PieceState) =
        let file = path settings work piece

        match state with
        | Done -> $"{file} is there."
        | Missing -> $"{file} is missing."
        | Broken reason -> $"{file} is broken: {reason}"
        | Foreign reason -> $"{file} is of another work: {reason}."

    let private refuse settings work (bad: (int * PieceState) list) (cure: string) =
        let named = bad |> List.truncate 5 |> List.map (describe settings work)

        let more =
            if bad.Length > 5 then
                [ $"… and {bad.Length - 5} more." ]
            else
                []

        raise (PieceException(String.Join("\n", named @ more @ [ cure ])))

    // Seconds from the start of the process to its first piece.
    let private startUp =
        lazy
            (use self = Process.GetCurrentProcess()
             (DateTime.Now - self.StartTime).TotalSeconds)

    let private computePiece (settings: PieceSettings) (work: Work<'result>) piece =
        let started = if startUp.IsValueCreated then 0.0 else startUp.Value
        let clock = Stopwatch.StartNew()
        let computed = work.Compute piece
        let preparation = computed.Preparation.TotalSeconds
        let seconds = clock.Elapsed.TotalSeconds - preparation
        use self = Process.GetCurrentProcess()

        let header = {
            Version = PieceFile.version
            Work = work.Name
            Piece = piece + 1
            Pieces = work.Count
            Identity = Dictionary(dict (identity work))
            Own = Dictionary(dict (work.Own piece))
            StartUp = started
            Preparation = preparation
            Seconds = seconds
            PeakBytes = self.PeakWorkingSet64
        }

        PieceFile.write (path settings work piece) header computed.Write

        eprintfn
            "%s"
            (Invariant
                $"piece {piece + 1} of {work.Count}: start-up {started:F1} s, preparation {preparation:F2} s, work \
                  {seconds:F2} s, at most {float header.PeakBytes / 1e9:F2} GB resident")

    let private computeMissing (settings: PieceSettings) (work: Work<'result>) (pieces: int list) =
        Directory.CreateDirectory settings.Folder |> ignore

        let states = pieces |> List.map (fun piece -> piece, stateOf settings work piece)

        let bad =
            states
            |> List.filter (fun (_, state) ->
                match state with
                | Broken _
                | Foreign _ -> true
                | _ -> false)

        if not bad.IsEmpty && not settings.Again then
            refuse settings work bad "Give the argument \"again\" to compute them anew, or choose another folder."

        for piece, state in states do
            if state <> Done then
                computePiece settings work piece

    let private mergeAll (settings: PieceSettings) (work: Work<'result>) : 'result =
        work.Merge
            {
                new IPieces with
                    member _.Read piece read =
                        match opened settings work piece with
                        | Ok reader ->
                            use reader = reader
                            read reader
                        | Error state -> refuse settings work [ piece, state ] "Compute it, and merge again."
            }

    /// <summary>Puts the pieces of a work together. Only reads, so that one that was killed is simply started
    /// again.</summary>
    /// <param name="settings">Of which the folder counts.</param>
    /// <param name="work">The work that the pieces are of.</param>
    /// <exception cref="T:Workbench.PieceException">Pieces are missing, broken, or of other weights, seeds, settings,
    /// arithmetic or version; the message names them.</exception>
    /// <example><code lang="fsharp">
    /// let folder = IO.Directory.CreateTempSubdirectory().FullName
    /// let work = positions |> Similarity.cosine Rows |> Work.fold 3 (Fold.countAbove 0.5)
    /// for share in [ "share=1/2"; "share=2/2" ] do
    ///     work |> Pieces.run (Pieces.settings folder [ share ]) |> ignore
    /// work |> Pieces.merge (Pieces.settings folder [])
    /// </code> is <c>2881L</c>.</example>
    /// <example><code lang="fsharp">
    /// let folder = IO.Directory.CreateTempSubdirectory().FullName
    /// positions |> Similarity.cosine Rows |> Work.fold 3 Fold.moments |> Pieces.merge (Pieces.settings folder [])
    /// </code> throws <c>PieceException</c>: no piece is there.</example>
    let merge (settings: PieceSettings) (work: Work<'result>) : 'result =
        let bad =
            [ 0 .. work.Count - 1 ]
            |> List.map (fun piece -> piece, stateOf settings work piece)
            |> List.filter (fun (_, state) -> state <> Done)

        if not bad.IsEmpty then
            refuse settings work bad $"{work.Count - bad.Length} of {work.Count} pieces are there; compute the others."

        mergeAll settings work

    let private partOf = Regex @"^(\d+)-of-(\d+)\.piece$"

    /// <summary>How far the pieces in a folder are: done, missing, broken, of another work, and about how long the rest
    /// will take. Reads every piece through.</summary>
    /// <param name="folder">The folder; it may be empty, or not there yet.</param>
    /// <example><code lang="fsharp">
    /// let folder = IO.Directory.CreateTempSubdirectory().FullName
    /// let work = positions |> Similarity.cosine Rows |> Work.fold 4 Fold.moments
    /// work |> Pieces.run (Pieces.settings folder [ "share=2/4" ]) |> ignore
    /// Pieces.status folder
    /// </code> is <c>32,640 pairs: 1 of 4 pieces are done
    /// missing: 1, 3–4 …</c>.</example>
    let status (folder: string) : PieceStatus =
        let files pattern =
            if Directory.Exists folder then
                Directory.GetFiles(folder, pattern) |> Array.sort |> List.ofArray
            else
                []

        let numbered = [
            for file in files "*.piece" do
                let found = partOf.Match(nonNull (Path.GetFileName file))

                if found.Success then
                    file, int found.Groups[1].Value, int found.Groups[2].Value
        ]

        let read = [
            for file, number, pieces in numbered ->
                file,
                number,
                pieces,
                (try
                    let header, reader = PieceFile.openRead file
                    reader.Dispose()
                    Ok header
                 with
                 | :? InvalidDataException as error -> Error error.Message
                 | :? FileNotFoundException -> Error "It was there a moment ago.")
        ]

        let headers = [
            for file, _, _, header in read do
                match header with
                | Ok header -> file, header
                | Error _ -> ()
        ]

        let sorted (identity: Dictionary<string, string>) =
            identity
            |> Seq.map (fun entry -> entry.Key, entry.Value)
            |> Seq.sort
            |> List.ofSeq

        // Most pieces say what the work is.
        let wanted =
            match headers |> List.countBy (fun (_, header) -> sorted header.Identity) with
            | [] -> []
            | counts -> counts |> List.maxBy snd |> fst

        let mine, foreign =
            headers |> List.partition (fun (_, header) -> sorted header.Identity = wanted)

        let pieces =
            match mine, numbered with
            | (_, header) :: _, _ -> header.Pieces
            | [], (_, _, pieces) :: _ -> pieces
            | [], [] -> 0

        let there = mine |> List.map (fun (_, header) -> header.Piece)

        let broken = [
            for _, number, count, header in read do
                match header with
                | Error reason when count = pieces -> number, reason
                | _ -> ()
        ]

        let seconds (header: PieceHeader) =
            header.StartUp + header.Preparation + header.Seconds

        let pace =
            if mine.IsEmpty then
                1.0
            else
                let ends =
                    mine
                    |> List.map (fun (file, header) -> File.GetLastWriteTimeUtc file, seconds header)

                let first =
                    ends |> List.map (fun (time, seconds) -> time.AddSeconds -seconds) |> List.min

                let span = ((ends |> List.map fst |> List.max) - first).TotalSeconds
                max 1.0 (List.sumBy snd ends / max span 1e-3)

        let sum of' =
            mine |> List.sumBy (fun (_, header) -> of' header)

        {
            Folder = folder
            Work =
                match mine with
                | (_, header) :: _ -> header.Work
                | [] -> ""
            Pieces = pieces
            Done = List.sort there
            Missing = [ 1..pieces ] |> List.except (there @ List.map fst broken)
            Broken = broken
            Foreign = [
                for file, header in foreign ->
                    nonNull (Path.GetFileName file), difference wanted header.Identity |> Option.defaultValue ""
            ]
            Unfinished = (files "*.part").Length
            StartUp = sum _.StartUp
            Preparation = sum _.Preparation
            Seconds = sum _.Seconds
            PeakBytes =
                if mine.IsEmpty then
                    0L
                else
                    mine |> List.map (fun (_, header) -> header.PeakBytes) |> List.max
            Pace = pace
        }

    /// <summary>Does what the task is to do. All of the work, or its share of it: the pieces that are there and whole
    /// are not computed again, the others are, each written beside and renamed. Then, where all pieces are there, the
    /// result.</summary>
    /// <param name="settings">`Pieces.settings` makes them.</param>
    /// <param name="work">The same in every task.</param>
    /// <returns>The result; None for a task that leaves pieces to others, and for `status`.</returns>
    /// <exception cref="T:Workbench.PieceException">A piece of this task is broken, or of other weights, seeds,
    /// settings, arithmetic or version, and it was not asked to compute such pieces again; or pieces are missing that
    /// were to be merged.</exception>
    /// <example><code lang="fsharp">
    /// let folder = IO.Directory.CreateTempSubdirectory().FullName
    /// let work = positions |> Similarity.cosine Rows |> Work.fold 4 (Fold.countAbove 0.5)
    /// work |> Pieces.run (Pieces.settings folder [])
    /// </code> is <c>Some 2881L</c>.</example>
    /// <example><code lang="fsharp">
    /// let folder = IO.Directory.CreateTempSubdirectory().FullName
    /// let work = positions |> Similarity.cosine Rows |> Work.fold 4 (Fold.countAbove 0.5)
    /// work |> Pieces.run (Pieces.settings folder [ "share=1/2" ])
    /// </code> is <c>None</c>: the other half is another task's.</example>
    let run (settings: PieceSettings) (work: Work<'result>) : 'result option =
        match settings.Task with
        | PieceTask.Whole ->
            computeMissing settings work [ 0 .. work.Count - 1 ]
            Some(mergeAll settings work)
        | PieceTask.Share(number, tasks) ->
            let first, count = Work.slice work.Count tasks (number - 1)
            computeMissing settings work [ first .. first + count - 1 ]

            if Seq.forall (path settings work >> File.Exists) (seq { 0 .. work.Count - 1 }) then
                // Pieces of others may be broken or foreign, which is for `merge` to say.
                try
                    Some(merge settings work)
                with :? PieceException as error ->
                    eprintfn $"{error.Message}"
                    None
            else
                None
        | PieceTask.Merge -> Some(merge settings work)
        | PieceTask.Status ->
            printfn $"{status settings.Folder}"
            None
