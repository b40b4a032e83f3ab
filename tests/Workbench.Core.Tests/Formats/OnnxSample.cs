using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;

namespace Workbench.Core.Tests.Formats;

/// <summary>An ONNX model built field by field, each as the wire format writes it.</summary>
internal sealed class OnnxSample
{
    private readonly List<byte> nodes = [], tensors = [], rest = [];

    /// <summary>A field with a whole number.</summary>
    public static byte[] Number(int field, long value) => [.. Varint((ulong)(field << 3)), .. Varint((ulong)value)];

    /// <summary>A field with bytes: text, packed numbers or a message.</summary>
    public static byte[] Bytes(int field, params byte[] value) =>
        [.. Varint((ulong)(field << 3 | 2)), .. Varint((ulong)value.Length), .. value];

    public static byte[] Text(int field, string value) => Bytes(field, Encoding.UTF8.GetBytes(value));

    public static byte[] Varint(ulong value)
    {
        var bytes = new List<byte>();
        for (; value >= 0x80; value >>= 7) bytes.Add((byte)(value | 0x80));
        return [.. bytes, (byte)value];
    }

    /// <summary>A tensor's message.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="type">ONNX's number.</param>
    /// <param name="sizes">Outermost first.</param>
    /// <param name="fields">What holds its values.</param>
    public static byte[] Tensor(string name, int type, long[] sizes, params byte[] fields) =>
        [.. sizes.SelectMany(size => Number(1, size)), .. Number(2, type), .. fields, .. Text(8, name)];

    public OnnxSample Initialiser(string name, int type, long[] sizes, params byte[] fields)
    {
        tensors.AddRange(Bytes(5, Tensor(name, type, sizes, fields)));
        return this;
    }

    public OnnxSample Floats(string name, long[] sizes, params float[] values) =>
        Initialiser(name, 1, sizes, Bytes(9, Samples.Floats(values)));

    /// <summary>Values in a file beside the model.</summary>
    public OnnxSample External(string name, long[] sizes, params (string Key, string Value)[] place) =>
        Initialiser(
            name, 1, sizes,
            [.. place.SelectMany(note => Bytes(13, [.. Text(1, note.Key), .. Text(2, note.Value)])), .. Number(14, 1)]);

    public OnnxSample Node(
        string name, string op, string[] inputs, string output, byte[]? attributes = null, string? scopes = null)
    {
        byte[] notes = scopes is null
            ? []
            : Bytes(9, [.. Text(1, "pkg.torch.onnx.name_scopes"), .. Text(2, scopes)]);
        nodes.AddRange(Bytes(1,
        [
            .. inputs.SelectMany(input => Text(1, input)), .. Text(2, output), .. Text(3, name), .. Text(4, op),
            .. attributes ?? [], .. notes,
        ]));
        return this;
    }

    /// <summary>An attribute: a name, and fields with its value.</summary>
    public static byte[] Attribute(string name, params byte[] fields) => Bytes(5, [.. Text(1, name), .. fields]);

    public OnnxSample Note(string key, string value)
    {
        rest.AddRange(Bytes(14, [.. Text(1, key), .. Text(2, value)]));
        return this;
    }

    public byte[] Finish() =>
    [
        .. Number(1, 8), .. Text(2, "test"), .. Bytes(7, [.. nodes, .. Text(2, "g"), .. tensors]),
        .. Bytes(8, Number(2, 17)), .. rest,
    ];
}
