// Runs the lessons and writes a gallery of them to out/. Needs the .NET SDK and nothing else:
//
//   dotnet fsi scripts/lessons.fsx                        all lessons
//   dotnet fsi scripts/lessons.fsx 2 position-embeddings  some of them, by number or name
//   dotnet fsi scripts/lessons.fsx --side-by-side         on your weights and on the pocket models, compared
//   dotnet fsi scripts/lessons.fsx help                   every argument
#load "gallery.fsx"

open System
open System.Diagnostics
open System.IO
open System.Text.Json
open System.Text.RegularExpressions
open Gallery
open Workbench

/// Ends the run with a message for the person who started it.
exception Refused of string

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
    $"""Usage: dotnet fsi scripts/lessons.fsx [LESSON ...] [OPTIONS]
       [--models DIR | --pocket] [--model NAME] [--vectors NAME] [--side-by-side] [--out DIR] [--open]

  LESSON          a lesson's number or name; without one, all lessons run
  --models DIR    look for weights in DIR first (sets WORKBENCH_MODELS)
  --pocket        use the pocket models, which ship with the workbench, whatever else is there (WORKBENCH_MODELS=pocket)
  --model NAME    lessons 3 to 8 on this model, a name, folder or file (sets WORKBENCH_MODEL)
  --vectors NAME  lessons 4, 6 and 7 with these word vectors (sets WORKBENCH_VECTORS)
  --side-by-side  run a lesson that found other weights again on the pocket models, and compare
  --out DIR       write there instead of out/
  --open          show the gallery in the browser afterwards
  --no-build      use the libraries as they are built
  help            this text

Lessons:
{catalogue}"""

type Settings = {
    Chosen: Lesson list
    /// What the lessons find in WORKBENCH_MODELS, if not what this process has there.
    Models: string option
    /// What they find in WORKBENCH_MODEL and WORKBENCH_VECTORS, likewise.
    Choices: (string * string) list
    SideBySide: bool
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

/// A path is one from here; lessons run in the repository's folder.
let choose (variable: string) (name: string) settings =
    let name = if Path.Exists name then Path.GetFullPath name else name

    {
        settings with
            Choices = (variable, name) :: settings.Choices
    }

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
    | "--pocket" :: rest ->
        parse
            {
                settings with
                    Models = Some pocketOnly
            }
            rest
    | "--side-by-side" :: rest -> parse { settings with SideBySide = true } rest
    | "--out" :: folder :: rest ->
        parse
            {
                settings with
                    Out = Path.GetFullPath folder
            }
            rest
    | "--model" :: name :: rest -> parse (choose "WORKBENCH_MODEL" name settings) rest
    | "--vectors" :: name :: rest -> parse (choose "WORKBENCH_VECTORS" name settings) rest
    | [ "--model" | "--vectors" as last ] -> raise (Refused $"{last} needs a name after it.\n\n{usage}")
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

/// Where a program's output goes.
type Output =
    /// To the terminal, which a single lesson has for itself.
    | Shown
    /// Line by line to a function.
    | Told of (string -> unit)

/// Starts a program in the repository, and waits for it; its errors are collected.
let start (output: Output) (environment: (string * string) list) (program: string) (arguments: string list) =
    let info =
        ProcessStartInfo(program, arguments, WorkingDirectory = root, RedirectStandardError = true)

    info.RedirectStandardOutput <- not output.IsShown

    for name, value in environment do
        info.Environment[name] <- value

    let errors = Collections.Generic.List<string>()
    use child = Process.Start info

    let whenThere (take: string -> unit) (line: string | null) =
        match line with
        | null -> ()
        | line -> take line

    child.ErrorDataReceived.Add(fun event -> whenThere errors.Add event.Data)
    child.BeginErrorReadLine()

    match output with
    | Shown -> ()
    | Told tell ->
        child.OutputDataReceived.Add(fun event -> whenThere tell event.Data)
        child.BeginOutputReadLine()

    child.WaitForExit()
    child.ExitCode, List.ofSeq errors

/// For processes of some seconds: no second compilation with a profile, and one heap instead of one per processor,
/// which F# Interactive asks for. A lesson takes a fifth less, and so does the build. Who has set them is obeyed.
let shortLived = [
    for name in [ "DOTNET_TieredPGO"; "DOTNET_gcServer" ] do
        if isNull (Environment.GetEnvironmentVariable name) then
            name, "0"
]

/// The same for a program of which only the failure is worth a word: all that it said.
let startQuietly (program: string) (arguments: string list) =
    let said = Collections.Concurrent.ConcurrentQueue<string>()
    let code, errors = start (Told said.Enqueue) shortLived program arguments
    code, List.ofSeq said @ errors

/// On Windows npm is a script that only the command interpreter can start.
let npm arguments =
    try
        if OperatingSystem.IsWindows() then
            startQuietly "cmd" ("/c" :: "npm" :: arguments)
        else
            startQuietly "npm" arguments
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
            let code, lines = startQuietly "dotnet" arguments

            if code <> 0 then
                let log = String.Join("\n", lines)
                raise (Refused $"{what} failed:\n\n{log}")
        // A build that finds nothing to do leaves the old time, and would be asked for again.
        File.SetLastWriteTimeUtc(library, DateTime.UtcNow)

let plotly = inRoot $".web/node_modules/{PageScripts.package}/{PageScripts.file}"

/// The formulas' script, style and fonts; every browser that shows these pages reads woff2.
let copyKatex (folder: string) =
    let source = inRoot ".web/node_modules/katex/dist"

    for file, inFolder in
        [
            "katex.min.css", ""
            "katex.min.js", ""
            "contrib/auto-render.min.js", ""
            for font in Directory.GetFiles(Path.Combine(source, "fonts"), "*.woff2") do
                "fonts/" + Path.GetFileName font, "fonts"
        ] do
        let place = Path.Combine(folder, "katex", inFolder)
        Directory.CreateDirectory place |> ignore
        File.Copy(Path.Combine(source, file), Path.Combine(place, Path.GetFileName file), overwrite = true)

/// Figures need plotly.js and formulas KaTeX, which npm fetches once.
let fetchPages () =
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

/// One copy in each folder of pages, or else the pages load them from the CDN.
let installPages (folders: string list) =
    if File.Exists plotly then
        for folder in folders do
            File.Copy(plotly, Path.Combine(folder, "plotly.min.js"), overwrite = true)
            copyKatex folder
    else
        printfn
            "plotly.js and KaTeX are not installed: the pages load them from cdn.jsdelivr.net, which needs a network."

/// What a person can use of an error output: no stack frames, no notes of the interpreter.
let reason (lines: string list) =
    let useful (line: string) =
        line.Trim() <> ""
        && not (line.StartsWith "   at ")
        && line <> "Stopped due to error"

    String.Join("\n", lines |> List.filter useful)

/// Lessons run side by side and are read one after the other: what a later one says waits for its turn.
type Turns(count: int) =
    let waiting = Array.init count (fun _ -> Collections.Generic.Queue<string>())
    let ended = Array.create count false
    let mutable turn = 0

    member _.Say (number: int) (line: string) =
        lock waiting (fun () ->
            if number = turn then
                printfn "%s" line
            else
                waiting[number].Enqueue line)

    member _.End(number: int) =
        lock waiting (fun () ->
            ended[number] <- true

            while turn < count && ended[turn] do
                turn <- turn + 1

                if turn < count then
                    waiting[turn] |> Seq.iter (printfn "%s")
                    waiting[turn].Clear())

/// Up to half of a lesson is F# Interactive's own, on one processor: two at a time all eight took 55 and 59 s on two
/// cores, one by one 66 and 72 s.
let sideBySide = min 2 Environment.ProcessorCount

/// Runs a lesson into a folder of its name in this one, with these weights in sight.
let runLesson
    (output: Output)
    (say: string -> unit)
    (choices: (string * string) list)
    (models: string option)
    (out: string)
    (lesson: Lesson)
    =
    let folder = Path.Combine(out, lesson.Name)

    if Directory.Exists folder then
        Directory.Delete(folder, recursive = true)

    Directory.CreateDirectory folder |> ignore
    let models = [ for folder in Option.toList models -> "WORKBENCH_MODELS", folder ]
    let clock = Stopwatch.StartNew()
    let script = Path.Combine(__SOURCE_DIRECTORY__, lesson.Name + ".fsx")

    let choices =
        if models = [ ("WORKBENCH_MODELS", pocketOnly) ] then
            [ "WORKBENCH_MODEL", ""; "WORKBENCH_VECTORS", "" ]
        else
            choices

    let code, errors =
        start output (("WORKBENCH_OUT", out) :: shortLived @ models @ choices) "dotnet" [ "fsi"; script ]

    let page = Path.Combine(folder, "index.html")

    let reason =
        if code <> 0 then
            reason errors
        elif not (File.Exists page) then
            "The script wrote no page: it must end with Lesson.finish."
        else
            ""

    let run = {
        Passed = code = 0 && File.Exists page
        Seconds = clock.Elapsed.TotalSeconds
        Reason = reason
    }

    File.WriteAllText(runFile out lesson, JsonSerializer.Serialize run)
    let verdict = if run.Passed then "passed" else "FAILED"
    say (FormattableString.Invariant $"{verdict} in {run.Seconds:F1} s")
    run

/// A lesson, and once more on the pocket models where two are wanted and it has found others.
let runBoth settings (turns: Turns) (number: int) (lesson: Lesson) =
    let say = turns.Say number
    let output = if settings.Chosen.Length = 1 then Shown else Told say
    say $"\n[{number + 1}/{settings.Chosen.Length}] {lesson.Name}: {lesson.Title}"
    let run = runLesson output say settings.Choices settings.Models settings.Out lesson
    let pocket = pocketFolder settings.Out
    let earlier = Path.Combine(pocket, lesson.Name)

    if Directory.Exists earlier then
        Directory.Delete(earlier, recursive = true)

    let foundOthers =
        match resultsOf (Path.Combine(settings.Out, lesson.Name)) with
        | Some results -> results.Weights |> List.exists (fun (_, kind) -> kind = "real")
        | None -> false

    let runs =
        if settings.SideBySide && foundOthers then
            say "The same on the pocket models:"
            [ run; runLesson output say settings.Choices (Some pocketOnly) pocket lesson ]
        else
            [ run ]

    turns.End number
    runs

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
                Choices = []
                SideBySide = false
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

    let folders = [
        settings.Out
        if settings.SideBySide then
            pocketFolder settings.Out
    ]

    for folder in folders do
        Directory.CreateDirectory folder |> ignore

    // Fetching waits for others, and building for the processor.
    let fetching = Threading.Tasks.Task.Run fetchPages

    if settings.Build then
        build ()

    fetching.GetAwaiter().GetResult()
    installPages folders

    let turns = Turns settings.Chosen.Length

    let runs =
        Async.Parallel(
            [
                for number, lesson in List.indexed settings.Chosen ->
                    async { return [ for run in runBoth settings turns number lesson -> lesson, run ] }
            ],
            maxDegreeOfParallelism = sideBySide
        )
        |> Async.RunSynchronously
        |> List.concat

    writeGallery lessons settings.Out
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
