namespace Workbench

open System
open System.IO

/// <summary>More of the module `Chart`: where charts go.</summary>
/// <category index="7">Figures</category>
[<AutoOpen>]
module ChartOutput =
    /// Shows and saves charts.
    [<RequireQualifiedAccess>]
    module Chart =
        /// The figure as plotly's JSON, {data, layout, config}, for any program that draws with plotly. Arrays of
        /// numbers are
        /// typed arrays in base64.
        let toJson (chart: Chart) : string = Json.toText (FigurePage.json chart)

        /// A figure element with its script, for a page that loads plotly.js once. It follows the width and the text
        /// colour of its surroundings.
        let toHtml (chart: Chart) : string = FigurePage.fragment chart

        let private titleOf (chart: Chart) =
            if chart.Title = "" then "Chart" else chart.Title

        /// A whole page with this one figure.
        let toPage (source: PlotlySource) (chart: Chart) : string =
            FigurePage.page (titleOf chart) source (FigurePage.fragment chart)

        /// Saves a page with this figure. Where npm has fetched plotly.js, a copy of it is put beside the page unless
        /// one is there; else the page loads it from the CDN.
        let saveHtml (path: string) (chart: Chart) : unit =
            let folder = Path.GetDirectoryName(Path.GetFullPath path) |> string
            Directory.CreateDirectory folder |> ignore
            let copy = Path.Combine(folder, "plotly.min.js")

            if not (File.Exists copy) then
                FigurePage.localPlotly () |> Option.iter (fun file -> File.Copy(file, copy))

            let source =
                if File.Exists copy then
                    PlotlySource.At "plotly.min.js"
                else
                    PlotlySource.Cdn

            File.WriteAllText(path, toPage source chart)

        /// <summary>Saves charts as pictures, PNG or SVG by the endings of their paths; many at once take little more
        /// time than one.</summary>
        /// <exception cref="T:System.InvalidOperationException">There is no browser to draw them, or it fails; the
        /// message says which and what to do.</exception>
        /// <exception cref="T:System.ArgumentException">A path ends neither in .png nor in .svg.</exception>
        let saveImages (files: seq<string * Chart>) : unit =
            let files = List.ofSeq files

            let pictures =
                FigureImage.render [ for path, chart in files -> FigureImage.formatOf path, chart ]

            for (path, _), picture in List.zip files pictures do
                Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath path) |> string)
                |> ignore

                File.WriteAllBytes(path, picture)

        /// <summary>Saves a chart as a picture, PNG or SVG by the ending of the path, drawn by a Chromium-like
        /// browser.</summary>
        /// <exception cref="T:System.InvalidOperationException">There is no browser to draw it, or it fails; the
        /// message says which and what to do.</exception>
        /// <exception cref="T:System.ArgumentException">The path ends neither in .png nor in .svg.</exception>
        let saveImage (path: string) (chart: Chart) : unit = saveImages [ path, chart ]

        /// Opens the chart in the browser; where no window can open, prints the path of the page instead.
        let show (chart: Chart) : unit =
            let folder = Path.Combine(Path.GetTempPath(), "workbench-charts")
            let page = Path.Combine(folder, $"{Guid.NewGuid():N}.html")
            saveHtml page chart

            if Browser.hasScreen () then
                Browser.show page
            else
                Console.WriteLine $"{chart}\n{page}"
