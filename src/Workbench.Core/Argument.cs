using System;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace Workbench.Core;

/// <summary>Refusals of arguments in one voice: what was wanted, what came. The runtime's own put the value on a line
/// of its own and write it as the country does.</summary>
internal static class Argument
{
    /// <summary>Refuses a number below a limit, or NaN.</summary>
    public static void AtLeast<T>(T value, T least, [CallerArgumentExpression(nameof(value))] string name = "")
        where T : INumber<T>
    {
        if (!(value >= least))
            throw new ArgumentOutOfRangeException(name, $"{name} must be at least {least}, but is {value}.");
    }

    /// <summary>The refusal of a value.</summary>
    /// <param name="name">The argument.</param>
    /// <param name="value">What came.</param>
    /// <param name="wanted">A sentence.</param>
    public static ArgumentOutOfRangeException OutOfRange(string name, object? value, string wanted) =>
        new(name, $"{wanted} Given: {value}.");
}
