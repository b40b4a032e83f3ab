using System;
using System.IO;
using Xunit;

namespace Workbench.Core.Tests;

/// <summary>Where real weights and golden values lie: the folder that WORKBENCH_MODELS names.</summary>
internal static class Weights
{
    public static string? Folder =>
        Environment.GetEnvironmentVariable("WORKBENCH_MODELS") is { Length: > 0 } folder ? folder : null;

    public static string At(params string[] parts) => Path.Combine([Folder!, .. parts]);
}

/// <summary>A test that needs files under WORKBENCH_MODELS; skipped, and counted as skipped, where they are
/// absent.</summary>
internal sealed class WeightsFactAttribute : FactAttribute
{
    /// <param name="needs">File or folder under WORKBENCH_MODELS.</param>
    public WeightsFactAttribute(string needs)
    {
        if (Weights.Folder is null) Skip = $"WORKBENCH_MODELS is not set; needs {needs}";
        else if (!Path.Exists(Weights.At(needs))) Skip = $"{needs} is not under WORKBENCH_MODELS";
    }
}

/// <summary>As <see cref="WeightsFactAttribute"/>, for tables of cases.</summary>
internal sealed class WeightsTheoryAttribute : TheoryAttribute
{
    /// <param name="needs">File or folder under WORKBENCH_MODELS.</param>
    public WeightsTheoryAttribute(string needs) => Skip = new WeightsFactAttribute(needs).Skip;
}
