using System;

namespace Workbench.Core.Training;

/// <summary>Turns steps made into reports: at most ten a second, and whenever there is a new measurement.</summary>
internal sealed class TrainingMeter(
    TrainingOptions options, int steps, int tokensPerStep, LossCurve curve, TimeProvider time)
{
    private static readonly TimeSpan Between = TimeSpan.FromMilliseconds(100);
    private readonly long started = time.GetTimestamp();
    private readonly int resumedAt = curve.Training.Count;
    private TimeSpan inSteps;
    private long begun;
    private long? reported;

    public double TokensPerSecond =>
        inSteps > TimeSpan.Zero ? (double)(curve.Training.Count - resumedAt) * tokensPerStep / inSteps.TotalSeconds : 0;

    public TimeSpan Elapsed => time.GetElapsedTime(started);

    public void Begin() => begun = time.GetTimestamp();

    public void End() => inSteps += time.GetElapsedTime(begun);

    public void Report(bool always)
    {
        var now = time.GetTimestamp();
        if (options.Progress is null || (!always && reported is { } last && time.GetElapsedTime(last, now) < Between))
            return;
        reported = now;
        var done = curve.Training.Count;
        options.Progress.Report(
            new TrainingProgress(
                done, steps, curve.Smoothed(done - 1), curve.HeldOut.Count > 0 ? curve.HeldOut[^1].Loss : null,
                TokensPerSecond, options.OperationsPerToken > 0 ? TokensPerSecond * options.OperationsPerToken : null,
                Elapsed * ((double)(steps - done) / (done - resumedAt)))
        );
    }
}
