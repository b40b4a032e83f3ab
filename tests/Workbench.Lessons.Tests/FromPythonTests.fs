namespace Workbench.Lessons.Tests

open System
open System.Collections.Generic
open System.IO
open System.Text.Json
open System.Text.RegularExpressions
open Xunit
open FsUnit.Xunit

/// What is done with their lines.
type Theirs =
    /// Run, and the values compared.
    | Compared
    /// Run, since they may end in error, but drawn by another generator.
    | OtherNumbers
    /// Not run: they need a package that is not at hand.
    | NotRun

/// One row of a page for those who come from Python.
type SidePair = {
    Title: string
    Python: string
    Theirs: Theirs
    /// Ours; empty where there is no counterpart.
    Ours: string
}

/// The pages themselves are the list: under each third heading stand their lines in a Python block and ours as code.
[<RequireQualifiedAccess>]
module SidePairs =
    let pages = [ "from-numpy"; "from-transformers"; "from-transformerlens" ]

    /// What both sides read, by the names that the page has.
    let file, table =
        Repository.at "docs/data/vectors.npy", Repository.at "docs/data/animals.csv"

    let private ofSection (section: string) =
        let python =
            Regex.Match(section, "```python\n(.*?)\n```", RegexOptions.Singleline).Groups[1].Value

        // Up to the next comment.
        let code =
            match section.IndexOf "\n*)\n" with
            | -1 -> ""
            | start ->
                let behind = section.Substring(start + 4)

                behind.Substring(0, (behind + "\n(**\n").IndexOf "\n(**\n").Split '\n'
                |> Array.filter (fun line -> not (line.StartsWith("(*", StringComparison.Ordinal) || line = "*)"))
                |> String.concat "\n"

        {
            Title = section.Substring(0, section.IndexOf '\n')
            Python = python
            Theirs =
                if python.StartsWith("# not run", StringComparison.Ordinal) then
                    NotRun
                elif python.StartsWith("# other numbers", StringComparison.Ordinal) then
                    OtherNumbers
                else
                    Compared
            Ours = code.Trim '\n'
        }

    let ofPage (page: string) : SidePair list =
        let text = File.ReadAllText(Repository.at $"docs/{page}.fsx")
        // What stands after the last row belongs to none.
        let rows = text.Substring(0, text.IndexOf "</div>")

        Regex.Split(rows, "^### ", RegexOptions.Multiline)
        |> List.ofArray
        |> List.tail
        |> List.map ofSection

    /// What a cell ends with: an expression, or the name that it gives.
    let private split (code: string) =
        let lines = code.Split '\n'

        let isStart (line: string) =
            line <> ""
            && Regex.IsMatch(line, @"^[^\s)\]}|]")
            && not (line.StartsWith("//", StringComparison.Ordinal))

        let start = lines |> Array.findIndexBack isStart
        let first, last = Array.splitAt start lines
        let last = String.concat "\n" last
        let named = Regex.Match(last, @"^let (\w+) =")

        if named.Success then
            code, named.Groups[1].Value
        elif last.StartsWith("open ", StringComparison.Ordinal) then
            code, "()"
        else
            String.concat "\n" first, last

    /// A script of all pages, each a module, that prints a line for each row of ours: page, number, and the values in
    /// it as JSON.
    let script: string =
        let indented (code: string) = "    " + code.Replace("\n", "\n    ")

        String.concat "\n" [
            $"""#load @"{Repository.at "scripts/prelude.fsx"}" """
            "open Workbench"
            $"""let file, table = @"{file}", @"{table}" """
            "let rec flat (value: obj) : obj list ="
            "    match value with"
            "    | null -> []"
            "    | :? string as text -> [ box text ]"
            "    | :? Labelled as matrix -> [ for value in matrix.Values.ToArray() -> box (float value) ]"
            "    | :? Summary as all ->"
            "        [ float all.N; all.Mean; all.Sd; all.Minimum; all.Maximum ] |> List.map box"
            "    | :? System.Collections.IEnumerable as items -> [ for item in items do yield! flat item ]"
            "    | :? System.Runtime.CompilerServices.ITuple as tuple ->"
            "        [ for i in 0 .. tuple.Length - 1 do yield! flat tuple[i] ]"
            "    | :? float32 as number -> [ box (float number) ]"
            "    | :? int | :? int64 | :? float -> [ value ]"
            "    | :? option<float> as number -> Option.toList number |> List.map box"
            "    | _ -> [ box (string value) ]"
            "let told (page: string) (i: int) (value: obj) ="
            "    printfn \"@%s %d %s\" page i (System.Text.Json.JsonSerializer.Serialize(flat value))"
            for number, page in List.indexed pages do
                $"module Page{number} ="

                for i, pair in List.indexed (ofPage page) do
                    if pair.Ours <> "" then
                        let before, value = split pair.Ours
                        indented before
                        $"    let row{i} ="
                        indented (indented value)
                        $"    told \"{page}\" {i} (box row{i})"
        ]

/// Debian's python3, or another, that has NumPy and pandas.
[<RequireQualifiedAccess>]
module Python =
    let program =
        [ "python3"; "/usr/bin/python3" ]
        |> List.tryFind (fun program ->
            try
                (Repository.run 20.0 program [ "-c"; "import numpy, pandas" ]).ExitCode = 0
            with :? ComponentModel.Win32Exception ->
                false)

    /// Runs all rows of a page in one process, as a notebook would.
    let values (pairs: SidePair list) : IDictionary<int, string> =
        let script =
            """
import ast, json, sys
import numpy, pandas

def flat(value):
    if isinstance(value, (pandas.DataFrame, pandas.Series)):
        value = value.to_numpy()
    if isinstance(value, numpy.ndarray):
        return [each.item() for each in value.ravel()]
    if isinstance(value, (list, tuple)):
        return [number for each in value for number in flat(each)]
    if isinstance(value, numpy.generic):
        return [value.item()]
    return [value]

names = {"file": sys.argv[2], "table": sys.argv[3]}
for number, code in json.load(open(sys.argv[1])):
    tree = ast.parse(code)
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, "row", "exec"), names)
    value = eval(compile(ast.Expression(last.value), "row", "eval"), names) if last else []
    print("@%d %s" % (number, json.dumps(flat(value))))
"""

        let folder = Repository.temporary ()

        try
            let rows = Path.Combine(folder, "rows.json")

            [|
                for i, pair in List.indexed pairs do
                    if pair.Theirs <> NotRun then
                        [| box i; box pair.Python |]
            |]
            |> JsonSerializer.Serialize
            |> fun text -> File.WriteAllText(rows, text)

            let finished =
                Repository.run 20.0 program.Value [ "-c"; script; rows; SidePairs.file; SidePairs.table ]

            finished.Errors |> should be EmptyString

            dict [
                for line in Regex.Matches(finished.Output, @"^@(\d+) (.*)$", RegexOptions.Multiline) ->
                    int line.Groups[1].Value, line.Groups[2].Value
            ]
        finally
            Directory.Delete(folder, recursive = true)

/// A test that runs lines of NumPy and pandas; skipped, and counted so, where they are not installed.
type PythonFactAttribute() as this =
    inherit FactAttribute()

    do
        if Python.program.IsNone then
            this.Skip <- "NumPy and pandas are not installed (Debian: python3-numpy, python3-pandas)"

/// Our rows of all pages, run once in one fsi.
type OurRows() =
    let finished =
        let folder = Repository.temporary ()

        try
            let file = Path.Combine(folder, "pairs.fsx")
            File.WriteAllText(file, SidePairs.script)
            Repository.runWith [ "WORKBENCH_MODELS", "pocket" ] 20.0 "dotnet" [ "fsi"; "--nologo"; file ]
        finally
            Directory.Delete(folder, recursive = true)

    let values =
        dict [
            for line in Regex.Matches(finished.Output, @"^@(\S+) (\d+) (.*)$", RegexOptions.Multiline) ->
                (line.Groups[1].Value, int line.Groups[2].Value), line.Groups[3].Value
        ]

    member _.Finished = finished
    member _.Values = values

/// A row's values, as JSON.
[<AutoOpen>]
module private RowValues =
    let numbers (values: string) : float list =
        use parsed = JsonDocument.Parse values
        [ for each in parsed.RootElement.EnumerateArray() -> each.GetDouble() ]

/// One case per page.
type EachPage() =
    static member Names: IEnumerable<objnull array> =
        SidePairs.pages |> Seq.map (fun page -> [| box page |])

type FromPythonTests(ours: OurRows) =
    interface IClassFixture<OurRows>

    [<Theory; MemberData(nameof EachPage.Names, MemberType = typeof<EachPage>)>]
    member _.``Every line of ours beside a line of Python runs and gives something``(page: string) =
        Assert.True(ours.Finished.ExitCode = 0, ours.Finished.Errors)
        let pairs = SidePairs.ofPage page
        pairs.Length |> should be (greaterThanOrEqualTo 15)
        pairs.Length |> should be (lessThanOrEqualTo 30)

        for i, pair in List.indexed pairs do
            pair.Python |> should not' (be EmptyString)
            pair.Ours |> should not' (haveSubstring "Workbench.Core")

            if pair.Ours = "" then
                Assert.True(pair.Theirs = NotRun || page <> "from-numpy", $"{pair.Title} has neither value nor remark.")
            elif not (pair.Ours.StartsWith("open ", StringComparison.Ordinal)) then
                Assert.True(ours.Values.ContainsKey((page, i)), $"{pair.Title} gave nothing.")

    [<PythonFact>]
    member _.``Lines of NumPy and pandas give the values that ours give``() =
        let pairs = SidePairs.ofPage "from-numpy"
        let theirs = Python.values pairs

        let compared = [
            for i, pair in List.indexed pairs do
                if pair.Theirs = Compared && pair.Ours <> "open Workbench" then
                    let mine, other = numbers ours.Values[("from-numpy", i)], numbers theirs[i]
                    Assert.True(mine.Length > 0, $"{pair.Title} compares nothing.")
                    Assert.True((mine.Length = other.Length), $"{pair.Title}: {mine.Length} and {other.Length} values")

                    for a, b in List.zip mine other do
                        // Ours are kept in single precision.
                        Assert.True(abs (a - b) <= 2e-6 * max 1.0 (abs b), $"{pair.Title}: ours {a}, theirs {b}")

                    pair.Title
        ]

        compared.Length |> should be (greaterThanOrEqualTo 22)

module SidePairsPageTests =
    [<SiteTheory>]
    [<MemberData(nameof EachPage.Names, MemberType = typeof<EachPage>)>]
    let ``Theirs and ours stand side by side on a wide page and one below the other on a telephone`` (page: string) =
        // Of each row: whether ours begins to the right of theirs, and whether below it.
        let question =
            """(main => main && JSON.stringify([...main.querySelectorAll(".pairs code[lang=python]")].map(theirs => {
                const ours = theirs.closest(".pairs > *").nextElementSibling;
                const a = theirs.getBoundingClientRect(), b = ours.getBoundingClientRect();
                return [b.left >= a.right - 1, b.top >= a.bottom - 1];
            }).concat([[document.documentElement.scrollWidth <= innerWidth, true]])))(document.querySelector("main"))"""

        let at (width: int) =
            JsonSerializer.Deserialize<bool[][]>(
                Browser.ask width (Path.Combine(Site.folder.Value, page + ".html")) question
            )
            |> nonNull

        let wide, narrow = at 1280, at 390
        wide.Length |> should equal ((SidePairs.ofPage page).Length + 1)

        for row in Array.truncate (wide.Length - 1) wide do
            row[0] |> should equal true

        for row in Array.truncate (narrow.Length - 1) narrow do
            row[0] |> should equal false
            row[1] |> should equal true

        (Array.last wide)[0] |> should equal true
        (Array.last narrow)[0] |> should equal true
