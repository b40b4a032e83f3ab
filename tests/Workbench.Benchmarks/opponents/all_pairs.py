"""Histogram, moments, extremes and the 20 largest cosines of all pairs of rows, a block of rows at a time.

histogram: numpy.histogram.  bincount: bins found by arithmetic, the quickest that NumPy alone does.  torch: histc.
numba: products by NumPy, the answers in one parallel kernel.  product: nothing but the blocks' matrix products.
"""
from common import THREADS, load, measure
import numpy as np

BLOCK, BINS, TOP = 1024, 4000, 20
table, (method,) = load()
n = len(table)
if method == "torch":
    import torch

    torch.set_num_threads(THREADS)
if method == "numba":
    import numba

    numba.set_num_threads(THREADS)

    @numba.njit(parallel=True, fastmath=True)
    def take_all(scores, counts, moments, best):
        """The scores right of the diagonal into each thread's own counts, sums and list of the largest."""
        rows, columns = scores.shape
        threads, half = len(counts), np.float32(BINS / 2)
        for t in numba.prange(threads):
            count, moment, largest = counts[t], moments[t], best[t]
            for i in range(t, rows, threads):
                low, high, total, squares = np.float32(2), np.float32(-2), np.float32(0), np.float32(0)
                for j in range(i + 1, columns):
                    score = scores[i, j]
                    low, high = min(low, score), max(high, score)
                    total += score
                    squares += score * score
                for j in range(i + 1, columns):
                    count[min(int(scores[i, j] * half + half), BINS - 1)] += 1
                if high > largest[0]:
                    for j in range(i + 1, columns):
                        if scores[i, j] > largest[0]:
                            largest[0] = scores[i, j]
                            largest.sort()
                moment[0], moment[1] = min(moment[0], low), max(moment[1], high)
                moment[2] += total
                moment[3] += squares


class Answers:
    """What is known of the scores so far."""

    def __init__(self):
        self.counts = np.zeros(BINS, dtype=np.int64)
        self.low, self.high, self.total, self.squares = 2.0, -2.0, 0.0, 0.0
        self.best = np.zeros(0, dtype=np.float32)

    def take_numpy(self, scores):
        if method == "bincount":
            bins = (scores * np.float32(BINS / 2) + np.float32(BINS / 2)).astype(np.int32)
            self.counts += np.bincount(bins.ravel(), minlength=BINS + 1)[:BINS]
        else:
            self.counts += np.histogram(scores, bins=BINS, range=(-1, 1))[0]
        self.low, self.high = min(self.low, float(scores.min())), max(self.high, float(scores.max()))
        self.total += float(scores.sum(dtype=np.float64))
        flat = scores.ravel()
        self.squares += float(np.dot(flat, flat))
        self.best = np.concatenate([self.best, flat[flat > self.best.min()] if len(self.best) == TOP else flat])
        if len(self.best) > TOP:
            self.best = np.partition(self.best, -TOP)[-TOP:]

    def take_torch(self, scores):
        self.counts += torch.histc(scores, bins=BINS, min=-1, max=1).numpy().astype(np.int64)
        self.low, self.high = min(self.low, float(scores.min())), max(self.high, float(scores.max()))
        self.total += float(scores.sum(dtype=torch.float64))
        self.squares += float(torch.dot(scores.ravel(), scores.ravel()))
        top = torch.topk(scores.ravel(), min(TOP, scores.numel())).values.numpy()
        self.best = np.sort(np.concatenate([self.best, top]))[-TOP:]


def blocks(rows):
    for i in range(0, n, BLOCK):
        j = min(i + BLOCK, n)
        yield i, j, rows[i:j], rows[i:]


def normalised():
    return table / np.linalg.norm(table, axis=1, keepdims=True)


def by_numpy():
    answers = Answers()
    for i, j, some, others in blocks(normalised()):
        scores = some @ others.T
        if j - i > 1:
            answers.take_numpy(scores[:, : j - i][np.triu_indices(j - i, 1)])
        if j < n:
            answers.take_numpy(np.ascontiguousarray(scores[:, j - i :]))
    return answers.counts.sum()


def by_torch():
    answers = Answers()
    for i, j, some, others in blocks(torch.from_numpy(normalised())):
        scores = some @ others.T
        if j - i > 1:
            above = torch.triu_indices(j - i, j - i, 1)
            answers.take_torch(scores[:, : j - i][above[0], above[1]])
        if j < n:
            answers.take_torch(scores[:, j - i :].contiguous())
    return answers.counts.sum()


def by_numba():
    counts, moments = np.zeros((THREADS, BINS), np.int64), np.zeros((THREADS, 4))
    best = np.full((THREADS, TOP), -2, np.float32)
    buffer = np.empty(BLOCK * n, np.float32)
    for i, j, some, others in blocks(normalised()):
        scores = buffer[: (j - i) * (n - i)].reshape(j - i, n - i)
        np.matmul(some, others.T, out=scores)
        take_all(scores, counts, moments, best)
    np.sort(best.ravel())[-TOP:]
    return counts.sum()


def product():
    buffer = np.empty(BLOCK * n, np.float32)
    for i, j, some, others in blocks(normalised()):
        np.matmul(some, others.T, out=buffer[: (j - i) * (n - i)].reshape(j - i, n - i))
    return 0


measure({"torch": by_torch, "numba": by_numba, "product": product}.get(method, by_numpy))
