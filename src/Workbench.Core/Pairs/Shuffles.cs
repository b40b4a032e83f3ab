using System;
using Workbench.Core.Kernels;
using Workbench.Core.Randomness;
using Workbench.Core.Tensors;

namespace Workbench.Core.Pairs;

/// <summary>A matrix with its entries in random order: one for every seed, which permutation tests draw.</summary>
/// <remarks>What is shuffled by itself, a row, a column or all, is a stream of the seed's own, shuffled by
/// <see cref="Philox.Shuffle"/>; so the same seed gives the same matrix on every engine.</remarks>
/// <example><code>
/// var shuffles = new Shuffles(embedding, ShuffleScope.WithinColumns);
/// engine.Shuffle(shuffles, Measure.Cosine, columns: true, [1, 2, 3], (n, rows) => new PairScan(rows).Run([folds[n]]));
/// </code></example>
public sealed class Shuffles
{
    private readonly int rows;
    private readonly int columns;

    /// <summary>Shuffles of a matrix.</summary>
    /// <param name="source">n × d; must not change while shuffles are drawn.</param>
    /// <param name="scope">What is shuffled by itself.</param>
    /// <param name="stream">Of the seed: the first row's or column's, from which the others' count on.</param>
    public Shuffles(Matrix source, ShuffleScope scope, ulong stream = 0)
    {
        (rows, columns, Scope, Stream) = (source.Rows, source.Columns, scope, stream);
        Source = scope == ShuffleScope.WithinColumns ? source.Transpose() : source;
    }

    /// <summary>What is shuffled by itself.</summary>
    public ShuffleScope Scope { get; }

    /// <summary>The stream of the first part.</summary>
    public ulong Stream { get; }

    /// <summary>The matrix, or its transpose where columns are shuffled: parts of <see cref="Length"/> values, one
    /// after the other, stream by stream.</summary>
    public Matrix Source { get; }

    /// <summary>How many parts are shuffled by themselves.</summary>
    public int Parts => Scope == ShuffleScope.AllEntries ? Math.Min(1, Source.Rows) : Source.Rows;

    /// <summary>Values in each part.</summary>
    public int Length => Scope == ShuffleScope.AllEntries ? checked((int)Source.Elements) : Source.Columns;

    /// <summary>The matrix of a seed.</summary>
    /// <returns>n × d; the caller disposes of nothing.</returns>
    public Matrix Draw(ulong seed)
    {
        var drawn = Matrix.Uninitialized(Source.Rows, Source.Columns);
        Draw(seed, drawn);
        return Scope == ShuffleScope.WithinColumns ? drawn.Transpose() : drawn;
    }

    /// <summary>The matrix of a seed, as <see cref="Source"/> lies.</summary>
    /// <param name="seed">The same one gives the same matrix, for any number of threads.</param>
    /// <param name="destination">As large as <see cref="Source"/>; overwritten.</param>
    public void Draw(ulong seed, Matrix destination)
    {
        Source.CopyTo(destination);
        if (Scope == ShuffleScope.AllEntries) new Philox(seed, Stream).Shuffle(destination.WritableValues);
        else
            Workers.Share(
                Workers.Count(0), Source.Rows,
                row => new Philox(seed, Stream + (ulong)row).Shuffle(destination.WritableRow(row)));
    }

    /// <summary>The n rows or the d columns of what was drawn, one in each row.</summary>
    /// <param name="drawn">As <see cref="Draw(ulong, Matrix)"/> left it.</param>
    /// <param name="ofColumns">Whether columns are meant.</param>
    public MatrixView Vectors(Matrix drawn, bool ofColumns) =>
        ofColumns == (Scope == ShuffleScope.WithinColumns) ? drawn : ((MatrixView)drawn).Transposed;

    /// <summary>"shuffles of 1024 × 768, AllEntries".</summary>
    public override string ToString() => $"shuffles of {rows} × {columns}, {Scope}";
}
