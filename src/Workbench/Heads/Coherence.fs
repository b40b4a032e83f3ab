namespace Workbench

open System
open System.Collections.Generic
open System.Numerics.Tensors
open Workbench.Core.Randomness
open type System.FormattableString

/// <summary>How alike tokens are in a space that the model had no part in.</summary>
/// <category index="5">Heads</category>
[<StructuredFormatDisplay("{Display}")>]
type Coherence = {
    /// Mean cosine of the pairs within groups, over all groups.
    Cosine: float
    /// Distance from the mean of random groups, in their standard deviations.
    Z: float
    /// (b + 1)/(m + 1): how often groups of random words are as coherent.
    P: float
    /// Groups with at least two words that the space knows, and not all of them.
    Groups: int
    /// How many times the words were exchanged for random ones.
    Draws: int
    Seed: Seed
} with

    member this.Display =
        Invariant
            $"cosine {this.Cosine:F3} within {this.Groups} groups, z = {this.Z:F1}, p = {this.P:G3}, {this.Draws} \
              draws, {this.Seed}"

    override this.ToString() = this.Display

/// <summary>A vocabulary as another space sees it.</summary>
/// <category index="5">Heads</category>
[<NoComparison; ReferenceEquality; StructuredFormatDisplay("{Display}")>]
type CoherenceSpace = internal {
    /// For each token the place of its word, or −1.
    Places: int[]
    /// Unit vectors.
    Vectors: float32[][]
    Source: Weights
} with

    /// How many words the space and the vocabulary share.
    member this.Words = this.Vectors.Length
    member this.Weights = this.Source

    member this.Display =
        Invariant $"{this.Words:N0} words of {this.Source.Name}, for {this.Places.Length:N0} tokens"

    override this.ToString() = this.Display

/// <summary>Measures whether groups of tokens belong together by vectors that come from elsewhere, not by
/// eye.</summary>
/// <category index="5">Heads</category>
[<RequireQualifiedAccess>]
module Coherence =
    /// <summary>The tokens of a vocabulary among word vectors: a token stands for the word that is left without the
    /// spaces around it. Two tokens of one word share its place; a word whose vector is zero has no direction, and
    /// counts as unknown.</summary>
    /// <param name="vectors">The other space.</param>
    /// <param name="tokens">The vocabulary, labelled with texts.</param>
    /// <example><code lang="fsharp">(Embedding.tokens gpt2).Rows |> Coherence.space words</code> is
    /// <c>3,924 words of pocket-word2vec, for 10,240 tokens</c>.</example>
    let space (vectors: WordVectors) (tokens: Axis) : CoherenceSpace =
        let word id = (tokens.Label id).Trim()

        let shared =
            Array.init tokens.Length word
            |> Array.distinct
            |> Array.filter (fun word -> word <> "" && (WordVectors.tryIndex word vectors).IsSome)

        let values = (WordVectors.embedding shared vectors).Values

        let known =
            shared
            |> Array.mapi (fun row word -> word, (values.Row row).ToArray())
            |> Array.filter (fun (_, row) -> TensorPrimitives.Norm(ReadOnlySpan row) > 0.0f)

        let places = known |> Array.mapi (fun place (word, _) -> word, place) |> dict

        let unit (row: float32[]) =
            let length = TensorPrimitives.Norm(ReadOnlySpan row)
            row |> Array.map (fun value -> value / length)

        {
            Places =
                Array.init tokens.Length (fun id ->
                    match places.TryGetValue(word id) with
                    | true, place -> place
                    | _ -> -1)
            Vectors = known |> Array.map (snd >> unit)
            Source = vectors.Weights
        }

    // The mean cosine of all pairs of a group: (|Σx|² − n) / (n(n − 1)) for unit vectors.
    let private within (space: CoherenceSpace) (group: int[]) =
        let sum = Array.zeroCreate<float32> space.Vectors[0].Length

        for place in group do
            TensorPrimitives.Add(ReadOnlySpan sum, ReadOnlySpan space.Vectors[place], Span sum)

        let n = float group.Length
        (float (TensorPrimitives.SumOfSquares(ReadOnlySpan sum)) - n) / (n * (n - 1.0))

    /// <summary>The coherence of groups of tokens against that of the same groups with their words exchanged for random
    /// ones of the shared vocabulary: a word for the same word wherever it stands, so that groups which overlap go on
    /// overlapping, and do not pass for as many independent ones. Tokens that the space does not know are left out, and
    /// a word counts once in a group. Groups of fewer than two words that it knows, or of all of them, say nothing and
    /// are left out; None when no group is left.</summary>
    /// <param name="seed">Chooses the words.</param>
    /// <param name="draws">How many times all words are exchanged, at least 2.</param>
    /// <param name="space">From `space`.</param>
    /// <param name="groups">Ids of tokens.</param>
    /// <example><code lang="fsharp">
    /// let space = (Embedding.tokens gpt2).Rows |> Coherence.space words
    /// let people = Tokens.ids " man woman king father" gpt2
    /// Coherence.ofGroups (Seed 1UL) 99 space [ people ]
    /// </code>is <c>Some cosine 0.384 within 1 groups, z = 4.0, p = 0.01, 99 draws, seed 1</c>.</example>
    /// <example><code lang="fsharp">
    /// let space = (Embedding.tokens gpt2).Rows |> Coherence.space words
    /// Coherence.ofGroups (Seed 1UL) 99 space [ Tokens.ids " man" gpt2 ] |> Option.isNone
    /// </code>is <c>true</c>: one word says nothing.</example>
    let ofGroups (seed: Seed) (draws: int) (space: CoherenceSpace) (groups: int[] seq) : Coherence option =
        Check.atLeast 2 (nameof draws) draws

        let known = [|
            for group in groups do
                for id in group do
                    Check.within 0 (space.Places.Length - 1) "a token's id" id

                let places =
                    group
                    |> Array.map (fun id -> space.Places[id])
                    |> Array.filter (fun place -> place >= 0)
                    |> Array.distinct

                // A group of all words has no others to be exchanged for.
                if places.Length > 1 && places.Length < space.Words then
                    places
        |]

        if known.Length = 0 then
            None
        else
            let observed = known |> Array.averageBy (within space)

            let different = known |> Array.concat |> Array.distinct

            // As many first steps of a shuffle of all words as the groups have different ones.
            let exchange (random: Philox) =
                let moved = Dictionary<int, int>()

                let at place =
                    match moved.TryGetValue place with
                    | true, word -> word
                    | _ -> place

                different
                |> Array.mapi (fun step place ->
                    let other = step + int (random.NextInteger(int64 (space.Words - step)))
                    let word = at other
                    moved[other] <- at step
                    place, word)
                |> dict

            let draw number =
                let other = exchange (Sample.generator seed RandomStream.Coherence number)
                known |> Array.averageBy (Array.map (fun place -> other[place]) >> within space)

            let chance = Concurrently.init draws draw

            let summary =
                Distribution.summary "cosine" (Provenance.ofWeights space.Source "random groups") chance

            Some {
                Cosine = observed
                Z = (observed - summary.Mean) / summary.Sd
                P = Significance.pValue Greater observed chance
                Groups = known.Length
                Draws = draws
                Seed = seed
            }

    /// <summary>One row per judgement: the cosine within the groups, z and p, and how many groups could be
    /// judged.</summary>
    /// <example><code lang="fsharp">
    /// let space = (Embedding.tokens gpt2).Rows |> Coherence.space words
    /// let people = Coherence.ofGroups (Seed 1UL) 99 space [ Tokens.ids " man woman king father" gpt2 ]
    /// (Coherence.table [ "people", people.Value ]).Rows.Length
    /// </code>is <c>1</c>.</example>
    let table (judged: (string * Coherence) list) : Table =
        judged
        |> Table.ofItems [
            "lists", fst >> Text
            "cosine", (fun (_, found) -> Number found.Cosine)
            "z", (fun (_, found) -> Number found.Z)
            "p", (fun (_, found) -> Number found.P)
            "lists with two known words", (fun (_, found) -> Count(int64 found.Groups))
        ]

    /// <summary>The z of a judgement by its name, NaN where it could not be made.</summary>
    /// <example><code lang="fsharp">Coherence.zOf "people" []</code> is <c>nan</c>.</example>
    let zOf (name: string) (judged: (string * Coherence) list) : float =
        judged
        |> List.tryFind (fun (each, _) -> each = name)
        |> Option.map (fun (_, found) -> found.Z)
        |> Option.defaultValue nan
