"""The mean evidence between groups, from the sums of their members' rows.

A group that is joined of two has the sums of both: its members' rows are not looked at again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix, vstack

from clusterer.grouping.evidence import (
    DECIMALS,
    DENSE_SHARE,
    LEXICAL_SHARE,
    NAME_SHARE,
    day_penalty,
    paired_products,
    row_products,
)
from clusterer.grouping.features import Features
from clusterer.grouping.grid import STEPS, GridVectors
from clusterer.grouping.neighbours import Pairs
from clusterer.parallel import in_threads
from clusterer.ranges import ranges

DAYS_COMPARED = 64
PAIR_BLOCK = 1 << 11
DAY_BLOCK = 1 << 20
COLUMNS_AT_ONCE = 64
# The components of so many grid vectors add up to less than 2**24, which float32 holds exactly.
LARGEST_EXACT_GROUP = 2**24 // STEPS
NO_ROW = -1
# In the place of a language: of a group that has several, and where there is no group.
SEVERAL, NO_LANGUAGE = -1, -2

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
class _Cells:
    """What the members of a group that are of one language add up to, of groups of several languages.

    `row`: the row of each group in `cell`, int [g], NO_ROW for one of one language. `cell`, int [k, languages]: the
    cell of such a group in each language, NO_ROW where it has none. `dense`, [cells, d], and `names`, float32: sums.
    """

    row: Rows
    cell: Rows
    dense: DenseSums
    names: csr_matrix | None


@dataclass(frozen=True, slots=True)
class Groups:
    """A partition of families into g groups.

    `sizes`: how many families each group has, int [g]. `language`: the only one of its families, int [g], or SEVERAL.
    `dense`: sums of grid vectors, [g, d], whole numbers and so exact in any order. `lexical` and `names`: sums of
    TF-IDF rows and of rows of names, float32; the columns of two languages never meet in `lexical`.
    """

    sizes: Rows
    language: Rows
    dense: DenseSums
    lexical: csr_matrix
    names: csr_matrix | None
    cells: _Cells
    days: _Days
    dense_scale: float

    @staticmethod
    def of(features: Features, labels: Rows) -> Groups:
        """The groups of families: `labels`, int [n], are each from 0 to g - 1, every group having a member."""
        sizes = np.bincount(labels)
        order = np.argsort(labels, kind="stable")
        starts = np.cumsum(sizes) - sizes
        languages = features.language[order].astype(np.intp)
        first = np.minimum.reduceat(languages, starts) if len(starts) else languages
        last = np.maximum.reduceat(languages, starts) if len(starts) else languages
        language = np.where(first == last, first, SEVERAL)
        names = features.names
        return Groups(
            sizes,
            language,
            _sums(features.dense, labels, sizes),
            _sparse_sums(features.lexical, labels, len(sizes)),
            None if names is None else _sparse_sums(names, labels, len(sizes)),
            _cells_of(features, labels, language),
            _Days(features.day[order], starts, np.minimum(sizes, DAYS_COMPARED)),
            features.dense_scale,
        )

    def __len__(self) -> int:
        return len(self.sizes)

    def joined(self, first: Rows, second: Rows) -> Groups:
        """Groups that are the `first` ones, int [h], each together with the `second`, int [h], unless that is NO_ROW.
        No group is in two of them.
        """
        there = second >= 0
        sizes = self.sizes[first] + np.where(there, self.sizes[second], 0)
        language = self.language[first]
        language = np.where(there & (language != self.language[second]), SEVERAL, language)
        kind = _exact_kind(int(sizes.max(initial=0)))
        both = np.flatnonzero(there)
        added = second[both]
        return Groups(
            sizes,
            language,
            _dense_added(self.dense[first].astype(kind, copy=False), both, self.dense[added]),
            _sparse_added(self.lexical[first], both, self.lexical[added]),
            None if self.names is None else _sparse_added(self.names[first], both, self.names[added]),
            self._cells_joined(first, second, language, kind),
            self.days.joined(first, second),
            self.dense_scale,
        )

    def _cells_joined(self, first: Rows, second: Rows, language: Rows, kind: type[np.floating]) -> _Cells:
        several = np.flatnonzero(language == SEVERAL)
        one, other = self._places(first[several]), self._places(second[several])
        there = (one >= 0) | (other >= 0)
        cell, _ = _numbered(there)
        main, added = np.where(one >= 0, one, other)[there], np.where(one >= 0, other, NO_ROW)[there]
        both = np.flatnonzero(added >= 0)
        return _Cells(
            _rows_of(several, len(language)),
            cell,
            _dense_added(self._dense_at(main).astype(kind, copy=False), both, self._dense_at(added[both])),
            None if self.names is None else _sparse_added(self._names_at(main), both, self._names_at(added[both])),
        )

    def _places(self, groups: Rows) -> Rows:
        """Where the sums of groups lie in each language, int [m, languages]: a group of one language at its own number,
        a cell at g more than its; NO_ROW where there is none, and for a group that is NO_ROW.
        """
        places = np.full((len(groups), self.cells.cell.shape[1]), NO_ROW, dtype=np.intp)
        language = np.where(groups >= 0, self.language[groups], NO_LANGUAGE)
        one, several = np.flatnonzero(language >= 0), np.flatnonzero(language == SEVERAL)
        places[one, language[one]] = groups[one]
        cell = self.cells.cell[self.cells.row[groups[several]]]
        places[several] = np.where(cell >= 0, cell + len(self), NO_ROW)
        return places

    def _dense_at(self, places: Rows) -> DenseSums:
        own = places < len(self)
        found = np.empty((len(places), self.dense.shape[1]), dtype=self.dense.dtype)
        found[own], found[~own] = self.dense[places[own]], self.cells.dense[places[~own] - len(self)]
        return found

    def _names_at(self, places: Rows) -> csr_matrix:
        assert self.names is not None and self.cells.names is not None
        own = places < len(self)
        order = np.argsort(~own, kind="stable")
        found = vstack([self.names[places[own]], self.cells.names[places[~own] - len(self)]], format="csr")
        return found[np.argsort(order)]

    def evidence(self, pairs: Pairs) -> npt.NDArray[np.float64]:
        """Mean evidence over the pairs of members of each two groups, float64 [m], rounded to 1e-6."""
        result = np.empty(len(pairs[0]), dtype=np.float64)

        def fill(block: slice) -> None:
            result[block] = self._block_evidence(pairs[0][block], pairs[1][block])

        in_threads(fill, len(result), PAIR_BLOCK)
        return np.round(result, DECIMALS)

    def _block_evidence(self, left: Rows, right: Rows) -> npt.NDArray[np.float64]:
        dense = _products(self.dense[left], self.dense[right])
        of_one = (self.language[left] == self.language[right]) & (self.language[left] != SEVERAL)
        several = np.flatnonzero((self.language[left] == SEVERAL) | (self.language[right] == SEVERAL))
        pair, *places = self._shared_places(left[several], right[several])
        same_language = np.where(of_one, dense, 0.0)
        products = _products(*map(self._dense_at, places))
        same_language[several] = np.bincount(pair, products, len(several))
        scale = self.dense_scale / (STEPS * STEPS)
        total: npt.NDArray[np.float64] = (dense - (1 - DENSE_SHARE) * same_language) * scale
        sharing = np.union1d(np.flatnonzero(of_one), several[pair])
        total[sharing] += LEXICAL_SHARE * row_products(self.lexical, left[sharing], right[sharing])
        if self.names is not None:
            differing = np.flatnonzero(~of_one)
            total[differing] += NAME_SHARE * row_products(self.names, left[differing], right[differing])
            products = paired_products(*map(self._names_at, places))
            total[several] -= NAME_SHARE * np.bincount(pair, products, len(several))
        return total / (self.sizes[left] * self.sizes[right]) - self._mean_penalty(left, right)

    def _shared_places(self, left: Rows, right: Rows) -> tuple[Rows, Rows, Rows]:
        """The sums of each two groups in each language that both have: which pair, the left place and the right."""
        one, other = self._places(left), self._places(right)
        pair, language = np.nonzero((one >= 0) & (other >= 0))
        return pair, one[pair, language], other[pair, language]

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


def _cells_of(features: Features, labels: Rows, language: Rows) -> _Cells:
    """The cells of the groups, by `labels`, int [n], that are of several languages."""
    languages = int(features.language.max(initial=-1)) + 1
    several = np.flatnonzero(language == SEVERAL)
    row = _rows_of(several, len(language))
    members = np.flatnonzero(row[labels] >= 0)
    keys = row[labels[members]] * languages + features.language[members]
    there = np.zeros((len(several), languages), dtype=bool)
    there.ravel()[keys] = True
    cell, count = _numbered(there)
    own = cell.ravel()[keys]
    names = features.names
    return _Cells(
        row,
        cell,
        _sums(features.dense[members], own, np.bincount(own, minlength=count)),
        None if names is None else _sparse_sums(names[members], own, count),
    )


def _numbered(there: npt.NDArray[np.bool_]) -> tuple[Rows, int]:
    """The places that are there, each with a number from 0, and NO_ROW where none is; and how many there are."""
    return np.where(there, np.cumsum(there).reshape(there.shape) - 1, NO_ROW), int(np.count_nonzero(there))


def _rows_of(chosen: Rows, count: int) -> Rows:
    """The place of each of `count` things among the chosen ones, NO_ROW for the others."""
    row = np.full(count, NO_ROW, dtype=np.intp)
    row[chosen] = np.arange(len(chosen))
    return row


def _sums(rows: GridVectors, labels: Rows, sizes: Rows) -> DenseSums:
    """Sums of the rows of each group; float32 where that holds them exactly, else float64."""
    kind = _exact_kind(int(sizes.max(initial=0)))
    membership = _membership(labels, len(sizes)).astype(kind)
    sums: DenseSums = np.empty((len(sizes), rows.shape[1]), dtype=kind)
    for start in range(0, rows.shape[1], COLUMNS_AT_ONCE):
        columns = slice(start, start + COLUMNS_AT_ONCE)
        sums[:, columns] = membership @ rows[:, columns].astype(kind)
    return sums


def _exact_kind(largest_group: int) -> type[np.float32] | type[np.float64]:
    return np.float32 if largest_group <= LARGEST_EXACT_GROUP else np.float64


def _sparse_sums(rows: csr_matrix, labels: Rows, count: int) -> csr_matrix:
    sums = csr_matrix(_membership(labels, count).astype(np.float32) @ rows)
    sums.sort_indices()
    return sums


def _dense_added(sums: DenseSums, rows: Rows, added: DenseSums) -> DenseSums:
    """Sums with others added to those at `rows`, each to one; they are changed."""
    sums[rows] = sums[rows] + added
    return sums


def _sparse_added(sums: csr_matrix, rows: Rows, added: csr_matrix) -> csr_matrix:
    """The same of sparse ones, which stay as they are."""
    ones = np.ones(len(rows), dtype=np.float32)
    places = csr_matrix((ones, (rows, np.arange(len(rows)))), shape=(sums.shape[0], len(rows)))
    return csr_matrix(sums + places @ added)


def _products(left: DenseSums, right: DenseSums) -> npt.NDArray[np.float64]:
    """Inner products of rows of the one with those of the other, in float64, [m]."""
    products: npt.NDArray[np.float64] = np.einsum("ij,ij->i", left.astype(np.float64), right.astype(np.float64))
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
