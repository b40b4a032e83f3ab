using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.Json;
using Workbench.Core.Formats;
using Workbench.Core.Tensors;

namespace Workbench.Core.Frames;

/// <summary>Tables in JSON, in each of the ways that pandas writes them.</summary>
/// <remarks>
/// Read are <c>{"columns": […], "index": […], "data": [[…], …]}</c> (<c>orient="split"</c>), records
/// (<c>[{"x": 1, "y": 2}, …]</c>), columns by name (<c>{"x": [1, …]}</c>, <c>{"x": {"row": 1, …}}</c>) and plain lists
/// of lists. The first is written: it keeps the labels of both sides, and numbers bit for bit. NaN becomes null, as
/// pandas has it, since JSON knows no NaN.
/// </remarks>
/// <example><code>
/// File.WriteAllText("x.json", "[[1, 2], [3, 4]]");
/// JsonFrame.Read("x.json", new FrameOptions()).Values[1, 0]
/// </code>
/// is 3.</example>
public static class JsonFrame
{
    /// <summary>Reads numbers and their labels.</summary>
    /// <param name="path">The file.</param>
    /// <param name="options">Which columns are wanted, and which one bears labels.</param>
    /// <exception cref="FrameException">There is no such file, it is no JSON or no table, or a value is no
    /// number.</exception>
    public static Frame Read(string path, FrameOptions options)
    {
        using var stream = FrameFile.Open(path);
        using var document = Parsed(path, stream);
        try
        {
            return Read(path, document.RootElement, options);
        }
        catch (InvalidOperationException error)
        {
            // What is wrong with a text is found where it is read.
            throw new FrameException(
                path, $"holds a text that is no Unicode ({Excerpt.Of(error.Message)}) Write it again in UTF-8.");
        }
    }

    private static Frame Read(string path, JsonElement root, FrameOptions options)
    {
        if (root.ValueKind == JsonValueKind.Object) RequireDistinct(path, root, "the table");
        if (root.ValueKind == JsonValueKind.Object && root.TryGetProperty("data", out var data)
            && root.TryGetProperty("columns", out var columns) && data.ValueKind == JsonValueKind.Array)
        {
            string[] names = [.. Items(path, columns).Select(Written)];
            var frame = FrameColumn.ToFrame(
                path, [.. Listed(path, Items(path, data), names)], null, options with
                {
                    Labels = root.TryGetProperty("index", out var index) && options.Labels == LabelRule.Found
                        ? LabelRule.Numbered
                        : options.Labels,
                });
            if (options.Labels != LabelRule.Found || index.ValueKind != JsonValueKind.Array) return frame;
            string[] labels = [.. Items(path, index).Select(Written)];
            if (labels.Length != frame.Values.Rows)
                throw new FrameException(
                    path, $"its index has {labels.Length} labels, but its data {frame.Values.Rows} rows.");
            return new Frame(frame.Values, new FrameAxis("row", labels), frame.Columns);
        }
        return FrameColumn.ToFrame(path, [.. Columns(path, root, out var named)], named, options);
    }

    /// <summary>Writes labels and numbers; the file appears under its name when it is whole.</summary>
    /// <param name="path">The file; one that is there is replaced.</param>
    /// <param name="frame">What is written.</param>
    /// <exception cref="ArgumentException">A value is infinite: JSON has no such number.</exception>
    public static void Write(string path, Frame frame)
    {
        for (var row = 0; row < frame.Values.Rows; row++)
            foreach (var value in frame.Values.Row(row))
                if (float.IsInfinity(value))
                    throw new ArgumentException(
                        $"JSON has no infinite numbers, and row {row}, \"{Excerpt.Of(frame.Row(row))}\", holds one. "
                            + "Write CSV or NPZ, or leave the row out.", nameof(frame));
        WholeFile.Write(path, stream =>
        {
            using var writer = new Utf8JsonWriter(stream);
            writer.WriteStartObject();
            writer.WriteStartArray("columns");
            for (var column = 0; column < frame.Values.Columns; column++) writer.WriteStringValue(frame.Column(column));
            writer.WriteEndArray();
            writer.WriteStartArray("index");
            for (var row = 0; row < frame.Values.Rows; row++) writer.WriteStringValue(frame.Row(row));
            writer.WriteEndArray();
            writer.WriteStartArray("data");
            for (var row = 0; row < frame.Values.Rows; row++)
            {
                writer.WriteStartArray();
                foreach (var value in frame.Values.Row(row))
                {
                    if (float.IsNaN(value)) writer.WriteNullValue();
                    else writer.WriteNumberValue(value);
                }
                writer.WriteEndArray();
                if (writer.BytesPending > 1 << 16) writer.Flush();
            }
            writer.WriteEndArray();
            writer.WriteEndObject();
        });
    }

    private static JsonDocument Parsed(string path, Stream stream)
    {
        try
        {
            return JsonDocument.Parse(stream);
        }
        catch (JsonException error)
        {
            throw new FrameException(path, $"is no JSON: {JsonFault.Of(error)}.");
        }
    }

    private static IEnumerable<FrameColumn> Columns(string path, JsonElement root, out string? index)
    {
        index = null;
        if (root.ValueKind == JsonValueKind.Array && root.GetArrayLength() > 0)
        {
            JsonElement[] rows = [.. root.EnumerateArray()];
            if (rows[0].ValueKind == JsonValueKind.Array)
                return Listed(path, rows, [.. Enumerable.Range(0, rows[0].GetArrayLength()).Select(i => $"{i}")]);
            if (rows[0].ValueKind == JsonValueKind.Object)
                return Records(path, rows, [.. rows[0].EnumerateObject().Select(property => property.Name)]);
        }
        if (root.ValueKind == JsonValueKind.Object && root.EnumerateObject().Any())
        {
            JsonProperty[] columns = [.. root.EnumerateObject()];
            if (columns.All(column => column.Value.ValueKind == JsonValueKind.Array))
                return columns.Select(column => Column(path, column.Name, [.. column.Value.EnumerateArray()]));
            if (columns.All(column => column.Value.ValueKind == JsonValueKind.Object))
            {
                index = "";
                string[] labels = [.. columns[0].Value.EnumerateObject().Select(property => property.Name)];
                HashSet<string> known = [.. labels];
                foreach (var column in columns)
                    RequireNoOthers(path, column.Value, known, $"column \"{Excerpt.Of(column.Name, 60)}\"", "row");
                return columns
                    .Select(column => Column(
                        path,
                        column.Name,
                        [
                            .. labels.Select(label => column.Value.TryGetProperty(label, out var value)
                                ? value
                                : throw new FrameException(path, "has no value.", $"row \"{Excerpt.Of(label, 60)}\"",
                                    column.Name)),
                        ]))
                    .Prepend(new FrameColumn("", labels.Length) { Texts = labels });
            }
        }
        throw new FrameException(
            path,
            "is no table: wanted are columns, index and data (pandas' orient=\"split\"), a list of records, columns by "
                + "name, or a list of lists of numbers.");
    }

    private static IEnumerable<FrameColumn> Listed(string path, IReadOnlyList<JsonElement> rows, string[] names)
    {
        for (var row = 0; row < rows.Count; row++)
            if (rows[row].ValueKind != JsonValueKind.Array || rows[row].GetArrayLength() != names.Length)
                throw new FrameException(
                    path, $"is no list of {names.Length} values, as the table has columns.", $"row {row}");
        JsonElement[][] cells = [.. rows.Select(row => row.EnumerateArray().ToArray())];
        return names.Select((name, column) => Column(path, name, [.. cells.Select(row => row[column])]));
    }

    private static IEnumerable<FrameColumn> Records(string path, JsonElement[] rows, string[] names)
    {
        HashSet<string> known = [.. names];
        for (var i = 0; i < rows.Length; i++)
            if (rows[i].ValueKind == JsonValueKind.Object) RequireNoOthers(path, rows[i], known, $"row {i}", "column");
        return names.Select(name => Column(
            path,
            name,
            [
                .. rows.Select((row, i) =>
                    row.ValueKind == JsonValueKind.Object && row.TryGetProperty(name, out var value)
                        ? value
                        : throw new FrameException(path, "has no value.", $"row {i}", name)),
            ]));
    }

    // A name that comes twice would count once.
    private static void RequireDistinct(string path, JsonElement part, string where)
    {
        var seen = new HashSet<string>();
        foreach (var property in part.EnumerateObject())
            if (!seen.Add(property.Name))
                throw new FrameException(
                    path, $"{where} has \"{Excerpt.Of(property.Name, 60)}\" twice. Leave one out, or name it anew.");
    }

    // What the first of its kind lacks would be lost.
    private static void RequireNoOthers(
        string path, JsonElement part, HashSet<string> known, string where, string what)
    {
        RequireDistinct(path, part, where);
        foreach (var property in part.EnumerateObject())
            if (!known.Contains(property.Name))
                throw new FrameException(
                    path,
                    $"{where} has a {what} \"{Excerpt.Of(property.Name, 60)}\", which the first lacks. Give it null "
                        + "there (and KeepMissing), or leave it out.");
    }

    private static FrameColumn Column(string path, string name, JsonElement[] cells)
    {
        if (cells.Length > 0 && cells.All(cell => cell.ValueKind == JsonValueKind.String))
            return new FrameColumn(name, cells.Length) { Texts = [.. cells.Select(Written)] };
        var numbers = new float[cells.Length];
        for (var row = 0; row < cells.Length; row++)
        {
            numbers[row] = cells[row].ValueKind switch
            {
                JsonValueKind.Null => float.NaN,
                JsonValueKind.Number => Number(path, cells[row], row, name),
                _ => throw new FrameException(
                    path,
                    $"{Excerpt.Of(cells[row].GetRawText(), 40)} is no number. Mend it, or leave the column out "
                        + $"(LeaveOut = [ \"{Excerpt.Of(name, 60)}\" ]).",
                    $"row {row}",
                    name),
            };
        }
        return new FrameColumn(name, cells.Length) { Numbers = numbers };
    }

    private static float Number(string path, JsonElement cell, int row, string column) =>
        cell.TryGetSingle(out var number) && !float.IsInfinity(number)
            ? number
            : throw FrameFile.TooLarge(path, $"row {row}", column, cell.GetRawText());

    private static JsonElement[] Items(string path, JsonElement list) => list.ValueKind == JsonValueKind.Array
        ? [.. list.EnumerateArray()]
        : throw new FrameException(path, "its columns, index or data are no list.");

    private static string Written(JsonElement cell) =>
        cell.ValueKind == JsonValueKind.String ? cell.GetString()! : cell.GetRawText();
}
