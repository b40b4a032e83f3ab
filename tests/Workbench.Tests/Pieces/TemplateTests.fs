module Workbench.Tests.ClusterTemplateTests

open System
open System.IO
open System.Text.RegularExpressions
open Xunit
open FsUnit.Xunit
open k8s
open k8s.Models
open Workbench

let private root =
    let rec find (folder: string) =
        if File.Exists(Path.Combine(folder, "Workbench.sln")) then
            folder
        else
            find (nonNull (Path.GetDirectoryName folder))

    find (AppContext.BaseDirectory.TrimEnd Path.DirectorySeparatorChar)

let private text (name: string) =
    File.ReadAllText(Path.Combine(root, "scripts", "cluster", name))

// Strict: a key that Kubernetes does not know is an error.
let private job () =
    KubernetesYaml.Deserialize<V1Job>(text "kubernetes.yaml", strict = true)

[<Fact>]
let ``The manifest is an indexed job by the types of Kubernetes' own client, and its numbers agree`` () =
    let job = job ()
    (job.ApiVersion, job.Kind) |> should equal ("batch/v1", "Job")
    job.Spec.CompletionMode |> should equal "Indexed"
    let pod = job.Spec.Template.Spec
    // The two policies that a job may have.
    [ "OnFailure"; "Never" ] |> should contain pod.RestartPolicy
    let container = Seq.exactlyOne pod.Containers

    let variable name =
        (container.Env |> Seq.find (fun one -> one.Name = name)).Value

    let completions = job.Spec.Completions.Value
    int (variable "JOB_COMPLETIONS") |> should equal completions
    job.Spec.Parallelism.Value |> should be (lessThanOrEqualTo completions)

    // Kubernetes starts as many pods, each with one of these.
    for index in 0 .. completions - 1 do
        PieceTask.ofVariables (function
            | "JOB_COMPLETION_INDEX" -> Some(string index)
            | "JOB_COMPLETIONS" -> Some(variable "JOB_COMPLETIONS")
            | _ -> None)
        |> should equal (Some(PieceTask.Share(index + 1, completions)))

    let mount = Seq.exactlyOne container.VolumeMounts
    (variable "PIECES").StartsWith(mount.MountPath + "/") |> should be True
    pod.Volumes |> Seq.map _.Name |> should contain mount.Name
    File.Exists(Path.Combine(root, Seq.exactlyOne container.Args)) |> should be True

[<Fact>]
let ``A key that Kubernetes does not know would be found`` () =
    let wrong = (text "kubernetes.yaml").Replace("completions: 16", "completion: 16")

    (fun () -> KubernetesYaml.Deserialize<V1Job>(wrong, strict = true) |> ignore)
    |> should throw typeof<YamlDotNet.Core.YamlException>

[<Fact>]
let ``The batch file is an array without gaps, and names a script that is there`` () =
    let batch = text "slurm.sbatch"
    Regex.IsMatch(batch, @"(?m)^#SBATCH --array=0-\d+%\d+$") |> should be True
    Regex.IsMatch(batch, @"(?m)^#SBATCH --requeue$") |> should be True
    // Slurm stops reading its comments at the first command.
    batch.LastIndexOf "#SBATCH" |> should be (lessThan (batch.IndexOf "set -euo"))
    let script = Regex.Match(batch, @"(?m)^dotnet fsi (\S+)").Groups[1].Value
    File.Exists(Path.Combine(root, script)) |> should be True

[<Fact>]
let ``The container is made of the SDK that the projects are built with`` () =
    let recipe = text "Dockerfile"

    let framework =
        Regex.Match(File.ReadAllText(Path.Combine(root, "Directory.Build.props")), @"net(\d+\.\d+)<")

    recipe |> should haveSubstring $"/dotnet/sdk:{framework.Groups[1].Value}\n"
    recipe |> should haveSubstring "No build machine of this repository builds it"
