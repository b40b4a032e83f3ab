namespace Planted

open System
open System.Collections.Generic
open System.Runtime.InteropServices
open Workbench
open Workbench.Core.Decompositions
open Workbench.Core.Formats
open Workbench.Core.Kernels
open Workbench.Core.Randomness
open Workbench.Core.Tensors
open Workbench.Core.Tokenizers
open type System.FormattableString

/// <summary>Two vocabularies that agree as far as they are made to.</summary>
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

    /// 400 words in ten families, in 300 and in 384 dimensions, as word2vec and small transformers have; the share
    /// makes the two geometries agree at about 0.55, as those do.
    static member Default = {
        Words = 400
        Families = 10
        Share = 0.17
        Dimensions = 300
        ModelDimensions = 384
    }

/// <summary>Word vectors and token embeddings that share a known part of their structure.</summary>
[<RequireQualifiedAccess>]
module PlantedWords =
    // Every syllable is a consonant and a vowel, so that the words can be said.
    let private consonants, private vowels = "bdfgklmnprstvz", "aeiou"

    /// Made-up words, none twice: of three, two, three and four syllables in turn.
    let vocabulary (settings: PlantedWords) (seed: Seed) : string[] =
        Planted.within 2 Int32.MaxValue (nameof settings.Words) settings.Words
        let random = Planted.generator seed PlantedStream.WordSpelling 0

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

    // One row per word: √share along the axis of its family, √(1 − share) anywhere in the other axes; then all turned
    // at random, so that no dimension is special.
    let private table
        (settings: PlantedWords)
        (seed: Seed)
        (width: int)
        (own: PlantedStream)
        (turn: PlantedStream)
        : Matrix =
        let families = settings.Families
        Planted.within 2 (width - 2) (nameof settings.Families) families

        if not (settings.Share >= 0.0 && settings.Share <= 1.0) then
            invalidArg (nameof settings.Share) (Invariant $"Share must lie between 0 and 1, but is {settings.Share}.")

        let places = Array.init settings.Words id
        (Planted.generator seed PlantedStream.WordFamilies 0).Shuffle(places.AsSpan())
        let table = Matrix(settings.Words, width)

        for i in 0 .. settings.Words - 1 do
            let row = table.WritableRow i
            row[places[i] % families] <- float32 (sqrt settings.Share)
            let elsewhere = Planted.direction (Planted.generator seed own i) (width - families)

            for j in 0 .. elsewhere.Length - 1 do
                row[families + j] <- float32 (sqrt (1.0 - settings.Share) * elsewhere[j])

        let random = Planted.generator seed turn 0
        let normal = Array.init (width * width) (fun _ -> float32 (random.NextNormal()))
        let rotation = (ThinQr(Matrix.FromArray(width, width, normal)).Q()).ToMatrix()
        Gemm.Multiply(MatrixView.op_Implicit table, MatrixView.op_Implicit rotation)

    /// Word vectors of made-up words in families.
    let vectors (settings: PlantedWords) (seed: Seed) : WordVectors =
        let values =
            table settings seed settings.Dimensions PlantedStream.WordVectors PlantedStream.WordVectorTurn

        let words = vocabulary settings seed
        let (Seed number) = seed

        let weights =
            Weights.planted "planted word vectors" $"made from seed {number}" (fun () ->
                Array.append
                    (Text.Encoding.UTF8.GetBytes(String.Join(" ", words)))
                    (MemoryMarshal.AsBytes(ReadOnlySpan(values.ToArray())).ToArray()))

        WordVectors.ofTable weights (Workbench.Core.Words.WordVectors(words, values))

    /// A model with token embeddings of the same words in the same families, but for every fifth word, which it does
    /// not know, and in an order of its own. Every third of its words has a second token for the inside of longer
    /// words, whose vector lies half as much in the family's direction. The tokenizer is WordPiece; what no token
    /// spells is unknown.
    let model (settings: PlantedWords) (seed: Seed) : Model =
        let words = vocabulary settings seed

        let values =
            table settings seed settings.ModelDimensions PlantedStream.WordEmbeddings PlantedStream.WordEmbeddingTurn

        let inside =
            table
                {
                    settings with
                        Share = settings.Share / 2.0
                }
                seed
                settings.ModelDimensions
                PlantedStream.WordPieces
                PlantedStream.WordEmbeddingTurn

        let entries = [|
            for i in 0 .. words.Length - 1 do
                if i % 5 <> 4 then
                    words[i], values.Row(i).ToArray()

                    if i % 3 = 0 then
                        "##" + words[i], inside.Row(i).ToArray()
        |]

        (Planted.generator seed PlantedStream.WordOrder 0).Shuffle(entries.AsSpan())

        let special = [|
            for id, piece in Array.indexed [| "[PAD]"; "[UNK]" |] ->
                piece,
                Planted.direction (Planted.generator seed PlantedStream.SpecialTokens id) settings.ModelDimensions
                |> Array.map float32
        |]

        let all = Array.append special entries

        let embeddings =
            Matrix.FromArray(all.Length, settings.ModelDimensions, ReadOnlySpan(Array.collect snd all))

        let ids =
            all |> Array.mapi (fun id (piece, _) -> KeyValuePair(piece, id)) |> Dictionary

        let (Seed number) = seed
        let tensors = (new MemoryTensors("planted words")).Add("wte.weight", embeddings)

        Model.ofTensors
            (Weights.planted "planted word model" $"made from seed {number}" (fun () -> Planted.bytes tensors))
            (Some(Tokenizer.OfWordPieces(ids, [||])))
            tensors

    /// The correlation of the two geometries of planted words in expectation: families are all that they share, and the
    /// chance p that two words are of one family gives the variance p(1 − p) of what is shared; what points anywhere in
    /// d dimensions adds 1/d.
    let agreement (settings: PlantedWords) : float =
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
