using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.IO;
using System.IO.Compression;
using System.Linq;
using System.Text;
using Workbench.Core.Formats;
using Xunit;

namespace Workbench.Core.Tests.Formats;

/// <summary>A fresh folder that is deleted with everything in it.</summary>
/// <param name="inMemory">Whether it lies in memory where the system has such a place: for many small files, of which a
/// disk takes longer than their reader.</param>
internal sealed class TemporaryFolder(bool inMemory = false) : IDisposable
{
    private const string Memory = "/dev/shm";

    public string Path { get; } = inMemory && Directory.Exists(Memory)
        ? Directory.CreateDirectory($"{Memory}/workbench-formats-{Guid.NewGuid():N}").FullName
        : Directory.CreateTempSubdirectory("workbench-formats-").FullName;

    public string At(string name) => System.IO.Path.Combine(Path, name);

    public string Put(string name, ReadOnlySpan<byte> bytes)
    {
        File.WriteAllBytes(At(name), bytes);
        return At(name);
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}

/// <summary>Files built byte by byte, so that every test shows what is wrong with its own.</summary>
internal static class Samples
{
    /// <summary>Header length, header, data.</summary>
    public static byte[] Safetensors(string header, params byte[] data) =>
        Safetensors(Encoding.UTF8.GetBytes(header), data);

    public static byte[] Safetensors(byte[] header, params byte[] data)
    {
        var length = new byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(length, (ulong)header.Length);
        return [.. length, .. header, .. data];
    }

    /// <summary>Magic, version 1.0, header length, header, data.</summary>
    public static byte[] Npy(string header, params byte[] data)
    {
        var text = Encoding.Latin1.GetBytes(header);
        return [0x93, .. "NUMPY"u8, 1, 0, (byte)text.Length, (byte)(text.Length >> 8), .. text, .. data];
    }

    /// <summary>Little-endian float32 values.</summary>
    public static byte[] Floats(params float[] values) => [.. values.SelectMany(BitConverter.GetBytes)];

    /// <summary>A stored zip of these entries, as torch.save lays them out.</summary>
    public static byte[] Zip(params (string Name, byte[] Bytes)[] entries)
    {
        using var memory = new MemoryStream();
        using (var zip = new ZipArchive(memory, ZipArchiveMode.Create, leaveOpen: true))
            foreach (var (name, bytes) in entries)
                using (var stream = zip.CreateEntry(name, CompressionLevel.NoCompression).Open())
                    stream.Write(bytes);
        return memory.ToArray();
    }

    /// <summary>A checkpoint with this pickle, storage 0 holding the floats 0, 1, 2 …, and a byte order.</summary>
    public static byte[] Torch(byte[] pickle, int floats = 4) =>
        Zip(
            ("archive/data.pkl", pickle), ("archive/byteorder", "little"u8.ToArray()),
            ("archive/data/0", Floats([.. Enumerable.Range(0, floats).Select(i => (float)i)])),
            ("archive/version", "3\n"u8.ToArray()));

    /// <summary>A dictionary of one tensor "w" over storage 0.</summary>
    public static byte[] TensorPickle(
        long elements,
        long offset,
        long[] sizes,
        long[] strides,
        string storage = "FloatStorage",
        string key = "0"
    ) => new Pickle().Dictionary().Text("w").Tensor(elements, offset, sizes, strides, storage, key).Raw("s").Stop();

    public static WeightFileException Refused(FileProblem problem, Action action, params string[] says)
    {
        var error = Assert.Throws<WeightFileException>(action);
        Assert.True(problem == error.Problem, $"expected {problem}, got {error.Problem}: {error.Message}");
        foreach (var text in says) Assert.Contains(text, error.Message);
        return error;
    }
}

/// <summary>Writes protocol 2 pickles, opcode by opcode.</summary>
internal sealed class Pickle
{
    private readonly List<byte> bytes = [0x80, 2];

    public Pickle Raw(string opcodes) => Add(Encoding.Latin1.GetBytes(opcodes));

    public Pickle Dictionary() => Raw("}");

    public Pickle Text(string text) =>
        Add([(byte)'X', .. BitConverter.GetBytes(Encoding.UTF8.GetByteCount(text)), .. Encoding.UTF8.GetBytes(text)]);

    public Pickle Integer(long value) => Add([0x8a, 8, .. BitConverter.GetBytes(value)]);

    public Pickle Float(double value) => Add([(byte)'G', .. BitConverter.GetBytes(value).Reverse()]);

    public Pickle Global(string module, string name) => Raw($"c{module}\n{name}\n");

    public Pickle Tuple(params long[] values)
    {
        Raw("(");
        foreach (var value in values) Integer(value);
        return Raw("t");
    }

    /// <summary>torch._utils._rebuild_tensor_v2(storage, offset, sizes, strides, False, OrderedDict(), …)</summary>
    public Pickle Tensor(
        long elements, long offset, long[] sizes, long[] strides, string storage = "FloatStorage", string key = "0",
        Func<Pickle, Pickle>? more = null)
    {
        Global("torch._utils", "_rebuild_tensor_v2")
            .Raw("((")
            .Text("storage")
            .Global("torch", storage)
            .Text(key)
            .Text("cpu")
            .Integer(elements)
            .Raw("tQ")
            .Integer(offset)
            .Tuple(sizes)
            .Tuple(strides)
            .Raw("\u0089")
            .Global("collections", "OrderedDict")
            .Raw(")R");
        more?.Invoke(this);
        return Raw("tR");
    }

    public byte[] Stop() => [.. bytes, (byte)'.'];

    private Pickle Add(byte[] more)
    {
        bytes.AddRange(more);
        return this;
    }
}
