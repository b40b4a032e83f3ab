using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using Workbench.Core.Tensors;

namespace Workbench.Core.Formats;

/// <namespacedoc><summary>Files of weights, read tensor by tensor: safetensors, PyTorch, NumPy, word
/// vectors.</summary></namespacedoc>
/// <summary>A tensor's entry in a file: nothing of its values has been read.</summary>
/// <param name="Name">As the file spells it.</param>
/// <param name="DType">How its elements are stored.</param>
/// <param name="Shape">Its sizes, outermost first.</param>
public sealed record TensorInfo(string Name, DType DType, Shape Shape)
{
    /// <summary>Such as <c>wpe.weight: F32 [1024, 768]</c>.</summary>
    public override string ToString() => $"{Excerpt.Of(Name)}: {DType.Name()} {Shape}";
}

/// <summary>
/// Named tensors in a file or a set of files, read one at a time. Whatever the storage type, values arrive as float32,
/// float64 or int64.
/// </summary>
/// <remarks>Disposing unmaps the file; matrices that view it can then no longer be read.</remarks>
public abstract class TensorFile : IDisposable
{
    /// <summary>Axes that a tensor may have: as many as NumPy's arrays and PyTorch's functions take.</summary>
    internal const int MostAxes = 64;

    private Dictionary<string, TensorInfo>? byName;

    /// <summary>The file, or the index of several.</summary>
    public abstract string Path { get; }

    /// <summary>All tensors, in the file's order.</summary>
    public abstract IReadOnlyList<TensorInfo> Tensors { get; }

    /// <summary>The file's own key–value notes; empty when it has none.</summary>
    public abstract IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>Other names of the tensors, each with the name under which it is stored: what the file's notes say of
    /// tensors that share their values. Empty in most files.</summary>
    public virtual IReadOnlyDictionary<string, string> Aliases => ImmutableDictionary<string, string>.Empty;

    /// <summary>Whether the file, or the index of several, has a tensor of this name or alias.</summary>
    public virtual bool Contains(string name) => ByName.ContainsKey(name) || Aliases.ContainsKey(name);

    /// <summary>The entry of a tensor, by its name or an alias; the entry bears the name under which it is
    /// stored.</summary>
    /// <exception cref="WeightFileException">There is none of this name; the message lists names that come
    /// close.</exception>
    public virtual TensorInfo Find(string name)
    {
        if (ByName.TryGetValue(name, out var info)) return info;
        if (Aliases.TryGetValue(name, out var stored)) return Find(stored);
        var tail = name[(name.LastIndexOf('.', Math.Max(0, name.LastIndexOf('.') - 1)) + 1)..];
        var close = Tensors
            .Select(tensor => tensor.Name)
            .Where(other => other.Contains(tail, StringComparison.Ordinal))
            .Take(3)
            .ToArray();
        throw new WeightFileException(
            FileProblem.MissingTensor,
            Path,
            $"not among its {Tensors.Count} tensors"
                + (close.Length > 0 ? $"; close: {string.Join(", ", close.Select(other => Excerpt.Of(other)))}." : "."),
            name
        );
    }

    /// <summary>
    /// A tensor as a float32 matrix: rank 2 as it is, rank 0 and 1 as a single row, higher ranks with all leading axes
    /// as rows.
    /// Float32 in a mapped file is viewed, everything else is widened or rounded to the nearest float32 into memory of
    /// its own.
    /// </summary>
    /// <exception cref="WeightFileException">No such tensor, or its type is not read.</exception>
    public abstract Matrix ReadMatrix(string name);

    /// <summary>A tensor as a matrix, as <see cref="ReadMatrix"/> shapes it, where it lies: its elements are widened
    /// when they are used, and take no memory. One that a file stores in a way that has no rows (strides, negatives,
    /// truth values) is widened here.</summary>
    /// <exception cref="WeightFileException">No such tensor, or its type is not read.</exception>
    public virtual StoredMatrix View(string name) => new(ReadMatrix(name));

    /// <summary>All elements in C order as float64, without loss except for integers beyond 2^53.</summary>
    /// <exception cref="WeightFileException">No such tensor, or its type is not read.</exception>
    public abstract double[] ReadDoubles(string name);

    /// <summary>All elements of an integer or truth-valued tensor in C order; U64 keeps its bits.</summary>
    /// <exception cref="WeightFileException">No such tensor, or its elements are not integers.</exception>
    public abstract long[] ReadIntegers(string name);

    /// <summary>All elements in C order as float32, copied.</summary>
    /// <exception cref="WeightFileException">No such tensor, or its type is not read.</exception>
    public float[] ReadVector(string name) => ReadMatrix(name).ToArray();

    /// <inheritdoc/>
    public abstract void Dispose();

    /// <summary>Why a tensor that is not there under this name is there otherwise, and cannot be read; null where it is
    /// simply absent.</summary>
    internal virtual WeightFileException? WhyAbsent(string name) => null;

    // Made when first needed, and again when tensors have been added since (a file's never are).
    private Dictionary<string, TensorInfo> ByName =>
        byName is { } known && known.Count == Tensors.Count
            ? known
            : byName = Tensors.ToDictionary(tensor => tensor.Name);
}
