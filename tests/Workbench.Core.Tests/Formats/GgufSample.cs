using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;

namespace Workbench.Core.Tests.Formats;

/// <summary>A GGUF file built key by key, in either byte order.</summary>
internal sealed class GgufSample(uint version = 3, bool bigEndian = false)
{
    private readonly MemoryStream keys = new(), entries = new(), data = new();
    private int keyCount, tensorCount;

    public GgufSample Key(string name, uint type, params byte[] value)
    {
        keys.Write([.. Text(name), .. Number(type, 4), .. value]);
        keyCount++;
        return this;
    }

    public GgufSample Key(string name, string value) => Key(name, 8, Text(value));

    public GgufSample Key(string name, uint value) => Key(name, 4, Number(value, 4));

    public GgufSample Key(string name, float value) =>
        Key(name, 6, Number(BitConverter.SingleToUInt32Bits(value), 4));

    public GgufSample Key(string name, params string[] values) =>
        Key(name, 9, [.. Number(8, 4), .. Number((ulong)values.Length, 8), .. values.SelectMany(Text)]);

    /// <summary>A tensor whose data begin where the last one's end, rounded up to 32.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="type">ggml's number.</param>
    /// <param name="sizes">Innermost first, as the file has them.</param>
    /// <param name="bytes">Its data.</param>
    public GgufSample Tensor(string name, uint type, ulong[] sizes, params byte[] bytes)
    {
        while (data.Length % 32 != 0) data.WriteByte(0);
        entries.Write(
        [
            .. Text(name), .. Number((ulong)sizes.Length, 4), .. sizes.SelectMany(size => Number(size, 8)),
            .. Number(type, 4), .. Number((ulong)data.Length, 8),
        ]);
        data.Write(bytes);
        tensorCount++;
        return this;
    }

    public GgufSample Floats(string name, ulong[] sizes, params float[] values) =>
        Tensor(name, 0, sizes, [.. values.SelectMany(value => Number(BitConverter.SingleToUInt32Bits(value), 4))]);

    public byte[] Bytes()
    {
        List<byte> bytes =
        [
            .. "GGUF"u8, .. Number(version, 4), .. Number((ulong)tensorCount, 8), .. Number((ulong)keyCount, 8),
            .. keys.ToArray(), .. entries.ToArray(),
        ];
        while (bytes.Count % 32 != 0) bytes.Add(0);
        return [.. bytes, .. data.ToArray()];
    }

    public byte[] Number(ulong value, int size)
    {
        var bytes = BitConverter.GetBytes(value)[..size];
        if (bigEndian) Array.Reverse(bytes);
        return bytes;
    }

    private byte[] Text(string text) =>
        [.. Number((ulong)Encoding.UTF8.GetByteCount(text), 8), .. Encoding.UTF8.GetBytes(text)];
}
