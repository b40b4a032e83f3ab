namespace Workbench

open System
open System.IO
open System.Security.Cryptography

/// <summary>What kind of weights a result comes from.</summary>
/// <category index="1">Foundations</category>
type WeightsKind =
    /// A published model's.
    | Real
    /// One of the small models that ship with the workbench.
    | Pocket
    /// Made in memory from a seed, with known structure.
    | Planted

/// <summary>Which weights a result comes from.</summary>
/// <category index="1">Foundations</category>
[<CustomEquality; NoComparison; StructuredFormatDisplay("{Display}")>]
type Weights = {
    /// As it was asked for, e.g. "gpt2".
    Name: string
    Kind: WeightsKind
    /// The file that was read, or how the weights were made.
    File: string
    /// SHA-256 of that file, lower-case hexadecimal, computed when first asked for.
    Digest: Lazy<string>
} with

    /// SHA-256 of the file, lower-case hexadecimal. Reads the whole file the first time.
    member this.Sha256 = this.Digest.Value
    member this.Display = $"{this.Name} ({string this.Kind})"
    override this.ToString() = this.Display

    override this.Equals other =
        match other with
        | :? Weights as that -> this.Name = that.Name && this.Kind = that.Kind && this.File = that.File
        | _ -> false

    override this.GetHashCode() = hash (this.Name, this.File)

/// <summary>Where a result comes from: the weights, and what was done to them in order.</summary>
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

    /// The same origin, computed with by another engine from here on.
    let on (engine: Engine) (provenance: Provenance) : Provenance = { provenance with Engine = engine }

    /// The origin of something made of two: the weights of both, without repeats, both histories, and the first one's
    /// engine.
    let combine (step: string) (left: Provenance) (right: Provenance) : Provenance = {
        Weights = List.distinct (left.Weights @ right.Weights)
        Steps = [ String.Join(" → ", left.Steps); String.Join(" → ", right.Steps); step ]
        Engine = left.Engine
    }

    /// What was done to which weights, without what computed it: the same for every engine.
    let internal origin (provenance: Provenance) : string =
        let weights = String.Join(", ", provenance.Weights)
        let steps = String.Join(" → ", provenance.Steps)
        if weights = "" then steps else $"{weights}: {steps}"

    /// One line, e.g. `gpt2 (Real): wpe → cosine over columns`; it ends in the engine's name, ` [reference]`, where
    /// that is not the processor.
    let describe (provenance: Provenance) : string =
        if obj.ReferenceEquals(provenance.Engine, Engine.cpu) then
            origin provenance
        else
            $"{origin provenance} [{provenance.Engine.Name}]"

/// <summary>Makes descriptions of weights.</summary>
/// <category index="1">Foundations</category>
[<RequireQualifiedAccess>]
module Weights =
    let private hex (bytes: byte[]) =
        Convert.ToHexString(bytes).ToLowerInvariant()

    /// Weights in a file; its digest is computed when first asked for.
    let ofFile (kind: WeightsKind) (name: string) (path: string) : Weights = {
        Name = name
        Kind = kind
        File = path
        Digest =
            lazy
                (use stream = File.OpenRead path
                 hex (SHA256.HashData stream))
    }

    /// Weights made in memory; the digest is that of the bytes given.
    let planted (name: string) (how: string) (bytes: unit -> byte[]) : Weights = {
        Name = name
        Kind = Planted
        File = how
        Digest = lazy (hex (SHA256.HashData(bytes ())))
    }
