using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Workbench.Core.Kernels;

/// <summary>Functions of one number over vectors of any length.</summary>
internal static class Form
{
    /// <summary>The function of every element.</summary>
    /// <param name="x">Any length.</param>
    /// <param name="destination">As long as <paramref name="x"/>; may be the same memory.</param>
    /// <exception cref="ArgumentException">Lengths differ.</exception>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Apply<TForm>(ReadOnlySpan<float> x, Span<float> destination) where TForm : IForm
    {
        if (destination.Length != x.Length)
            throw new ArgumentException(
                $"There are {x.Length} values, but the destination has {destination.Length} elements.",
                nameof(destination));
        var lanes = Vector256<float>.Count;
        ref var from = ref MemoryMarshal.GetReference(x);
        ref var to = ref MemoryMarshal.GetReference(destination);
        var i = 0;
        for (; i <= x.Length - lanes; i += lanes)
            TForm.Of(Vector256.LoadUnsafe(ref from, (nuint)i)).StoreUnsafe(ref to, (nuint)i);
        if (i == x.Length)
            return;
        Span<float> rest = stackalloc float[lanes];
        rest.Clear();
        x[i..].CopyTo(rest);
        TForm.Of(Vector256.Create<float>(rest)).CopyTo(rest);
        rest[..(x.Length - i)].CopyTo(destination[i..]);
    }
}
