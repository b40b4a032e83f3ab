module Workbench.Tests.WordsTests

open System
open System.IO
open System.IO.Compression
open Xunit
open FsUnit.Xunit
open Workbench
open Planted
open Workbench.Core.Tensors

let planted = PlantedWords.Default

let small = {
    planted with
        Words = 60
        Families = 5
        Dimensions = 20
        ModelDimensions = 24
}

let vectors = PlantedWords.vectors small (Seed 7UL)
let model = PlantedWords.model small (Seed 7UL)

let weights: Weights = Weights.planted "three" "by hand" (fun () -> [||])

/// Three words in two dimensions.
let three =
    Workbench.Core.Words.WordVectors(
        [| "east"; "north"; "northeast" |],
        Matrix.FromArray(3, 2, ReadOnlySpan [| 1f; 0f; 0f; 1f; 1f; 1f |])
    )
    |> WordVectors.ofTable weights

let wrong (action: unit -> 'a) =
    Assert.Throws<ArgumentException>(fun () -> action () |> ignore).Message

/// Writes text to a file of a new folder, hands over its path, and deletes both.
let withFile (name: string) (write: Stream -> unit) (test: string -> unit) =
    let folder = Directory.CreateTempSubdirectory("workbench-words-").FullName

    try
        let path = Path.Combine(folder, name)

        do
            use stream = File.Create path
            write stream

        test path
    finally
        Directory.Delete(folder, recursive = true)

[<Fact>]
let ``A word is found at its row and no other word is found`` () =
    WordVectors.tryIndex "north" three |> should equal (Some 1)
    WordVectors.tryIndex "south" three |> should equal None

    WordVectors.words three
    |> List.ofSeq
    |> should equal [ "east"; "north"; "northeast" ]

[<Fact>]
let ``Embeddings stand in the order of the words asked for, with their labels and their weights`` () =
    let found = three |> WordVectors.embedding [| "northeast"; "east" |]
    Labelled.row 0 found |> should equal [| 1.0; 1.0 |]
    Labelled.row 1 found |> should equal [| 1.0; 0.0 |]
    Axis.labels found.Rows |> should equal [| "northeast"; "east" |]
    found.Provenance.Weights |> should equal [ weights ]

[<Fact>]
let ``A word that is not there is named`` () =
    let message = wrong (fun () -> three |> WordVectors.embedding [| "east"; "south" |])
    message |> should haveSubstring "\"south\""
    message |> should haveSubstring "3 words"

[<Fact>]
let ``The nearest word is the one at the smallest angle`` () =
    let only (found: Workbench.Core.Words.Neighbour[]) = (Array.exactlyOne found).Word
    three |> WordVectors.nearest 1 "north" |> only |> should equal "northeast"

    three
    |> WordVectors.analogy AnalogyRule.CosAdd 1 [ "northeast" ] [ "east" ]
    |> only
    |> should equal "north"

[<Fact>]
let ``The first words are those at the beginning of the file`` () =
    let two = three |> WordVectors.first 2
    WordVectors.words two |> List.ofSeq |> should equal [ "east"; "north" ]

    wrong (fun () -> three |> WordVectors.first 4)
    |> should haveSubstring "between 1 and 3"

[<Theory>]
[<InlineData "plain.txt">]
[<InlineData "packed.vec.gz">]
let ``A file is opened by its path, packed or not, and named without its ending`` (name: string) =
    let write (stream: Stream) =
        use out =
            if name.EndsWith ".gz" then
                new GZipStream(stream, CompressionLevel.Fastest) :> Stream
            else
                stream

        out.Write "good 1 2\nbad 3 4\ngood 5 6\n"B

    withFile name write (fun path ->
        let found = WordVectors.load path
        found.Weights.Name |> should equal (name.Split('.')[0])
        // The second "good" does not count.
        Labelled.row 0 (found |> WordVectors.embedding [| "good" |])
        |> should equal [| 1.0; 2.0 |]

        found.Words.Length |> should equal 2
        let nearest = found |> WordVectors.nearest 1 "good"
        nearest[0].Word |> should equal "bad")

[<Fact>]
let ``Word vectors that are nowhere are refused with the places and the cure`` () =
    WordVectors.tryLocal "no-such-vectors" |> should equal None

    let error =
        Assert.Throws<InvalidOperationException>(fun () -> WordVectors.load "no-such-vectors" |> ignore)

    error.Message |> should haveSubstring "gensim-data"
    error.Message |> should haveSubstring "word2vec/no-such-vectors.bin"

[<WeightsFact "word2vec/questions-words.txt">]
let ``Google's questions are answered as gensim answers them`` () =
    let questions = WeightsFolder.at [ "word2vec"; "questions-words.txt" ]

    let total name case =
        let scores = WordVectors.load name |> WordVectors.score case questions
        scores |> List.sumBy _.Correct, scores |> List.sumBy _.Asked

    total "googlenews-1000" WordCase.Ignore |> should equal (219, 258)
    total "glove-2235-50d" WordCase.Ignore |> should equal (536, 800)
    total "glove-2235-50d" WordCase.Respect |> should equal (245, 468)

[<WeightsFact "word2vec/googlenews-1000.bin">]
let ``King is nearest to queen, at gensim's cosine`` () =
    let nearest = WordVectors.load "googlenews-1000" |> WordVectors.nearest 1 "king"
    nearest[0].Word |> should equal "queen"
    nearest[0].Score |> should (equalWithin 1e-6) 0.5157252860409772

[<Fact>]
let ``Shared words are the single tokens of the model, in the order of the word vectors`` () =
    let shared = Words.shared vectors model |> Array.ofSeq

    shared
    |> Array.map _.Place
    |> should equal [|
        for i in 0..59 do
            if i % 5 <> 4 then
                i
    |]

    for word in shared do
        Tokens.text word.Token model |> should equal word.Word
        vectors.Words.Label word.Place |> should equal word.Word

[<Fact>]
let ``The pocket models share enough words of six letters to be compared`` () =
    let vectors, model = WordVectors.load "pocket-word2vec", Model.load "pocket-gpt2"
    let words = Words.shared vectors model |> Words.ofLetters 6 |> Array.ofSeq
    words.Length |> should be (greaterThan 80)

    for shared in words do
        Tokens.text shared.Token model |> should equal shared.Word

[<Fact>]
let ``An uncased model's two spellings are one word, the first`` () =
    let cased =
        let word = vectors.Words.Label 0

        Workbench.Core.Words.WordVectors(
            [| word; word.ToUpperInvariant() |],
            Matrix.FromArray(2, 1, ReadOnlySpan [| 1f; 2f |])
        )
        |> WordVectors.ofTable weights

    Words.shared cased model
    |> Seq.map _.Word
    |> List.ofSeq
    |> should equal [ vectors.Words.Label 0 ]

[<Fact>]
let ``Words of six letters have six characters, and all of them are letters`` () =
    let word text = { Word = text; Place = 0; Token = 0 }

    [ "people"; "ab-cde"; "people2"; "a b c d"; "12,345"; "häuser"; "people's" ]
    |> Seq.map word
    |> Words.ofLetters 6
    |> Seq.map _.Word
    |> List.ofSeq
    |> should equal [ "people"; "häuser" ]

[<Fact>]
let ``The other form of a WordPiece word is the one inside longer words`` () =
    let plain, other =
        Words.shared vectors model |> Array.ofSeq |> Words.bothForms model

    plain |> Array.map _.Word |> should equal (other |> Array.map _.Word)
    plain |> should not' (be Empty)

    for shared in other do
        Tokens.text shared.Token model |> should equal ("##" + shared.Word)

[<WeightsFact "gpt2/vocab.json">]
let ``The other form of a GPT-2 word is the one behind a space`` () =
    let gpt2 = Model.load "gpt2"
    Tokens.tryWord "hello" gpt2 |> should equal (Some 31373)
    Tokens.tryOtherForm "hello" gpt2 |> should equal (Some 23748)

[<Fact>]
let ``The vectors of a word in the model are the rows of its tokens`` () =
    let words = Words.shared vectors model |> Seq.truncate 5 |> Array.ofSeq
    let all = Embedding.tokens model
    let _, found = words |> Words.vectors vectors model

    for i in 0..4 do
        Labelled.row i found |> should equal (Labelled.row words[i].Token all)

    Axis.labels found.Rows |> should equal (words |> Array.map _.Word)

[<Fact>]
let ``A token beyond the vocabulary is refused with its word`` () =
    wrong (fun () -> model |> Embedding.ofTokens [| "nowhere", 100000 |])
    |> should haveSubstring "nowhere"

[<Fact>]
let ``Made-up words are all different and every second one has six letters`` () =
    let words = PlantedWords.vocabulary planted (Seed 7UL)
    Array.distinct words |> Array.length |> should equal 400

    words
    |> Array.filter (fun word -> word.Length = 6)
    |> Array.length
    |> should equal 200

let agreement settings seed =
    let once = {
        RsaSettings.Quick with
            Permutations = 1
            Splits = 1
    }

    let vectors, model =
        PlantedWords.vectors settings (Seed seed), PlantedWords.model settings (Seed seed)

    let words = Words.shared vectors model |> Array.ofSeq
    (words |> Words.cosines vectors model ||> Rsa.compare once).Pearson

[<Fact>]
let ``Planted words agree as the formula says`` () =
    for share in [ 0.17; 0.3 ] do
        for seed in 1UL .. 2UL do
            let settings = { planted with Share = share }

            agreement settings seed
            |> should (equalWithin 0.03) (PlantedWords.agreement settings)

[<Fact>]
let ``Planted words that share nothing do not agree`` () =
    let settings = { planted with Share = 0.0 }
    PlantedWords.agreement settings |> should equal 0.0
    // The standard error of a correlation over 51,040 independent pairs is 0.0044.
    abs (agreement settings 1UL) |> should be (lessThan 0.02)

[<Fact>]
let ``Planted vectors have length one`` () =
    for length in
        vectors
        |> WordVectors.embedding (Array.ofSeq (WordVectors.words vectors))
        |> Norms.ofRows do
        length |> should (equalWithin 1e-5) 1.0
