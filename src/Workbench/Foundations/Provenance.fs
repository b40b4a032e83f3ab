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
    /// <summary>Values that come from no weights, e.g. a formula; the step says which.</summary>
    /// <example><code lang="fsharp">Provenance.computed "sinusoidal encoding"</code> is
    /// <c>{ Weights = [] Steps = ["sinusoidal encoding"] }</c>.</example>
    let computed (step: string) : Provenance = { Weights = []; Steps = [ step ] }

    /// <summary>Values read from weights under a name.</summary>
    /// <example><code lang="fsharp">Provenance.ofWeights gpt2.Weights "wpe" |> Provenance.describe</code> is
    /// <c>"pocket-gpt2 (Pocket): wpe"</c>.</example>
    let ofWeights (weights: Weights) (step: string) : Provenance = {
        Weights = [ weights ]
        Steps = [ step ]
    }

    /// <summary>The same origin with one more step.</summary>
    /// <example><code lang="fsharp">positions.Provenance |> Provenance.step "centred" |> Provenance.describe</code> is
    /// <c>"pocket-gpt2 (Pocket): wpe → centred"</c>.</example>
    let step (text: string) (provenance: Provenance) : Provenance = {
        provenance with
            Steps = provenance.Steps @ [ text ]
    }

    /// <summary>The origin of something made of two: the weights of both, without repeats, and both
    /// histories.</summary>
    /// <example><code lang="fsharp">
    /// Provenance.combine "compared" positions.Provenance animals.Provenance |> Provenance.describe
    /// </code> is <c>"pocket-gpt2 (Pocket): wpe → counted → compared"</c>.</example>
    let combine (step: string) (left: Provenance) (right: Provenance) : Provenance = {
        Weights = List.distinct (left.Weights @ right.Weights)
        Steps = [ String.Join(" → ", left.Steps); String.Join(" → ", right.Steps); step ]
    }

    /// <summary>One line, e.g. `gpt2 (Real): wpe → cosine over columns`.</summary>
    /// <example><code lang="fsharp">positions |> Labelled.centre |> _.Provenance |> Provenance.describe</code> is
    /// <c>"pocket-gpt2 (Pocket): wpe → mean row removed"</c>.</example>
    let describe (provenance: Provenance) : string =
        let weights = String.Join(", ", provenance.Weights)
        let steps = String.Join(" → ", provenance.Steps)
        if weights = "" then steps else $"{weights}: {steps}"
