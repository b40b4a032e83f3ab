using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;
using Workbench.Core.Tensors;

namespace Workbench.Core.Formats;

/// <summary>
/// The header of an .npy file: a Python dictionary of exactly <c>descr</c>, <c>fortran_order</c> and <c>shape</c>, in
/// any order and spacing.
/// </summary>
/// <remarks>Only the literals that these three need are read, without recursion, so that no header can run code or
/// exhaust the stack.</remarks>
internal ref struct NpyHeader
{
    private readonly string path;
    private readonly ReadOnlySpan<char> text;
    private int at;

    private NpyHeader(string path, ReadOnlySpan<char> text)
    {
        this.path = path;
        this.text = text;
    }

    /// <summary>What an array's header says.</summary>
    public readonly record struct Content(DType DType, bool BigEndian, bool FortranOrder, long[] Sizes);

    /// <summary>Reads the header's text, which is Latin-1 in versions 1 and 2 and UTF-8 in version 3.</summary>
    /// <exception cref="WeightFileException">It is not such a dictionary, or the elements' type is not
    /// read.</exception>
    public static Content Parse(string path, ReadOnlySpan<byte> bytes, int version)
    {
        string text;
        try
        {
            text =
                version < 3
                    ? Encoding.Latin1.GetString(bytes)
                    : new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            throw new WeightFileException(
                FileProblem.Malformed, path, "the header is not UTF-8 text, as version 3 needs.");
        }
        return new NpyHeader(path, text).Read();
    }

    private Content Read()
    {
        string? descr = null;
        bool? fortran = null;
        long[]? sizes = null;
        Take('{');
        while (!TryTake('}'))
        {
            var key = TakeString();
            Take(':');
            switch (key)
            {
                case "descr" when descr is null:
                    descr = TakeDescr();
                    break;
                case "fortran_order" when fortran is null:
                    fortran = TakeTruth();
                    break;
                case "shape" when sizes is null:
                    sizes = TakeTuple();
                    break;
                default:
                    throw Refuse(
                        $"the header has the key \"{Excerpt.Of(key, 40)}\" "
                            + (key is "descr" or "fortran_order" or "shape"
                                ? "twice."
                                : "beside descr, fortran_order and shape.")
                    );
            }
            if (TryTake(',')) continue;
            Take('}');
            break;
        }
        SkipSpace();
        if (at < text.Length) throw Refuse($"the header goes on after its closing brace, at character {at}.");
        if (descr is null || fortran is null || sizes is null)
            throw Refuse(
                $"the header has no {(descr is null ? "descr" : fortran is null ? "fortran_order" : "shape")}.");
        var (dtype, bigEndian) = ParseDescr(descr);
        return new Content(dtype, bigEndian, fortran.Value, sizes);
    }

    private readonly (DType, bool) ParseDescr(string descr)
    {
        var dtype =
            descr.Length < 2
                ? (DType?)null
                : descr[1..] switch
                {
                    "b1" => DType.Bool,
                    "i1" => DType.I8,
                    "u1" => DType.U8,
                    "i2" => DType.I16,
                    "u2" => DType.U16,
                    "f2" => DType.F16,
                    "i4" => DType.I32,
                    "u4" => DType.U32,
                    "f4" => DType.F32,
                    "i8" => DType.I64,
                    "u8" => DType.U64,
                    "f8" => DType.F64,
                    _ => null,
                };
        if (dtype is { } known && (descr[0] is '<' or '>' || descr[0] == '|' && known.SizeInBytes() == 1))
            return (known, descr[0] == '>');
        if (dtype is not null)
            throw Refuse($"descr \"{Excerpt.Of(descr, 40)}\" does not say the order of its bytes; < or > is needed.");
        var kind = descr.Length < 2 ? ' ' : descr[1];
        if (
            descr.Length >= 2
            && descr[0] is '<' or '>' or '|' or '='
            && kind is 'O' or 'U' or 'S' or 'a' or 'c' or 'M' or 'm' or 'V' or 'f'
        )
            throw Refuse(
                $"elements of type \"{Excerpt.Of(descr, 40)}\" ({Describe(kind)}) are not read; convert the array to "
                    + "float32.",
                FileProblem.UnsupportedDType);
        throw Refuse($"descr \"{Excerpt.Of(descr, 40)}\" is no type of NumPy's.");
    }

    private static string Describe(char kind) => kind switch
    {
        'O' => "Python objects, a pickle",
        'U' or 'S' or 'a' => "text",
        'c' => "complex numbers",
        'M' or 'm' => "dates",
        'V' => "raw bytes",
        _ => "extended precision",
    };

    private string TakeDescr()
    {
        SkipSpace();
        return at < text.Length && text[at] is '[' or '('
            ? throw Refuse(
                "a structured array, whose elements have fields, is not read; save each field as an array of its own.",
                FileProblem.UnsupportedDType)
            : TakeString();
    }

    private bool TakeTruth()
    {
        SkipSpace();
        if (TryTakeWord("True")) return true;
        if (TryTakeWord("False")) return false;
        throw Refuse($"True or False is needed at character {at} of the header.");
    }

    private long[] TakeTuple()
    {
        var sizes = new List<long>();
        Take('(');
        while (!TryTake(')'))
        {
            SkipSpace();
            var start = at;
            while (at < text.Length && char.IsAsciiDigit(text[at])) at++;
            if (!long.TryParse(text[start..at], NumberStyles.None, CultureInfo.InvariantCulture, out var size))
                throw Refuse($"a size from 0 to {long.MaxValue} is needed at character {start} of the header.");
            sizes.Add(size);
            if (sizes.Count > TensorFile.MostAxes)
                throw Refuse(
                    $"shape has more than the {TensorFile.MostAxes} axes that an array can have.",
                    FileProblem.BeyondLimits);
            TryTakeWord("L"); // Python 2 wrote long integers so
            if (TryTake(',')) continue;
            Take(')');
            if (sizes.Count == 1)
                throw Refuse($"shape is a number in brackets; a tuple of one size is written ({sizes[0]},).");
            break;
        }
        return [.. sizes];
    }

    private string TakeString()
    {
        SkipSpace();
        if (at >= text.Length || text[at] is not ('\'' or '"'))
            throw Refuse($"a string is needed at character {at} of the header.");
        var length = text[(at + 1)..].IndexOf(text[at]);
        if (length < 0) throw Refuse($"the string at character {at} of the header has no end.");
        var value = text.Slice(at + 1, length);
        if (value.ContainsAny('\\', '\0'))
            throw Refuse($"the string at character {at} of the header has an escape or a NUL.");
        at += length + 2;
        return value.ToString();
    }

    private void Take(char wanted)
    {
        if (!TryTake(wanted)) throw Refuse($"\"{wanted}\" is needed at character {at} of the header.");
    }

    private bool TryTake(char wanted)
    {
        SkipSpace();
        if (at >= text.Length || text[at] != wanted) return false;
        at++;
        return true;
    }

    private bool TryTakeWord(string word)
    {
        if (!text[at..].StartsWith(word, StringComparison.Ordinal)) return false;
        at += word.Length;
        return true;
    }

    private void SkipSpace()
    {
        while (at < text.Length && text[at] is ' ' or '\t' or '\r' or '\n' or '\f') at++;
    }

    private readonly WeightFileException Refuse(string reason, FileProblem problem = FileProblem.Malformed) =>
        new(problem, path, reason);
}
