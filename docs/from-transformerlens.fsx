(**
---
title: From TransformerLens
category: Coming from Python
categoryindex: 4
index: 3
description: What one does with TransformerLens, and the same here.
---
*)
(*** condition: prepare ***)
#load "../scripts/prelude.fsx"

open Workbench
(**
# From TransformerLens

Theirs is on the left, ours on the right, with what it gives. Our lines are run by the tests, on a pocket model, which
ships; theirs **are not run here**.

Four things differ, and numbers with them. No token is put before a text that the model's makers do not put there,
where TransformerLens puts one before each (`prepend_bos`). Weights are as they lie in the file: nothing is centred,
and the gain of a norm is folded into a head's matrices where you say `Folded`, as `from_pretrained` does by itself
(`fold_ln`), and left with the vectors where you say `Apart`. W_QK has its factor 1/√d_head inside. And there is no
cache of everything: a place of the pass is read when it is asked for.

<div class="pairs">

## Models and tokens

### A model

```python
from transformer_lens import HookedTransformer, utils
model = HookedTransformer.from_pretrained("gpt2")
```
*)
let gpt2 = Model.load "pocket-gpt2"

gpt2.Weights
(*** include-it ***)
(**
### How large it is

```python
model.cfg.n_layers, model.cfg.n_heads
```
*)
(Attention.blocks gpt2).Length, (Attention.heads gpt2).Length
(*** include-it ***)
(**
### On a GPU

```python
HookedTransformer.from_pretrained("gpt2", device="cuda")
```
*)
gpt2 |> Model.on (Engine.best ()) |> _.Engine
(*** include-it ***)
(**
### The ids of a text

```python
model.to_tokens("To kill two birds", prepend_bos=False)
```
*)
gpt2 |> Tokens.ids "To kill two birds"
(*** include-it ***)
(**
### Its tokens as texts

```python
model.to_str_tokens("To kill two birds", prepend_bos=False)
```
*)
gpt2 |> Tokens.pieces "To kill two birds" |> Array.map _.Text
(*** include-it ***)
(**
### The id of a word, and a text of ids

```python
model.to_single_token(" king"), model.to_string([483, 1472])
```
*)
Tokens.word " king" gpt2, Tokens.decode [| 483; 1472 |] gpt2
(*** include-it ***)
(**
### Embeddings of tokens and of positions

```python
model.W_E.shape, model.W_pos.shape
```
*)
Labelled.shape (Embedding.tokens gpt2), Labelled.shape (Embedding.positions gpt2)
(*** include-it ***)
(**
### The unembedding

```python
model.W_U
```

Where the head is the table of embeddings, as in GPT-2, it is `Embedding.tokens`; else `Model.tensor "lm_head.weight"`,
one row per token.

## Reading a pass

### Logits

```python
model("To kill two birds with one")
```
*)
gpt2 |> Residual.logits "To kill two birds with one"
(*** include-it ***)
(**
### What comes next

```python
utils.test_prompt("To kill two birds with one", " stone", model)
```
*)
gpt2 |> Residual.next 10 "To kill two birds with one"
(*** include-it ***)
(**
### The stream behind a block

```python
logits, cache = model.run_with_cache("To kill two birds with one")
cache["resid_post", 3]
```
*)
gpt2 |> Residual.at (Place.AfterBlock 3) "To kill two birds with one"
(*** include-it ***)
(**
### What an MLP adds

```python
cache["mlp_out", 3]
```
*)
gpt2 |> Residual.at (Place.MlpOutput 3) "To kill two birds with one"
(*** include-it ***)
(**
### A head's mixed values; the queries of all heads

```python
cache["z", 5][0, :, 3], cache["q", 5]
```
*)
let at place =
    Residual.at place "To kill two birds with one" gpt2

at (Place.HeadOutput(5, 3)), at (Place.Queries 5)
(*** include-it ***)
(**
### Where a head looks

```python
cache["pattern", 5][0, 3]
```
*)
gpt2 |> Attention.pattern (Block 5) (Head 3) "To kill two birds with one"
(*** include-it ***)
(**
### The stream from place to place

```python
cache.accumulated_resid(layer=-1, incl_mid=False, pos_slice=-1)
```
*)
let stream = gpt2 |> Residual.stream "To kill two birds with one"

stream |> Residual.path 5
(*** include-it ***)
(**
### The logit lens

```python
states = cache.accumulated_resid(layer=-1, apply_ln=True)
model.unembed(states[:, 0]).argmax(-1)
```
*)
stream |> Residual.lensTable
(*** include-it ***)
(**
### Direct logit attribution

```python
heads, labels = cache.stack_head_results(layer=-1, pos_slice=-1, apply_ln=True, return_labels=True)
cache.logit_attrs(heads, tokens=" of", incorrect_tokens=" side", pos_slice=-1)
```
*)
gpt2 |> Attribution.between " of" " side" "To kill two birds with one"
(*** include-it ***)
(**
### The loss of each token

```python
model("To kill two birds", return_type="loss", loss_per_token=True)
```
*)
gpt2
|> Perplexity.ofText PerplexitySettings.Default "To kill two birds"
|> _.Losses
(*** include-it ***)
(**
## Hooks

### A head left out

```python
def ablate(z, hook):
    z[:, :, 3] = 0
    return z
model.run_with_hooks("The king of", fwd_hooks=[(utils.get_act_name("z", 5), ablate)])
```
*)
gpt2 |> Residual.without (Block 5, Head 3) |> Residual.next 3 "The king of"
(*** include-it ***)
(**
### A head at its mean

```python
def to_mean(z, hook):
    z[:, :, 3] = z[:, :, 3].mean(1, keepdim=True)
    return z
model.run_with_hooks("The king of", fwd_hooks=[(utils.get_act_name("z", 5), to_mean)])
```
*)
gpt2 |> Residual.withMean (Block 5, Head 3) |> Residual.next 3 "The king of"
(*** include-it ***)
(**
### A direction added

```python
def steer(resid, hook):
    return resid + 2 * direction
model.run_with_hooks("The king", fwd_hooks=[(utils.get_act_name("resid_post", 3), steer)])
```
*)
let direction = gpt2 |> Residual.difference (Block 3) "The queen" "The king"

gpt2 |> Residual.steer (Block 3) 2.0 direction |> Residual.next 3 "The king"
(*** include-it ***)
(**
### Activation patching

```python
_, clean = model.run_with_cache("The queen of")
def patch(resid, hook):
    resid[:, 1] = clean[hook.name][:, 1]
    return resid
model.run_with_hooks("The king of", fwd_hooks=[(utils.get_act_name("resid_post", 2), patch)])
```
*)
gpt2
|> Residual.patchWord (Block 2) "queen" "The queen of"
|> Residual.next 3 "The king of"
(*** include-it ***)
(**
### Patching behind every block

```python
from transformer_lens import patching
patching.get_act_patch_resid_pre(model, tokens, clean, metric)
```
*)
[|
    for block in Attention.blocks gpt2 ->
        gpt2
        |> Residual.patch block 1 "The queen of"
        |> Residual.next 1 "The king of"
        |> Array.head
|]
(*** include-it ***)
(**
### A hook of one's own

```python
def clear(values, hook):
    return values * 0
model.run_with_hooks("The king of", fwd_hooks=[(utils.get_act_name("mlp_out", 0), clear)])
```
*)
gpt2
|> Residual.edited "no MLP" (Place.MlpOutput 0) (fun values -> values.Clear())
|> Residual.next 3 "The king of"
(*** include-it ***)
(**
## Circuits

### The matrix that queries and keys share

```python
model.QK[5, 3]
```
*)
gpt2 |> Attention.queryKey Folded (Block 5) (Head 3)
(*** include-it ***)
(**
### What a head writes, and its singular values

```python
U, S, Vh = model.OV[5, 3].svd()
```
*)
let svd =
    gpt2 |> Attention.valueOutput Folded (Block 5) (Head 3) |> Decomposition.svd

svd
(*** include-it ***)
(**
### Its directions as tokens

```python
from transformer_lens import SVDInterpreter
SVDInterpreter(model).get_singular_vectors("OV", layer_index=5, head_index=3, num_vectors=2)
```
*)
[ svd ] |> Decomposition.nearestTokens Nearness.DotProduct 3 2 gpt2 |> List.head
(*** include-it ***)
(**
### Its eigenvalues

```python
model.OV[5, 3].eigenvalues
```

There are none of these. How far a head's matrix is symmetric is `FactoredMatrix.symmetricShare`; what it makes of
words is `HeadProbe.values`.

### Induction heads

```python
from transformer_lens.head_detector import detect_head
detect_head(model, text, "induction_head")
```
*)
gpt2 |> HeadScores.onRepeats (Seed 1UL) 25
(*** include-it ***)
(**
### A text continued

```python
model.generate("The king of", max_new_tokens=8, do_sample=False)
```
*)
gpt2 |> Generate.greedy 8 "The king of"
(*** include-it ***)
(**
</div>
*)
