using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.Json;
using Workbench.Core.Tensors;

namespace Workbench.Core.Formats;

/// <summary>
/// A checkpoint in several files with an index that says which tensor is in which: <c>model.safetensors.index.json</c>,
/// or <c>pytorch_model.bin.index.json</c> for shards that <c>torch.save</c> wrote.
/// </summary>
/// <remarks>
/// Shards that are not there are no error until one of their tensors is asked for, which then names the shard.
/// <see cref="Tensors"/>
/// lists what is at hand; <see cref="TensorFile.Contains"/> answers for the whole index, so that a tensor in a missing
/// shard is not taken for one that the model lacks.
/// </remarks>
public sealed class ShardedCheckpoint : TensorFile
{
    private const long MaxIndexBytes = 100_000_000; // as for a safetensors header, which holds more per tensor

    private readonly Dictionary<string, string> shardOf = [];
    private readonly Dictionary<string, TensorFile> shards = [];
    private readonly List<TensorInfo> tensors = [];
    private readonly Dictionary<string, string> aliases = [];

    private ShardedCheckpoint(string path)
    {
        Path = path;
        Metadata = ReadIndex();
    }

    /// <inheritdoc/>
    public override string Path { get; }

    /// <summary>The tensors of the shards that are there, in the index's order.</summary>
    public override IReadOnlyList<TensorInfo> Tensors => tensors;

    /// <summary>The index's own notes, such as <c>total_size</c>, as text.</summary>
    public override IReadOnlyDictionary<string, string> Metadata { get; }

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, string> Aliases => aliases;

    /// <summary>File names of the shards that the index refers to and that are not beside it, in order.</summary>
    public IReadOnlyList<string> MissingShards { get; private set; } = [];

    /// <summary>Opens an index and the shards that lie beside it.</summary>
    /// <param name="path">The index, a JSON file.</param>
    /// <exception cref="WeightFileException">The index is missing or malformed, leads outside its folder, or places a
    /// tensor in a shard that does not hold it; or a shard cannot be read.</exception>
    public static ShardedCheckpoint Open(string path)
    {
        var checkpoint = new ShardedCheckpoint(path);
        try
        {
            checkpoint.OpenShards();
            return checkpoint;
        }
        catch
        {
            checkpoint.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public override bool Contains(string name) => shardOf.ContainsKey(name) || aliases.ContainsKey(name);

    /// <inheritdoc/>
    public override TensorInfo Find(string name) =>
        shardOf.TryGetValue(name, out var shard) && !shards.ContainsKey(shard)
            ? throw Missing(name, shard)
            : base.Find(name);

    /// <inheritdoc/>
    public override Matrix ReadMatrix(string name) => ShardOf(name).ReadMatrix(name);

    /// <inheritdoc/>
    public override StoredMatrix View(string name) => ShardOf(name).View(name);

    /// <inheritdoc/>
    public override double[] ReadDoubles(string name) => ShardOf(name).ReadDoubles(name);

    /// <inheritdoc/>
    public override long[] ReadIntegers(string name) => ShardOf(name).ReadIntegers(name);

    /// <inheritdoc/>
    public override void Dispose()
    {
        foreach (var shard in shards.Values) shard.Dispose();
    }

    private TensorFile ShardOf(string name) => shards[shardOf[Find(name).Name]];

    private WeightFileException Missing(string name, string shard) =>
        new(
            FileProblem.MissingFile,
            Path,
            $"is in the shard {Excerpt.Of(shard)}, which is not beside the index; {shards.Count} of "
                + $"{shards.Count + MissingShards.Count} shards are there. Download it too.",
            name
        );

    private Dictionary<string, string> ReadIndex()
    {
        using var file = FileKinds.Map(Path);
        var notes = new Dictionary<string, string>();
        try
        {
            if (file.Length > MaxIndexBytes)
                throw Refuse(
                    FileProblem.BeyondLimits,
                    $"has {file.Length} bytes; an index of more than {MaxIndexBytes} is not read.");
            var reader = new Utf8JsonReader(file.Bytes(0, (int)file.Length));
            using var index = JsonDocument.ParseValue(ref reader);
            if (
                reader.Read()
                || index.RootElement.ValueKind != JsonValueKind.Object
                || !index.RootElement.TryGetProperty("weight_map", out var map)
                || map.ValueKind != JsonValueKind.Object
            )
                throw Refuse(
                    FileProblem.Malformed,
                    "an index is a JSON object with a weight_map, from the names of tensors to the names of files.");
            foreach (var entry in map.EnumerateObject())
                Place(entry);
            if (
                index.RootElement.TryGetProperty("metadata", out var metadata)
                && metadata.ValueKind == JsonValueKind.Object
            )
                foreach (var note in metadata.EnumerateObject())
                    notes[note.Name] = note.Value.ToString();
        }
        // JsonDocument reports text that is not UTF-8, or half of a surrogate pair, as an invalid operation.
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            throw FileKinds.Explain(
                file, FileKind.Unknown,
                Refuse(FileProblem.Malformed, $"the index is not JSON: {JsonFault.Of(error)}."));
        }
        return notes;
    }

    private void Place(JsonProperty entry)
    {
        var (name, shard) = (entry.Name, entry.Value.ValueKind == JsonValueKind.String ? entry.Value.GetString()! : "");
        if (shard.Length == 0)
            throw Refuse(
                FileProblem.Malformed, "its shard should be a file's name but is "
                    + $"{Excerpt.Of(entry.Value.GetRawText())}.",
                name);
        if (shard is "." or ".." || shard.AsSpan().ContainsAny('/', '\\', '\0') || System.IO.Path.IsPathRooted(shard))
            throw Refuse(
                FileProblem.PathEscape, $"its shard \"{Excerpt.Of(shard)}\" is not the plain name of a file beside "
                    + "the index.",
                name);
        if (!shardOf.TryAdd(name, shard))
            throw Refuse(FileProblem.DuplicateName, "the index has two entries of this name.", name);
    }

    private void OpenShards()
    {
        var folder = System.IO.Path.GetDirectoryName(Path) ?? "";
        foreach (var shard in shardOf.Values.Distinct())
            if (System.IO.Path.Combine(folder, shard) is var path && File.Exists(path))
                shards.Add(shard, Checkpoint.OpenShard(path));
        MissingShards =
        [
            .. shardOf.Values.Distinct().Where(shard => !shards.ContainsKey(shard)).Order(StringComparer.Ordinal),
        ];
        foreach (var (name, shard) in shardOf)
        {
            if (!shards.TryGetValue(shard, out var file)) continue;
            if (!file.Contains(name))
                throw Refuse(
                    FileProblem.MissingTensor,
                    $"the index places it in {Excerpt.Of(shard)}, which does not hold it: index and shards are of "
                        + "different downloads.",
                    name
                );
            tensors.Add(file.Find(name) with { Name = name }); // the shard may store it under another
        }
        foreach (var (alias, stored) in shards.Values.SelectMany(shard => shard.Aliases))
            if (!shardOf.ContainsKey(alias) && shardOf.ContainsKey(stored))
                aliases.TryAdd(alias, stored);
    }

    private WeightFileException Refuse(FileProblem problem, string reason, string? tensor = null) =>
        new(problem, Path, reason, tensor);
}
