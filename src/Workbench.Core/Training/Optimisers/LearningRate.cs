using System;
using System.Globalization;

namespace Workbench.Core.Training.Optimisers;

/// <summary>
/// A learning rate that rises linearly to its peak and falls along half a cosine to its floor (Loshchilov and Hutter,
/// "SGDR", ICLR 2017; warm-up as in GPT-2's successors).
/// </summary>
/// <param name="Peak">The highest rate, above 0.</param>
/// <param name="Steps">Steps of the whole run, at least 1.</param>
/// <param name="WarmUp">Steps before the peak, from 0 to <paramref name="Steps"/>.</param>
/// <param name="Floor">The rate at the end, from 0 to <paramref name="Peak"/>; the peak itself for a constant
/// rate.</param>
public sealed record LearningRate(double Peak, int Steps, int WarmUp, double Floor)
{
    /// <summary>The rate of one step.</summary>
    /// <param name="step">From 0. Step n of the warm-up of w has Peak · (n + 1)/(w + 1), step w the peak; from step
    /// <see cref="Steps"/> on it is the floor.</param>
    /// <example><code>new LearningRate(Peak: 1, Steps: 100, WarmUp: 4, Floor: 0)</code> is 0.2 at step 0, 1 at step 4,
    /// 0.5 at step 52.</example>
    public double At(int step)
    {
        Argument.AtLeast(step, 0);
        if (step < WarmUp) return Peak * (step + 1) / (WarmUp + 1);
        if (step >= Steps) return Floor;
        var share = (double)(step - WarmUp) / (Steps - WarmUp);
        return Floor + (Peak - Floor) * 0.5 * (1 + Math.Cos(Math.PI * share));
    }

    /// <summary>All settings in words, the same for the same settings.</summary>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"peak {Peak}, warm-up {WarmUp}, {Steps} steps, floor {Floor}");

    internal void Check()
    {
        if (!(Peak > 0 && double.IsFinite(Peak)))
            throw Argument.OutOfRange(nameof(Peak), Peak, "The highest learning rate must be above 0.");
        Argument.AtLeast(Steps, 1);
        if (WarmUp < 0 || WarmUp > Steps)
            throw Argument.OutOfRange(
                nameof(WarmUp), WarmUp, $"The warm-up of a run of {Steps} steps takes 0 to {Steps} of them.");
        if (!(Floor >= 0 && Floor <= Peak))
            throw Argument.OutOfRange(
                nameof(Floor), Floor, $"The last learning rate lies from 0 to the highest, {Peak}.");
    }
}
