using System;
using System.Collections.Generic;
using System.Linq;
using System.Reflection;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using System.Threading.Tasks;
using Xunit;
using Xunit.Sdk;

namespace Workbench.Core.Tests;

public sealed class InstructionTierTests
{
    [Theory]
    [Tier("avx512", "")]
    [Tier("avx2", "DOTNET_EnableAVX512")]
    [Tier("sse", "DOTNET_EnableAVX2")]
    [Tier("scalar", "DOTNET_EnableHWIntrinsic")]
    public async Task Kernels_and_scans_pass_their_tests_with_the_instructions_of_a_tier_alone(
        string tier, string switchedOff)
    {
        if (tier == Own)
        {
            // What these tests run on: here the marked classes are run by whoever runs this one.
            Program.AssertTier(tier);
            return;
        }
        var (exitCode, said) = await Runs[(tier, switchedOff)];
        Assert.True(exitCode == 0, said);
        Assert.Contains("0 failed", said);
    }

    private static string Own =>
        Vector512.IsHardwareAccelerated ? "avx512"
        : Avx2.IsSupported && Fma.IsSupported ? "avx2"
        : Sse2.IsSupported ? "sse"
        : "scalar";

    // All at once: what follows an await waits until all other classes have begun, and one after the other the tiers
    // would run when everything else has ended.
    private static readonly Dictionary<(string, string), Task<(int ExitCode, string Said)>> Runs =
        typeof(InstructionTierTests)
            .GetMethod(nameof(Kernels_and_scans_pass_their_tests_with_the_instructions_of_a_tier_alone))!
            .GetCustomAttributes<TierAttribute>()
            .Where(tier => tier.Skip is null && tier.Name != Own)
            .ToDictionary(tier => (tier.Name, tier.SwitchedOff), tier => Task.Run(() => Run(tier)));

    private static async Task<(int ExitCode, string Said)> Run(TierAttribute tier)
    {
        (string, string)[] environment = tier.SwitchedOff == "" ? [] : [(tier.SwitchedOff, "0")];
        using var child = ChildProcess.Start(environment, "tier", tier.Name);
        var (output, errors) = (child.StandardOutput.ReadToEndAsync(), child.StandardError.ReadToEndAsync());
        try
        {
            await child.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(30));
        }
        finally
        {
            if (!child.HasExited) child.Kill();
        }
        return (child.ExitCode, await output + await errors);
    }

    /// <summary>A tier and the variable that switches off what is above it; skipped by name where the processor lacks
    /// the tier.</summary>
    [AttributeUsage(AttributeTargets.Method, AllowMultiple = true)]
    private sealed class TierAttribute : DataAttribute
    {
        public TierAttribute(string name, string switchedOff)
        {
            (Name, SwitchedOff) = (name, switchedOff);
            var present = name switch
            {
                "avx512" => Avx512F.IsSupported,
                "avx2" => Avx2.IsSupported && Fma.IsSupported,
                "sse" => Sse2.IsSupported,
                _ => true,
            };
            if (!present) Skip = $"this processor has no {name}";
        }

        public string Name { get; }

        public string SwitchedOff { get; }

        public override IEnumerable<object[]> GetData(MethodInfo testMethod) => [[Name, SwitchedOff]];
    }
}
