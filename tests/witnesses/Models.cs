using System;
using System.IO;

namespace Workbench.Witnesses;

/// <summary>Golden values and weights: the folder that WORKBENCH_MODELS names.</summary>
internal static class Models
{
    private static string? Folder => Environment.GetEnvironmentVariable("WORKBENCH_MODELS");

    public static string At(params string[] parts) => Path.Combine([Folder!, .. parts]);

    /// <summary>Why something of that folder cannot be had, or null.</summary>
    public static string? WhyMissing(string needs) =>
        string.IsNullOrEmpty(Folder) ? $"WORKBENCH_MODELS is not set; needs {needs}"
        : !Path.Exists(At(needs)) ? $"{needs} is not under WORKBENCH_MODELS"
        : null;
}
