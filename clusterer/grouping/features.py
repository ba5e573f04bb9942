"""What is known of each duplicate family when stories are made: arrays, one row a family."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from clusterer.grouping.grid import GridVectors
from clusterer.memory import joined

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

COLUMNS_AT_ONCE = 1 << 22
# The mean of ln(1 + days) between articles of one story, where stories run no longer than is usual: .8 days.
TYPICAL_DAYS_APART = 0.6
# To sort a number takes as long as to look at so many columns.
COLUMNS_OF_A_SORTED_NUMBER = 16


@dataclass(frozen=True, slots=True)
class Features:
    """n families. `dense`: centred vectors on the grid, int16 [n, d]. `lexical`: TF-IDF rows of unit length, float32
    [n, columns], whose columns belong to one language each. `language`: int32 [n]. `day`: days since 1970, float64 [n],
    NaN where not known. `dense_scale`: what a dense cosine of this model is multiplied by to mean what the bundled
    model's means. `names`: rows of unit length of what names sound like, float32 [n, columns]; None leaves them out.
    `tokens`: which word each column of `lexical` stands for, int32 [columns], if that was kept. `alignment`: how near
    the model has texts of each language to what they say in English, float64 [languages], NaN where that is not known.
    `neighbours`: rows of unit length of which families lie near, float32 [n, families], where they are known.
    `days_apart`: the mean of ln(1 + days) between articles of one story in this dump (`clusterer.grouping.days_apart`).
    """

    dense: GridVectors
    lexical: csr_matrix
    language: npt.NDArray[np.int32]
    day: npt.NDArray[np.float64]
    dense_scale: float = 1.0
    names: csr_matrix | None = None
    tokens: npt.NDArray[np.int32] | None = None
    alignment: npt.NDArray[np.float64] | None = None
    neighbours: csr_matrix | None = None
    days_apart: float = TYPICAL_DAYS_APART

    def __len__(self) -> int:
        return len(self.dense)

    def distinct_words(self, rows: npt.NDArray[np.intp]) -> npt.NDArray[np.intp]:
        """How many words the families at `rows` have, each once, int [m]."""
        words: npt.NDArray[np.intp] = self.lexical.indptr[rows + 1] - self.lexical.indptr[rows]
        return words

    def take(self, rows: npt.NDArray[np.intp]) -> Features:
        """The families at `rows`."""
        names = None if self.names is None else self.names[rows]
        neighbours = None if self.neighbours is None else self.neighbours[rows]
        return replace(
            self,
            dense=self.dense[rows],
            lexical=self.lexical[rows],
            language=self.language[rows],
            day=self.day[rows],
            names=names,
            neighbours=neighbours,
        )

    def first(self, count: int) -> Features:
        """The first families, as many as `count`; they share their arrays with these."""
        names = None if self.names is None else _first_rows(self.names, count)
        neighbours = None if self.neighbours is None else _first_rows(self.neighbours, count)
        return replace(
            self,
            dense=self.dense[:count],
            lexical=_first_rows(self.lexical, count),
            language=self.language[:count],
            day=self.day[:count],
            names=names,
            neighbours=neighbours,
        )


def _first_rows(rows: csr_matrix, count: int) -> csr_matrix:
    from scipy.sparse import csr_matrix

    bounds = rows.indptr[: count + 1]
    return csr_matrix((rows.data[: bounds[-1]], rows.indices[: bounds[-1]], bounds), shape=(count, rows.shape[1]))


def language_codes(languages: Sequence[str]) -> npt.NDArray[np.int32]:
    """A number for each language, int32 [n], equal where the language is."""
    numbers = {language: number for number, language in enumerate(sorted(set(languages)))}
    return np.array([numbers[language] for language in languages], dtype=np.int32)


def columns_of_languages(rows: csr_matrix, language: npt.NDArray[np.int32]) -> csr_matrix:
    """The same rows with columns that no two languages share, so that words of two languages never match.

    Columns keep their order; `rows` lends its data. Indices are int32: there are fewer than 2**31 columns in all.
    """
    from scipy.sparse import csr_matrix

    width = rows.shape[1]
    shift = np.repeat(language * np.int32(width), np.diff(rows.indptr))
    languages = int(language.max(initial=-1)) + 1
    return csr_matrix((rows.data, rows.indices + shift, rows.indptr), shape=(rows.shape[0], languages * width))


def join_rows(blocks: deque[csr_matrix]) -> csr_matrix:
    """The rows of matrices one under another, float32 [n, columns of the widest]. The blocks are taken out of `blocks`,
    so that they are not in memory twice.
    """
    from scipy.sparse import csr_matrix

    lengths = [np.zeros(1, dtype=np.int64), *(np.diff(block.indptr) for block in blocks)]
    bounds = np.cumsum(np.concatenate(lengths))
    shape = (len(bounds) - 1, max((block.shape[1] for block in blocks), default=0))
    # Where the two have different types, scipy brings all indices to one of them each time that rows are taken.
    kind = np.int32 if bounds[-1] <= np.iinfo(np.int32).max else np.int64
    parts = deque(block.data for block in blocks), deque(block.indices for block in blocks)
    blocks.clear()
    data, indices = joined(parts[0], np.float32), joined(parts[1], kind)
    return csr_matrix((data, indices, bounds.astype(kind)), shape=shape)


def compact_columns(rows: csr_matrix) -> tuple[csr_matrix, npt.NDArray[np.int32]]:
    """The same rows without the columns that are in none, and the columns that are left, ascending, int32 [columns].
    `rows` gives its arrays, and is no more.
    """
    from scipy.sparse import csr_matrix

    width = int(rows.indices.max(initial=-1)) + 1
    if rows.nnz < width // COLUMNS_OF_A_SORTED_NUMBER:
        columns, number = np.unique(rows.indices, return_inverse=True)
        compact = csr_matrix((rows.data, number.astype(np.int32), rows.indptr), shape=(rows.shape[0], len(columns)))
        return compact, columns.astype(np.int32)
    present = np.zeros(width, dtype=bool)
    present[rows.indices] = True
    columns = np.flatnonzero(present).astype(np.int32)
    column = np.empty(width, dtype=np.int32)  # of those that are present; the others are never asked for
    column[columns] = np.arange(len(columns), dtype=np.int32)
    for start in range(0, rows.nnz, COLUMNS_AT_ONCE):
        places = slice(start, start + COLUMNS_AT_ONCE)
        rows.indices[places] = column[rows.indices[places]]
    return csr_matrix((rows.data, rows.indices, rows.indptr), shape=(rows.shape[0], len(columns))), columns
