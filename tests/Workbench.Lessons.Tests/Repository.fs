namespace Workbench.Lessons.Tests

open System
open System.Collections.Generic
open System.Diagnostics
open System.IO

/// What a process printed, and how it ended.
type Finished = {
    ExitCode: int
    Output: string
    Errors: string
}

/// The checkout that these tests were built from.
[<RequireQualifiedAccess>]
module Repository =
    let root =
        let rec find (folder: string) =
            if File.Exists(Path.Combine(folder, "Workbench.sln")) then
                folder
            else
                match Path.GetDirectoryName folder with
                | null -> invalidOp $"No folder above {AppContext.BaseDirectory} holds Workbench.sln."
                | parent -> find parent

        find (AppContext.BaseDirectory.TrimEnd Path.DirectorySeparatorChar)

    let at (path: string) = Path.Combine(root, path)

    /// The lessons by name, in order.
    let lessons =
        Directory.GetFiles(at "scripts", "??-*.fsx")
        |> Array.map (Path.GetFileNameWithoutExtension >> nonNull)
        |> Array.filter (fun name -> Char.IsDigit name[0] && Char.IsDigit name[1])
        |> Array.sort
        |> List.ofArray

    // With something typed into it, or nothing.
    let private start
        (typed: string option)
        (variables: (string * string) list)
        (minutes: float)
        (program: string)
        (arguments: string list)
        : Finished =
        let info =
            ProcessStartInfo(
                program,
                arguments,
                WorkingDirectory = root,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                RedirectStandardInput = typed.IsSome
            )

        // As the lessons' runner has it: processes of some seconds.
        for name, value in [ "DOTNET_TieredPGO", "0"; "DOTNET_gcServer", "0" ] @ variables do
            info.Environment[name] <- value

        use child = nonNull (Process.Start info)
        let output = child.StandardOutput.ReadToEndAsync()
        let errors = child.StandardError.ReadToEndAsync()

        for text in Option.toList typed do
            child.StandardInput.Write text
            child.StandardInput.Close()

        if not (child.WaitForExit(TimeSpan.FromMinutes minutes)) then
            child.Kill(entireProcessTree = true)
            let command = String.Join(" ", program :: arguments)
            raise (TimeoutException $"{command} was still running after {minutes} minutes.")

        {
            ExitCode = child.ExitCode
            Output = output.Result
            Errors = errors.Result
        }

    /// Runs a program under these environment variables to its end, or kills it after so many minutes.
    let runWith = start None

    /// Runs a program to its end, or kills it after so many minutes.
    let run = runWith []

    /// The same for a program that this text is typed into.
    let typedInto (text: string) = start (Some text) []

    /// A new empty folder; whoever asks deletes it.
    let temporary () : string =
        Directory.CreateTempSubdirectory("workbench-lessons-").FullName

    let private minutesForAllLessons = 20.0

    /// Runs the lessons with the libraries as they are built. They see the models of WORKBENCH_MODELS and those that
    /// ship, and not what else this machine's caches may hold.
    let runLessons (script: string) (arguments: string list) : Finished =
        let none = temporary ()

        try
            runWith
                [ "HF_HUB_CACHE", none; "GENSIM_DATA_DIR", none ]
                minutesForAllLessons
                "dotnet"
                ([ "fsi"; script; "--no-build" ] @ arguments)
        finally
            Directory.Delete(none, recursive = true)

/// All lessons, run once for all tests of this assembly that look at what they wrote; or as they have just run into the
/// folder that WORKBENCH_LESSONS names.
type AllLessons() =
    let given =
        Environment.GetEnvironmentVariable "WORKBENCH_LESSONS"
        |> Option.ofObj
        |> Option.filter (fun folder -> folder <> "")

    let folder = given |> Option.defaultWith Repository.temporary

    do
        if given.IsNone then
            // What became of each lesson stands in its folder, so that each has a test of its own to fail.
            Repository.runLessons (Repository.at "scripts/lessons.fsx") [ "--out"; folder ]
            |> ignore

    member _.Folder = folder

    /// A file that a lesson wrote.
    member _.At(lesson: string, file: string) = Path.Combine(folder, lesson, file)

    interface IDisposable with
        member _.Dispose() =
            if given.IsNone then
                Directory.Delete(folder, recursive = true)

/// The tests that share one run of the lessons.
[<Xunit.CollectionDefinition "All lessons">]
type AllLessonsCollection() =
    interface Xunit.ICollectionFixture<AllLessons>

/// One case per lesson.
type EachLesson() =
    static member Names: IEnumerable<objnull array> =
        Repository.lessons |> Seq.map (fun name -> [| box name |])
