module Workbench.Tests.ResultTests

open System
open System.Collections
open System.Collections.Generic
open System.IO
open System.Reflection
open FSharp.Reflection
open Xunit
open FsUnit.Xunit
open Workbench
open Workbench.Core.Tensors

let private anyAccess = BindingFlags.Public ||| BindingFlags.NonPublic

/// What is no data, and why: what of it is data can be kept.
let private noData =
    Map [
        nameof Chart, "a figure; saveHtml and toJson keep it"
        nameof Model, "an open file"
        nameof WordVectors, "an open file"
        nameof Pairs, "a description, not yet computed"
        nameof Projection, "places further vectors by a function; its Layout is data"
        nameof ModelDistance, "a function"
        nameof Decomposition, "vectors on demand; its spectrum and nearest tokens are data"
        nameof ResidualStream, "holds its model; what it gives is data"
        nameof Edits, "changes of a model, which are functions"
        nameof GenerateSettings, "its changes are functions"
        nameof LessonOutput, ""
    ]

/// The public records of the library that a script can get as results, or gives as settings.
let private records = [
    for kind in typeof<Axis>.Assembly.GetExportedTypes() do
        if
            FSharpType.IsRecord(kind, anyAccess)
            && not (noData.ContainsKey(kind.Name.Split('`')[0]))
        then
            if not kind.IsGenericTypeDefinition then
                kind
            elif kind.Name.StartsWith("Minimum", StringComparison.Ordinal) then
                kind.MakeGenericType typeof<Labelled>
]

/// Any value of a type, the same for a seed; lists are as long as is said.
let rec private made (random: Random) (length: int) (kind: Type) : objnull =
    let one = made random length

    let definition =
        if kind.IsGenericType then
            kind.GetGenericTypeDefinition()
        else
            kind

    let many (element: Type) =
        let values = Array.CreateInstance(element, length)

        for i in 0 .. length - 1 do
            values.SetValue(one element, i)

        values

    if kind = typeof<string> then
        box $"text {random.Next 1000} \"ž\n"
    elif kind = typeof<int> then
        box (random.Next 1000)
    elif kind = typeof<int64> then
        box (random.NextInt64())
    elif kind = typeof<uint64> then
        box (uint64 (random.NextInt64()) * 2UL + 1UL)
    elif kind = typeof<char> then
        box ';'
    elif kind = typeof<Provenance> then
        // As results have them: a name or two, not hundreds.
        let step = $"step {random.Next 1000} \"ž\n"

        box {
            Provenance.ofWeights (unbox (one typeof<Weights>)) step with
                Engine = Engine.reference
        }
    elif kind = typeof<bool> then
        box (random.Next 2 = 0)
    elif kind = typeof<float> then
        match random.Next 8 with
        | 0 -> box nan
        | 1 -> box infinity
        | 2 -> box -0.0
        | _ -> box (random.NextDouble() / 3.0)
    elif kind = typeof<float32> then
        box (random.NextSingle() / 3f)
    elif kind.IsEnum then
        Enum.GetValues(kind).GetValue(random.Next(Enum.GetValues(kind).Length))
    elif kind = typeof<Engine> then
        box Engine.reference
    elif kind = typeof<Axis> then
        box (Axis.labelled "word" (Array.init length (fun i -> $" word {i}")))
    elif kind = typeof<Weights> then
        box {
            Weights.planted "made" "by this test" (fun () -> [| 1uy |]) with
                Kind = Pocket
        }
    elif kind = typeof<Matrix> then
        let values = Array.init (length * 2) (fun _ -> random.NextSingle() / 3f)
        box (Matrix.FromArray(length, 2, ReadOnlySpan values))
    elif kind = typeof<Labelled> then
        Labelled.ofMatrix
            (unbox (one typeof<Axis>))
            (Axis.numbered "dimension" 2)
            (unbox (one typeof<Provenance>))
            (unbox (one typeof<Matrix>))
        |> box
    elif definition = typedefof<option<_>> then
        if random.Next 2 = 0 then
            null
        else
            let some =
                FSharpType.GetUnionCases kind |> Array.find (fun case -> case.Name = "Some")

            FSharpValue.MakeUnion(some, [| one (kind.GetGenericArguments()[0]) |])
    elif definition = typedefof<list<_>> then
        let cases = FSharpType.GetUnionCases kind

        let empty =
            FSharpValue.MakeUnion(cases |> Array.find (fun case -> case.Name = "Empty"), [||])

        let cons = cases |> Array.find (fun case -> case.Name = "Cons")

        many (kind.GetGenericArguments()[0])
        |> Seq.cast<objnull>
        |> Seq.fold (fun rest head -> FSharpValue.MakeUnion(cons, [| head; rest |])) empty
        |> box
    elif kind.IsArray then
        box (many (nonNull (kind.GetElementType())))
    elif FSharpType.IsTuple kind then
        FSharpValue.MakeTuple(FSharpType.GetTupleElements kind |> Array.map one, kind)
    elif FSharpType.IsRecord(kind, anyAccess) then
        let values =
            FSharpType.GetRecordFields(kind, anyAccess)
            |> Array.map (fun property -> one property.PropertyType)

        FSharpValue.MakeRecord(kind, values, anyAccess)
    elif FSharpType.IsUnion(kind, anyAccess) then
        let cases = FSharpType.GetUnionCases(kind, anyAccess)
        let case = cases[random.Next cases.Length]
        FSharpValue.MakeUnion(case, case.GetFields() |> Array.map (fun part -> one part.PropertyType), anyAccess)
    else
        invalidOp $"Nobody says how to make a {kind}."

/// Where two values part, bit by bit and label by label; None where they don't.
let rec private parting (place: string) (kind: Type) (left: objnull) (right: objnull) : string option =
    let each (kinds: Type seq) (lefts: objnull seq) (rights: objnull seq) =
        if Seq.length lefts <> Seq.length rights then
            Some $"{place}: lengths"
        else
            Seq.zip3 kinds lefts rights
            |> Seq.indexed
            |> Seq.tryPick (fun (i, (kind, left, right)) -> parting $"{place}.{i}" kind left right)

    let same isSame =
        if isSame then None else Some $"{place}: {left} and {right}"

    match left, right with
    | null, null -> None
    | null, _
    | _, null -> same false
    | (:? float as a), (:? float as b) -> same (BitConverter.DoubleToInt64Bits a = BitConverter.DoubleToInt64Bits b)
    | (:? float32 as a), (:? float32 as b) -> same (BitConverter.SingleToInt32Bits a = BitConverter.SingleToInt32Bits b)
    | (:? string as a), (:? string as b) -> same (a = b)
    | (:? Axis as a), (:? Axis as b) -> same (a = b)
    | (:? Engine as a), (:? Engine as b) -> same (a.Name = b.Name)
    | (:? Weights as a), (:? Weights as b) -> same (a = b && a.Sha256 = b.Sha256)
    | (:? Matrix as a), (:? Matrix as b) ->
        each
            (Seq.replicate a.Rows typeof<float32[]>)
            (Seq.init a.Rows (fun i -> box (a.Row(i).ToArray())))
            (Seq.init b.Rows (fun i -> box (b.Row(i).ToArray())))
    | (:? IEnumerable as a), (:? IEnumerable as b) ->
        let element =
            if kind.IsArray then
                nonNull (kind.GetElementType())
            else
                kind.GetGenericArguments()[0]

        each (Seq.initInfinite (fun _ -> element)) (Seq.cast a) (Seq.cast b)
    | a, b when FSharpType.IsTuple kind ->
        each (FSharpType.GetTupleElements kind) (FSharpValue.GetTupleFields a) (FSharpValue.GetTupleFields b)
    | a, b when FSharpType.IsRecord(kind, anyAccess) ->
        each
            (FSharpType.GetRecordFields(kind, anyAccess) |> Seq.map _.PropertyType)
            (FSharpValue.GetRecordFields(a, anyAccess))
            (FSharpValue.GetRecordFields(b, anyAccess))
    | a, b when FSharpType.IsUnion(kind, anyAccess) ->
        let (one, ones), (other, others) =
            FSharpValue.GetUnionFields(a, kind, anyAccess), FSharpValue.GetUnionFields(b, kind, anyAccess)

        if one.Name = other.Name then
            each (one.GetFields() |> Seq.map _.PropertyType) ones others
        else
            same false
    | a, b -> same (a.Equals b)

/// Json.toText and Json.ofText of a type.
let private throughText (kind: Type) (value: objnull) =
    let call (name: string) (argument: objnull) =
        let json = nonNull (typeof<Axis>.Assembly.GetType "Workbench.Json")
        let method = nonNull (json.GetMethod name)
        method.MakeGenericMethod(kind).Invoke(null, [| argument |])

    call "ofText" (call "toText" value)

type EachRecord() =
    static member Names: IEnumerable<objnull array> =
        records |> Seq.map (fun kind -> [| box kind.Name |])

let private named (name: string) =
    records |> List.find (fun kind -> kind.Name = name)

[<Fact>]
let ``Most records are data`` () =
    records.Length |> should be (greaterThan 40)

[<Theory; MemberData(nameof EachRecord.Names, MemberType = typeof<EachRecord>)>]
let ``Every record of results is kept as JSON and comes back, bit for bit`` (name: string) =
    let kind = named name

    for seed in 1..10 do
        let value = made (Random seed) (seed % 4) kind
        parting name kind value (throughText kind value) |> should equal None

[<Theory; MemberData(nameof EachRecord.Names, MemberType = typeof<EachRecord>)>]
let ``Every record prints as what it is, and never a wall`` (name: string) =
    let value =
        made
            (Random 1)
            (if name.EndsWith("Settings", StringComparison.Ordinal) then
                 10
             else
                 100)
            (named name)
    // Line breaks inside of texts are the test's own.
    let text = (sprintf "%A" value).Replace("\"ž\n", "")
    let lines = text.Split('\n').Length
    Assert.True(lines <= 24, $"{lines} lines:\n{text.Substring(0, min 2000 text.Length)}")
    Assert.True(text.Length <= 5000, $"{text.Length} characters:\n{text.Substring(0, min 2000 text.Length)}")

[<Fact>]
let ``Lists, tuples and records without a name are kept too, and files say what they keep`` () =
    let survey = {|
        Moments = [ 1.5, "mean" ]
        Shape = Some [| 1; 2 |]
    |}

    Json.ofText<{|
        Moments: (float * string) list
        Shape: int[] option
    |}>(
        Json.toText survey
    )
    |> should equal survey

    Json.ofText<int list>(Json.toText [ 1; 2; 3 ]) |> should equal [ 1; 2; 3 ]

    let refused (text: string) =
        Assert.Throws<ArgumentException>(fun () -> Json.ofText<Seed> text |> ignore).Message

    refused (Json.toText [ 1 ])
    |> should haveSubstring "it is a List<Int32>, and a Seed is asked for"

    refused "[1]" |> should haveSubstring "it is no result that Json.save kept"

    refused """{"type":"Seed","value":{"Seed":["x"]}}"""
    |> should haveSubstring "Seed.Seed must be a UInt64, but is \"x\""

    refused "{" |> should haveSubstring "no JSON"

    (fun () -> Json.toText (fun (x: int) -> x) |> ignore)
    |> should throw typeof<ArgumentException>

[<Fact>]
let ``A result of an engine that is not here keeps its name and refuses to compute`` () =
    let text =
        (Json.toText (Provenance.computed "x")).Replace("\"cpu\"", "\"gpu: a card\"")

    let back = Json.ofText<Provenance> text
    Provenance.describe back |> should equal "x [gpu: a card]"

    Assert.Throws<InvalidOperationException>(fun () -> back.Engine.Arithmetic |> ignore).Message
    |> should haveSubstring "Labelled.on Engine.cpu"
