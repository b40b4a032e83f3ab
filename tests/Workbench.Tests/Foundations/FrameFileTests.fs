module Workbench.Tests.FrameFileTests

open System
open System.IO
open System.IO.Compression
open System.Text
open Xunit
open FsCheck
open FsUnit.Xunit
open Workbench
open Workbench.Core.Frames

let private inFolder (work: string -> unit) =
    let folder = Directory.CreateTempSubdirectory("workbench-frames-").FullName

    try
        work folder
    finally
        Directory.Delete(folder, recursive = true)

/// What reading a text as a CSV file gives.
let private csvWith settings (text: string) : Labelled =
    let mutable found = None

    inFolder (fun folder ->
        let path = Path.Combine(folder, "mine.csv")
        File.WriteAllText(path, text)
        found <- Some(Labelled.ofCsvWith settings path))

    found.Value

let private csv = csvWith CsvSettings.Default

let private refused (work: unit -> 'a) : string =
    Assert.Throws<FrameException>(fun () -> work () |> ignore).Message

let private bits (matrix: Labelled) =
    matrix.Values.ToArray() |> Array.map BitConverter.SingleToInt32Bits

/// Labels with everything that text formats could trip over, and numbers of every size, without NaN.
let private awkward =
    let rows = [|
        " king"
        "king"
        "king"
        ""
        "a,b"
        "a;b\tc"
        "\"quoted\""
        "two\nlines"
        "\r"
        "7"
        "1,5"
        "NaN"
        "ž😀"
        "#x"
        "'=1+1"
    |]

    let numbers = [|
        0.0f
        -0.0f
        0.1f
        1.0f / 3.0f
        Single.MaxValue
        Single.MinValue
        Single.Epsilon
        16777216.0f
        -1e-20f
        3.0e38f
    |]

    Labelled.ofMatrix
        (Axis.labelled "token" rows)
        (Axis.labelled "measure" [| "a"; "0"; "b,c" |])
        (Provenance.computed "typed")
        (Workbench.Core.Tensors.Matrix.FromArray(
            rows.Length,
            3,
            ReadOnlySpan(Array.init (rows.Length * 3) (fun i -> numbers[i % numbers.Length]))
        ))

/// Every format that keeps labels: how it is written, how it is read, and whether it keeps the names of axes.
let private formats: (string * ((string -> Labelled -> unit) * (string -> Labelled) * bool)) list = [
    "csv", (Labelled.toCsv, Labelled.ofCsv, true)
    "tsv", (Labelled.toCsv, Labelled.ofCsv, true)
    "json", (Labelled.toJson, Labelled.ofJson, false)
    "npz", (Labelled.toNpz, Labelled.ofNpz "values", true)
    "feather", (Labelled.toArrow, Labelled.ofArrow, true)
    "parquet", (Labelled.toParquet, Labelled.ofParquet, true)
    "h5", (Labelled.toHdf5, Labelled.ofHdf5 "values", true)
    "kept.json", (Json.save, Json.load<Labelled>, true)
]

type EachFormat() =
    static member Names: seq<objnull array> = formats |> Seq.map (fun (name, _) -> [| box name |])

let private throughFile (name: string) (matrix: Labelled) =
    let (write, read, _) = formats |> List.find (fun (other, _) -> other = name) |> snd
    let mutable found = None

    inFolder (fun folder ->
        let path = Path.Combine(folder, "mine." + name)
        write path matrix
        found <- Some(read path))

    found.Value

[<Theory; MemberData(nameof EachFormat.Names, MemberType = typeof<EachFormat>)>]
let ``A table comes back bit for bit, with all its labels`` (name: string) =
    let back = throughFile name awkward
    bits back |> should equal (bits awkward)
    Axis.labels back.Rows |> should equal (Axis.labels awkward.Rows)
    Axis.labels back.Columns |> should equal (Axis.labels awkward.Columns)

    if
        formats
        |> List.find (fun (other, _) -> other = name)
        |> snd
        |> (fun (_, _, named) -> named)
    then
        back.Rows |> should equal awkward.Rows
        back.Columns |> should equal awkward.Columns

[<Theory; MemberData(nameof EachFormat.Names, MemberType = typeof<EachFormat>)>]
let ``Any finite float comes back bit for bit from every format`` (name: string) =
    Check.One(
        Config.QuickThrowOnFailure.WithMaxTest 30,
        fun (patterns: NonEmptyArray<int>) ->
            let values =
                patterns.Get
                |> Array.map (fun pattern ->
                    // Spread over all exponents.
                    let value = BitConverter.Int32BitsToSingle(pattern * 0x9E3779B1)
                    if Single.IsFinite value then value else 0.5f)

            let matrix =
                Labelled.ofMatrix
                    (Axis.numbered "row" values.Length)
                    (Axis.numbered "column" 1)
                    (Provenance.computed "drawn")
                    (Workbench.Core.Tensors.Matrix.FromArray(values.Length, 1, ReadOnlySpan values))

            bits (throughFile name matrix) = bits matrix
    )

[<Fact>]
let ``NumPy's plain array keeps the values bit for bit and no labels`` () =
    inFolder (fun folder ->
        let path = Path.Combine(folder, "x.npy")
        Labelled.toNpy path awkward
        let back = Labelled.ofNpy path
        bits back |> should equal (bits awkward)
        back.Rows |> should equal (Axis.numbered "row" awkward.Rows.Length))

[<Fact>]
let ``NaN and infinities come back from CSV where missing cells are kept`` () =
    let odd =
        Labelled.ofMatrix
            (Axis.numbered "row" 1)
            (Axis.numbered "column" 3)
            (Provenance.computed "odd")
            (Workbench.Core.Tensors.Matrix.FromArray(
                1,
                3,
                ReadOnlySpan [| Single.NaN; Single.PositiveInfinity; Single.NegativeInfinity |]
            ))

    inFolder (fun folder ->
        let path = Path.Combine(folder, "odd.csv")
        Labelled.toCsv path odd

        let back =
            Labelled.ofCsvWith
                {
                    CsvSettings.Default with
                        Missing = MissingCells.Kept
                }
                path

        bits back |> should equal (bits odd)

        refused (fun () -> Labelled.ofCsv path)
        |> should haveSubstring "line 2 (\"0\"), column \"0\": is empty or NaN")

[<Theory>]
[<InlineData("animal,legs\ncat,4\nhen,2\n", "animal", "cat hen", "legs", "4 2")>]
[<InlineData("animal;legs\r\ncat;4\r\nhen;2", "animal", "cat hen", "legs", "4 2")>]
[<InlineData("animal\tlegs\ncat\t4\nhen\t2\n", "animal", "cat hen", "legs", "4 2")>]
[<InlineData("\uFEFFanimal,legs\ncat,4\nhen,2\n", "animal", "cat hen", "legs", "4 2")>] // Excel's byte order mark
[<InlineData(",x,y\n0,1.5,2\n1,3,4\n", "row", "0 1", "x y", "1.5 2 3 4")>] // pandas' index
[<InlineData(",0,1\na,1.5,2\nb,3,4\n", "row", "a b", "0 1", "1.5 2 3 4")>] // pandas' numbered columns
[<InlineData("Unnamed: 0,x\n7,1\n3,2\n", "row", "7 3", "x", "1 2")>] // pandas' index, written twice
[<InlineData("\"x\",\"y\"\n\"a\",1,2\n\"b\",3,4\n", "row", "a b", "x y", "1 2 3 4")>] // R leaves one name out
[<InlineData("id,x\n1,0.5\n2,0.25\n", "id", "1 2", "x", "0.5 0.25")>] // counts rows
[<InlineData("x,y\n0.5,1\n0.25,2\n", "row", "0 1", "x y", "0.5 1 0.25 2")>] // numbers only
[<InlineData("cat,4\nhen,2\n", "row", "cat hen", "0", "4 2")>] // no header
[<InlineData("0.5,1\n0.25,2\n", "row", "0 1", "0 1", "0.5 1 0.25 2")>] // no header, no labels
[<InlineData("word,x\ncat,1\ncat,2\n", "word", "cat cat", "x", "1 2")>] // labels may repeat
[<InlineData("word, x\ncat, 1\n\nhen, 2\n", "word", "cat hen", " x", "1 2")>] // spaces and empty lines
let ``A file is understood as it was meant``
    (text: string, name: string, rows: string, columns: string, values: string)
    =
    let found = csv text
    found.Rows.Name |> should equal name
    String.Join(" ", Axis.labels found.Rows) |> should equal rows
    String.Join(" ", Axis.labels found.Columns) |> should equal columns
    String.Join(" ", found.Values.ToArray()) |> should equal values

[<Theory>]
[<InlineData("animal,legs\ncat,4\nhen,two\n", "line 3 (\"hen\"), column \"legs\": \"two\" is no number")>]
[<InlineData("animal,class\ncat,felid\n", "Header = Header.Present")>]
[<InlineData("animal,legs,class\ncat,4,felid\n", "LeaveOut = [ \"class\" ]")>]
[<InlineData("animal,legs\ncat,\n", "line 2 (\"cat\"), column \"legs\": is empty or NaN")>]
[<InlineData("animal,legs\ncat,NA\n", "Missing = MissingCells.Kept")>]
[<InlineData("x;y\n1.5;2,5\n",
             "column \"y\": \"2,5\" is no number. Where a comma stands before decimals, say DecimalComma")>]
[<InlineData("x;y\n1,5;2\n2,5;3\n", "column \"x\": \"1,5\" and the cells below look like numbers with a comma")>]
[<InlineData("x,y\n1.5,1e300\n", "column \"y\": 1e300 is too large for single precision")>]
[<InlineData("x,y\n1.5,2\n1.5,2,3\n", "line 3: has 3 cells, but the first line has 2")>]
[<InlineData("0,1\n2,3\n", "its first line counts (0, 1, …): are these the names of columns, or numbers?")>]
[<InlineData("x,y\n\"a\"b,1\n", "its quotation marks cannot be understood")>]
[<InlineData("x,y\n", "has no line behind its header")>]
[<InlineData("cat\nhen\n", "has no column of numbers beside the labels of its rows")>]
let ``What cannot be read is refused by line and column, with the cure`` (text: string, message: string) =
    // Where all is text, nothing tells a header from a row.
    if message = "Header = Header.Present" then
        refused (fun () ->
            csvWith
                {
                    CsvSettings.Default with
                        Header = Header.Present
                }
                text)
        |> should haveSubstring "column \"class\": \"felid\" is no number"
    else
        let found = refused (fun () -> csv text)
        found |> should haveSubstring message
        found |> should haveSubstring "mine.csv"

[<Fact>]
let ``Settings say what nothing in the file tells`` () =
    let settings = {
        CsvSettings.Default with
            DecimalComma = true
            LeaveOut = [ "class" ]
            Labels = RowLabels.Column "name"
    }

    let found = csvWith settings "x;class;name\n1,5;a;one\n-2;b;two\n"
    found.Values.ToArray() |> should equal [| 1.5f; -2.0f |]
    Axis.labels found.Rows |> should equal [| "one"; "two" |]

    Provenance.describe found.Provenance
    |> should equal "mine.csv (Real): read without class [cpu]"

    (csvWith
        {
            CsvSettings.Default with
                Header = Header.Absent
                Labels = RowLabels.Numbered
        }
        "0,1\n2,3\n")
        .Values.ToArray()
    |> should equal [| 0f; 1f; 2f; 3f |]

    (csvWith
        {
            CsvSettings.Default with
                Separator = Some '|'
                Labels = RowLabels.First
        }
        "x|y\n3|4\n")
        .Rows
    |> should equal (Axis.labelled "x" [| "3" |])

    refused (fun () ->
        csvWith
            {
                CsvSettings.Default with
                    LeaveOut = [ "z" ]
            }
            "x,y\n1,2\n")
    |> should haveSubstring "there is no column \"z\"; the columns are \"x\", \"y\""

[<Fact>]
let ``A column of texts is the classes of the rows`` () =
    inFolder (fun folder ->
        let path = Path.Combine(folder, "animals.csv")
        File.WriteAllText(path, "animal,legs,class\ncat,4,felid\nhen,2,bird\n")
        Classes.ofCsv "class" path |> should equal [| "felid"; "bird" |]
        Classes.ofCsv "legs" path |> should equal [| "4"; "2" |]

        refused (fun () -> Classes.ofCsv "colour" path)
        |> should haveSubstring "\"animal\", \"legs\", \"class\"")

[<Fact>]
let ``A file that is not there is told with those that are, a packed one is unpacked, another encoding is refused`` () =
    inFolder (fun folder ->
        let at name = Path.Combine(folder, name)
        File.WriteAllText(at "yours.csv", "x,y\n1.5,2\n")

        refused (fun () -> Labelled.ofCsv (at "mine.csv"))
        |> should haveSubstring "there are yours.csv"

        do
            use packed =
                new GZipStream(File.Create(at "yours.csv.gz"), CompressionLevel.Fastest)

            packed.Write(ReadOnlySpan(Encoding.UTF8.GetBytes "animal,legs\ncat,4\n"))

        Labelled.ofCsv (at "yours.csv.gz") |> Labelled.row 0 |> should equal [| 4.0 |]
        File.WriteAllText(at "wide.csv", "animal,legs\nžába,4\n", Encoding.Unicode)
        Labelled.ofCsv (at "wide.csv") |> Labelled.indexOf "žába" |> should equal 0
        File.WriteAllText(at "latin.csv", "animal,legs\nlézard,4\nhen,2\n", Encoding.Latin1)

        refused (fun () -> Labelled.ofCsv (at "latin.csv"))
        |> should haveSubstring "line 2: is no text in UTF-8")

[<Fact>]
let ``Reading a large file takes memory for its numbers, not for its text`` () =
    inFolder (fun folder ->
        let path = Path.Combine(folder, "large.csv")
        let rows, columns = 4000, 256

        let matrix =
            Labelled.init
                (Axis.numbered "row" rows)
                (Axis.numbered "column" columns)
                (Provenance.computed "sine")
                (fun i j -> sin (float (i * columns + j)))

        Labelled.toCsv path matrix
        Labelled.ofCsv path |> ignore
        let before = GC.GetAllocatedBytesForCurrentThread()
        let back = Labelled.ofCsv path
        let allocated = GC.GetAllocatedBytesForCurrentThread() - before
        bits back |> should equal (bits matrix)
        // The numbers as they come, the labels, and a megabyte or two of buffers; text would take twenty times as much.
        allocated
        |> should be (lessThan (2L * 4L * int64 (rows * columns) + 4_000_000L)))

[<Theory>]
[<InlineData("[[1,2],[3,4]]", "0 1", "0 1", "1 2 3 4")>]
[<InlineData("[{\"w\":\"a\",\"x\":1},{\"w\":\"b\",\"x\":2.5}]", "a b", "x", "1 2.5")>]
[<InlineData("{\"x\":{\"a\":1,\"b\":2},\"y\":{\"a\":3,\"b\":4}}", "a b", "x y", "1 3 2 4")>]
[<InlineData("{\"x\":[1,2],\"y\":[3,4]}", "0 1", "x y", "1 3 2 4")>]
[<InlineData("{\"columns\":[\"x\"],\"index\":[7,9],\"data\":[[1],[2]]}", "7 9", "x", "1 2")>]
let ``JSON is read in each way that pandas writes it`` (text: string, rows: string, columns: string, values: string) =
    inFolder (fun folder ->
        let path = Path.Combine(folder, "x.json")
        File.WriteAllText(path, text)
        let found = Labelled.ofJson path
        String.Join(" ", Axis.labels found.Rows) |> should equal rows
        String.Join(" ", Axis.labels found.Columns) |> should equal columns
        String.Join(" ", found.Values.ToArray()) |> should equal values)

[<Theory>]
[<InlineData("[[1,2],[3]]", "row 1: is no list of 2 values")>]
[<InlineData("[[1,null]]", "row 0, column \"1\": is empty or NaN")>]
[<InlineData("[[1,2],[1,\"x\"]]", "row 1, column \"1\": \"x\" is no number")>]
[<InlineData("[[1,1e300]]", "too large for single precision")>]
[<InlineData("[[1,2", "is no JSON")>]
[<InlineData("{}", "is no table")>]
[<InlineData("{\"columns\":[\"x\"],\"index\":[7],\"data\":[[1],[2]]}", "its index has 1 labels, but its data 2 rows")>]
let ``JSON that is no table is refused by row and column`` (text: string, message: string) =
    inFolder (fun folder ->
        let path = Path.Combine(folder, "x.json")
        File.WriteAllText(path, text)
        refused (fun () -> Labelled.ofJson path) |> should haveSubstring message)

/// What Arrow's own writer writes: a column of vectors, categories, numbers with holes.
let private arrow (path: string) (columns: (string * Apache.Arrow.IArrowArray) list) =
    let schema =
        columns
        |> List.fold
            (fun (schema: Apache.Arrow.Schema.Builder) (name, array) ->
                schema.Field(Apache.Arrow.Field(name, array.Data.DataType, true)))
            (Apache.Arrow.Schema.Builder())

    use stream = File.Create path

    use batch =
        new Apache.Arrow.RecordBatch(schema.Build(), columns |> List.map snd, (snd columns.Head).Length)

    use writer = new Apache.Arrow.Ipc.ArrowFileWriter(stream, batch.Schema)
    writer.WriteRecordBatch batch
    writer.WriteEnd()

[<Fact>]
let ``Arrow's vectors become columns, its categories texts, and its holes are refused or kept`` () =
    inFolder (fun folder ->
        let path = Path.Combine(folder, "x.feather")
        // Writing gives an array's memory back.
        let words () =
            Apache.Arrow.StringArray.Builder().Append("cat").Append("hen").Build()

        let lists =
            let builder = Apache.Arrow.ListArray.Builder(Apache.Arrow.Types.FloatType.Default)
            let values = builder.ValueBuilder :?> Apache.Arrow.FloatArray.Builder

            for row in 0..1 do
                builder.Append() |> ignore
                values.Append(float32 row + 0.25f).Append(float32 row + 0.5f) |> ignore

            builder.Build()

        arrow path [ "word", words (); "embedding", lists ]
        let found = Labelled.ofArrow path
        found.Values.ToArray() |> should equal [| 0.25f; 0.5f; 1.25f; 1.5f |]
        found.Columns |> should equal (Axis.numbered "embedding" 2)
        Axis.labels found.Rows |> should equal [| "cat"; "hen" |]

        let holes = Apache.Arrow.DoubleArray.Builder().Append(1.5).AppendNull().Build()
        let whole = Apache.Arrow.Int64Array.Builder().Append(7L).Append(9L).Build()
        arrow path [ "word", words (); "holes", holes; "whole", whole ]

        refused (fun () -> Labelled.ofArrow path)
        |> should haveSubstring "row 1 (\"hen\"), column \"holes\": is empty"

        let kept =
            path
            |> Labelled.ofArrowWith {
                FrameSettings.Default with
                    Missing = MissingCells.Kept
            }

        kept[0, 0] |> should equal 1.5f
        Single.IsNaN kept[1, 0] |> should equal true
        kept[1, 1] |> should equal 9f
        Classes.ofArrow "word" path |> should equal [| "cat"; "hen" |]

        // All that is left beside the labels are the words.
        (fun () ->
            Labelled.ofArrowWith
                {
                    FrameSettings.Default with
                        LeaveOut = [ "holes" ]
                        Labels = RowLabels.Column "whole"
                }
                path)
        |> refused
        |> should haveSubstring "column \"word\": holds texts, not numbers")

[<Fact>]
let ``Files of another format are refused by their name`` () =
    inFolder (fun folder ->
        let path = Path.Combine(folder, "x.bin")
        File.WriteAllText(path, "animal,legs\ncat,4\n")

        refused (fun () -> Labelled.ofArrow path)
        |> should haveSubstring "is no Arrow or Feather file"

        refused (fun () -> Labelled.ofParquet path)
        |> should haveSubstring "is no Parquet file"

        refused (fun () -> Labelled.ofHdf5 "values" path)
        |> should haveSubstring "is no HDF5 file"

        Labelled.toHdf5 path awkward

        refused (fun () -> Labelled.ofHdf5 "vectors" path)
        |> should haveSubstring "\"values\"")

[<Fact>]
let ``Two columns of one name are refused where a format has one of each`` () =
    let twice =
        Labelled.init
            (Axis.labelled "word" [| "a" |])
            (Axis.labelled "x" [| "y"; "y" |])
            (Provenance.computed "typed")
            (fun _ j -> float j)

    inFolder (fun folder ->
        for write in [ Labelled.toArrow; Labelled.toParquet ] do
            Assert.Throws<ArgumentException>(fun () -> write (Path.Combine(folder, "x")) twice).Message
            |> should haveSubstring "has one column of each name, and \"y\" stands for two")

[<Fact>]
let ``A column without a name is not written to Parquet, whose readers take it for damage`` () =
    let path =
        System.IO.Path.Combine(System.IO.Path.GetTempPath(), $"{System.Guid.NewGuid()}.parquet")

    Assert.Throws<System.ArgumentException>(fun () ->
        Labelled.ofRows [ "" ] [ "x", [ 1.0 ] ] |> Labelled.toParquet path)
    |> _.Message
    |> should haveSubstring "column 0 has none"

    System.IO.File.Exists path |> should equal false

let private inFile (ending: string) (content: byte[]) (read: string -> 'a) : 'a =
    let path = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid()}{ending}")
    File.WriteAllBytes(path, content)

    try
        read path
    finally
        File.Delete path

let private refusedFile ending content (read: string -> Labelled) =
    inFile ending content (fun path -> (Assert.Throws<FrameException>(fun () -> read path |> ignore)).Message)

[<Theory>]
[<InlineData("""{"a": {"x": 1}, "b": {"x": 3, "y": 2}}""", "row \"y\", which the first lacks")>]
[<InlineData("""[{"n": "x", "a": 1}, {"n": "y", "a": 2, "b": 3}]""", "column \"b\", which the first lacks")>]
[<InlineData("""{"a": [1, 2], "b": [3, 4, 5]}""", "has 3 values, but the first column 2")>]
[<InlineData("""{"a": [1, 2], "b": [3]}""", "has 1 values, but the first column 2")>]
[<InlineData("""{"a": {"x": 1, "x": 2}, "b": {"x": 3, "x": 5}}""", "has \"x\" twice")>]
[<InlineData("""[{"n": "x", "a": 1, "a": 2}]""", "has \"a\" twice")>]
[<InlineData("""{"columns": ["a"], "index": ["caf\ud800"], "data": [[1]]}""", "no Unicode")>]
let ``What a table in JSON would lose is refused`` (text: string, reason: string) =
    refusedFile ".json" (Encoding.UTF8.GetBytes text) Labelled.ofJson
    |> should haveSubstring reason

[<Fact>]
let ``A packed table that stops short is refused wherever it stops`` () =
    let packed =
        let lines = "w,a" :: [ for i in 0..500 -> $"w{i},{i * i}" ]
        use buffer = new MemoryStream()
        let gzip = new GZipStream(buffer, CompressionLevel.Optimal)
        gzip.Write(ReadOnlySpan(Encoding.UTF8.GetBytes(String.Join("\n", lines))))
        gzip.Dispose()
        buffer.ToArray()

    inFile ".csv.gz" packed (Labelled.ofCsv >> Labelled.shape)
    |> should equal (501, 1)

    for length in [ packed.Length / 2 .. 7 .. packed.Length - 1 ] do
        refusedFile ".csv.gz" packed[.. length - 1] Labelled.ofCsv
        |> should haveSubstring "stops short"

[<Fact>]
let ``A damaged file of Arrow is refused, and does not end the process`` () =
    let rows = [ for i in 0..9 -> $"row{i}", [ 0.5; float i ] ]
    let path = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid()}.arrow")
    Labelled.ofRows [ "a"; "b" ] rows |> Labelled.toArrow path
    let whole = File.ReadAllBytes path
    File.Delete path

    for place in 300 .. whole.Length - 1 do
        let damaged = Array.copy whole
        damaged[place] <- damaged[place] ^^^ 0xA1uy

        let read path =
            try
                Labelled.ofArrow path |> ignore
            with :? FrameException ->
                ()

        inFile ".arrow" damaged read

[<Fact>]
let ``The end of a Parquet file must describe it`` () =
    let path = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid()}.parquet")

    Labelled.ofRows [ "a" ] [ "x", [ 1.0 ]; "y", [ 2.0 ] ]
    |> Labelled.toParquet path

    let whole = File.ReadAllBytes path
    File.Delete path
    let long = Array.copy whole
    long[long.Length - 6] <- 0xC8uy

    for damaged in [ long; whole[.. whole.Length - 2]; whole[..20]; [||] ] do
        (fun () -> inFile ".parquet" damaged (Labelled.ofParquet >> ignore))
        |> should throw typeof<FrameException>

[<Fact>]
let ``Labels that NumPy's texts cannot hold are written as they are shown, and those that do not fit are refused`` () =
    let path = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid()}", "new.npz")

    Labelled.ofRows [ "a" ] [ "x\000", [ 1.0 ]; "y", [ 2.0 ] ]
    |> Labelled.toNpz path

    (Labelled.ofNpz "values" path).Rows
    |> Axis.labels
    |> should equal [| @"x\x00"; "y" |]

    let texts: Collections.Generic.IReadOnlyList<string> = [| "x"; "y"; "z" |]

    Workbench.Core.Formats.NpzFile.Write(
        path,
        dict [ "values", Workbench.Core.Tensors.Matrix(2, 1) ]
        |> Collections.ObjectModel.ReadOnlyDictionary,
        dict [ "rows", texts ] |> Collections.ObjectModel.ReadOnlyDictionary
    )

    (Assert.Throws<FrameException>(fun () -> Labelled.ofNpz "values" path |> ignore)).Message
    |> should haveSubstring "\"rows\" holds 3 texts, and \"values\" has 2 rows"

    Directory.Delete(nonNull (Path.GetDirectoryName path), true)
