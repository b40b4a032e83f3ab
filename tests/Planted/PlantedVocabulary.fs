namespace Planted

open System
open System.Collections.Generic
open Workbench
open Workbench.Core.Formats
open Workbench.Core.Randomness
open Workbench.Core.Tensors
open Workbench.Core.Tokenizers

/// <summary>A vocabulary as BERT's models have it, made from a seed with known structure.</summary>
[<RequireQualifiedAccess>]
module PlantedVocabulary =
    let private syllables = [|
        for consonant in "bdfgklmnprstvz" do
            for vowel in "aeiou" -> $"{consonant}{vowel}"
    |]

    /// The planted vocabulary: special tokens and 99 unused slots as BERT has them, made-up words, of which some have a
    /// plural beside them, and pieces of words.
    let private vocabulary (random: Philox) =
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

    /// A table of token embeddings [1440, 96] with a known structure and its tokenizer: all vectors share one
    /// direction, pieces of words share another, the unused slots are one vector and a little noise, and a plural has a
    /// cosine of about 0.9 with its singular.
    let model (seed: Seed) : Model =
        let width = 96
        let pieces = vocabulary (Planted.generator seed PlantedStream.Vocabulary 0)

        let direction stream =
            Planted.direction (Planted.generator seed stream 0) width

        let common = direction PlantedStream.CommonDirection

        let ofPieces, ofUnused =
            direction PlantedStream.PieceDirection, direction PlantedStream.UnusedDirection

        let place = pieces |> Array.mapi (fun id piece -> piece, id) |> dict

        let rec vector (id: int) : float[] =
            let random = Planted.generator seed PlantedStream.VocabularyNoise id

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
            Tokenizer.OfWordPieces(
                Dictionary place,
                [|
                    for token in [ "[PAD]"; "[UNK]"; "[CLS]"; "[SEP]"; "[MASK]" ] -> AddedToken(place[token], token)
                |]
            )

        (new MemoryTensors("planted vocabulary")).Add("embeddings.word_embeddings.weight", table)
        |> Planted.model "planted vocabulary" seed (Some tokenizer)
