// Draws the pictures of README and site that stand on published weights beside the pocket models':
//
//   WORKBENCH_MODELS=FOLDER dotnet fsi scripts/pictures.fsx docs/img
//
// FOLDER holds minilm, smollm2-135m-instruct, tinystories-1m and word2vec/googlenews-8000.bin.
// Only pictures are written.
#load "prelude.fsx"

open System.IO
open Workbench

let folder =
    match fsi.CommandLineArgs with
    | [| _; folder |] -> folder
    | _ -> invalidArg "arguments" "Say the folder that the pictures go to."

let small = Chart.withSize 480 320

/// Kinds of tokens of a vocabulary (lesson 3).
let classes name =
    let model = Model.load name
    let survey = VocabularySurvey.ofModel model

    survey |> SimilarityFigure.classes $"{name}: {survey.Shape.N:N0} pairs" |> small

/// The way of a sentence through the blocks (lesson 8).
let ways name =
    let model = Model.load name
    let embeddings = Embedding.tokens model
    let rows = Sample.without (Seed 7UL) 10000 embeddings.Rows.Length |> Array.sort

    let map = embeddings |> Labelled.selectRows rows |> Projection.umapIn 2 (Seed 8UL)

    model
    |> Residual.stream "To kill two birds with one stone"
    |> Residual.throughFinalNorm
    |> StreamFigure.ways map
    |> Chart.withTitle $"A sentence in {name}"
    |> Chart.withCaption "7 tokens, UMAP of 10,000 embeddings, seed 8"
    |> small

/// The same pairs of words in two spaces (lesson 4), in the last form that the model knows.
let agreement vectors name =
    let vectors, model = WordVectors.load vectors, Model.load name
    let form, words = Words.byForm 6 100 vectors model |> List.last
    let first, second = Words.cosines vectors model words
    let rsa = Rsa.compare RsaSettings.Quick first second

    RsaFigure.scatter first second
    |> Chart.withTitle (System.FormattableString.Invariant $"{name}, {form}: r = {rsa.Pearson:F3}")
    |> Chart.withMarker Marker.Circle 1.5
    |> Chart.withXTitle "cosine in word vectors"
    |> Chart.withYTitle "cosine in model"
    |> Chart.withCaption "4,950 pairs of 100 words"
    |> Chart.withSize 400 300

Directory.CreateDirectory folder |> ignore

Chart.saveImages [
    for file, chart in
        [
            "classes-pocket.png", classes "pocket-bert"
            "classes-minilm.png", classes "minilm"
            "ways-pocket.png", ways "pocket-gpt2"
            "ways-smollm2.png", ways "smollm2-135m-instruct"
            "words-pocket.png", agreement "pocket-word2vec" "pocket-gpt2"
            "words-tinystories.png", agreement "googlenews-8000" "tinystories-1m"
        ] -> Path.Combine(folder, file), chart
]
