using System;
using System.IO;
using System.Linq;
using System.Text;
using Workbench.Core.Formats;
using Workbench.Core.Tensors;
using Xunit;

namespace Workbench.Core.Tests.Formats;

public sealed class NpyTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    private NpyFile Open(byte[] bytes) => NpyFile.Open(folder.Put("x.npy", bytes));

    private void Refused(FileProblem problem, byte[] bytes, params string[] says) =>
        Samples.Refused(problem, () => Open(bytes), ["x.npy", .. says]);

    [Fact]
    public void A_matrix_is_written_as_NumPy_would()
    {
        NpyFile.Write(folder.At("x.npy"), Matrix.FromArray(2, 3, [1, 2, 3, 4, 5, 6]));
        // numpy.save(…, numpy.float32([[1, 2, 3], [4, 5, 6]])): the header is padded so that the data begin at byte
        // 128.
        var header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }".PadRight(117) + "\n";
        Assert.Equal(Samples.Npy(header, Samples.Floats(1, 2, 3, 4, 5, 6)), File.ReadAllBytes(folder.At("x.npy")));
    }

    [Fact]
    public void What_is_written_is_read_again()
    {
        NpyFile.Write(folder.At("d.npy"), new double[] { 0.1, -2, 3 }, new Shape(3));
        NpyFile.Write(folder.At("i.npy"), new long[] { long.MinValue, -1, 1, long.MaxValue }, new Shape(2, 1, 2));
        NpyFile.Write(folder.At("s.npy"), new double[] { 7 }, new Shape());
        using var doubles = NpyFile.Open(folder.At("d.npy"));
        using var integers = NpyFile.Open(folder.At("i.npy"));
        using var scalar = NpyFile.Open(folder.At("s.npy"));
        Assert.Equal([0.1, -2, 3], doubles.ReadDoubles(NpyFile.ArrayName));
        Assert.Equal([long.MinValue, -1, 1, long.MaxValue], integers.ReadIntegers(NpyFile.ArrayName));
        Assert.Equal(new Shape(2, 1, 2), integers.Tensors.Single().Shape);
        Assert.Equal(0, scalar.Tensors.Single().Shape.Rank);
        Assert.Equal([7.0], scalar.ReadDoubles(NpyFile.ArrayName));
    }

    [Fact]
    public void A_value_too_few_is_refused_by_both_numbers() =>
        Assert.Contains(
            "6 elements, but 5",
            Assert
                .Throws<ArgumentException>(() => NpyFile.Write(folder.At("x.npy"), new double[5], new Shape(2, 3)))
                .Message
        );

    [Fact]
    public void Fortran_order_is_turned_into_C_order_in_pieces_of_any_size()
    {
        const int rows = 130, columns = 101; // more elements than one piece
        var byColumn = Enumerable.Range(0, rows * columns).Select(i => 1000f * (i % rows) + i / rows).ToArray();
        using var file = Open(
            Samples.Npy(
                $"{{'descr': '<f4', 'fortran_order': True, 'shape': ({rows}, {columns})}}", Samples.Floats(byColumn))
        );
        var matrix = file.ReadMatrix(NpyFile.ArrayName);
        for (var i = 0; i < rows; i++)
            for (var j = 0; j < columns; j++)
                Assert.Equal(1000f * i + j, matrix[i, j]);
    }

    [Fact]
    public void Big_endian_values_are_turned_around()
    {
        using var file = Open(
            Samples.Npy("{'descr': '>i4', 'fortran_order': False, 'shape': (2,)}", 0, 0, 1, 2, 0xff, 0xff, 0xff, 0xfe));
        Assert.Equal([258L, -2L], file.ReadIntegers(NpyFile.ArrayName));
    }

    [Fact]
    public void Longs_of_Python_2_are_sizes_too()
    {
        using var file = Open(Samples.Npy("{'descr': '|u1', 'fortran_order': False, 'shape': (2L, 1L)}", 1, 2));
        Assert.Equal(new Shape(2, 1), file.Tensors.Single().Shape);
    }

    [Fact]
    public void A_file_shorter_than_its_prefix() =>
        Refused(FileProblem.Malformed, [0x93, .. "NUMPY"u8, 1, 0], "8 bytes");

    [Fact]
    public void A_wrong_magic() => Refused(FileProblem.Malformed, "NUMPYY\u0001\0\0\0"u8.ToArray(), "NUMPY");

    [Fact]
    public void A_version_that_does_not_exist() =>
        Refused(FileProblem.Malformed, [0x93, .. "NUMPY"u8, 9, 0, 0, 0], "9.0");

    [Fact]
    public void A_header_past_the_end() =>
        Refused(
            FileProblem.OutOfBounds,
            [0x93, .. "NUMPY"u8, 2, 0, 255, 255, 255, 255, (byte)'{'],
            "4294967307",
            "has 13"
        );

    [Theory]
    [InlineData("[1, 2]", "\"{\"")]
    [InlineData("{'descr': '<f4', 'fortran_order': False}", "no shape")]
    [InlineData("{'descr': '<f4', 'shape': ()}", "no fortran_order")]
    [InlineData("{}", "no descr")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (), 'x': 1}", "\"x\"")]
    [InlineData("{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': ()}", "\"descr\" twice")]
    [InlineData("{'descr': '<f4', 'fortran_order': 0, 'shape': ()}", "True or False")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': 6}", "\"(\"")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': [6]}", "\"(\"")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (6)}", "(6,)")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (6.0,)}", "\")\"")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (-6,)}", "a size from 0")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (9223372036854775808,)}", "a size from 0")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': ()} x", "goes on")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': ()", "\"}\"")]
    [InlineData("{'descr", "no end")]
    [InlineData("{'descr': '<f\0004', 'fortran_order': False, 'shape': ()}", "NUL")]
    [InlineData("{'descr': __import__('os'), 'fortran_order': False, 'shape': ()}", "a string is needed")]
    [InlineData("{'descr': '<q9', 'fortran_order': False, 'shape': ()}", "<q9")]
    [InlineData("{'descr': '=f4', 'fortran_order': False, 'shape': ()}", "order of its bytes")]
    public void A_header_that_is_not_the_dictionary_it_should_be(string header, string says) =>
        Refused(FileProblem.Malformed, Samples.Npy(header, new byte[24]), says);

    [Fact]
    public void A_header_of_version_3_that_is_not_UTF8() =>
        Refused(FileProblem.Malformed, [0x93, .. "NUMPY"u8, 3, 0, 2, 0, 0, 0, (byte)'{', 0xff], "UTF-8");

    [Fact]
    public void A_header_nested_9000_deep() =>
        Refused(FileProblem.Malformed, Samples.Npy("{'shape': " + new string('(', 9_000)), "a size");

    [Fact]
    public void A_header_longer_than_NumPy_reads() =>
        Refused(
            FileProblem.Malformed,
            Samples.Npy("{'descr': '<f4', 'fortran_order': False, 'shape': ()}".PadRight(10_001), new byte[4]), "10001",
            "10000");

    [Theory]
    [
        InlineData("'|O'", "Python objects"),
        InlineData("'<U2'", "text"),
        InlineData("'<c8'", "complex"),
        InlineData("'<M8[D]'", "dates"),
        InlineData("'<f16'", "<f16"),
        InlineData("'|V5'", "raw"),
        InlineData("[('a', '<f4')]", "structured")
    ]
    public void Types_that_are_no_numbers(string descr, string says) =>
        Refused(
            FileProblem.UnsupportedDType,
            Samples.Npy($"{{'descr': {descr}, 'fortran_order': False, 'shape': (1,)}}", new byte[24]), says);

    [Fact]
    public void Data_that_end_too_early() =>
        Refused(
            FileProblem.OutOfBounds,
            Samples.Npy("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3)}", new byte[23]), "24 bytes",
            "only 23");

    [Fact]
    public void Data_that_go_on() =>
        Refused(
            FileProblem.TrailingData,
            Samples.Npy("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3)}", new byte[26]), "2 bytes follow");

    [Theory]
    [InlineData("4611686018427387904, 4"), InlineData("9223372036854775807,")]
    public void Sizes_whose_product_overflows(string sizes) =>
        Refused(
            FileProblem.OutOfBounds, Samples.Npy($"{{'descr': '<f4', 'fortran_order': False, 'shape': ({sizes})}}"),
            "2^63");
}
