namespace Workbench

open System
open System.IO
open System.Text.Json
open Workbench.Core.Pairs
open Workbench.Core.Pairs.Folds
open Workbench.Core.Tensors

/// <summary>Something computed over all pairs in one pass; `Fold` makes and combines them.</summary>
/// <category index="2">Pairs</category>
[<NoComparison; NoEquality>]
type Fold<'answer> = internal {
    /// How many accumulators it takes.
    Count: int
    /// Empty accumulators for a set of pairs.
    Begin: PairSpace -> PairFold list
    /// Reads the answer from what was compared and the accumulators, in the order in which they were made.
    Finish: Compared -> PairFold list -> 'answer
}

/// An accumulator written in F#: a state, how a pair changes it, and how two states become one.
[<Sealed>]
type internal PairwiseState<'state>(name, empty: 'state, add: 'state -> int -> int -> float32 -> 'state, merge) =
    inherit PairwiseFold()
    member val State = empty with get, set
    override _.Settings = name

    override _.Fork() =
        PairwiseState<'state>(name, empty, add, merge)

    override this.Add(row: int, column: int, score: float32) =
        this.State <- add this.State row column score

    override this.Merge(other) =
        this.State <- merge this.State (other :?> PairwiseState<'state>).State

    override this.Write(writer: BinaryWriter) =
        writer.Write(JsonSerializer.Serialize this.State)

    override this.Read(reader: BinaryReader) =
        this.State <-
            match JsonSerializer.Deserialize(reader.ReadString(), typeof<'state>) with
            | null -> empty
            | state -> unbox<'state> state

/// <summary>Makes and combines folds: `Fold.map` changes an answer, `Fold.zip` and `Fold.scan { … }` put several
/// into one, and one pass then answers all of them. The answers are the same bits for any number of threads and for
/// pieces merged in any order.</summary>
/// <category index="2">Pairs</category>
[<RequireQualifiedAccess>]
module Fold =
    /// <summary>Asks nothing: the answer is known.</summary>
    /// <example><code lang="fsharp">animals |> Similarity.cosine Rows |> Pairs.fold (Fold.answer 42)</code> is
    /// <c>42</c>.</example>
    let answer (value: 'answer) : Fold<'answer> = {
        Count = 0
        Begin = fun _ -> []
        Finish = fun _ _ -> value
    }

    /// <summary>Changes an answer.</summary>
    /// <example><code lang="fsharp">
    /// positions |> Similarity.cosine Rows |> Pairs.fold (Fold.moments |> Fold.map _.Mean)
    /// </code> is <c>0.108</c>.</example>
    let map (change: 'a -> 'b) (fold: Fold<'a>) : Fold<'b> = {
        Count = fold.Count
        Begin = fold.Begin
        Finish = fun compared states -> change (fold.Finish compared states)
    }

    /// <summary>Two questions in one pass.</summary>
    /// <example><code lang="fsharp">
    /// animals |> Similarity.cosine Rows |> Pairs.fold (Fold.zip (Fold.top 1) (Fold.countAbove 0.5))
    /// </code> is <c>([|0.972 (1, 2) dog · cow|], 6L)</c>.</example>
    let zip (first: Fold<'a>) (second: Fold<'b>) : Fold<'a * 'b> = {
        Count = first.Count + second.Count
        Begin = fun space -> first.Begin space @ second.Begin space
        Finish =
            fun compared states ->
                let left, right = List.splitAt first.Count states
                first.Finish compared left, second.Finish compared right
    }

    /// <summary>One of the core's accumulators, or one's own written as a class: full speed, a tile of scores at a time
    /// (`Workbench.Core.Pairs.PairFold` says how).</summary>
    /// <param name="create">An empty accumulator for a set of pairs.</param>
    /// <param name="finish">Reads the answer; what was compared has the items' labels.</param>
    /// <example><code lang="fsharp">
    /// let above =
    ///     Fold.ofCore
    ///         (fun _ -> new Workbench.Core.Pairs.Folds.CountAboveFold(ReadOnlySpan [| 0.5f; 0.9f |]))
    ///         (fun _ fold -> fold.Counts[0], fold.Counts[1])
    ///
    /// positions |> Similarity.cosine Rows |> Pairs.fold above
    /// </code> is <c>(2881L, 0L)</c>.</example>
    let ofCore (create: PairSpace -> 'fold :> PairFold) (finish: Compared -> 'fold -> 'answer) : Fold<'answer> = {
        Count = 1
        Begin = fun space -> [ create space ]
        Finish = fun compared states -> finish compared (List.exactlyOne states :?> 'fold)
    }

    /// <summary>A fold of one's own, a pair at a time: simple to write, and some hundred times slower than the built-in
    /// ones.</summary>
    /// <param name="name">Names the fold and all its settings: pieces are merged only under the same name.</param>
    /// <param name="empty">The state before any pair; what System.Text.Json can write, so that pieces can be
    /// shipped.</param>
    /// <param name="add">State, row i, column j &gt; i, similarity.</param>
    /// <param name="merge">Two states as one; must not care for order, or the answer depends on the number of
    /// threads.</param>
    /// <example><code lang="fsharp">
    /// // How many neighbours are similar?
    /// let adjacent =
    ///     Fold.ofPairs "adjacent(0.5)" 0L
    ///         (fun count i j similarity -> if j = i + 1 &amp;&amp; similarity > 0.5f then count + 1L else count)
    ///         (+)
    ///
    /// positions |> Similarity.cosine Rows |> Pairs.fold adjacent
    /// </code> is <c>72L</c>.</example>
    let ofPairs
        name
        (empty: 'state)
        (add: 'state -> int -> int -> float32 -> 'state)
        (merge: 'state -> 'state -> 'state)
        : Fold<'state> =
        ofCore (fun _ -> new PairwiseState<'state>(name, empty, add, merge)) (fun _ fold -> fold.State)

    let private range (space: PairSpace) =
        match space.Bound with
        | bound when bound > 0.0 && bound <> 1.0 -> float32 -bound, float32 bound
        | _ -> -1.0f, 1.0f

    let private ranked (compared: Compared) (pair: ScoredPair) : RankedPair = {
        Similarity = float pair.Score
        I = pair.Row
        J = pair.Column
        First = compared.Items.Label pair.Row
        Second = compared.Others.Label pair.Column
    }

    /// <summary>Counts in bins of equal width over all values that the measure can take: −1 to 1 for a cosine or a
    /// correlation. A similarity that rounding puts a hair outside is counted in the end bin. A few thousand bins cost
    /// no more than a hundred; `Distribution.rebin` and `Distribution.trim` make the picture, `Distribution.quantileOf`
    /// the quantiles.</summary>
    /// <param name="bins">From 1 to 65,536.</param>
    /// <example><code lang="fsharp">
    /// positions |> Similarity.cosine Rows |> Pairs.fold (Fold.histogram 8) |> _.Counts
    /// </code> is <c>[|0L; 2L; 3939L; 7540L; 11070L; 7208L; 2878L; 3L|]</c>.</example>
    let histogram (bins: int) : Fold<Histogram> =
        Check.within 1 65536 (nameof bins) bins

        ofCore
            (fun space ->
                let low, high = range space
                new HistogramFold(bins, low, high))
            (fun compared fold -> {
                Quantity = compared.Quantity
                Minimum = float fold.Low
                Maximum = float fold.High
                Counts = fold.Counts.ToArray()
                Provenance = compared.Provenance
            })

    /// <summary>Number, mean and standard deviation, with the extremes; refused where there is no pair.</summary>
    /// <remarks>Every similarity is added in units of 2⁻⁵⁰ of the largest that the vectors' lengths allow, and its
    /// square of the largest square, so that the sums have the same bits in every order. That is exact enough for
    /// cosines and correlations; of dot products where one vector is some hundred thousand times as long as the others,
    /// theirs vanish: leave it out, or take `Pairs.values`.</remarks>
    /// <example><code lang="fsharp">positions |> Similarity.cosine Rows |> Pairs.fold Fold.moments</code> is
    /// <c>cosine similarity: n = 32,640, mean 0.108, sd 0.272, min -0.514, max 0.763</c>.</example>
    let moments: Fold<Summary> =
        zip
            (ofCore (fun space -> new MomentsFold(space)) (fun _ fold -> fold))
            (ofCore (fun _ -> new ExtremaFold()) (fun _ fold -> fold))
        |> fun both -> {
            Count = both.Count
            Begin = both.Begin
            Finish =
                fun compared states ->
                    let moments, extrema = both.Finish compared states

                    if moments.Count = 0L then
                        invalidArg "pairs" $"Moments need at least two items, not {compared.Items.Length}."

                    let n = float moments.Count

                    {
                        Quantity = compared.Quantity
                        N = moments.Count
                        Mean = moments.Mean
                        Sd = sqrt (moments.Variance * n / (n - 1.0))
                        Minimum = float extrema.Minimum.Score
                        Maximum = float extrema.Maximum.Score
                        Provenance = compared.Provenance
                    }
        }

    /// <summary>The mean of the absolute similarities.</summary>
    /// <example><code lang="fsharp">positions |> Similarity.cosine Rows |> Pairs.fold Fold.meanAbsolute</code> is
    /// <c>0.243</c>.</example>
    let meanAbsolute: Fold<float> =
        ofCore (fun space -> new MomentsFold(space)) (fun _ fold -> fold.MeanAbsolute)

    /// <summary>The least and the most similar pair.</summary>
    /// <exception cref="T:System.ArgumentException">There are fewer than two items, and so no pair.</exception>
    /// <example><code lang="fsharp">animals |> Similarity.cosine Rows |> Pairs.fold Fold.extrema</code> is
    /// <c>(0.582 (2, 3) cow · hen, 0.972 (1, 2) dog · cow)</c>.</example>
    /// <example><code lang="fsharp">
    /// animals |> Labelled.selectRows [| 0 |] |> Similarity.cosine Rows |> Pairs.fold Fold.extrema
    /// </code> throws <c>ArgumentException</c>: one animal makes no pair.</example>
    let extrema: Fold<RankedPair * RankedPair> =
        ofCore
            (fun space ->
                if space.Pairs = 0L then
                    invalidArg
                        "pairs"
                        $"The least and the most similar pair need at least two items, not {space.Rows}."

                new ExtremaFold())
            (fun compared fold -> ranked compared fold.Minimum, ranked compared fold.Maximum)

    let private ends (which: End) (count: int) : Fold<RankedPair[]> =
        Check.atLeast 1 (nameof count) count
        Check.affordable (nameof count) 12L count

        ofCore (fun _ -> new RankedPairsFold(which, count)) (fun compared fold ->
            fold.Pairs |> Seq.map (ranked compared) |> Array.ofSeq)

    /// <summary>The most similar pairs, the most similar first, equal ones by index.</summary>
    /// <example><code lang="fsharp">positions |> Similarity.cosine Rows |> Pairs.fold (Fold.top 2)</code> is
    /// <c>[|0.763 (225, 231) 225 · 231; 0.757 (243, 247) 243 · 247|]</c>.</example>
    let top (count: int) : Fold<RankedPair[]> = ends End.Top count

    /// <summary>The least similar pairs, the least similar first, equal ones by index.</summary>
    /// <example><code lang="fsharp">animals |> Similarity.cosine Rows |> Pairs.fold (Fold.bottom 2)</code> is
    /// <c>[|0.582 (2, 3) cow · hen; 0.672 (0, 2) cat · cow|]</c>.</example>
    let bottom (count: int) : Fold<RankedPair[]> = ends End.Bottom count

    /// <summary>How many similarities lie above a threshold.</summary>
    /// <example><code lang="fsharp">positions |> Similarity.cosine Rows |> Pairs.fold (Fold.countAbove 0.5)</code> is
    /// <c>2881L</c>.</example>
    let countAbove (threshold: float) : Fold<int64> =
        ofCore (fun _ -> new CountAboveFold(ReadOnlySpan [| float32 threshold |])) (fun _ fold -> fold.Counts[0])

    /// <summary>The full matrix of similarities, both triangles, as the means of equal blocks: the picture of a
    /// vocabulary of any size.</summary>
    /// <param name="size">Rows and columns of the picture.</param>
    /// <example><code lang="fsharp">positions |> Similarity.cosine Rows |> Pairs.fold (Fold.thumbnail 4)</code> is
    /// <c>position × 4 by position × 4, pocket-gpt2 (Pocket): wpe → cosine similarity, block means [cpu]
    /// 0: 0.1713, 0.0080, -0.1724, -0.2638 64: 0.0080, 0.1965, 0.1749, 0.0452 128: -0.1724, 0.1749, 0.3818, 0.4024
    /// …</c>.</example>
    let thumbnail (size: int) : Fold<Labelled> =
        Check.atLeast 1 (nameof size) size

        ofCore (fun space -> new ThumbnailFold(space, size)) (fun compared fold ->
            let means = fold.Means()

            let axis (whole: Axis) blocks = {
                Axis.numbered whole.Name blocks with
                    Label = fun block -> whole.Label(int (int64 block * int64 whole.Length / int64 blocks))
            }

            Labelled.ofMatrix
                (axis compared.Items means.Rows)
                (axis compared.Others means.Columns)
                (Provenance.step $"{compared.Quantity}, block means" compared.Provenance)
                means)

    /// <summary>Pairs drawn at random without replacement, every pair equally likely; by row, then column.</summary>
    /// <param name="seed">The same seed draws the same pairs.</param>
    /// <param name="count">How many; all when there are fewer.</param>
    /// <example><code lang="fsharp">positions |> Similarity.cosine Rows |> Pairs.fold (Fold.sample (Seed 7UL) 2)</code>
    /// is <c>[|-0.128 (60, 236) 60 · 236; 0.276 (127, 221) 127 · 221|]</c>.</example>
    let sample (seed: Seed) (count: int) : Fold<RankedPair[]> =
        Check.atLeast 1 (nameof count) count
        let (Seed key) = seed

        ofCore (fun space -> new SampleFold(space, count, key)) (fun compared fold ->
            fold.Pairs |> Seq.map (ranked compared) |> Array.ofSeq)

    /// <summary>The distinct similarities, ascending, compared bit by bit; None when there are more than the
    /// limit.</summary>
    /// <example><code lang="fsharp">
    /// animals |> Similarity.cosine Rows |> Pairs.fold (Fold.distinct 100) |> Option.map _.Length
    /// </code> is <c>Some 6</c>.</example>
    /// <example><code lang="fsharp">positions |> Similarity.cosine Rows |> Pairs.fold (Fold.distinct 100)</code> is
    /// <c>None</c>: there are more.</example>
    let distinct (limit: int) : Fold<float32[] option> =
        Check.atLeast 1 (nameof limit) limit
        ofCore (fun _ -> new DistinctFold(limit)) (fun _ fold -> Option.ofObj fold.Values)

    /// <summary>Each item's mean similarity to all others, added as in `moments`.</summary>
    /// <example><code lang="fsharp">animals |> Similarity.cosine Rows |> Pairs.fold Fold.rowMeans</code> is
    /// <c>[|0.820; 0.851; 0.742; 0.767|]</c>.</example>
    let rowMeans: Fold<float[]> =
        ofCore (fun space -> new RowMeansFold(space)) (fun _ fold -> fold.Means())

    /// <summary>Each item's most similar others, the most similar first, with their similarities.</summary>
    /// <param name="k">How many for each item.</param>
    /// <example><code lang="fsharp">animals |> Similarity.cosine Rows |> Pairs.fold (Fold.neighbours 1)</code> is
    /// <c>[|[|(3, 0.962)|]; [|(2, 0.972)|]; [|(1, 0.972)|]; [|(0, 0.962)|]|]</c>.</example>
    let neighbours (k: int) : Fold<(int * float)[][]> =
        Check.atLeast 1 (nameof k) k

        ofCore (fun space -> new NeighboursFold(space, k)) (fun compared fold ->
            Array.init compared.Items.Length (fun row ->
                Array.map2
                    (fun index score -> index, float score)
                    (fold.Indices(row).ToArray())
                    (fold.Scores(row).ToArray())))

    /// <summary>How often each item is among the k most similar of the others: its k-occurrence. A few large ones are
    /// hubs (Radovanović, Nanopoulos and Ivanović 2010); `Distribution.skewness` says how uneven they are.</summary>
    /// <example><code lang="fsharp">animals |> Similarity.cosine Rows |> Pairs.fold (Fold.occurrence 1)</code> is
    /// <c>[|1; 1; 1; 1|]</c>.</example>
    let occurrence (k: int) : Fold<int[]> =
        Check.atLeast 1 (nameof k) k
        ofCore (fun space -> new NeighboursFold(space, k)) (fun _ fold -> fold.Occurrences k)

    /// <summary>Any fold, asked separately of every two classes of items, such as words and pieces of words.</summary>
    /// <param name="labels">The class of each item.</param>
    /// <param name="fold">What is asked.</param>
    /// <returns>Two classes and the answer for pairs between them, in the order of the classes' first items;
    /// combinations without a pair are left out.</returns>
    /// <example><code lang="fsharp">
    /// let kinds = [| "pet"; "pet"; "farm"; "farm" |]
    /// let mean = Fold.moments |> Fold.map _.Mean
    /// animals |> Similarity.cosine Rows |> Pairs.fold (Fold.byClass kinds mean)
    /// </code> is <c>[("pet", "pet", 0.825); ("pet", "farm", 0.840); ("farm", "farm", 0.582)]</c>.</example>
    let byClass (labels: 'label[]) (fold: Fold<'answer>) : Fold<('label * 'label * 'answer) list> =
        let classes = Array.distinct labels
        let numbers = labels |> Array.map (fun label -> Array.findIndex ((=) label) classes)

        let sizes =
            Array.init classes.Length (fun number -> numbers |> Array.filter ((=) number) |> Array.length)

        {
            Count = fold.Count
            Begin =
                fun space ->
                    if not space.IsSymmetric then
                        invalidArg (nameof fold) "Classes are those of one table, and pairs of two are asked for."

                    if labels.Length <> space.Rows then
                        invalidArg
                            (nameof labels)
                            $"There are {labels.Length} labels for {space.Rows} items; each needs one."

                    [
                        for prototype in fold.Begin space ->
                            new ByClassFold(space, classes.Length, ReadOnlySpan numbers, prototype)
                    ]
            Finish =
                fun compared states -> [
                    for i in 0 .. classes.Length - 1 do
                        for j in i .. classes.Length - 1 do
                            if i <> j || sizes[i] > 1 then
                                let parts = states |> List.map (fun state -> (state :?> ByClassFold)[i, j])
                                classes[i], classes[j], fold.Finish compared parts
                ]
        }

    /// <summary>Builds one fold of several: every `let! … and! …` asks one more question of the same pass.</summary>
    [<Sealed>]
    type Builder internal () =
        member _.BindReturn(fold: Fold<'a>, change: 'a -> 'b) = map change fold
        member _.MergeSources(first: Fold<'a>, second: Fold<'b>) = zip first second
        member _.Return(value: 'a) = answer value

    /// <summary>One pass, many answers.</summary>
    /// <example><code lang="fsharp">
    /// let survey = Fold.scan {
    ///     let! shape = Fold.histogram 4000
    ///     and! closest = Fold.top 1
    ///     return Distribution.quantileOf 0.5 shape, closest
    /// }
    ///
    /// positions |> Similarity.cosine Rows |> Pairs.fold survey
    /// </code> is <c>(0.120, [|0.763 (225, 231) 225 · 231|])</c>.</example>
    let scan = Builder()
