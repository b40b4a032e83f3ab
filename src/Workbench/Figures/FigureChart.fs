namespace Workbench

open Plotly.NET
open Plotly.NET.ConfigObjects

/// Figures as charts of Plotly.NET.
[<RequireQualifiedAccess>]
module internal FigureChart =
    let private config () =
        Config.init (
            Displaylogo = false,
            Responsive = true,
            ModeBarButtonsToRemove = [ StyleParam.ModeBarButton.Select2d; StyleParam.ModeBarButton.Lasso2d ],
            ToImageButtonOptions = ToImageButtonOptions.init (Scale = 2.0)
        )

    /// A new chart for a kind of paper, with the caption inside or left to the page. Functions of Plotly.NET come last.
    let ofDrawing (paper: Paper) (captioned: bool) (drawing: Drawing) : GenericChart =
        let sizes =
            FigureSizes.ofDrawing paper captioned (Panel.names drawing.Panels) drawing

        let traces, brought = FigureData.ofDrawing drawing sizes

        let layout =
            List.fold (fun layout theirs -> Layout.combine layout theirs) (FigureLayout.ofDrawing drawing sizes) brought

        GenericChart.ofTraceObjects false traces
        |> GenericChart.setLayout layout
        |> GenericChart.setConfig (config ())
        |> PlotlyStyle.applyAll drawing.Styles

    /// Width and height in pixels on a wide page.
    let wideSize (captioned: bool) (drawing: Drawing) : int * int =
        let sizes =
            FigureSizes.ofDrawing Paper.Wide captioned (Panel.names drawing.Panels) drawing

        int sizes.Width, int sizes.Height

    /// The same of a chart that functions of Plotly.NET may have made larger or smaller.
    let sizeOf (captioned: bool) (drawing: Drawing) (chart: GenericChart) : int * int =
        let width, height = wideSize captioned drawing
        let theirWidth, theirHeight = GenericChart.tryGetLayoutSize chart
        defaultArg theirWidth width, defaultArg theirHeight height

    /// {data, layout, config}: what Plotly.newPlot takes.
    let toJson (chart: GenericChart) : string =
        let data = FigureJson.toText (GenericChart.getTraces chart)
        let layout = FigureJson.toText (GenericChart.getLayout chart)
        let config = FigureJson.toText (GenericChart.getConfig chart)
        $"{{\"data\":{data},\"layout\":{layout},\"config\":{config}}}"
