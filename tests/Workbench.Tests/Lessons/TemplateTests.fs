module Workbench.Tests.TemplateTests

open System
open Xunit
open FsUnit.Xunit
open Workbench

[<Fact>]
let ``Every slot is filled, wherever it stands, and what is put in stays as it is`` () =
    "{{B}} and {{A}}, {{A}}"
    |> Template.fill [ "A", "{{B}}"; "B", "$1" ]
    |> should equal "$1 and {{B}}, {{B}}"

[<Theory>]
[<InlineData("{{A}} {{B}}")>]
[<InlineData("no slot")>]
let ``A slot without a text and a text without a slot are refused by name`` (template: string) =
    let error =
        Assert.Throws<ArgumentException>(fun () -> Template.fill [ "A", "" ] template |> ignore)

    error.Message |> should haveSubstring "texts for A"
