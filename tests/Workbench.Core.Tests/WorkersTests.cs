using System;
using System.Collections.Concurrent;
using System.Diagnostics;
using System.Linq;
using System.Runtime.CompilerServices;
using System.Threading;
using System.Threading.Tasks;
using Workbench.Core.Kernels;
using Xunit;

namespace Workbench.Core.Tests;

public sealed class WorkersTests
{
    [Theory, InlineData(1), InlineData(2), InlineData(3), InlineData(64)]
    public void Every_worker_is_called_once_and_has_ended_when_the_loop_returns(int workers)
    {
        var calls = new int[workers];
        for (var loop = 1; loop <= 3000; loop++)
        {
            Workers.Run(workers, worker => calls[worker]++);
            Assert.All(calls, times => Assert.Equal(loop, times));
        }
    }

    // The threads' patience is some hundred microseconds: some are awake, some are about to sleep, some asleep.
    [Fact]
    public void Threads_that_went_to_sleep_between_loops_are_called_again()
    {
        var sum = 0;
        for (var loop = 0; loop < 300; loop++)
        {
            for (var pause = Stopwatch.StartNew(); pause.Elapsed.TotalMicroseconds < 3 * loop;) Thread.SpinWait(1);
            if (loop % 50 == 0) Thread.Sleep(20);
            Workers.Run(2, worker => Interlocked.Add(ref sum, worker + 1));
        }
        Assert.Equal(300 * 3, sum);
    }

    [Fact]
    public void A_loop_has_as_many_threads_as_there_are_workers_and_processors()
    {
        var wanted = Math.Min(2, Environment.ProcessorCount);
        var threads = new ConcurrentDictionary<int, int>();
        Workers.Run(2, worker =>
        {
            threads[Environment.CurrentManagedThreadId] = worker;
            for (var wait = Stopwatch.StartNew(); threads.Count < wanted && wait.Elapsed.TotalSeconds < 60;)
                Thread.Yield();
        });
        Assert.Equal(wanted, threads.Count);
    }

    [Fact]
    public void A_loop_within_a_loop_and_loops_side_by_side_are_whole()
    {
        var sums = new int[8];
        Parallel.For(0, sums.Length, i =>
        {
            for (var loop = 0; loop < 100; loop++)
                Workers.Run(3, _ => Workers.Share(2, 5, task => Interlocked.Add(ref sums[i], task)));
        });
        Assert.All(sums, sum => Assert.Equal(100 * 3 * (0 + 1 + 2 + 3 + 4), sum));
    }

    [Fact]
    public void What_a_worker_throws_is_thrown_when_all_have_ended_and_the_next_loop_is_whole()
    {
        for (var loop = 0; loop < 200; loop++)
        {
            var inside = 0;
            var error = Assert.Throws<InvalidOperationException>(() => Workers.Run(4, worker =>
            {
                Interlocked.Increment(ref inside);
                try
                {
                    if (worker == 1) throw new InvalidOperationException("Of the second.");
                    Thread.SpinWait(2000);
                }
                finally
                {
                    Interlocked.Decrement(ref inside);
                }
            }));
            Assert.Equal("Of the second.", error.Message);
            Assert.Equal(0, Volatile.Read(ref inside));
            Workers.Run(4, _ => Interlocked.Increment(ref inside));
            Assert.Equal(4, inside);
        }
    }

    [Fact]
    public void What_flows_with_a_computation_flows_into_its_loops()
    {
        var flowing = new AsyncLocal<string> { Value = "mine" };
        var seen = new string?[2];
        using var both = new CountdownEvent(2);
        Workers.Run(2, worker =>
        {
            seen[worker] = flowing.Value;
            both.Signal();
            both.Wait(TimeSpan.FromSeconds(1)); // so that each thread takes one where there are two
        });
        Assert.All(seen, value => Assert.Equal("mine", value));
    }

    [Fact]
    public void A_loop_that_has_ended_keeps_nothing_alive()
    {
        var used = UsedByLoops();
        for (var i = 0; i < 10 && used.Any(each => each.IsAlive); i++)
        {
            Thread.Sleep(10);
            GC.Collect();
        }
        Assert.All(used, each => Assert.False(each.IsAlive));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference[] UsedByLoops() =>
        [.. Enumerable.Range(0, 20).Select(_ =>
        {
            var large = new int[1000];
            Workers.Run(2, worker => large[worker] = worker);
            return new WeakReference(large);
        })];
}
