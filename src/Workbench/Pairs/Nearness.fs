namespace Workbench

/// <summary>What makes a token near to a vector.</summary>
/// <category index="2">Pairs</category>
[<RequireQualifiedAccess>]
type Nearness =
    /// A large dot product: direction and length count.
    | DotProduct
    /// A small angle.
    | Cosine
    /// Cross-domain similarity local scaling with a neighbourhood of so many: 2 cos(x, y) − r(x) − r(y), where r is the
    /// mean cosine of a vector with its nearest in the other set. Takes from hubs, tokens that are near to everything,
    /// what they have too much (Conneau et al., "Word Translation Without Parallel Data", ICLR 2018).
    | Csls of neighbourhood: int
