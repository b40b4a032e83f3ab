using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using Parquet;
using Parquet.Schema;
using Workbench.Core.Formats;

namespace Workbench.Core.Frames;

/// <summary>Tables in Apache Parquet.</summary>
/// <remarks>
/// Columns of integers, floats and decimals become float32; a column of lists of one length as many columns; texts can
/// be labels. What pandas notes as the index is found. What is written is one column of labels and one of float32 for
/// each column of the matrix, packed by Snappy.
/// </remarks>
/// <example><code>
/// ParquetFrame.Write("x.parquet", frame);
/// ParquetFrame.Read("x.parquet", new FrameOptions()).Values
/// </code>
/// has the same bits as <c>frame.Values</c>.</example>
public static class ParquetFrame
{
    private const string ColumnsName = "workbench.columns";

    /// <summary>Reads numbers and their labels.</summary>
    /// <param name="path">The file.</param>
    /// <param name="options">Which columns are wanted, and which one bears labels.</param>
    /// <exception cref="FrameException">There is no such file, it is no Parquet or damaged, or a column is not what it
    /// should be.</exception>
    public static Frame Read(string path, FrameOptions options)
    {
        var (columns, metadata) = Run(path, () => ColumnsAsync(path, null));
        var frame = FrameColumn.ToFrame(path, columns, FrameFile.PandasIndex(metadata), options);
        return frame.Named(metadata.GetValueOrDefault(ColumnsName));
    }

    /// <summary>Reads one column of texts: classes, for instance.</summary>
    /// <param name="path">The file.</param>
    /// <param name="column">Its name.</param>
    /// <exception cref="FrameException">There is no such file or column, or it holds no texts.</exception>
    public static string[] ReadTexts(string path, string column) =>
        FrameFile.Texts(path, Run(path, () => ColumnsAsync(path, column)).Columns, column);

    /// <summary>Writes labels and numbers; the file appears under its name when it is whole.</summary>
    /// <param name="path">The file; one that is there is replaced.</param>
    /// <param name="frame">What is written.</param>
    /// <exception cref="ArgumentException">Two columns have the same label, or one has the rows' name or
    /// none.</exception>
    public static void Write(string path, Frame frame)
    {
        var names = frame.DistinctColumns("Parquet");
        // The format's readers take a column without a name for damage.
        if (Array.IndexOf([frame.Rows.Name, .. names], "") is var nameless and >= 0)
            throw new ArgumentException(
                nameless == 0
                    ? "In Parquet every column needs a name, but the rows' axis has none; name it."
                    : $"In Parquet every column needs a name, but column {nameless - 1} has none; label it, or write "
                        + "Arrow, JSON or CSV.",
                nameof(frame)
            );
        DataField[] fields =
        [
            new DataField(frame.Rows.Name, typeof(string), false),
            .. names.Select(name => new DataField(name, typeof(float), false)),
        ];
        WholeFile.Write(path, stream => WriteAsync(stream, frame, fields).GetAwaiter().GetResult());
    }

    private static async Task WriteAsync(Stream stream, Frame frame, DataField[] fields)
    {
        await using var writer = await ParquetWriter.CreateAsync(new ParquetSchema(fields), stream, null);
        writer.CustomMetadata = new Dictionary<string, string> { [ColumnsName] = frame.Columns.Name };
        using var group = writer.CreateRowGroup();
        await group.WriteAsync(fields[0], [.. Enumerable.Range(0, frame.Values.Rows).Select(frame.Row)]);
        var numbers = new float[frame.Values.Rows];
        for (var column = 0; column < frame.Values.Columns; column++)
        {
            for (var row = 0; row < numbers.Length; row++) numbers[row] = frame.Values[row, column];
            await group.WriteAsync<float>(fields[column + 1], numbers.AsMemory());
        }
    }

    private static T Run<T>(string path, Func<Task<T>> read)
    {
        try
        {
            return read().GetAwaiter().GetResult();
        }
        catch (Exception error) when (error is not FrameException)
        {
            throw new FrameException(
                path, $"is no Parquet file, or is damaged: {Excerpt.Of(error.Message)} Fetch or write it again.");
        }
    }

    private static async Task<(List<FrameColumn> Columns, Dictionary<string, string> Metadata)> ColumnsAsync(
        string path, string? only)
    {
        await using var stream = FrameFile.Open(path);
        await RequireFooterAsync(path, stream);
        await using var reader = await ParquetReader.CreateAsync(stream, null, leaveStreamOpen: true);
        var columns = new List<FrameColumn>();
        foreach (var field in reader.Schema.Fields)
        {
            var parts = new List<FrameColumn>();
            var first = 0;
            foreach (var group in reader.RowGroups)
            {
                var rows = checked((int)group.RowCount);
                parts.Add(only is null || field.Name == only
                    ? await ColumnAsync(path, group, field, rows, first)
                    : new FrameColumn(field.Name, rows));
                first += rows;
            }
            columns.Add(parts.Count > 0
                ? FrameColumn.Join(path, parts)
                : new FrameColumn(field.Name, 0) { Numbers = [] });
        }
        return (columns, reader.CustomMetadata ?? []);
    }

    // "PAR1" at both ends, and before the second the length of what describes the columns: the reader looks for it
    // wherever that length leads.
    private static async Task RequireFooterAsync(string path, FileStream stream)
    {
        const int ends = 12;
        var last = new byte[8];
        if (stream.Length >= ends)
        {
            stream.Position = stream.Length - last.Length;
            await stream.ReadExactlyAsync(last);
            stream.Position = 0;
            if (BinaryPrimitives.ReadUInt32LittleEndian(last) <= stream.Length - ends
                && last.AsSpan(4).SequenceEqual("PAR1"u8)) return;
        }
        throw new FrameException(
            path, "is no Parquet file, or stops short: its end does not describe it. Fetch or write it again.");
    }

    // The reader knows texts as spans of letters, a schema of one's own as strings.
    private static bool IsText(DataField leaf) =>
        leaf.ClrType == typeof(string) || leaf.ClrType == typeof(ReadOnlyMemory<char>);

    private static async Task<FrameColumn> ColumnAsync(
        string path, ParquetRowGroupReader group, Field field, int rows, int first)
    {
        if ((field as DataField ?? (field as ListField)?.Item as DataField) is not { MaxRepetitionLevel: <= 1 } leaf)
            return new FrameColumn(field.Name, rows) { Unread = $"what is not read ({field.SchemaType})" };
        if (leaf.MaxRepetitionLevel == 0 && IsText(leaf))
        {
            var texts = new string?[rows];
            await group.ReadAsync(leaf, texts.AsMemory());
            return new FrameColumn(field.Name, rows) { Texts = [.. texts.Select(text => text ?? "")] };
        }
        var read = leaf.ClrType switch
        {
            var kind when kind == typeof(float) => Numbers<float>(),
            var kind when kind == typeof(double) => Numbers<double>(),
            var kind when kind == typeof(Half) => Numbers<Half>(),
            var kind when kind == typeof(sbyte) => Numbers<sbyte>(),
            var kind when kind == typeof(byte) => Numbers<byte>(),
            var kind when kind == typeof(short) => Numbers<short>(),
            var kind when kind == typeof(ushort) => Numbers<ushort>(),
            var kind when kind == typeof(int) => Numbers<int>(),
            var kind when kind == typeof(uint) => Numbers<uint>(),
            var kind when kind == typeof(long) => Numbers<long>(),
            var kind when kind == typeof(ulong) => Numbers<ulong>(),
            var kind when kind == typeof(decimal) => Numbers<decimal>(),
            _ => null,
        };
        return read is null
            ? new FrameColumn(field.Name, rows) { Unread = $"what is not read ({leaf.ClrType.Name})" }
            : await read;

        async Task<FrameColumn> Numbers<T>() where T : struct, System.Numerics.INumberBase<T>
        {
            var count = checked((int)group.GetMetadata(leaf)!.MetaData!.NumValues);
            var values = new double[count];
            if (leaf.MaxRepetitionLevel == 0 && leaf.MaxDefinitionLevel > 0)
            {
                var some = new T?[count];
                await group.ReadAsync(leaf, some.AsMemory());
                for (var i = 0; i < count; i++)
                    values[i] = some[i] is { } value ? double.CreateSaturating(value) : double.NaN;
            }
            else
            {
                var all = new T[count];
                var (definitions, repetitions) = (new int[count], new int[count]);
                if (leaf.MaxRepetitionLevel == 0) await group.ReadAsync(leaf, all.AsMemory());
                else
                {
                    await group.ReadRawAsync(leaf, all.AsMemory(), definitions.AsMemory(), repetitions.AsMemory());
                    if (definitions.Any(level => level != leaf.MaxDefinitionLevel))
                        throw new FrameException(
                            path, "has empty lists, or lists with empty places: vectors of one length make a matrix.",
                            column: field.Name);
                    FrameFile.RequireEqualLists(path, field.Name, repetitions, first);
                }
                for (var i = 0; i < count; i++) values[i] = double.CreateSaturating(all[i]);
            }
            var width = rows == 0 ? 1 : count / rows;
            var numbers = new float[count];
            for (var i = 0; i < count; i++)
            {
                var row = first + i / Math.Max(1, width);
                numbers[i] = FrameFile.Single(values[i], () => ($"row {row}", field.Name), path);
            }
            return new FrameColumn(field.Name, rows) { Numbers = numbers, Width = width };
        }
    }
}
