namespace Workbench

/// What each stream of random numbers is for. A seed gives every stream numbers of its own, so two choices that are
/// made with the same seed have nothing in common as long as no number stands here twice; a number that has been used
/// is never given to another purpose, or results would change.
type internal RandomStream =
    | Without = 1UL
    | AllEntries = 2UL
    | SurrogateRows = 3UL
    | Null = 5UL
    | Normal = 6UL
    | Coherence = 31UL
    | MantelTest = 32UL
    | RandomSets = 34UL
    | PartialMantelTest = 35UL
    | Procrustes = 36UL
    | SplitHalves = 37UL
    | Calibration = 51UL
    | Generate = 52UL
    | HeadScores = 53UL
