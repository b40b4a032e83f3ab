using System;
using System.Linq;
using System.Runtime.Intrinsics;
using System.Threading;
using System.Threading.Tasks;
using Workbench.Core.Randomness;
using Workbench.Core.Tensors;

namespace Workbench.Benchmarks;

/// <summary>The roof of works that read every weight once: the sum over 4 GiB of float32 by all threads.</summary>
/// <param name="threads">How many.</param>
public sealed class MemoryReading(int threads)
{
    /// <summary>What one reading reads.</summary>
    public const long Bytes = 4L << 30;

    private readonly Matrix[] matrices = Random();

    /// <summary>Reads all of it once.</summary>
    public unsafe void Read()
    {
        const int chunk = 1 << 18;
        var next = -1L;
        Parallel.For(0, threads, new ParallelOptions { MaxDegreeOfParallelism = threads }, _ =>
        {
            Vector256<float> a = default, b = default, c = default, d = default;
            var per = matrices[0].Elements / chunk;
            while (Interlocked.Increment(ref next) is var i && i < per * matrices.Length)
            {
                var part = matrices[i / per].DangerousPointer + i % per * chunk;
                for (var k = 0; k < chunk; k += 32)
                {
                    a += Vector256.Load(part + k);
                    b += Vector256.Load(part + k + 8);
                    c += Vector256.Load(part + k + 16);
                    d += Vector256.Load(part + k + 24);
                }
            }
            if (float.IsNaN(Vector256.Sum(a + b + c + d))) throw new InvalidOperationException("A number is NaN.");
        });
        GC.KeepAlive(matrices);
    }

    // Four matrices of 1 GiB.
    private static Matrix[] Random()
    {
        var random = new Philox(1);
        return [.. Enumerable.Range(0, 4).Select(_ =>
        {
            var matrix = new Matrix(1 << 14, 1 << 14);
            var first = matrix.WritableRow(0);
            foreach (ref var value in first) value = (float)random.NextUniform();
            for (var row = 1; row < matrix.Rows; row++) first.CopyTo(matrix.WritableRow(row));
            return matrix;
        })];
    }
}
