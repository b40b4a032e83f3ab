namespace Workbench

open System
open System.Numerics.Tensors
open Workbench.Core
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

    /// <summary>The stream of a text given by its token ids.</summary>
    /// <exception cref="T:System.ArgumentException">There is no token, there are too many, an id is unknown, or an
    /// edit does not fit.</exception>
    /// <exception cref="T:Workbench.Core.Formats.WeightFileException">The checkpoint lacks a part; the message names
    /// it.</exception>
    /// <example><code lang="fsharp">gpt2 |> Residual.ofIds [| 10; 20; 30 |]</code> is <c>residual
    /// stream of 3 tokens at 9 places, AsWritten, pocket-gpt2 (Pocket)</c>.</example>
    /// <example><code lang="fsharp">gpt2 |> Residual.ofIds [||]</code> throws <c>ArgumentException</c>.</example>
    let ofIds (ids: int[]) (model: Model) : ResidualStream =
        let transformer = Model.runner model
        let pass = transformer.Run(ReadOnlySpan ids, isStep transformer.Weights.Config)
        let places = Array.ofSeq pass.Places

        {
            Model = model
            Ids = ids
            Tokens = Axis.labelled "token" (Array.map (textOf model) ids)
            Places = places
            States = places |> Array.map (fun place -> pass[place])
            Form = AsWritten
        }

    /// <summary>The stream of a text, between the tokens that the model's makers put around texts: after the
    /// embeddings, with the positions added, after each block, and after the norms of embeddings and of the last block
    /// where the model has them.</summary>
    /// <example><code lang="fsharp">
    /// gpt2 |> Residual.stream "To kill two birds with one stone" |> Residual.path 6 |> Labelled.shape
    /// </code> is <c>(9, 192)</c>.</example>
    let stream (text: string) (model: Model) : ResidualStream =
        ofIds (Tokens.sequence text model) model

    /// <summary>What stands at a place of the pass over a text: one row per token, of the width that the place has;
    /// queries by keys for a pattern. What `Residual.stream` holds is a choice of these.</summary>
    /// <param name="place">E.g. `Place.MlpOutput 3`, `Place.HeadOutput(5, 3)` or `Place.Queries 0`.</param>
    /// <param name="text">Not empty.</param>
    /// <param name="model">One that can be run, with a tokenizer.</param>
    /// <exception cref="T:System.ArgumentException">The model has no such place.</exception>
    /// <example><code lang="fsharp">gpt2 |> Residual.at (Place.MlpOutput 3) "one stone" |> Labelled.shape</code> is
    /// <c>(2, 192)</c>.</example>
    /// <example><code lang="fsharp">gpt2 |> Residual.at (Place.MlpOutput 6) "one stone"</code> throws
    /// <c>ArgumentException</c>: there are blocks 0 to 5.</example>
    let at (place: Place) (text: string) (model: Model) : Labelled =
        let ids = Tokens.sequence text model
        Check.notEmpty "the text's tokens" ids
        let pass = (Model.runner model).Run(ReadOnlySpan ids, ((=) place))

        if not (pass.Contains place) then
            let blocks = (Model.transformer model).Config.Blocks.Count
            let heads = (Model.transformer model).Config.Blocks[0].Attention.Heads

            invalidArg
                (nameof place)
                $"{model.Weights} has no {place}; its blocks are 0 to {blocks - 1}, the first one's heads 0 to \
                  {heads - 1}."

        let values: Matrix = pass[place]

        Labelled.ofMatrix
            (Axis.labelled "token" (Array.map (textOf model) ids))
            (if place.Kind = PlaceKind.Pattern then
                 Axis.labelled "key" (Array.map (textOf model) ids)
             else
                 Axis.numbered "dimension" values.Columns)
            (Model.passProvenance (string place) model)
            values

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
                Steps =
                    stream.Model.Edits.Steps
                    @ $"residual stream of {stream.Tokens.Length} tokens" :: form
                    @ [ step ]
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

    /// <summary>Short names of the places, for axes: `embed`, `+pos`, the numbers of blocks, and `norm` for the
    /// output.</summary>
    /// <example><code lang="fsharp">gpt2 |> Residual.stream "one stone" |> Residual.steps |> Array.take 4</code> is
    /// <c>[|"embed"; "+pos"; "0"; "1"|]</c>.</example>
    let steps (stream: ResidualStream) : string[] =
        stream.Places
        |> Array.map (fun place ->
            match place.Kind with
            | PlaceKind.AfterBlock -> string place.Block
            | PlaceKind.PositionedEmbedding -> "+pos"
            | PlaceKind.Embedding -> "embed"
            | PlaceKind.FinalNorm -> "norm"
            | _ -> string place)

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

    // Where a word stands among the tokens of a text, spaces around it or not.
    let private place (word: string) (tokens: Axis) : int =
        let found = [
            for i in 0 .. tokens.Length - 1 do
                if (tokens.Label i).Trim ' ' = word.Trim ' ' then
                    i
        ]

        match found with
        | [ one ] -> one
        | [] ->
            let all =
                Axis.labels tokens
                |> Seq.truncate 24
                |> Seq.map (fun token -> $"\"{Excerpt.Of(token, 20)}\"")

            let listed = String.Join(", ", all)
            let more = if tokens.Length > 24 then ", …" else ""

            invalidArg
                (nameof word)
                $"\"{Excerpt.Of(word, 60)}\" is no token of this text; its tokens are {listed}{more}."
        | several ->
            let places = String.Join(", ", several)

            invalidArg
                (nameof word)
                $"\"{Excerpt.Of(word, 60)}\" stands in this text at {places}; say which by its number."

    /// <summary>Where a word stands in the text of a stream, spaces around it or not.</summary>
    /// <exception cref="T:System.ArgumentException">It is no single token of the text, and the message lists these; or
    /// it stands there several times.</exception>
    /// <example><code lang="fsharp">gpt2 |> Residual.stream "To kill two birds" |> Residual.positionOf "birds"</code>
    /// is <c>3</c>.</example>
    /// <example><code lang="fsharp">gpt2 |> Residual.stream "To kill two birds" |> Residual.positionOf "bird"</code>
    /// throws <c>ArgumentException</c> and lists the tokens.</example>
    let positionOf (word: string) (stream: ResidualStream) : int = place word stream.Tokens

    /// <summary>The states of one word from place to place: [places, width].</summary>
    /// <exception cref="T:System.ArgumentException">It is no single token of the text, or stands there several
    /// times.</exception>
    /// <example><code lang="fsharp">
    /// gpt2 |> Residual.stream "To kill two birds" |> Residual.pathOf "birds" |> Labelled.shape
    /// </code> is <c>(9, 192)</c>.</example>
    let pathOf (word: string) (stream: ResidualStream) : Labelled = path (positionOf word stream) stream

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

    /// Refuses scores that are no numbers: the weights are damaged, or an edit divided by zero.
    let internal checkScores (model: Model) (scores: float32[]) : unit =
        if Array.exists Single.IsNaN scores then
            let edits =
                match String.Join(", ", model.Edits.Steps) with
                | "" -> "its weights may be damaged"
                | steps -> $"its edits may divide by zero or take the logarithm of one ({steps})"

            invalidOp $"{model.Weights} gives NaN as scores of the next token: {edits}."

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
        checkScores model scores

        let ids = Array.init scores.Length id
        let falling = scores |> Array.map (~-)
        Array.Sort(falling, ids)
        let mutable first = 0

        // Equal scores stand in the order of their ids. A stable sort of all would take four times as long.
        while first < count do
            let mutable next = first + 1

            while next < ids.Length && falling[next] = falling[first] do
                next <- next + 1

            Array.Sort(ids, first, next - first)
            first <- next

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
        let transformer = Model.runner stream.Model

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

    /// <summary>At each place, how many tokens of the text are among the first guesses of their own states: a state
    /// that names the token it came from has not let go of it yet.</summary>
    /// <param name="guesses">How many first guesses count.</param>
    /// <param name="stream">The stream, in either form.</param>
    /// <example><code lang="fsharp">gpt2 |> Residual.stream "one stone" |> Residual.namingItself 10</code> is
    /// <c>[|1; 1; 0; 0; 0; 0; 0; 0; 0|]</c>.</example>
    let namingItself (guesses: int) (stream: ResidualStream) : int[] =
        logitLens guesses stream
        |> Array.map (fun tokens ->
            Array.zip tokens stream.Ids
            |> Array.filter (fun (found, id) -> found |> Array.exists (fun guess -> guess.Id = id))
            |> Array.length)

    /// <summary>The logit lens as a table: at each place, for each token of the text, the first guess and its
    /// probability.</summary>
    /// <example><code lang="fsharp">gpt2 |> Residual.stream "one stone" |> Residual.lensTable</code> is <c>9 rows × 3
    /// columns place one ␣stone …</c>.</example>
    let lensTable (stream: ResidualStream) : Table =
        let guesses = logitLens 1 stream

        let shown (guess: Prediction[]) =
            Text(Invariant $"{Escape.label guess[0].Token} {guess[0].Probability:P0}")

        Array.zip (Array.map string stream.Places) guesses
        |> Seq.map (fun (place, each) -> Text place :: [ for guess in each -> shown guess ])
        |> Table.ofRows ("place" :: [ for token in Axis.labels stream.Tokens -> Escape.label token ])

    /// <summary>The tokens most likely to follow a text, the most probable first.</summary>
    /// <exception cref="T:System.ArgumentException">The model is an encoder: it has no next token.</exception>
    /// <example><code lang="fsharp">gpt2 |> Residual.next 3 "To kill two birds with one"</code> is <c>[|" of" 10.2
    /// %; , 4.8 %; " side" 3.7 %|]</c>.</example>
    /// <example><code lang="fsharp">bert |> Residual.next 3 "To kill two birds with one"</code> throws
    /// <c>ArgumentException</c>.</example>
    let next (count: int) (text: string) (model: Model) : Prediction[] =
        Model.decoder model |> ignore
        let transformer = Model.runner model
        let ids = Tokens.sequence text model
        Check.notEmpty "the text's tokens" ids
        let output = (transformer.Run(ReadOnlySpan ids, Keep.Nothing)).Output
        best count model ((transformer.Logits(output.RowRange(ids.Length - 1, 1))).Row 0)

    /// <summary>The scores of all tokens of the vocabulary at each token of a text that is given by its ids: [tokens,
    /// vocabulary].</summary>
    /// <example><code lang="fsharp">gpt2 |> Residual.logitsOfIds [| 483; 1472 |] |> Labelled.shape</code> is <c>(2,
    /// 10240)</c>.</example>
    let logitsOfIds (ids: int[]) (model: Model) : Labelled =
        Check.notEmpty "the text's tokens" ids
        let transformer = Model.runner model

        let logits =
            transformer.Logits (transformer.Run(ReadOnlySpan ids, Keep.Nothing)).Output

        let vocabulary = {
            Name = "token"
            Length = logits.Columns
            Label = textOf model
        }

        Labelled.ofMatrix
            (Axis.labelled "token" (Array.map (textOf model) ids))
            vocabulary
            (Model.passProvenance "logits" model)
            logits

    /// <summary>The scores of all tokens of the vocabulary at each token of a text, as the next one or as the one
    /// behind a mask: [tokens, vocabulary].</summary>
    /// <example><code lang="fsharp">gpt2 |> Residual.logits "one stone" |> Labelled.shape</code> is <c>(2,
    /// 10240)</c>.</example>
    let logits (text: string) (model: Model) : Labelled =
        logitsOfIds (Tokens.sequence text model) model

    // --- Edits: the same model, changed in every pass.

    /// <summary>The model with a change of one's own at a place, made in every pass from here on: everything computed
    /// later sees the changed values.</summary>
    /// <param name="step">What the change is, in words, for the provenance of what is made of the model.</param>
    /// <param name="place">E.g. `Place.MlpOutput 3`, `Place.HeadOutput(5, 3)` or `Place.Queries 0`.</param>
    /// <param name="change">Gets the values, one row per token, and overwrites them.</param>
    /// <param name="model">One that can be run; where it has no such place, running it throws.</param>
    /// <example><code lang="fsharp">
    /// // The first block's MLP adds half of what it would.
    /// let halve (values: Matrix) =
    ///     for i in 0 .. values.Rows - 1 do
    ///         let row = values.WritableRow i
    ///         for j in 0 .. row.Length - 1 do row[j] &lt;- row[j] / 2.0f
    /// gpt2 |> Residual.edited "half an MLP" (Place.MlpOutput 0) halve |> _.Edits
    /// </code> is <c>half an MLP</c>.</example>
    let edited (step: string) (place: Place) (change: Matrix -> unit) (model: Model) : Model = {
        model with
            Edits = {
                Steps = model.Edits.Steps @ [ step ]
                Changes = model.Edits.Changes.Change(place, change)
            }
    }

    let private clear (values: Matrix) = values.Clear()

    /// <summary>The model without a head: what it would write to the stream is zero, in every pass from here
    /// on.</summary>
    /// <exception cref="T:System.ArgumentException">There is no such block or head.</exception>
    /// <example><code lang="fsharp">
    /// gpt2 |> Residual.without (Block 5, Head 3) |> Residual.next 1 "To kill two birds with one"
    /// </code> is <c>[|" of" 11.5 %|]</c>.</example>
    /// <example><code lang="fsharp">gpt2 |> Residual.without (Block 5, Head 6)</code> throws
    /// <c>ArgumentException</c>: there are heads 0 to 5.</example>
    let without (block: Block, head: Head) (model: Model) : Model =
        Attention.checkHead block head model
        let (Block blockNumber), (Head headNumber) = block, head
        edited $"without {block}, {head}" (Place.HeadOutput(blockNumber, headNumber)) clear model

    /// <summary>The model without a block's attention: it adds nothing to the stream.</summary>
    /// <example><code lang="fsharp">
    /// gpt2 |> Residual.withoutAttention (Block 5) |> Residual.next 3 "To kill two birds with one"
    /// </code> is <c>[|" of" 6.6 %; . 6.1 %; " side" 6.0 %|]</c>.</example>
    /// <example><code lang="fsharp">gpt2 |> Residual.withoutAttention (Block 6)</code> throws
    /// <c>ArgumentException</c>.</example>
    let withoutAttention (block: Block) (model: Model) : Model =
        Attention.checkBlock block model
        let (Block number) = block
        edited $"without the attention of {block}" (Place.AttentionOutput number) clear model

    /// <summary>What follows a text when the attention of one block after the other is silenced: a row per
    /// block.</summary>
    /// <param name="count">How many tokens, the most probable first.</param>
    /// <param name="text">Not empty.</param>
    /// <param name="model">A decoder that can be run.</param>
    /// <example><code lang="fsharp">gpt2 |> Residual.silenced 3 "To kill two birds with one"</code> is <c>6 rows × 2
    /// columns …</c>.</example>
    let silenced (count: int) (text: string) (model: Model) : Table =
        let guesses (block: Block) =
            model
            |> withoutAttention block
            |> next count text
            |> Array.map (fun each -> Invariant $"{Escape.label each.Token} {each.Probability:P0}")
            |> String.concat ", "

        Attention.blocks model
        |> Table.ofItems [ "silenced", string >> Text; "most probable next tokens", guesses >> Text ]

    /// <summary>The model without a block's MLP: it adds nothing to the stream.</summary>
    /// <example><code lang="fsharp">
    /// // The same text, but the first block's MLP adds nothing.
    /// gpt2 |> Residual.withoutMlp (Block 0) |> Residual.stream "one stone" |> Residual.distances |> Labelled.row 1
    /// </code> is <c>[|0.629; 0.645|]</c>.</example>
    let withoutMlp (block: Block) (model: Model) : Model =
        Attention.checkBlock block model
        let (Block number) = block
        edited $"without the MLP of {block}" (Place.MlpOutput number) clear model

    /// <summary>The model with a head that writes the same at every token of a text: the mean of what it would write
    /// there. It loses what the head tells of each token, and keeps what it adds to all, which zero takes away
    /// too.</summary>
    /// <exception cref="T:System.ArgumentException">There is no such block or head.</exception>
    /// <example><code lang="fsharp">
    /// gpt2 |> Residual.withMean (Block 5, Head 3) |> Residual.next 1 "To kill two birds with one"
    /// </code> is <c>[|" of" 10.9 %|]</c>.</example>
    let withMean (block: Block, head: Head) (model: Model) : Model =
        Attention.checkHead block head model
        let (Block blockNumber), (Head headNumber) = block, head

        let toMean (values: Matrix) =
            let sums = Array.zeroCreate<float> values.Columns

            for i in 0 .. values.Rows - 1 do
                let row = values.Row i

                for j in 0 .. sums.Length - 1 do
                    sums[j] <- sums[j] + float row[j]

            let mean = sums |> Array.map (fun sum -> float32 (sum / float values.Rows))

            for i in 0 .. values.Rows - 1 do
                mean.AsSpan().CopyTo(values.WritableRow i)

        edited $"{block}, {head} at its mean" (Place.HeadOutput(blockNumber, headNumber)) toMean model

    let private width (model: Model) = (Model.transformer model).Config.Width

    /// <summary>The model with so many times a direction added to the stream behind a block, at every token
    /// (Turner et al., "Activation addition", 2023).</summary>
    /// <param name="block">Behind which.</param>
    /// <param name="strength">How many times; below 0 the other way.</param>
    /// <param name="direction">One row as wide as the stream, such as that of `Residual.difference` or
    /// `Embedding.direction`.</param>
    /// <param name="model">One that can be run.</param>
    /// <exception cref="T:System.ArgumentException">There is no such block, or the direction is not one row of the
    /// stream's width.</exception>
    /// <example><code lang="fsharp">
    /// let direction = gpt2 |> Residual.difference (Block 3) "The queen" "The king"
    /// gpt2 |> Residual.steer (Block 3) 2.0 direction |> _.Edits
    /// </code> is <c>2 × The king to The queen added behind block 3</c>.</example>
    /// <example><code lang="fsharp">gpt2 |> Residual.steer (Block 3) 2.0 animals</code> throws
    /// <c>ArgumentException</c>.</example>
    let steer (block: Block) (strength: float) (direction: Labelled) (model: Model) : Model =
        Attention.checkBlock block model
        Check.finite (nameof strength) [| strength |]
        let (Block number) = block

        if Labelled.shape direction <> (1, width model) then
            invalidArg
                (nameof direction)
                $"The direction must be one row of {width model} numbers, as wide as the stream of {model.Weights}, \
                  but is {direction.Rows} by {direction.Columns}."

        let push = Labelled.row 0 direction |> Array.map (fun x -> float32 (strength * x))

        let add (values: Matrix) =
            for i in 0 .. values.Rows - 1 do
                let row = values.WritableRow i
                TensorPrimitives.Add(Span.op_Implicit row, ReadOnlySpan push, row)

        edited
            (Invariant $"{strength} × {direction.Rows.Label 0} added behind {block}")
            (Place.AfterBlock number)
            add
            model

    let private stateBehind (Block block) (ids: int[]) (position: int) (model: Model) =
        let after = Place.AfterBlock block
        let pass = (Model.runner model).Run(ReadOnlySpan ids, (fun place -> place = after))
        let states: Matrix = pass[after]
        states.Row(position).ToArray()

    /// <summary>Where the stream of one text differs from that of another behind a block, at the last token of each:
    /// the first less the second, one row as wide as the stream.</summary>
    /// <param name="block">Behind which.</param>
    /// <param name="text">Where the direction leads.</param>
    /// <param name="from">Where it begins.</param>
    /// <param name="model">One that can be run, with a tokenizer.</param>
    /// <example><code lang="fsharp">
    /// gpt2 |> Residual.difference (Block 3) "The queen" "The king" |> Labelled.shape
    /// </code> is <c>(1, 192)</c>.</example>
    let difference (block: Block) (text: string) (from: string) (model: Model) : Labelled =
        Attention.checkBlock block model

        let last text =
            let ids = Tokens.sequence text model
            Check.notEmpty "the text's tokens" ids
            stateBehind block ids (ids.Length - 1) model

        let high, low = last text, last from

        Labelled.init
            (Axis.labelled "direction" [| $"{Excerpt.Of(from, 40)} to {Excerpt.Of(text, 40)}" |])
            (Axis.numbered "dimension" high.Length)
            (Model.passProvenance $"difference behind {block}" model)
            (fun _ j -> float high[j] - float low[j])

    // The state of another text at a position behind a block.
    let private patched (block: Block) (position: int) (name: string) (ids: int[]) (model: Model) =
        Attention.checkBlock block model
        Check.notEmpty "the other text's tokens" ids
        Check.within 0 (ids.Length - 1) (nameof position) position
        let (Block number) = block
        let state = stateBehind block ids position model

        let put (values: Matrix) =
            if position >= values.Rows then
                invalidArg
                    (nameof position)
                    $"The model was patched at token {position}, but this text has tokens 0 to {values.Rows - 1}."

            state.AsSpan().CopyTo(values.WritableRow position)

        edited $"token {position} behind {block} as in {name}" (Place.AfterBlock number) put model

    /// <summary>As `patch`, with the other text given by its token ids.</summary>
    /// <example><code lang="fsharp">
    /// (gpt2 |> Residual.patchOfIds (Block 2) 1 [| 483; 3343 |]).Edits
    /// </code> is <c>token 1 behind block 2 as in 2 ids</c>.</example>
    let patchOfIds (block: Block) (position: int) (ids: int[]) (model: Model) : Model =
        patched block position $"{ids.Length} ids" ids model

    /// <summary>The model with one token's state behind a block exchanged for the one that it has in another text
    /// (activation patching; Meng et al., "Locating and Editing Factual Associations in GPT", 2022).</summary>
    /// <param name="block">Behind which.</param>
    /// <param name="position">Which token, from 0; the same in both texts.</param>
    /// <param name="other">The text that the state is taken from.</param>
    /// <param name="model">One that can be run, with a tokenizer.</param>
    /// <exception cref="T:System.ArgumentException">There is no such block or token; or, when the model is run, the
    /// text has none.</exception>
    /// <example><code lang="fsharp">
    /// gpt2 |> Residual.patch (Block 2) 1 "The queen of" |> Residual.next 3 "The king of"
    /// </code> is <c>[|" the" 11.5 %; " York" 7.2 %; " France" 3.2 %|]</c>.</example>
    /// <example><code lang="fsharp">gpt2 |> Residual.patch (Block 2) 3 "The queen of"</code> throws
    /// <c>ArgumentException</c>: the tokens are 0 to 2.</example>
    let patch (block: Block) (position: int) (other: string) (model: Model) : Model =
        patched block position $"“{Excerpt.Of(other, 60)}”" (Tokens.sequence other model) model

    /// <summary>As `patch`, at the place where a word stands in the other text, spaces around it or not.</summary>
    /// <exception cref="T:System.ArgumentException">It is no single token of that text, and the message lists these; or
    /// it stands there several times.</exception>
    /// <example><code lang="fsharp">
    /// gpt2 |> Residual.patchWord (Block 2) "queen" "The queen of" |> Residual.next 3 "The king of"
    /// </code> is <c>[|" the" 11.5 %; " York" 7.2 %; " France" 3.2 %|]</c>.</example>
    /// <example><code lang="fsharp">gpt2 |> Residual.patchWord (Block 2) "king" "The queen of"</code> throws
    /// <c>ArgumentException</c> and lists the tokens.</example>
    let patchWord (block: Block) (word: string) (other: string) (model: Model) : Model =
        let texts =
            Tokens.sequence other model |> Array.map (textOf model) |> Axis.labelled "token"

        patch block (place word texts) other model

    // --- Encoders.

    let private refuseDecoder (what: string) (cure: string) (model: Model) =
        if (Model.transformer model).Config.IsCausal then
            invalidArg (nameof model) $"{model.Weights} sees no token behind a {what}. {cure}"

    /// <summary>What an encoder would put in the place of each masked word of a text, the most probable
    /// first.</summary>
    /// <param name="count">How many tokens for each mask.</param>
    /// <param name="text">With the model's mask in it, such as `[MASK]` for BERT or `&lt;mask>` for RoBERTa.</param>
    /// <param name="model">An encoder with its masked-language-model head.</param>
    /// <returns>For each mask, in order, its predictions.</returns>
    /// <exception cref="T:System.ArgumentException">The model is a decoder, or there is no mask in the text; the
    /// message shows it.</exception>
    /// <exception cref="T:Workbench.Core.Formats.WeightFileException">The checkpoint has no head.</exception>
    /// <example><code lang="fsharp">bert |> Residual.masked 2 "the [MASK] of england"</code> is
    /// <c>[|[|the 12.0 %; of 7.7 %|]|]</c>.</example>
    /// <example><code lang="fsharp">bert |> Residual.masked 2 "the king of england"</code> throws
    /// <c>ArgumentException</c>: nothing is masked.</example>
    /// <example><code lang="fsharp">gpt2 |> Residual.masked 2 "the [MASK] of england"</code> throws
    /// <c>ArgumentException</c>: it is a decoder.</example>
    let masked (count: int) (text: string) (model: Model) : Prediction[][] =
        refuseDecoder "mask" "Residual.next tells how a text goes on." model

        let mask =
            (Tokens.tokenizer model).SpecialTokens
            |> Seq.tryFind (fun each -> each.Key = "[MASK]" || each.Key = "<mask>")

        match mask with
        | None -> invalidArg (nameof model) $"The tokenizer of {model.Weights} has no mask."
        | Some mask ->
            let ids = Tokens.sequence text model

            let places = [|
                for i in 0 .. ids.Length - 1 do
                    if ids[i] = mask.Value then
                        i
            |]

            if places.Length = 0 then
                invalidArg (nameof text) $"Nothing is masked: write {mask.Key} where a word is asked for."

            let transformer = Model.runner model
            let states = (transformer.Run(ReadOnlySpan ids, Keep.Nothing)).Output
            let scores = transformer.Logits(states.SelectRows places)
            Array.init places.Length (fun i -> best count model (scores.Row i))

    /// <summary>One vector for each text, made of what a model ends with at its tokens, those around the text included:
    /// [texts, width]. The mean of an encoder's is what sentence models are trained to give (Reimers and Gurevych,
    /// "Sentence-BERT", 2019), but for its length, which cosines do not see.</summary>
    /// <param name="pooling">What is made of the states of a text's tokens.</param>
    /// <param name="texts">Each of at least one token.</param>
    /// <param name="model">One that can be run, with a tokenizer.</param>
    /// <exception cref="T:System.ArgumentException">A text has no token, or several where these are
    /// refused.</exception>
    /// <example><code lang="fsharp">
    /// bert |> Residual.sentences Pooling.Mean [ "the king is dead"; "long live the king" ]
    /// |> Similarity.cosine Rows |> Pairs.at 0 1
    /// </code> is <c>0.819</c>.</example>
    /// <example><code lang="fsharp">bert |> Residual.sentences Pooling.Refuse [ "the king is dead" ]</code> throws
    /// <c>ArgumentException</c>: it is six tokens with those around it.</example>
    let sentences (pooling: Pooling) (texts: seq<string>) (model: Model) : Labelled =
        let texts = Array.ofSeq texts
        Check.notEmpty (nameof texts) texts
        let transformer = Model.runner model

        let vector (text: string) =
            let ids = Tokens.sequence text model
            Check.notEmpty $"the tokens of \"{Excerpt.Of(text, 60)}\"" ids
            let states = (transformer.Run(ReadOnlySpan ids, Keep.Nothing)).Output

            let row i =
                states.Row(i).ToArray() |> Array.map float

            match pooling with
            | Pooling.First -> row 0
            | Pooling.Last -> row (ids.Length - 1)
            | Pooling.Refuse when ids.Length > 1 ->
                invalidArg
                    (nameof texts)
                    $"\"{Excerpt.Of(text, 60)}\" is {ids.Length} tokens of {model.Weights}; take their Pooling.Mean, \
                      the First or the Last."
            | Pooling.Refuse
            | Pooling.Mean ->
                let sums = Array.zeroCreate<float> states.Columns

                for i in 0 .. ids.Length - 1 do
                    row i |> Array.iteri (fun j value -> sums[j] <- sums[j] + value)

                sums |> Array.map (fun sum -> sum / float ids.Length)

        let vectors = Array.map vector texts

        let how =
            match pooling with
            | Pooling.First -> "first token's state"
            | Pooling.Last -> "last token's state"
            | Pooling.Mean
            | Pooling.Refuse -> "mean of the tokens' states"

        Labelled.init
            (Axis.labelled "text" texts)
            (Axis.numbered "dimension" vectors[0].Length)
            (Model.passProvenance how model)
            (fun i j -> vectors[i][j])
