using System;
using System.Threading;

namespace Workbench.Core.Kernels;

/// <summary>What Ctrl-C means to threads that are at work.</summary>
/// <remarks>
/// F# Interactive answers Ctrl-C by aborting the thread that evaluates, wherever it is: what that thread lent to others
/// would be given back while they still use it, and the process would die of it. A thread is not aborted in a finally
/// block, so that is where <see cref="Workers"/> waits for the others; and they end at once, because this token tells
/// them. In a program nothing changes: nobody cancels Ctrl-C, which ends the process.
/// </remarks>
internal static class Interruption
{
    private static CancellationTokenSource next = new();

    static Interruption()
    {
        try
        {
            Console.CancelKeyPress += (_, _) => Interlocked.Exchange(ref next, new CancellationTokenSource()).Cancel();
        }
        catch (PlatformNotSupportedException)
        {
            // There is no console, so nobody presses Ctrl-C.
        }
    }

    /// <summary>Cancelled by the next Ctrl-C.</summary>
    public static CancellationToken Token => Volatile.Read(ref next).Token;
}
