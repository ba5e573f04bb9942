"""The search index of a large index while articles come and leave: rows go, and others are added at its end."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from clusterer.article import Article
from clusterer.article_features import StoredFamilies, stored_families
from clusterer.encoding.constants import ModelConstants
from clusterer.grouping.compared import Compared
from clusterer.grouping.evidence import DECIMALS
from clusterer.grouping.features import Features
from clusterer.grouping.grid import GridVectors
from clusterer.grouping.neighbours import distinct_pairs
from clusterer.grouping.partition import edges_among
from clusterer.grouping.search_index import QUERY_BLOCK, Found, build_search_index
from clusterer.index import IndexDirectory
from clusterer.index.search_index import LoadedSearchIndex, SearchIndexRows
from clusterer.index.sparse_rows import appended

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

EDGES = "edges"  # the name under which an index stores them
CHANGED = "changed"  # how many families have since all were grouped, in the details of the search index
NOWHERE = -1
GONE_AMONG_NEAREST = 8

Rows = npt.NDArray[np.intp]


class ComparedFamilies(NamedTuple):
    """Families with what they are compared by, the edges among them, and all edges of those that are fresh, as they are
    stored.
    """

    features: Features
    edges: Compared
    fresh_edges: csr_matrix


class GrownIndex:
    """The search index from before, whose rows are families: some of them are gone, others will be added."""

    def __init__(self, search: LoadedSearchIndex) -> None:
        self._search = search
        self._keys = list(search.keys)
        self._row = {key: row for row, key in enumerate(self._keys) if key}
        self._alive = np.array([bool(key) for key in self._keys])
        self._gone: list[int] = []

    def __len__(self) -> int:
        """How many families there are."""
        return len(self._row)

    def __contains__(self, family: str) -> bool:
        return family in self._row

    def remove(self, family: str) -> None:
        """Let a family be gone, if it is there."""
        row = self._row.pop(family, None)
        if row is not None:
            self._alive[row] = False
            self._keys[row] = ""
            self._gone.append(row)

    def in_row_order(self, families: Iterable[Article]) -> list[Article]:
        """Families that are there, as their originals, in the order of their rows."""
        return sorted(families, key=lambda original: self._row[original.id])

    def key(self, row: int) -> str:
        """The family of a row."""
        return self._keys[row]

    def nearest(self, grid: GridVectors, count: int) -> Found:
        """The products of vectors on the grid, int16 [n, d], with their `count` nearest families that are there, and
        the rows of these, NOWHERE where no more are found.
        """
        gone = int(np.count_nonzero(~self._alive))
        # Twice as many more as are gone of so many by their share, and some, as what is gone was near what is alike.
        wanted = count + min(gone, GONE_AMONG_NEAREST + 2 * count * gone // max(len(self._alive), 1))
        blocks = [
            self._search.index.search(grid[start : start + QUERY_BLOCK].astype(np.float32), wanted)
            for start in range(0, len(grid), QUERY_BLOCK)
        ] or [(np.zeros((0, wanted), np.float32), np.zeros((0, wanted), np.int64))]
        products, rows = (np.concatenate(parts) for parts in zip(*blocks, strict=True))
        usable = (rows >= 0) & self._alive[rows]
        return _best(np.where(usable, products, -np.inf), np.where(usable, rows, NOWHERE), count)

    def stored(self, rows: Rows) -> StoredFamilies:
        """What is kept of the families in these rows."""
        return stored_families(self._search, rows)

    def compared(
        self,
        known: Sequence[Article],
        fresh: Sequence[Article],
        added: StoredFamilies,
        constants: ModelConstants,
        *,
        neighbours: int,
        floor: float,
    ) -> ComparedFamilies:
        """Families with their edges: pairs with more evidence than the floor in which one is among the other's
        `neighbours` nearest in the whole index. First those that are `known`, in the order of their rows, then those
        that are `fresh`, which have no row yet, and are kept as `added`.

        Of two that have rows it is known. Fresh ones are compared with what is near them, and so are those that were
        near a family that is gone, as others have taken its place.
        """
        count = len(known) + len(fresh)
        rows = np.array([self._row[article.id] for article in known], dtype=np.intp)
        stored = self.stored(rows)
        # Of each row, and of the fresh ones after them, the place among the families that are compared.
        places = np.full(len(self._keys) + len(fresh) + 1, NOWHERE, dtype=np.intp)
        places[rows], places[len(self._keys) : -1] = np.arange(len(rows)), np.arange(len(rows), count)
        known_edges, bereft = self._stored_edges(rows, places)
        renewed = np.concatenate([places[bereft], np.arange(len(rows), count)])
        dense = np.concatenate([stored.dense[places[bereft]], added.dense])
        found = self._nearest_of_all(dense, added.dense, neighbours + 1)[1]
        left, right = np.repeat(renewed, found.shape[1]), found.ravel()
        # What is near, but is not to be grouped, has its place after what is.
        outside = np.unique(right[(right != NOWHERE) & (places[right] == NOWHERE)])
        places[outside] = count + np.arange(len(outside))
        right = places[right]  # nowhere is the last
        keep = (right != NOWHERE) & (left != right)
        features = StoredFamilies.joined([stored, added, self.stored(outside)]).features(constants)
        edges = edges_among(features, distinct_pairs((left[keep], right[keep]), len(places)), floor=floor)
        row = np.concatenate([rows, len(self._keys) + np.arange(len(fresh)), outside])
        among = edges.chosen(edges.pairs[1] < count)
        return ComparedFamilies(
            features.first(count),
            Compared.joined([known_edges, among]).distinct(count),
            _edge_rows(edges, row, len(self._keys), len(fresh)),
        )

    def _stored_edges(self, rows: Rows, places: Rows) -> tuple[Compared, Rows]:
        """The edges that are stored of the families in these rows and lie among those that have `places`, which are
        told by row, some of them twice; and the rows of those that are near a family that is gone.
        """
        stored = self._search.table.sparse[EDGES].at(rows)
        left, right = np.repeat(rows, np.diff(stored.indptr)), stored.indices
        bereft = np.unique(left[~self._alive[right]])
        keep = self._alive[right] & (places[right] != NOWHERE)
        evidence = stored.data[keep].astype(np.float64).round(DECIMALS)
        return Compared((places[left[keep]], places[right[keep]]), evidence), bereft

    def _nearest_of_all(self, grid: GridVectors, fresh: GridVectors, count: int) -> Found:
        """The nearest of the families that are there and of the fresh ones, which come after all rows."""
        products, rows = self.nearest(grid, count)
        if not len(fresh) or not len(grid):
            return products, rows
        beside = build_search_index(fresh, count, 1.0)
        blocks = list(beside.nearest(grid, min(count, len(fresh))))
        more, found = (np.concatenate(parts) for parts in zip(*blocks, strict=True))
        return _best(np.hstack([products, more]), np.hstack([rows, found + len(self._keys)]), count)

    @contextmanager
    def being_saved(
        self, directory: IndexDirectory, fresh: Sequence[Article], added: StoredFamilies, edges: csr_matrix
    ) -> Iterator[Callable[[], None]]:
        """Write the index to the disk while other things are done, with the fresh families and their edges after its
        rows, and of those that are gone nothing but vectors. What is given saves it, and is to be called last.
        Meanwhile nothing is to be searched, as the vectors of the fresh ones are being added.
        """
        keys = [*self._keys, *(article.id for article in fresh)]
        gone = np.array(self._gone, dtype=np.intp)
        changed = self._search.details.get(CHANGED, 0) + len(fresh) + len(self._gone)

        def grown() -> SearchIndexRows:
            self._search.index.add(added.dense.astype(np.float32))
            table = appended(self._search.table, gone, {**added.rows, EDGES: edges}, added.columns)
            return SearchIndexRows(self._search.index, *table)

        with directory.writing_search_index(grown) as files:
            yield lambda: directory.save_search_index(files, keys, details={**self._search.details, CHANGED: changed})


def _best(products: npt.NDArray[np.float32], rows: npt.NDArray[np.int64], count: int) -> Found:
    """Of what was found of each row the `count` with the largest products, the largest first."""
    order = np.argsort(-products, axis=1, kind="stable")[:, :count]
    return np.take_along_axis(products, order, axis=1), np.take_along_axis(rows, order, axis=1)


def edge_rows(edges: Compared, count: int) -> csr_matrix:
    """Edges as an index stores them: of each of `count` rows the evidence with others, float32 [count, count]."""
    return _edge_rows(edges, np.arange(count), 0, count)


def _edge_rows(edges: Compared, row: Rows, start: int, count: int) -> csr_matrix:
    """The same of `count` rows from `start` on, `row` telling that of each place."""
    from scipy.sparse import csr_matrix

    def from_one_side(own: Rows, other: Rows) -> csr_matrix:
        there = own >= start
        cells = edges.evidence[there].astype(np.float32), (own[there] - start, other[there])
        return csr_matrix(cells, shape=(count, start + count))

    left, right = row[edges.pairs[0]], row[edges.pairs[1]]
    return csr_matrix(from_one_side(left, right) + from_one_side(right, left))
