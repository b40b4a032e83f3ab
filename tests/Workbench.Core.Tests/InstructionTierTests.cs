using System;
using System.Collections.Generic;
using System.Reflection;
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
        (string, string)[] environment = switchedOff == "" ? [] : [(switchedOff, "0")];
        using var child = ChildProcess.Start(environment, "tier", tier);
        var (output, errors) = (child.StandardOutput.ReadToEndAsync(), child.StandardError.ReadToEndAsync());
        await child.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(15));
        Assert.True(child.ExitCode == 0, await output + await errors);
        Assert.Contains("0 failed", await output);
    }

    /// <summary>A tier and the variable that switches off what is above it; skipped by name where the processor lacks
    /// the tier.</summary>
    [AttributeUsage(AttributeTargets.Method, AllowMultiple = true)]
    private sealed class TierAttribute : DataAttribute
    {
        private readonly string name;
        private readonly string switchedOff;

        public TierAttribute(string name, string switchedOff)
        {
            (this.name, this.switchedOff) = (name, switchedOff);
            var present = name switch
            {
                "avx512" => Avx512F.IsSupported,
                "avx2" => Avx2.IsSupported && Fma.IsSupported,
                "sse" => Sse2.IsSupported,
                _ => true,
            };
            if (!present) Skip = $"this processor has no {name}";
        }

        public override IEnumerable<object[]> GetData(MethodInfo testMethod) => [[name, switchedOff]];
    }
}
