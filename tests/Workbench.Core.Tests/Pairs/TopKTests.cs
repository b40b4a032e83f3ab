using System;
using System.Linq;
using Workbench.Core.Kernels;
using Workbench.Core.Pairs;
using Workbench.Core.Tensors;
using Xunit;

namespace Workbench.Core.Tests.Pairs;

[RunsOnEveryTier]
public sealed class TopKTests
{
    [
        Theory,
        InlineData(1, 1, 1, 3),
        InlineData(3, 40, 5, 8),
        InlineData(17, 700, 10, 12),
        InlineData(33, 31, 50, 12),
        InlineData(0, 10, 2, 3),
        InlineData(2, 5, 2, 0)
    ]
    public void The_rows_found_are_those_of_a_full_sort_with_ties_by_index(int queries, int n, int k, int depth)
    {
        var (a, b) = (Samples.Ties(queries, depth, 1), Samples.Ties(n, depth, 2));
        var scores = ReferenceScores.Compute(a, b, Measure.DotProduct); // small whole numbers: exact
        foreach (var kernel in MicroKernel.Supported)
            foreach (var threads in new[] { 1, 2, 5 })
            {
                var found = TopK.Search(a, b, k, Measure.DotProduct, DegenerateRows.Refuse, threads, kernel);
                Assert.Equal((queries, Math.Min(k, n)), (found.Queries, found.K));
                for (var q = 0; q < queries; q++)
                {
                    var expected = Enumerable
                        .Range(0, n)
                        .OrderByDescending(j => scores[q, j])
                        .ThenBy(j => j)
                        .Take(k)
                        .ToArray();
                    Assert.Equal(expected, found.Indices(q).ToArray());
                    Assert.Equal(expected.Select(j => (float)scores[q, j]), found.Scores(q).ToArray());
                }
            }
    }

    [Theory, InlineData(Measure.Cosine), InlineData(Measure.Pearson)]
    public void Rows_of_the_table_that_have_no_similarity_are_named_or_left_out(Measure measure)
    {
        var (queries, table) = (Samples.Gaussian(4, 6, 1), Samples.Gaussian(90, 6, 2));
        table.WritableRow(5).Clear();
        table.WritableRow(70).Clear();
        Assert.Equal(
            [5, 70],
            Assert
                .Throws<DegenerateRowsException>(() => TopK.Search(queries, table, 3, measure))
                .Rows.Select(row => row.Index)
        );
        var found = TopK.Search(queries, table, 100, measure, DegenerateRows.Exclude);
        Assert.Equal(88, found.K);
        var scores = ReferenceScores.Compute(queries, table, measure);
        for (var q = 0; q < 4; q++)
        {
            Assert.DoesNotContain(5, found.Indices(q).ToArray());
            for (var n = 0; n < 88; n++)
                Assert.Equal(scores[q, found.Indices(q)[n]], found.Scores(q)[n], 1e-6);
        }
        Assert.Throws<DegenerateRowsException>(() =>
            TopK.Search(new Matrix(1, 6), table, 3, measure, DegenerateRows.Exclude)
        );
    }

    [Fact]
    public void Queries_and_table_of_different_width_are_refused_with_both_shapes()
    {
        var error = Assert.Throws<ArgumentException>(() => TopK.Search(new Matrix(2, 3), new Matrix(4, 5), 1));
        Assert.Contains("2 × 3", error.Message);
        Assert.Contains("4 × 5", error.Message);
    }

    [Fact]
    public void An_empty_table_has_nothing_to_find() =>
        Assert.Equal(0, TopK.Search(Samples.Gaussian(2, 3, 1), new Matrix(0, 3), 5).K);
}
