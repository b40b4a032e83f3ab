using System;
using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using System.Threading;
using System.Threading.Tasks;

namespace Workbench.Core.Kernels;

/// <summary>The meaning of every <c>threads</c> setting, and the one way work is spread over threads.</summary>
internal static class Workers
{
    /// <summary>0 means every processor; any other number is taken as asked, even beyond the processors there
    /// are.</summary>
    public static int Count(int threads)
    {
        Argument.AtLeast(threads, 0);
        return threads == 0 ? Environment.ProcessorCount : threads;
    }

    /// <summary>
    /// Calls <paramref name="body"/> once for each worker from 0 to <paramref name="workers"/> − 1, on as many threads
    /// as are free;
    /// the first exception of a worker is thrown here as it was there, after all have ended.
    /// </summary>
    /// <remarks>A body that takes long looks at <see cref="Interruption.Token"/>.</remarks>
    public static void Run(int workers, Action<int> body)
    {
        if (workers == 1)
        {
            body(0);
            return;
        }
        var isDone = false;
        Whole(() => isDone = Crew.TryRun(workers, body));
        if (isDone) return;
        try
        {
            Whole(() => Parallel.For(0, workers, new ParallelOptions { MaxDegreeOfParallelism = workers }, body));
        }
        catch (AggregateException errors)
        {
            ExceptionDispatchInfo.Throw(errors.InnerExceptions[0]);
        }
    }

    /// <summary>Calls <paramref name="task"/> for 0 to <paramref name="tasks"/> − 1; whichever worker is free takes the
    /// next.</summary>
    /// <exception cref="OperationCanceledException">Ctrl-C was pressed.</exception>
    public static void Share(int workers, int tasks, Action<int> task)
    {
        if (tasks == 0) return;
        var next = 0;
        var interruption = Interruption.Token;
        Run(
            Math.Min(workers, tasks),
            _ =>
            {
                for (var i = Interlocked.Increment(ref next) - 1; i < tasks; i = Interlocked.Increment(ref next) - 1)
                {
                    interruption.ThrowIfCancellationRequested();
                    task(i);
                }
            }
        );
    }

    /// <summary>Calls <paramref name="work"/>, a parallel loop, with options that Ctrl-C cancels too.</summary>
    /// <param name="cancellation">What else cancels it.</param>
    /// <param name="work">Returns when all its threads have ended.</param>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static void Loop(CancellationToken cancellation, Action<ParallelOptions> work)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, Interruption.Token);
        Whole(() => work(new ParallelOptions { CancellationToken = either.Token }));
    }

    // In a finally block, where a thread is not aborted: all threads have ended before what they use is given back.
    // Optimized, a finally block behind nothing is code like any other, and is aborted.
    [MethodImpl(MethodImplOptions.NoOptimization | MethodImplOptions.NoInlining)]
    private static void Whole(Action work)
    {
        try
        {
            // Nothing can go wrong here.
        }
        finally
        {
            work();
        }
    }
}
