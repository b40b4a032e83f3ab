module Workbench.Tests.EmbeddingWordsTests

open System
open System.IO
open System.Text.Json
open Xunit
open FsUnit.Xunit
open Workbench
open Workbench.Core.Formats

let private gpt2, bert = Model.load "pocket-gpt2", Model.load "pocket-bert"

let private refusal (act: unit -> unit) =
    Assert.Throws<ArgumentException>(act).Message

[<Fact>]
let ``The nearest tokens are those of a loop over all, without the word itself`` () =
    let found = gpt2 |> Embedding.nearest 6 " king"
    Labelled.shape found |> should equal (6, 1)
    let table = Embedding.tokens gpt2
    let king = Tokens.word " king" gpt2

    let expected =
        Array.init table.Rows.Length (fun id -> id, Similarity.ofTwo (Labelled.row king table) (Labelled.row id table))
        |> Array.filter (fun (id, _) -> id <> king)
        |> Array.sortByDescending snd
        |> Array.truncate 6

    Axis.labels found.Rows
    |> should equal (expected |> Array.map (fun (id, _) -> Tokens.text id gpt2))

    for i in 0..5 do
        float found[i, 0] |> should (equalWithin 1e-5) (snd expected[i])

    string found |> should haveSubstring "\" queen\": 0.75"

[<Fact>]
let ``A word of several tokens has the neighbours of what is taken for it, its own tokens left out`` () =
    let found = gpt2 |> Embedding.nearestBy Pooling.Mean 4 " zebra"
    let own = Tokens.ids " zebra" gpt2
    let zebra = gpt2 |> Embedding.ofWordsBy Pooling.Mean [ " zebra" ] |> Labelled.row 0
    let table = Embedding.tokens gpt2

    let expected =
        [| 0 .. table.Rows.Length - 1 |]
        |> Array.filter (fun id -> not (Array.contains id own))
        |> Array.sortByDescending (fun id -> Similarity.ofTwo zebra (Labelled.row id table))
        |> Array.truncate 4
        |> Array.map (fun id -> Tokens.text id gpt2)

    Axis.labels found.Rows |> should equal expected
    string found |> should haveSubstring "the mean of several tokens for \" zebra\""

[<Fact>]
let ``A piece of words is said to be one where a word is spelled alike`` () =
    string (gpt2 |> Embedding.nearest 1 "king")
    |> should haveSubstring "nearest to \"king\", a piece of words; \" king\" is a word"

    string (gpt2 |> Embedding.nearest 1 " king")
    |> should not' (haveSubstring "piece of words")

[<Fact>]
let ``A token is found under the name that a table gives it, and the file's spelling is told`` () =
    let piece = Tokens.word "##ing" bert
    Tokens.text piece bert |> should equal "##ing"
    (Embedding.nearest 2 "##ing" bert).Rows.Length |> should equal 2

    refusal (fun () -> gpt2 |> Embedding.nearest 1 "Ġking" |> ignore)
    |> should haveSubstring "\"Ġking\" is how its file writes \" king\""

[<Fact>]
let ``A word of several tokens is refused with the choices, and each choice is what it says`` () =
    let message = refusal (fun () -> gpt2 |> Embedding.ofWords [ " zebra" ] |> ignore)
    message |> should haveSubstring "2 tokens"
    message |> should haveSubstring "mean"
    let ids = Tokens.ids " zebra" gpt2
    let table = Embedding.tokens gpt2

    let found pooling =
        gpt2 |> Embedding.ofWordsBy pooling [ " king"; " zebra" ]

    let row (matrix: Labelled) = Labelled.row 1 matrix

    row (found Pooling.First) |> should equal (Labelled.row ids[0] table)
    row (found Pooling.Last) |> should equal (Labelled.row (Array.last ids) table)

    let mean =
        Array.map2 (fun a b -> float (float32 ((a + b) / 2.0))) (Labelled.row ids[0] table) (Labelled.row ids[1] table)

    row (found Pooling.Mean) |> should equal mean

    Labelled.row 0 (found Pooling.Mean)
    |> should equal (Labelled.row (Tokens.word " king" gpt2) table)

    (found Pooling.Mean).Provenance.Steps
    |> List.last
    |> should haveSubstring "mean of several tokens for \" zebra\""

    refusal (fun () -> gpt2 |> Embedding.nearest 3 " zebra" |> ignore)
    |> should haveSubstring "2 tokens"

[<Fact>]
let ``A typing error, another form of a word and a word that cannot be spelled are told apart`` () =
    refusal (fun () -> gpt2 |> Embedding.nearest 3 "queen" |> ignore)
    |> should haveSubstring "\" queen\" is one"

    refusal (fun () -> gpt2 |> Embedding.nearest 3 " kingg" |> ignore)
    |> should haveSubstring "\" king\", \"g\""

    refusal (fun () -> bert |> Embedding.ofWordsBy Pooling.Mean [ "\u2603" ] |> ignore)
    |> should haveSubstring "can spell"

    // A token that steers the model has neighbours as well.
    (bert |> Embedding.nearest 3 "[CLS]").Rows.Length |> should equal 3

[<Fact>]
let ``An analogy is the nearest to the sum of directions, the given words left out`` () =
    let found = gpt2 |> Embedding.analogy 3 [ " brother"; " woman" ] [ " man" ]
    let labels = Axis.labels found.Rows
    labels[0] |> should equal " sister"

    for given in [ " brother"; " woman"; " man" ] do
        labels |> should not' (contain given)

[<Fact>]
let ``Along an axis its ends lie at 0 and 1, and what is added across it does not count`` () =
    let places = [| [| 1.0; 1.0 |]; [| 3.0; 1.0 |]; [| 2.0; 9.0 |]; [| -1.0; 0.0 |] |]

    let table =
        Labelled.init
            (Axis.labelled "word" [| "a"; "b"; "c"; "d" |])
            (Axis.numbered "dimension" 2)
            (Provenance.computed "given")
            (fun i j -> places[i][j])

    table
    |> Embedding.axis "a" "b"
    |> Labelled.column 0
    |> should equal [| 0.0; 1.0; 0.5; -1.0 |]

    table
    |> Embedding.direction "a" "b"
    |> Labelled.row 0
    |> should equal [| 2.0; 0.0 |]

    refusal (fun () -> table |> Embedding.axis "a" "a" |> ignore)
    |> should haveSubstring "same vector"

    let words = gpt2 |> Embedding.ofWords [ " man"; " woman"; " brother"; " sister" ]
    let places = words |> Embedding.axis " man" " woman" |> Labelled.column 0
    places[3] |> should be (greaterThan places[2])

    refusal (fun () -> words |> Embedding.axis "man" " woman" |> ignore)
    |> should haveSubstring "\" man\""

[<Fact>]
let ``Two models are compared on words that both have, whatever they put before a word`` () =
    let shared = Embedding.shared gpt2 bert
    shared.Length |> should be (greaterThan 1000)
    shared |> Array.distinct |> should haveLength shared.Length

    for word in Array.truncate 20 shared do
        Tokens.tryWord word bert |> should not' (equal None)
        Tokens.tryWord (" " + word) gpt2 |> should not' (equal None)

    let compared = Embedding.compareOn (Array.truncate 60 shared) gpt2 bert
    compared.First.Rows |> should equal compared.Second.Rows
    compared.Geometry.Value |> should be (greaterThan 0.1)
    compared.CanonicalCorrelations |> should equal None
    string compared |> should haveSubstring "on 60 words"

    let itself = Embedding.compareOn (Array.truncate 60 shared) gpt2 gpt2
    itself.Geometry.Value |> should (equalWithin 1e-6) 1.0
    itself.Procrustes.Similarity |> should (equalWithin 1e-6) 1.0

    refusal (fun () -> Embedding.compareOn [ "king"; "zebra"; "man"; "woman" ] gpt2 bert |> ignore)
    |> should haveSubstring "zebra"

let private given (file: TensorFile) (name: string) =
    let values = file.ReadDoubles name
    let width = values.Length / 40

    Labelled.init (Axis.numbered "item" 40) (Axis.numbered "dimension" width) (Provenance.computed name) (fun i j ->
        values[i * width + j])

[<WeightsFact "reference/verbs/verbs.json">]
let ``Alignment, Procrustes and canonical correlations agree with the original libraries`` () =
    let folder = [ "reference"; "verbs" ]
    use file = SafetensorsFile.Open(WeightsFolder.at (folder @ [ "verbs.safetensors" ]))

    use json =
        JsonDocument.Parse(File.ReadAllText(WeightsFolder.at (folder @ [ "verbs.json" ])))

    let number (name: string) =
        json.RootElement.GetProperty(name).GetDouble()

    let x, y = given file "x", given file "y"
    let alignment = Rsa.alignment x y
    alignment.Biased |> should (equalWithin 1e-6) (number "cka_linear")
    alignment.Debiased |> should (equalWithin 1e-6) (number "cka_linear_debiased")
    let similarity = (Rsa.procrustes (Seed 1UL) 9 x y).Similarity

    // |X − YR|² of configurations of length 1, and of those given: |X|² + |Y|² − 2|X||Y| times the similarity.
    2.0 - 2.0 * similarity
    |> should (equalWithin 1e-6) (number "procrustes_distance_unit")

    let square (matrix: Labelled) =
        (Labelled.centre matrix).Values.ToArray()
        |> Array.sumBy (fun v -> float v * float v)

    square x + square y - 2.0 * sqrt (square x * square y) * similarity
    |> should (equalWithin 1e-2) (number "procrustes_distance")

    let wanted = [|
        for each in json.RootElement.GetProperty("canonical_correlations").EnumerateArray() -> each.GetDouble()
    |]

    let found = Rsa.canonicalCorrelations x y
    found.Length |> should equal 12

    for a, b in Array.zip wanted found do
        b |> should (equalWithin 1e-6) a

[<WeightsTheory "reference/families/heads.safetensors">]
[<InlineData("smollm2-135m-instruct", " king")>]
[<InlineData("stories260K", "time")>]
[<InlineData("minilm", "king")>]
let ``Words of models of other families have neighbours too`` (name: string, word: string) =
    let model = Model.load name
    Embedding.hasTokens model |> should equal true
    (model |> Embedding.nearest 3 word).Rows.Length |> should equal 3

[<Fact>]
let ``Every word that is refused is named at once`` () =
    let message =
        Assert
            .Throws<ArgumentException>(fun () ->
                gpt2 |> Embedding.ofWords [ " zebra"; " king"; " giraffe"; " okapi" ] |> ignore)
            .Message

    message |> should startWith "\" zebra\" is 2 tokens"

    message
    |> should haveSubstring "Nor can these be taken: \" giraffe\", \" okapi\"."

    message |> should not' (haveSubstring "\" king\"")
