namespace Workbench

/// <summary>A head of a block's attention, counted from 0.</summary>
/// <category index="5">Heads</category>
[<StructuredFormatDisplay("{Display}")>]
type Head =
    | Head of int

    member this.Display =
        let (Head number) = this
        $"head {number}"

    override this.ToString() = this.Display
