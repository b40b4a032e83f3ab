"""Singular value decompositions of heads A Bᵀ from their factors A and B, one after the other on one thread.

numpy: QR of both factors and the decomposition of the small core in float64, as ours.  thin: the same by torch in
float32.  full: the product decomposed whole, by torch in float32.
"""
import os

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"  # more threads slow matrices of this size

from common import load, measure
import numpy as np

table, (method, heads) = load()
factors = table.reshape(int(heads), 2, -1, table.shape[1])
if method != "numpy":
    import torch

    torch.set_num_threads(1)
    factors = torch.from_numpy(factors)


def by_numpy(a, b):
    (qa, ra), (qb, rb) = np.linalg.qr(a.astype(np.float64)), np.linalg.qr(b.astype(np.float64))
    u, values, v = np.linalg.svd(ra @ rb.T)
    return qa @ u, values, v @ qb.T


def thin(a, b):
    (qa, ra), (qb, rb) = torch.linalg.qr(a), torch.linalg.qr(b)
    u, values, v = torch.linalg.svd(ra @ rb.T)
    return qa @ u, values, v @ qb.T


def full(a, b):
    return torch.linalg.svd(a @ b.T)


decompose = {"numpy": by_numpy, "thin": thin, "full": full}[method]
measure(lambda: sum(float(decompose(a, b)[1][: a.shape[1]].sum()) for a, b in factors))
