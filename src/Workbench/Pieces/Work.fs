namespace Workbench

open System
open System.Diagnostics
open System.IO
open Workbench.Core.Manifolds
open Workbench.Core.Pairs
open Workbench.Core.Tensors
open type System.FormattableString

/// A piece that has been computed.
[<NoComparison; NoEquality>]
type internal Computed = {
    /// What of the time went into making vectors ready.
    Preparation: TimeSpan
    Write: BinaryWriter -> unit
}

/// The pieces of a work, to be read one after the other.
type internal IPieces =
    abstract Read: piece: int -> read: (BinaryReader -> 'read) -> 'read

/// <summary>Something to be computed that is cut into pieces of about equal cost. `Pieces.run` computes them, on one
/// machine or on many; together they give the bits that one process gives. `Work` makes works.</summary>
/// <category index="9">Pieces</category>
[<NoComparison; NoEquality; StructuredFormatDisplay("{Display}")>]
type Work<'result> = internal {
    Name: string
    /// How many pieces.
    Count: int
    /// What all pieces must agree in, by name.
    Identity: Lazy<(string * string) list>
    /// What a piece alone was made of.
    Own: int -> (string * string) list
    Compute: int -> Computed
    Merge: IPieces -> 'result
} with

    member this.Display = Invariant $"{this.Name}, {this.Count:N0} pieces"
    override this.ToString() = this.Display

/// <summary>Works that can be cut: folds over pairs, nearest rows, null distributions, calibrations, head atlases,
/// comparisons of geometries, the neighbours behind a UMAP, and whatever is a list of things to compute. Each piece
/// knows the weights, the seed and the settings that it was made with, and is merged with its own kind only.</summary>
/// <category index="9">Pieces</category>
[<RequireQualifiedAccess>]
module Work =
    // A slice of so many things: where it begins, and how many they are. All are as long, give or take one.
    let internal slice (things: int) (pieces: int) (piece: int) : int * int =
        let from place =
            int (int64 place * int64 things / int64 pieces)

        from piece, from (piece + 1) - from piece

    let private origin (provenance: Provenance) = [
        "origin", Provenance.origin provenance
        "arithmetic", string provenance.Engine.Arithmetic
    ]

    let private written (write: BinaryWriter -> unit) = {
        Preparation = TimeSpan.Zero
        Write = write
    }

    // A work whose pieces are slices of one array of results.
    let private slices
        (name: string)
        (pieces: int)
        (things: int)
        (identity: unit -> (string * string) list)
        (compute: int * int -> 'item[])
        (write: BinaryWriter -> 'item[] -> unit)
        (read: BinaryReader -> 'item[])
        : Work<'item[]> =
        Check.atLeast 1 (nameof pieces) pieces

        {
            Name = name
            Count = pieces
            Identity = lazy identity ()
            Own = fun _ -> []
            Compute =
                fun piece ->
                    let found = compute (slice things pieces piece)
                    written (fun writer -> write writer found)
            Merge = fun from -> Array.concat [ for piece in 0 .. pieces - 1 -> from.Read piece read ]
        }

    let private one (writeOne: BinaryWriter -> 'item -> unit) (writer: BinaryWriter) (items: 'item[]) =
        writer.Write items.Length
        Array.iter (writeOne writer) items

    let private many (readOne: BinaryReader -> 'item) (reader: BinaryReader) =
        Array.init (reader.ReadInt32()) (fun _ -> readOne reader)

    /// <summary>Changes a work's result; its pieces stay the same.</summary>
    /// <example><code lang="fsharp">
    /// positions |> Similarity.cosine Rows |> Work.fold 4 Fold.moments |> Work.map _.Mean |> Work.compute
    /// </code> is <c>0.108</c>.</example>
    let map (change: 'a -> 'b) (work: Work<'a>) : Work<'b> = {
        Name = work.Name
        Count = work.Count
        Identity = work.Identity
        Own = work.Own
        Compute = work.Compute
        Merge = work.Merge >> change
    }

    /// <summary>Two works as one, in one folder: the pieces of the first, and then those of the second.</summary>
    /// <example><code lang="fsharp">
    /// let pairs = positions |> Similarity.cosine Rows
    /// Work.zip (Work.fold 2 (Fold.top 1) pairs) (Work.fold 3 (Fold.countAbove 0.5) pairs) |> Work.compute
    /// </code> is <c>([|0.763 (225, 231) 225 · 231|], 2881L)</c>.</example>
    let zip (first: Work<'a>) (second: Work<'b>) : Work<'a * 'b> =
        let by which ofFirst ofSecond piece =
            if piece < first.Count then
                which ofFirst piece
            else
                which ofSecond (piece - first.Count)

        let named (name: string) entries =
            entries |> List.map (fun (key, value) -> $"{name} · {key}", value)

        {
            Name = $"{first.Name} and {second.Name}"
            Count = first.Count + second.Count
            Identity = lazy (named "first" first.Identity.Value @ named "second" second.Identity.Value)
            Own = by id first.Own second.Own
            Compute = by id first.Compute second.Compute
            Merge =
                fun from ->
                    let behind = {
                        new IPieces with
                            member _.Read piece read = from.Read (first.Count + piece) read
                    }

                    first.Merge from, second.Merge behind
        }

    /// <summary>Computes a work here and now, piece after piece, without a file.</summary>
    /// <example><code lang="fsharp">
    /// positions |> Similarity.cosine Rows |> Work.fold 16 (Fold.countAbove 0.5) |> Work.compute
    /// </code> is <c>2881L</c>.</example>
    let compute (work: Work<'result>) : 'result =
        work.Merge
            {
                new IPieces with
                    member _.Read piece read =
                        use stream = new MemoryStream()
                        use writer = new BinaryWriter(stream)
                        (work.Compute piece).Write writer
                        writer.Flush()
                        stream.Position <- 0L
                        use reader = new BinaryReader(stream)
                        read reader
            }

    // The pairs of one table or of two, cut into tiles. A piece reads the rows and columns of its tile and no others.
    let private tiles (pieces: int) (question: Fold<'answer>) (others: Pairs option) (pairs: Pairs) : Work<'answer> =
        Check.atLeast 1 (nameof pieces) pieces
        let columns = defaultArg others pairs

        // Folds are told the longest vector, which may have to be looked for among all.
        let space = lazy (Pairs.spaceOf others pairs)
        let shape = PairSpace(pairs.Items.Length, columns.Items.Length, others.IsNone, 1.0)
        let cut = shape.Cut pieces
        let prints (pairs: Pairs) = RowFingerprints pairs.Matrix.Values

        let ofRows = prints pairs
        let ofColumns = if others.IsNone then ofRows else prints columns

        // The vectors may be columns, and then every row has a part of them.
        let fingerprint (prints: RowFingerprints) (pairs: Pairs) blocks =
            match pairs.Along with
            | Rows -> prints.Of blocks
            | Columns -> prints.OfAll()

        let range (blocks: RowBlockRange) length =
            let first = min length (blocks.First * PairSpace.RowBlock)
            first, min length (blocks.End * PairSpace.RowBlock) - first

        {
            Name = Invariant $"{shape.Pairs:N0} pairs"
            Count = pieces
            Identity =
                lazy
                    [
                        yield! origin pairs.Provenance
                        match others with
                        | Some others -> "origin of the others", Provenance.origin others.Provenance
                        | None -> ()
                        "vectors", $"{pairs.Items.Length} and {columns.Items.Length} of {pairs.Dimensions}"
                        "measure", string pairs.Measure
                        "along", $"{pairs.Along} and {columns.Along}"
                        "folds", String.Join(", ", question.Begin space.Value |> List.map _.Settings)
                    ]
            Own =
                fun piece ->
                    let tile = cut[piece]

                    [
                        "weights (rows by fingerprint)", fingerprint ofRows pairs tile.Rows
                        "weights (columns by fingerprint)", fingerprint ofColumns columns (shape.ColumnsBeside tile)
                    ]
            Compute =
                fun piece ->
                    let tile = cut[piece]
                    let states = question.Begin space.Value

                    let preparation =
                        if tile.IsEmpty then
                            TimeSpan.Zero
                        else
                            let clock = Stopwatch.StartNew()
                            let beside = shape.ColumnsBeside tile
                            use rows = pairs |> Pairs.prepareRange (range tile.Rows pairs.Items.Length)

                            use prepared: IPreparedRows | null =
                                if beside.First < beside.End then
                                    columns |> Pairs.prepareRange (range beside columns.Items.Length)
                                else
                                    null

                            let taken = clock.Elapsed

                            PairScan.OfTile(space.Value, tile, rows, prepared)
                            |> Pairs.scan (ScanOptions()) states (shape.PairsIn tile)

                            taken

                    {
                        Preparation = preparation
                        Write = fun writer -> FoldStates.Write(writer, Array.ofList states)
                    }
            Merge =
                fun from ->
                    let whole = question.Begin space.Value

                    for piece in 0 .. pieces - 1 do
                        from.Read piece (fun reader ->
                            let states = question.Begin space.Value
                            FoldStates.Read(reader, Array.ofList states, $"piece {piece + 1}")
                            List.iter2 (fun (one: PairFold) other -> one.Merge other) whole states)

                    question.Finish (Pairs.compared others pairs) whole
        }

    /// <summary>A fold over all pairs, cut into rectangles of about as many pairs each, as near to squares as can be. A
    /// piece reads and prepares the vectors of its rectangle alone, so that a table may be larger than any machine's
    /// memory: `Labelled.ofMapped` opens one that stays in its file. Only for dot products all vectors are looked at
    /// once, since folds are told the longest.</summary>
    /// <param name="pieces">Into how many.</param>
    /// <param name="question">What is asked of all pairs.</param>
    /// <param name="pairs">Of what.</param>
    /// <example><code lang="fsharp">
    /// positions |> Similarity.cosine Rows |> Work.fold 16 (Fold.top 1) |> Work.compute
    /// </code> is <c>[|0.763 (225, 231) 225 · 231|]</c>.</example>
    let fold (pieces: int) (question: Fold<'answer>) (pairs: Pairs) : Work<'answer> = tiles pieces question None pairs

    /// <summary>A fold over every vector of one table with every vector of another, cut in the same way.</summary>
    /// <param name="pieces">Into how many.</param>
    /// <param name="question">What is asked; see `Pairs.foldBetween`.</param>
    /// <param name="others">The vectors j of its pairs.</param>
    /// <param name="pairs">The vectors i.</param>
    /// <example><code lang="fsharp">
    /// let pets = animals |> Labelled.selectRows [| 0; 1 |] |> Similarity.cosine Rows
    /// let farm = animals |> Labelled.selectRows [| 2; 3 |] |> Similarity.cosine Rows
    /// pets |> Work.foldBetween 2 (Fold.top 1) farm |> Work.compute
    /// </code> is <c>[|0.972 (1, 0) dog · cow|]</c>.</example>
    let foldBetween (pieces: int) (question: Fold<'answer>) (others: Pairs) (pairs: Pairs) : Work<'answer> =
        tiles pieces question (Some others) pairs

    let private fingerprint (matrix: Labelled) = RowFingerprints(matrix.Values).OfAll()

    let private ofMatrix (matrix: Labelled) = [
        yield! origin matrix.Provenance
        "weights (by fingerprint)", fingerprint matrix
    ]

    /// <summary>The k rows of a table nearest to each query, as `Nearest.tokens` finds them: for all rows of a table,
    /// give it as the queries too. Cut by queries; every piece reads the whole table.</summary>
    /// <param name="pieces">Into how many.</param>
    /// <param name="nearness">What near means. Not CSLS, which needs all queries at once.</param>
    /// <param name="k">How many for each query.</param>
    /// <param name="table">One vector per row.</param>
    /// <param name="queries">One per row, of the same length.</param>
    /// <exception cref="T:System.ArgumentException">`nearness` is CSLS.</exception>
    /// <example><code lang="fsharp">
    /// (animals |> Work.nearest 2 Nearness.Cosine 2 animals |> Work.compute)[1]
    /// </code> is <c>[|dog 1; cow 0.972|]</c>.</example>
    let nearest
        (pieces: int)
        (nearness: Nearness)
        (k: int)
        (table: Labelled)
        (queries: Labelled)
        : Work<NearToken[][]> =
        match nearness with
        | Nearness.Csls _ ->
            invalidArg
                (nameof nearness)
                "CSLS takes from every row its nearness to all queries, so that no piece can be computed alone. Cut a \
                  search by cosines or dot products."
        | _ -> ()

        slices
            (Invariant $"{k} nearest of {table.Rows.Length:N0} rows to {queries.Rows.Length:N0}")
            pieces
            queries.Rows.Length
            (fun () -> [
                for key, value in ofMatrix table do
                    $"table · {key}", value
                for key, value in ofMatrix queries do
                    $"queries · {key}", value
                "nearness", $"{nearness}"
                "k", string k
            ])
            (fun (first, count) ->
                if count = 0 then
                    [||]
                else
                    Nearest.tokens nearness k table (queries.Values.RowRange(first, count)))
            (one (fun writer near ->
                Numbers.writeArray writer (near |> Array.map _.Id)
                Numbers.writeArray writer (near |> Array.map _.Score)))
            (many (fun reader ->
                let ids = Numbers.readArray<int> reader

                Array.map2
                    (fun id score -> {
                        Id = id
                        Token = table.Rows.Label id
                        Score = score
                    })
                    ids
                    (Numbers.readArray<float> reader)))

    let private nullIdentity (Seed seed) (draws: int) (statistics: Statistic list) matrix = [
        yield! ofMatrix matrix
        "seed", string seed
        "draws", string draws
        "statistics", String.Join(", ", statistics |> List.map _.Name)
    ]

    let private writeDraws = one Numbers.writeArray<float>
    let private readDraws = many Numbers.readArray<float>

    /// <summary>Several statistics beside their values for random matrices, as `Null.distributions` gives them; cut by
    /// draws.</summary>
    /// <param name="pieces">Into how many.</param>
    /// <param name="seed">Of all draws together.</param>
    /// <param name="draws">How many in all.</param>
    /// <param name="statistics">Named for what they compute: pieces are told apart by the names.</param>
    /// <param name="rung">What the random matrices keep.</param>
    /// <param name="matrix">The data.</param>
    /// <example><code lang="fsharp">
    /// let few = positions |> Labelled.selectColumns [| 0..23 |]
    /// few |> Work.nulls 4 (Seed 7UL) 19 [ Statistic.maximumCosine ] WithinColumns |> Work.compute |> List.map _.P
    /// </code> is <c>[0.05]</c>.</example>
    let nulls (pieces: int) (seed: Seed) (draws: int) (statistics: Statistic list) (rung: Rung) (matrix: Labelled) =
        Null.checkDraws draws statistics

        slices
            (Invariant $"{draws:N0} draws under {rung}")
            pieces
            draws
            (fun () -> ("rung", string rung) :: nullIdentity seed draws statistics matrix)
            (fun range -> Null.drawn seed draws range statistics rung matrix)
            writeDraws
            readDraws
        |> map (Null.beside seed statistics (Null.observed statistics matrix) rung matrix)

    /// <summary>Several statistics against every rung of the ladder, as `Null.ladders` gives them. A piece draws its
    /// share on every rung, so that all take as long.</summary>
    /// <param name="pieces">Into how many.</param>
    /// <param name="seed">Of all draws together.</param>
    /// <param name="draws">How many on each rung.</param>
    /// <param name="statistics">Named for what they compute.</param>
    /// <param name="matrix">The data.</param>
    /// <example><code lang="fsharp">
    /// let few = positions |> Labelled.selectColumns [| 0..23 |]
    /// few |> Work.ladder 2 (Seed 7UL) 9 [ Statistic.meanAbsoluteCosine ] |> Work.compute |> List.map _.Rung
    /// </code> is <c>[AllEntries; WithinRows; WithinColumns; RandomRotation; GaussianCovariance; CircularShift;
    /// PhaseRandomised]</c>.</example>
    let ladder (pieces: int) (seed: Seed) (draws: int) (statistics: Statistic list) (matrix: Labelled) =
        Check.atLeast 1 (nameof pieces) pieces
        Null.checkDraws draws statistics

        let drawn range rung =
            try
                Ok(Null.drawn seed draws range statistics rung matrix)
            with :? ArgumentException as error ->
                Error error.Message

        {
            Name = Invariant $"{draws:N0} draws on each rung"
            Count = pieces
            Identity = lazy nullIdentity seed draws statistics matrix
            Own = fun _ -> []
            Compute =
                fun piece ->
                    let found = Null.rungs |> List.map (drawn (slice draws pieces piece))

                    written (fun writer ->
                        for rung in found do
                            match rung with
                            | Ok values ->
                                writer.Write true
                                writeDraws writer values
                            | Error reason ->
                                writer.Write false
                                writer.Write reason)
            Merge =
                fun from ->
                    let read (reader: BinaryReader) = [
                        for _ in Null.rungs ->
                            if reader.ReadBoolean() then
                                Ok(readDraws reader)
                            else
                                Error(reader.ReadString())
                    ]

                    let parts = [ for piece in 0 .. pieces - 1 -> from.Read piece read ]
                    let observed = Null.observed statistics matrix

                    Null.rungs
                    |> List.mapi (fun index rung ->
                        let ofRung = parts |> List.map (List.item index)

                        let refused =
                            ofRung
                            |> List.tryPick (function
                                | Error reason -> Some reason
                                | Ok _ -> None)

                        rung,
                        (match refused with
                         | Some reason -> Error reason
                         | None ->
                             ofRung
                             |> List.choose Result.toOption
                             |> Array.concat
                             |> Null.beside seed statistics observed rung matrix
                             |> Ok))
                    |> Null.climbed statistics
        }

    let private runs
        (pieces: int)
        (name: string)
        (count: int)
        (Seed seed)
        (run: Seed -> 'run)
        (write: BinaryWriter -> 'run[] -> unit)
        (read: BinaryReader -> 'run[])
        : Work<'run[]> =
        Check.atLeast 1 (nameof count) count

        slices
            (Invariant $"{count:N0} runs of {name}")
            pieces
            count
            (fun () -> [ "experiment", name; "runs", string count; "seed", string seed ])
            (fun range -> Calibration.someRuns count range (Seed seed) run)
            write
            read

    /// <summary>The p-values of several tests on the same data, as `Calibration.uniformities` gives them; cut by
    /// runs.</summary>
    /// <param name="pieces">Into how many.</param>
    /// <param name="name">Names the experiment and all its settings: pieces are told apart by it.</param>
    /// <param name="grid">The values that the p-values can take.</param>
    /// <param name="count">How many runs in all.</param>
    /// <param name="seed">Of all runs together.</param>
    /// <param name="experiment">Makes data for which the null hypothesis holds, and tests it.</param>
    /// <example><code lang="fsharp">
    /// Work.uniformities 4 "two spectra of 64 values" Continuous 200 (Seed 1UL) (fun seed ->
    ///     [ for spectrum in Spectrum.ofColumns (Sample.normal seed 64 2) -> spectrum.P ])
    /// |> Work.compute |> List.map _.Verdict
    /// </code> is <c>[Uniform; Uniform]</c>.</example>
    let uniformities pieces (name: string) grid (count: int) (seed: Seed) (experiment: Seed -> float list) =
        runs pieces name count seed (experiment >> Array.ofList) writeDraws readDraws
        |> map (Calibration.ofRuns grid seed)

    /// <summary>In how many runs something is so, as `Calibration.share` tells it.</summary>
    /// <param name="pieces">Into how many.</param>
    /// <param name="name">Names the experiment and all its settings.</param>
    /// <param name="count">How many runs in all.</param>
    /// <param name="seed">Of all runs together.</param>
    /// <param name="holds">Whether it is so in one run.</param>
    /// <example><code lang="fsharp">
    /// let small seed = (Sample.normal seed 64 1 |> Labelled.column 0 |> Spectrum.ofValues).P &lt;= 0.05
    /// Work.share 4 "g of 64 normal numbers" 200 (Seed 1UL) small |> Work.compute
    /// </code> is <c>0.040 (95 % 0.017 to 0.077, 200 runs)</c>.</example>
    let share pieces (name: string) (count: int) (seed: Seed) (holds: Seed -> bool) : Work<Proportion> =
        runs
            pieces
            name
            count
            seed
            (fun seed -> if holds seed then 1uy else 0uy)
            Numbers.writeArray
            Numbers.readArray<byte>
        |> map (fun found -> {
            Hits = found |> Array.sumBy int
            Runs = count
        })

    /// <summary>An estimate over many runs beside the number that was planted, as `Calibration.recovery` gives
    /// it.</summary>
    /// <param name="pieces">Into how many.</param>
    /// <param name="quantity">Names what is estimated, of which data.</param>
    /// <param name="planted">The truth.</param>
    /// <param name="count">How many runs in all.</param>
    /// <param name="seed">Of all runs together.</param>
    /// <param name="estimate">One run's estimate.</param>
    /// <example><code lang="fsharp">
    /// Work.recovery 4 "mean" 0.0 100 (Seed 1UL) (fun seed ->
    ///     Sample.normal seed 25 1 |> Labelled.column 0 |> Array.average)
    /// |> Work.compute
    /// </code> is <c>mean: planted 0, found -0.0172 ± 0.22 in 100 runs, seed 1</c>.</example>
    let recovery pieces quantity (planted: float) (count: int) (seed: Seed) (estimate: Seed -> float) : Work<Recovery> =
        runs pieces $"{quantity}" count seed estimate Numbers.writeArray Numbers.readArray<float>
        |> map (fun found -> {
            Quantity = quantity
            Planted = planted
            Estimates = found
            Seed = seed
        })

    let private writeEntry (writer: BinaryWriter) (entry: HeadEntry) =
        let (Block block), (Head head) = entry.Block, entry.Head
        writer.Write block
        writer.Write head
        writer.Write((entry.Circuit = QueryKey))
        Numbers.writeOption writer (fun (distance: int) -> writer.Write distance) entry.Distance
        Numbers.writeArray writer entry.Values
        writer.Write entry.Features
        writer.Write entry.EffectiveRank
        writer.Write entry.SymmetricShare
        writer.Write entry.Stable

        entry.Coherence
        |> Numbers.writeOption writer (fun coherence ->
            let (Seed seed) = coherence.Seed
            writer.Write coherence.Cosine
            writer.Write coherence.Z
            writer.Write coherence.P
            writer.Write coherence.Groups
            writer.Write coherence.Draws
            writer.Write seed)

    let private readEntry (reader: BinaryReader) : HeadEntry = {
        Block = Block(reader.ReadInt32())
        Head = Head(reader.ReadInt32())
        Circuit = if reader.ReadBoolean() then QueryKey else ValueOutput
        Distance = Numbers.readOption reader reader.ReadInt32
        Values = Numbers.readArray<float> reader
        Features = reader.ReadInt32()
        EffectiveRank = reader.ReadDouble()
        SymmetricShare = reader.ReadDouble()
        Stable = reader.ReadInt32()
        Coherence =
            Numbers.readOption reader (fun () -> {
                Cosine = reader.ReadDouble()
                Z = reader.ReadDouble()
                P = reader.ReadDouble()
                Groups = reader.ReadInt32()
                Draws = reader.ReadInt32()
                Seed = Seed(reader.ReadUInt64())
            })
        Q = None
    }

    /// <summary>An atlas of heads, cut by blocks × heads. Where the coherence of entries was judged
    /// (`HeadAtlas.judge`), q-values are taken over all heads together, when the pieces are.</summary>
    /// <param name="pieces">Into how many.</param>
    /// <param name="name">Names what is computed and all its settings: pieces are told apart by it.</param>
    /// <param name="entry">What is computed of a head.</param>
    /// <param name="model">Whose heads: of all blocks that the checkpoint has.</param>
    /// <example><code lang="fsharp">
    /// let queryKey block head =
    ///     gpt2 |> Attention.queryKey Folded block head |> Decomposition.svd |> HeadAtlas.entry
    ///
    /// gpt2 |> Work.heads 4 "W_QK, folded" queryKey |> Work.compute |> List.length
    /// </code> is <c>36</c>.</example>
    let heads (pieces: int) (name: string) (entry: Block -> Head -> HeadEntry) (model: Model) : Work<HeadEntry list> =
        let places =
            lazy
                [|
                    for block in Attention.blocks model do
                        if Attention.has block model then
                            for head in Attention.heads model -> block, head
                |]

        slices
            $"{name} of {places.Value.Length} heads"
            pieces
            places.Value.Length
            (fun () -> [
                "model", model.Weights.Name
                "weights (SHA-256)", model.Weights.Sha256
                "arithmetic", string model.Engine.Arithmetic
                "entry", name
            ])
            (fun (first, count) ->
                Array.sub places.Value first count
                |> Array.map (fun (block, head) -> entry block head))
            (one writeEntry)
            (many readEntry)
        |> map (List.ofArray >> HeadAtlas.adjusted)

    let private writeCeiling (writer: BinaryWriter) (ceiling: Ceiling) =
        writer.Write ceiling.Reliability
        writer.Write ceiling.Sd
        writer.Write ceiling.Splits
        writer.Write ceiling.Dimensions

    let private readCeiling (reader: BinaryReader) : Ceiling = {
        Reliability = reader.ReadDouble()
        Sd = reader.ReadDouble()
        Splits = reader.ReadInt32()
        Dimensions = reader.ReadInt32()
    }

    let private writeRsa (writer: BinaryWriter) (rsa: Rsa) =
        let low, high = rsa.Interval

        [|
            rsa.Pearson
            rsa.Spearman
            rsa.RhoA
            rsa.Cosine
            rsa.TauA
            rsa.TauB
            rsa.P
            low
            high
        |]
        |> Numbers.writeArray writer

        Numbers.writeArray writer rsa.Null
        writer.Write rsa.IsExact
        writeCeiling writer rsa.FirstCeiling
        writeCeiling writer rsa.SecondCeiling

    let private readRsa (settings: RsaSettings) (a: Pairs) (b: Pairs) (reader: BinaryReader) : Rsa =
        let values = Numbers.readArray<float> reader

        {
            First = Rsa.nameOf a.Provenance
            Second = Rsa.nameOf b.Provenance
            Items = a.Items
            Correlation = settings.Correlation
            Pearson = values[0]
            Spearman = values[1]
            RhoA = values[2]
            Cosine = values[3]
            TauA = values[4]
            TauB = values[5]
            Null = Numbers.readArray<float> reader
            IsExact = reader.ReadBoolean()
            Tail = settings.Tail
            P = values[6]
            Interval = values[7], values[8]
            Confidence = settings.Confidence
            FirstCeiling = readCeiling reader
            SecondCeiling = readCeiling reader
            Seed = settings.Seed
            Provenance = Provenance.combine "representational similarity" a.Provenance b.Provenance
        }

    /// <summary>The geometries of many models, each compared with each, as `Rsa.compare` does it; cut by
    /// comparisons. A piece opens the models of its own comparisons.</summary>
    /// <param name="pieces">Into how many.</param>
    /// <param name="settings">How comparisons are judged.</param>
    /// <param name="spaces">Names, and the similarities of the same items in each; opened when they are first
    /// needed.</param>
    /// <returns>Both names and the comparison, first with second, first with third, …</returns>
    /// <example><code lang="fsharp">
    /// let items = [| "man"; "woman"; "king"; "river"; "city"; "music" |]
    /// [
    ///     "word2vec", lazy (words |> WordVectors.embedding items |> Similarity.cosine Rows)
    ///     "BERT", lazy (bert |> Embedding.ofWords items |> Similarity.cosine Rows)
    /// ]
    /// |> Work.rsa 1 RsaSettings.Quick |> Work.compute |> List.map (fun (a, b, rsa) -> a, b, rsa.Pearson)
    /// </code> is <c>[("word2vec", "BERT", 0.186)]</c>.</example>
    let rsa
        (pieces: int)
        (settings: RsaSettings)
        (spaces: (string * Lazy<Pairs>) list)
        : Work<(string * string * Rsa) list> =
        Check.atLeast 1 (nameof pieces) pieces
        let spaces = Array.ofList spaces

        let pairs = [|
            for i in 0 .. spaces.Length - 1 do
                for j in i + 1 .. spaces.Length - 1 -> i, j
        |]

        let prints =
            spaces |> Array.map (fun (_, space) -> lazy (fingerprint space.Value.Matrix))

        let space i = (snd spaces[i]).Value

        let ofPiece piece =
            let first, count = slice pairs.Length pieces piece
            Array.sub pairs first count

        {
            Name = $"{pairs.Length} comparisons of {spaces.Length} geometries"
            Count = pieces
            Identity =
                lazy
                    [
                        "spaces", String.Join(", ", spaces |> Array.map fst)
                        "correlation", string settings.Correlation
                        "tail", string settings.Tail
                        "permutations", string settings.Permutations
                        "confidence", Invariant $"{settings.Confidence:R}"
                        "splits", string settings.Splits
                        "seed", string settings.Seed
                    ]
            Own =
                fun piece -> [
                    for i in ofPiece piece |> Array.collect (fun (i, j) -> [| i; j |]) |> Array.distinct ->
                        $"weights of {fst spaces[i]} (by fingerprint)",
                        $"{prints[i].Value} {(space i).Measure} {(space i).Along}"
                ]
            Compute =
                fun piece ->
                    let found =
                        ofPiece piece
                        |> Array.map (fun (i, j) -> Rsa.compare settings (space i) (space j))

                    written (fun writer -> Array.iter (writeRsa writer) found)
            Merge =
                fun from -> [
                    for piece in 0 .. pieces - 1 do
                        yield!
                            from.Read piece (fun reader -> [
                                for i, j in ofPiece piece ->
                                    fst spaces[i], fst spaces[j], readRsa settings (space i) (space j) reader
                            ])
                ]
        }

    /// <summary>The nearest neighbours of every row among the others, exactly: what a UMAP begins with and where most
    /// of its time goes. Cut by rows; every piece reads all.</summary>
    /// <param name="pieces">Into how many.</param>
    /// <param name="count">How many neighbours of each, from 1 to one less than the rows.</param>
    /// <param name="metric">What near means.</param>
    /// <param name="matrix">One vector per row.</param>
    /// <example><code lang="fsharp">
    /// let found = animals |> Work.neighbours 2 1 Workbench.Core.Manifolds.Metric.Euclidean |> Work.compute
    /// found.Indices(0).ToArray()
    /// </code> is <c>[|3|]</c>: the hen is nearest to the cat.</example>
    let neighbours (pieces: int) (count: int) (metric: Metric) (matrix: Labelled) : Work<NearestNeighbours> =
        Check.within 1 (matrix.Rows.Length - 1) (nameof count) count

        slices
            (Invariant $"{count} neighbours of {matrix.Rows.Length:N0} rows")
            pieces
            matrix.Rows.Length
            (fun () -> [ yield! ofMatrix matrix; "neighbours", string count; "metric", string metric ])
            (fun (first, queries) ->
                let found =
                    NearestNeighbours.WithinRange(matrix.Values, first, queries, count, metric)

                Array.init queries (fun query -> found.Indices(query).ToArray(), found.Distances(query).ToArray()))
            (one (fun writer (indices, distances) ->
                Numbers.writeArray writer indices
                Numbers.writeArray writer distances))
            (many (fun reader -> Numbers.readArray<int> reader, Numbers.readArray<float> reader))
        |> map (fun found ->
            NearestNeighbours(
                matrix.Rows.Length,
                count,
                metric,
                ReadOnlySpan(found |> Array.collect fst),
                ReadOnlySpan(found |> Array.collect snd)
            ))

    /// <summary>UMAP of the rows: the neighbours in pieces, the layout when they are put together.</summary>
    /// <param name="pieces">Into how many.</param>
    /// <param name="settings">As for `Projection.umap`, which gives the same bits.</param>
    /// <param name="matrix">One vector per row.</param>
    /// <example><code lang="fsharp">
    /// (positions |> Work.umap 3 (Workbench.Core.Manifolds.UmapSettings()) |> Work.compute).Layout |> Labelled.shape
    /// </code> is <c>(256, 2)</c>.</example>
    let umap (pieces: int) (settings: UmapSettings) (matrix: Labelled) : Work<Projection> =
        matrix
        |> neighbours pieces (settings.Neighbours - 1) settings.Metric
        |> map (fun found -> matrix |> Projection.umapOf found settings)

    /// <summary>A work of one's own: something computed of each of many things.</summary>
    /// <param name="pieces">Into how many.</param>
    /// <param name="name">Names what is computed, of which weights, with which settings and seed: pieces are told apart
    /// by it.</param>
    /// <param name="compute">What `Json.save` keeps: numbers, texts, records, unions, lists of them, and the
    /// workbench's own results.</param>
    /// <param name="items">The things, the same in every task; each takes about as long.</param>
    /// <example><code lang="fsharp">
    /// let count (layer: int) = {| Layer = layer; Heads = 6 |}
    /// [| 0..5 |] |> Work.items 2 "heads of pocket-gpt2" count |> Work.compute |> Array.sumBy _.Heads
    /// </code> is <c>36</c>.</example>
    /// <example><code lang="fsharp">
    /// [| 0..5 |] |> Work.items 2 "charts" (fun layer -> lazy layer) |> Work.compute
    /// </code> throws <c>ArgumentException</c> before anything is computed: a <c>Lazy</c> is no data.</example>
    let items (pieces: int) (name: string) (compute: 'item -> 'found) (items: 'item[]) : Work<'found[]> =
        Json.check typeof<'found>

        slices
            name
            pieces
            items.Length
            (fun () -> [ "name", name; "items", string items.Length; "kept", "by Json.toText" ])
            (fun (first, count) -> Array.sub items first count |> Array.map compute)
            (one Numbers.writeJson<'found>)
            (many Numbers.readJson<'found>)
