using System;
using System.Diagnostics;
using System.IO;
using Workbench.Core.Formats;
using Workbench.Core.Models;
using Workbench.Core.Models.Families;

namespace Workbench.Benchmarks;

/// <summary>
/// One token through a decoder of a billion parameters whose weights stay in the file, logits included, beside one
/// reading of as many bytes from memory.
/// </summary>
public static class OneToken
{
    /// <summary>Passes and readings alternate, so that whatever else the machine does slows both.</summary>
    /// <param name="folder">Where the file is made, and deleted in the end.</param>
    /// <param name="type">Of the weights, by ggml's name.</param>
    /// <param name="threads">Threads for both.</param>
    public static Outcome Run(string folder, string type, int threads)
    {
        var llama = RandomLlama.Billion;
        var path = Path.Combine(folder, $"one-token-{type}.gguf");
        Directory.CreateDirectory(folder);
        llama.Write(path, type);
        try
        {
            var reading = new MemoryReading(threads);
            using var file = GgufFile.Open(path);
            var before = Resident();
            var model = new Transformer(new TransformerWeights(file, Family.ConfigOf(file)), threads);
            var token = 7;
            var run = Outcome.Of(
                threads, 2e-9 * llama.Parameters,
                () => model.Logits(model.Run([token++], Keep.Nothing).Output).Rows, reading.Read);
            return run with
            {
                Beside = run.Beside * llama.Bytes(type) / MemoryReading.Bytes,
                Note = $"{(double)(Resident() - before) / llama.Bytes(type):F2}",
            };
        }
        finally
        {
            File.Delete(path);
        }
    }

    /// <summary>Bytes of this process that are in memory, pages of mapped files among them.</summary>
    private static long Resident()
    {
        GC.Collect();
        return Process.GetCurrentProcess().WorkingSet64;
    }
}
