"""Inner products of rows of a sparse matrix, for many pairs of rows.

Of few pairs scipy merges the rows. To spread one row of a pair out, and go through the entries of the other alone, is
several times quicker, but for a loop that has to be compiled first: that is done where there is enough to do. Both give
the same to the last bit, products of float32 added up in float64 by ascending columns.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

# To compile takes most of a second, in which scipy merges rows of so many entries.
FEWEST_ENTRIES_COMPILED = 1 << 27
# Neighbouring pairs share their left row, which stays spread out for all of them; so the right one has to be so many
# times as full to take its place.
FULLER = 4

Rows = npt.NDArray[np.intp]


class _Asked:
    """What this process was asked for so far."""

    entries = 0


def prepare_products(rows: csr_matrix, left: Rows, right: Rows) -> None:
    """Compile the loop if with the products of these pairs, int [m] each, it is worth it; they can be asked for in
    parts.
    """
    _Asked.entries += int(_entries(rows, left).sum() + _entries(rows, right).sum())
    if _Asked.entries >= FEWEST_ENTRIES_COMPILED:
        _compiled()


def row_products(rows: csr_matrix, left: Rows, right: Rows) -> npt.NDArray[np.float64]:
    """Inner products of rows of a sparse float32 matrix with sorted indices, float64 [m]."""
    if not len(left):
        return np.zeros(0)
    if not _compiled.cache_info().currsize:
        return paired_products(rows[left], rows[right])
    swapped = _entries(rows, right) > FULLER * _entries(rows, left)
    spread, other = np.where(swapped, right, left), np.where(swapped, left, right)
    order = np.argsort(spread, kind="stable")
    products = np.empty(len(left), dtype=np.float64)
    workspace = np.zeros(rows.shape[1], dtype=np.float32)
    _compiled()(rows.indptr, rows.indices, rows.data, spread, other, order, workspace, products)
    return products


def paired_products(left: csr_matrix, right: csr_matrix) -> npt.NDArray[np.float64]:
    """Inner products of the rows of one sparse matrix with those of another, both with sorted indices, float64 [m]."""
    # The type that `sum` can be given is that of what it returns, not of what it adds.
    return np.asarray(left.multiply(right).astype(np.float64).sum(axis=1)).ravel()


def _entries(rows: csr_matrix, places: Rows) -> Rows:
    entries: Rows = rows.indptr[places + 1] - rows.indptr[places]
    return entries


@cache
def _compiled() -> Callable[..., None]:
    """The loop below, compiled for the types that it meets. Nothing compiled is kept on the disk."""
    from numba import njit

    compiled: Callable[..., None] = njit(nogil=True)(_fill_products)
    return compiled


def _fill_products(
    starts: Rows,
    columns: Rows,
    values: npt.NDArray[np.float32],
    spread: Rows,
    other: Rows,
    order: Rows,
    workspace: npt.NDArray[np.float32],
    products: npt.NDArray[np.float64],
) -> None:
    """Fill in the products of the pairs in their `order`, in which those that share a row that is spread out come
    together. `workspace` is all zeros, float32 [columns].
    """
    last = -1
    for pair in order:
        row = spread[pair]
        if row != last:
            if last >= 0:
                for place in range(starts[last], starts[last + 1]):
                    workspace[columns[place]] = 0
            for place in range(starts[row], starts[row + 1]):
                workspace[columns[place]] = values[place]
            last = row
        total = 0.0
        for place in range(starts[other[pair]], starts[other[pair] + 1]):
            total += values[place] * workspace[columns[place]]
        products[pair] = total
