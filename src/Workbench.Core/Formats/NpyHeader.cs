using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Collections.Immutable;
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
    // The three literals take about a hundred; NumPy itself reads no more than this.
    private const int MaxBytes = 10_000;

    private const int PrefixBytes = 12;

    private readonly string path;
    private readonly string? array;
    private readonly ReadOnlySpan<char> text;
    private int at;

    private NpyHeader(string path, string? array, ReadOnlySpan<char> text)
    {
        this.path = path;
        this.array = array;
        this.text = text;
    }

    /// <summary>As many bytes as the longest header takes with what stands before it.</summary>
    public const int MostBytes = PrefixBytes + MaxBytes;

    /// <summary>What an array's header says.</summary>
    /// <param name="DType">Of its elements. A text is one U32 for each of its characters.</param>
    /// <param name="BigEndian">Their order of bytes.</param>
    /// <param name="FortranOrder">Whether the first axis runs fastest.</param>
    /// <param name="Sizes">Outermost first.</param>
    /// <param name="TextLength">Characters of each element where these are texts, else −1.</param>
    /// <param name="Start">Byte of the first element.</param>
    public readonly record struct Content(
        DType DType, bool BigEndian, bool FortranOrder, long[] Sizes, int TextLength = -1, long Start = 0);

    /// <summary>Reads the beginning of an array, and checks that its elements take the bytes that there are.</summary>
    /// <param name="path">The file, for messages.</param>
    /// <param name="array">The array, where the file has several.</param>
    /// <param name="head">Its first bytes: all, or <see cref="MostBytes"/>.</param>
    /// <param name="total">All its bytes.</param>
    /// <param name="texts">Whether elements may be texts.</param>
    /// <exception cref="WeightFileException">It is no array, is not whole, or its elements' type is not
    /// read.</exception>
    public static Content Read(string path, string? array, ReadOnlySpan<byte> head, long total, bool texts = false)
    {
        if (!head.StartsWith([(byte)0x93, .. "NUMPY"u8]))
            throw Refuse(FileProblem.Malformed, "does not begin with \\x93NUMPY, as an .npy file does.");
        if (head.Length < 10)
            throw Refuse(FileProblem.Malformed, $"has {total} bytes; the shortest .npy header takes more.");
        var (major, minor) = (head[6], head[7]);
        if (major is < 1 or > 3 || minor != 0)
            throw Refuse(
                FileProblem.Malformed, $"is of version {major}.{minor}; versions 1.0, 2.0 and 3.0 are read.");
        if (major > 1 && head.Length < PrefixBytes)
            throw Refuse(FileProblem.Malformed, $"has {total} bytes; the header's length takes {PrefixBytes}.");
        var (start, length) = major == 1
            ? (10L, (long)BinaryPrimitives.ReadUInt16LittleEndian(head[8..]))
            : (PrefixBytes, BinaryPrimitives.ReadUInt32LittleEndian(head[8..]));
        if (start + length > total)
            throw Refuse(
                FileProblem.OutOfBounds, $"the header should end at byte {start + length}, but the file has {total}.");
        if (length > MaxBytes)
            throw Refuse(FileProblem.Malformed, $"its header has {length} bytes; more than {MaxBytes} are not read.");
        var header = Parse(path, array, head.Slice((int)start, (int)length), major, texts) with
        {
            Start = start + length,
        };
        var size = header.DType.SizeInBytes();
        if (!Shape.TryCountElements(header.Sizes, out var elements) || elements > long.MaxValue / size)
            throw Refuse(
                FileProblem.OutOfBounds,
                $"shape [{string.Join(", ", header.Sizes)}] of {header.DType.Name()} takes more than 2^63 bytes.");
        var (needed, left) = (elements * size, total - header.Start);
        if (needed > left)
            throw Refuse(
                FileProblem.OutOfBounds,
                $"shape [{string.Join(", ", header.Sizes)}] of {header.DType.Name()} takes {needed} bytes, but only "
                    + $"{left} follow the header: the file was cut short."
            );
        if (needed < left)
            throw Refuse(
                FileProblem.TrailingData,
                $"{left - needed} bytes follow the array, perhaps a second one; save each array in a file of its own.");
        return header;

        WeightFileException Refuse(FileProblem problem, string reason) => new(problem, path, reason, array);
    }

    /// <summary>The strides of an array whose first axis runs fastest; default where the last does.</summary>
    public static ImmutableArray<long> Strides(Content header)
    {
        if (!header.FortranOrder) return default;
        var strides = ImmutableArray.CreateBuilder<long>(header.Sizes.Length);
        var stride = 1L;
        // A text's characters stand together, whichever way its array is laid out.
        var axes = header.TextLength < 0 ? header.Sizes : header.Sizes[..^1];
        if (header.TextLength >= 0) stride = header.TextLength;
        foreach (var size in axes)
        {
            strides.Add(stride);
            stride *= size; // their product is known to fit, unless a size is 0, and then no element is ever reached
        }
        if (header.TextLength >= 0) strides.Add(1);
        return strides.ToImmutable();
    }

    /// <summary>Reads the header's text, which is Latin-1 in versions 1 and 2 and UTF-8 in version 3.</summary>
    private static Content Parse(string path, string? array, ReadOnlySpan<byte> bytes, int version, bool texts)
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
                FileProblem.Malformed, path, "the header is not UTF-8 text, as version 3 needs.", array);
        }
        return new NpyHeader(path, array, text).ReadDictionary(texts);
    }

    private Content ReadDictionary(bool texts)
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
        // <U7: texts of at most seven characters.
        if (
            texts
            && descr is ['<' or '>', 'U', .. var digits]
            && int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var characters)
            && characters > 0
        )
            return new Content(DType.U32, descr[0] == '>', fortran.Value, [.. sizes, characters], characters);
        var (dtype, bigEndian) = ParseDescr(descr);
        return new Content(dtype, bigEndian, fortran.Value, sizes);
    }

    /// <summary>The type that NumPy calls by a letter and a number of bytes, such as f4; null where there is none that
    /// is read.</summary>
    public static DType? TypeOf(string name) => name switch
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

    private readonly (DType, bool) ParseDescr(string descr)
    {
        var dtype = descr.Length < 2 ? null : TypeOf(descr[1..]);
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
        new(problem, path, reason, array);
}
