using System;
using System.Linq;
using System.Numerics.Tensors;
using Workbench.Core.Formats;
using Workbench.Core.Tensors;

namespace Workbench.Core.Words;

/// <summary>An array of NumPy's inside a pickle.</summary>
/// <remarks><c>_reconstruct</c> makes an empty one, and its state is (version, shape, type, whether the first axis runs
/// fastest, bytes); <c>_frombuffer</c>, of protocol 5, is given bytes, type, shape and order.</remarks>
internal static class PickledArray
{
    /// <summary>Reads a matrix of floats.</summary>
    /// <param name="value">What the pickle holds.</param>
    /// <param name="name">The attribute, for messages.</param>
    /// <param name="path">The file, for messages.</param>
    /// <exception cref="WeightFileException">It is no matrix, or of other elements.</exception>
    public static Matrix Read(object value, string name, string path)
    {
        var (shape, type, fortran, bytes) = value switch
        {
            PickleObject
            {
                Type.Name: "_reconstruct",
                State: object?[] and [long, object?[] sizes, PickleObject element, bool order, byte[] data],
            } => (sizes, element, order, data),
            PickleObject
            {
                Type.Name: "_frombuffer",
                Arguments: [byte[] data, PickleObject element, object?[] sizes, string order],
            } when order is "C" or "F" => (sizes, element, order == "F", data),
            _ => throw Refuse("is no plain array of NumPy's"),
        };
        if (type is not { Type.Name: "dtype", Arguments: [string code, ..] })
            throw Refuse("has elements without a type");
        if (NpyHeader.TypeOf(code) is not { } dtype || dtype.IsInteger())
            throw Refuse(
                $"has elements of type \"{Excerpt.Of(code, 40)}\", where floats are wanted",
                FileProblem.UnsupportedDType);
        if (type.State is not object?[] { Length: >= 2 } details || details[1] is not ("<" or ">" or "="))
            throw Refuse("does not say the order of its elements' bytes");
        if (shape is not [long rows and >= 0 and <= int.MaxValue, long columns and >= 0 and <= int.MaxValue])
            throw Refuse("is no matrix");
        var size = dtype.SizeInBytes();
        if ((Int128)rows * columns * size != bytes.Length)
            throw Refuse(
                $"has {bytes.Length} bytes for {rows} × {columns} values of {dtype.Name()}", FileProblem.OutOfBounds);
        if (details[1] is ">")
        {
            bytes = [.. bytes]; // the pickle may name them again
            for (var i = 0; i < bytes.Length; i += size) bytes.AsSpan(i, size).Reverse();
        }
        var (outer, inner) = fortran ? (columns, rows) : (rows, columns);
        var matrix = Matrix.Uninitialized((int)outer, (int)inner);
        for (var row = 0; row < matrix.Rows; row++)
            Widening.ToSingle(
                dtype, bytes.AsSpan(row * (int)inner * size, (int)inner * size), matrix.WritableRow(row));
        return fortran ? matrix.Transpose() : matrix;

        WeightFileException Refuse(string reason, FileProblem problem = FileProblem.Malformed) =>
            new(problem, path, $"its {name} {reason}.");
    }
}
