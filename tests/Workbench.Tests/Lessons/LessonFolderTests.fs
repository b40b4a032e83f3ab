module Workbench.Tests.LessonFolderTests

open System.IO
open Xunit
open FsUnit.Xunit
open Workbench

let private inFolder (test: string -> unit) =
    let folder = Directory.CreateTempSubdirectory("workbench-").FullName

    try
        test folder
    finally
        Directory.Delete(folder, recursive = true)

let private told (folder: string) (figures: Lesson -> unit) =
    let lesson = Lesson.startIn (Folder folder) "00-test" "A lesson" []
    figures lesson
    Lesson.finish lesson
    Path.Combine(folder, "00-test")

[<Fact>]
let ``A lesson leaves its first chart for the gallery, as it stands on its page`` () =
    inFolder (fun folder ->
        let drawn = Chart.values [ 1.0; 2.0 ]

        let place =
            told folder (fun lesson ->
                Table.ofRows [ "a" ] [ [ Count 1L ] ]
                |> Lesson.table lesson "table" "No chart."
                |> ignore

                drawn |> Lesson.figure lesson "first" "One." |> ignore
                Chart.values [ 3.0 ] |> Lesson.figure lesson "second" "Two." |> ignore)

        let picture = File.ReadAllText(Path.Combine(place, "thumbnail.html"))
        picture |> should equal (Chart.toHtml drawn)

        File.ReadAllText(Path.Combine(place, "index.html"))
        |> should haveSubstring picture)

[<Fact>]
let ``A lesson without a chart leaves no picture, not even that of an earlier run`` () =
    inFolder (fun folder ->
        let picture =
            Path.Combine(
                told folder (fun lesson -> Chart.values [ 1.0 ] |> Lesson.figure lesson "only" "" |> ignore),
                "thumbnail.html"
            )

        File.Exists picture |> should equal true
        told folder ignore |> ignore
        File.Exists picture |> should equal false)

[<Fact>]
let ``A page of a lesson has no slot left`` () =
    inFolder (fun folder ->
        let place =
            told folder (fun lesson ->
                Lesson.tablesPage lesson "tables.html" "Tables" [ "one", Table.ofRows [ "a" ] [ [ Count 1L ] ] ])

        for page in [ "index.html"; "tables.html" ] do
            File.ReadAllText(Path.Combine(place, page)) |> should not' (haveSubstring "{{"))

[<Fact>]
let ``A lesson's page tells what computes it, at its top`` () =
    inFolder (fun folder ->
        let page engine =
            let place =
                told folder (fun lesson -> engine |> Option.iter (fun it -> lesson |> Lesson.on it |> ignore))

            File.ReadAllText(Path.Combine(place, "index.html"))

        page (Some Engine.cpu)
        |> System.Net.WebUtility.HtmlDecode
        |> should haveSubstring $"Weights: none<br>Computed by: {Engine.cpu}</p>"

        page None |> should haveSubstring "Weights: none</p>")

[<Fact>]
let ``One finding is counted as one`` () =
    let lesson = Lesson.startIn Page "00-test" "A lesson" []
    Lesson.number lesson "mean" 0.5

    string lesson |> should equal "00-test: 0 figures, 1 finding, 0 checks"
