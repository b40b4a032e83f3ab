using System;
using System.Collections.Immutable;
using System.Linq;
using Workbench.Core.Tensors;

namespace Workbench.Core.Pairs;

/// <summary>Why a row has no similarity to others.</summary>
public enum RowDefect
{
    /// <summary>It holds a NaN or an infinity.</summary>
    NotFinite,
    /// <summary>All elements are 0, so it has no direction (<see cref="Measure.Cosine"/>).</summary>
    Zero,
    /// <summary>All elements are equal, so nothing correlates with it (<see cref="Measure.Pearson"/>).</summary>
    Constant,
}

/// <summary>A row that a measure is not defined for.</summary>
/// <param name="Index">Row of the source.</param>
/// <param name="Defect">Why.</param>
public readonly record struct DegenerateRow(int Index, RowDefect Defect)
{
    /// <inheritdoc/>
    public override string ToString() =>
        $"row {Index} ("
        + Defect switch { RowDefect.NotFinite => "not finite", RowDefect.Zero => "all zero", _ => "constant" }
        + ")";
}

/// <summary>What to do with rows that a measure is not defined for.</summary>
public enum DegenerateRows
{
    /// <summary>Throw <see cref="DegenerateRowsException"/>, which lists them.</summary>
    Refuse,
    /// <summary>Leave them out; <see cref="PreparedRows.Excluded"/> lists them.</summary>
    Exclude,
}

/// <summary>Rows without a defined similarity were found, before any score was computed.</summary>
/// <remarks>The message names up to ten of them; <see cref="Rows"/> has all, so that a caller can name the
/// tokens.</remarks>
public sealed class DegenerateRowsException : ArgumentException
{
    private const int Named = 10;

    /// <summary>Describes the rows.</summary>
    /// <param name="rows">At least one row.</param>
    /// <param name="measure">The measure that is not defined for them.</param>
    public DegenerateRowsException(ImmutableArray<DegenerateRow> rows, Measure measure)
        : base(Describe(rows, measure)) => (Rows, Measure) = (rows, measure);

    /// <summary>The rows, in the order of the source.</summary>
    public ImmutableArray<DegenerateRow> Rows { get; }

    /// <summary>The measure that is not defined for them.</summary>
    public Measure Measure { get; }

    private static string Describe(ImmutableArray<DegenerateRow> rows, Measure measure) =>
        $"{measure} is not defined for {rows.Length} row(s): "
            + $"{string.Join(", ", rows.Take(Named))}{(rows.Length > Named ? ", …" : "")}. "
        + "Exclude them, or mend the weights.";
}
