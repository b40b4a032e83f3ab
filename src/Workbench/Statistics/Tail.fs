namespace Workbench

/// <summary>Which values of a statistic speak against the null hypothesis.</summary>
/// <category index="3">Statistics</category>
type Tail =
    /// Large ones.
    | Greater
    /// Small ones.
    | Less
    /// Ones far from zero on either side.
    | TwoSided
