"""What the opponents share: reading the input, and one line of JSON at the end."""
import json
import resource
import sys
import time

import numpy as np


def load():
    path, rows, columns = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    return np.fromfile(path, dtype="<f4").reshape(rows, columns), sys.argv[4:]


def report(start, check):
    seconds = time.perf_counter() - start
    mebibytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": seconds, "mebibytes": mebibytes, "check": int(check)}))
