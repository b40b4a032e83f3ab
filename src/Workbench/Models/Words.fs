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
    /// <summary>Word vectors and a model to compare them with: Google's from gensim's folder or a file, and the first
    /// of GPT-2 and the BERT family with its token embeddings and a tokenizer. Where either is not on this machine,
    /// pocket-word2vec and pocket-gpt2, which learned from the same texts.</summary>
    /// <example><code lang="fsharp">
    /// let vectors, model = Words.atHand ()
    /// Words.shared vectors model |> Seq.head
    /// </code></example>
    let atHand () : WordVectors * Model =
        let isUsable model =
            Embedding.hasTokens model && Tokens.has model

        let model =
            Model.tryFirst isUsable [
                "gpt2"
                "openai-community/gpt2"
                "bert-base-uncased"
                "google-bert/bert-base-uncased"
                "minilm"
                "sentence-transformers/all-MiniLM-L6-v2"
            ]

        // Word vectors come last, since opening a packed file of them takes a minute.
        let published () =
            WordVectors.tryFirst [
                "word2vec-google-news-300"
                "GoogleNews-vectors-negative300"
                "googlenews-1000"
            ]

        match
            model
            |> Option.bind (fun model -> published () |> Option.map (fun vectors -> vectors, model))
        with
        | Some pair -> pair
        | None -> WordVectors.load "pocket-word2vec", Model.load "pocket-gpt2"

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

    /// <summary>Those of exactly so many characters, all of them letters.</summary>
    /// <example><code lang="fsharp">Words.shared words bert |> Words.ofLetters 5 |> Seq.take 3 |> List.ofSeq</code> is
    /// <c>[which (33, 499); their (35, 522); would (42, 538)]</c>.</example>
    let ofLetters (count: int) (words: seq<SharedWord>) : seq<SharedWord> =
        words
        |> Seq.filter (fun shared -> shared.Word.Length = count && Seq.forall System.Char.IsLetter shared.Word)

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
