// What a notebook's first cell loads: the prelude, and how charts, tables and results show in .NET Interactive, which
// brings the formatters that are spoken to here.
#load "prelude.fsx"

open System.Net
open Microsoft.DotNet.Interactive.Formatting
open Workbench

let private shown (html: 'value -> string) =
    Formatter.Register<'value>(
        (fun (value: 'value) (writer: System.IO.TextWriter) -> writer.Write(html value)),
        "text/html"
    )

/// A page of its own within the notebook's: its script and styles meet no others.
let private framed (page: string) =
    $"""<iframe srcdoc="{WebUtility.HtmlEncode page}" style="border:0;width:100%%;height:32rem"></iframe>"""

shown (fun (chart: Chart) -> chart |> Chart.toPage PlotlySource.Cdn |> framed)
shown (fun (table: Table) -> Table.toHtml table)

// Everything else shows as it does in F# Interactive, not as a tree of its fields.
let private preformatted (value: obj) =
    $"<pre>{WebUtility.HtmlEncode(string value)}</pre>"

for result in typeof<Labelled>.Assembly.GetExportedTypes() do
    let isShown =
        result.GetCustomAttributes(typeof<StructuredFormatDisplayAttribute>, false).Length > 0

    if isShown && result <> typeof<Chart> && result <> typeof<Table> then
        Formatter.Register(
            result,
            System.Action<obj, System.IO.TextWriter>(fun value writer -> writer.Write(preformatted value)),
            "text/html"
        )
