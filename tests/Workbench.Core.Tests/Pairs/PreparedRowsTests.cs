using System;
using System.Linq;
using Workbench.Core.Kernels;
using Workbench.Core.Pairs;
using Workbench.Core.Pairs.Folds;
using Workbench.Core.Tensors;
using Xunit;

namespace Workbench.Core.Tests.Pairs;

[RunsOnEveryTier]
public sealed class PreparedRowsTests
{
    [Theory, InlineData(1, 1), InlineData(33, 7), InlineData(70, 8), InlineData(31, 41)]
    public void A_row_is_centred_and_scaled_in_double_and_rounded_once(int n, int depth)
    {
        var matrix = Samples.Gaussian(n, depth, 1);
        foreach (
            var measure in new[] { Measure.Cosine, Measure.DotProduct, Measure.Pearson }.Where(measure =>
                depth > 1 || measure != Measure.Pearson
            )
        )
        {
            using var rows = Samples.Prepare(matrix, measure);
            var row = new float[depth];
            for (var i = 0; i < n; i++)
            {
                rows.CopyRow(i, row);
                var values = matrix.Row(i).ToArray().Select(x => (double)x).ToArray();
                var mean = measure == Measure.Pearson ? values.Average() : 0;
                var scale = measure == Measure.DotProduct ? 1 : 1 / Math.Sqrt(values.Sum(x => (x - mean) * (x - mean)));
                for (var k = 0; k < depth; k++) Assert.Equal((values[k] - mean) * scale, row[k], 1e-7);
            }
        }
    }

    [Fact]
    public void Prepared_values_are_the_same_bits_for_every_kernel_layout_and_number_of_threads()
    {
        var matrix = Samples.Gaussian(75, 45, 1);
        foreach (var measure in new[] { Measure.Cosine, Measure.DotProduct, Measure.Pearson })
        {
            var prints = MicroKernel
                .Supported.SelectMany(kernel =>
                    new[] { 1, 3 }.SelectMany(threads =>
                        new MatrixView[] { matrix, ((MatrixView)matrix.Transpose()).Transposed }.Select(view =>
                        {
                            using var rows = PreparedRows.Prepare(
                                view, measure, DegenerateRows.Refuse, threads, kernel);
                            return rows.Fingerprint;
                        })
                    )
                )
                .ToArray();
            Assert.Single(prints.Distinct());
        }
    }

    [Fact]
    public void A_fingerprint_tells_measures_values_and_shapes_apart()
    {
        var matrix = Samples.Gaussian(6, 4, 1);
        var changed = matrix.Copy();
        changed[5, 3] = MathF.BitIncrement(changed[5, 3]);
        var prints = new[] { matrix, changed, Matrix.FromArray(4, 6, matrix.ToArray()) }.Select(values =>
        {
            using var rows = Samples.Prepare(values, Measure.DotProduct);
            return rows.Fingerprint;
        }).ToList();
        using var cosine = Samples.Prepare(matrix, Measure.Cosine);
        prints.Add(cosine.Fingerprint);
        Assert.Equal(prints.Count, prints.Distinct().Count());
    }

    [Fact]
    public void Rows_without_similarity_are_found_before_anything_is_computed_and_named()
    {
        var matrix = Samples.Gaussian(50, 5, 1);
        matrix.WritableRow(7).Clear();
        matrix.WritableRow(8).Fill(0.1f);
        matrix[20, 3] = float.NaN;
        matrix[49, 0] = float.NegativeInfinity;
        DegenerateRow[] broken = [new(20, RowDefect.NotFinite), new(49, RowDefect.NotFinite)];
        Assert.Equal(broken, PreparedRows.FindDegenerate(matrix, Measure.DotProduct));
        Assert.Equal([new(7, RowDefect.Zero), .. broken], PreparedRows.FindDegenerate(matrix, Measure.Cosine));
        Assert.Equal(
            [new(7, RowDefect.Constant), new(8, RowDefect.Constant), .. broken],
            PreparedRows.FindDegenerate(matrix, Measure.Pearson)
        );
        var error = Assert.Throws<DegenerateRowsException>(() => PreparedRows.Prepare(matrix, Measure.Cosine));
        Assert.Equal([7, 20, 49], error.Rows.Select(row => row.Index));
        Assert.Contains("row 7 (all zero), row 20 (not finite), row 49 (not finite)", error.Message);
    }

    [Fact]
    public void Excluded_rows_leave_the_others_with_their_way_back_to_the_source()
    {
        var matrix = Samples.Gaussian(50, 5, 1);
        foreach (var row in new[] { 0, 7, 8, 31, 49 }) matrix.WritableRow(row).Clear();
        using var rows = PreparedRows.Prepare(matrix, Measure.Cosine, DegenerateRows.Exclude);
        Assert.Equal(45, rows.Count);
        Assert.Equal([0, 7, 8, 31, 49], rows.Excluded.Select(row => row.Index));
        using var direct = PreparedRows.Prepare(matrix.SelectRows(rows.SourceRows.AsSpan()), Measure.Cosine);
        Assert.Equal(direct.Fingerprint, rows.Fingerprint);
    }

    [Fact]
    public void Columns_are_prepared_as_the_same_rows_would_be_when_some_have_no_similarity()
    {
        var matrix = Samples.Gaussian(200, 19, 1);
        foreach (var row in new[] { 3, 64, 65, 199 }) matrix.WritableRow(row).Clear();
        matrix[120, 18] = float.NaN;
        var columns = ((MatrixView)matrix.Transpose()).Transposed;
        foreach (var measure in new[] { Measure.Cosine, Measure.DotProduct, Measure.Pearson })
            foreach (var kernel in MicroKernel.Supported)
            {
                using var expected = PreparedRows.Prepare(matrix, measure, DegenerateRows.Exclude, 1, kernel);
                using var rows = PreparedRows.Prepare(columns, measure, DegenerateRows.Exclude, 2, kernel);
                Assert.Equal(expected.Excluded.AsEnumerable(), rows.Excluded);
                Assert.Equal(expected.LargestNorm, rows.LargestNorm);
                Assert.Equal(expected.Fingerprint, rows.Fingerprint);
            }
    }

    [Fact]
    public void Replacing_prepares_as_from_the_start()
    {
        var (first, second) = (Samples.Gaussian(40, 9, 1), Samples.Gaussian(40, 9, 2));
        using var rows = PreparedRows.Prepare(first, Measure.Pearson);
        var before = rows.Fingerprint;
        rows.Replace(second);
        using var fresh = PreparedRows.Prepare(second, Measure.Pearson);
        Assert.NotEqual(before, rows.Fingerprint);
        Assert.Equal(fresh.Fingerprint, rows.Fingerprint);
        Assert.Throws<ArgumentException>(() => rows.Replace(Samples.Gaussian(40, 8, 1)));
        Assert.Throws<DegenerateRowsException>(() => rows.Replace(new Matrix(40, 9)));
        Assert.Equal(fresh.Fingerprint, rows.Fingerprint);
    }

    [Fact]
    public void Norms_of_numbers_near_the_ends_of_single_precision_neither_overflow_nor_vanish()
    {
        using var rows = PreparedRows.Prepare(Matrix.FromArray(2, 2, [3e38f, 3e38f, 1e-45f, 1e-45f]), Measure.Cosine);
        var row = new float[2];
        foreach (var i in new[] { 0, 1 })
        {
            rows.CopyRow(i, row);
            Assert.All(row, value => Assert.Equal(Math.Sqrt(0.5), value, 1e-7));
        }
    }

    [Fact]
    public void Rows_that_were_disposed_say_so()
    {
        var rows = PreparedRows.Prepare(Samples.Gaussian(40, 9, 1), Measure.Cosine);
        var scan = new PairScan(rows);
        rows.Dispose();
        rows.Dispose();
        Assert.Throws<ObjectDisposedException>(() => scan.Run([new ExtremaFold()]));
        Assert.Throws<ObjectDisposedException>(() => rows.CopyRow(0, new float[9]));
        Assert.Throws<ObjectDisposedException>(() => rows.Fingerprint);
    }
}
