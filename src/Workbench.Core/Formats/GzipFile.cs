using System;
using System.Buffers;
using System.IO;
using System.IO.Compression;

namespace Workbench.Core.Formats;

/// <summary>Unpacks gzip files to where they can be mapped.</summary>
internal static class GzipFile
{
    private const int BufferSize = 1 << 20;

    /// <summary>Vectors shrink to a half or a third; a file that grows more than this, once past
    /// <see cref="AlwaysAllowed"/>, is no honest one.</summary>
    private const int LargestRatio = 100;

    private const long AlwaysAllowed = 1L << 26;

    /// <summary>
    /// A member put after the last one: its text comes out at the end only if everything before was whole. GZipStream
    /// by itself takes a file that stops short for one that ends.
    /// </summary>
    private static readonly byte[] Seal = "workbench: all members were whole"u8.ToArray();

    private static readonly byte[] PackedSeal = Pack(Seal);

    /// <summary>Unpacks a file of one or more members into a new temporary file, which the caller deletes.</summary>
    /// <param name="path">The packed file.</param>
    /// <param name="progress">Told the share of the packed file that has been read; null for silence.</param>
    /// <returns>The path of the temporary file.</returns>
    /// <exception cref="WeightFileException">The file is truncated, damaged, or grows beyond measure.</exception>
    public static string Unpack(string path, IProgress<double>? progress)
    {
        var target = Path.Combine(Path.GetTempPath(), $"workbench-{Guid.NewGuid():N}.unpacked");
        try
        {
            using var packed = OrdinaryFile.OpenRead(path);
            using var unpacked = new FileStream(
                target, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);
            Copy(packed, unpacked, progress);
            RemoveSeal(unpacked);
            return target;
        }
        catch (Exception error)
        {
            File.Delete(target);
            if (error is InvalidDataException or EndOfStreamException)
                throw new WeightFileException(
                    FileProblem.Malformed, path,
                    $"is a damaged or truncated gzip file ({error.Message}); fetch it again.");
            throw;
        }
    }

    private static void Copy(FileStream packed, FileStream unpacked, IProgress<double>? progress)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            using var stream = new GZipStream(new SealedStream(packed), CompressionMode.Decompress);
            while (stream.Read(buffer) is > 0 and var count)
            {
                unpacked.Write(buffer, 0, count);
                RequireHonest(packed.Name, packed.Length, unpacked.Position);
                progress?.Report((double)packed.Position / packed.Length);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Refuses what grows beyond measure when it is unpacked.</summary>
    /// <param name="path">The file, for the message.</param>
    /// <param name="packed">Its bytes.</param>
    /// <param name="unpacked">The bytes that they become, so far or in all.</param>
    public static void RequireHonest(string path, long packed, long unpacked)
    {
        if (unpacked > AlwaysAllowed && unpacked > LargestRatio * packed)
            throw new WeightFileException(
                FileProblem.BeyondLimits,
                path,
                $"has {packed} bytes that unpack to more than {LargestRatio} times as many; vectors do not compress so "
                    + "well."
            );
    }

    private static void RemoveSeal(FileStream unpacked)
    {
        var end = new byte[Seal.Length];
        unpacked.Position = Math.Max(0, unpacked.Length - end.Length);
        if (
            unpacked.ReadAtLeast(end, end.Length, throwOnEndOfStream: false) < end.Length
            || !end.AsSpan().SequenceEqual(Seal)
        )
            throw new EndOfStreamException("it stops short, or bytes follow that are not gzip");
        unpacked.SetLength(unpacked.Length - end.Length);
    }

    private static byte[] Pack(byte[] bytes)
    {
        using var packed = new MemoryStream();
        using (var stream = new GZipStream(packed, CompressionLevel.NoCompression)) stream.Write(bytes);
        return packed.ToArray();
    }

    /// <summary>A packed file followed by the packed seal.</summary>
    private sealed class SealedStream(Stream packed) : Stream
    {
        private int sealPosition;

        public override bool CanRead => true;
        public override bool CanSeek => false;
        public override bool CanWrite => false;
        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override int Read(Span<byte> buffer)
        {
            var count = packed.Read(buffer);
            if (count > 0) return count;
            count = Math.Min(buffer.Length, PackedSeal.Length - sealPosition);
            PackedSeal.AsSpan(sealPosition, count).CopyTo(buffer);
            sealPosition += count;
            return count;
        }

        public override void Flush() { }
        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
        public override void SetLength(long value) => throw new NotSupportedException();
        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
