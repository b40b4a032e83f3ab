namespace Workbench.Lessons.Tests

open System
open System.Diagnostics
open System.IO
open System.IO.Compression
open System.Text.RegularExpressions
open System.Xml.Linq
open Xunit
open Xunit.Abstractions
open FsUnit.Xunit

/// The packages as `dotnet pack` makes them of the libraries as they are built, and an empty machine to use them on.
type Packages() =
    let folder = Repository.temporary ()
    let packages = Path.Combine(folder, "packages")

    // A machine that has no package yet: what is needed comes from this one's cache, so that no network is asked.
    let variables = [
        "NUGET_PACKAGES", Path.Combine(folder, "cache")
        "RestoreSources", $"{packages};{Packages.Cache}"
        "MSBUILDDISABLENODEREUSE", "1"
        "WORKBENCH_MODELS", "pocket"
    ]

    do
        let projects =
            String.Join(
                ';',
                [
                    for name in
                        [
                            "Workbench.Core.csproj"
                            "Workbench.Gpu.csproj"
                            "Workbench.Torch.csproj"
                            "Workbench.fsproj"
                        ] -> Repository.at $"src/{Path.GetFileNameWithoutExtension name}/{name}"
                ]
            )

        // As `dotnet pack --no-build` does, and the build started once for all.
        let all = Path.Combine(folder, "packages.proj")

        File.WriteAllText(
            all,
            $"""<Project>
  <Target Name="Pack">
    <MSBuild Projects="{projects}" Targets="Pack"
             Properties="Configuration=Release;NoBuild=true;_IsPacking=true;PackageOutputPath={packages}" />
  </Target>
</Project>"""
        )

        let finished =
            Repository.run 20.0 "dotnet" [ "msbuild"; all; "-target:Pack"; "-nologo" ]

        if finished.ExitCode <> 0 then
            invalidOp $"The libraries do not pack:\n{finished.Output}"

    static member Cache =
        match Environment.GetEnvironmentVariable "NUGET_PACKAGES" with
        | null
        | "" -> Path.Combine(Environment.GetFolderPath Environment.SpecialFolder.UserProfile, ".nuget", "packages")
        | folder -> folder

    member _.Folder = packages

    /// An empty folder on that machine.
    member _.Empty() =
        Directory.CreateDirectory(Path.Combine(folder, Guid.NewGuid().ToString "N")).FullName

    member _.Run (place: string) (arguments: string list) =
        let info =
            ProcessStartInfo(
                "dotnet",
                arguments,
                WorkingDirectory = place,
                RedirectStandardOutput = true,
                RedirectStandardError = true
            )

        for name, value in variables do
            info.Environment[name] <- value

        use child = nonNull (Process.Start info)

        let output, errors =
            child.StandardOutput.ReadToEndAsync(), child.StandardError.ReadToEndAsync()

        if not (child.WaitForExit(TimeSpan.FromMinutes 10.0)) then
            child.Kill(entireProcessTree = true)

        {
            ExitCode = child.ExitCode
            Output = output.Result
            Errors = errors.Result
        }

    interface IDisposable with
        member _.Dispose() =
            Directory.Delete(folder, recursive = true)

type PackageTests(packages: Packages, log: ITestOutputHelper) =
    let text = File.ReadAllText(Repository.at "src/PACKAGE.md")

    let code (language: string) =
        Regex.Match(text, $"```{language}\n(.*?)```", RegexOptions.Singleline).Groups[1].Value

    let opened (name: string) =
        ZipFile.OpenRead(Directory.GetFiles(packages.Folder, name + ".0*.nupkg") |> Array.exactlyOne)

    let named (zip: ZipArchive) = [ for entry in zip.Entries -> entry.FullName ]

    interface IClassFixture<Packages>

    [<Fact>]
    member _.``The packages hold libraries, documentation, pocket models, licence, dependencies and symbols``() =
        use core = opened "Workbench.Core"
        use library = opened "Workbench"
        use torch = opened "Workbench.Torch"

        for file in
            [
                "lib/net10.0/Workbench.Core.dll"
                "lib/net10.0/Workbench.Core.xml"
                "lib/net10.0/pocket/pocket-gpt2/model.safetensors"
                "lib/net10.0/pocket/pocket-bert/README.md"
                "lib/net10.0/pocket/pocket-word2vec/pocket-word2vec.bin"
                "buildTransitive/Workbench.Core.targets"
                "PACKAGE.md"
            ] do
            named core |> should contain file

        for file in [ "lib/net10.0/Workbench.dll"; "lib/net10.0/Workbench.xml"; "PACKAGE.md" ] do
            named library |> should contain file

        for zip, needed in
            [
                core,
                [
                    "CsvHelper"
                    "Apache.Arrow"
                    "Parquet.Net"
                    "PureHDF"
                    "System.Numerics.Tensors"
                ]
                library,
                [
                    "Workbench.Core"
                    "Workbench.Gpu"
                    "FSharp.Core"
                    "Plotly.NET"
                    "MathNet.Numerics"
                    "Markdig"
                    "Spectre.Console"
                ]
                torch, [ "Workbench.Core"; "TorchSharp" ]
            ] do
            use stream =
                (zip.Entries |> Seq.find (fun entry -> entry.FullName.EndsWith ".nuspec")).Open()

            let nuspec = XDocument.Load stream

            let of' name =
                nuspec.Descendants()
                |> Seq.filter (fun item -> item.Name.LocalName = name)
                |> List.ofSeq

            (of' "license").Head.Value |> should equal "MIT"
            (of' "readme").Head.Value |> should equal "PACKAGE.md"

            let dependencies = [
                for item in of' "dependency" ->
                    (nonNull (item.Attribute "id")).Value, (nonNull (item.Attribute "version")).Value
            ]

            for name in needed do
                dependencies |> List.map fst |> should contain name

            // Half a gigabyte is nobody's but who asks for it.
            dependencies
            |> List.filter (fun (name, _) -> name.StartsWith "libtorch")
            |> should be Empty

            // The lowest that will do, not the only one: others need the same packages.
            for _, version in dependencies do
                version |> should not' (startWith "[")

        Directory.GetFiles(packages.Folder, "*.snupkg").Length |> should equal 4

    [<Fact>]
    member _.``A script in an empty folder leads from the package to a figure``() =
        let place = packages.Empty()
        let script = Path.Combine(place, "first.fsx")
        code "fsharp" |> should haveSubstring "#r \"nuget: Workbench"
        File.WriteAllText(script, (code "fsharp").Replace("/packages", packages.Folder))
        let clock = Stopwatch.StartNew()
        let finished = packages.Run place [ "fsi"; script ]
        let seconds = clock.Elapsed.TotalSeconds
        // F# Interactive brings an FSharp.Core of its own, a little older than Plotly.NET asks for, and warns of it.
        Regex.Replace(finished.Errors, ".*warning NU1605.*", "").Trim()
        |> should be EmptyString

        finished.ExitCode |> should equal 0

        File.ReadAllText(Path.Combine(place, "words.html"))
        |> should haveSubstring "Plotly.react"

        log.WriteLine $"From nothing to a figure in {seconds:F1} s, packages from this machine's cache."
        // A minute is promised; five on a machine that is busy with other things.
        seconds |> should be (lessThan 300.0)

    [<Fact>]
    member _.``A program of ten lines of C# opens a pocket model from the package``() =
        let place = packages.Empty()
        let program = code "csharp"
        program.Trim().Split('\n').Length |> should be (lessThanOrEqualTo 10)
        File.WriteAllText(Path.Combine(place, "Program.cs"), program)

        File.WriteAllText(
            Path.Combine(place, "quick.csproj"),
            """<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup>
    <OutputType>Exe</OutputType>
    <TargetFramework>net10.0</TargetFramework>
    <ImplicitUsings>enable</ImplicitUsings>
    <Nullable>enable</Nullable>
  </PropertyGroup>
  <ItemGroup>
    <PackageReference Include="Workbench.Core" Version="*" />
  </ItemGroup>
</Project>"""
        )

        let finished = packages.Run place [ "run" ]
        finished.Output |> should haveSubstring "256 positions of 192 dimensions"
        finished.ExitCode |> should equal 0

    [<Fact>]
    member _.``A build before the tools are restored says what to do``() =
        let place = packages.Empty()

        let needed =
            Directory.GetFiles(Repository.root, "Directory.Build.*")
            |> Array.append (Directory.GetFiles(Repository.root, "paket.*"))
            |> Array.map (fun path -> Path.GetRelativePath(Repository.root, path))
            |> Array.append [|
                ".paket/Paket.Restore.targets"
                ".config/dotnet-tools.json"
                "src/Directory.Build.props"
                "src/Workbench.Core/Workbench.Core.csproj"
                "src/Workbench.Core/paket.references"
            |]

        for file in needed do
            let target = Path.Combine(place, file)
            Directory.CreateDirectory(nonNull (Path.GetDirectoryName target)) |> ignore
            File.Copy(Repository.at file, target)

        // Which tools have been restored stands in the home folder.
        let finished =
            Repository.runWith
                [
                    "DOTNET_CLI_HOME", place
                    "NUGET_PACKAGES", Path.Combine(place, "cache")
                    "MSBUILDDISABLENODEREUSE", "1"
                ]
                20.0
                "dotnet"
                [ "build"; Path.Combine(place, "src", "Workbench.Core") ]

        finished.ExitCode |> should not' (equal 0)

        finished.Output
        |> should haveSubstring "Run this once in its folder, then build again: dotnet tool restore"
