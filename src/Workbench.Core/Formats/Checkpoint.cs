using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.Json;
using Workbench.Core.Hub;

namespace Workbench.Core.Formats;

/// <summary>Opens the weights in a folder or a file, whichever of the known formats they are in.</summary>
public static class Checkpoint
{
    // In the order in which they are preferred: the names that the hub's libraries and nanoGPT write.
    private static readonly string[] Preferred = [.. ModelFiles.Weights, "ckpt.pt"];

    private static readonly string[] Endings = [".safetensors", ".pt", ".pth", ".ckpt", ".bin"];

    // What training programs save beside a model and what is none.
    private static readonly string[] TrainingState =
    [
        "optimizer",
        "scheduler",
        "scaler",
        "rng_state",
        "random_states",
        "training_args",
        "zero_pp_rank_",
        "bf16_zero_pp_rank_",
    ];

    private const string Gguf = ".gguf";

    // The name that exporters write, and the folder that the hub's repositories keep it in.
    private const string Onnx = ".onnx", OnnxModel = "model.onnx", OnnxFolder = "onnx";

    private const string Adapter = "adapter_config.json";

    /// <summary>Opens a checkpoint.</summary>
    /// <param name="path">
    /// A file (.safetensors, .bin, .pt, .pth, .ckpt, .npy, .npz, .gguf, .onnx, or an index of shards that ends in
    /// .index.json), or a folder. In a folder the first of model.safetensors, its index, pytorch_model.bin, its index
    /// and ckpt.pt is taken, else the only file with one of the endings above, else the only .gguf, else model.onnx or
    /// the only .onnx, there or in the folder's own folder onnx. A file without a known ending is judged by its first
    /// bytes. The state of optimizers, schedulers and random numbers that lies beside a model is no model.
    /// </param>
    /// <returns>The tensors, to be disposed by the caller.</returns>
    /// <exception cref="WeightFileException">Nothing is there, or nothing that can be read; the message lists what was
    /// looked for.</exception>
    /// <remarks>Weights that are stored as codes with scales beside them (quantization_config: fp8, mxfp4) are read as
    /// what these mean together; where nothing here obeys the scales, those weights are refused by name.</remarks>
    public static TensorFile Open(string path) =>
        ScaledTensors.Over(Directory.Exists(path) ? OpenFile(Choose(path)) : OpenFile(path));

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
        if (found.Contains(Adapter))
            throw AdapterIn(folder);
        var others = found
            .Where(name => Endings.Contains(Path.GetExtension(name)) && !IsTrainingState(name))
            .ToArray();
        if (others.Length == 1)
            return Path.Combine(folder, others[0]);
        RequireNoPieces(folder, found);
        var models = found.Where(name => Path.GetExtension(name) == Gguf).ToArray();
        if (others.Length == 0 && models.Length == 1) return Path.Combine(folder, models[0]);
        if (others.Length == 0 && models.Length > 1)
            throw new WeightFileException(
                FileProblem.UnsupportedObject,
                folder,
                $"holds {models.Length} GGUF files ({Listed(models.Take(20))}{(models.Length > 20 ? " …" : "")}), "
                    + "several quantisations of a model or several models; name one of them."
            );
        if (others.Length == 0 && (OnnxIn(folder) ?? OnnxIn(Path.Combine(folder, OnnxFolder))) is { } graph)
            return graph;
        throw new WeightFileException(
            FileProblem.MissingFile,
            folder,
            $"no weights were found; looked for {string.Join(", ", Preferred)}, or one file ending in "
                + $"{string.Join(", ", Endings)}, {Gguf}, {Onnx}. "
                + Advice(found, others)
        );
    }

    /// <summary>The folder that describes a model whose weights are in a file: the file's own, or the one above where
    /// that is <c>onnx</c> and has no configuration.</summary>
    public static string FolderOf(string file)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(file))!;
        return Path.GetFileName(folder) == OnnxFolder
            && Path.GetDirectoryName(folder) is { } above
            && !File.Exists(Path.Combine(folder, ModelFiles.Config))
            && File.Exists(Path.Combine(above, ModelFiles.Config))
                ? above
                : folder;
    }

    private static string? OnnxIn(string folder)
    {
        if (!Directory.Exists(folder)) return null;
        if (Path.Combine(folder, OnnxModel) is var usual && File.Exists(usual)) return usual;
        string[] found =
        [
            .. Directory.EnumerateFiles(folder)
                .Where(file => Path.GetExtension(file) == Onnx).Order(StringComparer.Ordinal),
        ];
        if (found.Length > 1)
            throw new WeightFileException(
                FileProblem.UnsupportedObject,
                folder,
                $"holds {found.Length} ONNX files ({Listed(found.Select(Path.GetFileName).OfType<string>().Take(20))}"
                    + $"{(found.Length > 20 ? " …" : "")}), several forms of a model or several models; name one of "
                    + "them."
            );
        return found.FirstOrDefault();
    }

    private static bool IsTrainingState(string name) =>
        Array.Exists(TrainingState, start => name.StartsWith(start, StringComparison.Ordinal));

    private static WeightFileException AdapterIn(string folder)
    {
        var (kind, model) = ("", "its base model");
        try
        {
            using var config = JsonDocument.Parse(OrdinaryFile.ReadAllBytes(Path.Combine(folder, Adapter)));
            kind = Text(config, "peft_type") is { } type ? $" ({type})" : "";
            model = Text(config, "base_model_name_or_path") is { } name ? $"the model \"{name}\"" : model;
        }
        catch (Exception error) when (error is JsonException or IOException or InvalidOperationException)
        {
            // The file's name alone says what lies here.
        }
        return new WeightFileException(
            FileProblem.UnsupportedObject,
            folder,
            $"is an adapter{kind} for {model}, not a model of its own. Load that one and put the adapter on it, "
                + "Model.withAdapter FOLDER, or merge the two; in Python: PeftModel.from_pretrained(base, FOLDER)"
                + ".merge_and_unload().save_pretrained(NEWFOLDER)."
        );

        static string? Text(JsonDocument config, string key) =>
            config.RootElement.ValueKind == JsonValueKind.Object
            && config.RootElement.TryGetProperty(key, out var value)
            && value.ValueKind == JsonValueKind.String
                ? Excerpt.Of(value.GetString()!)
                : null;
    }

    /// <summary>Refuses what the processes of a distributed training have each written a part of.</summary>
    private static void RequireNoPieces(string folder, string[] found)
    {
        // torch.distributed.checkpoint writes them into the folder itself or one beneath it.
        foreach (var place in Directory.EnumerateDirectories(folder).Order(StringComparer.Ordinal).Prepend(folder))
        {
            if (Directory.EnumerateFiles(place, "*.distcp").FirstOrDefault() is not { } piece) continue;
            var name = place == folder ? "." : Path.GetFileName(place);
            throw new WeightFileException(
                FileProblem.UnsupportedObject,
                folder,
                $"holds the sharded state of a training run ({Excerpt.Of(Path.GetRelativePath(folder, piece))} …), "
                    + "pieces that each process has written, not a model. PyTorch's own tool merges them: python -m "
                    + $"torch.distributed.checkpoint.format_utils dcp_to_torch {Excerpt.Of(name)} model.pt."
            );
        }
        var pieces = Array.FindAll(
            found,
            name => name.StartsWith("zero_pp_rank_", StringComparison.Ordinal)
                || name.StartsWith("bf16_zero_pp_rank_", StringComparison.Ordinal)
                || name.StartsWith("mp_rank_", StringComparison.Ordinal));
        if (pieces.Length > 0)
            throw new WeightFileException(
                FileProblem.UnsupportedObject,
                folder,
                $"holds the sharded state of a DeepSpeed run ({pieces.Length} pieces: {Excerpt.Of(pieces[0])} …), not "
                    + "a model. Its own tool merges them: python zero_to_fp32.py . model.bin, in the folder above."
            );
    }

    private static string Advice(string[] found, string[] others)
    {
        if (others.Any(name => name.Contains("-of-")))
            return $"There are shards ({Excerpt.Of(others[0])} …) without their index; download "
                + "model.safetensors.index.json too.";
        if (others.Length > 1)
            return $"There are {others.Length} such files ({Listed(others.Take(3))} …); name one of them.";
        var foreign = found.FirstOrDefault(name =>
            Path.GetExtension(name)
                is ".h5"
                    or ".msgpack"
                    or ".ot"
                    or ".tflite"
                    or ".zip"
                    or ".csv"
        );
        if (foreign is not null)
            return $"There is {Excerpt.Of(foreign)}, of a kind that is not read; get the model's safetensors file.";
        if (Array.Exists(found, IsTrainingState))
            return $"There is {Listed(found.Where(IsTrainingState).Take(3))}: the state of a training run, without "
                + "its model.";
        return found.Length == 0
            ? "The folder is empty."
            : $"There is only {Listed(found.Take(5))}{(found.Length > 5 ? " …" : "")}.";
    }

    private static string Listed(IEnumerable<string> names) =>
        string.Join(", ", names.Select(name => Excerpt.Of(name)));

    private static TensorFile OpenFile(string path) =>
        path.EndsWith(".json", StringComparison.OrdinalIgnoreCase)
            ? ShardedCheckpoint.Open(path)
            : RequireTensors(OpenShard(path));

    /// <summary>Refuses what <c>torch.save</c> wrote of a scheduler or of settings: a model of no tensors would only
    /// seem to have opened.</summary>
    private static TensorFile RequireTensors(TensorFile file)
    {
        if (file is not PyTorchFile { Tensors.Count: 0 } saved) return file;
        using (saved)
            throw new WeightFileException(
                FileProblem.UnsupportedObject,
                saved.Path,
                "holds no tensors, only "
                    + $"values{(saved.Values.Count > 0 ? $" ({Listed(saved.Values.Keys.Take(3))} …)" : "")}: the "
                    + "state of a scheduler or of a program, not a model."
            );
    }

    /// <summary>Opens one file of tensors, by its ending or else by its first bytes; an index of shards is
    /// none.</summary>
    internal static TensorFile OpenShard(string path) => Path.GetExtension(path).ToLowerInvariant() switch
    {
        ".safetensors" => SafetensorsFile.Open(path),
        ".npy" => NpyFile.Open(path),
        ".npz" => NpzFile.Open(path),
        Gguf => GgufFile.Open(path),
        Onnx => OnnxFile.Open(path),
        ".pt" or ".pth" or ".ckpt" or ".bin" => PyTorchFile.Open(path),
        _ => FileKinds.Of(path) switch
        {
            FileKind.Npy => NpyFile.Open(path),
            FileKind.Npz => NpzFile.Open(path),
            FileKind.Gguf => GgufFile.Open(path),
            FileKind.Onnx => OnnxFile.Open(path),
            FileKind.PyTorchZip or FileKind.Pickle => PyTorchFile.Open(path),
            _ => SafetensorsFile.Open(path),
        },
    };
}
