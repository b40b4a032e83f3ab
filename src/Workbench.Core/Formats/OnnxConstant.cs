using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using Workbench.Core.Tensors;

namespace Workbench.Core.Formats;

/// <summary>The value that a Constant of an ONNX model holds in an attribute.</summary>
internal static class OnnxConstant
{
    /// <summary>The attributes that it may stand in.</summary>
    public static ImmutableHashSet<string> Attributes { get; } =
    [
        "value", "sparse_value", "value_float", "value_floats", "value_int", "value_ints", "value_string",
        "value_strings",
    ];

    /// <summary>Reads a value.</summary>
    /// <param name="file">The model.</param>
    /// <param name="attribute">Where it stands.</param>
    /// <param name="beside">Files beside the model.</param>
    /// <param name="output">What the Constant calls it.</param>
    public static OnnxValue Read(MappedFile file, FileRange attribute, OnnxDataFiles beside, string output)
    {
        var (found, isList, texts, pieces) = (default(OnnxValue?), false, 0L, new List<FileRange>());
        var field = 0;
        var fields = new ProtobufReader(file, attribute);
        while (fields.Next())
            switch (fields.Field)
            {
                case 2: (field, pieces) = (OnnxTypes.FloatData, [fields.Numbers(5)]); break;
                case 3: (field, pieces) = (OnnxTypes.Int64Data, [fields.Numbers(0)]); break;
                case 4 or 9:
                    (field, isList) = (OnnxTypes.StringData, fields.Field == 9);
                    fields.Bytes();
                    texts++;
                    break;
                case 5: found = OnnxTensor.Read(file, fields.Bytes(), beside, output); break;
                case 7:
                    (field, isList) = (OnnxTypes.FloatData, true);
                    pieces.Add(fields.Numbers(5));
                    break;
                case 8:
                    (field, isList) = (OnnxTypes.Int64Data, true);
                    pieces.Add(fields.Numbers(0));
                    break;
                case 22:
                    found = new OnnxValue.Unread(
                        file.Path, new TensorInfo(output, DType.F32, new Shape()),
                        "is stored sparsely, which is not read; export it densely.");
                    fields.Skip();
                    break;
                default: fields.Skip(); break;
            }
        if (found is not null) return found;
        if (pieces.Sum(piece => piece.Length) > Array.MaxLength / sizeof(long))
            throw fields.Refuse(FileProblem.BeyondLimits, "has more single numbers than are read.", output);
        var count = field switch
        {
            OnnxTypes.FloatData => pieces.Sum(piece => piece.Length) / sizeof(float),
            OnnxTypes.Int64Data => pieces.Sum(piece => Varints(file, piece)),
            OnnxTypes.StringData => texts,
            _ => throw fields.Refuse(FileProblem.Malformed, "a Constant has no value.", output),
        };
        var type = field == OnnxTypes.FloatData ? DType.F32 : field == OnnxTypes.Int64Data ? DType.I64 : DType.Text;
        var info = new TensorInfo(output, type, isList ? new Shape(count) : new Shape());
        if (type == DType.Text) return new OnnxValue.Unread(file.Path, info, "is text, which is no weight.");
        return count == 0
            ? new OnnxValue.Stored(new StoredTensor(file, info, 0))
            : new OnnxValue.Written(file, info, field, pieces);
    }

    /// <summary>Numbers in some bytes: each ends with a byte below 128.</summary>
    private static long Varints(MappedFile file, FileRange piece)
    {
        var count = 0L;
        foreach (var value in file.Bytes(piece.Offset, (int)piece.Length))
            if (value < 0x80) count++;
        return count;
    }
}
