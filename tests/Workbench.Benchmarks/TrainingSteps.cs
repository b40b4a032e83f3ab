using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using Workbench.Core.Models;
using Workbench.Core.Models.Families;
using Workbench.Core.Randomness;
using Workbench.Core.Training;
using Workbench.Core.Training.Tasks;

namespace Workbench.Benchmarks;

/// <summary>Training steps of the pocket models' shapes, loss and all gradients, beside the FMA peak.</summary>
public static class TrainingSteps
{
    /// <summary>The peak is measured first; medians of steps are reported.</summary>
    /// <param name="output">One line per model.</param>
    /// <param name="threads">Threads for both.</param>
    /// <param name="repetitions">Steps, after two to warm up.</param>
    public static void Run(TextWriter output, int threads, int repetitions)
    {
        var peak = FmaPeak.Measure(threads);
        var gpt2 = Gpt2.Config(vocabulary: 8192, positions: 256, width: 192, blocks: 6, heads: 6);
        Measure(
            output, "causal, 16 × 256", threads, peak, repetitions, new CausalLanguageModel(gpt2, 1, threads),
            Batch(16, 256, gpt2.Tokens.Count, 1),
            Products(gpt2, 256, 4096) + 4096.0 * gpt2.Width * gpt2.Tokens.Count);
        var bert = Bert.Config(vocabulary: 8192, positions: 128, width: 192, blocks: 4, heads: 6, inner: 768);
        Measure(
            output,
            "masked, 32 × 128",
            threads,
            peak,
            repetitions,
            new MaskedLanguageModel(bert, 1, threads),
            Batch(32, 128, bert.Tokens.Count, 7),
            Products(bert, 128, 4096)
                + 4096.0 / 7 * bert.Width * (bert.Tokens.Count + bert.Width)
        );
    }

    // Multiply-adds of a forward pass; a step has three times as many, and each counts as two operations.
    private static double Products(TransformerConfig config, int length, int tokens)
    {
        var (width, inner) = (config.Width, config.Blocks[0].Mlp.Up.Outputs);
        return (double)tokens * config.Blocks.Count
            * (4.0 * width * width + 2.0 * width * inner + 2.0 * length * width);
    }

    private static void Measure(
        TextWriter output, string name, int threads, double peak, int repetitions, ITrainable model, TokenBatch batch,
        double products)
    {
        var times = new List<double>();
        for (var i = 0; i < repetitions + 2; i++)
        {
            var clock = Stopwatch.StartNew();
            model.LossAndGradients(batch);
            var seconds = clock.Elapsed.TotalSeconds;
            if (i < 2) continue;
            times.Add(seconds);
        }
        times.Sort();
        var median = times[times.Count / 2];
        output.WriteLine(
            $"{name}, {threads} threads: {1000 * median:F0} ms a step, {batch.Inputs.Length / median:F0} tokens/s, "
                + $"{6e-9 * products / median:F0} GFLOP/s, {6e-9 * products / median / peak:P0} of the FMA peak"
        );
    }

    private static TokenBatch Batch(int sequences, int length, int vocabulary, int scoreOneIn)
    {
        var random = new Philox(3);
        var ids = Enumerable.Range(0, sequences * length).Select(_ => (int)random.NextInteger(vocabulary)).ToArray();
        return new TokenBatch(
            sequences,
            length,
            ids,
            [.. ids.Select((id, i) => i % scoreOneIn == 0 ? id : TokenBatch.Unscored)]
        );
    }
}
