namespace Workbench

open System
open System.IO
open System.Reflection
open Plotly.NET

/// Figures as HTML.
[<RequireQualifiedAccess>]
module internal FigurePage =
    let private resource (name: string) =
        use stream =
            Assembly.GetExecutingAssembly().GetManifestResourceStream name
            |> Option.ofObj
            |> Option.defaultWith (fun () ->
                invalidOp $"The assembly Workbench lacks its resource {name}; build it again.")

        use reader = new StreamReader(stream)
        reader.ReadToEnd()

    /// Where the CDN has plotly.js.
    let cdn = lazy PageScripts.cdn (resource "package.json")

    /// Where the CDN has KaTeX.
    let katexCdn = lazy PageScripts.katexCdn (resource "package.json")

    /// The script that draws a page's figures.
    let private script = lazy resource "figure.js"

    /// A figure element with its script, for a page that loads plotly.js anywhere.
    let fragment (drawing: Drawing) : string =
        let wide = FigureChart.ofDrawing Paper.Wide false drawing
        let narrow = FigureChart.ofDrawing Paper.Narrow false drawing
        let width, height = FigureChart.sizeOf false drawing wide

        let layout chart =
            FigureJson.toText (GenericChart.getLayout chart)

        let description = Escape.html (DrawingText.describe drawing)

        let caption =
            match FigureLabels.caption drawing with
            | "" -> ""
            | caption -> $"<figcaption style=\"font-size:0.85em;opacity:0.8\">{Escape.html caption}</figcaption>\n"

        String.Join(
            "\n",
            [
                $"<figure class=\"workbench-figure\" style=\"max-width:{width}px;margin:1.5em 0\">"
                $"<div class=\"workbench-plot\" role=\"img\" aria-label=\"{description}\" \
                  style=\"width:100%%;min-height:{min height 300}px\"></div>"
                caption + "<script>"
                script.Value.Trim()
                "workbenchFigure(document.currentScript.parentElement.querySelector(\".workbench-plot\"),"
                FigureJson.toText (GenericChart.getTraces wide) + ","
                $"{{\"wide\":{layout wide},\"narrow\":{layout narrow}}},"
                FigureJson.toText (GenericChart.getConfig wide) + ");"
                "</script>"
                "</figure>"
            ]
        )

    /// The copy of plotly.js that npm put beside this repository, looked for from here and from the assembly upwards.
    let localPlotly () : string option =
        let rec above (folder: DirectoryInfo | null) =
            match folder with
            | null -> None
            | folder ->
                let file =
                    Path.Combine(folder.FullName, ".web", "node_modules", PageScripts.package, PageScripts.file)

                if File.Exists file then Some file else above folder.Parent

        // fsi loads the assembly from where it was built, and runs in the folder of the user.
        [
            Environment.CurrentDirectory
            AppContext.BaseDirectory
            Assembly.GetExecutingAssembly().Location
        ]
        |> List.filter (fun place -> place <> "")
        |> List.tryPick (fun folder -> above (DirectoryInfo folder))

    let scriptElement (source: PlotlySource) : string =
        match source with
        | PlotlySource.At path -> $"<script src=\"{Escape.html path}\"></script>"
        | PlotlySource.Cdn ->
            $"<script src=\"{cdn.Value}\" integrity=\"{PageScripts.integrity}\" crossorigin=\"anonymous\"></script>"

    let page (title: string) (source: PlotlySource) (body: string) : string =
        String.Join(
            "\n",
            [
                "<!DOCTYPE html>"
                "<html lang=\"en\">"
                "<head>"
                "<meta charset=\"utf-8\">"
                "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
                $"<title>{Escape.html title}</title>"
                "<style>:root { color-scheme: light dark; } body { margin: 1em; font-family: system-ui, sans-serif; \
                 background: Canvas; color: CanvasText; }</style>"
                scriptElement source
                "</head>"
                "<body>"
                body
                "</body>"
                "</html>"
                ""
            ]
        )
