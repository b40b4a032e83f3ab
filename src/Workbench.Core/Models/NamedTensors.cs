using System;
using System.Collections.Generic;
using System.Linq;
using Workbench.Core.Formats;
using Workbench.Core.Tensors;

namespace Workbench.Core.Models;

/// <summary>
/// A checkpoint's tensors under the names that a model's definition gives them, whatever wrappers put in front; each is
/// checked for its shape when it is read, and one that is absent is reported with what is there.
/// </summary>
internal sealed class NamedTensors
{
    private readonly TensorFile file;
    private readonly Dictionary<string, TensorInfo> byName = [];
    private readonly Func<IEnumerable<ModelPart>> parts;

    /// <param name="file">Where the tensors are.</param>
    /// <param name="prefixes">What may stand before a name, in any order and number.</param>
    /// <param name="parts">What the model consists of, to say which of it is there.</param>
    public NamedTensors(TensorFile file, string[] prefixes, Func<IEnumerable<ModelPart>> parts)
    {
        (this.file, this.parts) = (file, parts);
        foreach (var (stored, known) in TensorNames.All(file))
        {
            var tensor = file.Find(stored);
            var name = TensorNames.Plain(known);
            name = name[TensorNames.Length(name, prefixes)..];
            // Checkpoints converted from TensorFlow call a layer norm's parameters gamma and beta.
            if (name.EndsWith(".gamma", StringComparison.Ordinal)) name = name[..^5] + "weight";
            if (name.EndsWith(".beta", StringComparison.Ordinal)) name = name[..^4] + "bias";
            if (!byName.TryAdd(name, tensor))
                throw new WeightFileException(
                    FileProblem.DuplicateName, file.Path,
                    $"{Excerpt.Of(known)} and {Excerpt.Of(byName[name].Name)} both name the model's "
                        + $"{Excerpt.Of(name)}; remove one of them.",
                    known);
        }
    }

    public TensorFile File => file;

    /// <summary>All names, without their prefixes.</summary>
    public IEnumerable<string> Names => byName.Keys;

    public bool Contains(string name) => byName.ContainsKey(name);

    /// <summary>A tensor's entry, or null.</summary>
    public TensorInfo? TryFind(string name) => byName.GetValueOrDefault(name);

    /// <summary>A matrix that must be there, widened.</summary>
    /// <param name="name">The model's name for it.</param>
    /// <param name="rows">Rows that it must have.</param>
    /// <param name="columns">Columns that it must have.</param>
    public Matrix Matrix(string name, int rows, int columns) => file.ReadMatrix(Find(name, rows, columns).Name);

    /// <summary>A matrix that must be there, as it lies.</summary>
    /// <param name="name">The model's name for it.</param>
    /// <param name="rows">Rows that it must have.</param>
    /// <param name="columns">Columns that it must have.</param>
    public StoredMatrix View(string name, int rows, int columns) => file.View(Find(name, rows, columns).Name);

    /// <summary>Matrices of one shape that lie one behind the other in a tensor that must be there, below each other,
    /// as they lie.</summary>
    /// <param name="name">The model's name for it.</param>
    /// <param name="shape">How many there are, and the shape of each: [layers, …].</param>
    public StoredMatrix Stack(string name, params long[] shape) => file.View(Find(name, shape).Name);

    /// <summary>A tensor that must be there, of whatever shape it is, widened; a vector is one row.</summary>
    public Matrix Stored(string name) => file.ReadMatrix(Find(name).Name);

    /// <summary>The same, as it lies.</summary>
    public StoredMatrix View(string name) => file.View(Find(name).Name);

    /// <summary>A vector that must be there.</summary>
    public float[] Vector(string name, int length) => file.ReadVector(Find(name, length).Name);

    /// <summary>Which parts of the model are there whole, in words.</summary>
    public string Inventory()
    {
        var whole = parts().Where(part => part.Tensors.All(Contains)).ToArray();
        if (whole.Length == 0) return "no whole part of such a model";
        return string.Join("; ", whole.GroupBy(part => part.Name + part.Note).Select(group => group.First().Block < 0
            ? group.Key
            : $"{group.Key} of {Blocks([.. group.Select(part => part.Block)])}"));
    }

    /// <summary>The names that running the model calls for and the file does not have.</summary>
    public IEnumerable<string> Missing() =>
        parts().Where(part => part.Needed).SelectMany(part => part.Tensors).Where(name => !Contains(name));

    private TensorInfo Find(string name)
    {
        if (byName.TryGetValue(name, out var found))
        {
            TensorNames.RequireWithoutAdapter(file, found.Name);
            return found;
        }
        throw file.WhyAbsent(name) ?? new WeightFileException(
            FileProblem.MissingTensor,
            file.Path,
            $"absent, and {NeededBy(name)} need it. The file holds {Inventory()}: what uses only these works; for the "
                + "rest, open the complete checkpoint.",
            name
        );
    }

    private TensorInfo Find(string name, params long[] shape)
    {
        var info = Find(name);
        return info.Shape == new Shape(shape)
            ? info
            : throw new WeightFileException(
                FileProblem.OutOfBounds, file.Path,
                $"its shape is {info.Shape}, but by the configuration {NeededBy(name)} have "
                    + $"[{string.Join(", ", shape)}]; is this the configuration of these weights?",
                info.Name);
    }

    private string NeededBy(string name) =>
        parts().FirstOrDefault(part => part.Tensors.Contains(name)) is not { } part ? "the logits"
        : part.Block < 0 ? $"the {part.Name}"
        : $"the {part.Name} of block {part.Block}";

    private static string Blocks(int[] blocks)
    {
        var ranges = new List<string>();
        for (var i = 0; i < blocks.Length;)
        {
            var last = i;
            while (last + 1 < blocks.Length && blocks[last + 1] == blocks[last] + 1) last++;
            ranges.Add(last == i ? $"{blocks[i]}" : $"{blocks[i]}–{blocks[last]}");
            i = last + 1;
        }
        return (blocks.Length == 1 ? "block " : "blocks ") + string.Join(", ", ranges);
    }
}
