namespace Workbench

/// <summary>Where the pieces of a work lie, and what this process does.</summary>
/// <category index="9">Pieces</category>
type PieceSettings = {
    /// The folder of the pieces, which all tasks see. One work has one folder.
    Folder: string
    Task: PieceTask
    /// Whether pieces that are broken, or of another work, are computed anew; else they are refused.
    Again: bool
}
