namespace Workbench.Core.Manifolds;

/// <summary>How far apart two points are when neighbours are looked for.</summary>
public enum Metric
{
    /// <summary>|x − y|.</summary>
    Euclidean,

    /// <summary>1 − x·y/(|x||y|), from 0 to 2; not defined for a point at the origin.</summary>
    Cosine,
}
