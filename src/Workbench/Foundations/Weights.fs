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

/// <summary>Makes descriptions of weights.</summary>
/// <category index="1">Foundations</category>
[<RequireQualifiedAccess>]
module Weights =
    let private hex (bytes: byte[]) =
        Convert.ToHexString(bytes).ToLowerInvariant()

    /// <summary>Weights in a file; its digest is computed when first asked for.</summary>
    /// <example><code lang="fsharp">Weights.ofFile Real "mine" "mine.safetensors"</code> is <c>mine
    /// (Real)</c>.</example>
    /// <example><code lang="fsharp">(Weights.ofFile Real "mine" "not-there.safetensors").Sha256</code> throws
    /// <c>FileNotFoundException</c>.</example>
    let ofFile (kind: WeightsKind) (name: string) (path: string) : Weights = {
        Name = name
        Kind = kind
        File = path
        Digest =
            lazy
                (use stream = File.OpenRead path
                 hex (SHA256.HashData stream))
    }

    /// <summary>Weights made in memory; the digest is that of the bytes given.</summary>
    /// <example><code lang="fsharp">Weights.planted "circle" "three points on a circle" (fun () -> [| 1uy |])</code> is
    /// <c>circle (Planted)</c>.</example>
    /// <example><code lang="fsharp">(Weights.planted "nothing" "no bytes" (fun () -> [||])).Sha256</code> is
    /// <c>"e3b0c442…"</c>.</example>
    let planted (name: string) (how: string) (bytes: unit -> byte[]) : Weights = {
        Name = name
        Kind = Planted
        File = how
        Digest = lazy (hex (SHA256.HashData(bytes ())))
    }
