using System;
using Workbench.Core.Formats;
using Workbench.Core.Tensors;
using Xunit;

namespace Workbench.Core.Tests.Formats;

/// <summary>What a tensor's record may say beside its place: PyTorch saves <c>z.conj().imag</c> as the imaginary parts
/// with a note that they are still to be negated.</summary>
public sealed class TensorFlagTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    private PyTorchFile Open(
        Func<Pickle, Pickle> flags, string storage = "FloatStorage", long elements = 4, long offset = 0,
        long[]? sizes = null, long[]? strides = null) =>
        PyTorchFile.Open(
            folder.Put(
                "x.pt",
                Samples.Torch(
                    new Pickle()
                        .Dictionary()
                        .Text("w")
                        .Tensor(elements, offset, sizes ?? [4], strides ?? [1], storage, more: flags)
                        .Raw("s")
                        .Stop())));

    private static Pickle Flag(Pickle pickle, string name, char truth) => pickle.Raw("}").Text(name).Raw($"{truth}s");

    [Fact]
    public void A_pending_negation_is_obeyed()
    {
        using var file = Open(pickle => Flag(pickle, "neg", '\u0088'));
        Assert.Equal([-0f, -1f, -2f, -3f], file.ReadVector("w"));
        Assert.Equal([-0.0, -1, -2, -3], file.ReadDoubles("w"));
        Assert.True(float.IsNegative(file.ReadVector("w")[0])); // as PyTorch negates 0
        Assert.False(file.ReadMatrix("w").IsReadOnly); // never a view of what is stored
    }

    [Fact]
    public void A_pending_negation_of_every_second_element_is_obeyed()
    {
        using var file = Open(pickle => Flag(pickle, "neg", '\u0088'), offset: 1, sizes: [2], strides: [2]);
        Assert.Equal([-1f, -3f], file.ReadVector("w"));
    }

    [Fact]
    public void A_pending_negation_of_wider_and_narrower_floats_is_obeyed()
    {
        // Bytes of the floats 0, 1, 2, 3: as float16, 1 is 0x0000 and 0x3f80 (1.875).
        using var halves = Open(pickle => Flag(pickle, "neg", '\u0088'), "HalfStorage", 8, 0, [4]);
        Assert.Equal([0f, 0f, 0f, -1.875f], halves.ReadVector("w"));
        using var doubles = Open(pickle => Flag(pickle, "neg", '\u0088'), "DoubleStorage", 2, 1, [1]);
        Assert.Equal([-BitConverter.Int64BitsToDouble(0x40400000_40000000)], doubles.ReadDoubles("w"));
    }

    [Fact]
    public void Flags_that_say_no_change_nothing()
    {
        using var file = Open(pickle => Flag(pickle, "neg", '\u0089'));
        Assert.Equal([0f, 1f, 2f, 3f], file.ReadVector("w"));
        using var none = Open(pickle => pickle.Raw("N"));
        Assert.Equal([0f, 1f, 2f, 3f], none.ReadVector("w"));
    }

    [Theory]
    [InlineData("conj", '\u0088', "FloatStorage")] // of complex numbers only
    [InlineData("neg", '\u0088', "IntStorage")] // comes of complex numbers only
    [InlineData("quantizer", '\u0088', "FloatStorage")]
    [InlineData("quantizer", '\u0089', "FloatStorage")]
    [InlineData("neg", 'N', "FloatStorage")]
    public void A_flag_that_nobody_obeys_is_refused_by_name(string flag, char truth, string storage) =>
        Samples.Refused(
            FileProblem.UnsupportedObject, () => Open(pickle => Flag(pickle, flag, truth), storage).Dispose(),
            $"\"{flag}\"", "resolve_neg");

    [Fact]
    public void Flags_that_are_no_dictionary_and_more_arguments_than_there_are_fit_nothing()
    {
        Samples.Refused(FileProblem.Malformed, () => Open(pickle => pickle.Raw("K\u0001")).Dispose(), "flags");
        Samples.Refused(
            FileProblem.Malformed, () => Open(pickle => pickle.Raw("NN")).Dispose(), "_rebuild_tensor_v2",
            "8 arguments");
    }

    [Fact]
    public void Negation_outlives_the_wrapping_of_a_parameter()
    {
        var pickle = new Pickle()
            .Dictionary()
            .Text("w")
            .Global("torch._utils", "_rebuild_parameter")
            .Raw("(")
            .Tensor(4, 0, [4], [1], more: flags => Flag(flags, "neg", '\u0088'))
            .Raw("\u0088")
            .Global("collections", "OrderedDict")
            .Raw(")RtRs")
            .Stop();
        using var file = PyTorchFile.Open(folder.Put("x.pt", Samples.Torch(pickle)));
        Assert.Equal([-0f, -1f, -2f, -3f], file.ReadVector("w"));
    }
}
