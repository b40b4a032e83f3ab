using System;
using System.Collections.Generic;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Threading.Tasks;
using Workbench.Core.Kernels;

namespace Workbench.Core.Decompositions;

/// <summary>
/// Implicit QL on a tridiagonal matrix. Rotations are first only noted, then applied to the vectors many at a time,
/// sixteen rows of all columns in cache: the vectors are read once per million rotations instead of once per sweep.
/// </summary>
internal static unsafe class ImplicitQl
{
    private const int MaximalSweeps = 60; // per eigenvalue; one or two are usual
    private const int Capacity = 1 << 20; // rotations noted before they are applied: 16 MiB
    private const double UnitRoundoff = 1.1102230246251565e-16;
    private const int StripRows = 2 * ColumnMatrix.Lanes;

    /// <summary>Turns the diagonal into eigenvalues and multiplies the vectors by T's eigenvectors from the
    /// right.</summary>
    /// <param name="diagonal">n entries; overwritten with eigenvalues in no order.</param>
    /// <param name="offDiagonal">n entries, the last of no meaning; overwritten.</param>
    /// <param name="vectors">n columns; overwritten.</param>
    public static void Diagonalize(double[] diagonal, double[] offDiagonal, ColumnMatrix vectors)
    {
        var notes = new Notes(vectors);
        var (d, e, n) = (diagonal, offDiagonal, diagonal.Length);
        if (n > 0) e[n - 1] = 0;
        // A sweep over a block that holds large entries errs by their rounding, so that no sweep makes a coupling of
        // tiny ones smaller than that: where the rank is below the size, most of the matrix is such rounding.
        var negligible = UnitRoundoff * LargestRowSum(d, e);
        for (var l = 0; l < n; l++)
        {
            for (var sweep = 0; ; sweep++)
            {
                var m = l;
                while (m < n - 1 && Math.Abs(e[m]) > negligible
                    && Math.Abs(e[m]) > UnitRoundoff * (Math.Abs(d[m]) + Math.Abs(d[m + 1])))
                    m++;
                if (m == l)
                    break;
                if (sweep == MaximalSweeps)
                    throw new InvalidOperationException(
                        $"Eigenvalue {l} of {n} did not converge in {MaximalSweeps} sweeps.");
                Sweep(d, e, l, m, notes);
            }
        }
        notes.Apply();
    }

    private static double LargestRowSum(double[] d, double[] e)
    {
        var (largest, before) = (0.0, 0.0);
        for (var i = 0; i < d.Length; i++)
        {
            largest = Math.Max(largest, before + Math.Abs(d[i]) + Math.Abs(e[i]));
            before = Math.Abs(e[i]);
        }
        return largest;
    }

    // One sweep from row m up to row l with Wilkinson's shift.
    private static void Sweep(double[] d, double[] e, int l, int m, Notes notes)
    {
        var g = (d[l + 1] - d[l]) / (2 * e[l]);
        var r = Hypotenuse(g, 1);
        g = d[m] - d[l] + e[l] / (g + Math.CopySign(r, g));
        var (s, c, p) = (1.0, 1.0, 0.0);
        notes.Begin(m);
        for (var i = m - 1; i >= l; i--)
        {
            var (f, b) = (s * e[i], c * e[i]);
            r = Hypotenuse(f, g);
            e[i + 1] = r;
            if (r == 0) // the matrix splits here
            {
                d[i + 1] -= p;
                e[m] = 0;
                notes.End();
                return;
            }
            (s, c) = (f / r, g / r);
            g = d[i + 1] - p;
            r = (d[i] - g) * s + 2 * c * b;
            p = s * r;
            d[i + 1] = g + p;
            g = c * r - b;
            notes.Add(c, s);
        }
        d[l] -= p;
        e[l] = g;
        e[m] = 0;
        notes.End();
    }

    private static double Hypotenuse(double x, double y)
    {
        var (large, small) = (Math.Max(Math.Abs(x), Math.Abs(y)), Math.Min(Math.Abs(x), Math.Abs(y)));
        if (small == 0) return large;
        var ratio = small / large;
        return large * Math.Sqrt(1 + ratio * ratio);
    }

    /// <summary>Rotations waiting to be applied to the vectors.</summary>
    private sealed class Notes(ColumnMatrix vectors)
    {
        private readonly List<(int Top, int First, int Count)> sweeps = [];
        private readonly List<(double Cosine, double Sine)> rotations = [];
        private int top;
        private int first;

        public void Begin(int m) => (top, first) = (m, rotations.Count);

        public void Add(double cosine, double sine) => rotations.Add((cosine, sine));

        public void End()
        {
            if (rotations.Count > first) sweeps.Add((top, first, rotations.Count - first));
            if (rotations.Count >= Capacity) Apply();
        }

        public void Apply()
        {
            Workers.Loop(default, options => Parallel.For(
                0, (vectors.Stride + StripRows - 1) / StripRows, options, strip => ApplyToStrip(strip * StripRows)));
            sweeps.Clear();
            rotations.Clear();
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private void ApplyToStrip(int row)
        {
            // A strip at the end may be half as wide; its second half then lies in the next column and is not written
            // back.
            var wide = row + StripRows <= vectors.Stride;
            var strip = new ColumnMatrix(StripRows, vectors.Columns);
            var at = strip.Start;
            for (var j = 0; j < vectors.Columns; j++)
            {
                var source = vectors.Start + (long)j * vectors.Stride + row;
                Vector512.Load(source).Store(at + j * StripRows);
                if (wide) Vector512.Load(source + ColumnMatrix.Lanes).Store(at + j * StripRows + ColumnMatrix.Lanes);
            }
            fixed ((double Cosine, double Sine)* all = CollectionsMarshal.AsSpan(rotations))
                foreach (var (from, start, count) in sweeps) Rotate(at + (long)from * StripRows, all + start, count);
            for (var j = 0; j < vectors.Columns; j++)
            {
                var target = vectors.Start + (long)j * vectors.Stride + row;
                Vector512.Load(at + j * StripRows).Store(target);
                if (wide) Vector512.Load(at + j * StripRows + ColumnMatrix.Lanes).Store(target + ColumnMatrix.Lanes);
            }
            GC.KeepAlive(strip);
            GC.KeepAlive(vectors);
        }

        // Each rotation turns a column and the one before it; the one before stays in registers for the next rotation.
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private static void Rotate(double* column, (double Cosine, double Sine)* rotation, int count)
        {
            Vector512<double> x = Vector512.Load(column), y = Vector512.Load(column + ColumnMatrix.Lanes);
            for (var i = 0; i < count; i++, column -= StripRows)
            {
                Vector512<double> c = Vector512.Create(rotation[i].Cosine),
                    s = Vector512.Create(rotation[i].Sine);
                Vector512<double> a = Vector512.Load(column - StripRows),
                    b = Vector512.Load(column - StripRows + ColumnMatrix.Lanes);
                Vector512.MultiplyAddEstimate(s, a, c * x).Store(column);
                Vector512.MultiplyAddEstimate(s, b, c * y).Store(column + ColumnMatrix.Lanes);
                x = Vector512.MultiplyAddEstimate(c, a, -(s * x));
                y = Vector512.MultiplyAddEstimate(c, b, -(s * y));
            }
            x.Store(column);
            y.Store(column + ColumnMatrix.Lanes);
        }
    }
}
