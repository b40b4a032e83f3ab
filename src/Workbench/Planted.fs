namespace Workbench

open System
open System.Collections.Generic
open System.IO
open System.Runtime.InteropServices
open Workbench.Core.Decompositions
open Workbench.Core.Formats
open Workbench.Core.Kernels
open Workbench.Core.Tensors
open Workbench.Core.Tokenizers

/// What a planted position table is made to show.
type PlantedPositions = {
    Positions: int
    Dimensions: int
    /// Each dimension is a sum of the waves of 1 … Waves cycles with random phases, wave k with amplitude 1/k.
    Waves: int
    /// Standard deviation of the white noise added, as a share of the wave's.
    Noise: float
    /// Two dimensions that are copies but for a little noise.
    Pair: int * int
    /// The cosine that the pair is made to have.
    PairCosine: float
} with

    /// GPT-2's shape with twenty waves, a tenth of noise, and dimensions 138 and 378 alike at 0.98.
    static member Default = {
        Positions = 1024
        Dimensions = 768
        Waves = 20
        Noise = 0.1
        Pair = 138, 378
        PairCosine = 0.98
    }

/// Two vocabularies that agree as far as they are made to.
type PlantedWords = {
    /// Made-up words of four, six and eight letters, every second one of six.
    Words: int
    /// Words are dealt out evenly over so many families, whatever their letters.
    Families: int
    /// Share of each vector's squared length that lies in its family's direction; the rest points anywhere.
    Share: float
    /// Dimensions of the word vectors.
    Dimensions: int
    /// Dimensions of the model's token embeddings.
    ModelDimensions: int
} with

    /// 400 words in ten families, in 300 and in 384 dimensions, as word2vec and small transformers have; the share makes the two
    /// geometries agree at about 0.55, as those do.
    static member Default = {
        Words = 400
        Families = 10
        Share = 0.17
        Dimensions = 300
        ModelDimensions = 384
    }

/// Tables with known structure, made from a seed: what statistics are tried on, and what lessons fall back to when no weights are at hand.
[<RequireQualifiedAccess>]
module Planted =
    /// A position table [positions, dimensions] of smooth waves.
    let positions (settings: PlantedPositions) (seed: Seed) : Matrix =
        Check.atLeast 1 (nameof settings.Waves) settings.Waves
        let count, width = settings.Positions, settings.Dimensions

        let wave dimension =
            let random = Sample.generator seed 11UL dimension

            let phases =
                Array.init settings.Waves (fun _ -> 2.0 * Math.PI * random.NextUniform())
            // The mean square of cos is 1/2, so this is the sum's standard deviation.
            let sd =
                sqrt (Seq.sum (seq { for k in 1 .. settings.Waves -> 0.5 / float (k * k) }))

            Array.init count (fun position ->
                let turn = 2.0 * Math.PI * float position / float count

                let smooth =
                    phases
                    |> Array.mapi (fun k phase -> cos (float (k + 1) * turn + phase) / float (k + 1))
                    |> Array.sum

                (smooth / sd + settings.Noise * random.NextNormal()) * 0.1)

        let columns = Array.Parallel.init width wave
        let original, copy = settings.Pair
        Check.within 0 (width - 1) (nameof settings.Pair) original
        Check.within 0 (width - 1) (nameof settings.Pair) copy
        let random = Sample.generator seed 12UL 0
        let norm (x: float[]) = sqrt (Array.sumBy (fun v -> v * v) x)
        // Noise made orthogonal to the original and of the length that gives the wanted cosine.
        let noise = Array.init count (fun _ -> random.NextNormal())
        let source = columns[original]

        let along =
            Array.fold2 (fun sum a b -> sum + a * b) 0.0 source noise / norm source ** 2.0

        let across = Array.map2 (fun n s -> n - along * s) noise source
        let tangent = sqrt (1.0 / settings.PairCosine ** 2.0 - 1.0)
        let scale = tangent * norm source / norm across
        columns[copy] <- Array.map2 (fun s a -> s + scale * a) source across
        let table = Matrix.Uninitialized(count, width)

        for i in 0 .. count - 1 do
            let row = table.WritableRow i

            for j in 0 .. width - 1 do
                row[j] <- float32 (columns[j][i])

        table

    /// The bytes of all tensors in the order of their names: what a planted model's digest is taken of.
    let private bytes (tensors: TensorFile) : byte[] =
        use stream = new MemoryStream()

        for name in tensors.Tensors |> Seq.map _.Name |> Seq.sort do
            stream.Write(Text.Encoding.UTF8.GetBytes name)
            stream.Write(MemoryMarshal.AsBytes(ReadOnlySpan(tensors.ReadMatrix(name).ToArray())))

        stream.ToArray()

    let private model name (Seed seed) (tensors: MemoryTensors) =
        Model.ofTensors (Weights.planted name $"made from seed {seed}" (fun () -> bytes tensors)) None tensors

    /// A model that has a position table and nothing else.
    let positionModel (settings: PlantedPositions) (seed: Seed) : Model =
        (new MemoryTensors("planted positions")).Add("wpe.weight", positions settings seed)
        |> model "planted positions" seed

    // Every syllable is a consonant and a vowel, so that the words can be said.
    let private consonants, private vowels = "bdfgklmnprstvz", "aeiou"

    /// Made-up words, none twice: of three, two, three and four syllables in turn.
    let vocabulary (settings: PlantedWords) (seed: Seed) : string[] =
        Check.atLeast 2 (nameof settings.Words) settings.Words
        let random = Sample.generator seed 13UL 0

        let letter (alphabet: string) =
            alphabet[int (random.NextInteger alphabet.Length)]

        let taken = HashSet<string>()
        let syllables = [| 3; 2; 3; 4 |]

        let rec fresh count =
            let word =
                String [|
                    for _ in 1..count do
                        letter consonants
                        letter vowels
                |]

            if taken.Add word then word else fresh count

        Array.init settings.Words (fun i -> fresh syllables[i % syllables.Length])

    // A vector of length one that points anywhere.
    let private direction (random: Workbench.Core.Randomness.Philox) (width: int) =
        let values = Array.init width (fun _ -> random.NextNormal())
        let length = sqrt (Array.sumBy (fun v -> v * v) values)
        values |> Array.map (fun v -> v / length)

    // One row per word: √share along the axis of its family, √(1 − share) anywhere in the other axes; then all turned at random,
    // so that no dimension is special.
    let private wordTable (settings: PlantedWords) (seed: Seed) (width: int) (own: uint64) (turn: uint64) : Matrix =
        let families = settings.Families
        Check.within 2 (width - 2) (nameof settings.Families) families

        if not (settings.Share >= 0.0 && settings.Share <= 1.0) then
            invalidArg (nameof settings.Share) $"Share must lie between 0 and 1, but is {settings.Share}."

        let places = Array.init settings.Words id
        (Sample.generator seed 14UL 0).Shuffle(places.AsSpan())
        let table = Matrix(settings.Words, width)

        for i in 0 .. settings.Words - 1 do
            let row = table.WritableRow i
            row[places[i] % families] <- float32 (sqrt settings.Share)
            let elsewhere = direction (Sample.generator seed own i) (width - families)

            for j in 0 .. elsewhere.Length - 1 do
                row[families + j] <- float32 (sqrt (1.0 - settings.Share) * elsewhere[j])

        let random = Sample.generator seed turn 0
        let normal = Array.init (width * width) (fun _ -> float32 (random.NextNormal()))
        let rotation = (ThinQr(Matrix.FromArray(width, width, normal)).Q()).ToMatrix()
        Gemm.Multiply(MatrixView.op_Implicit table, MatrixView.op_Implicit rotation)

    /// Word vectors of made-up words in families.
    let wordVectors (settings: PlantedWords) (seed: Seed) : WordVectors =
        let table = wordTable settings seed settings.Dimensions 15UL 16UL
        let words = vocabulary settings seed
        let (Seed number) = seed

        let weights =
            Weights.planted "planted word vectors" $"made from seed {number}" (fun () ->
                Array.append
                    (Text.Encoding.UTF8.GetBytes(String.Join(" ", words)))
                    (MemoryMarshal.AsBytes(ReadOnlySpan(table.ToArray())).ToArray()))

        WordVectors.ofTable weights (Workbench.Core.Words.WordVectors(words, table))

    /// A model with token embeddings of the same words in the same families, but for every fifth word, which it does not know, and in
    /// an order of its own. Every third of its words has a second token for the inside of longer words, whose vector lies half as
    /// much in the family's direction. The tokenizer is WordPiece; what no token spells is unknown.
    let wordModel (settings: PlantedWords) (seed: Seed) : Model =
        let words = vocabulary settings seed
        let table = wordTable settings seed settings.ModelDimensions 17UL 18UL

        let inside =
            wordTable
                {
                    settings with
                        Share = settings.Share / 2.0
                }
                seed
                settings.ModelDimensions
                19UL
                18UL

        let entries = [|
            for i in 0 .. words.Length - 1 do
                if i % 5 <> 4 then
                    words[i], table.Row(i).ToArray()

                    if i % 3 = 0 then
                        "##" + words[i], inside.Row(i).ToArray()
        |]

        (Sample.generator seed 20UL 0).Shuffle(entries.AsSpan())

        let special = [|
            for id, piece in Array.indexed [| "[PAD]"; "[UNK]" |] ->
                piece,
                direction (Sample.generator seed 21UL id) settings.ModelDimensions
                |> Array.map float32
        |]

        let all = Array.append special entries
        let values = all |> Array.collect snd
        let embeddings = Matrix.FromArray(all.Length, settings.ModelDimensions, values)

        let ids =
            all |> Array.mapi (fun id (piece, _) -> KeyValuePair(piece, id)) |> Dictionary

        let (Seed number) = seed
        let tensors = (new MemoryTensors("planted words")).Add("wte.weight", embeddings)

        Model.ofTensors
            (Weights.planted "planted word model" $"made from seed {number}" (fun () -> bytes tensors))
            (Some(WordPieceTokenizer(ids, [||])))
            tensors

    /// The correlation of the two geometries of planted words in expectation: families are all that they share, and the chance p that
    /// two words are of one family gives the variance p(1 − p) of what is shared; what points anywhere in d dimensions adds 1/d.
    let wordAgreement (settings: PlantedWords) : float =
        let pairs (n: int) = float n * float (n - 1) / 2.0

        let size family =
            (settings.Words + settings.Families - 1 - family) / settings.Families

        let p =
            Seq.sum (seq { for family in 0 .. settings.Families - 1 -> pairs (size family) })
            / pairs settings.Words

        let shared = settings.Share ** 2.0 * p * (1.0 - p)

        let variance width =
            shared + (1.0 - settings.Share) ** 2.0 / float (width - settings.Families)

        shared / sqrt (variance settings.Dimensions * variance settings.ModelDimensions)
