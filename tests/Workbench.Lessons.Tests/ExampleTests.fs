namespace Workbench.Lessons.Tests

open System
open System.Collections.Generic
open System.IO
open System.Reflection
open System.Text.RegularExpressions
open System.Xml.Linq
open Microsoft.FSharp.Core
open Workbench
open Xunit

/// What the documentation says that an example gives.
type Promise =
    /// It runs; its effect is on a page or a screen.
    | Runs
    /// It prints so in fsi; an ellipsis stands for anything, a number for all that round to it.
    | Is of string
    /// It is refused with an exception of this name.
    | Throws of string

/// An example of the reference: the code between `code` tags and what is promised behind it.
type Example = {
    /// Of the member it belongs to, e.g. "Axis.numbered".
    Member: string
    Code: string
    Promise: Promise
}

/// The examples of the F# reference, read from the library's own documentation file: nothing is written twice.
[<RequireQualifiedAccess>]
module Examples =
    let private ofAssembly = typeof<Axis>.Assembly

    let private moduleName (item: Type) =
        let isSuffixed =
            item.GetCustomAttributes<CompilationRepresentationAttribute>()
            |> Seq.exists _.Flags.HasFlag(CompilationRepresentationFlags.ModuleSuffix)

        if isSuffixed || item.Name.EndsWith("Module", StringComparison.Ordinal) then
            item.Name.Replace("Module", "")
        else
            item.Name

    let private isModule (item: Type) =
        item.GetCustomAttributes<CompilationMappingAttribute>()
        |> Seq.exists (fun mapping -> mapping.SourceConstructFlags = SourceConstructFlags.Module)

    let private memberName (id: string) =
        let path = Regex.Replace(id, @"^.:Workbench\.|``\d+|\(.*$", "")
        Regex.Replace(path, @"Module(?=\.)", "")

    let private members =
        let file = nonNull (Path.ChangeExtension(ofAssembly.Location, ".xml"))

        [
            for item in (XDocument.Load file).Descendants "member" ->
                memberName (nonNull (item.Attribute "name")).Value, item
        ]

    /// What is public for the compiler's sake alone, and no page of the reference shows.
    let private leftOut =
        set [
            for name, item in members do
                if not (Seq.isEmpty (item.Descendants "exclude")) then
                    name
        ]

    /// Every public function of every public module, as a script writes it; a name with a dollar is the compiler's own
    /// second form of an inline function.
    let functions: string list = [
        for item in ofAssembly.GetExportedTypes() |> Seq.filter isModule do
            for method in item.GetMethods(BindingFlags.Public ||| BindingFlags.Static ||| BindingFlags.DeclaredOnly) do
                let name = $"{moduleName item}.{method.Name}"

                if not (method.IsSpecialName || name.Contains '$' || leftOut.Contains name) then
                    name
    ]

    let private dedent (code: string) =
        let lines = code.Trim('\n').Split '\n' |> Array.map _.TrimEnd()

        let indent =
            lines
            |> Array.filter (fun line -> line <> "")
            |> Array.map (fun line -> line.Length - line.TrimStart().Length)
            |> Array.fold min Int32.MaxValue

        lines
        |> Array.map (fun line -> if line = "" then line else line.Substring indent)
        |> String.concat "\n"

    let private promiseOf (example: XElement) =
        let quoted =
            example.Elements "c"
            |> Seq.tryHead
            |> Option.map (fun c -> Regex.Replace(c.Value.Trim(), @"\s+", " "))

        let words =
            String.concat
                " "
                (example.Nodes()
                 |> Seq.choose (function
                     | :? XText as text -> Some text.Value
                     | _ -> None))

        match quoted with
        | Some name when Regex.IsMatch(words, @"\bthrows\b") -> Throws name
        | Some result -> Is result
        | None -> Runs

    /// All examples, in the order of the documentation file.
    let all: Example list = [
        for name, item in members do
            for example in item.Descendants "example" do
                match example.Element "code" with
                | null -> ()
                | code -> {
                    Member = name
                    Code = dedent code.Value
                    Promise = promiseOf example
                  }
    ]

    let private number = Regex @"(?<![\w.])-?\d+(?:\.\d+)?(?:e[-+]?\d+)?(?![\w.])"

    /// Whether what was printed keeps the promise: numbers agree to the digits that the promise has.
    let keeps (promised: string) (printed: string) : bool =
        let flat (text: string) = Regex.Replace(text, @"\s+", " ").Trim()

        let agrees (wanted: string) (found: string) =
            let digits =
                match wanted.IndexOf '.' with
                | -1 -> 0
                | point -> Regex.Match(wanted.Substring(point + 1), @"^\d*").Length

            wanted = found
            || (wanted.Contains '.'
                && not (wanted.Contains 'e')
                && abs (float wanted - float found) <= 0.5000001 * 10.0 ** float -digits)

        // Between the numbers, which are compared apart, the promise stands word for word; an ellipsis is anything.
        let wanted = flat promised

        let words =
            number.Split wanted
            |> Array.map (fun words -> Regex.Escape(words).Replace("…", ".*?"))

        let pattern = String.Join($"(?<n>{number})", words)
        let found = Regex.Match(flat printed, "^" + pattern + "$")

        found.Success
        && Seq.forall2
            (fun (wanted: Match) (found: Capture) -> agrees wanted.Value found.Value)
            (number.Matches wanted)
            found.Groups["n"].Captures

    /// The script that runs them all and prints, a line each, a number and what came of it.
    let script (examples: Example list) : string =
        let names = Repository.at "docs/examples.fsx"
        let indented (code: string) = "    " + code.Replace("\n", "\n    ")

        String.concat "\n" [
            $"#load @\"{names}\""
            "open System"
            "open Workbench.Core.Gradients"
            "open Workbench.Core.Models"
            "open Workbench.Core.Tensors"
            "open Workbench"
            "open Examples"
            "let private run (i: int) (example: unit -> 'a) ="
            "    let printed ="
            "        try \"is \" + sprintf \"%A\" (example ())"
            "        with error -> $\"throws {error.GetType().Name}: {error.Message}\""
            "    printfn \"@%d %s\" i (printed.Replace(\"\\r\", \"\").Replace(\"\\n\", \"\\\\n\"))"
            for i, example in List.indexed examples do
                $"# 1 \"{example.Member}\""
                $"let example{i} () ="
                indented example.Code
                $"run {i} example{i}"
        ]

/// All examples run once, in one fsi.
type AllExamples() =
    let results =
        let folder = Repository.temporary ()

        try
            let file = Path.Combine(folder, "examples.fsx")
            File.WriteAllText(file, Examples.script Examples.all)

            // What the examples write goes away with the folder, and no model of this machine changes them.
            let variables = [
                for name in [ "TMPDIR"; "TMP"; "WORKBENCH_MODELS"; "HF_HUB_CACHE"; "GENSIM_DATA_DIR" ] -> name, folder
            ]

            let finished =
                Repository.runWith variables 20.0 "dotnet" [ "fsi"; "--nologo"; "--quiet"; file ]

            if finished.ExitCode <> 0 then
                invalidOp $"The examples do not compile:\n{finished.Errors}"

            dict [
                for line in finished.Output.Split '\n' do
                    let found = Regex.Match(line, @"^@(\d+) (.*)$")

                    if found.Success then
                        int found.Groups[1].Value, found.Groups[2].Value.Replace("\\n", "\n")
            ]
        finally
            Directory.Delete(folder, recursive = true)

    /// What example i printed, after "is " or "throws ".
    member _.Printed(i: int) = results[i]

/// One case per module.
type EachModule() =
    static member Names: IEnumerable<objnull array> =
        Examples.all
        |> Seq.map (fun example -> example.Member.Split('.')[0])
        |> Seq.distinct
        |> Seq.map (fun name -> [| box name |])

type ExampleTests(examples: AllExamples) =
    interface IClassFixture<AllExamples>

    [<Theory; MemberData(nameof EachModule.Names, MemberType = typeof<EachModule>)>]
    member _.``Every example of the reference runs and gives what is written behind it``(name: string) =
        let broken = [
            for i, example in List.indexed Examples.all do
                if example.Member.Split('.')[0] = name then
                    let printed = examples.Printed i

                    let isKept =
                        match example.Promise with
                        | Runs -> printed.StartsWith("is ", StringComparison.Ordinal)
                        | Is result ->
                            printed.StartsWith("is ", StringComparison.Ordinal)
                            && Examples.keeps result (printed.Substring 3)
                        | Throws exceptionName ->
                            printed.StartsWith($"throws {exceptionName}", StringComparison.Ordinal)

                    if not isKept then
                        $"{example.Member}\n  {example.Code}\n  promised {example.Promise}\n  printed {printed}"
        ]

        Assert.True(broken.IsEmpty, String.concat "\n" broken)

module CoverageOfExamples =
    [<Fact>]
    let ``Every public function has an example`` () =
        let shown = Examples.all |> Seq.map _.Member |> Set.ofSeq
        Assert.True(Examples.functions.Length > 250, "Functions are missing from the list itself.")
        let missing = Examples.functions |> List.filter (shown.Contains >> not)
        let list = String.concat ", " missing
        Assert.True(missing.IsEmpty, $"{missing.Length} of {Examples.functions.Length} have none: {list}")

    [<Theory>]
    [<InlineData("(1024, 768)", "(1024, 768)", true)>]
    [<InlineData("(1024, 768)", "(1024, 769)", false)>]
    [<InlineData("0.5", "0.4996", true)>]
    [<InlineData("0.500", "0.4996", true)>]
    [<InlineData("0.500", "0.4994", false)>]
    [<InlineData("[|-0.25; 3.0|]", "[|-0.251; 3.01|]", true)>]
    [<InlineData("[|0.25; 3.0|]", "[|-0.25; 3.0|]", false)>]
    [<InlineData("5", "5.2", false)>]
    [<InlineData("\"a … z\"", "\"a b c z\"", true)>]
    [<InlineData("\"a … z\"", "\"a b c\"", false)>]
    let ``A promise is kept to the digits that it has`` (promised: string, printed: string, isKept: bool) =
        Assert.Equal(isKept, Examples.keeps promised printed)
