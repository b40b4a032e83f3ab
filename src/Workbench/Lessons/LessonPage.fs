namespace Workbench

open System
open System.Net

/// What a lesson has told, in the order in which it came.
type internal Told =
    | Shown of Figure
    | Stated of Finding
    | Checked of sentence: string * Outcome
    /// A file beside the page, and what it is called.
    | Written of file: string * title: string

/// The article of a lesson: its prose and code, and under each piece of code what came of it.
[<RequireQualifiedAccess>]
module internal LessonPage =
    let private text (plain: string) = WebUtility.HtmlEncode plain |> nonNull
    let private lines (items: string seq) = String.Join("\n", items)

    let private check (sentence: string, outcome: Outcome) =
        match outcome with
        | Holds -> $"<li class=\"holds\">{text sentence}</li>"
        | Fails -> $"<li class=\"fails\">{text sentence} <em>Not true with these weights.</em></li>"
        | NotChecked ->
            $"<li class=\"not-checked\">{text sentence} <em>Not checked: it speaks of other weights.</em></li>"

    // More than these would push the next figure out of sight.
    let private numbersAtOnce = 8

    let private findings (items: Finding list) =
        let list =
            lines [
                "<ul class=\"findings\">"
                for finding in items do
                    $"<li>{text (Finding.describe finding)}</li>"
                "</ul>"
            ]

        if items.Length <= numbersAtOnce then
            list
        else
            $"<details class=\"numbers\">\n<summary>{items.Length} numbers</summary>\n{list}\n</details>"

    let private same (one: Told) (other: Told) =
        match one, other with
        | Stated _, Stated _
        | Checked _, Checked _
        | Written _, Written _ -> true
        | _ -> false

    /// Neighbours of one kind together.
    let rec private runs (items: Told list) =
        match items with
        | [] -> []
        | first :: rest ->
            let others = rest |> List.takeWhile (same first)
            (first :: others) :: runs (List.skip others.Length rest)

    let private show (run: Told list) =
        match run with
        | [ Shown figure ] -> Figure.toHtml figure
        | Stated _ :: _ ->
            findings (
                run
                |> List.choose (function
                    | Stated finding -> Some finding
                    | _ -> None)
            )
        | Checked _ :: _ ->
            lines [
                "<ul class=\"checks\">"
                for item in run do
                    match item with
                    | Checked(sentence, outcome) -> check (sentence, outcome)
                    | _ -> ()
                "</ul>"
            ]
        | _ ->
            let links = [
                for item in run do
                    match item with
                    | Written(file, title) ->
                        let address = Uri.EscapeDataString(file).Replace("%2F", "/")
                        $"<a href=\"{text address}\">{text title}</a>"
                    | _ -> ()
            ]

            $"""<p class="notes">Written beside this page: {String.Join(", ", links)}</p>"""

    let private code (source: string) =
        $"<details class=\"code\">\n<summary>Code</summary>\n<pre><code>{text source}</code></pre>\n</details>"

    /// Everything in its place; what no line is known of stands under the code before it.
    let article (script: ScriptCell list) (told: (int * Told) list) : string =
        let rec write cells told =
            match cells with
            | [] -> [ for run in runs (List.map snd told) -> show run ]
            | Prose markdown :: rest -> LiterateScript.toHtml markdown :: write rest told
            | Code(source, _, last) :: rest ->
                let here = told |> List.takeWhile (fun (line, _) -> line <= last)

                [
                    code source
                    for run in runs (List.map snd here) do
                        show run
                    yield! write rest (List.skip here.Length told)
                ]

        lines (write script told)
