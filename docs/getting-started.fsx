(**
---
title: Getting started
category: Guide
categoryindex: 1
index: 1
description: From a clone to a figure of your own.
---

# Getting started

You need the [.NET SDK](https://dotnet.microsoft.com/download), version 10. In a clone of the repository,

```text
dotnet fsi scripts/lessons.fsx
```

builds the libraries, runs all lessons in some minutes, and writes them to `out/`; `out/index.html` is their gallery.
With `--side-by-side` a lesson that finds published weights runs on the pocket models too, and the gallery shows both.
`dotnet fsi scripts/lessons.fsx help` tells the arguments. Where [npm](https://www.npmjs.com) is at hand, the pages
need no network afterwards.

## A script of your own

Everything is made for `dotnet fsi`, F#'s interactive console, and for scripts that it runs. A script begins by loading
the prelude, which refers to the built libraries:
*)
#load "../scripts/prelude.fsx"
open Workbench
(**
and then opens a model. Three small ones ship with the workbench: `pocket-gpt2` and `pocket-bert`, which it trained
itself on a shelf of old books, and the word vectors `pocket-word2vec`. They need no network and load at once:
*)
let model = Model.load "pocket-gpt2"
(*** include-fsi-output ***)

(**
Other models open by their name on the hub, or by the path of a folder or a file of yours:

```fsharp
let gpt2 = Model.load "gpt2"
let mine = Model.load "path/to/model.safetensors"
```

A name is looked for among the pocket models, then under `WORKBENCH_MODELS`, in the cache that Hugging Face's tools
keep, and on the hub; a download shows its size before it begins. With `WORKBENCH_MODELS=pocket` no models are looked
for but those that ship. Everything below works on any model with learned positions.
*)

(**
## A question is a pipeline

Settings come first and data last, so that questions read from top to bottom. The similarity of all dimensions of the
position table, as a picture:
*)
model
|> Embedding.positions
|> Similarity.cosine Columns
|> Pairs.fold (Fold.histogram 100)
|> Chart.histogram
|> Chart.withTitle "Cosine between position dimensions"
(*** include-it ***)

(**
`Similarity.cosine Columns` computes nothing: it describes all pairs of columns. `Pairs.fold` goes through them once
and gives them to a fold. Several folds can share that one pass, however many pairs there are; the matrix of
similarities is never made.
*)
let survey =
    Fold.scan {
        let! shape = Fold.histogram 100
        and! closest = Fold.top 5
        and! moments = Fold.moments

        return {|
            Shape = shape
            Closest = closest
            Moments = moments
        |}
    }

let answer =
    model |> Embedding.positions |> Similarity.cosine Columns |> Pairs.fold survey

answer.Closest |> Table.ofRecords
(*** include-it ***)

(**
## Help while you type

`dotnet fsi --load:scripts/prelude.fsx` starts F# Interactive with the libraries at hand; `;;` ends what you type, and
`open Workbench;;` comes first. There `#help Embedding.nearest;;` shows what a function does, its parameters and an
example with its result; so do editors, where the mouse rests on a name. Who comes from Python finds their own lines
beside ours: [NumPy and pandas](from-numpy.html), [transformers](from-transformers.html),
[TransformerLens](from-transformerlens.html).
*)

(**
## Where to put what comes out

`Chart.show` opens a figure in the browser, `Chart.saveHtml` and `Chart.saveImage` write it to a file; `Table.print`,
`Table.toCsv` and `Table.toLatex` do the same for tables. A script that begins with `Lesson.start` and ends with
`Lesson.finish` becomes a lesson: put it into `scripts/` with a number of its own, and the gallery, this site and the
tests find it there.
*)
