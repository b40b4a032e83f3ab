(**
---
title: Singular directions of heads
category: Lessons
categoryindex: 2
index: 7
description: Spectra of all heads, the tokens at their singular directions, and an atlas that says which directions are stable and which belong together.
---
*)
(*** condition: prepare ***)
#load "prelude.fsx"
open System
open Workbench

(**
# Travelling words III: singular directions

The matrix of a head, $W_{QK}$ or $W_{VO}$, is a sum of a few products: read along a left singular vector, stretch by a singular value, answer along
the right one. It has rank $d_k$ at most, and its factors are known, so its decomposition comes from two thin QR factorisations and an
SVD of $d_k \times d_k$: exact, in a small part of the time of a $d \times d$ one, and without the many vectors of the null space that mean nothing.
*)
let settings = PlantedGpt2.Default
let seed = Seed 5UL
let wanted = 5 // the block that is shown whole, where the checkpoint holds it
let directions, nearest = 20, 5 // singular values shown, tokens listed for each
let gain = Apart // or Folded

let some model = Seq.exists (fun block -> Attention.has (Block block) model) (seq { 0..47 })
let model = Model.tryFirst some [ "gpt2"; "openai-community/gpt2" ] |> Option.defaultWith (fun () -> Planted.gpt2 settings seed)
let planted = model.Weights.Kind = Planted
let known = [ "word2vec-google-news-300"; "GoogleNews-vectors-negative300"; "googlenews-1000" ]
let independent =
    if planted then Some(Planted.gpt2WordVectors settings seed)
    else Some known |> Option.filter (fun _ -> Embedding.hasTokens model) |> Option.bind WordVectors.tryFirst
let lesson = Lesson.start "07-singular-directions" "Singular directions of heads" (model.Weights :: [ for each in Option.toList independent -> each.Weights ])
let weights = Model.gpt2 model
let blocks = Attention.blocks model |> List.filter (fun block -> Attention.has block model)
let block = if List.contains (Block wanted) blocks then Block wanted else List.last blocks
let heads, width, rank = Attention.heads model, weights.Config.Width, weights.Config.HeadWidth
Lesson.reportAll lesson [ Finding.text "gain" (string gain); Finding.text "block" (string block) ]
(*** include-output ***)

(** ## Spectra: how many directions does a head use? *)
let factors circuit block head = (match circuit with QueryKey -> Attention.queryKey | ValueOutput -> Attention.valueOutput) gain block head model
let svds = [ for block in blocks do for head in heads do for circuit in [ QueryKey; ValueOutput ] -> factors circuit block head |> Decomposition.svd ]
let here circuit = svds |> List.filter (fun each -> each.Of.Block = block && each.Of.Circuit = circuit)
let entries = svds |> List.map HeadAtlas.entry
HeadAtlas.toFinding "spectra" entries |> Lesson.report lesson
Lesson.check lesson "A head's matrix has no more singular values than the head is wide" (svds |> List.forall (fun each -> each.Values.Length = rank))
(*** include-output ***)
[ for circuit in [ QueryKey; ValueOutput ] ->
      [ for each in here circuit ->
            let covered = Array.append [| 0.0 |] (Decomposition.coverage each)
            Chart.line (Seq.init covered.Length (fun i -> 100.0 * float i / float rank)) (Seq.map ((*) 100.0) covered) |> Chart.withName (string each.Of.Head) ]
      |> Chart.combine |> Chart.withLabelledHorizontalLine "99 %" 99.0 |> Chart.withTitle $"W_{circuit}"
      |> Chart.withXTitle "share of features, %" |> Chart.withYTitle "share of singular values, %" ]
|> Chart.grid 2
|> Lesson.figure lesson "coverage" $"Cumulative share of the sum of singular values in {heads.Length} heads of {block}, {rank} each, {gain}; {model.Weights}."
(*** include-it ***)

(**
## The tokens at both ends

A left vector is compared with what the block's attention reads, the embeddings after its layer norm; a right one with the same for
$W_{QK}$, and with the embeddings themselves for $W_{VO}$. Of the two signs that one is taken for which the right vector's best match is positive.
A direction whose value is close to another's is arbitrary within the plane of the two: the gap says so.
*)
let (Block shown), missing = block, weights.Missing
let readable = Embedding.hasTokens model && Model.has $"h.{shown}.ln_1.weight" model
let found circuit block =
    let inputs = Attention.inputs gain block model
    let right = match circuit with QueryKey -> inputs | ValueOutput -> Embedding.tokens model
    let each = svds |> List.filter (fun each -> each.Of.Block = block && each.Of.Circuit = circuit)
    List.zip each (Decomposition.nearestTokens Nearness.DotProduct nearest directions inputs right each)
let words count (tokens: NearToken[]) = tokens |> Array.truncate count |> Array.map _.Token.Replace(' ', '␣') |> String.concat ", "
let columns = [ "rank"; "value"; "gap"; "left"; "right" ]
let row count (each: SingularDirection) = [ Count(int64 each.Index); Number each.Value; Number each.Gap; Text(words count each.Left); Text(words count each.Right) ]
let both = if readable then [ for circuit in [ QueryKey; ValueOutput ] -> circuit, found circuit block ] else []
for circuit, heads in both do
    let tables count = [ for each, found in heads -> Table.ofRows columns (Seq.map (row count) found) |> Table.withTitle each.Of.Name ]
    let file = $"block-{shown}-{(string circuit).ToLowerInvariant()}"
    tables nearest |> List.map Table.toText |> String.concat "\n\n" |> Lesson.file lesson $"{file}.txt"
    tables 3 |> List.map Table.toLatex |> String.concat "\n\n" |> Lesson.file lesson $"{file}.tex"
if not readable then
    printfn $"{model.Weights} is partial: the spectra need nothing but the attention layers of a block, and {blocks.Length} of {weights.Config.Blocks} blocks have them."
    printfn $"Tokens at the directions would need wte.weight and h.{shown}.ln_1; the whole atlas the attention layers of all blocks. {missing.Count} tensors of the model are missing."
(*** include-output ***)
(if readable then
     [ for circuit, heads in both do for each, found in List.truncate 2 heads do for direction in Array.truncate 3 found -> Text each.Of.Name :: row 3 direction ]
     |> Table.ofRows ("matrix" :: columns)
 else
     [ [ "spectra, gaps, symmetric shares"; "h.N.attn.c_attn, h.N.attn.c_proj"; $"{blocks.Length} of {weights.Config.Blocks} blocks" ]
       [ "nearest tokens, bias directions, coherence"; $"wte.weight and h.{shown}.ln_1"; (if Embedding.hasTokens model then "no layer norm" else "no wte.weight") ] ]
     |> Seq.map (List.map Text) |> Table.ofRows [ "part"; "needs"; "at hand" ])
|> Lesson.table lesson "directions" (if readable then $"First singular directions of the first heads of {block}; all in block-{shown}-qk.txt and block-{shown}-vo.txt." else $"What this checkpoint allows: {weights.Inventory}")
(*** include-it ***)

(**
The biases of a head have directions of their own: $W_q b_k^\top$, which a query meets whatever the key, and $b_q W_k^\top$, which makes keys
attractive to every query. The tokens nearest to either, and to its opposite:
*)
let biases =
    [ for head in heads do
          let bias = Attention.queryKeyBias gain block head model
          for name, vector in [ "query", bias.OfQuery; "key", bias.OfKey ] do
              let length = sqrt (Array.sumBy (fun x -> x * x) vector)
              for sign, factor in [ "+", 1.0; "−", -1.0 ] do
                  let values: float32[] = vector |> Array.map (fun x -> float32 (factor * x))
                  let near inputs = Workbench.Core.Tensors.Matrix.FromArray(1, width, values) |> Nearest.tokens Nearness.DotProduct nearest inputs |> Array.head
                  let shown = if readable then Attention.inputs gain block model |> near |> words nearest else "needs wte.weight"
                  [ Text(string head); Text $"{sign} {name}"; Number length; Text shown ] ]
let biasTable = biases |> Table.ofRows [ "head"; "direction"; "length"; "nearest tokens" ]
Lesson.file lesson $"block-{shown}-biases.txt" (Table.toText biasTable)
{ biasTable with Rows = List.truncate 8 biasTable.Rows } |> Lesson.table lesson "biases" $"Bias directions of the first heads of {block}, scaled as W_QK is; all in block-{shown}-biases.txt."
(*** include-it ***)

(**
## The head atlas

Every head at hand with both its matrices: how many directions it is worth, how symmetric it is, how many of its directions are stable, that is,
would turn by less than 30° if the matrix changed by 1 % of its norm, and whether the tokens at its directions belong together in a
space of word vectors that the model had no part in, as $z$ against the same lists of other words and as $q$ over all heads.
*)
let atlas =
    match independent with
    | Some vectors when readable ->
        [ for block in blocks do
              for each, found in found QueryKey block @ found ValueOutput block -> HeadAtlas.entry each, Array.truncate 5 found ]
        |> HeadAtlas.judge (Seed 8UL) 999 (Coherence.space vectors (Embedding.tokens model).Rows)
    | _ -> entries
Lesson.file lesson "atlas.csv" (atlas |> HeadAtlas.toTable |> Table.toCsv)
Lesson.tablesPage lesson "atlas.html" "Head atlas" [ for block in blocks -> string block, atlas |> List.filter (fun entry -> entry.Block = block) |> HeadAtlas.toTable ]
let symmetric = atlas |> List.filter (fun entry -> entry.Circuit = QueryKey) |> List.averageBy _.SymmetricShare
Finding.number "symmetric.qk" symmetric |> Finding.withN (int64 (atlas.Length / 2)) |> Lesson.report lesson
let q = atlas |> List.choose _.Q
if not q.IsEmpty then
    Finding.count "coherent" (q |> List.filter (fun q -> q < 0.05) |> List.length |> int64) |> Finding.withN (int64 q.Length) |> Finding.withSeed (Seed 8UL) |> Lesson.report lesson
(*** include-output ***)
[ for circuit in [ QueryKey; ValueOutput ] do
      for title, quantity in [ "effective rank", _.EffectiveRank; "symmetric share", _.SymmetricShare ] ->
          atlas |> HeadAtlas.map circuit quantity (Provenance.ofWeights model.Weights "heads") |> Chart.heatmap |> Chart.withTitle $"W_{circuit}: {title}" ]
|> Chart.grid 2
|> Lesson.figure lesson "atlas" $"{svds.Length} matrices of {blocks.Length} blocks × {heads.Length} heads, rank {rank}; all numbers in atlas.csv and atlas.html."
(*** include-it ***)
List.truncate 12 atlas |> HeadAtlas.toTable |> Lesson.table lesson "heads" "The first rows of the atlas; – where the token embeddings or word vectors are not at hand."
(*** include-it ***)
let off (each: Decomposition) = Planted.gpt2Spectrum settings each.Of.Circuit each.Of.Block each.Of.Head |> Array.map2 (fun a b -> abs (a - b)) each.Values |> Array.max
Lesson.checkFor Planted lesson "The planted singular values are found again, to 1e-6" (planted && gain = Apart && List.max (List.map off svds) < 1e-6)
(*** include-output ***)
Lesson.finish lesson
