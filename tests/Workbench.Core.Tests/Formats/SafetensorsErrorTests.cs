using System;
using System.IO;
using System.Linq;
using System.Text;
using Workbench.Core.Formats;
using Xunit;

namespace Workbench.Core.Tests.Formats;

/// <summary>Every way in which a safetensors file can be wrong, one file each.</summary>
public sealed class SafetensorsErrorTests : IDisposable
{
    private const string Good = """{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""";

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    private WeightFileException Refused(FileProblem problem, byte[] bytes, params string[] says)
    {
        var path = folder.Put("x.safetensors", bytes);
        var error = Samples.Refused(problem, () => SafetensorsFile.Open(path), says);
        Assert.Equal(path, error.Path);
        Assert.StartsWith(path, error.Message);
        return error;
    }

    private WeightFileException RefusedHeader(FileProblem problem, string header, int data, params string[] says) =>
        Refused(problem, Samples.Safetensors(header, new byte[data]), says);

    [Fact]
    public void The_file_that_the_others_are_variations_of_is_read()
    {
        using var file = SafetensorsFile.Open(
            folder.Put("x.safetensors", Samples.Safetensors(Good, Samples.Floats(1, 2))));
        Assert.Equal([1f, 2f], file.ReadVector("a"));
    }

    [Fact]
    public void A_file_that_is_not_there() =>
        Samples.Refused(
            FileProblem.MissingFile, () => SafetensorsFile.Open(folder.At("none.safetensors")), "none.safetensors");

    [Fact]
    public void A_folder_in_place_of_a_file() =>
        Samples.Refused(FileProblem.MissingFile, () => SafetensorsFile.Open(folder.Path), "folder");

    [Fact]
    public void An_empty_file() => Refused(FileProblem.Malformed, [], "empty", "download it again");

    [Fact]
    public void A_file_shorter_than_the_header_length() =>
        Refused(FileProblem.Malformed, [1, 0, 0, 0, 0, 0, 0], "has 7 bytes", "8");

    [Fact]
    public void A_header_longer_than_any_honest_one() =>
        Refused(FileProblem.Malformed, [.. BitConverter.GetBytes(100_000_001L), .. "{}"u8], "100000001", "100000000");

    [Fact]
    public void A_header_length_beyond_63_bits() =>
        Refused(FileProblem.Malformed, [.. BitConverter.GetBytes(ulong.MaxValue), .. "{}"u8], "18446744073709551615");

    [Fact]
    public void A_header_that_ends_past_the_file() =>
        Refused(FileProblem.OutOfBounds, [.. BitConverter.GetBytes(50L), .. "{}"u8], "byte 58", "has 10", "download");

    [Fact]
    public void A_header_that_is_not_JSON() =>
        RefusedHeader(FileProblem.Malformed, """{"a":{"dtype":"F32",}}""", 0, "not JSON");

    [Fact]
    public void A_header_of_no_bytes() => Refused(FileProblem.Malformed, Samples.Safetensors("", 7), "not JSON");

    [Fact]
    public void A_header_that_is_not_an_object() =>
        RefusedHeader(FileProblem.Malformed, "[1]", 0, "the header should be an object");

    [Fact]
    public void A_header_that_goes_on_after_its_end() =>
        RefusedHeader(FileProblem.Malformed, Good + "{}", 8, "not JSON");

    [Fact]
    public void A_header_that_is_not_UTF8() =>
        Refused(FileProblem.Malformed, Samples.Safetensors([.. "{\""u8, 0xff, .. "\":0}"u8]), "UTF-8");

    [Fact]
    public void A_name_with_half_of_a_surrogate_pair() =>
        RefusedHeader(
            FileProblem.Malformed, """{"\ud800":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}""", 0, "not JSON");

    [Fact]
    public void A_header_nested_deeper_than_the_original_library_reads() =>
        RefusedHeader(
            FileProblem.Malformed, $$$"""{"a":{"x":{{{new string('[', 100_000)}}}{{{new string(']', 100_000)}}}}}""", 0,
            "not JSON");

    [Theory]
    [InlineData(125, true), InlineData(126, false)]
    public void Ignored_fields_may_nest_127_deep_and_no_deeper(int brackets, bool read)
    {
        var header =
            $$$"""{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,"""
                + $$$"""0],"x":{{{new string('[', brackets)}}}{{{new string(']', brackets)}}}}}""";
        var path = folder.Put("x.safetensors", Samples.Safetensors(header));
        if (read) SafetensorsFile.Open(path).Dispose();
        else Samples.Refused(FileProblem.Malformed, () => SafetensorsFile.Open(path), "not JSON");
    }

    [Fact]
    public void Two_tensors_of_one_name() =>
        Assert.Equal(
            "a",
            RefusedHeader(
                FileProblem.DuplicateName,
                """{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"\u0061":{"dtype":"U8","shape":"""
                    + """[0],"data_offsets":[0,0]}}""",
                0,
                "\"a\""
            ).Tensor
        );

    [Theory]
    [InlineData("dtype", "\"U8\""), InlineData("shape", "[0]"), InlineData("data_offsets", "[0,0]")]
    public void A_field_twice_in_one_entry(string field, string value) =>
        RefusedHeader(
            FileProblem.Malformed,
            $$$"""{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0],"{{{field}}}":{{{value}}}}}""", 0, "\"a\"",
            $"{field} twice");

    [Theory]
    [InlineData("""{"a":{"shape":[0],"data_offsets":[0,0]}}""", "no dtype")]
    [InlineData("""{"a":{"dtype":"U8","data_offsets":[0,0]}}""", "no shape")]
    [InlineData("""{"a":{"dtype":"U8","shape":[0]}}""", "no data_offsets")]
    [InlineData("""{"a":[]}""", "an object")]
    [InlineData("""{"a":{"dtype":8,"shape":[0],"data_offsets":[0,0]}}""", "a string")]
    [InlineData("""{"a":{"dtype":"U8","shape":0,"data_offsets":[0,0]}}""", "an array")]
    [InlineData("""{"a":{"dtype":"U8","shape":["0"],"data_offsets":[0,0]}}""", "a number")]
    [InlineData("""{"a":{"dtype":"U8","shape":[0],"data_offsets":[0]}}""", "1 numbers")]
    [InlineData("""{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0,0]}}""", "3 numbers")]
    [InlineData("""{"a":{"dtype":"U8","shape":[0.0],"data_offsets":[0,0]}}""", "0.0")]
    [InlineData("""{"a":{"dtype":"U8","shape":[1e2],"data_offsets":[0,100]}}""", "1e2")]
    [InlineData("""{"a":{"dtype":"U8","shape":[-0],"data_offsets":[0,0]}}""", "-0")]
    public void An_entry_that_lacks_something_or_has_another_kind_of_it(string header, string says) =>
        Assert.Equal("a", RefusedHeader(FileProblem.Malformed, header, 0, "\"a\"", says).Tensor);

    [Theory]
    [InlineData("""{"__metadata__":{"k":5}}""", "\"k\"")]
    [InlineData("""{"__metadata__":["k"]}""", "an object")]
    public void Notes_that_are_not_texts(string header, string says) =>
        RefusedHeader(FileProblem.Malformed, header, 0, says);

    [Fact]
    public void An_unknown_dtype() =>
        RefusedHeader(
            FileProblem.Malformed, """{"a":{"dtype":"F33","shape":[2],"data_offsets":[0,8]}}""", 8, "\"a\"", "F33");

    [Fact]
    public void A_shape_that_takes_other_bytes_than_its_offsets() =>
        RefusedHeader(
            FileProblem.OutOfBounds, """{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}""", 8, "\"a\"",
            "12 bytes", "has 8");

    [Fact]
    public void Offsets_that_end_before_they_begin() =>
        RefusedHeader(
            FileProblem.OutOfBounds, """{"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}""", 8, "\"a\"",
            "end at 0", "begin at 8");

    [Fact]
    public void Two_tensors_that_overlap() =>
        Assert.Equal(
            "b",
            RefusedHeader(
                FileProblem.OutOfBounds,
                """{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":"""
                    + """[2],"data_offsets":[4,12]}}""",
                12,
                "begin at 4",
                "\"a\"",
                "end at 8"
            ).Tensor
        );

    [Fact]
    public void A_hole_between_two_tensors() =>
        Assert.Equal(
            "b",
            RefusedHeader(
                FileProblem.OutOfBounds,
                """{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":"""
                    + """[1],"data_offsets":[12,16]}}""",
                16,
                "begin at 12",
                "\"a\"",
                "the 4 between"
            ).Tensor
        );

    [Fact]
    public void A_hole_before_the_first_tensor() =>
        RefusedHeader(
            FileProblem.OutOfBounds, """{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", 8, "the header",
            "the 4 between");

    [Fact]
    public void Bytes_after_the_last_tensor() => RefusedHeader(FileProblem.TrailingData, Good, 10, "2 bytes after");

    [Fact]
    public void Data_that_end_too_early() =>
        Assert.Equal(
            "a",
            RefusedHeader(
                FileProblem.OutOfBounds, Good, 7, "end at 8", "has 7", "cut short", "download it again").Tensor
        );

    [Fact]
    public void A_negative_size() =>
        RefusedHeader(
            FileProblem.Malformed, """{"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}""", 8, "\"a\"", "-2");

    [Fact]
    public void A_negative_offset() =>
        RefusedHeader(
            FileProblem.Malformed, """{"a":{"dtype":"F32","shape":[2],"data_offsets":[-8,0]}}""", 8, "\"a\"", "-8");

    [Theory]
    [InlineData("4611686018427387904,4")]
    [InlineData("4611686018427387904,4,0")]
    [InlineData("9223372036854775807")]
    [InlineData("4294967296,4294967296,4294967296,0")]
    public void Sizes_whose_product_overflows(string sizes) =>
        RefusedHeader(
            FileProblem.OutOfBounds, $$$"""{"a":{"dtype":"F32","shape":[{{{sizes}}}],"data_offsets":[0,8]}}""", 8,
            "\"a\"", "2^64");

    [Theory]
    [
        InlineData("9223372036854775808"),
        InlineData("18446744073709551616"),
        InlineData("99999999999999999999999999999999")
    ]
    public void A_size_beyond_63_bits(string size) =>
        RefusedHeader(
            FileProblem.Malformed, $$$"""{"a":{"dtype":"F32","shape":[0,{{{size}}}],"data_offsets":[0,0]}}""", 0,
            "\"a\"", size);

    [Fact]
    public void Four_bit_floats_that_fill_no_whole_byte() =>
        RefusedHeader(FileProblem.Malformed, """{"a":{"dtype":"F4","shape":[3],"data_offsets":[0,2]}}""", 2, "12 bits");

    [Fact]
    public void A_truth_value_other_than_0_and_1_is_found_when_it_is_read()
    {
        using var file = SafetensorsFile.Open(
            folder.Put(
                "x.safetensors",
                Samples.Safetensors("""{"a":{"dtype":"BOOL","shape":[3],"data_offsets":[0,3]}}""", 1, 0, 2))
        );
        Assert.Equal(
            "a", Samples.Refused(FileProblem.Malformed, () => file.ReadIntegers("a"), "element 2 is 2").Tensor);
    }

    [Fact]
    public void Integers_are_not_made_of_floats()
    {
        using var file = SafetensorsFile.Open(folder.Put("x.safetensors", Samples.Safetensors(Good, new byte[8])));
        Samples.Refused(FileProblem.UnsupportedDType, () => file.ReadIntegers("a"), "\"a\"", "F32");
    }

    [Fact]
    public void An_empty_tensor_whose_axes_no_matrix_has()
    {
        using var file = SafetensorsFile.Open(
            folder.Put(
                "x.safetensors",
                Samples.Safetensors("""{"a":{"dtype":"F32","shape":[0,4294967296],"data_offsets":[0,0]}}"""))
        );
        Samples.Refused(FileProblem.BeyondLimits, () => file.ReadMatrix("a"), "4294967296");
        Assert.Empty(file.ReadDoubles("a"));
    }

    [Fact]
    public void A_tensor_that_is_not_there_is_answered_with_names_that_come_close()
    {
        using var file = SafetensorsFile.Open(
            folder.Put(
                "x.safetensors",
                Samples.Safetensors("""{"h.0.ln_1.weight":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}"""))
        );
        Samples.Refused(
            FileProblem.MissingTensor, () => file.ReadMatrix("transformer.h.0.ln_1.weight"), "close: h.0.ln_1.weight");
    }

    [Fact]
    public void Values_are_not_read_after_disposal()
    {
        var file = SafetensorsFile.Open(
            folder.Put("x.safetensors", Samples.Safetensors(Good.PadRight(56), new byte[8])));
        var view = file.ReadMatrix("a");
        file.Dispose();
        Assert.Throws<ObjectDisposedException>(() => view[0, 0]);
        Assert.Throws<ObjectDisposedException>(() => file.ReadDoubles("a"));
    }
}
