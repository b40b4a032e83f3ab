"""umap-learn's layout in two dimensions with its defaults: the first fit compiles, the second is warm. No random_state,
with which it would run on one thread."""
import warnings

from common import load, measure

warnings.filterwarnings("ignore")
import sklearn
from sklearn.manifold import trustworthiness
import umap

table, (trusted, neighbours) = load()
layout = None


def work():
    global layout
    layout = umap.UMAP(n_components=2).fit_transform(table)
    return 0


def note():
    some = slice(int(trusted))
    return f"trustworthiness {trustworthiness(table[some], layout[some], n_neighbors=int(neighbours)):.3f}"


measure(work, is_long=True, note=note)
