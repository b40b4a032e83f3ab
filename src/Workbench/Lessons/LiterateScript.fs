namespace Workbench

open System
open System.Diagnostics
open System.IO
open System.Text.RegularExpressions
open Markdig

/// What a literate script is made of. Lines count from 1.
type internal ScriptCell =
    /// Markdown, with formulas between dollars.
    | Prose of markdown: string
    | Code of text: string * firstLine: int * lastLine: int

/// Scripts that are pages, as fsdocs reads them: prose stands in `(** … *)`, commands in `(*** … ***)`, and the first
/// prose may be front matter. Code that a command calls `condition: prepare` is no part of the page.
[<RequireQualifiedAccess>]
module internal LiterateScript =
    let private part =
        Regex(
            @"^\(\*\*\*(?<command>.*?)\*\*\*\)[ \t]*$|^\(\*\*(?!\*)(?<prose>.*?)^?\*\)[ \t]*$",
            RegexOptions.Multiline ||| RegexOptions.Singleline
        )

    /// The cells of a script in their order.
    let parse (script: string) : ScriptCell list =
        let script = script.ReplaceLineEndings "\n"
        let lineAt (index: int) = 1 + script.AsSpan(0, index).Count '\n'

        let code (first: int) (last: int) =
            let text = script[first .. last - 1]

            if String.IsNullOrWhiteSpace text then
                []
            else
                let leading = text.Length - text.TrimStart('\n').Length
                let text = text.Trim '\n'
                let line = lineAt (first + leading)
                [ Code(text, line, line + text.AsSpan().Count '\n') ]

        let parts = List.ofSeq (part.Matches script)
        let starts = 0 :: [ for found in parts -> found.Index + found.Length ]
        let ends = [ for found in parts -> found.Index ] @ [ script.Length ]

        let prepares (found: Match) =
            found.Groups["command"].Value.Trim() = "condition: prepare"

        let isHidden = false :: List.map prepares parts

        [
            for i, (first, last) in Seq.indexed (List.zip starts ends) do
                if i > 0 && parts[i - 1].Groups["prose"].Success then
                    let prose = parts[i - 1].Groups["prose"].Value.Trim()

                    if not (prose.StartsWith "---") then
                        Prose prose

                if not isHidden[i] then
                    yield! code first last
        ]

    /// The script that is calling, by its file's name without ending, where one is; scripts in F# Interactive know
    /// their places as programs being debugged do.
    let tryCaller (name: string) : string option =
        StackTrace(true).GetFrames()
        |> Seq.tryPick (fun frame ->
            match frame.GetFileName() with
            | null -> None
            | file when
                Path.GetFileNameWithoutExtension file = name
                && Path.GetExtension file = ".fsx"
                && File.Exists file
                ->
                Some file
            | _ -> None)

    /// The line of that script which is being run.
    let tryLine (script: string) : int option =
        StackTrace(true).GetFrames()
        |> Seq.tryFindBack (fun frame -> frame.GetFileName() = script)
        |> Option.map _.GetFileLineNumber()

    let private pipeline =
        MarkdownPipelineBuilder().UseMathematics().UsePipeTables().UseAutoIdentifiers().Build()

    // A formula of its own stands in a line of its own; Markdig wants its fences in lines of theirs.
    let private display = Regex(@"\$\$(?<formula>.+?)\$\$", RegexOptions.Singleline)

    /// Prose as a page shows it; formulas are left to KaTeX, between \( and \) or \[ and \].
    let toHtml (markdown: string) : string =
        let fenced =
            display.Replace(markdown, (fun found -> "$$\n" + found.Groups["formula"].Value.Trim() + "\n$$"))

        Markdown.ToHtml(fenced, pipeline)
