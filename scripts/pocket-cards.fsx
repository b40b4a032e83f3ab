// The words of the pocket models' cards: what their texts are, what the models are asked, and what they are not good
// for.
// The figures come from the training; make-pocket-models.fsx loads this.
module PocketCards

#load "prelude.fsx"
#load "pocket/ModelCard.fs"
#load "pocket/ModelExamples.fs"
#load "pocket/Pretraining.fs"
#load "pocket/WordTraining.fs"

open System.IO
open Workbench
open Pocket
open Workbench.Core.Hub
open Workbench.Core.Training
open Workbench.Core.Training.Text

let private duBois = [
    "Darkwater (1920)"
    "The Negro in the South (1907, with Booker T. Washington)"
    "The Conservation of Races (1897)"
    "The Quest of the Silver Fleece (1911)"
    "The Souls of Black Folk (1903)"
    "The Suppression of the African Slave-Trade (1896)"
    "The Negro (1915)"
]

let private works = [
    "bronte.txt", "Charlotte Brontë: Jane Eyre (1847), Shirley (1849), The Professor (1857), Villette (1853)"
    "darwin.txt",
    "Charles Darwin: On the Origin of Species (1859), The Expression of the Emotions (1872), The Descent of Man (1874)"
    "dubois.txt", "W. E. B. Du Bois: " + String.concat ", " duBois
    "shakespeare.txt", "William Shakespeare: 40,000 lines from the plays, Coriolanus to The Tempest"
]

/// Tokens and words whose neighbours a card shows.
let private words =
    "man mother king house river night two white said think great never".Split ' '
    |> List.ofArray

let private sentences = [
    "he looked at [MASK] with his own eyes ."
    "the [MASK] of england was crowned in london ."
    "she opened the [MASK] and went into the room ."
    "the two species differ in [MASK] and size ."
    "the slave trade was [MASK] by the congress ."
]

let private relations = [
    "man to woman",
    "man woman, king queen, boy girl, father mother, son daughter, brother sister, husband wife, uncle aunt, gentleman \
     lady, he she"
    "one to many",
    "day days, hand hands, eye eyes, friend friends, book books, word words, thing things, man men, woman women, child \
     children"
    "now to then",
    "see saw, come came, go went, say said, know knew, take took, give gave, find found, think thought, feel felt, \
     speak spoke"
    "more",
    "great greater, small smaller, large larger, high higher, long longer, strong stronger, good better, bad worse, \
     near nearer"
    "opposites",
    "good bad, rich poor, old young, black white, north south, day night, strong weak, high low, first last"
]

let private write (corpus: TextCorpus) (folder: string) tags summary sections limits (file: string) =
    let name = Path.GetFileName folder

    let command =
        $"""dotnet fsi scripts/make-pocket-models.fsx TEXTS {name.Replace("pocket-", "")}"""

    ModelCard.write folder {
        Name = name
        Tags = tags @ [ "interpretability"; "workbench" ]
        Summary =
            $"{summary} It ships with Workbench, so that its lessons have trained weights to look at without a network."
        Sections =
            ("Data", ModelCard.texts works corpus) :: sections
            @ [
                "What it is not good for", limits
                "Licence",
                "The texts are in the public domain. The weights are under the MIT licence, as the project is."
                "Making it again",
                $"`{command}` with the texts above; on x86-64 with AVX-512 `{file}` then has the SHA-256 \
                  `{ModelCard.hash (Path.Combine(folder, file))}`."
            ]
    }

let private heldOut =
    "Held-out text",
    "Of every file the last twentieth, from the beginning of a paragraph on, is held out from training. It is not like \
     the rest: Darwin's ends with an index, Du Bois's with a bibliography. The perplexities hold for these very texts."

let private limits =
    "Facts, fluent text, modern English, any use where a wrong answer matters. Its world is four authors of the \
     sixteenth to twentieth centuries, with their times' views on race, sex and empire. What it has in common with the \
     published model of its kind, and what not, the lessons find out."

/// The card of a model of GPT-2's kind.
let gpt2 (corpus: TextCorpus) (plan: Pretraining) (trained: Pretrained) =
    let behindSpace = words |> List.map (fun word -> " " + word)
    let near = Model.load trained.Folder |> ModelExamples.nearestTokens 5 behindSpace
    let nearest = "Nearest tokens", near

    write
        corpus
        trained.Folder
        [ "gpt2" ]
        "GPT-2's architecture, small: 10,240 byte-level BPE tokens × 192, 256 learned positions, 6 blocks of 6 heads, \
         tied output."
        (heldOut :: Pretraining.sections plan trained @ [ nearest ])
        limits
        ModelFiles.Safetensors

/// The card of a model of BERT's kind.
let bert (corpus: TextCorpus) (plan: Pretraining) (trained: Pretrained) =
    let model = Model.load trained.Folder

    let order =
        if trained.HeldOut > trained.Baselines.Bigram then
            "Anything that depends on the order of words. It tells hidden words by the company they keep in a passage: \
             better than counts of tokens, worse than counts of pairs, which are shown the true left neighbour. Masked \
             language models stay at this stage for long before they learn to look at neighbours, and this one's \
             training ended there. Its embeddings hold frequency and topic, and little grammar. Further: "
        else
            ""

    write
        corpus
        trained.Folder
        [ "bert"; "fill-mask" ]
        "BERT's architecture, small and uncased: 8,192 WordPiece tokens × 192, of which 256 (3.1 %) are `[unused…]` \
         slots that no text ever uses, 128 positions, 4 blocks of 6 heads, tied masked-language head, no next-sentence \
         prediction."
        (heldOut :: Pretraining.sections plan trained
         @ [
             "Masked words", ModelExamples.masked 4 sentences model
             "Nearest tokens", ModelExamples.nearestTokens 5 words model
         ])
        (order + limits)
        ModelFiles.Safetensors

/// The card of word vectors.
let word2vec (corpus: TextCorpus) (file: string) (training: string) =
    let vectors = WordVectors.load file

    write
        corpus
        (string (Path.GetDirectoryName file))
        [ "word2vec" ]
        $"{ModelCard.count vectors.Words.Length} lower-case words × {vectors.Dimensions}, by skip-gram with negative \
          sampling, in word2vec's binary format."
        [
            "Training", training
            "Nearest words", ModelExamples.nearestWords 5 words vectors
            "Analogies",
            "Pairs of common words, chosen by hand; published sets of questions ask for rarer ones and are harder. \
             Right is the one word nearest by vector offset, among all but the three given, so that chance would be \
             right once in several thousand.\n\n"
            + ModelExamples.analogies relations vectors
        ]
        "Rare words, names, modern senses, analogies of meaning: two million words are a thousandth part or less of \
         what published vectors learnt from, written with their times' views."
        (string (Path.GetFileName file))
