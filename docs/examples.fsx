(**
---
title: Names in examples
category: Reference
categoryindex: 3
index: 9
---
# Names in examples

Every example of the [reference](reference/index.html) runs as it stands, in a script that begins with the prelude,
these names and `open System`, `open Workbench.Core.Gradients`, `open Workbench.Core.Models`,
`open Workbench.Core.Tensors`, `open Workbench`, in this order. They are models and tables that ship with the
workbench, so that what stands behind an example is what you see when you type it.
*)
#load "../scripts/prelude.fsx"
#load "../scripts/plotly-net.fsx"

open Workbench

/// A language model of GPT-2's kind: 10,240 tokens × 192, six blocks of six heads.
let gpt2 = Model.load "pocket-gpt2"

/// A masked model of BERT's kind: 8,192 tokens × 192.
let bert = Model.load "pocket-bert"

/// Word vectors: 6,000 words × 100.
let words = WordVectors.load "pocket-word2vec"

/// 256 positions × 192 dimensions.
let positions = Embedding.positions gpt2

/// A small table with labels: four animals, three numbers of each.
let animals =
    let values = [|
        [| 4.0; 4.0; 2.0 |]
        [| 4.0; 20.0; 3.0 |]
        [| 4.0; 600.0; 1.0 |]
        [| 2.0; 2.0; 2.0 |]
    |]

    Labelled.init
        (Axis.labelled "animal" [| "cat"; "dog"; "cow"; "hen" |])
        (Axis.labelled "measure" [| "legs"; "kilograms"; "sounds" |])
        (Provenance.computed "counted")
        (fun animal measure -> values[animal][measure])
