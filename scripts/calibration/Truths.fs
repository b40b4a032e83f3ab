/// Numbers that are planted in data, and the statistics that should find them. A page and tests are made of these as of
/// `Nulls`.
module Truths

open System
open Workbench
open Planted
open Effects

/// A number that was planted, and the statistic that should find it.
type Truth = {
    Quantity: string
    In: string
    Value: float
    Estimate: Seed -> float
}

let private positionSettings = {
    PlantedPositions.Default with
        Positions = 256
        Dimensions = 48
        Pair = 5, 31
}

let private positions seed =
    Embedding.positions (PlantedPositions.model positionSettings seed)

let private slope (x: float[]) (y: float[]) =
    let mx, my = Array.average x, Array.average y

    Array.fold2 (fun sum a b -> sum + (a - mx) * (b - my)) 0.0 x y
    / Array.sumBy (fun a -> (a - mx) ** 2.0) x

let private waves = [| 1 .. positionSettings.Waves |]

let private ofPositions =
    let inverseSquares = waves |> Array.sumBy (fun k -> 1.0 / float (k * k))

    [
        "cosine of the most similar pair",
        positionSettings.PairCosine,
        (fun seed -> (positions seed |> Similarity.cosine Columns |> Pairs.fold Fold.extrema |> snd).Similarity)
        "most similar pair is the planted one",
        1.0,
        (fun seed ->
            let _, top = positions seed |> Similarity.cosine Columns |> Pairs.fold Fold.extrema
            if (top.I, top.J) = positionSettings.Pair then 1.0 else 0.0)
        "strongest wave, cycles",
        1.0,
        (fun seed ->
            positions seed
            |> Spectrum.ofColumns
            |> Array.averageBy (fun each -> each.Peak * float positionSettings.Positions))
        "its share of the variance, g",
        1.0 / inverseSquares / (1.0 + positionSettings.Noise ** 2.0),
        (fun seed -> positions seed |> Spectrum.ofColumns |> Array.averageBy _.FisherG)
        "slope of log power over log cycles",
        // Waves of 1/k, and the noise below them.
        (let floor =
            2.0 * positionSettings.Noise ** 2.0 * inverseSquares
            / float positionSettings.Positions

         slope (waves |> Array.map (float >> log)) (waves |> Array.map (fun k -> log (1.0 / float (k * k) + floor)))),
        (fun seed ->
            let spectra = positions seed |> Spectrum.ofColumns

            let power k =
                log (spectra |> Array.averageBy (fun each -> each.Density[k]))

            slope (waves |> Array.map (float >> log)) (waves |> Array.map power))
    ]

let private vocabulary seed =
    let model = PlantedVocabulary.model seed
    let table = Embedding.tokens model
    let classes = Tokens.classes table.Rows.Length model

    let of' kind = [|
        for id in 0 .. classes.Length - 1 do
            if classes[id] = kind then
                id
    |]

    table, of'

let private meanCosine kind seed =
    let table, of' = vocabulary seed
    // Plurals are words with more noise.
    let chosen =
        of' kind |> Array.filter (fun id -> not ((table.Rows.Label id).EndsWith 's'))

    (table
     |> Labelled.selectRows chosen
     |> Similarity.cosine Rows
     |> Pairs.fold Fold.moments)
        .Mean

let private ofVocabulary = [
    // 0.9² of 0.9² + 0.2², and 0.4² of 0.4² + 1².
    "mean cosine of unused slots", 0.81 / 0.85, meanCosine Unused
    "mean cosine of words but plurals", 0.16 / 1.16, meanCosine Word
    "mean cosine of a word and its plural",
    sqrt (1.16 / 1.41),
    (fun seed ->
        let table, _ = vocabulary seed

        let place =
            Axis.labels table.Rows
            |> Array.indexed
            |> Array.map (fun (id, word) -> word, id)
            |> Map.ofArray

        [
            for KeyValue(word, id) in place do
                match Map.tryFind (word + "s") place with
                | Some plural -> Similarity.ofTwo (Labelled.row id table) (Labelled.row plural table)
                | None -> ()
        ]
        |> List.average)
    "unused slots among the 99 tokens nearest to ten of them",
    1.0,
    (fun seed ->
        let table, of' = vocabulary seed
        let unused = of' Unused

        Embedding.towards (Array.truncate 10 unused) table
        |> Array.indexed
        |> Array.sortByDescending snd
        |> Array.truncate unused.Length
        |> Array.averageBy (fun (id, _) -> if Array.contains id unused then 1.0 else 0.0))
]

let private gpt2 = {
    PlantedGpt2.Default with
        Blocks = 2
        Heads = 2
        Width = 48
        Words = 160
}

let private heads seed =
    let model = PlantedGpt2.model gpt2 seed

    model,
    [
        for block in Attention.blocks model do
            for head in Attention.heads model do
                Attention.queryKey Apart block head model |> Decomposition.svd
                Attention.valueOutput Apart block head model |> Decomposition.svd
    ]

let private planted (head: Decomposition) =
    PlantedGpt2.spectrum gpt2 head.Of.Circuit head.Of.Block head.Of.Head

let private rank (values: float[]) =
    let total = Array.sum values
    exp (-(values |> Array.sumBy (fun value -> value / total * log (value / total))))

let private ofHeads =
    let first = PlantedGpt2.spectrum gpt2 QueryKey (Block 0) (Head 0)

    [
        "largest singular value of the first W_QK", first[0], (fun seed -> (snd (heads seed)).Head.Values[0])
        "largest error of a singular value, all heads",
        0.0,
        (fun seed ->
            snd (heads seed)
            |> List.map (fun head -> Array.map2 (fun a b -> abs (a - b)) head.Values (planted head) |> Array.max)
            |> List.max)
        "effective rank of the first W_QK",
        rank first,
        (fun seed -> Decomposition.effectiveRank (snd (heads seed)).Head)
        "symmetric share of the first W_QK", 1.0, (fun seed -> FactoredMatrix.symmetricShare (snd (heads seed)).Head.Of)
        "words at the directions of W_VO that are of the joined family",
        1.0,
        (fun seed ->
            let model, all = heads seed
            let words = PlantedGpt2.words gpt2 seed

            let family =
                words |> Array.mapi (fun i word -> word, i % gpt2.Families) |> Map.ofArray

            let written = all |> List.filter (fun head -> head.Of.Circuit = ValueOutput)

            Decomposition.nearestTokens Nearness.Cosine 5 gpt2.Joined model written
            |> List.zip written
            |> List.collect (fun (head, directions) -> [
                let joins = PlantedGpt2.joins gpt2 seed ValueOutput head.Of.Block head.Of.Head

                for direction, (_, into) in Array.zip directions joins do
                    for token in direction.Right ->
                        if Map.tryFind (token.Token.Trim()) family = Some into then
                            1.0
                        else
                            0.0
            ])
            |> List.average)
        "growth of a word's length over all ids",
        // Twice the length of what is stretched: the family's share, 0.9² + 0.4² of the rest, 0.3² that all share.
        2.0 * sqrt (gpt2.Share + 0.97 * (1.0 - gpt2.Share) + 0.09),
        (fun seed ->
            let lengths = PlantedGpt2.model gpt2 seed |> Embedding.tokens |> Norms.ofRows
            let ids = [| lengths.Length - 1 - 2 * gpt2.Words .. lengths.Length - 2 |]

            slope
                (ids |> Array.map (fun id -> float id / float lengths.Length))
                (ids |> Array.map (fun id -> lengths[id])))
        "words nearest to a word that are of its family",
        1.0,
        (fun seed ->
            let table =
                WordVectors.embedding (PlantedGpt2.words gpt2 seed) (PlantedGpt2.wordVectors gpt2 seed)

            table
            |> Similarity.cosine Rows
            |> Pairs.fold (Fold.neighbours 1)
            |> Array.mapi (fun i found ->
                if fst found[0] % gpt2.Families = i % gpt2.Families then
                    1.0
                else
                    0.0)
            |> Array.average)
    ]

let private unrelated measure (seed: Seed) : float =
    measure (Nulls.white 40 20 seed) (Nulls.white 40 30 (Nulls.next seed))

let private ofComparisons = [
    let larger = { words with Words = 200 }
    let alone = { larger with Share = 0.0 }

    let r settings seed =
        (both settings seed
         ||> Rsa.compare {
             Nulls.rsaSettings with
                 Permutations = 1
         })
            .Pearson

    "Pearson's r of two geometries, PlantedWords", PlantedWords.agreement larger, r larger
    "Pearson's r of two geometries that share nothing", 0.0, r alone
    "linear CKA of unrelated vectors, debiased", 0.0, unrelated (fun a b -> (Rsa.alignment a b).Debiased)
    "linear CKA of unrelated vectors, as usually computed", 0.0, unrelated (fun a b -> (Rsa.alignment a b).Biased)
]

let private ofNoise = [
    // One mean for each lag is fitted to all pairs.
    "lag R² of 40 unrelated vectors",
    38.0 / 779.0,
    (fun seed -> (Nulls.white 40 64 seed |> Similarity.cosine Rows |> Similarity.toeplitz).RSquared)
    "strongest frequency where a wave of 10 cycles is in 128 values",
    10.0,
    (fun seed -> (Spectrum.ofValues (wave 1.0 10 128 seed)).Peak * 128.0)
]

let truths = [
    for source, quantities in
        [
            "planted positions, 256 × 48, 20 waves", ofPositions
            "planted vocabulary, 1,440 × 96", ofVocabulary
            "planted GPT-2, 2 blocks of 2 heads, width 48", ofHeads
            "two sets of vectors", ofComparisons
            "normal noise", ofNoise
        ] do
        for quantity, value, estimate in quantities ->
            {
                Quantity = quantity
                In = source
                Value = value
                Estimate = estimate
            }
]
