namespace Workbench

open System
open type System.FormattableString

/// <summary>How far the pieces in a folder are.</summary>
/// <category index="9">Pieces</category>
[<StructuredFormatDisplay("{Display}")>]
type PieceStatus = {
    Folder: string
    /// What is computed; empty where no piece is there yet.
    Work: string
    /// How many pieces it has.
    Pieces: int
    /// Numbers of those that are there and whole, from 1.
    Done: int list
    Missing: int list
    /// Numbers of damaged ones, with what is wrong with them.
    Broken: (int * string) list
    /// Files that are of another work than most, with what is other.
    Foreign: (string * string) list
    /// Files that tasks write, or were killed over.
    Unfinished: int
    /// Seconds of all that are done: before the first piece of each process, making vectors ready, and the rest.
    StartUp: float
    Preparation: float
    Seconds: float
    /// The most memory that a task has had resident.
    PeakBytes: int64
    /// How many ran side by side, on average.
    Pace: float
} with

    /// Seconds that the pieces which are not done will take if one runs at a time; None where none is done.
    member this.Remaining: float option =
        if this.Done.IsEmpty then
            None
        else
            let mean = (this.StartUp + this.Preparation + this.Seconds) / float this.Done.Length

            Some(mean * float (this.Pieces - this.Done.Length))

    /// Seconds until all are done at the pace of those that are.
    member this.Rest: float option =
        this.Remaining |> Option.map (fun seconds -> seconds / max 1.0 this.Pace)

    member this.Display =
        let time (seconds: float) =
            if seconds < 100.0 then
                Invariant $"{seconds:F1} s"
            elif seconds < 6000.0 then
                Invariant $"{seconds / 60.0:F1} min"
            else
                Invariant $"{seconds / 3600.0:F1} h"

        // 1, 2, 3, 7 → "1–3, 7"
        let ranges (numbers: int list) =
            let runs =
                numbers
                |> List.fold
                    (fun runs number ->
                        match runs with
                        | (first, last) :: rest when number = last + 1 -> (first, number) :: rest
                        | _ -> (number, number) :: runs)
                    []
                |> List.rev

            let shown =
                runs
                |> List.truncate 12
                |> List.map (fun (first, last) -> if first = last then $"{first}" else $"{first}–{last}")

            String.Join(", ", shown) + (if runs.Length > 12 then ", …" else "")

        // The first few of a kind; the record has all.
        let some (things: 'thing list) (line: 'thing -> string) = [
            yield! things |> List.truncate 5 |> List.map line
            if things.Length > 5 then
                $"… and {things.Length - 5} more"
        ]

        String.Join(
            "\n",
            [
                if this.Pieces = 0 then
                    $"{this.Folder}: no piece yet"
                else
                    Invariant $"{this.Work}: {this.Done.Length} of {this.Pieces} pieces are done"

                if not this.Missing.IsEmpty then
                    $"missing: {ranges this.Missing}"
                yield! some this.Broken (fun (number, reason) -> $"broken: {number}. {reason}")
                yield! some this.Foreign (fun (file, reason) -> $"of another work: {file}. {reason}")
                if this.Unfinished > 0 then
                    Invariant
                        $"{this.Unfinished} unfinished files (*.part): being written, or left by tasks that were killed"
                if not this.Done.IsEmpty then
                    Invariant
                        $"so far: start-up {time this.StartUp}, preparation {time this.Preparation}, work \
                          {time this.Seconds}; {this.Pace:F1} at a time; at most {float this.PeakBytes / 1e9:F2} GB \
                          resident"
                match this.Remaining, this.Rest with
                | Some alone, Some rest when this.Done.Length < this.Pieces ->
                    $"to do: {time alone} of work, about {time rest} at this pace"
                | _ -> ()
            ]
        )

    override this.ToString() = this.Display
