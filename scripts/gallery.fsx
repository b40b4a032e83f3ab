// The gallery of lessons: a card for each with its picture, its weights and how it went; beside it the same lesson on
// the pocket models,
// where it has run on both. lessons.fsx loads this.
module Gallery

#load "../src/Workbench/Lessons/Template.fs"
#load "../src/Workbench/Figures/PageScripts.fs"

open System
open System.IO
open System.Net
open System.Text.Json
open Workbench

let root = Path.GetFullPath(Path.Combine(__SOURCE_DIRECTORY__, ".."))
let inRoot (path: string) = Path.Combine(root, path)

type Lesson = {
    Name: string
    Title: string
    Summary: string
}

/// What became of one lesson; kept beside its page, so that the gallery also shows lessons of earlier runs.
type Run = {
    Passed: bool
    Seconds: float
    Reason: string
}

let runFile (out: string) (lesson: Lesson) =
    Path.Combine(out, lesson.Name, "run.json")

/// As WORKBENCH_MODELS it hides all weights but the pocket models; under the output folder, lessons that ran so are
/// beside the others.
let pocketOnly = "pocket"

let pocketFolder (out: string) = Path.Combine(out, pocketOnly)

/// What a lesson has written for other tools: the weights it used, with their kinds, and its numbers by name.
type Results = {
    Weights: (string * string) list
    Numbers: (string * float) list
}

let resultsOf (folder: string) =
    let file = Path.Combine(folder, "results.json")

    if File.Exists file then
        use results = JsonDocument.Parse(File.ReadAllText file)

        let entries (name: string) =
            results.RootElement.GetProperty(name).EnumerateArray() |> List.ofSeq

        let text (entry: JsonElement) (name: string) = string (entry.GetProperty name)

        Some {
            Weights = [ for entry in entries "weights" -> text entry "name", text entry "kind" ]
            Numbers = [
                for entry in entries "results" do
                    if entry.GetProperty("value").ValueKind = JsonValueKind.Number then
                        text entry "name", entry.GetProperty("value").GetDouble()
            ]
        }
    else
        None

let text (plain: string) = WebUtility.HtmlEncode plain

/// The first chart of a lesson, which the lesson has written beside its page.
let thumbnail (folder: string) =
    let picture = Path.Combine(folder, "thumbnail.html")
    if File.Exists picture then File.ReadAllText picture else ""

let weightsOf (folder: string) =
    match resultsOf folder with
    | Some { Weights = [] } -> "no weights"
    | Some results -> String.Join(", ", [ for name, kind in results.Weights -> $"{name} ({kind})" ])
    | None -> "weights unknown"

/// A run of a lesson: its picture, which leads to its page, how it went, and on what.
let column (folder: string) (link: string) (run: Run) =
    let verdict = if run.Passed then "passed" else "failed"
    let note = if run.Passed then "" else $"<pre>{text run.Reason}</pre>"

    $"""<div class="run {verdict}">
<a href="{link}/index.html"><div class="thumbnail">{thumbnail folder}</div></a>
{note}
<p class="notes"><span class="verdict">{verdict}</span> in {run.Seconds:F1} s · {text (weightsOf folder)}</p>
</div>"""

/// The numbers that two runs of a lesson both state.
let comparison (first: string) (second: string) =
    match resultsOf first, resultsOf second with
    | Some left, Some right ->
        let there = Map.ofList right.Numbers

        let rows = [
            for name, value in left.Numbers do
                match Map.tryFind name there with
                | Some other ->
                    FormattableString.Invariant $"<tr><td>{text name}</td><td>{value:G4}</td><td>{other:G4}</td></tr>"
                | None -> ()
        ]

        if rows.IsEmpty then
            ""
        else
            $"""<details><summary>Numbers that both state ({rows.Length})</summary>
<table><tr><th></th><th>{text (weightsOf first)}</th><th>{text (weightsOf second)}</th></tr>
{String.Join("\n", rows)}</table></details>"""
    | _ -> ""

let card (out: string) (lesson: Lesson) (run: Run) =
    let folder = Path.Combine(out, lesson.Name)
    let first = column folder lesson.Name run
    let beside = runFile (pocketFolder out) lesson

    let kind, runs, numbers =
        if File.Exists beside then
            let other = Path.Combine(pocketFolder out, lesson.Name)
            let run = JsonSerializer.Deserialize<Run>(File.ReadAllText beside)
            let second = column other (pocketOnly + "/" + lesson.Name) run
            "card pair", $"{first}\n{second}", comparison folder other
        else
            "card", first, ""

    $"""<article class="{kind}">
<div class="runs">
{runs}
</div>
<a href="{lesson.Name}/index.html"><h2>{text lesson.Title}</h2></a>
<p>{text lesson.Summary}</p>
{numbers}
</article>"""

/// Writes the gallery of all lessons that have run into a folder, those of earlier runs included.
let writeGallery (lessons: Lesson list) (out: string) =
    let cards = [
        for lesson in lessons do
            let file = runFile out lesson

            if File.Exists file then
                card out lesson (JsonSerializer.Deserialize<Run>(File.ReadAllText file))
    ]

    let asset name =
        File.ReadAllText(inRoot $"src/Workbench/Lessons/Pages/{name}")

    let page =
        asset "gallery.html"
        |> Template.fill [
            "STYLE", asset "workbench.css"
            "SCRIPT", asset "workbench.js"
            "PLOTLY", PageScripts.cdn (File.ReadAllText(inRoot ".web/package.json"))
            "THUMBNAILS", asset "gallery.js"
            "CARDS", String.Join("\n", cards)
        ]

    File.WriteAllText(Path.Combine(out, "index.html"), page)
