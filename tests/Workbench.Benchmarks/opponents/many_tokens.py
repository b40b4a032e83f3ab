"""Windows of tokens through a model of SmolLM2-135M's shape, random float32 weights, the residual stream and what is
added to it kept of a window at a time, no logits: torch's own functions.

Arguments: windows, their length, and how many go through together.
"""
import sys

from common import THREADS, measure
import torch
from torch.nn.functional import linear, rms_norm, scaled_dot_product_attention, silu

windows, length, together = map(int, sys.argv[1:])
WIDTH, BLOCKS, HEADS, GROUPS, INNER, VOCABULARY = 576, 30, 9, 3, 1536, 49152
HEAD = WIDTH // HEADS
torch.set_num_threads(THREADS)
torch.manual_seed(1)


def weight(outputs, inputs):
    return 0.02 * torch.randn(outputs, inputs)


embedding, ones = weight(VOCABULARY, WIDTH), torch.ones(WIDTH)
blocks = [
    (
        weight(WIDTH + 2 * GROUPS * HEAD, WIDTH), weight(WIDTH, WIDTH), weight(2 * INNER, WIDTH), weight(WIDTH, INNER)
    )
    for _ in range(BLOCKS)
]
angles = torch.outer(torch.arange(length), 100_000.0 ** (-torch.arange(0, HEAD, 2) / HEAD)).repeat(1, 2)
cos, sin = angles.cos(), angles.sin()


def rotate(x):
    first, second = x.chunk(2, -1)
    return x * cos + torch.cat([-second, first], -1) * sin


def states(tokens):
    x = embedding[tokens]
    kept = [x]
    for attention, projection, gates, down in blocks:
        heads = linear(rms_norm(x, (WIDTH,), ones, 1e-5), attention).view(len(x), length, -1, HEAD).transpose(1, 2)
        q, k, v = heads.split([HEADS, GROUPS, GROUPS], 1)
        k, v = (rows.repeat_interleave(HEADS // GROUPS, 1) for rows in (rotate(k), v))
        mixed = scaled_dot_product_attention(rotate(q), k, v, is_causal=True)
        added = linear(mixed.transpose(1, 2).reshape(x.shape), projection)
        x = x + added
        gate, up = linear(rms_norm(x, (WIDTH,), ones, 1e-5), gates).chunk(2, -1)
        change = linear(silu(gate) * up, down)
        kept += [added, x, change, x + change]
        x = kept[-1]
    return kept


def work():
    for window in range(0, windows, together):
        ids = torch.arange(window * length, (window + together) * length) * 7919 + 13
        states((ids % VOCABULARY).view(together, length))
    return 0


with torch.inference_mode():
    measure(work)
