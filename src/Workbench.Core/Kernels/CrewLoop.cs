using System;
using System.Diagnostics;
using System.Runtime.ExceptionServices;
using System.Threading;

namespace Workbench.Core.Kernels;

/// <summary>One parallel loop of a <see cref="Crew"/>.</summary>
/// <param name="number">Tells it from others.</param>
/// <param name="workers">How many calls, and most threads, the one that asks included.</param>
/// <param name="body">What is called.</param>
internal sealed class CrewLoop(long number, int workers, Action<int> body)
{
    private readonly ExecutionContext? context = ExecutionContext.Capture();
    private readonly Lock failing = new();
    private readonly object ends = new();
    private int called; // workers whose turn has come
    private int joined; // members that have come
    private int present; // of them
    private bool isAwaited;

    public long Number => number;

    /// <summary>What a call threw first.</summary>
    public ExceptionDispatchInfo? Failure { get; private set; }

    /// <summary>Calls the body for workers whose turn has not come, until there is none.</summary>
    public void Work()
    {
        for (var worker = Next(); worker < workers; worker = Next())
            try
            {
                body(worker);
            }
            catch (Exception error)
            {
                lock (failing) Failure ??= ExceptionDispatchInfo.Capture(error);
                Interlocked.Exchange(ref called, workers);
            }
    }

    /// <summary>A member's part: it works where there are not threads enough, and says when it goes.</summary>
    public void Join()
    {
        if (Interlocked.Increment(ref joined) >= workers) return;
        // Whose turn comes after this is waited for.
        Interlocked.Increment(ref present);
        if (context is null) Work();
        else ExecutionContext.Run(context, static loop => ((CrewLoop)loop!).Work(), this);
        if (Interlocked.Decrement(ref present) > 0 || !Volatile.Read(ref isAwaited)) return;
        lock (ends) Monitor.PulseAll(ends);
    }

    /// <summary>Returns when no member works.</summary>
    /// <param name="patience">How long to look before sleeping, in ticks of the clock.</param>
    public void WaitForMembers(long patience)
    {
        for (var start = Stopwatch.GetTimestamp(); Stopwatch.GetTimestamp() - start < patience;)
        {
            if (Volatile.Read(ref present) == 0) return;
            Thread.SpinWait(10);
        }
        Volatile.Write(ref isAwaited, true);
        Interlocked.MemoryBarrier(); // who goes from now on has seen it
        lock (ends)
            while (Volatile.Read(ref present) > 0) Monitor.Wait(ends);
    }

    private int Next() => Interlocked.Increment(ref called) - 1;
}
