module Workbench.Tests.PocketModelTests

open System
open System.IO
open System.Text.RegularExpressions
open Workbench
open Pocket
open Workbench.Core.Hub
open Workbench.Core.Models
open Workbench.Core.Training
open Xunit
open FsUnit.Xunit

// These models are in the repository: where they are missing, the tests fail.
let private names = [ "pocket-bert"; "pocket-gpt2"; "pocket-word2vec" ]
let private mostBytes = 25_000_000L

let private fileOf (name: string) (file: string) =
    Path.Combine(PocketModels.Folder, name, file)

let private card (name: string) =
    File.ReadAllText(fileOf name "README.md")

/// A model that ships; where it does not, nobody is asked for it.
let private load (name: string) =
    PocketModels.Names |> should contain name
    Model.load name

/// What stands beside a key in one of the tables of a card, its commas left out.
let private figure (key: string) (name: string) =
    let found =
        Regex.Match(card name, @"^\| " + Regex.Escape key + @" \| ([\d.,]+)", RegexOptions.Multiline)

    if not found.Success then
        invalidOp $"The card of {name} has no figure for {key}."

    found.Groups[1].Value.Replace(",", "") |> float

let private text =
    "The old man sat by the window and looked at the rain. He had been waiting for his daughter since the morning, and \
     now it was almost dark. "
    + "At last he heard the sound of a carriage upon the road, and he rose to open the door."

[<Fact>]
let ``The models that ship take 25 MB at most, with their cards, tokenizers and settings`` () =
    PocketModels.Names |> List.ofSeq |> should equal names

    Directory.GetFiles(PocketModels.Folder, "*", SearchOption.AllDirectories)
    |> Array.sumBy (fun path -> FileInfo(path).Length)
    |> should be (lessThanOrEqualTo mostBytes)

    for name in names do
        card name |> should startWith "---\nlicense: mit\nlanguage: en\n"

[<Theory>]
[<InlineData("pocket-gpt2", "model.safetensors")>]
[<InlineData("pocket-bert", "model.safetensors")>]
[<InlineData("pocket-word2vec", "pocket-word2vec.bin")>]
let ``A card gives the hash of the weights beside it`` (name: string) (file: string) =
    card name |> should haveSubstring (ModelCard.hash (fileOf name file))

[<Theory>]
[<InlineData "pocket-gpt2">]
[<InlineData "pocket-bert">]
let ``A language model that ships opens by its name and has as many parameters as its card says`` (name: string) =
    let model = load name
    model.Weights.Kind |> should equal Pocket

    model.Tensors.Tensors
    |> Seq.sumBy _.Shape.Elements
    |> float
    |> should equal (figure "parameters" name)

[<Fact>]
let ``pocket-gpt2 has the shape that its card and its settings say`` () =
    let model = load "pocket-gpt2"
    let config = (Model.transformer model).Config
    config.Refusals |> should be Empty

    (config.Tokens.Count, config.MaxTokens, config.Width, config.Blocks.Count, config.Blocks[0].Attention.Heads)
    |> should equal (10240, 256, 192, 6, 6)

    model |> Embedding.tokens |> Labelled.shape |> should equal (10240, 192)
    model |> Embedding.positions |> Labelled.shape |> should equal (256, 192)

    for words in
        [
            "10,240 byte-level BPE tokens × 192"
            "256 learned positions"
            "6 blocks of 6 heads"
        ] do
        card "pocket-gpt2" |> should haveSubstring words

[<Fact>]
let ``pocket-bert has the shape that its card says, BERT's ids for its special tokens, and 256 slots that no text uses``
    ()
    =
    let model = load "pocket-bert"
    let config = (Model.transformer model).Config
    config.Refusals |> should be Empty

    (config.Tokens.Count, config.MaxTokens, config.Width, config.Blocks.Count, config.Blocks[0].Attention.Heads)
    |> should equal (8192, 128, 192, 4, 6)

    model |> Embedding.tokens |> Labelled.shape |> should equal (8192, 192)

    [ "[PAD]"; "[UNK]"; "[CLS]"; "[SEP]"; "[MASK]" ]
    |> List.map (fun token -> (Tokens.tokenizer model).SpecialTokens[token])
    |> should equal [ 0; 100; 101; 102; 103 ]

    Tokens.classes 8192 model
    |> Array.filter (fun token -> token = TokenClass.Unused)
    |> Array.length
    |> should equal 256

[<Fact>]
let ``The tokenizers that ship give a text back, pocket-bert's in lower case`` () =
    let gpt2, bert = load "pocket-gpt2", load "pocket-bert"
    let odd = text + " Ça coûte 3 €, naïve “quotes” — 日本."
    gpt2 |> Tokens.decode (gpt2 |> Tokens.ids odd) |> should equal odd

    bert
    |> Tokens.decode (bert |> Tokens.ids "the old man sat by the window")
    |> should equal "the old man sat by the window"

[<Theory>]
[<InlineData "pocket-gpt2">]
[<InlineData "pocket-bert">]
let ``By its card a model beats counts of tokens, half precision is free, and it is said where pairs do better``
    (name: string)
    =
    let uniform, unigram, bigram, trained, stored =
        figure "a uniform choice" name,
        figure "counts of tokens (unigram, additive smoothing)" name,
        figure "counts of pairs (bigram, smoothed by the unigram)" name,
        figure "the model as trained (float32)" name,
        figure "the model as stored (float16)" name

    unigram |> should be (lessThan uniform)
    bigram |> should be (lessThan unigram)
    trained |> should be (lessThan unigram)
    stored |> should (equalWithin (0.01 * trained)) trained

    (card name).Contains "Anything that depends on the order of words"
    |> should equal (trained > bigram)

[<Fact>]
let ``By its card pocket-gpt2 predicts held-out text better than counts of pairs`` () =
    figure "the model as trained (float32)" "pocket-gpt2"
    |> should be (lessThan (figure "counts of pairs (bigram, smoothed by the unigram)" "pocket-gpt2"))

[<Fact>]
let ``pocket-gpt2 finds words in their order far likelier than the same tokens shuffled`` () =
    let model = load "pocket-gpt2"
    let gpt2 = Transformer(Model.transformer model)
    let ids = model |> Tokens.ids text

    let loss (ids: int[]) =
        let logits = gpt2.Logits(gpt2.Run(ReadOnlySpan ids).Output)

        Seq.init (ids.Length - 1) (fun i ->
            let row = logits.Row(i).ToArray() |> Array.map float
            let highest = Array.max row

            highest + log (row |> Array.sumBy (fun value -> exp (value - highest)))
            - row[ids[i + 1]])
        |> Seq.average

    let shuffled = ids |> Array.sortBy (fun id -> (id * 7919) % 10007)
    loss ids |> should be (lessThan (loss shuffled - 1.0))
    exp (loss ids) |> should be (lessThan 1000.0)

[<Fact>]
let ``pocket-word2vec holds the lower-case words that its card says, the most frequent first, and near words are near``
    ()
    =
    let vectors = WordVectors.load "pocket-word2vec"
    vectors.Weights.Kind |> should equal Pocket

    float (vectors.Words.Length * vectors.Dimensions)
    |> should equal (figure "parameters" "pocket-word2vec")

    (vectors.Words.Length, vectors.Dimensions) |> should equal (6000, 100)
    WordVectors.words vectors |> Seq.head |> should equal "the"

    WordVectors.words vectors
    |> Seq.forall (fun word -> word = word.ToLowerInvariant())
    |> should equal true

    vectors
    |> WordVectors.nearest 50 "mother"
    |> Array.map _.Word
    |> should contain "father"
