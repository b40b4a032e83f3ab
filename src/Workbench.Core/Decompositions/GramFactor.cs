using System;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Workbench.Core.Tensors;

namespace Workbench.Core.Decompositions;

/// <summary>
/// A tall float32 matrix A and the triangle L of Cholesky with L Lᵀ = AᵀA, in float64: A L⁻ᵀ has orthonormal columns,
/// for half of what reflections cost and at the speed of a matrix product.
/// </summary>
/// <remarks>
/// Products of float32 values are exact in float64, so that only their sums are rounded. What is lost is the square of
/// A's condition in roundings, and a matrix whose condition is too bad has no such factor: reflections
/// (<see cref="ThinQr"/>) have to do it. Every entry is one chain of multiply-adds in the order of the rows.
/// </remarks>
internal sealed unsafe class GramFactor
{
    // |A|² |A⁻¹|², in Frobenius' norm. A Gram matrix errs by some roundings (1e-16) of |A|², so that A L⁻ᵀ is
    // orthonormal within a few times 1e-10, and a singular value of A Bᵀ errs by no more than that share of itself.
    private const double LargestSquaredCondition = 1e6;

    // Rows of A in float64 at a time, which stay in the first-level cache with 64 columns (24 KB). Eight divide it.
    private const int Block = 48;

    private const int TileRows = 4, TileColumns = 8;

    private readonly Matrix matrix;

    private GramFactor(Matrix matrix, ColumnMatrix triangle, ColumnMatrix inverse, double norm) =>
        (this.matrix, Triangle, Inverse, Norm) = (matrix, triangle, inverse, norm);

    /// <summary>L, below the diagonal and on it.</summary>
    public ColumnMatrix Triangle { get; }

    /// <summary>L⁻¹.</summary>
    public ColumnMatrix Inverse { get; }

    /// <summary>Frobenius' norm of A.</summary>
    public double Norm { get; }

    /// <summary>The factor of a matrix; null where its condition is too bad, or a value is not finite.</summary>
    public static GramFactor? TryMake(Matrix matrix)
    {
        var triangle = Gram(matrix);
        var square = 0.0;
        for (var i = 0; i < triangle.Columns; i++) square += triangle[i, i];
        if (!TryFactor(triangle)) return null;
        var inverse = InverseOf(triangle);
        var inverseSquare = 0.0;
        for (var j = 0; j < inverse.Columns; j++)
        {
            var column = inverse.Start + (long)j * inverse.Stride;
            inverseSquare += ColumnKernels.Dot(column, column, inverse.Stride);
        }
        return square * inverseSquare <= LargestSquaredCondition
            ? new GramFactor(matrix, triangle, inverse, Math.Sqrt(square))
            : null;
    }

    /// <summary>(A K)ᵀ, rounded to float32.</summary>
    /// <param name="transposed">Kᵀ, with as many columns as A has.</param>
    public Matrix TransposedTimes(ColumnMatrix transposed)
    {
        var (size, depth) = (transposed.Rows, transposed.Columns);
        var result = Matrix.Uninitialized(size, matrix.Rows);
        var (rows, columns) = (new double[(size + TileRows) * depth], new double[(Block + TileColumns) * depth]);
        fixed (double* factors = rows, block = columns)
        {
            PackRows(transposed, factors);
            for (var first = 0; first < matrix.Rows; first += Block)
            {
                var count = Math.Min(Block, matrix.Rows - first);
                PackRows(matrix.DangerousPointer + (long)first * depth, count, depth, block);
                Multiply(factors, block, result, first, count, depth);
            }
        }
        GC.KeepAlive(matrix);
        return result;
    }

    // The lower triangle of AᵀA.
    private static ColumnMatrix Gram(Matrix matrix)
    {
        var size = matrix.Columns;
        var stride = (size + TileColumns - 1) / TileColumns * TileColumns;
        var (block, sums) = (new double[Block * stride], new double[stride * stride]);
        fixed (double* packed = block, sum = sums)
        {
            for (var first = 0; first < matrix.Rows; first += Block)
            {
                var count = Math.Min(Block, matrix.Rows - first);
                PackColumns(matrix.DangerousPointer + (long)first * size, count, size, packed);
                for (var i = 0; i < stride; i += TileRows)
                    for (var j = i / TileColumns * TileColumns; j < stride; j += TileColumns)
                        AddTile(
                            packed + i / TileColumns * TileColumns * Block + i % TileColumns, TileColumns,
                            packed + j * Block, count, sum + i * stride + j, stride);
            }
            GC.KeepAlive(matrix);
            var result = new ColumnMatrix(size, size);
            for (var j = 0; j < size; j++)
                new Span<double>(sum + j * stride + j, size - j).CopyTo(result.Column(j)[j..]);
            return result;
        }
    }

    // A = L Lᵀ in place, column by column from the left.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static bool TryFactor(ColumnMatrix a)
    {
        var (size, stride) = (a.Columns, a.Stride);
        for (var j = 0; j < size; j++)
        {
            var column = a.Start + (long)j * stride;
            if (!(column[j] > 0) || !double.IsFinite(column[j])) return false;
            var inverse = 1 / Math.Sqrt(column[j]);
            for (var i = j; i < size; i++) column[i] *= inverse;
            for (var k = j + 1; k < size; k++)
            {
                var aligned = k / ColumnMatrix.Lanes * ColumnMatrix.Lanes;
                var other = a.Start + (long)k * stride;
                ColumnKernels.AddScaled(-column[k], column + aligned, other + aligned, stride - aligned);
                // What lies above the diagonal stays zero.
                for (var i = aligned; i < k; i++) other[i] = 0;
            }
        }
        GC.KeepAlive(a);
        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static ColumnMatrix InverseOf(ColumnMatrix lower)
    {
        var (size, stride) = (lower.Columns, lower.Stride);
        var result = new ColumnMatrix(size, size);
        for (var j = 0; j < size; j++)
        {
            var x = result.Start + (long)j * stride;
            x[j] = 1;
            for (var k = j; k < size; k++)
            {
                var aligned = k / ColumnMatrix.Lanes * ColumnMatrix.Lanes;
                var column = lower.Start + (long)k * stride;
                var value = x[k] / column[k];
                ColumnKernels.AddScaled(-value, column + aligned, x + aligned, stride - aligned);
                x[k] = value;
            }
        }
        GC.KeepAlive(lower);
        return result;
    }

    // Panels of eight columns, the rows one after the other in each. What is behind the last column stays as it is.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void PackColumns(float* rows, int count, int columns, double* packed)
    {
        for (var r = 0; r < count; r++, rows += columns, packed += TileColumns)
        {
            var to = packed;
            var k = 0;
            for (; k + TileColumns <= columns; k += TileColumns, to += TileColumns * Block)
            {
                var (low, high) = Vector256.Widen(Vector256.Load(rows + k));
                low.Store(to);
                high.Store(to + 4);
            }
            for (; k < columns; k++) to[k % TileColumns] = rows[k];
        }
    }

    // Panels of eight rows, the columns one after the other in each.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void PackRows(float* rows, int count, int columns, double* packed)
    {
        var r = 0;
        for (; r + 4 <= count; r += 4, rows += 4L * columns)
        {
            var to = packed + r / TileColumns * TileColumns * columns + r % TileColumns;
            float* x1 = rows + columns, x2 = x1 + columns, x3 = x2 + columns;
            for (var k = 0; k < columns; k++, to += TileColumns)
                Vector256.Create((double)rows[k], x1[k], x2[k], x3[k]).Store(to);
        }
        for (; r < count; r++, rows += columns)
        {
            var to = packed + r / TileColumns * TileColumns * columns + r % TileColumns;
            for (var k = 0; k < columns; k++, to += TileColumns) *to = rows[k];
        }
    }

    // Panels of four rows; columns are padded with zeros.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void PackRows(ColumnMatrix matrix, double* packed)
    {
        for (var i = 0; i < matrix.Rows; i += TileRows)
            for (var k = 0; k < matrix.Columns; k++, packed += TileRows)
                Vector256.Load(matrix.Start + (long)k * matrix.Stride + i).Store(packed);
        GC.KeepAlive(matrix);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Multiply(double* factors, double* block, Matrix result, int first, int count, int depth)
    {
        var tile = stackalloc double[TileRows * TileColumns];
        var (size, columns) = (result.Rows, result.Columns);
        for (var i = 0; i < size; i += TileRows)
            for (var m = 0; m < count; m += TileColumns)
            {
                for (var c = 0; c < TileRows * TileColumns; c += 4) Vector256<double>.Zero.Store(tile + c);
                AddTile(factors + i * depth, TileRows, block + m * depth, depth, tile, TileColumns);
                for (var r = 0; r < Math.Min(TileRows, size - i); r++)
                {
                    var from = tile + r * TileColumns;
                    var to = result.DangerousPointer + (long)(i + r) * columns + first + m;
                    if (m + TileColumns <= count)
                        Vector256.Narrow(Vector256.Load(from), Vector256.Load(from + 4)).Store(to);
                    else
                        for (var c = 0; c < count - m; c++) to[c] = (float)from[c];
                }
            }
    }

    // c(i, j) += Σ_k a(k, i) · b(k, j) for four i and eight j: eight sums, as many as two units of four cycles need.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddTile(double* a, nint aStride, double* b, nint depth, double* c, nint cStride)
    {
        double* c1 = c + cStride, c2 = c1 + cStride, c3 = c2 + cStride;
        Vector256<double> s00 = Vector256.Load(c), s01 = Vector256.Load(c + 4);
        Vector256<double> s10 = Vector256.Load(c1), s11 = Vector256.Load(c1 + 4);
        Vector256<double> s20 = Vector256.Load(c2), s21 = Vector256.Load(c2 + 4);
        Vector256<double> s30 = Vector256.Load(c3), s31 = Vector256.Load(c3 + 4);
        for (; depth > 0; depth--, a += aStride, b += TileColumns)
        {
            var (x, y) = (Vector256.Load(b), Vector256.Load(b + 4));
            var f = Vector256.Create(a[0]);
            s00 = Vector256.MultiplyAddEstimate(f, x, s00);
            s01 = Vector256.MultiplyAddEstimate(f, y, s01);
            f = Vector256.Create(a[1]);
            s10 = Vector256.MultiplyAddEstimate(f, x, s10);
            s11 = Vector256.MultiplyAddEstimate(f, y, s11);
            f = Vector256.Create(a[2]);
            s20 = Vector256.MultiplyAddEstimate(f, x, s20);
            s21 = Vector256.MultiplyAddEstimate(f, y, s21);
            f = Vector256.Create(a[3]);
            s30 = Vector256.MultiplyAddEstimate(f, x, s30);
            s31 = Vector256.MultiplyAddEstimate(f, y, s31);
        }
        s00.Store(c);
        s01.Store(c + 4);
        s10.Store(c1);
        s11.Store(c1 + 4);
        s20.Store(c2);
        s21.Store(c2 + 4);
        s30.Store(c3);
        s31.Store(c3 + 4);
    }
}
