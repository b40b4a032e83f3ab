using System.IO;
using System.Linq;
using Workbench.Core.Formats;
using Workbench.Core.Models;
using Workbench.Core.Models.Families;
using Workbench.Core.Randomness;
using Workbench.Core.Tensors;

namespace Workbench.Benchmarks;

/// <summary>Forward passes of few tokens, which wait for the weights, and of many, which wait for arithmetic. Weights
/// are random; time does not depend on them.</summary>
public static class ForwardPasses
{
    /// <summary>Passes and readings alternate, so that whatever else the machine does slows both.</summary>
    /// <param name="length">Number of tokens.</param>
    /// <param name="threads">Threads for both.</param>
    /// <returns>Beside it the time of reading all weights once at the speed of <see cref="MemoryReading"/>.</returns>
    public static Outcome Gpt2(int length, int threads)
    {
        var config = Core.Models.Families.Gpt2.Config();
        var file = RandomWeights(config);
        var model = new Transformer(new TransformerWeights(file, config), threads);
        var parameters = file.Tensors
            .Where(tensor => tensor.Name != "wpe.weight")
            .Sum(tensor => tensor.Shape.Elements);
        var tokens = Enumerable.Range(0, length).Select(i => (i * 7919 + 13) % config.Tokens.Count).ToArray();
        var reading = new MemoryReading(threads);
        var run = Outcome.Of(
            threads, 2e-9 * parameters * length,
            () => model.Logits(model.Run(tokens, Keep.Nothing).Output).Rows, reading.Read);
        return run with { Beside = run.Beside * sizeof(float) * parameters / MemoryReading.Bytes };
    }

    /// <summary>Windows through SmolLM2-135M's shape from its file, the residual stream and what is added to it kept of
    /// a window at a time.</summary>
    /// <param name="folder">Where the file is made.</param>
    /// <param name="type">Of the weights, by ggml's name.</param>
    /// <param name="threads">How many.</param>
    public static Outcome SmolLm2(string folder, string type, int threads)
    {
        const int windows = 8, length = 1024;
        var llama = RandomLlama.SmolLm2;
        var path = Path.Combine(folder, $"smollm2-{type}.gguf");
        Directory.CreateDirectory(folder);
        if (!File.Exists(path)) llama.Write(path, type);
        using var file = GgufFile.Open(path);
        var model = new Transformer(new TransformerWeights(file, Family.ConfigOf(file)), threads);
        return Outcome.Of(threads, llama.Gigaflop(windows * length, length), () =>
        {
            for (var window = 0; window < windows; window++)
                model.Run(
                    Enumerable.Range(window * length, length).Select(i => (i * 7919 + 13) % 49_152).ToArray(),
                    Keep.ResidualStream);
            return 0;
        });
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
}
