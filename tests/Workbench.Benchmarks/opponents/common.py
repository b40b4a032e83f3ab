"""What the opponents share: reading the input, running the work cold and warm, and one line of JSON at the end."""
import ctypes
import json
import os
import resource
import statistics
import sys
import time

import numpy as np

THREADS = int(os.environ["OMP_NUM_THREADS"])
MOST_RUNS, ENOUGH_SECONDS, TOO_LONG = 60, 4, 20  # as Outcome.cs


def load():
    """The matrix that the first three arguments name, and the arguments after them."""
    path, rows, columns = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    return np.fromfile(path, dtype="<f4").reshape(rows, columns), sys.argv[4:]


def blas():
    """What computes NumPy's and torch's products, as the library itself says: name, version, kernels and threads. Those
    of pthreads get in the way of torch's own: with OpenMP's, torch 2.6 was seen to run seven times faster."""
    with open("/proc/self/maps") as maps:
        paths = {line.split()[-1] for line in maps if "blas" in line.split("/")[-1]}
    for path in sorted(paths):
        try:
            library = ctypes.CDLL(path)
            library.openblas_get_config.restype = ctypes.c_char_p
            words = library.openblas_get_config().decode().split()
            threads = ["no threads", "pthreads", "OpenMP"][library.openblas_get_parallel()]
            return f"{words[0]} {words[1]} ({words[-2]}, {threads})"
        except (OSError, AttributeError):
            pass
    return "another BLAS"


def by():
    """The libraries that were imported, with their versions."""
    names = {"torch": "torch", "numba": "numba", "sklearn": "scikit-learn", "umap": "umap-learn"}
    others = [f"{name} {sys.modules[module].__version__}" for module, name in names.items() if module in sys.modules]
    return ", ".join([f"NumPy {np.__version__}", *others, blas()])


def measure(work, is_long=False, note=lambda: ""):
    """Runs work once, then again until four seconds have gone; the later half's median is the warm time."""
    start = time.perf_counter()
    check = work()
    cold = time.perf_counter() - start
    mebibytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    warm = []
    while len(warm) < MOST_RUNS and sum(warm) < ENOUGH_SECONDS and (cold < TOO_LONG or is_long and not warm):
        start = time.perf_counter()
        work()
        warm.append(time.perf_counter() - start)
    print(json.dumps({
        "cold": cold,
        "warm": statistics.median(warm[len(warm) // 2:]) if warm else "NaN",
        "mebibytes": mebibytes,
        "check": float(check),
        "by": by(),
        "note": note(),
    }))
