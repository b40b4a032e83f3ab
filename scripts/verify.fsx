// Is a model computed right? Compares every NAME/ in a folder with NAME.expected.safetensors beside it, which holds
// what the original library computes, and every tokenizer with its NAME.expected.json.
// dotnet fsi scripts/verify.fsx FOLDER
// Prints a row for each, and ends with 1 where one is further off than 1e-4 of its largest value, a token differs, or
// nothing was compared.
// The page "Is it computed right?" of the site shows how such a file is made.
#r "../src/Workbench/bin/Release/net10.0/Workbench.Core.dll"
#r "../src/Workbench/bin/Release/net10.0/Workbench.dll"

open System
open System.IO
open Workbench

/// What there is to verify in a folder, kind by kind.
let verify (folder: string) : Verification list =
    Verify.models folder @ Verify.tokenizers folder

match Array.tail fsi.CommandLineArgs with
| [| folder |] when Directory.Exists folder ->
    let all = verify folder
    let skipped, compared = all |> List.partition _.Skipped.IsSome
    let wrong = compared |> List.filter (Verify.holds >> not)
    printfn $"{all |> Verify.toTable |> Table.toText}"
    printfn $"{compared.Length} compared, {wrong.Length} wrong, {skipped.Length} skipped"
    exit (if wrong.IsEmpty && not compared.IsEmpty then 0 else 1)
| [| other |] ->
    eprintfn $"There is no folder {other}."
    exit 2
| _ ->
    eprintfn "Usage: dotnet fsi scripts/verify.fsx FOLDER, which holds NAME/ and NAME.expected.safetensors or .json."

    exit 2
