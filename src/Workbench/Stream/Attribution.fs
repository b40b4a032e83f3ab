namespace Workbench

open System
open System.Numerics.Tensors
open Workbench.Core.Models
open Workbench.Core.Tensors

/// <summary>Which part of a model says which token comes next: direct logit attribution. What the last token's stream
/// holds is the sum of what embeddings, heads and MLPs wrote there, and each part's share of a score is its product
/// with
/// that token's row of the output head (Elhage et al., "A Mathematical Framework for Transformer Circuits",
/// 2021).</summary>
/// <remarks>The scale of the final norm is held as it is at that token, and a layer norm's mean is taken out of each
/// part: with these the parts add up to the score exactly, to the rounding of single precision. What a head does
/// through later blocks counts as theirs.</remarks>
/// <category index="6">Stream</category>
[<RequireQualifiedAccess>]
module Attribution =
    let private refuse (model: Model) (why: string) =
        invalidArg (nameof model) $"{model.Weights} {why}, so that no sum of parts gives its scores."

    let private check (model: Model) (config: TransformerConfig) =
        for block in config.Blocks do
            for branch in [ block.Attention :> BranchConfig; block.FeedForward ] do
                if not (isNull branch.NormOutput) then
                    refuse model "norms what all heads of a block write together"

                if not (isNull branch.NormAfter) || branch.AddsToRead then
                    refuse model "norms its stream in every block"

        if not (isNull config.OutputProjection) || not (isNull config.Head.Transform) then
            refuse model "has a layer between its last norm and its output head"

        if config.Head.Cap.HasValue then
            refuse model "caps its scores"

    /// <summary>As `between`, of a text that is given by its token ids.</summary>
    /// <example><code lang="fsharp">
    /// gpt2 |> Attribution.ofIds 286 (Some 260) [| 483; 1472 |] |> Labelled.shape
    /// </code> is <c>(50, 1)</c>: the embeddings, six blocks of six heads, their bias and an MLP, and the
    /// constant.</example>
    let ofIds (token: int) (against: int option) (ids: int[]) (model: Model) : Labelled =
        let weights = Model.decoder model
        let config = weights.Config
        check model config
        Check.notEmpty "the text's tokens" ids

        for id in token :: Option.toList against do
            Check.within 0 (config.Tokens.Count - 1) "a token's id" id

        let isWanted (place: Place) =
            match place.Kind with
            | PlaceKind.PositionedEmbedding
            | PlaceKind.EmbeddingNorm
            | PlaceKind.EmbeddingProjection
            | PlaceKind.HeadOutput
            | PlaceKind.MlpOutput
            | PlaceKind.AfterBlock -> true
            | _ -> false

        let pass = (Model.runner model).Run(ReadOnlySpan ids, isWanted)

        let at (place: Place) =
            (pass[place].Row(ids.Length - 1)).ToArray() |> Array.map float

        let dot (a: float[]) (b: float[]) =
            TensorPrimitives.Dot(ReadOnlySpan<float> a, ReadOnlySpan b)

        // The head's direction: what of the stream, less its mean and times the norm's gain and scale, makes the score.
        let head (id: int) = weights.Unembedding.Slice(id, 1)

        let row id =
            (head id).ToMatrix().ToArray()
            |> Array.map (fun value -> float value * config.Head.Multiplier)

        let output =
            match against with
            | Some other -> Array.map2 (-) (row token) (row other)
            | None -> row token

        let final = at (Place.AfterBlock(config.Blocks.Count - 1))

        let norm =
            config.FinalNorm |> Option.ofObj |> Option.map (fun _ -> weights.FinalNorm)

        let centre (vector: float[]) =
            let mean = Array.average vector
            vector |> Array.map (fun value -> value - mean)

        let direction =
            match norm with
            | None -> output
            | Some norm ->
                let gained =
                    Array.map2 (fun (gain: float32) value -> float gain * value) (norm.Gain.ToArray()) output

                let read = if norm.Centres then centre final else final
                let scale = 1.0 / sqrt (dot read read / float read.Length + norm.Epsilon)
                let scaled = gained |> Array.map (fun value -> value * scale)
                // Taking the mean out of every part is taking it out of the direction.
                if norm.Centres then centre scaled else scaled

        let constant =
            let ofNorm =
                match norm with
                | Some norm when not norm.Bias.IsEmpty -> dot (norm.Bias.ToArray() |> Array.map float) output
                | _ -> 0.0

            let bias id =
                let bias = (head id).Bias

                if bias.IsEmpty then
                    0.0
                else
                    float bias[0] * config.Head.Multiplier

            ofNorm + bias token - (against |> Option.map bias |> Option.defaultValue 0.0)

        let first =
            [ Place.EmbeddingProjection; Place.EmbeddingNorm; Place.PositionedEmbedding ]
            |> List.find pass.Contains

        let parts = [|
            "embeddings", dot (at first) direction

            for block in 0 .. config.Blocks.Count - 1 do
                let attention = config.Blocks[block].Attention
                let factor = float attention.Multiplier
                let layer = weights.Attention block

                for head in 0 .. attention.Heads - 1 do
                    let output = (layer.Head head).Output
                    let mixed = at (Place.HeadOutput(block, head))
                    let mutable sum = 0.0

                    for i in 0 .. mixed.Length - 1 do
                        sum <- sum + mixed[i] * dot (output.Row(i).ToArray() |> Array.map float) direction

                    $"block {block}, head {head}", factor * sum

                if not layer.Output.Bias.IsEmpty then
                    let bias = layer.Output.Bias.ToArray() |> Array.map float
                    $"block {block}, attention bias", factor * dot bias direction

                $"block {block}, MLP", dot (at (Place.MlpOutput block)) direction

            "constant", constant
        |]

        let text id =
            $"\"{Escape.visible (Tokens.text id model)}\""

        let what =
            match against with
            | Some other -> $"logit of {text token} less that of {text other}"
            | None -> $"logit of {text token}"

        Labelled.init
            (Axis.labelled "part" (Array.map fst parts))
            (Axis.labelled "logit" [| what |])
            (Model.passProvenance $"attribution of the {what}" model)
            (fun i _ -> snd parts[i])

    /// <summary>How much each part of the model adds to the score of a token as the next one: [parts, 1]. The parts add
    /// up to the logit.</summary>
    /// <param name="token">One token of the model.</param>
    /// <param name="text">Which it would follow.</param>
    /// <param name="model">A decoder.</param>
    /// <exception cref="T:System.ArgumentException">The word is not one token, or the model's scores are no sum of
    /// parts.</exception>
    /// <example><code lang="fsharp">
    /// gpt2 |> Attribution.ofNext " of" "To kill two birds with one" |> Labelled.column 0 |> Array.sum
    /// </code> is <c>5.79</c>: the logit.</example>
    /// <example><code lang="fsharp">bert |> Attribution.ofNext "of" "To kill two birds with one"</code> throws
    /// <c>ArgumentException</c>.</example>
    let ofNext (token: string) (text: string) (model: Model) : Labelled =
        ofIds (Tokens.word token model) None (Tokens.sequence text model) model

    /// <summary>How much each part of the model adds to the difference of two tokens' scores as the next one: what
    /// speaks for the first is positive. [parts, 1]</summary>
    /// <param name="token">One token of the model.</param>
    /// <param name="against">Another.</param>
    /// <param name="text">Which they would follow.</param>
    /// <param name="model">A decoder.</param>
    /// <exception cref="T:System.ArgumentException">A word is not one token, or the model's scores are no sum of
    /// parts.</exception>
    /// <example><code lang="fsharp">
    /// gpt2 |> Attribution.between " of" " side" "To kill two birds with one" |> Labelled.row 0
    /// </code> is <c>[|0.339|]</c>, for " of".</example>
    let between (token: string) (against: string) (text: string) (model: Model) : Labelled =
        ofIds (Tokens.word token model) (Some(Tokens.word against model)) (Tokens.sequence text model) model
