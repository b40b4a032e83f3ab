using System;
using Workbench.Core.Tensors;

namespace Workbench.Core.Decompositions;

/// <namespacedoc><summary>Factorisations, eigenvectors, Fourier transforms and alignments, in float64 where it
/// matters.</summary></namespacedoc>
/// <summary>
/// A = Q R with orthonormal columns in Q [m, n] and an upper triangle R [n, n], m ≥ n, by Householder reflections in
/// float64.
/// </summary>
/// <remarks>
/// Q has orthonormal columns also where A has dependent or zero ones; R then has zeros on its diagonal, up to rounding.
/// The signs of R's diagonal are not fixed. Entries should stay below about 1e150, where squares overflow.
/// </remarks>
/// <example><code>new ThinQr(Matrix.FromArray(2, 1, [3, 4])).R[0, 0]</code> is −5.</example>
public sealed unsafe class ThinQr
{
    private readonly Reflections reflections;

    /// <summary>Factors a matrix.</summary>
    /// <param name="matrix">m × n with m ≥ n; copied.</param>
    /// <exception cref="ArgumentException">There are fewer rows than columns, or a column holds NaN or
    /// infinity.</exception>
    public ThinQr(ColumnMatrix matrix) : this(matrix.Copy(), nameof(matrix)) { }

    /// <summary>Factors a float32 matrix, widened.</summary>
    /// <param name="matrix">m × n with m ≥ n.</param>
    /// <exception cref="ArgumentException">There are fewer rows than columns, or a column holds NaN or
    /// infinity.</exception>
    public ThinQr(Matrix matrix) : this(ColumnMatrix.Of(matrix), nameof(matrix)) { }

    private ThinQr(ColumnMatrix work, string argument)
    {
        if (work.Rows < work.Columns)
            throw new ArgumentException(
                $"A thin QR needs at least as many rows as columns, but the matrix is {work.Rows} × {work.Columns}; "
                    + "factor its transpose.",
                argument
            );
        reflections = new Reflections(work);
        R = new ColumnMatrix(work.Columns, work.Columns);
        for (var first = 0; first < work.Columns; first += Reflections.Panel) FactorPanel(work, first, argument);
    }

    /// <summary>The upper triangle, n × n.</summary>
    public ColumnMatrix R { get; }

    /// <summary>The orthonormal columns, m × n, as a new matrix.</summary>
    public ColumnMatrix Q()
    {
        var q = new ColumnMatrix(reflections.Vectors.Rows, R.Columns);
        for (var j = 0; j < q.Columns; j++) q[j, j] = 1;
        reflections.Apply(q);
        return q;
    }

    /// <summary>Replaces x by the full m × m orthogonal factor times x; with zeros below row n this is Q times the
    /// first n rows.</summary>
    /// <param name="x">m rows and any number of columns; overwritten.</param>
    /// <exception cref="ArgumentException">x has another number of rows.</exception>
    public void Apply(ColumnMatrix x)
    {
        Check(x);
        reflections.Apply(x);
    }

    /// <summary>Replaces x by the transposed m × m orthogonal factor times x; its first n rows are then Qᵀx.</summary>
    /// <param name="x">m rows and any number of columns; overwritten.</param>
    /// <exception cref="ArgumentException">x has another number of rows.</exception>
    public void ApplyTransposed(ColumnMatrix x)
    {
        Check(x);
        reflections.ApplyTransposed(x);
    }

    private void Check(ColumnMatrix x)
    {
        var rows = reflections.Vectors.Rows;
        if (x.Rows != rows)
            throw new ArgumentException(
                $"The orthogonal factor is {rows} × {rows}, but x is {x.Rows} × {x.Columns}.", nameof(x));
    }

    private void FactorPanel(ColumnMatrix work, int first, string argument)
    {
        var count = Math.Min(Reflections.Panel, work.Columns - first);
        var (stride, rows) = (work.Stride, work.Stride - first);
        var start = work.Start + (long)first * stride + first;
        for (var j = 0; j < count; j++)
        {
            var column = start + (long)j * stride;
            for (var i = 0; i < j; i++) // final entries of R; the reflector is zero there
            {
                R[first + i, first + j] = column[i];
                column[i] = 0;
            }
            var (beta, alpha) = ColumnKernels.Reflect(column, j, rows);
            if (!double.IsFinite(alpha))
                throw new ArgumentException(
                    $"Column {first + j} of the {work.Rows} × {work.Columns} matrix, or one before it, holds NaN, "
                        + "infinity or values above 1e150.",
                    argument
                );
            R[first + j, first + j] = alpha;
            for (var k = j + 1; k < count; k++)
            {
                var other = start + (long)k * stride;
                ColumnKernels.AddScaled(-beta * ColumnKernels.Dot(column, other, rows), column, other, rows);
            }
            reflections.Add(first + j, beta);
        }
        reflections.ApplyPanelTransposed(first, work, first + count);
        for (var k = first + count; k < work.Columns; k++) // rows of R that later panels do not touch
        {
            var final = work.Column(k).Slice(first, count);
            final.CopyTo(R.Column(k)[first..]);
            final.Clear();
        }
    }
}
