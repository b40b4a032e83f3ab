module Workbench.Lessons.Tests.RunnerTests

open System.IO
open Xunit
open FsUnit.Xunit

let private lesson (title: string) (body: string) =
    $"(**\n---\ntitle: {title}\ndescription: For a test.\n---\n*)\n#load \"prelude.fsx\"\nopen Workbench\n{body}\n"

/// A checkout with the lessons given, and the libraries of this one.
let private withLessons (scripts: (string * string) list) (test: string -> unit) =
    let root = Repository.temporary ()

    try
        let folder = Directory.CreateDirectory(Path.Combine(root, "scripts")).FullName

        for shared in [ "lessons.fsx"; "gallery.fsx"; "prelude.fsx" ] do
            File.Copy(Repository.at $"scripts/{shared}", Path.Combine(folder, shared))

        for linked in [ "src"; ".web" ] do
            Directory.CreateSymbolicLink(Path.Combine(root, linked), Repository.at linked)
            |> ignore

        for name, text in scripts do
            File.WriteAllText(Path.Combine(folder, name + ".fsx"), text)

        test root
    finally
        Directory.Delete(root, recursive = true)

let private run (root: string) (arguments: string list) =
    Repository.runLessons (Path.Combine(root, "scripts", "lessons.fsx")) arguments

[<Fact>]
let ``A lesson says engine and weights first, fails with the sentence that is not true, and the others still run`` () =
    let scripts = [
        "01-false",
        lesson
            "False"
            "let lesson = Lesson.start \"01-false\" \"False\" []\nLesson.check lesson \"Two is three\" (2 = \
             3)\nLesson.finish lesson"
        "02-true", lesson "True" "Lesson.start \"02-true\" \"True\" [] |> Lesson.finish"
    ]

    withLessons scripts (fun root ->
        let finished = run root []
        finished.ExitCode |> should equal 1
        finished.Output |> should haveSubstring "[1/2] 01-false: False\nEngine: "
        finished.Output |> should haveSubstring ".\nWeights: none"
        finished.Output |> should haveSubstring "1 of 2 lessons passed"

        finished.Output
        |> should haveSubstring "Failed: 01-false\nNot true with these weights:\n  Two is three"

        let gallery = File.ReadAllText(Path.Combine(root, "out", "index.html"))
        gallery |> should haveSubstring "Two is three"
        gallery |> should haveSubstring "02-true/index.html")

[<Fact>]
let ``What goes wrong with weights ends a lesson with a message and without a stack trace`` () =
    let body =
        "let text = Lesson.explain (fun () -> System.IO.File.ReadAllText \"no-such-file\")\nLesson.start \"01-open\" \
         \"Open\" [] |> Lesson.finish"

    withLessons [ "01-open", lesson "Open" body ] (fun root ->
        let finished = run root [ "1" ]
        finished.ExitCode |> should equal 1
        finished.Output |> should haveSubstring "no-such-file"
        finished.Output |> should not' (haveSubstring "   at ")
        finished.Errors |> should not' (haveSubstring "   at "))

[<Fact>]
let ``A script that never finishes its lesson fails and is told so`` () =
    withLessons [ "01-unfinished", lesson "Unfinished" "printfn \"told half\"" ] (fun root ->
        let finished = run root [ "unfinished" ]
        finished.ExitCode |> should equal 1
        finished.Output |> should haveSubstring "must end with Lesson.finish")

[<Theory>]
[<InlineData "no-such-lesson">]
[<InlineData "--no-such-argument">]
let ``An argument that means nothing is named, and the lessons are listed`` (argument: string) =
    withLessons [ "07-some", lesson "Some title" "" ] (fun root ->
        let finished = run root [ argument ]
        finished.ExitCode |> should equal 2
        finished.Errors |> should haveSubstring argument
        finished.Errors |> should haveSubstring "07-some"
        finished.Errors |> should haveSubstring "Some title")

[<Fact>]
let ``A folder of weights that is not there is refused before anything runs`` () =
    withLessons [ "01-some", lesson "Some" "" ] (fun root ->
        let finished = run root [ "--models"; "no-such-folder" ]
        finished.ExitCode |> should equal 2
        finished.Errors |> should haveSubstring "no-such-folder"
        finished.Output |> should be EmptyString)

// A lesson of one number, on the folder that the test gives as weights or on what ships.
let private oneNumber =
    """
let model = [ "mine" ] |> Model.firstOr "pocket-gpt2" Embedding.hasPositions
let lesson = Lesson.start "01-one" "One" [ model.Weights ]
Embedding.positions model |> fun table -> Lesson.number lesson "positions" (float table.Rows.Length)
Lesson.finish lesson"""

/// A folder of weights called "mine": the pocket model under another name.
let private withMine (test: string -> unit) =
    let folder = Repository.temporary ()

    try
        let mine = Directory.CreateDirectory(Path.Combine(folder, "mine")).FullName

        for file in Directory.GetFiles(Repository.at "src/Pocket/pocket-gpt2") do
            File.Copy(file, Path.Combine(mine, FileInfo(file).Name))

        test folder
    finally
        Directory.Delete(folder, recursive = true)

[<Fact>]
let ``A lesson on weights of its reader's runs beside itself on the pocket models, and the gallery has both`` () =
    withMine (fun models ->
        withLessons [ "01-one", lesson "One" oneNumber ] (fun root ->
            let finished = run root [ "--models"; models; "--side-by-side" ]
            finished.Errors |> should be EmptyString
            finished.Output |> should haveSubstring "2 of 2 lessons passed"
            let gallery = File.ReadAllText(Path.Combine(root, "out", "index.html"))
            gallery |> should haveSubstring "class=\"card pair\""
            gallery |> should haveSubstring "mine (real)"
            gallery |> should haveSubstring "pocket-gpt2 (pocket)"
            gallery |> should haveSubstring "pocket/01-one/index.html"
            gallery |> should haveSubstring "<td>positions</td><td>256</td><td>256</td>"
            // Run again alone, it stands alone: the comparison was of a run that is gone.
            run root [ "--no-build"; "--pocket" ] |> _.ExitCode |> should equal 0
            let gallery = File.ReadAllText(Path.Combine(root, "out", "index.html"))
            gallery |> should not' (haveSubstring "card pair")
            gallery |> should haveSubstring "pocket-gpt2 (pocket)"))

[<Fact>]
let ``Side by side, a lesson that finds nothing but the pocket models runs once`` () =
    withLessons [ "01-one", lesson "One" oneNumber ] (fun root ->
        let finished = run root [ "--pocket"; "--side-by-side" ]
        finished.Output |> should haveSubstring "1 of 1 lessons passed"

        File.ReadAllText(Path.Combine(root, "out", "index.html"))
        |> should not' (haveSubstring "card pair"))

// A table of BERT's shape with more rows than its vocabulary has lines, as padding to a round number leaves it: the
// unused slots share a direction.
let private padded (models: string) =
    let folder =
        Directory.CreateDirectory(Path.Combine(models, "bert-base-uncased")).FullName

    let words =
        [ "[PAD]"; "[UNK]"; "[CLS]"; "[SEP]"; "[MASK]" ]
        @ [ for slot in 0..3 -> $"[unused{slot}]" ]
        @ [ "the"; "king"; "hello"; "world"; "##s"; "##ing" ]

    File.WriteAllLines(Path.Combine(folder, "vocab.txt"), words)
    File.WriteAllText(Path.Combine(folder, "tokenizer_config.json"), """{"do_lower_case": true}""")

    let table =
        Workbench.Sample.normal (Workbench.Seed 5UL) 24 32
        |> Workbench.Labelled.mapi (fun row column value ->
            if row >= 5 && row < 9 && column = 0 then
                value + 9.0
            else
                value)

    Workbench.Core.Formats
        .SafetensorsWriter()
        .Add("bert.embeddings.word_embeddings.weight", table.Values)
        .Write(Path.Combine(folder, "model.safetensors"))

[<Fact>]
let ``The lesson on all pairs runs on a table with more rows than the tokenizer has tokens`` () =
    let models = Repository.temporary ()

    try
        padded models
        let name = "03-all-to-all-cosine"

        withLessons [ name, File.ReadAllText(Repository.at $"scripts/{name}.fsx") ] (fun root ->
            let finished = run root [ "--models"; models ]
            finished.Errors |> should be EmptyString
            finished.Output |> should haveSubstring "1 of 1 lessons passed"
            let results = File.ReadAllText(Path.Combine(root, "out", name, "results.json"))
            results |> should haveSubstring "bert-base-uncased"
            results |> should haveSubstring "unused.count")
    finally
        Directory.Delete(models, recursive = true)

[<Fact>]
let ``Models are verified by a script that ends with 1 where a number is wrong, and where none was compared`` () =
    let folder = Repository.temporary ()

    let verify () =
        Repository.run 20.0 "dotnet" [ "fsi"; Repository.at "scripts/verify.fsx"; folder ]

    try
        verify().ExitCode |> should equal 1
        let pocket = Repository.at "src/Pocket/pocket-gpt2"
        let mine = Directory.CreateDirectory(Path.Combine(folder, "mine")).FullName

        for name in [ "config.json"; "model.safetensors" ] do
            File.Copy(Path.Combine(pocket, name), Path.Combine(mine, name))

        let expect (wrong: float) =
            let stream =
                Workbench.Model.load pocket |> Workbench.Residual.ofIds [| 10; 20; 30 |]

            let last = (Array.last stream.States).Copy()
            last[1, 5] <- last[1, 5] + float32 wrong

            Workbench.Core.Formats
                .SafetensorsWriter()
                .Add(
                    "ids",
                    Workbench.Core.Tensors.Matrix.FromArray(1, 3, System.ReadOnlySpan [| 10.0f; 20.0f; 30.0f |])
                )
                .Add("hidden.6", last)
                .Write(Path.Combine(folder, "mine.expected.safetensors"))

        expect 0.0
        let right = verify ()
        right.ExitCode |> should equal 0
        right.Output |> should haveSubstring "1 compared, 0 wrong, 0 skipped"
        expect 0.5
        let wrong = verify ()
        wrong.ExitCode |> should equal 1
        wrong.Output |> should haveSubstring "WRONG at hidden.6"
    finally
        Directory.Delete(folder, recursive = true)

[<Fact>]
let ``A script may open Plotly.NET beside the workbench, in either order, and no pictures start no browser`` () =
    let folder = Repository.temporary ()

    try
        let script = Path.Combine(folder, "both.fsx")

        let body = [
            "let ours, theirs = Chart.values [ 1.0; 2.0 ], Chart.Point([ 1.0 ], [ 2.0 ])"
            "let titled = theirs |> PlotlyChart.withTitle \"T\" |> Chart.ofPlotly"
            "printfn $\"{ours} | {titled}\""
        ]

        let lines = [
            for file in [ "prelude"; "plotly-net" ] do
                let path = Repository.at $"scripts/{file}.fsx"
                $"#load @\"{path}\""
            yield!
                "module PlotlyLast ="
                :: List.map ((+) "    ") ([ "open Workbench"; "open Plotly.NET" ] @ body)
            yield!
                "module WorkbenchLast ="
                :: List.map ((+) "    ") ([ "open Plotly.NET"; "open Workbench" ] @ body)
            "Workbench.Chart.saveImages []"
            "printfn \"end\""
        ]

        File.WriteAllLines(script, lines)

        // A browser that fails as soon as it is started.
        let finished =
            Repository.runWith [ "WORKBENCH_BROWSER", "/bin/false" ] 20.0 "dotnet" [ "fsi"; script ]

        finished.ExitCode |> should equal 0

        let line = "Chart: line of 2 points | Chart “T”: Plotly.NET scatter of 1 value"

        finished.Output |> should haveSubstring $"{line}\n{line}\nend"
    finally
        Directory.Delete(folder, recursive = true)
