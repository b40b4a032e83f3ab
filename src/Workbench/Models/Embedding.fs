namespace Workbench

open System
open Workbench.Core
open Workbench.Core.Decompositions
open Workbench.Core.Formats
open Workbench.Core.Models
open Workbench.Core.Statistics
open Workbench.Core.Tensors

/// <summary>The tables that turn token ids and positions into vectors.</summary>
/// <category index="4">Models</category>
[<RequireQualifiedAccess>]
module Embedding =
    let private tokenTables = [ "wte.weight"; "embeddings.word_embeddings.weight" ]
    let private positionTables = [ "wpe.weight"; "embeddings.position_embeddings.weight" ]

    // What the model's own table calls it comes last: the two families that are known best need no config.json.
    let private known (names: string list) (own: TransformerConfig -> EmbeddingConfig | null) (model: Model) =
        let more =
            Model.tryTransformer model
            |> Option.bind (fun weights -> own weights.Config |> Option.ofObj)
            |> Option.map (fun table -> $"{table.Name}.weight")

        List.distinct (names @ Option.toList more)

    let private tokenNames model =
        known tokenTables (fun config -> config.Tokens) model

    let private positionNames model =
        known
            positionTables
            (fun config -> config.Positions |> Option.ofObj |> Option.map _.Table |> Option.toObj)
            model

    let private tryTable names model =
        names |> List.tryPick (fun name -> Model.tryName name model)

    let private table what names (model: Model) =
        let list (names: string seq) =
            String.Join(", ", names |> Seq.map Excerpt.Of)

        match tryTable names model, names |> List.collect (fun name -> Model.names name model) with
        | Some name, _ -> name
        | None, [] ->
            let some = model.Tensors.Tensors |> Seq.truncate 4 |> Seq.map _.Name

            let asked = String.Join(" or ", names)

            invalidOp
                $"{model.Weights} has no {what} embeddings ({asked}): {model.Weights.File} holds \
                  {model.Tensors.Tensors.Count} tensors, {list some} …"
        | None, several ->
            invalidOp
                $"{model.Weights} has {several.Length} tables that could be its {what} embeddings: {list several}. \
                  Take one by its name, as in Model.tensor \"{Excerpt.Of several.Head}\"."

    /// <summary>Whether the checkpoint at hand holds the token embeddings, in a table that can be told from all
    /// others.</summary>
    /// <example><code lang="fsharp">gpt2 |> Embedding.hasTokens</code> is <c>true</c>.</example>
    let hasTokens (model: Model) : bool =
        (tryTable (tokenNames model) model).IsSome

    /// <summary>Whether the checkpoint at hand holds the position embeddings.</summary>
    /// <example><code lang="fsharp">bert |> Embedding.hasPositions</code> is <c>true</c>.</example>
    let hasPositions (model: Model) : bool =
        (tryTable (positionNames model) model).IsSome

    let private read what names rows (model: Model) =
        let name = table what names model
        TensorNames.RequireWithoutAdapter(model.Tensors, name)
        let values = model.Tensors.ReadMatrix name

        let step =
            if name.Contains "wte" then "wte"
            elif name.Contains "wpe" then "wpe"
            else name

        Labelled.ofMatrix
            (rows values.Rows)
            (Axis.numbered "dimension" values.Columns)
            (Model.provenance step model)
            values

    /// <summary>One row per token (GPT-2's `wte`, BERT's word embeddings): [vocabulary, width], labelled with the
    /// tokens' texts where a tokenizer is at hand that can be read, and else by number.</summary>
    /// <exception cref="T:System.InvalidOperationException">The checkpoint does not hold them.</exception>
    /// <example><code lang="fsharp">gpt2 |> Embedding.tokens |> Labelled.shape</code> is <c>(10240, 192)</c>.</example>
    let tokens (model: Model) : Labelled =
        match Tokens.tryTokenizer model with
        | Some tokenizer ->
            let rows count = {
                Name = "token"
                Length = count
                Label = Tokens.textIn tokenizer
            }

            read "token" (tokenNames model) rows model
        | None ->
            let numbered = read "token" (tokenNames model) (Axis.numbered "token") model

            // No tokenizer needs no remark; one that was passed over does.
            if (Model.attempt model.Tokenizer.Force).IsNone then
                numbered
                |> Labelled.withStep "rows numbered, since the tokenizer cannot be read"
            else
                numbered

    /// <summary>The rows of some tokens under labels of one's own: [labels, width].</summary>
    /// <exception cref="T:System.ArgumentException">There is no token of an id.</exception>
    /// <example><code lang="fsharp">gpt2 |> Embedding.ofTokens [| "king", 1472; "queen", 3343 |]</code> is
    /// <c>word × 2 by dimension × 192, pocket-gpt2 (Pocket): wte → rows 1472, 3343 (2 of 10240) [cpu]
    /// king: -0.0122, -0.0000, 0.0566, -0.0432, 0.1600, … queen: -0.0407, -0.0091, 0.0786, -0.0786, 0.0497,
    /// …</c>.</example>
    /// <example><code lang="fsharp">gpt2 |> Embedding.ofTokens [| "beyond the table", 10240 |]</code> throws
    /// <c>ArgumentException</c>.</example>
    let ofTokens (labelled: (string * int)[]) (model: Model) : Labelled =
        let all = tokens model

        for label, id in labelled do
            if id < 0 || id >= all.Rows.Length then
                invalidArg
                    (nameof labelled)
                    $"The token of \"{Excerpt.Of(label, 60)}\" must lie between 0 and {all.Rows.Length - 1}, but is \
                      {id}."

        {
            Labelled.selectRows (Array.map snd labelled) all with
                Rows = Axis.labelled "word" (Array.map fst labelled)
        }

    // The tokens that stand for a word, or why none do.
    let private tokensOf (pooling: Pooling) (model: Model) (word: string) : Result<int[], string> =
        match Tokens.tryWord word model, Tokens.ids word model with
        | Some id, _ -> Ok [| id |]
        // A token that steers the model has a row as well, under its own name.
        | None, [| id |] when Tokens.text id model = word -> Ok [| id |]
        | None, several when
            pooling <> Pooling.Refuse
            && several.Length > 1
            && several |> Array.forall (fun id -> Tokens.classOf id model <> Special)
            ->
            match pooling with
            | Pooling.First -> Array.truncate 1 several
            | Pooling.Last -> [| Array.last several |]
            | Pooling.Mean
            | Pooling.Refuse -> several
            |> Ok
        | _ ->
            let choices =
                if (Tokens.pieces word model).Length > 1 then
                    " Embedding.nearestBy and ofWordsBy take their mean, the first or the last of them."
                else
                    ""

            Error(Tokens.notOne word model + choices)

    // All words that stand for nothing are told at once: the first with its reason, the others by name.
    let private tokensOfAll (pooling: Pooling) (model: Model) (words: string[]) : int[][] =
        let found = words |> Array.map (tokensOf pooling model)

        let refused =
            Array.zip words found
            |> Array.choose (fun (word, tokens) ->
                match tokens with
                | Ok _ -> None
                | Error why -> Some(word, why))

        match refused with
        | [||] ->
            found
            |> Array.choose (function
                | Ok tokens -> Some tokens
                | Error _ -> None)
        | [| _, why |] -> invalidArg (nameof words) why
        | _ ->
            let others =
                refused
                |> Seq.skip 1
                |> Seq.truncate 10
                |> Seq.map (fun (word, _) -> $"\"{Excerpt.Of(word, 30)}\"")
                |> String.concat ", "

            let more =
                if refused.Length > 11 then
                    $" and {refused.Length - 11} more"
                else
                    ""

            invalidArg (nameof words) $"{snd refused[0]} Nor can these be taken: {others}{more}."

    /// <summary>The vectors of some words, those that are several tokens by a rule of one's own: [words,
    /// width].</summary>
    /// <param name="pooling">What stands for a word of several tokens.</param>
    /// <param name="words">As they stand in a text; a leading space matters to most models.</param>
    /// <param name="model">With token embeddings and a tokenizer.</param>
    /// <exception cref="T:System.ArgumentException">The vocabulary cannot spell a word, or it is several tokens and
    /// these are refused.</exception>
    /// <example><code lang="fsharp">gpt2 |> Embedding.ofWordsBy Pooling.Mean [ " king"; " zebra" ]</code> is <c>word ×
    /// 2 by dimension × 192, pocket-gpt2 (Pocket): wte → 2 words, the mean of several tokens for " zebra" [cpu]
    /// " king": -0.0122, -0.0000, 0.0566, -0.0432, 0.1600, … " zebra": …</c>.</example>
    /// <example><code lang="fsharp">gpt2 |> Embedding.ofWordsBy Pooling.Refuse [ " zebra" ]</code> throws
    /// <c>ArgumentException</c>: it is two tokens.</example>
    let ofWordsBy (pooling: Pooling) (words: seq<string>) (model: Model) : Labelled =
        let words = Array.ofSeq words
        let found = tokensOfAll pooling model words
        let all = tokens model
        let values = Matrix.Uninitialized(words.Length, all.Columns.Length)

        found
        |> Array.iteri (fun i ids ->
            let row = values.WritableRow i

            for j in 0 .. row.Length - 1 do
                let mutable sum = 0.0

                for id in ids do
                    sum <- sum + float all.Values[id, j]

                row[j] <- float32 (sum / float ids.Length))

        let several = words |> Array.filter (fun word -> (Tokens.ids word model).Length > 1)

        let step =
            let counted = Counted.things "word" words.Length

            let shown =
                several
                |> Seq.truncate 3
                |> Seq.map (fun word -> $"\"{word}\"")
                |> String.concat ", "

            let more = if several.Length > 3 then ", …" else ""

            match pooling, several with
            | _, [||]
            | Pooling.Refuse, _ -> counted
            | Pooling.Mean, _ -> $"{counted}, the mean of several tokens for {shown}{more}"
            | Pooling.First, _ -> $"{counted}, the first of several tokens for {shown}{more}"
            | Pooling.Last, _ -> $"{counted}, the last of several tokens for {shown}{more}"

        Labelled.ofMatrix (Axis.labelled "word" words) all.Columns all.Provenance values
        |> Labelled.withStep step

    /// <summary>The vectors of some words, each a single token: [words, width].</summary>
    /// <exception cref="T:System.ArgumentException">A word is not one token; the message says what it is, offers the
    /// other spelling where only that is one, and names `ofWordsBy` for words of several tokens.</exception>
    /// <example><code lang="fsharp">gpt2 |> Embedding.ofWords [ " king"; " queen" ] |> Labelled.shape</code> is
    /// <c>(2, 192)</c>.</example>
    /// <example><code lang="fsharp">gpt2 |> Embedding.ofWords [ " zebra" ]</code> throws <c>ArgumentException</c>: it
    /// takes two tokens.</example>
    let ofWords (words: seq<string>) (model: Model) : Labelled = ofWordsBy Pooling.Refuse words model

    // Tokens nearest to a direction, some left out.
    let private nearestTo step k (without: int[]) (query: Matrix) (table: Labelled) : Labelled =
        Check.atLeast 1 (nameof k) k
        let most = min table.Rows.Length (k + without.Length)

        let found =
            (Nearest.tokens Nearness.Cosine most table query)[0]
            |> Array.filter (fun near -> not (Array.contains near.Id without))
            |> Array.truncate k

        Labelled.init
            (Axis.labelled "token" (found |> Array.map _.Token))
            (Axis.labelled "measure" [| "cosine" |])
            table.Provenance
            (fun i _ -> found[i].Score)
        |> Labelled.withStep step

    /// <summary>As `nearest`, of a word of several tokens by a rule of one's own; they are left out.</summary>
    /// <param name="pooling">What stands for a word of several tokens.</param>
    /// <param name="k">How many.</param>
    /// <param name="word">As it stands in a text; a leading space matters to most models.</param>
    /// <param name="model">With token embeddings and a tokenizer.</param>
    /// <exception cref="T:System.ArgumentException">The vocabulary cannot spell the word, or it is several tokens and
    /// these are refused.</exception>
    /// <example><code lang="fsharp">gpt2 |> Embedding.nearestBy Pooling.Mean 1 " zebra"</code> is <c>token × 1 by
    /// measure × 1, pocket-gpt2 (Pocket): wte → 1 word, the mean of several tokens for " zebra" → nearest to " zebra"
    /// [cpu] …</c>.</example>
    /// <example><code lang="fsharp">gpt2 |> Embedding.nearestBy Pooling.Refuse 1 " zebra"</code> throws
    /// <c>ArgumentException</c>: it is two tokens.</example>
    let nearestBy (pooling: Pooling) (k: int) (word: string) (model: Model) : Labelled =
        let ids = Array.exactlyOne (tokensOfAll pooling model [| word |])
        let query = ofWordsBy pooling [ word ] model

        // "king" is what ends words such as "asking", where " king" is the word.
        let remark =
            match ids, Tokens.tryOtherForm word model with
            | [| id |], Some other when Tokens.classOf id model = Piece && Tokens.classOf other model = Word ->
                $", a piece of words; \"{Tokens.text other model}\" is a word"
            | _ -> ""

        let table =
            match Tokens.tryWord word model with
            | Some _ -> tokens model
            | None -> {
                tokens model with
                    Provenance = query.Provenance
              }

        nearestTo $"nearest to \"{word}\"{remark}" k ids query.Values table

    /// <summary>The tokens whose embeddings are nearest to a word's by cosine, the nearest first, itself left out:
    /// [tokens, 1].</summary>
    /// <param name="k">How many.</param>
    /// <param name="word">One token of the model.</param>
    /// <param name="model">With token embeddings and a tokenizer.</param>
    /// <exception cref="T:System.ArgumentException">The word is not one token; the message says what it is, and
    /// `nearestBy` takes it.</exception>
    /// <example><code lang="fsharp">gpt2 |> Embedding.nearest 2 " king"</code> is <c>token × 2 by measure × 1,
    /// pocket-gpt2 (Pocket): wte → nearest to " king" [cpu] " queen": 0.7515 " prince": 0.7274</c>.</example>
    /// <example><code lang="fsharp">gpt2 |> Embedding.nearest 2 " kingg"</code> throws <c>ArgumentException</c>: it is
    /// two tokens.</example>
    let nearest (k: int) (word: string) (model: Model) : Labelled = nearestBy Pooling.Refuse k word model

    /// <summary>The tokens that complete an analogy: nearest by cosine to the sum of some words' directions less those
    /// of others, the words themselves left out (CosAdd; Mikolov et al. 2013).</summary>
    /// <param name="k">How many.</param>
    /// <param name="positive">Words to be near to.</param>
    /// <param name="negative">Words to be far from.</param>
    /// <param name="model">With token embeddings and a tokenizer.</param>
    /// <exception cref="T:System.ArgumentException">A word is not one token, or there is none.</exception>
    /// <example><code lang="fsharp">gpt2 |> Embedding.analogy 2 [ " brother"; " woman" ] [ " man" ]</code> is <c>token
    /// × 2 by measure × 1, pocket-gpt2 (Pocket): wte → nearest to " brother" + " woman" − " man" [cpu] " sister": …
    /// …</c>.</example>
    /// <example><code lang="fsharp">gpt2 |> Embedding.analogy 2 [] []</code> throws <c>ArgumentException</c>.</example>
    let analogy (k: int) (positive: seq<string>) (negative: seq<string>) (model: Model) : Labelled =
        let positive, negative = Array.ofSeq positive, Array.ofSeq negative
        Check.notEmpty (nameof positive) positive
        let words = Array.append positive negative
        let ids = tokensOfAll Pooling.Refuse model words |> Array.concat
        let table = tokens model
        let rows = table.Values.SelectRows ids
        let sum = Array.zeroCreate<float> rows.Columns

        for i in 0 .. ids.Length - 1 do
            let row = rows.Row(i).ToArray() |> Array.map float
            let length = Vector.length row
            let sign = if i < positive.Length then 1.0 else -1.0
            row |> Array.iteri (fun j value -> sum[j] <- sum[j] + sign * value / length)

        let quoted sign =
            Array.map (fun word -> $"{sign} \"{word}\"")

        let asked =
            String.Join(" ", Array.append (quoted "+" positive) (quoted "−" negative))

        let query = Matrix.FromArray(1, sum.Length, ReadOnlySpan(Array.map float32 sum))
        nearestTo $"nearest to {asked.Substring 2}" k ids query table

    // Two rows by their labels, and the way from the one to the other.
    let private between (low: string) (high: string) (matrix: Labelled) =
        let from = Labelled.row (Labelled.indexOf low matrix) matrix
        let way = Array.map2 (-) (Labelled.row (Labelled.indexOf high matrix) matrix) from
        let square = Array.sumBy (fun x -> x * x) way

        if square = 0.0 then
            invalidArg
                (nameof high)
                $"\"{low}\" and \"{high}\" have the same vector, so that no axis leads from one to the other."

        from, way, square

    /// <summary>The way from one row to another, one row's difference: [1, width]. What `Residual.steer`
    /// adds.</summary>
    /// <param name="low">The label of the row where it begins.</param>
    /// <param name="high">That of the row where it ends.</param>
    /// <param name="matrix">Vectors under labels, such as those of `Embedding.ofWords`.</param>
    /// <exception cref="T:System.ArgumentException">No row has such a label, or the two are the same.</exception>
    /// <example><code lang="fsharp">animals |> Embedding.direction "cat" "cow"</code> is <c>direction × 1 by measure ×
    /// 3, counted → cat to cow [cpu] cat to cow: 0.0000, 596.0000, -1.0000</c>.</example>
    /// <example><code lang="fsharp">animals |> Embedding.direction "cat" "fox"</code> throws
    /// <c>ArgumentException</c>.</example>
    let direction (low: string) (high: string) (matrix: Labelled) : Labelled =
        let _, way, _ = between low high matrix
        let name = $"{Escape.typed low} to {Escape.typed high}"

        Labelled.init (Axis.labelled "direction" [| name |]) matrix.Columns matrix.Provenance (fun _ j -> way[j])
        |> Labelled.withStep name

    /// <summary>Where all rows lie along the axis from one of them to another: 0 where the one lies, 1 where the other
    /// does, for the rest the place of their projection onto the line: [rows, 1].</summary>
    /// <param name="low">The label of the row at 0.</param>
    /// <param name="high">That of the row at 1.</param>
    /// <param name="matrix">Vectors under labels, such as those of `Embedding.ofWords`.</param>
    /// <exception cref="T:System.ArgumentException">No row has such a label, or the two are the same.</exception>
    /// <example><code lang="fsharp">animals |> Embedding.axis "cat" "cow"</code> is <c>animal × 4 by place × 1, counted
    /// → along cat to cow [cpu] cat: 0.0000 dog: 0.0268 cow: 1.0000 hen: -0.0034</c>.</example>
    /// <example><code lang="fsharp">
    /// gpt2 |> Embedding.ofWords [ " man"; " woman"; " brother"; " sister" ] |> Embedding.axis " man" " woman"
    /// |> Labelled.column 0
    /// </code> is <c>[|0.000; 1.000; …|]</c>.</example>
    /// <example><code lang="fsharp">animals |> Embedding.axis "cat" "fox"</code> throws <c>ArgumentException</c> and
    /// names the animals.</example>
    let axis (low: string) (high: string) (matrix: Labelled) : Labelled =
        let from, way, square = between low high matrix
        let name = $"{Escape.typed low} to {Escape.typed high}"

        let place i =
            let row = Labelled.row i matrix
            let mutable sum = 0.0

            for j in 0 .. row.Length - 1 do
                sum <- sum + (row[j] - from[j]) * way[j]

            sum / square

        Labelled.init matrix.Rows (Axis.labelled "place" [| name |]) matrix.Provenance (fun i _ -> place i)
        |> Labelled.withStep $"along {name}"

    // The words of a vocabulary under what they are without the spaces around them, in the order of their ids.
    let private vocabulary (model: Model) : Collections.Generic.Dictionary<string, int> =
        let rows = (tokens model).Rows
        let found = Collections.Generic.Dictionary<string, int>()

        for id in 0 .. rows.Length - 1 do
            let word = (rows.Label id).Trim ' '

            if
                word.Length > 1
                && Seq.forall Char.IsLetter word
                && Tokens.classOf id model = Word
            then
                found.TryAdd(word, id) |> ignore

        found

    /// <summary>The words that are one token of both models, in the order of the first one's vocabulary: of two letters
    /// and more, as they stand at the beginning of a word, whether a model spells that with a space or
    /// without.</summary>
    /// <example><code lang="fsharp">Embedding.shared gpt2 bert |> Array.take 3</code> is <c>[|"the"; "of";
    /// "and"|]</c>.</example>
    let shared (first: Model) (second: Model) : string[] =
        let others = vocabulary second

        [|
            for word in (vocabulary first).Keys do
                if others.ContainsKey word then
                    word
        |]

    /// <summary>Two models' token embeddings compared on words of one's choice.</summary>
    /// <param name="words">At least four different ones; spaces around them count for nothing.</param>
    /// <param name="first">A model.</param>
    /// <param name="second">Another.</param>
    /// <exception cref="T:System.ArgumentException">A word is not one token of both, or there are too
    /// few.</exception>
    /// <example><code lang="fsharp">
    /// let compared = Embedding.compareOn [ "king"; "queen"; "man"; "woman"; "river" ] gpt2 bert
    /// compared.Geometry.Pairs
    /// </code> is <c>10L</c>.</example>
    /// <example><code lang="fsharp">Embedding.compareOn [ "king"; "zebra"; "man"; "woman" ] gpt2 bert</code> throws
    /// <c>ArgumentException</c>: one is not a token.</example>
    let compareOn (words: seq<string>) (first: Model) (second: Model) : EmbeddingComparison =
        let words = words |> Seq.map _.Trim(' ') |> Seq.distinct |> Array.ofSeq

        let rows (model: Model) =
            let known = vocabulary model

            words
            |> Array.map (fun word ->
                match known.TryGetValue word with
                | true, id -> word, id
                | _ ->
                    invalidArg
                        (nameof words)
                        $"\"{Excerpt.Of(word, 60)}\" is no word that is one token of {model.Weights}. \
                          Embedding.shared lists those that two models share.")
            |> fun labelled -> ofTokens labelled model

        let a, b = rows first, rows second

        {
            First = a
            Second = b
            Geometry = Rsa.compare RsaSettings.Quick (Similarity.cosine Rows a) (Similarity.cosine Rows b)
            Alignment = Rsa.alignment a b
            // As few as the first look of Rsa.compare: some milliseconds each for a thousand words.
            Procrustes = Rsa.procrustes RsaSettings.Quick.Seed 99 a b
            CanonicalCorrelations =
                if words.Length > a.Columns.Length + b.Columns.Length then
                    Some(Rsa.canonicalCorrelations a b)
                else
                    None
        }

    // Of the words that two models share: enough for every measure, canonical correlations of two models of 192
    // dimensions among them, and quick.
    let private comparedWords = 500

    /// <summary>Two models' token embeddings compared on the first 500 words that they share: whether they find the
    /// same words alike, and whether one is the other turned.</summary>
    /// <exception cref="T:System.ArgumentException">They share fewer than four words.</exception>
    /// <example><code lang="fsharp">Embedding.compare gpt2 bert</code> is <c>pocket-gpt2 (Pocket) and pocket-bert
    /// (Pocket) on 500 words geometry: Pearson r … of 124,750 pairs, … linear CKA … Procrustes similarity … canonical
    /// correlations …</c>.</example>
    let compare (first: Model) (second: Model) : EmbeddingComparison =
        compareOn (shared first second |> Seq.truncate comparedWords) first second

    /// <summary>One row per position (GPT-2's `wpe`): [positions, width].</summary>
    /// <exception cref="T:System.InvalidOperationException">The checkpoint does not hold them.</exception>
    /// <example><code lang="fsharp">gpt2 |> Embedding.positions</code> is <c>position × 256 by dimension × 192,
    /// pocket-gpt2 (Pocket): wpe [cpu] 0: 0.0070, -0.0458, 0.0014, -0.0542, -0.0536, … 1: -0.0305, 0.0310, 0.0097,
    /// -0.0988, -0.0226, … 2: -0.0199, 0.0457, 0.0348, -0.0560, -0.0365, … …</c>.</example>
    let positions (model: Model) : Labelled =
        read "position" (positionNames model) (Axis.numbered "position") model

    /// <summary>The sinusoidal encoding of Vaswani et al., "Attention is all you need" (2017): sin(p / 10000^(i/d)) in
    /// the even columns i, the cosine of the same angle in the odd column after it. Angles are computed in
    /// float64.</summary>
    /// <param name="positions">Number of rows.</param>
    /// <param name="dimensions">Number of columns, d.</param>
    /// <example><code lang="fsharp">Embedding.sinusoidal 1024 6 |> Labelled.row 1</code> is
    /// <c>[|0.841; 0.540; 0.046; 0.999; 0.002; 1.000|]</c>.</example>
    let sinusoidal (positions: int) (dimensions: int) : Labelled =
        Check.atLeast 0 (nameof positions) positions
        Check.atLeast 0 (nameof dimensions) dimensions

        let angle position dimension =
            float position / 10000.0 ** (float (dimension / 2 * 2) / float dimensions)

        Labelled.init
            (Axis.numbered "position" positions)
            (Axis.numbered "dimension" dimensions)
            (Provenance.computed "sinusoidal encoding, base 10000")
            (fun position dimension ->
                if dimension % 2 = 0 then
                    sin (angle position dimension)
                else
                    cos (angle position dimension))

    /// <summary>The table without what all its vectors share: the mean row removed, then the directions of largest
    /// variance projected out (Mu and Viswanath, "All-but-the-top", ICLR 2018). The result's mean row is
    /// zero. A row of which no more is left than the rounding of its values becomes zero: so does all of a table of no
    /// higher rank, and cosines then refuse it.</summary>
    /// <param name="directions">How many; the paper takes about one for every hundred dimensions.</param>
    /// <param name="matrix">One vector per row, at least two.</param>
    /// <exception cref="T:System.ArgumentException">There are too many directions or too few rows, or a row, which is
    /// named, holds NaN or infinity.</exception>
    /// <example><code lang="fsharp">
    /// positions |> Embedding.allButTheTop 2 |> Similarity.cosine Rows |> Pairs.fold Fold.moments
    /// </code> is <c>cosine similarity: n = 32,640, mean -0.004, sd 0.086, min -0.360, max 0.327</c>.</example>
    /// <example><code lang="fsharp">animals |> Embedding.allButTheTop 4</code> throws <c>ArgumentException</c>: there
    /// are only three.</example>
    let allButTheTop (directions: int) (matrix: Labelled) : Labelled =
        Labelled.checkFinite (nameof matrix) matrix
        Check.within 1 matrix.Columns.Length (nameof directions) directions

        let values =
            PrincipalComponents.Compute(matrix.Values, directions).Remove matrix.Values

        Labelled.ofMatrix matrix.Rows matrix.Columns matrix.Provenance values
        |> Labelled.withStep $"mean and top {directions} directions removed"

    /// <summary>The cosine of each row with the mean of some of the rows: near 1 for vectors like them. Tokens that
    /// training never moved lie near the mean of those known to be unused (Land and Bartolo, "Fishing for Magikarp",
    /// EMNLP 2024).</summary>
    /// <param name="group">Indices of the rows whose mean is taken, at least one.</param>
    /// <param name="matrix">One vector per row.</param>
    /// <exception cref="T:System.ArgumentException">There is no group or it has no mean direction; or a row, which is
    /// named, is all zero, or holds NaN or infinity.</exception>
    /// <example><code lang="fsharp">animals |> Embedding.towards [| 0; 3 |]</code> is
    /// <c>[|0.995; 0.807; 0.645; 0.985|]</c>.</example>
    /// <example><code lang="fsharp">animals |> Embedding.towards [||]</code> throws <c>ArgumentException</c>.</example>
    let towards (group: int[]) (matrix: Labelled) : float[] =
        Check.notEmpty (nameof group) group

        for index in group do
            Check.within 0 (matrix.Rows.Length - 1) "an index of the group" index

        Labelled.checkFinite (nameof matrix) matrix
        Labelled.checkDirections (nameof matrix) matrix
        let centre = matrix |> Labelled.selectRows group |> Labelled.columnMeans

        if Array.forall ((=) 0.0) centre then
            invalidArg (nameof group) $"The mean of the {group.Length} rows of the group is zero and has no direction."

        Concurrently.init matrix.Rows.Length (fun i -> Similarity.ofTwo (Labelled.row i matrix) centre)

    /// <summary>The principal angles between the spaces in which the rows of two matrices differ most, in radians,
    /// largest first: each table is spanned by its directions of largest variance around its mean row.</summary>
    /// <param name="directions">How many directions stand for each table: no more than it varies in, so fewer than it
    /// has rows.</param>
    /// <param name="first">Vectors as rows.</param>
    /// <param name="second">Vectors of the same width as rows.</param>
    /// <exception cref="T:System.ArgumentException">A table does not vary in so many directions, or a row, which is
    /// named, holds NaN or infinity.</exception>
    /// <example><code lang="fsharp">Embedding.principalAngles 2 positions (Embedding.positions bert)</code> is
    /// <c>[|1.482; 1.292|]</c>.</example>
    /// <example><code lang="fsharp">
    /// Embedding.principalAngles 2 positions positions |> Array.forall (fun angle -> angle &lt; 0.001)
    /// </code> is <c>true</c>.</example>
    /// <example><code lang="fsharp">Embedding.principalAngles 4 animals animals</code> throws <c>ArgumentException</c>:
    /// four rows vary in three directions at most.</example>
    let principalAngles (directions: int) (first: Labelled) (second: Labelled) : float[] =
        let span (name: string) (matrix: Labelled) =
            if matrix.Rows.Length < 2 then
                invalidArg
                    name
                    $"{name} has {matrix.Rows.Length} rows, which vary in no direction; two or more are needed."

            Check.within 1 (min (matrix.Rows.Length - 1) matrix.Columns.Length) (nameof directions) directions
            Labelled.checkFinite name matrix
            let found = PrincipalComponents.Compute(matrix.Values, directions)
            // Single precision knows values to 2⁻²⁴ of themselves: variance below the square of that is rounding.
            let real =
                found.Variances.ToArray()
                |> Array.filter (fun variance -> variance > 2.0 ** -46.0 * found.Variances[0])

            if real.Length < directions then
                invalidArg
                    name
                    $"The rows of {name} vary in {real.Length} directions, so that {directions} do not exist."

            found.Directions.ToMatrix()

        PrincipalAngles.Between(span (nameof first) first, span (nameof second) second)
