using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Numerics;
using System.Text;
using Apache.Arrow;
using Apache.Arrow.Compression;
using Apache.Arrow.Ipc;
using Apache.Arrow.Types;
using Workbench.Core.Formats;

namespace Workbench.Core.Frames;

/// <summary>Tables in Arrow's IPC format: files, which are Feather's version 2, and streams.</summary>
/// <remarks>
/// Columns of integers and floats of any width become float32; columns of vectors of one length (lists, fixed or not)
/// as many columns; texts, plain or by dictionary (pandas' categories), can be labels. What pandas notes as the index
/// is found. Buffers packed by LZ4 or Zstandard are read. What is written is one column of labels and one of float32
/// for each column of the matrix, not packed.
/// </remarks>
/// <example><code>
/// ArrowFrame.Write("x.feather", frame);
/// ArrowFrame.Read("x.feather", new FrameOptions()).Values
/// </code>
/// has the same bits as <c>frame.Values</c>.</example>
public static class ArrowFrame
{
    // At the head of the schema's metadata: the name of the columns' axis.
    private const string ColumnsName = "workbench.columns";

    /// <summary>Reads numbers and their labels.</summary>
    /// <param name="path">The file.</param>
    /// <param name="options">Which columns are wanted, and which one bears labels.</param>
    /// <exception cref="FrameException">There is no such file, it is of another format or damaged, or a column is not
    /// what it should be.</exception>
    public static Frame Read(string path, FrameOptions options)
    {
        var (columns, metadata) = Columns(path, null);
        var frame = FrameColumn.ToFrame(path, columns, FrameFile.PandasIndex(metadata), options);
        return frame.Named(metadata?.GetValueOrDefault(ColumnsName));
    }

    /// <summary>Reads one column of texts: classes, for instance.</summary>
    /// <param name="path">The file.</param>
    /// <param name="column">Its name.</param>
    /// <exception cref="FrameException">There is no such file or column, or it holds no texts.</exception>
    public static string[] ReadTexts(string path, string column) =>
        FrameFile.Texts(path, Columns(path, column).Columns, column);

    /// <summary>Writes labels and numbers as a file, which is Feather's version 2; it appears under its name when it is
    /// whole.</summary>
    /// <param name="path">The file; one that is there is replaced.</param>
    /// <param name="frame">What is written.</param>
    /// <exception cref="ArgumentException">Two columns have the same label, or one has the rows' name.</exception>
    public static void Write(string path, Frame frame)
    {
        var names = frame.DistinctColumns("Arrow");
        var schema = new Schema.Builder().Field(new Field(frame.Rows.Name, StringType.Default, false));
        foreach (var name in names) schema.Field(new Field(name, FloatType.Default, false));
        schema.Metadata(ColumnsName, frame.Columns.Name);
        var labels = new StringArray.Builder();
        for (var row = 0; row < frame.Values.Rows; row++) labels.Append(frame.Row(row));
        var arrays = new List<IArrowArray> { labels.Build() };
        for (var column = 0; column < names.Length; column++)
        {
            var numbers = new FloatArray.Builder().Reserve(frame.Values.Rows);
            for (var row = 0; row < frame.Values.Rows; row++) numbers.Append(frame.Values[row, column]);
            arrays.Add(numbers.Build());
        }
        WholeFile.Write(path, stream =>
        {
            using var batch = new RecordBatch(schema.Build(), arrays, frame.Values.Rows);
            using var writer = new ArrowFileWriter(stream, batch.Schema, leaveOpen: true);
            writer.WriteRecordBatch(batch);
            writer.WriteEnd();
        });
    }

    private static (List<FrameColumn> Columns, IReadOnlyDictionary<string, string>? Metadata) Columns(
        string path, string? only)
    {
        using var stream = FrameFile.Open(path);
        Span<byte> head = stackalloc byte[6];
        var length = stream.ReadAtLeast(head, head.Length, throwOnEndOfStream: false);
        stream.Position = 0;
        if (head[..length].StartsWith("FEA1"u8))
            throw new FrameException(
                path, "is a Feather file of version 1, which is not read. Write it again (df.to_feather(path)).");
        var isFile = head.SequenceEqual("ARROW1"u8);
        if (!isFile && !head[..length].StartsWith(new byte[] { 0xff, 0xff, 0xff, 0xff }))
            throw new FrameException(
                path, "is no Arrow or Feather file: it begins neither as a file nor as a stream does.");
        try
        {
            var codecs = new CompressionCodecFactory();
            using var reader =
                isFile ? new ArrowFileReader(stream, codecs) : new ArrowStreamReader(stream, codecs);
            var parts = new List<List<FrameColumn>>();
            for (var first = 0; reader.ReadNextRecordBatch() is { } batch;)
            {
                using (batch)
                {
                    var start = first;
                    parts.Add([
                        .. batch.Schema.FieldsList.Select((field, i) => only is null || field.Name == only
                            ? Column(path, field.Name, batch.Column(i), start)
                            : new FrameColumn(field.Name, batch.Length)),
                    ]);
                    first += batch.Length;
                }
            }
            List<FrameColumn> columns = parts.Count > 0
                ?
                [
                    .. Enumerable.Range(0, parts[0].Count)
                        .Select(i => FrameColumn.Join(path, [.. parts.Select(part => part[i])])),
                ]
                : [.. reader.Schema.FieldsList.Select(field => Empty(field))];
            return (columns, reader.Schema.Metadata);
        }
        catch (Exception error) when (error is not FrameException)
        {
            throw new FrameException(path, $"is damaged: {Excerpt.Of(error.Message)} Fetch or write it again.");
        }
    }

    private static FrameColumn Empty(Field field) => field.DataType is StringType or LargeStringType
        ? new FrameColumn(field.Name, 0) { Texts = [] }
        : new FrameColumn(field.Name, 0) { Numbers = [] };

    private static FrameColumn Column(string path, string name, IArrowArray array, int first)
    {
        if (Texts(array) is { } texts) return new FrameColumn(name, array.Length) { Texts = texts };
        if (Numbers(array) is { } number) return Filled(path, name, array.Length, 1, first, number);
        if (array is FixedSizeListArray wide)
        {
            var width = ((FixedSizeListType)wide.Data.DataType).ListSize;
            if (Numbers(wide.Values) is { } inner && wide.NullCount == 0)
                return Filled(path, name, array.Length, width, first, i => inner(wide.Offset * width + i));
        }
        if (array is ListArray { NullCount: 0 } lists && Numbers(lists.Values) is { } element && lists.Length > 0)
        {
            var width = lists.ValueOffsets[1] - lists.ValueOffsets[0];
            for (var row = 0; row < lists.Length; row++)
                if (lists.ValueOffsets[row + 1] - lists.ValueOffsets[row] is var own && own != width)
                    throw new FrameException(
                        path, $"holds {own} numbers, but the first row {width}: vectors of one length make a matrix.",
                        $"row {first + row}", name);
            var start = lists.ValueOffsets[0];
            return Filled(path, name, array.Length, width, first, i => element(start + i));
        }
        return new FrameColumn(name, array.Length) { Unread = $"what is not read ({array.Data.DataType.Name})" };
    }

    private static FrameColumn Filled(
        string path, string name, int rows, int width, int first, Func<int, double?> number)
    {
        var numbers = new float[checked(rows * width)];
        for (var i = 0; i < numbers.Length; i++)
        {
            var row = first + i / width;
            numbers[i] = FrameFile.Single(number(i) ?? double.NaN, () => ($"row {row}", name), path);
        }
        return new FrameColumn(name, rows) { Numbers = numbers, Width = width };
    }

    private static Func<int, double?>? Numbers(IArrowArray array) => array switch
    {
        FloatArray own => i => own.GetValue(i),
        DoubleArray own => i => own.GetValue(i),
        HalfFloatArray own => i => (double?)own.GetValue(i),
        Int8Array own => i => own.GetValue(i),
        Int16Array own => i => own.GetValue(i),
        Int32Array own => i => own.GetValue(i),
        Int64Array own => i => own.GetValue(i),
        UInt8Array own => i => own.GetValue(i),
        UInt16Array own => i => own.GetValue(i),
        UInt32Array own => i => own.GetValue(i),
        UInt64Array own => i => own.GetValue(i),
        _ => null,
    };

    // The library reads texts where their offsets say, without a look at where the column's bytes end.
    private static bool AreWithin<T>(ReadOnlySpan<T> offsets, int bytes) where T : struct, INumber<T>
    {
        var (least, most) = (T.Zero, T.CreateChecked(bytes));
        foreach (var offset in offsets)
        {
            if (offset < least || offset > most) return false;
            least = offset;
        }
        return true;
    }

    private static string[]? Texts(IArrowArray array) => array switch
    {
        StringArray own when AreWithin(own.ValueOffsets, own.ValueBuffer.Length) =>
            [.. Enumerable.Range(0, own.Length).Select(i => own.GetString(i) ?? "")],
        LargeStringArray own when AreWithin(own.ValueOffsets, own.ValueBuffer.Length) =>
            [.. Enumerable.Range(0, own.Length).Select(i => own.GetString(i) ?? "")],
        StringArray or LargeStringArray => throw new InvalidDataException("texts lie outside of their column."),
        StringViewArray own => [.. Enumerable.Range(0, own.Length).Select(i => own.GetString(i) ?? "")],
        DictionaryArray own when Texts(own.Dictionary) is { } words && Numbers(own.Indices) is { } index =>
            [.. Enumerable.Range(0, own.Length).Select(i => index(i) is { } place ? words[(int)place] : "")],
        _ => null,
    };
}
