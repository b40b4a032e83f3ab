using System;
using System.IO;
using System.Security.Cryptography;
using System.Text;

namespace Workbench.Core.Formats;

/// <summary>Files that tell whether they are as they were written: eight bytes that name their kind, what they hold,
/// and the SHA-256 of all that. They are there whole or not at all (<see cref="WholeFile"/>).</summary>
public static class SealedFile
{
    private const int KindLength = 8;

    /// <summary>Writes a file.</summary>
    /// <param name="path">Replaced if it exists; on the way a file beside it is used whose name ends in
    /// <c>.part</c>.</param>
    /// <param name="kind">Eight ASCII letters.</param>
    /// <param name="content">Writes what the file holds.</param>
    public static void Write(string path, string kind, Action<BinaryWriter> content) =>
        WholeFile.Write(path, stream =>
        {
            using var hash = SHA256.Create();
            using (var hashed = new CryptoStream(stream, hash, CryptoStreamMode.Write, leaveOpen: true))
            using (var writer = new BinaryWriter(hashed))
            {
                writer.Write(Encoding.ASCII.GetBytes(kind));
                content(writer);
            }
            stream.Write(hash.Hash!);
        });

    /// <summary>Opens a file behind the name of its kind, and looks whether all of it is as it was written.</summary>
    /// <param name="path">A file that <see cref="Write"/> wrote.</param>
    /// <param name="kind">The kind that it must be of.</param>
    /// <param name="what">What such a file is called: "a piece of a pair scan".</param>
    /// <exception cref="InvalidDataException">It is of another kind, or was damaged.</exception>
    public static BinaryReader Open(string path, string kind, string what)
    {
        var reader = OpenUnchecked(path, kind, what);
        try
        {
            CheckHash(reader.BaseStream, path, what);
            reader.BaseStream.Position = KindLength;
            return reader;
        }
        catch
        {
            reader.Dispose();
            throw;
        }
    }

    /// <summary>The same without reading more than the name of the kind: for a look at what comes first.</summary>
    /// <param name="path">A file that <see cref="Write"/> wrote.</param>
    /// <param name="kind">The kind that it must be of.</param>
    /// <param name="what">What such a file is called.</param>
    /// <exception cref="InvalidDataException">It is of another kind.</exception>
    public static BinaryReader OpenUnchecked(string path, string kind, string what)
    {
        if (OrdinaryFile.Target(path) is { Length: 0 })
            throw new InvalidDataException($"{path} is empty, or no ordinary file: it is not {what}.");
        var reader = new BinaryReader(File.OpenRead(path));
        var found = reader.ReadBytes(KindLength);
        if (found.AsSpan().SequenceEqual(Encoding.ASCII.GetBytes(kind))) return reader;
        reader.Dispose();
        throw new InvalidDataException($"{path} is not {what}: it does not begin with {kind}.");
    }

    private static void CheckHash(Stream stream, string path, string what)
    {
        stream.Position = 0;
        var body = stream.Length - SHA256.HashSizeInBytes;
        if (body < 0) throw new InvalidDataException($"{path} has {stream.Length} bytes, too few for {what}.");
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[1 << 16];
        while (body > 0)
        {
            var read = stream.Read(buffer, 0, (int)Math.Min(body, buffer.Length));
            if (read == 0) throw new InvalidDataException($"{path} became shorter while it was read.");
            hash.AppendData(buffer, 0, read);
            body -= read;
        }
        var stored = new byte[SHA256.HashSizeInBytes];
        stream.ReadExactly(stored);
        if (!hash.GetHashAndReset().AsSpan().SequenceEqual(stored))
            throw new InvalidDataException(
                $"{path} was damaged: its SHA-256 is not the one at its end. Compute it again.");
    }
}
