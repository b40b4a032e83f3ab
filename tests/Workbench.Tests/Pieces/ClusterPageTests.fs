module Workbench.Tests.ClusterPageTests

open System
open System.IO
open Xunit
open FsUnit.Xunit
open Workbench.Core.Pairs
open type System.FormattableString

/// What tasks of a scan read and hold. A vector is read once by every task that needs it.
type Cost = {
    Tasks: int
    /// Pairs of the largest task.
    Pairs: float
    /// Vectors of the largest task, and of all together.
    Most: float
    All: float
}

let rows, dimensions = 10_000_000, 768
let bytes = float (4 * dimensions)

/// Pairs per second and core that the page says were measured.
let rate = 30e6

/// Bytes per second that a task reads from the shared file system.
let reading = 250e6

let ofTiles (tasks: int) : Cost =
    let space = PairSpace(rows, rows, true, 1.0)
    let tiles = space.Cut tasks

    {
        Tasks = tasks
        Pairs = tiles |> Seq.map (space.PairsIn >> float) |> Seq.max
        Most = tiles |> Seq.map (space.VectorsIn >> float) |> Seq.max
        All = tiles |> Seq.sumBy (space.VectorsIn >> float)
    }

/// Bands of rows with as many pairs each: rows from a to b, columns from a to the end.
let ofBands (tasks: int) : Cost =
    let n = float rows
    // n − a after a share of all pairs.
    let left share = n * sqrt (1.0 - share)
    let needs = [ for task in 0 .. tasks - 1 -> left (float task / float tasks) ]

    {
        Tasks = tasks
        Pairs = n * n / 2.0 / float tasks
        Most = List.max needs
        All = List.sum needs
    }

/// Rectangles as many times as wide as they are high, with as many pairs as a task of the cut.
let ofRectangles (wide: float) (tasks: int) : Cost =
    let pairs = float rows * float rows / 2.0 / float tasks
    let height = sqrt (pairs / wide)
    let vectors = height + height * wide

    {
        Tasks = tasks
        Pairs = pairs
        Most = vectors
        All = vectors * float tasks
    }

let private line (name: string) (cost: Cost) =
    let compute = cost.Pairs / (8.0 * rate) / 60.0
    let read = cost.Most * bytes / reading

    Invariant
        $"| {name} | {cost.Tasks:N0} | {cost.Most:N0} | {cost.Most * bytes / 1e9:F1} GB \
          | {cost.All * bytes / 1e12:F1} TB | {read:F0} s | {compute:F1} min |"

let lines = [
    for tasks in [ 100; 1_000; 10_000 ] do
        line "as `Work.fold` cuts" (ofTiles tasks)
    line "squares" (ofRectangles 1.0 1_000)
    line "4 times as wide as high" (ofRectangles 4.0 1_000)
    line "16 times as wide as high" (ofRectangles 16.0 1_000)
    line "bands of rows, to the end" (ofBands 1_000)
]

let private page =
    let rec find (folder: string) =
        if File.Exists(Path.Combine(folder, "Workbench.sln")) then
            Path.Combine(folder, "docs", "cluster.md")
        else
            find (nonNull (Path.GetDirectoryName folder))

    find (AppContext.BaseDirectory.TrimEnd Path.DirectorySeparatorChar)

[<Fact>]
let ``Of ten million rows squares read least, and the cut reads hardly more`` () =
    for tasks in [ 100; 1_000; 10_000 ] do
        let cut, squares = ofTiles tasks, ofRectangles 1.0 tasks
        Assert.InRange(cut.All / squares.All, 0.85, 1.05)
        Assert.InRange(cut.Most / squares.Most, 0.9, 1.4)
        Assert.InRange(cut.Pairs / squares.Pairs, 0.99, 1.01)

        for wide in [ 0.25; 0.5; 2.0; 4.0 ] do
            (ofRectangles wide tasks).All |> should be (greaterThan squares.All)

    // Ten times the tasks: a third of the memory each, and three times as much to read in all.
    Assert.InRange((ofTiles 10_000).All / (ofTiles 1_000).All, 3.0, 3.3)
    Assert.InRange((ofTiles 1_000).Most / (ofTiles 10_000).Most, 3.0, 3.3)
    Assert.InRange((ofBands 1_000).All / (ofTiles 1_000).All, 10.0, 20.0)

[<Fact>]
let ``The page on clusters has the simulation's numbers`` () =
    let text = File.ReadAllText page

    for line in lines do
        text |> should haveSubstring line
