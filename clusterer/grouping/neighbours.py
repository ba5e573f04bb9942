"""Which pairs of families are worth comparing: each family's nearest in the dense vectors, by FAISS."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from clusterer.grouping.grid import STEPS, GridVectors
from clusterer.grouping.search_index import SearchIndex, build_search_index
from clusterer.progress import Progress
from clusterer.sorted_keys import distinct_keys, is_new_key

Pairs = tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]


def neighbour_pairs(
    grid: GridVectors, neighbours: int, index: SearchIndex | None = None, *, progress: Progress | None = None
) -> tuple[Pairs, npt.NDArray[np.float64]]:
    """Pairs (left < right) in which one row is among the other's `neighbours` nearest, each once, in order, and their
    cosines, float64 [m].

    `grid` is int16 [n, d] on the grid of `clusterer.grouping.grid`, and `index` its index, an exact one unless given.
    FAISS's inner products are exact there: they are what `cosine` gives for the same rows, to the last bit. The index
    is let go before the pairs are sorted, if nobody else has it.
    """
    count = len(grid)
    wanted = min(neighbours + 1, count)
    if wanted < 2:
        empty = np.zeros(0, dtype=np.intp)
        return (empty, empty), np.zeros(0)
    nearest = index or build_search_index(grid, neighbours, 1.0)
    keys, products = np.empty(count * wanted, dtype=np.int64), np.empty(count * wanted, dtype=np.float32)
    start, end = 0, 0
    for found_products, found in nearest.nearest(grid, wanted, progress=progress):
        left = np.repeat(np.arange(start, start + len(found)), wanted)
        right = found.ravel()
        keep = (left != right) & (right >= 0)
        places = slice(end, end + int(np.count_nonzero(keep)))
        keys[places], products[places] = pair_keys(left[keep], right[keep], count), found_products.ravel()[keep]
        start, end = start + len(found), places.stop
    # Each of these arrays has some 30 numbers for each row: none stays longer than it is needed.
    del index, nearest
    order = np.argsort(keys[:end])
    keys = keys[order]
    new = is_new_key(keys)
    cosines = products[order[new]].astype(np.float64)  # a pair that was found from both sides has one product
    del order, products
    cosines /= STEPS * STEPS
    return pairs_of_keys(keys[new], count), cosines


def distinct_pairs(pairs: Pairs, count: int) -> Pairs:
    """Each unordered pair of two different ones of `count` rows once, as (smaller, larger), in order."""
    return pairs_of_keys(distinct_keys(pair_keys(*pairs, count)), count)


def pair_keys(left: npt.NDArray[np.intp], right: npt.NDArray[np.intp], count: int) -> npt.NDArray[np.int64]:
    """One number for each unordered pair of `count` rows, ascending as (smaller, larger) is."""
    return np.minimum(left, right) * count + np.maximum(left, right)


def pairs_of_keys(keys: npt.NDArray[np.int64], count: int) -> Pairs:
    """The pairs (smaller, larger) of `count` rows that these numbers stand for."""
    smaller, larger = np.divmod(keys, count)
    return smaller.astype(np.intp, copy=False), larger.astype(np.intp, copy=False)


def all_pairs(count: int) -> Pairs:
    """Every pair of `count` rows: what the neighbour graph is measured against."""
    left, right = np.triu_indices(count, 1)
    return left, right
