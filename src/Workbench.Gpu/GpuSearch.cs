using System;
using System.Runtime.InteropServices;
using Workbench.Core.Pairs;

namespace Workbench.Gpu;

/// <summary>The most similar rows of a table: products, and the best of each row of them, on the device; parts of the
/// table are put together here.</summary>
internal static class GpuSearch
{
    // Queries of a launch: their best must fit beside the scores of some tiles of the table.
    private const int QueriesAtOnce = 1024;

    public static TopKResult Run(GpuEngine engine, GpuRows queries, IDeviceRows table, int k)
    {
        var (indices, scores) = (new int[queries.Count * k], new float[queries.Count * k]);
        lock (engine.Gate)
            for (var query = 0; k > 0 && query < queries.Count;)
            {
                var height = Math.Min(Math.Min(QueriesAtOnce, queries.MostLent), queries.Count - query);
                height = (int)Math.Clamp(engine.MostScores / GpuEngine.Tile, 1, height);
                var wide = Math.Max(1, engine.MostScores / height / GpuEngine.Tile) * GpuEngine.Tile;
                wide = Math.Min(wide, table.MostLent);
                using var wanted = queries.Lend(query, height);
                for (var (row, held) = (0, 0); row < table.Count; row += (int)wide)
                {
                    var width = (int)Math.Min(wide, table.Count - row);
                    var winners = Best(engine, wanted, height, table, row, width, Math.Min(k, width));
                    var (many, next) = (winners.Length / 2 / height, Math.Min(k, held + Math.Min(k, width)));
                    for (var q = 0; q < height; q++)
                        Merge(
                            indices.AsSpan((query + q) * k, k), scores.AsSpan((query + q) * k, k), held, next,
                            winners.AsSpan(2 * q * many, 2 * many), row);
                    held = next;
                }
                query += height;
            }
        for (var n = 0; n < indices.Length; n++) indices[n] = table.SourceRows[indices[n]];
        return new TopKResult(queries.Count, k, indices, scores);
    }

    private static uint[] Best(
        GpuEngine engine, LentRows queries, int height, IDeviceRows table, int row, int width, int k)
    {
        using var rows = table.Lend(row, width);
        using var scores = engine.Allocate(sizeof(float) * (long)height * width);
        using var winners = engine.Allocate(2L * sizeof(uint) * height * k);
        using var plan = engine.Send(FoldPlan.OfScores);
        engine.Device.Launch(
            "fold", GpuEngine.Tiles(width), GpuEngine.Tiles(height),
            queries.Buffer, queries.First, height, 0, rows.Buffer, rows.First, width, 0,
            table.Depth, GpuEngine.StrideOf(table.Depth), false, plan, plan, plan, scores, width);
        engine.Device.Launch("best", height, 1, scores, width, width, k, winners);
        var best = new uint[2 * height * k];
        engine.Device.Read(winners, 0, MemoryMarshal.AsBytes(best.AsSpan()));
        return best;
    }

    // Two lists, best first; the one that is there comes of earlier rows, and so goes first where scores are equal.
    private static void Merge(
        Span<int> indices, Span<float> scores, int held, int wanted, ReadOnlySpan<uint> winners, int firstRow)
    {
        var (oldIndices, oldScores) = (indices[..held].ToArray(), scores[..held].ToArray());
        for (var (n, old, next) = (0, 0, 0); n < wanted; n++)
        {
            var isOld = next == winners.Length
                || (old < held && oldScores[old] >= BitConverter.UInt32BitsToSingle(winners[next]));
            if (isOld)
                (indices[n], scores[n], old) = (oldIndices[old], oldScores[old], old + 1);
            else
                (indices[n], scores[n], next) = (
                    firstRow + (int)winners[next + 1], BitConverter.UInt32BitsToSingle(winners[next]), next + 2);
        }
    }
}
