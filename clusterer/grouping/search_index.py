"""A FAISS index of grid vectors: exact while that is quick, beyond that approximate, with a recall that was measured.

The approximate one keeps its vectors in lists around centroids (Jégou, Douze & Schmid 2011), as product codes of four
bits (André, Kermarrec & Le Scouarnec 2017), which propose candidates; beside them lie the vectors as float16. Grid
vectors are exact in that too, so what it finds has the very products that an exact search gives.

What it does not find should be the same when some rows come or go, or stories would change with it. So lists are
trained on rows that nearly all stay, in one iteration; and the codes are those that are best for what is normally
distributed, as wide as the rows are. Codes that are trained on rows find no more, and others.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from clusterer.grouping.faiss_library import faiss_library
from clusterer.grouping.grid import GridVectors
from clusterer.progress import Progress, silent

EXACT_UP_TO = 50_000
LISTS_OF_A_ROOT = 2
TRAINING_ROWS_OF_A_LIST = 40
TRAINING_ITERATIONS = 1
TRAINING_SEED = 1
CODE_ROWS, CODE_ITERATIONS = 1 << 14, 50
FEWEST_CANDIDATES_OF_A_NEIGHBOUR = 3
MOST_CANDIDATES_OF_A_NEIGHBOUR = 24
FEWEST_PROBES = 4
# To begin with a list, and to look at the vector of a candidate, take as long as the codes of so many rows, measured.
ROWS_OF_A_BEGINNING, ROWS_OF_A_CANDIDATE = 50, 50
RECALL_ROWS = 512
ROW_BLOCK, HASHED_ROWS = 1 << 16, 1 << 12
QUERY_BLOCK = 1 << 12

Found = tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]


@dataclass(frozen=True, slots=True)
class SearchIndex:
    """A FAISS index, its `kind` as FAISS writes it, and the share of the true `neighbours` nearest that it finds, as
    measured on a sample of its own rows: 1 where it is exact. Of the lists of an approximate one `probes` are looked
    at.
    """

    index: Any
    kind: str
    recall: float
    neighbours: int
    probes: int | None = None

    @property
    def details(self) -> dict[str, Any]:
        """What the manifest says of it."""
        return {"kind": self.kind, "recall": self.recall, "neighbours": self.neighbours, "probes": self.probes}

    def nearest(self, grid: GridVectors, count: int, *, progress: Progress | None = None) -> Iterator[Found]:
        """The products of each row with its `count` nearest, float32 [m, count], in steps squared, and which these are,
        int64 [m, count], -1 where no more are found: a block of rows at a time.
        """
        told = progress or silent
        for start in range(0, len(grid), QUERY_BLOCK):
            block = grid[start : start + QUERY_BLOCK]
            yield found_in(self.index, block, count)
            told("search", start + len(block), len(grid))


def build_search_index(
    grid: GridVectors, neighbours: int, recall: float, *, progress: Progress | None = None
) -> SearchIndex:
    """An index of rows on the grid, int16 [n, d], that finds at least the share `recall` of their `neighbours` nearest.

    An approximate one takes more candidates until it does on a sample, or until there are no more to take. A recall of
    1 asks for an exact one.
    """
    if len(grid) <= EXACT_UP_TO or recall >= 1:
        index = faiss_library().IndexFlatIP(grid.shape[1])
        _add(index, grid, None)
        return SearchIndex(index, "Flat", 1.0, neighbours)
    return _approximate(grid, min(neighbours, len(grid) - 1), recall, progress or silent)


def _add(index: Any, grid: GridVectors, progress: Progress | None) -> None:
    told = progress or silent
    for start in range(0, len(grid), ROW_BLOCK):
        block = grid[start : start + ROW_BLOCK].astype(np.float32)
        index.add(block)
        told("search index", start + len(block), len(grid))


def _approximate(grid: GridVectors, neighbours: int, recall: float, told: Progress) -> SearchIndex:
    faiss = faiss_library()
    count, dimension = grid.shape
    lists = LISTS_OF_A_ROOT * 2 ** round(math.log2(math.sqrt(count)))
    kind = f"IVF{lists},PQ{dimension // 2 if dimension % 2 == 0 else dimension}x4fs"
    told("search index", 0, count)
    proposing = faiss.index_factory(dimension, kind, faiss.METRIC_INNER_PRODUCT)
    proposing.cp.niter, proposing.cp.seed = TRAINING_ITERATIONS, TRAINING_SEED
    _train(proposing, grid, lists)
    deciding = faiss.IndexScalarQuantizer(dimension, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT)
    index = faiss.IndexRefine(proposing, deciding)
    _add(index, grid, told)
    sample = _lasting_sample(grid, RECALL_ROWS)
    true = _true_neighbours(grid, sample, neighbours + 1)
    measured = _tuned(index, proposing, sample, true, recall)
    return SearchIndex(index, f"{kind},Refine(SQfp16)", round(measured, 4), neighbours, int(proposing.nprobe))


def _train(proposing: Any, grid: GridVectors, lists: int) -> None:
    """Give an inverted file of product codes its centroids and its codes."""
    faiss = faiss_library()
    training = faiss.Clustering(grid.shape[1], lists, proposing.cp)
    training.train(_lasting_sample(grid, TRAINING_ROWS_OF_A_LIST * lists), proposing.quantizer)
    mean, deviation = (values.reshape(-1, 1, proposing.pq.dsub) for values in _spread(grid))
    codes = mean + deviation * _normal_codes(proposing.pq.ksub, proposing.pq.dsub)
    faiss.copy_array_to_vector(codes.astype(np.float32).ravel(), proposing.pq.centroids)
    proposing.is_trained = True


def _spread(grid: GridVectors) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """The mean and the standard deviation of each dimension, float64 [d]."""
    sums = np.zeros((2, grid.shape[1]))
    for start in range(0, len(grid), ROW_BLOCK):
        block = grid[start : start + ROW_BLOCK].astype(np.float32)
        sums += block.sum(axis=0, dtype=np.float64), np.einsum("ij,ij->j", block, block, dtype=np.float64)
    mean, square = sums / len(grid)
    return mean, np.sqrt(np.maximum(square - mean * mean, 0))


@cache
def _normal_codes(count: int, dimensions: int) -> npt.NDArray[np.float32]:
    """So many codes that are nearest to what is normally distributed, float32 [count, dimensions]."""
    rows = np.random.default_rng(TRAINING_SEED).standard_normal((CODE_ROWS, dimensions)).astype(np.float32)
    trained = faiss_library().Kmeans(dimensions, count, niter=CODE_ITERATIONS, seed=TRAINING_SEED)
    trained.train(rows)
    codes: npt.NDArray[np.float32] = trained.centroids
    return codes


def _tuned(
    index: Any, proposing: Any, sample: npt.NDArray[np.float32], true: npt.NDArray[np.int64], wanted: float
) -> float:
    """Let more lists be looked at, or more candidates be taken, whichever brings more for what it costs, until the
    recall on a sample is as wanted or there is no more of either. Gives that recall.
    """
    rows_of_a_list = ROWS_OF_A_BEGINNING + index.ntotal / proposing.nlist

    def measured(probes: int, factor: int) -> tuple[float, float]:
        proposing.nprobe, index.k_factor = probes, factor
        found = index.search(sample, true.shape[1])[1]
        return _recall(found, true), probes * rows_of_a_list + ROWS_OF_A_CANDIDATE * factor * true.shape[1]

    probes, factor = min(FEWEST_PROBES, proposing.nlist), FEWEST_CANDIDATES_OF_A_NEIGHBOUR
    recall, cost = measured(probes, factor)
    while recall < wanted:
        steps = {
            (_more(probes, proposing.nlist), factor),
            (probes, _more(factor, MOST_CANDIDATES_OF_A_NEIGHBOUR)),
        } - {(probes, factor)}
        if not steps:
            break
        tried = {step: measured(*step) for step in sorted(steps)}
        probes, factor = max(tried, key=lambda step: (tried[step][0] - recall) / (tried[step][1] - cost))
        recall, cost = tried[probes, factor]
    proposing.nprobe, index.k_factor = probes, factor
    return recall


def _more(count: int, most: int) -> int:
    """A quarter as many again."""
    return min(math.ceil(1.25 * count), most)


def _lasting_sample(grid: GridVectors, size: int) -> npt.NDArray[np.float32]:
    """So many rows by chance, of which nearly all stay, and stay where they are, when rows come or go: lists that are
    trained on them are nearly the same then, and so is what is not found in them.

    By a hash of its own each row falls to a place, where the least hash stays; a place that is empty takes what the
    next has.
    """
    factors = np.random.default_rng(TRAINING_SEED).integers(1 << 62, size=grid.shape[1])
    hashes = np.empty(len(grid), dtype=np.int64)
    for start in range(0, len(grid), HASHED_ROWS):
        hashes[start : start + HASHED_ROWS] = grid[start : start + HASHED_ROWS].astype(np.int64) @ factors
    place = (hashes >> 32) % size
    order = np.lexsort((hashes, place))
    taken, first = np.unique(place[order], return_index=True)
    chosen = order[first][np.searchsorted(taken, np.arange(size)) % len(taken)]
    return grid[chosen].astype(np.float32)


def _true_neighbours(grid: GridVectors, sample: npt.NDArray[np.float32], count: int) -> npt.NDArray[np.int64]:
    faiss = faiss_library()
    heap = faiss.ResultHeap(len(sample), count, keep_max=True)
    for start in range(0, len(grid), ROW_BLOCK):
        block = grid[start : start + ROW_BLOCK].astype(np.float32)
        products, rows = faiss.knn(sample, block, min(count, len(block)), metric=faiss.METRIC_INNER_PRODUCT)
        heap.add_result(products, rows + start)
    heap.finalize()
    return np.asarray(heap.I)


def _recall(found: npt.NDArray[np.int64], true: npt.NDArray[np.int64]) -> float:
    """The share of the true ones that were found."""
    hits = sum(len(np.intersect1d(some, all_)) for some, all_ in zip(found, true, strict=True))
    return hits / true.size


def found_in(index: Any, grid: GridVectors, count: int) -> Found:
    """What `SearchIndex.nearest` gives of a FAISS index, of all rows at once."""
    products, rows = np.empty((len(grid), count), np.float32), np.empty((len(grid), count), np.int64)
    for start in range(0, len(grid), QUERY_BLOCK):
        block = slice(start, start + QUERY_BLOCK)
        index.search(grid[block].astype(np.float32), count, D=products[block], I=rows[block])
    return products, rows


def best_of(products: npt.NDArray[np.float32], rows: npt.NDArray[np.int64], count: int) -> Found:
    """Of what was found of each row the `count` with the largest products, the largest first."""
    order = np.argsort(-products, axis=1, kind="stable")[:, :count]
    return np.take_along_axis(products, order, axis=1), np.take_along_axis(rows, order, axis=1)
