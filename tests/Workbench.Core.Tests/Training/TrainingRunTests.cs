using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Threading;
using Workbench.Core.Formats;
using Workbench.Core.Randomness;
using Workbench.Core.Tensors;
using Workbench.Core.Tests.Hub;
using Workbench.Core.Training;
using Workbench.Core.Training.Optimisers;
using Workbench.Core.Training.Tasks;
using Xunit;

namespace Workbench.Core.Tests.Training;

public sealed class TrainingRunTests : IDisposable
{
    internal const int Tokens = 11;
    private readonly TemporaryFolder folder = new();

    private string File => folder.At("run.checkpoint");

    public void Dispose() => folder.Dispose();

    internal static TrainingSettings Settings =>
        new(new LearningRate(0.05, Steps: 40, WarmUp: 5, Floor: 0.005)) { EvaluateEvery = 15 };

    internal static TrainingRun Run(
        ToyModel model, TrainingSettings? settings = null, ulong seed = 3, int heldOut = 200) =>
        new(
            model, new CausalBatches(Text(1, 500), 4, 12, seed), CausalBatches.Consecutive(Text(2, heldOut), 4, 12),
            settings ?? Settings);

    [Fact]
    public void A_resumed_run_has_the_bits_of_an_uninterrupted_one()
    {
        var whole = new ToyModel(Tokens, 7);
        var curve = Run(whole).Run(new TrainingOptions { Threads = 1 }).Curve;

        foreach (var steps in new[] { 13, 2, 16 })
        {
            using var source = new CancellationTokenSource();
            var stopped = new ToyModel(Tokens, 7)
            {
                OnCall = call =>
                {
                    if (call == steps - 1)
                        source.Cancel();
                },
            };
            Assert.Throws<OperationCanceledException>(() =>
                Run(stopped).Run(new TrainingOptions { Checkpoint = Rarely, Cancellation = source.Token })
            );
        }
        var resumed = new ToyModel(Tokens, 99);
        var result = Run(resumed).Run(new TrainingOptions { Checkpoint = Rarely, Threads = 3 });
        Assert.Equal(13 + 2 + 16, result.ResumedAt);
        Assert.Equal(9, resumed.Calls);
        Assert.Equal(whole.Values(), resumed.Values());
        Assert.Equal(curve.Training, result.Curve.Training);
        Assert.Equal(curve.HeldOut, result.Curve.HeldOut);
        Assert.Equal([15, 30, 40], result.Curve.HeldOut.Select(point => point.Step));
    }

    [Fact]
    public void A_finished_run_is_read_and_not_repeated()
    {
        var (first, second) = (new ToyModel(Tokens, 7), new ToyModel(Tokens, 8));
        Run(first).Run(new TrainingOptions { Checkpoint = Rarely });
        var result = Run(second).Run(new TrainingOptions { Checkpoint = Rarely });
        Assert.Equal(0, second.Calls);
        Assert.Equal(40, result.ResumedAt);
        Assert.Equal(40, result.Curve.Training.Count);
        Assert.Equal(first.Values(), second.Values());
    }

    [Fact]
    public void Training_reaches_the_bigram_baseline_that_the_model_amounts_to()
    {
        var model = new ToyModel(Tokens, 7);
        var batches = CausalBatches.Consecutive(Text(2, 2000), 4, 12);
        var before = Perplexity.Of(model, batches);
        var result = new TrainingRun(
            model, new CausalBatches(Text(1, 20_000), 8, 12, 3), batches,
            new TrainingSettings(new LearningRate(0.1, 250, 10, 0))).Run();
        var baselines = Baselines.Measure(Text(1, 20_000), Tokens, batches, Objective.NextToken);
        Assert.InRange(before, 0.9 * Tokens, 1.1 * Tokens);
        Assert.InRange(Perplexity.Of(model, batches) / baselines.Bigram, 0.98, 1.03);
        Assert.True(baselines.Bigram < 0.8 * baselines.Unigram);
        Assert.Equal(Perplexity.MeanLoss(model, batches), Assert.Single(result.Curve.HeldOut).Loss);
        Assert.Equal(result.Curve.Training.Skip(150).Average(), result.Curve.Smoothed(249), 12);
    }

    [Fact]
    public void A_checkpoint_of_another_run_is_refused_by_what_differs()
    {
        var options = new TrainingOptions { Checkpoint = Rarely };
        Run(new ToyModel(Tokens, 7)).Run(options);
        Refused(
            new ToyModel(Tokens, 7),
            "learning rate",
            "0.05",
            Settings with
            {
                LearningRate = Settings.LearningRate with { Peak = 0.04 },
            }
        );
        Refused(
            new ToyModel(Tokens, 7),
            "optimizer",
            "0.999",
            Settings with
            {
                Optimizer = new AdamWSettings { Beta2 = 0.999 },
            }
        );
        Refused(new ToyModel(Tokens, 7), "clip norm", "2", Settings with { ClipNorm = 2 });
        Refused(new ToyModel(Tokens, 7), "evaluate every", "15", Settings with { EvaluateEvery = 0 });
        Refused(
            new ToyModel(Tokens, 7),
            "provenance, heads",
            "(nothing)",
            Settings with
            {
                Provenance = new Dictionary<string, string> { ["heads"] = "4" },
            }
        );
        Refused(new ToyModel(Tokens, 7), "batches", "seed 4", Settings, seed: 4);
        Refused(new ToyModel(Tokens, 7), "held-out batches", "SHA-256", Settings, heldOut: 201);
        Refused(new ToyModel(Tokens + 1, 7), "tensor \"value.table.weight\"", "[12, 12]", Settings);

        void Refused(
            ToyModel model, string what, string value, TrainingSettings settings, ulong seed = 3, int heldOut = 200)
        {
            var before = model.Values();
            var message = Assert
                .Throws<InvalidDataException>(() => Run(model, settings, seed, heldOut).Run(options))
                .Message;
            Assert.Contains($"They differ in {what}:", message);
            Assert.Contains(value, message);
            Assert.Contains(File, message);
            Assert.Equal(before, model.Values());
        }
    }

    [Fact]
    public void A_damaged_checkpoint_is_refused_and_leaves_the_model_as_it_was()
    {
        var options = new TrainingOptions { Checkpoint = Rarely };
        Run(new ToyModel(Tokens, 7)).Run(options);
        var good = System.IO.File.ReadAllBytes(File);
        var model = new ToyModel(Tokens, 8);
        var before = model.Values();
        foreach (var length in new[] { 0, 5, 100, good.Length / 2, good.Length - 1 }) Damaged(good[..length]);
        var philox = new Philox(1);
        var data = 8 + BitConverter.ToInt32(good);
        for (var i = 0; i < 50; i++)
        {
            var bytes = good.ToArray();
            bytes[data + philox.NextInteger(good.Length - data)] ^= (byte)(1 << (int)philox.NextInteger(8));
            Damaged(bytes);
        }

        void Damaged(byte[] bytes)
        {
            System.IO.File.WriteAllBytes(File, bytes);
            Assert.Contains(File, Assert.Throws<WeightFileException>(() => Run(model).Run(options)).Message);
            Assert.Equal(before, model.Values());
        }
    }

    [Fact]
    public void A_model_file_is_no_checkpoint()
    {
        new SafetensorsWriter().Add("table.bias", [1f]).Write(File);
        Assert.Contains(
            "no checkpoint",
            Assert
                .Throws<InvalidDataException>(() =>
                    Run(new ToyModel(Tokens, 7)).Run(new TrainingOptions { Checkpoint = Rarely })
                )
                .Message
        );
    }

    [Fact]
    public void What_a_killed_process_left_beside_the_checkpoint_is_deleted()
    {
        var left = folder.Write($"run.checkpoint.{Guid.NewGuid():N}.part", "half");
        var other = folder.Write("another.checkpoint.part", "not ours");
        Run(new ToyModel(Tokens, 7)).Run(new TrainingOptions { Checkpoint = Rarely });
        Assert.False(System.IO.File.Exists(left));
        Assert.True(System.IO.File.Exists(other));
    }

    [Fact]
    public void A_run_that_diverges_says_at_which_step_and_keeps_the_last_checkpoint()
    {
        ToyModel model = null!;
        model = new ToyModel(Tokens, 7)
        {
            OnCall = call =>
            {
                if (call == 17)
                    model.Parameters[0].Value[0, 0] = float.NaN;
            },
        };
        var checkpoint = new TrainingCheckpoint(File, TimeSpan.FromHours(1), EverySteps: 10);
        Assert.Contains(
            "step 17",
            Assert
                .Throws<ArithmeticException>(() => Run(model).Run(new TrainingOptions { Checkpoint = checkpoint }))
                .Message
        );
        var whole = new ToyModel(Tokens, 7);
        Run(whole).Run();
        var resumed = new ToyModel(Tokens, 7);
        Assert.Equal(10, Run(resumed).Run(new TrainingOptions { Checkpoint = checkpoint }).ResumedAt);
        Assert.Equal(whole.Values(), resumed.Values());
    }

    [Fact]
    public void Progress_tells_loss_pace_and_time_left()
    {
        var (clock, reports) = (new Clock(), new Reports());
        var model = new ToyModel(Tokens, 7) { OnCall = _ => clock.Now += TimeSpan.FromSeconds(2) };
        var run = new TrainingRun(
            model, new CausalBatches(Text(1, 500), 4, 12, 3), CausalBatches.Consecutive(Text(2, 200), 4, 12), Settings,
            clock);
        var result = run.Run(new TrainingOptions { Progress = reports, OperationsPerToken = 1000 });
        Assert.Equal(Enumerable.Range(1, 40), reports.Seen.Select(report => report.Step));
        foreach (var report in reports.Seen)
        {
            Assert.Equal(24, report.TokensPerSecond, 9);
            Assert.Equal(24_000, report.OperationsPerSecond!.Value, 6);
            Assert.Equal(TimeSpan.FromSeconds(2 * (40 - report.Step)), report.TimeLeft);
            Assert.Equal(result.Curve.Smoothed(report.Step - 1), report.Loss);
            Assert.Equal(
                report.Step < 15 ? null : result.Curve.HeldOut.Last(point => point.Step <= report.Step).Loss,
                report.HeldOutLoss);
        }
        Assert.Equal(TimeSpan.FromSeconds(80), result.Elapsed);
    }

    [Fact]
    public void Parameters_are_written_as_halves_under_the_hubs_names()
    {
        var model = new ToyModel(Tokens, 7);
        ParameterFile.Write(folder.At("toy"), model.Parameters, "{\"model_type\": \"toy\"}");
        using (var file = SafetensorsFile.Open(folder.At("toy", "model.safetensors")))
        {
            Assert.Equal(
                ["table.weight: F16 [11, 11]", "table.bias: F16 [11]"],
                file.Tensors.Select(tensor => tensor.ToString())
            );
            Assert.Equal("pt", file.Metadata["format"]);
            Assert.Equal(
                model.Parameters[0].Value.ToArray().Select(value => (float)(Half)value),
                file.ReadVector("table.weight"));
        }
        Assert.Equal("{\"model_type\": \"toy\"}", System.IO.File.ReadAllText(folder.At("toy", "config.json")));
        model.Parameters[0].Value[3, 2] = 70_000;
        Assert.Contains(
            "Row 3 of 'table.weight'",
            Assert
                .Throws<ArgumentException>(() => ParameterFile.Write(folder.At("toy"), model.Parameters, "{}"))
                .Message
        );
        ParameterFile.Write(folder.At("toy32"), model.Parameters, "{}", DType.F32);
    }

    [Fact]
    public void Parameters_that_were_written_are_read_back_into_a_model_of_the_same_shape_only()
    {
        var (written, read) = (new ToyModel(Tokens, 7), new ToyModel(Tokens, 8));
        ParameterFile.Write(folder.At("toy"), written.Parameters, "{}", DType.F32);
        ParameterFile.Read(folder.At("toy"), read.Parameters);
        Assert.Equal(written.Parameters[0].Value.ToArray(), read.Parameters[0].Value.ToArray());

        var wider = new ToyModel(Tokens + 1, 8);
        var before = wider.Parameters[0].Value.ToArray();
        var message = Assert
            .Throws<ArgumentException>(() => ParameterFile.Read(folder.At("toy"), wider.Parameters))
            .Message;
        Assert.Contains("'table.weight' is [12, 12] here and [11, 11] in", message);
        Assert.Equal(before, wider.Parameters[0].Value.ToArray());
    }

    private TrainingCheckpoint Rarely => new(File, TimeSpan.FromHours(1));

    /// <summary>A chain that mostly counts upwards.</summary>
    private static int[] Text(ulong seed, int count)
    {
        var philox = new Philox(seed);
        var text = new int[count];
        for (var i = 1; i < count; i++)
            text[i] = philox.NextUniform() < 0.6 ? (text[i - 1] + 1) % Tokens : (int)philox.NextInteger(Tokens);
        return text;
    }

    private sealed class Reports : IProgress<TrainingProgress>
    {
        public List<TrainingProgress> Seen { get; } = [];

        public void Report(TrainingProgress value) => Seen.Add(value);
    }

    private sealed class Clock : TimeProvider
    {
        public TimeSpan Now { get; set; }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Now.Ticks;
    }
}
