using System;
using System.Linq;
using Workbench.Core.Training;
using Workbench.Core.Training.Optimisers;
using Xunit;

namespace Workbench.Core.Tests.Training;

public sealed class LearningRateTests
{
    [Fact]
    public void The_schedule_rises_in_equal_steps_and_falls_along_half_a_cosine()
    {
        var schedule = new LearningRate(Peak: 1, Steps: 100, WarmUp: 4, Floor: 0.1);
        double[] wanted = [0.2, 0.4, 0.6, 0.8, 1];
        for (var step = 0; step < wanted.Length; step++) Assert.Equal(wanted[step], schedule.At(step), 15);
        Assert.Equal(0.1 + 0.9 * 0.5 * (1 + Math.Sqrt(0.5)), schedule.At(4 + 24), 12);
        Assert.Equal(0.55, schedule.At(4 + 48), 12);
        Assert.Equal(0.1, schedule.At(100), 15);
        Assert.Equal(0.1, schedule.At(1000), 15);
        Assert.All(
            Enumerable.Range(0, 50), step => Assert.Equal(0.001, new LearningRate(0.001, 40, 0, 0.001).At(step)));
    }

    [Theory]
    [InlineData(0.0, 10, 1, 0.0)]
    [InlineData(1.0, 0, 0, 0.0)]
    [InlineData(1.0, 10, 11, 0.0)]
    [InlineData(1.0, 10, 1, 1.5)]
    public void A_schedule_that_makes_no_run_is_refused_by_the_run(double peak, int steps, int warmUp, double floor) =>
        Assert.Throws<ArgumentOutOfRangeException>(() =>
            TrainingRunTests.Run(
                new ToyModel(TrainingRunTests.Tokens, 1),
                new TrainingSettings(new LearningRate(peak, steps, warmUp, floor)))
        );
}
