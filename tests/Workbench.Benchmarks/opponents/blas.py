"""How fast the matrix products beneath NumPy and torch are, in GFLOP/s: opponents with a slow one are no opponents."""
import json
import time

from common import THREADS, by
import numpy as np
import torch

torch.set_num_threads(THREADS)
a, b = np.ones((1024, 768), dtype=np.float32), np.ones((8192, 768), dtype=np.float32)


def rate(product):
    best = 0.0
    for _ in range(5):
        start = time.perf_counter()
        product()
        best = max(best, 2e-9 * 1024 * 8192 * 768 / (time.perf_counter() - start))
    return best


A, B = torch.from_numpy(a), torch.from_numpy(b)
print(json.dumps({"by": by(), "numpy": rate(lambda: a @ b.T), "torch": rate(lambda: A @ B.T)}))
