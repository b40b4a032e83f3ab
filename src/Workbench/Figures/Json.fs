namespace Workbench

open System
open System.IO
open System.Runtime.InteropServices
open System.Text.Json

/// A JSON value, for figures. Numbers in bulk are typed arrays as plotly reads them: {dtype, shape, bdata}.
[<RequireQualifiedAccess>]
type internal Json =
    | Flag of bool
    /// NaN and infinities become null.
    | Number of float
    | Text of string
    | List of Json list
    /// Keys with their values; a key may stand once.
    | Object of (string * Json) list
    /// float64 in base64.
    | Doubles of float[]
    /// float32 in base64; the shape of a matrix is "rows, columns" and its values are row-major, that of a list is "".
    | Singles of shape: string * float32[]

/// Writes JSON.
[<RequireQualifiedAccess>]
module internal Json =
    let private typed (writer: Utf8JsonWriter) (dtype: string) (shape: string) (bytes: ReadOnlySpan<byte>) =
        writer.WriteStartObject()
        writer.WriteString("dtype", dtype)

        if shape <> "" then
            writer.WriteString("shape", shape)

        writer.WriteBase64String("bdata", bytes)
        writer.WriteEndObject()

    let rec private write (writer: Utf8JsonWriter) (value: Json) : unit =
        match value with
        | Json.Flag flag -> writer.WriteBooleanValue flag
        | Json.Number number when Double.IsFinite number -> writer.WriteNumberValue number
        | Json.Number _ -> writer.WriteNullValue()
        | Json.Text text -> writer.WriteStringValue text
        | Json.List items ->
            writer.WriteStartArray()
            items |> List.iter (write writer)
            writer.WriteEndArray()
        | Json.Object members ->
            writer.WriteStartObject()

            for name, item in members do
                writer.WritePropertyName name
                write writer item

            writer.WriteEndObject()
        | Json.Doubles values -> typed writer "f8" "" (MemoryMarshal.AsBytes(ReadOnlySpan values))
        | Json.Singles(shape, values) -> typed writer "f4" shape (MemoryMarshal.AsBytes(ReadOnlySpan values))

    /// One line of ASCII. `<`, `>`, `&` and quotes come as \u escapes, so it may stand inside a script element.
    let toText (value: Json) : string =
        use buffer = new MemoryStream()
        use writer = new Utf8JsonWriter(buffer)
        write writer value
        writer.Flush()
        Text.Encoding.UTF8.GetString(buffer.GetBuffer(), 0, int buffer.Length)

    let texts (items: seq<string>) : Json =
        Json.List [ for item in items -> Json.Text item ]

    let pair (low: float) (high: float) : Json =
        Json.List [ Json.Number low; Json.Number high ]
