namespace Workbench

/// What is written where in a figure, and how much room it takes in pixels.
[<RequireQualifiedAccess>]
module internal FigureLabels =
    // Measured on the fonts of common systems: the mean advance of a character as a share of the font's size.
    let private characterWidth = 0.53
    let fontSize = 13.0
    let titleSize = 16.0
    let captionSize = 11.0
    // Longer tick labels are cut here, or half the figure would be labels.
    let private longestTick = 130.0

    let textWidth (size: float) (text: string) : float =
        float (Escape.width text) * size * characterWidth

    let private longest (names: string[]) =
        names
        |> Seq.map (Escape.shortened 32 >> textWidth fontSize)
        |> Seq.fold max 0.0
        |> min longestTick

    /// Labels of an axis that has words at its places, or nothing for numbers.
    let private placeNames (isRow: bool) (panel: Panel) : string[] =
        let axis = if isRow then panel.Y else panel.X

        let named places =
            match places with
            | Named names -> names
            | Spaced _ -> [||]

        let ofTrace trace =
            match trace with
            | HeatmapTrace map -> Some(named (if isRow then map.RowPlaces else map.ColumnPlaces))
            | BarTrace _
            | PointTrace _ -> None

        if axis.Names.Length > 0 then
            axis.Names
        else
            panel.Traces |> List.tryPick ofTrace |> Option.defaultValue [||]

    let rowNames panel = placeNames true panel
    let columnNames panel = placeNames false panel

    /// Degrees by which the labels below a panel of this width are turned.
    let tickAngle (panelWidth: float) (panel: Panel) : float =
        let names = columnNames panel

        if float names.Length * (longest names + 6.0) > panelWidth && longest names > 20.0 then
            -90.0
        else
            0.0

    let shares (chart: Chart) (share: Share) = chart.Shared.Contains share

    /// The one title that an axis of all panels has, or None.
    let commonTitle (axis: Panel -> AxisStyle) (chart: Chart) : string option =
        match chart.Panels |> List.map (fun panel -> (axis panel).Title) |> List.distinct with
        | [ title ] -> title
        | _ -> None

    let isBottom (chart: Chart) (columns: int) (index: int) : bool = index + columns >= chart.Panels.Length

    /// Whether tick labels and the title of x are written below a panel.
    let showsX (chart: Chart) (columns: int) (index: int) : bool * bool =
        let bottom = isBottom chart columns index
        bottom || not (shares chart Share.X), bottom || (commonTitle _.X chart).IsNone

    let showsY (chart: Chart) (columns: int) (index: int) : bool * bool =
        let first = index % columns = 0
        first || not (shares chart Share.Y), first || (commonTitle _.Y chart).IsNone

    let private hasTitle (axis: AxisStyle) =
        axis.Title |> Option.exists (fun title -> title <> "")

    let private numberTick = 44.0
    let private axisTitle = 24.0

    /// Room left of a panel for its numbers and words.
    let leftOf chart columns index (panel: Panel) =
        if Panel.isSpatial panel then
            0.0
        else
            let ticks, title = showsY chart columns index
            let names = rowNames panel

            (if not ticks then 4.0
             elif names.Length > 0 then longest names + 10.0
             else numberTick)
            + (if title && hasTitle panel.Y then axisTitle else 0.0)

    /// Room below a panel for its numbers and words.
    let belowOf panelWidth chart columns index (panel: Panel) =
        if Panel.isSpatial panel then
            0.0
        else
            let ticks, title = showsX chart columns index
            let turned = tickAngle panelWidth panel <> 0.0

            (if not ticks then 4.0
             elif turned then longest (columnNames panel) + 10.0
             else 24.0)
            + (if title && hasTitle panel.X then axisTitle else 0.0)

    /// Room for a colour bar with its numbers, and its title where it has one.
    let barRoom (panel: Panel) =
        if panel.ColourTitle = "" then 66.0 else 86.0

    /// The lines of a text of this size in a space of this width.
    let linesWithin (width: float) (size: float) (text: string) : string list =
        Escape.wrapped (max 8 (int (width / (size * characterWidth)))) text

    let panelTitleLines (panelWidth: float) (panel: Panel) : string list =
        linesWithin panelWidth fontSize panel.Title

    /// The words under a figure: the author's caption or else the sources, and always what was reduced.
    let caption (chart: Chart) : string =
        let sources =
            match chart.Caption, chart.Sources with
            | Some caption, _ -> [ caption ]
            | None, sources when sources.Length > 3 -> List.truncate 2 sources @ [ $"and {sources.Length - 2} more" ]
            | None, sources -> sources

        System.String.Join(" · ", sources @ chart.Reductions)

    /// Whether the legend takes room above the plot on wide paper.
    let legendAbove (names: string list) (chart: Chart) : bool =
        match chart.Legend with
        | Legend.Automatic -> names.Length > 1
        | Legend.Above -> names.Length > 0
        | Legend.Right
        | Legend.Hidden -> false
