namespace Workbench

open System
open Workbench.Core.Gradients
open Workbench.Core.Models
open type System.FormattableString

/// <summary>How a long text is cut into windows, each of which the model reads by itself.</summary>
/// <category index="6">Stream</category>
type PerplexitySettings = {
    /// How many tokens the model sees at once; None for 1,024, or all of the model's positions where it has fewer.
    Window: int option
    /// How many tokens further each window begins; None for the window's own length, so that windows share nothing.
    /// With a smaller one every token but those of the first window is told by at least Window − Stride tokens before
    /// it, at the cost of Window / Stride as many passes.
    Stride: int option
    /// A token put before every window, such as a beginning of text without which a model was never trained: it takes
    /// one of the window's places and is not counted. None for none.
    Before: int option
} with

    /// Windows of 1,024 tokens, or of all positions, that share nothing and have nothing put before them.
    static member Default = {
        Window = None
        Stride = None
        Before = None
    }

/// <summary>One window of a text: its place in the text, and the loss of the tokens that count in it.</summary>
/// <category index="6">Stream</category>
[<StructuredFormatDisplay("{Display}")>]
type WindowLoss = {
    /// The place in the text of its first token, from 0.
    First: int
    /// Its tokens.
    Length: int
    /// How many of them count: those with a token before them that no earlier window counted.
    N: int
    /// The mean of their losses, in nats.
    Loss: float
} with

    member this.Display =
        Invariant $"tokens {this.First} to {this.First + this.Length - 1}: {this.Loss:F4} nats over {this.N}"

    override this.ToString() = this.Display

/// <summary>How well a model tells each next token of a text.</summary>
/// <category index="6">Stream</category>
[<NoComparison; ReferenceEquality; StructuredFormatDisplay("{Display}")>]
type Perplexity = {
    /// The loss of each token that has one, −ln of the probability that the model gave it, in nats: [tokens, 1], in the
    /// order of the text.
    Losses: Labelled
    /// The place in the text of each of these tokens, from 0.
    Places: int[]
    Windows: WindowLoss[]
    /// The mean loss, in nats, each token counting once.
    Loss: float
} with

    /// How many tokens have a loss.
    member this.N = this.Places.Length

    /// exp of the mean loss: among so many equally likely tokens the model would be as much at a loss.
    member this.Value = exp this.Loss

    member this.Display =
        let windows = Counted.things "window" this.Windows.Length
        let tokens = Counted.things "token" this.N

        Invariant $"perplexity {this.Value:F3} ({this.Loss:F4} nats) over {tokens} in {windows}, "
        + Provenance.describe this.Losses.Provenance

    override this.ToString() = this.Display

/// <summary>Perplexity: exp of the mean loss of a text's tokens, each told by those before it (Jelinek et al.,
/// "Perplexity—a measure of the difficulty of speech recognition tasks", 1977).</summary>
/// <remarks>The first token has no loss, as nothing tells it, and neither has the first of a window that shares nothing
/// with the one before. A token counts once, in the first window that has another before it, and all count alike,
/// whatever their window. Numbers compare only between models with the same tokens, and with the same windows: a
/// smaller stride gives every token more to be told by, and a smaller perplexity.</remarks>
/// <category index="6">Stream</category>
[<RequireQualifiedAccess>]
module Perplexity =
    // Rows of scores that exist at a time: of 49,152 tokens 12 MB.
    let private rowsAtOnce = 64

    let private usualWindow = 1024

    // Where each window begins: further by the stride until one reaches the text's end.
    let private starts (length: int) (window: int) (stride: int) = [|
        let mutable first = 0
        yield 0

        while first + window < length do
            first <- first + stride
            yield first
    |]

    let private sizes (settings: PerplexitySettings) (config: TransformerConfig) =
        let before = if settings.Before.IsSome then 1 else 0
        let most = config.MaxTokens - before
        let window = settings.Window |> Option.defaultValue (min usualWindow most)
        // A window of one token tells nothing.
        Check.within (2 - before) most (nameof settings.Window) window
        let stride = settings.Stride |> Option.defaultValue window
        Check.within 1 window (nameof settings.Stride) stride
        window, stride

    // The losses of a run's tokens from one place on, each told by the state before it.
    let private lossesFrom (first: int) (tokens: int[]) (transformer: ITransformer) : float[] =
        let output = transformer.Run(ReadOnlySpan tokens, Keep.Nothing).Output

        [| first - 1 .. rowsAtOnce .. tokens.Length - 2 |]
        |> Array.collect (fun row ->
            let rows = min rowsAtOnce (tokens.Length - 1 - row)
            CrossEntropy.OfRows(transformer.Logits(output.RowRange(row, rows)), ReadOnlyMemory(tokens, row + 1, rows)))

    /// <summary>The perplexity of a text that is given by its token ids.</summary>
    /// <exception cref="T:System.ArgumentException">The model is an encoder; a window is longer than its positions or
    /// has no token to tell, or the stride passes over tokens; an id is unknown; or the text has no token that another
    /// tells.</exception>
    /// <exception cref="T:Workbench.Core.Formats.WeightFileException">The checkpoint lacks a part; the message names
    /// it.</exception>
    /// <example><code lang="fsharp">
    /// let ids = Tokens.ids "To kill two birds with one stone" gpt2
    /// let found = gpt2 |> Perplexity.ofIds PerplexitySettings.Default ids
    /// found.N = ids.Length - 1, found.Value = exp found.Loss
    /// </code> is <c>(true, true)</c>.</example>
    /// <example><code lang="fsharp">gpt2 |> Perplexity.ofIds PerplexitySettings.Default [| 10 |]</code> throws
    /// <c>ArgumentException</c>.</example>
    let ofIds (settings: PerplexitySettings) (ids: int[]) (model: Model) : Perplexity =
        Model.decoder model |> ignore
        let transformer = Model.runner model
        let window, stride = sizes settings transformer.Weights.Config
        let before = Option.toArray settings.Before

        if ids.Length + before.Length < 2 || ids.Length = 0 then
            let tokens = Counted.things "token" ids.Length

            invalidArg
                (nameof ids)
                $"The text has {tokens}, none of which another tells; the first of a text has no loss."

        let starts = starts ids.Length window stride

        let found =
            Progress.run $"perplexity of {ids.Length} tokens" (fun report ->
                starts
                |> Array.mapi (fun number first ->
                    let length = min window (ids.Length - first)
                    // What is behind the window before, and has a token in front of it.
                    let counted = if number = 0 then first else starts[number - 1] + window
                    let from = max counted (first + 1 - before.Length)

                    let losses =
                        if from >= first + length then
                            [||]
                        else
                            lossesFrom
                                (from - first + before.Length)
                                (Array.append before ids[first .. first + length - 1])
                                transformer

                    report (float (number + 1) / float starts.Length)
                    first, length, from, losses))

        let losses = found |> Array.collect (fun (_, _, _, losses) -> losses)

        let places =
            found
            |> Array.collect (fun (_, _, from, losses) -> Array.init losses.Length (fun i -> from + i))

        let step =
            let put =
                match settings.Before with
                | Some id -> $" behind token {id}"
                | None -> ""

            $"loss of {ids.Length} tokens in windows of {window}, each {stride} further{put}"

        {
            Losses =
                Labelled.init
                    (Axis.labelled "token" (places |> Array.map (fun place -> Tokens.text ids[place] model)))
                    (Axis.labelled "quantity" [| "loss, nats" |])
                    (Model.passProvenance step model)
                    (fun token _ -> losses[token])
            Places = places
            Windows =
                found
                |> Array.filter (fun (_, _, _, losses) -> losses.Length > 0)
                |> Array.map (fun (first, length, _, losses) -> {
                    First = first
                    Length = length
                    N = losses.Length
                    Loss = Array.average losses
                })
            Loss = Array.average losses
        }

    /// <summary>The perplexity of a text: what its tokenizer makes of it, special tokens included, in
    /// windows.</summary>
    /// <param name="settings">How the text is cut.</param>
    /// <param name="text">At least two tokens, or one behind `Before`.</param>
    /// <param name="model">A decoder with a tokenizer.</param>
    /// <exception cref="T:System.ArgumentException">As for `ofIds`.</exception>
    /// <example><code lang="fsharp">
    /// (gpt2 |> Perplexity.ofText PerplexitySettings.Default "To kill two birds with one stone").Losses
    /// |> Labelled.column 0
    /// |> Array.max
    /// </code> is <c>9.13</c>, the loss of the token that surprises most.</example>
    /// <example><code lang="fsharp">bert |> Perplexity.ofText PerplexitySettings.Default "one stone"</code> throws
    /// <c>ArgumentException</c>.</example>
    let ofText (settings: PerplexitySettings) (text: string) (model: Model) : Perplexity =
        ofIds settings (Tokens.sequence text model) model
