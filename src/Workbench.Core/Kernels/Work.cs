using System;
using System.Runtime.ExceptionServices;
using System.Threading;
using System.Threading.Tasks;

namespace Workbench.Core.Kernels;

/// <summary>Independent items over a bounded number of threads.</summary>
internal static class Work
{
    /// <summary>Calls <paramref name="body"/> once for every item; the order is free, so no item may depend on another's result.</summary>
    /// <param name="items">Items 0 to <paramref name="items"/> − 1; each thread takes the next one that is left.</param>
    /// <param name="threads">At most this many work at once; 1 runs everything on the caller's own thread.</param>
    /// <param name="body">The work.</param>
    public static void For(int items, int threads, Action<int> body)
    {
        var workers = Math.Min(items, threads);
        if (workers <= 1)
        {
            for (var item = 0; item < items; item++) body(item);
            return;
        }
        var next = -1;
        try
        {
            Parallel.For(0, workers, new ParallelOptions { MaxDegreeOfParallelism = workers }, _ =>
            {
                for (var item = Interlocked.Increment(ref next); item < items; item = Interlocked.Increment(ref next)) body(item);
            });
        }
        catch (AggregateException errors)
        {
            // The caller gets the first error as one thread would have thrown it.
            ExceptionDispatchInfo.Throw(errors.InnerExceptions[0]);
        }
    }
}
