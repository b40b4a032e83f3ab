using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.IO;
using System.Linq;
using System.Security.Cryptography;
using System.Text;
using Workbench.Core.Formats;

namespace Workbench.Core.Pairs;

/// <summary>
/// What a scan, or a part of one, found: the folds, and which row blocks of which weights they cover. Pieces can be
/// saved, carried to another machine and merged in any order; the merged folds have the bits of one uninterrupted scan.
/// </summary>
/// <remarks>
/// File: the eight bytes <c>WBPAIRS1</c>; the header's length as a 32-bit integer and the header as JSON in UTF-8
/// (<see cref="PieceHeader"/>); for each fold the length of its state as a 64-bit integer and the state; last the
/// SHA-256 of all that. Integers are little-endian.
/// </remarks>
public sealed class PairPiece
{
    private static ReadOnlySpan<byte> Magic => "WBPAIRS1"u8;

    internal PairPiece(PieceHeader header, IReadOnlyList<PairFold> folds) => (Header, Folds) = (header, folds);

    /// <summary>What was scanned, how, and how far.</summary>
    public PieceHeader Header { get; private set; }

    /// <summary>The folds, in the order in which they were given to the scan.</summary>
    public IReadOnlyList<PairFold> Folds { get; }

    /// <summary>Takes the row blocks of another piece of the same scan.</summary>
    /// <param name="other">Not used afterwards.</param>
    /// <exception cref="ArgumentException">The pieces are of different weights, measures, folds or provenance, or both
    /// hold a row block; the message says which.</exception>
    public void Merge(PairPiece other)
    {
        Header = Header.Join(other.Header);
        for (var f = 0; f < Folds.Count; f++) Folds[f].Merge(other.Folds[f]);
    }

    /// <summary>Writes the piece; the file appears whole or not at all.</summary>
    /// <param name="path">Replaced if it exists. A file of the same name with <c>.part</c> added is used on the
    /// way.</param>
    public void Save(string path)
    {
        WholeFile.Write(path, stream =>
        {
            using var hash = SHA256.Create();
            using (var hashed = new CryptoStream(stream, hash, CryptoStreamMode.Write, leaveOpen: true))
            using (var writer = new BinaryWriter(hashed))
            {
                var header = Encoding.UTF8.GetBytes(Header.ToJson());
                writer.Write(Magic);
                writer.Write(header.Length);
                writer.Write(header);
                foreach (var fold in Folds) WriteFold(writer, fold);
            }
            stream.Write(hash.Hash!);
        });
    }

    /// <summary>Reads a piece.</summary>
    /// <param name="path">A file that <see cref="Save"/> wrote.</param>
    /// <param name="emptyFolds">Makes the folds for the piece's space; their settings must be those the piece was made
    /// with.</param>
    /// <exception cref="InvalidDataException">The file is no piece, or was damaged.</exception>
    /// <exception cref="ArgumentException">The folds' settings are others.</exception>
    public static PairPiece Load(string path, Func<PairSpace, IReadOnlyList<PairFold>> emptyFolds)
    {
        CheckHash(path);
        using var stream = Open(path);
        using var reader = new BinaryReader(stream);
        var header = ReadHeader(reader, path);
        var folds = emptyFolds(header.Space);
        header.CheckFolds(folds);
        foreach (var fold in folds)
        {
            var end = reader.ReadInt64() + stream.Position;
            fold.Read(reader);
            if (stream.Position != end)
                throw new InvalidDataException(
                    $"{path}: {fold.Settings} left its state at byte {stream.Position}, not {end}; it was written by "
                        + "another version."
                );
        }
        return new PairPiece(header, folds);
    }

    /// <summary>Reads what a piece is of, without its folds.</summary>
    /// <param name="path">A file that <see cref="Save"/> wrote.</param>
    /// <exception cref="InvalidDataException">The file is no piece.</exception>
    public static PieceHeader ReadHeader(string path)
    {
        using var reader = new BinaryReader(Open(path));
        return ReadHeader(reader, path);
    }

    private static void WriteFold(BinaryWriter writer, PairFold fold)
    {
        using var state = new MemoryStream();
        using (var stateWriter = new BinaryWriter(state, Encoding.UTF8, leaveOpen: true)) fold.Write(stateWriter);
        writer.Write(state.Length);
        writer.Flush();
        state.Position = 0;
        state.CopyTo(writer.BaseStream);
    }

    private static PieceHeader ReadHeader(BinaryReader reader, string path)
    {
        Span<byte> magic = stackalloc byte[Magic.Length];
        if (
            reader.BaseStream.ReadAtLeast(magic, magic.Length, throwOnEndOfStream: false) < magic.Length
            || !magic.SequenceEqual(Magic)
        )
            throw new InvalidDataException($"{path} is no piece of a pair scan: it does not begin with WBPAIRS1.");
        var length = reader.ReadInt32();
        if (length < 0 || length > reader.BaseStream.Length)
            throw new InvalidDataException(
                $"{path}: a header of {length} bytes in a file of {reader.BaseStream.Length}.");
        return PieceHeader.FromJson(Encoding.UTF8.GetString(reader.ReadBytes(length)), path);
    }

    private static FileStream Open(string path) =>
        OrdinaryFile.Target(path) is { Length: 0 }
            ? throw new InvalidDataException($"{path} is empty, or no ordinary file: it is no piece of a pair scan.")
            : File.OpenRead(path);

    private static void CheckHash(string path)
    {
        using var stream = Open(path);
        var body = stream.Length - SHA256.HashSizeInBytes;
        if (body < 0)
            throw new InvalidDataException($"{path} has {stream.Length} bytes, too few for a piece of a pair scan.");
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[1 << 16];
        while (body > 0)
        {
            var read = stream.Read(buffer, 0, (int)Math.Min(body, buffer.Length));
            hash.AppendData(buffer, 0, read);
            body -= read;
        }
        var stored = new byte[SHA256.HashSizeInBytes];
        stream.ReadExactly(stored);
        if (!hash.GetHashAndReset().AsSpan().SequenceEqual(stored))
            throw new InvalidDataException(
                $"{path} was damaged: its SHA-256 is not the one at its end. Scan this piece again.");
    }
}
