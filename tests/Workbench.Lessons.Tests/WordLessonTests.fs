namespace Workbench.Lessons.Tests

open System.IO
open System.Text.Json
open Workbench.Tests
open Xunit
open FsUnit.Xunit

[<Collection "All lessons">]
type WordLessonTests(all: AllLessons) =
    let results () =
        JsonDocument.Parse(File.ReadAllText(all.At("04-word2vec-and-gpt2", "results.json")))

    let finding (name: string) (document: JsonDocument) =
        document.RootElement.GetProperty("results").EnumerateArray()
        |> Seq.find (fun finding -> string (finding.GetProperty "name") = name)

    let number name document =
        (finding name document).GetProperty("value").GetDouble()

    let numbers name document = [
        for value in (finding name document).GetProperty("value").EnumerateArray() -> value.GetDouble()
    ]

    [<Fact>]
    member _.``The comparison of two vocabularies states all that is needed to judge it``() =
        use document = results ()

        [
            for finding in document.RootElement.GetProperty("results").EnumerateArray() ->
                string (finding.GetProperty "name")
        ]
        |> List.filter (fun name -> not (name.StartsWith "form."))
        |> should equal [
            "words"
            "words.n"
            "rsa.pearson"
            "rsa.spearman"
            "rsa.rho-a"
            "rsa.cosine"
            "mantel.p"
            "rsa.interval"
            "rsa.centred"
            "ceiling.word2vec"
            "ceiling.model"
            "partial"
            "random-sets"
        ]

        let words = (finding "words" document).GetProperty("value").GetArrayLength()
        number "words.n" document |> should equal (float words)

        (finding "rsa.pearson" document).GetProperty("n").GetInt32()
        |> should equal (words * (words - 1) / 2)

        let interval = numbers "rsa.interval" document
        number "rsa.pearson" document |> should be (inRange interval[0] interval[1])
        (finding "mantel.p" document).GetProperty("n").GetInt32() |> should equal 9999
        (finding "mantel.p" document).GetProperty("seed").GetInt32() |> should equal 1
        let sets = numbers "random-sets" document
        sets[2] |> should equal 1000.0

        sets[1] |> should be (greaterThan 0.0)
        abs (number "rsa.centred" document - sets[0]) |> should be (lessThan 0.3)

    [<WeightsFact "reference/rsa-word2vec-minilm.json">]
    member _.``With Google's thousand words and MiniLM the lesson states the values that NumPy and rsatoolbox found``
        ()
        =
        use document = results ()

        [
            for weights in document.RootElement.GetProperty("weights").EnumerateArray() ->
                string (weights.GetProperty "name")
        ]
        |> should equal [ "googlenews-1000"; "minilm" ]

        use reference =
            JsonDocument.Parse(File.ReadAllText(WeightsFolder.at [ "reference"; "rsa-word2vec-minilm.json" ]))

        let known = reference.RootElement.GetProperty "letters_6"

        [
            for word in (finding "words" document).GetProperty("value").EnumerateArray() -> string word
        ]
        |> should equal [ for word in known.GetProperty("words").EnumerateArray() -> string word ]

        for name, key in
            [
                "rsa.pearson", "pearson"
                "rsa.spearman", "spearman"
                "rsa.rho-a", "rho_a"
                "rsa.cosine", "cosine_of_similarities"
            ] do
            number name document
            |> should (equalWithin 1e-6) (known.GetProperty(key).GetDouble())
