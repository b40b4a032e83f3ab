using System;
using System.Collections.Immutable;
using System.Linq;

namespace Workbench.Core.Tensors;

/// <summary>
/// The sizes of a tensor, outermost first; rank 0 is a scalar with one element.
/// Prints as <c>[1024, 768]</c>.
/// </summary>
public readonly struct Shape : IEquatable<Shape>
{
    private readonly ImmutableArray<long> sizes;

    /// <summary>A shape of these sizes, outermost first.</summary>
    /// <param name="sizes">Each at least 0; their product must fit in 63 bits.</param>
    /// <exception cref="ArgumentException">A size is negative, or the number of elements overflows.</exception>
    public Shape(params ReadOnlySpan<long> sizes)
    {
        this.sizes = ImmutableArray.Create(sizes);
        if (!TryCountElements(sizes, out _))
            throw new ArgumentException(
                $"Shape {this} has a negative size or more elements than 2^63 - 1.", nameof(sizes));
    }

    /// <summary>The sizes, outermost first.</summary>
    public ImmutableArray<long> Sizes => sizes.IsDefault ? [] : sizes;

    /// <summary>How many sizes there are; 0 for a scalar.</summary>
    public int Rank => Sizes.Length;

    /// <summary>The product of the sizes; 1 for a scalar, 0 when any size is 0.</summary>
    public long Elements => TryCountElements(Sizes.AsSpan(), out var count) ? count : 0;

    /// <summary>The size along one axis.</summary>
    /// <param name="axis">From 0, the outermost, to <see cref="Rank"/> − 1.</param>
    public long this[int axis] => Sizes[axis];

    /// <summary>Multiplies sizes without overflow.</summary>
    /// <param name="sizes">The sizes to multiply.</param>
    /// <param name="count">Their product, or 0 when there is none.</param>
    /// <returns>False when a size is negative or the product needs more than 63 bits.
    /// A zero among the sizes makes the product 0, however large the others are.</returns>
    public static bool TryCountElements(ReadOnlySpan<long> sizes, out long count)
    {
        count = 0;
        var product = (UInt128)1;
        var empty = false;
        foreach (var size in sizes)
        {
            if (size < 0) return false;
            if (size == 0) empty = true;
        }
        if (empty) return true;
        foreach (var size in sizes)
        {
            product *= (UInt128)size;
            if (product > long.MaxValue) return false;
        }
        count = (long)product;
        return true;
    }

    /// <inheritdoc/>
    public bool Equals(Shape other) => Sizes.AsSpan().SequenceEqual(other.Sizes.AsSpan());

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Shape other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => Sizes.Aggregate(17, HashCode.Combine);

    /// <inheritdoc/>
    public override string ToString() => $"[{string.Join(", ", Sizes)}]";

    /// <summary>Whether two shapes have the same sizes.</summary>
    public static bool operator ==(Shape left, Shape right) => left.Equals(right);

    /// <summary>Whether two shapes differ in a size or in rank.</summary>
    public static bool operator !=(Shape left, Shape right) => !left.Equals(right);
}
