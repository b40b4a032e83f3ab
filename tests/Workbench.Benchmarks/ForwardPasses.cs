using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Runtime.Intrinsics;
using System.Threading.Tasks;
using Workbench.Core.Formats;
using Workbench.Core.Models;
using Workbench.Core.Models.Families;
using Workbench.Core.Randomness;
using Workbench.Core.Tensors;

namespace Workbench.Benchmarks;

/// <summary>
/// A forward pass of a GPT-2 of 124M parameters, logits of every token included, beside its two roofs: one reading of
/// all weights by the same threads (what few tokens are bound by), and the arithmetic (what many are). Weights are
/// random; time does not depend on them.
/// </summary>
public static class ForwardPasses
{
    /// <summary>Reads and passes alternate, so that whatever else the machine does slows both; medians are
    /// reported.</summary>
    /// <param name="output">One line per length and layout.</param>
    /// <param name="threads">Threads for both.</param>
    /// <param name="lengths">Numbers of tokens.</param>
    /// <param name="repetitions">Pairs of runs per line, after three to warm up.</param>
    public static void Run(TextWriter output, int threads, int[] lengths, int repetitions)
    {
        foreach (var layout in Enum.GetValues<WeightLayout>())
        {
            var config = Gpt2.Config() with { Layout = layout };
            var file = RandomWeights(config);
            var model = new Transformer(new TransformerWeights(file, config), threads);
            var matrices = file
                .Tensors.Where(tensor => tensor.Shape.Rank == 2 && tensor.Name != "wpe.weight")
                .Select(tensor => file.ReadMatrix(tensor.Name))
                .ToArray();
            var parameters = matrices.Sum(matrix => matrix.Elements);
            foreach (var length in lengths)
            {
                var tokens = Enumerable.Range(0, length).Select(i => (i * 7919 + 13) % config.Tokens.Count).ToArray();
                var (reads, passes) = (new List<double>(), new List<double>());
                for (var i = 0; i < repetitions + 3; i++)
                {
                    var read = Milliseconds(() => Array.ForEach(matrices, matrix => Read(matrix, threads)));
                    var pass = Milliseconds(() => model.Logits(model.Run(tokens, Keep.Nothing).Output));
                    if (i < 3) continue;
                    reads.Add(read);
                    passes.Add(pass);
                }
                var (reading, passing) = (Median(reads), Median(passes));
                output.WriteLine(
                    $"{layout}, {threads} threads, {length} tokens: {passing:F1} ms, "
                        + $"{2e-6 * parameters * length / passing:F0} GFLOP/s; "
                        + $"one reading of the weights {reading:F1} ms, {4e-6 * parameters / reading:F1} GB/s; ratio "
                        + $"{passing / reading:F2}"
                );
            }
        }
    }

    private static MemoryTensors RandomWeights(TransformerConfig config)
    {
        var file = new MemoryTensors("random");
        var random = new Philox(1);
        Matrix("wte.weight", config.Tokens.Count, config.Width);
        Matrix("wpe.weight", config.MaxTokens, config.Width);
        for (var block = 0; block < config.Blocks.Count; block++)
        {
            Norm($"h.{block}.ln_1");
            Layer($"h.{block}.attn.c_attn", config.Width, 3 * config.Width);
            Layer($"h.{block}.attn.c_proj", config.Width, config.Width);
            Norm($"h.{block}.ln_2");
            Layer($"h.{block}.mlp.c_fc", config.Width, config.Blocks[block].Mlp.Up.Outputs);
            Layer($"h.{block}.mlp.c_proj", config.Blocks[block].Mlp.Up.Outputs, config.Width);
        }
        Norm("ln_f");
        return file;

        void Matrix(string name, int rows, int columns)
        {
            var matrix = new Matrix(rows, columns);
            for (var i = 0; i < rows; i++)
                foreach (ref var value in matrix.WritableRow(i)) value = (float)(0.1 * (random.NextUniform() - 0.5));
            file.Add(name, matrix);
        }

        void Vector(string name, int length) => file.Add(name, Enumerable.Repeat(1f, length).ToArray());

        void Norm(string name)
        {
            Vector($"{name}.weight", config.Width);
            Vector($"{name}.bias", config.Width);
        }

        void Layer(string name, int inputs, int outputs)
        {
            if (config.Layout == WeightLayout.InputMajor) Matrix($"{name}.weight", inputs, outputs);
            else Matrix($"{name}.weight", outputs, inputs);
            Vector($"{name}.bias", outputs);
        }
    }

    private static unsafe void Read(Matrix matrix, int threads)
    {
        var (start, share) = ((nint)matrix.DangerousPointer, matrix.Elements / threads);
        Parallel.For(0, threads, new ParallelOptions { MaxDegreeOfParallelism = threads }, thread =>
        {
            var part = (float*)start + thread * share;
            Vector512<float> a = default, b = default, c = default, d = default;
            for (long i = 0; i <= share - 64; i += 64)
            {
                a += Vector512.Load(part + i);
                b += Vector512.Load(part + i + 16);
                c += Vector512.Load(part + i + 32);
                d += Vector512.Load(part + i + 48);
            }
            if (float.IsNaN(Vector512.Sum(a + b + c + d))) throw new InvalidOperationException("A weight is NaN.");
        });
        GC.KeepAlive(matrix);
    }

    private static double Milliseconds(Action action)
    {
        var start = Stopwatch.GetTimestamp();
        action();
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);
}
