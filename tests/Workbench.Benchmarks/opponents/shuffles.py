"""All entries of a matrix in random order, the cosines between its columns, their histogram: again and again."""
from common import load, measure
import numpy as np

matrix, (shuffles,) = load()
random = np.random.default_rng(7)
above = np.nonzero(np.triu(np.ones((matrix.shape[1], matrix.shape[1])), 1))


def work():
    counts, flat = np.zeros(100, dtype=np.int64), matrix.flatten()
    for _ in range(int(shuffles)):
        random.shuffle(flat)
        columns = flat.reshape(matrix.shape)
        columns = columns / np.linalg.norm(columns, axis=0, keepdims=True)
        counts += np.histogram((columns.T @ columns)[above], bins=100, range=(-1, 1))[0]
    return counts.sum()


measure(work)
