namespace Workbench

open System
open System.Globalization
open Workbench.Core
open type System.FormattableString

/// <summary>What of a work this process does.</summary>
/// <category index="9">Pieces</category>
[<RequireQualifiedAccess; StructuredFormatDisplay("{Display}")>]
type PieceTask =
    /// All pieces that are not there yet, and then the result.
    | Whole
    /// The pieces of task `number`, counted from 1, of so many.
    | Share of number: int * tasks: int
    /// The result of the pieces that are there.
    | Merge
    /// Nothing: it tells how far the others are.
    | Status

    member this.Display =
        match this with
        | Whole -> "whole"
        | Share(number, tasks) -> $"share {number} of {tasks}"
        | Merge -> "merge"
        | Status -> "status"

    override this.ToString() = this.Display

/// <summary>How tasks are told what they are to do: by the variables of Slurm and Kubernetes, and by
/// arguments.</summary>
/// <category index="9">Pieces</category>
[<RequireQualifiedAccess>]
module PieceTask =
    let private number (name: string) (text: string) : int =
        match Int32.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture) with
        | true, value -> value
        | _ -> invalidArg name $"{name} must be a whole number, but is \"{Excerpt.Of text}\"."

    let private share (name: string) (index: int) (tasks: int) =
        if index < 0 || index >= tasks then
            invalidArg
                name
                (Invariant
                    $"{name} makes this task {index + 1} of {tasks}, and there is no such task. An array has no gaps \
                      (--array=0-39): pieces that are there are not computed again.")

        PieceTask.Share(index + 1, tasks)

    /// <summary>The share that a scheduler gives this process, if one started it: of a Slurm job array by
    /// SLURM_ARRAY_TASK_ID, _COUNT, _MIN and _STEP, of a Kubernetes indexed job by JOB_COMPLETION_INDEX and
    /// JOB_COMPLETIONS, which the manifest sets.</summary>
    /// <param name="variable">The value of an environment variable, if it is set.</param>
    /// <exception cref="T:System.ArgumentException">A variable is no number, or its companion is missing, or the array
    /// has gaps.</exception>
    /// <example><code lang="fsharp">
    /// let variables = Map [ "SLURM_ARRAY_TASK_ID", "7"; "SLURM_ARRAY_TASK_COUNT", "4"
    ///                       "SLURM_ARRAY_TASK_MIN", "1"; "SLURM_ARRAY_TASK_STEP", "2" ]
    /// PieceTask.ofVariables (fun name -> Map.tryFind name variables)
    /// </code> is <c>Some share 4 of 4</c>.</example>
    /// <example><code lang="fsharp">
    /// PieceTask.ofVariables (fun name -> if name = "JOB_COMPLETION_INDEX" then Some "0" else None)
    /// </code> throws <c>ArgumentException</c>: of how many?</example>
    let ofVariables (variable: string -> string option) : PieceTask option =
        let set name =
            variable name |> Option.filter (fun text -> text <> "")

        let required name companion =
            match set name with
            | Some text -> number name text
            | None -> invalidArg name $"{companion} is set and {name} is not, so that the number of tasks is unknown."

        let orElse value name =
            set name |> Option.map (number name) |> Option.defaultValue value

        match set "SLURM_ARRAY_TASK_ID", set "JOB_COMPLETION_INDEX" with
        | Some id, _ ->
            let tasks = required "SLURM_ARRAY_TASK_COUNT" "SLURM_ARRAY_TASK_ID"
            let least, step = orElse 0 "SLURM_ARRAY_TASK_MIN", orElse 1 "SLURM_ARRAY_TASK_STEP"
            let place = number "SLURM_ARRAY_TASK_ID" id - least

            if step < 1 || place % step <> 0 then
                invalidArg
                    "SLURM_ARRAY_TASK_ID"
                    (Invariant $"SLURM_ARRAY_TASK_ID is {id}, which no array from {least} in steps of {step} has.")

            Some(share "SLURM_ARRAY_TASK_ID" (place / step) tasks)
        | None, Some index ->
            let tasks = required "JOB_COMPLETIONS" "JOB_COMPLETION_INDEX"
            Some(share "JOB_COMPLETION_INDEX" (number "JOB_COMPLETION_INDEX" index) tasks)
        | None, None -> None

    /// `share=3/40`.
    let internal ofShare (text: string) : PieceTask =
        match text.Split '/' with
        | [| first; tasks |] -> share "share" (number "share" first - 1) (number "share" tasks)
        | _ -> invalidArg "share" $"A share is written share=3/40, but this is share={Excerpt.Of text}."
