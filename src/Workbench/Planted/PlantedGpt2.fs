namespace Workbench

open System
open System.Collections.Generic
open System.Runtime.InteropServices
open Workbench.Core.Formats
open Workbench.Core.Models.Families
open Workbench.Core.Tensors
open Workbench.Core.Tokenizers

/// <summary>More of the module `Planted`: models of GPT-2's shape.</summary>
/// <category index="4">Models</category>
[<AutoOpen>]
module PlantedGpt2Model =
    /// Makes models with known structure.
    [<RequireQualifiedAccess>]
    module Planted =
        let private syllables = [|
            for consonant in "bdfgklmnprstvz" do
                for vowel in "aeiou" -> $"{consonant}{vowel}"
        |]

        /// The words of a planted GPT-2, the most frequent first; word i belongs to family i modulo the number of
        /// families.
        let gpt2Words (settings: PlantedGpt2) (seed: Seed) : string[] =
            let most = syllables.Length * syllables.Length
            Check.within settings.Families most (nameof settings.Words) settings.Words
            let places = Array.init most id
            (Sample.generator seed 41UL 0).Shuffle(places.AsSpan())

            places
            |> Array.truncate settings.Words
            |> Array.map (fun place -> syllables[place / syllables.Length] + syllables[place % syllables.Length])

        let private tokenizer (words: string[]) =
            let bytes = [| for value in 0..255 -> string (ByteAlphabet.Character(byte value)) |]
            let space = string (ByteAlphabet.Character(byte ' '))

            let merges = [|
                for syllable in syllables -> struct (string syllable[0], string syllable[1])
                for word in words -> struct (word.Substring(0, 2), word.Substring 2)
                for word in words -> struct (space, word)
            |]

            let pieces =
                Array.append bytes (merges |> Array.map (fun struct (left, right) -> left + right))

            let ids =
                pieces |> Array.mapi (fun id piece -> KeyValuePair(piece, id)) |> Dictionary

            BytePairTokenizer(ids, merges, [| AddedToken(pieces.Length, "<|endoftext|>") |])

        // Bytes, syllables and the end of text point anywhere; a word's two tokens share its family and most of the
        // rest.
        let private embeddings (settings: PlantedGpt2) seed (basis: float[][]) count =
            let table = Matrix.Uninitialized(count, settings.Width)
            let firstWord = 256 + syllables.Length

            let anywhere purpose item =
                let random = Sample.generator seed purpose item
                let raw = Array.init settings.Width (fun _ -> random.NextNormal())
                let length = sqrt (Array.sumBy (fun x -> x * x) raw)
                raw |> Array.map (fun x -> x / length)

            for id in 0 .. count - 1 do
                let word = id - firstWord
                // Later, rarer tokens are longer, as in trained models.
                let length = 2.0 + 2.0 * float id / float count

                let direction =
                    if word >= 0 && word < 2 * settings.Words then
                        let word = word % settings.Words
                        let own, form = anywhere 46UL word, anywhere 47UL id
                        let family = basis[1 + word % settings.Families]

                        Array.map3
                            (fun f o t -> sqrt settings.Share * f + sqrt (1.0 - settings.Share) * (0.9 * o + 0.4 * t))
                            family
                            own
                            form
                    else
                        anywhere 47UL id

                // What all tokens share.
                let common = basis[settings.Width - 1]

                Array.map2 (fun d c -> float32 (length * (d + 0.3 * c))) direction common
                |> fun row -> row.CopyTo(table.WritableRow id)

            table

        // Σ √s_j · direction_j ⊗ axis j, written into columns from `first` of [d, …].
        let private writeFactor (target: Matrix) first (values: float[]) (directions: float[][]) =
            directions
            |> Array.iteri (fun j direction ->
                direction
                |> Array.iteri (fun i x -> target[i, first + j] <- float32 (sqrt values[j] * x)))

        let private writeBlock settings seed (basis: float[][]) (tensors: MemoryTensors) block =
            let d, width = settings.Width, settings.HeadWidth
            let (Block number) = block
            let attention, output = Matrix(d, 3 * d), Matrix(d, d)

            for head in 0 .. settings.Heads - 1 do
                let spectrum circuit =
                    Planted.gpt2Spectrum settings circuit block (Head head)

                let sides circuit =
                    Planted.directions settings seed circuit block (Head head) basis

                let left, right = sides QueryKey
                // The scores are divided by √d_k.
                let scaled =
                    spectrum QueryKey |> Array.map (fun value -> value * sqrt (float width))

                writeFactor attention (head * width) scaled left
                writeFactor attention (d + head * width) scaled right
                let left, right = sides ValueOutput
                writeFactor attention (2 * d + head * width) (spectrum ValueOutput) left
                let written = Matrix(d, width)
                writeFactor written 0 (spectrum ValueOutput) right

                for j in 0 .. width - 1 do
                    for i in 0 .. d - 1 do
                        output[head * width + j, i] <- written[i, j]

            let item k = number * 16 + k

            let vector k sd length =
                (Planted.noise seed (item k) sd 1 length).ToArray()

            let gain k =
                vector k 0.05 d |> Array.map (fun x -> 1.0f + x)

            let name part = $"h.{number}.{part}"

            let add part (values: float32[]) =
                tensors.Add(name part, ReadOnlySpan values) |> ignore

            add "ln_1.weight" (gain 0)
            add "ln_1.bias" (vector 1 0.02 d)

            tensors.Add(name "attn.c_attn.weight", attention).Add(name "attn.c_proj.weight", output)
            |> ignore

            add "attn.c_attn.bias" (vector 2 0.05 (3 * d))
            add "attn.c_proj.bias" (vector 3 0.05 d)
            add "ln_2.weight" (gain 4)
            add "ln_2.bias" (vector 5 0.02 d)
            // Small MLPs, so that what attention writes is what is seen.
            tensors
                .Add(name "mlp.c_fc.weight", Planted.noise seed (item 6) 0.05 d (4 * d))
                .Add(name "mlp.c_proj.weight", Planted.noise seed (item 7) 0.05 (4 * d) d)
            |> ignore

            add "mlp.c_fc.bias" (vector 8 0.02 (4 * d))
            add "mlp.c_proj.bias" (vector 9 0.02 d)

        /// A complete model of GPT-2's shape with a byte-level BPE tokenizer: words in families, heads with known
        /// spectra that join known
        /// families, and token embeddings that grow longer from the frequent to the rare.
        let gpt2 (settings: PlantedGpt2) (seed: Seed) : Model =
            Check.within 1 settings.HeadWidth (nameof settings.Joined) settings.Joined

            Check.within
                (settings.Joined + 1)
                (settings.Width - settings.HeadWidth - 1)
                (nameof settings.Families)
                settings.Families

            let tokenizer = tokenizer (gpt2Words settings seed)
            let count = tokenizer.Vocabulary.Count
            let basis = Planted.basis seed settings.Width
            let tensors = new MemoryTensors("planted GPT-2")
            tensors.Add("wte.weight", embeddings settings seed basis count) |> ignore

            let positions =
                Planted.positions
                    {
                        PlantedPositions.Default with
                            Positions = settings.Positions
                            Dimensions = settings.Width
                            Pair = 0, settings.Width - 1
                    }
                    seed

            tensors.Add("wpe.weight", positions) |> ignore

            for block in 0 .. settings.Blocks - 1 do
                writeBlock settings seed basis tensors (Block block)

            let vector item sd =
                (Planted.noise seed item sd 1 settings.Width).ToArray()

            tensors.Add("ln_f.weight", ReadOnlySpan(vector 1000 0.1 |> Array.map (fun x -> 1.0f + x)))
            |> ignore

            tensors.Add("ln_f.bias", ReadOnlySpan(vector 1001 0.1)) |> ignore

            let config =
                Gpt2.Config(
                    vocabulary = count,
                    positions = settings.Positions,
                    width = settings.Width,
                    blocks = settings.Blocks,
                    heads = settings.Heads
                )

            Model.ofTransformer
                (Weights.planted "planted GPT-2" $"made from {seed}" (fun () -> Planted.bytes tensors))
                (Some tokenizer)
                config
                tensors

        /// Word vectors of the same words in the same families, and nothing else in common with the model: a space to
        /// judge it by.
        let gpt2WordVectors (settings: PlantedGpt2) (seed: Seed) : WordVectors =
            let words = gpt2Words settings seed
            let width = settings.Families + 24
            let table = Matrix(words.Length, width)

            words
            |> Array.iteri (fun i _ ->
                let random = Sample.generator seed 48UL i
                let row = table.WritableRow i

                for j in 0 .. width - 1 do
                    row[j] <- float32 (random.NextNormal() / sqrt (float width))

                row[i % settings.Families] <- row[i % settings.Families] + 1.0f)

            let weights =
                Weights.planted "planted word vectors" $"made from {seed}" (fun () ->
                    (MemoryMarshal.AsBytes(ReadOnlySpan(table.ToArray()))).ToArray())

            WordVectors.ofTable weights (Workbench.Core.Words.WordVectors(words, table))
