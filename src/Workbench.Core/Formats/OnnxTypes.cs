using Workbench.Core.Tensors;

namespace Workbench.Core.Formats;

/// <summary>How ONNX numbers the types of elements, and where values of each lie that are not raw bytes.</summary>
/// <remarks>Source: onnx.proto of github.com/onnx/onnx.</remarks>
internal static class OnnxTypes
{
    /// <summary>Fields of a tensor with values in them.</summary>
    public const int FloatData = 4, Int32Data = 5, StringData = 6, Int64Data = 7, RawData = 9, DoubleData = 10,
        UInt64Data = 11;

    /// <summary>The type of a number, or null.</summary>
    public static DType? TypeOf(long number) => number switch
    {
        1 => DType.F32,
        2 => DType.U8,
        3 => DType.I8,
        4 => DType.U16,
        5 => DType.I16,
        6 => DType.I32,
        7 => DType.I64,
        8 => DType.Text,
        9 => DType.Bool,
        10 => DType.F16,
        11 => DType.F64,
        12 => DType.U32,
        13 => DType.U64,
        14 => DType.C64,
        15 => DType.C128,
        16 => DType.BF16,
        17 => DType.F8E4M3,
        18 => DType.F8E4M3Fnuz,
        19 => DType.F8E5M2,
        20 => DType.F8E5M2Fnuz,
        21 => DType.U4,
        22 => DType.I4,
        23 => DType.F4,
        24 => DType.F8E8M0,
        25 => DType.U2,
        26 => DType.I2,
        _ => null,
    };

    /// <summary>The one field that holds values of a type.</summary>
    public static int FieldOf(DType dtype) => dtype switch
    {
        DType.F32 or DType.C64 => FloatData,
        DType.F64 or DType.C128 => DoubleData,
        DType.I64 => Int64Data,
        DType.U32 or DType.U64 => UInt64Data,
        DType.Text => StringData,
        _ => Int32Data,
    };

    /// <summary>The least and the greatest whole number that stands for an element in a field of whole numbers, as a
    /// number of 64 bits; those of U64 are told by their bits.</summary>
    public static (long Least, long Greatest) Limits(DType dtype) => dtype switch
    {
        DType.Bool => (0, 1),
        DType.I8 => (sbyte.MinValue, sbyte.MaxValue),
        DType.U8 or DType.F8E4M3 or DType.F8E5M2 => (0, byte.MaxValue),
        DType.I16 => (short.MinValue, short.MaxValue),
        DType.U16 or DType.F16 or DType.BF16 => (0, ushort.MaxValue),
        DType.I32 => (int.MinValue, int.MaxValue),
        DType.U32 => (0, uint.MaxValue),
        _ => (long.MinValue, long.MaxValue),
    };
}
