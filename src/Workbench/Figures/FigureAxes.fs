namespace Workbench

open Plotly.NET
open Plotly.NET.LayoutObjects
open DynamicObj

/// The axes of a figure.
[<RequireQualifiedAccess>]
module internal FigureAxes =
    /// The end of plotly's names of the n-th axes: "", "2", "3", …
    let suffix (index: int) : string =
        if index = 0 then "" else string (index + 1)

    let domain (sizes: FigureSizes) (index: int) =
        let (left, right), (bottom, top) = sizes.Across index, sizes.Up index
        Domain.init (X = StyleParam.Range.MinMax(left, right), Y = StyleParam.Range.MinMax(bottom, top))

    let private grid = Color.fromString "rgba(128,128,128,0.22)"
    let private size (points: float) = Font.init (Size = points)

    let private range (axis: AxisStyle) : LinearAxis -> LinearAxis =
        match axis.Range, axis.Reversed with
        | Some(low, high), reversed ->
            let place value =
                if axis.Logarithmic then log10 value else value

            let low, high = if reversed then high, low else low, high
            LinearAxis.style (Range = StyleParam.Range.MinMax(place low, place high))
        | None, true -> LinearAxis.style (AutoRange = StyleParam.AutoRange.Reversed)
        | None, false when axis.FromZero && not axis.Logarithmic ->
            LinearAxis.style (AutoRange = StyleParam.AutoRange.True, RangeMode = StyleParam.RangeMode.ToZero)
        | None, false -> LinearAxis.style (AutoRange = StyleParam.AutoRange.True)

    /// Which of the words are written in so many pixels: all in a size that fits, or every so many-th.
    let private words (names: string[]) (pixels: float) (axis: AxisStyle) : LinearAxis -> LinearAxis =
        let room = pixels / float names.Length

        match axis.Names with
        // The places of a heat-map are a category axis, where plotly writes more of the words as the reader zooms in.
        | [||] when room >= 8.0 ->
            LinearAxis.style (
                AxisType = StyleParam.AxisType.Category,
                DTick = 1,
                TickFont = size (min FigureLabels.fontSize room)
            )
        | [||] -> LinearAxis.style (AxisType = StyleParam.AxisType.Category, NTicks = int (pixels / 14.0))
        | _ ->
            let places = [ 0 .. max 1 (int (ceil (10.0 / room))) .. names.Length - 1 ]

            LinearAxis.style (
                TickMode = StyleParam.TickMode.Array,
                TickVals = places,
                TickText = [ for place in places -> Escape.plotly (FigureLabels.tick names[place]) ],
                TickFont = size (min FigureLabels.fontSize (max 9.0 room))
            )

    let private numbers (side: Side) (panel: Panel) (sizes: FigureSizes) : LinearAxis -> LinearAxis =
        let logarithmic = (Panel.axis side panel).Logarithmic
        let powers = logarithmic || FigureLabels.needsPowers side panel

        LinearAxis.style (
            SeparateThousands = true,
            ExponentFormat =
                (if powers then
                     StyleParam.ExponentFormat.Power
                 else
                     StyleParam.ExponentFormat.None),
            ?TickFont = (if sizes.PanelWidth < 200.0 then Some(size 11.0) else None),
            ?AxisType = (if logarithmic then Some StyleParam.AxisType.Log else None),
            ?DTick = (if logarithmic then Some 1 else None),
            ?NTicks =
                (if logarithmic then
                     None
                 else
                     Some(max 5 (int (sizes.PanelLength side / 60.0))))
        )

    let private flatAxis (drawing: Drawing) (sizes: FigureSizes) (index: int) (panel: Panel) (side: Side) =
        let axis = Panel.axis side panel
        let names = FigureLabels.names side panel
        let showsTicks, showsTitle = FigureLabels.shown side drawing sizes.Columns index

        let name, other, first, (low, high), share =
            if side = Side.X then
                StyleParam.SubPlotId.XAxis,
                StyleParam.LinearAxisId.Y,
                StyleParam.LinearAxisId.X 1,
                sizes.Across index,
                Share.X
            else
                StyleParam.SubPlotId.YAxis,
                StyleParam.LinearAxisId.X,
                StyleParam.LinearAxisId.Y 1,
                sizes.Up index,
                Share.Y

        let title =
            match axis.Title with
            | Some title when showsTitle && title <> "" ->
                Some(Title.init (Escape.plotly title, Standoff = 8, Font = size FigureLabels.axisTitleSize))
            | _ -> None

        let angle =
            if side = Side.X && not (Panel.isForeign panel) then
                Some(int (FigureLabels.tickAngle sizes.PanelWidth panel))
            else
                None

        let drawn =
            LinearAxis.init (
                Domain = StyleParam.Range.MinMax(low, high),
                Anchor = other (index + 1),
                ShowTickLabels = showsTicks,
                ShowGrid = not (Panel.isHeatmap panel),
                GridColor = grid,
                ZeroLine = false,
                AutoMargin = StyleParam.TickAutoMargin.All,
                ?TickAngle = angle,
                ?Matches =
                    (if FigureLabels.shares drawing share && index > 0 then
                         Some first
                     else
                         None),
                ?Title = title
            )
            // Keeps the first numbers of two axes apart where the axes meet; Plotly.NET has no name for it.
            |> DynObj.withProperty "ticklabelstandoff" 3
            |> (if Panel.isForeign panel && axis.Range.IsNone then
                    id
                else
                    range axis)
            |> (if names.Length > 0 then
                    words names (sizes.PanelLength side) axis
                else
                    numbers side panel sizes)

        Layout.setLinearAxis (name (index + 1), drawn)

    /// What a spatial axis shows: the range set, or that of the points (of all panels where they share it) and
    /// a twentieth more.
    let private reach (drawing: Drawing) (panel: Panel) (side: Side) (share: Share) : float * float =
        match (Panel.axis side panel).Range with
        | Some range -> range
        | None ->
            let sharing =
                if FigureLabels.shares drawing share then
                    List.filter Panel.isSpatial drawing.Panels
                else
                    [ panel ]

            let low, high = Panel.extent side sharing
            let margin = if high > low then 0.05 * (high - low) else 0.5
            low - margin, high + margin

    let private spatialAxis (small: bool) (axis: AxisStyle) (range: (float * float) option) =
        // WebGL draws these lines without transparency: a grey between light and dark paper.
        let lines = Color.fromString "#A0A0A0"
        let title = Option.defaultValue "" axis.Title

        LinearAxis.init (
            ?Range = Option.map (fun (low: float, high: float) -> StyleParam.Range.MinMax(low, high)) range,
            GridColor = lines,
            LineColor = lines,
            ShowLine = true,
            ZeroLine = false,
            ShowBackground = false,
            ShowSpikes = false,
            NTicks = 5,
            TickFont = size 10.0,
            // In a small panel the numbers of three axes would stand in each other's way.
            ShowTickLabels = not small,
            Title = Title.init (Escape.spatial title, Font = size (if small then 10.0 else 12.0))
        )

    let private scene (drawing: Drawing) (sizes: FigureSizes) (index: int) (panel: Panel) : Scene =
        let small = sizes.PanelWidth < 300.0
        // Words keep their size when a panel is small, so the camera steps back for them.
        let eye = if small then 1.6 else 1.4

        let scene =
            Scene.init (
                Domain = domain sizes index,
                BGColor = Palette.transparent,
                Camera =
                    Camera.init (
                        Eye = CameraEye.init (X = eye, Y = eye, Z = 0.65 * eye),
                        Center = CameraCenter.init (X = 0.0, Y = 0.0, Z = -0.12)
                    )
            )

        if Panel.isForeign panel then
            // A surface may have no coordinates but its places: plotly finds the ranges.
            let axis (axis: AxisStyle) = spatialAxis small axis axis.Range

            scene
            |> Scene.style (XAxis = axis panel.X, YAxis = axis panel.Y, ZAxis = axis panel.Z)
        else
            let x, y, z =
                reach drawing panel Side.X Share.X,
                reach drawing panel Side.Y Share.Y,
                reach drawing panel Side.Z Share.Z

            // Equal distances look equal in all directions, unless one is so short that its points would lie in
            // a plane.
            let length (low: float, high) = high - low
            let longest = List.max [ length x; length y; length z ]
            let share side = length side / longest
            let cube = List.min [ share x; share y; share z ] < 0.25
            let ratio side = if cube then 1.0 else share side

            scene
            |> Scene.style (
                AspectMode = StyleParam.AspectMode.Manual,
                AspectRatio = AspectRatio.init (X = ratio x, Y = ratio y, Z = ratio z),
                XAxis = spatialAxis small panel.X (Some x),
                YAxis = spatialAxis small panel.Y (Some y),
                ZAxis = spatialAxis small panel.Z (Some z)
            )

    /// Adds the axes of a panel.
    let private add (drawing: Drawing) (sizes: FigureSizes) (layout: Layout) (index: int, panel: Panel) : Layout =
        let n = index + 1
        let place = domain sizes index

        let axes =
            match Panel.kind panel with
            | TraceID.Cartesian2D
            | TraceID.Carpet ->
                flatAxis drawing sizes index panel Side.X
                >> flatAxis drawing sizes index panel Side.Y
            | TraceID.Cartesian3D -> Layout.setScene (StyleParam.SubPlotId.Scene n, scene drawing sizes index panel)
            | TraceID.Polar -> Layout.setPolar (StyleParam.SubPlotId.Polar n, Polar.init (Domain = place))
            | TraceID.Ternary -> Layout.setTernary (StyleParam.SubPlotId.Ternary n, Ternary.init (Domain = place))
            | TraceID.Geo -> Layout.setGeo (StyleParam.SubPlotId.Geo n, Geo.init (Domain = place))
            | TraceID.Mapbox -> Layout.setMapbox (StyleParam.SubPlotId.Mapbox n, Mapbox.init (Domain = place))
            | TraceID.Smith -> Layout.setSmith (StyleParam.SubPlotId.Smith n, Smith.init (Domain = place))
            // A pie has no axes but a place of its own; a grid of theirs brings its axes along.
            | TraceID.Domain
            | TraceID.Multi -> id

        axes layout

    /// Adds the axes of all panels.
    let addTo (drawing: Drawing) (sizes: FigureSizes) (layout: Layout) : Layout =
        List.fold (add drawing sizes) layout (List.indexed drawing.Panels)
