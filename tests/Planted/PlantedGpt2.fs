namespace Planted

open System
open System.Collections.Generic
open System.Runtime.InteropServices
open Workbench
open Workbench.Core.Decompositions
open Workbench.Core.Formats
open Workbench.Core.Models.Families
open Workbench.Core.Tensors
open Workbench.Core.Tokenizers
open Workbench.Core.Tokenizers.Characters

/// <summary>A small model of GPT-2's shape whose words come in families, and whose heads join families as they are made
/// to.</summary>
type PlantedGpt2 = {
    Blocks: int
    Heads: int
    Width: int
    Positions: int
    /// Made-up words of two syllables; each is a token as it is and another behind a space.
    Words: int
    /// Words are dealt out evenly over so many families.
    Families: int
    /// Share of each embedding's squared length that lies in its family's direction; the rest points anywhere.
    Share: float
    /// How many families a head joins to others, by its largest singular values.
    Joined: int
} with

    /// Four blocks of four heads, width 64, 336 words in 16 families: 999 tokens.
    static member Default = {
        Blocks = 4
        Heads = 4
        Width = 64
        Positions = 128
        Words = 336
        Families = 16
        Share = 0.6
        Joined = 4
    }

    member this.HeadWidth = this.Width / this.Heads

/// Models of GPT-2's shape whose words, families and heads are known.
[<RequireQualifiedAccess>]
module PlantedGpt2 =
    /// The singular values that a head's W_QK and W_VO are made with, the gain of the layer norm left with the
    /// vectors: each is the same share of the one before, a larger one in each further head.
    let spectrum (settings: PlantedGpt2) (circuit: Circuit) (Block block) (Head head) : float[] =
        let place =
            float (block * settings.Heads + head + 1)
            / float (settings.Blocks * settings.Heads + 1)

        let decay = 0.5 + 0.45 * place

        let largest =
            match circuit with
            | QueryKey -> 0.5
            | ValueOutput -> 1.0

        Array.init settings.HeadWidth (fun i -> largest * decay ** float i)

    /// Which families a head joins, as (read, matched or written), by falling singular value. The W_QK of even
    /// heads is symmetric:
    /// it joins each of its families to itself.
    let joins (settings: PlantedGpt2) (seed: Seed) (circuit: Circuit) (Block block) (Head head) : (int * int)[] =
        let shuffled side =
            let families = Array.init settings.Families id

            let item =
                ((block * settings.Heads + head) * 2 + side) * 2
                + (if circuit = QueryKey then 0 else 1)

            (Planted.generator seed PlantedStream.JoinedFamilies item).Shuffle(families.AsSpan())
            Array.truncate settings.Joined families

        let from = shuffled 0

        Array.zip
            from
            (if circuit = QueryKey && head % 2 = 0 then
                 from
             else
                 shuffled 1)

    // An orthonormal basis as rows; the first is the direction of all ones, which layer norms take away.
    let private basis (seed: Seed) (width: int) : float[][] =
        let random = Planted.generator seed PlantedStream.Gpt2Basis 0

        let raw =
            Array.init (width * width) (fun i ->
                if i % width = 0 then
                    1.0f
                else
                    float32 (random.NextNormal()))

        let columns = ThinQr(Matrix.FromArray(width, width, raw)).Q()
        Array.init width (fun i -> columns.Column(i).ToArray())

    // Normal numbers of this standard deviation, row-major.
    let private noise (seed: Seed) (item: int) (sd: float) (rows: int) (columns: int) : Matrix =
        let random = Planted.generator seed PlantedStream.Gpt2Noise item

        let values: float32[] =
            Array.init (rows * columns) (fun _ -> float32 (sd * random.NextNormal()))

        Matrix.FromArray(rows, columns, values)

    // Left and right directions of a head: those of the joined families first, then others, all orthonormal.
    let private directions settings seed circuit block head (basis: float[][]) =
        let joined = joins settings seed circuit block head
        let symmetric = joined |> Array.forall (fun (from, into) -> from = into)
        let (Block b), (Head h) = block, head

        let rest side =
            // The last direction is what all tokens share.
            let others = [| settings.Families + 1 .. settings.Width - 2 |]

            let item =
                ((b * settings.Heads + h) * 2 + side) * 2
                + (if circuit = QueryKey then 0 else 1)

            (Planted.generator seed PlantedStream.OtherDirections item).Shuffle(others.AsSpan())

            others
            |> Array.truncate (settings.HeadWidth - joined.Length)
            |> Array.map (fun i -> basis[i])

        let left =
            Array.append (joined |> Array.map (fun (from, _) -> basis[1 + from])) (rest 0)

        let right =
            Array.append (joined |> Array.map (fun (_, into) -> basis[1 + into])) (rest (if symmetric then 0 else 1))

        left, right

    let private syllables = [|
        for consonant in "bdfgklmnprstvz" do
            for vowel in "aeiou" -> $"{consonant}{vowel}"
    |]

    /// The words of a planted GPT-2, the most frequent first; word i belongs to family i modulo the number of
    /// families.
    let words (settings: PlantedGpt2) (seed: Seed) : string[] =
        let most = syllables.Length * syllables.Length
        Planted.within settings.Families most (nameof settings.Words) settings.Words
        let places = Array.init most id
        (Planted.generator seed PlantedStream.Gpt2Words 0).Shuffle(places.AsSpan())

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

        Tokenizer.OfBytePairs(ids, merges, [| AddedToken(pieces.Length, "<|endoftext|>") |])

    // Bytes, syllables and the end of text point anywhere; a word's two tokens share its family and most of the
    // rest.
    let private embeddings (settings: PlantedGpt2) seed (basis: float[][]) count =
        let table = Matrix.Uninitialized(count, settings.Width)
        let firstWord = 256 + syllables.Length

        let anywhere stream item =
            Planted.direction (Planted.generator seed stream item) settings.Width

        for id in 0 .. count - 1 do
            let word = id - firstWord
            // Later, rarer tokens are longer, as in trained models.
            let length = 2.0 + 2.0 * float id / float count

            let direction =
                if word >= 0 && word < 2 * settings.Words then
                    let word = word % settings.Words

                    let own, form =
                        anywhere PlantedStream.OwnDirections word, anywhere PlantedStream.FormDirections id

                    let family = basis[1 + word % settings.Families]

                    Array.map3
                        (fun f o t -> sqrt settings.Share * f + sqrt (1.0 - settings.Share) * (0.9 * o + 0.4 * t))
                        family
                        own
                        form
                else
                    anywhere PlantedStream.FormDirections id

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
                spectrum settings circuit block (Head head)

            let sides circuit =
                directions settings seed circuit block (Head head) basis

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
            (noise seed (item k) sd 1 length).ToArray()

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
            .Add(name "mlp.c_fc.weight", noise seed (item 6) 0.05 d (4 * d))
            .Add(name "mlp.c_proj.weight", noise seed (item 7) 0.05 (4 * d) d)
        |> ignore

        add "mlp.c_fc.bias" (vector 8 0.02 (4 * d))
        add "mlp.c_proj.bias" (vector 9 0.02 d)

    /// A complete model of GPT-2's shape with a byte-level BPE tokenizer: words in families, heads with known
    /// spectra that join known families, and token embeddings that grow longer from the frequent to the rare.
    let model (settings: PlantedGpt2) (seed: Seed) : Model =
        Planted.within 1 settings.HeadWidth (nameof settings.Joined) settings.Joined

        Planted.within
            (settings.Joined + 1)
            (settings.Width - settings.HeadWidth - 1)
            (nameof settings.Families)
            settings.Families

        let tokenizer = tokenizer (words settings seed)
        let count = tokenizer.Vocabulary.Count
        let basis = basis seed settings.Width
        let tensors = new MemoryTensors("planted GPT-2")
        tensors.Add("wte.weight", embeddings settings seed basis count) |> ignore

        let positions =
            PlantedPositions.table
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
            (noise seed item sd 1 settings.Width).ToArray()

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
    let wordVectors (settings: PlantedGpt2) (seed: Seed) : WordVectors =
        let words = words settings seed
        let width = settings.Families + 24
        let table = Matrix(words.Length, width)

        words
        |> Array.iteri (fun i _ ->
            let random = Planted.generator seed PlantedStream.Gpt2WordVectors i
            let row = table.WritableRow i

            for j in 0 .. width - 1 do
                row[j] <- float32 (random.NextNormal() / sqrt (float width))

            row[i % settings.Families] <- row[i % settings.Families] + 1.0f)

        let weights =
            Weights.planted "planted word vectors" $"made from {seed}" (fun () ->
                (MemoryMarshal.AsBytes(ReadOnlySpan(table.ToArray()))).ToArray())

        WordVectors.ofTable weights (Workbench.Core.Words.WordVectors(words, table))
