namespace Workbench

open System.Collections.Generic
open System.IO
open Workbench.Core.Formats
open type System.FormattableString

/// What a piece's file says of the piece before what it holds.
type internal PieceHeader = {
    Version: int
    Work: string
    /// From 1.
    Piece: int
    Pieces: int
    /// What all pieces of the work agree in.
    Identity: Dictionary<string, string>
    /// What this one alone was made of.
    Own: Dictionary<string, string>
    /// Of the process before its first piece; 0 for later ones.
    StartUp: float
    Preparation: float
    /// Without start-up and preparation.
    Seconds: float
    /// The most memory that the process has had resident.
    PeakBytes: int64
}

/// A file of the kind WBPIECE1: what `PieceHeader` has, in its order, and the piece. Integers are little-endian, texts
/// have their lengths before them.
[<RequireQualifiedAccess>]
module internal PieceFile =
    let version = 1
    let private kind, what = "WBPIECE1", "a piece of a work"

    let name (piece: int) (pieces: int) =
        Invariant $"{piece:D4}-of-{pieces:D4}.piece"

    let private writeEntries (writer: BinaryWriter) (entries: Dictionary<string, string>) =
        writer.Write entries.Count

        for entry in entries do
            writer.Write entry.Key
            writer.Write entry.Value

    let private readEntries (reader: BinaryReader) =
        let entries = Dictionary<string, string>()

        for _ in 1 .. reader.ReadInt32() do
            let key = reader.ReadString()
            entries[key] <- reader.ReadString()

        entries

    let write (path: string) (header: PieceHeader) (content: BinaryWriter -> unit) =
        SealedFile.Write(
            path,
            kind,
            fun writer ->
                writer.Write header.Version
                writer.Write header.Work
                writer.Write header.Piece
                writer.Write header.Pieces
                writeEntries writer header.Identity
                writeEntries writer header.Own
                writer.Write header.StartUp
                writer.Write header.Preparation
                writer.Write header.Seconds
                writer.Write header.PeakBytes
                content writer
        )

    let private headerOf (path: string) (reader: BinaryReader) : PieceHeader =
        let found = reader.ReadInt32()

        if found <> version then
            raise (InvalidDataException $"{path} is of version {found}; this library reads {version}.")

        {
            Version = found
            Work = reader.ReadString()
            Piece = reader.ReadInt32()
            Pieces = reader.ReadInt32()
            Identity = readEntries reader
            Own = readEntries reader
            StartUp = reader.ReadDouble()
            Preparation = reader.ReadDouble()
            Seconds = reader.ReadDouble()
            PeakBytes = reader.ReadInt64()
        }

    /// Looks at all of the file, and stands behind its header.
    let openRead (path: string) : PieceHeader * BinaryReader =
        let reader = SealedFile.Open(path, kind, what)

        try
            headerOf path reader, reader
        with _ ->
            reader.Dispose()
            reraise ()
