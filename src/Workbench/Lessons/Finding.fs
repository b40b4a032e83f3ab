namespace Workbench

open System
open System.Text.Json
open type System.FormattableString

/// <summary>The value of a finding, as results.json writes it.</summary>
/// <category index="8">Lessons</category>
[<RequireQualifiedAccess>]
type Value =
    | Number of float
    | Text of string
    | Array of Value list

/// <summary>One result that a lesson states: a name that other tools may rely on, a value, and what is needed to judge
/// it.</summary>
/// <category index="8">Lessons</category>
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
}

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
    /// <example><code lang="fsharp">Finding.number "cosine.positions.mean" 0.117 |> Finding.withN 523776L</code></example>
    let number (name: string) (value: float) : Finding = make name (finite name value)

    /// A whole number; exact up to 2⁵³.
    let count (name: string) (value: int64) : Finding = make name (Value.Number(float value))

    /// A text, such as the name of the nearest token.
    let text (name: string) (value: string) : Finding = make name (Value.Text value)

    /// A row of numbers, e.g. a shape.
    let numbers (name: string) (values: float seq) : Finding =
        make name (Value.Array [ for value in values -> finite name value ])

    /// A row of whole numbers, e.g. indices.
    let counts (name: string) (values: int seq) : Finding = numbers name (Seq.map float values)

    /// A table of numbers, row by row.
    let rows (name: string) (values: float seq seq) : Finding =
        make name (Value.Array [ for row in values -> Value.Array [ for value in row -> finite name value ] ])

    /// Any value, e.g. rows that mix numbers and texts.
    let value (name: string) (value: Value) : Finding = make name value

    /// Rows [similarity, i, j, first, second], one per pair.
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

    /// Rows of block, head, "QK" or "VO", the first three singular values, features for 99 %, effective rank.
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

    let withUnit (unit: string) (finding: Finding) : Finding = { finding with Unit = Some unit }

    let withN (n: int64) (finding: Finding) : Finding = { finding with N = Some n }

    let withSeed (seed: Seed) (finding: Finding) : Finding = { finding with Seed = Some seed }

    let withP (p: float) (finding: Finding) : Finding = { finding with P = Some p }

    /// `name.mean`, `name.sd`, `name.min` and `name.max` of a summary, each with its n.
    let ofSummary (name: string) (summary: Summary) : Finding list = [
        for part, value in
            [
                "mean", summary.Mean
                "sd", summary.Sd
                "min", summary.Minimum
                "max", summary.Maximum
            ] -> number $"{name}.{part}" value |> withN summary.N
    ]

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
    /// |> List.length
    /// </code>gives <c>6</c>.</example>
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

    /// The value as a reader wants it: numbers to six digits, long arrays cut short.
    let rec private display value =
        match value with
        | Value.Number number -> number.ToString("G6", Globalization.CultureInfo.InvariantCulture)
        | Value.Text text -> text
        | Value.Array values ->
            let shown = values |> List.truncate 12 |> List.map display
            let rest = if values.Length > 12 then [ "…" ] else []
            "[" + String.Join(", ", shown @ rest) + "]"

    /// One line, e.g. `cosine.positions.mean = 0.117 (n = 523776)`.
    let describe (finding: Finding) : string =
        let known = [
            match finding.N with
            | Some n -> $"n = {n}"
            | None -> ()
            match finding.P with
            | Some p -> $"p = {display (Value.Number p)}"
            | None -> ()
            match finding.Seed with
            | Some(Seed seed) -> $"seed {seed}"
            | None -> ()
        ]

        let unit =
            finding.Unit |> Option.map (fun unit -> " " + unit) |> Option.defaultValue ""

        let notes =
            if known.IsEmpty then
                ""
            else
                " (" + String.Join(", ", known) + ")"

        $"{finding.Name} = {display finding.Value}{unit}{notes}"
