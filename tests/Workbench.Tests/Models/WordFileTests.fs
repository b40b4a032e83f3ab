module Workbench.Tests.WordFileTests

open System
open System.IO
open Xunit
open FsUnit.Xunit
open Workbench
open Workbench.Core.Tensors

let private inFolder (test: string -> unit) =
    let folder = Directory.CreateTempSubdirectory("workbench-files-").FullName

    try
        test folder
    finally
        Directory.Delete(folder, true)

/// A model of fastText's with three words and pieces of three characters in seven buckets; row r is (r, 1).
let private fastText (path: string) =
    let words = [ "the"; "reading"; "a" ]
    use writer = new BinaryWriter(File.Create path)

    for number in [ 793712314; 12; 2; 5; 1; 1; 5; 1; 2; 2; 7; 3; 3; 100 ] do
        writer.Write number

    writer.Write 1e-4

    for number in [ 3; 3; 0 ] do
        writer.Write number

    writer.Write 9L
    writer.Write -1L

    for word in words do
        writer.Write(Text.Encoding.UTF8.GetBytes word)
        writer.Write 0uy
        writer.Write 3L
        writer.Write 0uy

    for rows in [ 10; 3 ] do
        writer.Write 0uy
        writer.Write(int64 rows)
        writer.Write 2L

        for row in 0 .. rows - 1 do
            writer.Write(float32 row)
            writer.Write 1.0f

[<Fact>]
let ``A word that is not there is made of its pieces and the provenance says so`` () =
    inFolder (fun folder ->
        let path = Path.Combine(folder, "small.bin")
        fastText path
        use vectors = WordVectors.load path

        string vectors
        |> should equal "small (Real): 3 words × 2 dimensions, and any other word by its pieces of 3 to 3 characters"

        vectors
        |> WordVectors.pieces "ready"
        |> should equal [ "<re"; "rea"; "ead"; "ady"; "dy>" ]

        vectors |> WordVectors.tryIndex "ready" |> should equal (None: int option)

        let table =
            vectors |> WordVectors.embedding [| "the"; "ready"; "a"; "read"; "ready" |]

        Provenance.describe table.Provenance
        |> should equal "small (Real): vectors of 5 words, 2 of them made of pieces (ready, read) [cpu]"

        table[1, 1] |> should equal 1.0f
        table |> Labelled.row 1 |> should equal (Labelled.row 4 table)
        table |> Labelled.row 0 |> should not' (equal (Labelled.row 1 table))
        // What is asked of all words may be asked about any.
        let nearest = vectors |> WordVectors.nearest 2 "ready" |> Array.map _.Word
        nearest |> should haveLength 2

        vectors
        |> WordVectors.first 3
        |> WordVectors.nearest 2 "ready"
        |> Array.map _.Word
        |> should equal nearest

        vectors
        |> WordVectors.analogy AnalogyRule.CosAdd 1 [ "ready"; "the" ] [ "readily" ]
        |> should haveLength 1

        let refused =
            Assert.Throws<ArgumentException>(fun () -> vectors |> WordVectors.embedding [| "" |] |> ignore)

        refused.Message
        |> should haveSubstring "is not among the 3 words of small (Real), and it has no piece of 3 characters or more")

[<Fact>]
let ``An array of NumPy's zip is a labelled matrix and a wrong name lists all arrays`` () =
    inFolder (fun folder ->
        let array = Path.Combine(folder, "a.npy")
        Workbench.Core.Formats.NpyFile.Write(array, Matrix.FromArray(2, 3, ReadOnlySpan [| 1f; 2f; 3f; 4f; 5f; 6f |]))
        Labelled.ofNpy array |> Labelled.row 1 |> should equal [| 4.0; 5.0; 6.0 |]
        let path = Path.Combine(folder, "all.npz")

        use zip = Compression.ZipFile.Open(path, Compression.ZipArchiveMode.Create)
        Compression.ZipFileExtensions.CreateEntryFromFile(zip, array, "a.npy") |> ignore
        zip.Dispose()

        let found = Labelled.ofNpz "a" path
        found |> Labelled.row 1 |> should equal [| 4.0; 5.0; 6.0 |]
        Provenance.describe found.Provenance |> should equal "all.npz (Real): a [cpu]"

        let refused =
            Assert.Throws<Workbench.Core.Formats.WeightFileException>(fun () -> Labelled.ofNpz "b" path |> ignore)

        refused.Message |> should haveSubstring "a: F32 [2, 3]")
