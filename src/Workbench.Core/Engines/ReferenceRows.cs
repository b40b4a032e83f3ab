using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using Workbench.Core.Pairs;
using Workbench.Core.Tensors;

namespace Workbench.Core.Engines;

/// <summary>Rows prepared by plain loops, kept in double precision.</summary>
internal sealed class ReferenceRows : IPreparedRows
{
    private double[][] rows = [];
    private string? fingerprint;

    public ReferenceRows(MatrixView source, Measure measure, DegenerateRows degenerate)
    {
        (Measure, Depth) = (measure, source.Columns);
        Excluded = PreparedRows.FindDegenerate(source, measure);
        if (Excluded.Length > 0 && degenerate == DegenerateRows.Refuse)
            throw new DegenerateRowsException(Excluded, measure);
        var left = Excluded.Select(row => row.Index).ToHashSet();
        SourceRows = [.. Enumerable.Range(0, source.Rows).Where(row => !left.Contains(row))];
        Fill(source);
    }

    public string Engine => "reference";

    public Arithmetic Arithmetic => Arithmetic.Double;

    public int Count => rows.Length;

    public int Depth { get; }

    public Measure Measure { get; }

    public ImmutableArray<int> SourceRows { get; private set; }

    public ImmutableArray<DegenerateRow> Excluded { get; private set; }

    public double LargestNorm { get; private set; }

    public string Fingerprint => fingerprint ??= PreparedRows.FingerprintOf(this);

    public int BlocksAtOnce => 1;

    public int MostSweeps => int.MaxValue;

    public void CopyRow(int row, Span<float> destination)
    {
        if ((uint)row >= (uint)Count)
            throw Argument.OutOfRange(nameof(row), row, $"There are {Count} prepared rows.");
        if (destination.Length != Depth)
            throw new ArgumentException(
                $"A row has {Depth} elements, but the destination has {destination.Length}.", nameof(destination));
        for (var k = 0; k < Depth; k++) destination[k] = (float)rows[row][k];
    }

    public void Replace(MatrixView source)
    {
        if (source.Rows != Count || source.Columns != Depth)
            throw new ArgumentException(
                $"{Count} × {Depth} rows can be replaced by as many only, but the source is {source.Rows} × "
                    + $"{source.Columns}.",
                nameof(source));
        var degenerate = PreparedRows.FindDegenerate(source, Measure);
        if (degenerate.Length > 0) throw new DegenerateRowsException(degenerate, Measure);
        (SourceRows, Excluded, fingerprint) = ([.. Enumerable.Range(0, Count)], [], null);
        Fill(source);
    }

    public IPairSweep Sweep(IPreparedRows columns, bool symmetric) =>
        columns is ReferenceRows mine
            ? new PlainSweep(this, mine, symmetric)
            : throw new ArgumentException(
                $"Rows and columns must be prepared by the same engine, but these are {Engine} and {columns.Engine}.",
                nameof(columns));

    public double Score(int row, ReferenceRows columns, int column)
    {
        var (x, y, sum) = (rows[row], columns.rows[column], 0.0);
        for (var k = 0; k < x.Length; k++) sum += x[k] * y[k];
        return sum;
    }

    public void Dispose() => rows = [];

    public override string ToString() => $"{Count} rows of {Depth} for {Measure}, in double precision";

    private void Fill(MatrixView source)
    {
        LargestNorm = 0;
        rows = new double[SourceRows.Length][];
        for (var i = 0; i < rows.Length; i++)
        {
            var row = rows[i] = new double[Depth];
            for (var k = 0; k < Depth; k++) row[k] = source[SourceRows[i], k];
            if (Measure == Measure.Pearson)
            {
                var mean = row.Sum() / Depth;
                for (var k = 0; k < Depth; k++) row[k] -= mean;
            }
            var squares = 0.0;
            foreach (var x in row) squares += x * x;
            var norm = Math.Sqrt(squares);
            if (Measure != Measure.DotProduct)
            {
                for (var k = 0; k < Depth; k++) row[k] /= norm;
                norm = 1;
            }
            LargestNorm = Math.Max(LargestNorm, norm);
        }
    }

    private sealed class PlainSweep(ReferenceRows rows, ReferenceRows columns, bool symmetric) : IPairSweep
    {
        public void Run(int firstRow, int endRow, IReadOnlyList<PairFold> folds)
        {
            var scores = new float[columns.Count];
            for (var row = firstRow; row < endRow; row++)
            {
                var first = symmetric ? row + 1 : 0;
                if (first >= columns.Count) continue;
                for (var column = first; column < columns.Count; column++)
                    scores[column] = (float)rows.Score(row, columns, column);
                var width = columns.Count - first;
                var tile = new ScoreTile(scores.AsSpan(first), row, 1, first, width, width);
                foreach (var fold in folds) fold.Add(tile);
            }
        }

        public void Dispose() { }
    }
}
