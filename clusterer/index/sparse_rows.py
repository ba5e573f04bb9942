"""Rows in a file, sparse and dense ones, read from where they lie: a row that nobody asks for is never loaded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from clusterer.errors import IndexFormatError
from clusterer.ranges import ranges

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

BLOCK_ENTRIES = 1 << 22


@dataclass(frozen=True, slots=True)
class MappedRows:
    """n sparse rows of so many `columns`: the entries of row i are `bounds[i]` to `bounds[i + 1]`, int64 [n + 1]."""

    values: npt.NDArray[np.float32]
    indices: npt.NDArray[np.int32]
    bounds: npt.NDArray[np.int64]
    columns: int

    def __len__(self) -> int:
        return len(self.bounds) - 1

    def at(self, places: npt.NDArray[np.intp]) -> csr_matrix:
        """Some of the rows, float32 [m, columns]. Raises `IndexFormatError` where the file does not hold them."""
        from scipy.sparse import csr_matrix

        starts, ends = self.bounds[places], self.bounds[places + 1]
        if (starts < 0).any() or (ends < starts).any() or ends.max(initial=0) > len(self.values):
            raise _damaged()
        entries = ranges(starts, ends - starts)
        indices = self.indices[entries]
        if len(indices) and (indices.min() < 0 or indices.max() >= self.columns):
            raise _damaged()
        bounds = np.concatenate([[0], np.cumsum(ends - starts)])
        return csr_matrix((self.values[entries], indices, bounds), shape=(len(places), self.columns))


def _damaged() -> IndexFormatError:
    return IndexFormatError(
        "what the search index keeps of families is damaged",
        where="search index",
        remedy="Run `clusterer doctor --repair` to make it anew from the articles.",
    )


Columns = Mapping[str, npt.NDArray[Any]]


class MappedTable(NamedTuple):
    """What a file holds of n rows: sparse ones, and arrays of n values, by name."""

    sparse: Mapping[str, MappedRows]
    columns: Columns

    @property
    def lengths(self) -> set[int]:
        """How many rows each has; in a sound file, one number."""
        return set(map(len, self.sparse.values())) | set(map(len, self.columns.values()))


@dataclass(frozen=True, slots=True)
class PiecedRows:
    """Sparse rows to be written, whose entries come in pieces, one after another: those of row i are `bounds[i]` to
    `bounds[i + 1]` of all, int64 [n + 1].
    """

    values: Sequence[npt.NDArray[np.float32]]
    indices: Sequence[npt.NDArray[np.int32]]
    bounds: npt.NDArray[np.int64]
    columns: int

    @staticmethod
    def of(rows: csr_matrix) -> PiecedRows:
        """A matrix in one piece."""
        return PiecedRows([rows.data], [rows.indices], rows.indptr, rows.shape[1])

    @property
    def shape(self) -> tuple[int, int]:
        """How many rows and columns there are."""
        return len(self.bounds) - 1, self.columns


def appended(
    table: MappedTable, gone: npt.NDArray[np.intp], rows: Mapping[str, csr_matrix], columns: Columns
) -> tuple[dict[str, PiecedRows], dict[str, npt.NDArray[Any]]]:
    """The table with these rows after its own, of which those that are `gone` hold nothing any more. Its own are read
    when they are written.
    """
    joined = {}
    for name, more in rows.items():
        own = table.sparse[name]
        lengths = np.diff(own.bounds)
        lengths[gone] = 0
        bounds = np.cumsum(np.concatenate([[0], lengths, np.diff(more.indptr)]))
        kept = _entries_between(own.bounds, np.unique(gone))
        values, indices = (
            [*(old[some] for some in kept), new] for old, new in ((own.values, more.data), (own.indices, more.indices))
        )
        joined[name] = PiecedRows(values, indices, bounds, max(own.columns, more.shape[1]))
    return joined, {name: np.concatenate([table.columns[name], more]) for name, more in columns.items()}


def _entries_between(bounds: npt.NDArray[np.int64], gone: npt.NDArray[np.intp]) -> list[slice]:
    """The entries of all rows but those that are gone, which are ascending."""
    starts, ends = np.append(bounds[0], bounds[gone + 1]), np.append(bounds[gone], bounds[-1])
    return [slice(start, end) for start, end in zip(starts.tolist(), ends.tolist(), strict=True) if start < end]


def write_rows(path: Path, rows: Mapping[str, PiecedRows], columns: Columns) -> None:
    """Write named rows, float32 with indices of 32 bits, and arrays, one after another, in numpy's own format."""
    with path.open("wb") as file:
        for names in (rows, columns):
            np.save(file, np.array(list(names), dtype=str), allow_pickle=False)
        for column in columns.values():
            np.save(file, column, allow_pickle=False)
        for pieced in rows.values():
            _write(file, pieced.values, np.float32)
            _write(file, pieced.indices, np.int32)
            _write(file, [pieced.bounds], np.int64)
            np.save(file, np.array(pieced.shape), allow_pickle=False)


def _write(file: IO[bytes], pieces: Sequence[npt.NDArray[Any]], kind: type[np.generic]) -> None:
    """Write pieces as one array."""
    shape = (sum(map(len, pieces)),)
    header = {"descr": np.lib.format.dtype_to_descr(np.dtype(kind)), "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(file, header)
    for array in pieces:
        for start in range(0, len(array), BLOCK_ENTRIES):
            file.write(array[start : start + BLOCK_ENTRIES].astype(kind, copy=False).data)


def map_rows(path: Path) -> MappedTable:
    """What `write_rows` wrote. Raises `ValueError` or `OSError` where the file is no such."""
    found = {}
    with path.open("rb") as file:
        names, others = (np.load(file, allow_pickle=False).tolist() for _ in range(2))
        columns = {name: _mapped(file, path) for name in others}
        for name in names:
            values, indices, bounds = (_mapped(file, path) for _ in range(3))
            _, width = np.load(file, allow_pickle=False).tolist()
            found[name] = MappedRows(values, indices, bounds, width)
    return MappedTable(found, columns)


def _mapped(file: IO[bytes], path: Path) -> npt.NDArray[Any]:
    np.lib.format.read_magic(file)
    shape, _, kind = np.lib.format.read_array_header_1_0(file)
    start = file.tell()
    file.seek(kind.itemsize * int(np.prod(shape)), 1)
    if not all(shape):  # nothing cannot be mapped
        return np.zeros(shape, dtype=kind)
    return np.memmap(path, dtype=kind, mode="r", offset=start, shape=shape).view(np.ndarray)
