namespace Workbench

/// <summary>The two bilinear maps of an attention head.</summary>
/// <category index="5">Heads</category>
[<StructuredFormatDisplay("{Display}")>]
type Circuit =
    /// W_QK: how much a position attends to another.
    | QueryKey
    /// W_VO: what is then carried over.
    | ValueOutput

    member this.Display =
        match this with
        | QueryKey -> "QK"
        | ValueOutput -> "VO"

    override this.ToString() = this.Display
