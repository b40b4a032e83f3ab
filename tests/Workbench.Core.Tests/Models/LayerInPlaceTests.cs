using System;
using System.Collections.Concurrent;
using System.Linq;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Workbench.Core.Formats;
using Workbench.Core.Models;
using Workbench.Core.Randomness;
using Workbench.Core.Tensors;
using Workbench.Core.Tests.Formats;
using Xunit;

namespace Workbench.Core.Tests.Models;

/// <summary>Layers over weights as they lie in a file, of every type, have the bits of layers over the widened
/// weights.</summary>
[RunsOnEveryTier]
public sealed class LayerInPlaceTests : IDisposable
{
    private readonly TemporaryFolder folder = new(inMemory: true);

    public void Dispose() => folder.Dispose();

    // Around the kernel's rows, its chains, the piece of a row that is widened at once, and where packing begins.
    private static readonly int[] RowCounts = [1, 2, 4, 5, 8, 9, 33, 64, 71];
    private static readonly (int Inputs, int Outputs)[] Sizes = [(1, 1), (17, 5), (100, 203), (2064, 9), (4101, 34)];
    private static readonly (int Inputs, int Outputs)[] BlockSizes = [(256, 1), (768, 203), (2304, 34)];

    // How work is cut over threads is no matter of instructions, and without vectors a product takes much longer.
    private static readonly int[] ThreadCounts = Vector256.IsHardwareAccelerated ? [1, 2, 3] : [3];

    private static readonly ConcurrentDictionary<(int, int, ulong), Matrix> Drawn = new();

    public static TheoryData<DType> Elements => Readable(dtype => !dtype.IsBlocked() && dtype != DType.Bool);

    public static TheoryData<DType> Blocks => Readable(dtype => dtype.IsBlocked());

    [Theory, MemberData(nameof(Elements))]
    public void Single_elements_of_every_type(DType dtype)
    {
        foreach (var (inputs, outputs) in Sizes)
        {
            var bytes = Values(dtype, inputs * outputs);
            foreach (var layout in Enum.GetValues<WeightLayout>())
                foreach (var odd in new[] { "", " " }) // so that the data begin at even and at odd addresses
                {
                    var (rows, columns) = layout == WeightLayout.OutputMajor ? (outputs, inputs) : (inputs, outputs);
                    using var file = SafetensorsFile.Open(folder.Put(
                        "w.safetensors", Samples.Safetensors(Header(dtype, rows, columns, bytes.Length) + odd, bytes)));
                    Same(file, layout);
                }
        }
    }

    [Theory, MemberData(nameof(Blocks))]
    public void Blocks_of_every_type(DType dtype)
    {
        foreach (var (inputs, outputs) in BlockSizes)
            foreach (var layout in Enum.GetValues<WeightLayout>())
                foreach (var bigEndian in new[] { false, true })
                {
                    if (bigEndian && !QuantisedBlocks.HaveBigEndianForm(dtype)) continue;
                    // The inner axis is a whole number of blocks.
                    var (rows, columns) = (outputs, inputs);
                    var number = Enumerable.Range(0, 64).First(i => GgufTypes.TypeOf((uint)i) == dtype);
                    using var file = GgufFile.Open(folder.Put(
                        "w.gguf",
                        new GgufSample(bigEndian: bigEndian)
                            .Tensor("w", (uint)number, [(ulong)columns, (ulong)rows], OfBlocks(dtype, rows * columns))
                            .Bytes()));
                    Same(file, layout);
                }

        static byte[] OfBlocks(DType dtype, int count)
        {
            var (elements, bytes) = QuantisedBlocks.Size(dtype);
            return Bytes(count / elements * bytes, (ulong)dtype);
        }
    }

    [Fact]
    public void Halves_that_are_no_numbers_and_subnormal_ones()
    {
        var halves = new ushort[64 * 80];
        for (var i = 0; i < halves.Length; i++) halves[i] = (ushort)(i % 0x3ff * (i % 2 == 0 ? 1 : 0x21));
        (int, ushort)[] special = [(70, 0x7c00), (500, 0xfc00), (2000, 0x7e01), (4000, 0xfe00), (5000, 0x8001)];
        foreach (var (at, half) in special) halves[at] = half;
        var bytes = MemoryMarshal.AsBytes<ushort>(halves).ToArray();
        using var file = SafetensorsFile.Open(folder.Put(
            "w.safetensors", Samples.Safetensors(Header(DType.F16, 80, 64, bytes.Length), bytes)));
        Assert.Contains(float.PositiveInfinity, file.ReadVector("w"));
        Same(file, WeightLayout.OutputMajor);
        Same(file, WeightLayout.InputMajor);
    }

    [Fact]
    public void Halves_times_numbers_of_every_size()
    {
        var halves = Values(DType.F16, 12 * 64);
        using var file = SafetensorsFile.Open(folder.Put(
            "w.safetensors", Samples.Safetensors(Header(DType.F16, 12, 64, halves.Length), halves)));
        var (layer, expected) = (
            new Linear(file.View("w"), WeightLayout.OutputMajor),
            new Linear(file.ReadMatrix("w").Copy(), WeightLayout.OutputMajor));
        float[] sizes = [1e-44f, 1e-38f, 65_504f, 65_536f, 1e10f, 3e38f, float.PositiveInfinity, float.NaN];
        foreach (var largest in sizes)
        {
            var x = RandomModels.Normal(1, 64, new Philox(9), 1);
            for (var i = 0; i < 64; i += 7) x[0, i] = largest;
            Assert.Equal(Bits(expected.Apply(x)), Bits(layer.Apply(x)));
        }
    }

    private static TheoryData<DType> Readable(Func<DType, bool> wanted)
    {
        var data = new TheoryData<DType>();
        foreach (var dtype in Enum.GetValues<DType>().Where(dtype => dtype.IsReadable()).Where(wanted)) data.Add(dtype);
        return data;
    }

    private static void Same(TensorFile file, WeightLayout layout)
    {
        var (lying, widened) = (file.View("w"), file.ReadMatrix("w"));
        Assert.Equal(widened.Shape, lying.Shape);
        var bias = Enumerable.Range(0, layout == WeightLayout.OutputMajor ? widened.Rows : widened.Columns)
            .Select(i => i / 8f)
            .ToArray();
        var (layer, expected) = (new Linear(lying, layout, bias), new Linear(widened.Copy(), layout, bias));
        Assert.Equal(Bits(expected.ToMatrix()), Bits(layer.ToMatrix()));
        if (layer.Outputs > 20)
        {
            var (part, wanted) = (layer.Slice(3, 14), expected.Slice(3, 14));
            Assert.Equal(Bits(wanted.ToMatrix()), Bits(part.ToMatrix()));
            if (layer.Inputs > 12) Assert.Equal(Bits(expected.InputRows(5, 7)), Bits(layer.InputRows(5, 7)));
            var few = Normal(3, layer.Inputs, 8);
            Assert.Equal(Bits(wanted.Apply(few)), Bits(part.Apply(few)));
        }
        foreach (var rows in RowCounts)
        {
            var x = Normal(rows, layer.Inputs, 7);
            var y = Bits(expected.Apply(x, threads: 1));
            foreach (var threads in ThreadCounts)
                Assert.True(
                    y.AsSpan().SequenceEqual(Bits(layer.Apply(x, threads))),
                    $"{lying}, {layout}, {rows} rows, {threads} threads");
        }
    }

    // Drawn once: every type of weights meets the same.
    private static Matrix Normal(int rows, int columns, ulong seed) =>
        Drawn.GetOrAdd((rows, columns, seed), _ => RandomModels.Normal(rows, columns, new Philox(seed), 1));

    /// <summary>Numbers of the type, some of them special.</summary>
    private static byte[] Values(DType dtype, int count)
    {
        var random = new Philox(11, (ulong)dtype);
        return dtype switch
        {
            DType.F32 => [.. Normal().SelectMany(value => BitConverter.GetBytes((float)value))],
            DType.F64 => [.. Normal().SelectMany(BitConverter.GetBytes)],
            DType.F16 => [.. Normal().SelectMany(value => BitConverter.GetBytes((Half)value))],
            DType.BF16 =>
                [.. Normal().SelectMany(value => BitConverter.GetBytes((float)value)[2..])],
            _ => Bytes(count * dtype.SizeInBytes(), (ulong)dtype),
        };

        double[] Normal() => [.. Enumerable.Range(0, count).Select(_ => random.NextNormal())];
    }

    private static string Header(DType dtype, int rows, int columns, int bytes) =>
        $"{{\"w\":{{\"dtype\":\"{dtype.Name()}\",\"shape\":[{rows},{columns}],\"data_offsets\":[0,{bytes}]}}}}";

    private static byte[] Bytes(int count, ulong stream)
    {
        var (random, bytes) = (new Philox(12, stream), new byte[count]);
        foreach (ref var one in bytes.AsSpan()) one = (byte)random.NextInteger(256);
        return bytes;
    }

    // A number that is none is as good as another.
    private static uint[] Bits(Matrix matrix) => Array.ConvertAll(
        matrix.ToArray(), value => BitConverter.SingleToUInt32Bits(float.IsNaN(value) ? float.NaN : value));
}
