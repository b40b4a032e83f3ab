namespace Workbench.Tests

open System
open System.IO
open System.Runtime.InteropServices
open System.Security.Cryptography
open System.Text.Json
open Xunit
open FsUnit.Xunit
open Workbench
open Workbench.Core.Formats
open Workbench.Core.Models
open Workbench.Core.Tensors

/// SmolLM2-135M-Instruct, opened once for all that is asked of it, and what other libraries found of it.
type SmolLm() =
    let model = lazy Model.load (WeightsFolder.at [ "smollm2-135m-instruct" ])

    let at name =
        WeightsFolder.at [ "reference"; "smollm2"; name ]

    let known = lazy JsonDocument.Parse(File.ReadAllText(at "expected.json"))
    member _.Model = model.Value
    member _.Known = known.Value.RootElement
    member _.Golden(name: string) : SafetensorsFile = SafetensorsFile.Open(at name)

/// A whole language model of today, from the file that llama.cpp runs: everything that was computed of it elsewhere, by
/// transformers and NumPy in double precision unless it is said otherwise.
type SmolLmTests(smol: SmolLm) =
    let model = smol.Model

    let numbers (element: JsonElement) : float[] = [| for item in element.EnumerateArray() -> item.GetDouble() |]

    let whole (element: JsonElement) : int[] = [| for item in element.EnumerateArray() -> item.GetInt32() |]

    // Python opens a text with one kind of line end, whatever stands in the file.
    let corpus (name: string) =
        File.ReadAllText(WeightsFolder.at [ "corpus"; name ]).ReplaceLineEndings "\n"

    let texts () = [
        for text in smol.Known.GetProperty("texts").EnumerateArray() -> string (text.GetProperty "text"), text
    ]

    // The largest difference, relative to the largest value that is wanted.
    let off (wanted: float[]) (found: float32[]) : float =
        found.Length |> should equal wanted.Length

        let largest = wanted |> Seq.map abs |> Seq.max
        largest |> should be (greaterThan 0.0)
        (Seq.map2 (fun a b -> abs (a - float b)) wanted found |> Seq.max) / largest

    let within (bound: float) (what: string) (error: float) =
        Assert.True(error <= bound, $"{what}: off by {error}, allowed are {bound}")

    interface IClassFixture<SmolLm>

    [<WeightsFact "reference/smollm2">]
    member _.``Every hidden state, three blocks' attention and the last scores are the original library's``() =
        use golden = smol.Golden "forward.safetensors"
        let transformer = Transformer(Model.transformer model)

        for i, (text, _) in List.indexed (texts ()) do
            let ids = golden.ReadIntegers $"{i}.ids" |> Array.map int
            Tokens.ids text model |> should equal ids

            let pass =
                transformer.Run(ReadOnlySpan ids, fun place -> place.IsResidualStream || place.Kind = PlaceKind.Pattern)

            let states =
                Array.concat [
                    [| pass[Place.Embedding] |]
                    Array.init 29 (fun block -> pass[Place.AfterBlock block])
                    [| pass.Output |]
                ]

            for layer, found in Array.indexed states do
                off (golden.ReadDoubles $"{i}.hidden.{layer}") (found.ToArray())
                |> within 2e-5 $"{i}.hidden.{layer}"

            for block in [ 0; 15; 29 ] do
                let patterns =
                    [| 0..8 |]
                    |> Array.collect (fun head -> pass[Place.Pattern(block, head)].ToArray())

                off (golden.ReadDoubles $"{i}.attention.{block}") patterns
                |> within 1e-5 $"{i}.attention.{block}"

            let last = pass.Output.RowRange(ids.Length - 1, 1)

            off (golden.ReadDoubles $"{i}.logits.last") ((transformer.Logits last).ToArray())
            |> within 1e-5 $"{i}.logits.last"

    [<WeightsFact "reference/smollm2">]
    member _.``Losses, the five likeliest tokens and 24 greedy ones are the original library's``() =
        for text, known in texts () do
            let perplexity = model |> Perplexity.ofText PerplexitySettings.Default text

            perplexity.Loss
            |> should (equalWithin 1e-5) (known.GetProperty("loss").GetDouble())

            let next = model |> Residual.next 5 text

            for found, wanted in Seq.zip next (known.GetProperty("top5").EnumerateArray()) do
                found.Id |> should equal (wanted[0].GetInt32())
                found.Logit |> should (equalWithin 1e-3) (wanted[2].GetDouble())

            let continued = model |> Generate.greedy 24 text
            continued.Ids |> should equal (whole (known.GetProperty "greedy"))

            text + continued.Text |> should equal (string (known.GetProperty "continued"))

    [<WeightsFact "corpus/darwin.txt">]
    member _.``The perplexity of Darwin's first 8,192 tokens is the original library's, window by window``() =
        let known = smol.Known.GetProperty "windows"

        let ids = model |> Tokens.ids (corpus "darwin.txt") |> Array.truncate 8192

        let found = model |> Perplexity.ofIds PerplexitySettings.Default ids
        // Computed in single precision there.
        let wanted = numbers (known.GetProperty "darwin.txt")
        found.Windows.Length |> should equal 8

        for window, loss in Array.zip found.Windows wanted do
            window.N |> should equal 1023
            window.Loss |> should (equalWithin 2e-5) loss

        found.Value
        |> should (equalWithin 5e-4) (known.GetProperty("perplexity").GetDouble())

    [<WeightsFact "reference/smollm2">]
    member _.``Singular values of heads at distances 0, 1 and 16 are NumPy's``() =
        use golden = smol.Golden "heads.safetensors"
        golden.Tensors.Count |> should equal 76

        for tensor in golden.Tensors do
            // block.B.head.H.qk.D or block.B.head.H.ov
            let parts = tensor.Name.Split '.'
            let block, head = Block(int parts[1]), Head(int parts[3])

            let factors =
                if parts[4] = "ov" then
                    model |> Attention.valueOutput Apart block head
                else
                    model |> Attention.queryKeyAt (int parts[5]) Apart block head

            (Decomposition.svd factors).Values
            |> Array.map (fun value -> float32 (value / factors.Scale))
            |> off (golden.ReadDoubles tensor.Name)
            |> within 2e-6 tensor.Name

    [<WeightsFact "corpus/darwin.txt">]
    member _.``Four corpora become the tokens of the original library, to the last of 2,911,762``() =
        let mutable count = 0

        for each in smol.Known.GetProperty("corpus").EnumerateObject() do
            let ids = model |> Tokens.ids (corpus each.Name)

            ids.Length |> should equal (each.Value.GetProperty("count").GetInt32())

            Convert.ToHexString(SHA256.HashData(MemoryMarshal.AsBytes(ReadOnlySpan ids))).ToLowerInvariant()
            |> should equal (string (each.Value.GetProperty "sha256_of_int32_le"))

            count <- count + ids.Length

        count |> should equal 2_911_762

    [<WeightsFact "reference/smollm2">]
    member _.``All 1,207,934,976 cosines of token embeddings are NumPy's``() =
        let known = smol.Known.GetProperty "geometry"
        let number (name: string) = known.GetProperty(name).GetDouble()
        let table = Embedding.tokens model
        Labelled.shape table |> should equal (49152, 576)

        let lengths = [
            for row in 0..49151 -> table |> Labelled.row row |> Array.sumBy (fun x -> x * x) |> sqrt
        ]

        List.average lengths |> should (equalWithin 1e-6) (number "mean_norm")
        let pairs = Similarity.cosine Rows table

        let histogram, summary, top =
            pairs
            |> Pairs.fold (
                Fold.scan {
                    let! histogram = Fold.histogram 100
                    and! summary = Fold.moments
                    and! top = Fold.top 10
                    return histogram, summary, top
                }
            )

        summary.N |> should equal 1_207_934_976L
        summary.Mean |> should (equalWithin 1e-7) (number "mean")
        summary.Sd |> should (equalWithin 1e-7) (number "sd")
        summary.Minimum |> should (equalWithin 1e-6) (number "min")
        summary.Maximum |> should (equalWithin 1e-6) (number "max")
        // A cosine within single precision's rounding of an edge falls on either side: of 4.2e9 in a unit, where they
        // are densest, so many lie within 2e-7.
        let wanted = numbers (known.GetProperty "histogram_100_bins")

        for bin in 0..99 do
            float histogram.Counts[bin] |> should (equalWithin 1700.0) wanted[bin]

        // Hundreds of tokens that were never trained lie in one direction: which of them comes first is rounding.
        for pair in top do
            pair.Similarity |> should (equalWithin 1e-6) 1.0

        let closest = known.GetProperty("closest").EnumerateArray() |> List.ofSeq
        closest.Length |> should equal 10

        for pair in closest do
            let i, j = pair[1].GetInt32(), pair[2].GetInt32()
            pairs |> Pairs.at i j |> should (equalWithin 1e-6) 1.0

            let byteLevel (id: int) =
                (Tokens.text id model).Replace(' ', 'Ġ')

            byteLevel i |> should equal (string pair[3])
            byteLevel j |> should equal (string pair[4])

        for word in known.GetProperty("nearest").EnumerateObject() do
            let query = model |> Embedding.ofWords [| word.Name.Replace('Ġ', ' ') |]

            let found =
                (Nearest.tokens Nearness.Cosine 7 table query.Values |> Array.exactlyOne)[1..]

            found.Length |> should equal (word.Value.GetArrayLength())

            for near, wanted in Seq.zip found (word.Value.EnumerateArray()) do
                near.Token.Replace(' ', 'Ġ') |> should equal (string wanted[0])
                near.Score |> should (equalWithin 2e-6) (wanted[1].GetDouble())

    [<WeightsFact "word2vec/googlenews-8000.bin">]
    member _.``Its geometry of words and word2vec's agree as NumPy found, with a space before them and without``() =
        let vectors =
            WordVectors.load (WeightsFolder.at [ "word2vec"; "googlenews-8000.bin" ])

        for known in smol.Known.GetProperty("rsa_word2vec_8000").EnumerateArray() do
            let number (name: string) = known.GetProperty(name).GetDouble()

            let form =
                match string (known.GetProperty "form") with
                | "with space" -> " "
                | _ -> ""

            let words =
                WordVectors.words vectors
                |> Seq.indexed
                |> Seq.choose (fun (place, word) ->
                    Tokens.tryWord (form + word) model
                    |> Option.map (fun token -> {
                        Word = word
                        Place = place
                        Token = token
                    }))
                |> Seq.filter (fun shared -> Seq.forall System.Char.IsAsciiLetterLower shared.Word)
                |> Words.ofLetters 6
                |> Seq.truncate 100
                |> Array.ofSeq

            words
            |> Array.truncate 6
            |> Array.map _.Word
            |> should equal [| for word in known.GetProperty("first").EnumerateArray() -> string word |]

            let ofWords, ofModel = words |> Words.cosines vectors model

            let rsa = Rsa.compare RsaSettings.Quick ofWords ofModel
            rsa.N |> should equal 100
            rsa.Pearson |> should (equalWithin 1e-6) (number "pearson")
            rsa.Spearman |> should (equalWithin 1e-6) (number "spearman")

            [| ofWords; ofModel |]
            |> Array.map (Pairs.values >> Array.average)
            |> Array.zip (numbers (known.GetProperty "mean_cosine"))
            |> Array.iter (fun (wanted, found) -> found |> should (equalWithin 1e-6) wanted)

            // 5,000 relabellings there, 199 here.
            rsa.P |> should be (lessThanOrEqualTo 0.02)

    [<WeightsFact "reference/smollm2">]
    member _.``Through the lens Paris rises from the 4,316th place to the first``() =
        let known = smol.Known.GetProperty "lens_rank_of_Paris"
        let transformer = Transformer(Model.transformer model)
        let stream = model |> Residual.stream (string (known.GetProperty "text"))

        let ranks =
            Array.zip stream.Places stream.States
            |> Array.filter (fun (place, _) -> place.Kind = PlaceKind.Embedding || place.Kind = PlaceKind.AfterBlock)
            |> Array.map (fun (_, states) ->
                let scores = (transformer.LogitLens(states.RowRange(states.Rows - 1, 1))).ToArray()

                1 + (scores |> Seq.filter (fun score -> score > scores[7042]) |> Seq.length))

        let wanted = whole (known.GetProperty "rank_after_embeddings_and_blocks")
        ranks.Length |> should equal 31
        // Of single precision on both sides: among thousands of tokens, neighbours change places.
        for found, rank in Array.zip ranks wanted do
            float found
            |> should (equalWithin (if rank < 500 then 0.0 else 3.0)) (float rank)
