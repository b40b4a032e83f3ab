using System;
using System.Diagnostics;
using System.Threading;

namespace Workbench.Core.Kernels;

/// <summary>
/// Threads that stay awake for a moment from one parallel loop to the next. A forward pass of few tokens is some
/// hundred loops of tens of microseconds each, and a thread that sleeps between two of them wakes when its work is
/// done.
/// </summary>
/// <remarks>One loop at a time: for a loop within a loop, or a second computation beside the first, there is the
/// runtime's pool.</remarks>
internal sealed class Crew
{
    // How long a thread looks for the next loop before it sleeps, and a loop's own thread for the others' end: 200 µs.
    // Beside the pool (two cores, Zen 4, in turn): one token from half precision 53 and 67 ms, a training step of
    // pocket-gpt2 0.82 and 0.88 s, eight tokens of GPT-2 cold 57 and 65 ms, warm both 22. With 50 µs or a millisecond
    // the token takes 61 and 69 ms, the others as long.
    private static readonly long Patience = Stopwatch.Frequency / 5000;

    private static readonly Lazy<Crew> OfThisProcess = new(() => new Crew(Environment.ProcessorCount - 1));

    private readonly Member[] members;
    private CrewLoop? loop; // at work, or null
    private long loops;
    private int isBusy;

    private Crew(int count)
    {
        members = new Member[count];
        for (var i = 0; i < count; i++) members[i] = new Member(this, i + 1);
    }

    /// <summary>Calls <paramref name="body"/> once for each worker from 0 to <paramref name="workers"/> − 1, some on
    /// this thread; returns when all calls have ended.</summary>
    /// <returns>False where the crew is at work, and then nothing is called.</returns>
    /// <exception cref="Exception">What a call threw first; workers whose turn had not come are not called.</exception>
    public static bool TryRun(int workers, Action<int> body) => OfThisProcess.Value.TryRunLoop(workers, body);

    private bool TryRunLoop(int workers, Action<int> body)
    {
        if (Interlocked.Exchange(ref isBusy, 1) != 0) return false;
        var all = new CrewLoop(++loops, workers, body);
        Interlocked.Exchange(ref loop, all); // whoever lies down from now on has seen it
        for (var i = 0; i < Math.Min(workers - 1, members.Length); i++) members[i].Wake();
        all.Work();
        all.WaitForMembers(Patience);
        Volatile.Write(ref loop, null);
        Volatile.Write(ref isBusy, 0);
        all.Failure?.Throw();
        return true;
    }

    private sealed class Member
    {
        private readonly Crew crew;
        private readonly SemaphoreSlim calls = new(0);
        private long last; // the loop that it joined last
        private int isAsleep;

        public Member(Crew crew, int number)
        {
            this.crew = crew;
            new Thread(Serve) { IsBackground = true, Name = $"Workbench {number}" }.UnsafeStart();
        }

        // Whoever ends the sleep, this or the member, ends it alone: every call is waited for once.
        public void Wake()
        {
            if (Interlocked.Exchange(ref isAsleep, 0) == 1) calls.Release();
        }

        private void Serve()
        {
            while (true)
            {
                var next = Watch() ?? Sleep();
                if (next is null) continue;
                last = next.Number;
                next.Join();
            }
        }

        private CrewLoop? NextLoop => Volatile.Read(ref crew.loop) is { } now && now.Number != last ? now : null;

        private CrewLoop? Watch()
        {
            for (var start = Stopwatch.GetTimestamp(); Stopwatch.GetTimestamp() - start < Patience;)
            {
                if (NextLoop is { } next) return next;
                Thread.SpinWait(10);
            }
            return null;
        }

        private CrewLoop? Sleep()
        {
            Interlocked.Exchange(ref isAsleep, 1);
            var next = NextLoop; // it may have begun while nobody was asleep yet
            if (next is null || Interlocked.Exchange(ref isAsleep, 0) == 0) calls.Wait();
            return next;
        }
    }
}
