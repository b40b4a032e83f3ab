using System.Collections.Generic;

namespace Workbench.Core.Frames;

/// <summary>Which column bears the labels of the rows.</summary>
public enum LabelRule
{
    /// <summary>The one that the writer said is the index; else the first, if it holds texts or has no name, or, in
    /// CSV, counts from 0 or 1; else none.</summary>
    Found,
    /// <summary>The first, whatever it holds.</summary>
    FirstColumn,
    /// <summary>The one of a name.</summary>
    NamedColumn,
    /// <summary>None: all columns are numbers, and rows are numbered.</summary>
    Numbered,
}

/// <summary>How a table's columns become a matrix.</summary>
public record FrameOptions
{
    /// <summary>Which column bears the labels of the rows.</summary>
    public LabelRule Labels { get; init; }

    /// <summary>Its name, for <see cref="LabelRule.NamedColumn"/>.</summary>
    public string LabelColumn { get; init; } = "";

    /// <summary>Names of columns that are not read: texts, dates, what is not asked for.</summary>
    public IReadOnlyList<string> LeaveOut { get; init; } = [];

    /// <summary>Whether empty cells and NaN are read as NaN; else they are refused by row and column.</summary>
    public bool KeepMissing { get; init; }
}

/// <summary>Whether a CSV file's first line is a header.</summary>
public enum HeaderRule
{
    /// <summary>It is one if it begins with an empty cell, or has a text where the second line has a number.</summary>
    Found,
    /// <summary>It is.</summary>
    Present,
    /// <summary>It is not: columns are numbered.</summary>
    Absent,
}

/// <summary>How a CSV file is read.</summary>
public sealed record CsvOptions : FrameOptions
{
    /// <summary>Whether the first line is a header.</summary>
    public HeaderRule Header { get; init; }

    /// <summary>What stands between two cells, or null: a tab in files that end in .tsv, in others the one of comma,
    /// semicolon, tab and bar that cuts the first lines alike.</summary>
    public char? Separator { get; init; }

    /// <summary>Whether 1,5 is one and a half.</summary>
    public bool DecimalComma { get; init; }
}
