using System.Globalization;

namespace System.Runtime.CompilerServices;

/// <summary>
/// What <c>$"…"</c> becomes in this assembly: text whose numbers are written the same in every country. The compiler
/// takes a handler of this name from the assembly itself before the runtime's own, which writes 0,5 on a German
/// machine.
/// </summary>
[InterpolatedStringHandler]
internal ref struct DefaultInterpolatedStringHandler(int literalLength, int formattedCount)
{
    private static readonly CultureInfo Invariant = CultureInfo.InvariantCulture;
    private readonly Text.StringBuilder text = new(literalLength + 8 * formattedCount);

    /// <summary>Adds the text between two holes.</summary>
    public readonly void AppendLiteral(string value) => text.Append(value);

    /// <summary>Adds a value as it is.</summary>
    public readonly void AppendFormatted<T>(T value) => AppendFormatted(value, 0, null);

    /// <summary>Adds a value in a format.</summary>
    public readonly void AppendFormatted<T>(T value, string? format) => AppendFormatted(value, 0, format);

    /// <summary>Adds a value at least so wide, to the left where the width is negative.</summary>
    public readonly void AppendFormatted<T>(T value, int alignment) => AppendFormatted(value, alignment, null);

    /// <summary>Adds a value in a format, at least so wide.</summary>
    public readonly void AppendFormatted<T>(T value, int alignment, string? format)
    {
        var shown = value is IFormattable formattable ? formattable.ToString(format, Invariant) : value?.ToString();
        text.Append(alignment < 0 ? shown?.PadRight(-alignment) : shown?.PadLeft(alignment));
    }

    /// <summary>Adds letters.</summary>
    public readonly void AppendFormatted(ReadOnlySpan<char> value) => text.Append(value);

    /// <summary>The whole text.</summary>
    public readonly string ToStringAndClear() => text.ToString();
}
