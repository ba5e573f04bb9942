"""The mean evidence between groups, from the sums of their members' rows.

A group that is joined of two has the sums of both: its members' rows are not looked at again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

from clusterer.grouping.evidence import DECIMALS, DENSE_SHARE, LEXICAL_SHARE, NAME_SHARE, day_penalty, row_products
from clusterer.grouping.features import Features
from clusterer.grouping.grid import STEPS, GridVectors
from clusterer.grouping.neighbours import Pairs
from clusterer.parallel import in_threads
from clusterer.ranges import ranges

DAYS_COMPARED = 64
PAIR_BLOCK = 1 << 11
DAY_BLOCK = 1 << 20
# The components of so many grid vectors add up to less than 2**24, which float32 holds exactly.
LARGEST_EXACT_GROUP = 2**24 // STEPS
NO_ROW = -1

Rows = npt.NDArray[np.intp]
DenseSums = npt.NDArray[np.floating]


@dataclass(frozen=True, slots=True)
class _Days:
    """Days of at most DAYS_COMPARED members of each group, float64, one group after another: where each group's begin,
    and how many there are.
    """

    days: npt.NDArray[np.float64]
    starts: Rows
    counts: Rows

    def joined(self, first: Rows, second: Rows) -> _Days:
        counts = np.stack([self.counts[first], np.where(second >= 0, self.counts[second], 0)], axis=1)
        counts[:, 1] = np.minimum(counts[:, 1], DAYS_COMPARED - counts[:, 0])
        starts = np.stack([self.starts[first], self.starts[second]], axis=1)
        days = self.days[ranges(starts.ravel(), counts.ravel())]
        total = counts.sum(axis=1)
        return _Days(days, np.cumsum(total) - total, total)


@dataclass(frozen=True, slots=True)
class Groups:
    """A partition of families into g groups. A cell is the members of one group in one language.

    `sizes`: how many families each group has, int [g]. `dense`: sums of grid vectors, [g, d], whole numbers and so
    exact in any order. `lexical`: sums of TF-IDF rows, float32 [g, columns]; the columns of two languages never meet.
    `cell`: the cell of each group in each language, int [g, languages], NO_ROW where it has none. `cell_dense`, [cells,
    d]: sums of the cells' grid vectors. `names` and `cell_names`: sums of rows of names, float32, of groups and cells.
    """

    sizes: Rows
    dense: DenseSums
    lexical: csr_matrix
    cell: Rows
    cell_dense: DenseSums
    names: csr_matrix | None
    cell_names: csr_matrix | None
    days: _Days
    dense_scale: float

    @staticmethod
    def of(features: Features, labels: Rows) -> Groups:
        """The groups of families: `labels`, int [n], are each from 0 to g - 1, every group having a member."""
        sizes = np.bincount(labels)
        language = np.unique(features.language, return_inverse=True)[1]
        languages = int(language.max(initial=-1)) + 1
        present, cell = np.unique(labels * languages + language, return_inverse=True)
        row = np.full(len(sizes) * languages, NO_ROW, dtype=np.intp)
        row[present] = np.arange(len(present))
        order = np.argsort(labels, kind="stable")
        days = _Days(features.day[order], np.cumsum(sizes) - sizes, np.minimum(sizes, DAYS_COMPARED))
        names = features.names
        return Groups(
            sizes,
            _sums(features.dense, labels, sizes),
            _sparse_sums(features.lexical, labels, len(sizes)),
            row.reshape(len(sizes), languages),
            _sums(features.dense, cell, np.bincount(cell)),
            None if names is None else _sparse_sums(names, labels, len(sizes)),
            None if names is None else _sparse_sums(names, cell, len(present)),
            days,
            features.dense_scale,
        )

    def __len__(self) -> int:
        return len(self.sizes)

    def joined(self, first: Rows, second: Rows) -> Groups:
        """Groups that are the `first` ones, int [h], each together with the `second`, int [h], unless that is NO_ROW.
        No group is in two of them.
        """
        one, other = self.cell[first], np.where((second >= 0)[:, None], self.cell[second], NO_ROW)
        there = (one >= 0) | (other >= 0)
        cell = np.where(there, np.cumsum(there).reshape(there.shape) - 1, NO_ROW)
        first_cell, second_cell = np.where(one >= 0, one, other)[there], np.where(one >= 0, other, NO_ROW)[there]
        sizes = self.sizes[first] + np.where(second >= 0, self.sizes[second], 0)
        largest = int(sizes.max(initial=0))
        return Groups(
            sizes,
            _dense_joined(self.dense, first, second, largest),
            _sparse_joined(self.lexical, first, second),
            cell,
            _dense_joined(self.cell_dense, first_cell, second_cell, largest),
            None if self.names is None else _sparse_joined(self.names, first, second),
            None if self.cell_names is None else _sparse_joined(self.cell_names, first_cell, second_cell),
            self.days.joined(first, second),
            self.dense_scale,
        )

    def evidence(self, pairs: Pairs) -> npt.NDArray[np.float64]:
        """Mean evidence over the pairs of members of each two groups, float64 [m], rounded to 1e-6."""
        result = np.empty(len(pairs[0]), dtype=np.float64)

        def fill(block: slice) -> None:
            result[block] = self._block_evidence(pairs[0][block], pairs[1][block])

        in_threads(fill, len(result), PAIR_BLOCK)
        return np.round(result, DECIMALS)

    def _block_evidence(self, left: Rows, right: Rows) -> npt.NDArray[np.float64]:
        scale = self.dense_scale / (STEPS * STEPS)
        dense = _products(self.dense, left, right)
        shared = self._shared_cells(left, right)
        same_language = self._same_language_products(len(left), *shared)
        total: npt.NDArray[np.float64] = (dense - (1 - DENSE_SHARE) * same_language) * scale
        sharing = np.unique(shared[0])
        total[sharing] += LEXICAL_SHARE * row_products(self.lexical, left[sharing], right[sharing])
        total += NAME_SHARE * self._name_products_across_languages(left, right)
        return total / (self.sizes[left] * self.sizes[right]) - self._mean_penalty(left, right)

    def _shared_cells(self, left: Rows, right: Rows) -> tuple[Rows, Rows, Rows]:
        """The cells of each two groups in each language that both have: which pair, the left cell and the right."""
        pair, language = np.nonzero((self.cell[left] >= 0) & (self.cell[right] >= 0))
        return pair, self.cell[left[pair], language], self.cell[right[pair], language]

    def _same_language_products(
        self, count: int, pair: Rows, left_cell: Rows, right_cell: Rows
    ) -> npt.NDArray[np.float64]:
        """Inner products of the dense sums of the cells that pairs of groups share, added up for each, float64 [m]."""
        products = _products(self.cell_dense, left_cell, right_cell)
        result: npt.NDArray[np.float64] = np.bincount(pair, weights=products, minlength=count).astype(np.float64)
        return result

    def _name_products_across_languages(self, left: Rows, right: Rows) -> npt.NDArray[np.float64]:
        """Inner products of names summed over the pairs of members that differ in language, float64 [m]."""
        result = np.zeros(len(left))
        mixed = np.flatnonzero(((self.cell[left] >= 0) | (self.cell[right] >= 0)).sum(axis=1) > 1)
        if self.names is None or self.cell_names is None or not len(mixed):
            return result
        result[mixed] = row_products(self.names, left[mixed], right[mixed])
        pair, left_cell, right_cell = self._shared_cells(left[mixed], right[mixed])
        same = row_products(self.cell_names, left_cell, right_cell)
        result[mixed] -= np.bincount(pair, weights=same, minlength=len(mixed))
        return result

    def _mean_penalty(self, left: Rows, right: Rows) -> npt.NDArray[np.float64]:
        days, starts, counts = self.days.days, self.days.starts, self.days.counts
        result = np.zeros(len(left), dtype=np.float64)
        if np.isnan(days).all():
            return result
        for block in _blocks(counts[left] * counts[right], DAY_BLOCK):
            a, b = left[block], right[block]
            compared = counts[a] * counts[b]
            pair = np.repeat(np.arange(len(a)), compared)
            position = np.arange(len(pair)) - np.repeat(np.cumsum(compared) - compared, compared)
            first, second = np.divmod(position, counts[b][pair])
            penalty = day_penalty(days[starts[a][pair] + first], days[starts[b][pair] + second])
            result[block] = np.bincount(pair, weights=penalty, minlength=len(a)) / compared
        return result


def _sums(rows: GridVectors, labels: Rows, sizes: Rows) -> DenseSums:
    """Sums of the rows of each group; float32 where that holds them exactly, else float64."""
    kind = _exact_kind(int(sizes.max(initial=0)))
    sums: DenseSums = _membership(labels, len(sizes)).astype(kind) @ rows.astype(kind)
    return sums


def _exact_kind(largest_group: int) -> type[np.float32] | type[np.float64]:
    return np.float32 if largest_group <= LARGEST_EXACT_GROUP else np.float64


def _dense_joined(sums: DenseSums, first: Rows, second: Rows, largest: int) -> DenseSums:
    both = np.flatnonzero(second >= 0)
    joined: DenseSums = sums[first].astype(_exact_kind(largest), copy=False)
    joined[both] = joined[both] + sums[second[both]]
    return joined


def _sparse_sums(rows: csr_matrix, labels: Rows, count: int) -> csr_matrix:
    sums = csr_matrix(_membership(labels, count).astype(np.float32) @ rows)
    sums.sort_indices()
    return sums


def _sparse_joined(sums: csr_matrix, first: Rows, second: Rows) -> csr_matrix:
    both = np.flatnonzero(second >= 0)
    places = csr_matrix(
        (np.ones(len(both), dtype=np.float32), (both, np.arange(len(both)))), shape=(len(first), len(both))
    )
    return csr_matrix(sums[first] + places @ sums[second[both]])


def _products(rows: DenseSums, left: Rows, right: Rows) -> npt.NDArray[np.float64]:
    """Inner products of rows, in float64, [m]."""
    products: npt.NDArray[np.float64] = np.einsum(
        "ij,ij->i", rows[left].astype(np.float64), rows[right].astype(np.float64)
    )
    return products


def _membership(labels: Rows, count: int) -> csr_matrix:
    """The matrix [count, n] that sums the rows of each group."""
    members = np.arange(len(labels))
    return csr_matrix((np.ones(len(labels)), (labels, members)), shape=(count, len(labels)))


def _blocks(costs: Rows, most: int) -> Iterator[slice]:
    """Consecutive slices whose costs stay near `most` in all."""
    if not len(costs):
        return
    number = np.cumsum(costs) // most
    bounds = np.flatnonzero(np.diff(number)) + 1
    for start, end in zip([0, *bounds], [*bounds, len(costs)], strict=True):
        yield slice(int(start), int(end))
