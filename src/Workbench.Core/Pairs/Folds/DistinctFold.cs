using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;

namespace Workbench.Core.Pairs.Folds;

/// <summary>The distinct scores, by their exact bits, as long as there are no more than a limit.</summary>
/// <remarks>Slow while below the limit (a look-up for each score), free once beyond it.</remarks>
public sealed class DistinctFold : PairFold
{
    private readonly HashSet<uint> bits = [];
    private bool isBeyondLimit;

    /// <summary>No scores yet.</summary>
    /// <param name="limit">The most distinct scores to keep, at least 1.</param>
    public DistinctFold(int limit)
    {
        Argument.AtLeast(limit, 1);
        Limit = limit;
    }

    /// <inheritdoc/>
    public override string Settings => $"distinct(limit={Limit})";

    /// <inheritdoc/>
    public override bool UsesPlaces => false;

    /// <summary>The most distinct scores that are kept.</summary>
    public int Limit { get; }

    /// <summary>How many distinct scores there are; null when there are more than <see cref="Limit"/>.</summary>
    public int? Count => isBeyondLimit ? null : bits.Count;

    /// <summary>The distinct scores, ascending; null when there are more than <see cref="Limit"/>. −0 and 0 are
    /// two.</summary>
    public float[]? Values =>
        isBeyondLimit ? null : [.. bits.Select(BitConverter.UInt32BitsToSingle).Order().ThenBy(float.IsPositive)];

    /// <inheritdoc/>
    public override PairFold Fork() => new DistinctFold(Limit);

    /// <inheritdoc/>
    public override void Add(in ScoreTile tile)
    {
        for (var run = 0; run < tile.Runs && !isBeyondLimit; run++)
            foreach (var score in tile.Run(run)) bits.Add(BitConverter.SingleToUInt32Bits(score));
        CheckLimit();
    }

    /// <inheritdoc/>
    public override void Merge(PairFold other)
    {
        var distinct = (DistinctFold)other;
        isBeyondLimit |= distinct.isBeyondLimit;
        if (!isBeyondLimit) bits.UnionWith(distinct.bits);
        CheckLimit();
    }

    /// <inheritdoc/>
    public override void Write(BinaryWriter writer)
    {
        writer.Write(isBeyondLimit);
        writer.Write(bits.Count);
        foreach (var value in bits.Order()) writer.Write(value);
    }

    /// <inheritdoc/>
    public override void Read(BinaryReader reader)
    {
        bits.Clear();
        isBeyondLimit = reader.ReadBoolean();
        for (var count = reader.ReadInt32(); count > 0; count--) bits.Add(reader.ReadUInt32());
    }

    private void CheckLimit()
    {
        if (bits.Count > Limit) isBeyondLimit = true;
        if (isBeyondLimit) bits.Clear();
    }
}
