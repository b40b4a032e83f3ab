using System;
using System.IO;
using Workbench.Core.Tensors;
using Xunit;

namespace Workbench.Core.Tests;

public sealed class MatrixTests
{
    [Fact]
    public void A_matrix_keeps_values_row_by_row() =>
        Assert.Equal([4f, 5f, 6f], Matrix.FromArray(2, 3, [1, 2, 3, 4, 5, 6]).Row(1).ToArray());

    [Fact]
    public unsafe void Owned_memory_is_aligned_to_a_cache_line()
    {
        for (var columns = 1; columns < 40; columns++)
            Assert.Equal(0u, (nuint)new Matrix(3, columns).DangerousPointer % 64);
    }

    [Theory]
    [InlineData(0, 5), InlineData(1, 1), InlineData(15, 17), InlineData(33, 16)]
    public void Transposing_exchanges_indices(int rows, int columns)
    {
        var matrix = new Matrix(rows, columns);
        for (var i = 0; i < rows; i++)
            for (var j = 0; j < columns; j++)
                matrix[i, j] = 100 * i + j;
        var transposed = matrix.Transpose();
        Assert.Equal((columns, rows), (transposed.Rows, transposed.Columns));
        for (var i = 0; i < rows; i++)
            for (var j = 0; j < columns; j++)
                Assert.Equal(100 * i + j, transposed[j, i]);
    }

    [Fact]
    public void A_row_range_shares_memory()
    {
        var matrix = new Matrix(4, 2);
        matrix.RowRange(1, 2)[0, 1] = 7;
        Assert.Equal(7, matrix[1, 1]);
    }

    [Fact]
    public void A_row_out_of_range_names_the_shape()
    {
        var error = Assert.Throws<ArgumentOutOfRangeException>(() => new Matrix(2, 3).Row(2).ToArray());
        Assert.Contains("2 × 3", error.Message);
    }

    [Fact]
    public void A_view_is_read_only_and_says_so_after_its_file_is_unmapped()
    {
        var path = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(path, [0, 0, 128, 63, 0, 0, 0, 64]);
            var file = new MappedFile(path);
            var view = Matrix.View(file, 0, 1, 2);
            Assert.Equal([1f, 2f], view.Row(0).ToArray());
            Assert.Throws<InvalidOperationException>(() => view[0, 0] = 1);
            file.Dispose();
            Assert.Throws<ObjectDisposedException>(() => view[0, 0]);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void A_mapped_matrix_may_be_larger_than_two_to_the_31_bytes()
    {
        var path = Path.GetTempFileName();
        try
        {
            const int rows = 600_000, columns = 1000; // 2.4 GB, sparse on disk
            using (var stream = new FileStream(path, FileMode.Open))
            {
                stream.SetLength((long)rows * columns * sizeof(float));
                stream.Position = stream.Length - sizeof(float);
                stream.Write(BitConverter.GetBytes(3.5f));
            }
            using var file = new MappedFile(path);
            Assert.Equal(3.5f, Matrix.View(file, 0, rows, columns)[rows - 1, columns - 1]);
        }
        finally
        {
            File.Delete(path);
        }
    }
}
