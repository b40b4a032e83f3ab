using System;
using System.Collections.Generic;
using System.Linq;
using System.Runtime.InteropServices;
using Workbench.Core.Pairs;
using Workbench.Core.Pairs.Folds;

namespace Workbench.Gpu;

/// <summary>A device's way over the rows of a scan: products and what folds ask of them in one kernel.</summary>
internal sealed class GpuSweep(GpuEngine engine, IDeviceRows rows, IDeviceRows columns, bool symmetric) : IPairSweep
{
    /// <summary>The sweep of some rows over others.</summary>
    /// <exception cref="ArgumentException">The columns are another engine's.</exception>
    public static GpuSweep Of(GpuEngine engine, IDeviceRows rows, IPreparedRows columns, bool symmetric) =>
        columns is IDeviceRows mine && mine.Belongs(engine)
            ? new GpuSweep(engine, rows, mine, symmetric)
            : throw new ArgumentException(
                $"Rows and columns must be prepared by the same engine, but these are {rows.Engine} and "
                    + $"{columns.Engine}.",
                nameof(columns));

    public void Run(int firstRow, int endRow, IReadOnlyList<PairFold> folds)
    {
        if (firstRow >= endRow || columns.Count == 0) return;
        var plan = new FoldPlan(folds, rows.Count, columns.Count);
        lock (engine.Gate)
        {
            using var words = engine.Send(plan.Words);
            using var counters = engine.Allocate(sizeof(uint) * plan.CounterWords);
            engine.Device.Clear(counters);
            var tiles = new List<TileRange>();
            foreach (var part in Parts(firstRow, endRow, plan.Tiled.Count > 0))
                Run(part, plan, words, counters, tiles);
            var counted = new uint[plan.CounterWords];
            engine.Device.Read(counters, 0, MemoryMarshal.AsBytes(counted.AsSpan()));
            plan.Deliver(counted, Pairs(firstRow, endRow));
            foreach (var (fold, end, k) in plan.Ranked) Rank(fold, end, k, tiles);
        }
    }

    public void Dispose() { }

    // Rows by columns that fit on the device, with their scores if these are wanted.
    private IEnumerable<Rectangle> Parts(int firstRow, int endRow, bool withScores)
    {
        var mostScores = engine.MostScores;
        var high = Math.Min(rows.MostLent, GpuRows.RowsAtOnce);
        if (withScores) high = (int)Math.Clamp(mostScores / GpuEngine.Tile, 1, high);
        for (var row = firstRow; row < endRow; row += high)
        {
            var height = Math.Min(high, endRow - row);
            var wide = columns.MostLent;
            if (withScores)
                wide = (int)Math.Min(wide, Math.Max(1, mostScores / height / GpuEngine.Tile) * GpuEngine.Tile);
            for (var column = symmetric ? row + 1 : 0; column < columns.Count; column += wide)
                yield return new Rectangle(row, height, column, Math.Min(wide, columns.Count - column));
        }
    }

    private void Run(Rectangle part, FoldPlan plan, DeviceBuffer words, DeviceBuffer counters, List<TileRange> tiles)
    {
        var wantsScores = plan.Tiled.Count > 0;
        using var extremes = engine.Allocate(plan.WantsExtremes ? 4L * sizeof(uint) * part.Tiles : 0);
        using var scores = engine.Allocate(wantsScores ? sizeof(float) * part.Scores : 0);
        Launch(part, words, counters, plan.WantsExtremes ? extremes : null, wantsScores ? scores : null);
        if (plan.WantsExtremes)
        {
            var found = new uint[4 * part.Tiles];
            engine.Device.Read(extremes, 0, MemoryMarshal.AsBytes(found.AsSpan()));
            for (var tile = 0; tile < part.Tiles; tile++)
            {
                var range = new TileRange(part.Tile(tile), found.AsSpan(4 * tile, 4));
                if (range.IsEmpty) continue;
                tiles.Add(range);
                foreach (var fold in plan.Extremes)
                {
                    Give(fold, range.Lowest);
                    Give(fold, range.Highest);
                }
            }
        }
        if (wantsScores) GiveTiles(part, scores, plan.Tiled);
    }

    // A score among the k best is in a tile whose own best is not below the k-th of all tiles' bests: there are k pairs
    // that are as good. Those tiles are computed once more, and given whole.
    private void Rank(PairFold fold, End end, int k, List<TileRange> tiles)
    {
        var bests = tiles.Select(tile => Best(tile)).OrderDescending().ToArray();
        var least = k <= bests.Length ? bests[k - 1] : float.NegativeInfinity;
        using var nothing = engine.Send(FoldPlan.OfScores);
        foreach (var tile in tiles.Where(tile => Best(tile) >= least))
        {
            using var scores = engine.Allocate(sizeof(float) * tile.Place.Scores);
            Launch(tile.Place, nothing, nothing, null, scores);
            GiveTiles(tile.Place, scores, [fold]);
        }

        float Best(TileRange tile) => end == End.Top ? tile.Highest.Score : -tile.Lowest.Score;
    }

    private void Launch(
        Rectangle part, DeviceBuffer words, DeviceBuffer counters, DeviceBuffer? extremes, DeviceBuffer? scores)
    {
        using var a = rows.Lend(part.Row, part.Height);
        using var b = columns.Lend(part.Column, part.Width);
        engine.Device.Launch(
            "fold", part.TilesAcross, part.TilesDown,
            a.Buffer, a.First, part.Height, part.Row, b.Buffer, b.First, part.Width, part.Column,
            rows.Depth, GpuEngine.StrideOf(rows.Depth), symmetric, words, counters,
            extremes ?? counters, scores ?? counters, scores is null ? 0 : part.Width);
    }

    private void GiveTiles(Rectangle part, DeviceBuffer buffer, List<PairFold> folds)
    {
        var memory = engine.LendTiles(part.Scores);
        try
        {
            engine.Device.Read(buffer, 0, MemoryMarshal.AsBytes(memory.Floats(part.Scores)));
            ScoreTile.Give(
                memory.Floats(part.Scores), part.Row, part.Height, part.Column, part.Width, symmetric, folds);
        }
        finally
        {
            engine.GiveTiles(memory);
        }
    }

    private static void Give(PairFold fold, ScoredPair pair) =>
        fold.Add(new ScoreTile([pair.Score], pair.Row, 1, pair.Column, 1, 1));

    private long Pairs(int firstRow, int endRow)
    {
        var space = new PairSpace(rows.Count, columns.Count, symmetric, 0);
        return space.PairsBefore(endRow) - space.PairsBefore(firstRow);
    }

    /// <summary>Rows by columns of the scores.</summary>
    private readonly record struct Rectangle(int Row, int Height, int Column, int Width)
    {
        public int TilesAcross => GpuEngine.Tiles(Width);

        public int TilesDown => GpuEngine.Tiles(Height);

        public int Tiles => TilesAcross * TilesDown;

        public int Scores => Height * Width;

        public Rectangle Tile(int tile)
        {
            var (row, column) = (tile / TilesAcross * GpuEngine.Tile, tile % TilesAcross * GpuEngine.Tile);
            return new Rectangle(
                Row + row, Math.Min(GpuEngine.Tile, Height - row),
                Column + column, Math.Min(GpuEngine.Tile, Width - column));
        }
    }

    /// <summary>A tile, and its smallest and its largest score.</summary>
    private readonly struct TileRange
    {
        private const uint Nowhere = uint.MaxValue;

        public TileRange(Rectangle place, ReadOnlySpan<uint> found)
        {
            (Place, IsEmpty) = (place, found[1] == Nowhere);
            if (!IsEmpty) (Lowest, Highest) = (Pair(place, found[0], found[1]), Pair(place, found[2], found[3]));
        }

        public Rectangle Place { get; }

        public bool IsEmpty { get; }

        public ScoredPair Lowest { get; }

        public ScoredPair Highest { get; }

        private static ScoredPair Pair(Rectangle place, uint bits, uint at) =>
            new(
                BitConverter.UInt32BitsToSingle(bits), place.Row + (int)at / GpuEngine.Tile,
                place.Column + (int)at % GpuEngine.Tile);
    }
}
