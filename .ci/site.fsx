// Finishes the pages that fsdocs has written to output/ and refuses them when anything in them is broken.
open System
open System.IO
open System.Net
open System.Text.Json
open System.Text.Json.Nodes
open System.Text.RegularExpressions

let root = Path.GetFullPath(Path.Combine(__SOURCE_DIRECTORY__, ".."))
let output = Path.Combine(root, "output")
let content = Path.Combine(output, "content")
let inRoot (path: string) = Path.Combine(root, path)

let pages () =
    Directory.GetFiles(output, "*.html", SearchOption.AllDirectories) |> Array.sort

/// What pages load, from where it is installed, and from where they load it when it is not: in the versions that npm
/// installs.
let libraries =
    let versions =
        (nonNull (JsonNode.Parse(File.ReadAllText(inRoot ".web/package.json"))))["dependencies"]

    [
        for package, files in
            [
                "plotly.js-dist-min", [ "plotly.min.js" ]
                "katex", [ "dist/katex.min.css"; "dist/katex.min.js"; "dist/contrib/auto-render.min.js" ]
            ] -> package, string versions[package], files
    ]

let cdn = "https://cdn.jsdelivr.net/npm/"

let installed (package: string) =
    Directory.Exists(inRoot $".web/node_modules/{package}")

let allInstalled =
    libraries |> List.forall (fun (package, _, _) -> installed package)

let copyLibraries () =
    for package, _, files in libraries do
        for file in files do
            let source = inRoot $".web/node_modules/{package}/{file}"

            if File.Exists source then
                File.Copy(source, Path.Combine(content, Path.GetFileName file), overwrite = true)

    let fonts = inRoot ".web/node_modules/katex/dist/fonts"

    if Directory.Exists fonts then
        Directory.CreateDirectory(Path.Combine(content, "fonts")) |> ignore
        // Every browser that shows these pages reads woff2; the older formats would only weigh.
        for font in Directory.GetFiles(fonts, "*.woff2") do
            File.Copy(font, Path.Combine(content, "fonts", Path.GetFileName font), overwrite = true)

        let css = Path.Combine(content, "katex.min.css")

        let woff2Only =
            Regex.Replace(File.ReadAllText css, @",url\([^)]*\.(woff|ttf)\) format\(""[a-z]+""\)", "")

        File.WriteAllText(css, woff2Only)

    for page in [ "workbench.css"; "workbench.js" ] do
        File.Copy(inRoot $"src/Workbench/Lessons/Pages/{page}", Path.Combine(content, page), overwrite = true)

/// Where nothing is installed, the pages' own links become links to the CDN.
let fromCdn (html: string) =
    if allInstalled then
        html
    else
        let replace (html: string) (package, version, files: string list) =
            (html, files)
            ||> List.fold (fun html file ->
                html.Replace($"@ROOT@/content/{Path.GetFileName file}", $"{cdn}{package}@{version}/{file}"))

        List.fold replace html libraries

/// Buttons of a template that is not ours, and the tags of documentation comments inside tooltips.
let clean (html: string) =
    let button =
        @"<div class=""fsdocs-source-link""[^>]*>\s*(<a [^>]*>\s*)?"
        + @"<iconify-icon[^>]*></iconify-icon>\s*(</a>\s*)?</div>\s*"

    let html =
        Regex.Replace(html, $@"<div class=""icon-button-row"">\s*({button})*</div>", "")

    let html =
        Regex.Replace(html, "<fsdocs-details-toggle></fsdocs-details-toggle>", "")

    let tip =
        Regex(@"(<div popover class=""fsdocs-tip"".*?</div>)", RegexOptions.Singleline)

    tip.Replace(html, fun found -> Regex.Replace(found.Value, @"&lt;/?[a-z]+( [a-z]+=&quot;[^&]*&quot;)* ?/?&gt;", ""))

/// Documentation comments mark code with backticks, as Markdown does; fsdocs leaves them as they are.
let code (page: string) (html: string) =
    if page.Contains "reference" then
        Regex.Replace(html, "`([^`<>\n]+)`", "<code>$1</code>")
    else
        html

let finish (page: string) =
    let depth =
        Path.GetRelativePath(output, page).Split(Path.DirectorySeparatorChar).Length - 1

    let up = String.replicate depth "../"

    File.WriteAllText(
        page,
        (File.ReadAllText page
         |> fromCdn
         |> clean
         |> code (Path.GetRelativePath(output, page)))
            .Replace("@ROOT@/", up)
    )

/// fsdocs' index, as a script that sets a variable: pages on disk may load scripts but not fetch files.
let writeSearchIndex () =
    let file = Path.Combine(output, "index.json")
    // Tooltips and the numbers of figures are no text to search.
    let words (text: string) =
        let plain: string = WebUtility.HtmlDecode text
        Regex.Replace(plain, @"<[^>]*>|\s+", " ").Trim()

    let longest = 6000

    let entries =
        JsonArray(
            [|
                for entry in JsonNode.Parse(File.ReadAllText file).AsArray() do
                    let uri = (string entry["uri"]).Replace("@ROOT@/", "")
                    let text = words (string entry["content"])

                    if uri <> "prelude.html" then
                        JsonObject(
                            [
                                Collections.Generic.KeyValuePair("uri", JsonValue.Create uri :> JsonNode)
                                Collections.Generic.KeyValuePair("title", JsonValue.Create(string entry["title"]))
                                Collections.Generic.KeyValuePair(
                                    "headings",
                                    JsonValue.Create(words (string (entry["headings"].ToJsonString())))
                                )
                                Collections.Generic.KeyValuePair(
                                    "text",
                                    JsonValue.Create(text.Substring(0, min longest text.Length))
                                )
                            ]
                        )
                        :> JsonNode
            |]
        )

    File.WriteAllText(Path.Combine(content, "search-index.js"), $"window.workbenchIndex = {entries.ToJsonString()};\n")
    File.Delete file

let attributes (html: string) =
    // Figures are scripts of many megabytes with no links in them.
    let markup =
        Regex.Replace(html, @"(<script)([^>]*>).*?</script>", "$1$2</script>", RegexOptions.Singleline)

    [
        for found in Regex.Matches(markup, @"<(\w+)[^>]*?\s(href|src)=""([^""]*)""") ->
            found.Groups[1].Value.ToLowerInvariant(), WebUtility.HtmlDecode found.Groups[3].Value
    ]

let anchors =
    let known = Collections.Generic.Dictionary<string, Set<string>>()

    fun (page: string) ->
        match known.TryGetValue page with
        | true, names -> names
        | _ ->
            let names =
                set [
                    for found in Regex.Matches(File.ReadAllText page, @"\s(id|name)=""([^""]+)""") ->
                        WebUtility.HtmlDecode found.Groups[2].Value
                ]

            known[page] <- names
            names

let isOutside (address: string) =
    Regex.IsMatch(address, @"^([a-z]+:)?//", RegexOptions.IgnoreCase)

let isAllowed (address: string) =
    not allInstalled && address.StartsWith cdn

let brokenLink (page: string) (address: string) =
    if isOutside address || Regex.IsMatch(address, "^(data|mailto|javascript):") then
        None
    else
        let parts = address.Split('#', 2)
        let folder = nonNull (Path.GetDirectoryName page)

        let target =
            if parts[0] = "" then
                page
            else
                Path.GetFullPath(Path.Combine(folder, Uri.UnescapeDataString(parts[0].Split('?')[0])))

        if not (File.Exists target) then
            Some $"links to {address}, which is not there"
        elif parts.Length = 2 && parts[1] <> "" && target.EndsWith ".html" then
            let anchor = Uri.UnescapeDataString parts[1]

            if (anchors target).Contains anchor then
                None
            else
                Some $"links to {address}, but that page has no such place"
        else
            None

/// fsdocs also links to types and members that it has no page for, such as internal ones: there the name stays, without
/// a link.
let unlink (page: string) =
    let link = Regex(@"<a href=""([^""]*)"">([^<]*)</a>")

    let keep (found: Match) =
        let broken = brokenLink page (WebUtility.HtmlDecode found.Groups[1].Value)
        if broken.IsSome then found.Groups[2].Value else found.Value

    File.WriteAllText(page, link.Replace(File.ReadAllText page, keep))

let faultsOfPage (page: string) = [
    let html = File.ReadAllText page

    for sentence, meaning in
        [
            "No value returned by any evaluator", "a value was not evaluated"
            "{{fsdocs-", "a slot of the template was not filled"
            "{{root}}", "a slot of the template was not filled"
            "@ROOT@", "an address was not made relative"
        ] do
        if html.Contains sentence then
            $"{meaning} ({sentence})"

    for tag, address in attributes html do
        if tag <> "a" && isOutside address && not (isAllowed address) then
            $"loads {address}"

        match brokenLink page address with
        | Some fault -> fault
        | None -> ()
]

/// The F# compiler takes a comment that does not begin with a tag for plain text, and its other tags with it: editors
/// would
/// show them as they stand.
let faultsOfComments (file: string) = [
    for comment in
        Regex.Matches(File.ReadAllText file, @"<member name=""([^""]+)"">(.*?)</member>", RegexOptions.Singleline) do
        let tag =
            Regex.Match(
                comment.Groups[2].Value,
                "&lt;/?(summary|param|returns|example|exception|remarks|see|c|code)\\b"
            )

        if tag.Success then
            $"the comment of {comment.Groups[1].Value} has tags and must begin with one, <summary>"
]

let faultsOfLesson (script: string) = [
    let name = nonNull (Path.GetFileNameWithoutExtension script)
    let page = Path.Combine(output, name + ".html")

    if Regex.IsMatch(File.ReadAllText script, @"\\[(\[]") then
        "mathematics stands between $ and $ or $$ and $$; other delimiters lose their backslashes on the way to the \
         page"

    if not (File.Exists page) then
        "has no page"
    else
        // What the lesson drew when it ran as a script, in a process of its own, must be on its page too, with the same
        // numbers.
        let html = File.ReadAllText page
        let figure = "<figure id=\"([^\"]+)\">\n(.*?)\n<figcaption class=\"caption\">"

        let page = File.ReadAllText(inRoot $"out/{name}/index.html")

        for found in Regex.Matches(page, figure, RegexOptions.Singleline) do
            if not (html.Contains $"<figure id=\"{found.Groups[1].Value}\">") then
                $"the figure {found.Groups[1].Value} is not on the page; (*** include-it ***) after it shows it"
            elif not (html.Contains found.Groups[2].Value) then
                $"the figure {found.Groups[1].Value} is not the same in two runs"
]

let faultsOfStyle (style: string) = [
    for found in Regex.Matches(File.ReadAllText style, @"(url\(|@import\s+)[""']?([^)""']+)") do
        let address = found.Groups[2].Value

        if isOutside address then
            $"loads {address}"
        elif
            not (address.StartsWith "data:")
            && not (File.Exists(Path.Combine(content, address)))
        then
            $"loads {address}, which is not there"
]

if not allInstalled then
    printfn $"plotly.js or KaTeX is not installed in .web: the pages load them from {cdn}"

Directory.CreateDirectory content |> ignore
File.Delete(Path.Combine(output, "prelude.html"))
copyLibraries ()
writeSearchIndex ()
Array.iter finish (pages ())
Directory.GetFiles(Path.Combine(output, "reference")) |> Array.iter unlink

let faults = [
    let named (path: string) faults = [ for fault in faults -> $"{Path.GetRelativePath(root, path)}: {fault}" ]

    for page in pages () do
        yield! named page (faultsOfPage page)

    for script in Directory.GetFiles(inRoot "scripts", "??-*.fsx") |> Array.sort do
        yield! named script (faultsOfLesson script)

    let comments = inRoot "src/Workbench/bin/Release/net10.0/Workbench.xml"
    yield! named comments (faultsOfComments comments)

    for style in Directory.GetFiles(content, "*.css") do
        yield! named style (faultsOfStyle style)
]

if faults.IsEmpty then
    printfn $"""{(pages ()).Length} pages, nothing broken: {Path.Combine(output, "index.html")}"""
else
    eprintfn "The site is broken:"
    faults |> List.distinct |> List.iter (eprintfn "  %s")
    exit 1
