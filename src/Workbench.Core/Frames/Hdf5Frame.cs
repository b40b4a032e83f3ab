using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using PureHDF;
using PureHDF.Selections;
using Workbench.Core.Formats;
using Workbench.Core.Tensors;

namespace Workbench.Core.Frames;

/// <summary>Arrays in HDF5 files.</summary>
/// <remarks>
/// An array of integers or floats of any width becomes float32: a matrix as it is, a vector as one row, of more axes
/// all but the last as rows. Texts beside it, in the same group, name its axes: <c>rows</c> and <c>columns</c>, if they
/// are as long, and <c>axes</c> for their names. So is what is written.
/// </remarks>
/// <example><code>
/// Hdf5Frame.Write("x.h5", "values", frame);
/// Hdf5Frame.Read("x.h5", "values").Values
/// </code>
/// has the same bits as <c>frame.Values</c>.</example>
public static class Hdf5Frame
{
    /// <summary>Reads an array, and the texts that name its axes.</summary>
    /// <param name="path">The file.</param>
    /// <param name="array">The array's name, behind the names of the groups that it is in: "layer 3/weights".</param>
    /// <exception cref="FrameException">There is no such file or array, which names all that there are; or it holds no
    /// numbers.</exception>
    public static Frame Read(string path, string array)
    {
        FrameFile.Open(path).Dispose();
        try
        {
            using var file = H5File.OpenRead(path);
            if (!file.LinkExists(array) || file.Get(array) is not IH5Dataset found)
                throw new FrameException(
                    path,
                    $"has no array \"{Excerpt.Of(array, 60)}\"; there are "
                        + $"{FrameFile.Listed([.. Arrays(file, "")])}.");
            var sizes = found.Space.Dimensions;
            if (found.Type.Class is not (H5DataTypeClass.FloatingPoint or H5DataTypeClass.FixedPoint))
                throw new FrameException(
                    path, $"the array \"{Excerpt.Of(array, 60)}\" holds no numbers ({found.Type.Class}).");
            var columns = sizes.Length == 0 ? 1 : checked((int)sizes[^1]);
            var total = sizes.Aggregate(1UL, (product, size) => checked(product * size));
            var rows = columns == 0 ? 0 : checked((int)(total / (ulong)columns));
            var values = Matrix.Uninitialized(rows, columns);
            Fill(path, array, found, values);
            var group = array.Contains('/') ? array[..(array.LastIndexOf('/') + 1)] : "";
            var axes = Texts(file, group + "axes");
            return new Frame(
                values,
                new FrameAxis(axes is [var first, _] ? first : "row", Fitting(Texts(file, group + "rows"), rows)),
                new FrameAxis(
                    axes is [_, var second] ? second : "column", Fitting(Texts(file, group + "columns"), columns)));
        }
        catch (Exception error) when (error is not FrameException)
        {
            throw new FrameException(
                path, $"is no HDF5 file, is damaged, or uses what is not read: {Excerpt.Of(error.Message)}");
        }
    }

    /// <summary>Writes an array and, beside it, the texts that name its axes; the file appears under its name when it
    /// is whole.</summary>
    /// <param name="path">The file; one that is there is replaced.</param>
    /// <param name="array">The array's name, without groups.</param>
    /// <param name="frame">What is written.</param>
    /// <exception cref="ArgumentException">The name is that of the texts beside it, or has a slash.</exception>
    public static void Write(string path, string array, Frame frame)
    {
        if (array is "rows" or "columns" or "axes" or "" || array.Contains('/'))
            throw new ArgumentException(
                $"An array cannot be named \"{Excerpt.Of(array, 60)}\": rows, columns and axes stand beside it, and a "
                    + "slash leads into a group. Call it \"values\".", nameof(array));
        var values = new float[frame.Values.Rows, frame.Values.Columns];
        Buffer.BlockCopy(frame.Values.ToArray(), 0, values, 0, Buffer.ByteLength(values));
        var file = new H5File
        {
            [array] = values,
            ["rows"] = Enumerable.Range(0, frame.Values.Rows).Select(frame.Row).ToArray(),
            ["columns"] = Enumerable.Range(0, frame.Values.Columns).Select(frame.Column).ToArray(),
            ["axes"] = new[] { frame.Rows.Name, frame.Columns.Name },
        };
        WholeFile.Write(path, stream =>
        {
            // What is written goes back and forth in the file.
            using var whole = new MemoryStream();
            file.Write(whole);
            whole.WriteTo(stream);
        });
    }

    private static void Fill(string path, string array, IH5Dataset found, Matrix values)
    {
        var type = found.Type;
        if (type.Class == H5DataTypeClass.FloatingPoint && type.Size == 4) Numbers<float>();
        else if (type.Class == H5DataTypeClass.FloatingPoint && type.Size == 2) Numbers<Half>();
        else if (type.Class == H5DataTypeClass.FloatingPoint) Numbers<double>();
        else if (type.FixedPoint.IsSigned && type.Size == 1) Numbers<sbyte>();
        else if (type.FixedPoint.IsSigned && type.Size == 2) Numbers<short>();
        else if (type.FixedPoint.IsSigned && type.Size == 4) Numbers<int>();
        else if (type.FixedPoint.IsSigned) Numbers<long>();
        else if (type.Size == 1) Numbers<byte>();
        else if (type.Size == 2) Numbers<ushort>();
        else if (type.Size == 4) Numbers<uint>();
        else Numbers<ulong>();

        void Numbers<T>() where T : struct, System.Numerics.INumberBase<T>
        {
            var read = found.Read<T[]>();
            for (var row = 0; row < values.Rows; row++)
            {
                var target = values.WritableRow(row);
                for (var column = 0; column < target.Length; column++)
                {
                    var (i, j) = (row, column);
                    target[column] = FrameFile.Single(
                        double.CreateSaturating(read[(long)row * values.Columns + column]),
                        () => ($"array \"{Excerpt.Of(array, 60)}\", row {i}", $"{j}"),
                        path);
                }
            }
        }
    }

    private static string[]? Texts(IH5Group file, string name) =>
        file.LinkExists(name)
            && file.Get(name) is IH5Dataset texts
            && texts.Type.Class is (H5DataTypeClass.String or H5DataTypeClass.VariableLength)
            ? texts.Read<string[]>()
            : null;

    private static string[]? Fitting(string[]? labels, int length) => labels?.Length == length ? labels : null;

    private static IEnumerable<string> Arrays(IH5Group group, string prefix) =>
        group.Children().SelectMany(child => child switch
        {
            IH5Dataset => [prefix + child.Name],
            IH5Group inner => Arrays(inner, $"{prefix}{child.Name}/"),
            _ => [],
        });
}
