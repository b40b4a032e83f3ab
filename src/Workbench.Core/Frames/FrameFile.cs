using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.Json;

namespace Workbench.Core.Frames;

/// <summary>What the readers of tables share.</summary>
internal static class FrameFile
{
    /// <summary>What pandas calls a column of an index without a name.</summary>
    public const string UnnamedIndex = "__index_level_0__";

    /// <summary>Opens a file, or says where it was looked for: scripts and F# Interactive run in the folder where they
    /// were called, which need not be the script's own.</summary>
    public static FileStream Open(string path)
    {
        if (File.Exists(path)) return OrdinaryFile.OpenRead(path);
        var folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        if (Directory.Exists(path)) throw new FrameException(path, "is a folder, not a file.");
        if (!Directory.Exists(folder)) throw new FrameException(path, "there is no such file, and no such folder.");
        var ending = Path.GetExtension(path);
        string[] alike =
        [
            .. Directory.EnumerateFiles(folder).Where(file => Path.GetExtension(file) == ending)
                .Select(file => Excerpt.Of(Path.GetFileName(file), 60)).Order().Take(6),
        ];
        throw new FrameException(
            path,
            $"there is no such file in {Excerpt.Of(folder, 4096)}"
                + (alike.Length > 0
                    ? $"; there are {string.Join(", ", alike)}."
                    : $", and none that ends in {ending}."));
    }

    /// <summary>The index of the only column of a name.</summary>
    /// <param name="path">The file, for the message.</param>
    /// <param name="names">The names of all columns.</param>
    /// <param name="name">The one wanted.</param>
    public static int IndexOf(string path, IReadOnlyList<string> names, string name)
    {
        int[] found = [.. Enumerable.Range(0, names.Count).Where(i => names[i] == name)];
        return found.Length switch
        {
            1 => found[0],
            0 => throw new FrameException(
                path, $"there is no column \"{Excerpt.Of(name, 60)}\"; the columns are {Listed(names)}."),
            _ => throw new FrameException(
                path, $"{found.Length} columns have the name \"{Excerpt.Of(name, 60)}\"; give each a name of its own."),
        };
    }

    /// <summary>The first few names, quoted.</summary>
    public static string Listed(IReadOnlyList<string> names) =>
        string.Join(", ", names.Take(8).Select(name => $"\"{Excerpt.Of(name, 30)}\""))
            + (names.Count > 8 ? $", … ({names.Count} in all)" : "");

    /// <summary>Whether values count up by one from 0 or 1, as an index does.</summary>
    public static bool Counts(IReadOnlyList<string> cells) =>
        cells.Count > 1
            && cells[0] is "0" or "1"
            && Enumerable.Range(0, cells.Count).All(i => cells[i] == $"{i + cells[0][0] - '0'}");

    /// <summary>Refuses what cannot become a float32 but infinity.</summary>
    public static float Single(double value, Func<(string Row, string Column)> place, string path)
    {
        var single = (float)value;
        if (!float.IsInfinity(single) || double.IsInfinity(value)) return single;
        var (row, column) = place();
        throw TooLarge(path, row, column, $"{value:R}");
    }

    /// <summary>The refusal of a number that float32 cannot hold.</summary>
    public static FrameException TooLarge(string path, string row, string column, string value) => new(
        path,
        $"{Excerpt.Of(value, 40)} is too large for single precision, which ends at 3.4e38. Scale the column, take its "
            + "logarithm, or leave it out (LeaveOut).",
        row,
        column
    );

    /// <summary>The refusal of an empty cell.</summary>
    public static FrameException Missing(string path, string row, string column) => new(
        path,
        "is empty or NaN, and a number is wanted. Fill it, leave the column out (LeaveOut), or keep it as NaN "
            + "(Missing = MissingCells.Kept).",
        row,
        column
    );

    /// <summary>The column that pandas notes as the index in a file's metadata, or null.</summary>
    public static string? PandasIndex(IReadOnlyDictionary<string, string>? metadata)
    {
        if (metadata is null || !metadata.TryGetValue("pandas", out var noted)) return null;
        try
        {
            using var json = JsonDocument.Parse(noted);
            return json.RootElement.TryGetProperty("index_columns", out var columns)
                && columns.ValueKind == JsonValueKind.Array
                && columns.GetArrayLength() > 0
                && columns[0].ValueKind == JsonValueKind.String
                ? columns[0].GetString()
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>One column of texts by its name.</summary>
    public static string[] Texts(string path, IReadOnlyList<FrameColumn> columns, string name)
    {
        var column = columns[IndexOf(path, [.. columns.Select(column => column.Name)], name)];
        return column.Texts
            ?? (column is { Numbers: not null, Width: 1 }
                ? [.. column.Numbers.Select(number => $"{number:R}")]
                : throw new FrameException(path, $"holds {column.Unread ?? "vectors"}, not texts.", column: name));
    }

    /// <summary>Refuses lists of different lengths.</summary>
    /// <param name="path">The file.</param>
    /// <param name="column">The column's name.</param>
    /// <param name="repetitions">0 where a list begins.</param>
    /// <param name="first">The number of the first row.</param>
    public static void RequireEqualLists(string path, string column, int[] repetitions, int first)
    {
        var (row, length, width) = (-1, 0, -1);
        for (var i = 0; i <= repetitions.Length; i++)
        {
            if (i < repetitions.Length && repetitions[i] != 0)
            {
                length++;
                continue;
            }
            if (row == 0) width = length;
            if (row > 0 && length != width)
                throw new FrameException(
                    path,
                    $"holds {length} numbers, but the first row {width}: vectors of one length make a matrix.",
                    $"row {first + row}",
                    column);
            (row, length) = (row + 1, 1);
        }
    }
}
