namespace Workbench

/// <summary>Which W_QK of a head is meant, where there are several.</summary>
/// <category index="5">Heads</category>
type QueryKeySettings = {
    Gain: LayerNormGain
    /// How many places the query stands behind the key; without effect where positions do not turn queries and keys.
    Distance: int
    /// Without effect where queries and keys have no norms.
    HeadNorms: HeadNorms
} with

    /// The gain left with the vectors, distance 0, norms of queries and keys left out.
    static member Default = {
        Gain = Apart
        Distance = 0
        HeadNorms = LeftOut
    }
