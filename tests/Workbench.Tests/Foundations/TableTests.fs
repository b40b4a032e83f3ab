module TableTests

open System
open Xunit
open FsUnit.Xunit
open FsCheck
open FsCheck.FSharp
open Workbench

type private Effect = {
    TokenText: string
    EffectSize: float
    Rank: int
    Seen: int64
}

let private table =
    Table.ofRows [ "token"; "cosine"; "n" ] [
        [ Text "the"; Number 0.99249; Count 465780981L ]
        [ Text "日本"; Number -0.05; Count 7L ]
    ]

[<Theory>]
[<InlineData(0.0, "0.000")>]
[<InlineData(0.99249, "0.9925")>]
[<InlineData(9.9996, "10.00")>]
[<InlineData(12345.678, "12,346")>]
[<InlineData(-0.00012346, "-0.0001235")>]
[<InlineData(0.0000123456, "1.235e-5")>]
[<InlineData(123456789.0, "1.235e8")>]
[<InlineData(Double.NaN, "–")>]
[<InlineData(Double.PositiveInfinity, "∞")>]
[<InlineData(Double.NegativeInfinity, "-∞")>]
let ``A number is shown with four significant digits`` (value: float) (shown: string) =
    CellText.number 4 value |> should equal shown

[<Fact>]
let ``A number read back is within half a unit of its last digit`` () =
    Check.QuickThrowOnFailure(fun (NormalFloat value) (digits: int) ->
        let digits = 1 + abs digits % 15
        let back = Double.Parse((CellText.number digits value).Replace(",", ""))
        abs (back - value) <= 0.500001 * abs value * Math.Pow(10.0, 1.0 - float digits))

[<Fact>]
let ``Columns of numbers line up on the right and columns of text on the left`` () =
    table.Alignments |> should equal [ Align.Left; Align.Right; Align.Right ]

[<Fact>]
let ``Plain text counts a wide character as two columns`` () =
    Table.toText table
    |> should
        equal
        (String.Join(
            "\n",
            [
                "token    cosine            n"
                "-----  --------  -----------"
                "the      0.9925  465,780,981"
                "日本   -0.05000            7"
            ]
        ))

[<Fact>]
let ``A title stands above the text`` () =
    (table |> Table.withTitle "Pairs" |> Table.toText).StartsWith "Pairs\n\ntoken"
    |> should equal true

[<Fact>]
let ``More digits are shown when asked for`` () =
    Table.toText (Table.withDigits 5 table) |> should haveSubstring "0.99249"

[<Fact>]
let ``A record's fields become columns with their names in words`` () =
    let ofRecords =
        Table.ofRecords [
            {
                TokenText = "a,b"
                EffectSize = 0.5
                Rank = 3
                Seen = 12000L
            }
        ]

    ofRecords.Headers
    |> should equal [ "Token text"; "Effect size"; "Rank"; "Seen" ]

    ofRecords.Rows
    |> should equal [ [ Text "a,b"; Number 0.5; Count 3L; Count 12000L ] ]

[<Fact>]
let ``Anonymous records make tables too`` () =
    (Table.ofRecords [ {| P = 0.01 |} ]).Rows |> should equal [ [ Number 0.01 ] ]

[<Fact>]
let ``What is no record is refused by its name`` () =
    (fun () -> Table.ofRecords [ 1; 2 ] |> ignore)
    |> should
        (throwWithMessage "A table is made of F# records, but Int32 is none; use Table.ofItems. (Parameter 'records')")
        typeof<ArgumentException>

[<Fact>]
let ``Items become rows through their columns`` () =
    (Table.ofItems [ "word", Text; "letters", (fun word -> Count word.Length) ] [ "abc" ]).Rows
    |> should equal [ [ Text "abc"; Count 3L ] ]

[<Fact>]
let ``A row that does not fit the headers is refused with both lengths`` () =
    (fun () -> Table.ofRows [ "a"; "b" ] [ [ Count 1L; Count 2L ]; [ Count 3L ] ] |> ignore)
    |> should
        (throwWithMessage "Row 1 has 1 cells, but there are 2 headers. (Parameter 'rows')")
        typeof<ArgumentException>

/// Reads comma-separated lines as RFC 4180 says.
let private readCsv (text: string) =
    let rec fields (rows: string list list) (row: string list) (field: string) (quoted: bool) (rest: char list) =
        match rest, quoted with
        | '"' :: '"' :: rest, true -> fields rows row (field + "\"") true rest
        | '"' :: rest, _ -> fields rows row field (not quoted) rest
        | ',' :: rest, false -> fields rows (field :: row) "" false rest
        | '\n' :: rest, false -> fields (List.rev (field :: row) :: rows) [] "" false rest
        | c :: rest, _ -> fields rows row (field + string c) quoted rest
        | [], _ -> List.rev rows

    fields [] [] "" false (List.ofSeq text)

[<Fact>]
let ``Any text comes back from CSV as it went in`` () =
    Check.QuickThrowOnFailure(fun (characters: char list list) ->
        let texts = characters |> List.map (Array.ofList >> String)

        let table =
            Table.ofRows [ "a"; "b" ] [ for text in texts -> [ Text text; Count 1L ] ]

        readCsv (Table.toCsv table) = [ "a"; "b" ] :: [ for text in texts -> [ text; "1" ] ])

[<Fact>]
let ``Any number comes back from CSV with all its bits`` () =
    Check.QuickThrowOnFailure(fun (NormalFloat value) ->
        let csv =
            Table.ofRows [ "x" ] [ [ Number value ] ] |> Table.withDigits 2 |> Table.toCsv

        Double.Parse(readCsv csv |> List.last |> List.head) = value)

[<Fact>]
let ``HTML shows tags in tokens as text`` () =
    let html =
        Table.ofRows [ "<i>" ] [ [ Text "</script><b onclick='x'>&amp;" ] ]
        |> Table.toHtml

    html |> should haveSubstring "<th style=\"text-align:left\">&lt;i&gt;</th>"

    html
    |> should haveSubstring "&lt;/script&gt;&lt;b onclick=&#39;x&#39;&gt;&amp;amp;"

    html |> should not' (haveSubstring "<b")

[<Fact>]
let ``LaTeX escapes every character that means something to it`` () =
    Escape.latex @"a\b_{c}^d~e%f$g#h&i<j>k|l"
    |> should
        equal
        (@"a\textbackslash{}b\_\{c\}\textasciicircum{}d\textasciitilde{}e\%f\$g\#h\&i"
         + @"\textless{}j\textgreater{}k\textbar{}l")

[<Fact>]
let ``LaTeX has one aligned line per row, numbers in mathematics`` () =
    let latex =
        Table.ofRows [ "w_1"; "p" ] [ [ Text "50 %"; Number 1.5e-9 ]; [ Text "a"; Number -12345.6 ] ]
        |> Table.withTitle "R&D"
        |> Table.toLatex

    latex |> should haveSubstring @"\begin{tabular}{lr}"
    latex |> should haveSubstring @"w\_1 & p \\"
    latex |> should haveSubstring @"50 \% & $1.500 \times 10^{-9}$ \\"
    latex |> should haveSubstring @"a & $-12{,}346$ \\"
    latex |> should haveSubstring @"\caption{R\&D}"

[<Fact>]
let ``Control characters are written out, so that no token can move the cursor`` () =
    Escape.visible "a\n\tb\u001b[31m\u202e" |> should equal @"a\n\tb\x1b[31m\u202e"

[<Fact>]
let ``A table shows its size and first rows in fsi`` () =
    let many = Table.ofRows [ "i" ] [ for i in 1..40 -> [ Count(int64 i) ] ]
    let shown = $"%A{many}"
    shown |> should haveSubstring "40 rows × 1 column"
    shown |> should haveSubstring "16\n"
    shown |> should haveSubstring "…"
    shown |> should not' (haveSubstring "17")

[<Fact>]
let ``Tables side by side are filled row by row, and the last row is filled up with nothing`` () =
    let folded =
        Table.ofRows [ "i"; "square" ] [ for i in 1L .. 5L -> [ Count i; Count(i * i) ] ]
        |> Table.sideBySide 2

    folded.Headers |> should equal [ "i"; "square"; "i"; "square" ]

    folded.Rows
    |> should equal [
        [ Count 1L; Count 1L; Count 2L; Count 4L ]
        [ Count 3L; Count 9L; Count 4L; Count 16L ]
        [ Count 5L; Count 25L; Text ""; Text "" ]
    ]

[<Fact>]
let ``LaTeX gets a dash for what is no number, and keeps brackets, stars and doubled marks`` () =
    let lines =
        Table.ofRows [ "[t]"; "x" ] [
            [ Text "[CLS]"; Number nan ]
            [ Text "*"; Number infinity ]
            [ Text "--``''?`"; Number -1e-9 ]
        ]
        |> Table.toLatex
        |> _.Split('\n')

    lines[2] |> should equal @"{[}t] & x \\"
    lines[4] |> should equal @"{[}CLS] & -- \\"
    lines[5] |> should equal @"{*} & $\infty$ \\"
    lines[6] |> should equal @"-{}-`{}`'{}'?{}` & $-1.000 \times 10^{-9}$ \\"

[<Fact>]
let ``An empty cell of a table of one column is read back from CSV`` () =
    let path = System.IO.Path.GetTempFileName()
    System.IO.File.WriteAllText(path, Table.ofItems [ "s", Text ] [ "x"; ""; "y" ] |> Table.toCsv)
    (Classes.ofCsv "s" path).Length |> should equal 3
    System.IO.File.Delete path

type private Found = {
    Word: string
    Rank: int option
    Loss: float option
    Note: string option
    Small: byte
}

[<Fact>]
let ``An option in a record is what it holds`` () =
    let table =
        Table.ofRecords [
            {
                Word = "a"
                Rank = Some 2
                Loss = None
                Note = None
                Small = 7uy
            }
            {
                Word = "b"
                Rank = None
                Loss = Some 0.5
                Note = Some "x"
                Small = 8uy
            }
        ]

    table.Alignments
    |> should equal [ Align.Left; Align.Right; Align.Right; Align.Left; Align.Right ]

    Table.toCsv table
    |> should equal "Word,Rank,Loss,Note,Small\na,2,NaN,,7\nb,NaN,0.5,x,8\n"
