using System;
using System.Collections.Generic;
using System.Text.Json;
using System.Text.Unicode;
using Workbench.Core.Tensors;

namespace Workbench.Core.Formats;

/// <summary>The JSON header of a safetensors file, read strictly; its offsets are not yet held against the
/// file.</summary>
/// <remarks>
/// The grammar is that of the original library (github.com/huggingface/safetensors, tensor.rs): an object of tensors,
/// each an object with <c>dtype</c>, <c>shape</c> and <c>data_offsets</c> once each and anything else ignored, and
/// <c>__metadata__</c>, an object of strings or null.
/// </remarks>
internal ref struct SafetensorsHeader
{
    // The original's parser nests at most this deep; ignored fields may nest at all.
    private const int MaxDepth = 127;

    private readonly string path;
    private readonly List<Entry> entries = [];
    private readonly Dictionary<string, string> metadata = [];
    private Utf8JsonReader reader;
    private string? tensor;

    /// <summary>A tensor's entry; bytes count from the end of the header.</summary>
    public readonly record struct Entry(TensorInfo Info, long Begin, long End);

    private SafetensorsHeader(string path, ReadOnlySpan<byte> json)
    {
        this.path = path;
        reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = MaxDepth });
    }

    /// <summary>Reads the header's text.</summary>
    /// <exception cref="WeightFileException">It is not what the format allows; the tensor is named where one is
    /// concerned.</exception>
    public static (List<Entry> Entries, Dictionary<string, string> Metadata) Parse(string path, ReadOnlySpan<byte> json)
    {
        if (!Utf8.IsValid(json))
            throw new WeightFileException(FileProblem.Malformed, path, "the header is not UTF-8 text.");
        var header = new SafetensorsHeader(path, json);
        try
        {
            header.Read();
        }
        // Utf8JsonReader reports half of a surrogate pair in a \u escape as an invalid operation.
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            throw header.Refuse(FileProblem.Malformed, $"the header is not JSON: {JsonFault.Of(error)}.");
        }
        return (header.entries, header.metadata);
    }

    private readonly WeightFileException Refuse(FileProblem problem, string reason) =>
        new(problem, path, reason, tensor);

    private void Read()
    {
        Next(JsonTokenType.StartObject, "the header");
        var names = new HashSet<string>();
        while (NextName() is { } name)
        {
            tensor = name;
            if (!names.Add(name))
                throw Refuse(FileProblem.DuplicateName, "the header has two entries of this name.");
            if (name == "__metadata__") ReadMetadata();
            else entries.Add(ReadEntry(name));
            tensor = null;
        }
        if (reader.Read()) throw Refuse(FileProblem.Malformed, "the header goes on after its closing brace.");
    }

    private void ReadMetadata()
    {
        reader.Read();
        if (reader.TokenType == JsonTokenType.Null) return;
        Expect(JsonTokenType.StartObject, "the header's notes");
        while (NextName() is { } key)
        {
            Next(JsonTokenType.String, $"the note \"{Excerpt.Of(key)}\"");
            metadata[key] = reader.GetString()!;
        }
    }

    private Entry ReadEntry(string name)
    {
        Next(JsonTokenType.StartObject, "a tensor's entry");
        DType? dtype = null;
        long[]? sizes = null, offsets = null;
        while (NextName() is { } field)
        {
            switch (field)
            {
                case "dtype":
                    Once(field, dtype is null);
                    Next(JsonTokenType.String, field);
                    dtype = DTypes.TryParse(reader.GetString()!, out var known)
                        ? known
                        : throw Refuse(
                            FileProblem.Malformed, $"dtype \"{Excerpt.Of(reader.GetString()!)}\" is not one of the "
                                + "format's.");
                    break;
                case "shape":
                    Once(field, sizes is null);
                    sizes = ReadNumbers(field);
                    break;
                case "data_offsets":
                    Once(field, offsets is null);
                    offsets = ReadNumbers(field);
                    if (offsets.Length != 2)
                        throw Refuse(
                            FileProblem.Malformed,
                            $"data_offsets has {offsets.Length} numbers; a begin and an end are needed.");
                    break;
                default:
                    reader.Read();
                    reader.Skip();
                    break;
            }
        }
        if (dtype is null || sizes is null || offsets is null)
            throw Refuse(
                FileProblem.Malformed,
                $"its entry has no {(dtype is null ? "dtype" : sizes is null ? "shape" : "data_offsets")}.");
        if (offsets[1] < offsets[0])
            throw Refuse(FileProblem.OutOfBounds, $"its bytes end at {offsets[1]}, before they begin at {offsets[0]}.");
        var bytes = CountBytes(sizes, dtype.Value);
        if (bytes != (ulong)(offsets[1] - offsets[0]))
            throw Refuse(
                FileProblem.OutOfBounds,
                $"shape [{string.Join(", ", sizes)}] of {dtype.Value.Name()} takes {bytes} bytes, but data_offsets "
                    + $"[{offsets[0]}, {offsets[1]}] has {offsets[1] - offsets[0]}."
            );
        return new Entry(new TensorInfo(name, dtype.Value, new Shape(sizes)), offsets[0], offsets[1]);
    }

    /// <summary>As the original multiplies, from left to right in 64 bits, so that the same shapes overflow: [2^62, 4,
    /// 0] does, [0, 2^62, 4] does not.</summary>
    private readonly ulong CountBytes(long[] sizes, DType dtype)
    {
        UInt128 product = 1;
        foreach (var size in sizes)
        {
            product *= (ulong)size;
            if (product > ulong.MaxValue) break;
        }
        if (product <= ulong.MaxValue) product *= (uint)dtype.SizeInBits();
        if (product > ulong.MaxValue)
            throw Refuse(
                FileProblem.OutOfBounds,
                $"shape [{string.Join(", ", sizes)}] of {dtype.Name()} takes more than 2^64 bits.");
        if (product % 8 != 0)
            throw Refuse(
                FileProblem.Malformed,
                $"shape [{string.Join(", ", sizes)}] of {dtype.Name()} takes {product} bits, which is no whole number "
                    + "of bytes."
            );
        return (ulong)(product / 8);
    }

    private long[] ReadNumbers(string field)
    {
        Next(JsonTokenType.StartArray, field);
        var numbers = new List<long>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            Expect(JsonTokenType.Number, $"{field}, element {numbers.Count},");
            if (!reader.TryGetInt64(out var number) || reader.ValueSpan[0] == '-')
                throw Refuse(
                    FileProblem.Malformed,
                    $"{field} has {Excerpt.Of(reader.ValueSpan)}; a whole number from 0 to {long.MaxValue} is needed."
                );
            if (numbers.Count == TensorFile.MostAxes)
                throw Refuse(
                    FileProblem.BeyondLimits,
                    $"{field} has more than {TensorFile.MostAxes} numbers; no tensor has so many axes.");
            numbers.Add(number);
        }
        return [.. numbers];
    }

    private string? NextName()
    {
        reader.Read();
        return reader.TokenType == JsonTokenType.PropertyName ? reader.GetString() : null;
    }

    private void Next(JsonTokenType wanted, string what)
    {
        reader.Read();
        Expect(wanted, what);
    }

    private readonly void Expect(JsonTokenType wanted, string what)
    {
        if (reader.TokenType != wanted)
            throw Refuse(
                FileProblem.Malformed, $"{what} should be {Describe(wanted)} but is {Describe(reader.TokenType)}.");
    }

    private readonly void Once(string field, bool first)
    {
        if (!first) throw Refuse(FileProblem.Malformed, $"its entry has {field} twice.");
    }

    private static string Describe(JsonTokenType token) => token switch
    {
        JsonTokenType.StartObject => "an object",
        JsonTokenType.StartArray => "an array",
        JsonTokenType.String => "a string",
        JsonTokenType.Number => "a number",
        JsonTokenType.True or JsonTokenType.False => "a truth value",
        JsonTokenType.Null => "null",
        _ => "missing",
    };
}
