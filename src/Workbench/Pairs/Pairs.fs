namespace Workbench

open System
open System.IO
open System.Threading
open Workbench.Core.Pairs
open Workbench.Core.Tensors
open type System.FormattableString

/// <summary>All unordered pairs i &lt; j of a set of vectors under a measure: a description, not the values.
/// Never the diagonal, never a pair twice.</summary>
/// <category index="2">Pairs</category>
[<NoComparison; ReferenceEquality; StructuredFormatDisplay("{Display}")>]
type Pairs = {
    /// The vectors, where they lie.
    Matrix: Labelled
    /// Whether they are its rows or its columns.
    Along: Along
    Measure: Measure
    /// One vector per row; columns are copied when this is first asked for, which no scan does.
    Oriented: Lazy<Labelled>
} with

    /// What the vectors are called.
    member this.Items =
        match this.Along with
        | Rows -> this.Matrix.Rows
        | Columns -> this.Matrix.Columns

    /// Length of the vectors.
    member this.Dimensions =
        match this.Along with
        | Rows -> this.Matrix.Columns.Length
        | Columns -> this.Matrix.Rows.Length

    /// One vector per row: a copy where they are columns.
    member this.Vectors = this.Oriented.Value

    /// Where the vectors come from; for columns, as where they are copied into rows.
    member this.Provenance =
        match this.Along with
        | Rows -> this.Matrix.Provenance
        | Columns -> Provenance.step "transposed" this.Matrix.Provenance

    /// What the answers of folds are told.
    member this.Compared: Compared = {
        Items = this.Items
        Others = this.Items
        Measure = this.Measure
        Provenance = this.Provenance
    }

    /// n(n−1)/2.
    member this.Count = int64 this.Items.Length * int64 (this.Items.Length - 1) / 2L

    /// What a similarity is called on an axis.
    member this.Quantity = this.Compared.Quantity

    member this.Display =
        Invariant $"{this.Count:N0} pairs of {this.Items}, {this.Quantity}, {Provenance.describe this.Provenance}"

    override this.ToString() = this.Display

/// Copies every tile to its place in a matrix; all forks write to the same one, each to places of its own.
[<Sealed>]
type internal MatrixFold(values: Matrix) =
    inherit PairFold()
    override _.Settings = "matrix"
    override _.Fork() = new MatrixFold(values)

    override _.Add(tile: inref<ScoreTile>) =
        for row in 0 .. tile.Rows - 1 do
            tile.Row(row).CopyTo(values.WritableRow(tile.FirstRow + row).Slice tile.FirstColumn)

    override _.Merge _ = ()
    override _.Write(_: BinaryWriter) = ()
    override _.Read(_: BinaryReader) = ()

/// <summary>Asks questions of all pairs.</summary>
/// <category index="2">Pairs</category>
[<RequireQualifiedAccess>]
module Pairs =
    /// Pairs of a matrix' rows or columns, which stay where they lie.
    let internal ofMatrix (measure: Measure) (along: Along) (matrix: Labelled) : Pairs = {
        Matrix = matrix
        Along = along
        Measure = measure
        Oriented = lazy Labelled.orient along matrix
    }

    /// Some of the vectors, copied in their order.
    let internal select (items: int[]) (pairs: Pairs) : Pairs =
        match pairs.Along with
        | Rows -> pairs.Matrix |> Labelled.selectRows items
        | Columns -> pairs.Matrix |> Labelled.selectColumns items
        |> ofMatrix pairs.Measure pairs.Along

    let private vector (item: int) (pairs: Pairs) : ReadOnlySpan<float32> =
        match pairs.Along with
        | Rows -> pairs.Matrix.Values.Row item
        | Columns -> ReadOnlySpan(Array.init pairs.Matrix.Rows.Length (fun row -> pairs.Matrix.Values[row, item]))

    let private view (pairs: Pairs) =
        let matrix = MatrixView.op_Implicit pairs.Matrix.Values

        match pairs.Along with
        | Rows -> matrix
        | Columns -> matrix.Transposed

    // Names vectors that the measure is not defined for; the first of those that were looked at is number `first`.
    let private refuse (first: int) (pairs: Pairs) (error: DegenerateRowsException) =
        let named =
            error.Rows
            |> Seq.truncate 5
            |> Seq.map (fun row -> DegenerateRow(first + row.Index, row.Defect))
            |> Seq.map (fun row -> $"\"{pairs.Items.Label row.Index}\", {row}")
            |> String.concat ", "

        let more = if error.Rows.Length > 5 then ", …" else ""

        invalidArg
            (nameof pairs)
            $"The {pairs.Quantity} is not defined for {error.Rows.Length} of {pairs.Items.Length} vectors: \
              {named}{more}. Leave them out with Pairs.withoutUndefined."

    /// Some of the vectors, made ready where they are compared; no others are read.
    let internal prepareRange (first: int, count: int) (pairs: Pairs) : IPreparedRows =
        try
            pairs.Matrix.Provenance.Engine.Prepare((view pairs).RowRange(first, count), pairs.Measure)
        with :? DegenerateRowsException as error ->
            refuse first pairs error

    let private prepare (pairs: Pairs) =
        prepareRange (0, pairs.Items.Length) pairs

    /// The space that folds are made for, of the pairs of one table or of two. Only the lengths of vectors are looked
    /// at, and these for dot products alone.
    let internal spaceOf (others: Pairs option) (pairs: Pairs) : PairSpace =
        let longest pairs =
            PreparedRows.LargestNormOf(view pairs, pairs.Measure)

        match others with
        | None ->
            let norm = longest pairs
            PairSpace(pairs.Items.Length, pairs.Items.Length, true, norm * norm)
        | Some others -> PairSpace(pairs.Items.Length, others.Items.Length, false, longest pairs * longest others)

    /// Refuses vectors for which the measure is not defined, by their names.
    let internal refuseUndefined (pairs: Pairs) : unit = (prepare pairs).Dispose()

    /// <summary>Vectors for which the measure is not defined: not finite, all zero for a cosine, constant for a
    /// correlation.</summary>
    /// <returns>Index and label of each.</returns>
    /// <example><code lang="fsharp">animals |> Similarity.correlation Rows |> Pairs.undefined</code> is
    /// <c>[|(3, "hen")|]</c>.</example>
    let undefined (pairs: Pairs) : (int * string)[] =
        PreparedRows.FindDegenerate(view pairs, pairs.Measure)
        |> Seq.map (fun row -> row.Index, pairs.Items.Label row.Index)
        |> Array.ofSeq

    /// <summary>The same without the vectors for which the measure is not defined; indices of pairs then count those
    /// that remain.</summary>
    /// <example><code lang="fsharp">
    /// animals |> Similarity.correlation Rows |> Pairs.withoutUndefined |> Pairs.labels
    /// </code> is <c>[|"cat · dog"; "cat · cow"; "dog · cow"|]</c>.</example>
    /// <example><code lang="fsharp">animals |> Similarity.correlation Rows |> Pairs.matrix</code> throws
    /// <c>ArgumentException</c>, since three equal numbers correlate with nothing.</example>
    let withoutUndefined (pairs: Pairs) : Pairs =
        match undefined pairs with
        | [||] -> pairs
        | missing ->
            let left = missing |> Array.map fst |> Set.ofArray

            let kept = [| 0 .. pairs.Items.Length - 1 |] |> Array.filter (left.Contains >> not)

            (select kept pairs).Matrix
            |> Labelled.withStep $"without {missing.Length} undefined"
            |> ofMatrix pairs.Measure pairs.Along

    // Below this a scan is over before a progress bar has been drawn.
    let private quick = 50_000_000L

    // Where the pairs come from, as checkpoints keep it; they tell the engine beside it.
    let private origin (pairs: Pairs) =
        dict [ "origin", Provenance.origin pairs.Provenance ]
        |> System.Collections.ObjectModel.ReadOnlyDictionary

    /// Runs a scan, with a bar where it takes a while.
    let internal scan (options: ScanOptions) (states: PairFold list) (pairs: int64) (scan: PairScan) : unit =
        let run progress =
            scan.Run(
                Array.ofList states,
                ScanOptions(Progress = progress, Checkpoint = options.Checkpoint, Provenance = options.Provenance)
            )

        if pairs < quick then
            run null
        else
            Progress.run (Invariant $"{pairs:N0} pairs") (fun report ->
                run
                    {
                        new IProgress<ScanProgress> with
                            member _.Report(progress) =
                                report (float progress.Done / float (max 1L progress.Total))
                    })

    let private answer (options: ScanOptions) (question: Fold<'answer>) (pairs: Pairs) : 'answer =
        use rows = prepare pairs
        let whole = PairScan rows
        let states = question.Begin whole.Space
        scan options states pairs.Count whole
        question.Finish pairs.Compared states

    /// <summary>Answers a question about all pairs in one pass over them, on all cores; the similarities are never
    /// stored.</summary>
    /// <exception cref="T:System.ArgumentException">The measure is not defined for some vectors; the message names
    /// them.</exception>
    /// <example><code lang="fsharp">positions |> Similarity.cosine Rows |> Pairs.fold (Fold.top 1)</code> is
    /// <c>[|0.763 (225, 231) 225 · 231|]</c>.</example>
    let fold (question: Fold<'answer>) (pairs: Pairs) : 'answer = answer (ScanOptions()) question pairs

    /// The same of shuffles of the vectors' matrix, which its engine draws and makes ready where it computes; each
    /// answer is told with its number.
    let internal foldShuffles
        (question: Fold<'answer>)
        (shuffles: Shuffles)
        (seeds: Seed[])
        (named: Seed -> Labelled -> Labelled)
        (tell: int -> 'answer -> unit)
        (pairs: Pairs)
        : unit =
        let answer number (rows: IPreparedRows) =
            let whole = PairScan rows
            let states = question.Begin whole.Space
            whole.Run(Array.ofList states, ScanOptions())

            let drawn = {
                pairs with
                    Matrix = named seeds[number] pairs.Matrix
            }

            tell number (question.Finish drawn.Compared states)

        let numbers = seeds |> Array.map (fun (Seed number) -> number)

        try
            pairs.Matrix.Provenance.Engine.Shuffle(shuffles, pairs.Measure, (pairs.Along = Columns), numbers, answer)
        with :? DegenerateRowsException as error ->
            refuse 0 pairs error

    /// <summary>The same, keeping what is finished in a file: when the scan is broken off, even by killing the process,
    /// the next one with the same question goes on from there and gives the same bits. The file is removed at the
    /// end.</summary>
    /// <param name="path">Where to keep it; written beside and renamed.</param>
    /// <param name="question">What is asked; a file left by another question or other weights is refused.</param>
    /// <param name="pairs">Of what.</param>
    /// <example><code lang="fsharp">
    /// let path = IO.Path.Combine(IO.Path.GetTempPath(), $"{Guid.NewGuid()}.scan")
    /// positions |> Similarity.cosine Rows |> Pairs.foldFrom path (Fold.countAbove 0.5)
    /// </code> is <c>2881L</c>.</example>
    let foldFrom (path: string) (question: Fold<'answer>) (pairs: Pairs) : 'answer =
        let options =
            ScanOptions(Checkpoint = Checkpoint(path, TimeSpan.FromSeconds 10.0), Provenance = origin pairs)

        let result = answer options question pairs
        File.Delete path
        result

    /// What the answers of folds are told of one table or of two.
    let internal compared (others: Pairs option) (pairs: Pairs) : Compared =
        match others with
        | None -> pairs.Compared
        | Some others -> {
            pairs.Compared with
                Others = others.Items
                Provenance = Provenance.combine "compared" pairs.Provenance others.Provenance
          }

    /// <summary>Answers a question about every vector of one table with every vector of another.</summary>
    /// <param name="question">Its pairs are of a row i of the one and a row j of the other.</param>
    /// <param name="others">The other vectors: of the same length, under the same measure.</param>
    /// <param name="pairs">The vectors; their pairs with each other are not asked.</param>
    /// <exception cref="T:System.ArgumentException">Measures or lengths differ, the measure is not defined for some
    /// vectors, or the fold is for one table alone (`Fold.byClass`).</exception>
    /// <example><code lang="fsharp">
    /// let pets = animals |> Labelled.selectRows [| 0; 1 |] |> Similarity.cosine Rows
    /// let farm = animals |> Labelled.selectRows [| 2; 3 |] |> Similarity.cosine Rows
    /// pets |> Pairs.foldBetween (Fold.top 1) farm
    /// </code> is <c>[|0.972 (1, 0) dog · cow|]</c>.</example>
    let foldBetween (question: Fold<'answer>) (others: Pairs) (pairs: Pairs) : 'answer =
        use rows = prepare pairs
        use columns = prepare others
        let whole = PairScan(rows, columns)
        let states = question.Begin whole.Space
        scan (ScanOptions()) states whole.Space.Pairs whole
        question.Finish (compared (Some others) pairs) states

    /// <summary>The full symmetric matrix of similarities, with one (or the squared length, for dot products) on the
    /// diagonal.</summary>
    /// <exception cref="T:System.InvalidOperationException">It would take more than half of the memory;
    /// `Fold.thumbnail` draws any size.</exception>
    /// <example><code lang="fsharp">animals |> Similarity.cosine Rows |> Pairs.matrix</code> is
    /// <c>animal × 4 by animal × 4, counted → cosine similarity [cpu]
    /// cat: 1.0000, 0.8246, 0.6717, 0.9623
    /// dog: 0.8246, 1.0000, 0.9717, 0.7562
    /// cow: 0.6717, 0.9717, 1.0000, 0.5821
    /// …</c>.</example>
    let matrix (pairs: Pairs) : Labelled =
        let count = pairs.Items.Length

        Check.inMemory
            (Invariant $"A matrix of {count:N0} × {count:N0}")
            "Ask with Pairs.fold instead: Fold.histogram, Fold.top, Fold.thumbnail … need no memory."
            (int64 count * int64 count)

        let values = Matrix(count, count)

        let copy = {
            Count = 1
            Begin = (fun _ -> [ new MatrixFold(values) :> PairFold ])
            Finish = (fun _ _ -> ())
        }

        fold copy pairs

        for i in 0 .. count - 1 do
            values[i, i] <-
                match pairs.Measure with
                | Measure.DotProduct -> System.Numerics.Tensors.TensorPrimitives.SumOfSquares(vector i pairs)
                | _ -> 1.0f

            for j in 0 .. i - 1 do
                values[i, j] <- values[j, i]

        Labelled.ofMatrix pairs.Items pairs.Items (Provenance.step pairs.Quantity pairs.Provenance) values

    /// <summary>All similarities, i &lt; j, row by row: (0,1), (0,2) … (0,n−1), (1,2) …</summary>
    /// <exception cref="T:System.InvalidOperationException">They would take more than half of the memory.</exception>
    /// <example><code lang="fsharp">animals |> Similarity.cosine Rows |> Pairs.values</code> is
    /// <c>[|0.825; 0.672; 0.962; 0.972; 0.756; 0.582|]</c>.</example>
    let values (pairs: Pairs) : float[] =
        let full = matrix pairs
        let count = full.Rows.Length

        [|
            for i in 0 .. count - 1 do
                for j in i + 1 .. count - 1 -> float full.Values[i, j]
        |]

    /// <summary>The labels of all pairs, `first · second`, in the order of `values`.</summary>
    /// <example><code lang="fsharp">animals |> Similarity.cosine Rows |> Pairs.labels</code> is
    /// <c>[|"cat · dog"; "cat · cow"; "cat · hen"; "dog · cow"; "dog · hen"; "cow · hen"|]</c>.</example>
    let labels (pairs: Pairs) : string[] =
        let labels = Axis.labels pairs.Items

        [|
            for i in 0 .. labels.Length - 1 do
                for j in i + 1 .. labels.Length - 1 -> $"{labels[i]} · {labels[j]}"
        |]

    /// <summary>The similarity of two items by their indices.</summary>
    /// <example><code lang="fsharp">animals |> Similarity.cosine Rows |> Pairs.at 0 1</code> is <c>0.825</c>.</example>
    let at (i: int) (j: int) (pairs: Pairs) : float =
        float (matrix (select [| i; j |] pairs)).Values[0, 1]

    /// <summary>The most or least similar pairs: similarity, indices and labels.</summary>
    /// <example><code lang="fsharp">
    /// animals |> Similarity.cosine Rows |> Pairs.fold (Fold.top 2) |> Pairs.toTable
    /// </code> is <c>2 rows × 5 columns
    /// similarity  i  j  first  second
    /// ----------  -  -  -----  ------
    /// 0.972  1  2  dog    cow
    /// 0.962  0  3  cat    hen</c>.</example>
    let toTable (pairs: RankedPair seq) : Table =
        pairs
        |> Table.ofItems [
            "similarity", (fun pair -> Number pair.Similarity)
            "i", (fun pair -> Count(int64 pair.I))
            "j", (fun pair -> Count(int64 pair.J))
            "first", (fun pair -> Text pair.First)
            "second", (fun pair -> Text pair.Second)
        ]
