"""How many of the families that are nearest to those of two groups are in the other of them.

The parts of one story lie among each other: some of what is nearest to the families of the one is in the other. Two
events of a kind may have as much evidence with each other in the mean, but what is nearest to each is its own. That is
how two samples are told to be of one distribution, or not, by their nearest neighbours (Schilling 1986; Henze 1988).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from clusterer.grouping.compared import Compared
from clusterer.grouping.neighbours import pair_keys
from clusterer.sorted_keys import distinct_keys, key_starts

# As many of the nearest count as the larger group may have of its own, but no more than tell of a large one.
FEWEST_NEAREST = 2
MOST_NEAREST = 5
NONE = -1
EDGES_AT_ONCE = 1 << 20

Rows = npt.NDArray[np.intp]
Nearest = npt.NDArray[np.int32]


def nearest_families(count: int, edges: Compared) -> Nearest:
    """The MOST_NEAREST that are nearest to each of `count` families, of equally near ones the first, int32 [count,
    MOST_NEAREST]; NONE where fewer are. `edges` are the pairs that are near, each once.
    """
    found = np.full((count, MOST_NEAREST), NONE, dtype=np.int32)
    free = np.ones((2, len(edges.evidence)), dtype=bool)  # which are not found yet, of either side of an edge
    for place in range(MOST_NEAREST):
        best, first = np.full(count, -np.inf), np.full(count, count, dtype=np.intp)
        for one, _, evidence, is_free in _sides(edges, free):
            np.maximum.at(best, one[is_free], evidence[is_free])
        for one, other, evidence, is_free in _sides(edges, free):
            nearest = np.flatnonzero(is_free & (evidence == best[one]))
            np.minimum.at(first, one[nearest], other[nearest])
        for one, other, _, is_free in _sides(edges, free):
            is_free &= other != first[one]
        has = first < count
        found[has, place] = first[has]
    return found


def _sides(
    edges: Compared, free: npt.NDArray[np.bool_]
) -> Iterator[tuple[Rows, Rows, npt.NDArray[np.float64], npt.NDArray[np.bool_]]]:
    """Some edges at a time, from either side: one family, the other, their evidence, and what is `free`, to change."""
    for start in range(0, len(edges.evidence), EDGES_AT_ONCE):
        some = slice(start, start + EDGES_AT_ONCE)
        left, right = (side[some] for side in edges.pairs)
        yield left, right, edges.evidence[some], free[0, some]
        yield right, left, edges.evidence[some], free[1, some]


@dataclass(frozen=True, slots=True)
class NearestInGroups:
    """Of g `groups`: the pairs of them, of a group with itself too, that have what is nearest to each other, as `keys`
    (`pair_keys`), ascending, int64 [m]; and of the first, the first two and so on to MOST_NEAREST that are nearest to
    the families of either, how many are in the other, int32 [m, MOST_NEAREST].
    """

    groups: int
    keys: npt.NDArray[np.int64]
    counts: npt.NDArray[np.int32]

    @staticmethod
    def of(nearest: Nearest | None, labels: Rows, rows: Rows, groups: int) -> NearestInGroups:
        """Of so many groups, `labels` int [m] from 0, of the families at `rows`, from the `nearest_families` of all, if
        they are known.
        """
        if nearest is None:
            return NearestInGroups(groups, np.zeros(0, np.int64), np.zeros((0, MOST_NEAREST), np.int32))
        label_of = np.full(len(nearest), NONE, dtype=np.intp)
        label_of[rows] = labels
        of_places = []
        for place in range(MOST_NEAREST):
            at = nearest[rows, place]
            near = np.flatnonzero((at != NONE) & (label_of[at] != NONE))
            of_places.append(pair_keys(labels[near], label_of[at[near]], groups))
        distinct = distinct_keys(np.concatenate(of_places))
        counts = np.empty((len(distinct), MOST_NEAREST), dtype=np.int32)
        for place, keys in enumerate(of_places):
            counts[:, place] = np.bincount(np.searchsorted(distinct, keys), minlength=len(distinct))
        return NearestInGroups(groups, distinct, np.cumsum(counts, axis=1, out=counts))

    def mapped(self, target: Rows, groups: int) -> NearestInGroups:
        """When each group is one of so many `groups`, the `target`, int [g]; NONE for one that is in none of them."""
        left, right = (target[side] for side in np.divmod(self.keys, self.groups))
        kept = np.flatnonzero((left != NONE) & (right != NONE))
        keys = pair_keys(left[kept], right[kept], groups)
        order = np.argsort(keys, kind="stable")
        starts = key_starts(keys[order])
        counts = np.add.reduceat(self.counts[kept[order]], starts, axis=0, dtype=np.int32)
        return NearestInGroups(groups, keys[order[starts]], counts)

    def mixing(self, sizes: Rows, left: Rows, right: Rows) -> npt.NDArray[np.float64]:
        """How many of what is nearest to the families of the groups left[i] and right[i], and in one of these, are in
        the other, for each that would be if it were the same to all which group they are of; float64 [h], 1 where
        nothing is known to be near. `sizes`, int [g], are how many families the groups have.
        """
        one, other = sizes[left], sizes[right]
        places = np.clip(np.maximum(one, other) - 1, FEWEST_NEAREST, MOST_NEAREST) - 1
        across = self._counts(left, right, places)
        inside = self._counts(left, left, places) + self._counts(right, right, places)
        both = one + other
        by_chance = (across + inside) * (2 * one * other / (both * (both - 1)))
        return np.divide(across, by_chance, out=np.ones(len(left)), where=by_chance > 0)

    def _counts(self, left: Rows, right: Rows, places: Rows) -> npt.NDArray[np.int64]:
        keys = pair_keys(left, right, self.groups)
        at = np.searchsorted(self.keys, keys)
        known = np.flatnonzero(at < len(self.keys))
        known = known[self.keys[at[known]] == keys[known]]
        counts = np.zeros(len(keys), dtype=np.int64)
        counts[known] = self.counts[at[known], places[known]]
        return counts
