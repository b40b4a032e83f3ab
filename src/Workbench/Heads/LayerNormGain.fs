namespace Workbench

/// <summary>Where the learned gain γ and bias β of the layer norm before a block's attention are counted.</summary>
/// <category index="5">Heads</category>
[<StructuredFormatDisplay("{Display}")>]
type LayerNormGain =
    /// With the vectors: matrices read what the whole layer norm gives, (x − mean)/sd ∘ γ + β.
    | Apart
    /// With the matrices and their bias terms: these read (x − mean)/sd alone.
    | Folded

    member this.Display =
        match this with
        | Apart -> "gain left with the vectors"
        | Folded -> "gain folded into the matrices"

    override this.ToString() = this.Display
