using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.IO;
using System.Linq;
using System.Text.Json;
using Workbench.Core.Tensors;

namespace Workbench.Core.Pairs;

/// <summary>What a <see cref="ScanState"/> is of: everything that must agree before a scan goes on from it, and the row
/// blocks it covers.</summary>
/// <param name="Space">The whole scan's pairs.</param>
/// <param name="Measure">What the scores are.</param>
/// <param name="Arithmetic">How the scores are rounded; another arithmetic gives other bits and is not gone on
/// with.</param>
/// <param name="Engine">What computed them, in words; told, not compared.</param>
/// <param name="Fingerprint">Of the prepared vectors; see <see cref="PreparedRows.Fingerprint"/>. Rows and columns
/// joined by a slash where they differ.</param>
/// <param name="Folds">The folds' settings, in order.</param>
/// <param name="RowBlocks">Which row blocks are covered: ascending, apart, none empty.</param>
/// <param name="Provenance">Where the vectors come from, in the caller's words.</param>
public sealed record ScanHeader(
    PairSpace Space, Measure Measure, Arithmetic Arithmetic, string Engine, string Fingerprint,
    ImmutableArray<string> Folds, ImmutableArray<RowBlockRange> RowBlocks,
    ImmutableSortedDictionary<string, string> Provenance)
{
    // 1 did not say how scores were rounded.
    private const int Version = 2;

    /// <summary>Pairs covered.</summary>
    public long Pairs => RowBlocks.Sum(Space.PairsIn);

    /// <summary>Whether every row block is covered.</summary>
    public bool IsComplete => Missing.IsEmpty;

    /// <summary>The row blocks that are not covered.</summary>
    public ImmutableArray<RowBlockRange> Missing =>
        Ranges([.. Enumerable.Range(0, Space.RowBlocks).Except(Blocks(RowBlocks))]);

    /// <summary>Both engines' names, each once: "cpu, AVX-512 + cpu, AVX2".</summary>
    internal static string JoinEngines(string mine, string theirs) =>
        string.Join(" + ", mine.Split(" + ").Union(theirs.Split(" + ")).Order(StringComparer.Ordinal));

    /// <exception cref="ArgumentException">They are of different scans; the message names what differs, with both
    /// values.</exception>
    internal void CheckSameScan(ScanHeader other, string path)
    {
        foreach (var (key, value) in Provenance)
            Same(key, value, other.Provenance.GetValueOrDefault(key, "(nothing)"));
        foreach (var (key, value) in other.Provenance)
            Same(key, Provenance.GetValueOrDefault(key, "(nothing)"), value);
        Same("measure", Measure, other.Measure);
        Same("arithmetic", Arithmetic, other.Arithmetic);
        Same("space", Space, other.Space);
        Same("weights (by fingerprint)", Fingerprint, other.Fingerprint);
        if (!Folds.SequenceEqual(other.Folds)) Same("folds", string.Join(", ", Folds), string.Join(", ", other.Folds));

        void Same<T>(string what, T mine, T theirs)
        {
            if (!EqualityComparer<T>.Default.Equals(mine, theirs))
                throw new ArgumentException(
                    $"{path} is of another scan: its {what} is {theirs}, and this scan's {mine}. Remove the file, or "
                        + "name another.",
                    nameof(other));
        }
    }

    internal void CheckFolds(IReadOnlyList<PairFold> folds)
    {
        if (!Folds.SequenceEqual(folds.Select(fold => fold.Settings)))
            throw new ArgumentException(
                $"The checkpoint holds {string.Join(", ", Folds)}, but was to be read into "
                    + $"{string.Join(", ", folds.Select(fold => fold.Settings))}.",
                nameof(folds)
            );
    }

    internal static ImmutableArray<RowBlockRange> Ranges(ReadOnlySpan<int> ascending)
    {
        var ranges = ImmutableArray.CreateBuilder<RowBlockRange>();
        foreach (var block in ascending)
        {
            if (ranges.Count > 0 && ranges[^1].End == block) ranges[^1] = ranges[^1] with { End = block + 1 };
            else ranges.Add(new RowBlockRange(block, block + 1));
        }
        return ranges.ToImmutable();
    }

    internal static IEnumerable<int> Blocks(IEnumerable<RowBlockRange> ranges) =>
        ranges.SelectMany(range => Enumerable.Range(range.First, range.End - range.First));

    internal string ToJson() => JsonSerializer.Serialize(new Dictionary<string, object>
    {
        ["version"] = Version,
        ["rows"] = Space.Rows,
        ["columns"] = Space.Columns,
        ["symmetric"] = Space.IsSymmetric,
        ["bound"] = Space.Bound,
        ["rowBlock"] = PairSpace.RowBlock,
        ["measure"] = Measure.ToString(),
        ["arithmetic"] = Arithmetic.ToString(),
        ["engine"] = Engine,
        ["fingerprint"] = Fingerprint,
        ["folds"] = Folds.ToArray(),
        ["rowBlocks"] = RowBlocks.Select(range => new[] { range.First, range.End }).ToArray(),
        ["provenance"] = Provenance,
    });

    internal static ScanHeader FromJson(string json, string path)
    {
        try
        {
            var root = JsonDocument.Parse(json).RootElement;
            var (version, rowBlock) = (root.GetProperty("version").GetInt32(), root.GetProperty("rowBlock").GetInt32());
            if (version == 1)
                throw new InvalidDataException(
                    $"{path} is a checkpoint of version 1, which does not say how its scores were rounded; this "
                        + $"library reads version {Version}. Remove it, and scan again."
                );
            if (version != Version || rowBlock != PairSpace.RowBlock)
                throw new InvalidDataException(
                    $"{path} is of version {version} with {rowBlock} rows in a row block; this library reads version "
                        + $"{Version} with {PairSpace.RowBlock}."
                );
            return new ScanHeader(
                new PairSpace(
                    root.GetProperty("rows").GetInt32(), root.GetProperty("columns").GetInt32(),
                    root.GetProperty("symmetric").GetBoolean(), root.GetProperty("bound").GetDouble()),
                Enum.Parse<Measure>(root.GetProperty("measure").GetString()!),
                Enum.Parse<Arithmetic>(root.GetProperty("arithmetic").GetString()!),
                root.GetProperty("engine").GetString()!,
                root.GetProperty("fingerprint").GetString()!,
                [.. root.GetProperty("folds").EnumerateArray().Select(fold => fold.GetString()!)],
                [
                    .. root.GetProperty("rowBlocks")
                        .EnumerateArray()
                        .Select(range => new RowBlockRange(range[0].GetInt32(), range[1].GetInt32())),
                ],
                root.GetProperty("provenance")
                    .EnumerateObject()
                    .ToImmutableSortedDictionary(entry => entry.Name, entry => entry.Value.GetString()!)
            );
        }
        catch (Exception error)
            when (error
                    is JsonException
                        or KeyNotFoundException
                        or InvalidOperationException
                        or FormatException
                        or ArgumentException
            )
        {
            throw new InvalidDataException(
                $"{path}: its header cannot be read: {JsonFault.Of(error)}.", error);
        }
    }
}
