using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Workbench.Core.Hub;

namespace Workbench.Core.Formats;

/// <summary>Opens the weights in a folder or a file, whichever of the known formats they are in.</summary>
public static class Checkpoint
{
    // In the order in which they are preferred: the names that the hub's libraries and nanoGPT write.
    private static readonly string[] Preferred = [.. ModelFiles.Weights, "ckpt.pt"];

    private static readonly string[] Endings = [".safetensors", ".pt", ".pth", ".ckpt", ".bin"];

    /// <summary>Opens a checkpoint.</summary>
    /// <param name="path">
    /// A file (.safetensors, .bin, .pt, .pth, .ckpt, .npy, or an index of shards that ends in .index.json), or a
    /// folder. In a folder the first of
    /// model.safetensors, its index, pytorch_model.bin, its index and ckpt.pt is taken, else the only file with one of
    /// the endings above.
    /// A file without a known ending is judged by its first bytes.
    /// </param>
    /// <returns>The tensors, to be disposed by the caller.</returns>
    /// <exception cref="WeightFileException">Nothing is there, or nothing that can be read; the message lists what was
    /// looked for.</exception>
    public static TensorFile Open(string path) => Directory.Exists(path) ? OpenFile(Choose(path)) : OpenFile(path);

    private static string Choose(string folder)
    {
        foreach (var name in Preferred)
            if (Path.Combine(folder, name) is var file && File.Exists(file))
                return file;
        var found = Directory
            .EnumerateFiles(folder)
            .Select(Path.GetFileName)
            .OfType<string>()
            .Order(StringComparer.Ordinal)
            .ToArray();
        var others = found.Where(name => Endings.Contains(Path.GetExtension(name))).ToArray();
        if (others.Length == 1)
            return Path.Combine(folder, others[0]);
        throw new WeightFileException(
            FileProblem.MissingFile,
            folder,
            $"no weights were found; looked for {string.Join(", ", Preferred)}, or one file ending in {string.Join(", ", Endings)}. "
                + Advice(found, others)
        );
    }

    private static string Advice(string[] found, string[] others)
    {
        if (others.Any(name => name.Contains("-of-")))
            return $"There are shards ({others[0]} …) without their index; download model.safetensors.index.json too.";
        if (others.Length > 1)
            return $"There are {others.Length} such files ({string.Join(", ", others.Take(3))} …); name one of them.";
        var foreign = found.FirstOrDefault(name =>
            Path.GetExtension(name) is ".h5" or ".msgpack" or ".onnx" or ".gguf" or ".ot" or ".tflite"
        );
        if (foreign is not null)
            return $"There is {foreign}, of a kind that is not read; get the model's safetensors file.";
        return found.Length == 0
            ? "The folder is empty."
            : $"There is only {string.Join(", ", found.Take(5))}{(found.Length > 5 ? " …" : "")}.";
    }

    private static TensorFile OpenFile(string path) =>
        path.EndsWith(".json", StringComparison.OrdinalIgnoreCase) ? ShardedCheckpoint.Open(path) : OpenShard(path);

    /// <summary>Opens one file of tensors, by its ending or else by its first bytes; an index of shards is
    /// none.</summary>
    internal static TensorFile OpenShard(string path) => Path.GetExtension(path).ToLowerInvariant() switch
    {
        ".safetensors" => SafetensorsFile.Open(path),
        ".npy" => NpyFile.Open(path),
        ".pt" or ".pth" or ".ckpt" or ".bin" => PyTorchFile.Open(path),
        _ => FileKinds.Of(path) switch
        {
            FileKind.Npy => NpyFile.Open(path),
            FileKind.PyTorchZip or FileKind.Pickle => PyTorchFile.Open(path),
            _ => SafetensorsFile.Open(path),
        },
    };
}
