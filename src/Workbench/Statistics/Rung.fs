namespace Workbench

/// <summary>What a null hypothesis leaves of a matrix and what it destroys, from the most destructive to the
/// gentlest.</summary>
/// <category index="3">Statistics</category>
type Rung =
    /// All entries in random order: only the distribution of values is left.
    | AllEntries
    /// The entries of each column in random order: each dimension keeps its values.
    | WithinColumns
    /// The entries of each row in random order: each position keeps its values.
    | WithinRows
    /// The columns mixed by a random rotation: keeps the singular values and all similarities of rows, destroys which
    /// dimension is which.
    | RandomRotation
    /// Normal rows with the columns' means and covariance: keeps how dimensions go together, destroys the order of
    /// rows.
    | GaussianCovariance
    /// Each column turned around by a random number of places: keeps its shape, destroys its alignment with others.
    | CircularShift
    /// Each column with its spectrum and random phases: keeps what is periodic, destroys its shape and alignment
    /// (Theiler et al. 1992).
    | PhaseRandomised
