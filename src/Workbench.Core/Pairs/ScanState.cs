using System;
using System.Collections.Generic;
using System.IO;
using System.Text;
using Workbench.Core.Formats;

namespace Workbench.Core.Pairs;

/// <summary>
/// What a scan has found so far: the folds, and which row blocks of which weights they cover. A scan keeps it as its
/// checkpoint, and goes on from it to the bits of an uninterrupted one. (To share a scan among machines, cut it:
/// <see cref="PairSpace.Cut"/>.)
/// </summary>
/// <remarks>
/// File: a <see cref="SealedFile"/> of the kind <c>WBPAIRS1</c> with the header's length as a 32-bit integer, the
/// header as JSON in UTF-8 (<see cref="ScanHeader"/>), and <see cref="FoldStates"/>. Integers are little-endian.
/// </remarks>
public sealed class ScanState
{
    private const string Kind = "WBPAIRS1";
    private const string What = "a checkpoint of a pair scan";

    internal ScanState(ScanHeader header, IReadOnlyList<PairFold> folds) => (Header, Folds) = (header, folds);

    /// <summary>What was scanned, how, and how far.</summary>
    public ScanHeader Header { get; }

    /// <summary>The folds, in the order in which they were given to the scan.</summary>
    public IReadOnlyList<PairFold> Folds { get; }

    /// <summary>Writes it; the file appears whole or not at all.</summary>
    /// <param name="path">Replaced if it exists. A file of the same name with <c>.part</c> added is used on the
    /// way.</param>
    public void Save(string path) => SealedFile.Write(path, Kind, writer =>
    {
        var header = Encoding.UTF8.GetBytes(Header.ToJson());
        writer.Write(header.Length);
        writer.Write(header);
        FoldStates.Write(writer, Folds);
    });

    /// <summary>Reads one.</summary>
    /// <param name="path">A file that <see cref="Save"/> wrote.</param>
    /// <param name="emptyFolds">Makes the folds for the scan's space; their settings must be those it was saved
    /// with.</param>
    /// <exception cref="InvalidDataException">The file is none, or was damaged.</exception>
    /// <exception cref="ArgumentException">The folds' settings are others.</exception>
    public static ScanState Load(string path, Func<PairSpace, IReadOnlyList<PairFold>> emptyFolds)
    {
        using var reader = SealedFile.Open(path, Kind, What);
        var header = ReadHeader(reader, path);
        var folds = emptyFolds(header.Space);
        header.CheckFolds(folds);
        FoldStates.Read(reader, folds, path);
        return new ScanState(header, folds);
    }

    /// <summary>Reads what it is of, without its folds.</summary>
    /// <param name="path">A file that <see cref="Save"/> wrote.</param>
    /// <exception cref="InvalidDataException">The file is none.</exception>
    public static ScanHeader ReadHeader(string path)
    {
        using var reader = SealedFile.OpenUnchecked(path, Kind, What);
        return ReadHeader(reader, path);
    }

    private static ScanHeader ReadHeader(BinaryReader reader, string path)
    {
        var length = reader.ReadInt32();
        if (length < 0 || length > reader.BaseStream.Length)
            throw new InvalidDataException(
                $"{path}: a header of {length} bytes in a file of {reader.BaseStream.Length}.");
        return ScanHeader.FromJson(Encoding.UTF8.GetString(reader.ReadBytes(length)), path);
    }
}
