using System;
using System.IO;
using System.Runtime.InteropServices;
using Workbench.Core.Randomness;
using Workbench.Core.Tensors;

namespace Workbench.Benchmarks;

/// <summary>
/// Matrices of the sizes of real embeddings, written once as raw little-endian float32 for both sides to read. The
/// numbers are normal around a common direction, so that similarities spread around a mean as they do in language
/// models.
/// </summary>
public static class Inputs
{
    /// <summary>BERT's vocabulary: 30,522 × 768.</summary>
    public static readonly Input Bert = new("bert.bin", 30_522, 768, 0.8f);

    /// <summary>GPT-2's vocabulary: 50,257 × 768.</summary>
    public static readonly Input Gpt2 = new("gpt2.bin", 50_257, 768, 0.6f);

    /// <summary>GPT-2's positions: 1024 × 768.</summary>
    public static readonly Input Positions = new("positions.bin", 1024, 768, 0.1f);

    /// <summary>The two 768 × 64 factors of each of 72 heads, one below the other.</summary>
    public static readonly Input Heads = new("heads.bin", 2 * Workloads.Heads * 768, 64, 0.1f);

    /// <summary>SmolLM2-135M's vocabulary, 49,152 × 576: the model's own where <c>WORKBENCH_MODELS</c> has
    /// it.</summary>
    public static readonly Input SmolLm2 =
        new("smollm2.bin", 49_152, 576, 0.6f, "smollm2-135m-instruct/SmolLM2-135M-Instruct.Q4_1.gguf");

    /// <summary>An input by its file, made if it is not there; the caller keeps the file open while using the
    /// matrix.</summary>
    public static Matrix Open(string folder, Input input, out MappedFile file)
    {
        var path = Path.Combine(folder, input.Name);
        if (!File.Exists(path)) Write(path, input);
        file = new MappedFile(path);
        return Matrix.View(file, 0, input.Rows, input.Columns);
    }

    private static void Write(string path, Input input)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        var (common, row) = (new float[input.Columns], new float[input.Columns]);
        var philox = new Philox(1, (ulong)input.Rows);
        foreach (ref var value in common.AsSpan()) value = input.Common * (float)philox.NextNormal();
        var model = Path.Combine(Environment.GetEnvironmentVariable("WORKBENCH_MODELS") ?? "", input.Model);
        using var weights = input.Model != "" && File.Exists(model) ? Core.Formats.Checkpoint.Open(model) : null;
        var table = weights?.ReadMatrix("token_embd.weight");
        using (var stream = File.Create(path + ".part"))
        {
            for (var i = 0; i < input.Rows; i++)
            {
                for (var k = 0; k < input.Columns; k++) row[k] = common[k] + (float)philox.NextNormal();
                stream.Write(MemoryMarshal.AsBytes(table is null ? row : table.Row(i)));
            }
        }
        File.Move(path + ".part", path);
    }
}

/// <summary>What a file of input holds.</summary>
/// <param name="Name">Of the file.</param>
/// <param name="Rows">Number of vectors.</param>
/// <param name="Columns">Their length.</param>
/// <param name="Common">Standard deviation of the direction that all vectors share, beside 1 for each vector's
/// own.</param>
/// <param name="Model">File of a model whose embeddings they are, where it is there; empty for none.</param>
public sealed record Input(string Name, int Rows, int Columns, float Common, string Model = "");
