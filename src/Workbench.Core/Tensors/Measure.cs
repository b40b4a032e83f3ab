namespace Workbench.Core.Tensors;

/// <summary>How similar two vectors x and y of the same length are.</summary>
public enum Measure
{
    /// <summary>x·y / (|x| |y|), from −1 to 1: the vectors are scaled to length 1 first. Undefined for a vector of
    /// zeros.</summary>
    Cosine,
    /// <summary>x·y, in the square of the vectors' unit.</summary>
    DotProduct,
    /// <summary>The correlation of the elements, from −1 to 1: the cosine after each vector's mean is subtracted.
    /// Undefined for a constant vector.</summary>
    Pearson,
}
