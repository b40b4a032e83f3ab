namespace Workbench

open System
open Workbench.Core
open Workbench.Core.Engines

/// <summary>What computes products, similarities and forward passes: the processor, or something beside it.</summary>
/// <remarks>The choice travels with the data: `Model.on` and `Labelled.on` make it, everything made of them keeps it,
/// and its name is in every provenance. Statistics, decompositions and gradients are computed on the processor
/// whatever the engine.</remarks>
/// <category index="1">Foundations</category>
type Engine = IEngine

/// <summary>The engines there are.</summary>
/// <category index="1">Foundations</category>
[<RequireQualifiedAccess; CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Engine =
    /// <summary>The processor, by the widest vectors that it has: what computes where nothing else was
    /// chosen.</summary>
    /// <example><code lang="fsharp">Engine.cpu.Name</code> is <c>"cpu"</c>.</example>
    let cpu: Engine = new CpuEngine()

    /// <summary>Plain loops in float64: some hundred times slower, and what the error of others is measured
    /// against.</summary>
    /// <example><code lang="fsharp">Engine.reference.Name</code> is <c>"reference"</c>.</example>
    let reference: Engine = new ReferenceEngine()

    /// <summary>The engines that can be chosen by name, the fastest first.</summary>
    /// <example><code lang="fsharp">Engine.list |> List.map _.Name</code> is <c>["cpu"; "reference"]</c>.</example>
    let list: Engine list = [ cpu; reference ]

    // The engine for a wish, which may be empty, and why it is that one.
    let internal choose (wish: string) : Engine * string =
        let names = String.Join(", ", list |> List.map _.Name)

        if wish = "" then
            list.Head, $"Engine: {list.Head}; the fastest of {names}."
        else
            match list |> List.tryFind (fun engine -> engine.Name = wish) with
            | Some engine -> engine, $"Engine: {engine}; WORKBENCH_ENGINE asks for it, there are {names}."
            | None ->
                invalidArg
                    "WORKBENCH_ENGINE"
                    $"There is no engine \"{Excerpt.Of wish}\"; the engines are {names}. Unset it for the fastest."

    /// <summary>The engine that the environment variable WORKBENCH_ENGINE names, and the fastest where it is not set or
    /// empty. Says in one line, on the error stream, what it found and why it took that. Nothing else reads the
    /// variable.</summary>
    /// <exception cref="T:System.ArgumentException">There is no engine of that name; the message lists those there
    /// are.</exception>
    /// <example><code lang="fsharp">gpt2 |> Model.on (Engine.best ()) |> Embedding.hasTokens</code> is
    /// <c>true</c>.</example>
    let best () : Engine =
        let engine, why =
            Environment.GetEnvironmentVariable "WORKBENCH_ENGINE"
            |> Option.ofObj
            |> Option.defaultValue ""
            |> choose

        eprintfn $"{why}"
        engine
