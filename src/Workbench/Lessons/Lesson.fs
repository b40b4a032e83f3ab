namespace Workbench

open System
open System.Collections.Generic
open System.IO
open System.Net
open System.Text.Encodings.Web
open System.Text.Json
open Workbench.Core.Formats
open Workbench.Core.Hub

/// <summary>Where a lesson's figures and numbers go.</summary>
/// <category index="8">Lessons</category>
type LessonOutput =
    /// `index.html` and `results.json` are written to a folder of the lesson's name in this one.
    | Folder of string
    /// Nothing is written: the figures become part of the page that evaluates the script.
    | Page

/// <summary>A lesson that is being told: its figures, findings and checks in the order in which they come.</summary>
/// <category index="8">Lessons</category>
[<Sealed>]
type Lesson internal (name: string, title: string, weights: Weights list, output: LessonOutput) =
    /// The script's name without its ending, e.g. "02-position-similarity".
    member _.Name = name
    member _.Title = title
    member _.Weights = weights
    member _.Output = output
    /// What computes it, once `Lesson.on` has told.
    member val internal Engine: Engine option = None with get, set
    member val internal Figures = List<Figure>()
    /// What the gallery shows of the lesson.
    member val internal FirstChart: Figure option = None with get, set
    member val internal Findings = List<Finding>()
    member val internal Checks = List<string * Outcome>()
    /// The literate script that tells the lesson, where there is one.
    member val internal Script = LiterateScript.tryCaller name
    /// All that was told, each with the script's line that told it.
    member val internal Told = List<int * Told>()

    /// Keeps what was told; where its line is not known, that of what came before.
    member internal this.Tell(told: Told) =
        let before =
            if this.Told.Count = 0 then
                0
            else
                fst this.Told[this.Told.Count - 1]

        let line =
            this.Script |> Option.bind LiterateScript.tryLine |> Option.defaultValue before

        this.Told.Add((max before line, told))

    override this.ToString() =
        let counts = [
            Counted.things "figure" this.Figures.Count
            Counted.things "finding" this.Findings.Count
            Counted.things "check" this.Checks.Count
        ]

        $"""{name}: {String.Join(", ", counts)}"""

/// <summary>What a lesson's script is written with: figures, numbers, and the checks that keep its prose
/// true.</summary>
/// <category index="8">Lessons</category>
[<RequireQualifiedAccess>]
module Lesson =
    /// The line that a lesson begins with: which weights, and why these.
    let private introduce (output: LessonOutput) (weights: Weights list) =
        let place (weights: Weights) =
            match output with
            | Folder _ -> $", read from {weights.File}"
            | Page -> ""

        let others =
            if HubSettings.FromEnvironment().PocketOnly then
                "WORKBENCH_MODELS hides all others"
            else
                "no published weights of its kind are at hand"

        let one (weights: Weights) =
            match weights.Kind with
            | Real -> $"{weights.Name}, the published weights{place weights}"
            | Pocket -> $"{weights.Name}, which ships with the workbench; {others}"
            | Planted -> $"{weights.Name}, {weights.File}"

        match weights with
        | [] -> "Weights: none, everything here follows from formulas."
        | some -> "Weights: " + String.Join("; ", List.map one some) + "."

    /// <summary>Begins a lesson, and prints which weights it uses and why.</summary>
    /// <param name="output">Where figures and numbers go; scripts get it from their prelude.</param>
    /// <param name="name">The script's name without its ending, e.g. "02-position-similarity".</param>
    /// <param name="title">As on the page.</param>
    /// <param name="weights">All weights used; empty when everything follows from formulas.</param>
    /// <example><code lang="fsharp">Lesson.startIn Page "00-trial" "A trial" [ gpt2.Weights ]</code> is <c>00-trial: 0
    /// figures, 0 findings, 0 checks</c>.</example>
    let startIn (output: LessonOutput) (name: string) (title: string) (weights: Weights list) : Lesson =
        printfn $"{introduce output weights}"
        Lesson(name, title, weights, output)

    /// <summary>Tells what computes the lesson, for the top of its page.</summary>
    /// <returns>The same lesson.</returns>
    /// <example><code lang="fsharp">
    /// Lesson.startIn Page "00-trial" "A trial" [ gpt2.Weights ] |> Lesson.on Engine.cpu
    /// </code> is <c>00-trial: 0 figures, 0 findings, 0 checks</c>.</example>
    let on (engine: Engine) (lesson: Lesson) : Lesson =
        lesson.Engine <- Some engine
        lesson

    let private add (lesson: Lesson) (name: string) (caption: string) (html: string) : Figure =
        if lesson.Figures.Exists(fun figure -> figure.Name = name) then
            invalidArg (nameof name) $"The lesson {lesson.Name} already has a figure named {name}; names are anchors."

        let figure = {
            Name = name
            Caption = caption
            Html = html
        }

        lesson.Figures.Add figure
        lesson.Tell(Shown figure)
        figure

    /// <summary>Adds a chart; the result shows itself on a page of the site.</summary>
    /// <param name="lesson">The lesson that it belongs to.</param>
    /// <param name="name">Unique in the lesson, lower case with hyphens.</param>
    /// <param name="caption">What is seen, how many values it is made of, and the seed if there is one.</param>
    /// <param name="chart">What is drawn.</param>
    /// <exception cref="T:System.ArgumentException">The lesson already has a figure of that name.</exception>
    /// <example><code lang="fsharp">
    /// let lesson = Lesson.startIn Page "00-trial" "A trial" []
    /// Chart.values [ 1.0; 2.0; 4.0 ] |> Lesson.figure lesson "curve" "Three values."
    /// </code> is <c>figure curve: Three values.</c>.</example>
    /// <example><code lang="fsharp">
    /// let lesson = Lesson.startIn Page "00-trial" "A trial" []
    /// Chart.values [ 1.0; 2.0 ] |> Lesson.figure lesson "curve" "Two values." |> ignore
    /// Chart.values [ 3.0; 4.0 ] |> Lesson.figure lesson "curve" "Two others."
    /// </code> throws <c>ArgumentException</c>.</example>
    let figure (lesson: Lesson) (name: string) (caption: string) (chart: Chart) : Figure =
        let figure = add lesson name caption (Chart.toHtml chart)
        lesson.FirstChart <- Some(Option.defaultValue figure lesson.FirstChart)
        figure

    /// <summary>Adds a table, and prints it where the lesson writes to a folder; the result shows itself on a page of
    /// the site.</summary>
    /// <exception cref="T:System.ArgumentException">The lesson already has a figure of that name.</exception>
    /// <example><code lang="fsharp">
    /// let lesson = Lesson.startIn Page "00-trial" "A trial" []
    /// Table.ofRows [ "animal"; "legs" ] [ [ Text "hen"; Count 2L ] ] |> Lesson.table lesson "legs" "One animal."
    /// </code> is <c>figure legs: One animal.</c>.</example>
    let table (lesson: Lesson) (name: string) (caption: string) (table: Table) : Figure =
        match lesson.Output with
        | Folder _ -> Table.print table
        | Page -> ()

        add lesson name caption (Table.toHtml table)

    /// <summary>States a result: it is printed, and stands in results.json under its name.</summary>
    /// <exception cref="T:System.ArgumentException">The lesson already has a finding of that name.</exception>
    /// <example><code lang="fsharp">
    /// let lesson = Lesson.startIn Page "00-trial" "A trial" []
    /// Finding.number "cosine.mean" 0.117 |> Finding.withN 32640L |> Lesson.report lesson
    /// lesson
    /// </code> is <c>00-trial: 0 figures, 1 finding, 0 checks</c>.</example>
    /// <example><code lang="fsharp">
    /// let lesson = Lesson.startIn Page "00-trial" "A trial" []
    /// Lesson.report lesson (Finding.count "tokens" 50257L)
    /// Lesson.report lesson (Finding.count "tokens" 50257L)
    /// </code> throws <c>ArgumentException</c>.</example>
    let report (lesson: Lesson) (finding: Finding) : unit =
        if lesson.Findings.Exists(fun earlier -> earlier.Name = finding.Name) then
            invalidArg (nameof finding) $"The lesson {lesson.Name} already has a finding named {finding.Name}."

        lesson.Findings.Add finding
        lesson.Tell(Stated finding)
        printfn $"{Finding.describe finding}"

    /// <summary>States several results in order.</summary>
    /// <example><code lang="fsharp">
    /// let lesson = Lesson.startIn Page "00-trial" "A trial" []
    /// Lesson.reportAll lesson [ Finding.count "tokens" 50257L; Finding.counts "shape" [ 256; 192 ] ]
    /// lesson
    /// </code> is <c>00-trial: 0 figures, 2 findings, 0 checks</c>.</example>
    let reportAll (lesson: Lesson) (findings: Finding list) : unit = findings |> List.iter (report lesson)

    /// <summary>States a number without further notes: `report` with `Finding.number`.</summary>
    /// <example><code lang="fsharp">
    /// let lesson = Lesson.startIn Page "00-trial" "A trial" []
    /// Lesson.number lesson "cosine.mean" 0.117
    /// lesson
    /// </code> is <c>00-trial: 0 figures, 1 finding, 0 checks</c>.</example>
    let number (lesson: Lesson) (name: string) (value: float) : unit =
        report lesson (Finding.number name value)

    let private judge (lesson: Lesson) (sentence: string) (outcome: Outcome) =
        lesson.Checks.Add((sentence, outcome))
        lesson.Tell(Checked(sentence, outcome))

        match outcome with
        | Holds -> printfn $"✓ {sentence}"
        | Fails -> printfn $"✗ {sentence}"
        | NotChecked -> printfn $"· {sentence} (not checked: other weights)"

    /// <summary>A sentence of the prose and whether it is true. A false one fails the lesson when it
    /// finishes.</summary>
    /// <example><code lang="fsharp">
    /// let lesson = Lesson.startIn Page "00-trial" "A trial" []
    /// Lesson.check lesson "Positions lie in 192 dimensions." (positions.Columns.Length = 192)
    /// lesson
    /// </code> is <c>00-trial: 0 figures, 0 findings, 1 check</c>.</example>
    let check (lesson: Lesson) (sentence: string) (holds: bool) : unit =
        judge lesson sentence (if holds then Holds else Fails)

    /// <summary>A sentence that speaks of weights of one kind, e.g. the numbers known of a published model; left open
    /// for others.</summary>
    /// <example><code lang="fsharp">
    /// // Known of the published model; the small one leaves it open.
    /// let lesson = Lesson.startIn Page "00-trial" "A trial" [ gpt2.Weights ]
    /// Lesson.checkFor Real lesson "Positions lie in 768 dimensions." (positions.Columns.Length = 768)
    /// Lesson.finish lesson
    /// </code></example>
    let checkFor (kind: WeightsKind) (lesson: Lesson) (sentence: string) (holds: bool) : unit =
        if lesson.Weights |> List.forall (fun weights -> weights.Kind = kind) then
            check lesson sentence holds
        else
            judge lesson sentence NotChecked

    /// <summary>A sentence that speaks of one published model, by its name or the last part of it; left open on
    /// others.</summary>
    /// <example><code lang="fsharp">
    /// let lesson = Lesson.startIn Page "00-trial" "A trial" [ gpt2.Weights ]
    /// Lesson.checkOf "gpt2" lesson "Positions lie in 768 dimensions." (positions.Columns.Length = 768)
    /// Lesson.finish lesson
    /// </code></example>
    let checkOf (model: string) (lesson: Lesson) (sentence: string) (holds: bool) : unit =
        let isIt (weights: Weights) =
            Path.GetFileName(weights.Name.TrimEnd('/')) = model

        if List.exists isIt lesson.Weights then
            check lesson sentence holds
        else
            judge lesson sentence NotChecked

    let private resource (name: string) =
        use stream =
            nonNull (typeof<Lesson>.Assembly.GetManifestResourceStream $"Workbench.Pages.{name}")

        use reader = new StreamReader(stream)
        reader.ReadToEnd()

    let private page (lesson: Lesson) =
        let text (plain: string) = WebUtility.HtmlEncode plain |> nonNull

        let weights =
            match lesson.Weights with
            | [] -> "none"
            | some ->
                String.Join(", ", [ for each in some -> $"{each.Name} ({(string each.Kind).ToLowerInvariant()})" ])

        // Without a script there is no prose, which has the title otherwise.
        let cells =
            match lesson.Script with
            | Some script -> LiterateScript.parse (File.ReadAllText script)
            | None -> [ Prose $"# {lesson.Title}" ]

        let count outcome =
            lesson.Checks |> Seq.filter (fun (_, each) -> each = outcome) |> Seq.length

        let verdict = [
            match Counted.things "sentence" lesson.Checks.Count with
            | "1 sentence" -> "1 sentence of this page was held against the weights."
            | sentences -> $"{sentences} of this page were held against the weights."
            if count Fails > 0 then
                $"{count Fails} not true with these weights."
            if count NotChecked > 0 then
                $"{count NotChecked} left open here: they speak of weights of another kind than these."
        ]

        resource "lesson.html"
        |> Template.fill [
            "STYLE", resource "workbench.css"
            "SCRIPT", resource "workbench.js"
            "PLOTLY", FigurePage.cdn.Value
            "KATEX", FigurePage.katexCdn.Value
            "TITLE", text lesson.Title
            "WEIGHTS", text weights
            "ENGINE",
            (match lesson.Engine with
             | Some engine -> $"<br>Computed by: {text (string engine)}"
             | None -> "")
            "ARTICLE", LessonPage.article cells (List.ofSeq lesson.Told)
            "VERDICT", text (String.Join(" ", verdict))
        ]

    let private results (lesson: Lesson) =
        use stream = new MemoryStream()

        do
            use writer =
                new Utf8JsonWriter(
                    stream,
                    JsonWriterOptions(Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping)
                )

            writer.WriteStartObject()
            writer.WriteString("lesson", lesson.Name)
            writer.WriteStartArray "weights"

            for weights in lesson.Weights do
                writer.WriteStartObject()
                writer.WriteString("name", weights.Name)
                writer.WriteString("kind", (string weights.Kind).ToLowerInvariant())
                writer.WriteString("file", weights.File)
                writer.WriteString("sha256", weights.Sha256)
                writer.WriteEndObject()

            writer.WriteEndArray()
            writer.WriteStartArray "results"
            Seq.iter (Finding.writeJson writer) lesson.Findings
            writer.WriteEndArray()
            writer.WriteEndObject()

        stream.ToArray()

    let private write (lesson: Lesson) (name: string) (content: byte[]) =
        match lesson.Output with
        | Page -> ()
        | Folder root ->
            let path = Path.Combine(root, lesson.Name, name)
            Directory.CreateDirectory(nonNull (Path.GetDirectoryName path)) |> ignore
            WholeFile.Write(path, (fun stream -> stream.Write(ReadOnlySpan content)))

    let private writeText (lesson: Lesson) (name: string) (content: string) =
        write lesson name (Text.Encoding.UTF8.GetBytes content)

    /// <summary>Writes a text file beside the lesson's page: a log, a CSV, a LaTeX table. Nothing is written where a
    /// site's page is evaluated.</summary>
    /// <param name="lesson">The lesson that it belongs to.</param>
    /// <param name="name">A file name with its ending; it may begin with a folder.</param>
    /// <param name="content">The whole text.</param>
    /// <example><code lang="fsharp">
    /// let output = Folder(IO.Path.Combine(IO.Path.GetTempPath(), "workbench-examples"))
    /// let lesson = Lesson.startIn output "00-trial" "A trial" []
    /// Lesson.file lesson "data/animals.csv" "animal,legs\nhen,2\n"
    /// </code></example>
    let file (lesson: Lesson) (name: string) (content: string) : unit =
        writeText lesson name content
        lesson.Tell(Written(name, name))

    /// <summary>Writes a page of tables to leaf through beside the lesson's own, each under a heading that opens
    /// it.</summary>
    /// <example><code lang="fsharp">
    /// let output = Folder(IO.Path.Combine(IO.Path.GetTempPath(), "workbench-examples"))
    /// let lesson = Lesson.startIn output "00-trial" "A trial" []
    /// let table = Table.ofRows [ "animal"; "legs" ] [ [ Text "hen"; Count 2L ] ]
    /// Lesson.tablesPage lesson "tables.html" "All tables" [ ("Legs", table) ]
    /// </code></example>
    let tablesPage (lesson: Lesson) (name: string) (title: string) (sections: (string * Table) list) : unit =
        let text (plain: string) = WebUtility.HtmlEncode plain |> nonNull

        let section (heading: string, table: Table) =
            $"<details>\n<summary>{text heading}</summary>\n{Table.toHtml table}\n</details>"

        resource "tables.html"
        |> Template.fill [
            "STYLE", resource "workbench.css"
            "TITLE", text title
            "LESSON", text lesson.Title
            "SECTIONS", String.Join("\n", List.map section sections)
        ]
        |> writeText lesson name

        lesson.Tell(Written(name, title))

    /// <summary>Ends the lesson: writes `index.html` and `results.json` where its output is a folder.</summary>
    /// <exception cref="T:Workbench.LessonException">A check failed; the message lists the sentences that are not
    /// true.</exception>
    /// <example><code lang="fsharp">
    /// let folder = IO.Path.Combine(IO.Path.GetTempPath(), "workbench-examples")
    /// let lesson = Lesson.startIn (Folder folder) "00-trial" "A trial" []
    /// Lesson.number lesson "cosine.mean" 0.117
    /// Lesson.finish lesson
    /// IO.File.Exists(IO.Path.Combine(folder, "00-trial", "results.json"))
    /// </code> is <c>true</c>.</example>
    /// <example><code lang="fsharp">
    /// let lesson = Lesson.startIn Page "00-trial" "A trial" []
    /// Lesson.check lesson "One is two." (1 = 2)
    /// Lesson.finish lesson
    /// </code> throws <c>LessonException</c>.</example>
    let finish (lesson: Lesson) : unit =
        match lesson.Output with
        | Page -> ()
        | Folder root ->
            writeText lesson "index.html" (page lesson)
            write lesson "results.json" (results lesson)

            // For the gallery, which shows it without the caption.
            match lesson.FirstChart with
            | Some figure -> writeText lesson "thumbnail.html" figure.Html
            | None -> File.Delete(Path.Combine(root, lesson.Name, "thumbnail.html"))

            printfn $"""Written to {Path.Combine(root, lesson.Name, "index.html")}"""

        let untrue = [
            for sentence, outcome in lesson.Checks do
                if outcome = Fails then
                    sentence
        ]

        if not untrue.IsEmpty then
            let list = String.Join("\n", untrue |> List.map (fun sentence -> "  " + sentence))
            raise (LessonException($"Not true with these weights:\n{list}", null))

    /// <summary>Does what may go wrong through no fault of the script, such as opening weights: failing, it ends the
    /// lesson with the message alone.</summary>
    /// <exception cref="T:Workbench.LessonException">The work threw; the message is that of its exception.</exception>
    /// <example><code lang="fsharp">
    /// Lesson.explain (fun () -> gpt2 |> Residual.next 1 "two birds") |> Array.length
    /// </code> is <c>1</c>.</example>
    /// <example><code lang="fsharp">Lesson.explain (fun () -> bert |> Residual.next 1 "two birds")</code> throws
    /// <c>LessonException</c>.</example>
    let explain (work: unit -> 'r) : 'r =
        try
            work ()
        with error ->
            raise (LessonException(error.Message, error))
