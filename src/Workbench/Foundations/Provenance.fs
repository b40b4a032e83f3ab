namespace Workbench

open System

/// <summary>Where a result comes from: the weights, what was done to them in order, and what computes.</summary>
/// <category index="1">Foundations</category>
type Provenance = {
    Weights: Weights list
    /// E.g. [ "wte"; "centred"; "cosine over rows" ].
    Steps: string list
    /// What computes with it, and with everything made of it.
    Engine: Engine
}

/// <summary>Makes and extends provenances.</summary>
/// <category index="1">Foundations</category>
[<RequireQualifiedAccess>]
module Provenance =
    /// Values that come from no weights, e.g. a formula; the step says which.
    let computed (step: string) : Provenance = {
        Weights = []
        Steps = [ step ]
        Engine = Engine.cpu
    }

    /// Values read from weights under a name.
    let ofWeights (weights: Weights) (step: string) : Provenance = {
        Weights = [ weights ]
        Steps = [ step ]
        Engine = Engine.cpu
    }

    /// The same origin with one more step.
    let step (text: string) (provenance: Provenance) : Provenance = {
        provenance with
            Steps = provenance.Steps @ [ text ]
    }

    /// <summary>The same origin, computed with by another engine from here on.</summary>
    /// <example><code lang="fsharp">positions.Provenance |> Provenance.on Engine.reference |> Provenance.describe</code> is
    /// <c>"pocket-gpt2 (Pocket): wpe [reference]"</c>.</example>
    let on (engine: Engine) (provenance: Provenance) : Provenance = { provenance with Engine = engine }

    /// The origin of something made of two: the weights of both, without repeats, both histories, and the first one's
    /// engine.
    let combine (step: string) (left: Provenance) (right: Provenance) : Provenance = {
        Weights = List.distinct (left.Weights @ right.Weights)
        Steps = [ String.Join(" → ", left.Steps); String.Join(" → ", right.Steps); step ]
        Engine = left.Engine
    }

    // What was done to which weights, whatever computes: parts of a scan are compared by it, and by their arithmetic.
    let internal origin (provenance: Provenance) : string =
        let weights = String.Join(", ", provenance.Weights)
        let steps = String.Join(" → ", provenance.Steps)
        if weights = "" then steps else $"{weights}: {steps}"

    /// One line that ends in the engine's name, e.g. `gpt2 (Real): wpe → transposed [cpu]`.
    let describe (provenance: Provenance) : string =
        match origin provenance with
        | "" -> ""
        | text -> $"{text} [{provenance.Engine.Name}]"
