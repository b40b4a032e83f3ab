namespace Workbench

open System
open System.IO
open Workbench.Core.Formats
open Workbench.Core.Hub
open Workbench.Core.Tensors
open Workbench.Core.Words
open type System.FormattableString

/// <summary>How the words that complete an analogy are ranked: CosAdd (Mikolov et al. 2013) or CosMul (Levy and
/// Goldberg 2014).</summary>
/// <category index="4">Models</category>
type AnalogyRule = Workbench.Core.Words.AnalogyRule

/// <summary>Whether words that differ only in case are the same: Ignore or Respect.</summary>
/// <category index="4">Models</category>
type WordCase = Workbench.Core.Words.WordCase

/// <summary>Words, each with one vector, whatever stands around it in a text: word2vec, fastText, GloVe,
/// gensim.</summary>
/// <category index="4">Models</category>
[<NoComparison; ReferenceEquality; StructuredFormatDisplay("{Display}")>]
type WordVectors = internal {
    Origin: Weights
    Axis: Axis
    Width: int
    Find: string -> int option
    Read: int[] -> Matrix
    /// Lengths of the pieces of which words that are not there are made, their shortest and longest.
    Lengths: (int * int) option
    /// The pieces of a word.
    Cut: string -> string list
    /// The vector of a word that is not there, of its pieces.
    Compose: string -> float32[] option
    /// All of it in memory, for questions about nearness.
    Table: Lazy<Workbench.Core.Words.WordVectors>
    Close: unit -> unit
} with

    member this.Weights = this.Origin

    /// The words in the order of the file, which begins with the most frequent in most.
    member this.Words = this.Axis

    /// Values per vector.
    member this.Dimensions = this.Width

    member this.Display =
        let others =
            match this.Lengths with
            | Some(shortest, longest) ->
                Invariant $", and any other word by its pieces of {shortest} to {longest} characters"
            | None -> ""

        Invariant $"{this.Weights}: {this.Axis.Length:N0} words × {this.Width} dimensions{others}"

    override this.ToString() = this.Display

    interface IDisposable with
        /// Closes the file that the vectors come from; they can then no longer be read. What nobody uses any more is
        /// closed without it.
        member this.Dispose() = this.Close()

/// <summary>Opens files of word vectors and asks them.</summary>
/// <category index="4">Models</category>
[<RequireQualifiedAccess>]
module WordVectors =
    let private axis (length: int) (word: int -> string) : Axis = {
        Name = "word"
        Length = length
        Label = word
    }

    /// <summary>Word vectors in memory.</summary>
    /// <example><code lang="fsharp">
    /// let table = Workbench.Core.Words.WordVectors(Axis.labels animals.Rows, animals.Values)
    /// WordVectors.ofTable (Weights.planted "animals" "counted" (fun () -> [| 1uy |])) table
    /// </code> is <c>animals (Planted): 4 words × 3 dimensions</c>.</example>
    let ofTable (weights: Weights) (table: Workbench.Core.Words.WordVectors) : WordVectors = {
        Origin = weights
        Axis = axis table.Count (fun row -> table.Words[row])
        Width = table.Dimensions
        Find =
            fun word ->
                match table.TryFind word with
                | true, row -> Some row
                | _ -> None
        Read = fun rows -> table.Vectors.SelectRows rows
        Lengths = None
        Cut = fun _ -> []
        Compose = fun _ -> None
        Table = lazy table
        Close = ignore
    }

    let private inMemory count width =
        Check.inMemory
            (Invariant $"{count:N0} words × {width}")
            "Ask fewer of them, the first being the most frequent: WordVectors.first 200000."
            (int64 count * int64 width)

    /// <summary>Opens a file: word2vec binary or text, fastText's .vec or GloVe, packed by gzip or not; fastText's own
    /// .bin, gensim's .kv and .model, NumPy's .npz with words and vectors. The file is mapped and its words are found;
    /// values are read when they are asked for. Of a word that stands there twice, the first row counts, as in gensim.
    /// A packed file is unpacked into a temporary one. Both are closed when nobody uses the vectors any more, or at
    /// once by `use`. With pieces of words, as fastText has them, a word that is not there has a vector too:
    /// `embedding`, `nearest` and `analogy` take any word, and the provenance names those that were made of
    /// pieces.</summary>
    /// <exception cref="T:Workbench.Core.Formats.WeightFileException">The file is missing or damaged; the message names
    /// the row.</exception>
    /// <example><code lang="fsharp">WordVectors.ofFile words.Weights.File</code> is
    /// <c>pocket-word2vec (Pocket): 6,000 words × 100 dimensions</c>.</example>
    /// <example><code lang="fsharp">WordVectors.ofFile "not-there.bin"</code> throws
    /// <c>WeightFileException</c>.</example>
    let ofFile (path: string) : WordVectors =
        let report (tell: float -> unit) = {
            new IProgress<float> with
                member _.Report share = tell share
        }

        let file =
            Progress.run $"words of {Path.GetFileName path}" (fun tell ->
                WordVectorsFile.Open(path, DuplicateWords.KeepFirst, report tell))

        let name =
            [ ".gz"; ".bin"; ".txt"; ".vec"; ".kv"; ".model"; ".npz" ]
            |> List.fold (fun (name: string) ending -> name.Replace(ending, "")) (string (Path.GetFileName path))

        let read (rows: int[]) =
            let values = Matrix.Uninitialized(rows.Length, file.Dimensions)
            rows |> Array.iteri (fun i row -> file.ReadRow(row, values.WritableRow i))
            values

        {
            Origin =
                Weights.ofFile
                    (if path.StartsWith(PocketModels.Folder, StringComparison.Ordinal) then
                         Pocket
                     else
                         Real)
                    name
                    path
            Axis = axis file.Count file.Word
            Width = file.Dimensions
            Find =
                fun word ->
                    match file.TryFind word with
                    | true, row -> Some row
                    | _ -> None
            Read = read
            Lengths = file.Pieces |> Option.ofNullable |> Option.map (fun struct (a, b) -> a, b)
            Cut = file.PiecesOf >> List.ofSeq
            Compose =
                fun word ->
                    let values: float32[] = Array.zeroCreate file.Dimensions

                    if file.TryCompose(word, values.AsSpan()) then
                        Some values
                    else
                        None
            Table =
                lazy
                    (inMemory file.Count file.Dimensions

                     Progress.run (Invariant $"{file.Count:N0} words × {file.Dimensions}") (fun tell ->
                         file.ReadAll(report tell)))
            Close = file.Dispose
        }

    /// The places where word vectors of a name are looked for, in order.
    let private places (name: string) =
        let inModels =
            match (HubSettings.FromEnvironment()).ModelsFolder with
            | null -> []
            | models -> [
                for folder in [ Path.Combine(models, "word2vec"); models ] -> Path.Combine(folder, name)
              ]

        let shipped =
            PocketModels.TryFind name
            |> Option.ofObj
            |> Option.map (fun folder -> Path.Combine(folder, name))

        let endings = [
            ""
            ".bin"
            ".txt"
            ".vec"
            ".bin.gz"
            ".txt.gz"
            ".vec.gz"
            ".gz"
            ".kv"
            ".model"
            ".npz"
        ]

        [
            for path in Option.toList shipped @ name :: inModels do
                for ending in endings -> path + ending
        ]

    /// <summary>The word vectors of a name or path that are on this machine: "pocket-word2vec", which ships; a path; a
    /// file in `word2vec/` of the folder that WORKBENCH_MODELS names, or in that folder itself, its ending left out or
    /// not; or a set in gensim's own folder (`~/gensim-data`).</summary>
    /// <example><code lang="fsharp">WordVectors.tryLocal "pocket-word2vec"</code> is
    /// <c>Some pocket-word2vec (Pocket): 6,000 words × 100 dimensions</c>.</example>
    /// <example><code lang="fsharp">WordVectors.tryLocal "not-there"</code> is <c>None</c>.</example>
    let tryLocal (name: string) : WordVectors option =
        let isName = name <> "" && name.IndexOfAny [| '/'; '\\' |] < 0

        let hidden =
            isName
            && (HubSettings.FromEnvironment()).PocketOnly
            && isNull (PocketModels.TryFind name)

        let inGensim =
            if isName && not hidden then
                GensimData.TryFind name |> Option.ofObj
            else
                None

        (if hidden then [] else places name)
        |> List.tryFind File.Exists
        |> Option.orElse inGensim
        |> Option.map ofFile

    /// <summary>Opens word vectors by name or path; `tryLocal` says where they are looked for. Nothing is
    /// downloaded.</summary>
    /// <exception cref="T:System.InvalidOperationException">They are nowhere; the message lists the places.</exception>
    /// <example><code lang="fsharp">WordVectors.load "pocket-word2vec"</code> is
    /// <c>pocket-word2vec (Pocket): 6,000 words × 100 dimensions</c>.</example>
    /// <example><code lang="fsharp">WordVectors.load "not-there"</code> throws <c>InvalidOperationException</c> and
    /// lists where it looked.</example>
    let load (name: string) : WordVectors =
        match tryLocal name with
        | Some vectors -> vectors
        | None ->
            let tried =
                places name
                |> List.map Path.GetDirectoryName
                |> List.map (fun folder -> if folder = "" then "." else string folder)
                |> List.distinct

            let folders = String.Join(", ", tried @ [ GensimData.Folder ])

            invalidOp
                $"There are no word vectors called \"{name}\"; looked in {folders}. Set WORKBENCH_MODELS to a folder \
                  with word2vec/{name}.bin, or fetch them with gensim.downloader.load(\"{name}\")."

    /// <summary>The first of several that is on this machine.</summary>
    /// <example><code lang="fsharp">WordVectors.tryFirst [ "not-there"; "pocket-word2vec" ]</code> is
    /// <c>Some pocket-word2vec (Pocket): 6,000 words × 100 dimensions</c>.</example>
    let tryFirst (names: string list) : WordVectors option = List.tryPick tryLocal names

    /// <summary>The word vectors that WORKBENCH_VECTORS names; where it names none, the first of several that are on
    /// this machine.</summary>
    /// <exception cref="T:System.InvalidOperationException">Those that are named are nowhere.</exception>
    /// <example><code lang="fsharp">WordVectors.tryChosen [ "not-there"; "pocket-word2vec" ]</code> is
    /// <c>Some pocket-word2vec (Pocket): 6,000 words × 100 dimensions</c>, unless others are named.</example>
    let tryChosen (names: string list) : WordVectors option =
        match Environment.GetEnvironmentVariable "WORKBENCH_VECTORS" with
        | null
        | "" -> tryFirst names
        | name -> Some(load name)

    /// <summary>All words in the order of the file.</summary>
    /// <example><code lang="fsharp">words |> WordVectors.words |> Seq.take 3 |> List.ofSeq</code> is
    /// <c>["the"; "of"; "and"]</c>.</example>
    let words (vectors: WordVectors) : seq<string> =
        Seq.init vectors.Words.Length vectors.Words.Label

    /// <summary>The place of a word, as the file spells it.</summary>
    /// <example><code lang="fsharp">words |> WordVectors.tryIndex "king"</code> is <c>Some 177</c>.</example>
    /// <example><code lang="fsharp">words |> WordVectors.tryIndex "King"</code> is <c>None</c>.</example>
    let tryIndex (word: string) (vectors: WordVectors) : int option = vectors.Find word

    /// <summary>The pieces of which a word's vector is made, whether it is there itself or not, each between &lt; and
    /// &gt; as it is cut; none where the file knows words alone. fastText hashes them, so that several may share a
    /// vector.</summary>
    /// <example><code lang="fsharp">words |> WordVectors.pieces "reading"</code> is <c>[]</c>: word2vec knows words
    /// alone. With fastText's pieces of 3 to 5 characters, they begin with `&lt;re`, `&lt;rea`, `&lt;read`,
    /// `rea`.</example>
    let pieces (word: string) (vectors: WordVectors) : string list = vectors.Cut word

    /// <summary>The first so many words: in most files the most frequent.</summary>
    /// <example><code lang="fsharp">words |> WordVectors.first 1000</code> is
    /// <c>pocket-word2vec (Pocket): 1,000 words × 100 dimensions</c>.</example>
    let first (count: int) (vectors: WordVectors) : WordVectors =
        Check.within 1 vectors.Words.Length (nameof count) count
        inMemory count vectors.Dimensions

        let compose: Func<string, float32[] | null> | null =
            match vectors.Lengths with
            | Some _ -> Func<string, float32[] | null>(vectors.Compose >> Option.toObj)
            | None -> null

        let table =
            Workbench.Core.Words.WordVectors(
                Array.init count vectors.Words.Label,
                vectors.Read [| 0 .. count - 1 |],
                compose
            )

        {
            ofTable vectors.Weights table with
                Lengths = vectors.Lengths
                Cut = vectors.Cut
                Compose = vectors.Compose
        }

    /// <summary>The vectors of these words, one per row in their order. A word that is not there is made of its pieces
    /// where the file has them; the provenance names it.</summary>
    /// <exception cref="T:System.ArgumentException">A word is not there, and cannot be made of pieces.</exception>
    /// <example><code lang="fsharp">words |> WordVectors.embedding [| "king"; "queen" |]</code> is
    /// <c>word × 2 by dimension × 100, pocket-word2vec (Pocket): vectors of 2 words [cpu]
    /// king: 0.0983, 0.2071, -0.1928, -0.0018, 0.4464, …
    /// queen: -0.1997, 0.2428, 0.0589, -0.3333, 0.1076, …</c>.</example>
    /// <example><code lang="fsharp">words |> WordVectors.embedding [| "zzz" |]</code> throws
    /// <c>ArgumentException</c>.</example>
    let embedding (words: string[]) (vectors: WordVectors) : Labelled =
        let found = words |> Array.map (fun word -> word, tryIndex word vectors)
        let values = Matrix.Uninitialized(words.Length, vectors.Dimensions)

        let rows = found |> Array.choose snd |> vectors.Read
        let mutable next = 0

        found
        |> Array.iteri (fun i (word, row) ->
            match row, (if row.IsSome then None else vectors.Compose word) with
            | Some _, _ ->
                rows.Row(next).CopyTo(values.WritableRow i)
                next <- next + 1
            | None, Some made -> made.AsSpan().CopyTo(values.WritableRow i)
            | None, None ->
                let pieces =
                    match vectors.Lengths with
                    | Some(shortest, _) -> Invariant $", and it has no piece of {shortest} characters or more"
                    | None -> ""

                invalidArg
                    (nameof words)
                    (Invariant
                        $"\"{word}\" is not among the {vectors.Words.Length:N0} words of {vectors.Weights}{pieces}."))

        let made =
            match found |> Array.filter (snd >> Option.isNone) |> Array.map fst |> Array.distinct with
            | [||] -> ""
            | made ->
                let shown = String.Join(", ", Array.truncate 3 made)
                let rest = if made.Length > 3 then ", …" else ""
                $", {made.Length} of them made of pieces ({shown}{rest})"

        Labelled.ofMatrix
            (Axis.labelled "word" words)
            (Axis.numbered "dimension" vectors.Dimensions)
            (Provenance.ofWeights vectors.Weights $"vectors of {words.Length} words{made}")
            values

    /// <summary>The words nearest to a word by cosine, the nearest first. Where the file has pieces of words, it may be
    /// asked about any word; the answers are words that are there.</summary>
    /// <exception cref="T:System.ArgumentException">The word is not there, and cannot be made of pieces.</exception>
    /// <example><code lang="fsharp">words |> WordVectors.nearest 2 "king" |> Array.map _.Word</code> is
    /// <c>[|"richard"; "edward"|]</c>.</example>
    /// <example><code lang="fsharp">words |> WordVectors.nearest 2 "zebra"</code> throws
    /// <c>ArgumentException</c>.</example>
    let nearest (count: int) (word: string) (vectors: WordVectors) : Neighbour[] =
        vectors.Table.Value.Nearest(word, count)

    /// <summary>The words that complete an analogy, the given ones left out. Where the file has pieces of words, any
    /// may be given.</summary>
    /// <param name="rule">How they are ranked.</param>
    /// <param name="count">How many.</param>
    /// <param name="positive">Words to be near to.</param>
    /// <param name="negative">Words to be far from.</param>
    /// <param name="vectors">Where they are looked for.</param>
    /// <exception cref="T:System.ArgumentException">A word is not there.</exception>
    /// <example><code lang="fsharp">
    /// words |> WordVectors.analogy AnalogyRule.CosAdd 1 [ "brother"; "woman" ] [ "man" ] |> Array.map _.Word
    /// </code> is <c>[|"sister"|]</c>.</example>
    let analogy
        (rule: AnalogyRule)
        (count: int)
        (positive: string list)
        (negative: string list)
        (vectors: WordVectors)
        =
        vectors.Table.Value.Analogy(Array.ofList positive, Array.ofList negative, count, rule)

    /// <summary>Asks a set of analogy questions, such as Google's `questions-words.txt`, section by section.</summary>
    /// <param name="case">Whether case matters.</param>
    /// <param name="questions">The path of the file.</param>
    /// <param name="vectors">All of their words may be asked about and answered with; `first` takes fewer.</param>
    /// <returns>Of each section, how many questions could be asked and how many were answered rightly.</returns>
    /// <exception cref="T:Workbench.Core.Formats.WeightFileException">The file is missing, or a line is no
    /// question.</exception>
    /// <example><code lang="fsharp">
    /// let questions = IO.Path.GetTempFileName()
    /// IO.File.WriteAllText(questions, ": family\nman woman brother sister\nman woman king queen\n")
    /// words |> WordVectors.score WordCase.Ignore questions
    /// </code> is <c>[AnalogyScore { Name = family, Correct = 1, Asked = 2 }]</c>.</example>
    let score (case: WordCase) (questions: string) (vectors: WordVectors) : AnalogyScore list =
        let table = vectors.Table.Value
        let asked = AnalogyQuestions.Read questions

        Progress.run $"{asked.Sections.Count} sections of analogies" (fun tell ->
            asked.Evaluate(
                table,
                table.Count,
                case,
                {
                    new IProgress<float> with
                        member _.Report share = tell share
                }
            ))
        |> List.ofSeq
