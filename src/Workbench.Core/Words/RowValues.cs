using System;
using System.Globalization;
using System.Numerics.Tensors;

namespace Workbench.Core.Words;

/// <summary>Reads and checks the values of one row.</summary>
internal static class RowValues
{
    /// <summary>Reads numbers in text, with a point in any culture; each is read as float64 and rounded, as Python
    /// does.</summary>
    /// <param name="text">The values with a space or a tab between, and whatever follows.</param>
    /// <param name="destination">One number for each.</param>
    /// <param name="error">Makes the exception for a field that is no number.</param>
    public static void Parse(ReadOnlySpan<byte> text, Span<float> destination, Func<int, string, Exception> error)
    {
        for (var i = 0; i < destination.Length; i++)
        {
            var end = text.IndexOfAny(" \t\n"u8);
            var field = (end < 0 ? text : text[..end]).TrimEnd((byte)'\r');
            if (
                double.TryParse(
                    field, NumberStyles.Float & ~NumberStyles.AllowLeadingWhite & ~NumberStyles.AllowTrailingWhite,
                    CultureInfo.InvariantCulture, out var value)
            )
                destination[i] = (float)value;
            else if (WordVectorsHeader.IsInfinity(field)) destination[i] = float.PositiveInfinity;
            else throw error(i, Excerpt.Of(field));
            text = end < 0 ? [] : text[(end + 1)..];
        }
    }

    /// <summary>Throws for the first value that is NaN or infinite.</summary>
    public static void RequireFinite(ReadOnlySpan<float> values, Func<int, Exception> error)
    {
        if (TensorPrimitives.IsFiniteAll(values)) return;
        for (var i = 0; i < values.Length; i++)
        {
            if (!float.IsFinite(values[i])) throw error(i);
        }
    }
}
