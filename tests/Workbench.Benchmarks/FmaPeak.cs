using System;
using System.Diagnostics;
using System.Linq;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Threading;

namespace Workbench.Benchmarks;

/// <summary>
/// The roof: single-precision fused multiply-adds per second on registers alone, with the widest vectors the runtime
/// offers.
/// </summary>
public static class FmaPeak
{
    // Twelve independent chains: more than the eight that a latency of four cycles on two ports needs, and with their
    // two operands within the sixteen registers of AVX2.
    private const int Chains = 12;
    private const long Steps = 15_000_000;

    /// <summary>The best of several runs of about 50 ms, in GFLOP/s (a fused multiply-add counts as two), over all
    /// threads together.</summary>
    /// <param name="threads">Threads that run at once.</param>
    /// <param name="repetitions">Number of runs.</param>
    public static double Measure(int threads, int repetitions = 5) =>
        Enumerable.Range(0, repetitions).Max(_ => Once(threads));

    private static double Once(int threads)
    {
        var lanes = Vector512.IsHardwareAccelerated ? Vector512<float>.Count : Vector256<float>.Count;
        using var start = new Barrier(threads);
        var rates = new double[threads];
        var workers = Enumerable.Range(0, threads).Select(worker => new Thread(() =>
        {
            start.SignalAndWait();
            var begin = Stopwatch.GetTimestamp();
            var sum = Vector512.IsHardwareAccelerated ? Chains512(Steps) : Chains256(Steps);
            var seconds = Stopwatch.GetElapsedTime(begin).TotalSeconds;
            rates[worker] = sum == 0 ? 0 : 2.0 * Chains * lanes * Steps / seconds * 1e-9;
        })).ToArray();
        foreach (var worker in workers) worker.Start();
        foreach (var worker in workers) worker.Join();
        return rates.Sum();
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float Chains512(long steps)
    {
        var (x, y, z) = (Vector512.Create(1f), Vector512.Create(0.5f), Vector512.Create(0.25f));
        var (c0, c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11) = (x, x, x, x, x, x, x, x, x, x, x, x);
        for (; steps > 0; steps--)
        {
            c0 = Vector512.FusedMultiplyAdd(c0, y, z);
            c1 = Vector512.FusedMultiplyAdd(c1, y, z);
            c2 = Vector512.FusedMultiplyAdd(c2, y, z);
            c3 = Vector512.FusedMultiplyAdd(c3, y, z);
            c4 = Vector512.FusedMultiplyAdd(c4, y, z);
            c5 = Vector512.FusedMultiplyAdd(c5, y, z);
            c6 = Vector512.FusedMultiplyAdd(c6, y, z);
            c7 = Vector512.FusedMultiplyAdd(c7, y, z);
            c8 = Vector512.FusedMultiplyAdd(c8, y, z);
            c9 = Vector512.FusedMultiplyAdd(c9, y, z);
            c10 = Vector512.FusedMultiplyAdd(c10, y, z);
            c11 = Vector512.FusedMultiplyAdd(c11, y, z);
        }
        return Vector512.Sum(c0 + c1 + c2 + c3 + c4 + c5 + c6 + c7 + c8 + c9 + c10 + c11);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float Chains256(long steps)
    {
        var (x, y, z) = (Vector256.Create(1f), Vector256.Create(0.5f), Vector256.Create(0.25f));
        var (c0, c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11) = (x, x, x, x, x, x, x, x, x, x, x, x);
        for (; steps > 0; steps--)
        {
            c0 = Vector256.FusedMultiplyAdd(c0, y, z);
            c1 = Vector256.FusedMultiplyAdd(c1, y, z);
            c2 = Vector256.FusedMultiplyAdd(c2, y, z);
            c3 = Vector256.FusedMultiplyAdd(c3, y, z);
            c4 = Vector256.FusedMultiplyAdd(c4, y, z);
            c5 = Vector256.FusedMultiplyAdd(c5, y, z);
            c6 = Vector256.FusedMultiplyAdd(c6, y, z);
            c7 = Vector256.FusedMultiplyAdd(c7, y, z);
            c8 = Vector256.FusedMultiplyAdd(c8, y, z);
            c9 = Vector256.FusedMultiplyAdd(c9, y, z);
            c10 = Vector256.FusedMultiplyAdd(c10, y, z);
            c11 = Vector256.FusedMultiplyAdd(c11, y, z);
        }
        return Vector256.Sum(c0 + c1 + c2 + c3 + c4 + c5 + c6 + c7 + c8 + c9 + c10 + c11);
    }
}
