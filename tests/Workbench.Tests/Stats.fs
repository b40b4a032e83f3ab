namespace Workbench.Tests

open System.IO
open System.Text.Json
open Workbench
open Workbench.Core.Formats
open Workbench.Core.Tensors

/// Golden values of statistics, made by other libraries.
[<RequireQualifiedAccess>]
module Stats =
    let private folder () =
        WeightsFolder.at [ "reference"; "stats" ]

    let case (name: string) : JsonElement =
        use cases =
            JsonDocument.Parse(File.ReadAllText(Path.Combine(folder (), "expected.json")))

        let all = cases.RootElement

        let list =
            if all.ValueKind = JsonValueKind.Array then
                all
            else
                all.GetProperty "cases"

        let found =
            list.EnumerateArray()
            |> Seq.find (fun each -> string (each.GetProperty "name") = name)

        found.Clone()

    let private read (file: string) (name: string) =
        use tensors = Checkpoint.Open(Path.Combine(folder (), file))
        tensors.ReadDoubles name, tensors.ReadMatrix(name).Copy()

    let input (name: string) : Matrix = read "inputs.safetensors" name |> snd

    let expected (name: string) : float[] = read "expected.safetensors" name |> fst
