using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using Workbench.Core.Tensors;

namespace Workbench.Core.Formats;

/// <summary>A tensor of an ONNX model: where its values lie, or of what they are made. Nothing of them is read before
/// it is asked for.</summary>
internal abstract class OnnxValue(TensorInfo info)
{
    /// <summary>Its name, type and shape.</summary>
    public TensorInfo Info => info;

    public abstract Matrix ReadMatrix();

    public abstract double[] ReadDoubles();

    public abstract long[] ReadIntegers();

    public virtual StoredMatrix View() => new(ReadMatrix());

    /// <summary>Values, at least one, as a matrix; a vector is one row.</summary>
    private static Matrix Filled(Shape shape, ReadOnlySpan<float> values)
    {
        var columns = shape.Rank == 0 ? 1 : (int)shape[shape.Rank - 1];
        return Matrix.FromArray(values.Length / columns, columns, values);
    }

    /// <summary>Elements one behind the other in a file, the model or one beside it.</summary>
    public sealed class Stored(StoredTensor tensor) : OnnxValue(tensor.Info)
    {
        public override Matrix ReadMatrix() => tensor.ReadMatrix();

        public override double[] ReadDoubles() => tensor.ReadDoubles();

        public override long[] ReadIntegers() => tensor.ReadIntegers();

        public override StoredMatrix View() => tensor.View();
    }

    /// <summary>Numbers in pieces, or of another width than the elements.</summary>
    /// <param name="file">The file; stays with the caller.</param>
    /// <param name="info">Name, type and shape.</param>
    /// <param name="field">The field of a tensor that they are written as.</param>
    /// <param name="pieces">Where they lie. The caller has checked that the shape has at least one element and no
    /// more than they have bytes.</param>
    public sealed class Written(MappedFile file, TensorInfo info, int field, IReadOnlyList<FileRange> pieces)
        : OnnxValue(info)
    {
        public override Matrix ReadMatrix()
        {
            var values = new float[Info.Shape.Elements];
            Widening.ToSingle(Info.DType, Elements(), values);
            return Filled(Info.Shape, values);
        }

        public override double[] ReadDoubles()
        {
            var values = new double[Info.Shape.Elements];
            Widening.ToDouble(Info.DType, Elements(), values);
            return values;
        }

        public override long[] ReadIntegers()
        {
            if (!Info.DType.IsInteger())
                throw Refuse(
                    FileProblem.UnsupportedDType,
                    $"{Info.DType.Name()} elements are not integers; read them as a matrix or as doubles.");
            var values = new long[Info.Shape.Elements];
            Widening.ToInt64(Info.DType, Elements(), values);
            return values;
        }

        /// <summary>The elements' bytes, as a file of raw bytes has them.</summary>
        private byte[] Elements()
        {
            file.RequireWhole();
            var size = Info.DType.SizeInBytes();
            var bytes = new byte[Info.Shape.Elements * size];
            var done = 0L;
            foreach (var piece in pieces)
            {
                var source = file.Bytes(piece.Offset, (int)piece.Length);
                if (field is OnnxTypes.FloatData or OnnxTypes.DoubleData)
                {
                    if (source.Length > bytes.Length - done) throw WrongCount("more");
                    source.CopyTo(bytes.AsSpan((int)done));
                    done += source.Length;
                    continue;
                }
                for (; source.Length > 0; done += size)
                {
                    var length = ProtobufReader.ReadVarint(source, out var value);
                    if (length == 0)
                        throw Refuse(
                            FileProblem.Malformed, $"element {done / size} has more than 64 bits, or is cut short.");
                    if (done == bytes.Length) throw WrongCount("more");
                    Put(value, bytes.AsSpan((int)done, size));
                    source = source[length..];
                }
            }
            return done == bytes.Length ? bytes : throw WrongCount($"{done / size}");
        }

        private void Put(ulong value, Span<byte> destination)
        {
            var (least, greatest) = OnnxTypes.Limits(Info.DType);
            if ((long)value < least || (long)value > greatest)
                throw Refuse(
                    FileProblem.Malformed,
                    $"the number {(long)value} stands for an element of type {Info.DType.Name()}, which takes "
                        + $"{least} to {greatest}.");
            Span<byte> bytes = stackalloc byte[sizeof(ulong)];
            BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
            bytes[..destination.Length].CopyTo(destination);
        }

        private WeightFileException WrongCount(string found) => Refuse(
            FileProblem.OutOfBounds,
            $"its shape {Info.Shape} has {Info.Shape.Elements} values, but {found} are there.");

        private WeightFileException Refuse(FileProblem problem, string reason) =>
            new(problem, file.Path, reason, Info.Name);
    }

    /// <summary>Whole numbers less a zero point, times a scale: one for all, or one for each place along an
    /// axis.</summary>
    /// <remarks>(q − zero) is exact, becomes float32, and is multiplied in float32, as ONNX's DequantizeLinear
    /// is.</remarks>
    /// <param name="path">The model, for messages.</param>
    /// <param name="name">What the product is called.</param>
    /// <param name="whole">The whole numbers, at least one.</param>
    /// <param name="scales">As many as the axis is long, or one.</param>
    /// <param name="zeros">As many as there are scales; null where they are 0.</param>
    /// <param name="axis">Which one.</param>
    public sealed class Dequantised(
        string path, string name, OnnxValue whole, OnnxValue scales, OnnxValue? zeros, int axis)
        : OnnxValue(new TensorInfo(name, DType.F32, whole.Info.Shape))
    {
        public override Matrix ReadMatrix() => Filled(Info.Shape, Values());

        public override double[] ReadDoubles() => Array.ConvertAll(Values(), value => (double)value);

        public override long[] ReadIntegers() => throw new WeightFileException(
            FileProblem.UnsupportedDType, path,
            "its elements are products of whole numbers and scales; read them as a matrix or as doubles.", Info.Name);

        private float[] Values()
        {
            var numbers = whole.ReadIntegers();
            var (scale, zero) = (scales.ReadMatrix().ToArray(), zeros?.ReadIntegers());
            var inner = 1L; // values that lie behind one place of the axis
            if (scale.Length > 1)
                for (var other = axis + 1; other < Info.Shape.Rank; other++) inner *= Info.Shape[other];
            var values = new float[numbers.Length];
            for (var i = 0; i < values.Length; i++)
            {
                var place = scale.Length == 1 ? 0 : (int)(i / inner % scale.Length);
                values[i] = (numbers[i] - (zero?[place] ?? 0)) * scale[place];
            }
            return values;
        }
    }

    /// <summary>A matrix with rows and columns exchanged.</summary>
    public sealed class Transposed(string name, OnnxValue matrix)
        : OnnxValue(new TensorInfo(
            name, matrix.Info.DType, new Shape(matrix.Info.Shape[1], matrix.Info.Shape[0])))
    {
        public override Matrix ReadMatrix() => matrix.ReadMatrix().Transpose();

        public override double[] ReadDoubles() => Turned(matrix.ReadDoubles());

        public override long[] ReadIntegers() => Turned(matrix.ReadIntegers());

        private T[] Turned<T>(T[] values)
        {
            var (rows, columns) = ((int)Info.Shape[0], (int)Info.Shape[1]);
            var turned = new T[values.Length];
            for (var row = 0; row < rows; row++)
                for (var column = 0; column < columns; column++)
                    turned[row * columns + column] = values[column * rows + row];
            return turned;
        }
    }

    /// <summary>What is listed and whose values are not read.</summary>
    public sealed class Unread(string path, TensorInfo info, string reason) : OnnxValue(info)
    {
        public override Matrix ReadMatrix() => throw Refuse();

        public override double[] ReadDoubles() => throw Refuse();

        public override long[] ReadIntegers() => throw Refuse();

        private WeightFileException Refuse() =>
            new(FileProblem.UnsupportedDType, path, reason, Info.Name);
    }
}
