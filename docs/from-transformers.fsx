(**
---
title: From transformers
category: Coming from Python
categoryindex: 4
index: 2
description: What one does with the transformers library, and the same here.
---
*)
(*** condition: prepare ***)
#load "../scripts/prelude.fsx"

open Workbench
(**
# From transformers

Theirs is on the left, ours on the right, with what it gives. Our lines are run by the tests, on the pocket models,
which ship; theirs **are not run here**. That both give the same numbers on the same weights is tested elsewhere, with
values that the library itself computed: [models](models.html), [is it computed right?](verify.html).

Here a model reads one text at a time: there are no batches, no padding and no attention masks. Everything is
float32. Nothing is trained but the pocket models.

<div class="pairs">

## Models

### A model and its tokenizer

```python
from transformers import AutoModelForCausalLM, AutoTokenizer
name = "gpt2"
model = AutoModelForCausalLM.from_pretrained(name)
tokenizer = AutoTokenizer.from_pretrained(name)
```
*)
let gpt2 = Model.load "pocket-gpt2"

gpt2.Weights
(*** include-it ***)
(**
### A folder of one's own, if it is there

```python
AutoModelForCausalLM.from_pretrained("./step-4000", local_files_only=True)
```
*)
Model.tryLocal "./step-4000"
(*** include-it ***)
(**
### A checkpoint of a training

```python
AutoModelForCausalLM.from_pretrained("EleutherAI/pythia-70m", revision="step1000")
```

`Model.load "EleutherAI/pythia-70m@step1000"`; [checkpoints](checkpoints.html) compares several.

### How large it is

```python
model.config.n_layer, model.config.n_head, model.config.n_embd
```
*)
(Attention.blocks gpt2).Length, (Attention.heads gpt2).Length, snd (Labelled.shape (Embedding.tokens gpt2))
(*** include-it ***)
(**
### A tensor by its name

```python
model.state_dict()["transformer.h.0.mlp.c_fc.weight"]
```
*)
gpt2 |> Model.tensor "h.0.mlp.c_fc.weight"
(*** include-it ***)
(**
### An adapter

```python
from peft import PeftModel
PeftModel.from_pretrained(model, "my-adapter")
```

`model |> Model.withAdapter "my-adapter"`, and what it changed in a head is `FactoredMatrix.change`.

### On a GPU

```python
model.to("cuda")
```
*)
gpt2 |> Model.on (Engine.best ()) |> _.Engine
(*** include-it ***)
(**
## Tokens

### The ids of a text

```python
tokenizer.encode("The king said hello")
```
*)
gpt2 |> Tokens.ids "The king said hello"
(*** include-it ***)
(**
### Its tokens; a space is a space, not Ġ

```python
tokenizer.tokenize("The king said hello")
```
*)
gpt2 |> Tokens.pieces "The king said hello" |> Array.map _.Text
(*** include-it ***)
(**
### Where each stands in the text

```python
tokenizer("The king", return_offsets_mapping=True)["offset_mapping"]
```
*)
gpt2
|> Tokens.pieces "The king"
|> Array.map (fun token -> token.Start, token.Start + token.Length)
(*** include-it ***)
(**
### With the special tokens around it

```python
bert_tokenizer("the king")["input_ids"]
```
*)
let bert = Model.load "pocket-bert"

bert |> Tokens.sequence "the king"
(*** include-it ***)
(**
### Back to a text

```python
tokenizer.decode([483, 1472])
```
*)
gpt2 |> Tokens.decode [| 483; 1472 |]
(*** include-it ***)
(**
### A conversation

```python
tokenizer.apply_chat_template(
    [{"role": "user", "content": "Hello"}], tokenize=False, add_generation_prompt=True)
```

`model |> Tokens.chat [ User, "Hello" ]`, for a model that was taught to converse.

## Embeddings

### Of all tokens

```python
model.get_input_embeddings().weight
```
*)
gpt2 |> Embedding.tokens
(*** include-it ***)
(**
### Of all positions

```python
model.transformer.wpe.weight
```
*)
gpt2 |> Embedding.positions
(*** include-it ***)
(**
### Of some words

```python
ids = [tokenizer.encode(word)[0] for word in [" king", " queen"]]
model.transformer.wte.weight[ids]
```
*)
gpt2 |> Embedding.ofWords [ " king"; " queen" ]
(*** include-it ***)
(**
### The neighbours of a word

```python
wte = model.transformer.wte.weight
king = wte[tokenizer.encode(" king")[0]]
torch.cosine_similarity(king, wte).topk(6)
```
*)
gpt2 |> Embedding.nearest 5 " king"
(*** include-it ***)
(**
## A pass

### Logits

```python
ids = tokenizer("The king of", return_tensors="pt").input_ids
model(ids).logits
```
*)
gpt2 |> Residual.logits "The king of"
(*** include-it ***)
(**
### What comes next

```python
logits = model(ids).logits[0, -1]
logits.softmax(-1).topk(5)
```
*)
gpt2 |> Residual.next 5 "The king of"
(*** include-it ***)
(**
### Hidden states

```python
model(ids, output_hidden_states=True).hidden_states
```
*)
gpt2
|> Residual.stream "The king of"
|> Residual.states
|> Array.map Labelled.shape
(*** include-it ***)
(**
### The states of the last token

```python
states = model(ids, output_hidden_states=True).hidden_states
torch.stack([state[0, -1] for state in states])
```
*)
gpt2 |> Residual.stream "The king of" |> Residual.path 2
(*** include-it ***)
(**
### Attention

```python
model(ids, output_attentions=True).attentions[5][0, 3]
```
*)
gpt2 |> Attention.pattern (Block 5) (Head 3) "The king of"
(*** include-it ***)
(**
### The loss

```python
model(ids, labels=ids).loss
```
*)
gpt2
|> Perplexity.ofText PerplexitySettings.Default "The king of England"
|> _.Loss
(*** include-it ***)
(**
### The loss of each token

```python
logits = model(ids).logits[0, :-1]
F.cross_entropy(logits, ids[0, 1:], reduction="none")
```
*)
gpt2
|> Perplexity.ofText PerplexitySettings.Default "The king of England"
|> _.Losses
(*** include-it ***)
(**
### A gradient: which token the next one depends on

```python
embeddings = model.transformer.wte(ids).detach().requires_grad_()
logits = model(inputs_embeds=embeddings).logits[0, -1]
logits.max().backward()
(embeddings.grad * embeddings).sum(-1)
```
*)
gpt2 |> Saliency.ofNextToken "The king of"
(*** include-it ***)
(**
## Texts

### Continued by the likeliest token

```python
model.generate(ids, max_new_tokens=8, do_sample=False)
```
*)
gpt2 |> Generate.greedy 8 "The king of"
(*** include-it ***)
(**
### Continued by chance

```python
set_seed(1)
model.generate(ids, max_new_tokens=8, do_sample=True,
    temperature=0.7, top_k=50, top_p=0.9)
```
*)
let bolder = {
    GenerateSettings.Default with
        Count = 8
        Temperature = 0.7
        TopK = Some 50
        TopP = Some 0.9
}

gpt2 |> Generate.sample (Seed 1UL) bolder "The king of"
(*** include-it ***)
(**
### A masked word

```python
pipeline("fill-mask", model="bert-base-uncased")("the [MASK] of england")
```
*)
bert |> Residual.masked 5 "the [MASK] of england"
(*** include-it ***)
(**
### Vectors of sentences

```python
ids = bert_tokenizer("the king is dead", return_tensors="pt").input_ids
encoder(ids).last_hidden_state.mean(1)
```
*)
bert
|> Residual.sentences Pooling.Mean [ "the king is dead"; "long live the king" ]
(*** include-it ***)
(**
### Training

```python
Trainer(model=model, args=arguments, train_dataset=texts).train()
```

Models are not trained or tuned here: train them where you do, and open what was saved.

</div>
*)
