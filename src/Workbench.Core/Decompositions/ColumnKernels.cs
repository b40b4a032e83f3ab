using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Workbench.Core.Decompositions;

/// <summary>
/// The inner loops of the decompositions, over columns padded with zeros to eight values. They always add in eight
/// lanes, so that every processor with fused multiplication (all of today's) gives the same bits, whether or not it has
/// vectors that wide.
/// </summary>
/// <remarks>
/// Where vectors hold four values at most, eight lanes are two vectors, each with a name of its own: a Vector512 would
/// be kept in memory there, and its sixteen sums of four by four are twice as many as there are registers.
/// </remarks>
internal static unsafe class ColumnKernels
{
    private const int Lanes = ColumnMatrix.Lanes;
    private const int Half = Lanes / 2;

    // Columns that stay in the first-level cache, together, while all others pass by: 18 KB of 32.
    private const int GroupValues = 2304;

    // Products below 2^-1022 lose bits; a sum of squares that is 2^106 times as large has none that would matter.
    private const double SmallestSquare = 1.8e-276;

    /// <summary>x · y.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static double Dot(double* x, double* y, int rows)
    {
        if (!Vector512.IsHardwareAccelerated) return DotOfHalves(x, y, rows);
        var (even, odd) = (Vector512<double>.Zero, Vector512<double>.Zero);
        var i = 0;
        for (; i + 2 * Lanes <= rows; i += 2 * Lanes)
        {
            even = Vector512.MultiplyAddEstimate(Vector512.Load(x + i), Vector512.Load(y + i), even);
            odd = Vector512.MultiplyAddEstimate(Vector512.Load(x + i + Lanes), Vector512.Load(y + i + Lanes), odd);
        }
        if (i < rows)
            even = Vector512.MultiplyAddEstimate(Vector512.Load(x + i), Vector512.Load(y + i), even);
        return Vector512.Sum(even + odd);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static double DotOfHalves(double* x, double* y, int rows)
    {
        Vector256<double> even = default, evenHigh = default, odd = default, oddHigh = default;
        var i = 0;
        for (; i + 2 * Lanes <= rows; i += 2 * Lanes)
        {
            even = AddProduct(x + i, y + i, even);
            evenHigh = AddProduct(x + i + Half, y + i + Half, evenHigh);
            odd = AddProduct(x + i + Lanes, y + i + Lanes, odd);
            oddHigh = AddProduct(x + i + Lanes + Half, y + i + Lanes + Half, oddHigh);
        }
        if (i < rows)
        {
            even = AddProduct(x + i, y + i, even);
            evenHigh = AddProduct(x + i + Half, y + i + Half, evenHigh);
        }
        return Sum(even + odd, evenHigh + oddHigh);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<double> AddProduct(double* x, double* y, Vector256<double> sum) =>
        Vector256.MultiplyAddEstimate(Vector256.Load(x), Vector256.Load(y), sum);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static double Sum(Vector256<double> low, Vector256<double> high) =>
        Vector512.Sum(Vector512.Create(low, high));

    // As Sum adds: in each half neighbours first, for both products at once.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StoreSums(
        Vector256<double> low0, Vector256<double> high0, Vector256<double> low1, Vector256<double> high1,
        double* product)
    {
        if (Avx.IsSupported)
        {
            var (low, high) = (Avx.HorizontalAdd(low0, low1), Avx.HorizontalAdd(high0, high1));
            (low.GetLower() + low.GetUpper() + (high.GetLower() + high.GetUpper())).Store(product);
        }
        else (product[0], product[1]) = (Sum(low0, high0), Sum(low1, high1));
    }

    /// <summary>y += factor · x.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void AddScaled(double factor, double* x, double* y, int rows)
    {
        if (!Vector512.IsHardwareAccelerated)
        {
            var halves = Vector256.Create(factor);
            for (var i = 0; i < rows; i += Half)
                Vector256.MultiplyAddEstimate(halves, Vector256.Load(x + i), Vector256.Load(y + i)).Store(y + i);
            return;
        }
        var factors = Vector512.Create(factor);
        for (var i = 0; i < rows; i += Lanes)
            Vector512.MultiplyAddEstimate(factors, Vector512.Load(x + i), Vector512.Load(y + i)).Store(y + i);
    }

    /// <summary>(x, y) becomes (c·x − s·y, s·x + c·y).</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Rotate(double* x, double* y, double cosine, double sine, int rows)
    {
        if (!Vector512.IsHardwareAccelerated)
        {
            var (cHalf, sHalf) = (Vector256.Create(cosine), Vector256.Create(sine));
            for (var i = 0; i < rows; i += Half)
            {
                var (a, b) = (Vector256.Load(x + i), Vector256.Load(y + i));
                Vector256.MultiplyAddEstimate(cHalf, a, -(sHalf * b)).Store(x + i);
                Vector256.MultiplyAddEstimate(sHalf, a, cHalf * b).Store(y + i);
            }
            return;
        }
        var (c, s) = (Vector512.Create(cosine), Vector512.Create(sine));
        for (var i = 0; i < rows; i += Lanes)
        {
            var (a, b) = (Vector512.Load(x + i), Vector512.Load(y + i));
            Vector512.MultiplyAddEstimate(c, a, -(s * b)).Store(x + i);
            Vector512.MultiplyAddEstimate(s, a, c * b).Store(y + i);
        }
    }

    /// <summary>product(i, j) = v_i · c_j, column by column; four by four in registers.</summary>
    public static void TransposedProduct(
        double* v, int vStride, int vCount, double* c, int cStride, int cCount, int rows, double* product,
        int productStride)
    {
        var (vTiled, cTiled) = (vCount / 4 * 4, cCount / 4 * 4);
        if (!Vector512.IsHardwareAccelerated)
            DotsOfHalves(v, vStride, vTiled, c, cStride, cTiled, rows, product, productStride);
        else
            for (var j = 0; j < cTiled; j += 4)
                for (var i = 0; i < vTiled; i += 4)
                    Dots4x4(
                        v + (long)i * vStride, vStride, c + (long)j * cStride, cStride, rows,
                        product + (long)j * productStride + i, productStride);
        for (var j = 0; j < cCount; j++)
            for (var i = j < cTiled ? vTiled : 0; i < vCount; i++)
                product[(long)j * productStride + i] = Dot(v + (long)i * vStride, c + (long)j * cStride, rows);
    }

    // Two by three: twelve sums, two vectors of v and one of c fill fifteen of sixteen registers. An even number of
    // vectors v.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void DotsOfHalves(
        double* v, long vStride, int vCount, double* c, long cStride, int cCount, int rows, double* product,
        long productStride)
    {
        var tripled = cCount / 3 * 3;
        var group = System.Math.Max(3, GroupValues / System.Math.Max(rows, 1) / 3 * 3);
        for (var first = 0; first < tripled; first += group)
            for (var (i, last) = (0, System.Math.Min(tripled, first + group)); i < vCount; i += 2)
                for (var j = first; j < last; j += 3)
                {
                    double* v0 = v + i * vStride, v1 = v0 + vStride;
                    double* c0 = c + j * cStride, c1 = c0 + cStride, c2 = c1 + cStride;
                    Vector256<double> s00 = default, s10 = default, s01 = default, s11 = default, s02 = default,
                        s12 = default;
                    Vector256<double> t00 = default, t10 = default, t01 = default, t11 = default, t02 = default,
                        t12 = default;
                    for (var r = 0; r < rows; r += Lanes)
                    {
                        var (a0, a1, b) = (Vector256.Load(v0 + r), Vector256.Load(v1 + r), Vector256.Load(c0 + r));
                        s00 = Vector256.MultiplyAddEstimate(a0, b, s00);
                        s10 = Vector256.MultiplyAddEstimate(a1, b, s10);
                        b = Vector256.Load(c1 + r);
                        s01 = Vector256.MultiplyAddEstimate(a0, b, s01);
                        s11 = Vector256.MultiplyAddEstimate(a1, b, s11);
                        b = Vector256.Load(c2 + r);
                        s02 = Vector256.MultiplyAddEstimate(a0, b, s02);
                        s12 = Vector256.MultiplyAddEstimate(a1, b, s12);
                        (a0, a1) = (Vector256.Load(v0 + r + Half), Vector256.Load(v1 + r + Half));
                        b = Vector256.Load(c0 + r + Half);
                        t00 = Vector256.MultiplyAddEstimate(a0, b, t00);
                        t10 = Vector256.MultiplyAddEstimate(a1, b, t10);
                        b = Vector256.Load(c1 + r + Half);
                        t01 = Vector256.MultiplyAddEstimate(a0, b, t01);
                        t11 = Vector256.MultiplyAddEstimate(a1, b, t11);
                        b = Vector256.Load(c2 + r + Half);
                        t02 = Vector256.MultiplyAddEstimate(a0, b, t02);
                        t12 = Vector256.MultiplyAddEstimate(a1, b, t12);
                    }
                    var to = product + j * productStride + i;
                    StoreSums(s00, t00, s10, t10, to);
                    StoreSums(s01, t01, s11, t11, to + productStride);
                    StoreSums(s02, t02, s12, t12, to + 2 * productStride);
                }
        for (var j = tripled; j < cCount; j++)
            for (var i = 0; i < vCount; i++)
            {
                double* x = v + i * vStride, y = c + j * cStride;
                Vector256<double> low = default, high = default;
                for (var r = 0; r < rows; r += Lanes)
                {
                    low = AddProduct(x + r, y + r, low);
                    high = AddProduct(x + r + Half, y + r + Half, high);
                }
                product[j * productStride + i] = Sum(low, high);
            }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Dots4x4(
        double* v, long vStride, double* c, long cStride, int rows, double* product, long productStride)
    {
        Vector512<double> s00 = default,
            s10 = default,
            s20 = default,
            s30 = default,
            s01 = default,
            s11 = default,
            s21 = default,
            s31 = default;
        Vector512<double> s02 = default,
            s12 = default,
            s22 = default,
            s32 = default,
            s03 = default,
            s13 = default,
            s23 = default,
            s33 = default;
        double* v1 = v + vStride,
            v2 = v1 + vStride,
            v3 = v2 + vStride,
            c1 = c + cStride,
            c2 = c1 + cStride,
            c3 = c2 + cStride;
        for (var r = 0; r < rows; r += Lanes)
        {
            Vector512<double> a0 = Vector512.Load(v + r),
                a1 = Vector512.Load(v1 + r),
                a2 = Vector512.Load(v2 + r),
                a3 = Vector512.Load(v3 + r);
            var b = Vector512.Load(c + r);
            s00 = Vector512.MultiplyAddEstimate(a0, b, s00);
            s10 = Vector512.MultiplyAddEstimate(a1, b, s10);
            s20 = Vector512.MultiplyAddEstimate(a2, b, s20);
            s30 = Vector512.MultiplyAddEstimate(a3, b, s30);
            b = Vector512.Load(c1 + r);
            s01 = Vector512.MultiplyAddEstimate(a0, b, s01);
            s11 = Vector512.MultiplyAddEstimate(a1, b, s11);
            s21 = Vector512.MultiplyAddEstimate(a2, b, s21);
            s31 = Vector512.MultiplyAddEstimate(a3, b, s31);
            b = Vector512.Load(c2 + r);
            s02 = Vector512.MultiplyAddEstimate(a0, b, s02);
            s12 = Vector512.MultiplyAddEstimate(a1, b, s12);
            s22 = Vector512.MultiplyAddEstimate(a2, b, s22);
            s32 = Vector512.MultiplyAddEstimate(a3, b, s32);
            b = Vector512.Load(c3 + r);
            s03 = Vector512.MultiplyAddEstimate(a0, b, s03);
            s13 = Vector512.MultiplyAddEstimate(a1, b, s13);
            s23 = Vector512.MultiplyAddEstimate(a2, b, s23);
            s33 = Vector512.MultiplyAddEstimate(a3, b, s33);
        }
        StoreSums(s00, s10, s20, s30, product);
        StoreSums(s01, s11, s21, s31, product + productStride);
        StoreSums(s02, s12, s22, s32, product + 2 * productStride);
        StoreSums(s03, s13, s23, s33, product + 3 * productStride);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StoreSums(
        Vector512<double> s0, Vector512<double> s1, Vector512<double> s2, Vector512<double> s3, double* product)
    {
        product[0] = Vector512.Sum(s0);
        product[1] = Vector512.Sum(s1);
        product[2] = Vector512.Sum(s2);
        product[3] = Vector512.Sum(s3);
    }

    /// <summary>c_j −= Σ_i v_i · factors(i, j); four columns by two vectors in registers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void SubtractProduct(
        double* v, int vStride, int vCount, double* factors, int factorStride, double* c, int cStride, int cCount,
        int rows)
    {
        if (!Vector512.IsHardwareAccelerated)
        {
            SubtractHalves(v, vStride, vCount, factors, factorStride, c, cStride, cCount, rows);
            return;
        }
        var j = 0;
        for (; j + 4 <= cCount; j += 4)
        {
            double* c0 = c + (long)j * cStride,
                c1 = c0 + cStride,
                c2 = c1 + cStride,
                c3 = c2 + cStride;
            double* f0 = factors + (long)j * factorStride,
                f1 = f0 + factorStride,
                f2 = f1 + factorStride,
                f3 = f2 + factorStride;
            var r = 0;
            for (; r + 2 * Lanes <= rows; r += 2 * Lanes)
            {
                Vector512<double> a0 = Vector512.Load(c0 + r),
                    a1 = Vector512.Load(c1 + r),
                    a2 = Vector512.Load(c2 + r),
                    a3 = Vector512.Load(c3 + r);
                Vector512<double> b0 = Vector512.Load(c0 + r + Lanes),
                    b1 = Vector512.Load(c1 + r + Lanes),
                    b2 = Vector512.Load(c2 + r + Lanes),
                    b3 = Vector512.Load(c3 + r + Lanes);
                var column = v + r;
                for (var i = 0; i < vCount; i++, column += vStride)
                {
                    Vector512<double> x = -Vector512.Load(column),
                        y = -Vector512.Load(column + Lanes);
                    var f = Vector512.Create(f0[i]);
                    a0 = Vector512.MultiplyAddEstimate(x, f, a0);
                    b0 = Vector512.MultiplyAddEstimate(y, f, b0);
                    f = Vector512.Create(f1[i]);
                    a1 = Vector512.MultiplyAddEstimate(x, f, a1);
                    b1 = Vector512.MultiplyAddEstimate(y, f, b1);
                    f = Vector512.Create(f2[i]);
                    a2 = Vector512.MultiplyAddEstimate(x, f, a2);
                    b2 = Vector512.MultiplyAddEstimate(y, f, b2);
                    f = Vector512.Create(f3[i]);
                    a3 = Vector512.MultiplyAddEstimate(x, f, a3);
                    b3 = Vector512.MultiplyAddEstimate(y, f, b3);
                }
                a0.Store(c0 + r);
                a1.Store(c1 + r);
                a2.Store(c2 + r);
                a3.Store(c3 + r);
                b0.Store(c0 + r + Lanes);
                b1.Store(c1 + r + Lanes);
                b2.Store(c2 + r + Lanes);
                b3.Store(c3 + r + Lanes);
            }
            if (r == rows)
                continue;
            for (var jj = 0; jj < 4; jj++)
                for (var i = 0; i < vCount; i++)
                    AddScaled(
                        -f0[(long)jj * factorStride + i], v + (long)i * vStride + r, c0 + (long)jj * cStride + r,
                        Lanes);
        }
        for (; j < cCount; j++)
            for (var i = 0; i < vCount; i++)
                AddScaled(-factors[(long)j * factorStride + i], v + (long)i * vStride, c + (long)j * cStride, rows);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void SubtractHalves(
        double* v, int vStride, int vCount, double* factors, int factorStride, double* c, int cStride, int cCount,
        int rows)
    {
        var j = 0;
        for (; j + 4 <= cCount; j += 4)
        {
            double* c0 = c + (long)j * cStride, c1 = c0 + cStride, c2 = c1 + cStride, c3 = c2 + cStride;
            double* f0 = factors + (long)j * factorStride, f1 = f0 + factorStride, f2 = f1 + factorStride,
                f3 = f2 + factorStride;
            for (var r = 0; r < rows; r += Lanes)
            {
                Vector256<double> a0 = Vector256.Load(c0 + r), a1 = Vector256.Load(c1 + r),
                    a2 = Vector256.Load(c2 + r), a3 = Vector256.Load(c3 + r);
                Vector256<double> b0 = Vector256.Load(c0 + r + Half), b1 = Vector256.Load(c1 + r + Half),
                    b2 = Vector256.Load(c2 + r + Half), b3 = Vector256.Load(c3 + r + Half);
                var column = v + r;
                for (var i = 0; i < vCount; i++, column += vStride)
                {
                    var (x, y) = (-Vector256.Load(column), -Vector256.Load(column + Half));
                    var f = Vector256.Create(f0[i]);
                    a0 = Vector256.MultiplyAddEstimate(x, f, a0);
                    b0 = Vector256.MultiplyAddEstimate(y, f, b0);
                    f = Vector256.Create(f1[i]);
                    a1 = Vector256.MultiplyAddEstimate(x, f, a1);
                    b1 = Vector256.MultiplyAddEstimate(y, f, b1);
                    f = Vector256.Create(f2[i]);
                    a2 = Vector256.MultiplyAddEstimate(x, f, a2);
                    b2 = Vector256.MultiplyAddEstimate(y, f, b2);
                    f = Vector256.Create(f3[i]);
                    a3 = Vector256.MultiplyAddEstimate(x, f, a3);
                    b3 = Vector256.MultiplyAddEstimate(y, f, b3);
                }
                a0.Store(c0 + r);
                a1.Store(c1 + r);
                a2.Store(c2 + r);
                a3.Store(c3 + r);
                b0.Store(c0 + r + Half);
                b1.Store(c1 + r + Half);
                b2.Store(c2 + r + Half);
                b3.Store(c3 + r + Half);
            }
        }
        for (; j < cCount; j++)
            for (var i = 0; i < vCount; i++)
                AddScaled(-factors[(long)j * factorStride + i], v + (long)i * vStride, c + (long)j * cStride, rows);
    }

    /// <summary>
    /// Makes the reflection H = I − β v vᵀ that turns a column, zero above its row <paramref name="pivot"/>, into α
    /// e_pivot;
    /// the column is overwritten by v, with v_pivot = 1.
    /// </summary>
    /// <returns>β, 0 when the column is zero; and α.</returns>
    public static (double Beta, double Alpha) Reflect(double* column, int pivot, int rows)
    {
        var square = Dot(column, column, rows);
        if (square < SmallestSquare) return ReflectTiny(column, pivot, rows);
        var norm = System.Math.Sqrt(square);
        var alpha = column[pivot] > 0 ? -norm : norm;
        var first = column[pivot] - alpha;
        var inverse = 1 / first;
        for (var i = pivot + 1; i < rows; i++)
            column[i] *= inverse;
        column[pivot] = 1;
        return (-first / alpha, alpha);
    }

    // Squares of such a column have lost bits, or are 0: it is made larger first, which leaves v and β as they are.
    private static (double Beta, double Alpha) ReflectTiny(double* column, int pivot, int rows)
    {
        var largest = 0.0;
        for (var i = pivot; i < rows; i++) largest = System.Math.Max(largest, System.Math.Abs(column[i]));
        if (largest == 0)
        {
            column[pivot] = 1;
            return (0, 0);
        }
        for (var i = pivot; i < rows; i++) column[i] /= largest;
        var (beta, alpha) = Reflect(column, pivot, rows);
        return (beta, alpha * largest);
    }
}
