namespace Workbench.Tests

open System
open System.IO
open Xunit

/// Where real weights and golden values lie: the folder that WORKBENCH_MODELS names.
[<RequireQualifiedAccess>]
module WeightsFolder =
    let path =
        match Environment.GetEnvironmentVariable "WORKBENCH_MODELS" with
        | null
        | "" -> None
        | folder -> Some folder

    let at (parts: string list) =
        Path.Combine(Array.ofList (Option.get path :: parts))

    /// Why a test that needs this file or folder cannot run, or null when it can.
    let missing (needs: string) : string | null =
        match path with
        | None -> $"WORKBENCH_MODELS is not set; needs {needs}"
        | Some folder when not (Path.Exists(Path.Combine(folder, needs))) -> $"{needs} is not under WORKBENCH_MODELS"
        | Some _ -> null

/// A test that needs a file or folder under WORKBENCH_MODELS; skipped, and counted as skipped, where it is absent.
type WeightsFactAttribute(needs: string) as this =
    inherit FactAttribute()
    do this.Skip <- WeightsFolder.missing needs

/// The same for a table of cases.
type WeightsTheoryAttribute(needs: string) as this =
    inherit TheoryAttribute()
    do this.Skip <- WeightsFolder.missing needs
