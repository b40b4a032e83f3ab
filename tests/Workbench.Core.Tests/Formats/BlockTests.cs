using System;
using System.Linq;
using Workbench.Core.Formats;
using Workbench.Core.Randomness;
using Workbench.Core.Tensors;
using Xunit;

namespace Workbench.Core.Tests.Formats;

/// <summary>Quantised blocks by vectors against plain loops.</summary>
[RunsOnEveryTier]
public sealed class BlockTests
{
    public static TheoryData<DType, bool> Types
    {
        get
        {
            var data = new TheoryData<DType, bool>();
            foreach (var dtype in Enum.GetValues<DType>().Where(dtype => dtype.IsBlocked() && dtype.IsReadable()))
            {
                data.Add(dtype, false);
                if (QuantisedBlocks.HaveBigEndianForm(dtype)) data.Add(dtype, true);
            }
            return data;
        }
    }

    [Theory, MemberData(nameof(Types))]
    public void Blocks_of_any_bytes_are_those_of_a_plain_loop(DType dtype, bool bigEndian)
    {
        var (elements, bytes) = QuantisedBlocks.Size(dtype);
        const int blocks = 500;
        var stored = new byte[blocks * bytes];
        var random = new Philox(3, (ulong)dtype);
        foreach (ref var one in stored.AsSpan()) one = (byte)random.NextInteger(256);
        var expected = new float[blocks * elements];
        for (var block = 0; block < blocks; block++)
            PlainBlocks.Decode(
                dtype, stored.AsSpan(block * bytes, bytes), expected.AsSpan(block * elements, elements), bigEndian);
        Assert.True(expected.Distinct().Count() > 20);

        using var folder = new TemporaryFolder();
        using var file = new MappedFile(folder.Put("blocks", [0, .. stored])); // at an odd address
        Same(0, expected.Length);
        // Parts that begin and end inside blocks.
        foreach (var (first, count) in new[] { (1, 1), (5, elements), (elements - 1, 2), (elements, 3 * elements + 7) })
            Same(first, count);

        void Same(int first, int count)
        {
            var values = new float[count];
            QuantisedBlocks.Read(file, 1, dtype, bigEndian, first, values);
            for (var i = 0; i < count; i++)
                Assert.True(
                    Bits(values[i]) == Bits(expected[first + i]),
                    $"value {first + i} is {values[i]:R}, not {expected[first + i]:R}");
        }
    }

    // A number that is none is as good as another.
    private static uint Bits(float value) => BitConverter.SingleToUInt32Bits(float.IsNaN(value) ? float.NaN : value);
}
