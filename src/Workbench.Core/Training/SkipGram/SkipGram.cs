using System;
using System.Diagnostics;
using System.Linq;
using System.Threading;
using Workbench.Core.Randomness;
using Workbench.Core.Training.Text;
using Workbench.Core.Words;

namespace Workbench.Core.Training.SkipGram;

/// <summary>
/// Word vectors by skip-gram with negative sampling: every word predicts the words around it, each to be told apart
/// from words drawn at random (Mikolov et al. 2013, arXiv 1310.4546, with the conventions of its program word2vec.c).
/// </summary>
/// <remarks>
/// As in word2vec.c: the start, windows of random width, sub-sampling before windows, noise ∝ count^¾, a sample that is
/// the real word left out, a rate that falls along a line. Otherwise than there: windows end with paragraphs, not with
/// lines or a thousand words; a word is the input and its neighbours are the targets, as in the paper (the program
/// turns it round, with the same pairs); the logistic function is computed, not looked up, and not cut off at ±6; all
/// scores of a pair are taken before its vectors move; the rate falls with every word; and one thread works, where the
/// program's threads overwrite one another's steps, so that the same seed gives the same bits.
/// </remarks>
/// <example><code>
/// var corpus = WordCorpus.Of(WordStream.Paragraphs(File.ReadLines("bronte.txt")));
/// WordVectorsFile.Write("bronte.bin", SkipGram.Train(corpus, new SkipGramSettings { Seed = 7 }));
/// </code></example>
public sealed class SkipGram
{
    private const double LowestRate = 1e-4; // share of the first, as in word2vec.c
    private const int Reports = 200;        // of a whole training: half a per cent each

    private readonly WordCorpus corpus;
    private readonly SkipGramSettings settings;
    private readonly SkipGramWeights weights;
    private readonly NoiseDistribution noise;
    private readonly double[] keep;
    private readonly Philox subsampling;
    private readonly Philox windows;
    private readonly Philox draws;
    private readonly int[] samples = new int[4096]; // drawn ahead: many at once are several times faster
    private readonly int[] targets;
    private readonly Stopwatch time = Stopwatch.StartNew();
    private int nextSample;
    private double loss;
    private long pairs;

    private SkipGram(WordCorpus corpus, SkipGramSettings settings)
    {
        (this.corpus, this.settings) = (corpus, settings);
        weights = new SkipGramWeights(
            corpus.Words.Count, settings.Dimensions, settings.Negatives,
            new Philox(settings.Seed, SkipGramStreams.Start));
        noise = new NoiseDistribution(corpus.Counts);
        keep = corpus
            .Counts.Select(count => Subsampling.KeepProbability(count, corpus.Total, settings.Subsampling))
            .ToArray();
        subsampling = new Philox(settings.Seed, SkipGramStreams.Subsampling);
        windows = new Philox(settings.Seed, SkipGramStreams.Windows);
        draws = new Philox(settings.Seed, SkipGramStreams.Noise);
        targets = new int[1 + settings.Negatives];
        nextSample = samples.Length;
    }

    /// <summary>Trains vectors for the words of a corpus.</summary>
    /// <param name="corpus">The text.</param>
    /// <param name="settings">The settings.</param>
    /// <param name="progress">Told about every half per cent and the end of every epoch; null for silence.</param>
    /// <param name="cancellation">Ends the work between two words.</param>
    /// <returns>The vectors of the words as centres, in the order of <see cref="WordCorpus.Words"/>: vocabulary ×
    /// dimensions, not scaled to any length.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A setting is outside its range; the exception names
    /// it.</exception>
    /// <exception cref="InvalidOperationException">The loss is no longer a number: the learning rate is too high for
    /// this text.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static WordVectors Train(
        WordCorpus corpus, SkipGramSettings settings, IProgress<SkipGramProgress>? progress = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(corpus);
        ArgumentNullException.ThrowIfNull(settings);
        settings.Check();
        var training = new SkipGram(corpus, settings);
        for (var epoch = 1; epoch <= settings.Epochs; epoch++) training.Pass(epoch, progress, cancellation);
        return new WordVectors(corpus.Words, training.weights.Vectors());
    }

    private void Pass(int epoch, IProgress<SkipGramProgress>? progress, CancellationToken cancellation)
    {
        var whole = (double)corpus.Total * settings.Epochs;
        var before = (epoch - 1) * (double)corpus.Total;
        var nextReport = before + whole / Reports;
        var kept = new int[Enumerable.Range(0, corpus.Paragraphs).Max(paragraph => corpus.Paragraph(paragraph).Length)];
        (loss, pairs) = (0, 0);
        for (var index = 0; index < corpus.Paragraphs; index++)
        {
            var paragraph = corpus.Paragraph(index);
            var words = kept.AsSpan(0, Subsample(paragraph, kept));
            for (var i = 0; i < words.Length; i++)
            {
                cancellation.ThrowIfCancellationRequested();
                var done = before + (double)paragraph.Length * i / words.Length;
                Predict(words, i, (float)(settings.LearningRate * Math.Max(1 - done / whole, LowestRate)));
                if (done < nextReport) continue;
                Report(epoch, done / whole, progress);
                nextReport += whole / Reports;
            }
            before += paragraph.Length;
        }
        Report(epoch, before / whole, progress);
    }

    private int Subsample(ReadOnlySpan<int> paragraph, Span<int> destination)
    {
        var count = 0;
        foreach (var word in paragraph)
            if (subsampling.NextUniform() < keep[word]) destination[count++] = word;
        return count;
    }

    // One word predicts each of those around it.
    private void Predict(ReadOnlySpan<int> words, int centre, float rate)
    {
        var reach = 1 + (int)windows.NextInteger(settings.Window);
        var (first, last) = (Math.Max(0, centre - reach), Math.Min(words.Length - 1, centre + reach));
        for (var i = first; i <= last; i++)
        {
            if (i == centre) continue;
            var count = 1;
            targets[0] = words[i];
            for (var negative = 0; negative < settings.Negatives; negative++)
                if (NextSample() is var sample && sample != words[i]) targets[count++] = sample;
            loss += weights.Step(words[centre], targets.AsSpan(0, count), rate);
            pairs++;
        }
    }

    private int NextSample()
    {
        if (nextSample == samples.Length)
        {
            noise.Draw(draws, samples);
            nextSample = 0;
        }
        return samples[nextSample++];
    }

    private void Report(int epoch, double done, IProgress<SkipGramProgress>? progress)
    {
        if (!double.IsFinite(loss))
            throw new InvalidOperationException(
                $"The loss of epoch {epoch} is {loss}: a {nameof(settings.LearningRate)} of {settings.LearningRate} "
                    + "is too high for this text."
            );
        var left = TimeSpan.FromSeconds(
            Math.Min(
                time.Elapsed.TotalSeconds * (1 - done) / Math.Max(done, 1e-9), TimeSpan.FromDays(3650).TotalSeconds)
        );
        progress?.Report(new SkipGramProgress(epoch, done, loss / pairs, left));
    }
}
