namespace Workbench

open System
open System.Text.Json
open type System.FormattableString

/// <summary>The value of a finding, as results.json writes it.</summary>
/// <category index="8">Lessons</category>
[<RequireQualifiedAccess; StructuredFormatDisplay("{Display}")>]
type Value =
    | Number of float
    | Text of string
    | Array of Value list

    /// As a reader wants it: numbers to six digits, long arrays cut short.
    member this.Display: string =
        match this with
        | Number number -> number.ToString("G6", Globalization.CultureInfo.InvariantCulture)
        | Text text -> text
        | Array values ->
            let shown = values |> List.truncate 12 |> List.map _.Display
            let rest = if values.Length > 12 then [ "…" ] else []
            "[" + String.Join(", ", shown @ rest) + "]"

    override this.ToString() = this.Display

/// <summary>One result that a lesson states: a name that other tools may rely on, a value, and what is needed to judge
/// it.</summary>
/// <category index="8">Lessons</category>
[<StructuredFormatDisplay("{Display}")>]
type Finding = {
    /// Dotted, from the general to the particular, e.g. "cosine.positions.mean".
    Name: string
    Value: Value
    /// E.g. "cosine", "bits", "%"; None for a pure number.
    Unit: string option
    /// How many values, pairs or tokens the value summarises.
    N: int64 option
    /// The seed of the random choices behind the value.
    Seed: Seed option
    P: float option
} with

    member this.Display =
        let known = [
            match this.N with
            | Some n -> $"n = {n}"
            | None -> ()
            match this.P with
            | Some p -> $"p = {Value.Number p}"
            | None -> ()
            match this.Seed with
            | Some(Seed seed) -> $"seed {seed}"
            | None -> ()
        ]

        let unit =
            this.Unit |> Option.map (fun unit -> " " + unit) |> Option.defaultValue ""

        let notes =
            if known.IsEmpty then
                ""
            else
                " (" + String.Join(", ", known) + ")"

        $"{this.Name} = {this.Value}{unit}{notes}"

    override this.ToString() = this.Display

/// <summary>Makes findings and adds what is known about them.</summary>
/// <category index="8">Lessons</category>
[<RequireQualifiedAccess>]
module Finding =
    let private finite (name: string) (value: float) =
        if not (Double.IsFinite value) then
            invalidArg (nameof value) (Invariant $"The finding {name} must be a finite number, but is {value}.")

        Value.Number value

    let private make (name: string) (value: Value) : Finding = {
        Name = name
        Value = value
        Unit = None
        N = None
        Seed = None
        P = None
    }

    /// <summary>A number, kept unrounded.</summary>
    /// <exception cref="T:System.ArgumentException">The number is NaN or infinite, which JSON cannot hold.</exception>
    /// <example><code lang="fsharp">Finding.number "cosine.positions.mean" 0.117 |> Finding.withN 523776L</code> is
    /// <c>cosine.positions.mean = 0.117 (n = 523776)</c>.</example>
    /// <example><code lang="fsharp">Finding.number "cosine.positions.mean" nan</code> throws
    /// <c>ArgumentException</c>.</example>
    let number (name: string) (value: float) : Finding = make name (finite name value)

    /// <summary>A whole number; exact up to 2⁵³.</summary>
    /// <example><code lang="fsharp">Finding.count "tokens" 50257L</code> is <c>tokens = 50257</c>.</example>
    let count (name: string) (value: int64) : Finding = make name (Value.Number(float value))

    /// <summary>A text, such as the name of the nearest token.</summary>
    /// <example><code lang="fsharp">Finding.text "nearest" "stones"</code> is <c>nearest = stones</c>.</example>
    let text (name: string) (value: string) : Finding = make name (Value.Text value)

    /// <summary>A row of numbers, e.g. a shape.</summary>
    /// <example><code lang="fsharp">Finding.numbers "singular-values" [ 3.0; 0.5; 0.25 ]</code> is <c>singular-values =
    /// [3, 0.5, 0.25]</c>.</example>
    let numbers (name: string) (values: float seq) : Finding =
        make name (Value.Array [ for value in values -> finite name value ])

    /// <summary>A row of whole numbers, e.g. indices.</summary>
    /// <example><code lang="fsharp">Finding.counts "shape" [ 256; 192 ]</code> is <c>shape = [256, 192]</c>.</example>
    let counts (name: string) (values: int seq) : Finding = numbers name (Seq.map float values)

    /// <summary>A table of numbers, row by row.</summary>
    /// <example><code lang="fsharp">Finding.rows "confusion" [ [ 9.0; 1.0 ]; [ 2.0; 8.0 ] ]</code> is <c>confusion =
    /// [[9, 1], [2, 8]]</c>.</example>
    let rows (name: string) (values: float seq seq) : Finding =
        make name (Value.Array [ for row in values -> Value.Array [ for value in row -> finite name value ] ])

    /// <summary>Any value, e.g. rows that mix numbers and texts.</summary>
    /// <example><code lang="fsharp">
    /// Finding.value "nearest" (Value.Array [ Value.Text "stones"; Value.Number 0.71 ])
    /// </code> is <c>nearest = [stones, 0.71]</c>.</example>
    let value (name: string) (value: Value) : Finding = make name value

    /// <summary>Rows [similarity, i, j, first, second], one per pair.</summary>
    /// <example><code lang="fsharp">
    /// animals |> Similarity.cosine Rows |> Pairs.fold (Fold.top 1) |> Finding.ofPairs "alike"
    /// </code> is <c>alike = [[0.971656, 1, 2, dog, cow]]</c>.</example>
    let ofPairs (name: string) (pairs: RankedPair seq) : Finding =
        value
            name
            (Value.Array [
                for pair in pairs ->
                    Value.Array [
                        finite name pair.Similarity
                        finite name pair.I
                        finite name pair.J
                        Value.Text pair.First
                        Value.Text pair.Second
                    ]
            ])

    /// <summary>Rows of block, head, "QK" or "VO", the first three singular values, features for 99 %, effective
    /// rank.</summary>
    /// <example><code lang="fsharp">
    /// gpt2
    /// |> Attention.queryKey Folded (Block 0) (Head 3)
    /// |> Decomposition.svd
    /// |> HeadAtlas.entry
    /// |> List.singleton
    /// |> Finding.ofHeads "spectra"
    /// </code> is <c>spectra = [[0, 3, QK, 0.220, …]] (n = 1)</c>.</example>
    let ofHeads (name: string) (entries: HeadEntry list) : Finding =
        let row (entry: HeadEntry) =
            let (Block block), (Head head) = entry.Block, entry.Head

            Value.Array [
                Value.Number block
                Value.Number head
                Value.Text(string entry.Circuit)
                for value in Array.truncate 3 entry.Values do
                    Value.Number value
                Value.Number entry.Features
                Value.Number entry.EffectiveRank
            ]

        {
            value name (Value.Array(List.map row entries)) with
                N = Some(int64 entries.Length)
        }

    /// <summary>The same with what the value is measured in; without one it is a pure number.</summary>
    /// <example><code lang="fsharp">Finding.number "entropy" 2.5 |> Finding.withUnit "bits"</code> is <c>entropy = 2.5
    /// bits</c>.</example>
    let withUnit (unit: string) (finding: Finding) : Finding = { finding with Unit = Some unit }

    /// <summary>The same with how many values, pairs or tokens it summarises.</summary>
    /// <example><code lang="fsharp">Finding.number "mean" 0.117 |> Finding.withN 12L</code> is <c>mean = 0.117 (n =
    /// 12)</c>.</example>
    let withN (n: int64) (finding: Finding) : Finding = { finding with N = Some n }

    /// <summary>The same with the seed of the random choices behind it.</summary>
    /// <example><code lang="fsharp">Finding.number "mean" 0.117 |> Finding.withSeed (Seed 7UL)</code> is <c>mean =
    /// 0.117 (seed 7)</c>.</example>
    let withSeed (seed: Seed) (finding: Finding) : Finding = { finding with Seed = Some seed }

    /// <summary>The same with a p-value, from 0 to 1.</summary>
    /// <example><code lang="fsharp">Finding.number "effect" 0.8 |> Finding.withP 0.003</code> is <c>effect = 0.8 (p =
    /// 0.003)</c>.</example>
    let withP (p: float) (finding: Finding) : Finding = { finding with P = Some p }

    /// <summary>`name.mean`, `name.sd`, `name.min` and `name.max` of a summary, each with its n.</summary>
    /// <example><code lang="fsharp">
    /// [| 1.0; 2.0; 4.0 |] |> Distribution.summary "size" (Provenance.computed "measured") |> Finding.ofSummary "size"
    /// </code> is <c>[size.mean = 2.33333 (n = 3); size.sd = 1.52753 (n = 3); size.min = 1 (n = 3); size.max = 4 (n =
    /// 3)]</c>.</example>
    let ofSummary (name: string) (summary: Summary) : Finding list = [
        for part, value in
            [
                "mean", summary.Mean
                "sd", summary.Sd
                "min", summary.Minimum
                "max", summary.Maximum
            ] -> number $"{name}.{part}" value |> withN summary.N
    ]

    /// <summary>`name.trustworthiness`, `name.continuity` and `name.neighbours-kept` of a layout, each with the number
    /// of its rows.</summary>
    /// <example><code lang="fsharp">
    /// let map = positions |> Projection.pca 2
    /// map |> Projection.quality 10 |> Finding.ofQuality "pca" 256L |> List.map _.Name
    /// </code> is <c>["pca.trustworthiness"; "pca.continuity"; "pca.neighbours-kept"]</c>.</example>
    let ofQuality (name: string) (rows: int64) (quality: Workbench.Core.Manifolds.LayoutQuality) : Finding list = [
        for part, value in
            [
                "trustworthiness", quality.Trustworthiness
                "continuity", quality.Continuity
                "neighbours-kept", quality.NeighboursKept
            ] -> number $"{name}.{part}" value |> withN rows
    ]

    /// <summary>`distance.original.l2.mean` and its kin: for each stand-in of a norm mean and standard deviation of
    /// both distances.</summary>
    /// <example><code lang="fsharp">positions |> Norms.distances 1e-5 |> Finding.ofDistances |> List.head</code> is
    /// <c>distance.original.l2.mean = 13.327 (n = 256)</c>.</example>
    let ofDistances (distances: NormDistance list) : Finding list = [
        for each in distances do
            for measure, summary in [ "l2", each.Euclidean; "cosine", each.Cosine ] do
                for part, value in [ "mean", summary.Mean; "sd", summary.Sd ] do
                    number $"distance.{Norms.standInName each.StandIn}.{measure}.{part}" value
                    |> withN summary.N
    ]

    /// <summary>`top.norm`, `bottom.norm` and so on for each score: rows of token, bytes in hexadecimal and the score's
    /// value.</summary>
    /// <example><code lang="fsharp">
    /// let norm = (Model.transformer gpt2).FinalNorm
    /// gpt2 |> Embedding.tokens |> Norms.extremes 1 norm |> Finding.ofExtremes gpt2 |> List.map _.Name |> List.take 2
    /// </code> is <c>["top.norm"; "bottom.norm"]</c>.</example>
    let ofExtremes (model: Model) (extremes: ScoreExtremes list) : Finding list = [
        for each in extremes do
            for place, tokens in [ "top", each.Top; "bottom", each.Bottom ] do
                value
                    $"{place}.{each.Name}"
                    (Value.Array [
                        for token in tokens ->
                            Value.Array [
                                Value.Text token.Token
                                Value.Text(Tokens.hexadecimal token.Id model)
                                finite each.Name (token.Length + token.Bias)
                            ]
                    ])
    ]

    /// <summary>`name.z` of each judgement, with its groups, p and seed.</summary>
    /// <example><code lang="fsharp">Finding.ofCoherence [] |> List.length</code> is <c>0</c>.</example>
    let ofCoherence (judged: (string * Coherence) list) : Finding list = [
        for name, found in judged ->
            number $"{name}.z" found.Z
            |> withN (int64 found.Groups)
            |> withP found.P
            |> withSeed found.Seed
    ]

    /// <summary>The counts of a histogram, its bins joined to this many.</summary>
    /// <exception cref="T:System.ArgumentException">Its bins can't be joined to so many.</exception>
    /// <example><code lang="fsharp">
    /// animals |> Similarity.cosine Rows |> Pairs.fold (Fold.histogram 8) |> Finding.ofHistogram "cosines" 2
    /// </code> is <c>cosines = [0, 6] (n = 6)</c>.</example>
    let ofHistogram (name: string) (bins: int) (histogram: Histogram) : Finding =
        let joined = Distribution.rebin (histogram.Counts.Length / bins) histogram

        {
            numbers name (Seq.map float joined.Counts) with
                N = Some histogram.N
        }

    /// <summary>Rows [class, class, pairs, mean cosine] of a survey.</summary>
    /// <example><code lang="fsharp">
    /// let classes = [| Word; Word; Piece; Piece |]
    /// animals |> Similarity.cosine Rows |> Pairs.fold (VocabularySurvey.fold classes) |> Finding.ofClasses "classes"
    /// </code> is <c>classes = [[Word, Word, 1, 0.825], …]</c>.</example>
    let ofClasses (name: string) (survey: VocabularySurvey) : Finding =
        value
            name
            (Value.Array [
                for a, b, (_, summary) in survey.ByClass ->
                    Value.Array [
                        Value.Text(string a)
                        Value.Text(string b)
                        Value.Number(float summary.N)
                        finite name summary.Mean
                    ]
            ])

    /// <summary>The rows of a matrix, e.g. angles by step and token.</summary>
    /// <example><code lang="fsharp">animals |> Finding.ofMatrix "animals"</code> is <c>animals = [[4, 4, 2], [4,
    /// 20, 3], [4, 600, 1], [2, 2, 2]]</c>.</example>
    let ofMatrix (name: string) (matrix: Labelled) : Finding =
        rows name [ for i in 0 .. matrix.Rows.Length - 1 -> Seq.ofArray (Labelled.row i matrix) ]

    let rec private writeValue (writer: Utf8JsonWriter) value =
        match value with
        | Value.Number number -> writer.WriteNumberValue number
        | Value.Text text -> writer.WriteStringValue text
        | Value.Array values ->
            writer.WriteStartArray()
            List.iter (writeValue writer) values
            writer.WriteEndArray()

    /// <summary>The four correlations that other tools give (`rsa.pearson`, `rsa.spearman`, `rsa.rho-a`,
    /// `rsa.cosine`), `mantel.p` and, where there is one, `rsa.interval`.</summary>
    /// <example><code lang="fsharp">
    /// let near, far = Sample.normal (Seed 1UL) 9 3, Sample.normal (Seed 2UL) 9 4
    ///
    /// Rsa.compare RsaSettings.Quick (Similarity.cosine Rows near) (Similarity.cosine Rows far)
    /// |> Finding.ofRsa
    /// |> List.map _.Name
    /// </code> is <c>["rsa.pearson"; "rsa.spearman"; "rsa.rho-a"; "rsa.cosine"; "mantel.p";
    /// "rsa.interval"]</c>.</example>
    let ofRsa (rsa: Rsa) : Finding list =
        let low, high = rsa.Interval

        let correlations =
            [
                "pearson", rsa.Pearson
                "spearman", rsa.Spearman
                "rho-a", rsa.RhoA
                "cosine", rsa.Cosine
            ]
            |> List.map (fun (name, value) -> number $"rsa.{name}" value |> withN rsa.Pairs)

        let p = number "mantel.p" rsa.P |> withN (int64 rsa.Draws) |> withSeed rsa.Seed

        let interval =
            if Double.IsNaN low then
                []
            else
                [ numbers "rsa.interval" [ low; high ] |> withN (int64 rsa.N) ]

        correlations @ [ p ] @ interval

    /// Writes the finding as a JSON object that leaves out what is not known.
    let internal writeJson (writer: Utf8JsonWriter) (finding: Finding) : unit =
        writer.WriteStartObject()
        writer.WriteString("name", finding.Name)
        writer.WritePropertyName "value"
        writeValue writer finding.Value
        finding.Unit |> Option.iter (fun unit -> writer.WriteString("unit", unit))
        finding.N |> Option.iter (fun n -> writer.WriteNumber("n", n))

        finding.Seed
        |> Option.iter (fun (Seed seed) -> writer.WriteNumber("seed", seed))

        finding.P |> Option.iter (fun p -> writer.WriteNumber("p", p))
        writer.WriteEndObject()

    /// <summary>One line, e.g. `cosine.positions.mean = 0.117 (n = 523776)`.</summary>
    /// <example><code lang="fsharp">
    /// Finding.number "cosine.positions.mean" 0.117 |> Finding.withN 523776L |> Finding.describe
    /// </code> is <c>"cosine.positions.mean = 0.117 (n = 523776)"</c>.</example>
    let describe (finding: Finding) : string = finding.Display
