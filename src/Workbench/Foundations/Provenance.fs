namespace Workbench

open System

/// <summary>Where a result comes from: the weights, what was done to them in order, and what computes.</summary>
/// <category index="1">Foundations</category>
[<StructuredFormatDisplay("{Display}")>]
type Provenance = {
    Weights: Weights list
    /// E.g. [ "wte"; "centred"; "cosine over rows" ].
    Steps: string list
    /// What computes with it, and with everything made of it.
    Engine: Engine
} with

    // What was done to which weights, whatever computes: parts of a scan are compared by it, and by their arithmetic.
    member internal this.Origin =
        let weights = String.Join(", ", this.Weights)
        let steps = String.Join(" → ", this.Steps)
        if weights = "" then steps else $"{weights}: {steps}"

    /// One line that ends in the engine's name.
    member this.Display =
        match this.Origin with
        | "" -> ""
        | text -> $"{text} [{this.Engine.Name}]"

    override this.ToString() = this.Display

/// <summary>Makes and extends provenances.</summary>
/// <category index="1">Foundations</category>
[<RequireQualifiedAccess>]
module Provenance =
    /// <summary>Values that come from no weights, e.g. a formula; the step says which.</summary>
    /// <example><code lang="fsharp">Provenance.computed "sinusoidal encoding" |> Provenance.describe</code> is
    /// <c>"sinusoidal encoding [cpu]"</c>.</example>
    let computed (step: string) : Provenance = {
        Weights = []
        Steps = [ step ]
        Engine = Engine.cpu
    }

    /// <summary>Values read from weights under a name.</summary>
    /// <example><code lang="fsharp">Provenance.ofWeights gpt2.Weights "wpe" |> Provenance.describe</code> is
    /// <c>"pocket-gpt2 (Pocket): wpe [cpu]"</c>.</example>
    let ofWeights (weights: Weights) (step: string) : Provenance = {
        Weights = [ weights ]
        Steps = [ step ]
        Engine = Engine.cpu
    }

    /// <summary>The same origin with one more step.</summary>
    /// <example><code lang="fsharp">positions.Provenance |> Provenance.step "centred" |> Provenance.describe</code> is
    /// <c>"pocket-gpt2 (Pocket): wpe → centred [cpu]"</c>.</example>
    let step (text: string) (provenance: Provenance) : Provenance = {
        provenance with
            Steps = provenance.Steps @ [ text ]
    }

    /// <summary>The same origin, computed with by another engine from here on.</summary>
    /// <example><code lang="fsharp">
    /// positions.Provenance |> Provenance.on Engine.reference |> Provenance.describe
    /// </code> is <c>"pocket-gpt2 (Pocket): wpe [reference]"</c>.</example>
    let on (engine: Engine) (provenance: Provenance) : Provenance = { provenance with Engine = engine }

    /// <summary>The origin of something made of two: the weights of both, without repeats, both histories, and the
    /// first one's engine.</summary>
    /// <example><code lang="fsharp">
    /// Provenance.combine "compared" positions.Provenance animals.Provenance |> Provenance.describe
    /// </code> is <c>"pocket-gpt2 (Pocket): wpe → counted → compared [cpu]"</c>.</example>
    let combine (step: string) (left: Provenance) (right: Provenance) : Provenance = {
        Weights = List.distinct (left.Weights @ right.Weights)
        Steps = [ String.Join(" → ", left.Steps); String.Join(" → ", right.Steps); step ]
        Engine = left.Engine
    }

    let internal origin (provenance: Provenance) : string = provenance.Origin

    /// <summary>One line that ends in the engine's name, e.g. `gpt2 (Real): wpe → transposed [cpu]`.</summary>
    /// <example><code lang="fsharp">positions |> Labelled.centre |> _.Provenance |> Provenance.describe</code> is
    /// <c>"pocket-gpt2 (Pocket): wpe → mean row removed [cpu]"</c>.</example>
    let describe (provenance: Provenance) : string = provenance.Display
