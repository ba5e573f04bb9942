"""The mean evidence between groups, from the sums of their members' rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

from clusterer.grouping.evidence import DECIMALS, DENSE_SHARE, LEXICAL_SHARE, NAME_SHARE, day_penalty, row_products
from clusterer.grouping.features import Features
from clusterer.grouping.grid import STEPS, GridVectors
from clusterer.grouping.neighbours import Pairs
from clusterer.parallel import in_threads

DAYS_COMPARED = 64
PAIR_BLOCK = 1 << 11
DAY_BLOCK = 1 << 20
# The components of so many grid vectors add up to less than 2**24, which float32 holds exactly.
LARGEST_EXACT_GROUP = 2**24 // STEPS


@dataclass(frozen=True)
class Groups:
    """A partition of n families into g groups. `labels` is int [n], each from 0 to g - 1, every group having a
    member.
    """

    features: Features
    labels: npt.NDArray[np.intp]

    @cached_property
    def sizes(self) -> npt.NDArray[np.intp]:
        """How many families each group has, int [g]."""
        return np.bincount(self.labels)

    def __len__(self) -> int:
        return len(self.sizes)

    @cached_property
    def _dense(self) -> npt.NDArray[np.floating]:
        """Sums of grid vectors, [g, d]: whole numbers, so exact in any order."""
        return _sums(self.features.dense, self.labels, len(self))

    @cached_property
    def _lexical(self) -> csr_matrix:
        """Sums of TF-IDF rows, [g, columns]. The columns of two languages never meet."""
        return _sparse_sums(self.features.lexical, self.labels, len(self))

    @cached_property
    def _days(self) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.intp], npt.NDArray[np.intp]]:
        """Days of at most DAYS_COMPARED members of each group, where each group's begin, and how many there are."""
        order = np.argsort(self.labels, kind="stable")
        starts = np.concatenate([[0], np.cumsum(self.sizes)[:-1]])
        return self.features.day[order], starts, np.minimum(self.sizes, DAYS_COMPARED)

    def evidence(self, pairs: Pairs) -> npt.NDArray[np.float64]:
        """Mean evidence over the pairs of members of each two groups, float64 [m], rounded to 1e-6."""
        result = np.empty(len(pairs[0]), dtype=np.float64)

        def fill(block: slice) -> None:
            result[block] = self._block_evidence(pairs[0][block], pairs[1][block])

        if len(result):
            fill(slice(0, 1))  # what all blocks need is made here, and not in several threads at once
            in_threads(fill, len(result), PAIR_BLOCK)
        return np.round(result, DECIMALS)

    def _block_evidence(self, left: npt.NDArray[np.intp], right: npt.NDArray[np.intp]) -> npt.NDArray[np.float64]:
        scale = self.features.dense_scale / (STEPS * STEPS)
        dense = _products(self._dense, left, right)
        same_language = self._same_language_products(left, right)
        total: npt.NDArray[np.float64] = (dense - (1 - DENSE_SHARE) * same_language) * scale
        total += LEXICAL_SHARE * row_products(self._lexical, left, right)
        total += NAME_SHARE * self._name_products_across_languages(left, right)
        return total / (self.sizes[left] * self.sizes[right]) - self._mean_penalty(left, right)

    @cached_property
    def _cells(self) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
        """The cells, which are the members of one group in one language: which cell each group has in each language,
        int [g, languages], -1 where it has none; and the cell of each family, int [n].
        """
        language = np.unique(self.features.language, return_inverse=True)[1]
        languages = int(language.max()) + 1
        present, cell = np.unique(self.labels * languages + language, return_inverse=True)
        row = np.full(len(self) * languages, -1, dtype=np.intp)
        row[present] = np.arange(len(present))
        return row.reshape(len(self), languages), cell

    @cached_property
    def _cell_dense(self) -> npt.NDArray[np.floating]:
        """Sums of the cells' grid vectors, [cells, d]."""
        cell = self._cells[1]
        return _sums(self.features.dense, cell, int(cell.max()) + 1)

    def _shared_cells(
        self, left: npt.NDArray[np.intp], right: npt.NDArray[np.intp]
    ) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp], npt.NDArray[np.intp]]:
        """The cells of each two groups in each language that both have: which pair, the left cell and the right."""
        row = self._cells[0]
        pair, language = np.nonzero((row[left] >= 0) & (row[right] >= 0))
        return pair, row[left[pair], language], row[right[pair], language]

    def _same_language_products(
        self, left: npt.NDArray[np.intp], right: npt.NDArray[np.intp]
    ) -> npt.NDArray[np.float64]:
        """Inner products of the groups' dense sums of each language, added up over the languages, float64 [m]."""
        pair, left_cell, right_cell = self._shared_cells(left, right)
        products = _products(self._cell_dense, left_cell, right_cell)
        result: npt.NDArray[np.float64] = np.bincount(pair, weights=products, minlength=len(left)).astype(np.float64)
        return result

    @cached_property
    def _names(self) -> tuple[csr_matrix, csr_matrix]:
        """Sums of the rows of names of the groups and of the cells."""
        names, cell = self.features.names, self._cells[1]
        return _sparse_sums(names, self.labels, len(self)), _sparse_sums(names, cell, int(cell.max()) + 1)

    def _name_products_across_languages(
        self, left: npt.NDArray[np.intp], right: npt.NDArray[np.intp]
    ) -> npt.NDArray[np.float64]:
        """Inner products of names summed over the pairs of members that differ in language, float64 [m]."""
        result = np.zeros(len(left))
        row = self._cells[0]
        mixed = np.flatnonzero(((row[left] >= 0) | (row[right] >= 0)).sum(axis=1) > 1)
        if self.features.names is None or not len(mixed):
            return result
        of_groups, of_cells = self._names
        result[mixed] = row_products(of_groups, left[mixed], right[mixed])
        pair, left_cell, right_cell = self._shared_cells(left[mixed], right[mixed])
        same = row_products(of_cells, left_cell, right_cell)
        result[mixed] -= np.bincount(pair, weights=same, minlength=len(mixed))
        return result

    def _mean_penalty(self, left: npt.NDArray[np.intp], right: npt.NDArray[np.intp]) -> npt.NDArray[np.float64]:
        if np.isnan(self.features.day).all():
            return np.zeros(len(left))
        days, starts, counts = self._days
        result = np.empty(len(left), dtype=np.float64)
        for block in _blocks(counts[left] * counts[right], DAY_BLOCK):
            a, b = left[block], right[block]
            compared = counts[a] * counts[b]
            pair = np.repeat(np.arange(len(a)), compared)
            position = np.arange(len(pair)) - np.repeat(np.cumsum(compared) - compared, compared)
            first, second = np.divmod(position, counts[b][pair])
            penalty = day_penalty(days[starts[a][pair] + first], days[starts[b][pair] + second])
            result[block] = np.bincount(pair, weights=penalty, minlength=len(a)) / compared
        return result


def _sums(rows: GridVectors, labels: npt.NDArray[np.intp], count: int) -> npt.NDArray[np.floating]:
    """Sums of the rows of each group; float32 where that holds them exactly, else float64."""
    largest = int(np.bincount(labels).max(initial=0))
    kind = np.float32 if largest <= LARGEST_EXACT_GROUP else np.float64
    sums: npt.NDArray[np.floating] = _membership(labels, count).astype(kind) @ rows.astype(kind)
    return sums


def _products(
    rows: npt.NDArray[np.floating], left: npt.NDArray[np.intp], right: npt.NDArray[np.intp]
) -> npt.NDArray[np.float64]:
    """Inner products of rows, in float64, [m]."""
    products: npt.NDArray[np.float64] = np.einsum(
        "ij,ij->i", rows[left].astype(np.float64), rows[right].astype(np.float64)
    )
    return products


def _sparse_sums(rows: csr_matrix, labels: npt.NDArray[np.intp], count: int) -> csr_matrix:
    sums = csr_matrix(_membership(labels, count) @ rows.astype(np.float64))
    sums.sort_indices()
    return sums


def _membership(labels: npt.NDArray[np.intp], count: int) -> csr_matrix:
    """The matrix [count, n] that sums the rows of each group."""
    members = np.arange(len(labels))
    return csr_matrix((np.ones(len(labels)), (labels, members)), shape=(count, len(labels)))


def _blocks(costs: npt.NDArray[np.intp], most: int) -> Iterator[slice]:
    """Consecutive slices whose costs stay near `most` in all."""
    if not len(costs):
        return
    number = np.cumsum(costs) // most
    bounds = np.flatnonzero(np.diff(number)) + 1
    for start, end in zip([0, *bounds], [*bounds, len(costs)], strict=True):
        yield slice(int(start), int(end))
