module Workbench.Lessons.Tests.CalibrationPageTests

open System
open System.IO
open Xunit
open FsUnit.Xunit
open Workbench

let page = lazy File.ReadAllLines(Repository.at "docs/calibration.md")

/// Each test with its place on the page.
let cases =
    List.indexed (Nulls.holding @ Nulls.bent)
    |> List.map (fun (i, case) -> i + 1, case)

/// Draws take time; a formula takes none, and can be repeated as often as on the page.
let runs (case: Nulls.Case) =
    match case.Grid with
    | OnGrid _ -> 100
    | Continuous -> 1000

/// Of the tests that draw, every tenth.
let tenth =
    cases
    |> List.filter (fun (_, case) -> case.Grid <> Continuous)
    |> List.indexed
    |> List.choose (fun (i, case) -> if i % 10 = 0 then Some case else None)

/// As many runs as on the page, of what is repeated as often: done once for all that look at them.
let private onPage =
    dict [
        for place, case in tenth @ (cases |> List.filter (fun (_, case) -> case.Grid = Continuous)) ->
            place, lazy Nulls.calibrate 1000 place case
    ]

/// Fewer runs are the first of more.
let private inFewer place (case: Nulls.Case) =
    match onPage.TryGetValue place with
    | true, all -> {
        all.Value with
            P = Array.truncate (runs case) all.Value.P
      }
    | _ -> Nulls.calibrate (runs case) place case

[<Fact>]
let ``In fewer runs the tests are calibrated as the page says`` () =
    for place, case in cases do
        // What is wrong by little takes all the runs to see.
        if case.Expected <> Uneven then
            let found = inFewer place case

            $"{case.Test}, {case.Data}: {found.Verdict}"
            |> should equal $"{case.Test}, {case.Data}: {case.Expected}"

[<Fact>]
let ``What is computed by formulas stands on the page to the last digit`` () =
    for place, case in cases do
        if case.Grid = Continuous then
            page.Value |> should contain (Nulls.line place case onPage[place].Value)

[<Fact>]
let ``What is found by draws stands on the page to the last digit, for every tenth test`` () =
    tenth.Length |> should be (greaterThan 2)

    for place, case in tenth do
        page.Value |> should contain (Nulls.line place case onPage[place].Value)

[<Fact>]
let ``The page has a line for every test, and each has the verdict that theory gives`` () =
    for place, case in cases do
        let lines =
            page.Value
            |> Array.filter (fun line -> line.StartsWith $"| {place} | {Nulls.named case.Test} | {case.Data} |")

        lines |> should haveLength 1
        lines[0] |> should endWith $"| {case.Expected} |"

    let text = String.Join("\n", page.Value)
    text |> should not' (haveSubstring "{{")

    for effect in Effects.effects do
        text |> should haveSubstring $"| {Nulls.named effect.Test} | {effect.Planted} |"

    for truth in Truths.truths do
        text |> should haveSubstring $"| {truth.Quantity} | {truth.In} |"

    for figure in [ "calibration-null.svg"; "calibration-bent.svg" ] do
        File.ReadAllText(Repository.at $"docs/img/{figure}") |> should startWith "<svg"
        text |> should haveSubstring figure

[<Fact>]
let ``No study's interval holds the truth too seldom, all together not too often, and the page says how often`` () =
    let shares = [
        for i, study in List.indexed Effects.studies ->
            let start =
                $"| {i + 1} | {study.Items} | {study.Dimensions} | {Nulls.number study.Noise} |"

            let line = page.Value |> Array.filter _.StartsWith(start) |> Array.exactlyOne
            float (line.Split('|')[6])
    ]

    shares |> should haveLength 27
    List.min shares |> should be (greaterThanOrEqualTo 0.93)
    List.average shares |> should be (lessThanOrEqualTo 0.97)
    // The row with the fewest dimensions and items and the most noise, from its seed again.
    let study = Effects.studies[2]
    let truth = study.Truth

    let held =
        Calibration.share 1000 (Seed 3UL) (fun seed ->
            let low, high = study.Interval seed
            low <= truth && truth <= high)

    held.Value |> should (equalWithin 0.0005) shares[2]

[<Fact>]
let ``Every test sees what is planted for it more often than chance would`` () =
    for effect in Effects.effects do
        let found = Calibration.share 60 (Seed 1UL) (fun seed -> effect.P seed <= 0.05)
        fst found.Interval |> should be (greaterThan 0.1)

[<Fact>]
let ``Benjamini and Hochberg keep the share of false discoveries, and no adjustment does not`` () =
    let falseShare adjust =
        (Calibration.recovery
            "false share"
            0.0375
            400
            (Seed 1UL)
            (Effects.discoveries adjust Effects.real >> Effects.falseShare))

    let kept = falseShare Significance.benjaminiHochberg
    abs kept.Bias |> should be (lessThan (4.0 * kept.StandardError))
    (falseShare id).Mean |> should be (greaterThan 0.08)

[<Fact>]
let ``What was planted is found again, but for the alignment that is known to flatter`` () =
    for truth in Truths.truths do
        let found =
            Calibration.recovery truth.Quantity truth.Value 8 (Seed 1UL) truth.Estimate
        // Formulas hold for many dimensions, and float32 for seven digits.
        let allowed = 5.0 * found.StandardError + 0.005 * abs truth.Value + 1e-6

        if truth.Quantity.Contains "usually" then
            found.Bias |> should be (greaterThan 0.2)
        else
            $"{truth.Quantity}: {abs found.Bias <= allowed}"
            |> should equal $"{truth.Quantity}: True"
