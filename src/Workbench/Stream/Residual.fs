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
        $"residual stream of {this.Tokens.Length} tokens at {this.Places.Length} places, {this.Form}, \
          {this.Model.Weights}"

    override this.ToString() = this.Display

/// <summary>What a transformer makes of a text, step by step.</summary>
/// <category index="6">Stream</category>
[<RequireQualifiedAccess>]
module Residual =
    /// <summary>Whether the checkpoint at hand holds every tensor that running a text needs, and has no setting that is
    /// not supported. False for a model without config.json or of another shape, and for files that cannot be
    /// read.</summary>
    /// <example><code lang="fsharp">Residual.canRun gpt2</code> is <c>true</c>.</example>
    let canRun (model: Model) : bool =
        Model.tryTransformer model
        |> Option.exists (fun weights -> weights.Missing.Count = 0 && weights.Config.Refusals.Count = 0)

    let private runner (model: Model) =
        model.Engine.Load(Model.transformer model)

    let internal textOf (model: Model) (id: int) = Tokens.text id model

    // Where embeddings are of another width than the stream, it begins behind the layer between them.
    let private isStep (config: TransformerConfig) (place: Place) =
        match place.Kind with
        | PlaceKind.Embedding
        | PlaceKind.PositionedEmbedding
        | PlaceKind.EmbeddingNorm -> isNull config.EmbeddingProjection
        | PlaceKind.EmbeddingProjection
        | PlaceKind.AfterBlock
        | PlaceKind.FinalNorm -> true
        | _ -> false

    /// <summary>The stream of a text given by its token ids, with changes on the way.</summary>
    /// <exception cref="T:System.ArgumentException">There is no token, there are too many, an id is unknown, or a
    /// change does not fit.</exception>
    /// <exception cref="T:Workbench.Core.Formats.WeightFileException">The checkpoint lacks a part; the message names
    /// it.</exception>
    /// <example><code lang="fsharp">gpt2 |> Residual.ofIds Interventions.None [| 10; 20; 30 |]</code> is <c>residual
    /// stream of 3 tokens at 9 places, AsWritten, pocket-gpt2 (Pocket)</c>.</example>
    /// <example><code lang="fsharp">gpt2 |> Residual.ofIds Interventions.None [||]</code> throws
    /// <c>ArgumentException</c>.</example>
    let ofIds (changes: Interventions) (ids: int[]) (model: Model) : ResidualStream =
        let transformer = runner model

        let pass =
            transformer.Run(ReadOnlySpan ids, isStep transformer.Weights.Config, changes)

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
    /// <example><code lang="fsharp">
    /// // The same text, but the first block's MLP adds nothing.
    /// let silence = Interventions.None.Change(Place.MlpOutput 0, fun values -> values.Clear())
    /// gpt2 |> Residual.streamWith silence "one stone" |> Residual.distances |> Labelled.row 1
    /// </code> is <c>[|0.629; 0.645|]</c>.</example>
    let streamWith (changes: Interventions) (text: string) (model: Model) : ResidualStream =
        ofIds changes (Tokens.ids text model) model

    /// <summary>The stream of a text: after the embeddings, with the positions added, after each block, and after the
    /// norms of embeddings and of the last block where the model has them.</summary>
    /// <example><code lang="fsharp">
    /// gpt2 |> Residual.stream "To kill two birds with one stone" |> Residual.path 6 |> Labelled.shape
    /// </code> is <c>(9, 192)</c>.</example>
    let stream (text: string) (model: Model) : ResidualStream =
        streamWith Interventions.None text model

    /// <summary>Each state through the final layer norm, which puts all of them where the output head compares them
    /// with tokens. The output itself, being the last block's state so treated, is left out. A model without final
    /// norm, such as BERT, is refused with an InvalidOperationException, and so is one whose output head reads another
    /// width than the stream's.</summary>
    /// <example><code lang="fsharp">gpt2 |> Residual.stream "one stone" |> Residual.throughFinalNorm</code> is
    /// <c>residual stream of 2 tokens at 8 places, ThroughFinalNorm, pocket-gpt2 (Pocket)</c>.</example>
    /// <example><code lang="fsharp">bert |> Residual.stream "one stone" |> Residual.throughFinalNorm</code> throws
    /// <c>InvalidOperationException</c>.</example>
    let throughFinalNorm (stream: ResidualStream) : ResidualStream =
        match stream.Form with
        | ThroughFinalNorm -> stream
        | AsWritten ->
            let weights = Model.transformer stream.Model

            if not (isNull weights.Config.OutputProjection) then
                invalidOp
                    $"{stream.Model.Weights} has a layer between its final norm and its output head, so that states \
                      after the norm are not compared with tokens. Residual.logitLens goes through both."

            let norm = weights.FinalNorm
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
            | ThroughFinalNorm -> [ "through the final norm" ]

        {
            Model.provenance step stream.Model with
                Steps = $"residual stream of {stream.Tokens.Length} tokens" :: form @ [ step ]
        }

    let private labelled rows step stream (values: Matrix) =
        Labelled.ofMatrix rows (Axis.numbered "dimension" values.Columns) (provenance step stream) values

    /// <summary>The states of all tokens, one labelled matrix per place, each [tokens, width].</summary>
    /// <example><code lang="fsharp">gpt2 |> Residual.stream "one stone" |> Residual.states |> Array.last</code> is
    /// <c>token × 2 by dimension × 192, pocket-gpt2 (Pocket): residual stream of 2 tokens → final norm …</c>.</example>
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
    /// <example><code lang="fsharp">gpt2 |> Residual.stream "one stone" |> Residual.path 1 |> Labelled.shape</code> is
    /// <c>(9, 192)</c>.</example>
    /// <example><code lang="fsharp">gpt2 |> Residual.stream "one stone" |> Residual.path 9</code> throws
    /// <c>ArgumentException</c>.</example>
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

    /// <summary>How far each token's state moves from place to place in all dimensions, as Euclidean lengths: [steps,
    /// tokens].</summary>
    /// <example><code lang="fsharp">gpt2 |> Residual.stream "one stone" |> Residual.distances</code> is <c>step × 8 by
    /// token × 2, pocket-gpt2 (Pocket): … embed → embed + position: 0.7878, 0.5254 …</c>.</example>
    let distances (stream: ResidualStream) : Labelled =
        moves "distance moved" (fun x y -> norm (Array.map2 (-) y x)) stream

    /// <summary>The angle between each token's states at neighbouring places in all dimensions, in degrees from 0 to
    /// 180: [steps, tokens]. 2·atan2(|u − v|, |u + v|) of the unit vectors, which keeps its digits where the cosine is
    /// near 1 (Kahan). NaN for a state of zero.</summary>
    /// <example><code lang="fsharp">gpt2 |> Residual.stream "one stone" |> Residual.angles |> Labelled.row 0</code> is
    /// <c>[|46.8; …|]</c>.</example>
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
    /// <example><code lang="fsharp">
    /// // At the last token, the first guess of each place.
    /// gpt2
    /// |> Residual.stream "To kill two birds with one"
    /// |> Residual.logitLens 1
    /// |> Array.map (fun place -> (Array.head (Array.last place)).Token)
    /// </code> is <c>[|" one"; " one"; " of"; " of"; " of"; " of"; "."; " of"; " of"|]</c>.</example>
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
    /// <example><code lang="fsharp">
    /// // What comes next when the last block's attention adds nothing.
    /// let silence = Interventions.None.Change(Place.AttentionOutput 5, fun values -> values.Clear())
    /// gpt2 |> Residual.nextWith silence 3 "To kill two birds with one"
    /// </code> is <c>[| of 6.6 %; . 6.1 %; side 6.0 %|]</c>.</example>
    let nextWith (changes: Interventions) (count: int) (text: string) (model: Model) : Prediction[] =
        let transformer = model.Engine.Load(Model.decoder model)
        let ids = Tokens.ids text model
        let output = transformer.Run(ReadOnlySpan ids, Keep.Nothing, changes).Output
        best count model ((transformer.Logits(output.RowRange(ids.Length - 1, 1))).Row 0)

    /// <summary>The tokens most likely to follow a text, the most probable first.</summary>
    /// <example><code lang="fsharp">gpt2 |> Residual.next 3 "To kill two birds with one"</code> is <c>[| of 10.2 %; ,
    /// 4.8 %; side 3.7 %|]</c>.</example>
    /// <example><code lang="fsharp">bert |> Residual.next 3 "To kill two birds with one"</code> throws
    /// <c>ArgumentException</c>.</example>
    let next (count: int) (text: string) (model: Model) : Prediction[] =
        nextWith Interventions.None count text model
