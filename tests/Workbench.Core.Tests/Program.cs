using System;
using System.IO;
using System.Linq;
using System.Reflection;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;
using Workbench.Core.Kernels;
using Workbench.Core.Tests.Hub;
using Workbench.Core.Tests.Pairs;
using Workbench.Core.Tests.Training;
using Xunit;
using Xunit.Sdk;

namespace Workbench.Core.Tests;

/// <summary>
/// What the tests run in a process of their own: <c>tier NAME</c> repeats the classes marked
/// <see cref="RunsOnEveryTierAttribute"/>,
/// <c>scan CHECKPOINT</c> runs a scan that hangs half-way, <c>hub-download ENDPOINT CACHE</c> a download
/// and <c>train CHECKPOINT</c> a training run, all to be killed.
/// </summary>
internal static class Program
{
    public static int Main(string[] arguments) =>
        arguments switch
        {
            ["tier", var tier] => RunTier(tier),
            ["scan", var checkpoint] => CheckpointTests.RunHangingScan(checkpoint),
            ["hub-download", var endpoint, var cacheFolder] => HubKillTests
                .DownloadAsync(endpoint, cacheFolder)
                .GetAwaiter()
                .GetResult(),
            ["train", var checkpoint] => TrainingKillTests.Train(checkpoint),
            _ => throw new ArgumentException(
                "This program is started by its tests: tier NAME, scan CHECKPOINT, hub-download ENDPOINT CACHE, or "
                    + "train CHECKPOINT."
            ),
        };

    private static int RunTier(string tier)
    {
        AssertTier(tier);
        var (passed, failed, skipped) = (0, 0, 0);
        foreach (
            var type in typeof(Program)
                .Assembly.GetTypes()
                .Where(type => type.IsDefined(typeof(RunsOnEveryTierAttribute)))
        )
            foreach (var method in type.GetMethods().Where(method => method.IsDefined(typeof(FactAttribute))))
            {
                if (method.GetCustomAttribute<FactAttribute>()!.Skip is { } reason)
                {
                    skipped++;
                    Console.WriteLine($"{type.Name}.{method.Name} skipped: {reason}");
                    continue;
                }
                foreach (
                    var row in method
                        .GetCustomAttributes<DataAttribute>()
                        .SelectMany(data => data.GetData(method))
                        .DefaultIfEmpty([])
                )
                {
                    var instance = Activator.CreateInstance(type);
                    try
                    {
                        method.Invoke(instance, row);
                        passed++;
                    }
                    catch (TargetInvocationException error)
                    {
                        failed++;
                        Console.WriteLine($"{type.Name}.{method.Name}({string.Join(", ", row)}): "
                            + $"{error.InnerException}");
                    }
                    finally
                    {
                        (instance as IDisposable)?.Dispose();
                    }
                }
            }
        Console.WriteLine($"{tier}, {MicroKernel.Best}: {passed} passed, {failed} failed, {skipped} skipped");
        return failed == 0 && passed > 0 ? 0 : 1;
    }

    /// <summary>That this process has a tier and none above it: a switch that the runtime ignores would make its run a
    /// second one of the widest.</summary>
    internal static void AssertTier(string tier)
    {
        if (tier == "avx512")
        {
            Assert.True(Avx512F.IsSupported && Vector512.IsHardwareAccelerated, "AVX-512 is off");
            Assert.Equal("AVX-512", MicroKernel.Best.Name);
            return;
        }
        if (tier == "neon")
        {
            Assert.True(AdvSimd.Arm64.IsSupported && Vector128.IsHardwareAccelerated, "this is no ARM processor");
            Assert.Equal("portable", MicroKernel.Best.Name);
            return;
        }
        Assert.False(Vector512.IsHardwareAccelerated, "AVX-512 is still on");
        Assert.False(Avx512F.IsSupported, "AVX-512 is still on");
        if (tier == "avx2")
        {
            Assert.True(Avx2.IsSupported && Fma.IsSupported && Vector256.IsHardwareAccelerated, "AVX2 is off");
            Assert.Equal("AVX2", MicroKernel.Best.Name);
            return;
        }
        Assert.False(Avx2.IsSupported || Fma.IsSupported || Vector256.IsHardwareAccelerated, "AVX2 is still on");
        Assert.Equal("portable", MicroKernel.Best.Name);
        if (tier == "scalar") Assert.False(Vector128.IsHardwareAccelerated || Sse2.IsSupported, "SSE2 is still on");
        else
        {
            Assert.Equal("sse", tier);
            Assert.True(Vector128.IsHardwareAccelerated && Sse2.IsSupported, "SSE2 is off");
        }
    }
}
