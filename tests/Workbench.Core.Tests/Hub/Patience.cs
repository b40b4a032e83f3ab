using System;
using System.Diagnostics;
using System.Threading.Tasks;

namespace Workbench.Core.Tests.Hub;

/// <summary>Waits for what another thread or process will do, but not forever.</summary>
internal static class Patience
{
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(5);

    public static async Task Until(Func<bool> condition)
    {
        var waited = Stopwatch.StartNew();
        while (!condition())
        {
            if (waited.Elapsed > Longest) throw new TimeoutException($"nothing happened for {Longest.TotalSeconds} s");
            await Task.Delay(5);
        }
    }
}
