using System;
using System.IO;

namespace Workbench.Core.Pairs;

/// <summary>Hands tiles of a part of a scan on to a fold of the whole, in the whole's numbering.</summary>
internal sealed class MovedFold(PairFold fold, int rows, int columns) : PairFold
{
    public override string Settings => fold.Settings;

    public override PairFold Fork() => new MovedFold(fold.Fork(), rows, columns);

    public override void Add(in ScoreTile tile) => fold.Add(tile.Moved(rows, columns));

    // A sweep adds, and nothing else.
    public override void Merge(PairFold other) => throw new NotSupportedException();

    public override void Write(BinaryWriter writer) => throw new NotSupportedException();

    public override void Read(BinaryReader reader) => throw new NotSupportedException();
}
