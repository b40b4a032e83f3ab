module Workbench.Tests.PretrainingTests

open System
open System.IO
open Workbench
open Pocket
open Workbench.Core.Models
open Workbench.Core.Models.Families
open Workbench.Core.Tensors
open Workbench.Core.Training
open Xunit
open FsUnit.Xunit
open Workbench.Core.Training.Text

let private paragraphs = [
    "The garden lay behind the house, and a wall of grey stone ran round it. In summer the bees were loud there."
    "Nobody had opened the gate for years; the key was lost, and the hinges were red with rust."
    "On the first warm day of spring a boy climbed over the wall, and found a fox asleep under the pear tree."
    "He told his sister, who told the gardener, who told everybody; but the fox had gone before they came."
    "What remained was a hollow in the grass, still warm, and a few red hairs on the bark of the tree."
]

let private inFolder (test: string -> unit) =
    let folder = Directory.CreateTempSubdirectory("workbench-").FullName

    try
        test folder
    finally
        Directory.Delete(folder, recursive = true)

let private schedule = {
    Sequences = 4
    Steps = 6
    Peak = 1e-3
    Seed = 7UL
}

let private corpusIn (folder: string) =
    let texts = Directory.CreateDirectory(Path.Combine(folder, "texts")).FullName
    File.WriteAllText(Path.Combine(texts, "garden.txt"), String.Join("\n\n", paragraphs))
    TextCorpus.Read(texts, 0.3)

let private causal (corpus: TextCorpus) =
    let shape =
        Gpt2.Config(vocabulary = 280, positions = 16, width = 16, blocks = 1, heads = 2)

    corpus
    |> Pretraining.causal "small" schedule shape (BytePairTraining.Train(corpus.Training, 280))

let private masked (corpus: TextCorpus) =
    let shape =
        Bert.Config(
            vocabulary = 80,
            positions = 16,
            width = 16,
            blocks = 1,
            heads = 2,
            inner = 32,
            activation = Activation.GeluNew
        )

    corpus
    |> Pretraining.masked "small" schedule shape (WordPieceTraining.Train(corpus.Training, 80, unused = 4))

[<Theory>]
[<InlineData true>]
[<InlineData false>]
let ``A training that has finished is only measured when it is run again, and its model opens under its name``
    (isCausal: bool)
    =
    inFolder (fun folder ->
        let corpus = corpusIn folder

        let plan () =
            if isCausal then causal corpus else masked corpus

        let first = Pretraining.run folder (plan ())
        let weights = ModelCard.hash (Path.Combine(first.Folder, "model.safetensors"))
        fst first.Recorded |> should equal schedule.Steps

        let again = Pretraining.run folder (plan ())

        ModelCard.hash (Path.Combine(again.Folder, "model.safetensors"))
        |> should equal weights

        fst again.Recorded |> should equal schedule.Steps
        again.HeldOut |> should equal first.HeldOut
        again.Stored |> should equal first.Stored

        let model = Model.load first.Folder
        model |> Embedding.tokens |> Labelled.shape |> snd |> should equal 16
        model |> Tokens.ids "the fox" |> should not' (be Empty)
        let near = model |> ModelExamples.nearestTokens 2 [ "a"; "no such token" ]
        near |> should haveSubstring "\n| `a` | `"

        if not isCausal then
            let predicted = model |> ModelExamples.masked 2 [ "the [MASK] was red ." ]
            predicted |> should haveSubstring "\n| the [MASK] was red . | `"

        Family.Parse((plan ()).Config, "").Refusals |> should be Empty)

[<Fact>]
let ``A training of another seed does not go on from the checkpoint`` () =
    inFolder (fun folder ->
        let corpus = corpusIn folder
        Pretraining.run folder (causal corpus) |> ignore

        let shape =
            Gpt2.Config(vocabulary = 280, positions = 16, width = 16, blocks = 1, heads = 2)

        let vocabulary = BytePairTraining.Train(corpus.Training, 280)

        let other =
            corpus
            |> Pretraining.causal "small" { schedule with Seed = 8UL } shape vocabulary

        (fun () -> Pretraining.run folder other |> ignore)
        |> should throw typeof<InvalidDataException>)

[<Fact>]
let ``The settings of a pocket model keep their text, which its checkpoint is compared with`` () =
    let shape =
        Gpt2.Config(vocabulary = 10240, positions = 256, width = 192, blocks = 6, heads = 6)

    ConfigText.Of(shape, 10239).Split('\n')
    |> Array.map _.Trim()
    |> String.concat " "
    |> should
        equal
        ("""{ "architectures": [ "GPT2LMHeadModel" ], "model_type": "gpt2", "vocab_size": 10240, "n_positions": 256, """
         + """"n_embd": 192, "n_layer": 6, "n_head": 6, "activation_function": "gelu_new", """
         + """"layer_norm_epsilon": 1E-05, "tie_word_embeddings": true, "bos_token_id": 10239, """
         + """"eos_token_id": 10239 }""")

    (fun () -> ConfigText.Of(Gpt2.Config(inner = 5), 0) |> ignore)
    |> should throw typeof<ArgumentException>

    (fun () -> ConfigText.Of(Bert.Config(), 0) |> ignore)
    |> should throw typeof<ArgumentException>

[<Fact>]
let ``The sections of a card hold what was measured`` () =
    inFolder (fun folder ->
        let plan = corpusIn folder |> causal
        let trained = Pretraining.run folder plan
        let text = Pretraining.sections plan trained |> List.map snd |> String.concat "\n"
        let parameters = plan.Model.Parameters |> Seq.sumBy _.Shape.Elements
        text |> should haveSubstring $"| parameters | {ModelCard.count parameters} |"

        text
        |> should haveSubstring $"| the model as trained (float32) | {ModelCard.fixedPoint 1 trained.HeldOut} |"

        text
        |> should haveSubstring $"| 6 | {ModelCard.fixedPoint 3 (trained.Curve.Smoothed 5)} |"

        text |> should haveSubstring "6 of the steps")

[<Fact>]
let ``A card begins with what the hub reads, and a bar in a token does not end its cell`` () =
    let card = {
        Name = "small"
        Tags = [ "gpt2"; "tiny" ]
        Summary = "A summary."
        Sections = [
            "Tokens", ModelCard.table [ "token"; "near" ] [ [ ModelCard.code " a|b"; "1" ] ]
        ]
    }

    ModelCard.toMarkdown card
    |> should
        equal
        "---\nlicense: mit\nlanguage: en\ntags:\n- gpt2\n- tiny\n---\n\n# small\n\nA summary.\n\n## Tokens\n\n| token \
         | near |\n| --- | --- |\n| `␣a\\|b` | 1 |\n"

    (fun () -> ModelCard.table [ "one" ] [ [ "1"; "2" ] ] |> ignore)
    |> should throw typeof<ArgumentException>

[<Fact>]
let ``Analogies are asked of every two pairs whose words are there`` () =
    let words = [| "man"; "woman"; "king"; "queen"; "uncle"; "aunt"; "stone" |]

    let values = [|
        1f
        0f
        0f
        1f
        1f
        0f
        1f
        0f
        1f
        1f
        1f
        1f
        1f
        0f
        -1f
        1f
        1f
        -1f
        -9f
        1f
        0f
    |]

    let vectors =
        Workbench.Core.Words.WordVectors(words, Matrix.FromArray(7, 3, values))
        |> WordVectors.ofTable (Weights.planted "seven" "by hand" (fun () -> [||]))

    let table =
        vectors
        |> ModelExamples.analogies [ "kin", "man woman, king queen, uncle aunt, boy girl"; "none", "a b" ]

    table |> should haveSubstring "| kin | 6 | 6 | 100 % |"
    table |> should haveSubstring "| none | 0 | 0 |"

    let near = vectors |> ModelExamples.nearestWords 2 [ "king"; "unheard" ]
    near |> should haveSubstring "| king | "
    near |> should not' (haveSubstring "unheard")
