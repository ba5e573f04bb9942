"""The search index of a large index while articles come and leave: rows go, and others are added at its end."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

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
from clusterer.grouping.search_index import Found, best_of, build_search_index, found_in
from clusterer.index import IndexDirectory
from clusterer.index.search_files import AddedRows, SearchIndexRows
from clusterer.index.search_index import LoadedSearchIndex
from clusterer.index.sparse_rows import PiecedRows, Table

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


class Fresh(NamedTuple):
    """Articles that have no row yet, what is kept of them, and what `GrownIndex.search` found."""

    articles: Sequence[Article]
    families: StoredFamilies
    found: Found

    def chosen(self, places: Sequence[int]) -> Fresh:
        """Those at these places."""
        taken = np.array(places, dtype=np.intp)
        products, rows = self.found
        return Fresh(
            [self.articles[place] for place in places], self.families.take(taken), (products[taken], rows[taken])
        )

    def joined(self, more: Fresh) -> Fresh:
        """These and then others, as many having been found of each."""
        families = StoredFamilies.joined([self.families, more.families])
        found = np.vstack([self.found[0], more.found[0]]), np.vstack([self.found[1], more.found[1]])
        return Fresh([*self.articles, *more.articles], families, found)


class GrownIndex:
    """The search index from before, whose rows are families: some of them are gone, others will be added.
    `days_apart` tells how long the stories run (`clusterer.grouping.days_apart`).
    """

    def __init__(self, search: LoadedSearchIndex, days_apart: float) -> None:
        self._search = search
        self.days_apart = days_apart
        self._keys = list(search.keys)
        self._row = {key: row for row, key in enumerate(self._keys) if key}
        self._alive = np.array([bool(key) for key in self._keys])
        self._gone_before = int(np.count_nonzero(~self._alive))

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

    def in_row_order(self, families: Iterable[Article]) -> list[Article]:
        """Families that are there, as their originals, in the order of their rows."""
        return sorted(families, key=lambda original: self._row[original.id])

    def key(self, row: int) -> str:
        """The family of a row."""
        return self._keys[row]

    def search(self, grid: GridVectors, count: int) -> Found:
        """The products of vectors on the grid, int16 [n, d], with their nearest families, and the rows of these,
        NOWHERE where no more are found: so many that `count` of them are there, now and when some more are gone.
        """
        # Twice as many more as are gone of so many by their share, and some, as what is gone was near what is alike.
        wanted = count + GONE_AMONG_NEAREST + 2 * count * self._gone_before // max(len(self._alive), 1)
        products, rows = found_in(self._search.index, grid, wanted)
        if not len(self._search.added):
            return products, rows
        return _best_with((products, rows), self._search.beside, grid, self._search.index.ntotal)

    def nearest(self, found: Found, count: int) -> Found:
        """Of what was found the `count` nearest that are there."""
        products, rows = found
        usable = (rows >= 0) & self._alive[rows]
        return best_of(np.where(usable, products, -np.inf), np.where(usable, rows, NOWHERE), count)

    def stored(self, rows: Rows) -> StoredFamilies:
        """What is kept of the families in these rows."""
        return stored_families(self._search, rows)

    def compared(
        self,
        known: Sequence[Article],
        fresh: Fresh,
        constants: ModelConstants,
        *,
        neighbours: int,
        floor: float,
    ) -> ComparedFamilies:
        """Families with their edges: pairs with more evidence than the floor in which one is among the other's
        `neighbours` nearest in the whole index. First those that are `known`, in the order of their rows, then those
        that are `fresh`.

        Of two that have rows it is known. Fresh ones are compared with what is near them, and so are those that were
        near a family that is gone, as others have taken its place.
        """
        count = len(known) + len(fresh.articles)
        rows = np.array([self._row[article.id] for article in known], dtype=np.intp)
        # Of each row, and of the fresh ones after them, the place among the families that are compared.
        places = np.full(len(self._keys) + len(fresh.articles) + 1, NOWHERE, dtype=np.intp)
        places[rows], places[len(self._keys) : -1] = np.arange(len(rows)), np.arange(len(rows), count)
        known_edges, bereft = self._stored_edges(rows, places)
        renewed = np.concatenate([places[bereft], np.arange(len(rows), count)])
        found = self._nearest_with(fresh, self._search.vectors(bereft), neighbours + 1)
        left, right = np.repeat(renewed, found.shape[1]), found.ravel()
        # What is near, but is not to be grouped, has its place after what is.
        outside = np.unique(right[(right != NOWHERE) & (places[right] == NOWHERE)])
        places[outside] = count + np.arange(len(outside))
        right = places[right]  # nowhere is the last
        keep = (right != NOWHERE) & (left != right)
        families = StoredFamilies.joined([self.stored(rows), fresh.families, self.stored(outside)])
        features = replace(families.features(constants), days_apart=self.days_apart)
        edges = edges_among(features, distinct_pairs((left[keep], right[keep]), len(places)), floor=floor)
        row = np.concatenate([rows, len(self._keys) + np.arange(count - len(rows)), outside])
        among = edges.chosen(edges.pairs[1] < count)
        return ComparedFamilies(
            features.first(count),
            Compared.joined([known_edges, among]).distinct(count),
            _edge_rows(edges, row, len(self._keys), count - len(rows)),
        )

    def _nearest_with(self, fresh: Fresh, bereft: GridVectors, count: int) -> Rows:
        """The rows of the `count` nearest of all, those that are fresh after those that are there: of families that
        lost one that was near, and then of the fresh ones, int [n, count].
        """
        lost = self.search(bereft, count)
        found = np.vstack([lost[0], fresh.found[0]]), np.vstack([lost[1], fresh.found[1]])
        grid = np.concatenate([bereft, fresh.families.dense])
        own = build_search_index(fresh.families.dense, count, 1.0).index
        return _best_with(self.nearest(found, count), own, grid, len(self._keys))[1]

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

    @contextmanager
    def being_saved(self, directory: IndexDirectory, fresh: Fresh, edges: csr_matrix) -> Iterator[Callable[[], None]]:
        """Write the index to the disk while other things are done, with the fresh families and their edges after its
        rows: one that can grow as a whole, and of what is gone nothing but vectors; of another what came since it was
        made. What is given saves it, and is to be called last. Meanwhile nothing is to be searched, as the vectors of
        the fresh ones are being added.
        """
        keys = [*self._keys, *(article.id for article in fresh.articles)]
        added = fresh.families
        gone = np.flatnonzero(~self._alive)
        changed = self._search.details.get(CHANGED, 0) + len(fresh.articles) + len(gone) - self._gone_before
        search, own = self._search, {name: PiecedRows.of(rows) for name, rows in {**added.rows, EDGES: edges}.items()}
        coming = Table(own, added.columns)

        def whole() -> SearchIndexRows:
            search.index.add(added.dense.astype(np.float32))
            return SearchIndexRows(search.index, search.table.without(gone).joined(coming))

        def beside() -> AddedRows:
            base = search.index.ntotal
            before = search.table.after(base).without(gone[gone >= base] - base)
            return AddedRows(search.files, base, np.vstack([search.added, added.dense]), before.joined(coming))

        with directory.writing_search_index(whole if search.can_grow else beside) as files:
            yield lambda: directory.save_search_index(files, keys, details={**search.details, CHANGED: changed})


def _best_with(found: Found, index: Any, grid: GridVectors, first: int) -> Found:
    """As many nearest as were found of vectors on the grid, of these and of a FAISS index, the first of which is in row
    `first`.
    """
    count = found[0].shape[1]
    products, rows = found_in(index, grid, count)
    rows = np.where(rows < 0, NOWHERE, rows + first)
    return best_of(np.hstack([found[0], products]), np.hstack([found[1], rows]), count)


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
