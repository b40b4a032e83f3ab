using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using System.Text;
using Workbench.Core.Tensors;

namespace Workbench.Core.Formats;

/// <summary>
/// A checkpoint as <c>torch.save</c> writes it since PyTorch 1.6: a stored zip with a pickle that describes tensors,
/// and their bytes.
/// </summary>
/// <remarks>
/// The pickle is read by an allow-list of what a <c>state_dict</c> needs; nothing is ever executed, and everything else
/// is refused by name.
/// When the pickle's root has a dictionary of tensors named <c>model</c>, <c>state_dict</c>, <c>model_state_dict</c> or
/// <c>module</c>, that one is the model: only its tensors are listed, without the prefixes <c>_orig_mod.</c> and
/// <c>module.</c> that torch.compile and data parallel training put before every name. Otherwise all tensors are
/// listed, nested ones by their path, such as <c>1/0/weight</c>.
/// </remarks>
/// <example><code>using var file = PyTorchFile.Open("out/ckpt.pt"); file.Values["model_args/n_layer"]</code> is
/// 12L.</example>
public sealed class PyTorchFile : TensorFile
{
    private const long MaxPickleBytes = 1 << 24; // 100,000 tensors take less; a byte of pickle can become 80 of objects
    private const int MaxDepth = 100; // real checkpoints nest five deep
    private const int LongestPrefix = 100; // wrappers nest three deep, not without end

    // DeepSpeed saves the model under "module".
    private static readonly string[] ModelKeys = ["model", "state_dict", "model_state_dict", "module"];
    private static readonly string[] WrapperPrefixes = ["_orig_mod.", "module."];

    private readonly MappedFile file;
    private readonly Dictionary<string, StoredTensor> stored = [];
    private readonly List<(string Path, TorchTensor Tensor)> found = [];
    private readonly HashSet<object> open = new(ReferenceEqualityComparer.Instance); // containers being visited
    private readonly Dictionary<string, object?> values = [];
    private readonly PickleBudget budget;

    private PyTorchFile(MappedFile file)
    {
        this.file = file;
        if (FileKinds.Of(file) != FileKind.PyTorchZip)
            throw Refuse(FileProblem.Malformed, "is not a zip, as torch.save writes them.");
        var zip = new ZipDirectory(file);
        var root = FindRoot(zip);
        var pickle = zip.Entries[root + "data.pkl"];
        if (pickle.Length > MaxPickleBytes)
            throw Refuse(
                FileProblem.BeyondLimits,
                $"its pickle has {pickle.Length} bytes; more than {MaxPickleBytes} are not read.");
        budget = new PickleBudget(file.Path, pickle.Length);
        var value = PickleReader.Read(
            file.Path, file.Bytes(pickle.Offset, (int)pickle.Length), budget, TorchGlobals.Instance);
        Visit(value, "", 0);
        StateDict = FindStateDict(value);
        Prefix = FindPrefix();
        var bigEndian = ReadByteOrder(zip, root);
        foreach (var (path, tensor) in found.Where(tensor => InStateDict(tensor.Path)))
            Store(zip, root, path[(StateDict.Length + Prefix.Length)..], tensor, bigEndian);
        Tensors = [.. stored.Values.Select(tensor => tensor.Info)];
    }

    /// <inheritdoc/>
    public override string Path => file.Path;

    /// <inheritdoc/>
    public override IReadOnlyList<TensorInfo> Tensors { get; }

    /// <summary>Always empty: what the format has of notes are <see cref="Values"/>.</summary>
    public override IReadOnlyDictionary<string, string> Metadata { get; } = ImmutableDictionary<string, string>.Empty;

    /// <summary>
    /// Single values in the checkpoint's dictionaries by their path, such as <c>model_args/n_layer</c> or
    /// <c>iter_num</c>:
    /// each a <see cref="long"/>, <see cref="double"/>, <see cref="bool"/>, <see cref="string"/> or null. Values inside
    /// lists and integers beyond 64 bits are left out.
    /// </summary>
    public IReadOnlyDictionary<string, object?> Values => values;

    /// <summary>The path of the dictionary whose tensors are listed, with its slash, such as <c>model/</c>; empty when
    /// that is the root.</summary>
    public string StateDict { get; }

    /// <summary>What stood before every tensor's name and was taken away, such as <c>_orig_mod.</c>; empty when nothing
    /// did.</summary>
    public string Prefix { get; }

    /// <summary>What reading the pickle has cost, in characters and elements handled.</summary>
    internal PickleBudget Budget => budget;

    /// <summary>Maps a checkpoint and reads its pickle; no tensor's values are read.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="WeightFileException">There is no such file, it is not a whole checkpoint, or it asks for
    /// anything beyond tensors and plain values.</exception>
    public static PyTorchFile Open(string path) =>
        FileKinds.Open(path, FileKind.PyTorchZip, file => new PyTorchFile(file));

    /// <inheritdoc/>
    public override Matrix ReadMatrix(string name) => stored[Find(name).Name].ReadMatrix();

    /// <inheritdoc/>
    public override StoredMatrix View(string name) => stored[Find(name).Name].View();

    /// <inheritdoc/>
    public override double[] ReadDoubles(string name) => stored[Find(name).Name].ReadDoubles();

    /// <inheritdoc/>
    public override long[] ReadIntegers(string name) => stored[Find(name).Name].ReadIntegers();

    /// <inheritdoc/>
    public override void Dispose() => file.Dispose();

    /// <summary>The one top folder, which may have any name and must hold everything.</summary>
    private string FindRoot(ZipDirectory zip)
    {
        var pickles = zip
            .Entries.Keys.Where(name =>
                name.EndsWith("/data.pkl", StringComparison.Ordinal)
                && name.IndexOf('/') == name.Length - "/data.pkl".Length
            )
            .ToArray();
        if (pickles.Length != 1)
            throw Refuse(
                FileProblem.MissingEntry,
                $"the zip has {pickles.Length} entries named data.pkl in a top folder; a checkpoint has one.");
        var root = pickles[0][..^"data.pkl".Length];
        if (zip.Entries.Keys.FirstOrDefault(name => !name.StartsWith(root, StringComparison.Ordinal)) is { } outside)
            throw Refuse(
                FileProblem.PathEscape,
                $"the zip's entry \"{Excerpt.Of(outside)}\" lies outside its folder {Excerpt.Of(root)}.");
        if (zip.Entries.ContainsKey(root + "constants.pkl"))
            throw Refuse(
                FileProblem.UnsupportedObject,
                "is a TorchScript program (torch.jit.save), not a checkpoint. In Python, save model.state_dict() "
                    + "instead."
            );
        return root;
    }

    private bool ReadByteOrder(ZipDirectory zip, string root)
    {
        if (!zip.Entries.TryGetValue(root + "byteorder", out var entry))
            return false; // before PyTorch 2.1 there was none, and it was little
        var order = Encoding.Latin1.GetString(file.Bytes(entry.Offset, (int)Math.Min(entry.Length, 16)));
        return order switch
        {
            "little" => false,
            "big" => true,
            _ => throw Refuse(FileProblem.Malformed, $"its byteorder is \"{Excerpt.Of(order)}\"; little or big is "
                + "needed."),
        };
    }

    private void Visit(object? value, string path, int depth)
    {
        if (depth > MaxDepth)
            throw Refuse(FileProblem.BeyondLimits, $"its values nest more than {MaxDepth} deep.");
        // Seen at once, not a hundred levels down, with all that lies beside it copied at each.
        if (value is PickleDictionary or IList<object?> && !open.Add(value))
            throw Refuse(FileProblem.BeyondLimits, "its values contain themselves.");
        switch (value)
        {
            case TorchTensor tensor:
                found.Add((path, tensor));
                break;
            case PickleDictionary dictionary:
                foreach (var (key, item) in dictionary)
                {
                    var inner = Join(path, key.Text);
                    if (item is null or bool or long or double or string) values[inner] = item;
                    else Visit(item, inner, depth + 1);
                }
                break;
            case IList<object?> items: // lists and tuples
                budget.Spend(items.Count);
                for (var i = 0; i < items.Count; i++)
                    if (items[i] is TorchTensor or PickleDictionary or IList<object?>)
                        Visit(items[i], Join(path, $"{i}"), depth + 1);
                break;
        }
        if (value is not null) open.Remove(value);
    }

    private string Join(string path, string key)
    {
        budget.Spend(path.Length + key.Length + 1L + PickleBudget.Entry);
        return path.Length == 0 ? key : $"{path}/{key}";
    }

    private static string FindStateDict(object? root)
    {
        if (root is not PickleDictionary dictionary) return "";
        var key = ModelKeys.FirstOrDefault(key => dictionary.TryGetValue(new PickleKey(key, 's'), out var value)
            && value is PickleDictionary model && model.Values.Any(item => item is TorchTensor));
        return key is null ? "" : key + "/";
    }

    private string FindPrefix()
    {
        var names = found
            .Where(tensor => InStateDict(tensor.Path))
            .Select(tensor => tensor.Path[StateDict.Length..])
            .ToArray();
        var prefix = "";
        while (
            names.Length > 0
            && prefix.Length < LongestPrefix
            && WrapperPrefixes.FirstOrDefault(wrapper =>
                names.All(name => name.AsSpan(prefix.Length).StartsWith(wrapper, StringComparison.Ordinal))
            )
                is { } wrapper
        )
            prefix += wrapper;
        return prefix;
    }

    private bool InStateDict(string path) => path.StartsWith(StateDict, StringComparison.Ordinal);

    private void Store(ZipDirectory zip, string root, string name, TorchTensor tensor, bool bigEndian)
    {
        var (storage, dtype, offset, sizes, strides, negated) = tensor;
        if (!zip.Entries.TryGetValue($"{root}data/{storage.Key}", out var entry))
            throw Refuse(
                FileProblem.MissingEntry,
                $"its values should be in the zip's entry {Excerpt.Of(root)}data/{Excerpt.Of(storage.Key)}, which is "
                    + "not there.",
                name);
        var bytes = (Int128)storage.Elements * (storage.DType?.SizeInBytes() ?? 1);
        if (storage.Elements < 0 || bytes != entry.Length)
            throw Refuse(
                FileProblem.OutOfBounds,
                $"its storage {Excerpt.Of(storage.Key)} should have {storage.Elements} elements, {bytes} bytes, but "
                    + $"has {entry.Length} bytes.",
                name
            );
        RequireInside(name, tensor, entry.Length / dtype.SizeInBytes());
        var info = new TensorInfo(name, dtype, new Shape(sizes));
        var first = entry.Offset + offset * dtype.SizeInBytes();
        var view = info.Shape.Elements == 0 || IsContiguous(sizes, strides) ? default : strides.ToImmutableArray();
        if (
            !stored.TryAdd(
                name,
                new StoredTensor(
                    file, info, info.Shape.Elements == 0 ? entry.Offset : first, view, bigEndian, negated))
        )
            throw Refuse(FileProblem.DuplicateName, "two tensors have this path.", name);
    }

    private void RequireInside(string name, TorchTensor tensor, long available)
    {
        var (_, dtype, offset, sizes, strides, _) = tensor;
        if (sizes.Length != strides.Length)
            throw Refuse(
                FileProblem.Malformed, $"{Described()} has {sizes.Length} sizes but {strides.Length} strides.", name);
        if (offset < 0 || strides.Any(stride => stride < 0) || !Shape.TryCountElements(sizes, out var elements))
            throw Refuse(
                FileProblem.OutOfBounds, $"{Described()} has a negative number, or more elements than 2^63 − 1.", name);
        if (elements == 0)
            return;
        Int128 last = offset;
        for (var axis = 0; axis < sizes.Length; axis++) last += (Int128)(sizes[axis] - 1) * strides[axis];
        if (last >= available)
            throw Refuse(
                FileProblem.OutOfBounds,
                $"{Described()} reaches element {last} of a storage that has {available} of {dtype.Name()}.", name);

        string Described() =>
            $"shape [{string.Join(", ", sizes)}] with strides [{string.Join(", ", strides)}] from element {offset}";
    }

    private static bool IsContiguous(long[] sizes, long[] strides)
    {
        var expected = 1L;
        for (var axis = sizes.Length - 1; axis >= 0; axis--)
        {
            if (sizes[axis] == 1) continue;
            if (strides[axis] != expected) return false;
            expected *= sizes[axis];
        }
        return true;
    }

    private WeightFileException Refuse(FileProblem problem, string reason, string? tensor = null) =>
        new(problem, file.Path, reason, tensor);
}
