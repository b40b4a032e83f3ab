namespace Workbench

/// <summary>A block of a transformer, counted from 0.</summary>
/// <category index="5">Heads</category>
[<StructuredFormatDisplay("{Display}")>]
type Block =
    | Block of int

    member this.Display =
        let (Block number) = this
        $"block {number}"

    override this.ToString() = this.Display
