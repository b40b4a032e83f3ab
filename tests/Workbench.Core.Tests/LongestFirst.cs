using System;
using System.Collections.Generic;
using System.Linq;
using Workbench.Core.Tests.Engines;
using Workbench.Core.Tests.Formats;
using Workbench.Core.Tests.Models;
using Xunit;
using Xunit.Abstractions;

[assembly: TestCollectionOrderer("Workbench.Core.Tests.LongestFirst", "Workbench.Core.Tests")]

namespace Workbench.Core.Tests;

/// <summary>Starts the classes that take longest before all others: one that begins when the others have ended leaves
/// processors idle.</summary>
public sealed class LongestFirst : ITestCollectionOrderer
{
    // By what was measured of them one by one; any order is right.
    private static readonly Type[] Longest =
    [
        typeof(InstructionTierTests), typeof(GpuEngineTests), typeof(FuzzTests), typeof(TokenizerCostTests),
        typeof(LayerInPlaceTests),
    ];

    /// <inheritdoc/>
    public IEnumerable<ITestCollection> OrderTestCollections(IEnumerable<ITestCollection> testCollections) =>
        testCollections.OrderBy(collection =>
        {
            var place = Array.FindIndex(
                Longest, type => collection.DisplayName.EndsWith($" {type.FullName}", StringComparison.Ordinal));
            return place < 0 ? Longest.Length : place;
        });
}
