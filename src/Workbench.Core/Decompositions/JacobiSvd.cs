using System;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Workbench.Core.Tensors;

namespace Workbench.Core.Decompositions;

/// <summary>
/// A = U diag(σ) Vᵀ by one-sided Jacobi rotations in float64: slow for large matrices, fast for small ones, and
/// accurate even for singular values far below the largest.
/// </summary>
/// <remarks>
/// A is first reduced by QR, the triangle again by QR with column pivoting, and the rotations work on the second
/// triangle's transpose, which converges in few sweeps (Drmač and Veselić, "New fast and accurate Jacobi SVD
/// algorithm", 2008). Pairs are visited in rounds of disjoint ones, so that a round's angles are computed together.
/// </remarks>
/// <example><code>new JacobiSvd(ColumnMatrix.Of(Matrix.FromArray(2, 2, [0, 2, 1, 0]))).SingularValues</code> is [2,
/// 1].</example>
public sealed unsafe class JacobiSvd
{
    private const int MaximalSweeps = 60; // matrices here need 4 to 10; more than 30 have never been reported
    private readonly double[] singularValues;

    /// <summary>Decomposes a matrix.</summary>
    /// <param name="matrix">m × n, any shape, finite entries; copied.</param>
    /// <exception cref="ArgumentException">An entry is NaN or infinite.</exception>
    public JacobiSvd(ColumnMatrix matrix)
    {
        var wide = matrix.Rows < matrix.Columns;
        var qr = new ThinQr(wide ? matrix.Transpose() : matrix);
        var size = qr.R.Columns;
        var (left, right) = (
            new ColumnMatrix(Math.Max(matrix.Rows, matrix.Columns), size), new ColumnMatrix(size, size));
        singularValues = new double[size];
        DecomposeSquare(qr.R, left, singularValues, right);
        qr.Apply(left);
        (Left, Right) = wide ? (right, left) : (left, right);
    }

    /// <summary>Decomposes a float32 matrix, widened.</summary>
    /// <param name="matrix">m × n, any shape, finite entries.</param>
    /// <exception cref="ArgumentException">An entry is NaN or infinite.</exception>
    public JacobiSvd(Matrix matrix) : this(ColumnMatrix.Of(matrix)) { }

    /// <summary>σ, largest first; min(m, n) of them.</summary>
    public ReadOnlySpan<double> SingularValues => singularValues;

    /// <summary>U: m × min(m, n), column i the i-th left vector. Orthonormal also where singular values
    /// vanish.</summary>
    public ColumnMatrix Left { get; }

    /// <summary>V: n × min(m, n), column i the i-th right vector. Signs are paired with <see cref="Left"/> and
    /// otherwise arbitrary.</summary>
    public ColumnMatrix Right { get; }

    /// <summary>
    /// Decomposes a square matrix into the top rows of <paramref name="left"/>, which may have more, and
    /// <paramref name="right"/>.
    /// </summary>
    /// <param name="square">n × n; overwritten.</param>
    /// <param name="left">At least n × n of zeros; null where they are not wanted, which halves the rotations.</param>
    /// <param name="values">n singular values, largest first.</param>
    /// <param name="right">At least n × n of zeros.</param>
    internal static void DecomposeSquare(
        ColumnMatrix square, ColumnMatrix? left, Span<double> values, ColumnMatrix right)
    {
        var size = square.Columns;
        if (size == 0) return;
        var scale = ScaleToOne(square);
        var pivots = new int[size];
        var work = Precondition(square, pivots, left is not null);
        Orthogonalize(work, square.Stride, size);

        var norms = new double[size];
        var order = new int[size];
        for (var j = 0; j < size; j++)
        {
            var column = work.Start + (long)j * work.Stride;
            // Negative: sorted ascending, largest first.
            norms[j] = -Math.Sqrt(ColumnKernels.Dot(column, column, square.Stride));
            order[j] = j;
        }
        Array.Sort(norms, order);
        for (var j = 0; j < size; j++)
        {
            var column = work.Column(order[j]);
            values[j] = -norms[j] * scale;
            if (left is not null) column.Slice(square.Stride, size).CopyTo(left.Column(j));
            if (norms[j] == 0) continue;
            for (var i = 0; i < size; i++) right[pivots[i], j] = column[i] / -norms[j];
        }
        Complete(right, size, values);
        GC.KeepAlive(work);
    }

    private static double ScaleToOne(ColumnMatrix matrix)
    {
        var largest = 0.0;
        for (var j = 0; j < matrix.Columns; j++)
            foreach (var value in matrix.Column(j)) largest = Math.Max(largest, Math.Abs(value));
        if (largest == 0) return 1;
        for (var j = 0; j < matrix.Columns; j++)
            foreach (ref var value in matrix.Column(j)) value /= largest;
        return largest;
    }

    // square P = Q R; the result holds Rᵀ on top, whose rows are numbered as pivots say, and Q below where it is
    // wanted.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static ColumnMatrix Precondition(ColumnMatrix square, int[] pivots, bool withQ)
    {
        var (size, stride) = (square.Columns, square.Stride);
        var work = new ColumnMatrix(withQ ? 2 * stride : stride, size);
        var betas = new double[size];
        for (var j = 0; j < size; j++) pivots[j] = j;
        for (var j = 0; j < size; j++)
        {
            // Norms are computed afresh: at these sizes that costs little, and downdating them loses digits.
            var (largest, at) = (-1.0, j);
            var aligned = j / ColumnMatrix.Lanes * ColumnMatrix.Lanes;
            for (var k = j; k < size; k++)
            {
                var candidate = square.Start + (long)k * stride + aligned;
                var norm = ColumnKernels.Dot(candidate, candidate, stride - aligned);
                for (var i = 0; i < j - aligned; i++) norm -= candidate[i] * candidate[i];
                if (norm > largest) (largest, at) = (norm, k);
            }
            Swap(square, j, at);
            (pivots[j], pivots[at]) = (pivots[at], pivots[j]);

            var column = square.Start + (long)j * stride;
            for (var i = 0; i < j; i++)
            {
                work[j, i] = column[i];
                column[i] = 0;
            }
            (betas[j], work.Start[(long)j * work.Stride + j]) = ColumnKernels.Reflect(
                column + aligned, j - aligned, stride - aligned);
            for (var k = j + 1; k < size; k++)
            {
                var other = square.Start + (long)k * stride;
                ColumnKernels.AddScaled(
                    -betas[j] * ColumnKernels.Dot(column + aligned, other + aligned, stride - aligned),
                    column + aligned, other + aligned, stride - aligned);
            }
        }
        for (var j = size - 1; withQ && j >= 0; j--)
        {
            work.Start[(long)j * work.Stride + stride + j] = 1;
            var column = square.Start + (long)j * stride;
            for (var k = j; k < size; k++)
            {
                var other = work.Start + (long)k * work.Stride + stride;
                ColumnKernels.AddScaled(-betas[j] * ColumnKernels.Dot(column, other, stride), column, other, stride);
            }
        }
        // Rotations of columns whose squared norm would leave double's range are senseless: such columns are zero.
        for (var j = 0; j < size; j++)
        {
            var column = work.Start + (long)j * work.Stride;
            if (ColumnKernels.Dot(column, column, stride) < 1e-280) work.Column(j)[..stride].Clear();
        }
        return work;
    }

    private static void Swap(ColumnMatrix matrix, int first, int second)
    {
        if (first == second) return;
        var a = matrix.Column(first);
        var b = matrix.Column(second);
        for (var i = 0; i < a.Length; i++) (a[i], b[i]) = (b[i], a[i]);
    }

    // Rotates columns until their first rows are orthogonal; all rows take part in the rotations.
    private static void Orthogonalize(ColumnMatrix work, int rows, int size)
    {
        var players = (size + 1) / 2 * 2; // an odd number plays with a dummy
        var padded = (players / 2 + ColumnMatrix.Lanes - 1) / ColumnMatrix.Lanes * ColumnMatrix.Lanes;
        var round = new Round(padded);
        var norms = new double[size];
        var tolerance = Math.Sqrt(size) * double.BitIncrement(1.0) - Math.Sqrt(size);
        for (var sweep = 0; sweep < MaximalSweeps; sweep++)
        {
            for (var j = 0; j < size; j++)
                norms[j] = ColumnKernels.Dot(
                    work.Start + (long)j * work.Stride, work.Start + (long)j * work.Stride, rows);
            var rotated = false;
            for (var turn = 0; turn < players - 1; turn++)
                rotated |= round.Play(work, rows, size, players, turn, norms, tolerance);
            if (!rotated) return;
        }
        throw new InvalidOperationException(
            $"The rotations of a {size} × {size} matrix did not converge in {MaximalSweeps} sweeps.");
    }

    // Right vectors of vanishing singular values: any orthonormal completion, built from the unit vectors in order.
    private static void Complete(ColumnMatrix vectors, int size, ReadOnlySpan<double> values)
    {
        var unit = 0;
        for (var j = 0; j < size; j++)
        {
            if (values[j] != 0) continue;
            for (; ; unit++)
            {
                var column = vectors.Column(j);
                column.Clear();
                column[unit] = 1;
                var start = vectors.Start + (long)j * vectors.Stride;
                for (var pass = 0; pass < 2; pass++)
                    for (var k = 0; k < j; k++) // columns after j are zero or not yet made, as values are sorted
                    {
                        var other = vectors.Start + (long)k * vectors.Stride;
                        ColumnKernels.AddScaled(
                            -ColumnKernels.Dot(other, start, vectors.Stride), other, start, vectors.Stride);
                    }
                var norm = Math.Sqrt(ColumnKernels.Dot(start, start, vectors.Stride));
                if (norm < 1e-3) continue; // nearly inside the span of the others; some unit vector always keeps 1/√n
                foreach (ref var value in column) value /= norm;
                break;
            }
        }
    }

    /// <summary>One round of a round-robin tournament: disjoint pairs, their angles, their rotations.</summary>
    private sealed class Round(int padded)
    {
        private readonly double[] dots = new double[padded];
        private readonly double[] firstNorms = new double[padded];
        private readonly double[] secondNorms = new double[padded];
        private readonly double[] tangents = new double[padded];
        private readonly double[] cosines = new double[padded];
        private readonly int[] firsts = new int[padded];
        private readonly int[] seconds = new int[padded];

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public bool Play(ColumnMatrix work, int rows, int size, int players, int turn, double[] norms, double tolerance)
        {
            var count = 0;
            for (var table = 0; table < players / 2; table++)
            {
                // The last player stays, the others move round by one (the circle method).
                var p = table == 0 ? players - 1 : (turn + table) % (players - 1);
                var q = (turn + players - 1 - table) % (players - 1);
                if (p > q) (p, q) = (q, p);
                if (q >= size) continue;
                (firsts[count], seconds[count]) = (p, q);
                (firstNorms[count], secondNorms[count]) = (norms[p], norms[q]);
                dots[count++] = ColumnKernels.Dot(
                    work.Start + (long)p * work.Stride, work.Start + (long)q * work.Stride, rows);
            }
            for (var i = count; i < padded; i++) dots[i] = 0;
            Angles(tolerance);
            var rotated = false;
            for (var i = 0; i < count; i++)
            {
                if (tangents[i] == 0) continue;
                rotated = true;
                var (p, q, sine) = (firsts[i], seconds[i], cosines[i] * tangents[i]);
                ColumnKernels.Rotate(
                    work.Start + (long)p * work.Stride, work.Start + (long)q * work.Stride, cosines[i], sine,
                    work.Stride);
                norms[p] = Math.Max(0, norms[p] - tangents[i] * dots[i]);
                norms[q] += tangents[i] * dots[i];
            }
            return rotated;
        }

        // tan of the angle that makes each pair orthogonal, 0 where it is so already (Rutishauser's stable formula)
        private void Angles(double tolerance)
        {
            for (var i = 0; i < padded; i += Vector256<double>.Count)
            {
                Vector256<double> g = Vector256.Create(dots, i),
                    a = Vector256.Create(firstNorms, i),
                    b = Vector256.Create(secondNorms, i);
                var needed = Vector256.GreaterThan(Vector256.Abs(g), tolerance * Vector256.Sqrt(a * b));
                var zeta = (b - a) / (g + g);
                var tangent =
                    Vector256.CopySign(Vector256<double>.One, zeta)
                    / (
                        Vector256.Abs(zeta)
                        + Vector256.Sqrt(Vector256.MultiplyAddEstimate(zeta, zeta, Vector256<double>.One))
                    );
                tangent = Vector256.ConditionalSelect(needed, tangent, Vector256<double>.Zero);
                tangent.CopyTo(tangents, i);
                (
                    Vector256<double>.One
                    / Vector256.Sqrt(Vector256.MultiplyAddEstimate(tangent, tangent, Vector256<double>.One))
                ).CopyTo(cosines, i);
            }
        }
    }
}
