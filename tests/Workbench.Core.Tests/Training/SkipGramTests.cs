using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Threading;
using Workbench.Core.Formats;
using Workbench.Core.Randomness;
using Workbench.Core.Tests.Hub;
using Workbench.Core.Training;
using Workbench.Core.Training.SkipGram;
using Workbench.Core.Training.Text;
using Workbench.Core.Words;
using Xunit;

namespace Workbench.Core.Tests.Training;

public sealed class SkipGramTests
{
    private static readonly SkipGramSettings Small = new()
    {
        Dimensions = 20,
        Window = 3,
        Negatives = 4,
        Subsampling = 0,
        Epochs = 3,
        Seed = 7,
    };

    [Fact]
    public void Words_of_one_planted_topic_come_to_point_the_same_way()
    {
        var vectors = SkipGram.Train(TwoTopics(paragraphs: 2000), Small with { Epochs = 10 });
        string[] first = [.. Enumerable.Range(0, 10).Select(i => $"a{i}")],
            second = [.. Enumerable.Range(0, 10).Select(i => $"b{i}")];
        var within = new[] { first, second }
            .SelectMany(topic => from x in topic from y in topic where x != y select vectors.Cosine(x, y))
            .ToArray();
        var between = (from x in first from y in second select vectors.Cosine(x, y)).ToArray();
        Assert.True(
            within.Min() > between.Max(),
            $"within {within.Min()} … {within.Max()}, between {between.Min()} … {between.Max()}");
        Assert.True(within.Average() - between.Average() > 0.5, $"{within.Average()} against {between.Average()}");
    }

    [Fact]
    public void Training_is_that_of_plain_loops_in_double()
    {
        var corpus = TwoTopics(paragraphs: 60);
        var settings = Small with { Subsampling = 0.02, LearningRate = 0.2, Dimensions = 7 };
        var reports = new Reports<SkipGramProgress>();
        var (vectors, (expected, losses)) = (SkipGram.Train(corpus, settings, reports), Plain(corpus, settings));
        for (var word = 0; word < corpus.Words.Count; word++)
            for (var i = 0; i < settings.Dimensions; i++)
                Assert.Equal(expected[word][i], vectors.Vectors[word, i], 2e-5);
        var ends = reports.All.GroupBy(report => report.Epoch).Select(epoch => epoch.Last().Loss).ToArray();
        Assert.Equal(settings.Epochs, ends.Length);
        for (var epoch = 0; epoch < ends.Length; epoch++) Assert.Equal(losses[epoch], ends[epoch], 1e-5);
    }

    [Fact]
    public void The_same_seed_gives_the_same_bits_and_another_seed_others()
    {
        var corpus = TwoTopics(paragraphs: 200);
        var settings = Small with { Subsampling = 0.01 };
        var first = SkipGram.Train(corpus, settings).Vectors.ToArray();
        Assert.Equal(first, SkipGram.Train(corpus, settings).Vectors.ToArray());
        var other = SkipGram.Train(corpus, settings with { Seed = 8 }).Vectors.ToArray();
        Assert.DoesNotContain(first.Zip(other), pair => pair.First == pair.Second);
    }

    [Fact]
    public void Vectors_written_and_read_again_are_the_same_and_in_the_order_of_frequency()
    {
        using var folder = new TemporaryFolder();
        var corpus = TwoTopics(paragraphs: 50);
        var vectors = SkipGram.Train(corpus, Small);
        WordVectorsFile.Write(folder.At("topics.bin"), vectors);
        using var file = WordVectorsFile.Open(folder.At("topics.bin"));
        var read = file.ReadAll();
        Assert.Equal(corpus.Words, read.Words);
        Assert.Equal(vectors.Vectors.ToArray(), read.Vectors.ToArray());
    }

    [Fact]
    public void Progress_grows_to_the_end_and_the_loss_falls_from_that_of_guessing()
    {
        var reports = new Reports<SkipGramProgress>();
        SkipGram.Train(TwoTopics(paragraphs: 500), Small with { LearningRate = 0.1, Epochs = 5 }, reports);
        var done = reports.All.Select(report => report.Done).ToArray();
        Assert.InRange(done.Length, 200, 210);
        Assert.Equal(done.Order(), done);
        Assert.Equal(1, done[^1]);
        Assert.Equal(TimeSpan.Zero, reports.All[^1].Left);
        Assert.InRange(reports.All[0].Loss, 0.8 * 5 * Math.Log(2), 5 * Math.Log(2));
        Assert.True(
            reports.All[^1].Loss < 0.9 * reports.All[0].Loss, $"{reports.All[0].Loss} became {reports.All[^1].Loss}");
        Assert.Equal(5, reports.All[^1].Epoch);
    }

    [Fact]
    public void Training_ends_when_it_is_cancelled()
    {
        using var source = new CancellationTokenSource();
        var reports = new Reports<SkipGramProgress>(report =>
        {
            if (report.Done > 0.3)
                source.Cancel();
        });
        Assert.Throws<OperationCanceledException>(() =>
            SkipGram.Train(TwoTopics(paragraphs: 200), Small, reports, source.Token)
        );
        Assert.InRange(reports.All[^1].Done, 0.3, 0.32);
    }

    [Fact]
    public void Paragraphs_do_not_see_each_other()
    {
        // Every paragraph is one word, so that no word has a neighbour and none moves from where it starts.
        var corpus = WordCorpus.Of(Enumerable.Range(0, 30).Select(i => new[] { $"w{i % 3}" }));
        var reports = new Reports<SkipGramProgress>();
        var vectors = SkipGram.Train(corpus, Small, reports);
        var start = new SkipGramWeights(
            3, Small.Dimensions, Small.Negatives, new Philox(Small.Seed, SkipGramStreams.Start));
        Assert.Equal(start.Vectors().ToArray(), vectors.Vectors.ToArray());
        Assert.True(double.IsNaN(reports.All[^1].Loss));
    }

    public static TheoryData<string, SkipGramSettings> Refused =>
        new()
        {
            { "Dimensions", Small with { Dimensions = 0 } },
            { "Dimensions", Small with { Dimensions = 10_001 } },
            { "Window", Small with { Window = 0 } },
            { "Window", Small with { Window = 1001 } },
            { "Negatives", Small with { Negatives = 0 } },
            { "Negatives", Small with { Negatives = 1001 } },
            { "Epochs", Small with { Epochs = 0 } },
            { "Epochs", Small with { Epochs = 10_001 } },
            { "Subsampling", Small with { Subsampling = -1e-9 } },
            { "Subsampling", Small with { Subsampling = 1.1 } },
            { "Subsampling", Small with { Subsampling = double.NaN } },
            { "LearningRate", Small with { LearningRate = 0 } },
            { "LearningRate", Small with { LearningRate = 1.1 } },
            { "LearningRate", Small with { LearningRate = double.NaN } },
        };

    [Theory, MemberData(nameof(Refused))]
    public void A_setting_outside_its_range_is_refused_by_name(string name, SkipGramSettings settings) =>
        Assert.Equal(
            name,
            Assert
                .Throws<ArgumentOutOfRangeException>(() => SkipGram.Train(TwoTopics(paragraphs: 5), settings))
                .ParamName
        );

    /// <summary>Paragraphs of eight words, each about one of two topics of ten words, with four words that belong to
    /// neither.</summary>
    private static WordCorpus TwoTopics(int paragraphs)
    {
        var random = new Philox(1);
        return WordCorpus.Of(
            Enumerable
                .Range(0, paragraphs)
                .Select(_ => random.NextInteger(2) == 0 ? "a" : "b")
                .ToArray()
                .Select(topic =>
                    Enumerable
                        .Range(0, 8)
                        .Select(_ =>
                            random.NextInteger(4) == 0
                                ? $"c{random.NextInteger(4)}"
                                : $"{topic}{random.NextInteger(10)}"
                        )
                        .ToArray()
                ),
            minimumCount: 1
        );
    }

    private static (double[][] Vectors, double[] Losses) Plain(WordCorpus corpus, SkipGramSettings settings)
    {
        Philox Stream(ulong purpose) => new(settings.Seed, purpose);
        var (start, subsampling, windows, draws) = (
            Stream(SkipGramStreams.Start), Stream(SkipGramStreams.Subsampling), Stream(SkipGramStreams.Windows),
            Stream(SkipGramStreams.Noise));
        var noise = new NoiseDistribution(corpus.Counts);
        var sample = new int[1];
        var v = corpus
            .Words.Select(_ =>
                Enumerable
                    .Range(0, settings.Dimensions)
                    .Select(_ => (start.NextUniform() - 0.5) / settings.Dimensions)
                    .ToArray()
            )
            .ToArray();
        var u = corpus.Words.Select(_ => new double[settings.Dimensions]).ToArray();
        var losses = new double[settings.Epochs];
        for (var epoch = 0; epoch < settings.Epochs; epoch++)
        {
            var (before, pairs) = ((double)epoch * corpus.Total, 0);
            for (var p = 0; p < corpus.Paragraphs; p++)
            {
                var all = corpus.Paragraph(p).ToArray();
                var words = all.Where(word =>
                        subsampling.NextUniform()
                        < Subsampling.KeepProbability(corpus.Counts[word], corpus.Total, settings.Subsampling)
                    )
                    .ToArray();
                for (var i = 0; i < words.Length; i++)
                {
                    var done =
                        (before + (double)all.Length * i / words.Length) / ((double)corpus.Total * settings.Epochs);
                    var rate = settings.LearningRate * Math.Max(1 - done, 1e-4);
                    var reach = 1 + windows.NextInteger(settings.Window);
                    for (var j = 0; j < words.Length; j++)
                    {
                        if (j == i || Math.Abs(j - i) > reach) continue;
                        var targets = new List<(int Word, double Label)> { (words[j], 1) };
                        for (var n = 0; n < settings.Negatives; n++)
                        {
                            noise.Draw(draws, sample);
                            if (sample[0] != words[j]) targets.Add((sample[0], 0));
                        }
                        var centre = v[words[i]];
                        var errors = targets
                            .Select(target => target.Label - 1 / (1 + Math.Exp(-Dot(centre, u[target.Word]))))
                            .ToArray();
                        losses[epoch] += errors.Sum(error => -Math.Log(1 - Math.Abs(error)));
                        pairs++;
                        var (oldCentre, oldTargets) = (
                            (double[])centre.Clone(),
                            targets.Select(target => (double[])u[target.Word].Clone()).ToArray());
                        for (var t = 0; t < targets.Count; t++)
                            for (var c = 0; c < centre.Length; c++)
                            {
                                centre[c] += rate * errors[t] * oldTargets[t][c];
                                u[targets[t].Word][c] += rate * errors[t] * oldCentre[c];
                            }
                    }
                }
                before += all.Length;
            }
            losses[epoch] /= pairs;
        }
        return (v, losses);
    }

    private static double Dot(double[] x, double[] y) => x.Zip(y, (a, b) => a * b).Sum();

    private sealed class Reports<T>(Action<T>? then = null) : IProgress<T>
    {
        public List<T> All { get; } = [];

        public void Report(T value)
        {
            All.Add(value);
            then?.Invoke(value);
        }
    }
}
