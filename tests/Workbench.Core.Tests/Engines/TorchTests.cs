using System;
using System.IO;
using System.Linq;
using Workbench.Torch;
using Xunit;

namespace Workbench.Core.Tests.Engines;

/// <summary>What is told where torch's native half is not, as in most builds; the engine itself is judged by
/// tests/witnesses/torch.</summary>
public sealed class TorchTests
{
    private static readonly TorchSystem Linux = new("linux-x64");

    [Fact]
    public void An_engine_is_given_or_the_true_reason_why_there_is_none()
    {
        var exception = Record.Exception(() => TorchEngine.On());
        if (exception is null) return; // its package is among this user's
        var error = Assert.IsType<TorchException>(exception);
        var shim = Path.Combine(
            AppContext.BaseDirectory, "runtimes", TorchSystem.Here.Name, "native",
            TorchSystem.Here.FileName("LibTorchSharp"));
        if (!TorchSystem.Here.IsSupported)
            Assert.Equal(TorchProblem.Architecture, error.Problem);
        else if (OperatingSystem.IsLinux() && LibraryVersions.OfThisSystem() < LibraryVersions.Highest(shim))
        {
            Assert.Equal(TorchProblem.OldStandardLibrary, error.Problem);
            Assert.Contains($"GLIBCXX_{LibraryVersions.Highest(shim)}", error.Message);
            Assert.Contains($"GLIBCXX_{LibraryVersions.OfThisSystem()}", error.Message);
        }
        else
        {
            Assert.Equal(TorchProblem.NoNativeLibrary, error.Problem);
            Assert.Contains($"{TorchSystem.Here.CpuPackage} {TorchLibrary.Version}", error.Message);
        }
    }

    [Fact]
    public void An_old_library_of_the_system_is_named_with_both_versions_whether_or_not_torch_is_there()
    {
        foreach (var folder in new[] { null, "/natives" })
        {
            var error = Linux.Refusal(new Version(3, 4, 32), new Version(3, 4, 30), folder, "not told");
            Assert.Equal(TorchProblem.OldStandardLibrary, error.Problem);
            Assert.Contains("GLIBCXX_3.4.32", error.Message);
            Assert.Contains("GLIBCXX_3.4.30", error.Message);
            Assert.Contains("Debian 13", error.Message);
            Assert.DoesNotContain("reference", error.Message);
        }
    }

    [Fact]
    public void A_package_that_is_not_there_is_named_with_its_version()
    {
        var error = Linux.Refusal(new Version(3, 4, 32), new Version(3, 4, 33), null, "not told");
        Assert.Equal(TorchProblem.NoNativeLibrary, error.Problem);
        Assert.Contains("libtorch-cpu-linux-x64 2.10.0", error.Message);
        Assert.Contains("libtorch_cpu.so", error.Message);
        Assert.Contains("WORKBENCH_TORCH", error.Message);
    }

    [Fact]
    public void A_library_that_does_not_load_is_told_with_the_systems_reason()
    {
        var error = Linux.Refusal(null, null, "/natives", "undefined symbol: \u001b[31mTHS");
        Assert.Equal(TorchProblem.LoaderError, error.Problem);
        Assert.Contains("/natives", error.Message);
        Assert.Contains("undefined symbol", error.Message);
        Assert.DoesNotContain('\u001b', error.Message);
    }

    [Fact]
    public void A_processor_without_torch_is_named_with_those_that_have_it()
    {
        var other = new TorchSystem("linux-riscv64");
        Assert.False(other.IsSupported);
        Assert.Equal(TorchProblem.Architecture, other.Refusal().Problem);
        Assert.Contains("linux-riscv64", other.Refusal().Message);
        Assert.Contains("linux-x64", other.Refusal().Message);
    }

    [Theory]
    [InlineData("abacus"), InlineData(""), InlineData("cuda:first"), InlineData("cuda:-1"), InlineData("cuda:0:1")]
    public void A_device_that_torch_has_not_is_refused_by_name_before_anything_is_loaded(string name)
    {
        var error = Assert.Throws<ArgumentException>(() => TorchEngine.On(name));
        Assert.Contains($"\"{name}\"", error.Message);
        Assert.Contains("cuda:1", error.Message);
    }

    [Fact]
    public void The_highest_version_that_a_library_names_is_found()
    {
        var path = Path.GetTempFileName();
        try
        {
            File.WriteAllText(
                path, "\0GLIBCXX_3.4\0GLIBCXX_3.4.9\0GLIBCXX_3.4.32\0GLIBCXX_3.4.8\0GLIBCXX_DEBUG\0");
            Assert.Equal(new Version(3, 4, 32), LibraryVersions.Highest(path));
            File.WriteAllText(path, "none");
            Assert.Null(LibraryVersions.Highest(path));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void Packages_are_looked_for_in_place()
    {
        var places = Linux.Places("/packages/torchsharp/0.107.0/lib/net8.0").Select(Path.GetFullPath).ToArray();
        if (!OperatingSystem.IsLinux()) return;
        Assert.Contains("/packages/torchsharp/0.107.0/runtimes/linux-x64/native", places);
        Assert.Contains("/packages/libtorch-cpu-linux-x64/2.10.0/runtimes/linux-x64/native", places);
    }
}
