module ChartPictureTests

open System
open System.IO
open System.Text.Json
open System.Xml.Linq
open Xunit
open FsUnit.Xunit
open Workbench
open Figures

let private inFreshFolder (test: string -> 'r) = Browser.inFreshFolder test

/// Pixels that are clearly of a colour and not of the grey of words and lines.
let private colourful (picture: Png.Picture) =
    picture.Pixels
    |> Seq.filter (fun struct (red, green, blue) ->
        int (max red (max green blue)) - int (min red (min green blue)) > 60)
    |> Seq.length

let private hostile =
    Chart.heatmap similarities |> Chart.withTitle "Tokens & <b>tags</b>"

/// Every chart as PNG and one as SVG, by name: one start of the browser for all.
let private pictures =
    lazy
        (inFreshFolder (fun folder ->
            let files = [
                for name, chart in every do
                    Path.Combine(folder, $"{name}.png"), chart

                Path.Combine(folder, "hostile.svg"), hostile
            ]

            Chart.saveImages files

            Map.ofList [
                for file, _ in files -> string (Path.GetFileNameWithoutExtension file), File.ReadAllBytes file
            ]))

[<BrowserFact>]
let ``Every kind of chart becomes a picture of its size with its data in it`` () =
    for name, chart in every do
        let picture = Png.read pictures.Value[name]
        let width, height = FigureChart.wideSize true chart.Drawing

        Assert.True(
            ((picture.Width, picture.Height) = (2 * width, 2 * height)),
            $"{name} is {picture.Width} × {picture.Height} pixels"
        )

        let drawn = colourful picture
        // The fewest are three marks of six pixels; doubled in both directions they cover over two hundred.
        Assert.True((drawn > 200), $"{name} shows {drawn} coloured pixels")

[<BrowserFact>]
let ``An SVG holds its words as text, tags and all`` () =
    let svg = XDocument.Parse(Text.Encoding.UTF8.GetString pictures.Value["hostile"])

    let words = [
        for text in svg.Descendants() do
            if text.Name.LocalName = "text" then
                text.Value
    ]

    words |> should contain "Tokens & <b>tags</b>"
    words |> should contain "</script>"
    words |> should contain "naïve"

/// A script that lists, for each figure, words that leave it and words that lie over each other.
let private inspection =
    "<script>addEventListener('load', () => {
setTimeout(() => document.documentElement.dataset.theme = 'dark', 2000);
setTimeout(() => {
const report = [...document.querySelectorAll('.workbench-plot')].map(plot => {
  const edge = plot.getBoundingClientRect();
  const words = [...plot.querySelectorAll('.main-svg text')]
    .filter(text => text.textContent.trim() && !text.closest('.textpoint, .modebar, .hoverlayer')
      && getComputedStyle(text).opacity !== '0')
    .map(text => ({ text: text.textContent, box: text.getBoundingClientRect() })).filter(word => word.box.width > 0);
  const outside = words.filter(({ box }) => box.left < edge.left - 1 || box.right > edge.right + 1
    || box.top < edge.top - 1 || box.bottom > edge.bottom + 1);
  const over = [];
  words.forEach((a, i) => words.slice(i + 1).forEach(b => {
    const across = Math.min(a.box.right, b.box.right) - Math.max(a.box.left, b.box.left);
    const up = Math.min(a.box.bottom, b.box.bottom) - Math.max(a.box.top, b.box.top);
    if (across > 2 && up > 3) over.push(a.text + ' | ' + b.text);
  }));
  return { svgs: plot.querySelectorAll('.main-svg').length, words: words.length,
    outside: outside.map(word => word.text), over,
    bold: plot.querySelectorAll('b').length, wide: plot.scrollWidth > plot.clientWidth + 1,
    ink: plot.layout?.font?.color };
});
const pre = document.createElement('pre'); pre.id = 'report';
pre.textContent = JSON.stringify(report); document.body.append(pre);
}, 4000); });</script>"

/// A page whose theme changes after its figures are drawn.
let private theme =
    "<style>body { color: rgb(1,2,3) } [data-theme=dark] body { color: rgb(4,5,6) }</style>"

let private widths = [ 1000; 358 ]

/// What the inspection finds of every chart in columns as wide as a page and as a telephone: one start of the browser
/// for both.
let private reports =
    lazy
        (inFreshFolder (fun folder ->
            let source = PlotlySource.At(Uri(FigurePage.localPlotly().Value).AbsoluteUri)
            let figures = every |> List.map (snd >> Chart.toHtml) |> String.concat "\n"

            let columns =
                widths
                |> List.map (fun width -> $"<div style=\"width:{width}px;\">{figures}</div>")
                |> String.concat "\n"

            let page = Path.Combine(folder, "page.html")
            File.WriteAllText(page, FigurePage.page "figures" source (theme + columns + inspection))
            let document = Browser.document (Browser.tryFind().Value) page
            let start = document.IndexOf "<pre id=\"report\">" + 17
            let report = document.Substring(start, document.IndexOf("</pre>", start) - start)
            let all = JsonDocument.Parse(Net.WebUtility.HtmlDecode report |> string).RootElement
            List.chunkBySize every.Length [ for item in all.EnumerateArray() -> item ]))

let private check (width: int) =
    let report = reports.Value[List.findIndex ((=) width) widths]
    report.Length |> should equal every.Length

    for (name, _), found in List.zip every report do
        let list key = items key found |> List.map string
        Assert.True(number "svgs" found >= 1.0, $"{name} was not drawn")
        Assert.True((list "outside" = []), $"""words of {name} leave the figure: {String.Join("; ", list "outside")}""")
        Assert.True((list "over" = []), $"""words of {name} lie over each other: {String.Join("; ", list "over")}""")
        Assert.True((number "bold" found = 0.0), $"a token of {name} became an element")
        Assert.False((at "wide" found).GetBoolean(), $"{name} is wider than its column")
        Assert.Equal("rgb(4, 5, 6)", text "ink" found)

[<BrowserFact>]
let ``On a wide page no word is cut off or covered, and words take the colour of a new theme`` () = check 1000

[<BrowserFact>]
let ``On a telephone no word is cut off or covered, and words take the colour of a new theme`` () = check 358
