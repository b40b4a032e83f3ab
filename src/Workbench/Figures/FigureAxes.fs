namespace Workbench

open System

/// The axes and colour bars of a figure as parts of plotly's "layout".
[<RequireQualifiedAccess>]
module internal FigureAxes =
    let private grid = "rgba(128,128,128,0.22)"
    let private text (value: string) = Json.Text value
    let private number (value: float) = Json.Number value
    let private size (points: float) = Json.Object [ "size", number points ]

    let private range (axis: AxisStyle) =
        match axis.Range, axis.Reversed with
        | Some(low, high), _ ->
            let place value =
                if axis.Logarithmic then log10 value else value

            [
                "range",
                (if axis.Reversed then
                     Json.pair (place high) (place low)
                 else
                     Json.pair (place low) (place high))
            ]
        | None, true -> [ "autorange", text "reversed" ]
        | None, false when axis.FromZero && not axis.Logarithmic -> [
            "autorange", Json.Flag true
            "rangemode", text "tozero"
          ]
        | None, false -> [ "autorange", Json.Flag true ]

    /// Which of the words are written in so many pixels: all in a size that fits, or every so many-th.
    let private words (names: string[]) (pixels: float) (axis: AxisStyle) =
        let room = pixels / float names.Length

        match axis.Names with
        // The places of a heat-map are a category axis, where plotly writes more of the words as the reader zooms in.
        | [||] when room >= 8.0 -> [
            "type", text "category"
            "dtick", number 1
            "tickfont", size (min FigureLabels.fontSize room)
          ]
        | [||] -> [ "type", text "category"; "nticks", number (floor (pixels / 14.0)) ]
        | _ ->
            let places = [ 0 .. max 1 (int (ceil (10.0 / room))) .. names.Length - 1 ]

            [
                "tickmode", text "array"
                "tickvals", Json.List [ for place in places -> number place ]
                "ticktext", Json.texts [ for place in places -> Escape.plotly (FigureLabels.tick names[place]) ]
                "tickfont", size (min FigureLabels.fontSize (max 9.0 room))
            ]

    let private numbers (side: Side) (panel: Panel) (sizes: FigureSizes) =
        let logarithmic = (Panel.axis side panel).Logarithmic

        [
            "separatethousands", Json.Flag true
            "exponentformat",
            text (
                if logarithmic || FigureLabels.needsPowers side panel then
                    "power"
                else
                    "none"
            )
            if sizes.PanelWidth < 200.0 then
                "tickfont", size 11
            if logarithmic then
                "type", text "log"
                "dtick", number 1
            else
                "nticks", number (max 5.0 (floor (sizes.PanelLength side / 60.0)))
        ]

    let private flatAxis (drawing: Drawing) (sizes: FigureSizes) (index: int) (panel: Panel) (side: Side) =
        let axis = Panel.axis side panel
        let names = FigureLabels.names side panel
        let showsTicks, showsTitle = FigureLabels.shown side drawing sizes.Columns index

        let letter, other, (low, high), share =
            if side = Side.X then
                "x", "y", sizes.Across index, Share.X
            else
                "y", "x", sizes.Up index, Share.Y

        letter + "axis" + FigureData.suffix index,
        Json.Object(
            [
                "domain", Json.pair low high
                "anchor", text (other + FigureData.suffix index)
                "showticklabels", Json.Flag showsTicks
                "showgrid", Json.Flag(not (Panel.isHeatmap panel))
                "gridcolor", text grid
                "zeroline", Json.Flag false
                // Keeps the first numbers of two axes apart where the axes meet.
                "ticklabelstandoff", number 3
                "automargin", Json.Flag true
                if side = Side.X then
                    "tickangle", number (FigureLabels.tickAngle sizes.PanelWidth panel)
                if FigureLabels.shares drawing share && index > 0 then
                    "matches", text letter
                if showsTitle && axis.Title.IsSome && axis.Title <> Some "" then
                    "title",
                    Json.Object [
                        "text", text (Escape.plotly axis.Title.Value)
                        "standoff", number 8
                        "font", size FigureLabels.axisTitleSize
                    ]
            ]
            @ range axis
            @ (if names.Length > 0 then
                   words names (sizes.PanelLength side) axis
               else
                   numbers side panel sizes)
        )

    let private scene (drawing: Drawing) (sizes: FigureSizes) (index: int) (panel: Panel) =
        let spatial = List.filter Panel.isSpatial drawing.Panels

        /// What an axis shows: the range set, or that of the points (of all panels where they share it) and a twentieth
        /// more.
        let reach side share =
            match (Panel.axis side panel).Range with
            | Some range -> range
            | None ->
                let low, high =
                    Panel.extent
                        side
                        (if FigureLabels.shares drawing share then
                             spatial
                         else
                             [ panel ])

                let margin = if high > low then 0.05 * (high - low) else 0.5
                low - margin, high + margin

        let sides = [
            "x", Side.X, reach Side.X Share.X
            "y", Side.Y, reach Side.Y Share.Y
            "z", Side.Z, reach Side.Z Share.Z
        ]

        let longest = sides |> Seq.map (fun (_, _, (low, high)) -> high - low) |> Seq.max

        let small = sizes.PanelWidth < 300.0

        let axis side (low, high) =
            let title = (Panel.axis side panel).Title |> Option.defaultValue ""

            // WebGL draws these lines without transparency: a grey between light and dark paper.
            Json.Object [
                "range", Json.pair low high
                "gridcolor", text "rgb(160,160,160)"
                "linecolor", text "rgb(160,160,160)"
                "showline", Json.Flag true
                "zeroline", Json.Flag false
                "showbackground", Json.Flag false
                "showspikes", Json.Flag false
                "nticks", number 5
                "tickfont", size 10
                // In a small panel the numbers of three axes would stand in each other's way.
                "showticklabels", Json.Flag(not small)
                "title", Json.Object [ "text", text (Escape.spatial title); "font", size (if small then 10 else 12) ]
            ]

        // Equal distances look equal in all directions, unless one is so short that its points would lie in a plane.
        let lengths = [ for _, _, (low, high) in sides -> (high - low) / longest ]
        let cube = List.min lengths < 0.25

        let ratio =
            Json.Object [
                for (name, _, _), length in List.zip sides lengths -> name, number (if cube then 1.0 else length)
            ]

        let left, right = sizes.Across index
        let bottom, top = sizes.Up index

        // Words keep their size when a panel is small, so the camera steps back for them.
        let eye = if small then 1.6 else 1.4

        let triple x y z =
            Json.Object [ "x", number x; "y", number y; "z", number z ]

        "scene" + FigureData.suffix index,
        Json.Object(
            [
                "domain", Json.Object [ "x", Json.pair left right; "y", Json.pair bottom top ]
                "bgcolor", text "rgba(0,0,0,0)"
                "aspectmode", text "manual"
                "aspectratio", ratio
                "camera", Json.Object [ "eye", triple eye eye (0.65 * eye); "center", triple 0.0 0.0 -0.12 ]
            ]
            @ [ for name, side, reach in sides -> name + "axis", axis side reach ]
        )

    /// The axes of all panels.
    let ofPanels (drawing: Drawing) (sizes: FigureSizes) : (string * Json) list = [
        for index, panel in List.indexed drawing.Panels do
            if Panel.isSpatial panel then
                scene drawing sizes index panel
            else
                flatAxis drawing sizes index panel Side.X
                flatAxis drawing sizes index panel Side.Y
    ]
