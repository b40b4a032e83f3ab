namespace Workbench

/// <summary>What is made of the norms that some models (Qwen 3, OLMo 2) put on queries and keys before they are
/// compared. With them a head's score is no longer x·W_QK·yᵀ: each query and key is divided by its own size.</summary>
/// <category index="5">Heads</category>
[<StructuredFormatDisplay("{Display}")>]
type HeadNorms =
    /// W_QK is of the layers alone.
    | LeftOut
    /// Their gains are multiplied into W_q and W_k; their divisors are left out.
    | GainsFolded

    member this.Display =
        match this with
        | LeftOut -> "norms of queries and keys left out, so that scores are not linear in it"
        | GainsFolded -> "gains of the norms of queries and keys folded in, their divisors left out"

    override this.ToString() = this.Display
