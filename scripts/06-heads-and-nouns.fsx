(**
---
title: What heads do to common nouns
category: Lessons
categoryindex: 2
index: 6
description: For each attention head the tokens that a noun attends to and what it turns the noun into, judged by a space that the model had no part in.
---
*)
(*** condition: prepare ***)
#load "prelude.fsx"
open System
open Workbench

(**
# Travelling words II: what heads do to common nouns

A head has two maps. $W_{QK} = W_q W_k^\top / \sqrt{d_k}$ says what a position looks for: a token $x$ prefers the tokens $y$ with a large
$x W_{QK}\, y^\top$. $W_{VO} = W_v W_o$ says what is then carried over: $y W_{VO}$ is added to the stream. Both are $d \times d$ with rank at most $d_k$, so
they are never multiplied out. This lesson sends the most frequent nouns through both, head by head, and lists the tokens nearest to what comes out.
*)
let settings = PlantedGpt2.Default
let seed = Seed 5UL
let nearest = 5 // tokens listed
let most = 100 // nouns used
let nouns = // English nouns, the most frequent first
    "time year people way day man thing woman life child world school state family student group country problem hand part place case week company
     system program question work government number night point home water room mother area money story fact month lot right study book eye job word
     business issue side kind head house service friend father power hour game line end member law car city community name president team minute idea
     kid body information back parent face others level office door health person art war history party result change morning reason research girl
     guy moment air teacher force education foot boy age policy music market sense nation plan college interest death experience effect use class
     control field development role effort rate heart drug show leader light voice wife police mind price report decision son view relationship"

let whole model = Embedding.hasTokens model && Model.has "ln_f.weight" model && Attention.has (Block 0) model && Model.has "h.0.ln_1.weight" model
let model = Model.tryFirst whole [ "gpt2"; "openai-community/gpt2" ] |> Option.defaultWith (fun () -> Planted.gpt2 settings seed)
let planted = model.Weights.Kind = Planted
let known = [ "word2vec-google-news-300"; "GoogleNews-vectors-negative300"; "googlenews-1000" ]
let independent = if planted then Some(Planted.gpt2WordVectors settings seed) else WordVectors.tryFirst known
let lesson = Lesson.start "06-heads-and-nouns" "What heads do to common nouns" (model.Weights :: [ for each in Option.toList independent -> each.Weights ])

let last = (Attention.blocks model).Length - 1
let blocks = List.distinct [ 0; (last + 1) / 2 - (if last = 11 then 1 else 0); last ] |> List.map Block // 0, 5 and 11 of GPT-2
let words = if planted then Planted.gpt2Words settings seed else nouns.Split([| ' '; '\n' |], StringSplitOptions.RemoveEmptyEntries)
let chosen = words |> Array.choose (fun word -> Tokens.tryWord word model) |> Array.truncate most
let noun i = Tokens.text chosen[i] model
Lesson.reportAll lesson [ Finding.count "nouns" (int64 chosen.Length); Finding.text "gain" (string ProbeSettings.Default.Gain) ]
Lesson.check lesson "Every noun is a single token without a space before it" (chosen |> Array.forall (fun id -> Tokens.text id model = (Tokens.text id model).Trim()))
(*** include-output ***)

(**
## Through every head

For keys, the tokens whose inputs (the embeddings after the block's layer norm, gain and bias included) have the largest dot product with the
noun's $x W_{QK}$. For values, the tokens with the largest dot product with $\mathrm{ln}_f(e + u + b_o)$, where $u = x W_{VO} + b_v W_o$ is the head's update,
and for all heads together with the sum of their updates. The same is done by CSLS, which takes from hubs what they have too much,
and for 200 vectors that point anywhere, so that a score can be read in standard deviations of chance.
*)
let raw, chance = { ProbeSettings.Default with Nearest = nearest }, Anywhere(Seed 6UL, 200)
let corrected = { raw with Nearness = Nearness.Csls 10 }
type Part = { Raw: Probe; Csls: Probe; Chance: Probe }
let through (probe: ProbeSettings -> ProbeStart -> Block -> Model -> Probe list) =
    [ for block in blocks do
          for a, b, c in List.zip3 (probe raw (OfTokens chosen) block model) (probe corrected (OfTokens chosen) block model) (probe raw chance block model) -> { Raw = a; Csls = b; Chance = c } ]
let keys, values = through Attention.probeKeys, through Attention.probeValues
let tokens (found: NearToken[]) = found |> Array.map _.Token.Replace(' ', '␣') |> String.concat " · "
let row part =
    let z, (Block block) = Probe.z part.Chance part.Raw, part.Raw.Block
    let head = match part.Raw.Head with Some(Head head) -> string head | None -> "all"
    [ for i in 0 .. chosen.Length - 1 ->
          [ Count(int64 block); Text head; Text(string part.Raw.Circuit); Text(noun i); Text(tokens part.Raw.Nearest[i]); Number z[i]; Text(tokens part.Csls.Nearest[i]); Number part.Raw.Lengths[i] ] ]
let columns = [ "block"; "head"; "circuit"; "noun"; "nearest"; "z"; "nearest by CSLS"; "length" ]
let table = keys @ values |> List.collect row |> Table.ofRows columns
Lesson.file lesson "nouns.csv" (Table.toCsv table)
for block in blocks do
    for name, probes in [ "keys", keys; "values", values ] do
        [ for { Raw = probe } in probes do
              if probe.Block = block then
                  $"=== {probe.Name} ==="
                  for i in 0 .. chosen.Length - 1 do $"{noun i} [{probe.Lengths[i]:F2}]: {tokens probe.Nearest[i]}" ]
        |> String.concat "\n"
        |> Lesson.file lesson $"""{(string block).Replace(' ', '-')}-{name}.txt"""
[ for part in keys @ values -> part.Raw.Name, Table.ofRows columns (row part) ] |> Lesson.tablesPage lesson "nouns.html" "Nouns through every head"
Finding.count "rows" (int64 table.Rows.Length) |> Lesson.report lesson
(*** include-output ***)
keys @ values |> List.collect (fun part -> List.truncate 2 (row part)) |> Table.ofRows columns
|> Lesson.table lesson "sample" $"The first two of {chosen.Length} nouns in each head of {blocks.Length} blocks; z against 200 random vectors, seed 6; {raw.Gain}. All of them are in nouns.csv and nouns.html."
(*** include-it ***)

(**
## Hubs

Some tokens are near to almost anything. If a head lists the same five tokens for every noun, that says something of the tokens, not of the nouns.
*)
let listed (probe: Probe) = probe.Nearest |> Array.map (Array.map _.Id)
let different probe = (listed probe |> Array.concat |> Array.distinct).Length |> float
let most', counts = float (chosen.Length * nearest), [ for part in keys @ values -> different part.Raw, different part.Csls ]
let byDot, byCsls = List.averageBy fst counts, List.averageBy snd counts
Lesson.reportAll lesson [ for name, value in [ "raw", byDot; "csls", byCsls ] -> Finding.number $"distinct.{name}" value |> Finding.withN (int64 most') ]
Lesson.check lesson "CSLS lists more different tokens than the dot product" (byCsls > byDot)
(*** include-output ***)
let z = Labelled.init (Axis.labelled "head" [| for part in keys -> part.Raw.Name.Substring 6 |]) (Axis.labelled "noun" (Array.init chosen.Length noun)) (Provenance.ofWeights model.Weights "best scores")
let zs = keys |> List.map (fun part -> Probe.z part.Chance part.Raw) |> Array.ofList
[ z (fun head noun -> zs[head][noun]) |> Chart.heatmap |> Chart.withTitle "Best key of each noun" |> Chart.withColourTitle "z"
  [ for name, parts in [ "keys", keys; "values", values ] ->
        Chart.scatter [ for part in parts -> different part.Raw ] [ for part in parts -> different part.Csls ] |> Chart.withName name ]
  |> Chart.combine |> Chart.withUnityLine |> Chart.withXTitle "different tokens, dot product" |> Chart.withYTitle "different tokens, CSLS" |> Chart.withTitle "Hubs taken back" ]
|> Chart.grid 2
|> Lesson.figure lesson "hubs" $"Left: z of the best score of {chosen.Length} nouns in {keys.Length} heads. Right: different tokens among {most':N0} listed per head; {model.Weights}."
(*** include-it ***)

(**
## Do the tokens belong together?

A list of five words always looks meaningful to somebody. Word vectors trained elsewhere are a judge that has not seen the head: the mean
cosine within the lists there, against the same lists with their words exchanged for random ones of the shared vocabulary: lists that are
much alike, as those of neighbouring nouns, stay so, and do not pass for many. The cosine is the effect, $z$ is its evidence.
*)
let judged =
    [ for vectors in Option.toList independent do
          let space = Coherence.space vectors (Embedding.tokens model).Rows
          let judge pick parts = parts |> Seq.collect (pick >> listed) |> Coherence.ofGroups (Seed 8UL) 199 space
          for name, coherence in [ "coherence", judge _.Raw (keys @ values); "coherence.keys", judge _.Raw keys; "coherence.values", judge _.Raw values
                                   "coherence.csls", judge _.Csls (keys @ values); "coherence.chance", judge _.Chance keys ] do
              for found in Option.toList coherence -> name, found ]
for name, found in judged do
    Finding.number $"{name}.z" found.Z |> Finding.withN (int64 found.Groups) |> Finding.withP found.P |> Finding.withSeed found.Seed |> Lesson.report lesson
if judged.IsEmpty then printfn "No word vectors are at hand; with googlenews-1000.bin under word2vec/ in WORKBENCH_MODELS the lists are judged here."
let zOf name = judged |> List.tryPick (fun (each, found) -> if each = name then Some found.Z else None)
Lesson.checkFor Planted lesson "In the planted model the lists belong together" (zOf "coherence" > Some 5.0)
(*** include-output ***)
judged |> Table.ofItems [ "lists", (fun (name, _) -> Text name); "cosine", (fun (_, found) -> Number found.Cosine); "z", (fun (_, found) -> Number found.Z)
                          "p", (fun (_, found) -> Number found.P); "lists with two known words", (fun (_, found) -> Count(int64 found.Groups)) ]
|> Lesson.table lesson "coherence" "Mean cosine within lists in the independent space, z and p against 199 exchanges of their words, seed 8. Chance: the keys of vectors that point anywhere."
(*** include-it ***)

(**
Vectors that point anywhere also end in coherent lists wherever a head writes into few directions: what a head does to *any* input is its own doing,
and only the difference to chance is the noun's. In the planted model it is known which families of words a head joins, so the lists can be marked:
*)
let family = words |> Seq.mapi (fun i word -> word, i % settings.Families) |> Seq.distinctBy fst |> dict
let marks =
    [ for { Raw = probe } in keys do
          for from, into in (if planted then Planted.gpt2Joins settings seed QueryKey probe.Block probe.Head.Value else [||]) do
              for i in 0 .. chosen.Length - 1 do
                  if family[noun i] = from then
                      for found in probe.Nearest[i] -> if family.ContainsKey(found.Token.Trim()) && family[found.Token.Trim()] = into then 1.0 else 0.0 ]
if planted then Finding.number "planted.keys.right" (List.average marks) |> Finding.withN (int64 marks.Length) |> Lesson.report lesson
Lesson.checkFor Planted lesson "In the planted model most keys of a joined family are of the family it is joined to" (planted && List.average marks > 0.5)
(*** include-output ***)
Lesson.finish lesson
