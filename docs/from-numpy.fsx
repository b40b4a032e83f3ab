(**
---
title: From NumPy and pandas
category: Coming from Python
categoryindex: 4
index: 1
description: Their lines and ours, side by side, both run by the tests and their values compared.
---
*)
(*** condition: prepare ***)
#load "../scripts/prelude.fsx"

open Workbench

let file = System.IO.Path.Combine(__SOURCE_DIRECTORY__, "data", "vectors.npy")
let table = System.IO.Path.Combine(__SOURCE_DIRECTORY__, "data", "animals.csv")
(**
# From NumPy and pandas

Theirs is on the left, ours on the right, with what it gives. The tests run our lines and, where NumPy and pandas are
installed, theirs too, and compare the values; what needs another package is marked as not run. `table` and `file` are
the paths of a CSV and an NPY file that both read.

A table here is a `Labelled`: a matrix of single precision whose rows and columns have names, and which knows where it
comes from. A function takes its settings first and the data last, so that `data |> f |> g` reads as a chain of methods
does. There are no data frames of mixed columns (`Classes.ofCsv` reads a column of texts by itself), no dates and no
joins. What is below in no row is plain F#: arrays have `Array.map`, `sortBy`, `groupBy`.

<div class="pairs">

## Tables

### Packages

```python
import numpy as np
import pandas as pd
```
*)
open Workbench
(**
### A table typed in

```python
animals = pd.DataFrame(
    [[4, 4, 2], [4, 20, 3], [4, 600, 1], [2, 2, 2]],
    index=["cat", "dog", "cow", "hen"],
    columns=["legs", "kilograms", "sounds"])
animals
```
*)
let animals =
    Labelled.ofRows [ "legs"; "kilograms"; "sounds" ] [
        "cat", [ 4.0; 4.0; 2.0 ]
        "dog", [ 4.0; 20.0; 3.0 ]
        "cow", [ 4.0; 600.0; 1.0 ]
        "hen", [ 2.0; 2.0; 2.0 ]
    ]

animals
(*** include-it ***)
(**
### A table by a formula

```python
i, j = np.mgrid[1:41, 1:9]
W = np.sin(i * j) / j
W.shape
```
*)
let w =
    Labelled.init (Axis.numbered "i" 40) (Axis.numbered "j" 8) (Provenance.computed "sines") (fun i j ->
        sin (float ((i + 1) * (j + 1))) / float (j + 1))

w |> Labelled.shape
(*** include-it ***)
(**
### A CSV file

```python
pd.read_csv(table, index_col=0)
```
*)
Labelled.ofCsv table
(*** include-it ***)
(**
### A file of NumPy

```python
np.load(file)
```
*)
Labelled.ofNpy file
(*** include-it ***)
(**
### A row by its label

```python
animals.loc["cow"]
```
*)
animals |> Labelled.row (Labelled.indexOf "cow" animals)
(*** include-it ***)
(**
### A column

```python
animals.iloc[:, 1]
```
*)
animals |> Labelled.column 1
(*** include-it ***)
(**
### Rows that meet a condition

```python
animals[animals["legs"] == 4]
```
*)
animals
|> Labelled.selectRows [|
    for i in 0..3 do
        if animals[i, 0] = 4.0f then
            i
|]
(*** include-it ***)
(**
### Rows in the order of a column

```python
animals.sort_values("kilograms")
```
*)
animals
|> Labelled.selectRows (Array.sortBy (fun i -> animals[i, 1]) [| 0..3 |])
(*** include-it ***)
(**
### Columns and rows exchanged

```python
animals.T
```
*)
animals |> Labelled.transpose
(*** include-it ***)
(**
### A function of every value

```python
np.log(animals)
```
*)
animals |> Labelled.mapi (fun _ _ value -> log value)
(*** include-it ***)
(**
### The mean row taken away

```python
animals - animals.mean()
```
*)
animals |> Labelled.centre
(*** include-it ***)
(**
### Means of groups

```python
animals.groupby("legs", sort=False)["kilograms"].mean().reset_index()
```
*)
Array.zip (Labelled.column 0 animals) (Labelled.column 1 animals)
|> Array.groupBy fst
|> Array.map (fun (legs, group) -> legs, Array.averageBy snd group)
(*** include-it ***)
(**
### Two tables joined

```python
# not run: tables of words and numbers
pd.merge(animals, owners, on="name")
```

There is no join. `Axis.tryIndex label table.Rows` finds the row of a label, and `Words.shared` and `Embedding.shared`
find the words that two models have.

## Similarity

### The length of each row

```python
np.linalg.norm(W, axis=1)
```
*)
w |> Norms.ofRows
(*** include-it ***)
(**
### A dot product

```python
W[0] @ W[1]
```
*)
Array.map2 (*) (Labelled.row 0 w) (Labelled.row 1 w) |> Array.sum
(*** include-it ***)
(**
### A cosine

```python
W[0] @ W[1] / np.linalg.norm(W[0]) / np.linalg.norm(W[1])
```
*)
Similarity.ofTwo (Labelled.row 0 w) (Labelled.row 1 w)
(*** include-it ***)
(**
### All cosines

```python
U = W / np.linalg.norm(W, axis=1, keepdims=True)
U @ U.T
```
*)
w |> Similarity.cosine Rows |> Pairs.matrix
(*** include-it ***)
(**
### Each pair once

```python
(U @ U.T)[np.triu_indices(40, 1)]
```
*)
w |> Similarity.cosine Rows |> Pairs.values
(*** include-it ***)
(**
### Their mean, without the matrix

```python
(U @ U.T)[np.triu_indices(40, 1)].mean()
```
*)
w |> Similarity.cosine Rows |> Pairs.fold Fold.moments |> _.Mean
(*** include-it ***)
(**
### A histogram of all pairs

```python
cosines = (U @ U.T)[np.triu_indices(40, 1)]
np.histogram(cosines, bins=10, range=(-1, 1))[0]
```
*)
w |> Similarity.cosine Rows |> Pairs.fold (Fold.histogram 10) |> _.Counts
(*** include-it ***)
(**
### The nearest of the first row

```python
np.argsort(-(U @ U.T)[0])[1:4]
```
*)
w
|> Similarity.cosine Rows
|> Pairs.fold (Fold.neighbours 3)
|> Array.head
|> Array.map fst
(*** include-it ***)
(**
### Correlations

```python
np.corrcoef(W)
```
*)
w |> Similarity.correlation Rows |> Pairs.matrix
(*** include-it ***)
(**
## Decompositions

### Singular values

```python
np.linalg.svd(W, compute_uv=False)
```
*)
w |> Projection.singularValues
(*** include-it ***)
(**
### Principal components, but for their signs

```python
C = W - W.mean(axis=0)
_, S, Vt = np.linalg.svd(C, full_matrices=False)
np.abs(C @ Vt[:2].T)
```
*)
w |> Projection.pca 2 |> _.Layout |> Labelled.mapi (fun _ _ value -> abs value)
(*** include-it ***)
(**
### The share of the variance that they keep

```python
(S[:2] ** 2).sum() / (S ** 2).sum()
```
*)
w |> Projection.pca 2 |> Projection.varianceKept
(*** include-it ***)
(**
## Numbers

### A percentile

```python
np.percentile(W[:, 0], 75)
```
*)
w |> Labelled.column 0 |> Distribution.quantile 0.75
(*** include-it ***)
(**
### Number, mean, deviation, extremes

```python
pd.Series(W[:, 0]).describe()[["count", "mean", "std", "min", "max"]]
```
*)
w |> Labelled.column 0 |> Distribution.summary "sine" w.Provenance
(*** include-it ***)
(**
### A random order

```python
# other numbers: another generator
np.random.default_rng(1).permutation(8)
```
*)
Sample.permutation (Seed 1UL) 8
(*** include-it ***)
(**
### A picture

```python
# not run: needs matplotlib
plt.imshow(W); plt.colorbar(); plt.show()
```
*)
w |> Chart.heatmap
(*** include-it ***)
(**
</div>
*)
