using System;
using System.IO;

namespace Workbench.Core.Pairs;

/// <summary>Hands tiles of a part of a scan on to a fold of the whole, in the whole's numbering. What a sweep is given
/// where it goes over a part.</summary>
public sealed class MovedFold : PairFold
{
    internal MovedFold(PairFold fold, int rows, int columns) => (Fold, FirstRow, FirstColumn) = (fold, rows, columns);

    /// <summary>The fold of the whole: an engine looks here for what it can answer itself, and adds here.</summary>
    public PairFold Fold { get; }

    /// <summary>Where the part's rows begin in the whole.</summary>
    public int FirstRow { get; }

    /// <summary>Where the part's columns begin in the whole.</summary>
    public int FirstColumn { get; }

    /// <inheritdoc/>
    public override string Settings => Fold.Settings;

    /// <inheritdoc/>
    public override PairFold Fork() => new MovedFold(Fold.Fork(), FirstRow, FirstColumn);

    /// <inheritdoc/>
    public override void Add(in ScoreTile tile) => Fold.Add(tile.Moved(FirstRow, FirstColumn));

    /// <summary>Not there: a sweep adds tiles, and nothing else.</summary>
    public override void Merge(PairFold other) => throw new NotSupportedException();

    /// <summary>Not there.</summary>
    public override void Write(BinaryWriter writer) => throw new NotSupportedException();

    /// <summary>Not there.</summary>
    public override void Read(BinaryReader reader) => throw new NotSupportedException();
}
