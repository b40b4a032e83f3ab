namespace Workbench.Lessons.Tests

open System.IO
open System.Text.Json
open System.Text.RegularExpressions
open Xunit
open FsUnit.Xunit

[<Collection "All lessons">]
type LessonTests(all: AllLessons) =
    let parse (file: string) =
        JsonDocument.Parse(File.ReadAllText file)

    let rec isValue (value: JsonElement) =
        match value.ValueKind with
        | JsonValueKind.Number
        | JsonValueKind.String -> true
        | JsonValueKind.Array -> value.GetArrayLength() > 0 && value.EnumerateArray() |> Seq.forall isValue
        | _ -> false

    [<Theory>]
    [<MemberData(nameof EachLesson.Names, MemberType = typeof<EachLesson>)>]
    member _.``A lesson runs to its end and all that it states is true``(lesson: string) =
        use run = parse (all.At(lesson, "run.json"))
        string (run.RootElement.GetProperty "Reason") |> should equal ""
        run.RootElement.GetProperty("Passed").GetBoolean() |> should equal true

    [<Theory>]
    [<MemberData(nameof EachLesson.Names, MemberType = typeof<EachLesson>)>]
    member _.``The results of a lesson keep the contract that other tools read``(lesson: string) =
        use results = parse (all.At(lesson, "results.json"))
        let root = results.RootElement
        string (root.GetProperty "lesson") |> should equal lesson

        for weights in root.GetProperty("weights").EnumerateArray() do
            string (weights.GetProperty "name") |> should not' (be EmptyString)

            [ "real"; "pocket"; "planted" ]
            |> should contain (string (weights.GetProperty "kind"))

            string (weights.GetProperty "file") |> should not' (be EmptyString)

            Regex.IsMatch(string (weights.GetProperty "sha256"), "^[0-9a-f]{64}$")
            |> should equal true

        let findings = List.ofSeq (root.GetProperty("results").EnumerateArray())
        findings |> should not' (be Empty)

        findings
        |> List.map (fun finding -> string (finding.GetProperty "name"))
        |> should be unique

        for finding in findings do
            isValue (finding.GetProperty "value") |> should equal true

            for known in finding.EnumerateObject() do
                let kind = known.Value.ValueKind

                match known.Name with
                | "name"
                | "unit" -> kind |> should equal JsonValueKind.String
                | "value" -> ()
                | "n"
                | "seed"
                | "p" -> kind |> should equal JsonValueKind.Number
                | "interval" -> known.Value.GetArrayLength() |> should equal 2
                | unknown -> failwith $"{lesson} has a finding with an unknown field {unknown}"

    // Names that other tools may rely on; they stay while the lessons grow.
    [<Theory>]
    [<InlineData("05-token-norms",
                 "norm.mean distance.original.l2.mean distance.centred.cosine.sd distance.scaled.l2.sd \
                  distance.centred-and-scaled.cosine.mean top.norm bottom.scaled-and-bias")>]
    [<InlineData("06-heads-and-nouns", "nouns rows coherence.z")>]
    [<InlineData("07-singular-directions", "spectra")>]
    member _.``A lesson states its results under the names that were promised``(lesson: string, names: string) =
        use results = parse (all.At(lesson, "results.json"))

        let found = [
            for finding in results.RootElement.GetProperty("results").EnumerateArray() ->
                string (finding.GetProperty "name")
        ]

        for name in names.Split ' ' do
            found |> should contain name

    [<Theory>]
    [<InlineData("05-token-norms", "extremes.csv extremes.txt extremes.tex")>]
    [<InlineData("06-heads-and-nouns", "nouns.csv nouns.html block-0-keys.txt block-0-values.txt")>]
    [<InlineData("07-singular-directions", "atlas.csv atlas.html")>]
    member _.``A lesson leaves the files that its text speaks of``(lesson: string, names: string) =
        for name in names.Split ' ' do
            File.ReadAllText(all.At(lesson, name)) |> should not' (be EmptyString)

    [<Theory>]
    [<MemberData(nameof EachLesson.Names, MemberType = typeof<EachLesson>)>]
    member _.``The gallery has a card for a lesson with its title, its weights and a picture``(lesson: string) =
        let gallery = File.ReadAllText(Path.Combine(all.Folder, "index.html"))

        let card =
            Regex.Match(gallery, $"<a href=\"{lesson}/index.html\">.*?</article>", RegexOptions.Singleline).Value

        Regex.IsMatch(card, "<h2>[^<]+</h2>") |> should equal true

        Regex.IsMatch(card, @"\((real|pocket|planted)\)|no weights")
        |> should equal true

        card.Contains "class=\"workbench-plot\"" |> should equal true

    [<Theory>]
    [<MemberData(nameof EachLesson.Names, MemberType = typeof<EachLesson>)>]
    member _.``A lesson's page has its prose and code, links every file beside it, and takes two megabytes at most``
        (lesson: string)
        =
        let page = File.ReadAllText(all.At(lesson, "index.html"))
        let script = File.ReadAllText(Repository.at $"scripts/{lesson}.fsx")
        page.Length |> should be (lessThan 2_000_000)
        let count (pattern: string) (text: string) = Regex.Matches(text, pattern).Count

        let headings = script |> count @"(?m)^(\(\*\* )?#{1,3} [^!r]"

        headings |> should be (greaterThan 1)
        // The last says what was checked.
        page |> count "<h[1-3] " |> should equal headings
        page |> count "<details class=\"code\">" |> should be (greaterThan 4)

        for file in Directory.GetFiles(all.At(lesson, ""), "*", SearchOption.AllDirectories) do
            let name =
                Path.GetRelativePath(all.At(lesson, ""), file).Replace(Path.DirectorySeparatorChar, '/')

            if not (List.contains name [ "index.html"; "run.json"; "thumbnail.html" ]) then
                page |> should haveSubstring $"href=\"{name}\""

    [<Theory>]
    [<MemberData(nameof EachLesson.Names, MemberType = typeof<EachLesson>)>]
    member _.``Every chart of a lesson has a title, names its axes, counts what it shows and says whose it is``
        (lesson: string)
        =
        use results = parse (all.At(lesson, "results.json"))

        let weights = [
            for each in results.RootElement.GetProperty("weights").EnumerateArray() -> string (each.GetProperty "name")
        ]

        let charts =
            Regex.Split(File.ReadAllText(all.At(lesson, "index.html")), "(?=<figure id=\")")
            |> Array.filter (fun part -> part.Contains "class=\"workbench-plot\"" && part.StartsWith "<figure id")

        charts |> should not' (be Empty)

        for chart in charts do
            let name = Regex.Match(chart, "<figure id=\"([^\"]+)").Groups[1].Value

            let caption =
                Regex.Match(chart, "<figcaption class=\"caption\">(.*?)</figcaption>", RegexOptions.Singleline).Value

            let layouts =
                Regex.Match(chart, "^(\\{\"wide\":.*),$", RegexOptions.Multiline).Groups[1].Value

            use layout = JsonDocument.Parse layouts
            let wide = layout.RootElement.GetProperty "wide"

            // Titled is what has a text in its title; axes of three dimensions stand in scenes.
            let rec titles (letter: string) (element: JsonElement) = [
                for part in element.EnumerateObject() do
                    if part.Name.StartsWith "scene" then
                        yield! titles letter part.Value
                    elif Regex.IsMatch(part.Name, $"^{letter}axis\\d*$") then
                        match part.Value.TryGetProperty "title" with
                        | true, title -> string (title.GetProperty "text")
                        | _ -> ()
            ]

            let text = string (wide.GetProperty("title").GetProperty "text")
            Assert.True(text <> "", $"{lesson}, {name}: no title")
            Assert.True(List.exists ((<>) "") (titles "x" wide), $"{lesson}, {name}: no title of x")
            Assert.True(List.exists ((<>) "") (titles "y" wide), $"{lesson}, {name}: no title of y")
            Assert.True(Regex.IsMatch(caption, @"\d"), $"{lesson}, {name}: no number in {caption}")

            // Computed data have a seed or a formula instead of weights.
            let isOwned =
                List.exists (fun (weights: string) -> caption.Contains weights) weights
                || Regex.IsMatch(caption, "seed \\d|base 10,000")

            Assert.True(isOwned, $"{lesson}, {name}: nobody's, {caption}")

    [<BrowserTheory>]
    [<MemberData(nameof EachLesson.Names, MemberType = typeof<EachLesson>)>]
    member _.``Every formula of a lesson's prose is on its page, and set``(lesson: string) =
        let script = File.ReadAllText(Repository.at $"scripts/{lesson}.fsx")

        let prose =
            Regex.Matches(script, @"^\(\*\*(?!\*)(.*?)\*\)\s*$", RegexOptions.Singleline ||| RegexOptions.Multiline)
            |> Seq.map (fun found -> Regex.Replace(found.Groups[1].Value, "`[^`]*`", ""))
            |> String.concat "\n"

        let formulas =
            Regex.Matches(prose, @"\$\$.+?\$\$|\$[^$]+\$", RegexOptions.Singleline).Count

        Browser.formulas 1280 (all.At(lesson, "index.html"))
        |> should equal [ formulas; formulas; 0 ]

    [<BrowserTheory>]
    [<InlineData(390)>]
    [<InlineData(1280)>]
    member _.``Nothing on a page of a lesson or in the gallery keeps a keyboard or a screen reader out``(width: int) =
        for page in "index.html" :: [ for lesson in Repository.lessons -> $"{lesson}/index.html" ] do
            Browser.barriers width (Path.Combine(all.Folder, page)) |> should be Empty

    [<BrowserTheory>]
    [<MemberData(nameof EachLesson.Names, MemberType = typeof<EachLesson>)>]
    member _.``A lesson's page fits a telephone``(lesson: string) =
        (Browser.openPage 390 (all.At(lesson, "index.html"))).Overflow |> should equal 0

    [<BrowserTheory>]
    [<MemberData(nameof EachLesson.Names, MemberType = typeof<EachLesson>)>]
    member _.``Every figure of a lesson draws``(lesson: string) =
        let page = Browser.openPage 1280 (all.At(lesson, "index.html"))
        page.Errors |> should be Empty
        page.Figures |> should not' (be Empty)
        Browser.empty page |> should be Empty

    [<BrowserFact>]
    member _.``The gallery fits a telephone and draws without an error``() =
        let page = Browser.openPage 390 (Path.Combine(all.Folder, "index.html"))
        page.Errors |> should be Empty
        page.Overflow |> should equal 0
