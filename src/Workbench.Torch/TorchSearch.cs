using System;
using System.Linq;
using Workbench.Core.Pairs;
using static TorchSharp.torch;

namespace Workbench.Torch;

/// <summary>The most similar rows of a table: torch finds the k-th score of each query and what is not below it, which
/// is put in order here, since it leaves open which of equal scores come first.</summary>
internal static class TorchSearch
{
    // 64 MB of scores, so that one product is worth its start.
    private const int ScoresAtOnce = 4 * TorchEngine.ScoresAtOnce;

    public static TopKResult Run(TorchEngine engine, TorchRows queries, TorchRows table, int k)
    {
        var (indices, scores) = (new int[queries.Count * k], new float[queries.Count * k]);
        var atOnce = Math.Max(1, ScoresAtOnce / Math.Max(1, table.Count));
        for (var query = 0; k > 0 && query < queries.Count; query += atOnce)
        {
            var (first, many) = (query, Math.Min(atOnce, queries.Count - query));
            var found = engine.Compute(() => Best(queries, first, many, table, k));
            var start = 0;
            for (var q = 0; q < many; q++)
            {
                var end = start;
                while (end < found.Query.Length && found.Query[end] == q) end++;
                // Those of a query come by ascending row, and sorting keeps the order of equals.
                var best = Enumerable.Range(start, end - start).OrderByDescending(place => found.Score[place]).Take(k);
                var at = (first + q) * k;
                foreach (var place in best)
                    (indices[at], scores[at++]) = (table.SourceRows[(int)found.Row[place]], found.Score[place]);
                start = end;
            }
        }
        return new TopKResult(queries.Count, k, indices, scores);
    }

    private static (long[] Query, long[] Row, float[] Score) Best(
        TorchRows queries, int first, int many, TorchRows table, int k)
    {
        using var scope = NewDisposeScope();
        var scores = queries.Values.narrow(0, first, many).mm(table.Values.t());
        var least = scores.topk(k, 1, true, true).values.narrow(1, k - 1, 1);
        var mask = scores.ge(least);
        var places = mask.nonzero();
        return (
            places.select(1, 0).cpu().data<long>().ToArray(), places.select(1, 1).cpu().data<long>().ToArray(),
            scores.masked_select(mask).cpu().data<float>().ToArray());
    }
}
