using System;
using System.Runtime.CompilerServices;

namespace Workbench.Core.Tests;

/// <summary>xunit's assertions, which compare arrays as objects, 0.8 µs an element: those of plain numbers that are
/// equal are seen to be without them, and of all others they speak.</summary>
internal abstract class Assert : Xunit.Assert
{
    public static void Equal<T>(T[]? expected, T[]? actual)
    {
        var isKnown = expected is not null && actual is not null
            && !RuntimeHelpers.IsReferenceOrContainsReferences<T>()
            && expected.AsSpan().SequenceEqual(actual, null);
        if (!isKnown) Xunit.Assert.Equal(expected, actual);
    }
}
