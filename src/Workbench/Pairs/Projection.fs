namespace Workbench

open System
open Workbench.Core.Decompositions
open Workbench.Core.Manifolds
open Workbench.Core.Tensors
open type System.FormattableString

/// <summary>How points came to their places.</summary>
/// <category index="2">Pairs</category>
[<RequireQualifiedAccess; NoComparison; ReferenceEquality>]
type ProjectionMethod =
    | Umap of Umap
    | Pca of PrincipalComponents

/// <summary>A layout of points in few dimensions, and the map that takes further points there.</summary>
/// <category index="2">Pairs</category>
[<NoComparison; ReferenceEquality; StructuredFormatDisplay("{Display}")>]
type Projection = {
    /// What was laid out, one vector per row.
    Data: Labelled
    /// The places of those rows: [rows, dimensions].
    Layout: Labelled
    Method: ProjectionMethod
    /// What is done to places afterwards: nothing, or turning and scaling them to meet another layout.
    Turn: Matrix -> Matrix
} with

    /// Of the random choices; None where there are none.
    member this.Seed =
        match this.Method with
        | ProjectionMethod.Umap umap -> Some(Seed umap.Settings.Seed)
        | ProjectionMethod.Pca _ -> None

    member this.Display = this.Layout.Display
    override this.ToString() = this.Display

/// <summary>Where several layouts place the same rows.</summary>
/// <category index="2">Pairs</category>
[<NoComparison; NoEquality; StructuredFormatDisplay("{Display}")>]
type Envelope = {
    /// The mean place of each row over the layouts.
    Mean: Labelled
    /// The root mean square distance of a row's places from their mean.
    Spread: float[]
    /// How many layouts.
    Layouts: int
} with

    /// How many layouts, how far the rows spread, and the mean layout.
    member this.Display =
        let spread =
            if this.Spread.Length = 0 then
                nan
            else
                Array.average this.Spread

        Invariant $"{this.Layouts} layouts, rows {spread:G3} from their mean place on average; mean of "
        + this.Mean.Display

    override this.ToString() = this.Display

/// <summary>Lays out vectors in few dimensions: places further ones, compares layouts, and measures what they
/// keep.</summary>
/// <category index="2">Pairs</category>
[<RequireQualifiedAccess>]
module Projection =
    let private axes (name: string) count =
        Axis.labelled "coordinate" (Array.init count (fun i -> $"{name} {i + 1}"))

    let private ofMethod (data: Labelled) (layout: Labelled) (kind: ProjectionMethod) = {
        Data = data
        Layout = layout
        Method = kind
        Turn = id
    }

    let private ofUmap (data: Labelled) (umap: Umap) =
        let settings = umap.Settings

        let touching =
            if settings.LocalConnectivity = 1.0 then
                ""
            else
                Invariant $"local_connectivity {settings.LocalConnectivity}, "

        let step =
            Invariant
                $"UMAP, {settings.Neighbours} neighbours, min_dist {settings.MinDist}, {touching}{Seed settings.Seed}"

        ofMethod
            data
            (Labelled.ofMatrix
                data.Rows
                (axes "UMAP" settings.Components)
                (Provenance.step step data.Provenance)
                umap.Layout)
            (ProjectionMethod.Umap umap)

    let private checkRows (metric: Metric) (name: string) (matrix: Labelled) =
        Labelled.checkFinite name matrix

        if metric = Metric.Cosine then
            Labelled.checkDirections name matrix

    let private whileShown (rows: int) (work: IProgress<float> -> 'r) =
        Progress.run (Invariant $"UMAP of {rows:N0} points") (fun report ->
            work
                {
                    new IProgress<float> with
                        member _.Report share = report share
                })

    /// <summary>UMAP of the rows, from exact neighbours and the graph's Laplacian eigenmap; the same bits for the same
    /// seed.</summary>
    /// <exception cref="T:System.ArgumentException">A setting is outside its range; or a row, which is named, holds NaN
    /// or infinity, or is all zero where cosines are asked for.</exception>
    /// <example><code lang="fsharp">
    /// let settings = Workbench.Core.Manifolds.UmapSettings(Neighbours = 10, Seed = 8UL)
    /// (positions |> Projection.umap settings).Layout.Provenance |> Provenance.describe
    /// </code> is <c>"pocket-gpt2 (Pocket): wpe → UMAP, 10 neighbours, min_dist 0.1, seed 8 [cpu]"</c>.</example>
    /// <example><code lang="fsharp">
    /// positions |> Projection.umap (Workbench.Core.Manifolds.UmapSettings(Neighbours = 0))
    /// </code> throws <c>ArgumentOutOfRangeException</c>.</example>
    let umap (settings: UmapSettings) (matrix: Labelled) : Projection =
        checkRows settings.Metric (nameof matrix) matrix

        whileShown matrix.Rows.Length (fun progress -> Umap.Fit(matrix.Values, settings, progress = progress))
        |> ofUmap matrix

    /// <summary>UMAP with the settings of its authors' library, 15 neighbours and min_dist 0.1, in so many
    /// dimensions.</summary>
    /// <example><code lang="fsharp">(positions |> Projection.umapIn 3 (Seed 8UL)).Layout |> Labelled.shape</code> is
    /// <c>(256, 3)</c>.</example>
    let umapIn (dimensions: int) (Seed seed) (matrix: Labelled) : Projection =
        umap (UmapSettings(Components = dimensions, Seed = seed)) matrix

    /// <summary>The same from neighbours that are known, as `Work.neighbours` finds them on many machines.</summary>
    /// <param name="neighbours">Of each row as many others as the settings ask for, less the row itself.</param>
    /// <param name="settings">The same metric and number of neighbours.</param>
    /// <param name="matrix">The rows that were searched.</param>
    /// <exception cref="T:System.ArgumentException">The neighbours are of other rows or of another number.</exception>
    /// <example><code lang="fsharp">
    /// let settings = Workbench.Core.Manifolds.UmapSettings()
    /// let found = Workbench.Core.Manifolds.NearestNeighbours.Within(positions.Values, 14)
    /// let layout = positions |> Projection.umapOf found settings
    /// layout.Layout.Values.ToArray() = (positions |> Projection.umap settings).Layout.Values.ToArray()
    /// </code> is <c>true</c>.</example>
    let umapOf (neighbours: NearestNeighbours) (settings: UmapSettings) (matrix: Labelled) : Projection =
        checkRows settings.Metric (nameof matrix) matrix

        whileShown matrix.Rows.Length (fun progress ->
            Umap.FitNeighbours(matrix.Values, neighbours, settings, progress = progress))
        |> ofUmap matrix

    /// <summary>Principal components of the rows, the twin that is linear: distances shrink, and none grows.</summary>
    /// <param name="components">How many, from 1 to the number of columns. Beyond one less than the number of rows
    /// there is no variance, and directions are arbitrary.</param>
    /// <param name="matrix">One vector per row, at least two.</param>
    /// <exception cref="T:System.ArgumentException">There are too many components or too few rows, or a row, which is
    /// named, holds NaN or infinity.</exception>
    /// <example><code lang="fsharp">animals |> Projection.pca 2</code> is
    /// <c>animal × 4 by coordinate × 2, counted → 2 principal components [cpu]
    /// cat: -152.4989, 0.5447
    /// dog: -136.5012, 0.8420
    /// cow: 443.5014, -0.0272
    /// …</c>.</example>
    /// <example><code lang="fsharp">animals |> Projection.pca 4</code> throws <c>ArgumentOutOfRangeException</c>: there
    /// are three columns.</example>
    let pca (components: int) (matrix: Labelled) : Projection =
        Labelled.checkFinite (nameof matrix) matrix
        let found = PrincipalComponents.Compute(matrix.Values, components)

        let layout =
            Labelled.ofMatrix
                matrix.Rows
                (axes "PC" components)
                (Provenance.step $"{components} principal components" matrix.Provenance)
                (found.Project matrix.Values)

        Labelled.checkInRange "A place among principal components" layout

        ofMethod matrix layout (ProjectionMethod.Pca found)

    /// <summary>The singular values of a matrix, largest first, as many as its shorter side: by rotations in float64,
    /// nothing centred. Those of a head's matrix come from its factors (`Decomposition.svd`).</summary>
    /// <exception cref="T:System.ArgumentException">A row, which is named, holds NaN or infinity.</exception>
    /// <example><code lang="fsharp">animals |> Projection.singularValues</code> is
    /// <c>[|600.365; 7.120; 0.840|]</c>.</example>
    let singularValues (matrix: Labelled) : float[] =
        Labelled.checkFinite (nameof matrix) matrix
        JacobiSvd(matrix.Values).SingularValues.ToArray()

    /// <summary>The places of further rows among those laid out. Each depends on its own row alone, not on what comes
    /// with it.</summary>
    /// <exception cref="T:System.ArgumentException">The rows have another number of columns than the data, or one,
    /// which is named, holds NaN or infinity.</exception>
    /// <example><code lang="fsharp">
    /// animals |> Labelled.selectRows [| 2 |] |> Projection.transform (Projection.pca 1 animals)
    /// </code> is <c>animal × 1 by coordinate × 1, counted → rows 2 (1 of 4) → placed by 1 principal components [cpu]
    /// cow: 443.5014</c>.</example>
    let transform (projection: Projection) (rows: Labelled) : Labelled =
        let placed =
            match projection.Method with
            | ProjectionMethod.Umap umap ->
                checkRows umap.Settings.Metric (nameof rows) rows
                umap.Transform rows.Values
            | ProjectionMethod.Pca components ->
                Labelled.checkFinite (nameof rows) rows
                components.Project rows.Values

        Labelled.ofMatrix
            rows.Rows
            projection.Layout.Columns
            (Provenance.step $"placed by {List.last projection.Layout.Provenance.Steps}" rows.Provenance)
            (projection.Turn placed)

    /// <summary>Trustworthiness, continuity and the share of neighbours kept; every pair of rows is looked
    /// at.</summary>
    /// <param name="neighbours">Size of a neighbourhood, below half the number of rows.</param>
    /// <param name="projection">The layout to judge.</param>
    /// <example><code lang="fsharp">positions |> Projection.pca 2 |> Projection.quality 10</code> is
    /// <c>LayoutQuality { Trustworthiness = 0.839, Continuity = 0.882, NeighboursKept = 0.179, Neighbours = 10
    /// }</c>.</example>
    let quality (neighbours: int) (projection: Projection) : LayoutQuality =
        LayoutQuality.Measure(projection.Data.Values, projection.Layout.Values, neighbours)

    /// <summary>The share of the variance that principal components keep, from 0 to 1, and NaN where all rows are
    /// equal; None for UMAP, which has no such number.</summary>
    /// <example><code lang="fsharp">positions |> Projection.pca 2 |> Projection.varianceKept</code> is
    /// <c>Some 0.335</c>.</example>
    /// <example><code lang="fsharp">
    /// positions |> Projection.umap (Workbench.Core.Manifolds.UmapSettings()) |> Projection.varianceKept
    /// </code> is <c>None</c>.</example>
    let varianceKept (projection: Projection) : float option =
        match projection.Method with
        | ProjectionMethod.Umap _ -> None
        | ProjectionMethod.Pca found -> Some(Array.sum (found.Variances.ToArray()) / found.TotalVariance)

    /// <summary>Moves, turns (mirroring where that is nearer) and scales a layout so that its points lie nearest to
    /// those of another of the same rows (Procrustes); rows placed by it later follow. Neighbourhoods stay as they
    /// are.</summary>
    /// <exception cref="T:System.ArgumentException">The layouts differ in shape.</exception>
    /// <example><code lang="fsharp">
    /// let target = animals |> Projection.pca 2
    /// let mirrored = animals |> Labelled.mapi (fun _ _ value -> -value) |> Projection.pca 2
    /// (mirrored |> Projection.align target).Layout |> Labelled.row 2
    /// </code> is <c>[|443.501; -0.027|]</c>.</example>
    let align (target: Projection) (projection: Projection) : Projection =
        let centred, goal = Labelled.centre projection.Layout, Labelled.centre target.Layout
        let fit = Procrustes.Compute(centred.Values, goal.Values)

        let square = centred.Values.ToArray() |> Array.sumBy (fun x -> float x * float x)

        let scale = if square = 0.0 then 0.0 else fit.NuclearNorm / square

        let from, into =
            Labelled.columnMeans projection.Layout, Labelled.columnMeans target.Layout

        let move (places: Matrix) =
            let moved = Matrix.Uninitialized(places.Rows, places.Columns)

            for i in 0 .. places.Rows - 1 do
                for j in 0 .. places.Columns - 1 do
                    let mutable sum = 0.0

                    for k in 0 .. places.Columns - 1 do
                        sum <- sum + (float places[i, k] - from[k]) * fit.Rotation[k, j]

                    moved[i, j] <- float32 (into[j] + scale * sum)

            moved

        {
            projection with
                Layout =
                    {
                        projection.Layout with
                            Values = move projection.Layout.Values
                    }
                    |> Labelled.withStep "aligned"
                Turn = projection.Turn >> move
        }

    /// <summary>The same rows laid out by UMAP with other seeds, without finding neighbours again, each aligned with
    /// the layout given.</summary>
    /// <exception cref="T:System.ArgumentException">The layout is not one of UMAP.</exception>
    /// <example><code lang="fsharp">
    /// let layout = positions |> Projection.umap (Workbench.Core.Manifolds.UmapSettings())
    /// layout |> Projection.reseed [ Seed 1UL; Seed 2UL ] |> List.map _.Seed
    /// </code> is <c>[Some seed 1; Some seed 2]</c>.</example>
    /// <example><code lang="fsharp">animals |> Projection.pca 2 |> Projection.reseed [ Seed 1UL ]</code> throws
    /// <c>ArgumentException</c>.</example>
    let reseed (seeds: Seed list) (projection: Projection) : Projection list =
        match projection.Method with
        | ProjectionMethod.Pca _ ->
            invalidArg
                (nameof projection)
                "Principal components take no seed; only a UMAP can be laid out with another."
        | ProjectionMethod.Umap umap ->
            seeds
            |> List.map (fun (Seed seed) ->
                whileShown projection.Data.Rows.Length (fun progress -> umap.WithSeed(seed, progress = progress))
                |> ofUmap projection.Data
                |> align projection)

    /// <summary>Where aligned layouts of several seeds place the same rows, and how far they disagree.</summary>
    /// <exception cref="T:System.ArgumentException">There is no layout.</exception>
    /// <example><code lang="fsharp">
    /// let layout = positions |> Projection.umap (Workbench.Core.Manifolds.UmapSettings())
    /// let envelope = positions |> Projection.envelope (layout :: Projection.reseed [ Seed 1UL; Seed 2UL ] layout)
    /// envelope.Layouts, envelope.Spread.Length
    /// </code> is <c>(3, 256)</c>.</example>
    /// <example><code lang="fsharp">animals |> Projection.envelope []</code> throws <c>ArgumentException</c>.</example>
    let envelope (projections: Projection list) (rows: Labelled) : Envelope =
        if projections.IsEmpty then
            invalidArg (nameof projections) "An envelope needs at least one layout, but there is none."

        let placed = projections |> List.map (fun projection -> transform projection rows)

        let at i j =
            placed |> List.averageBy (fun places -> float places[i, j])

        let mean =
            Labelled.init rows.Rows placed.Head.Columns placed.Head.Provenance at
            |> Labelled.withStep $"mean of {placed.Length} layouts"

        let squared i (places: Labelled) =
            Seq.sum (seq { for j in 0 .. places.Columns.Length - 1 -> (float places[i, j] - float mean[i, j]) ** 2.0 })

        {
            Mean = mean
            Spread =
                Array.init rows.Rows.Length (fun i -> placed |> List.averageBy (fun places -> squared i places) |> sqrt)
            Layouts = placed.Length
        }

    // The root mean square distance of rows from their centre.
    let private extent (places: Labelled) =
        let squared =
            (Labelled.centre places).Values.ToArray()
            |> Array.sumBy (fun x -> float x * float x)

        sqrt (squared / float places.Rows.Length)

    /// <summary>How far rows that are placed on a map lie from their centre, root mean square, as a share of the same
    /// of the map's own.</summary>
    /// <example><code lang="fsharp">positions |> Projection.apart (Projection.pca 2 positions)</code> is
    /// <c>1.000</c>.</example>
    let apart (projection: Projection) (rows: Labelled) : float =
        extent (transform projection rows) / extent projection.Layout

    /// <summary>How far each row's places on several aligned layouts lie from their mean, root mean square, as a share
    /// of the first layout's extent: near 1, the row could as well be anywhere.</summary>
    /// <example><code lang="fsharp">
    /// let map = positions |> Projection.pca 2
    /// positions |> Projection.disagreement [ map; map ] |> Array.max
    /// </code> is <c>0.0</c>.</example>
    let disagreement (projections: Projection list) (rows: Labelled) : float[] =
        (envelope projections rows).Spread
        |> Array.map (fun distance -> distance / extent projections.Head.Layout)
