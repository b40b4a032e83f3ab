using System;
using System.Collections.Frozen;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using Workbench.Core.Tensors;

namespace Workbench.Core.Formats;

/// <summary>The only names that the pickle of a checkpoint may use.</summary>
internal sealed class TorchGlobals : PickleGlobals
{
    /// <summary>The only one; it holds nothing.</summary>
    public static readonly TorchGlobals Instance = new();

    private static readonly FrozenDictionary<string, DType> Storages = new Dictionary<string, DType>
    {
        ["FloatStorage"] = DType.F32,
        ["DoubleStorage"] = DType.F64,
        ["HalfStorage"] = DType.F16,
        ["BFloat16Storage"] = DType.BF16,
        ["BoolStorage"] = DType.Bool,
        ["ByteStorage"] = DType.U8,
        ["CharStorage"] = DType.I8,
        ["ShortStorage"] = DType.I16,
        ["IntStorage"] = DType.I32,
        ["LongStorage"] = DType.I64,
    }.ToFrozenDictionary();

    private static readonly FrozenDictionary<string, DType?> ElementTypes = new Dictionary<string, DType?>
    {
        ["float32"] = DType.F32,
        ["float64"] = DType.F64,
        ["float16"] = DType.F16,
        ["bfloat16"] = DType.BF16,
        ["bool"] = DType.Bool,
        ["uint8"] = DType.U8,
        ["int8"] = DType.I8,
        ["uint16"] = DType.U16,
        ["int16"] = DType.I16,
        ["uint32"] = DType.U32,
        ["int32"] = DType.I32,
        ["uint64"] = DType.U64,
        ["int64"] = DType.I64,
        ["float8_e4m3fn"] = DType.F8E4M3,
        ["float8_e5m2"] = DType.F8E5M2,
        ["float8_e8m0fnu"] = DType.F8E8M0,
        ["float8_e4m3fnuz"] = DType.F8E4M3Fnuz,
        ["float8_e5m2fnuz"] = DType.F8E5M2Fnuz,
        ["complex64"] = DType.C64,
        ["complex32"] = null, // may stand in a configuration, but no tensor of these is read
        ["complex128"] = null,
    }.ToFrozenDictionary();

    private static readonly FrozenSet<string> Others = new[]
    {
        "collections.OrderedDict",
        "collections.Counter",
        "collections.defaultdict",
        "torch.Size",
        "torch.device",
        "torch.Tensor",
        "torch.storage.UntypedStorage",
        "torch.nn.parameter.Parameter",
        "torch._tensor._rebuild_from_type_v2",
        "torch._utils._rebuild_tensor",
        "torch._utils._rebuild_tensor_v2",
        "torch._utils._rebuild_tensor_v3",
        "torch._utils._rebuild_parameter",
        "torch._utils._rebuild_parameter_with_state",
        "_codecs.encode",
        "__builtin__.bytes",
        "builtins.bytes",
        "__builtin__.bytearray",
        "builtins.bytearray",
        "__builtin__.set",
        "builtins.set",
        "__builtin__.frozenset",
        "builtins.frozenset",
        "__builtin__.list",
        "builtins.list",
    }.ToFrozenSet();

    // Python's own objects that are neither numbers, texts nor lists, and run nothing.
    private static readonly FrozenSet<string> ObjectNames = new[]
    {
        "__builtin__.complex", "builtins.complex", "__builtin__.xrange", "builtins.range", "__builtin__.slice",
        "builtins.slice", "__builtin__.object", "builtins.object", "collections.deque",
    }.ToFrozenSet();

    // Modules whose objects stand in training checkpoints without being asked for by an attacker.
    private static readonly string[] ObjectModules =
    [
        "__main__",
        "torch.nn",
        "torch._tensor",
        "torch.optim",
        "torch.distributed",
        "numpy",
        "argparse",
        "omegaconf",
        "transformers",
        "pathlib",
        "datetime",
        "enum",
        "pytorch_lightning",
        "lightning",
        "lightning_fabric",
        "accelerate",
        "deepspeed",
    ];

    // Python's own modules that run, load or reach something; builtins under both names, and torch, whose functions do.
    private static readonly FrozenSet<string> CodeModules = new[]
    {
        "__builtin__", "builtins", "_codecs", "_io", "_pickle", "_posixsubprocess", "_thread", "asyncio", "bdb",
        "cProfile",
        "code", "codecs", "codeop", "collections", "commands", "copy_reg", "copyreg", "ctypes", "distutils", "doctest",
        "ensurepip", "ftplib", "functools", "gc", "http", "idlelib", "imp", "importlib", "inspect", "io", "itertools",
        "lib2to3", "linecache", "logging", "marshal", "multiprocessing", "nt", "operator", "_operator", "os", "pdb",
        "pickle", "pip", "pkgutil", "platform", "posix", "profile", "pty", "pydoc", "runpy", "setuptools", "shelve",
        "shutil", "signal", "site", "smtplib", "socket", "sqlite3", "ssl", "subprocess", "sys", "sysconfig", "tempfile",
        "telnetlib", "threading", "timeit", "torch", "trace", "types", "unittest", "urllib", "urllib2", "venv",
        "weakref",
        "webbrowser", "xmlrpc", "zipimport",
    }.ToFrozenSet();

    /// <inheritdoc/>
    public override PickleGlobal Resolve(string path, string module, string name)
    {
        var global = new PickleGlobal(module, name);
        if (
            Others.Contains(global.FullName)
            || module == "torch" && (Storages.ContainsKey(name) || ElementTypes.ContainsKey(name))
        )
            return global;
        var shown = global.Shown;
        if (
            module == "torch"
                && name.EndsWith("Storage", StringComparison.Ordinal)
                && name.StartsWith("Complex", StringComparison.Ordinal)
            || module == "torch" && name.StartsWith('Q') && name.EndsWith("Storage", StringComparison.Ordinal)
            || global.FullName == "torch._utils._rebuild_qtensor"
        )
            throw new WeightFileException(
                FileProblem.UnsupportedDType, path,
                $"holds a tensor by {shown}; complex and quantized tensors are not read. Save it as float.");
        if (module == "torch._utils" && name.StartsWith("_rebuild_", StringComparison.Ordinal) && !name.Contains('.'))
            throw new WeightFileException(
                FileProblem.UnsupportedObject,
                path,
                $"holds a tensor by {shown}, of a kind that is not read (sparse, nested, without values …). Save it "
                    + "with .to_dense()."
            );
        if (IsObject(module, name))
            throw new WeightFileException(
                FileProblem.UnsupportedObject,
                path,
                $"holds an object of {shown}, a class of the program that saved it, where only tensors, numbers, "
                    + "texts and their lists and dictionaries are read; nothing of it was run. In Python, save "
                    + "model.state_dict() instead; where only the file is left and its origin is known, "
                    + $"torch.save(torch.load(\"{Excerpt.Of(System.IO.Path.GetFileName(path))}\", "
                    + "weights_only=False)[\"state_dict\"], \"model.pt\") where that class is installed."
            );
        throw new WeightFileException(
            FileProblem.UnsafeGlobal,
            path,
            $"asks for {shown}, which would run code. Nothing was run. Do not load this file elsewhere unless you "
                + "know where it comes from."
        );
    }

    /// <summary>Whether a name that is not read stands for a kind of object rather than for code: one of a package that
    /// is known, or a class (by its capital) of one that is neither Python's nor PyTorch's.</summary>
    private static bool IsObject(string module, string name)
    {
        if (ObjectNames.Contains($"{module}.{name}")) return true;
        if (ObjectModules.Any(known => module == known || module.StartsWith(known + ".", StringComparison.Ordinal)))
            return true;
        var package = module.Split('.', 2)[0];
        return package.Length > 0
            && !CodeModules.Contains(package)
            && char.IsAsciiLetterUpper(name.AsSpan(name.LastIndexOf('.') + 1) is [var first, ..] ? first : ' ');
    }

    /// <summary>The storage that a persistent id stands for:
    /// <c>('storage', type, key, location, elements)</c>.</summary>
    public override TorchStorage Storage(string path, object? id)
    {
        if (
            id is not object?[] { Length: 5 } parts
            || parts[0] is not "storage"
            || parts[1] is not PickleGlobal type
            || parts[2] is not string key
            || parts[3] is not string
            || parts[4] is not long elements
        )
            throw new WeightFileException(
                FileProblem.Malformed, path,
                "a storage is not described by ('storage', type, key, location, number of elements).");
        if (type.FullName == "torch.storage.UntypedStorage")
            return new TorchStorage(null, key, elements);
        return type.Module == "torch" && Storages.TryGetValue(type.Name, out var dtype)
            ? new TorchStorage(dtype, key, elements)
            : throw new WeightFileException(FileProblem.Malformed, path, $"{type.Shown} is no type of storage.");
    }

    /// <inheritdoc/>
    public override object? Call(string path, PickleGlobal global, object?[] arguments, PickleBudget budget) =>
        (global.FullName, arguments) switch
        {
            ("collections.OrderedDict" or "collections.Counter", []) => new PickleDictionary(),
            ("collections.Counter", [PickleDictionary counts]) => counts,
            ("collections.OrderedDict", [List<object?> pairs]) => FromPairs(path, pairs, budget),
            ("collections.defaultdict", [] or [PickleGlobal]) => new PickleDictionary(),
            ("torch.Size", [object?[] sizes]) => sizes,
            ("torch.device", [string device]) => device,
            ("torch.device", [string device, long index]) => $"{Paid(device, budget)}:{index}",
            ("_codecs.encode", [string text, "latin1"]) => Encoding.Latin1.GetBytes(Paid(text, budget)),
            // Protocol 2 has no bytes of its own: nothing, or text in Latin-1; later ones wrap a bytearray's.
            (
                "__builtin__.bytes" or "builtins.bytes" or "__builtin__.bytearray" or "builtins.bytearray",
                [] or [byte[]] or [string, "latin-1"]
            ) => arguments switch
            {
                [byte[] bytes] => bytes,
                [string text, ..] => Encoding.Latin1.GetBytes(Paid(text, budget)),
                _ => Array.Empty<byte>(),
            },
            (
                "__builtin__.set"
                    or "builtins.set"
                    or "__builtin__.frozenset"
                    or "builtins.frozenset"
                    or "__builtin__.list"
                    or "builtins.list",
                [List<object?> items]
            ) => items,
            (
                "__builtin__.set"
                    or "builtins.set"
                    or "__builtin__.frozenset"
                    or "builtins.frozenset"
                    or "__builtin__.list"
                    or "builtins.list",
                []
            ) => new List<object?>(),
            ("torch._utils._rebuild_tensor", [TorchStorage storage, long offset, object?[] sizes, object?[] strides]) =>
                Tensor(path, storage, offset, sizes, strides, null, null, budget),
            // The sixth argument holds hooks of the gradient, which change no value; what may follow the others can.
            (
                "torch._utils._rebuild_tensor_v2",
                [TorchStorage storage, long offset, object?[] sizes, object?[] strides, bool, _, .. var flags]
            ) when flags.Length <= 1 => Tensor(
                path, storage, offset, sizes, strides, null, flags.FirstOrDefault(), budget),
            (
                "torch._utils._rebuild_tensor_v3",
                [
                    TorchStorage storage,
                    long offset,
                    object?[] sizes,
                    object?[] strides,
                    bool,
                    _,
                    PickleGlobal type,
                    .. var flags,
                ]
            ) when flags.Length <= 1 => Tensor(
                path, storage, offset, sizes, strides, type, flags.FirstOrDefault(), budget),
            ("torch._utils._rebuild_parameter", [TorchTensor tensor, bool, _]) => tensor,
            ("torch._utils._rebuild_parameter_with_state", [TorchTensor tensor, bool, _, _]) => tensor,
            (
                "torch._tensor._rebuild_from_type_v2",
                [
                    PickleGlobal rebuild,
                    PickleGlobal { FullName: "torch.Tensor" or "torch.nn.parameter.Parameter" },
                    object?[] inner,
                    _,
                ]
            ) when rebuild.FullName.StartsWith("torch._utils._rebuild_", StringComparison.Ordinal) => Call(
                path, rebuild, inner, budget),
            _ => throw new WeightFileException(
                FileProblem.Malformed, path,
                $"calls {global.FullName} with {arguments.Length} arguments that do not fit it."),
        };

    private static string Paid(string text, PickleBudget budget)
    {
        budget.Spend(text.Length);
        return text;
    }

    private static PickleDictionary FromPairs(string path, List<object?> pairs, PickleBudget budget)
    {
        budget.Spend((long)PickleBudget.Entry * pairs.Count);
        var dictionary = new PickleDictionary(pairs.Count);
        foreach (var pair in pairs)
        {
            var (key, value) = pair switch
            {
                object?[] { Length: 2 } tuple => (tuple[0], tuple[1]),
                List<object?> { Count: 2 } list => (list[0], list[1]),
                _ => throw new WeightFileException(FileProblem.Malformed, path, "an OrderedDict is not made of pairs."),
            };
            var entry =
                PickleKey.From(key)
                ?? throw new WeightFileException(
                    FileProblem.Malformed, path, "a dictionary's key is neither text nor a number.");
            budget.Spend(entry.Text.Length);
            dictionary[entry] = value;
        }
        return dictionary;
    }

    private static TorchTensor Tensor(
        string path, TorchStorage storage, long offset, object?[] sizes, object?[] strides, PickleGlobal? type,
        object? flags, PickleBudget budget)
    {
        var dtype = storage.DType;
        if (type is not null)
        {
            if (type.Module != "torch" || !ElementTypes.TryGetValue(type.Name, out dtype))
                throw new WeightFileException(FileProblem.Malformed, path, $"{type.Shown} is no type of elements.");
            if (dtype is null)
                throw new WeightFileException(
                    FileProblem.UnsupportedDType, path, $"holds a tensor of {type.Shown}, which is not read.");
        }
        if (dtype is not { } known)
            throw new WeightFileException(
                FileProblem.Malformed, path,
                $"the storage {Excerpt.Of(storage.Key)} has no type, and its tensor gives none.");
        return new TorchTensor(
            storage, known, offset, Longs(path, sizes, budget), Longs(path, strides, budget),
            IsNegated(path, flags, known));
    }

    /// <summary>
    /// What is still to be done to a tensor's elements, as PyTorch notes it when it saves a view such as
    /// <c>z.conj().imag</c>: <c>{"neg": True}</c>, <c>{"conj": True}</c>. The first is obeyed; the second means complex
    /// numbers; of others nobody knows what they would change.
    /// </summary>
    private static bool IsNegated(string path, object? flags, DType dtype)
    {
        if (flags is null) return false;
        if (flags is not PickleDictionary entries)
            throw new WeightFileException(FileProblem.Malformed, path, "a tensor's flags are no dictionary.");
        var negated = false;
        foreach (var (key, value) in entries)
            switch (key.Text, value)
            {
                case ("neg" or "conj", false):
                    break;
                case ("neg", true) when dtype.IsReadable() && !dtype.IsInteger():
                    negated = true;
                    break;
                case ("conj", true) when dtype == DType.C64: // listed, and refused when it is read
                    break;
                default:
                    throw new WeightFileException(
                        FileProblem.UnsupportedObject,
                        path,
                        $"a tensor of {dtype.Name()} carries the flag \"{Excerpt.Of(key.Text)}\", which may change "
                            + "its values and is not read. In Python, save its .clone(), or .resolve_neg() and "
                            + ".resolve_conj()."
                    );
            }
        return negated;
    }

    private static long[] Longs(string path, object?[] values, PickleBudget budget)
    {
        budget.Spend(values.Length);
        if (values.Length > TensorFile.MostAxes)
            throw new WeightFileException(
                FileProblem.BeyondLimits, path,
                $"a tensor has {values.Length} sizes or strides; at most {TensorFile.MostAxes} are read.");
        return
        [
            .. values.Select(value =>
                value is long number
                    ? number
                    : throw new WeightFileException(
                        FileProblem.Malformed, path,
                        "a tensor's sizes and strides are not all whole numbers of 64 bits.")
            ),
        ];
    }
}
