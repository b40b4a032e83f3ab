// Runs the lessons and writes a gallery of them to out/. Needs the .NET SDK and nothing else:
//
//   dotnet fsi scripts/lessons.fsx                        all lessons
//   dotnet fsi scripts/lessons.fsx 2 position-embeddings  some of them, by number or name
//   dotnet fsi scripts/lessons.fsx help                   every argument
open System
open System.Diagnostics
open System.IO
open System.Net
open System.Text.Json
open System.Text.RegularExpressions

/// Ends the run with a message for the person who started it.
exception Refused of string

let root = Path.GetFullPath(Path.Combine(__SOURCE_DIRECTORY__, ".."))
let inRoot (path: string) = Path.Combine(root, path)

type Lesson = {
    Name: string
    Title: string
    Summary: string
}

/// Title and summary stand in the script's front matter, where the site finds them too.
let readLesson (script: string) =
    let text = File.ReadAllText script

    let field key =
        let found = Regex.Match(text, $@"^{key}:[ \t]*(.+)$", RegexOptions.Multiline)
        found.Groups[1].Value.Trim()

    {
        Name = Path.GetFileNameWithoutExtension script
        Title = field "title"
        Summary = field "description"
    }

let lessons =
    Directory.GetFiles(__SOURCE_DIRECTORY__, "*.fsx")
    |> Array.filter (fun script -> Regex.IsMatch(Path.GetFileName script, @"^\d\d-.+\.fsx$"))
    |> Array.sort
    |> Array.map readLesson
    |> List.ofArray

let catalogue =
    String.Join("\n", [ for lesson in lessons -> $"  {lesson.Name, -32} {lesson.Title}" ])

let usage =
    $"""Usage: dotnet fsi scripts/lessons.fsx [LESSON ...] [--models DIR] [--out DIR] [--open]

  LESSON        a lesson's number or name; without one, all lessons run
  --models DIR  look for weights in DIR first (sets WORKBENCH_MODELS)
  --out DIR     write there instead of out/
  --open        show the gallery in the browser afterwards
  --no-build    use the libraries as they are built
  help          this text

Lessons:
{catalogue}"""

type Settings = {
    Chosen: Lesson list
    Models: string option
    Out: string
    Open: bool
    Build: bool
}

/// 2, 02, 02-position-similarity and position-similarity all mean the same lesson.
let tryFind (word: string) =
    let number (lesson: Lesson) = int (lesson.Name.Substring(0, 2))

    lessons
    |> List.tryFind (fun lesson ->
        word = lesson.Name
        || word = lesson.Name.Substring 3
        || fst (Int32.TryParse word) && int word = number lesson)

let rec parse settings arguments =
    match arguments with
    | [] -> {
        settings with
            Chosen = List.distinct settings.Chosen |> List.sort
      }
    | ("help" | "-h" | "--help") :: _ ->
        printfn $"{usage}"
        exit 0
    | "--models" :: folder :: rest when Directory.Exists folder ->
        parse
            {
                settings with
                    Models = Some(Path.GetFullPath folder)
            }
            rest
    | "--models" :: folder :: _ ->
        raise (Refused $"--models names a folder with weights in it, but there is no folder {folder}.")
    | "--out" :: folder :: rest ->
        parse
            {
                settings with
                    Out = Path.GetFullPath folder
            }
            rest
    | [ "--models" | "--out" as last ] -> raise (Refused $"{last} needs a folder after it.\n\n{usage}")
    | "--open" :: rest -> parse { settings with Open = true } rest
    | "--no-build" :: rest -> parse { settings with Build = false } rest
    | word :: rest ->
        match tryFind word with
        | Some lesson ->
            parse
                {
                    settings with
                        Chosen = lesson :: settings.Chosen
                }
                rest
        | None -> raise (Refused $"There is no lesson or argument {word}. The lessons are:\n\n{catalogue}")

/// Starts a program in the repository; its error output is collected, and shown as it comes unless quiet.
let start (quiet: bool) (environment: (string * string) list) (program: string) (arguments: string list) =
    let info =
        ProcessStartInfo(program, arguments, WorkingDirectory = root, RedirectStandardError = true)

    info.RedirectStandardOutput <- quiet

    for name, value in environment do
        info.Environment[name] <- value

    let lines = Collections.Generic.List<string>()
    use child = Process.Start info

    let keep (line: string | null) =
        if not (isNull line) then
            lock lines (fun () -> lines.Add line)

    child.ErrorDataReceived.Add(fun event -> keep event.Data)
    child.BeginErrorReadLine()

    if quiet then
        child.OutputDataReceived.Add(fun event -> keep event.Data)
        child.BeginOutputReadLine()

    child.WaitForExit()
    child.ExitCode, List.ofSeq lines

/// On Windows npm is a script that only the command interpreter can start.
let npm arguments =
    try
        if OperatingSystem.IsWindows() then
            start true [] "cmd" ("/c" :: "npm" :: arguments)
        else
            start true [] "npm" arguments
    with :? ComponentModel.Win32Exception ->
        127, [ "npm is not installed" ]

let newest (files: string seq) =
    files |> Seq.map File.GetLastWriteTimeUtc |> Seq.fold max DateTime.MinValue

let sources () =
    seq {
        for file in Directory.EnumerateFiles(inRoot "src", "*", SearchOption.AllDirectories) do
            if not (Regex.IsMatch(file, @"[\\/](bin|obj)[\\/]")) then
                file

        inRoot "paket.lock"
        inRoot "Directory.Build.props"
    }

let build () =
    let library = inRoot "src/Workbench/bin/Release/net10.0/Workbench.dll"

    if
        not (File.Exists library)
        || newest (sources ()) > File.GetLastWriteTimeUtc library
    then
        for what, arguments in
            [
                "Restoring tools", [ "tool"; "restore" ]
                "Restoring packages", [ "paket"; "restore" ]
                "Building the libraries", [ "build"; "src/Workbench"; "-c"; "Release"; "--nologo"; "-v"; "quiet" ]
            ] do
            printfn $"{what} …"
            let code, lines = start true [] "dotnet" arguments

            if code <> 0 then
                let log = String.Join("\n", lines)
                raise (Refused $"{what} failed:\n\n{log}")
        // A build that finds nothing to do leaves the old time, and would be asked for again.
        File.SetLastWriteTimeUtc(library, DateTime.UtcNow)

let plotly = inRoot ".web/node_modules/plotly.js-dist-min/plotly.min.js"

/// Figures need plotly.js: one copy beside the pages, or else the pages load it from the CDN.
let installPages (out: string) =
    let installed = inRoot ".web/node_modules/.package-lock.json"

    let stale =
        not (File.Exists installed)
        || newest [ inRoot ".web/package-lock.json" ] > newest [ installed ]

    if stale then
        printfn "Installing plotly.js and KaTeX with npm …"

        match npm [ "ci"; "--prefix"; inRoot ".web" ] with
        | 0, _ -> ()
        | _, lines ->
            printfn $"""npm could not install them ({List.tryLast lines |> Option.defaultValue "no reason given"})."""

    if File.Exists plotly then
        File.Copy(plotly, Path.Combine(out, "plotly.min.js"), overwrite = true)
    else
        printfn "plotly.js is not installed: the pages will load it from cdn.jsdelivr.net, which needs a network."

/// What became of one lesson; kept beside its page, so that the gallery also shows lessons of earlier runs.
type Run = {
    Passed: bool
    Seconds: float
    Reason: string
}

let runFile (out: string) (lesson: Lesson) =
    Path.Combine(out, lesson.Name, "run.json")

/// What a person can use of an error output: no stack frames, no notes of the interpreter.
let reason (lines: string list) =
    let useful (line: string) =
        line.Trim() <> ""
        && not (line.StartsWith "   at ")
        && line <> "Stopped due to error"

    String.Join("\n", lines |> List.filter useful)

let runLesson settings (number: int) (lesson: Lesson) =
    printfn $"\n[{number}/{settings.Chosen.Length}] {lesson.Name}: {lesson.Title}"
    let folder = Path.Combine(settings.Out, lesson.Name)

    if Directory.Exists folder then
        Directory.Delete(folder, recursive = true)

    Directory.CreateDirectory folder |> ignore
    let models = [ for folder in Option.toList settings.Models -> "WORKBENCH_MODELS", folder ]
    let clock = Stopwatch.StartNew()
    let script = Path.Combine(__SOURCE_DIRECTORY__, lesson.Name + ".fsx")

    let code, errors =
        start false (("WORKBENCH_OUT", settings.Out) :: models) "dotnet" [ "fsi"; script ]

    let seconds = clock.Elapsed.TotalSeconds
    let page = Path.Combine(folder, "index.html")

    let run =
        if code <> 0 then
            {
                Passed = false
                Seconds = seconds
                Reason = reason errors
            }
        elif not (File.Exists page) then
            {
                Passed = false
                Seconds = seconds
                Reason = "The script wrote no page: it must end with Lesson.finish."
            }
        else
            {
                Passed = true
                Seconds = seconds
                Reason = ""
            }

    File.WriteAllText(runFile settings.Out lesson, JsonSerializer.Serialize run)
    let verdict = if run.Passed then "passed" else "FAILED"
    printfn $"{verdict} in {seconds:F1} s"
    run

let text (plain: string) = WebUtility.HtmlEncode plain

/// The first chart of a lesson's page, without its caption.
let thumbnail (folder: string) =
    let page = Path.Combine(folder, "index.html")

    if File.Exists page then
        let shown =
            Regex.Matches(
                File.ReadAllText page,
                "<figure id=.*?>\n(.*?)\n<figcaption class=\"caption\">",
                RegexOptions.Singleline
            )

        shown
        |> Seq.map _.Groups[1].Value
        |> Seq.tryFind _.Contains("workbench-plot")
        |> Option.defaultValue ""
    else
        ""

let weightsOf (folder: string) =
    let file = Path.Combine(folder, "results.json")

    if File.Exists file then
        use results = JsonDocument.Parse(File.ReadAllText file)

        let names = [
            for entry in results.RootElement.GetProperty("weights").EnumerateArray() -> entry
        ]

        let name (entry: JsonElement) =
            $"""{entry.GetProperty("name")} ({entry.GetProperty("kind")})"""

        if names.IsEmpty then
            "no weights"
        else
            String.Join(", ", List.map name names)
    else
        "weights unknown"

let card (out: string) (lesson: Lesson) (run: Run) =
    let verdict, note =
        if run.Passed then
            "passed", ""
        else
            "failed", $"<pre>{text run.Reason}</pre>"

    $"""<article class="card {verdict}">
<a href="{lesson.Name}/index.html">
<div class="thumbnail">{thumbnail (Path.Combine(out, lesson.Name))}</div>
<h2>{text lesson.Title}</h2>
</a>
<p>{text lesson.Summary}</p>
{note}
<p class="notes"><span class="verdict">{verdict}</span> in {run.Seconds:F1} s · {text (weightsOf (Path.Combine(out, lesson.Name)))}</p>
</article>"""

let writeGallery (out: string) =
    let cards = [
        for lesson in lessons do
            let file = runFile out lesson

            if File.Exists file then
                card out lesson (JsonSerializer.Deserialize<Run>(File.ReadAllText file))
    ]

    let asset name =
        File.ReadAllText(inRoot $"src/Workbench/Pages/{name}")

    let page =
        (asset "gallery.html")
            .Replace("{{STYLE}}", asset "workbench.css")
            .Replace("{{SCRIPT}}", asset "workbench.js")
            .Replace("{{THUMBNAILS}}", asset "gallery.js")
            .Replace("{{CARDS}}", String.Join("\n", cards))

    File.WriteAllText(Path.Combine(out, "index.html"), page)

let show (page: string) =
    let opener =
        if OperatingSystem.IsWindows() then "explorer"
        elif OperatingSystem.IsMacOS() then "open"
        else "xdg-open"

    try
        Process.Start(opener, [ page ]) |> ignore
    with :? ComponentModel.Win32Exception ->
        printfn $"No browser could be started with {opener}."

let main arguments =
    let settings =
        parse
            {
                Chosen = []
                Models = None
                Out = inRoot "out"
                Open = false
                Build = true
            }
            arguments

    let settings =
        if settings.Chosen.IsEmpty then
            { settings with Chosen = lessons }
        else
            settings

    Directory.CreateDirectory settings.Out |> ignore

    if settings.Build then
        build ()

    installPages settings.Out

    let runs =
        settings.Chosen
        |> List.mapi (fun i lesson -> lesson, runLesson settings (i + 1) lesson)

    writeGallery settings.Out
    let gallery = Path.Combine(settings.Out, "index.html")
    let failed = runs |> List.filter (fun (_, run) -> not run.Passed)
    printfn $"\n{runs.Length - failed.Length} of {runs.Length} lessons passed. Gallery: {gallery}"

    for lesson, run in failed do
        printfn $"\nFailed: {lesson.Name}\n{run.Reason}"

    if settings.Open then
        show gallery

    if failed.IsEmpty then 0 else 1

try
    fsi.CommandLineArgs |> Array.skip 1 |> List.ofArray |> main |> exit
with
| Refused message ->
    eprintfn $"{message}"
    exit 2
| :? IOException
| :? UnauthorizedAccessException as error ->
    eprintfn $"{error.Message}"
    exit 2
