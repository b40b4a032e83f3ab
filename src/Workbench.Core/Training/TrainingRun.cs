using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Workbench.Core.Training.Optimisers;
using Workbench.Core.Training.Tasks;

namespace Workbench.Core.Training;

/// <summary>What a training run has come to.</summary>
/// <param name="Curve">All losses, those before a resumption included.</param>
/// <param name="ResumedAt">Steps that a checkpoint already held; 0 for a run from the beginning.</param>
/// <param name="TokensPerSecond">Over the time spent in steps of this run; 0 when none was left to make.</param>
/// <param name="Elapsed">Time this run took, evaluations and savings included.</param>
public sealed record TrainingResult(LossCurve Curve, int ResumedAt, double TokensPerSecond, TimeSpan Elapsed)
{
    /// <inheritdoc/>
    public override string ToString() => RecordText.Of(this);
}

/// <summary>Trains a model: batch, gradients, clipping, AdamW, over and over, with checkpoints from which it goes on
/// bit by bit.</summary>
/// <remarks>
/// Step n takes batch n, its learning rate from the schedule, and nothing from any clock or state beside parameters and
/// moments. So the result is a function of the model's initial values, the batches and the settings, for any number of
/// threads and any number of interruptions.
/// </remarks>
public sealed class TrainingRun
{
    private readonly ITrainable model;
    private readonly IBatchSource batches;
    private readonly IReadOnlyList<TokenBatch> heldOut;
    private readonly TrainingSettings settings;
    private readonly TimeProvider time;

    /// <summary>Prepares a run.</summary>
    /// <param name="model">Its parameters hold the initial values and are moved in place.</param>
    /// <param name="batches">What it is trained on.</param>
    /// <param name="heldOut">What its loss is measured on; may be empty.</param>
    /// <param name="settings">Learning rates and the rest.</param>
    /// <exception cref="ArgumentException">Two parameters have the same name, or held-out batches have no scored
    /// place.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A setting is out of its range.</exception>
    public TrainingRun(
        ITrainable model, IBatchSource batches, IReadOnlyList<TokenBatch> heldOut, TrainingSettings settings)
        : this(model, batches, heldOut, settings, TimeProvider.System) { }

    internal TrainingRun(
        ITrainable model, IBatchSource batches, IReadOnlyList<TokenBatch> heldOut, TrainingSettings settings,
        TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(batches);
        ArgumentNullException.ThrowIfNull(heldOut);
        ArgumentNullException.ThrowIfNull(settings);
        settings.Check();
        if (heldOut.Count > 0 && heldOut.All(batch => batch.Scored == 0))
            throw new ArgumentException(
                $"None of the {heldOut.Count} held-out batches has a scored place; give batches with targets, or none.",
                nameof(heldOut));
        if (
            model.Parameters.CountBy(parameter => parameter.Name).FirstOrDefault(name => name.Value > 1).Key is
            { } twice
        )
            throw new ArgumentException(
                $"The model has several parameters of the name '{twice}'; each needs its own.", nameof(model));
        (this.model, this.batches, this.heldOut, this.settings, this.time) = (model, batches, heldOut, settings, time);
    }

    /// <summary>Makes the steps that are left, all of them where there is no checkpoint.</summary>
    /// <param name="options">Threads, checkpoint, progress, cancellation; null for none of them.</param>
    /// <exception cref="OperationCanceledException">The run was cancelled; what it has reached is saved where there is
    /// a checkpoint.</exception>
    /// <exception cref="InvalidDataException">The checkpoint is of another run; the message names what
    /// differs.</exception>
    /// <exception cref="Formats.WeightFileException">The checkpoint is damaged.</exception>
    /// <exception cref="ArithmeticException">A loss or a gradient is not finite. The last checkpoint is of a step
    /// before.</exception>
    public TrainingResult Run(TrainingOptions? options = null)
    {
        options ??= new TrainingOptions();
        var optimizer = new AdamW(model.Parameters, settings.Optimizer);
        var state = options.Checkpoint is { } checkpoint
            ? new TrainingState(checkpoint.Path, model.Parameters, optimizer, Describe())
            : null;
        var curve = state is not null && File.Exists(options.Checkpoint!.Path) ? state.Load() : new LossCurve();
        state?.DeleteUnfinished();
        var meter = new TrainingMeter(options, settings.LearningRate.Steps, batches.TokensPerBatch, curve, time);
        var resumedAt = optimizer.Steps;
        var (saved, savedAt) = (resumedAt, time.GetTimestamp());
        while (optimizer.Steps < settings.LearningRate.Steps)
        {
            if (options.Cancellation.IsCancellationRequested)
            {
                if (saved < optimizer.Steps) state?.Save(curve);
                options.Cancellation.ThrowIfCancellationRequested();
            }
            meter.Begin();
            curve.Add(Step(optimizer, options.Threads));
            meter.End();
            var isLast = optimizer.Steps == settings.LearningRate.Steps;
            var isMeasured =
                heldOut.Count > 0
                && (isLast || (settings.EvaluateEvery > 0 && optimizer.Steps % settings.EvaluateEvery == 0));
            if (isMeasured)
                curve.AddHeldOut(Perplexity.MeanLoss(model, heldOut));
            meter.Report(always: isLast || isMeasured);
            if (state is null || !(isLast || IsDue(options.Checkpoint!, optimizer.Steps, savedAt))) continue;
            state.Save(curve);
            (saved, savedAt) = (optimizer.Steps, time.GetTimestamp());
        }
        return new TrainingResult(curve, resumedAt, meter.TokensPerSecond, meter.Elapsed);
    }

    private double Step(AdamW optimizer, int threads)
    {
        var step = optimizer.Steps;
        var loss = model.LossAndGradients(batches.Batch(step));
        var norm = GradientNorm.Of(model.Parameters, threads);
        if (!double.IsFinite(loss) || !double.IsFinite(norm))
            throw new ArithmeticException(
                $"At step {step} the loss is {loss} and the gradients' norm {norm}: training has diverged. Lower the "
                    + $"learning rate (here {settings.LearningRate.At(step)}) or the largest norm "
                    + $"({settings.ClipNorm}), or warm up longer."
            );
        optimizer.Step(settings.LearningRate.At(step), GradientNorm.ClippingScale(norm, settings.ClipNorm), threads);
        return loss;
    }

    private bool IsDue(TrainingCheckpoint checkpoint, int steps, long savedAt) =>
        (checkpoint.EverySteps > 0 && steps % checkpoint.EverySteps == 0)
        || time.GetElapsedTime(savedAt) >= checkpoint.Every;

    private SortedDictionary<string, string> Describe()
    {
        var run = settings.Describe();
        run["batches"] = batches.Fingerprint;
        run["held-out batches"] = $"{heldOut.Count} of SHA-256 {HashHeldOut()}";
        return run;
    }

    private string HashHeldOut()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var batch in heldOut)
        {
            hash.AppendData(Encoding.ASCII.GetBytes($"{batch.Sequences} {batch.Length}\n"));
            hash.AppendData(MemoryMarshal.AsBytes(batch.Inputs.Span));
            hash.AppendData(MemoryMarshal.AsBytes(batch.Targets.Span));
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
