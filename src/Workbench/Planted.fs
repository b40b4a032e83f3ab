namespace Workbench

open System
open System.Collections.Generic
open System.IO
open System.Runtime.InteropServices
open Workbench.Core.Decompositions
open Workbench.Core.Formats
open Workbench.Core.Kernels
open Workbench.Core.Randomness
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

    /// 400 words in ten families, which hold three tenths of each vector, in 60 and in 96 dimensions.
    static member Default = {
        Words = 400
        Families = 10
        Share = 0.3
        Dimensions = 60
        ModelDimensions = 96
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
    let internal bytes (tensors: TensorFile) : byte[] =
        use stream = new MemoryStream()

        for name in tensors.Tensors |> Seq.map _.Name |> Seq.sort do
            stream.Write(Text.Encoding.UTF8.GetBytes name)
            stream.Write(MemoryMarshal.AsBytes(ReadOnlySpan(tensors.ReadMatrix(name).ToArray())))

        stream.ToArray()

    let private model name (seed: Seed) (tokenizer: Tokenizer option) (tensors: MemoryTensors) =
        Model.ofTensors (Weights.planted name $"made from {seed}" (fun () -> bytes tensors)) tokenizer tensors

    /// A model that has a position table and nothing else.
    let positionModel (settings: PlantedPositions) (seed: Seed) : Model =
        (new MemoryTensors("planted positions")).Add("wpe.weight", positions settings seed)
        |> model "planted positions" seed None

    let private syllables = [|
        for consonant in "bdfgklmnprstvz" do
            for vowel in "aeiou" -> $"{consonant}{vowel}"
    |]

    /// The planted vocabulary: special tokens and 99 unused slots as BERT has them, made-up words, of which some have a plural beside
    /// them, and pieces of words.
    let private pieces (random: Philox) =
        let syllable () =
            syllables[int (random.NextInteger syllables.Length)]

        let word () =
            syllable ()
            + syllable ()
            + (if random.NextUniform() < 0.5 then syllable () else "n")

        let rec fresh (taken: HashSet<string>) =
            let candidate = word ()
            if taken.Add candidate then candidate else fresh taken

        let taken = HashSet [ "hello"; "world" ]
        let singles = [| for _ in 1..1200 -> fresh taken |]
        let plurals = singles |> Array.truncate 60 |> Array.map (fun single -> single + "s")

        [|
            yield "[PAD]"
            for slot in 0..98 do
                yield $"[unused{slot}]"
            yield! [ "[UNK]"; "[CLS]"; "[SEP]"; "[MASK]"; "hello"; "world" ]
            yield! singles
            yield! plurals
            for piece in syllables |> Array.append [| "ing"; "ed"; "ly"; "s" |] |> Array.distinct do
                yield "##" + piece
        |]

    /// A table of token embeddings [1440, 96] with a known structure and its tokenizer: all vectors share one direction, pieces of words share
    /// another, the unused slots are one vector and a little noise, and a plural has a cosine of about 0.9 with its singular.
    let vocabularyModel (seed: Seed) : Model =
        let width = 96
        let pieces = pieces (Sample.generator seed 21UL 0)

        let direction purpose =
            let random = Sample.generator seed purpose 0
            let raw = Array.init width (fun _ -> random.NextNormal())
            let length = sqrt (Array.sumBy (fun x -> x * x) raw)
            raw |> Array.map (fun x -> x / length)

        let common, ofPieces, ofUnused = direction 22UL, direction 23UL, direction 24UL
        let place = pieces |> Array.mapi (fun id piece -> piece, id) |> dict

        let rec vector (id: int) : float[] =
            let random = Sample.generator seed 25UL id

            let noise scale =
                Array.init width (fun _ -> scale * random.NextNormal() / sqrt (float width))

            let sum = Array.map2 (+)
            let scaled scale = Array.map (fun x -> scale * x)

            match pieces[id] with
            | piece when piece.StartsWith "[unused" -> sum (scaled 0.9 ofUnused) (noise 0.2)
            | piece when piece.StartsWith "##" -> sum (sum (scaled 0.3 common) (scaled 0.5 ofPieces)) (noise 1.0)
            | piece when piece.EndsWith 's' && place.ContainsKey(piece.TrimEnd 's') ->
                sum (vector place[piece.TrimEnd 's']) (noise 0.5)
            | _ -> sum (scaled 0.4 common) (noise 1.0)

        let table = Matrix.Uninitialized(pieces.Length, width)

        for id in 0 .. pieces.Length - 1 do
            (vector id |> Array.map float32).CopyTo(table.WritableRow id)

        let tokenizer =
            WordPieceTokenizer(
                Dictionary place,
                [|
                    for token in [ "[PAD]"; "[UNK]"; "[CLS]"; "[SEP]"; "[MASK]" ] -> AddedToken(place[token], token)
                |]
            )

        (new MemoryTensors("planted vocabulary")).Add("embeddings.word_embeddings.weight", table)
        |> model "planted vocabulary" seed (Some tokenizer)

    // Every syllable is a consonant and a vowel, so that the words can be said.
    let private consonants, private vowels = "bdfgklmnprstvz", "aeiou"

    /// Made-up words, none twice: of three, two, three and four syllables in turn.
    let vocabulary (settings: PlantedWords) (seed: Seed) : string[] =
        Check.atLeast 2 (nameof settings.Words) settings.Words
        let random = Sample.generator seed 13UL 0

        let letter (of': string) =
            of'[int (random.NextInteger of'.Length)]

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
    let private towardsAnywhere (random: Workbench.Core.Randomness.Philox) (width: int) =
        let values = Array.init width (fun _ -> random.NextNormal())
        let length = sqrt (Array.sumBy (fun v -> v * v) values)
        values |> Array.map (fun v -> v / length)

    // One row per word: √share along the axis of its family, √(1 − share) anywhere in the other axes; then all turned at random,
    // so that no dimension is special.
    let private wordTable (settings: PlantedWords) (seed: Seed) (width: int) (purpose: uint64) : Matrix =
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
            let own = towardsAnywhere (Sample.generator seed purpose i) (width - families)

            for j in 0 .. own.Length - 1 do
                row[families + j] <- float32 (sqrt (1.0 - settings.Share) * own[j])

        let random = Sample.generator seed (purpose + 1UL) 0
        let normal = Array.init (width * width) (fun _ -> float32 (random.NextNormal()))
        let turn = (ThinQr(Matrix.FromArray(width, width, normal)).Q()).ToMatrix()
        Gemm.Multiply(MatrixView.op_Implicit table, MatrixView.op_Implicit turn)

    /// Word vectors of made-up words in families.
    let wordVectors (settings: PlantedWords) (seed: Seed) : WordVectors =
        let table = wordTable settings seed settings.Dimensions 15UL
        let words = vocabulary settings seed
        let (Seed number) = seed

        let weights =
            Weights.planted "planted word vectors" $"made from seed {number}" (fun () ->
                Array.append
                    (Text.Encoding.UTF8.GetBytes(String.Join(" ", words)))
                    (MemoryMarshal.AsBytes(ReadOnlySpan(table.ToArray())).ToArray()))

        WordVectors.ofTable weights (Workbench.Core.Words.WordVectors(words, table))

    /// A model with token embeddings of the same words in the same families, but for every fifth word, which it does not know,
    /// and in an order of its own. Its tokenizer is WordPiece without pieces: any other word is unknown.
    let wordModel (settings: PlantedWords) (seed: Seed) : Model =
        let words = vocabulary settings seed
        let table = wordTable settings seed settings.ModelDimensions 17UL

        let known = [|
            for i in 0 .. words.Length - 1 do
                if i % 5 <> 4 then
                    i
        |]

        (Sample.generator seed 19UL 0).Shuffle(known.AsSpan())
        let special = [| "[PAD]"; "[UNK]" |]
        let embeddings = Matrix(special.Length + known.Length, settings.ModelDimensions)

        special
        |> Array.iteri (fun id _ ->
            let values =
                towardsAnywhere (Sample.generator seed 20UL id) settings.ModelDimensions

            (values |> Array.map float32).CopyTo(embeddings.WritableRow id))

        known
        |> Array.iteri (fun place word -> table.Row(word).CopyTo(embeddings.WritableRow(special.Length + place)))

        let ids =
            Array.append special (known |> Array.map (fun word -> words[word]))
            |> Array.mapi (fun id piece -> KeyValuePair(piece, id))
            |> Dictionary

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
