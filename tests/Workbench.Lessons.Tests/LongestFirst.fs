namespace Workbench.Lessons.Tests

/// Starts first what was seen to take long: a class that begins when the others have ended leaves a processor idle.
/// (Single classes were timed, not the whole; any order is right.)
type LongestFirst() =
    static let longest = [|
        "All lessons"
        "ExampleTests"
        "ClusterTests"
        "ChosenModelTests"
        "CalibrationPageTests"
        "RunnerTests"
        "PackageTests"
    |]

    interface Xunit.ITestCollectionOrderer with
        member _.OrderTestCollections collections =
            collections
            |> Seq.sortBy (fun collection ->
                match longest |> Array.tryFindIndex collection.DisplayName.EndsWith with
                | Some place -> place
                | None -> longest.Length)

[<assembly: Xunit.TestCollectionOrderer("Workbench.Lessons.Tests.LongestFirst", "Workbench.Lessons.Tests")>]
do ()
