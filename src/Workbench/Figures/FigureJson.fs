namespace Workbench

open System
open System.Collections
open System.IO
open System.Text.Json
open DynamicObj
open Plotly.NET

/// Writes parts of charts of Plotly.NET. Their own writer asks the runtime for each member by its name, which takes
/// a second for the first chart and as long for any grid of a dozen.
[<RequireQualifiedAccess>]
module internal FigureJson =
    let rec private write (writer: Utf8JsonWriter) (value: obj | null) : unit =
        match value with
        | null -> writer.WriteNullValue()
        | :? string as text -> writer.WriteStringValue text
        | :? bool as flag -> writer.WriteBooleanValue flag
        | :? int as number -> writer.WriteNumberValue number
        | :? float as number when Double.IsFinite number -> writer.WriteNumberValue number
        | :? float -> writer.WriteNullValue()
        | :? Color as colour -> write writer colour.Value
        | :? EncodedTypedArray as values -> encoded writer values
        | :? DynamicObj as part ->
            writer.WriteStartObject()

            for item in part.GetProperties true do
                writer.WritePropertyName item.Key
                write writer item.Value

            writer.WriteEndObject()
        | :? IDictionary as other -> writer.WriteRawValue(Newtonsoft.Json.JsonConvert.SerializeObject other)
        | :? IEnumerable as items ->
            writer.WriteStartArray()

            for item in items do
                write writer item

            writer.WriteEndArray()
        // Whatever else somebody put into a chart of theirs: dates, anonymous records.
        | other -> writer.WriteRawValue(Newtonsoft.Json.JsonConvert.SerializeObject other)

    /// Base64 has nothing to escape, but the writer would write six bytes for each plus.
    and private encoded (writer: Utf8JsonWriter) (values: EncodedTypedArray) =
        writer.WriteStartObject()

        for item in values.GetProperties true do
            writer.WritePropertyName item.Key

            match item.Value with
            | :? string as text when item.Key = "bdata" ->
                writer.WriteRawValue($"\"{text}\"", skipInputValidation = true)
            | other -> write writer other

        writer.WriteEndObject()

    /// One line of ASCII. `<`, `>`, `&` and quotes come as \u escapes, so it may stand inside a script element.
    let toText (part: obj) : string =
        use buffer = new MemoryStream()
        use writer = new Utf8JsonWriter(buffer)
        write writer part
        writer.Flush()
        Text.Encoding.UTF8.GetString(buffer.GetBuffer(), 0, int buffer.Length)
