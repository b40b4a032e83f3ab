using System;
using System.IO;
using System.Linq;
using Workbench.Core.Engines;
using Workbench.Core.Formats;
using Workbench.Core.Models;
using Workbench.Core.Models.Families;
using Xunit;

namespace Workbench.Core.Tests.Models;

/// <summary>A text that is continued piece by piece against the same text at once, for every decoder.</summary>
public sealed class ContinuationTests
{
    private const string Folder = "reference/families";

    public static TheoryData<string> Names
    {
        get
        {
            var names = new TheoryData<string>();
            if (Weights.Folder is null) return names;
            foreach (var folder in Directory.EnumerateDirectories(Weights.At(Folder)).Order(StringComparer.Ordinal))
                if (File.Exists($"{folder}.expected.safetensors")) names.Add(Path.GetFileName(folder));
            return names;
        }
    }

    [WeightsTheory(Folder), MemberData(nameof(Names))]
    public void Piece_by_piece_a_text_has_the_bits_that_it_has_at_once(string name)
    {
        using var file = Checkpoint.Open(Weights.At(Folder, name));
        var weights = new TransformerWeights(file, Family.ConfigOf(file));
        using var expected = SafetensorsFile.Open(Weights.At(Folder, $"{name}.expected.safetensors"));
        var ids = expected.ReadIntegers("ids").Select(value => (int)value).ToArray();
        foreach (IEngine engine in new IEngine[] { new CpuEngine(), new ReferenceEngine() })
        {
            var model = engine.Load(weights);
            if (!weights.Config.IsCausal)
            {
                Assert.Throws<ArgumentException>(() => new KeyValueCache(model));
                continue;
            }
            var cache = new KeyValueCache(model);
            foreach (var length in new[] { 7, 1, 1, 12, 1, 18 })
            {
                var start = cache.Length;
                // Where other angles begin, the text has to be run from the start.
                if (!cache.CanTake(length)) cache.Clear();
                var piece = model.Run(ids.AsSpan(0, start + length)[cache.Length..], Keep.Nothing, cache: cache);
                var atOnce = model.Run(ids.AsSpan(0, start + length), Keep.Nothing).Output.RowRange(start, length);
                Assert.Equal(
                    atOnce.ToArray(), piece.Output.RowRange(piece.Output.Rows - length, length).ToArray());
            }
            Assert.Equal(ids.Length, cache.Length);
        }
    }
}
