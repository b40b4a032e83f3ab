namespace Workbench

open System
open System.IO
open System.Runtime.InteropServices

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

    let writeJson<'value> (writer: BinaryWriter) (value: 'value) = writer.Write(Json.toText value)

    let readJson<'value> (reader: BinaryReader) : 'value =
        Json.ofText<'value>(reader.ReadString())
