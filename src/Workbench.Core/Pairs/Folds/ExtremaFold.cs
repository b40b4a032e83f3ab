using System;
using System.IO;

namespace Workbench.Core.Pairs.Folds;

/// <summary>The smallest and the largest score with their pairs; of equal scores the pair with the smallest row, then
/// column.</summary>
public sealed class ExtremaFold : PairFold
{
    private static readonly ScoredPair NoMinimum = new(float.PositiveInfinity, int.MaxValue, int.MaxValue);
    private static readonly ScoredPair NoMaximum = new(float.NegativeInfinity, int.MaxValue, int.MaxValue);

    /// <inheritdoc/>
    public override string Settings => "extrema()";

    /// <summary>The pair with the smallest score; +∞ and no pair before any score was added.</summary>
    public ScoredPair Minimum { get; private set; } = NoMinimum;

    /// <summary>The pair with the largest score; −∞ and no pair before any score was added.</summary>
    public ScoredPair Maximum { get; private set; } = NoMaximum;

    /// <inheritdoc/>
    public override PairFold Fork() => new ExtremaFold();

    /// <inheritdoc/>
    public override void Add(in ScoreTile tile)
    {
        if (tile.Minimum <= Minimum.Score && First(tile, tile.Minimum) is var low && low.IsBelow(Minimum))
            Minimum = low;
        if (tile.Maximum >= Maximum.Score && First(tile, tile.Maximum) is var high && high.IsAbove(Maximum))
            Maximum = high;
    }

    /// <inheritdoc/>
    public override void Merge(PairFold other)
    {
        var extrema = (ExtremaFold)other;
        if (extrema.Minimum.IsBelow(Minimum)) Minimum = extrema.Minimum;
        if (extrema.Maximum.IsAbove(Maximum)) Maximum = extrema.Maximum;
    }

    /// <inheritdoc/>
    public override void Write(BinaryWriter writer)
    {
        Write(writer, Minimum);
        Write(writer, Maximum);
    }

    /// <inheritdoc/>
    public override void Read(BinaryReader reader)
    {
        Minimum = ReadPair(reader);
        Maximum = ReadPair(reader);
    }

    internal static void Write(BinaryWriter writer, ScoredPair pair)
    {
        writer.Write(pair.Score);
        writer.Write(pair.Row);
        writer.Write(pair.Column);
    }

    internal static ScoredPair ReadPair(BinaryReader reader) =>
        new(reader.ReadSingle(), reader.ReadInt32(), reader.ReadInt32());

    private static ScoredPair First(in ScoreTile tile, float score)
    {
        for (var r = 0; r < tile.Rows; r++)
        {
            var row = tile.Row(r);
            var c = row.IndexOf(score);
            if (c >= 0) return new ScoredPair(row[c], tile.FirstRow + r, tile.FirstColumn + c);
        }
        throw new InvalidOperationException($"A tile without its own extreme score {score}.");
    }
}
