namespace Workbench

open type System.FormattableString

/// What is written where in a figure, and how much room it takes in pixels.
[<RequireQualifiedAccess>]
module internal FigureLabels =
    let titleSize = 16.0
    let axisTitleSize = 14.0
    let fontSize = 13.0
    let panelTitleSize = 12.0
    let captionSize = 11.0

    // The mean advance of a character as a share of the font's size: 0.50 in Arial, 0.57 in DejaVu Sans.
    let private characterWidth = 0.55

    // Longer tick labels are cut here, or half the figure would be labels.
    let private longestTick = 130.0
    let private axisTitleRoom = 28.0

    let textWidth (size: float) (text: string) : float =
        float (Escape.width text) * size * characterWidth

    /// The lines of a text of this size in a space of this width.
    let linesWithin (width: float) (size: float) (text: string) : string list =
        Escape.wrapped (max 8 (int (width / (size * characterWidth)))) text

    let panelTitleLines (panelWidth: float) (panel: Panel) : string list =
        linesWithin panelWidth panelTitleSize panel.Title

    /// A label as a tick shows it, not yet escaped.
    let tick (label: string) : string =
        Escape.shortened 32 (Escape.label label)

    let private longest (names: string[]) =
        names
        |> Seq.map (tick >> textWidth fontSize)
        |> Seq.fold max 0.0
        |> min longestTick

    /// The words at the places of an axis, or nothing for numbers.
    let names (side: Side) (panel: Panel) : string[] =
        let ofTrace trace =
            match trace, side with
            | HeatmapTrace { ColumnPlaces = Named names }, Side.X
            | HeatmapTrace { RowPlaces = Named names }, Side.Y -> Some names
            | _ -> None

        match (Panel.axis side panel).Names with
        | [||] -> panel.Traces |> List.tryPick ofTrace |> Option.defaultValue [||]
        | names -> names

    /// Degrees by which the labels below a panel of this width are turned.
    let tickAngle (panelWidth: float) (panel: Panel) : float =
        let width = longest (names Side.X panel)
        let together = float (names Side.X panel).Length * (width + 6.0)
        if together > panelWidth && width > 20.0 then -90.0 else 0.0

    let private ends (side: Side) (panel: Panel) =
        let low, high =
            (Panel.axis side panel).Range
            |> Option.defaultWith (fun () -> Panel.extent side [ panel ])

        max (abs low) (abs high)

    /// Whether numbers along an axis are best read as powers of ten.
    let needsPowers (side: Side) (panel: Panel) : bool =
        let reach = ends side panel
        reach >= 1e9 || reach > 0.0 && reach < 1e-3

    let private numberRoom (side: Side) (panel: Panel) =
        let widest =
            if (Panel.axis side panel).Logarithmic then
                "10−5"
            elif needsPowers side panel then
                "−1.5×104"
            elif ends side panel >= 1000.0 then
                Invariant $"{ends side panel:N0}"
            else
                "−0.05"

        textWidth fontSize widest + 8.0

    let shares (drawing: Drawing) (share: Share) : bool = drawing.Shared.Contains share

    let private haveOneTitle (side: Side) (drawing: Drawing) =
        (drawing.Panels |> List.distinctBy (fun panel -> (Panel.axis side panel).Title)).Length = 1

    /// Whether the ticks, and whether the title of an axis are written at a panel: shared ones at the edge of the grid
    /// only.
    let shown (side: Side) (drawing: Drawing) (columns: int) (index: int) : bool * bool =
        let share, atEdge =
            match side with
            | Side.X -> Share.X, index + columns >= drawing.Panels.Length
            | Side.Y -> Share.Y, index % columns = 0
            | Side.Z -> Share.Z, true

        atEdge || not (shares drawing share), atEdge || not (haveOneTitle side drawing)

    /// Room beside a panel for the numbers or words and the title of an axis: below it for x, left of it for y.
    let axisRoom
        (side: Side)
        (panelWidth: float)
        (drawing: Drawing)
        (columns: int)
        (index: int)
        (panel: Panel)
        : float =
        if not (Panel.isFlat panel) then
            0.0
        else
            let ticks, title = shown side drawing columns index
            let words = names side panel

            let tickRoom =
                match side with
                | _ when not ticks -> 4.0
                | Side.X when tickAngle panelWidth panel = 0.0 -> 24.0
                | Side.Y when words.Length = 0 -> numberRoom side panel
                | _ -> longest words + 10.0

            match (Panel.axis side panel).Title with
            | Some text when title && text <> "" -> tickRoom + axisTitleRoom
            | _ -> tickRoom

    /// Room right of a panel for a colour bar with its numbers, and its title where it has one.
    let colourBarRoom (panel: Panel) : float =
        if panel.ColourTitle = "" then 66.0 else 92.0

    /// Room for the same below a panel.
    let flatColourBarRoom (panel: Panel) : float =
        if panel.ColourTitle = "" then 42.0 else 62.0

    /// From the panel to the middle of the title beside its colour bar.
    let colourTitleOffset = 76.0

    /// The words under a figure: the author's caption or else the sources, and always what was reduced.
    let caption (drawing: Drawing) : string =
        let sources =
            match drawing.Caption, drawing.Sources with
            | Some caption, _ -> [ caption ]
            | None, sources when sources.Length > 3 -> List.truncate 2 sources @ [ $"and {sources.Length - 2} more" ]
            | None, sources -> sources

        System.String.Join(" · ", sources @ drawing.Reductions)

    /// Whether a legend of these names is drawn at all.
    let legendShown (names: string list) (drawing: Drawing) : bool =
        match drawing.Legend with
        | Legend.Hidden -> false
        | Legend.Automatic -> names.Length > 1
        | Legend.Above
        | Legend.Right -> names.Length > 0
