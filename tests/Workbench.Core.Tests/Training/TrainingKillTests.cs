using System;
using System.IO;
using System.Threading.Tasks;
using Workbench.Core.Formats;
using Workbench.Core.Tests.Hub;
using Workbench.Core.Training;
using Xunit;

namespace Workbench.Core.Tests.Training;

public sealed class TrainingKillTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    // Not on xunit's own few threads: behind other tests' long work, what follows an await would come after the child's
    // end.
    [Fact]
    public Task A_run_killed_twice_at_no_chosen_moment_ends_with_the_bits_of_an_uninterrupted_one() =>
        Task.Run(async () =>
        {
            var path = folder.At("run.checkpoint");
            foreach (var wanted in new[] { 3, 12 })
            {
                using var child = ChildProcess.Start([], "train", path);
                try
                {
                    await Patience.Until(() =>
                    {
                        Assert.False(child.HasExited, "the run ended before it could be killed");
                        return Steps(path) >= wanted;
                    });
                }
                finally
                {
                    child.Kill(); // SIGKILL: nothing in the child runs any more
                    await child.WaitForExitAsync();
                }
            }
            var saved = Steps(path);
            Assert.InRange(saved, 12, 39);

            var (resumed, whole) = (
                new ToyModel(TrainingRunTests.Tokens, 99), new ToyModel(TrainingRunTests.Tokens, 7));
            var result = TrainingRunTests
                .Run(resumed)
                .Run(new TrainingOptions { Checkpoint = new TrainingCheckpoint(path, TimeSpan.FromHours(1)) });
            var uninterrupted = TrainingRunTests.Run(whole).Run();
            Assert.Equal(saved, result.ResumedAt);
            Assert.Equal(whole.Values(), resumed.Values());
            Assert.Equal(uninterrupted.Curve.Training, result.Curve.Training);
            Assert.Equal(uninterrupted.Curve.HeldOut, result.Curve.HeldOut);
        });

    /// <summary>Runs in a child process until it is killed; saves after every step.</summary>
    public static int Train(string checkpoint)
    {
        var model = new ToyModel(TrainingRunTests.Tokens, 7, pause: TimeSpan.FromMilliseconds(250));
        TrainingRunTests
            .Run(model)
            .Run(new TrainingOptions { Checkpoint = new TrainingCheckpoint(checkpoint, TimeSpan.Zero) });
        return 0;
    }

    // Whole at any moment: a file that cannot be read fails the test.
    private static int Steps(string path)
    {
        if (!File.Exists(path))
            return 0;
        using var file = SafetensorsFile.Open(path);
        return LossCurve.FromJson(file.Metadata["curve"]).Training.Count;
    }
}
