using System;
using System.Collections.Concurrent;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Workbench.Core.Tokenizers.Models;
using Xunit;

namespace Workbench.Core.Tests;

/// <summary>What tokenizers remember of pieces.</summary>
public sealed class PieceCacheTests
{
    private const int Capacity = 1 << 17, LongestPiece = 64;

    [Fact]
    public void All_but_few_of_the_pieces_are_remembered_and_none_as_another()
    {
        var cache = new PieceCache<int>();
        var pieces = Enumerable.Range(0, Capacity).Select(i => $"{(char)('a' + i % 26)}{i:x}").ToArray();
        for (var i = 0; i < pieces.Length; i++)
        {
            cache.Add(pieces[i], i);
            Assert.False(cache.TryGet($"{pieces[i]}?", out _));
        }
        var found = pieces
            .Select((piece, i) => (Has: cache.TryGet(piece, out var value), Value: value, I: i))
            .ToArray();
        Assert.All(found, one => Assert.True(!one.Has || one.Value == one.I));
        Assert.InRange(found.Count(one => one.Has), 0.98 * Capacity, Capacity);
    }

    [Fact]
    public void What_is_long_or_beyond_the_capacity_is_not_kept()
    {
        var cache = new PieceCache<int>();
        var longest = new string('x', LongestPiece);
        cache.Add(longest, 1);
        cache.Add(longest + "x", 2);
        Assert.True(cache.TryGet(longest, out var value) && value == 1);
        Assert.False(cache.TryGet(longest + "x", out _));
        for (var i = 0; i < 2 * Capacity; i++) cache.Add($"{i}", i);
        Assert.InRange(Enumerable.Range(0, 2 * Capacity).Count(i => cache.TryGet($"{i}", out _)), 1, Capacity);
    }

    [Fact]
    public void Threads_that_add_and_look_up_at_once_find_what_was_added()
    {
        var cache = new PieceCache<string>();
        var wrong = new ConcurrentBag<string>();
        var finds = 0;
        Parallel.For(0, 4, worker =>
        {
            var random = new Random(worker);
            for (var i = 0; i < 100_000; i++)
            {
                var piece = $"{random.Next(20_000)}";
                if (!cache.TryGet(piece, out var value)) cache.Add(piece, piece);
                else if (value != piece) wrong.Add(piece);
                else Interlocked.Increment(ref finds);
            }
        });
        Assert.Empty(wrong);
        Assert.InRange(finds, 300_000, 400_000);
    }
}
