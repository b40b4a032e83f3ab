using System;
using System.Collections.Generic;
using System.Linq;
using Workbench.Core.Tensors;

namespace Workbench.Core.Frames;

/// <summary>One side of a <see cref="Frame"/>: what it counts, and the label of each place.</summary>
/// <param name="Name">In the singular, e.g. "word".</param>
/// <param name="Labels">One for each place, or null where places are numbered from 0.</param>
public sealed record FrameAxis(string Name, IReadOnlyList<string>? Labels);

/// <summary>A matrix with names, as files of tables hold it: CSV, JSON, Arrow, Parquet, HDF5.</summary>
public sealed record Frame
{
    /// <summary>Puts names to a matrix.</summary>
    /// <param name="values">The numbers; they are not copied.</param>
    /// <param name="rows">What the rows are.</param>
    /// <param name="columns">What the columns are.</param>
    /// <exception cref="ArgumentException">There are more or fewer labels than places.</exception>
    public Frame(Matrix values, FrameAxis rows, FrameAxis columns)
    {
        Require(rows, values.Rows, nameof(rows));
        Require(columns, values.Columns, nameof(columns));
        (Values, Rows, Columns) = (values, rows, columns);
    }

    /// <summary>The numbers.</summary>
    public Matrix Values { get; }

    /// <summary>What the rows are.</summary>
    public FrameAxis Rows { get; }

    /// <summary>What the columns are.</summary>
    public FrameAxis Columns { get; }

    /// <summary>The same with another name for the columns, unless it is null.</summary>
    internal Frame Named(string? columns) =>
        columns is null ? this : new Frame(Values, Rows, Columns with { Name = columns });

    /// <summary>The label of a row.</summary>
    internal string Row(int row) => Rows.Labels?[row] ?? $"{row}";

    /// <summary>The label of a column.</summary>
    internal string Column(int column) => Columns.Labels?[column] ?? $"{column}";

    /// <summary>The labels of all columns, for formats in which every column has a name of its own.</summary>
    /// <exception cref="ArgumentException">Two columns have the same label, or one has the rows' name.</exception>
    internal string[] DistinctColumns(string format)
    {
        var names = Enumerable.Range(0, Values.Columns).Select(Column).Prepend(Rows.Name).ToArray();
        var twice = names.GroupBy(name => name).FirstOrDefault(group => group.Count() > 1)?.Key;
        return twice is null
            ? names[1..]
            : throw new ArgumentException(
                $"{format} has one column of each name, and \"{Excerpt.Of(twice)}\" stands for two (the labels of the "
                    + $"rows are the column \"{Excerpt.Of(Rows.Name)}\"). Rename one, or write CSV, NPZ or HDF5.");
    }

    private static void Require(FrameAxis axis, int places, string name)
    {
        if (axis.Labels is { } labels && labels.Count != places)
            throw new ArgumentException($"There are {places} {name}, but {labels.Count} labels of them.", name);
    }
}
