namespace Workbench

open System
open System.IO
open System.Runtime.InteropServices
open System.Text.Json
open System.Text.Json.Serialization

/// What pieces hold, bit for bit.
[<RequireQualifiedAccess>]
module internal Numbers =
    let writeArray<'value when 'value: struct and 'value: (new: unit -> 'value) and 'value :> ValueType>
        (writer: BinaryWriter)
        (values: 'value[])
        =
        writer.Write values.Length
        writer.Write(MemoryMarshal.AsBytes(ReadOnlySpan values))

    let readArray<'value when 'value: struct and 'value: (new: unit -> 'value) and 'value :> ValueType>
        (reader: BinaryReader)
        : 'value[] =
        let values = Array.zeroCreate<'value>(reader.ReadInt32())
        reader.BaseStream.ReadExactly(MemoryMarshal.AsBytes(Span values))
        values

    let writeOption (writer: BinaryWriter) (write: 'value -> unit) (value: 'value option) =
        writer.Write value.IsSome
        Option.iter write value

    let readOption (reader: BinaryReader) (read: unit -> 'value) : 'value option =
        if reader.ReadBoolean() then Some(read ()) else None

    let private options =
        JsonSerializerOptions(NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals)

    let writeJson<'value> (writer: BinaryWriter) (value: 'value) =
        writer.Write(JsonSerializer.Serialize(value, options))

    let readJson<'value> (reader: BinaryReader) : 'value =
        match JsonSerializer.Deserialize(reader.ReadString(), typeof<'value>, options) with
        | null -> Unchecked.defaultof<'value>
        | value -> unbox<'value> value
