namespace Workbench

/// <summary>What came of a sentence that a lesson states.</summary>
/// <category index="8">Lessons</category>
type Outcome =
    | Holds
    | Fails
    /// The sentence speaks of weights of another kind than the ones used.
    | NotChecked
