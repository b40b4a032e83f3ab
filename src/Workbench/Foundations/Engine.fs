namespace Workbench

open System
open type System.FormattableString
open System.Collections.Generic
open System.Reflection
open Workbench.Core
open Workbench.Core.Engines
open Workbench.Gpu

/// <summary>What computes products, similarities and forward passes: the processor, or something beside it.</summary>
/// <remarks>The choice travels with the data: `Model.on` and `Labelled.on` make it, everything made of them keeps it,
/// and its name is in every provenance. Statistics, decompositions and gradients are computed on the processor
/// whatever the engine.</remarks>
/// <category index="1">Foundations</category>
type Engine = IEngine

/// <summary>Something that can compute, as <c>Engine.list</c> finds it.</summary>
/// <category index="1">Foundations</category>
type EngineDevice = {
    /// The engine's name, by which WORKBENCH_ENGINE asks for it.
    Name: string
    /// The device, as its driver tells it.
    Device: string
    /// The driver and its version; empty where there is none.
    Driver: string
    /// Bytes of memory that it has.
    Memory: int64
    /// Whether it is a graphics card.
    IsCard: bool
    /// What was seen to be right of it, and when.
    Verified: string
} with

    /// <summary>Name, device, driver, memory and what was verified, in one line.</summary>
    override device.ToString() =
        let driver = if device.Driver = "" then "" else $" ({device.Driver})"

        Invariant
            $"{device.Name}: {device.Device}{driver}, {float device.Memory / 1e9:F0} GB; verified: {device.Verified}"

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

    let private devices = lazy (List.ofSeq (GpuDevice.List()))

    // A device is opened once: the kernels are built, its arithmetic is tested, and tables stay on it.
    let private opened = Dictionary<GpuDevice, Engine>()

    let private openDevice (device: GpuDevice) : Engine =
        lock opened (fun () ->
            match opened.TryGetValue device with
            | true, engine -> engine
            | _ ->
                let engine = new GpuEngine(device)
                opened.Add(device, engine)
                engine)

    /// <summary>The first device whose name contains a text: a card by its own driver or by OpenCL, or a processor by
    /// OpenCL. An empty text is the first of all, and cards come first.</summary>
    /// <param name="name">In any case.</param>
    /// <exception cref="T:Workbench.Gpu.GpuException">There is no such device, it cannot be opened, or it rounds
    /// otherwise than the processor.</exception>
    /// <example><code lang="fsharp">
    /// let missing = try (Engine.gpuNamed "no such card").Name with :? Workbench.Gpu.GpuException -> "missing"
    /// missing
    /// </code> is <c>"missing"</c>.</example>
    let gpuNamed (name: string) : Engine =
        let isMeant (device: GpuDevice) =
            device.Name.Contains(name, StringComparison.OrdinalIgnoreCase)

        match devices.Value, List.tryFind isMeant devices.Value with
        | _, Some device -> openDevice device
        | [], None ->
            raise (
                GpuException(
                    GpuProblem.NoDriver,
                    "There is no graphics driver with a device here: neither NVIDIA's (libcuda) nor OpenCL's. "
                    + "Install one, or use another engine."
                )
            )
        | others, None ->
            let names = others |> List.map (fun device -> $"\"{device.Name}\"")

            raise (
                GpuException(
                    GpuProblem.NoDevice,
                    $"There is no device \"{Excerpt.Of name}\"; there are "
                    + String.Join(", ", names)
                    + ". Name one of these."
                )
            )

    /// <summary>The first device, cards before processors: products, pair scans and searches with the bits of the
    /// processor; forward passes within 5·10⁻⁶ of the largest value.</summary>
    /// <exception cref="T:Workbench.Gpu.GpuException">There is no device, it cannot be opened, or it rounds otherwise
    /// than the processor.</exception>
    /// <example><code lang="fsharp">
    /// let here = Engine.list () |> List.exists (fun device -> device.Name = "gpu")
    /// let isThere = try (Engine.gpu ()).Name = "gpu" with :? Workbench.Gpu.GpuException -> false
    /// here = isThere
    /// </code> is <c>true</c>.</example>
    let gpu () : Engine = gpuNamed ""

    // TorchSharp is not everybody's: its engine is found where a program or script refers to its library.
    let private torchEngine () =
        Option.ofObj (Type.GetType "Workbench.Torch.TorchEngine, Workbench.Torch")

    let private torch () : Engine =
        match torchEngine () with
        | None ->
            invalidArg
                "WORKBENCH_ENGINE"
                "The engine torch is in the library Workbench.Torch, to which nothing here refers: add its package, \
                 or #r its DLL, or unset WORKBENCH_ENGINE."
        | Some engine ->
            let on = nonNull (engine.GetMethod "On")

            on.Invoke(null, BindingFlags.DoNotWrapExceptions, null, [| "cpu" |], null)
            |> nonNull
            :?> Engine

    // The engine of a name, where it can be had.
    let internal tryNamed (name: string) : Engine option =
        match name with
        | "cpu" -> Some cpu
        | "reference" -> Some reference
        | "gpu" ->
            try
                Some(gpu ())
            with :? GpuException ->
                None
        | "torch" ->
            try
                Some(torch ())
            with _ ->
                None
        | _ -> None

    /// <summary>All that can compute here: the processor, plain loops, every device that a driver knows, and torch
    /// where its library is referred to. Nothing is opened.</summary>
    /// <example><code lang="fsharp">Engine.list () |> List.map _.Name |> List.take 2</code> is
    /// <c>["cpu"; "reference"]</c>.</example>
    let list () : EngineDevice list =
        let here = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes

        let own (engine: Engine) = {
            Name = engine.Name
            Device = string engine
            Driver = ""
            Memory = here
            IsCard = false
            Verified = "the whole suite, in the tests of every build"
        }

        [
            own cpu
            own reference

            for device in devices.Value do
                {
                    Name = "gpu"
                    Device = device.Name
                    Driver = device.DriverVersion
                    Memory = device.Memory
                    IsCard = not device.IsProcessor
                    Verified =
                        if device.IsProcessor then
                            "the whole suite, in the tests where such a device is"
                        else
                            "products of hard numbers when it is opened; the whole suite never ran on a card"
                }

            if (torchEngine ()).IsSome then
                {
                    own cpu with
                        Name = "torch"
                        Device = "torch on cpu, where its native half loads"
                        Verified = "the whole suite, with libtorch 2.10.0 for processors; never on a card"
                }
        ]

    let private names () =
        let cards, processors =
            devices.Value |> List.partition (fun device -> not device.IsProcessor)

        [
            if not cards.IsEmpty then
                "gpu"
            cpu.Name
            reference.Name
            if cards.IsEmpty && not processors.IsEmpty then
                "gpu"
            if (torchEngine ()).IsSome then
                "torch"
        ]

    // The engine for a wish, which may be empty, and why it is that one.
    let internal choose (wish: string) : Engine * string =
        let names = names ()
        let all = String.Join(", ", names)

        let asked engine =
            engine, $"Engine: {engine}; WORKBENCH_ENGINE asks for it, there are {all}."

        match wish with
        | "" when names.Head = "gpu" ->
            try
                let engine = gpu ()
                engine, $"Engine: {engine}; the fastest of {all}."
            with :? GpuException as error ->
                cpu, $"Engine: {cpu}; the card cannot be used: {error.Message}"
        | "" -> cpu, $"Engine: {cpu}; the fastest of {all}."
        | "cpu" -> asked cpu
        | "reference" -> asked reference
        | "gpu" -> asked (gpu ())
        | "torch" -> asked (torch ())
        | _ ->
            invalidArg
                "WORKBENCH_ENGINE"
                $"There is no engine \"{Excerpt.Of wish}\"; the engines are {all}. Unset it for the fastest."

    /// <summary>The engine that the environment variable WORKBENCH_ENGINE names, and the fastest where it is not set or
    /// empty: a card where there is one that can be trusted, else the processor; and in one line what was found and why
    /// it is that one. Lessons print the line first. Nothing else than this and `best` reads the variable.</summary>
    /// <exception cref="T:Workbench.Gpu.GpuException">A device is asked for by name and cannot be used.</exception>
    /// <exception cref="T:System.ArgumentException">There is no engine of that name; the message lists those there
    /// are.</exception>
    /// <example><code lang="fsharp">(snd (Engine.chosen ())).StartsWith "Engine: "</code> is <c>true</c>.</example>
    let chosen () : Engine * string =
        Environment.GetEnvironmentVariable "WORKBENCH_ENGINE"
        |> Option.ofObj
        |> Option.defaultValue ""
        |> choose

    /// <summary>The engine of `chosen`, whose line is said on the error stream.</summary>
    /// <exception cref="T:Workbench.Gpu.GpuException">A device is asked for by name and cannot be used.</exception>
    /// <exception cref="T:System.ArgumentException">There is no engine of that name; the message lists those there
    /// are.</exception>
    /// <example><code lang="fsharp">gpt2 |> Model.on (Engine.best ()) |> Embedding.hasTokens</code> is
    /// <c>true</c>.</example>
    let best () : Engine =
        let engine, why = chosen ()
        eprintfn $"{why}"
        engine
