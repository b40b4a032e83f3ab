"""Histogram, moments, extremes and the 20 largest cosines of all pairs of rows, a block of rows at a time.

histogram: numpy.histogram.  bincount: bins found by arithmetic, the quickest that NumPy alone does.  torch: histc.
product: nothing but the blocks' matrix products.
"""
import os
import time

from common import load, report
import numpy as np

BLOCK, BINS, TOP = 1024, 4000, 20
E, (method,) = load()
start = time.perf_counter()
E = E / np.linalg.norm(E, axis=1, keepdims=True)
n = len(E)
if method == "torch":
    import torch

    torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
    E = torch.from_numpy(E)
    start = time.perf_counter()  # the import is not the library's work
counts = np.zeros(BINS, dtype=np.int64)
low, high, total, squares, pairs = 2.0, -2.0, 0.0, 0.0, 0
best = np.zeros(0, dtype=np.float32)


def take_numpy(scores):
    global counts, low, high, total, squares, best
    if method == "bincount":
        bins = (scores * np.float32(BINS / 2) + np.float32(BINS / 2)).astype(np.int32)
        counts += np.bincount(bins.ravel(), minlength=BINS + 1)[:BINS]
    else:
        counts += np.histogram(scores, bins=BINS, range=(-1, 1))[0]
    low, high = min(low, float(scores.min())), max(high, float(scores.max()))
    total += float(scores.sum(dtype=np.float64))
    squares += float(np.dot(scores.ravel(), scores.ravel()))
    flat = scores.ravel()
    large = flat[flat > best.min()] if len(best) == TOP else flat
    best = np.concatenate([best, large])
    if len(best) > TOP:
        best = np.partition(best, -TOP)[-TOP:]


def take_torch(scores):
    global counts, low, high, total, squares, best
    counts += torch.histc(scores, bins=BINS, min=-1, max=1).numpy().astype(np.int64)
    low, high = min(low, float(scores.min())), max(high, float(scores.max()))
    total += float(scores.sum(dtype=torch.float64))
    squares += float(torch.dot(scores.ravel(), scores.ravel()))
    best = np.sort(np.concatenate([best, torch.topk(scores.ravel(), min(TOP, scores.numel())).values.numpy()]))[-TOP:]


take = take_torch if method == "torch" else take_numpy
for i in range(0, n, BLOCK):
    j = min(i + BLOCK, n)
    scores = E[i:j] @ E[i:].T
    pairs += (j - i) * (j - i - 1) // 2 + (j - i) * (n - j)
    if method == "product":
        continue
    above = torch.triu_indices(j - i, j - i, 1) if method == "torch" else np.triu_indices(j - i, 1)
    if j - i > 1:
        take(scores[:, : j - i][above[0], above[1]])
    if j < n:
        take(scores[:, j - i :].contiguous() if method == "torch" else np.ascontiguousarray(scores[:, j - i :]))
report(start, pairs)
