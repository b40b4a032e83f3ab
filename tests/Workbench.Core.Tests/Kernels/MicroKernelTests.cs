using System;
using System.Linq;
using System.Runtime.Intrinsics.X86;
using Workbench.Core.Kernels;
using Workbench.Core.Randomness;
using Xunit;

namespace Workbench.Core.Tests.Kernels;

[RunsOnEveryTier]
public sealed unsafe class MicroKernelTests
{
    [Theory, InlineData(0), InlineData(1), InlineData(2), InlineData(7), InlineData(64), InlineData(129)]
    public void A_score_is_one_chain_of_fused_steps_in_the_order_of_k(int depth)
    {
        foreach (var kernel in MicroKernel.Supported)
            foreach (var accumulate in new[] { false, true })
            {
                using var a = Random(kernel.Rows * depth, 1);
                using var b = Random(kernel.Columns * depth, 2);
                using var tile = Random(MicroKernel.LargestTile, 3);
                var before = new ReadOnlySpan<float>(tile.Pointer, MicroKernel.LargestTile).ToArray();
                kernel.Multiply(a.Pointer, b.Pointer, depth, tile.Pointer, accumulate);
                for (var r = 0; r < kernel.Rows; r++)
                    for (var c = 0; c < kernel.Columns; c++)
                    {
                        var start = accumulate ? before[r * kernel.Columns + c] : 0;
                        var (chain, magnitude) = (start, Math.Abs(start));
                        for (var k = 0; k < depth; k++)
                        {
                            var (x, y) = (a.Pointer[k * kernel.Rows + r], b.Pointer[k * kernel.Columns + c]);
                            chain = MathF.FusedMultiplyAdd(x, y, chain);
                            magnitude += Math.Abs(x * y);
                        }
                        var score = tile.Pointer[r * kernel.Columns + c];
                        if (IsFused(kernel))
                            Assert.Equal(BitConverter.SingleToInt32Bits(chain), BitConverter.SingleToInt32Bits(score));
                        else
                            Assert.True(
                                Math.Abs(score - chain) <= depth * MathF.ScaleB(1, -23) * magnitude,
                                $"{kernel}: {score} against {chain}");
                    }
            }
    }

    [Fact]
    public void The_kernel_in_use_is_the_first_that_is_supported_and_its_tile_fits_the_buffers()
    {
        Assert.Same(MicroKernel.Supported[0], MicroKernel.Best);
        Assert.Equal("portable", MicroKernel.Supported[^1].Name);
        Assert.All(
            MicroKernel.Supported, kernel => Assert.True(kernel.Rows * kernel.Columns <= MicroKernel.LargestTile));
        Assert.All(
            MicroKernel.Supported, kernel => Assert.Equal(0, Workbench.Core.Pairs.PairSpace.RowBlock % kernel.Rows));
    }

    /// <summary>The portable kernel fuses where Vector&lt;float&gt; has FMA hardware beneath it.</summary>
    internal static bool IsFused(MicroKernel kernel) =>
        kernel.Name != "portable" || Fma.IsSupported || System.Runtime.Intrinsics.Arm.AdvSimd.IsSupported;

    private static AlignedBuffer Random(int length, ulong stream)
    {
        var (buffer, philox) = (new AlignedBuffer(length), new Philox(11, stream));
        for (var i = 0; i < length; i++)
            buffer.Pointer[i] = (float)philox.NextNormal();
        return buffer;
    }
}
