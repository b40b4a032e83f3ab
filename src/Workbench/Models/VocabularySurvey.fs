namespace Workbench

/// <summary>What one pass over all pairs of a vocabulary's embeddings tells.</summary>
/// <category index="4">Models</category>
[<NoComparison; StructuredFormatDisplay("{Display}")>]
type VocabularySurvey = {
    Shape: Histogram
    Summary: Summary
    /// The ten most similar pairs.
    Closest: RankedPair[]
    /// Means of blocks of the matrix.
    Picture: Labelled
    /// The pairs between two classes of tokens, and within one: their histogram and moments.
    ByClass: (TokenClass * TokenClass * (Histogram * Summary)) list
    /// For each token, among the ten nearest of how many others it is.
    Hubs: int[]
    /// Five thousand pairs drawn at random.
    Sampled: RankedPair[]
} with

    member this.Display = string this.Summary
    override this.ToString() = this.Display

/// <summary>Asks all questions about a vocabulary's geometry in one pass over its pairs.</summary>
/// <category index="4">Models</category>
[<RequireQualifiedAccess>]
module VocabularySurvey =
    /// The seed of the pairs that are drawn.
    let seed = Seed 9UL

    /// <summary>The fold that gathers a survey, for tokens of these classes.</summary>
    /// <example><code lang="fsharp">
    /// let classes = [| Word; Word; Piece; Piece |]
    /// (animals |> Similarity.cosine Rows |> Pairs.fold (VocabularySurvey.fold classes)).Summary.N
    /// </code> is <c>6L</c>.</example>
    let fold (classes: TokenClass[]) : Fold<VocabularySurvey> =
        Fold.scan {
            let! shape = Fold.histogram 4000
            and! summary = Fold.moments
            and! closest = Fold.top 10
            and! picture = Fold.thumbnail 200
            and! byClass = Fold.byClass classes (Fold.zip (Fold.histogram 400) Fold.moments)
            and! hubs = Fold.occurrence 10
            and! sampled = Fold.sample seed 5000

            return {
                Shape = shape
                Summary = summary
                Closest = closest
                Picture = picture
                ByClass = byClass
                Hubs = hubs
                Sampled = sampled
            }
        }

    /// <summary>The cosines of all pairs of a model's token embeddings.</summary>
    /// <example><code lang="fsharp">VocabularySurvey.ofModel gpt2</code> is
    /// <c>cosine similarity: n = 52,423,680, mean 0.516, sd 0.206, …</c>.</example>
    let ofModel (model: Model) : VocabularySurvey =
        let embeddings = Embedding.tokens model
        let classes = model |> Tokens.classes embeddings.Rows.Length
        embeddings |> Similarity.cosine Rows |> Pairs.fold (fold classes)

    /// <summary>The histograms of pairs within one class, of classes with at least so many pairs.</summary>
    /// <example><code lang="fsharp">
    /// let classes = [| Word; Word; Piece; Piece |]
    /// let survey = animals |> Similarity.cosine Rows |> Pairs.fold (VocabularySurvey.fold classes)
    /// survey |> VocabularySurvey.within 1L |> List.map fst
    /// </code> is <c>[Word; Piece]</c>.</example>
    let within (fewest: int64) (survey: VocabularySurvey) : (TokenClass * Histogram) list = [
        for a, b, (shape, _) in survey.ByClass do
            if a = b && shape.N >= fewest then
                a, shape
    ]

    /// <summary>One row per pair of classes: how many pairs, their mean cosine and its standard deviation.</summary>
    /// <example><code lang="fsharp">
    /// let classes = [| Word; Word; Piece; Piece |]
    /// let survey = animals |> Similarity.cosine Rows |> Pairs.fold (VocabularySurvey.fold classes)
    /// (VocabularySurvey.classTable survey).Rows.Length
    /// </code> is <c>3</c>.</example>
    let classTable (survey: VocabularySurvey) : Table =
        survey.ByClass
        |> Table.ofItems [
            "class", (fun (a, _, _) -> Text(string a))
            "and", (fun (_, b, _) -> Text(string b))
            "pairs", (fun (_, _, (shape, _)) -> Count shape.N)
            "mean cosine", (fun (_, _, (_, summary)) -> Number summary.Mean)
            "its sd", (fun (_, _, (_, summary)) -> Number summary.Sd)
        ]

    /// <summary>Side by side, the tokens that are among the ten nearest of most others (hubs; Radovanović, 2010), and
    /// those that point most nearly where the mean of a group points, members of the group left out.</summary>
    /// <param name="count">How many of either.</param>
    /// <param name="group">Ids of tokens that were never used, say.</param>
    /// <param name="embeddings">That the survey is of.</param>
    /// <param name="survey">Of all their pairs.</param>
    /// <example><code lang="fsharp">
    /// let classes = [| Word; Word; Piece; Piece |]
    /// let survey = animals |> Similarity.cosine Rows |> Pairs.fold (VocabularySurvey.fold classes)
    /// (survey |> VocabularySurvey.hubTable 2 [| 0 |] animals).Rows.Length
    /// </code> is <c>2</c>.</example>
    let hubTable (count: int) (group: int[]) (embeddings: Labelled) (survey: VocabularySurvey) : Table =
        let label = embeddings.Rows.Label

        let hubs =
            survey.Hubs
            |> Array.indexed
            |> Array.sortByDescending snd
            |> Array.truncate count

        let suspects =
            embeddings
            |> Embedding.towards group
            |> Array.indexed
            |> Array.filter (fun (id, _) -> not (Array.contains id group))
            |> Array.sortByDescending snd

        [
            for (hub, times), (suspect, cosine) in Seq.zip hubs suspects ->
                [ Text(label hub); Count(int64 times); Text(label suspect); Number cosine ]
        ]
        |> Table.ofRows [ "hub"; "among the ten nearest of"; "near the group"; "cosine with its mean" ]
