using System;
using System.Collections.Generic;
using System.Linq;
using System.Numerics.Tensors;
using Workbench.Core.Formats;
using Workbench.Core.Tensors;

namespace Workbench.Core.Models;

/// <summary>A checkpoint with a low-rank adapter: what is read of a layer that it changes is W + s·A·B, whichever way
/// round W is stored; all other tensors are the checkpoint's.</summary>
/// <remarks>A changed layer is computed each time it is read: s·A·B in float32, and added once. Neither file is
/// written to; disposing disposes both.</remarks>
public sealed class AdaptedTensors : TensorFile
{
    private readonly TensorFile file;
    private readonly LowRankAdapter adapter;
    private readonly Dictionary<string, (string Layer, bool InputMajor)> changed = [];
    private readonly Dictionary<string, string> replaced = [];

    /// <summary>Puts an adapter on a checkpoint; no values are read.</summary>
    /// <param name="file">The base.</param>
    /// <param name="adapter">The adapter, which must have been trained on it.</param>
    /// <param name="weights">The base by what its tensors are for, where its family is known: says which way round
    /// square layers are stored, and whether the head is the token embeddings.</param>
    /// <exception cref="WeightFileException">A layer of the adapter is not in the base, or has another shape; or the
    /// adapter changes token embeddings that the head uses too, which it would have to leave.</exception>
    public AdaptedTensors(TensorFile file, LowRankAdapter adapter, TransformerWeights? weights = null)
    {
        (this.file, this.adapter) = (file, adapter);
        if (file is GgufFile)
            throw new WeightFileException(
                FileProblem.UnsupportedObject, file.Path,
                "is a GGUF file, whose layers are arranged otherwise than those that an adapter was trained on; take "
                    + "the model's safetensors file.");
        var added = new List<TensorInfo>();
        foreach (var name in adapter.Replaced)
        {
            var info = adapter.ReplacementInfo(name);
            if (Stored(name) is not { } stored)
            {
                // A head of its own, where the base had none.
                replaced.Add(name, name);
                added.Add(info with { Name = name });
            }
            else if (file.Find(stored).Shape == info.Shape) replaced.Add(stored, name);
            else throw Unlike(stored, info.Shape);
        }
        var layers = adapter.Layers.Select(layer => (Layer: layer, Info: Required(layer))).ToArray();
        var shown = layers
            .Where(one => !adapter.IsEmbedding(one.Layer))
            .Select(one => Layout(one.Layer, one.Info.Shape))
            .FirstOrDefault(inputMajor => inputMajor is not null);
        foreach (var (layer, info) in layers)
        {
            var own = Layout(layer, info.Shape);
            changed.Add(
                info.Name,
                (layer, own ?? shown ?? (weights?.Layout is { } layout
                    ? layout == WeightLayout.InputMajor
                    : adapter.FanInFanOut)));
        }
        Tensors =
        [
            .. file.Tensors.Select(info => changed.ContainsKey(info.Name) || replaced.ContainsKey(info.Name)
                ? info with { DType = DType.F32 } : info),
            .. added,
        ];
        if (weights is not null) RequireOwnHead(weights.Config);
    }

    /// <inheritdoc/>
    public override string Path => file.Path;

    /// <inheritdoc/>
    public override IReadOnlyList<TensorInfo> Tensors { get; }

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, string> Metadata => file.Metadata;

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, string> Aliases => file.Aliases;

    /// <inheritdoc/>
    public override bool Contains(string name) => base.Contains(name) || file.Contains(name);

    /// <inheritdoc/>
    public override TensorInfo Find(string name) => base.Contains(name) ? base.Find(name) : file.Find(name);

    /// <inheritdoc/>
    public override Matrix ReadMatrix(string name)
    {
        var stored = Find(name).Name;
        if (replaced.TryGetValue(stored, out var own)) return adapter.Replacement(own);
        if (!changed.TryGetValue(stored, out var change)) return file.ReadMatrix(stored);
        var (left, right, scale) = adapter.Factors(change.Layer);
        // [outputs, inputs] is the other way round.
        if (!change.InputMajor) (left, right) = (right.Transpose(), left.Transpose());
        var matrix = file.ReadMatrix(stored).Copy();
        var sum = new float[matrix.Columns];
        for (var row = 0; row < matrix.Rows; row++)
        {
            Array.Clear(sum);
            for (var k = 0; k < right.Rows; k++)
                TensorPrimitives.MultiplyAdd(right.Row(k), (float)(scale * left[row, k]), sum, sum);
            TensorPrimitives.Add(matrix.Row(row), sum, matrix.WritableRow(row));
        }
        return matrix;
    }

    /// <inheritdoc/>
    public override StoredMatrix View(string name) =>
        Find(name).Name is var stored && (replaced.ContainsKey(stored) || changed.ContainsKey(stored))
            ? base.View(stored)
            : file.View(stored);

    /// <inheritdoc/>
    public override double[] ReadDoubles(string name) =>
        Find(name).Name is var stored && (replaced.ContainsKey(stored) || changed.ContainsKey(stored))
            ? Array.ConvertAll(ReadMatrix(stored).ToArray(), value => (double)value)
            : file.ReadDoubles(stored);

    /// <inheritdoc/>
    public override long[] ReadIntegers(string name) => file.ReadIntegers(Find(name).Name);

    /// <inheritdoc/>
    internal override WeightFileException? WhyAbsent(string name) => file.WhyAbsent(name);

    /// <inheritdoc/>
    public override void Dispose()
    {
        file.Dispose();
        adapter.Dispose();
    }

    /// <summary>The base's name of a tensor: the library's model may have one more name before it, or the
    /// file.</summary>
    private string? Stored(string name)
    {
        for (var rest = name; ; rest = rest[(rest.IndexOf('.') + 1)..])
        {
            if (TensorNames.Find(file, rest) is [var one]) return one;
            var dot = rest.IndexOf('.');
            // Behind the name of a list comes a number, which alone names nothing.
            if (dot < 0 || char.IsAsciiDigit(rest[dot + 1])) return null;
        }
    }

    private TensorInfo Required(string layer)
    {
        var info = Stored($"{layer}.weight") is { } stored ? file.Find(stored)
            : throw new WeightFileException(
                FileProblem.MissingTensor, file.Path,
                $"is not there, and the adapter {Excerpt.Of(adapter.Path)} changes it"
                    + $"{(adapter.BaseModel is { } name ? $"; it was made for \"{Excerpt.Of(name)}\"" : "")}.",
                $"{layer}.weight");
        if (changed.ContainsKey(info.Name) || replaced.ContainsKey(info.Name))
            throw new WeightFileException(
                FileProblem.DuplicateName, file.Path, "two tensors of the adapter mean it.", info.Name);
        return info;
    }

    /// <summary>Whether a layer is stored as [inputs, outputs]; null where it is square.</summary>
    private bool? Layout(string layer, Shape stored)
    {
        var (inputs, outputs) = adapter.Sizes(layer);
        var (turned, plain) = (new Shape(inputs, outputs), new Shape(outputs, inputs));
        if (adapter.IsEmbedding(layer))
            return stored == turned ? true : throw Unlike($"{layer}.weight", turned);
        if (stored != turned && stored != plain) throw Unlike($"{layer}.weight", plain);
        return inputs == outputs ? null : stored == turned;
    }

    private void RequireOwnHead(TransformerConfig config)
    {
        var (tokens, head) = ($"{config.Tokens.Name}.weight", $"{config.Head.Name}.weight");
        var names = changed.Keys.Concat(replaced.Keys);
        if (
            names.Any(name => name == tokens || name.EndsWith($".{tokens}", StringComparison.Ordinal))
            && !Tensors.Any(info => info.Name == head || info.Name.EndsWith($".{head}", StringComparison.Ordinal))
            && config.TiedHead is not false
        )
            throw new WeightFileException(
                FileProblem.UnsupportedObject,
                adapter.Path,
                "changes the token embeddings of a model whose head is these embeddings, and leaves the head as it "
                    + "was: two tables where the model has one, which is not read. Merge the two in Python."
            );
    }

    private WeightFileException Unlike(string name, Shape wanted) =>
        new(
            FileProblem.OutOfBounds, file.Path,
            $"has another shape than the adapter's {wanted}"
                + $"{(adapter.BaseModel is { } model ? $"; it was made for \"{Excerpt.Of(model)}\"" : "")}.",
            name);
}
