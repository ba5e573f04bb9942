"""A FAISS index of grid vectors: exact while that is quick, beyond that approximate, with a recall that was measured.

The approximate one keeps its vectors in lists around centroids (Jégou, Douze & Schmid 2011), as product codes of four
bits (André, Kermarrec & Le Scouarnec 2017), which propose candidates; beside them lie the vectors as float16. Grid
vectors are exact in that too, so what it finds has the very products that an exact search gives.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from clusterer.grouping.faiss_library import faiss_library
from clusterer.grouping.grid import GridVectors
from clusterer.progress import Progress, silent

EXACT_UP_TO = 50_000
LISTS_OF_A_ROOT = 2
TRAINING_ROWS_OF_A_LIST = 40
TRAINING_ITERATIONS = 5
TRAINING_SEED = 1
CANDIDATES_OF_A_NEIGHBOUR = 3
MOST_CANDIDATES_OF_A_NEIGHBOUR = 24
LEAST_GAIN = 0.03
FEWEST_PROBES = 4
RECALL_ROWS = 512
ROW_BLOCK = 1 << 16
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
            block = grid[start : start + QUERY_BLOCK].astype(np.float32)
            yield self.index.search(block, count)
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
    # Rows come by language, and those of one in the order of a hash, so that evenly spaced ones are a sample of chance
    # that gives each language its share, the same in every run.
    proposing.train(_evenly(grid, TRAINING_ROWS_OF_A_LIST * lists))
    deciding = faiss.IndexScalarQuantizer(dimension, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT)
    index = faiss.IndexRefine(proposing, deciding)
    index.k_factor = CANDIDATES_OF_A_NEIGHBOUR
    _add(index, grid, told)
    sample = _evenly(grid, RECALL_ROWS)
    true = _true_neighbours(grid, sample, neighbours + 1)
    proposing.nprobe, before = FEWEST_PROBES, 0.0
    while (measured := _recall(index.search(sample, neighbours + 1)[1], true)) < recall:
        # Where more lists bring little, it is the codes that propose too few of what lies in them.
        if proposing.nprobe < lists and measured - before >= LEAST_GAIN:
            proposing.nprobe = min(2 * proposing.nprobe, lists)
        elif index.k_factor < MOST_CANDIDATES_OF_A_NEIGHBOUR:
            index.k_factor *= 2
        elif proposing.nprobe < lists:
            proposing.nprobe = min(2 * proposing.nprobe, lists)
        else:
            break
        before = measured
    return SearchIndex(index, f"{kind},Refine(SQfp16)", round(measured, 4), neighbours, int(proposing.nprobe))


def _evenly(grid: GridVectors, rows: int) -> npt.NDArray[np.float32]:
    chosen = np.unique(np.linspace(0, len(grid) - 1, min(rows, len(grid))).astype(np.int64))
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
