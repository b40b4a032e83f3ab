using System;
using Workbench.Core.Models;
using Workbench.Core.Pairs;
using Workbench.Core.Tensors;

namespace Workbench.Core.Engines;

/// <summary>Plain loops in double precision, each result rounded to single once: what the errors of other engines are
/// measured against.</summary>
/// <remarks>Some hundred times slower than <see cref="CpuEngine"/>.</remarks>
public sealed class ReferenceEngine : IEngine
{
    /// <inheritdoc/>
    public string Name => "reference";

    /// <inheritdoc/>
    public Arithmetic Arithmetic => Arithmetic.Double;

    /// <inheritdoc/>
    public void Multiply(MatrixView a, MatrixView b, Matrix destination)
    {
        IEngine.RequireFit(a, b, destination);
        for (var i = 0; i < a.Rows; i++)
            for (var j = 0; j < b.Rows; j++)
            {
                var sum = 0.0;
                for (var k = 0; k < a.Columns; k++) sum += (double)a[i, k] * b[j, k];
                destination[i, j] = (float)sum;
            }
    }

    /// <inheritdoc/>
    public IPreparedRows Prepare(
        MatrixView rows, Measure measure, DegenerateRows degenerate = DegenerateRows.Refuse) =>
        new ReferenceRows(rows, measure, degenerate);

    /// <inheritdoc/>
    public ITransformer Load(TransformerWeights weights) => new ReferenceTransformer(weights);

    /// <summary>Does nothing.</summary>
    public void Dispose() { }

    /// <inheritdoc/>
    public override string ToString() => $"{Name}, plain loops in double precision";
}
