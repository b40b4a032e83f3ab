using System;

namespace Workbench.Core.Tensors;

/// <summary>How a tensor's elements are stored; the names are those of the safetensors format.</summary>
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
}

/// <summary>What follows from a <see cref="DType"/>.</summary>
public static class DTypes
{
    /// <summary>Bytes of one element: 1, 2, 4 or 8.</summary>
    public static int SizeInBytes(this DType dtype) => dtype switch
    {
        DType.Bool or DType.U8 or DType.I8 or DType.F8E4M3 or DType.F8E5M2 => 1,
        DType.U16 or DType.I16 or DType.F16 or DType.BF16 => 2,
        DType.U32 or DType.I32 or DType.F32 => 4,
        DType.U64 or DType.I64 or DType.F64 => 8,
        _ => throw new ArgumentOutOfRangeException(nameof(dtype), dtype, "Not a storage type."),
    };

    /// <summary>Whether the elements are whole numbers or truth values.</summary>
    public static bool IsInteger(this DType dtype) => dtype is not
        (DType.F8E4M3 or DType.F8E5M2 or DType.F16 or DType.BF16 or DType.F32 or DType.F64);
}
