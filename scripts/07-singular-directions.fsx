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
let independent =
    if planted then Some(Planted.gpt2WordVectors settings seed)
    else WordVectors.tryFirst [ "word2vec-google-news-300"; "GoogleNews-vectors-negative300"; "googlenews-1000" ]
let lesson = Lesson.start "07-singular-directions" "Singular directions of heads" (model.Weights :: [ for each in Option.toList independent -> each.Weights ])
let weights = Model.gpt2 model
let blocks = Attention.blocks model |> List.filter (fun block -> Attention.has block model)
let block = if List.contains (Block wanted) blocks then Block wanted else List.last blocks
let heads, width, rank = Attention.heads model, weights.Config.Width, weights.Config.HeadWidth
Finding.text "gain" (string gain) |> Lesson.report lesson
Finding.text "block" (string block) |> Lesson.report lesson
(*** include-output ***)

(** ## Spectra: how many directions does a head use? *)
let factors circuit block head = (match circuit with QueryKey -> Attention.queryKey | ValueOutput -> Attention.valueOutput) gain block head model
let svds = [ for block in blocks do for head in heads do for circuit in [ QueryKey; ValueOutput ] -> factors circuit block head |> Decomposition.svd ]
let here circuit = svds |> List.filter (fun each -> each.Of.Block = block && each.Of.Circuit = circuit)
let number (each: Decomposition) = (let (Block b), (Head h) = each.Of.Block, each.Of.Head in b, h)
Finding.value "spectra" (Value.Array [
    for each in svds ->
        let b, h = number each
        Value.Array [ Value.Number b; Value.Number h; Value.Text(string each.Of.Circuit)
                      for value in Array.truncate 3 each.Values do Value.Number value
                      Value.Number(float (Decomposition.featuresFor 0.99 each)); Value.Number(Decomposition.effectiveRank each) ] ])
|> Finding.withN (int64 svds.Length) |> Lesson.report lesson
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
let (Block shown) = block
let readable = Embedding.hasTokens model && Model.has $"h.{shown}.ln_1.weight" model
let found circuit block =
    let inputs = Attention.inputs gain block model
    let right = match circuit with QueryKey -> inputs | ValueOutput -> Embedding.tokens model
    let each = svds |> List.filter (fun each -> each.Of.Block = block && each.Of.Circuit = circuit)
    List.zip each (Decomposition.nearestTokens Nearness.DotProduct nearest directions inputs right each)
let words count (tokens: NearToken[]) = tokens |> Array.truncate count |> Array.map _.Token.Trim() |> String.concat ", "
let columns = [ "rank"; "value"; "gap"; "left"; "right" ]
let row count (each: SingularDirection) = [ Count(int64 each.Index); Number each.Value; Number each.Gap; Text(words count each.Left); Text(words count each.Right) ]
let both = if readable then [ for circuit in [ QueryKey; ValueOutput ] -> circuit, found circuit block ] else []
for circuit, heads in both do
    let tables count = [ for each, found in heads -> Table.ofRows columns (Seq.map (row count) found) |> Table.withTitle each.Of.Name ]
    let file = $"block-{shown}-{(string circuit).ToLowerInvariant()}"
    tables nearest |> List.map Table.toText |> String.concat "\n\n" |> Lesson.file lesson $"{file}.txt"
    tables 3 |> List.map Table.toLatex |> String.concat "\n\n" |> Lesson.file lesson $"{file}.tex"
let missing = weights.Missing
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
    [ if readable then
          let inputs = Attention.inputs gain block model
          for head in heads do
              let bias = Attention.queryKeyBias gain block head model
              for name, vector in [ "query", bias.OfQuery; "key", bias.OfKey ] do
                  for sign, factor in [ "+", 1.0f; "−", -1.0f ] do
                      let direction = Workbench.Core.Tensors.Matrix.FromArray(1, width, vector |> Array.map (fun x -> factor * float32 x))
                      [ Text(string head); Text $"{sign} {name}"; Text(words nearest (Nearest.tokens Nearness.DotProduct nearest inputs direction)[0]) ] ]
let biasTable = Table.ofRows [ "head"; "direction"; "nearest tokens" ] biases
if readable then Lesson.file lesson $"block-{shown}-biases.txt" (Table.toText biasTable)
biasTable |> (fun table -> { table with Rows = List.truncate 8 table.Rows }) |> Lesson.table lesson "biases" $"Bias directions of the first heads of {block}; rows only where the token embeddings are at hand."
(*** include-it ***)

(**
## The head atlas

Every head at hand with both its matrices: how many directions it is worth, how symmetric it is, how many of its directions are stable, that is,
would turn by less than 30° if the matrix changed by 1 % of its norm, and whether the tokens at its directions belong together in a
space of word vectors that the model had no part in, as $z$ against random lists and as $q$ over all heads.
*)
let judged =
    match independent with
    | Some vectors when readable ->
        let space = Coherence.space vectors (Embedding.tokens model).Rows
        [ for block in blocks do
              for each, found in found QueryKey block @ found ValueOutput block do
                  let lists = [ for direction in Array.truncate 5 found do for side in [ direction.Left; direction.Right ] -> side |> Array.map _.Id ]
                  for coherence in Coherence.ofGroups (Seed 8UL) 999 space lists |> Option.toList -> each.Of.Name, coherence ]
    | _ -> []
let q = judged |> Seq.map (fun (_, coherence) -> coherence.P) |> Array.ofSeq |> Significance.benjaminiHochberg |> Seq.zip (Seq.map fst judged) |> dict
let coherences = dict judged
let stable (each: Decomposition) = each |> Decomposition.stability 0.01 |> Array.filter (fun angle -> angle < Math.PI / 6.0) |> Array.length
let atlas =
    svds |> Table.ofItems [
        "block", (number >> fst >> int64 >> Count); "head", (number >> snd >> int64 >> Count); "matrix", (fun each -> Text(string each.Of.Circuit))
        "s1", (fun each -> Number each.Values[0]); "s2", (fun each -> Number each.Values[1]); "s3", (fun each -> Number each.Values[2])
        "for 99 %", (fun each -> Count(int64 (Decomposition.featuresFor 0.99 each))); "effective rank", (Decomposition.effectiveRank >> Number)
        "symmetric share", (fun each -> Number(FactoredMatrix.symmetricShare each.Of)); "stable", (stable >> int64 >> Count)
        "coherence z", (fun each -> Number(match coherences.TryGetValue each.Of.Name with | true, found -> found.Z | _ -> nan))
        "q", (fun each -> Number(match q.TryGetValue each.Of.Name with | true, q -> q | _ -> nan)) ]
Lesson.file lesson "atlas.csv" (Table.toCsv atlas)
Lesson.tablesPage lesson "atlas.html" "Head atlas" [ $"{svds.Length} matrices of {model.Weights}", atlas ]
let map circuit title quantity =
    let rows, columns = Axis.labelled "block" [| for Block b in blocks -> string b |], Axis.numbered "head" heads.Length
    let at = dict [ for each in svds do if each.Of.Circuit = circuit then (each.Of.Block, each.Of.Head), quantity each ]
    Labelled.init rows columns svds.Head.Of.Provenance (fun i j -> at[blocks[i], Head j]) |> Chart.heatmap |> Chart.withTitle title
[ for circuit in [ QueryKey; ValueOutput ] do
      map circuit $"W_{circuit}: effective rank" Decomposition.effectiveRank
      map circuit $"W_{circuit}: symmetric share" (fun each -> FactoredMatrix.symmetricShare each.Of) ]
|> Chart.grid 2
|> Lesson.figure lesson "atlas" $"{svds.Length} matrices of {blocks.Length} blocks × {heads.Length} heads, rank {rank}; all numbers in atlas.csv."
(*** include-it ***)
let truth = [ for each in svds do if planted then Planted.gpt2Spectrum settings each.Of.Circuit each.Of.Block each.Of.Head |> Array.map2 (fun a b -> abs (a - b)) each.Values |> Array.max ]
Lesson.checkFor Planted lesson "The planted singular values are found again, to 1e-6" (planted && List.max truth < 1e-6)
Finding.number "symmetric.qk" (svds |> List.filter (fun each -> each.Of.Circuit = QueryKey) |> List.averageBy (fun each -> FactoredMatrix.symmetricShare each.Of)) |> Lesson.report lesson
if not judged.IsEmpty then Finding.count "coherent.heads" (q.Values |> Seq.filter (fun q -> q < 0.05) |> Seq.length |> int64) |> Finding.withN (int64 q.Count) |> Finding.withSeed (Seed 8UL) |> Lesson.report lesson
(*** include-output ***)
Lesson.finish lesson
