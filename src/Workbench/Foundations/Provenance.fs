namespace Workbench

open System

/// <summary>Where a result comes from: the weights, and what was done to them in order.</summary>
/// <category index="1">Foundations</category>
type Provenance = {
    Weights: Weights list
    /// E.g. [ "wte"; "centred"; "cosine over rows" ].
    Steps: string list
}

/// <summary>Makes and extends provenances.</summary>
/// <category index="1">Foundations</category>
[<RequireQualifiedAccess>]
module Provenance =
    /// Values that come from no weights, e.g. a formula; the step says which.
    let computed (step: string) : Provenance = { Weights = []; Steps = [ step ] }

    /// Values read from weights under a name.
    let ofWeights (weights: Weights) (step: string) : Provenance = {
        Weights = [ weights ]
        Steps = [ step ]
    }

    /// The same origin with one more step.
    let step (text: string) (provenance: Provenance) : Provenance = {
        provenance with
            Steps = provenance.Steps @ [ text ]
    }

    /// The origin of something made of two: the weights of both, without repeats, and both histories.
    let combine (step: string) (left: Provenance) (right: Provenance) : Provenance = {
        Weights = List.distinct (left.Weights @ right.Weights)
        Steps = [ String.Join(" → ", left.Steps); String.Join(" → ", right.Steps); step ]
    }

    /// One line, e.g. `gpt2 (Real): wpe → cosine over columns`.
    let describe (provenance: Provenance) : string =
        let weights = String.Join(", ", provenance.Weights)
        let steps = String.Join(" → ", provenance.Steps)
        if weights = "" then steps else $"{weights}: {steps}"
