namespace Workbench.Core.Tensors;

/// <summary>How a dot product is rounded: results of the same arithmetic have the same bits, those of different ones
/// do not.</summary>
/// <remarks>
/// The error of a computed x·y is at most, with S = Σ|xₖ·yₖ| over d elements and half of the least float, 2⁻¹⁵⁰, more
/// for each step: d · 2⁻²⁴ · S when fused or in any order, d · 2⁻²³ · S when unfused, all but for terms in the square
/// of 2⁻²⁴; one rounding, 2⁻²⁴ · |x·y|, in double.
/// </remarks>
public enum Arithmetic
{
    /// <summary>Single precision, one chain of fused multiply-adds in the order of k from +0: every processor with FMA,
    /// and any card.</summary>
    Fused,
    /// <summary>Single precision, in the order of k from +0, each product rounded before it is added: processors
    /// without FMA.</summary>
    Unfused,
    /// <summary>Double precision, rounded to single once at the end.</summary>
    Double,
    /// <summary>Single precision, in an order that a library chooses by shapes, threads and device: within the bound,
    /// but not the same bits from one call to another.</summary>
    AnyOrder,
}
