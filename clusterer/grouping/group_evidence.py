"""The mean evidence between groups, from the sums of their members' rows.

A group that is joined of two has the sums of both: its members' rows are not looked at again.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix, vstack

from clusterer.grouping.evidence import (
    DECIMALS,
    DENSE_SHARE,
    GAIN_STEP,
    LEXICAL_SHARE,
    NAME_SHARE,
    alignment_steps,
    brevity_steps,
    neighbour_evidence,
)
from clusterer.grouping.features import Features, join_rows
from clusterer.grouping.grid import STEPS
from clusterer.grouping.group_days import GroupDays
from clusterer.grouping.group_sums import DenseSums, Rows, dense_sums, exact_kind, sparse_sums
from clusterer.grouping.neighbours import Pairs
from clusterer.grouping.row_products import prepare_products, row_products
from clusterer.parallel import in_threads

PAIR_BLOCK = 1 << 11
NO_ROW = -1
SEVERAL = -1  # in the place of the language of a group that has several


@dataclass(frozen=True, slots=True)
class _Cells:
    """What the members of a group that are of one language add up to, of groups of several languages.

    `row`: the row of each group in `cell`, int [g], NO_ROW for one of one language. `cell`, int [k, languages]: the
    cell of such a group in each language, NO_ROW where it has none. `dense`, [cells, d], and `names`, float32: sums;
    `sizes`: how many families a cell has, int [cells].
    """

    row: Rows
    cell: Rows
    dense: DenseSums
    names: csr_matrix | None
    sizes: Rows

    @classmethod
    def chained(cls, parts: Sequence[_Cells]) -> _Cells:
        """Of the groups of each part, one after another."""
        rows = np.cumsum([0, *(len(part.cell) for part in parts)])
        cells = np.cumsum([0, *(len(part.dense) for part in parts)])
        return cls(
            np.concatenate([_moved(part.row, row) for part, row in zip(parts, rows, strict=False)]),
            np.concatenate([_moved(part.cell, cell) for part, cell in zip(parts, cells, strict=False)]),
            np.concatenate([part.dense for part in parts]),
            _chained([part.names for part in parts]),
            np.concatenate([part.sizes for part in parts]),
        )

    def taken(self, groups: Rows) -> _Cells:
        """Of some of the groups."""
        row = self.row[groups]
        cell = self.cell[row[row >= 0]]
        number, _ = _numbered(cell >= 0)
        kept = cell[cell >= 0]
        names = None if self.names is None else self.names[kept]
        return _Cells(
            _rows_of(np.flatnonzero(row >= 0), len(groups)), number, self.dense[kept], names, self.sizes[kept]
        )


@dataclass(frozen=True, slots=True)
class Groups:
    """A partition of families into g groups.

    `sizes`: how many families each group has, int [g]. `language`: the only one of its families, int [g], or SEVERAL.
    `dense`: sums of grid vectors, [g, d], whole numbers and so exact in any order. `lexical`, `names` and `neighbours`:
    sums of TF-IDF rows, of rows of names and of neighbours, float32; the columns of two languages never meet in
    `lexical`. `brevity`: sums of what the families gain for few words, in steps, int64 [g]; `alignment`: of what each
    gains in a pair of two languages, which for one of each language is `of_language`, int64 [languages].
    """

    sizes: Rows
    language: Rows
    dense: DenseSums
    lexical: csr_matrix
    names: csr_matrix | None
    neighbours: csr_matrix | None
    cells: _Cells
    days: GroupDays
    brevity: npt.NDArray[np.int64]
    alignment: npt.NDArray[np.int64]
    of_language: npt.NDArray[np.int64]
    dense_scale: float

    @staticmethod
    def of(features: Features, labels: Rows, rows: Rows | None = None) -> Groups:
        """The groups of all families, or of those at `rows`: `labels`, int [n], are each from 0 to g - 1, every group
        having a member.
        """
        members = np.argsort(labels, kind="stable")
        sizes = np.bincount(labels)
        members = members if rows is None else rows[members]
        starts = np.cumsum(sizes) - sizes
        languages = features.language[members].astype(np.intp)
        first = np.minimum.reduceat(languages, starts) if len(starts) else languages
        last = np.maximum.reduceat(languages, starts) if len(starts) else languages
        language = np.where(first == last, first, SEVERAL)
        names = features.names
        known = features.alignment
        if known is None:
            known = np.full(int(features.language.max(initial=-1)) + 1, np.nan)
        of_language = alignment_steps(known)
        return Groups(
            sizes,
            language,
            dense_sums(features.dense, members, sizes),
            sparse_sums(features.lexical, members, sizes),
            None if names is None else sparse_sums(names, members, sizes),
            None if features.neighbours is None else sparse_sums(features.neighbours, members, sizes),
            _cells_of(features, members, sizes, language),
            GroupDays.of(features.day[members], sizes, features.days_apart),
            _sums(brevity_steps(features, members), starts),
            _sums(of_language[languages], starts),
            of_language,
            features.dense_scale,
        )

    def __len__(self) -> int:
        return len(self.sizes)

    def joined(self, first: Rows, second: Rows) -> Groups:
        """Groups that are each two of these, the `first` and the `second`, int [h]."""
        sizes = self.sizes[first] + self.sizes[second]
        one_language = self.language[first] == self.language[second]
        language = np.where(one_language, self.language[first], SEVERAL)
        kind = exact_kind(int(sizes.max(initial=0)))
        names, neighbours = self.names, self.neighbours
        return Groups(
            sizes,
            language,
            _dense_added(self.dense[first].astype(kind), slice(None), self.dense[second]),
            csr_matrix(self.lexical[first] + self.lexical[second]),
            None if names is None else csr_matrix(names[first] + names[second]),
            None if neighbours is None else csr_matrix(neighbours[first] + neighbours[second]),
            self._cells_joined(first, second, language, kind),
            self.days.joined(first, second),
            self.brevity[first] + self.brevity[second],
            self.alignment[first] + self.alignment[second],
            self.of_language,
            self.dense_scale,
        )

    @classmethod
    def chained(cls, parts: Sequence[Groups]) -> Groups:
        """The groups of each part, of the same families, one after another. There is a part at least."""
        if len(parts) == 1:
            return parts[0]
        return cls(
            np.concatenate([part.sizes for part in parts]),
            np.concatenate([part.language for part in parts]),
            np.concatenate([part.dense for part in parts]),
            join_rows(deque(part.lexical for part in parts)),
            _chained([part.names for part in parts]),
            _chained([part.neighbours for part in parts]),
            _Cells.chained([part.cells for part in parts]),
            GroupDays.chained([part.days for part in parts]),
            np.concatenate([part.brevity for part in parts]),
            np.concatenate([part.alignment for part in parts]),
            parts[0].of_language,
            parts[0].dense_scale,
        )

    def taken(self, groups: Rows) -> Groups:
        """Some of the groups, int [h], in this order."""
        return Groups(
            self.sizes[groups],
            self.language[groups],
            self.dense[groups],
            self.lexical[groups],
            None if self.names is None else self.names[groups],
            None if self.neighbours is None else self.neighbours[groups],
            self.cells.taken(groups),
            self.days.taken(groups),
            self.brevity[groups],
            self.alignment[groups],
            self.of_language,
            self.dense_scale,
        )

    def _cells_joined(self, first: Rows, second: Rows, language: Rows, kind: type[np.floating]) -> _Cells:
        several = np.flatnonzero(language == SEVERAL)
        one, other = self._places(first[several]), self._places(second[several])
        there = (one >= 0) | (other >= 0)
        cell, _ = _numbered(there)
        main, added = np.where(one >= 0, one, other)[there], np.where(one >= 0, other, NO_ROW)[there]
        both = np.flatnonzero(added >= 0)
        names = self._names_by_place()
        return _Cells(
            _rows_of(several, len(language)),
            cell,
            _dense_added(self._dense_at(main).astype(kind), both, self._dense_at(added[both])),
            None if names is None else _sparse_added(names[main], both, names[added[both]]),
            _sizes_added(self._sizes_at(main), both, self._sizes_at(added[both])),
        )

    def _places(self, groups: Rows) -> Rows:
        """Where the sums of groups lie in each language, int [m, languages]: a group of one language at its own number,
        a cell at g more than its; NO_ROW where there is none.
        """
        places = np.full((len(groups), self.cells.cell.shape[1]), NO_ROW, dtype=np.intp)
        language = self.language[groups]
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

    def _sizes_at(self, places: Rows) -> Rows:
        own = places < len(self)
        found = np.empty(len(places), dtype=np.intp)
        found[own], found[~own] = self.sizes[places[own]], self.cells.sizes[places[~own] - len(self)]
        return found

    def _names_by_place(self) -> csr_matrix | None:
        """The sums of names of groups, and after them those of cells, as `_places` counts them."""
        if self.names is None or self.cells.names is None:
            return None
        return vstack([self.names, self.cells.names], format="csr")

    def evidence(self, pairs: Pairs) -> npt.NDArray[np.float64]:
        """Mean evidence over the pairs of members of each two groups, float64 [m], rounded to 1e-6."""
        result = np.empty(len(pairs[0]), dtype=np.float64)
        prepare_products(self.lexical, *pairs)
        if self.neighbours is not None:
            prepare_products(self.neighbours, *pairs)
        names = self._names_by_place()

        def fill(block: slice) -> None:
            result[block] = self._block_evidence(pairs[0][block], pairs[1][block], names)

        in_threads(fill, len(result), PAIR_BLOCK)
        return np.round(result, DECIMALS)

    def _block_evidence(self, left: Rows, right: Rows, names: csr_matrix | None) -> npt.NDArray[np.float64]:
        dense = _products(self.dense[left], self.dense[right])
        of_one = (self.language[left] == self.language[right]) & (self.language[left] != SEVERAL)
        several = np.flatnonzero((self.language[left] == SEVERAL) | (self.language[right] == SEVERAL))
        pair, language, *places = self._shared_places(left[several], right[several])
        same_language = np.where(of_one, dense, 0.0)
        products = _products(*map(self._dense_at, places))
        same_language[several] = np.bincount(pair, products, len(several))
        scale = self.dense_scale / (STEPS * STEPS)
        total: npt.NDArray[np.float64] = (dense - (1 - DENSE_SHARE) * same_language) * scale
        sharing = np.union1d(np.flatnonzero(of_one), several[pair])
        total[sharing] += LEXICAL_SHARE * row_products(self.lexical, left[sharing], right[sharing])
        if names is not None:
            differing = np.flatnonzero(~of_one)
            total[differing] += NAME_SHARE * row_products(names, left[differing], right[differing])
            products = row_products(names, *places)
            total[several] -= NAME_SHARE * np.bincount(pair, products, len(several))
        if self.neighbours is not None:
            cosines = row_products(self.neighbours, left, right)
            total += neighbour_evidence(cosines, self.sizes[left] * self.sizes[right])
        # Each member gains with all of the other group, but for those of its own language.
        gained = self.alignment[left] * self.sizes[right] + self.alignment[right] * self.sizes[left]
        gained[of_one] = 0
        met = self.of_language[language] * self._sizes_at(places[0]) * self._sizes_at(places[1])
        gained[several] -= 2 * np.bincount(pair, met, len(several)).astype(np.int64)
        gained += self.brevity[left] * self.sizes[right] + self.brevity[right] * self.sizes[left]
        mean = (total + gained * GAIN_STEP) / (self.sizes[left] * self.sizes[right])
        return mean - self.days.mean_penalty(left, right)

    def _shared_places(self, left: Rows, right: Rows) -> tuple[Rows, Rows, Rows, Rows]:
        """The sums of each two groups in each language that both have: which pair, the language, the left place and the
        right.
        """
        one, other = self._places(left), self._places(right)
        pair, language = np.nonzero((one >= 0) & (other >= 0))
        return pair, language, one[pair, language], other[pair, language]


def _cells_of(features: Features, members: Rows, sizes: Rows, language: Rows) -> _Cells:
    """The cells of the groups that are of several languages. The `members` of each group come together."""
    languages = int(features.language.max(initial=-1)) + 1
    several = np.flatnonzero(language == SEVERAL)
    row = _rows_of(several, len(language))
    row_of_member = np.repeat(row, sizes)
    members, row_of_member = members[row_of_member >= 0], row_of_member[row_of_member >= 0]
    keys = row_of_member * languages + features.language[members]
    counts = np.bincount(keys, minlength=len(several) * languages)
    cell, _ = _numbered(counts.reshape(len(several), languages) > 0)
    members, counts = members[np.argsort(keys, kind="stable")], counts[counts > 0]
    names = features.names
    return _Cells(
        row,
        cell,
        dense_sums(features.dense, members, counts),
        None if names is None else sparse_sums(names, members, counts),
        counts,
    )


def _numbered(there: npt.NDArray[np.bool_]) -> tuple[Rows, int]:
    """The places that are there, each with a number from 0, and NO_ROW where none is; and how many there are."""
    return np.where(there, np.cumsum(there).reshape(there.shape) - 1, NO_ROW), int(np.count_nonzero(there))


def _rows_of(chosen: Rows, count: int) -> Rows:
    """The place of each of `count` things among the chosen ones, NO_ROW for the others."""
    row = np.full(count, NO_ROW, dtype=np.intp)
    row[chosen] = np.arange(len(chosen))
    return row


def _dense_added(sums: DenseSums, rows: Rows | slice, added: DenseSums) -> DenseSums:
    """Sums with others added to those at `rows`, each to one; they are changed."""
    sums[rows] = sums[rows] + added
    return sums


def _sizes_added(sizes: Rows, rows: Rows, added: Rows) -> Rows:
    """The same of numbers of families."""
    sizes[rows] += added
    return sizes


def _sums(steps: npt.NDArray[np.int64], starts: Rows) -> npt.NDArray[np.int64]:
    """The sums of each group's, whose members begin at `starts`, int64 [g]."""
    return np.add.reduceat(steps, starts) if len(starts) else steps[:0]


def _sparse_added(sums: csr_matrix, rows: Rows, added: csr_matrix) -> csr_matrix:
    """The same of sparse ones, which stay as they are; the rows are ascending."""
    lengths = np.zeros(sums.shape[0] + 1, dtype=np.intp)
    lengths[rows + 1] = np.diff(added.indptr)
    # In this form indices stay sorted, which those of a product of matrices are not.
    return csr_matrix(sums + csr_matrix((added.data, added.indices, np.cumsum(lengths)), shape=sums.shape))


def _chained(parts: Sequence[csr_matrix | None]) -> csr_matrix | None:
    there = deque(part for part in parts if part is not None)
    return join_rows(there) if there else None


def _moved(places: Rows, offset: int) -> Rows:
    return np.where(places >= 0, places + offset, NO_ROW)


def _products(left: DenseSums, right: DenseSums) -> npt.NDArray[np.float64]:
    """Inner products of rows of the one with those of the other, in float64, [m]."""
    products: npt.NDArray[np.float64] = np.einsum("ij,ij->i", left.astype(np.float64), right.astype(np.float64))
    return products
