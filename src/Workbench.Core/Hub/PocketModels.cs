using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;

namespace Workbench.Core.Hub;

/// <summary>The small models that ship with the workbench, so that every analysis has something real to work on without
/// a network.</summary>
/// <remarks>They lie in the folder <c>pocket</c> beside this library, each under the hub's file names with a card that
/// says what it was trained on and what it is not good for.</remarks>
public static class PocketModels
{
    /// <summary>The value of <c>WORKBENCH_MODELS</c> that hides all models but these.</summary>
    public const string Only = "pocket";

    /// <summary>The folder that holds them.</summary>
    public static string Folder { get; } =
        Path.Combine(
            Path.GetDirectoryName(typeof(PocketModels).Assembly.Location) ?? AppContext.BaseDirectory, "pocket");

    /// <summary>Their names.</summary>
    public static IReadOnlyList<string> Names { get; } =
        Directory.Exists(Folder)
            ?
            [
                .. Directory
                    .EnumerateDirectories(Folder)
                    .Select(path => Path.GetFileName(path))
                    .Order(StringComparer.Ordinal),
            ]
            : [];

    /// <summary>The folder of one, or null where there is none of this name.</summary>
    /// <param name="name">E.g. "pocket-gpt2".</param>
    /// <example><code>PocketModels.TryFind("pocket-gpt2")</code> ends in <c>pocket/pocket-gpt2</c>.</example>
    public static string? TryFind(string name) => Names.Contains(name) ? Path.Combine(Folder, name) : null;
}
