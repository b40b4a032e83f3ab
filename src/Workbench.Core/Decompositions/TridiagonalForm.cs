using System;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Threading.Tasks;
using Workbench.Core.Kernels;

namespace Workbench.Core.Decompositions;

/// <summary>
/// A symmetric matrix as H T Hᵀ with tridiagonal T. The update of the matrix by one reflection and its product with the
/// next one's vector share a pass over memory, which is what the time goes into.
/// </summary>
internal sealed unsafe class TridiagonalForm
{
    private const int Group = 4; // columns updated together, so that the three vectors are loaded once for four
    private const int ParallelRows = 512; // below, starting threads costs more than it saves

    /// <param name="work">The full symmetric matrix; overwritten.</param>
    public TridiagonalForm(ColumnMatrix work)
    {
        var size = work.Rows;
        Diagonal = new double[size];
        OffDiagonal = new double[size];
        Reflections = new Reflections(new ColumnMatrix(size, Math.Max(0, size - 1)));
        var (v, w) = (new ColumnMatrix(size, 1), new ColumnMatrix(size, 1));
        for (var k = 0; k < size; k++)
        {
            var first = k / ColumnMatrix.Lanes * ColumnMatrix.Lanes;
            var column = work.Start + (long)k * work.Stride;
            UpdateColumn(column + first, v.Start + first, w.Start + first, v.Start[k], w.Start[k], work.Stride - first);
            Diagonal[k] = column[k];
            if (k == size - 1) break;

            var next = Reflections.Vectors.Start + (long)k * Reflections.Vectors.Stride;
            for (var i = k + 1; i < size; i++) next[i] = column[i];
            var (beta, alpha) = ColumnKernels.Reflect(next + first, k + 1 - first, work.Stride - first);
            OffDiagonal[k] = alpha;
            Reflections.Add(k, beta);

            var product = new ColumnMatrix(size, 1);
            UpdateAndMultiply(work, k + 1, first, v, w, next, product);
            // w = p − (β/2)(p·v) v with p = β A v
            for (var i = k + 1; i < size; i++) product.Start[i] *= beta;
            var half = -0.5 * beta * ColumnKernels.Dot(product.Start + first, next + first, work.Stride - first);
            ColumnKernels.AddScaled(half, next + first, product.Start + first, work.Stride - first);
            Reflections.Vectors.Column(k).CopyTo(v.Column(0));
            w = product;
        }
    }

    public double[] Diagonal { get; }

    /// <summary>Entry i couples i and i + 1; the last one is 0.</summary>
    public double[] OffDiagonal { get; }

    public Reflections Reflections { get; }

    private static void UpdateAndMultiply(
        ColumnMatrix work, int from, int first, ColumnMatrix v, ColumnMatrix w, double* next, ColumnMatrix product)
    {
        var (size, rows) = (work.Columns, work.Stride - first);
        var groups = (size - from + Group - 1) / Group;
        if (size - from < ParallelRows)
            for (var group = 0; group < groups; group++) One(group);
        else
        {
            var parts = (groups + 31) / 32;
            Workers.Loop(default, options => Parallel.For(0, parts, options, part =>
            {
                for (var group = part * 32; group < Math.Min(groups, (part + 1) * 32); group++) One(group);
            }));
        }

        void One(int group)
        {
            var j = from + group * Group;
            var column = work.Start + (long)j * work.Stride + first;
            if (j + Group <= size)
                UpdateFour(
                    column, work.Stride, v.Start + first, w.Start + first, v.Start + j, w.Start + j, next + first,
                    product.Start + j, rows);
            else
                for (; j < size; j++, column += work.Stride)
                {
                    UpdateColumn(column, v.Start + first, w.Start + first, v.Start[j], w.Start[j], rows);
                    product.Start[j] = ColumnKernels.Dot(column, next + first, rows);
                }
        }
    }

    // column −= v·wj + w·vj
    private static void UpdateColumn(double* column, double* v, double* w, double vj, double wj, int rows)
    {
        ColumnKernels.AddScaled(-wj, v, column, rows);
        ColumnKernels.AddScaled(-vj, w, column, rows);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void UpdateFour(
        double* a, long stride, double* v, double* w, double* vj, double* wj, double* next, double* product, int rows)
    {
        double* a1 = a + stride,
            a2 = a1 + stride,
            a3 = a2 + stride;
        Vector512<double> v0 = Vector512.Create(-vj[0]),
            v1 = Vector512.Create(-vj[1]),
            v2 = Vector512.Create(-vj[2]),
            v3 = Vector512.Create(-vj[3]);
        Vector512<double> w0 = Vector512.Create(-wj[0]),
            w1 = Vector512.Create(-wj[1]),
            w2 = Vector512.Create(-wj[2]),
            w3 = Vector512.Create(-wj[3]);
        Vector512<double> s0 = default,
            s1 = default,
            s2 = default,
            s3 = default;
        for (var r = 0; r < rows; r += ColumnMatrix.Lanes)
        {
            Vector512<double> x = Vector512.Load(v + r), y = Vector512.Load(w + r), z = Vector512.Load(next + r);
            var b = Vector512.MultiplyAddEstimate(v0, y, Vector512.MultiplyAddEstimate(w0, x, Vector512.Load(a + r)));
            b.Store(a + r);
            s0 = Vector512.MultiplyAddEstimate(b, z, s0);
            b = Vector512.MultiplyAddEstimate(v1, y, Vector512.MultiplyAddEstimate(w1, x, Vector512.Load(a1 + r)));
            b.Store(a1 + r);
            s1 = Vector512.MultiplyAddEstimate(b, z, s1);
            b = Vector512.MultiplyAddEstimate(v2, y, Vector512.MultiplyAddEstimate(w2, x, Vector512.Load(a2 + r)));
            b.Store(a2 + r);
            s2 = Vector512.MultiplyAddEstimate(b, z, s2);
            b = Vector512.MultiplyAddEstimate(v3, y, Vector512.MultiplyAddEstimate(w3, x, Vector512.Load(a3 + r)));
            b.Store(a3 + r);
            s3 = Vector512.MultiplyAddEstimate(b, z, s3);
        }
        product[0] = Vector512.Sum(s0);
        product[1] = Vector512.Sum(s1);
        product[2] = Vector512.Sum(s2);
        product[3] = Vector512.Sum(s3);
    }
}
