using System;
using System.Threading.Tasks;
using Xunit;

namespace Workbench.Core.Tests;

public sealed class InstructionTierTests
{
    [Theory]
    [InlineData("avx2", "DOTNET_EnableAVX512")]
    [InlineData("sse", "DOTNET_EnableAVX2")]
    [InlineData("scalar", "DOTNET_EnableHWIntrinsic")]
    public async Task Kernels_and_scans_pass_their_tests_with_an_instruction_set_switched_off(
        string tier, string variable)
    {
        using var child = ChildProcess.Start([(variable, "0")], "tier", tier);
        var (output, errors) = (child.StandardOutput.ReadToEndAsync(), child.StandardError.ReadToEndAsync());
        await child.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(5));
        Assert.True(child.ExitCode == 0, await output + await errors);
        Assert.Contains("0 failed", await output);
    }
}
