namespace Workbench.Lessons.Tests

open System
open System.IO
open System.Text.Json
open Xunit
open FsUnit.Xunit
open Workbench.Tests

/// The numbers that lessons on real weights must show.
[<Collection "All lessons">]
type KnownNumbersTests(all: AllLessons) =
    let results (lesson: string) =
        let root =
            JsonDocument.Parse(File.ReadAllBytes(all.At(lesson, "results.json"))).RootElement

        dict [
            for finding in root.GetProperty("results").EnumerateArray() ->
                string (finding.GetProperty "name"), finding.GetProperty "value"
        ]

    let numbers (value: JsonElement) = [ for item in value.EnumerateArray() -> item.GetDouble() ]

    let near (tolerance: float) (expected: float) (found: JsonElement) =
        found.GetDouble() |> should (equalWithin tolerance) expected

    /// Golden values made by NumPy and torch in float64.
    let geometry =
        lazy JsonDocument.Parse(File.ReadAllBytes(WeightsFolder.at [ "reference"; "minilm-geometry.json" ])).RootElement

    [<WeightsFact "gpt2">]
    member _.``Lesson 1 sees GPT-2's 1,024 positions of 768 dimensions``() =
        let found = results "01-position-embeddings"
        numbers found["positions.shape"] |> should equal [ 1024.0; 768.0 ]

    [<WeightsFact "gpt2">]
    member _.``Lesson 2 gives the pairs and the ranking that the original study printed``() =
        let found = results "02-position-similarity"
        found["pairs.positions"].GetInt64() |> should equal 523776L
        found["pairs.dimensions"].GetInt64() |> should equal 294528L

        let ranked = [
            for row in found["dimensions.ranked"].EnumerateArray() do
                match numbers row with
                | [ rank; i; j; cosine ] -> int rank, int i, int j, Math.Round(cosine, 3)
                | other -> invalidOp $"A row [rank, i, j, cosine] was expected, but is {other}."
        ]

        ranked
        |> List.map (fun (rank, _, _, _) -> rank)
        |> should equal [ 0; 22; 44; 66; 88; 111; 133; 155; 177; 200 ]

        List.truncate 5 ranked
        |> List.map (fun (_, i, j, cosine) -> i, j, cosine)
        |> should equal [
            356, 528, 0.992
            320, 540, 0.943
            308, 528, 0.915
            107, 271, 0.885
            365, 525, 0.864
        ]

    [<WeightsFact "reference/minilm-geometry.json">]
    member _.``Lesson 3 agrees with NumPy on all pairs of MiniLM's tokens``() =
        let found, expected = results "03-all-to-all-cosine", geometry.Value

        found["pairs.n"].GetInt64()
        |> should equal (expected.GetProperty("pairs").GetInt64())

        found["cosine.mean"] |> near 1e-6 (expected.GetProperty("mean").GetDouble())
        found["cosine.sd"] |> near 1e-6 (expected.GetProperty("sd").GetDouble())
        found["cosine.min"] |> near 1e-6 (expected.GetProperty("min").GetDouble())
        found["cosine.max"] |> near 1e-6 (expected.GetProperty("max").GetDouble())
        let counts = numbers found["cosine.histogram"]

        List.sum counts
        |> should equal (float (expected.GetProperty("pairs").GetInt64()))
        // At most one pair in a million may fall into a neighbouring bin by rounding.
        List.map2 (fun a b -> abs (a - b)) counts (numbers (expected.GetProperty "histogram_100_bins_minus1_to_1"))
        |> List.sum
        |> should be (lessThan 932.0)

    [<WeightsFact "reference/minilm-geometry.json">]
    member _.``Lesson 3 finds the ten closest pairs of MiniLM's tokens``() =
        let pair (row: JsonElement) =
            row[1].GetInt32(), row[2].GetInt32(), string row[3], string row[4]

        let expected = [
            for row in geometry.Value.GetProperty("closest").EnumerateArray() -> pair row
        ]

        let found = results "03-all-to-all-cosine"

        [ for row in found["closest"].EnumerateArray() -> pair row ]
        |> should equal expected

    [<WeightsFact "reference/minilm-geometry.json">]
    member _.``Lesson 3 tells MiniLM's 994 unused tokens from the others``() =
        let found, expected = results "03-all-to-all-cosine", geometry.Value
        found["unused.count"].GetInt32() |> should equal 994

        found["unused.cosine.mean"]
        |> near 1e-6 (expected.GetProperty("unused_pairs").GetProperty("mean").GetDouble())

        let pairsOf first second = [
            for row in found["classes"].EnumerateArray() do
                if (string row[0], string row[1]) = (first, second) then
                    row[2].GetInt64()
        ]

        // n(n − 1)/2 of the counts that were found independently.
        pairsOf "Unused" "Unused" |> should equal [ 994L * 993L / 2L ]
        pairsOf "Word" "Word" |> should equal [ 23695L * 23694L / 2L ]
        pairsOf "Piece" "Piece" |> should equal [ 5828L * 5827L / 2L ]
        pairsOf "Special" "Special" |> should equal [ 10L ]
