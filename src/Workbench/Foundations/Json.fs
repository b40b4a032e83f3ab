namespace Workbench

open System
open System.IO
open System.Reflection
open System.Text
open System.Text.Json
open FSharp.Reflection
open Workbench.Core
open Workbench.Core.Engines
open Workbench.Core.Formats
open Workbench.Core.Frames
open Workbench.Core.Tensors

/// <summary>Keeps results as JSON, and takes them back: every record that is data, with labels, seeds and where it
/// comes from, bit for bit.</summary>
/// <remarks>A record is an object of its fields, a case of a union its name (with what it carries in a list behind it),
/// a list, an array or a set a list, a map a list of keys with their values. NaN and infinities, which JSON lacks, are
/// texts. What is no data (a model, a chart, pairs that are still a description) is refused by name. Tables for others
/// are `Labelled.toJson`'s.</remarks>
/// <category index="1">Foundations</category>
[<RequireQualifiedAccess>]
module Json =
    // A script may keep its record types to itself.
    let private anyAccess = BindingFlags.Public ||| BindingFlags.NonPublic

    let private isOf (definition: Type) (kind: Type) =
        kind.IsGenericType && kind.GetGenericTypeDefinition() = definition

    // As a script writes it: "Rsa", "NearToken[]", "{| Closest; Moments |}".
    let rec private name (kind: Type) : string =
        if kind.IsArray then
            name (nonNull (kind.GetElementType())) + "[]"
        elif kind.Name.StartsWith("<>f__AnonymousType", StringComparison.Ordinal) then
            let fields = FSharpType.GetRecordFields(kind, anyAccess) |> Array.map _.Name
            $"""{{| {String.Join("; ", fields)} |}}"""
        elif FSharpType.IsTuple kind then
            FSharpType.GetTupleElements kind |> Array.map name |> String.concat " * "
        elif kind.IsGenericType then
            let plain = kind.Name.Substring(0, kind.Name.IndexOf '`').Replace("FSharp", "")
            $"""{plain}<{kind.GetGenericArguments() |> Array.map name |> String.concat ", "}>"""
        else
            kind.Name

    let private noData (kind: Type) (place: string) =
        invalidArg
            "result"
            $"{place} is a {name kind}, which is no data that can be kept: a function, a model or a description. Keep \
              the parts of the result that are numbers, texts, tables and records of them."

    // A map is a list of its keys with their values, a set one of its elements.
    let private elementOf (kind: Type) : Type option =
        if isOf typedefof<Map<_, _>> kind then
            Some(FSharpType.MakeTupleType(kind.GetGenericArguments()))
        elif isOf typedefof<Set<_>> kind then
            Some(kind.GetGenericArguments()[0])
        else
            None

    /// Refuses a type that holds what is no data, before anything is computed. What it holds of itself is looked at
    /// once.
    let internal check (kind: Type) : unit =
        let seen =
            Collections.Generic.HashSet<Type> [
                typeof<string>
                typeof<bool>
                typeof<int>
                typeof<int64>
                typeof<uint64>
                typeof<float>
                typeof<float32>
                typeof<char>
                typeof<Engine>
                typeof<Axis>
                typeof<Weights>
                typeof<Matrix>
            ]

        let rec look (place: string) (kind: Type) =
            if seen.Add kind && not kind.IsEnum then
                if kind.IsArray && kind.GetArrayRank() = 1 then
                    look $"{place}[]" (nonNull (kind.GetElementType()))
                elif isOf typedefof<option<_>> kind || isOf typedefof<list<_>> kind then
                    look place (kind.GetGenericArguments()[0])
                elif FSharpType.IsTuple kind then
                    FSharpType.GetTupleElements kind
                    |> Array.iteri (fun i part -> look $"{place}.{i + 1}" part)
                elif FSharpType.IsRecord(kind, anyAccess) then
                    for field in FSharpType.GetRecordFields(kind, anyAccess) do
                        look $"{place}.{field.Name}" field.PropertyType
                elif FSharpType.IsUnion(kind, anyAccess) then
                    for case in FSharpType.GetUnionCases(kind, anyAccess) do
                        for field in case.GetFields() do
                            look $"{place}.{case.Name}" field.PropertyType
                else
                    match elementOf kind with
                    | Some element -> look place element
                    | None -> noData kind place

        look (name kind) kind

    let private invariant = Globalization.CultureInfo.InvariantCulture

    let rec private write (writer: Utf8JsonWriter) (place: string) (kind: Type) (value: objnull) : unit =
        match value with
        | null -> writer.WriteNullValue()
        | there -> writeThere writer place kind there

    and private writeThere (writer: Utf8JsonWriter) (place: string) (kind: Type) (value: obj) : unit =
        let each (element: Type) (values: Collections.IEnumerable) =
            writer.WriteStartArray()

            values
            |> Seq.cast<objnull>
            |> Seq.iteri (fun i one -> write writer $"{place}[{i}]" element one)

            writer.WriteEndArray()

        let field (label: string) (kind: Type) (value: objnull) =
            writer.WritePropertyName label
            write writer $"{place}.{label}" kind value

        match value with
        | :? string as text -> writer.WriteStringValue text
        | :? bool as flag -> writer.WriteBooleanValue flag
        | :? int as number -> writer.WriteNumberValue number
        | :? int64 as number -> writer.WriteNumberValue number
        | :? uint64 as number -> writer.WriteNumberValue number
        | :? float as number when Double.IsFinite number -> writer.WriteNumberValue number
        | :? float as number -> writer.WriteStringValue(number.ToString invariant)
        | :? float32 as number when Single.IsFinite number -> writer.WriteNumberValue number
        | :? float32 as number -> writer.WriteStringValue(number.ToString invariant)
        | :? char as letter -> writer.WriteStringValue(string letter)
        | :? Enum as choice -> writer.WriteStringValue(string choice)
        | :? IEngine as engine -> writer.WriteStringValue engine.Name
        | :? Axis as axis ->
            let labels = Axis.labels axis
            writer.WriteStartObject()
            field "Name" typeof<string> axis.Name

            if labels |> Array.indexed |> Array.forall (fun (i, label) -> label = string i) then
                field "Length" typeof<int> axis.Length
            else
                field "Labels" typeof<string[]> labels

            writer.WriteEndObject()
        | :? Weights as weights ->
            // A digest is worth its reading: it says for ever which weights these were. A file may be gone.
            let digest =
                try
                    Some weights.Sha256
                with :? IOException ->
                    None

            writer.WriteStartObject()
            field "Name" typeof<string> weights.Name
            field "Kind" typeof<WeightsKind> weights.Kind
            field "File" typeof<string> weights.File
            field "Sha256" typeof<string option> digest
            writer.WriteEndObject()
        | :? Matrix as matrix -> each typeof<float32[]> (Seq.init matrix.Rows (fun i -> matrix.Row(i).ToArray()))
        | _ when isOf typedefof<option<_>> kind ->
            let _, parts = FSharpValue.GetUnionFields(value, kind, anyAccess)
            write writer place (kind.GetGenericArguments()[0]) parts[0]
        | _ when (elementOf kind).IsSome ->
            let pair (one: objnull) : objnull =
                match one with
                | null -> null
                | entry when isOf typedefof<Map<_, _>> kind ->
                    let part (name: string) =
                        (nonNull (entry.GetType().GetProperty name)).GetValue entry

                    FSharpValue.MakeTuple([| part "Key"; part "Value" |], (elementOf kind).Value)
                | element -> element

            each (elementOf kind).Value (value :?> Collections.IEnumerable |> Seq.cast<objnull> |> Seq.map pair)
        | :? Array as values when values.Rank = 1 -> each (nonNull (kind.GetElementType())) values
        | _ when isOf typedefof<list<_>> kind ->
            each (kind.GetGenericArguments()[0]) (value :?> Collections.IEnumerable)
        | _ when FSharpType.IsTuple kind ->
            writer.WriteStartArray()

            (FSharpType.GetTupleElements kind, FSharpValue.GetTupleFields value)
            ||> Array.iteri2 (fun i kind part -> write writer $"{place}.{i + 1}" kind part)

            writer.WriteEndArray()
        | _ when FSharpType.IsRecord(kind, anyAccess) ->
            writer.WriteStartObject()

            (FSharpType.GetRecordFields(kind, anyAccess), FSharpValue.GetRecordFields(value, anyAccess))
            ||> Array.iter2 (fun property -> field property.Name property.PropertyType)

            writer.WriteEndObject()
        | _ when FSharpType.IsUnion(kind, anyAccess) ->
            let case, parts = FSharpValue.GetUnionFields(value, kind, anyAccess)

            if parts.Length = 0 then
                writer.WriteStringValue case.Name
            else
                writer.WriteStartObject()
                writer.WriteStartArray case.Name

                (case.GetFields(), parts)
                ||> Array.iter2 (fun part -> write writer $"{place}.{case.Name}" part.PropertyType)

                writer.WriteEndArray()
                writer.WriteEndObject()
        | _ -> noData kind place

    /// What of a text is not as it should be.
    exception private Unlike of string

    // An engine that computed a result and is not here: it has a name, and computes nothing.
    let private absent (named: string) : Engine =
        let refuse () =
            invalidOp
                $"This result was computed by the engine \"{Excerpt.Of named}\", which is not here. \
                  Labelled.on Engine.cpu computes on with the processor."

        {
            new IEngine with
                member _.Name = named
                member _.Arithmetic = refuse ()
                member _.Multiply(_, _, _) = refuse ()
                member _.Prepare(_, _, _) = refuse ()
                member _.TopK(_, _, _, _, _) = refuse ()
                member _.Load _ = refuse ()
                member _.Dispose() = ()
        }

    let rec private read (place: string) (kind: Type) (json: JsonElement) : objnull =
        let unlike wanted =
            raise (Unlike $"{place} must be {wanted}, but is {Excerpt.Of(json.GetRawText(), 40)}.")

        let require (wanted: JsonValueKind) what =
            if json.ValueKind <> wanted then
                unlike what

        let text () =
            require JsonValueKind.String "a text"
            nonNull (json.GetString())

        let items () =
            require JsonValueKind.Array "a list"
            [| for one in json.EnumerateArray() -> one |]

        let field (label: string) (kind: Type) =
            require JsonValueKind.Object "an object"

            match json.TryGetProperty label with
            | true, value -> read $"{place}.{label}" kind value
            | _ -> raise (Unlike $"{place} has no field \"{label}\".")

        let number (parse: JsonElement -> bool * 'n) (ofText: string -> 'n) =
            if json.ValueKind = JsonValueKind.Number then
                match parse json with
                | true, value -> box value
                | _ -> unlike $"a {name kind}"
            else
                match text () with
                | "NaN"
                | "Infinity"
                | "-Infinity" as word when kind = typeof<float> || kind = typeof<float32> -> box (ofText word)
                | _ -> unlike $"a {name kind}"

        let never _ =
            invalidOp "Whole numbers are not written as texts."

        let listed (element: Type) =
            let found = items () |> Array.mapi (fun i one -> read $"{place}[{i}]" element one)

            let target = Array.CreateInstance(element, found.Length)
            found |> Array.iteri (fun i one -> target.SetValue(one, i))
            target

        if kind = typeof<string> then
            box (text ())
        elif kind = typeof<bool> then
            match json.ValueKind with
            | JsonValueKind.True -> box true
            | JsonValueKind.False -> box false
            | _ -> unlike "true or false"
        elif kind = typeof<int> then
            number _.TryGetInt32() never
        elif kind = typeof<int64> then
            number _.TryGetInt64() never
        elif kind = typeof<uint64> then
            number _.TryGetUInt64() never
        elif kind = typeof<float> then
            number _.TryGetDouble() (fun text -> Double.Parse(text, invariant))
        elif kind = typeof<float32> then
            number _.TryGetSingle() (fun text -> Single.Parse(text, invariant))
        elif kind = typeof<char> then
            let letters = text ()
            box letters[0]
        elif kind.IsEnum then
            match Enum.TryParse(kind, text ()) with
            | true, choice -> choice
            | _ -> unlike $"""one of {String.Join(", ", Enum.GetNames kind)}"""
        elif kind = typeof<Engine> then
            let named = text ()

            Engine.tryNamed named |> Option.defaultWith (fun () -> absent named) |> box
        elif kind = typeof<Axis> then
            let named = unbox<string>(field "Name" typeof<string>)

            match json.TryGetProperty "Length" with
            | true, _ -> Axis.numbered named (unbox<int>(field "Length" typeof<int>))
            | _ -> Axis.labelled named (unbox<string[]>(field "Labels" typeof<string[]>))
            |> box
        elif kind = typeof<Weights> then
            let file = unbox<string>(field "File" typeof<string>)

            let weights =
                Weights.ofFile
                    (unbox<WeightsKind>(field "Kind" typeof<WeightsKind>))
                    (unbox<string>(field "Name" typeof<string>))
                    file

            match json.GetProperty("Sha256").GetString() with
            | null -> box weights
            | digest -> box { weights with Digest = lazy digest }
        elif kind = typeof<Matrix> then
            let rows = unbox<float32[][]>(box (listed typeof<float32[]>))
            let width = if rows.Length = 0 then 0 else rows[0].Length

            if rows |> Array.exists (fun row -> row.Length <> width) then
                unlike "rows of one length"

            box (Matrix.FromArray(rows.Length, width, ReadOnlySpan(Array.concat rows)))
        elif isOf typedefof<option<_>> kind then
            let cases = FSharpType.GetUnionCases(kind, anyAccess)

            if json.ValueKind = JsonValueKind.Null then
                null
            else
                FSharpValue.MakeUnion(
                    cases |> Array.find (fun case -> case.Name = "Some"),
                    [| read place (kind.GetGenericArguments()[0]) json |],
                    anyAccess
                )
        elif (elementOf kind).IsSome then
            let element = (elementOf kind).Value

            kind.GetConstructor([| typedefof<seq<_>>.MakeGenericType element |])
            |> nonNull
            |> _.Invoke([| box (listed element) |])
        elif kind.IsArray then
            box (listed (nonNull (kind.GetElementType())))
        elif isOf typedefof<list<_>> kind then
            let cases = FSharpType.GetUnionCases(kind, anyAccess)

            let empty =
                FSharpValue.MakeUnion(cases |> Array.find (fun case -> case.Name = "Empty"), [||])

            let cons = cases |> Array.find (fun case -> case.Name = "Cons")

            let values =
                listed (kind.GetGenericArguments()[0]) |> Seq.cast<objnull> |> Array.ofSeq

            Array.foldBack (fun one rest -> FSharpValue.MakeUnion(cons, [| one; rest |])) values empty
        elif FSharpType.IsTuple kind then
            let kinds = FSharpType.GetTupleElements kind
            let parts = items ()

            if parts.Length <> kinds.Length then
                unlike $"a list of {kinds.Length}"

            FSharpValue.MakeTuple(Array.mapi2 (fun i kind part -> read $"{place}.{i + 1}" kind part) kinds parts, kind)
        elif FSharpType.IsRecord(kind, anyAccess) then
            let values =
                FSharpType.GetRecordFields(kind, anyAccess)
                |> Array.map (fun property -> field property.Name property.PropertyType)

            FSharpValue.MakeRecord(kind, values, anyAccess)
        elif FSharpType.IsUnion(kind, anyAccess) then
            let cases = FSharpType.GetUnionCases(kind, anyAccess)

            let label, parts =
                match json.ValueKind with
                | JsonValueKind.String -> nonNull (json.GetString()), [||]
                | JsonValueKind.Object ->
                    let first = Seq.head (json.EnumerateObject())
                    first.Name, [| for part in first.Value.EnumerateArray() -> part |]
                | _ -> unlike $"a {name kind}"

            match cases |> Array.tryFind (fun case -> case.Name = label) with
            | Some case when case.GetFields().Length = parts.Length ->
                let values =
                    (case.GetFields(), parts)
                    ||> Array.map2 (fun field part -> read $"{place}.{label}" field.PropertyType part)

                FSharpValue.MakeUnion(case, values, anyAccess)
            | _ -> unlike $"""one of {cases |> Array.map _.Name |> String.concat ", "}"""
        else
            noData kind place

    let private writeTo (stream: Stream) (result: 'result) =
        use writer = new Utf8JsonWriter(stream, JsonWriterOptions(MaxDepth = 64))
        writer.WriteStartObject()
        writer.WriteString("type", name typeof<'result>)
        writer.WritePropertyName "value"
        write writer (name typeof<'result>) typeof<'result> (box result)
        writer.WriteEndObject()

    let private ofDocument (document: JsonDocument) : 'result =
        let root = document.RootElement
        let wanted = name typeof<'result>

        let label, value =
            match root.ValueKind with
            | JsonValueKind.Object ->
                match root.TryGetProperty "type", root.TryGetProperty "value" with
                | (true, label), (true, value) when label.ValueKind = JsonValueKind.String ->
                    nonNull (label.GetString()), value
                | _ -> raise (Unlike "it is no result that Json.save kept: those have a type and a value.")
            | _ -> raise (Unlike "it is no result that Json.save kept: those are objects.")

        if label <> wanted then
            raise (Unlike $"it is a {Excerpt.Of label}, and a {wanted} is asked for.")

        // None is null there.
        match read wanted typeof<'result> value with
        | null -> Unchecked.defaultof<'result>
        | found -> unbox<'result> found

    /// <summary>A result as JSON.</summary>
    /// <exception cref="T:System.ArgumentException">A part of it is no data, and is named.</exception>
    /// <example><code lang="fsharp">Json.toText (Seed 1UL)</code> is
    /// <c>"{"type":"Seed","value":{"Seed":[1]}}"</c>.</example>
    /// <example><code lang="fsharp">Json.toText gpt2</code> throws <c>ArgumentException</c>: a model is no
    /// result.</example>
    let toText (result: 'result) : string =
        use buffer = new MemoryStream()
        writeTo buffer result
        Encoding.UTF8.GetString(buffer.GetBuffer(), 0, int buffer.Length)

    /// <summary>The result that a JSON text keeps.</summary>
    /// <exception cref="T:System.ArgumentException">The text is no JSON, or keeps something else; the message says
    /// where they part.</exception>
    /// <example><code lang="fsharp">animals |> Json.toText |> Json.ofText&lt;Labelled> |> Labelled.row 2</code> is
    /// <c>[|4.0; 600.0; 1.0|]</c>.</example>
    /// <example><code lang="fsharp">animals |> Json.toText |> Json.ofText&lt;Rsa></code> throws
    /// <c>ArgumentException</c>.</example>
    let ofText<'result> (text: string) : 'result =
        try
            use document = JsonDocument.Parse text
            ofDocument document
        with
        | Unlike reason -> invalidArg (nameof text) reason
        | :? JsonException as error ->
            invalidArg (nameof text) $"The text is no JSON (line {error.LineNumber.GetValueOrDefault() + 1L})."

    /// <summary>Keeps a result in a file, which appears under its name when it is whole.</summary>
    /// <param name="path">The file; one that is there is replaced.</param>
    /// <param name="result">Any record, union, list, array or tuple of numbers, texts, tables and such.</param>
    /// <exception cref="T:System.ArgumentException">A part of it is no data, and is named.</exception>
    /// <example><code lang="fsharp">
    /// let path = IO.Path.Combine(IO.Path.GetTempPath(), $"{Guid.NewGuid()}.json")
    /// animals |> Json.save path
    /// (Json.load&lt;Labelled> path).Provenance |> Provenance.describe
    /// </code> is <c>"counted [cpu]"</c>.</example>
    let save (path: string) (result: 'result) : unit =
        WholeFile.Write(path, (fun stream -> writeTo stream result))

    /// <summary>The result that a file keeps.</summary>
    /// <exception cref="T:Workbench.Core.Frames.FrameException">There is no such file, it is no JSON, or it keeps
    /// something else.</exception>
    /// <example><code lang="fsharp">Json.load&lt;Rsa> "not-there.json"</code> throws <c>FrameException</c>.</example>
    let load<'result> (path: string) : 'result =
        if not (File.Exists path) then
            raise (FrameException(path, "there is no such file."))

        try
            use stream = File.OpenRead path
            use document = JsonDocument.Parse stream
            ofDocument document
        with
        | Unlike reason -> raise (FrameException(path, reason))
        | :? JsonException as error ->
            raise (FrameException(path, $"is no JSON (line {error.LineNumber.GetValueOrDefault() + 1L})."))
