using System;
using System.Collections.Generic;
using System.Linq;
using Workbench.Core.Engines;
using Workbench.Core.Models;
using Workbench.Core.Pairs;
using Workbench.Core.Tensors;

namespace Workbench.Core.Tests.Engines;

/// <summary>What a <see cref="PlainEngine"/> does wrong.</summary>
public enum Fault
{
    None,
    KReversed,
    MultipliedThenAdded,
    PaddedByPlusZero,
    DiagonalKept,
    LastRowLost,
    PairTwice,
    TiesByLargestRow,
    SubnormalsFlushed,
    ShortMantissas,
    PassOff,
}

/// <summary>An engine of plain loops over what the processor's engine has prepared, and with a fault one that must not
/// pass. It uses what is public only, as an engine of another assembly would.</summary>
internal sealed class PlainEngine(Fault fault, Arithmetic arithmetic = Arithmetic.Fused) : IEngine
{
    public string Name => "plain";

    public Arithmetic Arithmetic => arithmetic;

    public void Multiply(MatrixView a, MatrixView b, Matrix destination)
    {
        if (a.Columns != b.Columns || destination.Rows != a.Rows || destination.Columns != b.Rows)
            throw new ArgumentException("The shapes do not fit together.", nameof(destination));
        for (var i = 0; i < a.Rows; i++)
            for (var j = 0; j < b.Rows; j++)
                destination[i, j] = Score(Row(a, i), Row(b, j));
    }

    public IPreparedRows Prepare(
        MatrixView rows, Measure measure, DegenerateRows degenerate = DegenerateRows.Refuse) =>
        new Rows(this, PreparedRows.Prepare(rows, measure, degenerate));

    public TopKResult TopK(
        MatrixView queries, MatrixView table, int k, Measure measure,
        DegenerateRows degenerate = DegenerateRows.Refuse)
    {
        using var wanted = new Rows(this, PreparedRows.Prepare(queries, measure));
        using var rows = new Rows(this, PreparedRows.Prepare(table, measure, degenerate));
        k = Math.Min(k, rows.Count);
        var (indices, scores) = (new List<int>(), new List<float>());
        for (var query = 0; query < wanted.Count; query++)
        {
            var all = Enumerable.Range(0, rows.Count).ToArray();
            if (fault == Fault.TiesByLargestRow) Array.Reverse(all);
            foreach (var row in all.OrderByDescending(row => Score(wanted.Row(query), rows.Row(row))).Take(k))
            {
                indices.Add(rows.SourceRows[row]);
                scores.Add(Score(wanted.Row(query), rows.Row(row)));
            }
        }
        return new TopKResult(wanted.Count, k, indices.ToArray(), scores.ToArray());
    }

    public ITransformer Load(TransformerWeights weights) =>
        fault == Fault.PassOff ? new OffTransformer(weights) : new Transformer(weights, 1);

    public void Dispose() { }

    private static float[] Row(MatrixView view, int row) =>
        Enumerable.Range(0, view.Columns).Select(k => view[row, k]).ToArray();

    private float Score(float[] x, float[] y)
    {
        if (fault == Fault.KReversed) (x, y) = (x.Reverse().ToArray(), y.Reverse().ToArray());
        if (fault == Fault.PaddedByPlusZero) (x, y) = ([.. x, 0f], [.. y, 0f]);
        if (fault == Fault.SubnormalsFlushed) (x, y) = (x.Select(Flush).ToArray(), y.Select(Flush).ToArray());
        if (fault == Fault.ShortMantissas) (x, y) = (x.Select(Shorten).ToArray(), y.Select(Shorten).ToArray());
        return Conformance.Chain(fault == Fault.MultipliedThenAdded ? Arithmetic.Unfused : arithmetic, x, y);

        static float Flush(float value) => float.IsSubnormal(value) ? 0 : value;

        // Ten bits, as the tensor cores of cards have them unless told otherwise.
        static float Shorten(float value) =>
            BitConverter.Int32BitsToSingle((BitConverter.SingleToInt32Bits(value) + 0x1000) & ~0x1fff);
    }

    private sealed class Rows(PlainEngine engine, PreparedRows prepared) : CopiedRows(prepared)
    {
        private readonly Dictionary<int, float[]> rows = [];

        public override string Engine => engine.Name;

        public override Arithmetic Arithmetic => engine.Arithmetic;

        public override int BlocksAtOnce => 3;

        public float[] Row(int row)
        {
            if (rows.TryGetValue(row, out var values)) return values;
            CopyRow(row, values = new float[Depth]);
            return rows[row] = values;
        }

        public override void Replace(MatrixView source)
        {
            base.Replace(source);
            rows.Clear();
        }

        public override IPairSweep Sweep(IPreparedRows columns, bool symmetric) =>
            columns is Rows mine
                ? new PlainSweep(engine, this, mine, symmetric)
                : throw new ArgumentException($"{Engine} cannot scan what {columns.Engine} has prepared.");
    }

    private sealed class PlainSweep(PlainEngine engine, Rows rows, Rows columns, bool symmetric) : IPairSweep
    {
        public void Run(int firstRow, int endRow, IReadOnlyList<PairFold> folds)
        {
            for (var row = firstRow; row < endRow; row++)
            {
                if (engine.HasFault(Fault.LastRowLost) && row == rows.Count - 1 && row > 0) continue;
                var first = !symmetric ? 0 : engine.HasFault(Fault.DiagonalKept) ? row : row + 1;
                for (var column = first; column < columns.Count; column++)
                {
                    float[] score = [engine.Score(rows.Row(row), columns.Row(column))];
                    foreach (var fold in folds) fold.Add(new ScoreTile(score, row, 1, column, 1, 1));
                    if (engine.HasFault(Fault.PairTwice) && row == 3 && column == 5)
                        foreach (var fold in folds) fold.Add(new ScoreTile(score, row, 1, column, 1, 1));
                }
            }
        }

        public void Dispose() { }
    }

    // One number of one place is wrong in its third digit.
    private sealed class OffTransformer(TransformerWeights weights) : ITransformer
    {
        private readonly Transformer right = new(weights, 1);

        public TransformerWeights Weights => weights;

        public ForwardPass Run(
            ReadOnlySpan<int> tokens, Func<Place, bool>? keep, Interventions? interventions,
            ReadOnlySpan<int> tokenTypes, KeyValueCache? cache) =>
            right.Run(
                tokens, keep,
                (interventions ?? Interventions.None).Change(Place.MlpOutput(0), values => values[0, 0] *= 1.01f),
                tokenTypes, cache);

        public Matrix Logits(Matrix states) => right.Logits(states);

        public Matrix LogitLens(Matrix stream) => right.LogitLens(stream);
    }

    private bool HasFault(Fault other) => fault == other;
}
