using System;
using Workbench.Core.Randomness;

namespace Workbench.Core.Hub;

/// <summary>How often a request that failed for the moment is repeated, and after how long.</summary>
public sealed record RetryPolicy
{
    /// <summary>How often after the first try.</summary>
    public int Retries { get; init; } = 5;

    /// <summary>The longest wait after the first failure; it doubles with each further one.</summary>
    public TimeSpan FirstDelay { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>No wait is longer, whatever the hub asks for.</summary>
    public TimeSpan LongestDelay { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Source of the jitter; by default another in each process, so that clients do not come back all at
    /// once.</summary>
    public ulong Seed { get; init; } = (ulong)Environment.ProcessId;

    /// <summary>The wait after a failure: a random half to whole of the doubled delay, or what the hub asks for if that
    /// is longer.</summary>
    /// <param name="failure">1 after the first failure in a row.</param>
    /// <param name="asked">The hub's own wish, if it has one.</param>
    public TimeSpan Delay(int failure, TimeSpan? asked = null)
    {
        var whole = FirstDelay * Math.Pow(2, failure - 1);
        var jittered = whole * (0.5 + 0.5 * new Philox(Seed, (ulong)failure).NextUniform());
        var wanted = asked > jittered ? asked.Value : jittered;
        return wanted < LongestDelay ? wanted : LongestDelay;
    }
}
