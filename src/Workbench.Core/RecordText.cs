using System.Linq;
using System.Reflection;

namespace Workbench.Core;

/// <summary>How records with fractions print: as the compiler would write them, but the same in every
/// country.</summary>
internal static class RecordText
{
    /// <summary>The record's name and its public properties: <c>HeldOutLoss { Step = 3, Loss = 0.5 }</c>.</summary>
    public static string Of<T>(T record)
    {
        var properties = typeof(T).GetProperties(BindingFlags.Public | BindingFlags.Instance);
        var shown = properties.Select(property => $"{property.Name} = {property.GetValue(record)}");
        return $"{typeof(T).Name} {{ {string.Join(", ", shown)} }}";
    }
}
