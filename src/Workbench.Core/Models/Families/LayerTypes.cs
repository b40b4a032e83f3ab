using System;
using System.Linq;

namespace Workbench.Core.Models.Families;

/// <summary>Which blocks see only a window, and how wide it is.</summary>
internal static class LayerTypes
{
    /// <summary>Whether each block has a window, by <c>layer_types</c> where that is given.</summary>
    /// <param name="settings">A type that is not known is refused.</param>
    /// <param name="blocks">How many there are.</param>
    /// <param name="otherwise">What the family does.</param>
    /// <exception cref="ArgumentException">There are not as many types as blocks.</exception>
    public static bool[] Sliding(ConfigReader settings, int blocks, Func<int, bool> otherwise)
    {
        if (settings.Texts("layer_types") is not { } types)
            return [.. Enumerable.Range(0, blocks).Select(otherwise)];
        if (types.Length != blocks)
            throw new ArgumentException($"layer_types names {types.Length} blocks, where there are {blocks}.");
        if (types.Any(type => type is not (RotarySettings.Full or RotarySettings.Sliding)))
            settings.Refuse("layer_types", $"known are {RotarySettings.Full} and {RotarySettings.Sliding}");
        return [.. types.Select(type => type == RotarySettings.Sliding)];
    }

    /// <summary>The width of a window; null for none, which is what null in the settings means.</summary>
    public static int? Window(ConfigReader settings, int? otherwise) =>
        settings.IsNull("sliding_window") ? null : settings.Count("sliding_window") ?? otherwise;

    /// <summary>The window of each block as Qwen's and SmolLM's settings tell it: none unless
    /// <c>use_sliding_window</c>.</summary>
    /// <param name="settings">Takes the settings of windows.</param>
    /// <param name="blocks">How many there are.</param>
    /// <param name="slides">The blocks that have one where <c>layer_types</c> does not say it.</param>
    /// <param name="otherwise">The width where none is said.</param>
    public static int?[] WindowsIfUsed(ConfigReader settings, int blocks, Func<int, bool> slides, int? otherwise = 4096)
    {
        var used = settings.Truth("use_sliding_window") ?? false;
        var window = Window(settings, otherwise);
        var sliding = Sliding(settings, blocks, i => used && slides(i));
        if (!used && sliding.Contains(true)) settings.Refuse("layer_types", "without use_sliding_window");
        return [.. sliding.Select(slides => slides ? window : null)];
    }
}
