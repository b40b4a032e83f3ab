module Workbench.Tests.PiecesTests

open System
open System.Collections.Generic
open System.IO
open System.Threading
open System.Threading.Tasks
open Xunit
open FsUnit.Xunit
open Workbench

let within (work: string -> unit) =
    let folder = Directory.CreateTempSubdirectory("workbench-").FullName

    try
        work folder
    finally
        Directory.Delete(folder, true)

let share folder number tasks =
    Pieces.settings folder [ $"share={number}/{tasks}" ]

let refusal (work: unit -> 'a) =
    Assert.Throws<PieceException>(fun () -> work () |> ignore).Message

/// Squares of 0 to 9 in five pieces, which count how often one is computed.
let counted (name: string) =
    let computed = ref 0

    let work =
        [| 0..9 |]
        |> Work.items 5 name (fun i ->
            Interlocked.Increment computed |> ignore
            i * i)

    work, computed

let squares = [| for i in 0..9 -> i * i |]

[<Fact>]
let ``Slurm's and Kubernetes' variables make shares`` () =
    let ofVariables (variables: (string * string) list) =
        PieceTask.ofVariables (fun name -> variables |> List.tryFind (fst >> (=) name) |> Option.map snd)

    let slurm (id, count, least, step) =
        ofVariables [
            "SLURM_ARRAY_TASK_ID", id
            "SLURM_ARRAY_TASK_COUNT", count
            "SLURM_ARRAY_TASK_MIN", least
            "SLURM_ARRAY_TASK_STEP", step
        ]

    ofVariables [] |> should equal None
    slurm ("0", "40", "0", "1") |> should equal (Some(PieceTask.Share(1, 40)))
    slurm ("39", "40", "0", "1") |> should equal (Some(PieceTask.Share(40, 40)))
    slurm ("7", "4", "1", "2") |> should equal (Some(PieceTask.Share(4, 4)))

    ofVariables [ "SLURM_ARRAY_TASK_ID", "3"; "SLURM_ARRAY_TASK_COUNT", "5" ]
    |> should equal (Some(PieceTask.Share(4, 5)))

    ofVariables [ "JOB_COMPLETION_INDEX", "3"; "JOB_COMPLETIONS", "5" ]
    |> should equal (Some(PieceTask.Share(4, 5)))

    let message variables =
        Assert.Throws<ArgumentException>(fun () -> ofVariables variables |> ignore).Message

    message [ "SLURM_ARRAY_TASK_ID", "3" ]
    |> should haveSubstring "SLURM_ARRAY_TASK_COUNT is not"

    message [ "JOB_COMPLETION_INDEX", "0" ]
    |> should haveSubstring "JOB_COMPLETIONS is not"

    message [ "JOB_COMPLETION_INDEX", "5"; "JOB_COMPLETIONS", "5" ]
    |> should haveSubstring "task 6 of 5"

    message [ "SLURM_ARRAY_TASK_ID", "x"; "SLURM_ARRAY_TASK_COUNT", "5" ]
    |> should haveSubstring "must be a whole number, but is \"x\""

    // --array=3,17 has a gap.
    message [
        "SLURM_ARRAY_TASK_ID", "17"
        "SLURM_ARRAY_TASK_COUNT", "2"
        "SLURM_ARRAY_TASK_MIN", "3"
    ]
    |> should haveSubstring "has no gaps"

    message [
        "SLURM_ARRAY_TASK_ID", "4"
        "SLURM_ARRAY_TASK_COUNT", "2"
        "SLURM_ARRAY_TASK_MIN", "1"
        "SLURM_ARRAY_TASK_STEP", "2"
    ]
    |> should haveSubstring "in steps of 2"

[<Fact>]
let ``The arguments come before the scheduler's variables, and unknown ones are refused by name`` () =
    (Pieces.settings "x" [ "/somewhere/night.fsx"; "merge" ]).Task
    |> should equal PieceTask.Merge

    (Pieces.settings "x" [ "again" ]).Again |> should be True
    (Pieces.settings "x" [ "status" ]).Task |> should equal PieceTask.Status

    (Pieces.settings "x" [ "share=2/3" ]).Task
    |> should equal (PieceTask.Share(2, 3))

    for wrong in [ "mrege"; "share=0/3"; "share=4/3"; "share=1"; "share=a/3" ] do
        (fun () -> Pieces.settings "x" [ wrong ] |> ignore)
        |> should throw typeof<ArgumentException>

[<Fact>]
let ``The shares of any number of tasks are every piece once`` () =
    for pieces in [ 1; 5; 40; 41 ] do
        for tasks in [ 1; 3; 40; 100 ] do
            [
                for task in 0 .. tasks - 1 do
                    let first, count = Work.slice pieces tasks task
                    yield! [ first .. first + count - 1 ]
            ]
            |> should equal [ 0 .. pieces - 1 ]

[<Fact>]
let ``One process computes all, and what is there is not computed again`` () =
    within (fun folder ->
        let work, computed = counted "squares"
        work |> Pieces.run (Pieces.settings folder []) |> should equal (Some squares)
        computed.Value |> should equal 10
        Directory.GetFiles folder |> Array.length |> should equal 5
        File.Delete(Path.Combine(folder, "0002-of-0005.piece"))
        work |> Pieces.run (Pieces.settings folder []) |> should equal (Some squares)
        computed.Value |> should equal 12

        work
        |> Pieces.run (Pieces.settings folder [ "merge" ])
        |> should equal (Some squares)

        computed.Value |> should equal 12)

[<Fact>]
let ``Tasks do their shares, and the last one finds all pieces and has the result`` () =
    within (fun folder ->
        let work, computed = counted "squares"

        for task in [ 2; 3 ] do
            work |> Pieces.run (share folder task 3) |> should equal None

        refusal (fun () -> work |> Pieces.merge (Pieces.settings folder []))
        |> should haveSubstring "0001-of-0005.piece is missing"

        work |> Pieces.run (share folder 1 3) |> should equal (Some squares)
        // More tasks than pieces: some have nothing to do.
        for task in 1..12 do
            work |> Pieces.run (share folder task 12) |> should equal (Some squares)

        computed.Value |> should equal 10)

[<Fact>]
let ``A broken piece is refused by name and computed again when asked`` () =
    within (fun folder ->
        let work, computed = counted "squares"
        work |> Pieces.run (Pieces.settings folder []) |> ignore
        let path = Path.Combine(folder, "0003-of-0005.piece")
        let whole = File.ReadAllBytes path

        for broken in
            [
                whole[.. whole.Length - 2]
                Array.mapi (fun i (value: byte) -> if i = whole.Length - 40 then value ^^^ 1uy else value) whole
                [||]
                "not a piece"B
            ] do
            File.WriteAllBytes(path, broken)

            for attempt in
                [
                    fun () -> work |> Pieces.run (Pieces.settings folder [])
                    fun () -> work |> Pieces.run (share folder 3 5)
                    fun () -> work |> Pieces.run (Pieces.settings folder [ "merge" ])
                ] do
                refusal attempt |> should haveSubstring "0003-of-0005.piece is broken"

            // A task that has another piece is not stopped by it, and does not merge.
            work |> Pieces.run (share folder 1 5) |> should equal None
            (Pieces.status folder).Broken |> List.map fst |> should equal [ 3 ]
            computed.Value <- 0

            work
            |> Pieces.run (Pieces.settings folder [ "again"; "share=3/5" ])
            |> should equal (Some squares)

            computed.Value |> should equal 2)

[<Fact>]
let ``Pieces of other weights, seeds, settings, arithmetic, counts and versions are refused by what is other`` () =
    let matrix = Sample.normal (Seed 1UL) 300 6

    let few = {
        matrix with
            Values = matrix.Values.Copy()
    }

    few.Values[299, 5] <- few.Values[299, 5] + 1.0f
    let cosine (matrix: Labelled) = matrix |> Similarity.cosine Rows

    let fold matrix =
        cosine matrix |> Work.fold 3 Fold.moments |> Work.map (fun _ -> 0)

    let nulls seed draws =
        matrix
        |> Work.nulls 3 (Seed seed) draws [ Statistic.maximumCosine ] AllEntries
        |> Work.map (fun _ -> 0)

    for made, asked, other in
        [
            fold matrix, fold few, "by fingerprint"
            fold matrix, fold (matrix |> Labelled.on Engine.reference), "arithmetic"
            fold matrix, cosine matrix |> Work.fold 3 (Fold.histogram 9) |> Work.map (fun _ -> 0), "folds"
            fold matrix,
            matrix
            |> Similarity.correlation Rows
            |> Work.fold 3 Fold.moments
            |> Work.map (fun _ -> 0),
            "measure"
            fold matrix, fold (matrix |> Labelled.withStep "other"), "origin"
            nulls 1UL 9, nulls 2UL 9, "seed is 1, and this work's 2"
            nulls 1UL 9, nulls 1UL 10, "draws"
        ] do
        within (fun folder ->
            made |> Pieces.run (Pieces.settings folder []) |> should equal (Some 0)

            for task in [ "merge"; "share=3/3" ] do
                let message =
                    refusal (fun () -> asked |> Pieces.run (Pieces.settings folder [ task ]))

                message |> should haveSubstring other
                message |> should haveSubstring "0003-of-0003.piece is of another work"

            asked
            |> Pieces.run (Pieces.settings folder [ "again" ])
            |> should equal (Some 0)

            refusal (fun () -> made |> Pieces.merge (Pieces.settings folder []))
            |> should haveSubstring "another work")

    within (fun folder ->
        let work, _ = counted "squares"
        work |> Pieces.run (Pieces.settings folder []) |> ignore
        let path = Path.Combine(folder, "0001-of-0005.piece")

        let header, content =
            let header, reader = PieceFile.openRead path
            use reader = reader
            header, reader.ReadBytes(int (reader.BaseStream.Length - reader.BaseStream.Position) - 32)

        let identity = Dictionary header.Identity
        identity["version"] <- "0.0.1"
        PieceFile.write path { header with Identity = identity } (fun writer -> writer.Write content)

        refusal (fun () -> work |> Pieces.merge (Pieces.settings folder []))
        |> should haveSubstring "its version is 0.0.1"

        (Pieces.status folder).Foreign
        |> List.map fst
        |> should equal [ "0001-of-0005.piece" ]

        PieceFile.write path { header with Version = 9 } (fun writer -> writer.Write content)

        refusal (fun () -> work |> Pieces.merge (Pieces.settings folder []))
        |> should haveSubstring "is of version 9")

[<Fact>]
let ``Only the pieces that need a changed vector are of other weights`` () =
    within (fun folder ->
        let matrix = Sample.normal (Seed 1UL) 1000 6

        let changed = {
            matrix with
                Values = matrix.Values.Copy()
        }

        changed.Values[0, 0] <- 9.0f

        let work (matrix: Labelled) =
            matrix |> Similarity.cosine Rows |> Work.fold 8 Fold.moments

        work matrix |> Pieces.run (Pieces.settings folder []) |> ignore

        let message =
            refusal (fun () -> work changed |> Pieces.merge (Pieces.settings folder []))

        message |> should haveSubstring "rows by fingerprint"
        message |> should haveSubstring "0001-of-0008"
        message |> should not' (haveSubstring "0008-of-0008"))

[<Fact>]
let ``Two tasks that compute the same piece at once leave one whole piece`` () =
    within (fun folder ->
        let work =
            [| 0..9 |]
            |> Work.items 1 "slow" (fun i ->
                Thread.Sleep 5
                i * i)

        let found =
            Array.init 4 (fun _ -> Task.Run(fun () -> work |> Pieces.run (share folder 1 1)))
            |> Task.WhenAll

        found.Result |> should equal (Array.create 4 (Some squares))
        Directory.GetFiles folder |> Array.length |> should equal 1)

[<Fact>]
let ``The status counts, and says about how long the rest will take`` () =
    within (fun folder ->
        string (Pieces.status folder) |> should haveSubstring "no piece yet"

        string (Pieces.status (Path.Combine(folder, "nowhere")))
        |> should haveSubstring "no piece yet"

        let work =
            [| 0..9 |]
            |> Work.items 10 "slow" (fun i ->
                Thread.Sleep 60
                i)

        for piece in [ 1; 2; 3; 7 ] do
            work |> Pieces.run (share folder piece 10) |> ignore

        File.WriteAllText(Path.Combine(folder, "0005-of-0010.piece"), "nothing")
        File.WriteAllText(Path.Combine(folder, "0006-of-0010.piece.x.part"), "half")
        let status = Pieces.status folder
        (status.Pieces, status.Done) |> should equal (10, [ 1; 2; 3; 7 ])
        status.Missing |> should equal [ 4; 6; 8; 9; 10 ]
        status.Broken |> List.map fst |> should equal [ 5 ]
        status.Unfinished |> should equal 1
        status.Seconds |> should be (greaterThan 0.2)
        let mean = (status.StartUp + status.Preparation + status.Seconds) / 4.0
        Assert.Equal(6.0 * mean, status.Remaining.Value, 9)
        Assert.InRange(status.Rest.Value, 0.0, status.Remaining.Value)
        let text = string status

        for part in
            [
                "slow: 4 of 10 pieces are done"
                "missing: 4, 6, 8–10"
                "broken: 5."
                "1 unfinished"
                "start-up"
                "at this pace"
            ] do
            text |> should haveSubstring part)

[<Fact>]
let ``A piece that cannot be written leaves nothing behind`` () =
    within (fun folder ->
        let work =
            Work.items 1 "fails" (fun (_: int) -> 1.0) [| 0 |]
            |> fun work -> {
                work with
                    Compute =
                        fun _ -> {
                            Preparation = TimeSpan.Zero
                            Write = fun _ -> raise (IOException "No space left on device")
                        }
            }

        Assert.Throws<IOException>(fun () -> work |> Pieces.run (Pieces.settings folder []) |> ignore)
        |> ignore

        Directory.GetFiles folder |> should be Empty)
