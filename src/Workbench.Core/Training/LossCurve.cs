using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.Json;

namespace Workbench.Core.Training;

/// <summary>A held-out loss and when it was measured.</summary>
/// <param name="Step">Steps made before it.</param>
/// <param name="Loss">Mean cross-entropy in nats over every scored place.</param>
public readonly record struct HeldOutLoss(int Step, double Loss)
{
    /// <inheritdoc/>
    public override string ToString() => RecordText.Of(this);
}

/// <summary>The losses of a training run in nats.</summary>
public sealed class LossCurve
{
    private const int Window = 100;
    private readonly List<double> training = [];
    private readonly List<HeldOutLoss> heldOut = [];

    /// <summary>The loss of every step's batch before that step's update.</summary>
    public IReadOnlyList<double> Training => training;

    /// <summary>The held-out losses, in order.</summary>
    public IReadOnlyList<HeldOutLoss> HeldOut => heldOut;

    /// <summary>The mean training loss over the 100 steps up to one, fewer at the beginning.</summary>
    /// <param name="step">From 0, below the number of steps made.</param>
    public double Smoothed(int step)
    {
        if ((uint)step >= (uint)training.Count)
            throw Argument.OutOfRange(
                nameof(step), step, $"The curve has the losses of steps 0 to {training.Count - 1}.");
        var first = Math.Max(0, step + 1 - Window);
        var sum = 0.0;
        for (var i = first; i <= step; i++) sum += training[i];
        return sum / (step + 1 - first);
    }

    internal void Add(double loss) => training.Add(loss);

    internal void AddHeldOut(double loss) => heldOut.Add(new HeldOutLoss(training.Count, loss));

    // Numbers in JSON are written with as many digits as bring the same double back.
    internal string ToJson() =>
        JsonSerializer.Serialize(
            new Stored(
                [.. training],
                [.. heldOut.Select(point => point.Step)],
                [.. heldOut.Select(point => point.Loss)]
            )
        );

    /// <exception cref="JsonException">It is not what <see cref="ToJson"/> writes.</exception>
    internal static LossCurve FromJson(string json)
    {
        var (training, steps, losses) =
            JsonSerializer.Deserialize<Stored>(json) ?? throw new JsonException("the curve is null");
        if (training is null || steps is null || losses is null || steps.Length != losses.Length)
            throw new JsonException("the curve is not whole");
        var curve = new LossCurve();
        curve.training.AddRange(training);
        curve.heldOut.AddRange(steps.Zip(losses, (step, loss) => new HeldOutLoss(step, loss)));
        return curve;
    }

    private sealed record Stored(double[] Training, int[] HeldOutSteps, double[] HeldOutLosses);
}
