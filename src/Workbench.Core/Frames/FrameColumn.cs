using System;
using System.Collections.Generic;
using System.Linq;
using Workbench.Core.Tensors;

namespace Workbench.Core.Frames;

/// <summary>One column of a file that holds columns: numbers, vectors of numbers, texts, or something that is not
/// read.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Rows">Its length.</param>
internal sealed record FrameColumn(string Name, int Rows)
{
    /// <summary>Row-major, NaN where nothing stands; null where it holds no numbers.</summary>
    public float[]? Numbers { get; init; }

    /// <summary>How many numbers stand in each row.</summary>
    public int Width { get; init; } = 1;

    /// <summary>The texts; null where it holds none.</summary>
    public string[]? Texts { get; init; }

    /// <summary>What it holds that is not read, e.g. "dates (timestamp[ns])".</summary>
    public string? Unread { get; init; }

    /// <summary>The parts of one column, one behind the other.</summary>
    public static FrameColumn Join(string path, IReadOnlyList<FrameColumn> parts)
    {
        if (parts.Count == 1) return parts[0];
        var first = parts[0];
        if (parts.FirstOrDefault(part => part.Width != first.Width && part.Rows > 0) is { } other && first.Rows > 0)
            throw new FrameException(
                path,
                $"holds vectors of {first.Width} and of {other.Width} numbers; those of one length make a matrix.",
                column: first.Name);
        return first with
        {
            Rows = parts.Sum(part => part.Rows),
            Width = parts.Max(part => part.Width),
            Numbers = first.Numbers is null ? null : [.. parts.SelectMany(part => part.Numbers!)],
            Texts = first.Texts is null ? null : [.. parts.SelectMany(part => part.Texts!)],
        };
    }

    /// <summary>The matrix of the columns that are numbers, with the labels that the options ask for.</summary>
    /// <param name="path">The file, for messages.</param>
    /// <param name="all">The columns.</param>
    /// <param name="index">The column that the file itself calls its index, or null.</param>
    /// <param name="options">What is wanted.</param>
    /// <exception cref="FrameException">A column is not what it should be, or longer than another.</exception>
    public static Frame ToFrame(
        string path, IReadOnlyList<FrameColumn> all, string? index, FrameOptions options)
    {
        foreach (var column in all)
            if (column.Rows != all[0].Rows)
                throw new FrameException(
                    path, $"has {column.Rows} values, but the first column {all[0].Rows}.", column: column.Name);
        string[] names = [.. all.Select(column => column.Name)];
        int[] leftOut = [.. options.LeaveOut.Select(name => FrameFile.IndexOf(path, names, name))];
        int[] kept = [.. Enumerable.Range(0, all.Count).Except(leftOut)];
        var label = options.Labels switch
        {
            LabelRule.Numbered => -1,
            LabelRule.NamedColumn => FrameFile.IndexOf(path, names, options.LabelColumn),
            LabelRule.FirstColumn => kept.Length > 0 ? kept[0] : -1,
            _ => Found(all, kept, Array.IndexOf(names, index)),
        };
        FrameColumn[] numbers = [.. kept.Where(column => column != label).Select(column => all[column])];
        if (numbers.Length == 0)
            throw new FrameException(
                path, $"has no column of numbers beside the labels of its rows; the columns are "
                    + $"{FrameFile.Listed(names)}.");
        var labels = label < 0 ? null : Labels(path, all[label]);
        foreach (var column in numbers)
            if (column.Numbers is null)
                throw new FrameException(
                    path,
                    $"holds {column.Unread ?? "texts"}, not numbers. Leave it out (LeaveOut = [ "
                        + $"\"{Excerpt.Of(column.Name, 60)}\" ])"
                        + (column.Texts is null ? "." : ", or make it the rows' labels (Labels = RowLabels.Column)."),
                    column: column.Name);
        var values = Matrix.Uninitialized(all[0].Rows, numbers.Sum(column => column.Width));
        for (var row = 0; row < values.Rows; row++)
        {
            var target = values.WritableRow(row);
            foreach (var column in numbers)
            {
                var own = column.Numbers.AsSpan(row * column.Width, column.Width);
                if (!options.KeepMissing)
                    foreach (var value in own)
                        if (float.IsNaN(value))
                            throw FrameFile.Missing(
                                path,
                                $"row {row}" + (labels is null ? "" : $" (\"{Excerpt.Of(labels[row], 60)}\")"),
                                column.Name);
                own.CopyTo(target);
                target = target[column.Width..];
            }
        }
        return new Frame(
            values,
            new FrameAxis(label < 0 || names[label] is "" or FrameFile.UnnamedIndex ? "row" : names[label], labels),
            ColumnAxis(numbers));
    }

    // The numbers of one vector have places, not names.
    private static FrameAxis ColumnAxis(FrameColumn[] numbers) => numbers is [{ Width: > 1 } vector]
        ? new FrameAxis(vector.Name, null)
        : new FrameAxis(
            "column",
            [
                .. numbers.SelectMany(column => column.Width == 1
                    ? [column.Name]
                    : Enumerable.Range(0, column.Width).Select(place => $"{column.Name} {place}")),
            ]);

    private static int Found(IReadOnlyList<FrameColumn> all, int[] kept, int index)
    {
        if (index >= 0 && kept.Contains(index)) return index;
        if (kept.Length == 0) return -1;
        var first = all[kept[0]];
        return first.Texts is not null || first.Name.Length == 0 ? kept[0] : -1;
    }

    private static string[] Labels(string path, FrameColumn column) =>
        column.Texts
            ?? (column is { Numbers: not null, Width: 1 }
                ? Written(column)
                : throw new FrameException(
                    path, $"holds {column.Unread ?? "vectors"}, which cannot be labels.", column: column.Name));

    private static string[] Written(FrameColumn column) => [.. column.Numbers!.Select(number => $"{number:R}")];
}
