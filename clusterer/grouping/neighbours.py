"""Which pairs of families are worth comparing: each family's nearest in the dense vectors, by FAISS."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Pairs = tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]


def neighbour_pairs(grid: npt.NDArray[np.float32], neighbours: int) -> Pairs:
    """Pairs (left < right) in which one row is among the other's `neighbours` nearest, each once, in order.

    `grid` is float32 [n, d] on the grid of `clusterer.grouping.grid`, so that the search is exact.
    """
    import faiss

    count = len(grid)
    wanted = min(neighbours + 1, count)
    if wanted < 2:
        empty = np.zeros(0, dtype=np.intp)
        return empty, empty
    index = faiss.IndexFlatIP(grid.shape[1])
    index.add(grid)
    _, found = index.search(grid, wanted)
    rows = np.repeat(np.arange(count, dtype=np.int64), wanted)
    return unique_pairs(rows, found.ravel(), count)


def unique_pairs(left: npt.NDArray[np.int64], right: npt.NDArray[np.int64], count: int) -> Pairs:
    """Each unordered pair of two different rows once, as (smaller, larger), in ascending order."""
    keep = (left != right) & (right >= 0)
    left, right = left[keep], right[keep]
    keys = np.unique(np.minimum(left, right) * count + np.maximum(left, right))
    smaller, larger = np.divmod(keys, count)
    return smaller.astype(np.intp), larger.astype(np.intp)


def all_pairs(count: int) -> Pairs:
    """Every pair of `count` rows: what the neighbour graph is measured against."""
    left, right = np.triu_indices(count, 1)
    return left, right
