module Workbench.Lessons.Tests.RecipesTests

open System
open System.IO
open System.Text.RegularExpressions
open Xunit
open FsUnit.Xunit

let private page = File.ReadAllText(Repository.at "docs/recipes.fsx")

/// The code between the page's comments, with the number of the recipe that it belongs to.
let private cells =
    let shown = page.Split("(*** hide ***)")[0]
    let parts = Regex.Split(shown, @"\(\*\*\s(.*?)\*\)", RegexOptions.Singleline)

    (([], 0), List.ofArray parts |> List.indexed)
    ||> List.fold (fun (found, recipe) (i, part) ->
        if i % 2 = 1 then
            let numbers = Regex.Matches(part, @"\*\*(\d+)\. ")

            found,
            (if numbers.Count > 0 then
                 int numbers[0].Groups[1].Value
             else
                 recipe)
        else
            let code =
                part.Split '\n'
                |> Array.filter (fun line -> line.Trim() <> "" && not (line.StartsWith "(***"))

            (if code.Length > 0 && recipe > 0 then
                 (recipe, code) :: found
             else
                 found),
            recipe)
    |> fst
    |> List.rev

[<Fact>]
let ``There are twenty recipes, of at most ten lines that need no scrolling, and nothing of the core`` () =
    cells |> List.map fst |> List.distinct |> should equal [ 1..20 ]

    for recipe, code in cells do
        Assert.True(code.Length <= 10, $"Recipe {recipe} has {code.Length} lines.")

        for line in code do
            Assert.True(line.Length <= 100, $"Recipe {recipe}: {line}")
            line |> should not' (haveSubstring "Workbench.Core")

[<Fact>]
let ``The page of recipes runs, and what it checks is so`` () =
    let out = Repository.temporary ()

    try
        let variables = [ "WORKBENCH_OUT", out; "WORKBENCH_MODELS", "pocket" ]

        let finished =
            Repository.runWith variables 20.0 "dotnet" [ "fsi"; Repository.at "docs/recipes.fsx" ]

        finished.Errors |> should be EmptyString
        finished.ExitCode |> should equal 0
        finished.Output |> should haveSubstring "nearest"
    finally
        Directory.Delete(out, recursive = true)
