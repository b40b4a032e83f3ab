namespace Workbench

open System
open System.Reflection
open FSharp.Reflection

/// <summary>Rows and columns of text and numbers, ready to be read: printed, or written as HTML, CSV or
/// LaTeX.</summary>
/// <category index="1">Foundations</category>
[<StructuredFormatDisplay("{Display}")>]
type Table = {
    /// Stands above the table; "" for none.
    Title: string
    Headers: string list
    /// One per column.
    Alignments: Align list
    /// Each as long as the headers.
    Rows: Cell list list
    /// Significant digits of each Number, at least 1. CSV keeps all digits.
    Digits: int
} with

    /// The headers and all rows as they are read, each entry text.
    member internal this.Shown(rows: Cell list list) =
        List.map Escape.visible this.Headers
        :: List.map (List.map (CellText.shown this.Digits)) rows

    // A lens through twelve blocks, a row for each place, is seen whole.
    member private _.MostShown = 16

    /// The size, the headers and the first rows, and as many columns as a wide terminal has room for.
    member this.Display =
        let size =
            $"""{this.Title} {Counted.things "row" this.Rows.Length} × {Counted.things "column" this.Headers.Length}"""

        let more = if this.Rows.Length > this.MostShown then [ "…" ] else []

        let lines =
            this.Shown(List.truncate this.MostShown this.Rows)
            |> List.map (List.map (Escape.shortened 80))

        // As many columns as a wide terminal has room for.
        let room = 200

        let fitting =
            lines
            |> List.transpose
            |> List.scan (fun width cells -> width + 2 + (cells |> List.map Escape.width |> List.max)) 0
            |> List.filter (fun width -> width <= room)
            |> List.length

        let lines =
            if fitting > this.Headers.Length then
                lines |> CellText.aligned this.Alignments
            else
                lines
                |> List.map (fun cells -> List.truncate (fitting - 1) cells @ [ "…" ])
                |> CellText.aligned (List.truncate (fitting - 1) this.Alignments @ [ Align.Left ])

        String.Join("\n", size.TrimStart() :: lines @ more)

    override this.ToString() = this.Display

/// <summary>Makes tables and writes them.</summary>
/// <category index="1">Foundations</category>
[<RequireQualifiedAccess>]
module Table =
    let private alignmentOf (cells: Cell list) =
        let isText cell =
            match cell with
            | Text _ -> true
            | Number _
            | Count _ -> false

        if List.exists isText cells then Align.Left else Align.Right

    /// <summary>A table of rows, each as long as the headers. Columns of numbers line up on the right, others on the
    /// left; four significant digits.</summary>
    /// <exception cref="T:System.ArgumentException">A row is longer or shorter than the headers, or there are no
    /// headers.</exception>
    /// <example><code lang="fsharp">Table.ofRows [ "token"; "norm" ] [ [ Text "the"; Number 2.31874 ] ]</code> is
    /// <c>1 row × 2 columns token norm ----- ----- the 2.319</c>.</example>
    /// <example><code lang="fsharp">Table.ofRows [ "token"; "norm" ] [ [ Text "the" ] ]</code> throws
    /// <c>ArgumentException</c>.</example>
    let ofRows (headers: string list) (rows: seq<Cell list>) : Table =
        let rows = List.ofSeq rows

        if headers.IsEmpty then
            invalidArg (nameof headers) "A table needs at least one column, but there are no headers."

        rows
        |> List.iteri (fun i row ->
            if row.Length <> headers.Length then
                invalidArg (nameof rows) $"Row {i} has {row.Length} cells, but there are {headers.Length} headers.")

        {
            Title = ""
            Headers = headers
            Alignments =
                if rows.IsEmpty then
                    headers |> List.map (fun _ -> Align.Left)
                else
                    rows |> List.transpose |> List.map alignmentOf
            Rows = rows
            Digits = 4
        }

    /// <summary>A labelled matrix as a table: the labels of its rows, then its columns. Spaces at the ends of labels
    /// are drawn as ␣.</summary>
    /// <example><code lang="fsharp">animals |> Labelled.selectColumns [| 0; 1 |] |> Table.ofLabelled</code> is <c>4
    /// rows
    /// × 3 columns
    /// animal  legs   kilograms
    /// ------  -----  ---------
    /// cat     4.000      4.000
    /// dog     4.000      20.00
    /// cow     4.000      600.0
    /// hen     2.000      2.000</c>.</example>
    let ofLabelled (matrix: Labelled) : Table =
        ofRows
            (matrix.Rows.Name :: List.init matrix.Columns.Length matrix.Columns.Label)
            (Seq.init matrix.Rows.Length (fun i ->
                Text(Escape.label (matrix.Rows.Label i))
                :: List.init matrix.Columns.Length (fun j -> Number(float matrix.Values[i, j]))))

    /// <summary>One row per item; a column is its header and what it shows of an item.</summary>
    /// <example><code lang="fsharp">
    /// [ "cat"; "zebra" ] |> Table.ofItems [ "word", Text; "letters", fun word -> Count word.Length ]
    /// </code> is <c>2 rows × 2 columns
    /// word   letters
    /// -----  -------
    /// cat          3
    /// zebra        5</c>.</example>
    let ofItems (columns: (string * ('item -> Cell)) list) (items: seq<'item>) : Table =
        let row item = [ for _, cell in columns -> cell item ]
        ofRows (List.map fst columns) (Seq.map row items)

    // A script may keep its record types to itself.
    let private anyAccess = BindingFlags.Public ||| BindingFlags.NonPublic

    /// <summary>One row per record, one column per field in the order of the type (that of the alphabet for anonymous
    /// records); a name such as EffectSize becomes "Effect size". Whole numbers are counted, other numbers rounded to
    /// the table's digits, an option is what it holds (without it NaN, or no text), and all else is text as `string`
    /// makes it.</summary>
    /// <exception cref="T:System.ArgumentException">The type is no F# record.</exception>
    /// <example><code lang="fsharp">[ {| Token = "the"; EffectSize = 0.25123 |} ] |> Table.ofRecords</code> is
    /// <c>1 row × 2 columns Effect size Token ----------- ----- 0.251 the</c>.</example>
    /// <example><code lang="fsharp">[ "the"; "of" ] |> Table.ofRecords</code> throws <c>ArgumentException</c> and
    /// points to <c>Table.ofItems</c>.</example>
    let ofRecords (records: seq<'record>) : Table =
        let wanted = typeof<'record>

        if not (FSharpType.IsRecord(wanted, anyAccess)) then
            invalidArg (nameof records) $"A table is made of F# records, but {wanted.Name} is none; use Table.ofItems."

        let header (name: string) =
            let separated =
                name
                |> String.collect (fun c ->
                    if Char.IsUpper c then
                        $" {Char.ToLowerInvariant c}"
                    else
                        string c)

            let words = separated.TrimStart()
            string (Char.ToUpperInvariant words[0]) + words.Substring 1

        // An option is what it holds; without it a number is NaN, and all else an empty text.
        let rec cell (kind: Type) (value: objnull) =
            let isOption =
                kind.IsGenericType && kind.GetGenericTypeDefinition() = typedefof<option<_>>

            match value with
            | null when isOption ->
                let held = kind.GetGenericArguments()[0]

                if
                    held.IsPrimitive && held <> typeof<bool> && held <> typeof<char>
                    || held = typeof<decimal>
                then
                    Number nan
                else
                    Text ""
            | null -> Text "–"
            | there when isOption ->
                let value = nonNull (kind.GetProperty "Value")
                cell (kind.GetGenericArguments()[0]) (value.GetValue there)
            | :? float as number -> Number number
            | :? float32 as number -> Number(float number)
            | :? decimal as number -> Number(float number)
            | :? int as count -> Count(int64 count)
            | :? int64 as count -> Count count
            | :? byte as count -> Count(int64 count)
            | :? sbyte as count -> Count(int64 count)
            | :? int16 as count -> Count(int64 count)
            | :? uint16 as count -> Count(int64 count)
            | :? uint32 as count -> Count(int64 count)
            | other -> Text(string other)

        let headers = [
            for field in FSharpType.GetRecordFields(wanted, anyAccess) -> header field.Name
        ]

        let kinds = [
            for field in FSharpType.GetRecordFields(wanted, anyAccess) -> field.PropertyType
        ]

        let fields = FSharpValue.PreComputeRecordReader(wanted, anyAccess)

        ofRows
            headers
            (records
             |> Seq.map (fun record -> List.map2 cell kinds (List.ofArray (fields record))))

    /// <summary>The same rows in so many columns of tables side by side, filled row by row: a long list on a short
    /// page.</summary>
    /// <example><code lang="fsharp">
    /// [ "cat"; "dog"; "cow" ] |> Table.ofItems [ ("animal", Text) ] |> Table.sideBySide 2
    /// </code> is <c>2 rows × 2 columns
    /// animal  animal
    /// ------  ------
    /// cat     dog
    /// cow</c>.</example>
    let sideBySide (count: int) (table: Table) : Table =
        Check.atLeast 1 (nameof count) count
        let blank = table.Headers |> List.map (fun _ -> Text "")

        let repeated items =
            List.collect (fun _ -> items) [ 1..count ]

        {
            table with
                Headers = repeated table.Headers
                Alignments = repeated table.Alignments
                Rows =
                    table.Rows
                    |> List.chunkBySize count
                    |> List.map (fun rows -> List.concat (rows @ List.replicate (count - rows.Length) blank))
        }

    /// <summary>The same table under a title.</summary>
    /// <example><code lang="fsharp">[ "cat" ] |> Table.ofItems [ ("animal", Text) ] |> Table.withTitle "Animals"</code>
    /// is <c>Animals 1 row × 1 column animal ------ cat</c>.</example>
    let withTitle (title: string) (table: Table) : Table = { table with Title = title }

    /// <summary>The first rows of a table.</summary>
    /// <example><code lang="fsharp">animals |> Table.ofLabelled |> Table.truncate 2 |> _.Rows.Length</code> is
    /// <c>2</c>.</example>
    let truncate (count: int) (table: Table) : Table = {
        table with
            Rows = List.truncate count table.Rows
    }

    /// <summary>The same table with its numbers rounded to this many significant digits.</summary>
    /// <example><code lang="fsharp">[ Math.PI ] |> Table.ofItems [ ("number", Number) ] |> Table.withDigits 2</code> is
    /// <c>1 row × 1 column number ------ 3.1</c>.</example>
    let withDigits (digits: int) (table: Table) : Table =
        Check.within 1 17 (nameof digits) digits
        { table with Digits = digits }

    /// <summary>The same table with its columns aligned so, one alignment per column.</summary>
    /// <example><code lang="fsharp">
    /// [ "1:1" ] |> Table.ofItems [ ("odds of it", Text) ] |> Table.withAlignments [ Align.Right ]
    /// </code> is <c>1 row × 1 column
    /// odds of it
    /// ----------
    /// 1:1</c>.</example>
    /// <example><code lang="fsharp">[ "1:1" ] |> Table.ofItems [ ("odds", Text) ] |> Table.withAlignments []</code>
    /// throws <c>ArgumentException</c>: each column needs one.</example>
    let withAlignments (alignments: Align list) (table: Table) : Table =
        Check.sameLength (nameof table.Headers) table.Headers.Length (nameof alignments) alignments.Length
        { table with Alignments = alignments }

    /// <summary>Lines of equally wide columns: what a plain text file shows.</summary>
    /// <example><code lang="fsharp">
    /// ([ "cat"; "zebra" ] |> Table.ofItems [ ("word", Text) ] |> Table.toText).Split '\n'
    /// </code> is <c>[|"word"; "-----"; "cat"; "zebra"|]</c>.</example>
    let toText (table: Table) : string =
        let title =
            if table.Title = "" then
                []
            else
                [ Escape.visible table.Title; "" ]

        String.Join("\n", title @ CellText.aligned table.Alignments (table.Shown table.Rows))

    /// <summary>A table element with class "workbench-table". All text is escaped.</summary>
    /// <example><code lang="fsharp">[ "a &lt; b" ] |> Table.ofItems [ ("claim", Text) ] |> Table.toHtml</code> is
    /// <c>"&lt;div …&lt;tbody> &lt;tr>&lt;td>a &amp;lt; b&lt;/td>&lt;/tr>
    /// &lt;/tbody>&lt;/table>&lt;/div>"</c>.</example>
    let toHtml (table: Table) : string =
        let side align =
            match align with
            | Align.Left -> "left"
            | Align.Centre -> "center"
            | Align.Right -> "right"

        let line tag (cells: string list) =
            let cell align (text: string) =
                // Cells begin at the left by themselves; headings do not.
                let style =
                    if tag = "td" && align = Align.Left then
                        ""
                    else
                        $" style=\"text-align:{side align}\""

                $"<{tag}{style}>{Escape.html text}</{tag}>"

            "<tr>" + String.Join("", List.map2 cell table.Alignments cells) + "</tr>"

        let caption =
            if table.Title = "" then
                []
            else
                [ $"<caption>{Escape.html table.Title}</caption>" ]

        let header, rows =
            List.head (table.Shown table.Rows), List.tail (table.Shown table.Rows)

        // A table wider than a telephone scrolls by itself, with a finger or the arrow keys, so that the page does not.
        [
            "<div style=\"overflow-x:auto\" tabindex=\"0\"><table class=\"workbench-table\">"
        ]
        @ caption
        @ [ $"""<thead>{line "th" header}</thead>"""; "<tbody>" ]
        @ List.map (line "td") rows
        @ [ "</tbody></table></div>" ]
        |> String.concat "\n"

    /// <summary>Comma-separated lines, the headers first (RFC 4180, but with \n as line end). Numbers keep all their
    /// digits.</summary>
    /// <example><code lang="fsharp">[ 0.1 + 0.2 ] |> Table.ofItems [ ("sum", Number) ] |> Table.toCsv</code> is
    /// <c>"sum 0.30000000000000004 "</c>.</example>
    /// <example><code lang="fsharp">[ "yes, no" ] |> Table.ofItems [ ("answers", Text) ] |> Table.toCsv</code> is
    /// <c>"answers "yes, no" "</c>.</example>
    let toCsv (table: Table) : string =
        // A line of nothing would be none.
        let line (fields: string list) =
            match fields with
            | [ "" ] -> "\"\"\n"
            | _ -> String.Join(",", List.map Escape.csv fields) + "\n"

        table.Headers :: List.map (List.map CellText.exact) table.Rows
        |> List.map line
        |> String.concat ""

    /// <summary>A tabular with rules of the booktabs package. The title, where there is one, becomes the caption of a
    /// table around it.</summary>
    /// <example><code lang="fsharp">[ "50 %" ] |> Table.ofItems [ ("share", Text) ] |> Table.toLatex</code> is
    /// <c>"\begin{tabular}{l} \toprule share \\ \midrule 50 \% \\ \bottomrule \end{tabular}"</c>.</example>
    let toLatex (table: Table) : string =
        let side align =
            match align with
            | Align.Left -> "l"
            | Align.Centre -> "c"
            | Align.Right -> "r"

        let cell (cell: Cell) =
            match cell, CellText.shown table.Digits cell with
            | Text _, text -> Escape.latex text
            | _, "–" -> "--"
            | _, number ->
                match number.Replace("∞", @"\infty").Replace(",", "{,}").Split 'e' with
                | [| mantissa; exponent |] -> $@"${mantissa} \times 10^{{{exponent}}}$"
                | whole -> $"${whole[0]}$"

        // What ends a line or draws a rule takes a star or a bracket behind it for its own.
        let line (cells: string list) =
            match String.Join(" & ", cells) with
            | row when row.StartsWith '[' || row.StartsWith '*' -> $@"{{{row[0]}}}{row[1..]} \\"
            | row -> $@"{row} \\"

        let tabular =
            [
                @"\begin{tabular}{"
                + (table.Alignments |> List.map side |> String.concat "")
                + "}"
                @"\toprule"
            ]
            @ [ line (List.map Escape.latex table.Headers); @"\midrule" ]
            @ List.map (List.map cell >> line) table.Rows
            @ [ @"\bottomrule"; @"\end{tabular}" ]

        let lines =
            if table.Title = "" then
                tabular
            else
                [ @"\begin{table}"; @"\centering"; $@"\caption{{{Escape.latex table.Title}}}" ]
                @ tabular
                @ [ @"\end{table}" ]

        String.Join("\n", lines)

    /// <summary>Prints to the console: with borders in a terminal, as plain lines where output is redirected.</summary>
    /// <example><code lang="fsharp">
    /// [ "cat"; "dog" ] |> Table.ofItems [ ("animal", Text) ] |> Table.print
    /// </code></example>
    let print (table: Table) : unit =
        if Console.IsOutputRedirected then
            Console.WriteLine(toText table)
        else
            let grid = Spectre.Console.Table(Border = Spectre.Console.TableBorder.Rounded)

            if table.Title <> "" then
                grid.Title <- Spectre.Console.TableTitle(Spectre.Console.Markup.Escape(Escape.visible table.Title))

            let justify align =
                match align with
                | Align.Left -> Spectre.Console.Justify.Left
                | Align.Centre -> Spectre.Console.Justify.Center
                | Align.Right -> Spectre.Console.Justify.Right

            for header, align in List.zip table.Headers table.Alignments do
                let column =
                    Spectre.Console.TableColumn(
                        Spectre.Console.Markup.Escape(Escape.visible header),
                        Alignment = justify align
                    )

                grid.AddColumn column |> ignore

            for row in List.tail (table.Shown table.Rows) do
                Spectre.Console.TableExtensions.AddRow(
                    grid,
                    row |> List.map Spectre.Console.Markup.Escape |> Array.ofList
                )
                |> ignore

            Spectre.Console.AnsiConsole.Write grid
