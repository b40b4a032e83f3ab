namespace Workbench

open System
open System.Numerics.Tensors
open Workbench.Core.Gradients
open Workbench.Core.Models
open type System.FormattableString

/// <summary>Which token's score is explained.</summary>
/// <category index="6">Stream</category>
type NextToken =
    /// The one that the model thinks most probable.
    | MostProbable
    /// One of one's choice.
    | TokenId of int

/// <summary>How much each token of a text has to do with the score of the token that comes next.</summary>
/// <category index="6">Stream</category>
[<NoComparison; StructuredFormatDisplay("{Display}")>]
type Saliency = {
    /// The tokens' texts, or their ids where no tokenizer is at hand.
    Tokens: string[]
    /// Gradient × input of each: ∂ logit / ∂ embedding · embedding.
    Scores: float[]
    /// The token whose score is explained, with its logit and probability.
    Target: Prediction
    Provenance: Provenance
} with

    /// What all scores add up to. It would be the logit less a constant if the model were linear; it is not, and the
    /// two may lie far apart.
    member this.Sum = Array.sum this.Scores

    member this.Display =
        let shown =
            Array.map2
                (fun token (score: float) -> Invariant $"{Escape.typed token} {score:F2}")
                this.Tokens
                this.Scores

        let more = if shown.Length > 12 then ", …" else ""
        let first = String.Join(", ", Array.truncate 12 shown)

        Invariant $"{this.Target}, logit {this.Target.Logit:F2}: {first}{more}; sum {this.Sum:F2}"

    override this.ToString() = this.Display

/// <summary>Gradient × input (Shrikumar et al., "Not just a black box", 2016): the derivative of a next-token logit
/// with respect to making a token's embedding longer, (1 + ε) times, at its place. This is exact for small ε and says
/// nothing of what a token's absence would do: the scores of a model that is not linear do not add up to its
/// logit.</summary>
/// <category index="6">Stream</category>
[<RequireQualifiedAccess>]
module Saliency =
    /// <summary>For a text given by its token ids.</summary>
    /// <exception cref="T:System.ArgumentException">There is no token, there are too many, or an id is
    /// unknown, or the model is an encoder, which has no next token.</exception>
    /// <exception cref="T:Workbench.Core.Formats.WeightFileException">The checkpoint lacks a part; the message names
    /// it.</exception>
    /// <example><code lang="fsharp">
    /// gpt2 |> Saliency.ofIds MostProbable (Tokens.ids "one stone" gpt2) |> _.Scores.Length
    /// </code> is <c>2</c>.</example>
    /// <example><code lang="fsharp">gpt2 |> Saliency.ofIds (TokenId 100_000) [| 10; 20; 30 |]</code> throws
    /// <c>ArgumentException</c>.</example>
    let ofIds (next: NextToken) (ids: int[]) (model: Model) : Saliency =
        Check.notEmpty (nameof ids) ids

        if not model.Edits.Steps.IsEmpty then
            invalidArg
                (nameof model)
                $"Gradients are taken of a model as it was read, but this one is edited ({model.Edits})."

        let tape = Tape()
        let weights = Model.decoder model
        let graph = TransformerGraph.Of(weights, tape)
        let embeddings = tape.Input(weights.TokenRows(ReadOnlySpan ids))
        let stream = graph.Run(embeddings, 1)
        let logits = graph.Logits(stream.Slice(ids.Length - 1, 1, 0, stream.Columns))
        let scores = logits.Value.ToArray()

        let target =
            match next with
            | MostProbable -> TensorPrimitives.IndexOfMax(ReadOnlySpan scores)
            | TokenId id ->
                Check.within 0 (scores.Length - 1) (nameof next) id
                id

        tape.Backward(logits.Slice(0, 1, target, 1))

        {
            Tokens = Array.map (Residual.textOf model) ids
            Scores =
                Array.init ids.Length (fun i ->
                    Array.fold2
                        (fun sum slope x -> sum + float slope * float x)
                        0.0
                        (embeddings.Gradient.Row(i).ToArray())
                        (embeddings.Value.Row(i).ToArray()))
            Target = Residual.prediction model scores target
            Provenance = model |> Model.provenance $"gradient × input of the logit of token {target}"
        }

    /// <summary>For the token that the model thinks most probable to come next.</summary>
    /// <example><code lang="fsharp">gpt2 |> Saliency.ofNextToken "To kill two birds with one"</code> is <c>" of" 10.2
    /// %, logit 5.79: To -0.35, " kill" -0.14, " two" -0.10, " birds" 0.23, " with" -0.54, " one" -0.08; sum
    /// -0.98</c>.</example>
    /// <example><code lang="fsharp">
    /// let why = gpt2 |> Saliency.ofNextToken "To kill two birds with one"
    /// Chart.bar why.Tokens why.Scores
    /// </code> is <c>Chart: 6 bars; x To | kill | two | …</c>.</example>
    let ofNextToken (text: string) (model: Model) : Saliency =
        ofIds MostProbable (Tokens.sequence text model) model

    /// <summary>For a token of one's choice, by its id.</summary>
    /// <example><code lang="fsharp">
    /// let stone = Array.exactlyOne (Tokens.ids " stone" gpt2)
    /// gpt2 |> Saliency.ofToken stone "To kill two birds with one"
    /// </code> is <c>" stone" …</c>.</example>
    let ofToken (id: int) (text: string) (model: Model) : Saliency =
        ofIds (TokenId id) (Tokens.sequence text model) model
