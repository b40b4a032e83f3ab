namespace Workbench

open System
open System.Numerics.Tensors
open Workbench.Core.Models

/// <summary>What could stand in for the layer norm of token embeddings.</summary>
/// <category index="4">Models</category>
type NormStandIn =
    /// The embeddings as they are.
    | Original
    /// Less their mean row.
    | Centred
    /// Times √d over their mean length, one number for all.
    | Scaled
    /// Both.
    | CentredAndScaled

/// <summary>How far a stand-in is from the layer norm without gain and bias, over all rows.</summary>
/// <category index="4">Models</category>
type NormDistance = {
    StandIn: NormStandIn
    /// Euclidean distances.
    Euclidean: Summary
    /// One minus the cosine.
    Cosine: Summary
}

/// <summary>A score of token embeddings e under a layer norm with gain γ and bias β.</summary>
/// <category index="4">Models</category>
type NormScore =
    /// |e|.
    | Length
    /// |γ∘e|.
    | GainedLength
    /// |e| + e·β.
    | LengthAndBias
    /// |γ∘e| + e·β.
    | GainedLengthAndBias
    /// |γ∘e| + (γ∘e)·β: the gain in both terms.
    | GainedLengthAndGainedBias

/// <summary>A token with both terms of its score.</summary>
/// <category index="4">Models</category>
type ScoredToken = {
    Id: int
    Token: string
    Length: float
    /// 0 where the score has none.
    Bias: float
}

/// <summary>The tokens at both ends of a score.</summary>
/// <category index="4">Models</category>
[<StructuredFormatDisplay("{Display}")>]
type ScoreExtremes = {
    /// E.g. "scaled-and-bias".
    Name: string
    Top: ScoredToken[]
    Bottom: ScoredToken[]
} with

    member this.Display =
        let first (tokens: ScoredToken[]) =
            tokens
            |> Array.truncate 5
            |> Array.map (_.Token >> Escape.label)
            |> String.concat " · "

        $"{Escape.visible this.Name}: highest {first this.Top}; lowest {first this.Bottom}"

    override this.ToString() = this.Display

/// <summary>Lengths of vectors, and which of them stand apart.</summary>
/// <category index="4">Models</category>
[<RequireQualifiedAccess>]
module Norms =
    /// <summary>The Euclidean length of each row, summed in float64.</summary>
    /// <example><code lang="fsharp">animals |> Norms.ofRows</code> is <c>[|6.0; 20.616; 600.014; 3.464|]</c>.</example>
    let ofRows (matrix: Labelled) : float[] =
        Array.init matrix.Rows.Length (fun i -> Vector.length (Labelled.row i matrix))

    /// <summary>The size that a share of all entries stays below, with one digit: where to cut colours off.</summary>
    /// <example><code lang="fsharp">positions |> Norms.roundQuantile 0.95</code> is <c>0.03</c>.</example>
    let roundQuantile (share: float) (matrix: Labelled) : float =
        let size =
            matrix.Values.ToArray()
            |> Array.map (float >> abs)
            |> Distribution.quantile share

        Double.Parse(FormattableString.Invariant $"{size:e0}", Globalization.CultureInfo.InvariantCulture)

    /// <summary>The longest rows, the longest first.</summary>
    /// <example><code lang="fsharp">animals |> Norms.longest 2 |> _.Rows |> Axis.labels</code> is
    /// <c>[|"cow"; "dog"|]</c>.</example>
    let longest (count: int) (matrix: Labelled) : Labelled =
        let order =
            ofRows matrix |> Array.indexed |> Array.sortByDescending snd |> Array.map fst

        matrix |> Labelled.selectRows (Array.truncate count order)

    /// <summary>The mean of each row's entries.</summary>
    /// <example><code lang="fsharp">animals |> Norms.rowMeans</code> is <c>[|3.333; 9.0; 201.667; 2.0|]</c>.</example>
    let rowMeans (matrix: Labelled) : float[] =
        Array.init matrix.Rows.Length (fun i -> Array.average (Labelled.row i matrix))

    /// <summary>The mean of the absolute values of each row's entries.</summary>
    /// <example><code lang="fsharp">
    /// animals |> Labelled.mapi (fun _ _ value -> -value) |> Norms.rowMeanAbsolutes
    /// </code> is <c>[|3.333; 9.0; 201.667; 2.0|]</c>.</example>
    let rowMeanAbsolutes (matrix: Labelled) : float[] =
        Array.init matrix.Rows.Length (fun i -> Array.averageBy abs (Labelled.row i matrix))

    /// <summary>The root mean square of the entries of a row of median length: how large an entry typically
    /// is.</summary>
    /// <example><code lang="fsharp">positions |> Norms.typicalEntry</code> is <c>0.0142</c>.</example>
    let typicalEntry (matrix: Labelled) : float =
        Distribution.quantile 0.5 (ofRows matrix) / sqrt (float matrix.Columns.Length)

    /// <summary>The places of values further from the median than `times` the median absolute deviation: a rule that
    /// outliers cannot bend.</summary>
    /// <example><code lang="fsharp">[| 1.0; 1.1; 0.9; 9.0 |] |> Norms.outliers 5.0</code> is <c>[|3|]</c>.</example>
    let outliers (times: float) (values: float[]) : int[] =
        Check.notNegative (nameof times) times
        Check.notEmpty (nameof values) values
        Check.finite (nameof values) values
        let median = Distribution.quantile 0.5 values
        let deviations = values |> Array.map (fun value -> abs (value - median))
        let limit = times * Distribution.quantile 0.5 deviations

        [|
            for i in 0 .. values.Length - 1 do
                if deviations[i] > limit then
                    i
        |]

    let private scaledBy factor =
        Labelled.mapi (fun _ _ value -> value * factor)

    let private distancesFrom
        (standIns: NormStandIn list)
        (norm: float32[] -> Norm)
        (embeddings: Labelled)
        : NormDistance list =
        Check.atLeast 1 "the number of rows" embeddings.Rows.Length
        Labelled.checkFinite (nameof embeddings) embeddings
        let width = embeddings.Columns.Length
        let normed = (norm (Array.create width 1.0f)).Apply embeddings.Values
        let factor = sqrt (float width) / Array.average (ofRows embeddings)

        let standIn kind =
            match kind with
            | Original -> embeddings
            | Centred -> Labelled.centre embeddings
            | Scaled -> scaledBy factor embeddings
            | CentredAndScaled -> embeddings |> Labelled.centre |> scaledBy factor

        [
            for kind in standIns do
                let other = standIn kind

                let row (i: int) =
                    Array.map float (normed.Row(i).ToArray()), Labelled.row i other

                let directed i =
                    let normed, other = row i

                    if Array.forall ((=) 0.0) normed || Array.forall ((=) 0.0) other then
                        invalidArg
                            (nameof embeddings)
                            $"Row {i} of embeddings, \"{embeddings.Rows.Label i}\", has no direction under its layer \
                              norm or as {kind}: it is constant, or equal to what is taken from it. Leave it out with \
                              Labelled.selectRows."

                    normed, other

                let over quantity (pair: int -> float[] * float[]) measure =
                    Array.init embeddings.Rows.Length (pair >> measure)
                    |> Distribution.summary quantity other.Provenance

                {
                    StandIn = kind
                    Euclidean =
                        over "distance" row (fun (a, b) ->
                            TensorPrimitives.Distance(ReadOnlySpan<float> a, ReadOnlySpan b))
                    Cosine =
                        over "1 − cosine" directed (fun (a, b) ->
                            1.0 - TensorPrimitives.CosineSimilarity(ReadOnlySpan<float> a, ReadOnlySpan b))
                }
        ]

    /// <summary>The distance of each stand-in from the layer norm without gain and bias: how near a single shift and a
    /// single factor for all tokens come to what layer norm does to each. A row that one of them leaves without
    /// direction has no cosine and is refused.</summary>
    /// <param name="epsilon">The ε of the model's layer norms; 0 for the plain formula.</param>
    /// <param name="embeddings">One token per row: [n, d].</param>
    /// <example><code lang="fsharp">
    /// [ for distance in positions |> Norms.distances 1e-5 -> distance.StandIn, distance.Euclidean.Mean ]
    /// </code> is <c>[(Original, 13.327); (Centred, 13.347); (Scaled, 2.412); (CentredAndScaled, 5.163)]</c>.</example>
    let distances (epsilon: float) (embeddings: Labelled) : NormDistance list =
        Check.notNegative (nameof epsilon) epsilon

        embeddings
        |> distancesFrom [ Original; Centred; Scaled; CentredAndScaled ] (fun ones -> Norm(ones, null, epsilon))

    /// <summary>Whether a norm takes no mean out and adds nothing: it divides by the root mean square (Zhang and
    /// Sennrich, 2019).</summary>
    /// <example><code lang="fsharp">(Model.transformer gpt2).FinalNorm |> Norms.isRootMeanSquare</code> is
    /// <c>false</c>.</example>
    let isRootMeanSquare (norm: Norm) : bool = norm.Kind <> NormKind.Layer

    /// <summary>The same for a model's own norm, its gain and bias left out. Of a root mean square norm, which takes no
    /// mean out, the stand-ins without the mean row are left out.</summary>
    /// <example><code lang="fsharp">
    /// let norm = (Model.transformer gpt2).FinalNorm
    /// [ for distance in positions |> Norms.distancesUnder norm -> distance.StandIn ]
    /// </code> is <c>[Original; Centred; Scaled; CentredAndScaled]</c>.</example>
    let distancesUnder (norm: Norm) (embeddings: Labelled) : NormDistance list =
        let standIns =
            if isRootMeanSquare norm then
                [ Original; Scaled ]
            else
                [ Original; Centred; Scaled; CentredAndScaled ]

        embeddings
        |> distancesFrom standIns (fun ones -> Norm(ones, null, norm.Epsilon, norm.Kind))

    /// <summary>One of them.</summary>
    /// <example><code lang="fsharp">
    /// (positions |> Norms.distances 1e-5 |> Norms.distanceOf Scaled).Euclidean.Mean
    /// </code> is <c>2.412</c>.</example>
    let distanceOf (standIn: NormStandIn) (distances: NormDistance list) : NormDistance =
        distances |> List.find (fun each -> each.StandIn = standIn)

    // "CentredAndScaled" as it stands in tables: "centred-and-scaled".
    let private slug (text: string) =
        text
        |> String.collect (fun c ->
            if Char.IsUpper c then
                $"-{Char.ToLowerInvariant c}"
            else
                string c)
        |> _.TrimStart('-')

    /// <summary>The name of a stand-in in tables and findings.</summary>
    /// <example><code lang="fsharp">Norms.standInName CentredAndScaled</code> is
    /// <c>"centred-and-scaled"</c>.</example>
    let standInName (standIn: NormStandIn) : string = slug (string standIn)

    /// <summary>One row per stand-in: mean and standard deviation of its distances.</summary>
    /// <example><code lang="fsharp">(positions |> Norms.distances 1e-5 |> Norms.distanceTable).Rows.Length</code> is
    /// <c>4</c>.</example>
    let distanceTable (distances: NormDistance list) : Table =
        distances
        |> Table.ofItems [
            "stand-in", (fun each -> Text(standInName each.StandIn))
            "distance", (fun each -> Number each.Euclidean.Mean)
            "its sd", (fun each -> Number each.Euclidean.Sd)
            "1 − cosine", (fun each -> Number each.Cosine.Mean)
            "sd of that", (fun each -> Number each.Cosine.Sd)
        ]

    /// <summary>Whether a model has token embeddings and a final norm to judge them by.</summary>
    /// <example><code lang="fsharp">gpt2 |> Norms.hasFinal</code> is <c>true</c>.</example>
    /// <example><code lang="fsharp">bert |> Norms.hasFinal</code> is <c>false</c>: it ends in none.</example>
    let hasFinal (model: Model) : bool =
        Embedding.hasTokens model
        && (match Model.tryTransformer model with
            | None -> false
            | Some weights ->
                try
                    Model.attempt (fun () -> weights.FinalNorm.Gain.Length > 0) = Some true
                with :? InvalidOperationException ->
                    // The family has none.
                    false)

    /// <summary>The two terms of a score apart, length and bias, for each row: the bias term is 0 where the score has
    /// none.</summary>
    /// <param name="norm">Usually the model's final one.</param>
    /// <param name="score">Which.</param>
    /// <param name="embeddings">One token per row.</param>
    /// <example><code lang="fsharp">
    /// let norm = (Model.transformer gpt2).FinalNorm
    /// gpt2 |> Embedding.ofWords [| " king"; " queen" |] |> Norms.terms norm GainedLengthAndBias
    /// </code> is <c>[|(1.341, -0.594); (1.406, -0.813)|]</c>.</example>
    let terms (norm: Norm) (score: NormScore) (embeddings: Labelled) : (float * float)[] =
        let gain = norm.Gain.ToArray() |> Array.map float
        let bias = norm.Bias.ToArray() |> Array.map float

        let gained (row: float[]) = Array.map2 (*) gain row

        let biased (row: float[]) =
            if bias.Length = 0 then
                0.0
            else
                Array.fold2 (fun sum a b -> sum + a * b) 0.0 row bias

        Array.init embeddings.Rows.Length (fun i ->
            let row = Labelled.row i embeddings

            match score with
            | Length -> Vector.length row, 0.0
            | GainedLength -> Vector.length (gained row), 0.0
            | LengthAndBias -> Vector.length row, biased row
            | GainedLengthAndBias -> Vector.length (gained row), biased row
            | GainedLengthAndGainedBias -> Vector.length (gained row), biased (gained row))

    /// <summary>A score of each row: the sum of its terms.</summary>
    /// <example><code lang="fsharp">
    /// let norm = (Model.transformer gpt2).FinalNorm
    /// gpt2 |> Embedding.ofWords [| " king"; " queen" |] |> Norms.scores norm Length
    /// </code> is <c>[|0.648; 0.681|]</c>.</example>
    let scores (norm: Norm) (score: NormScore) (embeddings: Labelled) : float[] =
        terms norm score embeddings |> Array.map (fun (length, bias) -> length + bias)

    /// <summary>The scores that a norm has something to say to, by their names: without a bias the two that measure
    /// length.</summary>
    /// <example><code lang="fsharp">
    /// (Model.transformer gpt2).FinalNorm |> Norms.scoresUnder |> List.map fst
    /// </code> is <c>["norm"; "scaled"; "bias"; "scaled-and-bias"; "scaled-and-scaled-bias"]</c>.</example>
    let scoresUnder (norm: Norm) : (string * NormScore) list = [
        "norm", Length
        "scaled", GainedLength
        if not norm.Bias.IsEmpty then
            "bias", LengthAndBias
            "scaled-and-bias", GainedLengthAndBias
            "scaled-and-scaled-bias", GainedLengthAndGainedBias
    ]

    /// <summary>The tokens that a score puts first and last.</summary>
    /// <param name="count">How many at either end.</param>
    /// <param name="norm">Usually the model's final one.</param>
    /// <param name="embeddings">One token per row.</param>
    /// <returns>For each score of `scoresUnder` its tokens, best first, then the worst, worst first.</returns>
    /// <example><code lang="fsharp">
    /// let norm = (Model.transformer gpt2).FinalNorm
    /// (gpt2 |> Embedding.tokens |> Norms.extremes 2 norm).Head.Top.Length
    /// </code> is <c>2</c>.</example>
    let extremes (count: int) (norm: Norm) (embeddings: Labelled) : ScoreExtremes list = [
        for name, score in scoresUnder norm ->
            let terms = terms norm score embeddings

            let order =
                Array.init terms.Length id
                |> Array.sortByDescending (fun id -> fst terms[id] + snd terms[id])

            let named ids =
                ids
                |> Array.truncate count
                |> Array.map (fun id -> {
                    Id = id
                    Token = embeddings.Rows.Label id
                    Length = fst terms[id]
                    Bias = snd terms[id]
                })

            {
                Name = name
                Top = named order
                Bottom = named (Array.rev order)
            }
    ]

    /// <summary>How many tokens stand at the top of both of two scores.</summary>
    /// <example><code lang="fsharp">
    /// let extremes = gpt2 |> Embedding.tokens |> Norms.extremes 3 (Model.transformer gpt2).FinalNorm
    /// Norms.sharedTop extremes[0] extremes[0]
    /// </code> is <c>3</c>.</example>
    let sharedTop (first: ScoreExtremes) (second: ScoreExtremes) : int =
        let ids (extremes: ScoreExtremes) =
            extremes.Top |> Array.map _.Id |> Set.ofArray

        (Set.intersect (ids first) (ids second)).Count

    /// <summary>One row per score and place: token, bytes in hexadecimal where a tokenizer is at hand, both terms and
    /// their sum.</summary>
    /// <example><code lang="fsharp">
    /// let norm = (Model.transformer gpt2).FinalNorm
    /// (gpt2 |> Embedding.tokens |> Norms.extremes 5 norm |> Norms.extremeTable gpt2).Rows.Length
    /// </code> is <c>50</c>.</example>
    let extremeTable (model: Model) (extremes: ScoreExtremes list) : Table =
        [
            for each in extremes do
                for place, tokens in [ "top", each.Top; "bottom", each.Bottom ] do
                    for i, token in Seq.indexed tokens ->
                        [
                            Text each.Name
                            Text $"{place} {i + 1}"
                            Text(Escape.label token.Token)
                            Text(Tokens.hexadecimal token.Id model)
                            Number token.Length
                            Number token.Bias
                            Number(token.Length + token.Bias)
                        ]
        ]
        |> Table.ofRows [ "score"; "place"; "token"; "bytes"; "length"; "bias term"; "score's value" ]
