(**
---
title: What heads do to common nouns
category: Lessons
categoryindex: 2
index: 6
description: What each head attends to and makes of a noun, judged by a space of its own.
---
*)
(*** condition: prepare ***)
#load "prelude.fsx"

open System
open Workbench

(**
# Travelling words II: what heads do to common nouns

A head has two maps. $W_{QK} = W_q W_k^\top / \sqrt{d_k}$ says what a position looks for: a token
$x$ prefers the tokens $y$ with a large $x W_{QK}\, y^\top$. $W_{VO} = W_v W_o$ says what is then
carried over: $y W_{VO}$ is added to the stream. Both are $d \times d$ with rank at most $d_k$, so
they are never multiplied out. This lesson sends the most frequent nouns through both, head by head,
and lists the tokens nearest to what comes out.

The line of weights says which model this is and who judges. Where no others are at hand the model
is `pocket-gpt2`, six blocks of six heads that were trained on a shelf of old books, and the judge
`pocket-word2vec`, trained on the same books by itself. With GPT-2 in a folder,
`dotnet fsi scripts/lessons.fsx 6 --models FOLDER` shows blocks 0, 5 and 11 of its twelve, and the
same files and numbers; where Google's word vectors are there too, they judge. More of the nouns are
single tokens of GPT-2, whose vocabulary is five times as large.
*)
let nearest = 5 // tokens listed
let most = 100 // nouns used

let nouns = // English nouns, the most frequent first
    "time year people way day man thing woman life child world school state family student group
     country problem hand part place case week company system program question work government
     number night point home water room mother area money story fact month lot right study book eye
     job word business issue side kind head house service friend father power hour game line end
     member law car city community name president team minute idea kid body information back parent
     face others level office door health person art war history party result change morning reason
     research girl guy moment air teacher force education foot boy age policy music market sense
     nation plan college interest death experience effect use class control field development role
     effort rate heart drug show leader light voice wife police mind price report decision son view
     relationship"

let whole model =
    Embedding.hasTokens model
    && Model.has "ln_f.weight" model
    && Attention.has (Block 0) model
    && Model.has "h.0.ln_1.weight" model

let model = [ "gpt2"; "openai-community/gpt2" ] |> Model.firstOr "pocket-gpt2" whole

let google = [
    "word2vec-google-news-300"
    "GoogleNews-vectors-negative300"
    "googlenews-1000"
]

let judge =
    WordVectors.tryFirst google
    |> Option.defaultWith (fun () -> WordVectors.load "pocket-word2vec")

let lesson =
    Lesson.start "06-heads-and-nouns" "What heads do to common nouns" [
        model.Weights
        judge.Weights
    ]

let last = (Attention.blocks model).Length - 1
let blocks = [ 0; last / 2; last ] |> List.distinct |> List.map Block

let chosen =
    nouns.Split([| ' '; '\n' |], StringSplitOptions.RemoveEmptyEntries)
    |> Array.choose (fun word -> Tokens.tryWord word model)
    |> Array.truncate most

let noun i = Tokens.text chosen[i] model

Lesson.reportAll lesson [
    Finding.count "nouns" (int64 chosen.Length)
    Finding.text "gain" (string HeadProbeSettings.Default.Gain)
]

Lesson.check
    lesson
    "Every noun is a single token without a space before it"
    (chosen.Length > 0
     && chosen
        |> Array.forall (fun id -> Tokens.text id model = (Tokens.text id model).Trim()))
(*** include-output ***)

(**
## Through every head

For keys, the tokens whose inputs (the embeddings after the block's layer norm, gain and bias
included) have the largest dot product with the noun's $x W_{QK}$. For values, the tokens with the
largest dot product with $\mathrm{ln}_f(e + u + b_o)$, where $u = x W_{VO} + b_v W_o$ is the head's
update, and for all heads together with the sum of their updates. The same is done by CSLS, which
takes from hubs what they have too much, and for 200 vectors that point anywhere, so that a score
can be read in standard deviations of chance.
*)
let raw, chance =
    {
        HeadProbeSettings.Default with
            Nearest = nearest
    },
    Anywhere(Seed 6UL, 200)

let corrected = { raw with Nearness = Nearness.Csls 10 }

type Part = {
    Raw: HeadProbe
    Csls: HeadProbe
    Chance: HeadProbe
}

let through (probe: HeadProbeSettings -> HeadProbeStart -> Block -> Model -> HeadProbe list) = [
    for block in blocks do
        let probe settings start = probe settings start block model

        for a, b, c in
            List.zip3
                (probe raw (OfTokens chosen))
                (probe corrected (OfTokens chosen))
                (probe raw chance) -> { Raw = a; Csls = b; Chance = c }
]

let keys, values = through HeadProbe.keys, through HeadProbe.values

let tokens (found: NearToken[]) =
    found |> Array.map _.Token.Replace(' ', '␣') |> String.concat " · "

let row part =
    let z, (Block block) = HeadProbe.z part.Chance part.Raw, part.Raw.Block

    let head =
        match part.Raw.Head with
        | Some(Head head) -> string head
        | None -> "all"

    [
        for i in 0 .. chosen.Length - 1 ->
            [
                Count(int64 block)
                Text head
                Text(string part.Raw.Circuit)
                Text(noun i)
                Text(tokens part.Raw.Nearest[i])
                Number z[i]
                Text(tokens part.Csls.Nearest[i])
                Number part.Raw.Lengths[i]
            ]
    ]

let columns = [
    "block"
    "head"
    "circuit"
    "noun"
    "nearest"
    "z"
    "nearest by CSLS"
    "length"
]

let table = keys @ values |> List.collect row |> Table.ofRows columns
Lesson.file lesson "nouns.csv" (Table.toCsv table)

for block in blocks do
    for name, probes in [ "keys", keys; "values", values ] do
        [
            for { Raw = probe } in probes do
                if probe.Block = block then
                    $"=== {probe.Name} ==="

                    for i in 0 .. chosen.Length - 1 do
                        $"{noun i} [{probe.Lengths[i]:F2}]: {tokens probe.Nearest[i]}"
        ]
        |> String.concat "\n"
        |> Lesson.file lesson $"""{(string block).Replace(' ', '-')}-{name}.txt"""

[ for part in keys @ values -> part.Raw.Name, Table.ofRows columns (row part) ]
|> Lesson.tablesPage lesson "nouns.html" "Nouns through every head"

Finding.count "rows" (int64 table.Rows.Length) |> Lesson.report lesson

let above parts =
    parts
    |> Seq.collect (fun part -> HeadProbe.z part.Chance part.Raw)
    |> Seq.average

for block in blocks do
    Finding.number
        $"""keys.z.{(string block).Replace(' ', '-')}"""
        (above [
            for part in keys do
                if part.Raw.Block = block then
                    part
        ])
    |> Finding.withSeed (Seed 6UL)
    |> Lesson.report lesson

Lesson.checkFor
    Pocket
    lesson
    "The best key of a noun is nearer than that of a vector which points anywhere"
    (above keys > 1.0)
(*** include-output ***)
keys @ values
|> List.collect (row >> List.truncate 1)
|> Table.ofRows columns
|> Lesson.table
    lesson
    "sample"
    $"The first of {chosen.Length} nouns in each head of {blocks.Length} blocks; z against 200 \
      random vectors, seed 6; {raw.Gain}. All of them are in nouns.csv and nouns.html."
(*** include-it ***)

(**
## Hubs

Some tokens are near to almost anything. If a head lists the same five tokens for every noun, that
says something of the tokens, not of the nouns. In the pocket model the value lists show them
plainly: fragments that its few books hardly held, and single bytes that they did not hold at all.
*)
let listed (probe: HeadProbe) =
    probe.Nearest |> Array.map (Array.map _.Id)

let different probe =
    (listed probe |> Array.concat |> Array.distinct).Length |> float

let all, counts =
    float (chosen.Length * nearest),
    [ for part in keys @ values -> different part.Raw, different part.Csls ]

let byDot, byCsls = List.averageBy fst counts, List.averageBy snd counts

Lesson.reportAll lesson [
    for name, value in [ "raw", byDot; "csls", byCsls ] ->
        Finding.number $"distinct.{name}" value |> Finding.withN (int64 all)
]

Lesson.checkFor
    Pocket
    lesson
    "CSLS lists more different tokens than the dot product"
    (byCsls > byDot)
(*** include-output ***)
let z =
    Labelled.init
        (Axis.labelled "head" [| for part in keys -> part.Raw.Name.Substring 6 |])
        (Axis.labelled "noun" (Array.init chosen.Length noun))
        (model |> Model.provenance "best scores")

let zs =
    keys |> List.map (fun part -> HeadProbe.z part.Chance part.Raw) |> Array.ofList

[
    z (fun head noun -> zs[head][noun])
    |> Chart.heatmap
    |> Chart.withTitle "Best key of each noun"
    |> Chart.withColourTitle "z"
    [
        for name, parts in [ "keys", keys; "values", values ] ->
            Chart.scatter [ for part in parts -> different part.Raw ] [
                for part in parts -> different part.Csls
            ]
            |> Chart.withName name
    ]
    |> Chart.combine
    |> Chart.withUnityLine
    |> Chart.withXTitle "different tokens, dot product"
    |> Chart.withYTitle "different tokens, CSLS"
    |> Chart.withTitle "Hubs taken back"
]
|> Chart.grid 1
|> Lesson.figure
    lesson
    "hubs"
    $"Above: z of the best score of {chosen.Length} nouns in {keys.Length} heads. Below: different \
      tokens among {all:N0} listed per head; {model.Weights}."
(*** include-it ***)

(**
## Do the tokens belong together?

A list of five words always looks meaningful to somebody. Word vectors are a judge that has not seen
the head: the mean cosine within the lists there, against the same lists with their words exchanged
for random ones of the shared vocabulary: lists that are much alike, as those of neighbouring nouns,
stay so, and do not pass for many. The cosine is the effect, $z$ is its evidence.
*)
let vocabulary = (Embedding.tokens model).Rows
let space = Coherence.space judge vocabulary

let judged =
    let lists pick parts = parts |> Seq.collect (pick >> listed)

    let words =
        Array.init vocabulary.Length id
        |> Array.distinctBy (fun id -> (vocabulary.Label id).Trim()) // one token for each

    let random =
        Sample.permutation (Seed 9UL) words.Length
        |> Array.map (fun i -> words[i])
        |> Array.chunkBySize nearest

    [
        for name, lists in
            [
                "coherence", lists _.Raw (keys @ values)
                "coherence.keys", lists _.Raw keys
                "coherence.values", lists _.Raw values
                "coherence.csls", lists _.Csls (keys @ values)
                "coherence.chance", lists _.Chance keys
                "coherence.random", random
            ] do
            for found in lists |> Coherence.ofGroups (Seed 8UL) 199 space |> Option.toList ->
                name, found
    ]

for name, found in judged do
    Finding.number $"{name}.z" found.Z
    |> Finding.withN (int64 found.Groups)
    |> Finding.withP found.P
    |> Finding.withSeed found.Seed
    |> Lesson.report lesson

Lesson.checkFor
    Pocket
    lesson
    "Tokens that a head lists for one noun belong together more than random ones"
    (judged |> List.exists (fun (name, found) -> name = "coherence" && found.Z > 3.0))

Lesson.check
    lesson
    "Words dealt out at random do not"
    (judged
     |> List.exists (fun (name, found) -> name = "coherence.random" && abs found.Z < 4.0))
(*** include-output ***)
judged
|> Table.ofItems [
    "lists", (fun (name, _) -> Text name)
    "cosine", (fun (_, found) -> Number found.Cosine)
    "z", (fun (_, found) -> Number found.Z)
    "p", (fun (_, found) -> Number found.P)
    "lists with two known words", (fun (_, found) -> Count(int64 found.Groups))
]
|> Lesson.table
    lesson
    "coherence"
    $"Mean cosine within lists in {judge.Weights}, z and p against 199 exchanges of their words, \
      seed 8. Chance: the keys of vectors that point anywhere. Random: the vocabulary dealt out by \
      seed 9."
(*** include-it ***)

(**
Vectors that point anywhere also end in coherent lists wherever a head writes into few directions:
what a head does to *any* input is its own doing, and only the difference to chance is the noun's.
Compare the keys with chance, and both with random lists, before you read a meaning into one.
*)
Lesson.finish lesson
