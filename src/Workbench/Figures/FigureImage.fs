namespace Workbench

open System
open System.IO
open type System.FormattableString

/// The formats that figures are saved in as pictures.
[<RequireQualifiedAccess>]
type internal ImageFormat =
    | Png
    | Svg

/// Figures as pictures, drawn by a browser.
[<RequireQualifiedAccess>]
module internal FigureImage =
    let formatOf (path: string) : ImageFormat =
        match (Path.GetExtension path |> string).ToLowerInvariant() with
        | ".png" -> ImageFormat.Png
        | ".svg" -> ImageFormat.Svg
        | other ->
            invalidArg
                (nameof path)
                $"A figure is saved as .png or .svg, but {Path.GetFileName path} ends in \"{other}\"."

    let private call (format: ImageFormat) (drawing: Drawing) =
        let chart = FigureChart.ofDrawing Paper.Wide true drawing
        let width, height = FigureChart.sizeOf true drawing chart
        let name = if format = ImageFormat.Png then "png" else "svg"
        // Two device pixels per pixel, for sharp print; an SVG has no pixels.
        let scale = if format = ImageFormat.Png then 2 else 1

        let size =
            Invariant $"{{format:\"{name}\",width:{width},height:{height},scale:{scale}}}"

        $"[{FigureChart.toJson chart},{size}]"

    let private script =
        "<script>(async () => {
for (const [figure, options] of figures) {
  const pre = document.body.appendChild(document.createElement('pre'));
  try {
    const { layout } = figure;
    if (layout.paper_bgcolor === 'rgba(0,0,0,0)') layout.paper_bgcolor = 'white';
    if (layout.font?.color === '#767676') layout.font.color = '#222';
    pre.textContent = await Plotly.toImage(figure, options);
  } catch (error) { pre.textContent = 'error:' + error; }
}
})();</script>"

    let private decoded (text: string) : byte[] =
        let content = text.Substring(text.IndexOf ',' + 1)

        if text.StartsWith("data:image/png;base64,", StringComparison.Ordinal) then
            Convert.FromBase64String content
        elif text.StartsWith("data:image/svg+xml,", StringComparison.Ordinal) then
            Text.Encoding.UTF8.GetBytes(Uri.UnescapeDataString(Net.WebUtility.HtmlDecode content |> string))
        elif text.Contains "Plotly is not defined" then
            invalidOp
                "The browser has no plotly.js: it is not at hand, and the network could not be reached. Run \"npm \
                 install\" in the folder .web, or connect; Chart.saveHtml needs neither."
        else
            invalidOp $"The browser drew no picture: {Escape.shortened 300 text}"

    let private drawn (figures: (ImageFormat * Drawing) list) : byte[] list =
        let browser =
            match Browser.tryFind () with
            | Some browser -> browser
            | None ->
                invalidOp
                    "Pictures are drawn by Chromium, Chrome or Edge, and none was found on PATH. Install one, or name \
                     its file in the variable WORKBENCH_BROWSER, or save the chart as a page with Chart.saveHtml."

        let source =
            match FigurePage.localPlotly () with
            | Some file -> PlotlySource.At(Uri(file).AbsoluteUri)
            | None -> PlotlySource.Cdn

        Browser.inFreshFolder (fun folder ->
            let calls = figures |> List.map (fun (format, drawing) -> call format drawing)

            let body =
                "<script>const figures = ["
                + String.Join(",\n", calls)
                + "];</script>\n"
                + script

            let page = Path.Combine(folder, "figures.html")
            File.WriteAllText(page, FigurePage.page "figures" source body)
            let document = Browser.document browser page

            let pictures = [
                for piece in Array.tail (document.Split "<pre>") ->
                    decoded (piece.Substring(0, piece.IndexOf "</pre>"))
            ]

            if pictures.Length <> figures.Length then
                invalidOp
                    $"The browser {browser} drew {pictures.Length} of {figures.Length} pictures. Where plotly.js is \
                      not at hand (npm install in .web), it is loaded from the network."

            pictures)

    /// The pictures of several figures, drawn by one start of the browser, which takes most of the time; of none, none.
    let render (figures: (ImageFormat * Drawing) list) : byte[] list =
        if figures.IsEmpty then [] else drawn figures
