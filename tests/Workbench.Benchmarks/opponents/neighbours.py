"""The k nearest other rows of every row by Euclidean distance, exactly, in float32: the sum of their distances.

numpy: blocks of the product, then argpartition.  torch: blocks of the product, then topk.  sklearn: brute force.
"""
from common import THREADS, load, measure
import numpy as np

BLOCK = 1024
table, (method, k) = load()
k = int(k)


def by_numpy():
    total, squares = 0.0, np.einsum("ij,ij->i", table, table)
    for i in range(0, len(table), BLOCK):
        some = table[i : i + BLOCK]
        far = some @ table.T
        far *= -2
        far += squares
        rows = np.arange(len(some))
        far[rows, rows + i] = np.inf
        nearest = np.argpartition(far, k - 1, axis=1)[:, :k]
        nearest = np.take_along_axis(nearest, np.argsort(np.take_along_axis(far, nearest, 1), axis=1), 1)
        distances = np.take_along_axis(far, nearest, 1) + squares[i : i + BLOCK, None]
        total += float(np.sqrt(np.maximum(distances, 0)).sum(dtype=np.float64))
    return total


def by_torch():
    points = torch.from_numpy(table)
    total, squares = 0.0, (points * points).sum(1)
    for i in range(0, len(points), BLOCK):
        some = points[i : i + BLOCK]
        far = torch.addmm(squares, some, points.T, alpha=-2)
        far.diagonal(i).fill_(torch.inf)
        distances = torch.topk(far, k, dim=1, largest=False).values + squares[i : i + BLOCK, None]
        total += float(distances.clamp(min=0).sqrt().sum(dtype=torch.float64))
    return total


def by_sklearn():
    search = NearestNeighbors(n_neighbors=k, algorithm="brute", n_jobs=THREADS).fit(table)
    return search.kneighbors()[0].sum(dtype=np.float64)


if method == "torch":
    import torch

    torch.set_num_threads(THREADS)
elif method == "sklearn":
    import sklearn
    from sklearn.neighbors import NearestNeighbors
measure({"numpy": by_numpy, "torch": by_torch, "sklearn": by_sklearn}[method], is_long=True)
