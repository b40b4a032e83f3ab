using System;
using System.Collections.Frozen;
using System.Linq;

namespace Workbench.Core.Tensors;

/// <summary>How a tensor's elements are stored; the names are those of the safetensors format, and behind them those of
/// GGUF's quantised types.</summary>
public enum DType
{
    /// <summary>One byte, 0 or 1.</summary>
    Bool,
    /// <summary>Unsigned 8-bit integer.</summary>
    U8,
    /// <summary>Signed 8-bit integer.</summary>
    I8,
    /// <summary>8-bit float, 4 exponent bits, 3 of mantissa, no infinities.</summary>
    F8E4M3,
    /// <summary>8-bit float, 5 exponent bits, 2 of mantissa.</summary>
    F8E5M2,
    /// <summary>Unsigned 16-bit integer.</summary>
    U16,
    /// <summary>Signed 16-bit integer.</summary>
    I16,
    /// <summary>IEEE half precision.</summary>
    F16,
    /// <summary>The upper half of a single-precision float.</summary>
    BF16,
    /// <summary>Unsigned 32-bit integer.</summary>
    U32,
    /// <summary>Signed 32-bit integer.</summary>
    I32,
    /// <summary>IEEE single precision.</summary>
    F32,
    /// <summary>Unsigned 64-bit integer.</summary>
    U64,
    /// <summary>Signed 64-bit integer.</summary>
    I64,
    /// <summary>IEEE double precision.</summary>
    F64,
    /// <summary>4-bit float, two to a byte: listed, not read.</summary>
    F4,
    /// <summary>6-bit float, 2 exponent bits: listed, not read.</summary>
    F6E2M3,
    /// <summary>6-bit float, 3 exponent bits: listed, not read.</summary>
    F6E3M2,
    /// <summary>Power-of-two scale, 8 exponent bits and nothing else: listed, not read.</summary>
    F8E8M0,
    /// <summary>8-bit float with one zero and one NaN, 4 exponent bits: listed, not read.</summary>
    F8E4M3Fnuz,
    /// <summary>8-bit float with one zero and one NaN, 5 exponent bits: listed, not read.</summary>
    F8E5M2Fnuz,
    /// <summary>Complex number of two single-precision floats: listed, not read.</summary>
    C64,
    /// <summary>GGUF: 32 numbers of 4 bits and a scale.</summary>
    Q4_0,
    /// <summary>GGUF: 32 numbers of 4 bits, a scale and a least value.</summary>
    Q4_1,
    /// <summary>GGUF: 32 numbers of 5 bits and a scale.</summary>
    Q5_0,
    /// <summary>GGUF: 32 numbers of 5 bits, a scale and a least value.</summary>
    Q5_1,
    /// <summary>GGUF: 32 numbers of 8 bits and a scale.</summary>
    Q8_0,
    /// <summary>GGUF: 256 numbers of 2 bits, with scales and least values of 4 bits.</summary>
    Q2_K,
    /// <summary>GGUF: 256 numbers of 3 bits, with scales of 6 bits.</summary>
    Q3_K,
    /// <summary>GGUF: 256 numbers of 4 bits, with scales and least values of 6 bits.</summary>
    Q4_K,
    /// <summary>GGUF: 256 numbers of 5 bits, with scales and least values of 6 bits.</summary>
    Q5_K,
    /// <summary>GGUF: 256 numbers of 6 bits, with scales of 8 bits.</summary>
    Q6_K,
    /// <summary>GGUF: 32 places in a table of 16 numbers, and a scale.</summary>
    IQ4_NL,
    /// <summary>GGUF: 256 places in a table of 16 numbers, with scales of 6 bits.</summary>
    IQ4_XS,
    /// <summary>GGUF: 256 of −1, 0 and 1, five to a byte, and a scale.</summary>
    TQ1_0,
    /// <summary>GGUF: 256 of −1, 0 and 1, four to a byte, and a scale.</summary>
    TQ2_0,
    /// <summary>GGUF: 32 four-bit floats and a scale that is a power of two.</summary>
    MXFP4,
    /// <summary>GGUF: 64 four-bit floats, and an eight-bit scale for every 16.</summary>
    NVFP4,
    /// <summary>GGUF, 32 to a block: listed, not read.</summary>
    Q8_1,
    /// <summary>GGUF, 256 to a block: listed, not read.</summary>
    Q8_K,
    /// <summary>GGUF, 128 to a block: listed, not read.</summary>
    Q1_0,
    /// <summary>GGUF, 256 to a block, by a table of patterns: listed, not read.</summary>
    IQ1_S,
    /// <summary>GGUF, 256 to a block, by a table of patterns: listed, not read.</summary>
    IQ1_M,
    /// <summary>GGUF, 256 to a block, by a table of patterns: listed, not read.</summary>
    IQ2_XXS,
    /// <summary>GGUF, 256 to a block, by a table of patterns: listed, not read.</summary>
    IQ2_XS,
    /// <summary>GGUF, 256 to a block, by a table of patterns: listed, not read.</summary>
    IQ2_S,
    /// <summary>GGUF, 256 to a block, by a table of patterns: listed, not read.</summary>
    IQ3_XXS,
    /// <summary>GGUF, 256 to a block, by a table of patterns: listed, not read.</summary>
    IQ3_S,
    /// <summary>ONNX: complex number of two double-precision floats: listed, not read.</summary>
    C128,
    /// <summary>ONNX: 4-bit integer: listed, not read.</summary>
    I4,
    /// <summary>ONNX: 4-bit integer without sign: listed, not read.</summary>
    U4,
    /// <summary>ONNX: 2-bit integer: listed, not read.</summary>
    I2,
    /// <summary>ONNX: 2-bit integer without sign: listed, not read.</summary>
    U2,
    /// <summary>ONNX: text, of any length: listed, not read.</summary>
    Text,
}

/// <summary>What follows from a <see cref="DType"/>.</summary>
public static class DTypes
{
    /// <summary>Bits of one element: 2, 4, 6, 8, 16, 32, 64 or 128.</summary>
    public static int SizeInBits(this DType dtype) => dtype switch
    {
        DType.I2 or DType.U2 => 2,
        DType.F4 or DType.I4 or DType.U4 => 4,
        DType.F6E2M3 or DType.F6E3M2 => 6,
        DType.Bool or DType.U8 or DType.I8 or DType.F8E4M3 or DType.F8E5M2
            or DType.F8E8M0 or DType.F8E4M3Fnuz or DType.F8E5M2Fnuz => 8,
        DType.U16 or DType.I16 or DType.F16 or DType.BF16 => 16,
        DType.U32 or DType.I32 or DType.F32 => 32,
        DType.U64 or DType.I64 or DType.F64 or DType.C64 => 64,
        DType.C128 => 128,
        _ => throw Argument.OutOfRange(nameof(dtype), dtype, "Not a storage type of single elements."),
    };

    /// <summary>Bytes of one element: 1, 2, 4, 8 or 16.</summary>
    /// <exception cref="ArgumentOutOfRangeException">An element is smaller than a byte.</exception>
    public static int SizeInBytes(this DType dtype) =>
        dtype.SizeInBits() % 8 == 0
            ? dtype.SizeInBits() / 8
            : throw Argument.OutOfRange(
                nameof(dtype), dtype, "An element of this type is smaller than a byte.");

    /// <summary>Whether values of this type are read; the others are listed with their shapes.</summary>
    public static bool IsReadable(this DType dtype) => dtype is <= DType.F64 or >= DType.Q4_0 and <= DType.NVFP4;

    /// <summary>Whether values are stored in blocks, several together, as GGUF's quantised types are: one by itself has
    /// no size.</summary>
    public static bool IsBlocked(this DType dtype) => dtype is >= DType.Q4_0 and <= DType.IQ3_S;

    /// <summary>Whether the elements are whole numbers or truth values.</summary>
    public static bool IsInteger(this DType dtype) =>
        dtype
            is DType.Bool
                or DType.U8
                or DType.I8
                or DType.U16
                or DType.I16
                or DType.U32
                or DType.I32
                or DType.U64
                or DType.I64;

    /// <summary>The name in the safetensors format, such as <c>BF16</c> or <c>F8_E4M3</c>.</summary>
    public static string Name(this DType dtype) => dtype switch
    {
        DType.Bool => "BOOL",
        DType.F8E4M3 => "F8_E4M3",
        DType.F8E5M2 => "F8_E5M2",
        DType.F6E2M3 => "F6_E2M3",
        DType.F6E3M2 => "F6_E3M2",
        DType.F8E8M0 => "F8_E8M0",
        DType.F8E4M3Fnuz => "F8_E4M3FNUZ",
        DType.F8E5M2Fnuz => "F8_E5M2FNUZ",
        _ => dtype.ToString(),
    };

    /// <summary>Finds the type of the safetensors format with a name as <see cref="Name"/> writes it; upper and lower
    /// case differ.</summary>
    /// <returns>False when the format has no such type.</returns>
    public static bool TryParse(string name, out DType dtype) => ByName.TryGetValue(name, out dtype);

    private static readonly FrozenDictionary<string, DType> ByName =
        Enum.GetValues<DType>().Where(dtype => dtype <= DType.C64).ToFrozenDictionary(dtype => dtype.Name());
}
