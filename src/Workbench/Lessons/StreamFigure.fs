namespace Workbench

/// <summary>Figures of a text's way through a model.</summary>
/// <category index="8">Lessons</category>
[<RequireQualifiedAccess>]
module StreamFigure =
    // Of the vocabulary as many points as small pictures can show.
    let private backdropPoints = 400

    let private visible (stream: ResidualStream) =
        Axis.labels stream.Tokens |> Array.map Escape.label

    // The range of some values with a margin that words fit into.
    let private around (values: float[]) =
        let low, high = Array.min values, Array.max values
        let margin = max 1e-6 (0.15 * (high - low))
        low - margin, high + margin

    let private ranges (places: Labelled list) = [|
        for axis in 0 .. places.Head.Columns.Length - 1 ->
            places |> Seq.collect (Labelled.column axis) |> Array.ofSeq |> around
    |]

    // The rows of the map that lie in a box, thinned.
    let private backdrop (box: (float * float)[]) (map: Projection) =
        let inside = [|
            for i in 0 .. map.Layout.Rows.Length - 1 do
                let row = Labelled.row i map.Layout

                if Array.forall2 (fun value (low, high) -> value >= low && value <= high) row box then
                    i
        |]

        let step = max 1 (inside.Length / backdropPoints)
        let chosen = [| for i in 0..step .. inside.Length - 1 -> inside[i] |]

        if chosen.Length = 0 then
            []
        else
            [
                map.Layout
                |> Labelled.selectRows chosen
                |> Chart.points
                |> Chart.withMarker Marker.Circle 2.0
                |> Chart.withOpacity 0.3
                |> Chart.withColour Colour.Grey
            ]

    let private cropped (box: (float * float)[]) (chart: Chart) =
        let flat =
            chart
            |> Chart.withXRange (fst box[0]) (snd box[0])
            |> Chart.withYRange (fst box[1]) (snd box[1])

        if box.Length = 3 then
            flat |> Chart.withZRange (fst box[2]) (snd box[2])
        else
            flat

    let private draw (map: Projection) (path: Labelled) =
        let at = Projection.transform map path

        match at.Columns.Length with
        | 2 ->
            Chart.line (Labelled.column 0 at) (Labelled.column 1 at)
            |> Chart.withStroke Stroke.LinesAndMarkers
            |> Chart.withMarker Marker.Circle 5.0
        | _ -> Chart.path3d (Labelled.column 0 at) (Labelled.column 1 at) (Labelled.column 2 at)

    let private titled (map: Projection) (chart: Chart) =
        let name axis = map.Layout.Columns.Label axis
        chart |> Chart.withXTitle (name 0) |> Chart.withYTitle (name 1)

    /// <summary>The whole way of every token over a map in two dimensions, each token's word at its end; grey, the
    /// part of the vocabulary that lies there. The picture is cropped to what moves.</summary>
    /// <param name="map">Of two dimensions.</param>
    /// <param name="stream">In the form that the map is of, usually through the final norm.</param>
    /// <example><code lang="fsharp">
    /// let map = gpt2 |> Embedding.tokens |> Projection.pca 2
    /// gpt2 |> Residual.stream "one stone" |> Residual.throughFinalNorm |> StreamFigure.ways map
    /// </code> is <c>Chart: …</c>.</example>
    let ways (map: Projection) (stream: ResidualStream) : Chart =
        let paths = [ for token in 0 .. stream.Tokens.Length - 1 -> Residual.path token stream ]

        let box = ranges (paths |> List.map (Projection.transform map))

        let ends =
            Residual.states stream
            |> Array.last
            |> Projection.transform map
            |> Chart.points
            |> Chart.withMarker Marker.Diamond 7.0
            |> cropped box
            |> Chart.withLabelsApart (visible stream)

        backdrop box map
        @ [
            for path, name in Seq.zip paths (visible stream) -> draw map path |> Chart.withName name
        ]
        @ [ ends ]
        |> Chart.combine
        |> cropped box
        |> titled map
        |> Chart.withLegend Legend.Hidden

    /// <summary>A small picture for each of some places of the stream, all of one part of a map in two dimensions,
    /// cropped to what moves: each token with its word, words apart; grey, the part of the vocabulary that lies
    /// there.</summary>
    /// <param name="columns">Pictures in a row.</param>
    /// <param name="map">Of two dimensions.</param>
    /// <param name="stream">In the form that the map is of, usually through the final norm.</param>
    /// <returns>The first five places and the last three.</returns>
    /// <example><code lang="fsharp">
    /// let map = gpt2 |> Embedding.tokens |> Projection.pca 2
    /// gpt2 |> Residual.stream "one stone" |> Residual.throughFinalNorm |> StreamFigure.places 2 map
    /// </code> is <c>Chart: 4 × 2 panels, …</c>.</example>
    let places (columns: int) (map: Projection) (stream: ResidualStream) : Chart =
        let placed = Residual.states stream |> Array.map (Projection.transform map)
        let box = ranges (List.ofArray placed)
        let last = placed.Length - 1

        [
            for i in List.distinct ([ 0 .. min 4 last ] @ [ max 0 (last - 2) .. last ]) ->
                backdrop box map
                @ [
                    placed[i]
                    |> Chart.points
                    |> Chart.withMarker Marker.Circle 6.0
                    |> Chart.withColour Colour.Blue
                    |> cropped box
                    |> Chart.withLabelsApart (visible stream)
                ]
                |> Chart.combine
                |> cropped box
                |> titled map
                |> Chart.withTitle (string stream.Places[i])
        ]
        |> Chart.grid columns
        |> Chart.withLegend Legend.Hidden

    /// <summary>The path of one token over several layouts of one map, in two dimensions or three, cropped to what
    /// moves: the first thick with the names of its steps, the others thin.</summary>
    /// <param name="token">Which token, from 0.</param>
    /// <param name="maps">At least one; the others aligned with the first, as by `Projection.reseed`.</param>
    /// <param name="stream">In the form that the maps are of.</param>
    /// <example><code lang="fsharp">
    /// let map = gpt2 |> Embedding.tokens |> Projection.pca 3
    /// gpt2 |> Residual.stream "one stone" |> Residual.throughFinalNorm |> StreamFigure.path 0 [ map ]
    /// </code> is <c>Chart: …</c>.</example>
    let path (token: int) (maps: Projection list) (stream: ResidualStream) : Chart =
        let path = Residual.path token stream
        let steps = Residual.steps stream
        let box = ranges [ for map in maps -> Projection.transform map path ]

        // Of many steps every so many has its name.
        let every = max 1 (steps.Length / 10)

        let names =
            steps
            |> Array.mapi (fun i step -> if i % every = 0 || i = steps.Length - 1 then step else "")

        let main =
            draw maps.Head path |> Chart.withLabels names |> Chart.withColour Colour.Blue

        let others = [
            for map in List.tail maps ->
                draw map path
                |> Chart.withOpacity 0.4
                |> Chart.withMarker Marker.Circle 2.0
                |> Chart.withLineStyle Dash.Solid 1.0
        ]

        backdrop box maps.Head @ main :: others
        |> Chart.combine
        |> cropped box
        |> titled maps.Head
        |> Chart.withLegend Legend.Hidden

    /// <summary>How far every token moves at each step, one line per token, the followed one thick.</summary>
    /// <param name="title">What is measured, with its unit.</param>
    /// <param name="followed">Which token, from 0.</param>
    /// <param name="moves">As of `Residual.angles` or `Residual.distances`.</param>
    /// <param name="stream">That they are of.</param>
    /// <example><code lang="fsharp">
    /// let stream = gpt2 |> Residual.stream "one stone"
    /// stream |> StreamFigure.moves "angle, degrees" 0 (Residual.angles stream)
    /// </code> is <c>Chart “angle, degrees”: line of 8 points “1 one”, line of 8 points “2 ␣stone”; …</c>.</example>
    let moves (title: string) (followed: int) (moves: Labelled) (stream: ResidualStream) : Chart =
        [
            for token, name in Array.indexed (visible stream) ->
                Labelled.column token moves
                |> Chart.values
                |> Chart.withName $"{token + 1} {name}"
                |> Chart.withLineStyle Dash.Solid (if token = followed then 4.0 else 1.5)
        ]
        |> Chart.combine
        |> Chart.withXLabels (Array.tail (Residual.steps stream))
        |> Chart.withXTitle "step to"
        |> Chart.withYTitle title
        |> Chart.withTitle title
