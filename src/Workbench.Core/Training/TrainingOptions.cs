using System;
using System.Threading;

namespace Workbench.Core.Training;

/// <summary>How a training run runs; nothing here changes its result.</summary>
public sealed record TrainingOptions
{
    /// <inheritdoc/>
    public override string ToString() => RecordText.Of(this);

    /// <summary>Threads of the optimizer; 0 for one on each processor.</summary>
    public int Threads { get; init; }

    /// <summary>Where the run is saved now and then, and where one that was broken off goes on; nowhere when
    /// null.</summary>
    public TrainingCheckpoint? Checkpoint { get; init; }

    /// <summary>Told how far the run is, at most ten times a second, and after every held-out measurement; called by
    /// the thread that trains.</summary>
    public IProgress<TrainingProgress>? Progress { get; init; }

    /// <summary>Ends the run with <see cref="OperationCanceledException"/> after the step in hand, saved where there is
    /// a checkpoint.</summary>
    public CancellationToken Cancellation { get; init; }

    /// <summary>Floating-point operations that a step spends on one token, forward and backward, for
    /// <see cref="TrainingProgress.OperationsPerSecond"/>; 0 if not known. About six for each weight of a
    /// matrix.</summary>
    public double OperationsPerToken { get; init; }
}

/// <summary>Saving a run, so that it survives the process.</summary>
/// <remarks>
/// If the file exists the run resumes from it, and refuses one of other settings, data or parameters. It is replaced in
/// one step, so it is whole whenever the process dies, and holds parameters, moments, the loss curve and a hash of them
/// all: the resumed run has the bits of an uninterrupted one. After the last step the file holds the finished run.
/// </remarks>
/// <param name="Path">A safetensors file.</param>
/// <param name="Every">The least time between two savings; <see cref="TimeSpan.Zero"/> for after every step.</param>
/// <param name="EverySteps">Also saves after every so many steps; 0 to go by time alone.</param>
public sealed record TrainingCheckpoint(string Path, TimeSpan Every, int EverySteps = 0);

/// <summary>How far a training run is.</summary>
/// <param name="Step">Steps made, those before a resumption included.</param>
/// <param name="Steps">Steps of the whole run.</param>
/// <param name="Loss">The mean training loss of the last 100 steps in nats.</param>
/// <param name="HeldOutLoss">The last held-out loss in nats; null before the first.</param>
/// <param name="TokensPerSecond">Tokens trained on over the time spent in steps, since this run began or
/// resumed.</param>
/// <param name="OperationsPerSecond">Floating-point operations over the same time; null where
/// <see cref="TrainingOptions.OperationsPerToken"/> is not given.</param>
/// <param name="TimeLeft">At the pace since this run began or resumed, evaluations and savings included.</param>
public sealed record TrainingProgress(
    int Step,
    int Steps,
    double Loss,
    double? HeldOutLoss,
    double TokensPerSecond,
    double? OperationsPerSecond,
    TimeSpan TimeLeft
)
{
    /// <inheritdoc/>
    public override string ToString() => RecordText.Of(this);
}
