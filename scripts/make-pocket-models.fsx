// Trains the three pocket models from a folder of plain text and writes them with a card each:
//
//     dotnet fsi scripts/make-pocket-models.fsx TEXTS [OUT] [gpt2] [bert] [word2vec]
//
// TEXTS holds .txt files; OUT, by default src/Pocket, gets a folder for each model. Names choose which are made; none
// means all.
// On two cores pocket-gpt2 took an hour, pocket-bert a quarter of one. A language model saves itself to
// OUT/NAME.training every two minutes: what was broken off goes on
// when it is started again, and what has finished is only measured and written again. The same texts give the same
// bits.
//
// The texts are in the public domain, and Project Gutenberg (gutenberg.org) has them all; pocket-cards.fsx lists the
// works. Keep each
// author's in one file without Gutenberg's header and licence. The very files, with the hashes that the cards give, are
// in
// github.com/ml5js/ml5-data-and-models.
#load "pocket-cards.fsx"

open System
open System.IO
open Workbench
open Pocket
open Workbench.Core.Formats
open Workbench.Core.Models
open Workbench.Core.Models.Families
open Workbench.Core.Training
open Workbench.Core.Training.SkipGram
open Workbench.Core.Training.Text
open Workbench.Core.Words

let seed = 7UL
let names = [ "gpt2"; "bert"; "word2vec" ]

let usage =
    "dotnet fsi scripts/make-pocket-models.fsx TEXTS [OUT] [gpt2] [bert] [word2vec]"

let refuse (message: string) =
    eprintfn $"{message}"
    exit 2

let texts, out, chosen =
    let chosen, paths =
        fsi.CommandLineArgs
        |> Array.toList
        |> List.tail
        |> List.partition (fun word -> List.contains word names)

    let chosen = if chosen.IsEmpty then names else chosen
    let beside = Path.Combine(__SOURCE_DIRECTORY__, "..", "src", "Pocket")

    match paths with
    | [] -> refuse $"Usage: {usage}"
    | path :: _ when not (Directory.Exists path) ->
        refuse $"There is no folder {path} to read texts from. Usage: {usage}"
    | [ texts ] -> texts, Path.GetFullPath beside, chosen
    // A word that is no folder yet is more likely a slip than the name of a new one.
    | [ texts; out ] when Directory.Exists out || out.IndexOfAny [| '/'; '\\' |] >= 0 ->
        texts, Path.GetFullPath out, chosen
    | _ :: word :: _ -> refuse $"{word} is no model and no folder; write ./{word} for a new folder. Usage: {usage}"

let gpt2 (corpus: TextCorpus) =
    let shape =
        Gpt2.Config(vocabulary = 10240, positions = 256, width = 192, blocks = 6, heads = 6)

    let schedule = {
        Sequences = 16
        Steps = 3500
        Peak = 1e-3
        Seed = seed
    }

    let vocabulary = BytePairTraining.Train(corpus.Training, shape.Tokens.Count)
    let plan = corpus |> Pretraining.causal "pocket-gpt2" schedule shape vocabulary
    Pretraining.run out plan |> PocketCards.gpt2 corpus plan

let bert (corpus: TextCorpus) =
    let shape =
        Bert.Config(
            vocabulary = 8192,
            positions = 128,
            width = 192,
            blocks = 4,
            heads = 6,
            inner = 768,
            activation = Activation.GeluNew
        )

    let schedule = {
        Sequences = 16
        Steps = 4500
        Peak = 1e-3
        Seed = seed
    }

    let vocabulary =
        WordPieceTraining.Train(corpus.Training, shape.Tokens.Count, unused = 256)

    let plan = corpus |> Pretraining.masked "pocket-bert" schedule shape vocabulary
    Pretraining.run out plan |> PocketCards.bert corpus plan

let word2vec (corpus: TextCorpus) =
    let name = "pocket-word2vec"

    let settings =
        SkipGramSettings(Dimensions = 100, Window = 5, Negatives = 10, Subsampling = 1e-4, Epochs = 20, Seed = seed)

    let paragraphs =
        corpus.Files
        |> Seq.collect (fun file -> WordStream.Paragraphs((file.Training + file.HeldOut).Split '\n'))

    let words = WordCorpus.Of(paragraphs, maximumWords = 6000)
    let vectors, losses = words |> WordTraining.run name settings

    let file =
        Path.Combine(Directory.CreateDirectory(Path.Combine(out, name)).FullName, name + ".bin")

    WordVectorsFile.Write(file, vectors)
    WordTraining.describe settings words losses |> PocketCards.word2vec corpus file

try
    let corpus = TextCorpus.Read texts

    for name in chosen do
        match name with
        | "gpt2" -> gpt2 corpus
        | "bert" -> bert corpus
        | _ -> word2vec corpus
with
| :? IOException
| :? UnauthorizedAccessException
| :? InvalidDataException as error -> refuse error.Message
