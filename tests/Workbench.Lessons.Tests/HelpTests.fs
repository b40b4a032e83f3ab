module Workbench.Lessons.Tests.HelpTests

open Xunit
open FsUnit.Xunit

/// Functions of plain modules, of modules that have a type's name, and a value.
let private asked = [
    "Embedding.nearest"
    "Residual.without"
    "Labelled.centre"
    "Chart.show"
    "Fold.moments"
]

[<Fact>]
let ``Help in F# Interactive shows a function's description, parameters and examples`` () =
    // One start, as by somebody who types: a script file passes over #help.
    let typed =
        String.concat "\n" [
            $"""#load @"{Repository.at "scripts/prelude.fsx"}";;"""
            "open Workbench;;"
            for name in asked do
                $"#help {name};;"
            "#quit;;"
            ""
        ]

    let finished = Repository.typedInto typed 20.0 "dotnet" [ "fsi"; "--nologo" ]
    finished.ExitCode |> should equal 0

    for name in asked do
        // The compiler's own name of a module that has a type's name ends otherwise.
        let parts = name.Split '.'

        Assert.Matches($"Full name: Workbench\\.{parts[0]}(Module)?\\.{parts[1]}\\s", finished.Output)

    finished.Output
    |> should haveSubstring "The tokens whose embeddings are nearest"

    finished.Output |> should haveSubstring "- word: One token of the model."
    finished.Output |> should haveSubstring "gpt2 |> Embedding.nearest 2 \" king\""

    finished.Output
    |> should haveSubstring "ArgumentException: There is no such block or head."
