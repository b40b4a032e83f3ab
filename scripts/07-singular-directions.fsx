(**
---
title: Singular directions of heads
category: Lessons
categoryindex: 2
index: 7
description: Spectra of all heads, tokens at their directions, and which of these are stable.
---
*)
(*** condition: prepare ***)
#load "prelude.fsx"

open System
open Workbench

(**
# Travelling words III: singular directions

The matrix of a head, $W_{QK}$ or $W_{VO}$, is a sum of a few products: read along a left singular
vector, stretch by a singular value, answer along the right one. It has rank $d_k$ at most, and its
factors are known, so its decomposition comes from two thin QR factorisations and an SVD of
$d_k \times d_k$: exact, in a small part of the time of a $d \times d$ one, and without the many
vectors of the null space that mean nothing.

Where no other model is at hand the heads are those of `pocket-gpt2`, six in each of six blocks, 32
wide. With GPT-2 in a folder, `dotnet fsi scripts/lessons.fsx 7 --models FOLDER` takes its twelve
times twelve, 64 wide; of a part of the checkpoint the blocks whose attention is there, with as much
of this lesson as they allow. The line of weights says which they are.
*)
let directions, nearest = 20, 5 // singular values shown, tokens listed for each
let gain = Apart // or Folded

let some model =
    Seq.exists (fun block -> Attention.has (Block block) model) (seq { 0..47 })

let model = [ "gpt2"; "openai-community/gpt2" ] |> Model.firstOr "pocket-gpt2" some
let weights = Model.transformer model

let blocks =
    Attention.blocks model |> List.filter (fun block -> Attention.has block model)

let middle = blocks[(blocks.Length - 1) / 2]
let chosen = List.distinct [ blocks.Head; middle; List.last blocks ]
let readable = Embedding.hasTokens model && Model.has "h.0.ln_1.weight" model

let judge =
    if readable then
        WordVectors.tryFirst [
            "word2vec-google-news-300"
            "GoogleNews-vectors-negative300"
            "googlenews-1000"
            "pocket-word2vec"
        ]
    else
        None

let lesson =
    Lesson.start
        "07-singular-directions"
        "Singular directions of heads"
        (model.Weights :: [ for each in Option.toList judge -> each.Weights ])

let heads, width, rank =
    Attention.heads model, weights.Config.Width, weights.Config.Blocks[0].Attention.HeadWidth

Lesson.reportAll lesson [
    Finding.text "gain" (string gain)
    Finding.text "blocks" (String.Join(", ", chosen))
]
(*** include-output ***)

(**
## Spectra: how many directions does a head use?

The effective rank counts directions by the entropy of their shares; beside it stands that of
factors of noise, as wide and as long. In the pocket model training gathers a head's weight in few
directions; in block 5 of GPT-2 it spreads nearly as wide as noise.
*)
let factors block head circuit =
    (match circuit with
     | QueryKey -> Attention.queryKey
     | ValueOutput -> Attention.valueOutput)
        gain
        block
        head
        model

let svds = [
    for block in blocks do
        for head in heads do
            for circuit in [ QueryKey; ValueOutput ] ->
                factors block head circuit |> Decomposition.svd
]

let within block circuit =
    svds
    |> List.filter (fun each -> each.Of.Block = block && each.Of.Circuit = circuit)

let entries = svds |> List.map HeadAtlas.entry
Finding.ofHeads "spectra" entries |> Lesson.report lesson

let untrained =
    {
        factors middle (Head 0) QueryKey with
            Left = (Sample.normal (Seed 1UL) width rank).Values
            Right = (Sample.normal (Seed 2UL) width rank).Values
    }
    |> Decomposition.svd
    |> HeadAtlas.entry

let mean = entries |> List.averageBy _.EffectiveRank

Lesson.reportAll lesson [
    Finding.number "effective-rank.trained" mean
    Finding.number "effective-rank.noise" untrained.EffectiveRank
]

Lesson.checkFor
    Pocket
    lesson
    "Training gathers a head's weight in few directions"
    (mean < 0.85 * untrained.EffectiveRank)

Lesson.checkFor
    Real
    lesson
    "In block 5 a head's weight spreads nearly as wide as noise"
    (match entries |> List.filter (fun entry -> entry.Block = Block 5) with
     | [] -> false
     | fifth ->
         fifth
         |> List.forall (fun entry -> entry.EffectiveRank > 0.85 * untrained.EffectiveRank))
(*** include-output ***)
[
    for block in chosen do
        for circuit in [ QueryKey; ValueOutput ] ->
            [
                for each in within block circuit ->
                    let covered = Array.append [| 0.0 |] (Decomposition.coverage each)

                    Chart.line
                        (Seq.init covered.Length (fun i -> 100.0 * float i / float rank))
                        (Seq.map ((*) 100.0) covered)
                    |> Chart.withName (string each.Of.Head)
            ]
            |> Chart.combine
            |> Chart.withLabelledHorizontalLine "99 %" 99.0
            |> Chart.withTitle $"W_{circuit} of {block}"
            |> Chart.withXTitle "share of features, %"
            |> Chart.withYTitle "share of singular values, %"
]
|> Chart.grid 2
|> Lesson.figure
    lesson
    "coverage"
    $"Cumulative share of the sum of singular values in {heads.Length} heads, {rank} values each, \
      {gain}; {model.Weights}."
(*** include-it ***)

(**
## The tokens at both ends

A left vector is compared with what the block's attention reads, the embeddings after its layer
norm; a right one with the same for $W_{QK}$, and with the embeddings themselves for $W_{VO}$. Of
the two signs that one is taken for which the right vector's best match is positive. A direction
whose value is close to another's is arbitrary within the plane of the two: the gap says so.
*)
let found = [
    for block in (if readable then blocks else []) do
        for circuit in [ QueryKey; ValueOutput ] do
            let each = within block circuit

            yield!
                each
                |> Decomposition.nearestTokens Nearness.DotProduct nearest directions model
                |> List.zip each
]

let words count (tokens: NearToken[]) =
    tokens
    |> Array.truncate count
    |> Array.map _.Token.Replace(' ', '␣')
    |> String.concat ", "

let columns = [ "rank"; "value"; "gap"; "left"; "right" ]

let row count (each: SingularDirection) = [
    Count(int64 each.Index)
    Number each.Value
    Number each.Gap
    Text(words count each.Left)
    Text(words count each.Right)
]

for (Block number as block), circuit in List.allPairs chosen [ QueryKey; ValueOutput ] do
    let here =
        found
        |> List.filter (fun (each, _) -> each.Of.Block = block && each.Of.Circuit = circuit)

    let tables count = [
        for each, directions in here ->
            Table.ofRows columns (Seq.map (row count) directions)
            |> Table.withTitle each.Of.Name
    ]

    for ending, count, text in [ "txt", nearest, Table.toText; "tex", 3, Table.toLatex ] do
        if readable then
            tables count
            |> List.map text
            |> String.concat "\n\n"
            |> Lesson.file lesson $"block-{number}-{(string circuit).ToLowerInvariant()}.{ending}"

if not readable then
    printfn
        $"Of {weights.Config.Blocks.Count} blocks the attention of {blocks.Length} is there, \
          enough for spectra; tokens and coherence need wte.weight and the layer norms. \
          {weights.Missing.Count} tensors are missing."
(*** include-output ***)
[
    for block in chosen do
        for circuit in [ QueryKey; ValueOutput ] do
            for each in within block circuit |> List.truncate 2 do
                let tokens =
                    found
                    |> List.tryPick (fun (other, directions) ->
                        if other = each then Some directions else None)

                for i in 0..2 ->
                    [
                        Text each.Of.Name
                        yield!
                            (match tokens with
                             | Some tokens -> row 3 tokens[i]
                             | None -> [ Count(int64 i); Number each.Values[i] ])
                    ]
]
|> Table.ofRows (
    if readable then
        "matrix" :: columns
    else
        [ "matrix"; "rank"; "value" ]
)
|> Lesson.table
    lesson
    "directions"
    (if readable then
         $"First singular directions of the first two heads; those of all heads of {chosen.Length} \
           blocks in block-N-qk.txt and block-N-vo.txt."
     else
         $"What this checkpoint allows: {weights.Inventory}")
(*** include-it ***)

(**
The biases of a head have directions of their own: $W_q b_k^\top$, which a query meets whatever the
key, and $b_q W_k^\top$, which makes keys attractive to every query. The first adds as much to all
keys, so that the softmax takes it away and training has no reason to move $b_k$. In the pocket
model it is next to zero, and its nearest tokens mean nothing; in GPT-2 it is there, to no effect.
The tokens nearest to either, and to its opposite:
*)
let length (vector: float[]) =
    sqrt (Array.sumBy (fun x -> x * x) vector)

let ofBias = [ for head in heads -> Attention.queryKeyBias gain middle head model ]

let atMiddle = lazy (Attention.inputs gain middle model)

let biases =
    [
        for head, bias in List.zip heads ofBias do
            for name, vector in [ "query", bias.OfQuery; "key", bias.OfKey ] do
                for sign, factor in [ "+", 1.0; "−", -1.0 ] do
                    let signed: float32[] = vector |> Array.map (fun x -> float32 (factor * x))

                    let near () =
                        Workbench.Core.Tensors.Matrix.FromArray(1, width, signed)
                        |> Nearest.tokens Nearness.DotProduct nearest atMiddle.Value
                        |> Array.head
                        |> words nearest

                    [
                        Text(string head)
                        Text $"{sign} {name}"
                        Number(length vector)
                        Text(if readable then near () else "needs wte.weight")
                    ]
    ]
    |> Table.ofRows [ "head"; "direction"; "length"; "nearest tokens" ]

Lesson.file lesson "biases.txt" (Table.toText biases)

Lesson.checkFor
    Pocket
    lesson
    "Training leaves the bias of the keys alone"
    (not ofBias.IsEmpty
     && ofBias
        |> List.forall (fun bias -> length bias.OfQuery < 0.1 * length bias.OfKey))
(*** include-output ***)
{
    biases with
        Rows = List.truncate 8 biases.Rows
}
|> Lesson.table
    lesson
    "biases"
    $"Bias directions of the first heads of {middle}, scaled as W_QK is; all in biases.txt."
(*** include-it ***)

(**
## The head atlas

Every head at hand with both its matrices: how many directions it is worth, how symmetric it is, how
many of its directions are stable, that is, would turn by less than 30° if the matrix changed by 1 %
of its norm, and whether the tokens at its directions belong together in a space of word vectors
that the model had no part in, as $z$ against the same lists of other words and as $q$ over all
heads. In the pocket model most do, but kinds of words are enough for that: a list of names, of
endings or of small words is coherent, whatever the head is for.
*)
let five = [
    for each, directions in found -> HeadAtlas.entry each, Array.truncate 5 directions
]

let atlas =
    match judge with
    | Some vectors ->
        five
        |> HeadAtlas.judge (Seed 8UL) 999 (Coherence.space vectors (Embedding.tokens model).Rows)
    | None -> entries

Lesson.file lesson "atlas.csv" (atlas |> HeadAtlas.toTable |> Table.toCsv)

Lesson.tablesPage lesson "atlas.html" "Head atlas" [
    for block in blocks ->
        string block, atlas |> List.filter (fun entry -> entry.Block = block) |> HeadAtlas.toTable
]

Finding.number
    "symmetric.qk"
    (atlas |> List.filter _.Circuit.IsQueryKey |> List.averageBy _.SymmetricShare)
|> Finding.withN (int64 (atlas.Length / 2))
|> Lesson.report lesson

let q = atlas |> List.choose _.Q
let coherent = q |> List.filter (fun q -> q < 0.05)

if not q.IsEmpty then
    Finding.count "coherent" (int64 coherent.Length)
    |> Finding.withN (int64 q.Length)
    |> Finding.withSeed (Seed 8UL)
    |> Lesson.report lesson

Lesson.checkFor
    Pocket
    lesson
    "Most heads point at tokens that belong together"
    (2 * coherent.Length > atlas.Length)
(*** include-output ***)
[
    for circuit in [ QueryKey; ValueOutput ] do
        for title, quantity in
            [ "effective rank", _.EffectiveRank; "symmetric share", _.SymmetricShare ] ->
            atlas
            |> HeadAtlas.map circuit quantity (model |> Model.provenance "heads")
            |> Chart.heatmap
            |> Chart.withTitle $"W_{circuit}: {title}"
]
|> Chart.grid 2
|> Lesson.figure
    lesson
    "atlas"
    $"{svds.Length} matrices of {blocks.Length} blocks × {heads.Length} heads, rank {rank}; all \
      numbers in atlas.csv and atlas.html."
(*** include-it ***)
atlas
|> List.truncate 12
|> HeadAtlas.toTable
|> Lesson.table
    lesson
    "heads"
    "The first rows of the atlas; – where the token embeddings or word vectors are not at hand."
(*** include-it ***)
Lesson.finish lesson
