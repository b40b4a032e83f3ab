namespace Workbench.Lessons.Tests

open System
open System.Collections.Concurrent
open System.IO
open System.Net
open System.Text.Json
open System.Text.RegularExpressions
open Xunit

/// One figure as the page's own script found it after drawing.
type DrawnFigure = {
    Name: string
    /// How many series the figure has, and how many of them hold values.
    Traces: int
    Drawn: int
    /// Points, lines, bars and images in the page.
    Marks: int
}

/// A page as a browser shows it.
type OpenedPage = {
    Figures: DrawnFigure list
    /// What the console would show in red.
    Errors: string list
    /// By how many pixels the page is wider than the window.
    Overflow: int
}

/// Headless Chromium, where there is one.
[<RequireQualifiedAccess>]
module Browser =
    let program =
        let folders =
            (string (Environment.GetEnvironmentVariable "PATH")).Split Path.PathSeparator

        [ "chromium"; "chromium-browser"; "google-chrome"; "google-chrome-stable" ]
        |> Seq.collect (fun name -> folders |> Seq.map (fun folder -> Path.Combine(folder, name)))
        |> Seq.tryFind File.Exists

    /// Why pages cannot be opened, or null when they can.
    let missing: (string | null) =
        if program.IsNone then
            "no Chromium is on the PATH"
        elif not (File.Exists(Repository.at ".web/node_modules/plotly.js-dist-min/plotly.min.js")) then
            "plotly.js is not installed in .web, and a test must not load it from the network"
        else
            null

    // The browser makes no window narrower than 500 pixels; a frame has any width.
    let private frame (width: int) (page: string) (question: string) =
        $"""<iframe src="{Uri(page).AbsoluteUri}" style="border:0;width:{width}px;height:1000px"></iframe>
<script>
const page = document.querySelector("iframe");
const ask = () => {{
  const document = page.contentDocument;
  const loaded = document && document.URL !== "about:blank" && document.readyState === "complete";
  const answer = loaded ? {question} : "";
  if (answer) window.document.body.dataset.answer = answer;
  else setTimeout(ask, 500);
}};
ask();
</script>"""

    /// Opens a page from disk in a frame of this width and evaluates an expression there until it is a text that is not
    /// empty.
    let ask (width: int) (page: string) (question: string) : string =
        let folder = Repository.temporary ()
        let wrapper = Path.Combine(folder, "frame.html")
        File.WriteAllText(wrapper, frame width page question)

        let finished =
            Repository.run 20.0 (Option.get program) [
                "--headless"
                "--no-sandbox"
                "--disable-gpu"
                "--enable-unsafe-swiftshader"
                "--disable-quic"
                "--disable-background-networking"
                "--disable-component-update"
                "--disable-sync"
                "--no-first-run"
                "--allow-file-access-from-files"
                $"--user-data-dir={folder}"
                $"--window-size={max 500 width},1000"
                "--virtual-time-budget=60000"
                "--dump-dom"
                Uri(wrapper).AbsoluteUri
            ]

        Directory.Delete(folder, recursive = true)
        let found = Regex.Match(finished.Output, "data-answer=\"([^\"]*)\"")

        if not found.Success then
            invalidOp $"{page} gave no answer to {question}; the browser ended with code {finished.ExitCode}."

        nonNull (WebUtility.HtmlDecode found.Groups[1].Value)

    // What all tests ask of a page, in one start of the browser for each width: what its script says of its figures,
    // how many formulas there are, set and not, and what axe finds serious or critical, with the first element that has
    // it. Axe is started once; its answer arrives later.
    let private question =
        let axe = Uri(Repository.at ".web/node_modules/axe-core/axe.min.js").AbsoluteUri

        $"(() => {{ const memory = document.documentElement.dataset; \
          const count = what => document.querySelectorAll(what).length; \
          if (!memory.figures) return ''; \
          if (memory.axe) return JSON.stringify({{ \
            report: JSON.parse(memory.figures), \
            formulas: [count('.math'), count('.math .katex'), count('.katex-error')], \
            barriers: JSON.parse(memory.axe) }}); \
          if (memory.axeStarted) return ''; \
          memory.axeStarted = 'yes'; \
          const script = document.createElement('script'); \
          script.src = '{axe}'; \
          script.onload = () => page.contentWindow.axe.run(document).then(found => \
            memory.axe = JSON.stringify(found.violations \
              .filter(each => each.impact === 'serious' || each.impact === 'critical') \
              .map(each => each.id + ': ' + each.nodes[0].html.slice(0, 200)))); \
          document.head.append(script); \
          return ''; }})()"

    let private asked = ConcurrentDictionary<int * string, Lazy<string>>()

    let private answer (width: int) (page: string) =
        JsonDocument.Parse(asked.GetOrAdd((width, page), (fun _ -> lazy (ask width page question))).Value)

    /// Opens a page from disk in a frame of this width and reads what its script says of its figures.
    let openPage (width: int) (page: string) : OpenedPage =
        use answer = answer width page
        let report = answer.RootElement.GetProperty "report"

        let list (name: string) =
            report.GetProperty(name).EnumerateArray()

        {
            Figures = [
                for figure in list "figures" ->
                    {
                        Name = string (figure.GetProperty "name")
                        Traces = figure.GetProperty("traces").GetInt32()
                        Drawn = figure.GetProperty("drawn").GetInt32()
                        Marks = figure.GetProperty("marks").GetInt32()
                    }
            ]
            Errors = [ for error in list "errors" -> string error ]
            Overflow = report.GetProperty("overflow").GetInt32()
        }

    /// How many formulas a page has, how many of them were set, and how many could not be.
    let formulas (width: int) (page: string) : int list =
        use answer = answer width page

        [
            for number in answer.RootElement.GetProperty("formulas").EnumerateArray() -> number.GetInt32()
        ]

    /// What axe finds serious or critical on a page, each with the first element that has it.
    let barriers (width: int) (page: string) : string list =
        use answer = answer width page

        [
            for each in answer.RootElement.GetProperty("barriers").EnumerateArray() -> string each
        ]

    /// Figures that are empty, or have series that are.
    let empty (page: OpenedPage) : DrawnFigure list =
        page.Figures
        |> List.filter (fun figure -> figure.Traces = 0 || figure.Drawn < figure.Traces || figure.Marks = 0)

/// A test for each lesson that needs a browser; skipped, and counted as skipped, where there is none.
type BrowserTheoryAttribute() as this =
    inherit TheoryAttribute()
    do this.Skip <- Browser.missing

/// The same for a single test.
type BrowserFactAttribute() as this =
    inherit FactAttribute()
    do this.Skip <- Browser.missing

/// The site that WORKBENCH_SITE names, where it has been built.
[<RequireQualifiedAccess>]
module Site =
    let folder =
        match Environment.GetEnvironmentVariable "WORKBENCH_SITE" with
        | null
        | "" -> None
        | folder -> Some(Path.GetFullPath(folder, Repository.root))

    /// Why the site's pages cannot be opened, or null when they can.
    let missing: string | null =
        if folder.IsNone then
            "WORKBENCH_SITE does not name a built site; .ci/docs builds one in output/"
        else
            Browser.missing

/// A test for each lesson's page on the site; skipped, and counted as skipped, where the site or a browser is missing.
type SiteTheoryAttribute() as this =
    inherit TheoryAttribute()
    do this.Skip <- Site.missing

/// The same for a single test.
type SiteFactAttribute() as this =
    inherit FactAttribute()
    do this.Skip <- Site.missing
