using System;
using System.Linq;

namespace Workbench.Core.Models.Families;

/// <summary>Which blocks see a window only, where a model mixes two kinds.</summary>
internal static class LayerTypes
{
    /// <summary>Block by block as <c>layer_types</c> says, or by the family's own rule where it says nothing.</summary>
    /// <param name="settings">Takes <c>layer_types</c>.</param>
    /// <param name="blocks">Number of blocks.</param>
    /// <param name="otherwise">Whether the block of a number has a window.</param>
    /// <exception cref="ArgumentException">Another number of blocks is listed, or an unknown kind.</exception>
    public static bool[] AreSliding(ConfigReader settings, int blocks, Func<int, bool> otherwise)
    {
        if (settings.Texts("layer_types") is not { } types)
            return [.. Enumerable.Range(0, blocks).Select(otherwise)];
        return types.Length != blocks
            ? throw new ArgumentException($"layer_types has {types.Length} entries, but the model has {blocks} blocks.")
            : Array.ConvertAll(types, type => type switch
            {
                RotarySettings.Full => false,
                RotarySettings.Sliding => true,
                _ => throw new ArgumentException(
                    $"layer_types has \"{Excerpt.Of(type, 60)}\"; known are {RotarySettings.Full} and "
                        + $"{RotarySettings.Sliding}."),
            });
    }
}
