namespace Workbench

open Workbench.Core.Frames

/// <summary>Reads a column of texts from a table in a file: the class of each row, as `Chart.withColourByClass` wants
/// them.</summary>
/// <category index="1">Foundations</category>
[<RequireQualifiedAccess>]
module Classes =
    /// <summary>A column of a CSV file as texts, whatever it holds, by its settings.</summary>
    /// <exception cref="T:Workbench.Core.Frames.FrameException">There is no such file or column.</exception>
    /// <example><code lang="fsharp">
    /// let path = IO.Path.Combine(IO.Path.GetTempPath(), $"{Guid.NewGuid()}.csv")
    /// IO.File.WriteAllText(path, "cat;felid\nhen;bird\n")
    /// path |> Classes.ofCsvWith { CsvSettings.Default with Header = Header.Absent } "1"
    /// </code> is <c>[|"felid"; "bird"|]</c>.</example>
    let ofCsvWith (settings: CsvSettings) (column: string) (path: string) : string[] =
        CsvFrame.ReadTexts(path, column, settings.ToOptions())

    /// <summary>A column of a CSV file as texts, whatever it holds.</summary>
    /// <param name="column">Its name in the header.</param>
    /// <param name="path">The file.</param>
    /// <exception cref="T:Workbench.Core.Frames.FrameException">There is no such file or column.</exception>
    /// <example><code lang="fsharp">
    /// let path = IO.Path.Combine(IO.Path.GetTempPath(), $"{Guid.NewGuid()}.csv")
    /// IO.File.WriteAllText(path, "animal,legs,class\ncat,4,felid\nhen,2,bird\n")
    /// path |> Classes.ofCsv "class"
    /// </code> is <c>[|"felid"; "bird"|]</c>.</example>
    let ofCsv (column: string) (path: string) : string[] =
        ofCsvWith CsvSettings.Default column path

    /// <summary>A column of a file of Arrow or Feather as texts.</summary>
    /// <exception cref="T:Workbench.Core.Frames.FrameException">There is no such file or column.</exception>
    /// <example><code lang="fsharp">
    /// let path = IO.Path.Combine(IO.Path.GetTempPath(), $"{Guid.NewGuid()}.feather")
    /// animals |> Labelled.toArrow path
    /// path |> Classes.ofArrow "animal"
    /// </code> is <c>[|"cat"; "dog"; "cow"; "hen"|]</c>.</example>
    let ofArrow (column: string) (path: string) : string[] = ArrowFrame.ReadTexts(path, column)

    /// <summary>A column of a Parquet file as texts.</summary>
    /// <exception cref="T:Workbench.Core.Frames.FrameException">There is no such file or column.</exception>
    /// <example><code lang="fsharp">
    /// let path = IO.Path.Combine(IO.Path.GetTempPath(), $"{Guid.NewGuid()}.parquet")
    /// animals |> Labelled.toParquet path
    /// path |> Classes.ofParquet "animal"
    /// </code> is <c>[|"cat"; "dog"; "cow"; "hen"|]</c>.</example>
    let ofParquet (column: string) (path: string) : string[] = ParquetFrame.ReadTexts(path, column)
