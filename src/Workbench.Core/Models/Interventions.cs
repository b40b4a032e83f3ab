using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Numerics.Tensors;
using Workbench.Core.Tensors;

namespace Workbench.Core.Models;

/// <summary>
/// Changes that a forward pass makes at named places; everything computed later sees the changed values. Immutable:
/// each method gives a new set, and changes at the same place happen in the order in which they were added.
/// </summary>
/// <example><code>Interventions.None.Add(Place.AfterBlock(5), direction)</code> steers;
/// <code>.Change(Place.HeadOutput(5, 3), z =&gt; …)</code> may do anything.</example>
public sealed class Interventions
{
    private readonly ImmutableDictionary<Place, ImmutableList<Action<Matrix>>> changes;

    private Interventions(ImmutableDictionary<Place, ImmutableList<Action<Matrix>>> changes) => this.changes = changes;

    /// <summary>No change anywhere.</summary>
    public static Interventions None { get; } = new(ImmutableDictionary<Place, ImmutableList<Action<Matrix>>>.Empty);

    /// <summary>The places at which something is changed.</summary>
    public IEnumerable<Place> Places => changes.Keys;

    /// <summary>Runs a function on the values of a place, which it may overwrite.</summary>
    /// <param name="place">Where.</param>
    /// <param name="change">Gets the matrix of the place, of the shape that <see cref="PlaceKind"/> states; called once
    /// per pass.</param>
    public Interventions Change(Place place, Action<Matrix> change) =>
        new(changes.SetItem(place, changes.GetValueOrDefault(place, []).Add(change)));

    /// <summary>Puts other values in the place's stead.</summary>
    /// <param name="place">Where.</param>
    /// <param name="values">The place's whole matrix, or a single row for every token.</param>
    /// <remarks>The pass throws <see cref="ArgumentException"/> when the shape is neither.</remarks>
    public Interventions Replace(Place place, Matrix values) =>
        Change(
            place,
            matrix =>
            {
                CheckShape(place, values, matrix);
                for (var row = 0; row < matrix.Rows; row++)
                    values.Row(values.Rows == 1 ? 0 : row).CopyTo(matrix.WritableRow(row));
            }
        );

    /// <summary>Adds to the values of a place.</summary>
    /// <param name="place">Where.</param>
    /// <param name="values">As many rows as the place has, or a single row that is added to every token's.</param>
    /// <remarks>The pass throws <see cref="ArgumentException"/> when the shape is neither.</remarks>
    public Interventions Add(Place place, Matrix values) => Change(place, matrix =>
    {
        CheckShape(place, values, matrix);
        for (var row = 0; row < matrix.Rows; row++)
            TensorPrimitives.Add(matrix.Row(row), values.Row(values.Rows == 1 ? 0 : row), matrix.WritableRow(row));
    });

    /// <summary>Puts another vector in the stead of one token's.</summary>
    /// <param name="place">Where.</param>
    /// <param name="position">Which token, from 0.</param>
    /// <param name="vector">As long as the place's rows; copied.</param>
    public Interventions ReplaceAt(Place place, int position, ReadOnlySpan<float> vector)
    {
        var values = Matrix.FromArray(1, vector.Length, vector);
        return Change(place, matrix =>
        {
            if ((uint)position >= (uint)matrix.Rows)
                throw Argument.OutOfRange(nameof(position), position, $"{place} has {matrix.Rows} rows.");
            CheckShape(place, values, matrix);
            values.Row(0).CopyTo(matrix.WritableRow(position));
        });
    }

    /// <summary>These changes, and at each place those of another set behind them.</summary>
    public Interventions Then(Interventions others)
    {
        ArgumentNullException.ThrowIfNull(others);
        var all = changes;
        foreach (var (place, more) in others.changes)
            all = all.SetItem(place, all.GetValueOrDefault(place, []).AddRange(more));
        return new Interventions(all);
    }

    internal bool Contains(Place place) => changes.ContainsKey(place);

    internal void Apply(Place place, Matrix values)
    {
        foreach (var change in changes.GetValueOrDefault(place, [])) change(values);
    }

    private static void CheckShape(Place place, Matrix values, Matrix matrix)
    {
        if (values.Columns != matrix.Columns || values.Rows != matrix.Rows && values.Rows != 1)
            throw new ArgumentException(
                $"{place} is {matrix.Shape}, so that an intervention needs {matrix.Shape} or [1, {matrix.Columns}], "
                    + $"but got {values.Shape}.",
                nameof(values)
            );
    }
}
