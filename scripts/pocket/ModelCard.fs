namespace Pocket

open System
open System.Globalization
open System.IO
open System.Security.Cryptography
open Workbench.Core.Training
open Workbench.Core.Training.Text

/// <summary>What a model was made of, what it can do and what it cannot: the README of its folder, as the hub shows
/// it.</summary>
type ModelCard = {
    /// The name of its folder, e.g. "pocket-gpt2".
    Name: string
    /// What it is found by on the hub.
    Tags: string list
    /// What it is, in a sentence or two.
    Summary: string
    /// Headings with their Markdown, in the order of reading.
    Sections: (string * string) list
}

/// <summary>Writes model cards in the hub's form: YAML between lines of dashes, then Markdown.</summary>
[<RequireQualifiedAccess>]
module ModelCard =
    let private lines (parts: string seq) = String.Join("\n", parts)

    /// A number as it stands in a card, with commas between thousands whatever the machine's language.
    let count (value: int64) : string =
        value.ToString("N0", CultureInfo.InvariantCulture)

    /// A number with so many digits behind the point.
    let fixedPoint (digits: int) (value: float) : string =
        value.ToString($"F{digits}", CultureInfo.InvariantCulture)

    /// <summary>A table in Markdown.</summary>
    /// <exception cref="T:System.ArgumentException">A row has another number of cells than the header.</exception>
    /// <example><code lang="fsharp">ModelCard.table [ "step"; "loss" ] [ [ "500"; "5.39" ] ]</code> has three
    /// lines.</example>
    let table (header: string list) (rows: string list list) : string =
        for row in rows do
            if row.Length <> header.Length then
                invalidArg
                    (nameof rows)
                    $"""The header has {header.Length} cells, but a row has {row.Length}: {String.Join(", ", row)}."""

        // A bar or a backtick in a token would end its cell or its code.
        let line (cells: string list) =
            let cells = cells |> List.map _.Replace("|", "\\|")
            $"""| {String.Join(" | ", cells)} |"""

        lines [
            line header
            line (header |> List.map (fun _ -> "---"))
            yield! List.map line rows
        ]

    /// A token or a word as code, with its leading space to be seen as ␣.
    let code (token: string) : string =
        let shown = token.Replace(" ", "␣").Replace("\n", "↵").Replace("`", "´")
        $"`{shown}`"

    /// <summary>The texts of a corpus as a table: file, size, hash, and what is in it.</summary>
    /// <param name="works">File names with authors and titles; a file that is not among them is listed without.</param>
    /// <param name="corpus">The texts.</param>
    let texts (works: (string * string) list) (corpus: TextCorpus) : string =
        let known = Map.ofList works

        table [ "file"; "bytes"; "SHA-256"; "works" ] [
            for file in corpus.Files ->
                [
                    file.Name
                    count file.Bytes
                    $"`{file.Sha256}`"
                    known |> Map.tryFind file.Name |> Option.defaultValue ""
                ]
        ]

    /// The held-out losses of a training with the mean training loss of the 100 steps before each, in nats.
    let losses (curve: LossCurve) : string =
        table [ "step"; "training loss"; "held-out loss" ] [
            for point in curve.HeldOut ->
                [
                    count point.Step
                    fixedPoint 3 (curve.Smoothed(point.Step - 1))
                    fixedPoint 3 point.Loss
                ]
        ]

    /// The SHA-256 of a file, lower-case hexadecimal.
    let hash (path: string) : string =
        use stream = File.OpenRead path
        Convert.ToHexStringLower(SHA256.HashData stream)

    /// The whole card.
    let toMarkdown (card: ModelCard) : string =
        lines [
            "---"
            "license: mit"
            "language: en"
            "tags:"
            for tag in card.Tags do
                $"- {tag}"
            "---"
            ""
            $"# {card.Name}"
            ""
            card.Summary
            for heading, text in card.Sections do
                $"\n## {heading}\n\n{text}"
            ""
        ]

    /// Writes the card as README.md into the model's folder.
    let write (folder: string) (card: ModelCard) : unit =
        File.WriteAllText(Path.Combine(folder, "README.md"), toMarkdown card)
