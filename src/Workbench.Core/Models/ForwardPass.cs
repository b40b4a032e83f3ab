using System;
using System.Collections.Generic;
using System.Linq;
using Workbench.Core.Tensors;

namespace Workbench.Core.Models;

/// <summary>Which places of a forward pass to keep; any function of a <see cref="Place"/> will do.</summary>
public static class Keep
{
    /// <summary>The residual stream after every step, and everything that is added to it: about 4·d numbers per token
    /// and block.</summary>
    public static Func<Place, bool> ResidualStream { get; } = place => place.IsResidualStream;

    /// <summary>Every attention pattern: n² numbers per head and block.</summary>
    public static Func<Place, bool> Patterns { get; } = place => place.Kind == PlaceKind.Pattern;

    /// <summary>All places.</summary>
    public static Func<Place, bool> Everything { get; } = _ => true;

    /// <summary>Only what the pass ends with.</summary>
    public static Func<Place, bool> Nothing { get; } = _ => false;
}

/// <summary>What one run of a model computed: the values at the places that were kept.</summary>
public sealed class ForwardPass
{
    private readonly Func<Place, bool> keep;
    private readonly Interventions interventions;
    private readonly Dictionary<Place, Matrix> kept = [];
    private readonly List<Place> places = [];

    internal ForwardPass(
        ReadOnlySpan<int> tokens, Func<Place, bool>? keep, Interventions? interventions, TransformerConfig config)
    {
        Tokens = tokens.ToArray();
        this.keep = keep ?? Keep.ResidualStream;
        this.interventions = interventions ?? Interventions.None;
        foreach (var place in this.interventions.Places)
            if (!place.IsIn(config))
                throw new ArgumentException(
                    $"There is no place \"{place}\" in a model of type {config.Family} with {config.Blocks.Count} "
                        + $"blocks of {config.Blocks[0].Attention.Heads} heads each.",
                    nameof(interventions)
                );
        Output = new Matrix(0, 0);
    }

    /// <summary>The token ids that were run.</summary>
    public IReadOnlyList<int> Tokens { get; }

    /// <summary>The places that were kept, in the order in which they were computed.</summary>
    public IReadOnlyList<Place> Places => places;

    /// <summary>What the pass ends with, kept in any case: the stream after the final norm, or after the last block
    /// where the model has none, [n, d]; where the head reads another width, that after the layer between
    /// them.</summary>
    public Matrix Output { get; internal set; }

    /// <summary>The values at a place, after interventions there; of the shape that <see cref="PlaceKind"/>
    /// states.</summary>
    /// <exception cref="KeyNotFoundException">The place was not kept, or the model does not have it.</exception>
    public Matrix this[Place place] =>
        kept.TryGetValue(place, out var values)
            ? values
            : throw new KeyNotFoundException(
                $"\"{place}\" was not kept in this pass; kept: {Kept()}. Choose the places by the keep argument of Run."
            );

    /// <summary>Whether the values at a place were kept.</summary>
    public bool Contains(Place place) => kept.ContainsKey(place);

    internal bool Wants(Place place) => keep(place) || Changes(place);

    internal bool Keeps(Place place) => keep(place);

    internal bool Changes(Place place) => interventions.Contains(place);

    /// <summary>Changes the values of a place where an intervention says so, and keeps a copy where it is
    /// wanted.</summary>
    internal void Visit(Place place, Matrix values)
    {
        interventions.Apply(place, values);
        if (keep(place)) Store(place, values.Copy());
    }

    /// <summary>The same for a place whose values are some columns of a matrix.</summary>
    /// <param name="place">Where.</param>
    /// <param name="matrix">Every row.</param>
    /// <param name="starts">Where the ranges of columns begin that lie side by side in the place's values.</param>
    /// <param name="width">Of each range.</param>
    internal void Visit(Place place, Matrix matrix, IReadOnlyList<int> starts, int width)
    {
        if (!Wants(place)) return;
        var values = Matrix.Uninitialized(matrix.Rows, starts.Count * width);
        for (var row = 0; row < matrix.Rows; row++)
            for (var i = 0; i < starts.Count; i++)
                matrix.Row(row).Slice(starts[i], width).CopyTo(values.WritableRow(row)[(i * width)..]);
        interventions.Apply(place, values);
        for (var row = 0; row < matrix.Rows; row++)
            for (var i = 0; i < starts.Count; i++)
                values.Row(row).Slice(i * width, width).CopyTo(matrix.WritableRow(row)[starts[i]..]);
        if (keep(place)) Store(place, values);
    }

    /// <summary>Keeps a matrix that nobody else writes to any more.</summary>
    internal void Store(Place place, Matrix values)
    {
        kept.Add(place, values);
        places.Add(place);
    }

    internal void Intervene(Place place, Matrix values) => interventions.Apply(place, values);

    private string Kept() =>
        places.Count == 0
            ? "nothing"
            : string.Join(", ", places.Take(6)) + (places.Count > 6 ? $" and {places.Count - 6} more" : "");
}
