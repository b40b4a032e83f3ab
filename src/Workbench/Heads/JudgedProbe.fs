namespace Workbench

open type System.FormattableString

/// <summary>A head probed three ways: as it is, with hubs taken back (CSLS), and with vectors that point
/// anywhere.</summary>
/// <category index="5">Heads</category>
[<NoComparison; NoEquality; StructuredFormatDisplay("{Display}")>]
type JudgedProbe = {
    Raw: HeadProbe
    Csls: HeadProbe
    Chance: HeadProbe
} with

    member this.Block = this.Raw.Block

    member this.Display =
        $"{this.Raw}, beside CSLS and {this.Chance.Nearest.Length} random vectors"

    override this.ToString() = this.Display

/// <summary>Probes heads with words beside what chance gives on the same path.</summary>
/// <category index="5">Heads</category>
[<RequireQualifiedAccess>]
module JudgedProbe =
    // Neighbours by which CSLS knows a hub.
    let private cslsNeighbours = 10

    let private threeWays probe (settings: HeadProbeSettings) start (tokens: int[]) (block: Block) (model: Model) =
        let probe settings start : HeadProbe list = probe settings start block model

        let corrected = {
            settings with
                Nearness = Nearness.Csls cslsNeighbours
        }

        List.zip3 (probe settings (OfTokens tokens)) (probe corrected (OfTokens tokens)) (probe settings start)
        |> List.map (fun (raw, csls, chance) -> {
            Raw = raw
            Csls = csls
            Chance = chance
        })

    /// <summary>`HeadProbe.keys` of tokens, by CSLS with ten neighbours, and of chance.</summary>
    /// <param name="settings">How many tokens, how near is meant, where the gain is counted.</param>
    /// <param name="chance">Usually `Anywhere`.</param>
    /// <param name="tokens">Their ids.</param>
    /// <param name="block">Which block.</param>
    /// <param name="model">With token embeddings, and the block's attention and norm.</param>
    /// <example><code lang="fsharp">
    /// gpt2
    /// |> JudgedProbe.keys HeadProbeSettings.Default (Anywhere(Seed 6UL, 20)) (Tokens.ids " king" gpt2) (Block 5)
    /// |> List.length
    /// </code> is <c>6</c>.</example>
    let keys settings chance tokens block model : JudgedProbe list =
        threeWays HeadProbe.keys settings chance tokens block model

    /// <summary>`HeadProbe.values` of tokens, by CSLS with ten neighbours, and of chance; the last is that of all heads
    /// together.</summary>
    /// <param name="settings">How many tokens, how near is meant, where the gain is counted.</param>
    /// <param name="chance">Usually `Anywhere`.</param>
    /// <param name="tokens">Their ids.</param>
    /// <param name="block">Which block.</param>
    /// <param name="model">With token embeddings, the final norm, and the block's attention and norm.</param>
    /// <example><code lang="fsharp">
    /// gpt2
    /// |> JudgedProbe.values HeadProbeSettings.Default (Anywhere(Seed 6UL, 20)) (Tokens.ids " king" gpt2) (Block 5)
    /// |> List.length
    /// </code> is <c>7</c>.</example>
    let values settings chance tokens block model : JudgedProbe list =
        threeWays HeadProbe.values settings chance tokens block model

    /// <summary>For each token, how far its best score lies from those of chance, in their standard
    /// deviations.</summary>
    /// <example><code lang="fsharp">
    /// gpt2
    /// |> JudgedProbe.keys HeadProbeSettings.Default (Anywhere(Seed 6UL, 20)) (Tokens.ids " king" gpt2) (Block 5)
    /// |> List.head
    /// |> JudgedProbe.z
    /// |> Array.length
    /// </code> is <c>1</c>.</example>
    let z (probe: JudgedProbe) : float[] = HeadProbe.z probe.Chance probe.Raw

    /// <summary>The mean of all z of several probes.</summary>
    /// <example><code lang="fsharp">
    /// gpt2
    /// |> JudgedProbe.keys HeadProbeSettings.Default (Anywhere(Seed 6UL, 20)) (Tokens.ids " king" gpt2) (Block 5)
    /// |> JudgedProbe.meanZ
    /// </code> is <c>…</c>.</example>
    let meanZ (probes: JudgedProbe list) : float = probes |> Seq.collect z |> Seq.average

    let private texts (model: Model) (probe: HeadProbe) =
        match probe.Start with
        | OfTokens ids -> ids |> Array.map (fun id -> Tokens.text id model)
        | Anywhere(_, count) -> Array.init count (fun i -> $"vector {i}")

    let private listed (found: NearToken[]) =
        found |> Array.map (fun near -> Escape.label near.Token) |> String.concat " · "

    /// <summary>One row per token and probe: block, head, circuit, the token, what is nearest, z, what is nearest by
    /// CSLS, and the length of what comes out.</summary>
    /// <example><code lang="fsharp">
    /// gpt2
    /// |> JudgedProbe.keys HeadProbeSettings.Default (Anywhere(Seed 6UL, 20)) (Tokens.ids " king" gpt2) (Block 5)
    /// |> JudgedProbe.table gpt2
    /// |> _.Rows.Length
    /// </code> is <c>6</c>.</example>
    let table (model: Model) (probes: JudgedProbe list) : Table =
        [
            for probe in probes do
                let (Block block), z, texts = probe.Block, z probe, texts model probe.Raw

                let head =
                    match probe.Raw.Head with
                    | Some(Head head) -> string head
                    | None -> "all"

                for i in 0 .. texts.Length - 1 ->
                    [
                        Count(int64 block)
                        Text head
                        Text(string probe.Raw.Circuit)
                        Text texts[i]
                        Text(listed probe.Raw.Nearest[i])
                        Number z[i]
                        Text(listed probe.Csls.Nearest[i])
                        Number probe.Raw.Lengths[i]
                    ]
        ]
        |> Table.ofRows [
            "block"
            "head"
            "circuit"
            "noun"
            "nearest"
            "z"
            "nearest by CSLS"
            "length"
        ]

    /// <summary>The first token of each probe as a row.</summary>
    /// <example><code lang="fsharp">
    /// gpt2
    /// |> JudgedProbe.keys HeadProbeSettings.Default (Anywhere(Seed 6UL, 20)) (Tokens.ids " king the" gpt2) (Block 5)
    /// |> JudgedProbe.sample gpt2
    /// |> _.Rows.Length
    /// </code> is <c>6</c>.</example>
    let sample (model: Model) (probes: JudgedProbe list) : Table =
        let all = table model probes
        let each = (all.Rows |> List.length) / max 1 probes.Length

        {
            all with
                Rows =
                    all.Rows
                    |> List.indexed
                    |> List.filter (fun (i, _) -> i % each = 0)
                    |> List.map snd
        }

    /// <summary>Plain text logs, one for each block and circuit: a line for each token under the name of its
    /// head.</summary>
    /// <returns>Names such as `block-0-keys.txt`, and their contents.</returns>
    /// <example><code lang="fsharp">
    /// gpt2
    /// |> JudgedProbe.keys HeadProbeSettings.Default (Anywhere(Seed 6UL, 20)) (Tokens.ids " king" gpt2) (Block 5)
    /// |> JudgedProbe.logs gpt2
    /// |> List.map fst
    /// </code> is <c>["block-5-keys.txt"]</c>.</example>
    let logs (model: Model) (probes: JudgedProbe list) : (string * string) list = [
        for (Block block, circuit), group in probes |> List.groupBy (fun each -> each.Block, each.Raw.Circuit) ->
            let name = if circuit = QueryKey then "keys" else "values"

            $"block-{block}-{name}.txt",
            [
                for { Raw = probe } in group do
                    yield $"=== {probe.Name} ==="

                    for i, text in Array.indexed (texts model probe) do
                        yield Invariant $"{text} [{probe.Lengths[i]:F2}]: {listed probe.Nearest[i]}"
            ]
            |> String.concat "\n"
    ]

    /// The ids of what a probe lists, one list per token.
    let private ids (probe: HeadProbe) =
        probe.Nearest |> Array.map (Array.map _.Id)

    /// <summary>How many different tokens a probe lists for all its starts: few where a head names the same hubs for
    /// everything.</summary>
    /// <example><code lang="fsharp">
    /// gpt2
    /// |> HeadProbe.keys HeadProbeSettings.Default (OfTokens(Tokens.ids " king" gpt2)) (Block 5)
    /// |> List.map JudgedProbe.different
    /// </code> is <c>[5; 5; 5; 5; 5; 5]</c>.</example>
    let different (probe: HeadProbe) : int =
        (ids probe |> Array.concat |> Array.distinct).Length

    /// <summary>The mean number of different tokens that a probe lists: by dot product, and by CSLS.</summary>
    /// <example><code lang="fsharp">
    /// gpt2
    /// |> JudgedProbe.keys HeadProbeSettings.Default (Anywhere(Seed 6UL, 20)) (Tokens.ids " king" gpt2) (Block 5)
    /// |> JudgedProbe.meanDifferent
    /// </code> is <c>(5.0, 5.0)</c>.</example>
    let meanDifferent (probes: JudgedProbe list) : float * float =
        let mean pick =
            probes |> List.averageBy (fun each -> float (different (pick each)))

        mean _.Raw, mean _.Csls

    /// <summary>z of every token in every probe: [probes, tokens].</summary>
    /// <example><code lang="fsharp">
    /// gpt2
    /// |> JudgedProbe.keys HeadProbeSettings.Default (Anywhere(Seed 6UL, 20)) (Tokens.ids " king" gpt2) (Block 5)
    /// |> JudgedProbe.zMap gpt2
    /// |> Labelled.shape
    /// </code> is <c>(6, 1)</c>.</example>
    let zMap (model: Model) (probes: JudgedProbe list) : Labelled =
        let zs = probes |> List.map z |> Array.ofList

        let heads = [|
            for probe in probes -> probe.Raw.Name.Substring(probe.Raw.Name.IndexOf "block")
        |]

        Labelled.init
            (Axis.labelled "head" heads)
            (Axis.labelled "noun" (texts model probes.Head.Raw))
            (model |> Model.provenance "best scores")
            (fun head noun -> zs[head][noun])

    /// <summary>Whether the tokens that heads list belong together in a space that had no part in them: of all lists,
    /// of keys and of values, of those by CSLS, of the keys of vectors that point anywhere, and of the vocabulary dealt
    /// out at random.</summary>
    /// <param name="seed">Of the exchanges of words; the next one deals the vocabulary out.</param>
    /// <param name="draws">How many exchanges.</param>
    /// <param name="judge">The word vectors that judge.</param>
    /// <param name="model">Whose tokens they are.</param>
    /// <param name="probes">Keys and values.</param>
    /// <returns>`coherence`, `coherence.keys`, `coherence.values`, `coherence.csls`, `coherence.chance` and
    /// `coherence.random`, as far as the space knows words of them.</returns>
    /// <example><code lang="fsharp">
    /// let chance = Anywhere(Seed 6UL, 20)
    /// let probes = gpt2 |> JudgedProbe.keys HeadProbeSettings.Default chance (Tokens.ids " king" gpt2) (Block 5)
    /// probes |> JudgedProbe.coherence (Seed 8UL) 19 words gpt2 |> List.map fst |> List.last
    /// </code> is <c>"coherence.random"</c>.</example>
    let coherence (Seed number as seed) draws (judge: WordVectors) (model: Model) (probes: JudgedProbe list) =
        let vocabulary = (Embedding.tokens model).Rows
        let space = Coherence.space judge vocabulary

        let keys, values =
            probes |> List.partition (fun each -> each.Raw.Circuit = QueryKey)

        // One token for each word.
        let words =
            Array.init vocabulary.Length id
            |> Array.distinctBy (fun id -> (vocabulary.Label id).Trim())

        let random =
            Sample.permutation (Seed(number + 1UL)) words.Length
            |> Array.map (fun i -> words[i])
            |> Array.chunkBySize probes.Head.Raw.Settings.Nearest

        let lists pick probes = probes |> Seq.collect (pick >> ids)

        [
            for name, lists in
                [
                    "coherence", lists _.Raw probes
                    "coherence.keys", lists _.Raw keys
                    "coherence.values", lists _.Raw values
                    "coherence.csls", lists _.Csls probes
                    "coherence.chance", lists _.Chance keys
                    "coherence.random", random
                ] do
                match lists |> Coherence.ofGroups seed draws space with
                | Some found -> name, found
                | None -> ()
        ]
