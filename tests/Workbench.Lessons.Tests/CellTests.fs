/// What a reader of a lesson meets at a time.
module Workbench.Lessons.Tests.CellTests

open System.IO
open System.Text.RegularExpressions
open Xunit
open FsUnit.Xunit

/// The code between two comments of a literate script, prose or command, without blank lines and lines of comment: what
/// a page shows in one piece.
let private cells (lesson: string) = [
    let script = File.ReadAllText(Repository.at $"scripts/{lesson}.fsx")

    for part in Regex.Split(script, @"\(\*\*.*?\*\)", RegexOptions.Singleline) do
        let lines =
            part.Split '\n'
            |> Array.filter (fun line -> line.Trim() <> "" && not (line.TrimStart().StartsWith "//"))

        if lines.Length > 0 then
            lines
]

[<Theory>]
[<MemberData(nameof EachLesson.Names, MemberType = typeof<EachLesson>)>]
let ``A cell of a lesson has at most eight lines of at most a hundred columns`` (lesson: string) =
    let cells = cells lesson
    cells.Length |> should be (greaterThan 10)

    for cell in cells do
        Assert.True(cell.Length <= 8, String.concat "\n" cell)

        for line in cell do
            Assert.True(line.Length <= 100, line)

[<Theory>]
[<MemberData(nameof EachLesson.Names, MemberType = typeof<EachLesson>)>]
let ``A lesson writes no function without a name and opens nothing of the core`` (lesson: string) =
    for cell in cells lesson do
        for line in cell do
            Assert.False(Regex.IsMatch(line, @"\bfun\b"), line)
            Assert.False(line.Contains "Workbench.Core", line)

/// The names by which a lesson's figures are called where they are made.
let private figureName = Regex "Lesson\\.figure\\s+lesson\\s+\"(?<name>[^\"]+)\""

[<Theory>]
[<MemberData(nameof EachLesson.Names, MemberType = typeof<EachLesson>)>]
let ``Words stand between a figure and the one before it, so that each is told apart`` (lesson: string) =
    let script = File.ReadAllText(Repository.at $"scripts/{lesson}.fsx")
    let figures = List.ofSeq (figureName.Matches script)
    figures |> should not' (be Empty)

    for before, after in Seq.pairwise (0 :: [ for figure in figures -> figure.Index ]) do
        let between = script[before..after]
        Assert.True(Regex.IsMatch(between, @"\(\*\*[ \n]"), $"{lesson}: no words before {script[after .. after + 60]}")
