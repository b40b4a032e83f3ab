"""Loss and all gradients of a GPT-2 of pocket-gpt2's shape over a batch of texts: torch's own functions and autograd."""
import sys

from common import THREADS, measure
import torch
from torch.nn.functional import cross_entropy, gelu, layer_norm, linear, scaled_dot_product_attention

TEXTS, LENGTH = map(int, sys.argv[1:])
WIDTH, BLOCKS, HEADS, VOCABULARY = 192, 6, 6, 8192
torch.set_num_threads(THREADS)
torch.manual_seed(1)


def parameter(*shape):
    return (0.02 * torch.randn(*shape)).requires_grad_()


wte, wpe = parameter(VOCABULARY, WIDTH), parameter(LENGTH, WIDTH)
shapes = [(3 * WIDTH, WIDTH), (WIDTH, WIDTH), (4 * WIDTH, WIDTH), (WIDTH, 4 * WIDTH)]
blocks = [
    [*((parameter(*shape), parameter(shape[0])) for shape in shapes)]
    + [(torch.ones(WIDTH, requires_grad=True), torch.zeros(WIDTH, requires_grad=True)) for _ in range(2)]
    for _ in range(BLOCKS)
]
last = torch.ones(WIDTH, requires_grad=True), torch.zeros(WIDTH, requires_grad=True)
parameters = [wte, wpe, *last, *(value for block in blocks for pair in block for value in pair)]
tokens = torch.randint(VOCABULARY, (TEXTS, LENGTH))
targets = torch.randint(VOCABULARY, (TEXTS * LENGTH,))


def work():
    x = wte[tokens] + wpe
    for attention, projection, up, down, first, second in blocks:
        rows = linear(layer_norm(x, (WIDTH,), *first), *attention)
        q, k, v = rows.view(TEXTS, LENGTH, 3, HEADS, -1).permute(2, 0, 3, 1, 4)
        mixed = scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + linear(mixed.transpose(1, 2).reshape(x.shape), *projection)
        x = x + linear(gelu(linear(layer_norm(x, (WIDTH,), *second), *up), approximate="tanh"), *down)
    logits = linear(layer_norm(x, (WIDTH,), *last), wte)
    loss = cross_entropy(logits.view(-1, VOCABULARY), targets)
    torch.autograd.grad(loss, parameters)
    return 0


measure(work)
