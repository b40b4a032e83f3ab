using System.Collections.Generic;
using System.Globalization;
using Workbench.Core.Tensors;

namespace Workbench.Core.Formats;

// What a pickle is read into: null, bool, long, BigInteger, double, string, byte[], object?[] (tuple), List<object?>
// (list or set), and these.

/// <summary>A Python dictionary, in its order.</summary>
/// <param name="capacity">Entries to make room for; paid for by the caller.</param>
internal sealed class PickleDictionary(int capacity = 0) : OrderedDictionary<PickleKey, object?>(capacity);

/// <summary>A dictionary's key as text, with its type so that 1 and "1" differ. Hashing goes through strings, whose
/// hashes nobody can choose.</summary>
internal readonly record struct PickleKey(string Text, char Kind)
{
    public static PickleKey? From(object? key) => key switch
    {
        string text => new(text, 's'),
        long number => new(number.ToString(CultureInfo.InvariantCulture), 'i'),
        bool truth => new(truth ? "True" : "False", 'b'),
        double number => new(number.ToString("R", CultureInfo.InvariantCulture), 'f'),
        null => new("None", 'n'),
        _ => null,
    };
}

/// <summary>A class or function that a pickle names; nothing but its name.</summary>
internal sealed record PickleGlobal(string Module, string Name)
{
    public string FullName => $"{Module}.{Name}";

    /// <summary>The full name as a message may quote it.</summary>
    public string Shown => Excerpt.Of(FullName, 120);
}

/// <summary>An object of an allowed class: what it was made with and what was set on it. Nothing of it has
/// run.</summary>
/// <param name="type">Its class, or the function that made it.</param>
/// <param name="arguments">What that was given.</param>
internal sealed class PickleObject(PickleGlobal type, object?[] arguments)
{
    public PickleGlobal Type => type;
    public object?[] Arguments => arguments;

    /// <summary>What was set on it last; null when nothing was.</summary>
    public object? State { get; set; }
}

/// <summary>A storage of a checkpoint: the entry <c>data/KEY</c> of the zip.</summary>
/// <param name="DType">Of its elements, or null when the tensors say it (an untyped storage, counted in bytes).</param>
/// <param name="Key">As the pickle names it.</param>
/// <param name="Elements">How many it should have; not yet checked.</param>
internal sealed record TorchStorage(DType? DType, string Key, long Elements);

/// <summary>A view of a storage; offset and strides count elements and are not yet checked.</summary>
/// <param name="Storage">Where its elements lie.</param>
/// <param name="DType">Of its elements.</param>
/// <param name="Offset">Of the first element.</param>
/// <param name="Sizes">Outermost first.</param>
/// <param name="Strides">One for each size.</param>
/// <param name="Negated">Whether the elements are the negatives of what the storage holds.</param>
internal sealed record TorchTensor(
    TorchStorage Storage, DType DType, long Offset, long[] Sizes, long[] Strides, bool Negated);
