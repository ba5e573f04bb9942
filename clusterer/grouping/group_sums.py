"""Sums of the rows of the members of groups."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

from clusterer.grouping.features import join_rows
from clusterer.grouping.grid import STEPS, GridVectors
from clusterer.parallel import in_threads
from clusterer.ranges import blocks_of_cost

MEMBERS_AT_ONCE = 1 << 12
# The components of so many grid vectors add up to less than 2**24, which float32 holds exactly.
LARGEST_EXACT_GROUP = 2**24 // STEPS

Rows = npt.NDArray[np.intp]
DenseSums = npt.NDArray[np.floating]


def dense_sums(rows: GridVectors, members: Rows, sizes: Rows) -> DenseSums:
    """Sums of the rows of each group's members, float32 where that holds them exactly, else float64, [g, d]. The
    members of each group come together, as many as its size.
    """
    kind = exact_kind(int(sizes.max(initial=0)))
    sums: DenseSums = np.empty((len(sizes), rows.shape[1]), dtype=kind)

    def fill(block: slice, own: Rows) -> None:
        sums[block] = _membership(sizes[block]).astype(kind) @ rows[own].astype(kind)

    _in_blocks_of_groups(fill, members, sizes)
    return sums


def sparse_sums(rows: csr_matrix, members: Rows, sizes: Rows) -> csr_matrix:
    """The same of sparse rows, with sorted indices."""
    found: dict[int, csr_matrix] = {}

    def fill(block: slice, own: Rows) -> None:
        found[block.start] = csr_matrix(_membership(sizes[block]).astype(np.float32) @ rows[own])
        found[block.start].sort_indices()

    _in_blocks_of_groups(fill, members, sizes)
    return join_rows(deque(found.pop(start) for start in sorted(found))) if found else rows[:0]


def _in_blocks_of_groups(fill: Callable[[slice, Rows], None], members: Rows, sizes: Rows) -> None:
    """Do it for some groups after others, with the members of these, in as many threads as may be used."""
    blocks = list(blocks_of_cost(sizes, MEMBERS_AT_ONCE))
    bounds = np.concatenate([[0], np.cumsum(sizes)])

    def fill_some(some: slice) -> None:
        for block in blocks[some]:
            fill(block, members[bounds[block.start] : bounds[block.stop]])

    in_threads(fill_some, len(blocks), 1)


def exact_kind(largest_group: int) -> type[np.float32] | type[np.float64]:
    """The type that holds the sums of grid vectors of groups of so many exactly."""
    return np.float32 if largest_group <= LARGEST_EXACT_GROUP else np.float64


def _membership(sizes: Rows) -> csr_matrix:
    """The matrix [g, n] that sums the rows of each group, those of a group together."""
    count = int(sizes.sum())
    bounds = np.concatenate([[0], np.cumsum(sizes)])
    return csr_matrix((np.ones(count), np.arange(count), bounds), shape=(len(sizes), count))
