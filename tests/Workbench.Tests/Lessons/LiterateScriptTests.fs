module Workbench.Tests.LiterateScriptTests

open Xunit
open FsUnit.Xunit
open Workbench

let private script =
    String.concat "\n" [
        "(**"
        "---"
        "title: A trial"
        "---"
        "*)"
        "(*** condition: prepare ***)"
        "#load \"prelude.fsx\""
        ""
        "(**"
        "# A trial"
        ""
        "Costs $5 in a `shop (**)`."
        "*)"
        "let one = 1"
        ""
        "let two = (* not prose *) 2"
        "(*** include-output ***)"
        ""
        "(** ## The end *)"
        ""
        "one + two"
        "(*** include-it ***)"
        ""
    ]

[<Fact>]
let ``A script is prose and code, without front matter, preparations and commands`` () =
    LiterateScript.parse script
    |> should equal [
        Prose "# A trial\n\nCosts $5 in a `shop (**)`."
        Code("let one = 1\n\nlet two = (* not prose *) 2", 14, 16)
        Prose "## The end"
        Code("one + two", 21, 21)
    ]

[<Fact>]
let ``Line ends of another system change nothing`` () =
    LiterateScript.parse (script.Replace("\n", "\r\n"))
    |> should equal (LiterateScript.parse script)

[<Fact>]
let ``Every line of every lesson that is no prose and no command is in one cell, in its place`` () =
    let folder =
        System.IO.Path.Combine(__SOURCE_DIRECTORY__, "..", "..", "..", "scripts")

    let scripts = System.IO.Directory.GetFiles(folder, "0*.fsx")
    scripts |> should not' (be Empty)

    for script in scripts do
        let lines = System.IO.File.ReadAllLines script
        let cells = LiterateScript.parse (System.IO.File.ReadAllText script)

        for cell in cells do
            match cell with
            | Code(text, first, last) -> text.Split '\n' |> should equal lines[first - 1 .. last - 1]
            | Prose markdown -> markdown |> should not' (haveSubstring "*)")

        cells
        |> List.sumBy (fun cell ->
            match cell with
            | Code(_, first, last) -> last - first + 1
            | Prose markdown -> markdown.Split('\n').Length)
        |> should be (greaterThan (lines.Length * 2 / 3))

[<Fact>]
let ``Formulas are left to the page, between the brackets that it looks for`` () =
    LiterateScript.toHtml "With $x^2$ and\n\n$$ R^2 = 1 -\n\\sum_i x_i . $$\n"
    |> _.ReplaceLineEndings("\n")
    |> should
        equal
        ("<p>With <span class=\"math\">\\(x^2\\)</span> and</p>\n"
         + "<div class=\"math\">\n\\[\nR^2 = 1 -\n\\sum_i x_i .\n\\]</div>\n")

[<Fact>]
let ``What came of a piece of code stands under it, and what no line is known of at the end`` () =
    let cells = [ Prose "# One"; Code("a", 3, 4); Prose "Two"; Code("b", 8, 8) ]

    let told = [
        4, Checked("First <true>", Holds)
        8, Stated(Finding.count "n" 3L)
        8, Written("a b/atlas.html", "The atlas")
        9, Checked("Last", NotChecked)
    ]

    let html = LessonPage.article cells told

    let places =
        [
            "One"
            "<code>a</code>"
            "First &lt;true&gt;"
            "Two"
            "<code>b</code>"
            "n = 3"
            "The atlas"
            "Last"
        ]
        |> List.map html.IndexOf

    places |> List.min |> should be (greaterThan 0)
    places |> should be ascending
    html |> should haveSubstring "href=\"a%20b/atlas.html\""
