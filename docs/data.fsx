(**
---
title: Data in and out
category: Guide
categoryindex: 1
index: 3
description: Your own tables, from and to the files that other tools read.
---
*)
(*** condition: prepare ***)
#load "../scripts/prelude.fsx"

open System.IO
open Workbench

let folder = Directory.CreateTempSubdirectory("workbench-data-").FullName
let current = Directory.GetCurrentDirectory()
#if !HAS_FSI_ADDHTMLPRINTER
// The site's builder evaluates every cell in the page's own folder, which it throws away.
Directory.SetCurrentDirectory folder
#endif

File.WriteAllText(
    "animals.csv",
    "animal,legs,kilograms,class\n"
    + "cat,4,4.5,mammal\ndog,4,20,mammal\ncow,4,600,mammal\nhen,2,2,bird\nduck,2,1.2,bird\n"
)

(**
# Data in and out

A table of your own becomes a `Labelled` matrix, and then everything here works on it. Behind the two
lines `#load "scripts/prelude.fsx"` and `open Workbench`, with a file `animals.csv` like this one:

```text
animal,legs,kilograms,class
cat,4,4.5,mammal
…
```

## CSV

The first column holds the labels, the others are numbers; a column of texts is said to be left out,
or else it is refused by its name. `Classes` reads it:
*)
let animals =
    Labelled.ofCsvWith
        {
            CsvSettings.Default with
                LeaveOut = [ "class" ]
        }
        "animals.csv"

let classes = Classes.ofCsv "class" "animals.csv"
animals
(*** include-it ***)

animals
|> Labelled.mapi (fun _ _ value -> log value)
|> Projection.pca 2
|> _.Layout
|> Chart.points
|> Chart.withColourByClass classes
(*** include-it ***)

(**
`Labelled.ofCsv "mine.csv"` is enough where all columns but the first are numbers. It finds the header,
the separator (comma, semicolon, tab, bar), a byte order mark, pandas' index and R's missing name; a file
without labels has its rows numbered. What nothing in a file tells is said by the settings:

| field | otherwise |
|---|---|
| `Labels` | the first column, if it holds texts, has no name or counts; `RowLabels.Column "word"`, … |
| `Header` | the first line is one if it has a text where the second has a number; `Header.Present`, `Header.Absent` |
| `LeaveOut` | all columns are read |
| `Missing` | an empty cell, NaN or NA is refused by line and column; `MissingCells.Kept` reads NaN |
| `Separator` | the one that cuts the first lines alike; `Some ';'` |
| `DecimalComma` | 1,5 is refused by line and column; `true` reads one and a half |

An error says the file, the line, the column, what was wanted and what to do.
*)
(*** hide ***)
File.WriteAllText("broken.csv", "animal,legs\ncat,4\nhen,two\n")
(**
*)
try
    Labelled.ofCsv "broken.csv" |> ignore
with error ->
    printfn "%s" error.Message
(*** include-output ***)

(**
`Labelled.toCsv "out.csv"` writes what `ofCsv` reads back bit for bit, every float in the fewest digits
that give it back. `toCsv "out.tsv"` writes tabs.

## Other formats

All of these keep the labels, and every number to the bit.

| format | to read | to write | what others call it |
|---|---|---|---|
| CSV | `ofCsv`, `ofCsvWith` | `toCsv` | `df.to_csv(path)` |
| JSON | `ofJson`, `ofJsonWith` | `toJson` | `df.to_json(path, orient="split")`, `"records"`, `"columns"` |
| Arrow, Feather | `ofArrow`, `ofArrowWith` | `toArrow` | `df.to_feather(path)`; files and streams, plain or packed |
| Parquet | `ofParquet`, `ofParquetWith` | `toParquet` | `df.to_parquet(path)` |
| HDF5 | `ofHdf5 "values"` | `toHdf5` | `h5py.File(path)["values"]` |
| NumPy, many arrays | `ofNpz "values"` | `toNpz` | `np.savez(path, values=x, rows=words)` |
| NumPy, one array | `ofNpy` | `toNpy`, without labels | `np.save(path, x)` |

In Arrow and Parquet a column of vectors, as data sets of embeddings have them, becomes as many columns; categories are
texts; each column needs a name of its own. JSON's names are columns: of `orient="index"` take the transpose. JSON lines
are not read.
*)
animals |> Labelled.toParquet "animals.parquet"
Labelled.ofParquet "animals.parquet"
(*** include-it ***)

(**
## Results

`Json.save` keeps any result that is data, with its labels, seed and origin, and `Json.load` takes it back:
*)
let shuffled =
    animals |> Null.distribution (Seed 1UL) 99 Statistic.maximumCosine WithinColumns

shuffled |> Json.save "null.json"
Json.load<NullDistribution> "null.json"
(*** include-it ***)

(**
Figures are kept by `Chart.saveHtml` and `Chart.saveImage`, tables by `Table.toCsv` and `Table.toLatex`. What is
no data (a model, a description of pairs) is refused by name.

## A frame of Deedle

[Deedle](https://fslab.org/Deedle/) is F#'s data frame. Its rows and columns are keys, so that both ways are
a few lines; they are not run here, since the workbench does not need the package:

```text
#r "nuget: Deedle, 8.1.0"
open Deedle

let frame: Frame<string, string> = Frame.ReadCsv("animals.csv", indexCol = "animal")

let matrix =
    let numbers = Frame.dropCol "class" frame
    let rows, columns = Array.ofSeq numbers.RowKeys, Array.ofSeq numbers.ColumnKeys
    let values: float[,] = Frame.toArray2D numbers

    Labelled.init
        (Axis.labelled "animal" rows) (Axis.labelled "column" columns)
        (Provenance.computed "animals.csv") (fun i j -> values[i, j])

let back =
    Frame.ofRowKeys (Axis.labels matrix.Rows)
    |> fun empty -> (empty, Axis.labels matrix.Columns |> Array.indexed) ||> Array.fold (fun frame (j, name) ->
        frame |> Frame.addCol name (Series.ofValues (Labelled.column j matrix)))
```

## Ctrl-C

In F# Interactive, Ctrl-C ends a long call: its threads stop at once, what it made is given back, and the
session goes on with everything that it had.
*)

(*** hide ***)
Directory.SetCurrentDirectory current
Directory.Delete(folder, recursive = true)
// A page that says nothing would pass unseen.
let lesson = Lesson.start "data" "Data in and out" []
Lesson.check lesson "A cow weighs 600 kg" (animals[2, 1] = 600f)
Lesson.finish lesson
