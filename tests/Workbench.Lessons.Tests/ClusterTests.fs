module Workbench.Lessons.Tests.ClusterTests

open System
open System.IO
open Xunit
open FsUnit.Xunit

/// Why no Slurm can be started here, or null when one can.
let private missing: string | null =
    let isThere (program: string) =
        [
            "/usr/bin"
            "/usr/sbin"
            "/bin"
            "/sbin"
            "/usr/local/bin"
            "/usr/local/sbin"
        ]
        |> List.exists (fun folder -> File.Exists(Path.Combine(folder, program)))

    match
        [ "slurmctld"; "slurmd"; "sbatch"; "munged"; "mount" ]
        |> List.filter (isThere >> not)
    with
    | [] when Environment.UserName = "root" -> null
    | [] -> "a Slurm of one's own is started by root alone"
    | programs ->
        let names = String.Join(", ", programs)
        $"{names} is not there; Debian: slurmctld slurmd slurm-client munge"

/// A test that starts a Slurm; skipped, and counted as skipped, where it cannot.
type SlurmFactAttribute() as this =
    inherit FactAttribute()
    do this.Skip <- missing

[<SlurmFact>]
let ``On a real Slurm, tasks that are killed while they write, meet, or find a full disk give the bytes of one process``
    ()
    =
    let finished = Repository.run 20.0 "bash" [ Repository.at "tests/slurm/run" ]
    Assert.True((finished.ExitCode = 0), finished.Output + finished.Errors)
    finished.Output |> should haveSubstring "40 tasks"
    finished.Output |> should haveSubstring "killed merge"
    finished.Output |> should haveSubstring "PASSED"

[<Fact>]
let ``The recipe's script gives its figure in shares and whole, and an array's tasks need no argument`` () =
    let folder = Repository.temporary ()

    try
        let script = Path.Combine(folder, "night.fsx")
        let prelude = Repository.at "scripts/prelude.fsx"

        // The same with less to compute.
        File.WriteAllText(
            script,
            File
                .ReadAllText(Repository.at "scripts/cluster/night.fsx")
                .Replace("\"../prelude.fsx\"", $"\"{prelude}\"")
                .Replace("(Seed 1UL) 1000", "(Seed 1UL) 2")
                .Replace("Embedding.tokens model", "Embedding.positions model")
                .Replace(
                    "Embedding.positions model\n    |> Work.ladder",
                    "Embedding.positions model |> Labelled.selectColumns [| 0..9 |]\n    |> Work.ladder"
                )
        )

        let task (variables: (string * string) list) (arguments: string list) =
            let finished =
                Repository.runWith
                    (("PIECES", Path.Combine(folder, "night")) :: variables)
                    20.0
                    "dotnet"
                    ([ "fsi"; script ] @ arguments)

            Assert.True((finished.ExitCode = 0), finished.Output + finished.Errors)
            finished.Output

        let figure = Path.Combine(folder, "night", "night.html")

        let slurm index = [
            "SLURM_ARRAY_TASK_ID", index
            "SLURM_ARRAY_TASK_COUNT", "2"
            "SLURM_ARRAY_TASK_MIN", "0"
            "SLURM_ARRAY_TASK_STEP", "1"
        ]

        task (slurm "1") [] |> should equal ""
        File.Exists figure |> should be False
        task [] [ "status" ] |> should haveSubstring "40 of 80 pieces are done"

        // The other half on another scheduler.
        task [ "JOB_COMPLETION_INDEX", "0"; "JOB_COMPLETIONS", "2" ] []
        |> should haveSubstring "AllEntries"

        File.Exists figure |> should be True
        File.Delete figure
        task [] [ "merge" ] |> should haveSubstring "AllEntries"
        File.Exists figure |> should be True
    finally
        Directory.Delete(folder, recursive = true)
