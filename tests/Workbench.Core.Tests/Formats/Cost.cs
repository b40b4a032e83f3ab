using System;
using System.Diagnostics;
using System.Runtime.InteropServices;
using Xunit;

namespace Workbench.Core.Tests.Formats;

/// <summary>What reading a file costs: bytes allocated, and processor time of this thread, which does not depend on how
/// busy the machine is. A collection runs on the thread that asked for memory and walks what all other tests hold, so
/// that its pause is not counted.</summary>
internal static class Cost
{
    // A byte that is read as a float64 is copied eight times over, and a name of a few bytes becomes some objects; the
    // most is spent on a dictionary's entries, which take some 160 bytes for two of the file.
    private const long BytesPerByte = 128, BytesPerFile = 100_000;

    // Measured: 30 to 300 microseconds a file, 20 to 200 nanoseconds a byte.
    private const double MicrosecondsPerByte = 2, MicrosecondsPerFile = 5_000;

    // A compilation may fall into one of them, not into all.
    private const int Tries = 5;

    /// <summary>Asserts that an action's memory and time are proportional to the length of what it reads.</summary>
    public static void RequireProportional(long length, Action action)
    {
        var (bytes, time) = Of(action);
        for (var more = 1; more < Tries && !(IsLittle(length, bytes) && IsShort(length, time)); more++)
        {
            var again = Of(action);
            (bytes, time) = (Math.Min(bytes, again.Bytes), Math.Min(time, again.Microseconds));
        }
        Assert.True(IsLittle(length, bytes), $"{bytes} bytes were allocated for a file of {length}");
        Assert.True(IsShort(length, time), $"{time:0} µs were spent on a file of {length} bytes");
    }

    /// <summary>Asserts that eight times the length takes at most five times as much memory and time as eight
    /// times.</summary>
    /// <param name="what">What is measured, for messages.</param>
    /// <param name="length">The longer length.</param>
    /// <param name="prepare">What is to be done for a length.</param>
    public static void RequireLinear(string what, int length, Func<int, Action> prepare)
    {
        const int times = 8, margin = 5;
        var (little, much) = (prepare(length / times), prepare(length));
        little();
        var small = Of(little);
        var large = Of(much);
        for (var more = 1; more < Tries && !(IsFew() && IsFast()); more++)
        {
            var (again, also) = (Of(little), Of(much));
            small = (Math.Min(small.Bytes, again.Bytes), Math.Max(small.Microseconds, again.Microseconds));
            large = (Math.Min(large.Bytes, also.Bytes), Math.Min(large.Microseconds, also.Microseconds));
        }
        Assert.True(IsFew(), $"{what}: {small.Bytes} bytes for {length / times}, {large.Bytes} for {length}");
        Assert.True(
            IsFast(), $"{what}: {small.Microseconds:0} µs for {length / times}, {large.Microseconds:0} for {length}");

        bool IsFew() => large.Bytes <= BytesPerFile + margin * times * small.Bytes;

        bool IsFast() => large.Microseconds <= MicrosecondsPerFile + margin * times * small.Microseconds;
    }

    private static bool IsLittle(long length, long bytes) => bytes <= BytesPerFile + BytesPerByte * length;

    private static bool IsShort(long length, double microseconds) =>
        microseconds <= MicrosecondsPerFile + MicrosecondsPerByte * length;

    private static (long Bytes, double Microseconds) Of(Action action)
    {
        var (bytes, pause, time) = (
            GC.GetAllocatedBytesForCurrentThread(), GC.GetTotalPauseDuration(), Microseconds());
        action();
        var (bytesAfter, pauseAfter, timeAfter) = (
            GC.GetAllocatedBytesForCurrentThread(), GC.GetTotalPauseDuration(), Microseconds());
        var spent = timeAfter - time - (pauseAfter - pause).TotalMicroseconds;
        return (bytesAfter - bytes, Math.Max(0, spent));
    }

    private static double Microseconds()
    {
        const int threadTime = 3; // CLOCK_THREAD_CPUTIME_ID
        return OperatingSystem.IsLinux() && clock_gettime(threadTime, out var time) == 0
            ? time.Seconds * 1e6 + time.Nanoseconds / 1e3
            : Stopwatch.GetTimestamp() * 1e6 / Stopwatch.Frequency;
    }

    [DllImport("libc")]
    private static extern int clock_gettime(int clock, out TimeSpec time);

    private struct TimeSpec
    {
        public nint Seconds, Nanoseconds;
    }
}
