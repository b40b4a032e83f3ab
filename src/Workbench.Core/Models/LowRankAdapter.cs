using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.Json;
using System.Text.RegularExpressions;
using Workbench.Core.Formats;
using Workbench.Core.Tensors;

namespace Workbench.Core.Models;

/// <summary>
/// A low-rank adapter (LoRA) as PEFT saves it: adapter_config.json with adapter_model.safetensors or adapter_model.bin.
/// Of a layer x·W it makes x·(W + s·A·B), with A [inputs, r] and B [r, outputs] for row vectors; other layers it may
/// replace whole.
/// </summary>
/// <remarks>
/// Hu et al. 2021; Kalajdzievski 2023 for s = α/√r (use_rslora), else s = α/r. Every setting that changes the result is
/// obeyed or refused by name: use_dora, other kinds of adapter, initial values that change the base too (pissa, olora,
/// loftq, corda), layers that are replicated, and whatever is not known.
/// </remarks>
/// <example><code>using var adapter = LowRankAdapter.Open("my-adapter"); adapter.Layers[0]</code> is such as
/// "model.layers.0.self_attn.q_proj".</example>
public sealed class LowRankAdapter : IDisposable
{
    private const string ConfigName = "adapter_config.json", Root = "base_model.model.";

    private static readonly string[] WeightNames = ["adapter_model.safetensors", "adapter_model.bin"];

    // How an adapter was trained, and what its loader does about devices and names.
    private static readonly string[] WithoutEffect =
    [
        "auto_mapping", "base_model_name_or_path", "revision", "task_type", "inference_mode", "lora_dropout",
        "peft_version", "target_modules", "exclude_modules", "layers_to_transform", "layers_pattern", "modules_to_save",
        "bias",
        "fan_in_fan_out", "megatron_core", "runtime_config", "qalora_group_size", "eva_config",
    ];

    // Initial values after which the base is still the base.
    private static readonly string[] PlainStarts = ["gaussian", "eva", "orthogonal"];

    private readonly TensorFile file;
    private readonly Dictionary<string, (string A, string B, bool IsEmbedding)> layers = [];
    private readonly Dictionary<string, string> replaced = [];
    private readonly JsonElement settings;
    private readonly string config;

    private LowRankAdapter(string folder)
    {
        config = System.IO.Path.Combine(folder, ConfigName);
        Path = folder;
        settings = ReadSettings();
        RequireObeyed();
        var weights = WeightNames
                .Select(name => System.IO.Path.Combine(folder, name))
                .FirstOrDefault(System.IO.File.Exists)
            ?? throw new WeightFileException(
                FileProblem.MissingFile, folder,
                $"has {ConfigName}, but neither {string.Join(" nor ", WeightNames)}: its weights are missing.");
        file = Checkpoint.OpenShard(weights);
        try
        {
            ReadNames();
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>The folder.</summary>
    public string Path { get; }

    /// <summary>The file of its weights.</summary>
    public string File => file.Path;

    /// <summary>The model that it was trained on, by the name it was given; null where it says none.</summary>
    public string? BaseModel => Text("base_model_name_or_path");

    /// <summary>The layers that it changes by A and B, by the names of the library's model.</summary>
    public IReadOnlyList<string> Layers => [.. layers.Keys];

    /// <summary>The tensors that it replaces whole (modules_to_save, biases), by name.</summary>
    public IReadOnlyList<string> Replaced => [.. replaced.Keys];

    /// <summary>Opens an adapter.</summary>
    /// <param name="folder">The folder that PEFT wrote.</param>
    /// <exception cref="WeightFileException">There is none, a setting is not obeyed, or its tensors do not fit each
    /// other; the message names it.</exception>
    public static LowRankAdapter Open(string folder)
    {
        if (!System.IO.File.Exists(System.IO.Path.Combine(folder, ConfigName)))
            throw new WeightFileException(
                FileProblem.MissingFile, folder,
                $"holds no {ConfigName}; the folder of an adapter, as PEFT's save_pretrained writes it, does.");
        return new LowRankAdapter(folder);
    }

    /// <summary>What a layer's change is made of, for row vectors x ↦ x·(scale · Left · Right).</summary>
    /// <param name="layer">One of <see cref="Layers"/>.</param>
    /// <returns>Left [inputs, r] and Right [r, outputs], copied, and what their product is multiplied by. Of a table of
    /// embeddings, Left has a row for each token.</returns>
    /// <exception cref="ArgumentException">The adapter does not change such a layer; the message lists those that it
    /// does.</exception>
    public (Matrix Left, Matrix Right, double Scale) Factors(string layer)
    {
        if (!layers.TryGetValue(layer, out var names))
            throw new ArgumentException(
                $"The adapter does not change \"{Excerpt.Of(layer)}\"; it changes "
                    + $"{string.Join(", ", layers.Keys.Take(8).Select(name => Excerpt.Of(name)))}"
                    + $"{(layers.Count > 8 ? " …" : "")}.",
                nameof(layer));
        var (a, b) = (file.ReadMatrix(names.A), file.ReadMatrix(names.B));
        var scale = Scale(layer, a.Rows);
        return (a.Transpose(), b.Transpose(), scale);
    }

    /// <summary>A tensor that replaces the base's.</summary>
    internal Matrix Replacement(string name) => file.ReadMatrix(replaced[name]);

    /// <summary>The entry of such a tensor.</summary>
    internal TensorInfo ReplacementInfo(string name) => file.Find(replaced[name]);

    /// <summary>Inputs and outputs of a layer that it changes; of a table of embeddings, tokens and values.</summary>
    internal (int Inputs, int Outputs) Sizes(string layer) =>
        ((int)file.Find(layers[layer].A).Shape[1], (int)file.Find(layers[layer].B).Shape[0]);

    internal bool IsEmbedding(string layer) => layers[layer].IsEmbedding;

    /// <summary>What the settings say of layers that are stored as [inputs, outputs].</summary>
    internal bool FanInFanOut => settings.TryGetProperty("fan_in_fan_out", out var value)
        && value.ValueKind == JsonValueKind.True;

    /// <summary>Unmaps the file; what was read stays.</summary>
    public void Dispose() => file.Dispose();

    private JsonElement ReadSettings()
    {
        try
        {
            using var document = JsonDocument.Parse(OrdinaryFile.ReadAllBytes(config));
            if (document.RootElement.ValueKind == JsonValueKind.Object) return document.RootElement.Clone();
        }
        catch (JsonException error)
        {
            throw Refuse($"is not JSON: {JsonFault.Of(error)}.", FileProblem.Malformed);
        }
        throw Refuse("is not a JSON object of settings.", FileProblem.Malformed);
    }

    private void RequireObeyed()
    {
        if (Text("peft_type") is not "LORA")
            throw Refuse(
                $"is an adapter of the kind {Excerpt.Of(Text("peft_type") ?? "that peft_type should say", 40)}; those "
                    + "of the kind LORA are read.");
        foreach (var setting in settings.EnumerateObject())
        {
            var (name, value) = (setting.Name, setting.Value);
            if (WithoutEffect.Contains(name) || name.StartsWith('_')) continue;
            var isObeyed = value.ValueKind is JsonValueKind.Null or JsonValueKind.False || name switch
            {
                "peft_type" => true,
                "r" => value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var rank) && rank > 0,
                "lora_alpha" => IsNumber(value),
                "use_rslora" => value.ValueKind == JsonValueKind.True,
                "ephemeral_gpu_offload" => true,
                "rank_pattern" or "alpha_pattern" => value.ValueKind == JsonValueKind.Object
                    && value.EnumerateObject().All(pattern => IsNumber(pattern.Value)),
                "init_lora_weights" => value.ValueKind == JsonValueKind.True
                    || value.ValueKind == JsonValueKind.String && PlainStarts.Contains(value.GetString()),
                // Empty where they stand for nothing.
                _ => value.ValueKind == JsonValueKind.Object && !value.EnumerateObject().Any()
                    || value.ValueKind == JsonValueKind.Array && value.GetArrayLength() == 0,
            };
            if (!isObeyed)
                throw Refuse(
                    $"has the setting {Excerpt.Of(name, 60)} {Excerpt.Of(value.GetRawText(), 60)}, which is not "
                        + "obeyed. In Python, merge it into its model: PeftModel.from_pretrained(base, FOLDER)"
                        + ".merge_and_unload().save_pretrained(NEWFOLDER).");
        }
        if (Number("r") is null || Number("lora_alpha") is null)
            throw Refuse("lacks r and lora_alpha, its rank and its scale.", FileProblem.Malformed);

        static bool IsNumber(JsonElement value) =>
            value.ValueKind == JsonValueKind.Number && double.IsFinite(value.GetDouble());
    }

    private void ReadNames()
    {
        var halves = new Dictionary<string, (string? A, string? B, bool IsEmbedding)>();
        foreach (var tensor in file.Tensors)
        {
            var name = tensor.Name.StartsWith(Root, StringComparison.Ordinal) ? tensor.Name[Root.Length..]
                : throw Refused(tensor.Name, $"does not begin with {Root}, as an adapter's tensors do.");
            // What its training has wrapped around layers.
            name = name.Replace("modules_to_save.", "").Replace("base_layer.", "").Replace("original_module.", "");
            if (!name.Contains("lora_"))
            {
                if (!replaced.TryAdd(name, tensor.Name))
                    throw Refused(tensor.Name, "is there twice under other wrappers.", FileProblem.DuplicateName);
                continue;
            }
            if (tensor.Shape.Rank != 2)
                throw Refused(tensor.Name, $"has shape {tensor.Shape}, where a matrix is wanted.");
            Half(".lora_A.weight", isA: true, false);
            Half(".lora_B.weight", isA: false, false);
            Half(".lora_embedding_A", isA: true, true);
            Half(".lora_embedding_B", isA: false, true);
            if (!halves.Values.Any(half => half.A == tensor.Name || half.B == tensor.Name))
                throw Refused(
                    tensor.Name, "is none of what a plain low-rank adapter has (lora_A, lora_B, lora_embedding_A, "
                        + "lora_embedding_B), and nothing here obeys it.");

            void Half(string ending, bool isA, bool isEmbedding)
            {
                if (!name.EndsWith(ending, StringComparison.Ordinal)) return;
                var layer = name[..^ending.Length];
                var half = halves.GetValueOrDefault(layer);
                halves[layer] = isA ? (tensor.Name, half.B, isEmbedding) : (half.A, tensor.Name, isEmbedding);
            }
        }
        foreach (var (layer, half) in halves)
        {
            if (half is not ({ } a, { } b, var isEmbedding))
                throw Refused(half.A ?? half.B!, "has no other half: a change is made of A and B.");
            var (first, second) = (file.Find(a).Shape, file.Find(b).Shape);
            if (first[0] != second[1])
                throw Refused(a, $"is {first}, and B is {second}: [r, inputs] and [outputs, r] are wanted.");
            var rank = Pattern("rank_pattern", layer) ?? Number("r")!.Value;
            if (first[0] != rank)
                throw Refused(a, $"is of rank {first[0]}, where {ConfigName} says {rank}.");
            layers.Add(layer, (a, b, isEmbedding));
        }
        if (layers.Count == 0 && replaced.Count == 0)
            throw Refuse("changes nothing: there are no tensors beside it.", FileProblem.Malformed);
    }

    private double Scale(string layer, int rank)
    {
        var alpha = Pattern("alpha_pattern", layer) ?? Number("lora_alpha")!.Value;
        var isRankStabilised = settings.TryGetProperty("use_rslora", out var value)
            && value.ValueKind == JsonValueKind.True;
        return alpha / (isRankStabilised ? Math.Sqrt(rank) : rank);
    }

    /// <summary>What a table of patterns says of a layer: each is a regular expression for the end of its name, from a
    /// dot on, and the first that fits counts.</summary>
    private double? Pattern(string table, string layer)
    {
        if (!settings.TryGetProperty(table, out var patterns) || patterns.ValueKind != JsonValueKind.Object)
            return null;
        foreach (var pattern in patterns.EnumerateObject())
        {
            try
            {
                // Without backtracking, so that no pattern takes longer than its layer's name is long.
                if (Regex.IsMatch(layer, $@"^(.*\.)?({pattern.Name})$", RegexOptions.NonBacktracking))
                    return pattern.Value.GetDouble();
            }
            catch (Exception error) when (error is ArgumentException or NotSupportedException)
            {
                throw Refuse($"has the pattern \"{Excerpt.Of(pattern.Name, 60)}\" in {table}, which is not read.");
            }
        }
        return null;
    }

    private string? Text(string name) =>
        settings.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String
            ? value.GetString() : null;

    private double? Number(string name) =>
        settings.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number
            ? value.GetDouble() : null;

    private WeightFileException Refuse(string reason, FileProblem problem = FileProblem.UnsupportedObject) =>
        new(problem, config, reason);

    private WeightFileException Refused(
        string tensor, string reason, FileProblem problem = FileProblem.UnsupportedObject) =>
        new(problem, file.Path, reason, tensor);
}
