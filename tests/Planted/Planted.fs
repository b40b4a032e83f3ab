namespace Planted

open System
open System.IO
open System.Runtime.InteropServices
open Workbench
open Workbench.Core.Formats
open Workbench.Core.Randomness
open Workbench.Core.Tokenizers

/// What the planted models are made with.
[<RequireQualifiedAccess>]
module Planted =
    let generator (Seed seed) (stream: PlantedStream) (item: int) =
        Philox(seed, (uint64 stream <<< 32) ||| uint64 item)

    let within (least: int) (most: int) (name: string) (value: int) =
        if value < least || value > most then
            invalidArg name $"{name} must lie between {least} and {most}, but is {value}."

    /// So many normal numbers, scaled to length one: a direction that points anywhere.
    let direction (random: Philox) (width: int) : float[] =
        let raw = Array.init width (fun _ -> random.NextNormal())
        let length = sqrt (Array.sumBy (fun x -> x * x) raw)
        raw |> Array.map (fun x -> x / length)

    /// The bytes of all tensors in the order of their names: what a planted model's digest is taken of.
    let bytes (tensors: TensorFile) : byte[] =
        use stream = new MemoryStream()

        for name in tensors.Tensors |> Seq.map _.Name |> Seq.sort do
            stream.Write(Text.Encoding.UTF8.GetBytes name)
            stream.Write(MemoryMarshal.AsBytes(ReadOnlySpan(tensors.ReadMatrix(name).ToArray())))

        stream.ToArray()

    let model name (seed: Seed) (tokenizer: Tokenizer option) (tensors: MemoryTensors) =
        Model.ofTensors (Weights.planted name $"made from {seed}" (fun () -> bytes tensors)) tokenizer tensors
