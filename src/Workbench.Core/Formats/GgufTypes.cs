using Workbench.Core.Tensors;

namespace Workbench.Core.Formats;

/// <summary>The numbers of ggml's types.</summary>
internal static class GgufTypes
{
    /// <summary>The type of a number; null for those that there are not, and those that were removed.</summary>
    public static DType? TypeOf(uint number) => number switch
    {
        0 => DType.F32,
        1 => DType.F16,
        2 => DType.Q4_0,
        3 => DType.Q4_1,
        6 => DType.Q5_0,
        7 => DType.Q5_1,
        8 => DType.Q8_0,
        9 => DType.Q8_1,
        10 => DType.Q2_K,
        11 => DType.Q3_K,
        12 => DType.Q4_K,
        13 => DType.Q5_K,
        14 => DType.Q6_K,
        15 => DType.Q8_K,
        16 => DType.IQ2_XXS,
        17 => DType.IQ2_XS,
        18 => DType.IQ3_XXS,
        19 => DType.IQ1_S,
        20 => DType.IQ4_NL,
        21 => DType.IQ3_S,
        22 => DType.IQ2_S,
        23 => DType.IQ4_XS,
        24 => DType.I8,
        25 => DType.I16,
        26 => DType.I32,
        27 => DType.I64,
        28 => DType.F64,
        29 => DType.IQ1_M,
        30 => DType.BF16,
        34 => DType.TQ1_0,
        35 => DType.TQ2_0,
        39 => DType.MXFP4,
        40 => DType.NVFP4,
        41 => DType.Q1_0,
        _ => null,
    };

    /// <summary>How a message calls a number without a type.</summary>
    public static string NameOf(uint number) => number switch
    {
        4 => Removed("Q4_2"),
        5 => Removed("Q4_3"),
        31 => Removed("Q4_0_4_4"),
        32 => Removed("Q4_0_4_8"),
        33 => Removed("Q4_0_8_8"),
        36 => Removed("IQ4_NL_4_4"),
        37 => Removed("IQ4_NL_4_8"),
        38 => Removed("IQ4_NL_8_8"),
        _ => $"of number {number}, which is not known",
    };

    private static string Removed(string name) => $"{name}, which ggml has removed; convert the model anew";
}
