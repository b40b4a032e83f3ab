using System;
using System.Collections.Generic;
using Workbench.Core.Tensors;

namespace Workbench.Core.Formats;

/// <summary>A tensor as an ONNX model writes it: an initialiser, or the value of a Constant.</summary>
internal static class OnnxTensor
{
    private const int Name = 8, External = 13, Location = 14;

    /// <summary>Reads an entry and checks its values' place and number.</summary>
    /// <param name="file">The model.</param>
    /// <param name="message">The entry.</param>
    /// <param name="beside">Files beside the model.</param>
    /// <param name="named">What it is called, for the value of a Constant; null to take its own name.</param>
    public static OnnxValue Read(MappedFile file, FileRange message, OnnxDataFiles beside, string? named = null)
    {
        var (name, type, isExternal) = ("", 0L, false);
        var (sizes, data, dataField, raw) = (new List<long>(), default(List<FileRange>), 0, default(FileRange?));
        var texts = 0L;
        List<(string, string)>? notes = null;
        var fields = new ProtobufReader(file, message);
        while (fields.Next())
            switch (fields.Field)
            {
                case 1: Add(sizes, file, fields.Numbers(0)); break;
                case 2: type = (long)fields.Number(); break;
                case 3:
                    throw fields.Refuse(
                        FileProblem.UnsupportedObject, "a tensor is stored in segments.", named ?? name);
                case OnnxTypes.FloatData: Piece(fields.Field, fields.Numbers(5)); break;
                case OnnxTypes.DoubleData: Piece(fields.Field, fields.Numbers(1)); break;
                case OnnxTypes.Int32Data or OnnxTypes.Int64Data or OnnxTypes.UInt64Data:
                    Piece(fields.Field, fields.Numbers(0));
                    break;
                case OnnxTypes.StringData:
                    fields.Bytes();
                    texts++;
                    break;
                case Name: name = fields.Text(); break;
                case OnnxTypes.RawData: raw = fields.Bytes(); break;
                case External: (notes ??= []).Add(Note(fields.Message())); break;
                case Location: isExternal = fields.Number() == 1; break;
                default: fields.Skip(); break;
            }
        name = named ?? name;
        if (name.Length == 0) throw fields.Refuse(FileProblem.Malformed, "an initialiser has no name.");
        if (OnnxTypes.TypeOf(type) is not { } dtype)
            throw Refuse(FileProblem.UnsupportedDType, $"its type is {type}, which is none of ONNX's.");
        if (!Shape.TryCountElements([.. sizes], out var elements))
            throw Refuse(
                FileProblem.BeyondLimits,
                $"its sizes [{string.Join(", ", sizes)}] are negative, or make more than 2^63 values.");
        var info = new TensorInfo(name, dtype, new Shape([.. sizes]));
        var filled = (raw is { Length: > 0 } ? 1 : 0) + (data is null ? 0 : 1) + (texts > 0 ? 1 : 0);
        if (filled + (isExternal ? 1 : 0) > 1 || isExternal && raw is not null)
            throw Refuse(FileProblem.Malformed, "its values are there twice, in two fields.");
        if (dataField != 0 && dataField != OnnxTypes.FieldOf(dtype) || texts > 0 && dtype != DType.Text)
            throw Refuse(FileProblem.Malformed, $"its {dtype.Name()} values are in a field for another type.");
        if (dtype == DType.Text)
            return raw is null && !isExternal && texts == elements
                ? new OnnxValue.Unread(file.Path, info, "its elements are texts, which are no weights.")
                : throw Refuse(FileProblem.OutOfBounds, $"its shape {info.Shape} needs {elements} texts, not {texts}.");
        var bytes = ((UInt128)(ulong)elements * (uint)dtype.SizeInBits() + 7) / 8;
        if (isExternal)
        {
            var (place, offset) = beside.Find(name, notes ?? [], bytes);
            return At(place, offset);
        }
        if (raw is { } whole)
            return (ulong)whole.Length == bytes
                ? At(file, whole.Offset)
                : throw Refuse(
                    FileProblem.OutOfBounds,
                    $"its {elements} values of type {dtype.Name()} take {bytes} bytes, but {whole.Length} are there.");
        RequireEnough(data ?? []);
        if (elements == 0 || !dtype.IsReadable()) return At(file, 0); // nothing is there to be looked at, or never is
        // Floats are written as a file of raw bytes has them; in one piece they are read where they lie.
        var isAsIs = dataField is OnnxTypes.FloatData or OnnxTypes.DoubleData;
        return isAsIs && data is [var one]
            ? At(file, one.Offset)
            : new OnnxValue.Written(file, info, dataField, data ?? []);

        void Add(List<long> sizes, MappedFile file, FileRange range)
        {
            var source = file.Bytes(range.Offset, (int)Math.Min(range.Length, int.MaxValue));
            while (source.Length > 0)
            {
                if (sizes.Count == TensorFile.MostAxes)
                    throw Refuse(FileProblem.BeyondLimits, $"it has more than {TensorFile.MostAxes} axes.");
                var length = ProtobufReader.ReadVarint(source, out var size);
                if (length == 0) throw Refuse(FileProblem.Malformed, "one of its sizes is cut short.");
                sizes.Add((long)size);
                source = source[length..];
            }
        }

        void Piece(int field, FileRange piece)
        {
            if (piece.Length == 0) return;
            if (dataField != 0 && dataField != field)
                throw Refuse(FileProblem.Malformed, "its values are there twice, in two fields.");
            dataField = field;
            (data ??= []).Add(piece);
        }

        // Every whole number takes a byte or more and at most ten, so that the shape asks for no more than is there.
        void RequireEnough(List<FileRange> pieces)
        {
            var length = 0L;
            foreach (var piece in pieces) length += piece.Length;
            if (length > Array.MaxLength / sizeof(long))
                throw Refuse(FileProblem.BeyondLimits, $"{length} bytes of single numbers are more than are read.");
            var isWhole = OnnxTypes.FieldOf(dtype) is not (OnnxTypes.FloatData or OnnxTypes.DoubleData);
            var wanted = isWhole && dtype.IsReadable() ? (UInt128)(ulong)elements : isWhole ? 0 : bytes;
            if ((ulong)length < wanted || !isWhole && (ulong)length > wanted || elements == 0 && length > 0)
                throw Refuse(
                    FileProblem.OutOfBounds,
                    $"its shape {info.Shape} needs {wanted} bytes{(isWhole ? " or more" : "")}, but {length} are "
                        + "there.");
        }

        OnnxValue At(MappedFile holder, long offset) => dtype.IsReadable()
            ? new OnnxValue.Stored(new StoredTensor(holder, info, offset))
            : new OnnxValue.Unread(
                file.Path, info,
                $"elements of type {dtype.Name()} are not read; export the model in F32, F16 or BF16.");

        WeightFileException Refuse(FileProblem problem, string reason) =>
            new(problem, file.Path, reason, named ?? name);
    }

    /// <summary>A key and its value.</summary>
    public static (string Key, string Value) Note(ProtobufReader fields)
    {
        var (key, value) = ("", "");
        while (fields.Next())
            switch (fields.Field)
            {
                case 1: key = fields.Text(); break;
                case 2: value = fields.Text(); break;
                default: fields.Skip(); break;
            }
        return (key, value);
    }
}
