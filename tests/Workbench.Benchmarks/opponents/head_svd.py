"""Singular value decompositions of heads A Bᵀ from their factors A and B, one after the other on one thread.

thin: QR of both factors and the decomposition of the small core, by torch in float32.  full: the decomposition of the product.
numpy: the thin route by NumPy in float64, as ours.
"""
import os

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"  # more threads slow matrices of this size
import time

from common import load, report
import numpy as np

table, (method, heads) = load()
factors = table.reshape(int(heads), 2, -1, table.shape[1])
if method != "numpy":
    import torch

    torch.set_num_threads(1)
    factors = torch.from_numpy(factors)
start = time.perf_counter()
total = 0.0
for a, b in factors:
    if method == "numpy":
        (qa, ra), (qb, rb) = np.linalg.qr(a.astype(np.float64)), np.linalg.qr(b.astype(np.float64))
        u, values, v = np.linalg.svd(ra @ rb.T)
        u, v = qa @ u, v @ qb.T
    elif method == "thin":
        (qa, ra), (qb, rb) = torch.linalg.qr(a), torch.linalg.qr(b)
        u, values, v = torch.linalg.svd(ra @ rb.T)
        u, v = qa @ u, v @ qb.T
    else:
        u, values, v = torch.linalg.svd(a @ b.T)
    total += float(values[: a.shape[1]].sum()) if method == "numpy" else float(values[: a.shape[1]].sum(dtype=torch.float64))
report(start, round(total / 1000))
