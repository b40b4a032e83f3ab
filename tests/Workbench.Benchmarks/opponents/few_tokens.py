"""Some tokens through a GPT-2 of 124M random weights, logits of all: torch's own functions in float32."""
import sys

from common import THREADS, measure
import torch
from torch.nn.functional import gelu, layer_norm, linear, scaled_dot_product_attention

LENGTH, WIDTH, BLOCKS, HEADS, VOCABULARY = int(sys.argv[1]), 768, 12, 12, 50257
torch.set_num_threads(THREADS)
torch.manual_seed(1)


def layer(inputs, outputs):
    return 0.1 * (torch.rand(outputs, inputs) - 0.5), torch.ones(outputs)


def norm(x, weight, bias):
    return layer_norm(x, (WIDTH,), weight, bias)


wte, wpe = 0.1 * (torch.rand(VOCABULARY, WIDTH) - 0.5), 0.1 * (torch.rand(1024, WIDTH) - 0.5)
ones = torch.ones(WIDTH)
blocks = [
    (layer(WIDTH, 3 * WIDTH), layer(WIDTH, WIDTH), layer(WIDTH, 4 * WIDTH), layer(4 * WIDTH, WIDTH))
    for _ in range(BLOCKS)
]
tokens = (torch.arange(LENGTH) * 7919 + 13) % VOCABULARY


def work():
    x = wte[tokens] + wpe[:LENGTH]
    for attention, projection, up, down in blocks:
        q, k, v = linear(norm(x, ones, ones), *attention).view(LENGTH, 3, HEADS, -1).permute(1, 2, 0, 3)
        mixed = scaled_dot_product_attention(q[None], k[None], v[None], is_causal=True)[0]
        x = x + linear(mixed.transpose(0, 1).reshape(LENGTH, WIDTH), *projection)
        x = x + linear(gelu(linear(norm(x, ones, ones), *up), approximate="tanh"), *down)
    linear(norm(x, ones, ones), wte)
    return 0


with torch.inference_mode():
    measure(work)
