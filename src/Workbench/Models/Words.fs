namespace Workbench

/// <summary>A word that word vectors have and that is a single token of a model.</summary>
/// <category index="4">Models</category>
[<StructuredFormatDisplay("{Display}")>]
type SharedWord = {
    Word: string
    /// Its row among the word vectors.
    Place: int
    /// Its id in the model.
    Token: int
} with

    member this.Display = $"{this.Word} ({this.Place}, {this.Token})"
    override this.ToString() = this.Display

/// <summary>Words that two vocabularies share, and their vectors in both.</summary>
/// <category index="4">Models</category>
[<RequireQualifiedAccess>]
module Words =
    /// <summary>Word vectors and a model to compare them with: those that WORKBENCH_VECTORS and WORKBENCH_MODEL name;
    /// else Google's from gensim's folder or a file, and the first of GPT-2 and the BERT family with its token
    /// embeddings and a tokenizer. Where either is not on this machine, pocket-word2vec and pocket-gpt2, which learned
    /// from the same texts.</summary>
    /// <example><code lang="fsharp">
    /// let vectors, model = Words.atHand ()
    /// Words.shared vectors model |> Seq.head
    /// </code></example>
    let atHand () : WordVectors * Model =
        let isUsable model =
            Embedding.hasTokens model && Tokens.has model

        let model = Published.gpt2 @ Published.bert |> Model.chosenOr "pocket-gpt2" isUsable

        let ours () = WordVectors.load "pocket-word2vec"

        // Word vectors come last, since opening a packed file of them takes a minute.
        match model.Weights.Kind with
        | Pocket -> WordVectors.tryChosen [] |> Option.defaultWith ours, model
        | _ ->
            match WordVectors.tryChosen Published.wordVectors with
            | Some vectors -> vectors, model
            | None -> ours (), Model.chosenOr "pocket-gpt2" isUsable []

    /// <summary>English nouns, the most frequent first.</summary>
    /// <example><code lang="fsharp">Words.commonNouns |> Array.take 3</code> is <c>[|"time"; "year";
    /// "people"|]</c>.</example>
    let commonNouns: string[] =
        "time year people way day man thing woman life child world school state family student group country problem \
         hand part place case week company system program question work government number night point home water room \
         mother area money story fact month lot right study book eye job word business issue side kind head house \
         service friend father power hour game line end member law car city community name president team minute idea \
         kid body information back parent face others level office door health person art war history party result \
         change morning reason research girl guy moment air teacher force education foot boy age policy music market \
         sense nation plan college interest death experience effect use class control field development role effort \
         rate heart drug show leader light voice wife police mind price report decision son view relationship"
            .Split
            ' '

    /// <summary>The first of some words that are single tokens of a model, by their ids.</summary>
    /// <example><code lang="fsharp">Words.commonNouns |> Words.firstTokens 2 gpt2 |> Array.length</code> is
    /// <c>2</c>.</example>
    let firstTokens (count: int) (model: Model) (words: seq<string>) : int[] =
        words
        |> Seq.choose (fun word -> Tokens.tryWord word model)
        |> Seq.truncate count
        |> Array.ofSeq

    /// <summary>The words of word vectors that are single tokens of a model, in the order of the word vectors. Of
    /// several spellings that an uncased model reads as one token, the first counts. Looked up one by one as they are
    /// asked for.</summary>
    /// <exception cref="T:System.InvalidOperationException">The model has no tokenizer.</exception>
    /// <example><code lang="fsharp">Words.shared words bert |> Seq.skip 100 |> Seq.take 2 |> List.ofSeq</code> is
    /// <c>[know (100, 713); long (101, 738)]</c>.</example>
    let shared (vectors: WordVectors) (model: Model) : seq<SharedWord> =
        WordVectors.words vectors
        |> Seq.indexed
        |> Seq.choose (fun (place, word) ->
            Tokens.tryWord word model
            |> Option.map (fun token -> {
                Word = word
                Place = place
                Token = token
            }))
        |> Seq.distinctBy _.Token

    /// <summary>The words of word vectors that a model has as one token in their other form: behind a space for GPT-2
    /// and its kin, inside a longer word for BERT.</summary>
    /// <example><code lang="fsharp">Words.sharedInOtherForm words gpt2 |> Seq.take 2 |> List.ofSeq</code> is
    /// <c>[the (0, 260); of (1, 277)]</c>.</example>
    let sharedInOtherForm (vectors: WordVectors) (model: Model) : seq<SharedWord> =
        WordVectors.words vectors
        |> Seq.indexed
        |> Seq.choose (fun (place, word) ->
            Tokens.tryOtherForm word model
            |> Option.map (fun token -> {
                Word = word
                Place = place
                Token = token
            }))
        |> Seq.distinctBy _.Token

    /// <summary>Those of exactly so many characters, all of them letters.</summary>
    /// <example><code lang="fsharp">Words.shared words bert |> Words.ofLetters 5 |> Seq.take 3 |> List.ofSeq</code> is
    /// <c>[which (33, 499); their (35, 522); would (42, 538)]</c>.</example>
    let ofLetters (count: int) (words: seq<SharedWord>) : seq<SharedWord> =
        words
        |> Seq.filter (fun shared -> shared.Word.Length = count && Seq.forall System.Char.IsLetter shared.Word)

    /// <summary>Those of exactly so many letters from a to z.</summary>
    /// <example><code lang="fsharp">Words.shared words bert |> Words.ofPlainLetters 5 |> Seq.take 2
    /// |> List.ofSeq</code> is <c>[which (33, 499); their (35, 522)]</c>.</example>
    let ofPlainLetters (count: int) (words: seq<SharedWord>) : seq<SharedWord> =
        words
        |> Seq.filter (fun shared ->
            shared.Word.Length = count
            && Seq.forall System.Char.IsAsciiLetterLower shared.Word)

    // With fewer words a correlation of their pairs says little.
    let private fewest = 20

    /// <summary>For each form in which a model knows words, as they stand and behind a space (or, for BERT, inside
    /// longer ones), the first words of so many letters from a to z that are one token in it; forms with fewer than
    /// twenty are left out.</summary>
    /// <param name="letters">Of each word.</param>
    /// <param name="count">How many words at most.</param>
    /// <param name="vectors">Their order is that of these.</param>
    /// <param name="model">Whose tokens they are.</param>
    /// <example><code lang="fsharp">
    /// gpt2 |> Words.byForm 6 100 words |> List.map (fun (form, words) -> form, words.Length)
    /// </code> is <c>[("as it stands", 100); ("behind a space", 100)]</c>.</example>
    let byForm (letters: int) (count: int) (vectors: WordVectors) (model: Model) : (string * SharedWord[]) list =
        let chosen words =
            words |> ofPlainLetters letters |> Seq.truncate count |> Array.ofSeq

        let other = sharedInOtherForm vectors model |> chosen

        let name =
            match Array.tryHead other with
            | Some first when not ((Tokens.text first.Token model).StartsWith ' ') -> "inside a word"
            | _ -> "behind a space"

        [ "as it stands", shared vectors model |> chosen; name, other ]
        |> List.filter (fun (_, words) -> words.Length >= fewest)

    /// <summary>What else two spaces may agree by: how frequent words are, with what letter they begin, and how long
    /// they are.</summary>
    /// <param name="vectors">Their order is that of frequency.</param>
    /// <example><code lang="fsharp">words |> Words.controls |> List.map _.Name</code> is <c>["frequency rank"; "first
    /// letter"; "length"]</c>.</example>
    let controls (vectors: WordVectors) : ModelDistance list = [
        Rsa.ofNumber "frequency rank" (fun word -> float (WordVectors.tryIndex word vectors).Value)
        Rsa.ofLabels "first letter" (fun a b -> if a[0] = b[0] then 0.0 else 1.0)
        Rsa.ofNumber "length" (String.length >> float)
    ]

    /// <summary>Both vectors of these words: a row per word in the word vectors, and in the model.</summary>
    /// <example><code lang="fsharp">
    /// let ofWords, ofModel = Words.shared words bert |> Seq.take 50 |> Array.ofSeq |> Words.vectors words bert
    /// Labelled.shape ofWords, Labelled.shape ofModel
    /// </code> is <c>((50, 100), (50, 192))</c>.</example>
    let vectors (vectors: WordVectors) (model: Model) (words: SharedWord[]) : Labelled * Labelled =
        let tokens = words |> Array.map (fun shared -> shared.Word, shared.Token)
        WordVectors.embedding (Array.map fst tokens) vectors, Embedding.ofTokens tokens model

    /// <summary>The geometry of these words in both: the cosines of all pairs of their word vectors, and of their
    /// vectors in the model.</summary>
    /// <example><code lang="fsharp">
    /// let ofWords, ofModel = Words.shared words bert |> Seq.take 50 |> Array.ofSeq |> Words.cosines words bert
    /// Pairs.at 0 1 ofWords, Pairs.at 0 1 ofModel
    /// </code> is <c>(0.919, 0.800)</c>.</example>
    let cosines (ofWords: WordVectors) (model: Model) (words: SharedWord[]) : Pairs * Pairs =
        let first, second = vectors ofWords model words
        Similarity.cosine Rows first, Similarity.cosine Rows second

    /// <summary>The same less the mean vector of the words in either.</summary>
    /// <example><code lang="fsharp">
    /// let ofWords, ofModel = Words.shared words bert |> Seq.take 50 |> Array.ofSeq |> Words.centredCosines words bert
    /// Pairs.at 0 1 ofWords, Pairs.at 0 1 ofModel
    /// </code> is <c>(…)</c>.</example>
    let centredCosines (ofWords: WordVectors) (model: Model) (words: SharedWord[]) : Pairs * Pairs =
        let first, second = vectors ofWords model words
        let centred = Labelled.centre >> Similarity.cosine Rows
        centred first, centred second

    /// <summary>Of these words, those that the model also knows in their other form: behind a space for GPT-2, inside a
    /// longer word for BERT.</summary>
    /// <returns>The words with the tokens they came with, and the same words with those of the other form.</returns>
    /// <example><code lang="fsharp">
    /// let before, behind = Words.shared words gpt2 |> Seq.take 200 |> Array.ofSeq |> Words.bothForms gpt2
    /// before[0], behind[0]
    /// </code> is <c>(the (0, 393), the (0, 260))</c>.</example>
    let bothForms (model: Model) (words: SharedWord[]) : SharedWord[] * SharedWord[] =
        words
        |> Array.choose (fun shared ->
            Tokens.tryOtherForm shared.Word model
            |> Option.map (fun other -> shared, { shared with Token = other }))
        |> Array.unzip
