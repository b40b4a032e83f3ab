using System;
using System.Threading.Tasks;
using Workbench.Core.Kernels;

namespace Workbench.Core.Decompositions;

/// <summary>
/// A product of reflections H₀ H₁ … with H_j = I − β_j v_j v_jᵀ, where v_j is zero above row j or a later one. Eight at
/// a time are gathered as I − V T Vᵀ (Schreiber and Van Loan, "A storage-efficient WY representation", 1989).
/// </summary>
internal sealed unsafe class Reflections
{
    /// <summary>Reflections gathered into one panel; a panel's rows begin at a multiple of it, and so on a cache
    /// line.</summary>
    public const int Panel = ColumnMatrix.Lanes;

    private const int Block = 64; // columns to which a panel is applied at once: their factors take 4 KiB of stack
    private readonly double[] triangles;

    /// <param name="vectors">v_j as columns; kept, and filled by the caller.</param>
    public Reflections(ColumnMatrix vectors)
    {
        Vectors = vectors;
        triangles = new double[(vectors.Columns + Panel - 1) / Panel * Panel * Panel];
    }

    public ColumnMatrix Vectors { get; }

    /// <summary>Declares that column j of the vectors, and those before it, are final.</summary>
    public void Add(int j, double beta)
    {
        var first = j / Panel * Panel;
        var (stride, rows) = (Vectors.Stride, Vectors.Stride - first);
        var v = Vectors.Start + (long)first * stride + first;
        var dots = stackalloc double[Panel];
        fixed (double* triangle = &triangles[first * Panel])
        {
            // T(0..j, j) = −β T Vᵀv_j and T(j, j) = β
            j -= first;
            for (var i = 0; i < j; i++) dots[i] = ColumnKernels.Dot(v + (long)i * stride, v + (long)j * stride, rows);
            for (var i = 0; i < j; i++)
            {
                var sum = 0.0;
                for (var k = i; k < j; k++) sum += triangle[k * Panel + i] * dots[k];
                triangle[j * Panel + i] = -beta * sum;
            }
            triangle[j * Panel + j] = beta;
        }
    }

    /// <summary>x becomes H₀ H₁ … x.</summary>
    public void Apply(ColumnMatrix x)
    {
        Workers.Loop(default, options => Parallel.For(
            0,
            (x.Columns + Block - 1) / Block,
            options,
            block =>
            {
                for (var panel = (Vectors.Columns + Panel - 1) / Panel - 1; panel >= 0; panel--)
                    ApplyPanel(
                        panel * Panel, x, block * Block, Math.Min(Block, x.Columns - block * Block), transposed: false);
            }
        ));
    }

    /// <summary>x becomes … H₁ H₀ x.</summary>
    public void ApplyTransposed(ColumnMatrix x)
    {
        Workers.Loop(default, options => Parallel.For(0, (x.Columns + Block - 1) / Block, options, block =>
        {
            for (var first = 0; first < Vectors.Columns; first += Panel)
                ApplyPanel(first, x, block * Block, Math.Min(Block, x.Columns - block * Block), transposed: true);
        }));
    }

    /// <summary>Applies one panel's transpose to the columns of x from one on.</summary>
    public void ApplyPanelTransposed(int first, ColumnMatrix x, int firstColumn)
    {
        for (var column = firstColumn; column < x.Columns; column += Block)
            ApplyPanel(first, x, column, Math.Min(Block, x.Columns - column), transposed: true);
    }

    private void ApplyPanel(int first, ColumnMatrix x, int firstColumn, int columns, bool transposed)
    {
        var count = Math.Min(Panel, Vectors.Columns - first);
        var rows = Vectors.Stride - first;
        var v = Vectors.Start + (long)first * Vectors.Stride + first;
        var c = x.Start + (long)firstColumn * x.Stride + first;
        var factors = stackalloc double[Panel * Block];
        fixed (double* triangle = &triangles[first * Panel])
        {
            ColumnKernels.TransposedProduct(v, Vectors.Stride, count, c, x.Stride, columns, rows, factors, Panel);
            for (var k = 0; k < columns; k++) TimesTriangle(triangle, count, transposed, factors + k * Panel);
            ColumnKernels.SubtractProduct(v, Vectors.Stride, count, factors, Panel, c, x.Stride, columns, rows);
        }
        GC.KeepAlive(x);
    }

    private static void TimesTriangle(double* triangle, int count, bool transposed, double* x)
    {
        for (var step = 0; step < count; step++)
        {
            var i = transposed ? count - 1 - step : step;
            var sum = 0.0;
            if (transposed)
                for (var k = 0; k <= i; k++) sum += triangle[i * Panel + k] * x[k];
            else
                for (var k = i; k < count; k++) sum += triangle[k * Panel + i] * x[k];
            x[i] = sum;
        }
    }
}
