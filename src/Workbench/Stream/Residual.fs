namespace Workbench

open System
open Workbench.Core.Models
open Workbench.Core.Tensors
open type System.FormattableString

/// <summary>In which form the states of a residual stream are given.</summary>
/// <category index="6">Stream</category>
type StreamForm =
    /// As the blocks read and write them; the last is the output, after the final layer norm.
    | AsWritten
    /// Each through the final layer norm, as if it were the last.
    | ThroughFinalNorm

/// <summary>The residual stream of one text: the states of its tokens after the embeddings, after the positions and
/// after each block.</summary>
/// <category index="6">Stream</category>
[<NoComparison; ReferenceEquality; StructuredFormatDisplay("{Display}")>]
type ResidualStream = {
    Model: Model
    Ids: int[]
    /// The tokens' texts, or their ids where no tokenizer is at hand.
    Tokens: Axis
    /// Where the states were taken, in the order in which they are computed.
    Places: Place[]
    /// One matrix per place, [tokens, width]; not to be written to.
    States: Matrix[]
    Form: StreamForm
} with

    member this.Display =
        $"residual stream of {this.Tokens.Length} tokens at {this.Places.Length} places, {this.Form}, {this.Model.Weights}"

    override this.ToString() = this.Display

/// <summary>What a transformer makes of a text, step by step.</summary>
/// <category index="6">Stream</category>
[<RequireQualifiedAccess>]
module Residual =
    /// Whether the checkpoint at hand holds every tensor that running a text needs, and has no setting that is not
    /// supported. False for a model without config.json or of another shape, and for files that cannot be read.
    let canRun (model: Model) : bool =
        Model.tryTransformer model
        |> Option.exists (fun weights -> weights.Missing.Count = 0 && weights.Config.Refusals.Count = 0)

    let private runner (model: Model) =
        model.Engine.Load(Model.transformer model)

    let internal textOf (model: Model) (id: int) = Tokens.text id model

    let private isStep (place: Place) =
        match place.Kind with
        | PlaceKind.Embedding
        | PlaceKind.PositionedEmbedding
        | PlaceKind.EmbeddingNorm
        | PlaceKind.AfterBlock
        | PlaceKind.FinalNorm -> true
        | _ -> false

    /// <summary>The stream of a text given by its token ids, with changes on the way.</summary>
    /// <exception cref="T:System.ArgumentException">There is no token, there are too many, an id is unknown, or a
    /// change does not fit.</exception>
    /// <exception cref="T:Workbench.Core.Formats.WeightFileException">The checkpoint lacks a part; the message names
    /// it.</exception>
    let ofIds (changes: Interventions) (ids: int[]) (model: Model) : ResidualStream =
        let pass = (runner model).Run(ReadOnlySpan ids, isStep, changes)
        let places = Array.ofSeq pass.Places

        {
            Model = model
            Ids = ids
            Tokens = Axis.labelled "token" (Array.map (textOf model) ids)
            Places = places
            States = places |> Array.map (fun place -> pass[place])
            Form = AsWritten
        }

    /// <summary>The stream of a text when something is changed on the way: everything computed later sees the changed
    /// values.</summary>
    /// <example><code lang="fsharp">model |> Residual.streamWith (Interventions.None.Add(Place.AfterBlock 1, direction)) "one stone"</code></example>
    let streamWith (changes: Interventions) (text: string) (model: Model) : ResidualStream =
        ofIds changes (Tokens.ids text model) model

    /// <summary>The stream of a text: after the embeddings, with the positions added, after each block, and after the
    /// norms of embeddings and of the last block where the model has them.</summary>
    /// <example><code lang="fsharp">model |> Residual.stream "To kill two birds with one stone" |> Residual.path 6</code>
    /// is [15, 768] for GPT-2.</example>
    let stream (text: string) (model: Model) : ResidualStream =
        streamWith Interventions.None text model

    /// Each state through the final layer norm, which puts all of them where the output head compares them with tokens.
    /// The output
    /// itself, being the last block's state so treated, is left out. A model without final norm, such as BERT, is
    /// refused with an InvalidOperationException.
    let throughFinalNorm (stream: ResidualStream) : ResidualStream =
        match stream.Form with
        | ThroughFinalNorm -> stream
        | AsWritten ->
            let norm = (Model.transformer stream.Model).FinalNorm
            let count = stream.Places.Length - 1

            {
                stream with
                    Places = Array.truncate count stream.Places
                    States = stream.States |> Array.truncate count |> Array.map norm.Apply
                    Form = ThroughFinalNorm
            }

    let private provenance (step: string) (stream: ResidualStream) =
        let form =
            match stream.Form with
            | AsWritten -> []
            | ThroughFinalNorm -> [ "through ln_f" ]

        {
            Model.provenance step stream.Model with
                Steps = $"residual stream of {stream.Tokens.Length} tokens" :: form @ [ step ]
        }

    let private labelled rows step stream (values: Matrix) =
        Labelled.ofMatrix rows (Axis.numbered "dimension" values.Columns) (provenance step stream) values

    /// The states of all tokens, one labelled matrix per place, each [tokens, width].
    let states (stream: ResidualStream) : Labelled[] =
        Array.map2
            (fun (place: Place) values -> labelled stream.Tokens (string place) stream values)
            stream.Places
            stream.States

    let private places stream =
        Axis.labelled "step" (Array.map string stream.Places)

    /// <summary>The states of one token from place to place: [places, width].</summary>
    /// <param name="position">Which token, from 0.</param>
    /// <param name="stream">The stream.</param>
    /// <exception cref="T:System.ArgumentException">The text has no such token.</exception>
    let path (position: int) (stream: ResidualStream) : Labelled =
        Check.within 0 (stream.Tokens.Length - 1) (nameof position) position
        let values = Matrix.Uninitialized(stream.States.Length, stream.States[0].Columns)

        stream.States
        |> Array.iteri (fun i states -> states.Row(position).CopyTo(values.WritableRow i))

        labelled (places stream) $"path of token {position}" stream values

    let private moves quantity (measure: float[] -> float[] -> float) (stream: ResidualStream) =
        let row (states: Matrix) token =
            states.Row(token).ToArray() |> Array.map float

        let steps =
            stream.Places
            |> Array.pairwise
            |> Array.map (fun (before, after) -> $"{before} → {after}")

        Labelled.init (Axis.labelled "step" steps) stream.Tokens (provenance quantity stream) (fun step token ->
            measure (row stream.States[step] token) (row stream.States[step + 1] token))

    let private norm (vector: float[]) =
        sqrt (Array.sumBy (fun x -> x * x) vector)

    /// How far each token's state moves from place to place in all dimensions, as Euclidean lengths: [steps, tokens].
    let distances (stream: ResidualStream) : Labelled =
        moves "distance moved" (fun x y -> norm (Array.map2 (-) y x)) stream

    /// The angle between each token's states at neighbouring places in all dimensions, in degrees from 0 to 180:
    /// [steps, tokens].
    /// 2·atan2(|u − v|, |u + v|) of the unit vectors, which keeps its digits where the cosine is near 1 (Kahan). NaN
    /// for a state of zero.
    let angles (stream: ResidualStream) : Labelled =
        let angle (x: float[]) (y: float[]) =
            let unit vector =
                let length = norm vector
                Array.map (fun value -> value / length) vector

            let u, v = unit x, unit y

            Math.Atan2(norm (Array.map2 (-) u v), norm (Array.map2 (+) u v)) * 2.0
            |> fun radians -> radians * 180.0 / Math.PI

        moves "angle moved, degrees" angle stream

    /// What a row of scores says of one token: its softmax is taken in float64.
    let internal prediction (model: Model) (scores: float32[]) : int -> Prediction =
        let largest = float (Array.max scores)
        let total = scores |> Array.sumBy (fun score -> exp (float score - largest))

        fun id -> {
            Id = id
            Token = textOf model id
            Logit = float scores[id]
            Probability = exp (float scores[id] - largest) / total
        }

    /// The most probable tokens of a row of scores.
    let internal best (count: int) (model: Model) (scores: ReadOnlySpan<float32>) : Prediction[] =
        let scores = scores.ToArray()
        Check.within 1 scores.Length (nameof count) count
        let ids = Array.init scores.Length id
        Array.Sort(Array.map (fun score -> -(float score)) scores, ids)
        ids |> Array.truncate count |> Array.map (prediction model scores)

    /// <summary>The logit lens: what the model would say comes next if each state were the last one. The final layer
    /// norm and the output head are applied to every state that has not been through the norm already (nostalgebraist,
    /// "interpreting GPT: the logit lens", 2020).</summary>
    /// <param name="count">How many tokens, the most probable first.</param>
    /// <param name="stream">The stream, in either form: both give the same.</param>
    /// <returns>One array per place, in it one per token of the text, in it the predictions.</returns>
    let logitLens (count: int) (stream: ResidualStream) : Prediction[][][] =
        let transformer = runner stream.Model

        Array.map2
            (fun (place: Place) (states: Matrix) ->
                let logits =
                    if stream.Form = ThroughFinalNorm || place.Kind = PlaceKind.FinalNorm then
                        transformer.Logits states
                    else
                        transformer.LogitLens states

                Array.init logits.Rows (fun token -> best count stream.Model (logits.Row token)))
            stream.Places
            stream.States

    /// <summary>The tokens most likely to follow a text when something is changed on the way, the most probable
    /// first.</summary>
    /// <exception cref="T:System.ArgumentException">The model is an encoder: it has no next token.</exception>
    let nextWith (changes: Interventions) (count: int) (text: string) (model: Model) : Prediction[] =
        let transformer = model.Engine.Load(Model.decoder model)
        let ids = Tokens.ids text model
        let output = transformer.Run(ReadOnlySpan ids, Keep.Nothing, changes).Output
        best count model ((transformer.Logits(output.RowRange(ids.Length - 1, 1))).Row 0)

    /// <summary>The tokens most likely to follow a text, the most probable first.</summary>
    /// <example><code lang="fsharp">gpt2 |> Residual.next 5 "To kill two birds with one"</code></example>
    let next (count: int) (text: string) (model: Model) : Prediction[] =
        nextWith Interventions.None count text model
