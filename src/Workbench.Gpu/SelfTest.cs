using System;
using System.Runtime.InteropServices;
using Workbench.Core.Pairs;
using Workbench.Core.Randomness;
using Workbench.Core.Tensors;

namespace Workbench.Gpu;

/// <summary>What a device must show before it is trusted: the processor's bits, where arithmetics differ.</summary>
internal static class SelfTest
{
    private const int Rows = 40;
    private const int Depth = 11;

    /// <summary>Multiplies hard numbers on the device.</summary>
    /// <exception cref="GpuException">A product is another than the processor's.</exception>
    public static void Run(GpuEngine engine)
    {
        var hard = HardNumbers();
        foreach (var depth in new[] { 1, 2, Depth })
        {
            var product = Matrix.Uninitialized(Rows, Rows);
            var part = ((MatrixView)hard).ColumnRange(0, depth);
            engine.Multiply(part, part, product);
            for (var i = 0; i < Rows; i++)
                for (var j = 0; j < Rows; j++)
                {
                    var right = 0f;
                    for (var k = 0; k < depth; k++) right = MathF.FusedMultiplyAdd(hard[i, k], hard[j, k], right);
                    var (wanted, came) = (
                        BitConverter.SingleToInt32Bits(right), BitConverter.SingleToInt32Bits(product[i, j]));
                    if (wanted == came) continue;
                    throw new GpuException(
                        GpuProblem.WrongArithmetic,
                        $"{engine.Description} gave {product[i, j]:R} where a chain of {depth} fused multiply-adds is "
                            + $"{right:R}: it does not fuse, flushes denormal numbers or loses the sign of zero. Its "
                            + "results cannot be trusted; use another engine.");
                }
        }
    }

    /// <summary>Shuffles hard numbers on the device and prepares them, which takes double precision.</summary>
    /// <exception cref="GpuException">A prepared number is another than the processor's.</exception>
    public static void RunShuffles(GpuEngine engine)
    {
        var (mine, right) = (new float[Rows], new float[Rows]);
        foreach (var scope in Enum.GetValues<ShuffleScope>())
        {
            var shuffles = new Shuffles(HardNumbers(), scope);
            using var shuffler = new GpuShuffler(engine, shuffles, Measure.Pearson, ofColumns: true);
            shuffler.Run([1, 2], (seed, rows) =>
            {
                var drawn = shuffles.Draw((ulong)seed + 1);
                using var prepared = PreparedRows.Prepare(((MatrixView)drawn).Transposed, Measure.Pearson);
                for (var row = 0; row < Depth; row++)
                {
                    rows.CopyRow(row, mine);
                    prepared.CopyRow(row, right);
                    if (MemoryMarshal.AsBytes<float>(mine).SequenceEqual(MemoryMarshal.AsBytes<float>(right))) continue;
                    throw new GpuException(
                        GpuProblem.WrongArithmetic,
                        $"{engine.Description} prepared a shuffled row otherwise than the processor: its double "
                            + "precision cannot be trusted. Use another engine.");
                }
            });
        }
    }

    // Zeros of both signs, denormal numbers, factors whose products are denormal or underflow, and pairs of columns
    // (x, y) and (y, −x) whose products cancel but for the rounding that is not there when they are fused.
    private static Matrix HardNumbers()
    {
        var (random, matrix) = (new Philox(1), new Matrix(Rows, Depth));
        for (var row = 0; row < Rows; row++)
            for (var k = 0; k < Depth; k++)
                matrix[row, k] = (float)random.NextNormal() * random.NextInteger(5) switch
                {
                    0 => -0f,
                    1 => 1e-40f,
                    2 => 1e-23f,
                    3 => 3e4f,
                    _ => 1f,
                };
        for (var row = 1; row < Rows; row += 2)
            (matrix[row, 0], matrix[row, 1]) = (matrix[row - 1, 1], -matrix[row - 1, 0]);
        return matrix;
    }
}
